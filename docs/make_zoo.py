"""Write `docs/zoo.md`: what each net of the zoo takes and gives, and how long it takes to find out.

    python docs/make_zoo.py

`tests/test_zoo.py` fails while the table of nets isn't what this makes; the table of times is of
one run on one machine, and isn't checked.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import shapecalc
from shapecalc.readers import zoo_names
from shapecalc.render.solution import box_text
from shapecalc.solve import Solution

PAGE = Path(__file__).parent / "zoo.md"
RUNS = 3  # the best of them counts

HEAD = """\
# The zoo

The nets that come with shapecalc: each is a YAML file in `shapecalc/zoo/`, read by its name.

    shapecalc infer resnet50
    shapecalc zoo resnet50 > net.yaml
    shapecalc solve unet --near 700x700

Those that torchvision has as well have its names, shapes and order of weights, and take the sizes that it takes, in `eval()` mode.

## What they take

All sizes that a net accepts, as `shapecalc solve NAME` finds them, and the one that it recommends: the smallest in which no layer
drops a row or column, square before others. `python docs/make_zoo.py` makes the table.

"""
TIMES = """\

## Times

Milliseconds on one core, for reading the file, for working out all shapes of the input above, and for finding all sizes
that fit.

"""


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def shapes_text(shapes: Mapping[str, Iterable[object]]) -> str:
    """Write shapes such as `1×3×224×224`, with their names where there are several."""
    texts = {name: "×".join(map(str, shape)) for name, shape in shapes.items()}
    named = [f"{name} {text}" for name, text in texts.items()]
    return ", ".join(named if len(named) > 1 else texts.values())


def row(name: str, result: shapecalc.Result, solution: Solution) -> list[str]:
    """Describe a net: input, output, parameters, sizes that fit, the recommended one."""
    outputs = {key: shape for key, shapes in result.outputs.items() for shape in shapes}
    best = {} if solution.recommended is None else solution.shapes_at(solution.recommended)
    return [
        f"`{name}`",
        shapes_text(result.inputs),
        shapes_text(outputs),
        f"{result.totals.parameters:,}",
        "<br>".join(map(box_text, solution.boxes)),
        shapes_text(best),
    ]


def nets_table(found: dict[str, tuple[shapecalc.Result, Solution]]) -> str:
    """Make the table that is checked."""
    titles = ["net", "input", "output", "parameters", "takes", "recommended"]
    return table(titles, (row(name, *answers) for name, answers in found.items()))


def measure(name: str) -> tuple[list[float], shapecalc.Result, Solution]:
    """Read, infer and solve a net; gives the seconds of each."""
    best = [float("inf")] * 3
    for _ in range(RUNS):
        times = [time.perf_counter()]
        net = shapecalc.load(name)
        times.append(time.perf_counter())
        result = shapecalc.infer(net)
        times.append(time.perf_counter())
        solution = shapecalc.solve(net)
        times.append(time.perf_counter())
        best = [min(old, b - a) for old, a, b in zip(best, times, times[1:], strict=False)]
    return best, result, solution


def main() -> None:
    """Write the page."""
    measured = {name: measure(name) for name in zoo_names()}
    nets = nets_table({name: (result, answer) for name, (_, result, answer) in measured.items()})
    times = table(
        ["net", "read", "infer", "solve"],
        (
            [f"`{name}`", *(f"{1000 * seconds:.0f}" for seconds in best)]
            for name, (best, _, _) in measured.items()
        ),
    )
    PAGE.write_text(HEAD + nets + TIMES + times, encoding="utf-8")


if __name__ == "__main__":
    main()
