"""The integers of a layer's call, each of which could be another: where they stand, and what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from .registry import Kind, Parameter, Registry
from .syntax import Call, Constant, Node
from .syntax import Sequence as Tuple

Path: TypeAlias = "tuple[tuple[str, int], ...]"


class Spot(NamedTuple):
    """An integer in a call that could be another: the parameter it is for, and the way to it."""

    parameter: Parameter
    value: int
    path: Path


def spots_of(registry: Registry, call: Call) -> Iterator[Spot]:
    """Yield the integers of a call, and of the modules that are its arguments."""
    type_ = registry.find(call.function)
    slots = [item for item in type_.parameters if not item.keywords]
    known = {item.name: item for item in type_.parameters}
    given = [
        (slots[min(index, len(slots) - 1)], node, ("argument", index))
        for index, node in enumerate(call.arguments if slots else ())
    ]
    given += [
        (known[name], node, ("keyword", index))
        for index, (name, node) in enumerate(call.keywords)
        if name in known
    ]
    for parameter, node, step in given:
        if isinstance(node, Call):
            if any(isinstance(kind, Kind) and kind.base == "module" for kind in parameter.kinds):
                for spot in spots_of(registry, node):
                    yield spot._replace(path=(step, *spot.path))
            continue
        yield from _places(parameter, node, (step,))


def _places(parameter: Parameter, node: Node, path: Path) -> Iterator[Spot]:
    if not any(isinstance(kind, Kind) and kind.base == "int" for kind in parameter.kinds):
        return
    if isinstance(node, Constant) and type(node.value) is int and node.value >= 0:
        yield Spot(parameter, node.value, path)
    if isinstance(node, Tuple):
        for index, item in enumerate(node.items):
            if isinstance(item, Constant) and type(item.value) is int and item.value >= 0:
                yield Spot(parameter, item.value, (*path, ("item", index)))


def put_node(node: Node, path: Path, new: Node) -> Node:
    """Put a node in the place that a path leads to."""
    if not path:
        return new
    (kind, index), *rest = path
    match node:
        case Call() if kind == "argument":
            given = list(node.arguments)
            given[index] = put_node(given[index], tuple(rest), new)
            return node._replace(arguments=tuple(given))
        case Call():
            named = list(node.keywords)
            named[index] = (named[index][0], put_node(named[index][1], tuple(rest), new))
            return node._replace(keywords=tuple(named))
        case Tuple():
            items = list(node.items)
            items[index] = put_node(items[index], tuple(rest), new)
            return Tuple(tuple(items), node.optional)
    return node


def is_padding(parameter: Parameter) -> bool:
    """An integer for each axis that may well be 0: what a layer adds around its input or output."""
    return any(
        isinstance(kind, Kind)
        and (kind.form, kind.base, kind.least_unknown) == ("per axis", "int", 0)
        for kind in parameter.kinds
    )
