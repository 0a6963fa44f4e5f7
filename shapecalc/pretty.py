"""Formulas on one line as people write them: floors with brackets, × for products, ≤ for <=."""

from __future__ import annotations

from .syntax import (
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
    Unary,
    to_text,
)

_SIGNS = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥", "is": "=", "is not": "≠", "in": "∈"}
_POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUM, _PRODUCT, _FACTOR = 1, 2, 3  # how tightly a text holds together


def to_pretty(node: Node) -> str:
    """Write a formula on one line.

    >>> from shapecalc.syntax import parse
    >>> to_pretty(parse("(L + 2*padding - extent)//stride + 1"))
    '⌊(L + 2·padding − extent)/stride⌋ + 1'
    """
    return _write(node)[0]


def _wrapped(node: Node, level: int) -> str:
    text, own = _write(node)
    return f"({text})" if own < level else text


def _write(node: Node) -> tuple[str, int]:
    match node:
        case Constant(value) if isinstance(value, int) and not isinstance(value, bool):
            return (f"−{-value}", _SUM) if value < 0 else (str(value), _FACTOR)
        case Name(name):
            return name, _FACTOR
        case Star(value):
            return f"{_wrapped(value, _FACTOR)}…", _FACTOR
        case Sequence(items, _) if items:
            return f"({', '.join(map(to_pretty, items))})", _FACTOR
        case Unary("not", operand):
            return f"not {_wrapped(operand, _SUM)}", 0
        case Unary("-", operand):
            return f"−{_wrapped(operand, _PRODUCT)}", _SUM
        case Binary("//", left, right):
            return f"⌊{_wrapped(left, _PRODUCT)}/{_wrapped(right, _FACTOR)}⌋", _FACTOR
        case Binary("/", left, right):
            return f"{_wrapped(left, _PRODUCT)}/{_wrapped(right, _FACTOR)}", _PRODUCT
        case Binary("**", left, Constant(int(power))) if power >= 0:
            return f"{_wrapped(left, _FACTOR)}{str(power).translate(_POWERS)}", _FACTOR
        case Binary("%", left, right):
            return f"{_wrapped(left, _PRODUCT)} mod {_wrapped(right, _FACTOR)}", _SUM
        case Binary("*", left, right):
            return f"{_wrapped(left, _PRODUCT)}·{_wrapped(right, _FACTOR)}", _PRODUCT
        case Binary("+", left, right):
            return f"{_wrapped(left, _SUM)} + {_wrapped(right, _SUM)}", _SUM
        case Binary("-", left, right):
            return f"{_wrapped(left, _SUM)} − {_wrapped(right, _PRODUCT)}", _SUM
        case Compare(first, rest):
            parts = [_wrapped(first, _SUM)]
            parts += [f"{_SIGNS.get(sign, sign)} {_wrapped(item, _SUM)}" for sign, item in rest]
            return " ".join(parts), 0
        case Logic(operator, items):
            return f" {operator} ".join(_wrapped(item, _SUM) for item in items), 0
        case Conditional(test, yes, no):
            return f"{to_pretty(yes)} if {to_pretty(test)}, else {to_pretty(no)}", 0
        case Call("ceil_div", (top, bottom), _, _):
            return f"⌈{_wrapped(top, _PRODUCT)}/{_wrapped(bottom, _FACTOR)}⌉", _FACTOR
        case Call(function, arguments, (), _):
            return f"{function}({', '.join(map(to_pretty, arguments))})", _FACTOR
        case _:
            return to_text(node), 0 if to_text(node).startswith("-") else _FACTOR
