"""A size formula turned round: which input sizes give an output of `n`, as formulas.

`(x + a)//b == n` holds for `n*b - a <= x <= n*b - a + b - 1`, and sums and products by what has no
size in it turn round likewise. The solver needs none of this; it is for people to read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .loading import output_name
from .registry import LayerType
from .syntax import Binary, Call, Conditional, Constant, Name, Node, Unary, names_in, to_text

ONE = Constant(1)
UNKNOWN = "L"


class Inverse(NamedTuple):
    """The input sizes that give `n`: from `first` to `last`, on the condition `when`, if any."""

    when: str
    first: str
    last: str


def inverses(layer: LayerType) -> list[Inverse]:
    """Turn a layer's size formula round; where that can't be written, the list is empty."""
    name = output_name(layer)
    if name is None:
        return []
    found: list[Inverse] = []
    for when, node in _cases(_expanded(Name(name), layer)):
        ends = _turned(node, Name("n"), Name("n"))
        if ends is not None:
            first, last = (to_text(_tidy(end)) for end in ends)
            found.append(Inverse(" and ".join(when), first, last))
    return found


def _expanded(node: Node, layer: LayerType) -> Node:
    """Put those names in place that depend on the input's size."""
    match node:
        case Name(name) if name != UNKNOWN and name in layer.where_nodes:
            inner = _expanded(layer.where_nodes[name], layer)
            return inner if UNKNOWN in names_in(inner) else node
        case Binary(operator, left, right):
            return Binary(operator, _expanded(left, layer), _expanded(right, layer))
        case Unary(operator, operand):
            return Unary(operator, _expanded(operand, layer))
        case Conditional(test, yes, no):
            return Conditional(test, _expanded(yes, layer), _expanded(no, layer))
        case Call(_, arguments, _, _):
            return node._replace(arguments=tuple(_expanded(item, layer) for item in arguments))
    return node


def _cases(node: Node) -> Iterator[tuple[list[str], Node]]:
    """Yield a formula's cases, each with its conditions."""
    if not isinstance(node, Conditional):
        yield [], node
        return
    test = to_text(node.test)
    for when, inner in _cases(node.yes):
        yield [test, *when], inner
    negated = f"not {test}" if test.isidentifier() else f"not ({test})"
    for when, inner in _cases(node.no):
        yield [negated, *when], inner


def _turned(node: Node, low: Node, high: Node) -> tuple[Node, Node] | None:
    """Solve `low <= node <= high` for the input's size."""
    match node:
        case Name(name) if name == UNKNOWN:
            return low, high
        case Binary("+", left, right) if _is_fixed(right):
            return _turned(left, Binary("-", low, right), Binary("-", high, right))
        case Binary("+", left, right) if _is_fixed(left):
            return _turned(right, Binary("-", low, left), Binary("-", high, left))
        case Binary("-", left, right) if _is_fixed(right):
            return _turned(left, Binary("+", low, right), Binary("+", high, right))
        case Binary("//", left, right) if _is_fixed(right):
            top = Binary("+", Binary("*", high, right), Binary("-", right, ONE))
            return _turned(left, Binary("*", low, right), top)
        case Binary("*", left, right) if _is_fixed(right):
            return _turned(left, Call("ceil_div", (low, right), ()), Binary("//", high, right))
        case Binary("*", left, right) if _is_fixed(left):
            return _turned(right, Call("ceil_div", (low, left), ()), Binary("//", high, left))
    return None


def _is_fixed(node: Node) -> bool:
    return UNKNOWN not in names_in(node)


def _tidy(node: Node) -> Node:
    """Write a sum without brackets, its numbers gathered at the end."""
    terms, constant = _terms(node, 1)
    if not terms:
        return Constant(constant)
    (sign, found), *rest = sorted(terms, key=lambda item: -item[0])
    found = found if sign > 0 else Unary("-", found)
    for sign, term in rest:
        found = Binary("+" if sign > 0 else "-", found, term)
    if constant:
        found = Binary("+" if constant > 0 else "-", found, Constant(abs(constant)))
    return found


def _terms(node: Node, sign: int) -> tuple[list[tuple[int, Node]], int]:
    """Give the terms of a sum with their signs, and the sum of its numbers."""
    match node:
        case Constant(int(value)):
            return [], sign * value
        case Binary("+" | "-" as operator, left, right):
            first, one = _terms(left, sign)
            second, other = _terms(right, sign if operator == "+" else -sign)
            return first + second, one + other
        case Binary("*", left, right):
            return [(sign, Binary("*", _tidy(left), _tidy(right)))], 0
    return [(sign, node)], 0
