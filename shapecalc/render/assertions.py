"""A net's relations as the assertions of a PyTorch module."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from ..dims import Dim
from ..net import Net
from ..syntax import Call, Name, Node, names_in, substitute, to_text


class Assertions(NamedTuple):
    """The lines that hold a module to relations: when it is made, and when it runs."""

    made: tuple[str, ...]
    run: tuple[str, ...]


def assertions(net: Net, unknowns: Collection[str], variables: Mapping[str, str]) -> Assertions:
    """Write `where` as assertions, over hyperparameters and the sizes of inputs.

    `variables` are what the inputs are called. A relation about what neither shows is a comment.
    """
    sizes: dict[str, Node] = {}
    for name, shape in net.inputs.items():
        for place, size in enumerate(shape or ()):
            if isinstance(size, Dim) and str(size).isidentifier():
                sizes.setdefault(str(size), Name(f"{variables[name]}.size({place})"))
    made: list[str] = []
    run: list[str] = []
    for relation in net.where:
        names = {*names_in(relation)}
        if names <= {*unknowns}:
            made.append(f"assert {to_text(relation)}")
        elif names <= {*unknowns, *sizes}:
            own: dict[str, Node] = {name: Name(f"self.{attribute(name)}") for name in unknowns}
            run.append(f"assert {to_text(substitute(relation, {**own, **sizes}))}")
        else:
            run.append(f"# where {to_text(relation)}")
    return Assertions(tuple(made), tuple(run))


def attribute(name: str) -> str:
    """Name the attribute that keeps a hyperparameter; no module is called so."""
    return f"_{name}"


def with_attributes(call: Call, unknowns: Collection[str]) -> Call:
    """Write hyperparameters in a call as the attributes that keep them."""
    found = substitute(call, {name: Name(f"self.{attribute(name)}") for name in unknowns})
    assert isinstance(found, Call)
    return found
