"""Arithmetic progressions: their intersections and unions, kept disjoint, few and plain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import gcd, lcm
from typing import NamedTuple

from .errors import ShapecalcError

MAX_RUNS = 2**16  # runs of one set; also residues of one period
_FEW = 64  # elements that a stretch may have to be looked at one by one


class SetTooLarge(ShapecalcError):
    """A set that would need more runs than `MAX_RUNS`."""

    default_code = "S310"


def too_large() -> SetTooLarge:
    return SetTooLarge(
        f"the sizes can't be listed in {MAX_RUNS} progressions",
        hint="give bounds or fix some of the sizes",
    )


class Run(NamedTuple):
    """The integers `first, first + step, ...` up to `last`, without end when `last` is None."""

    first: int
    last: int | None
    step: int


def clean(runs: Iterable[Sequence[int | None]]) -> Iterator[Run]:
    """Drop empty runs; make `last` an element, and the step of a single element 1."""
    for first, last, step in runs:
        if first is None or step is None or step < 1:
            raise ValueError("a run needs a first element and a step of at least 1")
        if last is None:
            yield Run(first, None, step)
        elif last >= first:
            last -= (last - first) % step
            yield Run(first, last, 1 if last == first else step)


def elements(run: Run) -> Iterator[int]:
    first, last, step = run
    if last is not None:
        return iter(range(first, last + 1, step))
    return _count(first, step)


def _count(value: int, step: int) -> Iterator[int]:
    while True:
        yield value
        value += step


def intersect(one: Run, two: Run) -> Run | None:
    """Intersect two runs: a class modulo the lcm of the steps, or nothing."""
    f, s, g, t = one.first, one.step, two.first, two.step
    low = max(f, g)
    high = one.last if two.last is None else two.last if one.last is None else min(one[1], two[1])  # type: ignore[type-var]  # neither is None here
    if high is not None and high < low:
        return None
    if s == 1 and t == 1:
        return Run(low, high, 1)
    common = gcd(s, t)
    if (g - f) % common:
        return None
    step = s // common * t
    # x = f + s*k with s*k = g - f (mod t), so k = (g - f)/common * (s/common)^-1 (mod t/common).
    turn = t // common
    start = f + s * ((g - f) // common * pow(s // common, -1, turn) % turn) if turn > 1 else f
    first = low + (start - low) % step
    if high is None:
        return Run(first, None, step)
    if first > high:
        return None
    last = high - (high - first) % step
    return Run(first, last, 1 if last == first else step)


def normal(runs: list[Run]) -> tuple[Run, ...]:
    """Make disjoint runs, few and plain, of runs that may overlap."""
    if len(runs) < 2:
        return tuple(runs)
    if all(run.step == 1 for run in runs):
        return tuple(_join(sorted(runs, key=_first)))
    return in_order(sweep(runs, ()))


def _first(run: Run) -> int:
    return run.first


def in_order(runs: Iterable[Run]) -> tuple[Run, ...]:
    return tuple(sorted(runs, key=_first))


def _join(runs: Iterable[Run]) -> Iterator[Run]:
    """Join intervals, given in order, that overlap or touch."""
    start: int | None = None
    end: int | None = None
    for first, last, _ in runs:
        if start is None:
            start, end = first, last
        elif end is None:
            break
        elif first > end + 1:
            yield Run(start, end, 1)
            start, end = first, last
        else:
            end = None if last is None else max(end, last)
    if start is not None:
        yield Run(start, end, 1)


def sweep(runs: Sequence[Run], removed: Sequence[Run]) -> list[Run]:
    """Unite `runs` and take `removed` away, which is a subset of the union.

    The ends of runs cut the integers into stretches, on each of which the set is periodic. Short
    stretches are listed element by element; long ones are rewritten as residue classes of their
    least period. At the end neighbours that continue one another are stitched together.
    """
    found: list[Run] = []
    listed: list[int] = []
    for low, high, long in _stretches(runs, removed):
        present = _overlapping(runs, low, high)
        absent = _overlapping(removed, low, high)
        if long or high is None:
            classes = _classes(low, high, present, absent) if present else []
            found += _fewest(listed, classes)
            listed = []
        else:
            listed += sorted(_listed(low, high, present) - _listed(low, high, absent))
    found += gather(listed)
    return _stitch(found)


def _fewest(listed: list[int], classes: list[Run]) -> list[Run]:
    """Join the classes of a stretch with the points before it: as points, or as earlier firsts."""
    apart = [*gather(listed), *classes]
    if not listed or not classes:
        return apart
    rest = set(listed)
    longer: list[Run] = []
    for first, last, step in classes:
        start = first
        while start - step in rest:
            start -= step
            rest.discard(start)
        longer.append(Run(start, last, step if start != last else 1))
    joined = [*gather(sorted(rest)), *longer]
    return joined if len(joined) < len(apart) else apart


def _stretches(
    runs: Sequence[Run], removed: Sequence[Run]
) -> Iterator[tuple[int, int | None, bool]]:
    """Cut where runs begin and end; take stretches of few elements together as one."""
    ends = {run.last + 1 for run in removed if run.last is not None}
    weights = dict.fromkeys(ends | {run.first for run in removed}, 0.0)
    for first, last, step in runs:
        weights[first] = weights.get(first, 0.0) + 1 / step
        if last is not None:
            weights[last + 1] = weights.get(last + 1, 0.0) - 1 / step
    cuts = sorted(weights)
    density = 0.0
    start = cuts[0]  # of a group of short stretches
    for low, high in zip(cuts, [*cuts[1:], None], strict=True):
        density += weights[low]
        if high is None or (high - low) * density > _FEW:
            if start < low:
                yield start, low - 1, False
            yield low, None if high is None else high - 1, True
            start = low if high is None else high
    # The last stretch has no end, so that no group is left over.


def _overlapping(runs: Sequence[Run], low: int, high: int | None) -> list[Run]:
    return [
        run
        for run in runs
        if (high is None or run.first <= high) and (run.last is None or run.last >= low)
    ]


def _window(run: Run, low: int, high: int) -> range:
    first, last, step = run
    start = first if first >= low else low + (first - low) % step
    return range(start, (high if last is None else min(last, high)) + 1, step)


def _listed(low: int, high: int, runs: list[Run]) -> set[int]:
    found: set[int] = set()
    for run in runs:
        found.update(_window(run, low, high))
    return found


def _classes(low: int, high: int | None, present: list[Run], absent: list[Run]) -> list[Run]:
    """Rewrite a stretch on which each run is either all there or not as residue classes."""
    if not absent and any(run.step == 1 for run in present):
        return [Run(low, high, 1)]
    period = lcm(*(run.step for run in present), *(run.step for run in absent))
    if sum(period // run.step for run in (*present, *absent)) > 4 * MAX_RUNS:
        raise too_large()
    residues = _residues(present, period) - _residues(absent, period)
    found: list[Run] = []
    for residue, step in _plain_classes(residues, period):
        first = low + (residue - low) % step
        found += clean([(first, high, step)])
    return found


def _residues(runs: list[Run], period: int) -> set[int]:
    found: set[int] = set()
    for first, _, step in runs:
        found.update(range(first % step, period, step))
    return found


def _plain_classes(residues: set[int], period: int) -> Iterator[tuple[int, int]]:
    """Split a set of residues into disjoint classes `(residue, step)`, the widest first."""
    period, residues = _least_period(residues, period)
    for step in _divisors(period):
        if not residues:
            return
        if period > step * len(residues):
            continue
        counts = Counter(residue % step for residue in residues)
        full = sorted(value for value, count in counts.items() if count == period // step)
        for value in full:
            yield value, step
            residues.difference_update(range(value, period, step))


def _least_period(residues: set[int], period: int) -> tuple[int, set[int]]:
    for prime in _prime_factors(period):
        while period % prime == 0 and len(residues) % prime == 0:
            part = period // prime
            if any((residue + part) % period not in residues for residue in residues):
                break
            period, residues = part, {residue % part for residue in residues}
    return period, residues


def _prime_factors(number: int) -> list[int]:
    found: list[int] = []
    prime = 2
    while prime * prime <= number:
        if number % prime == 0:
            found.append(prime)
            while number % prime == 0:
                number //= prime
        prime += 1
    return [*found, number] if number > 1 else found


def _divisors(number: int) -> list[int]:
    found = [1]
    for prime in _prime_factors(number):
        powers = [1]
        while number % (powers[-1] * prime) == 0:
            powers.append(powers[-1] * prime)
        found = [divisor * power for divisor in found for power in powers]
    return sorted(found)


def gather(points: list[int]) -> Iterator[Run]:
    """Write points, given in order, as few runs: intervals, and what repeats three times."""
    spans: list[tuple[int, int]] = []  # intervals, as first and last
    for point in points:
        if spans and spans[-1][1] == point - 1:
            spans[-1] = (spans[-1][0], point)
        else:
            spans.append((point, point))
    at = 0
    while at < len(spans):
        turn, times = _repetition(spans, at)
        if times == 1:
            yield Run(*spans[at], 1)
            at += 1
            continue
        step = spans[at + turn][0] - spans[at][0]
        for first, last in spans[at : at + turn]:
            for point in range(first, last + 1):
                yield Run(point, point + (times - 1) * step, step)
        at += turn * times


def _repetition(spans: list[tuple[int, int]], at: int) -> tuple[int, int]:
    """Find a group of intervals that comes three times or more, and saves runs when folded."""
    for turn in range(1, min(_FEW, (len(spans) - at) // 3) + 1):
        step = spans[at + turn][0] - spans[at][0]
        end = at + turn
        while end < len(spans):
            first, last = spans[end - turn]
            if spans[end] != (first + step, last + step):
                break
            end += 1
        times = (end - at) // turn
        width = sum(last - first + 1 for first, last in spans[at : at + turn])
        if times >= 3 and width < times * turn:
            return turn, times
    return 1, 1


def _stitch(runs: list[Run]) -> list[Run]:
    """Join runs that continue one another: equal steps, or a single element before a run."""
    tails: dict[int, dict[int, Run]] = {}  # by the element before the first, and by step
    for first, last, step in sorted(runs, key=_first, reverse=True):
        waiting = tails.get(first if last is None else last, {})
        if last is None:
            made = Run(first, None, step)
        elif first != last:
            after = waiting.pop(step, None)
            made = Run(first, last if after is None else after.last, step)
        else:
            step = min((key for key, run in waiting.items() if run.first != run.last), default=0)
            made = Run(first, waiting.pop(step).last, step) if step else Run(first, first, 1)
        tails.setdefault(made.first - made.step, {})[made.step] = made
    return [run for group in tails.values() for run in group.values()]
