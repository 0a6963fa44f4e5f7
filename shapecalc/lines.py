"""Where the values of a quasi-affine expression lie, and which way they go.

* *Bounds*, by interval arithmetic.
* *Lines*: `(e - (d - 1))/d <= e//d <= e/d`, so that every expression without products lies between
  two straight lines; where both have one slope, the rest is bounded and periodic.
* *Direction*: a sum of atoms that all grow with x grows with x.
"""

from __future__ import annotations

from math import lcm
from typing import TypeAlias

from .quasi import Atom, Expr, Extremum, Floor, Over, Product, Scaled

Ends: TypeAlias = "tuple[int | None, int | None]"
Line: TypeAlias = "tuple[int, int, int]"  # (s, o, d): the line (s*x + o)/d, d > 0


def bounds(expr: Expr, low: int, high: int | None) -> Ends:
    """Bound the values for x in low..high: by interval arithmetic and by the two lines."""
    ends: Ends = (expr.constant, expr.constant)
    ends = _plus(ends, _times_number((low, high), expr.slope))
    for atom, coefficient in expr.parts:
        ends = _plus(ends, _times_number(_atom_bounds(atom, low, high), coefficient))
    if len(expr.parts) + bool(expr.slope) < 2:
        return ends  # no two terms that could be correlated
    below, above = line(expr, low, upper=False), line(expr, low, upper=True)
    least, most = ends
    if below is not None and (at := _least(below, low, high)) is not None:
        least = at if least is None else max(least, at)
    if above is not None:
        s, o, d = above
        at = _least((-s, -o, d), low, high)
        if at is not None:
            most = -at if most is None else min(most, -at)
    return least, most


def _least(below: Line, low: int, high: int | None) -> int | None:
    """Give the least integer not under a line on low..high."""
    s, o, d = below
    at = low if s >= 0 else high
    return None if at is None else -((-s * at - o) // d)


def _plus(one: Ends, two: Ends) -> Ends:
    low = None if one[0] is None or two[0] is None else one[0] + two[0]
    high = None if one[1] is None or two[1] is None else one[1] + two[1]
    return low, high


def _times_number(ends: Ends, times: int) -> Ends:
    if times == 0:
        return 0, 0
    low, high = (None if end is None else times * end for end in ends)
    return (low, high) if times > 0 else (high, low)


def _times(one: Ends, two: Ends) -> Ends:
    """Multiply intervals; exact ends where the factors are bounded or not negative."""
    if None not in one and None not in two:
        corners = [a * b for a in one for b in two if a is not None and b is not None]
        return min(corners), max(corners)
    if one[0] is not None and one[0] >= 0 and two[0] is not None and two[0] >= 0:
        return one[0] * two[0], None
    return None, None


def _atom_bounds(atom: Atom, low: int, high: int | None) -> Ends:
    match atom:
        case Floor(_, numerator, divisor):
            least, most = bounds(numerator, low, high)
            return None if least is None else least // divisor, None if most is None else (
                most // divisor
            )
        case Extremum(_, sign, items):
            ends = [_times_number(bounds(item, low, high), sign) for item in items]
            lows = [end[0] for end in ends if end[0] is not None]
            highs = [end[1] for end in ends if end[1] is not None]
            top = max(highs) if len(highs) == len(ends) else None
            return _times_number((max(lows) if lows else None, top), sign)
        case Product(_, factors):
            ends_of_product: Ends = (1, 1)
            for factor in factors:
                ends_of_product = _times(ends_of_product, bounds(factor, low, high))
            return ends_of_product
        case Over(_, numerator, divisor):
            return _quotient(bounds(numerator, low, high), bounds(divisor, low, high))
        case Scaled(_, argument, rate):
            least, most = bounds(argument, low, high)
            return None if least is None else int(float(least) * rate), None if most is None else (
                int(float(most) * rate)
            )


def _quotient(top: Ends, bottom: Ends) -> Ends:
    """Divide intervals, the divisor at least 1."""
    first = max(bottom[0] or 1, 1)
    least = most = None
    if top[0] is not None:
        if top[0] < 0:
            least = top[0] // first
        else:
            least = 0 if bottom[1] is None else top[0] // max(bottom[1], 1)
    if top[1] is not None:
        if top[1] >= 0:
            most = top[1] // first
        else:
            most = -1 if bottom[1] is None else top[1] // max(bottom[1], 1)
    return least, most


def line(expr: Expr, low: int, *, upper: bool) -> Line | None:
    """Give a line that is nowhere above (or, `upper`, below) the expression for x >= low."""
    s, o, d = expr.slope, expr.constant, 1
    for atom, coefficient in expr.parts:
        found = _atom_line(atom, low, upper == (coefficient > 0))
        if found is None:
            return None
        s2, o2, d2 = found
        common = lcm(d, d2)
        s = s * (common // d) + coefficient * s2 * (common // d2)
        o = o * (common // d) + coefficient * o2 * (common // d2)
        d = common
    return s, o, d


def _atom_line(atom: Atom, low: int, upper: bool) -> Line | None:
    match atom:
        case Floor(_, numerator, divisor):
            found = line(numerator, low, upper=upper)
            if found is None:
                return None
            s, o, d = found
            return s, o if upper else o - (divisor - 1) * d, d * divisor
        case Extremum(_, sign, items):
            lines = [line(item, low, upper=upper) for item in items]
            return _extremum_line([f for f in lines if f], len(items), low, sign, upper)
        case Scaled(_, argument, rate):
            found = line(argument, low, upper=upper)
            least, _ = bounds(argument, low, None)
            if found is None or least is None or least < 0:
                return None
            s, o, d = found
            n, m = rate.as_integer_ratio()
            # two roundings to doubles: off by a factor of less than 1 +- 2**-51
            top, bottom = n * (2**51 + (1 if upper else -1)), m * 2**51
            return s * top, o * top - (0 if upper else d * bottom), d * bottom
        case Product() | Over():
            value = _atom_bounds(atom, low, None)[1 if upper else 0]
            return None if value is None else (0, value, 1)


def _extremum_line(lines: list[Line], count: int, low: int, sign: int, upper: bool) -> Line | None:
    """Bound a maximum from below by any item, from above by the steepest line past all of them."""
    if not lines:
        return None
    steepest = lines[0]
    for other in lines[1:]:
        if sign * (other[0] * steepest[2] - steepest[0] * other[2]) > 0:
            steepest = other
    if upper == (sign < 0):
        return steepest
    if len(lines) < count:
        return None
    # The line with the steepest slope through the outermost value at x = low.
    s, o, d = steepest
    for s2, o2, d2 in lines:
        if sign * ((s2 * low + o2) * d - (s * low + o) * d2) > 0:
            common = lcm(d, d2)
            s, d, start = s * (common // d), common, (s2 * low + o2) * (common // d2)
            o = start - s * low
    return s, o, d


def direction(expr: Expr, low: int, high: int | None) -> int | None:
    """Say how the expression moves as x grows in low..high: 1 up, -1 down, 0 not, None unknown."""
    found = (expr.slope > 0) - (expr.slope < 0)
    for atom, coefficient in expr.parts:
        way = _atom_direction(atom, low, high)
        if way is None:
            return None
        way *= 1 if coefficient > 0 else -1
        if found * way < 0:
            return None
        found = found or way
    return found


def _atom_direction(atom: Atom, low: int, high: int | None) -> int | None:
    match atom:
        case Floor(_, part, _) | Scaled(_, part, _):
            return direction(part, low, high)
        case Extremum(_, _, items):
            return _agreed([direction(item, low, high) for item in items])
        case Product(_, factors):
            starts = [bounds(factor, low, high)[0] for factor in factors]
            if any(start is None or start < 0 for start in starts):
                return None
            return _agreed([direction(factor, low, high) for factor in factors])
        case Over(_, numerator, divisor):
            least, _ = bounds(numerator, low, high)
            way = direction(divisor, low, high)
            if numerator.slope or numerator.parts or way is None:
                return None
            return -way if (least or 0) >= 0 else way


def _agreed(ways: list[int | None]) -> int | None:
    if None in ways:
        return None
    known = {way for way in ways if way}
    if len(known) > 1:
        return None
    return known.pop() if known else 0
