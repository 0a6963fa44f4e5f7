"""What `solve` shows people: the answer first, then the walk back through the layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..boxes import Box, BoxRun
from ..dims import Dim
from ..net import symbols_of_shapes
from ..outputs import is_shape
from ..sets import in_short
from ..solve import Solution

MAX_BOXES = 20  # of an answer that falls into parts
MAX_STEPS = 40  # of a walk


def solution_text(solution: Solution, *, color: bool = False) -> str:
    """Write an answer."""
    lines = list(_answer(solution))
    if color and lines:
        lines[0] = f"\x1b[1m{lines[0]}\x1b[0m"
    return "".join(line + "\n" for line in lines)


def _answer(solution: Solution) -> Iterator[str]:
    if not solution.satisfiable:
        yield from _none(solution)
        return
    best = best_text(solution)
    boxes = [box_text(box) for box in solution.boxes]
    if not solution.unknowns:
        yield "nothing is unknown, and it fits"
    elif len(boxes) == 1:
        yield f"{boxes[0] or 'every input fits'}; {best}" if best else boxes[0]
    else:
        yield f"{' and '.join(solution.unknowns)} in {len(boxes)} ranges; {best}"
        yield from (f"  {text}" for text in boxes[:MAX_BOXES])
        if len(boxes) > MAX_BOXES:
            yield f"  ... and {len(boxes) - MAX_BOXES} more"
    yield from walk_lines(solution)
    yield from _remarks(solution)


def _none(solution: Solution) -> Iterator[str]:
    if solution.complete:
        yield f"no solution: {solution.reason}" if solution.reason else "no solution"
        yield from _meant_in_full(solution)
    else:
        yield f"no solution found; {solution.limit}"
        if solution.reason:
            yield f"  {solution.reason}"


def _meant_in_full(solution: Solution) -> Iterator[str]:
    """Point out the last layer whose output has as many sizes as the target, batch and all."""
    match solution.question.targets:
        case ((target, None),) if solution.cases:
            steps = solution.cases[0].result.steps
            for step in reversed(steps):
                if is_shape(step.outputs) and len(step.outputs) == len(target.sizes):
                    pairs = zip(target.sizes[1:], step.outputs[1:], strict=True)
                    if all(False not in wanted.relations(size) for wanted, size in pairs):
                        name = step.layer.name
                        yield f"  or did you mean the output of {name} with its batch? --at {name}"
                    return


def _remarks(solution: Solution) -> Iterator[str]:
    if solution.recommended is not None:
        shapes = solution.shapes_at(solution.recommended)
        inputs = ", ".join(
            (f"{name} " if len(shapes) > 1 else "") + "×".join(map(str, shape))
            for name, shape in shapes.items()
        )
        loss = "no layer drops a row or column" if solution.lossless else "floor drops some rows"
        yield f"input {inputs}: {loss}"
    if not solution.complete:
        yield f"There may be more: {solution.limit}"
    if solution.near is not None:
        yield from _near(solution.near)


# ----------------------------------------------------------------------------------------- sets


def box_text(box: Box) -> str:
    """Write a box: `H = 32..35, W = 32..35`."""
    return ", ".join(_values_text(box, name) for name in box)


def _values_text(box: Box, name: str) -> str:
    runs = box[name]
    if any(isinstance(end, Dim) for run in runs for end in run[:2]):
        return f"{name} = {in_short([*map(_run_text, runs)], ' or ')}"
    values = box.values_of(name, {})
    match values.runs:
        case ((first, None, 1),):
            return f"{name} >= {first}"
        case ((first, None, step),) if first == step:
            return f"{name} = {values} (every multiple of {step})"
    return f"{name} = {values}"


def _run_text(run: BoxRun) -> str:
    first, last, step = run
    if first == last:
        return str(first)
    steps = "" if step == 1 else f" by {step}"
    return f"{first}..{'' if last is None else last}{steps}"


def best_text(solution: Solution) -> str:
    """Write the recommended solution: `best 32×32×3`, channels last, or `best k = 3, p = 1`."""
    point = solution.recommended
    if point is None:
        return ""
    shapes = solution.question.shapes
    free = symbols_of_shapes(shapes.values())
    named = "best " + ", ".join(f"{name} = {value}" for name, value in point.items())
    if len(shapes) != 1 or not set(point) <= free:
        return named
    ((_, sizes),) = solution.shapes_at(point).items()
    sizes = [size for size in sizes if size != "N"]
    fixed = [place for place, size in enumerate(next(iter(shapes.values()))) if _is_fixed(size)]
    batch = len(next(iter(shapes.values()))) - len(sizes)
    if len(sizes) > 2 and fixed == [batch]:
        sizes = [*sizes[1:], sizes[0]]
    elif len(sizes) > 2 and batch:
        return named
    return "best " + "×".join(map(str, sizes))


def _is_fixed(size: Any) -> bool:
    return isinstance(size, int)


# ----------------------------------------------------------------------------------------- walk


def walk_lines(solution: Solution) -> Iterator[str]:
    """Write the walk back, once for all unknowns that go the same way."""
    steps = solution.walk
    if len(steps) < 2:
        return
    ways: dict[str, list[str]] = {}
    for place, name in enumerate(solution.unknowns):
        ways.setdefault(_way([(layer, sizes[place]) for layer, sizes in steps]), []).append(name)
    for way, names in ways.items():
        yield way if len(ways) == 1 else f"{', '.join(names)}: {way}"


def _way(steps: list[tuple[str, str]]) -> str:
    """Write `pool2 5 ← 10..11 ← conv2 14..15 ← ...`: each layer's name before what goes into it."""
    layer, size = steps[-1]
    parts = [f"{layer} {size}"]
    for (below, _), (_, into) in zip(
        [("", ""), *reversed(steps[:-1])], reversed(steps[:-1]), strict=False
    ):
        parts.append(f"{below} {into}".strip())
    if len(parts) > MAX_STEPS:
        parts = [*parts[: MAX_STEPS // 2], "...", *parts[-MAX_STEPS // 2 :]]
    return " ← ".join(parts)


# ---------------------------------------------------------------------------------------- nearest


def _near(near: Mapping[str, Any]) -> Iterator[str]:
    wanted = "×".join(str(value) for value in near["to"].values())
    found = []
    for key, change, word in (("below", "crop", "crop"), ("above", "pad", "pad")):
        point = near[key]
        if point is None:
            continue
        sides = {name: tuple(amounts) for name, amounts in near[change].items()}
        if not any(sum(amounts) for amounts in sides.values()):
            yield f"{wanted} fits as it is"
            return
        amounts = ", ".join(f"{name} {a}+{b}" for name, (a, b) in sides.items() if a + b)
        found.append(f"{'×'.join(str(value) for value in point.values())} ({word} {amounts})")
    if near.get("nearest"):
        parts = [
            f"{word} {name} {a}+{b}"
            for word in ("crop", "pad")
            for name, (a, b) in near[word].items()
            if a + b
        ]
        found.append(f"{'×'.join(map(str, near['nearest'].values()))} ({', '.join(parts)})")
    yield (f"{wanted} → {' or '.join(found)}" if found else f"nothing that fits is near {wanted}")
