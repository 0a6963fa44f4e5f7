"""Sets of integers that are finite unions of arithmetic progressions, with exact set algebra.

A *run* is `first, first + step, ..., last` (`last` is None when it goes on for ever). Finite unions
of runs are closed under union, intersection and difference, under `a*x + b` and `(x + A)//B` and
under the preimages of those maps: every set of sizes that a net can accept on one axis is one of
them (it is eventually periodic).

>>> IntSet.run(0, None, 4) & IntSet.run(0, None, 6) | IntSet.points([2])
IntSet([[0, None, 12], [2, 2, 1]])
>>> IntSet.interval(5, 5).preimage_floor(-12, 4)
IntSet([[32, 35, 1]])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from math import gcd, lcm

from .runs import (
    MAX_RUNS,
    Run,
    SetTooLarge,
    clean,
    elements,
    gather,
    in_order,
    intersect,
    normal,
    sweep,
    too_large,
)

__all__ = ["EMPTY", "MAX_RUNS", "IntSet", "Run", "SetTooLarge", "in_short"]

MAX_SHOWN = 12  # runs of a set that people are shown


class IntSet:
    """A finite union of disjoint runs; `==` says whether two sets have the same elements.

    Build one by `interval`, `run`, `points` or `from_runs`. The runs are ordered by their first
    elements, none of them overlap, and a run of one element has step 1.
    """

    __slots__ = ("_hash", "runs")

    runs: tuple[Run, ...]
    _hash: int | None

    def __init__(self, runs: Iterable[Sequence[int | None]] = ()) -> None:
        self._set(normal(list(clean(runs))))

    def _set(self, runs: tuple[Run, ...]) -> None:
        if len(runs) > MAX_RUNS:
            raise too_large()
        object.__setattr__(self, "runs", runs)
        object.__setattr__(self, "_hash", None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} can't be set: sets don't change")

    @classmethod
    def _of(cls, runs: Iterable[Run]) -> IntSet:
        """Wrap runs that are in order and disjoint already."""
        made = object.__new__(cls)
        made._set(tuple(runs))
        return made

    @classmethod
    def from_runs(cls, runs: Iterable[Sequence[int | None]]) -> IntSet:
        """Unite runs `(first, last | None, step)`, which may overlap."""
        return cls(runs)

    @classmethod
    def interval(cls, low: int, high: int | None = None) -> IntSet:
        """Give `low..high`, both ends included; without end when `high` is None."""
        return EMPTY if high is not None and high < low else cls._of([Run(low, high, 1)])

    @classmethod
    def run(cls, first: int, last: int | None, step: int) -> IntSet:
        """Give `first, first + step, ...` up to `last`."""
        return cls([(first, last, step)])

    @classmethod
    def points(cls, points: Iterable[int]) -> IntSet:
        """Give the set of some integers.

        >>> IntSet.points([9, 1, 5, 13])
        IntSet([[1, 13, 4]])
        """
        return cls._of(gather(sorted(set(points))))

    # ------------------------------------------------------------------------------- questions

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int):
            return False
        for first, last, step in self.runs:
            if first > value:
                return False
            if (last is None or value <= last) and (value - first) % step == 0:
                return True
        return False

    def __iter__(self) -> Iterator[int]:
        """Yield the elements upwards; without end where the set is unbounded."""
        return merge(*(elements(run) for run in self.runs))

    def __bool__(self) -> bool:
        return bool(self.runs)

    def count(self) -> int | None:
        """Count the elements; None when there is no end of them."""
        total = 0
        for first, last, step in self.runs:
            if last is None:
                return None
            total += (last - first) // step + 1
        return total

    @property
    def minimum(self) -> int:
        """The least element; `ValueError` when there is none."""
        if not self.runs:
            raise ValueError("the empty set has no least element")
        return self.runs[0].first

    @property
    def maximum(self) -> int | None:
        """The greatest element, None when unbounded; `ValueError` when the set is empty."""
        if not self.runs:
            raise ValueError("the empty set has no greatest element")
        lasts = [run.last for run in self.runs]
        return None if None in lasts else max(last for last in lasts if last is not None)

    def nearest(self, value: int) -> tuple[int | None, int | None]:
        """Give the greatest element <= value and the least element >= value.

        >>> IntSet.run(16, None, 16).nearest(700)
        (688, 704)
        """
        below: int | None = None
        above: int | None = None
        for first, last, step in self.runs:
            if first <= value:
                top = value if last is None else min(value, last)
                found = top - (top - first) % step
                below = found if below is None else max(below, found)
            start = first + max(0, -((first - value) // step)) * step
            if last is None or start <= last:
                above = start if above is None else min(above, start)
        return below, above

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IntSet):
            return NotImplemented
        if self.runs == other.runs:
            return True
        return hash(self) == hash(other) and not (self - other) and not (other - self)

    def __hash__(self) -> int:
        if self._hash is None:
            known = (self.maximum, self.count(), *islice(self, 24)) if self.runs else ()
            object.__setattr__(self, "_hash", hash(known))
        return self._hash or 0

    def isdisjoint(self, other: IntSet) -> bool:
        """Say whether no element is in both."""
        return not self & other

    def __le__(self, other: IntSet) -> bool:
        """Say whether every element is in the other set."""
        return not self - other

    # --------------------------------------------------------------------------------- algebra

    def __or__(self, other: IntSet) -> IntSet:
        if not other.runs or self.runs == other.runs:
            return self
        if not self.runs:
            return other
        return IntSet._of(normal([*self.runs, *other.runs]))

    def __and__(self, other: IntSet) -> IntSet:
        """Intersect, run by run, by the Chinese remainder theorem."""
        if self.runs == other.runs:
            return self
        found: list[Run] = []
        for one in self.runs:
            for two in other.runs:
                both = intersect(one, two)
                if both is not None:
                    found.append(both)
            if len(found) > MAX_RUNS:
                raise too_large()
        return IntSet._of(normal(found))

    def __sub__(self, other: IntSet) -> IntSet:
        common = self & other
        if not common.runs:
            return self
        if common.runs == self.runs:
            return EMPTY
        return IntSet._of(in_order(sweep(self.runs, common.runs)))

    # -------------------------------------------------------------------------- maps and shifts

    def image_affine(self, a: int, b: int) -> IntSet:
        """Give `{a*x + b}`; a negative `a` needs a bounded set.

        >>> IntSet.interval(1, 4).image_affine(3, 1)
        IntSet([[4, 13, 3]])
        """
        if not self.runs:
            return self
        if a == 0:
            return IntSet.points([b])
        if a < 0:
            if self.maximum is None:
                raise ValueError("sets have no end upwards only")
            turned = [(a * (r.last or 0) + b, a * r.first + b, -a * r.step) for r in self.runs]
            return IntSet(turned)
        moved = [
            Run(a * f + b, None if last is None else a * last + b, 1 if f == last else a * s)
            for f, last, s in self.runs
        ]
        return IntSet._of(moved) if a == 1 else IntSet._of(normal(moved))

    def preimage_affine(self, a: int, b: int, *, lowest: int = 0) -> IntSet:
        """Give `{x : a*x + b in self}`; where that has no lower end, cut it at `lowest`.

        >>> IntSet.interval(5, 12).preimage_affine(3, -1)
        IntSet([[2, 4, 1]])
        """
        if not self.runs:
            return self
        if a == 0:
            return IntSet.interval(lowest) if b in self else EMPTY
        found: list[Run] = []
        for first, last, step in self.runs:
            g = gcd(a, step)
            if (first - b) % g:
                continue
            jump = step // g  # the x with a*x + b = first (mod step) are one class modulo jump
            start = (first - b) // g * pow(a // g, -1, jump) % jump if jump > 1 else 0
            if a > 0:
                low = -((b - first) // a)
                high = None if last is None else (last - b) // a
            else:
                low = lowest if last is None else -((b - last) // a)
                high = (first - b) // a
            found.append(Run(low + (start - low) % jump, high, jump))
        return IntSet(found)

    def preimage_floor(self, shift: int, divisor: int) -> IntSet:
        """Give `{x : (x + shift)//divisor in self}`, for a divisor > 0.

        The preimage of lo..hi is `divisor*lo - shift .. divisor*hi + divisor - 1 - shift`.
        """
        found: list[Run] = []
        for first, last, step in self.runs:
            low = divisor * first - shift
            high = None if last is None else divisor * last + divisor - 1 - shift
            if step == 1:
                found.append(Run(low, high, 1))
                continue
            if len(found) + divisor > MAX_RUNS:
                raise too_large()
            for rest in range(divisor):
                end = None if high is None else high - divisor + 1 + rest
                found.append(Run(low + rest, end, divisor * step))
        return IntSet._of(normal(found))

    def image_floor(self, shift: int, divisor: int) -> IntSet:
        """Give `{(x + shift)//divisor}`, for a divisor > 0.

        A run with step <= divisor meets every value between its ends; another repeats after
        `divisor/gcd(step, divisor)` elements.
        """
        found: list[Run] = []
        for first, last, step in self.runs:
            end = None if last is None else (last + shift) // divisor
            if step <= divisor:
                found.append(Run((first + shift) // divisor, end, 1))
                continue
            turn = divisor // gcd(step, divisor)
            if len(found) + turn > MAX_RUNS:
                raise too_large()
            for index in range(turn):
                start = first + index * step
                if last is None:
                    tail = None
                elif start > last:
                    break
                else:
                    tail = (last - (last - start) % (turn * step) + shift) // divisor
                found.append(Run((start + shift) // divisor, tail, turn * step // divisor))
        return IntSet(found)

    # --------------------------------------------------------------------------------- printing

    def to_list(self) -> list[list[int | None]]:
        """Give the runs as JSON has them: `[[first, last | null, step], ...]`."""
        return [list(run) for run in self.runs]

    def __repr__(self) -> str:
        return f"IntSet({self.to_list()})"

    def __str__(self) -> str:
        """Write the set for people, in short where it falls into many runs.

        >>> print(IntSet.interval(32, 35), "and", IntSet.run(16, None, 16))
        32..35 and 16, 32, 48, ...
        """
        return in_short([_show(run, width) for run, width in _side_by_side(self.runs)]) or "none"

    def to_condition(self, name: str) -> str:
        """Write the set as a Python condition on `name`, a size that is at least 0.

        >>> (IntSet.run(16, None, 16) | IntSet.points([1])).to_condition("H")
        'H == 1 or H % 16 == 0 and H >= 16'
        """
        if not self.runs:
            return "False"
        plain = " or ".join(_condition(run, name) for run in self.runs)
        if len(self.runs) == 1:
            return plain
        return min((plain, *_periodic_conditions(self, name)), key=len)


EMPTY = IntSet._of(())


def in_short(parts: Sequence[str], joint: str = ", ") -> str:
    """Join texts; of many, the first and the last, with how many there are between them.

    >>> in_short([str(number) for number in range(30)], "; ")
    '0; 1; 2; 3; 4; 5; 6; 7; 8; 9; ... (19 more); 29'
    """
    left_out = len(parts) - MAX_SHOWN
    if left_out <= 0:
        return joint.join(parts)
    return joint.join([*parts[: MAX_SHOWN - 2], f"... ({left_out + 1} more)", parts[-1]])


def _side_by_side(runs: Sequence[Run]) -> Iterator[tuple[Run, int]]:
    """Take together runs that are the same but for a shift by 1: the first of them, and how many."""
    at = 0
    while at < len(runs):
        first, last, step = runs[at]
        width = 1
        while step > 1 and at + width < min(len(runs), at + step):
            end = None if last is None else last + width
            if runs[at + width] != (first + width, end, step):
                break
            width += 1
        yield runs[at], width
        at += width


def _show(run: Run, width: int) -> str:
    first, last, step = run

    def item(value: int) -> str:
        return str(value) if width == 1 else f"{value}..{value + width - 1}"

    if step == 1 and first != last:
        return f"{first}.." if last is None else f"{first}..{last}"
    if last is None:
        return f"{item(first)}, {item(first + step)}, {item(first + 2 * step)}, ..."
    if (last - first) // step < 3:
        return ", ".join(item(value) for value in range(first, last + 1, step))
    return f"{item(first)}, {item(first + step)}, ..., {item(last)}"


def _condition(run: Run, name: str) -> str:
    first, last, step = run
    if first == last:
        return f"{name} == {first}"
    parts = [f"{name} % {step} == {first % step}"] if step > 1 else []
    if last is None:
        if first >= step or not parts:  # a class of sizes begins below its step by itself
            parts.append(f"{name} >= {first}")
    elif parts:
        parts.append(f"{first} <= {name} <= {last}")
    else:
        parts = [f"{first} <= {name} <= {last}"]
    return " and ".join(parts) if parts else f"{name} >= {first}"


def _periodic_conditions(values: IntSet, name: str) -> Iterator[str]:
    """Offer `(x - f) % p < w` and `x % p != r` for a set that is one or the other from f on."""
    period = lcm(*(run.step for run in values.runs if run.last is None))
    if values.maximum is not None or period == 1 or period > MAX_RUNS:
        return
    first = values.minimum
    bound = f" and {name} >= {first}"
    width = sum(period // run.step for run in values.runs if run.last is None)
    if width == period - 1:
        left, *more = set(range(first, first + period)) - set(islice(values, width))
        for start in () if more else (0, first):
            others = IntSet.run(start + (left - start) % period, None, period)
            if values == IntSet.interval(start) - others:
                yield f"{name} % {period} != {left % period}{bound if start else ''}"
    block = IntSet.interval(first, first + width - 1)
    if values == IntSet([(point, None, period) for point in block]):
        shifted = f"({name} - {first})" if first % period else name
        below = first + width > period  # sizes below the first would fit as well
        yield f"{shifted} % {period} < {width}{bound if below else ''}"
