"""What the nodes of a `torch.fx` graph stand for while they are followed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from ...errors import SpecError
from ...net import Reference, Source
from ...syntax import Call, Constant, Name, Node, parts_of
from ..registered import finite


class RankWanted(Exception):
    """The trace needs to know how many dimensions a tensor has."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


class Output(NamedTuple):
    """A tensor, or a tuple of them; its shape is None while none is known."""

    reference: Reference
    shape: Any = None


class Sizes(NamedTuple):
    """All sizes of a tensor: `x.shape`."""

    tensor: Output


class Opaque(NamedTuple):
    """What isn't known: where it is needed, the reader says so."""

    what: str
    rank: bool = False  # it would be known if the input's shape were


class Expression(NamedTuple):
    """An integer that is computed from sizes."""

    node: Node


Value: TypeAlias = Any  # Output, Sizes, Opaque, Expression, a plain value, or a list of them


def holds_tensor(value: Value) -> bool:
    """Say whether a value is a tensor, or a list or tuple with one in it."""
    if isinstance(value, Output):
        return True
    if type(value) not in (list, tuple) or not any(map(holds_tensor, value)):
        return False
    return all(item is None or holds_tensor(item) for item in value)


def sources_of(value: Value) -> tuple[Source, ...]:
    """Give where the tensors of a list come from, or the one tensor there is."""
    if isinstance(value, Output):
        return (value.reference,)
    return tuple([source_of(item) for item in value if item is not None])


def source_of(value: Value) -> Source:
    """Give where in the net a tensor comes from, or those of a tuple."""
    return value.reference if isinstance(value, Output) else sources_of(value)


def plain_node(value: Value) -> Node:
    """Write a plain value, or a size, as an argument."""
    if isinstance(value, Expression):
        return value.node
    if isinstance(value, float):
        return Constant(finite(value))
    if value is None or value is ... or type(value) in (bool, int, str):
        return Constant(value)
    if type(value).__module__.startswith("torch"):  # a dtype, a device
        return Constant(None)
    raise SpecError(f"{type(value).__name__} is not followed", code="S136")


def measured(node: Node) -> Sequence[object]:
    """Name the outputs whose sizes an expression asks for."""
    match node:
        case Call("size", (Name(name), *_)) | Call("size", (Constant(name), *_)):
            return [name]
    return [name for part in parts_of(node) for name in measured(part)]
