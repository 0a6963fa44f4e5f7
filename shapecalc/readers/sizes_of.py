"""`size(conv1, 2)` inside a call: the layer that it names gets its full name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..errors import SpecError
from ..syntax import (
    Binary,
    Call,
    Compare,
    Conditional,
    Constant,
    Logic,
    Name,
    Node,
    Sequence,
    Star,
    Subscript,
    Unary,
)
from .folding import fold

Resolve: TypeAlias = "Callable[[str], str]"  # a name as it is written into a full one


class FullName(str):
    """The full name of a layer, which isn't looked up again."""

    __slots__ = ()


class FullWord(Name):
    """The full name of a layer, as an identifier."""

    __slots__ = ()


_SIZE = "size takes a layer's name and a dimension: size(conv1, 2)"


def full_sizes(node: Node, resolve: Resolve) -> Node:
    """Give the layers that `size(...)` names inside an expression their full names."""

    def go(part: Node) -> Node:
        return full_sizes(part, resolve)

    match node:
        case Call("size", (target, *rest), keywords, forward):
            return Call("size", (_target(target, resolve), *map(go, rest)), keywords, forward)
        case Call(function, arguments, keywords, forward):
            words = tuple([(name, go(item)) for name, item in keywords])
            return Call(function, tuple(map(go, arguments)), words, forward)
        case Sequence(items, optional):
            return Sequence(tuple(map(go, items)), optional)
        case Unary(operator, operand):
            return Unary(operator, go(operand))
        case Binary(operator, left, right):
            return Binary(operator, go(left), go(right))
        case Compare(first, rest):
            return Compare(go(first), tuple([(sign, go(item)) for sign, item in rest]))
        case Logic(operator, items):
            return Logic(operator, tuple(map(go, items)))
        case Conditional(test, yes, no):
            return Conditional(go(test), go(yes), go(no))
        case Subscript(value, index):
            return Subscript(go(value), go(index))
        case Star(value):
            return Star(go(value))
    return node


def _target(node: Node, resolve: Resolve) -> Node:
    path = ""
    while isinstance(node, Subscript):
        index = fold(node.index)
        if not isinstance(index, Constant) or type(index.value) is not int:
            raise SpecError(_SIZE, code="S112")
        path = f"[{index.value}]{path}"
        node = node.value
    if isinstance(node, FullWord):
        return node if not path else Constant(FullName(node.name + path))
    if isinstance(node, Constant) and isinstance(node.value, FullName):
        return node if not path else Constant(FullName(node.value + path))
    match node:
        case Name(name):
            text = name
        case Constant(str(name)):
            text = name
        case _:
            raise SpecError(_SIZE, code="S112")
    full = resolve(text + path)
    return FullWord(full) if full.isidentifier() else Constant(FullName(full))
