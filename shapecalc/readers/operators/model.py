"""A graph of operators as it stands in a file: plain records, in which nothing is worked out yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

MAX_ITEMS = 10_000  # numbers of one array that is worked out


class Stored(NamedTuple):
    """A tensor that the file holds: a weight, or a constant.

    `kind` is int, float, bool or text. `items` are its numbers where they are few, else None.
    `uniform`: all of them are equal, as those of an untrained bias are. `loose`: its name is none that
    a parameter would have. `constant`: an operator gives it, and it is no parameter.
    """

    name: str
    sizes: tuple[int, ...]
    kind: str
    items: tuple[Any, ...] | None = None
    uniform: bool = False
    loose: bool = False
    constant: bool = False


class Given(NamedTuple):
    """An attribute inside a function: it stands for one of the function's own."""

    name: str


class Operation(NamedTuple):
    """One operator applied. Names that are left out are empty; `path` is the module it is part of."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    path: str | None = None


class Graph(NamedTuple):
    """Operations in the order they run. An input's shape is None where the file leaves it open."""

    name: str
    inputs: Mapping[str, tuple[int | str | None, ...] | None]
    outputs: tuple[str, ...]
    stored: Mapping[str, Stored]
    operations: tuple[Operation, ...]


class Routine(NamedTuple):
    """A function that the file defines: a graph without shapes, and defaults of its attributes."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    defaults: Mapping[str, Any]
    operations: tuple[Operation, ...]


class Model(NamedTuple):
    """A graph, the functions it may use, and the version of the operators it is written in."""

    graph: Graph
    routines: Mapping[str, Routine]
    version: int
    file: str = ""
