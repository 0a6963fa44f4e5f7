"""How an answer comes about: the walk back through the layers, the nearest sizes, why there is none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from .batch import for_every_batch
from .boxes import Box
from .dims import Dim, symbol
from .errors import ShapecalcError, ShapeError, SolveError
from .net import Size, symbols_of_shapes
from .outputs import is_shape
from .question import BATCH, Question, output_at
from .relations import Relation, all_of, compare
from .sets import EMPTY, IntSet, in_short
from .system import solve_system
from .univariate import Undecidable, image, solution_set

if TYPE_CHECKING:
    from .solve import Case, Solution

_MANY = 24  # layers that a walk shows
_MOST_LISTED = 400  # values of an unknown that another depends on, to be put in one by one
_MOST_RUNS = 8  # of the values of a size that are written out


def walk_back(solution: Solution) -> list[tuple[str, tuple[str, ...]]]:
    """Give the sizes that each layer's output takes over the best box, per unknown, input first.

    A layer is left out where its sizes are those of the layer before.
    """
    sizes = symbols_of_shapes(solution.question.shapes.values())
    if not solution.boxes or not solution.cases or not sizes.issuperset(solution.unknowns):
        return []
    box = _chosen_box(solution)
    own = [_own_values(box, name) for name in box]
    if all(values is not None and values.maximum is None for values in own):
        return []  # sizes without end have no walk worth showing
    case = _case_of(solution)
    last = solution.at[0].partition("[")[0] if solution.at else None
    first = tuple([_show_runs(box, name) for name in solution.unknowns])
    found: list[tuple[str, tuple[str, ...]]] = [("input", first)]
    for step in case.result.steps:
        if is_shape(step.outputs):
            ranges = tuple([_range(step.outputs, name, box) for name in solution.unknowns])
            if all(text for text in ranges) and ranges != found[-1][1]:
                found.append((step.layer.name, ranges))
        if step.layer.name == last:
            break
    return found


def _chosen_box(solution: Solution) -> Box:
    """Give the box that the recommended solution lies in."""
    best = solution.recommended
    for box in solution.boxes:
        if best is not None and box.contains(best):
            return box
    return solution.boxes[0]


def _case_of(solution: Solution) -> Case:
    point = solution.recommended
    if point is not None:
        for case in solution.cases:
            relations = [item for item, _ in case.relations]
            values = {**point, "N": 1}
            if all(item if isinstance(item, bool) else item.evaluate(values) for item in relations):
                return case
    return solution.cases[0]


def _own_values(box: Box, name: str) -> IntSet | None:
    """Give the values that an unknown takes over a box, as W = 2*H by those of H; None if not plain."""
    runs = box[name]
    others = {
        other for run in runs for end in run[:2] if isinstance(end, Dim) for other in end.symbols
    }
    if not others:
        return box.values_of(name, {})
    if len(others) > 1:
        return None
    (other,) = others
    values = _own_values(box, other)
    if values is None:
        return None
    if all(run.first == run.last for run in runs):
        parts = [image(run.first, values) for run in runs]
    elif (values.count() or _MOST_LISTED + 1) <= _MOST_LISTED:
        parts = [box.values_of(name, {other: value}) for value in values]
    else:
        return None
    found = EMPTY
    for part in parts:
        if part is None:
            return None
        found = found | part
    return found


def _show_runs(box: Box, name: str) -> str:
    values = _own_values(box, name)
    if values is not None:
        return str(values)
    parts = [
        f"{first}" if first == last else f"{first}..{'' if last is None else last}"
        for first, last, _ in box[name]
    ]
    return in_short(parts)


def _range(shape: tuple[Size, ...], name: str, box: Box) -> str:
    """Give the sizes that the one dimension which depends on an unknown takes."""
    for size in shape:
        if not isinstance(size, Dim) or size.symbols - {"N"} != {name} or "N" in size.symbols:
            continue
        values = _own_values(box, name)
        return str(size) if values is None else _values_text(size, name, values)
    return ""


def _values_text(size: Dim, name: str, values: IntSet) -> str:
    """Write the values that a size takes, or where these are too many to list their ends."""
    reached = image(size, values)
    if reached is not None and len(reached.runs) <= _MOST_RUNS:
        return str(reached)
    low, maximum = size.evaluate({name: values.minimum}), values.maximum
    high = None if maximum is None else size.evaluate({name: maximum})
    return str(
        IntSet.interval(low, high) if high is None or high >= low else IntSet.interval(high, low)
    )


def derivation_lines(solution: Solution) -> list[str]:
    """Say how the answer comes about: the composed formulas, the equations, the walk back."""
    lines: list[str] = []
    if not solution.cases:
        return lines
    case = solution.cases[0]
    same: dict[tuple[str, str, str], list[tuple[str, list[str]]]] = defaultdict(list)
    for (target, _), place in zip(solution.question.targets, solution.at, strict=False):
        shape = output_at(case.result, place)
        for size, wanted in zip(shape[len(shape) - len(target.sizes) :], target.sizes, strict=True):
            if wanted.comparisons and isinstance(size, Dim):
                sign = "=" if wanted.value is not None else "is"
                text = f"{place}: {size} {sign} {wanted.text}"
                same[_of_any(size), wanted.text, place].append((text, sorted(size.symbols)))
    for items in same.values():
        text = items[0][0]
        others = [", ".join(own) for other, own in items[1:] if other != text]
        likewise = f", and the same in {' and '.join(others)}" if others else ""
        lines.append(text + likewise)
    steps = solution.walk
    if len(steps) > 1:
        shown = steps if len(steps) <= _MANY else [*steps[:2], *steps[-(_MANY - 2) :]]
        walks: dict[str, list[str]] = {}
        for index, name in enumerate(solution.unknowns):
            parts = [f"{layer} {ranges[index]}" for layer, ranges in reversed(shown)]
            walks.setdefault(" <- ".join(parts), []).append(name)
        lines += [f"{', '.join(names)}: {text}" for text, names in walks.items()]
    elif solution.boxes:
        box = _chosen_box(solution)
        lines += [f"{name} = {_show_runs(box, name)}" for name in box]
    if solution.recommended is not None and solution.lossless:
        sizes = ", ".join(f"{name} = {value}" for name, value in solution.recommended.items())
        lines.append(f"{sizes}: no layer drops a row or column there")
    return lines


def _of_any(size: Dim) -> str:
    """Write a size of one unknown so that H and W look the same."""
    if len(size.symbols) != 1:
        return str(size)
    (name,) = size.symbols
    return str(size.substitute({name: symbol("_")}))


# ----------------------------------------------------------------------------------------- nearest


def nearest(solution: Solution, sizes: Sequence[int]) -> dict[str, Any]:
    """Give the nearest solutions below and above some sizes, with what to crop or to pad.

    Raises `SolveError` when the number of sizes isn't that of the unknowns.
    """
    names = solution.unknowns
    if len(sizes) == 1 and len(names) > 1:
        sizes = [sizes[0]] * len(names)
    if len(sizes) != len(names):
        raise SolveError(
            f"--near gives {len(sizes)} sizes; the unknowns are {', '.join(names) or 'none'}",
            hint=f"as in --near {'x'.join(['224'] * len(names))}" if names else None,
            code="S304",
        )
    point = dict(zip(names, sizes, strict=True))
    below, above = solution.system.nearest(point)
    found: dict[str, Any] = {"to": point, "below": below, "above": above}
    if below is not None:
        found["crop"] = {name: _sides(point[name] - below[name]) for name in names}
    if above is not None:
        found["pad"] = {name: _sides(above[name] - point[name]) for name in names}
    if below is None and above is None:
        closest = solution.system.closest(point)
        if closest is not None:  # some sizes shrink, and others grow
            found["nearest"] = closest
            gaps = {name: closest[name] - point[name] for name in names}
            found["crop"] = {name: _sides(max(-gap, 0)) for name, gap in gaps.items()}
            found["pad"] = {name: _sides(max(gap, 0)) for name, gap in gaps.items()}
    return found


def _sides(amount: int) -> list[int]:
    return [amount // 2, amount - amount // 2]


# ------------------------------------------------------------------------------------ no solution


def why_none(
    question: Question,
    cases: tuple[Case, ...],
    failures: Sequence[ShapeError],
    at: tuple[str, ...],
) -> str:
    """Name the layer and sizes that rule all solutions out, and the nearest targets in reach."""
    if not cases:
        error = failures[0]
        return f"{error.layer}: {error.message}" if error.layer else error.message
    case = cases[0]
    relations: list[tuple[Relation | bool, str]] = []
    for item, layer in case.relations:
        made, stuck = for_every_batch([item])
        if stuck and not isinstance(item, bool):
            made = [item.substitute(question.batch or {"N": 1})]
        relations.append((made[0], layer))
    low, high = _met_somewhere(question, relations), len(relations)
    refuted = next((at for at, (item, _) in enumerate(relations, 1) if item is False), None)
    if refuted is not None:
        low, high = refuted - 1, refuted
    if low == 0 and not _possible(question, relations[:0]):
        return "the unknowns have no values"
    while low + 1 < high:  # the shortest list of demands that can't be met
        middle = (low + high) // 2
        if _possible(question, relations[:middle]):
            low = middle
        else:
            high = middle
    relation, layer = relations[high - 1]
    reach = _in_reach(question, case, at) or _sampled_reach(question, relations, case, at)
    if layer.startswith("target "):
        asked = ", ".join(
            f"{target} at {place}" for (target, _), place in zip(question.targets, at, strict=True)
        )
        sizes = symbols_of_shapes(question.shapes.values())
        what = "no input that the net accepts"
        if question.unknowns and not sizes.intersection(question.unknowns):
            what = f"no value of {' and '.join(question.unknowns)}"
        text = f"{what} gives {asked}"
    elif isinstance(relation, bool):
        needed = case.relations[high - 1][0]
        text = f"{layer} can't be met"
        if not isinstance(needed, bool):  # it depends on the batch
            text = f"{layer} needs {needed}, which doesn't hold for every N >= 1"
    else:
        text = f"{layer} needs {relation}, which no size allows that fits the layers before"
    return f"{text}; {reach}" if reach else text


_SAMPLES = 200
_LITTLE = 6_000  # steps of effort to see whether demands can be met
_TRIED = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 24, 32, 47, 64, 97, 128, 224, 256, 511, 1024)
_MOST_TRIED = 400


def _met_somewhere(question: Question, relations: Sequence[tuple[Relation | bool, str]]) -> int:
    """Say how many demands, from the first on, some point of a few meets: that many can be met."""
    names = question.unknowns
    count = max(2, int(_MOST_TRIED ** (1 / max(len(names), 1))))
    axes = []
    for name in names:
        low, high = question.known[name]
        sizes = [low, *(x for x in _TRIED if x > low and (high is None or x <= high))]
        axes.append(sizes[: count // 2 + 1] + sizes[count // 2 + 1 :: max(1, 22 // count)])
    most = 0
    for values in islice(product(*axes), _MOST_TRIED):
        point = dict(zip(names, values, strict=True))
        while most < len(relations) and all(
            item if isinstance(item, bool) else item.evaluate(point)
            for item, _ in relations[: most + 1]
        ):
            most += 1
    return most


def _sampled_reach(
    question: Question,
    relations: Sequence[tuple[Relation | bool, str]],
    case: Case,
    at: tuple[str, ...],
) -> str:
    """Give targets in reach, among those of the net's smallest inputs, that are nearest."""
    if len(at) != 1 or any(item.value is None for item in question.targets[0][0].sizes):
        return ""
    wanted = [item.value or 0 for item in question.targets[0][0].sizes]
    shape = output_at(case.result, at[0])[-len(wanted) :]
    known = {name: question.known[name] for name in question.unknowns}
    rest = [item for item, layer in relations if not layer.startswith("target ")]
    found: dict[tuple[int, ...], int] = {}
    for point in solve_system(rest, question.unknowns, known).points(_SAMPLES):
        sizes = tuple([s if isinstance(s, int) else s.evaluate({**point, "N": 1}) for s in shape])
        found[sizes] = max(abs(a - b) for a, b in zip(sizes, wanted, strict=True))
    near = sorted(found, key=lambda sizes: (found[sizes], sizes))[:3]
    if not near:
        return ""
    for_one = "with N = 1 (not for every N) " if BATCH in symbols_of_shapes([shape]) else ""
    return f"{for_one}{at[0]} can have " + " or ".join("x".join(map(str, sizes)) for sizes in near)


def _possible(question: Question, relations: Sequence[tuple[Relation | bool, str]]) -> bool:
    known = {name: question.known[name] for name in question.unknowns}
    items = [item for item, _ in relations]
    return not solve_system(items, question.unknowns, known, _LITTLE).is_empty


def _in_reach(question: Question, case: Case, at: tuple[str, ...]) -> str:
    """Give the nearest sizes that the target's output can take."""
    parts: list[str] = []
    demands = [item for item, layer in case.relations if not layer.startswith("target ")]
    for (target, _), place in zip(question.targets, at, strict=True):
        shape = output_at(case.result, place)
        for size, wanted in zip(shape[len(shape) - len(target.sizes) :], target.sizes, strict=True):
            if wanted.value is None:
                continue
            if isinstance(size, int):
                if size != wanted.value:
                    parts.append(f"{place} always has {size} there, not {wanted.text}")
                continue
            values = _reachable(size, wanted.value, demands, question.known)
            if values:
                parts.append(f"{place} can have {' or '.join(values)}, not {wanted.text}")
    return "; ".join(dict.fromkeys(parts))


def _reachable(
    size: Dim,
    wanted: int,
    demands: Sequence[Relation | bool],
    known: Mapping[str, tuple[int, int | None]],
) -> list[str]:
    """Give the nearest values below and above that a size of one unknown takes: it may fall as well."""
    if len(size.symbols) != 1:
        return []
    (name,) = size.symbols
    own = [item for item in demands if not isinstance(item, bool) and item.symbols == {name}]
    try:
        fits = solution_set(all_of(own), name, IntSet.interval(*known.get(name, (1, None))))
        below = solution_set(compare(size, "<=", wanted), name, fits)
        above = solution_set(compare(size, ">=", wanted), name, fits)
    except (Undecidable, ShapecalcError):
        return []
    smaller, larger = (
        [size.evaluate({name: end}) for end in (part.minimum, part.maximum) if end is not None]
        if part
        else []
        for part in (below, above)
    )
    if wanted in smaller or wanted in larger:
        return []
    # Without an end, the values go on beyond the one there is: it is the nearest where they fall away from it.
    found = [max(smaller)] if smaller and (below.maximum is not None or not _rises(size)) else []
    found += [min(larger)] if larger and (above.maximum is not None or _rises(size)) else []
    return [str(value) for value in found]


def _rises(size: Dim) -> bool:
    """Say whether a size of one unknown is larger for large values than for small ones."""
    (name,) = size.symbols
    return size.evaluate({name: 10_000}) >= size.evaluate({name: 1})
