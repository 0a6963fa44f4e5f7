"""Constant expressions worked out: `16*5*5` is 400 in the flat form; what holds symbols stays."""

from __future__ import annotations

from ..errors import SpecError
from ..formula import ARITHMETIC, Compiler, FormulaError, Scope
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
    Slice,
    Star,
    Subscript,
    Unary,
    parts_of,
    to_text,
)

MAX_PARTS = 10_000  # nodes of one call, once a block's arguments are put in
MAX_TEXT = 20_000  # characters of a text that `+` makes

_FOLDED = frozenset({"min", "max", "abs", "int", "len", "sum"})
_COMPILER = Compiler(ARITHMETIC)


def fold(node: Node) -> Node:
    """Work out the constant parts of an expression.

    Raises `SpecError` for one that has no value, such as a division by zero.

    >>> from ..syntax import parse
    >>> to_text(fold(parse("(16*5*5, k + 2*3, 4 if 1 > 2 else 'same')")))
    "(400, k + 6, 'same')"
    """
    match node:
        case Constant() | Name():
            return node
        case Sequence(items, optional):
            return Sequence(tuple([fold(item) for item in items]), optional)
        case Unary(operator, operand):
            return _evaluated(Unary(operator, fold(operand)))
        case Binary(operator, left, right):
            return _binary(operator, fold(left), fold(right))
        case Compare(first, rest):
            return _compared(fold(first), tuple([(sign, fold(item)) for sign, item in rest]))
        case Logic(operator, items):
            return _logic(operator, items)
        case Conditional(test, yes, no):
            known = fold(test)
            if isinstance(known, Constant):
                return fold(yes if known.value else no)
            return Conditional(known, fold(yes), fold(no))
        case Call():
            return _called(node)
        case Subscript(value, index):
            return _subscript(fold(value), fold(index))
        case Slice(start, stop, step):
            return Slice(*(None if part is None else fold(part) for part in (start, stop, step)))
        case Star(value):
            return Star(fold(value))
        case _:
            return node


def fold_arguments(call: Call) -> Call:
    """Work out the constant parts of a call's arguments."""
    forward = call.forward
    if forward is not None:
        forward = tuple([fold(x) for x in forward[0]]), tuple([(k, fold(x)) for k, x in forward[1]])
    return Call(
        call.function,
        tuple([fold(item) for item in call.arguments]),
        tuple([(name, fold(item)) for name, item in call.keywords]),
        forward,
    )


def _evaluated(node: Node) -> Node:
    """Give the value of a node whose parts are all constants, as a node; else the node itself."""
    if not all(isinstance(part, Constant) for part in parts_of(node)):
        return node
    try:
        value = _COMPILER.single(node)(Scope(), 0)
    except (FormulaError, OverflowError, TypeError, ValueError, ZeroDivisionError) as error:
        raise SpecError(f"`{to_text(node)[:60]}` has no value: {error}", code="S102") from None
    if isinstance(value, complex) or (isinstance(value, str) and len(value) > MAX_TEXT):
        raise SpecError("an expression whose value is too large", code="S103")
    return Constant(value)


def _binary(operator: str, left: Node, right: Node) -> Node:
    if isinstance(left, Sequence) and isinstance(right, Sequence) and operator == "+":
        return _bounded((*left.items, *right.items), optional=left.optional)
    if operator == "*":
        for items, times in ((left, right), (right, left)):
            if isinstance(items, Sequence) and isinstance(times, Constant):
                if type(times.value) is not int or times.value * len(items.items) > MAX_PARTS:
                    break
                return _bounded(items.items * times.value, optional=items.optional)
    return _evaluated(Binary(operator, left, right))


def _bounded(items: tuple[Node, ...], *, optional: bool) -> Node:
    found = Sequence(items, optional)
    check_extent(found)
    return found


def _compared(first: Node, rest: tuple[tuple[str, Node], ...]) -> Node:
    if len(rest) == 1:
        sign, second = rest[0]
        is_none = isinstance(second, Constant) and second.value is None
        # A symbol, a module, a tuple: whatever it is, it isn't None.
        is_thing = isinstance(first, Name | Call | Sequence)
        if is_none and is_thing and sign in ("is", "is not", "==", "!="):
            return Constant(sign in ("is not", "!="))
        same = isinstance(first, Sequence) and isinstance(second, Sequence)
        if same and sign in ("==", "!=") and _is_constant(first) and _is_constant(second):
            return Constant((_plain(first) == _plain(second)) is (sign == "=="))
        listed = isinstance(second, Sequence) and _is_constant(second)
        if listed and sign in ("in", "not in") and isinstance(first, Constant):
            return Constant((first.value in _plain(second)) is (sign == "in"))
    return _evaluated(Compare(first, rest))


def _is_constant(node: Node) -> bool:
    if isinstance(node, Sequence):
        return all(map(_is_constant, node.items))
    return isinstance(node, Constant)


def _plain(node: Node) -> tuple[object, ...]:
    assert isinstance(node, Sequence)
    return tuple(
        [
            _plain(item) if isinstance(item, Sequence) else getattr(item, "value", None)
            for item in node.items
        ]
    )


def _logic(operator: str, items: tuple[Node, ...]) -> Node:
    """Work out `and` and `or` as Python does: the first that decides is the value."""
    kept: list[Node] = []
    for item in items:
        known = fold(item)
        if isinstance(known, Constant):
            if bool(known.value) is (operator == "or"):
                if not kept:
                    return known
                kept.append(known)
                break
            if item is not items[-1]:
                continue
        kept.append(known)
    return kept[0] if len(kept) == 1 else Logic(operator, tuple(kept))


def _called(node: Call) -> Node:
    call = fold_arguments(node)
    if call.function not in _FOLDED or call.keywords or call.forward is not None:
        return call
    single = call.arguments[0] if len(call.arguments) == 1 else None
    if not isinstance(single, Sequence):
        return _evaluated(call) if call.arguments else call
    if call.function == "len" and not any(isinstance(item, Star) for item in single.items):
        return Constant(len(single.items))
    if call.function != "len" and single.items and _is_constant(single):
        if not all(isinstance(item, Constant) for item in single.items):
            return call
        if call.function in ("min", "max"):
            return _evaluated(call._replace(arguments=single.items))
        if call.function == "sum":
            total: Node = Constant(0)
            for item in single.items:
                total = _evaluated(Binary("+", total, item))
            return total
    return call


def _subscript(value: Node, index: Node) -> Node:
    if isinstance(value, Sequence) and isinstance(index, Constant) and type(index.value) is int:
        if not -len(value.items) <= index.value < len(value.items):
            text = f"{len(value.items)} elements have no element {index.value}"
            raise SpecError(text, code="S102")
        return value.items[index.value]
    if isinstance(value, Sequence) and isinstance(index, Slice):
        bounds = [None if part is None else part for part in index]
        if all(part is None or _is_index(part) for part in bounds):
            places = [None if part is None else part.value for part in bounds]
            if places[2] == 0:
                raise SpecError("a slice with the step 0", code="S102")
            return Sequence(value.items[slice(*places)], value.optional)
    return Subscript(value, index)


def _is_index(node: Node) -> bool:
    return isinstance(node, Constant) and (node.value is None or type(node.value) is int)


def check_extent(node: Node) -> None:
    """Refuse an expression of too many parts: blocks in blocks can double one at each level."""
    left = [MAX_PARTS]

    def visit(part: Node) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise SpecError(f"an expression of more than {MAX_PARTS:,} parts", code="S103")
        for inner in parts_of(part):
            visit(inner)

    try:
        visit(node)
    except RecursionError:
        raise SpecError("an expression that is nested too deeply", code="S103") from None
