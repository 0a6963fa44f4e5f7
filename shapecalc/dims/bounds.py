"""Between which integers an expression lies: interval arithmetic, and what sharpens it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import comb, gcd
from typing import TypeAlias

from .factors import monomial_product, monomial_quotient
from .polynomials import (
    Atom,
    Dim,
    FloorDiv,
    FloorScale,
    Max,
    Min,
    Monomial,
    Size,
    Symbol,
    Term,
    accumulate,
    is_floor,
    varying_terms,
)

Bounds: TypeAlias = "tuple[int | None, int | None]"

_MAX_SHIFTED = 32  # terms of an expression that is counted from its corner


def bounds(size: Size, known: Mapping[str, tuple[int, int | None]]) -> Bounds:
    """Bound a size where its symbols lie in intervals; a symbol not in `known` is at least 0.

    The bounds hold always; they are the nearest ones for sums of different symbols only.

    >>> from shapecalc.dims import symbol
    >>> H = symbol("H")
    >>> bounds(H % 8 + 1, {}), bounds((H - 12) // 4, {"H": (16, None)})
    ((1, 8), (1, None))
    """
    return _Ranges(known, (0, None)).of(size)


def always(size: Size) -> Bounds:
    """Bound a size whatever integers its symbols are.

    >>> from shapecalc.dims import symbol
    >>> always(symbol("H") % 8), always(symbol("H"))
    ((0, 7), (None, None))
    """
    return _Ranges({}, (None, None)).of(size)


class _Ranges:
    """Interval arithmetic, and what sharpens it; `default` bounds symbols not in `known`."""

    def __init__(self, known: Mapping[str, tuple[int, int | None]], default: Bounds) -> None:
        self.known = known
        self.default = default
        self.atoms: dict[Atom, Bounds] = {}

    def of(self, size: Size) -> Bounds:
        if isinstance(size, int):
            return size, size
        low, high = self.plain(size.terms)
        if len(varying_terms(size)) == 1 or (low is not None and low == high):
            return low, high
        floors = degrees = False
        for monomial, _ in varying_terms(size):
            degrees = degrees or len(monomial) > 1 or monomial[0][1] > 1
            floors = floors or is_floor(monomial) or _floor_filled(monomial) is not None
        if floors:  # e//d lies between (e - d + 1)/d and e/d
            high = _tighter(high, self.line(size, 1), min)
            below = self.line(size, -1)
            low = _tighter(low, None if below is None else -below, max)
        if degrees and len(size.terms) <= _MAX_SHIFTED:
            shifted = self.plain(self.shifted(size).items())
            low = _tighter(low, shifted[0], max)
            high = _tighter(high, shifted[1], min)
        return low, high

    def atom(self, atom: Atom) -> Bounds:
        found = self.atoms.get(atom)
        if found is None:
            found = self.atoms[atom] = self.work_out(atom)
        return found

    def work_out(self, atom: Atom) -> Bounds:
        match atom:
            case Symbol():
                return self.known.get(atom.name, self.default)
            case FloorDiv():
                return _quotient_range(self.of(atom.numerator), self.of(atom.divisor))
            case Min() | Max():
                ends = [self.of(size) for size in atom.args]
                lows = [low for low, _ in ends if low is not None]
                highs = [high for _, high in ends if high is not None]
                if isinstance(atom, Min):
                    return min(lows) if len(lows) == len(ends) else None, min(highs, default=None)
                return max(lows, default=None), max(highs) if len(highs) == len(ends) else None
            case FloorScale():
                low, high = self.of(atom.argument)
                low, high = _scaled(low, atom.factor), _scaled(high, atom.factor)
                return (low, high) if atom.factor > 0 else (high, low)

    def plain(self, terms: Iterable[Term]) -> Bounds:
        """Add up the intervals of the terms."""
        low: int | None = 0
        high: int | None = 0
        for monomial, coefficient in terms:
            found: Bounds = (coefficient, coefficient)
            for atom, power in monomial:
                found = _product_range(found, _power_range(self.atom(atom), power))
            least, most = found
            low = None if low is None or least is None else low + least
            high = None if high is None or most is None else high + most
        return low, high

    def line(self, size: Dim, sign: int) -> int | None:
        """Bound `sign*size` from above with a line in the place of each floor that stands alone."""
        found = {monomial: sign * coefficient for monomial, coefficient in size.terms}
        for monomial in [m for m in found if _floor_filled(m) is not None]:
            filled = _floor_filled(monomial)
            assert filled is not None
            top, whole, number = filled
            times, left = divmod(found[monomial], number)
            if not left:
                del found[monomial]
                accumulate(found, times * (top if times > 0 else top - whole + 1))
        scale = 1
        while floor := next((m for m, c in found.items() if c and is_floor(m)), None):
            atom = floor[0][0]
            assert isinstance(atom, FloorDiv)
            assert isinstance(atom.divisor, int)
            coefficient, divisor = found.pop(floor), atom.divisor
            times = divisor // gcd(coefficient, divisor)
            if times > 1:
                scale *= times
                found = {monomial: c * times for monomial, c in found.items()}
            coefficient = coefficient * times // divisor
            accumulate(found, atom.numerator * coefficient)
            if coefficient < 0:
                found[()] = found.get((), 0) - coefficient * (divisor - 1)
        high = self.plain([item for item in found.items() if item[1]])[1]
        return None if high is None else high // scale

    def shifted(self, size: Dim) -> dict[Monomial, int]:
        """Count each atom from its lower bound on: `(a - 3)*(b - 3)` is >= 0 for a, b >= 3.

        The symbols in the answer are those counts; their intervals are noted.
        """
        found: dict[Monomial, int] = {}
        counts: dict[Atom, tuple[Atom, int]] = {}
        for monomial, coefficient in size.terms:
            parts: dict[Monomial, int] = {(): coefficient}
            for atom, power in monomial:
                if atom not in counts:
                    low, high = self.atom(atom)
                    counts[atom] = (atom, 0)
                    if low:
                        count = Symbol(f"{len(counts)} from {low}")  # no user's name has a space
                        self.atoms[count] = (0, None if high is None else high - low)
                        counts[atom] = (count, low)
                parts = _expanded(parts, *counts[atom], power)
            for product, times in parts.items():
                found[product] = found.get(product, 0) + times
        return {monomial: c for monomial, c in found.items() if c}


def _floor_filled(monomial: Monomial) -> tuple[Size, Dim, int] | None:
    """Recognise `d*(e//d)` without the number that d begins with; give e, d and the number."""
    for atom, power in monomial:
        if type(atom) is FloorDiv and power == 1 and isinstance(atom.divisor, Dim):
            if len(atom.divisor.terms) == 1:
                own, number = atom.divisor.terms[0]
                if monomial_quotient(monomial, own) == ((atom, 1),):
                    return atom.numerator, atom.divisor, number
    return None


def _expanded(
    parts: dict[Monomial, int], atom: Atom, shift: int, power: int
) -> dict[Monomial, int]:
    """Multiply by `(atom + shift)**power`, an atom that doesn't occur yet."""
    found: dict[Monomial, int] = {}
    for exponent in range(power + 1) if shift else (power,):
        times = comb(power, exponent) * shift ** (power - exponent)
        raised: Monomial = ((atom, exponent),) if exponent else ()
        for monomial, c in parts.items():
            found[monomial_product(monomial, raised)] = c * times
    return found


def _tighter(one: int | None, two: int | None, pick: Callable[[int, int], int]) -> int | None:
    if one is None or two is None:
        return two if one is None else one
    return pick(one, two)


def _quotient_range(top: Bounds, bottom: Bounds) -> Bounds:
    """Bound a floor; the divisor is at least 1 whatever its bounds say."""
    low, high = top
    least = max(bottom[0] or 1, 1)
    most = None if bottom[1] is None else max(bottom[1], 1)
    if low is not None:
        low = low // least if low < 0 else 0 if most is None else low // most
    if high is not None:
        high = high // least if high >= 0 else -1 if most is None else high // most
    return low, high


def _product_range(one: Bounds, two: Bounds) -> Bounds:
    """Multiply two intervals; what has no end is written None."""
    a, b = one
    c, d = two
    if a is not None and c is not None and a >= 0 and c >= 0:
        return a * c, 0 if b == 0 or d == 0 else None if b is None or d is None else b * d
    if one == (0, 0) or two == (0, 0):
        return 0, 0
    ends = [_end(x, y, p, q) for x, p in ((a, -1), (b, 1)) for y, q in ((c, -1), (d, 1))]
    low, high = min(ends), max(ends)
    return None if low[0] else low[1], None if high[0] else high[1]


def _end(x: int | None, y: int | None, p: int, q: int) -> tuple[int, int]:
    """Multiply two ends, None being infinite with the sign p or q: (its sign, 0) or (0, number)."""
    if x is not None and y is not None:
        return 0, x * y
    if x == 0 or y == 0:
        return 0, 0
    one = p if x is None else 1 if x > 0 else -1
    two = q if y is None else 1 if y > 0 else -1
    return one * two, 0


def _power_range(ends: Bounds, power: int) -> Bounds:
    if power == 1:
        return ends
    low, high = ends
    if power % 2 or (low is not None and low >= 0):
        return None if low is None else low**power, None if high is None else high**power
    if high is not None and high <= 0:
        return high**power, None if low is None else low**power
    return 0, None if low is None or high is None else max(low**power, high**power)


def _scaled(end: int | None, factor: float) -> int | None:
    try:
        return None if end is None else int(float(end) * factor)
    except OverflowError:
        return None
