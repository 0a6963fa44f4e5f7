"""Comparisons of the simple kinds of expressions with 0: affine, one-way, polynomial, one floor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from math import gcd

from .errors import ShapecalcError
from .quasi import Expr, Floor, atoms, evaluate, inner
from .runs import too_large
from .sets import EMPTY, MAX_RUNS, IntSet, Run

_FEW = 4_096  # remainders that are listed one by one
_MAX_BITS = 4_096  # of a value that a search for a change of sign looks at


class Undecidable(ShapecalcError):
    """A relation that the closed forms don't cover, or that would take too much work."""

    default_code = "S311"


def tried(expr: Expr, op: str, low: int, high: int) -> IntSet:
    if op == "==":
        return IntSet.points(x for x in range(low, high + 1) if evaluate(expr, x) == 0)
    return IntSet.points(x for x in range(low, high + 1) if evaluate(expr, x) >= 0)


def affine(expr: Expr, op: str, low: int, high: int | None) -> IntSet:
    b, a, _ = expr
    if op == ">=":
        start, end = where_at_least_zero((a, b, 1), low, high)
        return IntSet.interval(start, end)
    if a == 0:
        return IntSet.interval(low, high) if b == 0 else EMPTY
    x = -b // a
    return IntSet.points([x] if a * x + b == 0 and x >= low and (high is None or x <= high) else [])


def where_at_least_zero(
    above: tuple[int, int, int], low: int, high: int | None
) -> tuple[int, int | None]:
    """Give the part of low..high where `s*x + o >= 0`; it is empty when its end is before it."""
    s, o, _ = above
    if s == 0:
        return (low, high) if o >= 0 else (low, low - 1)
    if s > 0:
        return max(low, -(o // s)), high
    end = o // -s
    return low, end if high is None else min(end, high)


def _least_where(holds: Callable[[int], bool], low: int, high: int | None) -> int | None:
    """Find the least x in low..high from which on `holds` is true, false before; None: nowhere."""
    if holds(low):
        return low
    if high is None:
        bits = 1
        while not holds(low + (1 << bits)):
            bits *= 2
            if bits > _MAX_BITS:
                raise Undecidable("a side of the condition doesn't grow far enough to tell")
        high = low + (1 << bits)
    elif not holds(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high


def one_way(
    value: Callable[[int], int], way: int, op: str, ends: tuple[int, int | None], top: int | None
) -> IntSet:
    """Solve `way*value op 0` for a value that never falls, and stays <= top where that is known."""
    low, high = ends
    first = 0 if op == "==" or way > 0 else 1
    start = None
    if top is None or top >= first:
        start = _least_where(lambda x: value(x) >= first, low, high)
    if op == ">=" and way < 0:
        return IntSet.interval(low, high if start is None else start - 1)
    if start is None:
        return EMPTY
    if op == "==" and (top is None or top >= 1):
        past = _least_where(lambda x: value(x) >= 1, start, high)
        high = high if past is None else past - 1
    return IntSet.interval(start, high)


def remainders(
    alpha: int,
    c: int,
    sign: int,
    op: str,
    floor: tuple[int, int, int],
    ends: tuple[int, int | None],
) -> IntSet | None:
    """Give the x for which `v = (a*x + b) % d` has `sign*(alpha*v + c)` op 0."""
    a, b, d = floor
    wanted = affine(Expr(sign * c, sign * alpha, ()), op, 0, d - 1)
    count = wanted.count() or 0
    if count == d:
        return IntSet.interval(*ends)
    if count > MAX_RUNS:
        return None
    found: list[Run] = []
    g = gcd(a, d)
    turn = d // g
    inverse = pow(a // g, -1, turn) if turn > 1 else 0
    low, high = ends
    for v in wanted:
        if (v - b) % g == 0:
            first = (v - b) // g * inverse % turn
            found.append(Run(low + (first - low) % turn, high, turn))
    return IntSet.from_runs(found)


def shift_changes(expr: Expr, prime: int) -> list[int] | None:
    """Give the r from which on, with `x = prime*q + r`, a floor is another function of q.

    `(a*x + b)//(prime*m) = (a*q + (a*r + b)//prime)//m` changes with `(a*r + b)//prime`. None when
    r has a part elsewhere than in such floors and in the slope.
    """
    cuts = {0}
    for atom in atoms(expr):
        if not isinstance(atom, Floor) or atom.divisor % prime:
            if any(part.slope for part in inner(atom)):
                return None
            continue
        b, a, parts = atom.numerator
        if not a:
            continue
        if parts or abs(a) > MAX_RUNS:
            return None
        low, high = sorted((b // prime, (a * (prime - 1) + b) // prime))
        for shift in range(low, high + 1):
            # the least r with a*r + b >= shift*prime, or < for a < 0
            at = -((b - shift * prime) // a) if a > 0 else (b - shift * prime) // -a + 1
            if 0 < at < prime:
                cuts.add(at)
    return sorted(cuts)


def widened(values: IntSet, step: int, low: int, high: int) -> IntSet:
    """Give all `step*q + r` for q in the set and r in low..high, below the step."""
    if high - low == step - 1:
        return values.preimage_floor(0, step)
    if high - low <= _FEW:
        return IntSet(
            (step * f + r, None if last is None else step * last + r, step * s)
            for f, last, s in values.runs
            for r in range(low, high + 1)
        )
    count = values.count()
    if count is None or count > MAX_RUNS:
        raise too_large()
    return IntSet((step * q + low, step * q + high, 1) for q in values)


def on_a_line(
    sigma: int,
    alpha: int,
    c: int,
    floor: tuple[int, int, int],
    ends: tuple[int, int | None],
) -> IntSet | None:
    """Solve `sigma*u + alpha*v + c == 0` in integers, `0 <= v < d`, and give the x of each.

    The v are one class modulo `sigma/g`; along it u, and so x, goes in equal steps.
    """
    a, b, d = floor
    g = gcd(sigma, alpha)
    if c % g:
        return EMPTY
    turn = abs(sigma // g)
    v = -(c // g) * pow(alpha // g, -1, turn) % turn if turn > 1 else 0
    if v >= d:
        return EMPTY
    count = (d - 1 - v) // turn
    u = -(alpha * v + c) // sigma
    start = d * u + v - b  # a*x
    step = d * (-alpha * turn // sigma) + turn
    if step < 0:
        start, step = start + count * step, -step
    if step == 0:
        return IntSet.points([start // a] if start % a == 0 else []) & IntSet.interval(*ends)
    run = IntSet.run(start, start + count * step, step)
    return run.preimage_affine(a, 0) & IntSet.interval(*ends)


def _signed_value(coefficients: Sequence[int], sign: int, x: int) -> int:
    total = 0
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return sign * total


def compare_polynomial(coefficients: list[int], op: str, low: int, high: int | None) -> IntSet:
    """Solve `polynomial op 0`: between turning points it only grows or only falls."""
    if len(coefficients) <= 2:
        constant, slope = [*coefficients, 0][:2]
        return affine(Expr(constant, slope, ()), op, low, high)
    # f(x + 1) - f(x), of one degree less, is >= 0 exactly where f doesn't fall.
    powers = [1]
    difference = [0] * (len(coefficients) - 1)
    for degree, coefficient in enumerate(coefficients):
        for index in range(degree):
            difference[index] += coefficient * powers[index]
        powers = [a + b for a, b in zip([*powers, 0], [0, *powers], strict=True)]
    growing = compare_polynomial(difference, ">=", low, None if high is None else high - 1)
    turns = {low}
    for run in growing.runs:
        turns.update({run.first} if run.last is None else {run.first, run.last + 1})
    cuts: list[int | None] = [*sorted(turns)]
    cuts.append(high)
    found: list[Run] = []
    for start, end in pairwise(cuts):
        if start is not None and (end is None or start <= end):
            way = 1 if start in growing else -1
            value = partial(_signed_value, coefficients, way)
            found += one_way(value, way, op, (start, end), None).runs
    return IntSet.from_runs(found)
