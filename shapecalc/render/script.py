"""Formulas as JavaScript, with Python's meaning: `//` rounds down, `%` has the divisor's sign."""

from __future__ import annotations

from ..dims import Dim
from ..relations import Relation
from ..syntax import Binary, Call, Compare, Conditional, Constant, Logic, Name, Node, Unary, parse

# What the scripts need: floor division, remainder, and the names of the rest.
PRELUDE = "const q=(a,b)=>Math.floor(a/b),m=(a,b)=>a-b*Math.floor(a/b),min=Math.min,max=Math.max;"

_LOGIC = {"and": "&&", "or": "||"}
_COMPARE = {"==": "===", "!=": "!=="}


def size_script(size: int | Dim) -> str:
    """Write a size as an expression over `v`, the values of the symbols."""
    return str(size) if isinstance(size, int) else to_script(parse(str(size)))


def relation_script(relation: Relation | bool) -> str:
    """Write a relation."""
    if isinstance(relation, bool):
        return "true" if relation else "false"
    return to_script(parse(str(relation)))


def to_script(node: Node) -> str:
    """Write a formula.

    Raises `ValueError` for what has no place in formulas of sizes.

    >>> to_script(parse("(H - 12)//4 + 1"))
    '(q((v.H-12),4)+1)'
    """
    match node:
        case Constant(bool(value)):
            return "true" if value else "false"
        case Constant(int(value)):
            return str(value) if value >= 0 else f"({value})"
        case Name(name):
            return f"v.{name}"
        case Unary("not", operand):
            return f"!{to_script(operand)}"
        case Unary(operator, operand):
            return f"({operator}{to_script(operand)})"
        case Binary("//", left, right):
            return f"q({to_script(left)},{to_script(right)})"
        case Binary("%", left, right):
            return f"m({to_script(left)},{to_script(right)})"
        case Binary(operator, left, right):
            return f"({to_script(left)}{operator}{to_script(right)})"
        case Compare(first, rest):
            return _chain(first, rest)
        case Logic(operator, items):
            return "(" + _LOGIC[operator].join(map(to_script, items)) + ")"
        case Conditional(test, yes, no):
            return f"({to_script(test)}?{to_script(yes)}:{to_script(no)})"
        case Call("min" | "max" as function, arguments, (), None):
            return f"{function}({','.join(map(to_script, arguments))})"
    raise ValueError(f"{node} is no formula of sizes")


def _chain(first: Node, rest: tuple[tuple[str, Node], ...]) -> str:
    """Write `0 <= x < 3` as two comparisons."""
    parts: list[str] = []
    left = first
    for operator, right in rest:
        sign = _COMPARE.get(operator, operator)
        if sign in {"in", "not in", "is", "is not"}:
            raise ValueError(f"{operator} is no comparison of sizes")
        parts.append(f"({to_script(left)}{sign}{to_script(right)})")
        left = right
    return parts[0] if len(parts) == 1 else "(" + "&&".join(parts) + ")"
