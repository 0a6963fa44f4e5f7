"""The same questions to shapecalc, z3, isl and brute force: same answers, time side by side.

    pip install z3-solver islpy
    python benchmarks/solvers.py

z3 enumerates models up to a bound, since it has no sets for answers; isl has exact sets, but no products
of unknowns; brute force runs the net's formulas for every size up to the bound.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import shapecalc

BOUND = 300

LENET = "Conv2d(3, 6, 5) | MaxPool2d(2) | Conv2d(6, 16, 5) | MaxPool2d(2)"


def timed(work: Callable[[], Any], repeat: int = 3) -> tuple[Any, float]:
    """Give what a function returns, and its best time in milliseconds."""
    best, result = float("inf"), None
    for _ in range(repeat):
        start = time.perf_counter()
        result = work()
        best = min(best, (time.perf_counter() - start) * 1e3)
    return result, best


# ----------------------------------------------------------------- LeNet: 5 x 5 after two pools


def lenet(size: int) -> int:
    """The size after LeNet's two convolutions and pools."""
    return ((size - 4) // 2 - 4) // 2


def lenet_shapecalc() -> set[int]:
    answer = shapecalc.solve(shapecalc.load(LENET), target=(5, 5))
    return set(answer.boxes[0].sets()["H"])


def lenet_brute() -> set[int]:
    return {size for size in range(1, BOUND + 1) if size >= 16 and lenet(size) == 5}


def lenet_z3() -> set[int]:
    import z3

    h = z3.Int("h")
    solver = z3.Solver()
    solver.add(h >= 16, ((h - 4) / 2 - 4) / 2 == 5)
    found = set()
    while solver.check() == z3.sat:
        value = solver.model()[h].as_long()
        found.add(value)
        solver.add(h != value)
    return found


def lenet_isl() -> set[int]:
    import islpy

    text = "{ [h] : h >= 16 and floor((floor((h - 4)/2) - 4)/2) = 5 }"
    points: list[int] = []
    islpy.Set(text).foreach_point(
        lambda point: points.append(point.get_coordinate_val(islpy.dim_type.set, 0).get_num_si())
    )
    return set(points)


# --------------------------------------------------------------- a U-Net: which sizes it accepts


def unet_net() -> shapecalc.Net:
    """Four poolings, four transposed convolutions, four concatenations."""
    layers: list[dict[str, Any]] = []
    last = "input"
    for depth in range(4):
        layers.append({"name": f"pool{depth}", "layer": "MaxPool2d(2)", "from": [last]})
        last = f"pool{depth}"
    for depth in range(3, -1, -1):
        skip = f"pool{depth - 1}" if depth else "input"
        channels = 1 + 3 - depth
        up = f"ConvTranspose2d({channels}, {channels}, 2, stride=2)"
        layers.append({"name": f"up{depth}", "layer": up, "from": [last]})
        layers.append({"name": f"cat{depth}", "layer": "cat(dim=1)", "from": [skip, f"up{depth}"]})
        last = f"cat{depth}"
    return shapecalc.load({"inputs": {"input": [1, 1, 64, 64]}, "layers": layers})


def unet_shapecalc() -> set[int]:
    answer = shapecalc.solve(unet_net())
    sizes = answer.boxes[0].sets()["H"]
    return {size for size in range(1, BOUND + 1) if size in sizes}


def unet_accepts(size: int) -> bool:
    sizes = [size]
    for _ in range(4):
        size //= 2
        if size < 1:
            return False
        sizes.append(size)
    for skip in reversed(sizes[:-1]):
        size *= 2
        if size != skip:
            return False
    return True


def unet_brute() -> set[int]:
    return {size for size in range(1, BOUND + 1) if unet_accepts(size)}


def unet_z3() -> set[int]:
    import z3

    h = z3.Int("h")
    solver = z3.Solver()
    solver.add(h >= 1, h <= BOUND)
    sizes = [h]
    for _ in range(4):
        sizes.append(sizes[-1] / 2)
        solver.add(sizes[-1] >= 1)
    for low, high in zip(sizes[1:], sizes, strict=False):
        solver.add(2 * low == high)
    found = set()
    while solver.check() == z3.sat:
        value = solver.model()[h].as_long()
        found.add(value)
        solver.add(h != value)
    return found


def unet_isl() -> set[int]:
    import islpy

    sizes = ["h"]
    for _ in range(4):
        sizes.append(f"floor(({sizes[-1]})/2)")
    needs = [f"2*{low} = {high}" for low, high in zip(sizes[1:], sizes, strict=False)]
    made = islpy.Set(f"{{ [h] : h >= 16 and h <= {BOUND} and {' and '.join(needs)} }}")
    points: list[int] = []
    made.foreach_point(
        lambda point: points.append(point.get_coordinate_val(islpy.dim_type.set, 0).get_num_si())
    )
    return set(points)


QUESTIONS: dict[str, dict[str, Callable[[], set[int]]]] = {
    "LeNet, 5x5 after pool2": {
        "shapecalc": lenet_shapecalc,
        "z3": lenet_z3,
        "isl": lenet_isl,
        "brute force": lenet_brute,
    },
    "U-Net of depth 4, accepted sizes": {
        "shapecalc": unet_shapecalc,
        "z3": unet_z3,
        "isl": unet_isl,
        "brute force": unet_brute,
    },
}


def main() -> None:
    """Print the times, and check that the answers agree up to the bound."""
    for question, ways in QUESTIONS.items():
        print(question)
        expected: set[int] | None = None
        for name, work in ways.items():
            try:
                found, milliseconds = timed(work)
            except ImportError as error:
                print(f"  {name:<12} not installed ({error.name})")
                continue
            inside = {size for size in found if size <= BOUND}
            expected = inside if expected is None else expected
            same = "same answer" if inside == expected else "ANOTHER ANSWER"
            print(f"  {name:<12} {milliseconds:10.3f} ms   {same}")


if __name__ == "__main__":
    main()
