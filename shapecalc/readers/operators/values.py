"""What a name of a graph stands for while it is read: a layer's output, or numbers known beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from ...net import Reference, Shape
from ...syntax import Call
from .arrays import Array, CannotFold
from .model import Stored


class Output(NamedTuple):
    """A tensor that a layer makes, or an input of the net."""

    reference: Reference
    shape: Shape


class Held(NamedTuple):
    """A tensor that is there before the net runs: a weight, a constant, or what sizes gave.

    `source` is where the file has it; `views` are the functions applied to it since, which keep its
    elements. `items` are its numbers where they are known.
    """

    sizes: tuple[int, ...]
    kind: str
    items: tuple[Any, ...] | None = None
    source: Stored | None = None
    views: tuple[Call, ...] = ()

    @property
    def is_constant(self) -> bool:
        """Tell numbers of the computation from a parameter."""
        if self.items is None:
            return False
        item = self.source
        return item is None or item.constant or item.loose or self.kind != "float"

    def array(self) -> Array:
        """Give its numbers."""
        if self.items is None:
            raise CannotFold
        return Array(self.sizes, self.items, self.kind)


@dataclass(frozen=True, slots=True)
class Several:
    """A list of tensors, or the outputs of a layer that has several."""

    items: tuple[Value, ...]


Value: TypeAlias = "Output | Held | Several | None"


def held(array: Array) -> Held:
    """Make a value of numbers that were worked out."""
    return Held(array.sizes, array.kind, array.items)


def stored(item: Stored) -> Held:
    """Make a value of a tensor that the file holds."""
    return Held(item.sizes, item.kind, item.items, item)
