"""Boxes: solutions in several unknowns, and the union of boxes that answers a question.

A box gives each unknown runs of values. Where an unknown depends on others, the ends of its run are
expressions in unknowns that stand earlier in the box (a *triangular* box).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import NamedTuple, TypeAlias

from .dims import Dim, symbol
from .relations import Relation, all_of, any_of, compare
from .sets import EMPTY, IntSet, SetTooLarge
from .univariate import Undecidable, solution_set

Size: TypeAlias = "int | Dim"
Json: TypeAlias = "dict[str, list[list[int | str | None]]]"

_MAX_BOXES_APART = 256  # boxes that are made disjoint; more are left as they are


class BoxRun(NamedTuple):
    """`first, first + step, ...` up to `last`, whose ends may depend on earlier unknowns."""

    first: Size
    last: Size | None
    step: int


class Box(dict[str, tuple[BoxRun, ...]]):
    """The runs of each unknown, in an order in which ends refer to earlier unknowns only."""

    __slots__ = ()

    @property
    def is_product(self) -> bool:
        """Whether the unknowns don't depend on one another."""
        return not any(_symbols(run) for runs in self.values() for run in runs)

    def values_of(self, name: str, earlier: Mapping[str, int]) -> IntSet:
        """Give the values of an unknown, once those before it have values."""
        return IntSet.from_runs(
            (_at(first, earlier), None if last is None else _at(last, earlier), step)
            for first, last, step in self[name]
        )

    def sets(self) -> dict[str, IntSet]:
        """Give each unknown's values, in a box whose unknowns are independent."""
        return {name: self.values_of(name, {}) for name in self}

    def contains(self, point: Mapping[str, int]) -> bool:
        """Say whether a point lies in the box."""
        for name, runs in self.items():
            value = point[name]
            for first, last, step in runs:
                start = _at(first, point)
                end = None if last is None else _at(last, point)
                if start <= value and (end is None or value <= end) and not (value - start) % step:
                    break
            else:
                return False
        return True

    def points_up_to(self, limit: int) -> Iterator[tuple[int, ...]]:
        """Yield the points whose coordinates are all at most `limit`, in the box's order."""
        names = list(self)
        if any(
            all(isinstance(run.first, int) and run.first > limit for run in runs)
            for runs in self.values()
        ):
            return iter(())
        everything = IntSet.interval(-limit, limit)

        def extend(chosen: dict[str, int], index: int) -> Iterator[tuple[int, ...]]:
            if index == len(names):
                yield tuple(chosen.values())
                return
            name = names[index]
            for value in self.values_of(name, chosen) & everything:
                yield from extend({**chosen, name: value}, index + 1)

        return extend({}, 0)

    def diagonal(self, names: Sequence[str], others: Mapping[str, int]) -> Relation | bool:
        """State when all of `names` may have one value, called `t`; `others` have values."""
        t = symbol("t")
        values: dict[str, Size] = {**others, **dict.fromkeys(names, t)}
        needs: list[Relation | bool] = []
        for name, runs in self.items():
            options: list[Relation | bool] = []
            for first, last, step in runs:
                start = _put(first, values)
                parts = [compare(start, "<=", values[name])]
                if last is not None:
                    parts.append(compare(values[name], "<=", _put(last, values)))
                parts.append(compare((values[name] - start) % step, "==", 0))
                options.append(all_of(parts))
            needs.append(any_of(options))
        return all_of(needs)

    def to_dict(self) -> Json:
        """Give the box as JSON has it: `{"H": [[32, 35, 1]]}`, ends as numbers or text."""
        return {
            name: [[_json(first), _json(last), step] for first, last, step in runs]
            for name, runs in self.items()
        }


def product_box(sets: Mapping[str, IntSet]) -> Box:
    """Make a box of independent unknowns."""
    return Box({name: tuple(BoxRun(*run) for run in values.runs) for name, values in sets.items()})


def run_at(run: BoxRun, values: Mapping[str, Size]) -> BoxRun:
    """Put values into the ends of a run."""
    first, last, step = run
    first = first if isinstance(first, int) else first.substitute(values)
    last = last if last is None or isinstance(last, int) else last.substitute(values)
    if isinstance(first, int) and isinstance(last, int):
        last -= (last - first) % step
        step = step if last > first else 1
    return BoxRun(first, last, step)


def _symbols(run: BoxRun) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for end in run[:2]:
        if isinstance(end, Dim):
            found |= end.symbols
    return found


def _at(size: Size, values: Mapping[str, int]) -> int:
    return size if isinstance(size, int) else size.evaluate(values)


def _put(size: Size, values: Mapping[str, Size]) -> Size:
    return size if isinstance(size, int) else size.substitute(values)


def _json(size: Size | None) -> int | str | None:
    return str(size) if isinstance(size, Dim) else size


class SystemSolution(NamedTuple):
    """All points of some boxes; when not `complete`, `limit` says what was searched."""

    boxes: tuple[Box, ...]
    complete: bool
    limit: str | None
    unknowns: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether no solution was found."""
        return not self.boxes

    def contains(self, point: Mapping[str, int]) -> bool:
        """Say whether a point is among the solutions."""
        return any(box.contains(point) for box in self.boxes)

    def to_list(self) -> list[Json]:
        """Give the boxes as JSON has them."""
        return [box.to_dict() for box in self.boxes]

    def points(self, limit: int | None = None, cap: int = 2**20) -> Iterator[dict[str, int]]:
        """Yield solutions, those with the smallest sizes first, up to `limit` of them.

        A point is small when its greatest coordinate is, then when their sum is; no coordinate
        goes beyond `cap`.
        """
        return islice(self._points(cap), limit)

    def _points(self, cap: int) -> Iterator[dict[str, int]]:
        start = min([_first_reach(box) for box in self.boxes], default=0)
        past, gap = -1, 1
        while past < cap:
            reach = min(start + gap, cap)
            found: set[tuple[int, ...]] = set()
            for box in self.boxes:
                places = [list(box).index(name) for name in self.unknowns]
                for point in box.points_up_to(reach):
                    if not point or max(point) > past or past < 0:
                        found.add(tuple(point[place] for place in places))
            for point in sorted(
                found, key=lambda point: (max(point, default=0), sum(point), point)
            ):
                yield dict(zip(self.unknowns, point, strict=True))
            if self._bounded_by(reach):
                return
            # so many unknowns, so slowly: each time about twice as many points
            past, gap = reach, gap + max(1, gap // max(len(self.unknowns), 1))

    def _bounded_by(self, reach: int) -> bool:
        for box in self.boxes:
            for runs in box.values():
                if any(not isinstance(last, int) or last > reach for _, last, _ in runs):
                    return False
        return True

    def smallest(self, square: Sequence[str] = (), *, cap: int = 2**20) -> dict[str, int] | None:
        """Choose the smallest solution, one in which all of `square` are equal before others.

        >>> box = product_box({"H": IntSet.interval(16, 19), "W": IntSet.interval(18, 40)})
        >>> SystemSolution((box,), True, None, ("H", "W")).smallest(["H", "W"])
        {'H': 18, 'W': 18}
        """
        others = [name for name in self.unknowns if name not in square]
        if len(square) > 1:
            side = None if others else self.squares(square)
            if side:
                return dict.fromkeys(self.unknowns, side.minimum)
            if side is None:
                for point in self.points(4096, cap):
                    if len({point[name] for name in square}) == 1:
                        return point
        return next(self.points(1, cap), None)

    def squares(self, names: Sequence[str]) -> IntSet | None:
        """Give the values that all of `names`, which are all the unknowns, can have at once.

        None where no closed form covers what is left of a box's relations.
        """
        found = EMPTY
        try:
            for box in self.boxes:
                found = found | solution_set(box.diagonal(names, {}), "t", IntSet.interval(0))
        except (Undecidable, SetTooLarge):
            return None
        return found

    def closest(self, point: Mapping[str, int]) -> dict[str, int] | None:
        """Give a solution near a point, whichever of its sizes are above and below.

        It is the nearest one of a box whose unknowns are independent.
        """
        candidates = [near for box in self.boxes for near in _around(box, point)]
        best = min(candidates, key=lambda near: _distance(near, point), default=None)
        return None if best is None else {name: best[name] for name in self.unknowns}

    def nearest(
        self, point: Mapping[str, int]
    ) -> tuple[dict[str, int] | None, dict[str, int] | None]:
        """Give the nearest solutions none of whose sizes is above, and none below, the point's.

        In a box whose unknowns are independent these are the nearest in each unknown; in others
        each unknown is chosen once those before it are.
        """
        found: list[dict[str, int] | None] = []
        for side in (0, 1):
            candidates = [near for box in self.boxes if (near := _near(box, point, side))]
            candidates.sort(key=lambda near: _distance(near, point))
            best = candidates[0] if candidates else None
            found.append(None if best is None else {name: best[name] for name in self.unknowns})
        return found[0], found[1]


def _first_reach(box: Box) -> int:
    """Give what the greatest coordinate of a point of the box is at least."""
    firsts = [
        min([run.first for run in runs if isinstance(run.first, int)], default=0)
        for runs in box.values()
    ]
    return max(firsts, default=0)


def _around(box: Box, point: Mapping[str, int]) -> list[dict[str, int]]:
    """Choose for each unknown, in the box's order, its nearest values on both sides."""
    found: list[dict[str, int]] = [{}]
    for name in box:
        found = [
            {**chosen, name: value}
            for chosen in found
            for value in dict.fromkeys(box.values_of(name, chosen).nearest(point[name]))
            if value is not None
        ]
    return found


def _near(box: Box, point: Mapping[str, int], side: int) -> dict[str, int] | None:
    chosen: dict[str, int] = {}
    for name in box:
        value = box.values_of(name, chosen).nearest(point[name])[side]
        if value is None:
            return None
        chosen[name] = value
    return chosen


def _distance(one: Mapping[str, int], two: Mapping[str, int]) -> tuple[int, int]:
    gaps = [abs(value - two[name]) for name, value in one.items()]
    return max(gaps, default=0), sum(gaps)


# ------------------------------------------------------------------------------ tidying unions


def tidy(boxes: Iterable[Box], unknowns: Sequence[str]) -> tuple[Box, ...]:
    """Make products of sets disjoint, merge those that differ in one unknown, and order them."""
    products: list[dict[str, IntSet]] = []
    others: list[Box] = []
    for box in boxes:
        if box.is_product:
            sets = box.sets()
            if all(sets.values()):
                products.append({name: sets[name] for name in unknowns})
        else:
            others.append(_in_order(box, unknowns))
    merged = products
    with suppress(SetTooLarge):  # then boxes may overlap
        merged = _merge(merged)
        if len(merged) <= _MAX_BOXES_APART:
            merged = _merge(_disjoint(merged))
    merged.sort(key=lambda sets: [values.minimum for values in sets.values()])
    return (*map(product_box, merged), *_merge_triangular(others))


def _in_order(box: Box, unknowns: Sequence[str]) -> Box:
    """Order a box as the unknowns are given, as far as its expressions allow."""
    waiting = [name for name in unknowns if name in box]
    placed = Box()
    while waiting:
        for name in waiting:
            needed = frozenset().union(*(_symbols(run) for run in box[name]))
            if needed <= placed.keys():
                placed[name] = box[name]
                waiting.remove(name)
                break
        else:
            raise AssertionError("a box refers to its unknowns in a circle")
    return placed


Sets: TypeAlias = "dict[str, IntSet]"


def _merge(boxes: list[Sets]) -> list[Sets]:
    """Unite boxes that agree in all unknowns but one."""
    names = list(boxes[0]) if boxes else []
    for name in names:
        groups: dict[tuple[IntSet, ...], Sets] = {}
        for box in boxes:
            key = tuple(values for other, values in box.items() if other != name)
            known = groups.get(key)
            groups[key] = box if known is None else {**known, name: known[name] | box[name]}
        boxes = list(groups.values())
    return boxes


def _merge_triangular(boxes: list[Box]) -> list[Box]:
    """Unite boxes that agree in all unknowns but one, whose runs are plain numbers."""
    for name in list(boxes[0]) if boxes else ():
        groups: dict[tuple[object, ...], Box] = {}
        for box in boxes:
            fixed = not any(_symbols(run) for run in box[name])
            others = tuple((other, runs) for other, runs in box.items() if other != name)
            key = (tuple(box), others) if fixed else (tuple(box), others, box[name])
            known = groups.get(key)
            if known is not None and fixed:
                both = known.values_of(name, {}) | box.values_of(name, {})
                box = Box({**known, name: tuple(BoxRun(*run) for run in both.runs)})
            groups[key] = box
        boxes = list(groups.values())
    return boxes


def _disjoint(boxes: list[Sets]) -> list[Sets]:
    """Cut from each box what earlier ones hold already."""
    found: list[Sets] = []
    for box in boxes:
        pieces = [box]
        for other in found:
            pieces = [rest for piece in pieces for rest in _cut(piece, other)]
            if len(pieces) > _MAX_BOXES_APART:
                return boxes
        found += pieces
    return found


def _cut(box: Sets, other: Sets) -> list[Sets]:
    """Take a box away from another: what differs in the first unknown, in the second, ..."""
    if any(box[name].isdisjoint(other[name]) for name in box):
        return [box]
    pieces: list[Sets] = []
    rest = dict(box)
    for name in box:
        outside = rest[name] - other[name]
        if outside:
            pieces.append({**rest, name: outside})
        rest[name] = rest[name] & other[name]
    return pieces
