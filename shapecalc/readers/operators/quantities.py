"""Numbers that are computed from sizes: exact as long as they are shares of sizes, else unknown."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from ...dims import Dim, maximum, minimum
from ...formula import relate
from ...relations import AllOf, AnyOf, Comparison
from .arrays import CannotFold

MAX_BOTTOM = 1024  # of a float that is taken as a fraction
MAX_BITS = 256


class Ratio(NamedTuple):
    """A share of a size: `top/bottom`, as a float would be. `bottom` is above 0."""

    top: Any
    bottom: int


class Unknown:
    """A number that can't be known before the net runs, and that no size comes from."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


class Sizes(Protocol):
    """What is known about sizes while a graph is read."""

    def decide(self, relation: Any) -> bool:
        """Say whether a relation between sizes holds."""

    def actual(self, value: Any) -> Any:
        """Give what a size is for the shapes the graph is read with."""


def ratio_of(value: Any) -> Ratio | None:
    """Give a number as a fraction of sizes; None for one that is none, or none of use."""
    if isinstance(value, Ratio):
        return value
    if isinstance(value, (int, Dim)):
        return Ratio(value, 1)
    if isinstance(value, float) and math.isfinite(value):
        top, bottom = value.as_integer_ratio()
        if bottom <= MAX_BOTTOM and top.bit_length() < MAX_BITS:
            return Ratio(top, bottom)
    return None


def simplest(ratio: Ratio) -> Any:
    """Give a fraction as a plain size or float where it is one."""
    top, bottom = ratio
    if isinstance(top, int) and top.bit_length() > MAX_BITS:
        raise CannotFold
    if bottom == 1:
        return top
    if isinstance(top, Dim):
        return top // bottom if top % bottom == 0 else ratio
    return top / bottom


def number(value: Any, sizes: Sizes) -> float | int | None:
    """Give a quantity as a plain number, where the sizes it comes from are known."""
    if isinstance(value, Ratio):
        top = sizes.actual(value.top)
        return top / value.bottom if isinstance(top, int) else None
    if isinstance(value, Dim):
        value = sizes.actual(value)
    return value if isinstance(value, (int, float)) else None


def plus(left: Any, right: Any, _: Sizes) -> Any:
    """Add; fractions stay exact."""
    if isinstance(left, float) and isinstance(right, float):
        return left + right
    a, b = ratio_of(left), ratio_of(right)
    if a is None or b is None:
        return UNKNOWN
    return simplest(Ratio(a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom))


def times(left: Any, right: Any, _: Sizes) -> Any:
    """Multiply; fractions stay exact."""
    if isinstance(left, float) and isinstance(right, float):
        return left * right
    a, b = ratio_of(left), ratio_of(right)
    if a is None or b is None:
        return UNKNOWN
    return simplest(Ratio(a.top * b.top, a.bottom * b.bottom))


def over(left: Any, right: Any, sizes: Sizes) -> Any:
    """Divide as floats do; by a number, fractions stay exact."""
    b = ratio_of(right)
    a = ratio_of(left)
    if a is not None and b is not None and isinstance(b.top, int) and b.top > 0:
        if isinstance(a.top, Dim):
            return simplest(Ratio(a.top * b.bottom, a.bottom * b.top))
    one, two = number(left, sizes), number(right, sizes)
    return UNKNOWN if one is None or two is None or two == 0 else one / two


def divided(left: Any, right: Any, sizes: Sizes) -> Any:
    """Divide integers as ONNX does: the rest is cut off. Sizes are never below 0."""
    if isinstance(left, int) and isinstance(right, int):
        if right == 0:
            raise CannotFold
        found = abs(left) // abs(right)
        return found if (left < 0) == (right < 0) else -found
    if not isinstance(left, (int, Dim)) or not isinstance(right, (int, Dim)):
        return UNKNOWN
    if (isinstance(right, int) and right <= 0) or sizes.actual(right) == 0:
        raise CannotFold
    return left // right


def rest(left: Any, right: Any, sizes: Sizes) -> Any:
    """Give what division leaves, with the divisor's sign."""
    if isinstance(left, float) or isinstance(right, float):
        return UNKNOWN
    if not isinstance(left, (int, Dim)) or not isinstance(right, (int, Dim)):
        return UNKNOWN
    if sizes.actual(right) == 0:
        raise CannotFold
    return left % right


def power(left: Any, right: Any, sizes: Sizes) -> Any:
    """Raise to a power."""
    if isinstance(left, (int, Dim)) and type(right) is int and 0 <= right < 8:
        if isinstance(left, Dim) or left.bit_length() * right < MAX_BITS:
            return left**right
    one, two = number(left, sizes), number(right, sizes)
    try:
        found = None if one is None or two is None else float(one) ** two
    except (OverflowError, ZeroDivisionError):
        found = None
    return found if isinstance(found, float) else UNKNOWN


def extreme(
    pick: Callable[..., Any], plain: Callable[..., Any]
) -> Callable[[Any, Any, Sizes], Any]:
    """Make the function that gives the larger, or the smaller, of two."""

    def run(left: Any, right: Any, sizes: Sizes) -> Any:
        if isinstance(left, (int, Dim)) and isinstance(right, (int, Dim)):
            return pick(left, right)
        one, two = number(left, sizes), number(right, sizes)
        return UNKNOWN if one is None or two is None else plain(one, two)

    return run


larger = extreme(maximum, max)
smaller = extreme(minimum, min)


def compared(operator: str) -> Callable[[Any, Any, Sizes], bool]:
    """Make the function that compares two quantities."""

    def run(left: Any, right: Any, sizes: Sizes) -> bool:
        a, b = ratio_of(left), ratio_of(right)
        if a is None or b is None:
            if isinstance(left, float) and isinstance(right, float):
                return bool(relate(left, operator, right))
            raise CannotFold
        found = relate(a.top * b.bottom, operator, b.top * a.bottom)
        return sizes.decide(found) if isinstance(found, (Comparison, AllOf, AnyOf)) else found

    return run


def rounded_down(value: Any, _: Sizes) -> Any:
    """Give the floor of a quantity, still a float to ONNX."""
    if isinstance(value, Ratio):
        return value.top // value.bottom
    return float(math.floor(value)) if isinstance(value, float) and math.isfinite(value) else value


def rounded_up(value: Any, _: Sizes) -> Any:
    """Give the ceiling of a quantity, still a float to ONNX."""
    if isinstance(value, Ratio):
        return -(-value.top // value.bottom)
    return float(math.ceil(value)) if isinstance(value, float) and math.isfinite(value) else value


def whole(value: Any, _: Sizes) -> Any:
    """Cast to an integer: what stands behind the point is cut off."""
    if isinstance(value, Ratio):
        return value.top // value.bottom
    if isinstance(value, float):
        return int(value) if math.isfinite(value) else UNKNOWN
    return int(value) if isinstance(value, bool) else value


def floating(value: Any, _: Sizes) -> Any:
    """Cast to a float; a size stays exact."""
    return float(value) if isinstance(value, int) else value


def truth(value: Any, sizes: Sizes) -> bool:
    """Cast to a truth value."""
    if value is UNKNOWN or isinstance(value, str):
        raise CannotFold
    return compared("!=")(value, 0, sizes)


def negative(value: Any, _: Sizes) -> Any:
    """Turn the sign around."""
    if isinstance(value, Ratio):
        return Ratio(-value.top, value.bottom)
    return value if value is UNKNOWN else -value


def of_float(function: Callable[[float], float]) -> Callable[[Any, Sizes], Any]:
    """Make a function of floats into one of quantities."""

    def run(value: Any, sizes: Sizes) -> Any:
        one = number(value, sizes)
        try:
            return UNKNOWN if one is None else function(one)
        except (ValueError, OverflowError, ZeroDivisionError):
            return UNKNOWN

    return run
