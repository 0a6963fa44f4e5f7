"""The solution to recommend: the smallest at which no layer drops a row or column, square before others.

Small solutions are looked at one by one first, which mostly finds it; else the system is solved again with
what a lossless solution needs. Where sizes and arguments are both unknown, the smallest arguments come
first, and then the smallest sizes: a kernel of 1 before a padding of 11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product

from .boxes import SystemSolution
from .relations import Relation

_TRIED = 400  # small solutions that are looked at one by one
_CHOICES = 60  # values of the arguments for which sizes are looked for
_MORE = 8  # arguments that are tried for a square one where there is an oblong one

Point = dict[str, int]
Solve = Callable[[Relation | bool, Sequence[str]], SystemSolution]


def recommend(
    system: SystemSolution,
    ways: Sequence[Relation | bool],
    sides: Sequence[str],
    arguments: Mapping[str, int],
    solve: Solve,
) -> tuple[Point | None, bool]:
    """Choose a solution, and say whether it is lossless.

    `ways` are what a lossless solution needs, one of them; `sides` are to be equal; `arguments` are
    the unknowns that are no sizes, with the least value of each.
    """
    ways = [way for way in ways if way is not False]
    if arguments and len(arguments) < len(system.unknowns):
        best = _with_smallest_arguments(ways, sides, arguments, system.unknowns, solve)
        if best is not None:
            return {name: best[name] for name in system.unknowns}, True
    squares, all_squares = _first(_squares(system, sides), ways)
    if squares is not None:
        return squares, True
    if all_squares:
        best, everything = _first(system.points(_TRIED + 1), ways)
        if best is not None or everything:
            return (best, True) if best is not None else (system.smallest(sides), False)
    exact = [solve(way, system.unknowns) for way in ways]
    found = [best for part in exact if (best := part.smallest(sides)) is not None]
    if found:
        return min(found, key=lambda point: _rank(point, sides)), True
    return system.smallest(sides), False


def _rank(point: Point, sides: Sequence[str]) -> tuple[bool, int, int, list[int]]:
    values = list(point.values())
    square = len({point[side] for side in sides}) < 2
    return not square, max(values, default=0), sum(values), values


def _squares(system: SystemSolution, sides: Sequence[str]) -> Iterator[Point]:
    """Yield solutions with equal sides, the smallest first."""
    if len(sides) < 2:
        yield from system.points(_TRIED + 1)
    elif len(sides) == len(system.unknowns) and (values := system.squares(sides)) is not None:
        for value in values:
            yield dict.fromkeys(system.unknowns, value)
    else:
        points = system.points(_TRIED)
        yield from (point for point in points if len({point[side] for side in sides}) == 1)


def _first(points: Iterator[Point], ways: Sequence[Relation | bool]) -> tuple[Point | None, bool]:
    """Find the first lossless of some points; say whether all of them were looked at."""
    count = 0
    for point in islice(points, _TRIED):
        count += 1
        if any(way if isinstance(way, bool) else way.evaluate(point) for way in ways):
            return point, False
    return None, count < _TRIED


def _with_smallest_arguments(
    ways: Sequence[Relation | bool],
    sides: Sequence[str],
    arguments: Mapping[str, int],
    unknowns: Sequence[str],
    solve: Solve,
) -> Point | None:
    """Find the smallest arguments with which a lossless solution exists, a square one if there is."""
    oblong: Point | None = None
    tries = 0  # since there is one
    rest = [name for name in unknowns if name not in arguments]
    for values in islice(_upwards(arguments), _CHOICES):
        for way in ways:
            here = solve(way if isinstance(way, bool) else way.substitute(values), rest)
            best = here.smallest(sides)
            if best is None:
                continue
            best = {**best, **values}
            if len({best[side] for side in sides}) < 2:
                return best
            oblong = oblong or best
            tries += 1
        if tries > _MORE:
            break
    return oblong


def _upwards(least: Mapping[str, int]) -> Iterator[Point]:
    """Yield values of the arguments: those with the smallest maximum first, then the smallest sum."""
    names, lows = list(least), list(least.values())
    most = min(lows)
    while True:
        ranges = [range(low, most + 1) for low in lows]
        found = [values for values in product(*ranges) if max(values) == most]
        for values in sorted(found, key=lambda item: (sum(item), item)):
            yield dict(zip(names, values, strict=True))
        most += 1
