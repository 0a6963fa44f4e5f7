"""Rules that eliminate an unknown: by an equation, or between its lower and upper bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from .boxes import Box, BoxRun, run_at
from .dims import Dim, FloorDiv, Symbol, bounds, ceil_div, maximum, minimum
from .isolate import Limits, SignUnknown, atoms_of, isolate, occurrence
from .relations import Comparison, Relation, all_of, any_of, compare
from .search import Domains, Literal, Search, hull
from .sets import IntSet

Size: TypeAlias = "int | Dim"

_MAX_RUNS = 64  # runs of an unknown that are eliminated one by one


def substitute(search: Search, literals: list[Literal], domains: Domains) -> list[Box] | None:
    """Put the value of an unknown, from an equation it is linear in, into the others."""
    best: tuple[tuple[int, int, int], Literal, str, int, Size] | None = None
    order = list(domains)
    for item in literals:
        if not isinstance(item, Comparison) or item.op != "==":
            continue
        for name in item.symbols:
            found = occurrence(item.dim, name)
            if found is None or not isinstance(found.factor, int):
                continue
            if not isinstance(found.atom, Symbol):
                continue
            rank = (abs(found.factor), _roughness(found.rest), -order.index(name))
            if best is None or rank < best[0]:
                best = (rank, item, name, found.factor, found.rest)
    if best is None:
        return None
    _, equation, name, factor, rest = best
    value: Size = 0 - rest if factor > 0 else rest
    factor = abs(factor)
    needs: list[Relation | bool] = []
    if factor != 1:
        needs.append(compare(value % factor, "==", 0))
        value = value // factor
    others = {other: values for other, values in domains.items() if other != name}
    needs.append(_member(value, domains[name]))
    needs += [item.substitute({name: value}) for item in literals if item is not equation]
    return [_extend(box, name, value, value, 1) for box in search.solve(needs, others)]


def eliminate(search: Search, literals: list[Literal], domains: Domains) -> list[Box] | None:
    """Eliminate an unknown for which every relation that holds it gives bounds."""
    known = hull(domains)
    best: tuple[tuple[int, int, int], str, Limits] | None = None
    unsure: Dim | None = None
    for index, name in enumerate(domains):
        if len(domains[name].runs) > _MAX_RUNS:
            continue
        try:
            limits = _limits(literals, name, known)
        except SignUnknown as sign:
            unsure = sign.factor if unsure is None else unsure
            continue
        if limits is None:
            continue
        rough = sum(_roughness(end) for end in (*limits.lows, *limits.highs))
        rank = (rough, len(limits.lows) * len(limits.highs), -index)
        if best is None or rank < best[0]:
            best = (rank, name, limits)
    if best is not None:
        others = [item for item in literals if best[1] not in item.symbols]
        return _without(search, best[1], best[2], others, domains)
    if unsure is None:
        return None
    signs = [compare(unsure, ">=", 1), compare(unsure, "==", 0), compare(unsure, "<=", -1)]
    return [box for sign in signs for box in search.solve([*literals, sign], domains)]


def _without(
    search: Search, name: str, limits: Limits, others: list[Literal], domains: Domains
) -> list[Box]:
    """Solve for the other unknowns, then give this one its run between its bounds."""
    rest = {other: values for other, values in domains.items() if other != name}
    found: list[Box] = []
    for first, last, step in domains[name].runs:
        # in steps of the run: name = first + step*q
        lows: list[Size] = [0, *(ceil_div(low - first, step) for low in limits.lows)]
        highs: list[Size] = [(high - first) // step for high in limits.highs]
        if last is not None:
            highs.append((last - first) // step)
        needs: list[Relation | bool] = [*others, *limits.needs]
        needs += [compare(low, "<=", high) for low in lows for high in highs]
        starts = [first + step * low for low in lows]
        ends = [first + step * high for high in highs]
        for box in search.solve(needs, rest):
            start = _outermost(starts, box, domains, upper=False)
            end = _outermost(ends, box, domains, upper=True) if ends else None
            found.append(_extend(box, name, start, end, step))
    return found


def _roughness(size: Size) -> int:
    """Say how far an expression is from a plain linear one."""
    if not isinstance(size, Dim):
        return 0
    rough = 0
    for monomial, coefficient in size.terms:
        rough += abs(coefficient) != 1
        rough += 5 * max(0, sum(power for _, power in monomial) - 1)
    for atom in atoms_of(size):
        if isinstance(atom, Symbol):
            continue
        if isinstance(atom, FloorDiv) and isinstance(atom.divisor, int):
            rough += 10 + 4 * min(atom.divisor, 25)
        else:
            rough += 200
    return rough


def _member(value: Size, values: IntSet) -> Relation | bool:
    """State that a size lies in a set."""
    options: list[Relation | bool] = []
    for first, last, step in values.runs:
        parts = [compare(value, ">=", first)]
        if last is not None:
            parts.append(compare(value, "<=", last))
        if step > 1:
            parts.append(compare((value - first) % step, "==", 0))
        options.append(all_of(parts))
    return any_of(options)


def _limits(
    literals: list[Literal], name: str, known: Mapping[str, tuple[int, int | None]]
) -> Limits | None:
    """Collect the bounds that all relations give an unknown; None when one doesn't."""
    lows: list[Size] = []
    highs: list[Size] = []
    needs: list[Relation | bool] = []
    for item in literals:
        if name not in item.symbols:
            continue
        found = isolate(item, name, known) if isinstance(item, Comparison) else None
        if found is None:
            return None
        lows += [low for low in found.lows if low not in lows]
        highs += [high for high in found.highs if high not in highs]
        needs += found.needs
    return Limits(tuple(lows), tuple(highs), tuple(needs))


def _outermost(ends: Sequence[Size], box: Box, domains: Domains, *, upper: bool) -> Size:
    """Take the greatest lower or least upper bound, leaving out what others imply in the box."""
    known = hull(domains)
    values: dict[str, Size] = {}
    for name, runs in box.items():
        firsts = [run.first for run in runs]
        lasts = [run.last for run in runs]
        low, high = known[name]
        if all(isinstance(first, int) for first in firsts):
            low = max(low, min(first for first in firsts if isinstance(first, int)))
        if all(isinstance(last, int) for last in lasts):
            top = max(last for last in lasts if isinstance(last, int))
            high = top if high is None else min(high, top)
        known[name] = (low, high)
        if low == high:
            values[name] = low
    sizes = [end if isinstance(end, int) else end.substitute(values) for end in ends]
    kept = list(dict.fromkeys(sizes))
    for size in list(kept):
        for other in kept:
            gap = other - size if not upper else size - other
            least = bounds(gap, known)[0]
            if other is not size and least is not None and least >= 0:
                kept.remove(size)
                break
    return (minimum if upper else maximum)(*kept)


def _extend(box: Box, name: str, first: Size, last: Size | None, step: int) -> Box:
    """Put an unknown at the end of a box."""
    values = {
        other: runs[0].first
        for other, runs in box.items()
        if len(runs) == 1 and runs[0].first == runs[0].last
    }
    return Box({**box, name: (run_at(BoxRun(first, last, step), values),)})
