"""Arithmetic on numbers that come from sizes: value and origin are carried side by side."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from ...dims import Dim, maximum, minimum
from ...errors import SpecError
from ...formula import relate
from ...syntax import Binary, Call, Compare, Constant, Node, Unary
from ..shapes import numbers_hint
from .limits import MAX_BITS
from .values import Ratio, Traced, Value

if TYPE_CHECKING:
    from .machine import Machine

MAX_WEIGHT = 200  # nodes of the expression that a number remembers

_EXACT: dict[str, Callable[[Value, Value], Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}
_PLAIN: dict[str, Callable[[Value, Value], Value]] = {
    **_EXACT,
    "/": operator.truediv,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}


_NEUTRAL = {"+": 0, "-": 0, "*": 1, "//": 1}
_NEGATED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def is_number(value: Value) -> bool:
    """Tell numbers of all sorts."""
    return isinstance(value, (int, float, Traced, Ratio))


def node_of(value: Value) -> Node:
    """Give the expression a number comes from."""
    return value.node if isinstance(value, Traced) else Constant(value)


def weight_of(value: Value) -> int:
    """Count the nodes of the expression a number comes from."""
    return value.weight if isinstance(value, Traced) else 1


def arithmetic(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    """Apply an operator to two numbers."""
    if isinstance(left, Ratio) or isinstance(right, Ratio):
        return _with_ratio(machine, symbol, left, right)
    if isinstance(left, Traced) or isinstance(right, Traced):
        return _traced(machine, symbol, left, right)
    return plain_arithmetic(machine, symbol, left, right)


def plain_arithmetic(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    """Apply an operator to two plain numbers, within bounds."""
    if symbol == "**" and isinstance(left, int) and isinstance(right, int):
        if right > 0 and left.bit_length() * right > MAX_BITS:
            raise machine.limit(f"an integer of more than {MAX_BITS:,} bits")
    if symbol == "<<" and isinstance(right, int) and right > MAX_BITS:
        raise machine.limit(f"an integer of more than {MAX_BITS:,} bits")
    if symbol not in _PLAIN:
        raise machine.fail("TypeError", f"unsupported operand types for {symbol}: numbers")
    found = _PLAIN[symbol](left, right)
    if isinstance(found, complex):
        raise machine.fail("ValueError", "a complex number, which no size can be")
    return machine.budget.number(found) if type(found) is int else found


def _traced(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    a, b = _bare(left), _bare(right)
    if symbol == "/" and _is_zero(b):
        return _zero_division(machine)
    if isinstance(a, float) or isinstance(b, float):
        return _with_float(machine, symbol, left, right)
    if symbol == "/":
        return Ratio.of(left, right)
    if symbol in ("//", "%") and _is_zero(b):
        return _zero_division(machine)
    if symbol not in _EXACT or (symbol == "**" and not (type(b) is int and 0 <= b <= 64)):
        if symbol == "**" and isinstance(a, Dim):
            root = _root(a, b)
            if root is not None:
                return root
        return plain_arithmetic(machine, symbol, machine.pin(left), machine.pin(right))
    if type(right) is int and right == _NEUTRAL.get(symbol):
        return left
    if type(left) is int and symbol in "+*" and left == _NEUTRAL.get(symbol):
        return right
    if type(a) is int and type(b) is int:
        value = plain_arithmetic(machine, symbol, a, b)
    else:
        value = _EXACT[symbol](a, b)
    weight = weight_of(left) + weight_of(right) + 1
    if weight > MAX_WEIGHT:
        return shortened(machine, value, Binary(symbol, node_of(left), node_of(right)))
    if isinstance(value, Dim) or type(value) is int:
        return Traced(value, Binary(symbol, node_of(left), node_of(right)), weight)
    return value


def shortened(machine: Machine, value: Value, node: Node) -> Value:
    """Keep a number whose expression has grown too long by its value alone."""
    from ...syntax import parse

    if isinstance(value, Dim):
        return Traced(value, parse(str(value)), MAX_WEIGHT // 2)
    machine.note(Compare(node, (("==", Constant(value)),)))
    return value


def _with_float(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    """Combine a size with a float: exactly, where the float is a short fraction."""
    symbolic = isinstance(_bare(left), Dim) or isinstance(_bare(right), Dim)
    number = left if isinstance(left, float) else right
    if symbol in "+-*/" and isinstance(number, float) and math.isfinite(number):
        exact = Fraction(number).limit_denominator(4096)
        if exact == Fraction(number):
            ratio = Ratio(exact.numerator, exact.denominator)
            return _with_ratio(
                machine,
                symbol,
                ratio if left is number else left,
                ratio if right is number else right,
            )
    if symbolic:
        raise SpecError(
            f"{machine.show(left)} {symbol} {machine.show(right)}: a symbolic size and a float",
            hint=numbers_hint(machine.tracer.inputs),
        )
    return plain_arithmetic(machine, symbol, machine.pin(left), machine.pin(right))


def _with_ratio(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    """Combine quotients: + - * and / by whole numbers stay exact, the rest needs numbers."""
    a, b = _as_ratio(left), _as_ratio(right)
    if a is not None and b is not None:
        (top, low), (other_top, other_low) = a, b

        def go(sign: str, one: Value, two: Value) -> Value:
            return arithmetic(machine, sign, one, two)

        if symbol == "*":
            return Ratio(go("*", top, other_top), go("*", low, other_low)).reduced()
        if symbol == "/" and not _is_zero(_bare(other_top)):
            return Ratio(go("*", top, other_low), go("*", low, other_top)).reduced()
        if symbol in "+-":
            crossed = go(symbol, go("*", top, other_low), go("*", other_top, low))
            return Ratio(crossed, go("*", low, other_low)).reduced()
        if symbol == "//":
            return floor_ratio(machine, Ratio(go("*", top, other_low), go("*", low, other_top)))
    return plain_arithmetic(machine, symbol, machine.pin(left), machine.pin(right))


def _as_ratio(value: Value) -> tuple[Value, Value] | None:
    if isinstance(value, Ratio):
        return value.numerator, value.denominator
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        exact = Fraction(value).limit_denominator(4096)
        return (exact.numerator, exact.denominator) if exact == Fraction(value) else None
    return value, 1


def floor_ratio(machine: Machine, ratio: Ratio) -> Value:
    """Round a quotient down, as `int` does for what is not negative."""
    return arithmetic(machine, "//", ratio.numerator, ratio.denominator)


def ceil_ratio(machine: Machine, ratio: Ratio) -> Value:
    """Round a quotient up."""
    below = arithmetic(machine, "-", 0, ratio.numerator)
    return arithmetic(machine, "-", 0, arithmetic(machine, "//", below, ratio.denominator))


def to_integer(machine: Machine, value: Value) -> Value:
    """Do what `int` does to a number: cut off what is behind the point."""
    if isinstance(value, Traced):
        return value
    if isinstance(value, Ratio):
        exact = value.number()
        if exact is None:
            machine.assume(compare(machine, ">=", value.numerator, 0), value.numerator)
            return floor_ratio(machine, value)
        found = floor_ratio(machine, value)
        if int(exact) == _bare(found) and type(found) is not float:
            return found
        machine.pin(value)
        return int(exact)
    return machine.budget.number(int(value))


def negated(machine: Machine, value: Value) -> Value:
    """Apply unary minus."""
    if isinstance(value, Ratio):
        return Ratio(negated(machine, value.numerator), value.denominator)
    if isinstance(value, Traced):
        return Traced(-value.value, Unary("-", value.node), value.weight + 1)
    return -value


def extreme(machine: Machine, values: list[Value], *, largest: bool) -> Value:
    """Give the smallest or largest of numbers of which some come from sizes."""
    if any(isinstance(value, (Ratio, float)) for value in values):
        return (max if largest else min)(*[machine.pin(value) for value in values])
    bare = [_bare(value) for value in values]
    if any(isinstance(value, Dim) for value in bare):
        value = (maximum if largest else minimum)(*bare)
    else:
        value = (max if largest else min)(bare)
    weight = sum(map(weight_of, values)) + 1
    node = Call("max" if largest else "min", tuple(map(node_of, values)), ())
    return shortened(machine, value, node) if weight > MAX_WEIGHT else Traced(value, node, weight)


def compare(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    """Compare two numbers; gives a relation where symbols leave it open."""
    if isinstance(left, Ratio) or isinstance(right, Ratio):
        a, b = _as_ratio(left), _as_ratio(right)
        if a is None or b is None or _is_open(a[1]) or _is_open(b[1]):
            return relate(machine.pin(left), symbol, machine.pin(right))
        left = arithmetic(machine, "*", a[0], b[1])
        right = arithmetic(machine, "*", b[0], a[1])
    if isinstance(left, float) or isinstance(right, float):
        return _compare_float(machine, symbol, left, right)
    found = relate(_bare(left), symbol, _bare(right))
    if isinstance(found, bool) and (isinstance(left, Traced) or isinstance(right, Traced)):
        taken = symbol if found else _NEGATED[symbol]
        machine.note(Compare(node_of(left), ((taken, node_of(right)),)))
    return found


def _compare_float(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    if isinstance(_bare(left), Dim) or isinstance(_bare(right), Dim):
        a, b = _as_ratio(left), _as_ratio(right)
        if a is not None and b is not None:
            left = arithmetic(machine, "*", a[0], b[1])
            right = arithmetic(machine, "*", b[0], a[1])
            return compare(machine, symbol, left, right)
    return relate(machine.pin(left), symbol, machine.pin(right))


def _is_open(value: Value) -> bool:
    return isinstance(_bare(value), Dim)


def _bare(value: Value) -> Value:
    return value.value if isinstance(value, Traced) else value


def _is_zero(value: Value) -> bool:
    return type(value) in (int, float) and value == 0


def _zero_division(machine: Machine) -> Value:
    raise machine.fail("ZeroDivisionError", "division by zero")


def _root(base: Dim, power: Value) -> Traced | None:
    """Take the square root of a symbolic size that is a square as it stands."""
    from ...syntax import parse

    if power != 0.5 or len(base.terms) != 1:
        return None
    ((monomial, coefficient),) = base.terms
    factor = math.isqrt(max(coefficient, 0))
    if factor * factor != coefficient or any(power % 2 for _, power in monomial):
        return None
    half = tuple((atom, power // 2) for atom, power in monomial)
    root = Dim(((half, factor),))
    return Traced(root, parse(str(root)), 1)


def square_root(machine: Machine, value: Value) -> Value:
    """Take a square root, exactly where a symbolic size is a square."""
    if isinstance(value, Traced) and isinstance(value.value, Dim):
        root = _root(value.value, 0.5)
        if root is not None:
            return root
    return math.sqrt(machine.pin(value))
