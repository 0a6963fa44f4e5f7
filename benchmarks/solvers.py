"""The same questions to shapecalc, z3, isl and brute force: same answers, time side by side.

    pip install z3-solver islpy torch
    python benchmarks/solvers.py            # prints the table of benchmarks/README.md

A net is written once, as windows and joins on one axis, and put to each of them in its own terms: to
shapecalc as a spec, to z3 and isl as floors and equations, to PyTorch as modules on the meta device. z3 and
brute force look at sizes up to a bound, since they have no sets for answers; isl has exact sets, but no
products of unknowns. What a library can't state, or isn't installed, is left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any, NamedTuple

import shapecalc
from shapecalc.sets import IntSet

BOUND = 300
FEW = 120  # the bound where two unknowns make a product


class Layer(NamedTuple):
    """A window (`down`), a transposed window (`up`), or a join of branches (`cat`, `add`), on one axis."""

    name: str
    kind: str
    sources: tuple[str, ...]
    kernel: int = 1
    stride: int = 1
    padding: int = 0
    crop: bool = False  # the first source is cut to the second's size


class Misfit(Exception):
    """A size that doesn't fit."""


# ------------------------------------------------------------------------------------ the nets


class Builder:
    """Writes a net layer after layer."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []

    def add(self, kind: str, *sources: str, **more: Any) -> str:
        """Put a layer at the end; without sources it takes the one before."""
        name = f"l{len(self.layers)}"
        before = self.layers[-1].name if self.layers else "input"
        self.layers.append(Layer(name, kind, sources or (before,), **more))
        return name


def chain(*windows: tuple[int, int, int]) -> list[Layer]:
    """Give windows one after the other: kernel, stride, padding."""
    net = Builder()
    for kernel, stride, padding in windows:
        net.add("down", kernel=kernel, stride=stride, padding=padding)
    return net.layers


def unet(depth: int, padding: int) -> list[Layer]:
    """Give a U-Net: padded, or valid with crops."""
    net = Builder()
    skips = []
    last = "input"
    for level in range(depth + 1):
        for _ in range(2):
            last = net.add("down", last, kernel=3, padding=padding)
        if level < depth:
            skips.append(last)
            last = net.add("down", last, kernel=2, stride=2)
    for skip in reversed(skips):
        up = net.add("up", last, kernel=2, stride=2)
        last = net.add("cat", skip, up, crop=not padding)
        for _ in range(2):
            last = net.add("down", last, kernel=3, padding=padding)
    return net.layers


def resnet(blocks: Iterable[int]) -> list[Layer]:
    """Give the sizes' part of a ResNet of bottlenecks."""
    net = Builder()
    net.add("down", kernel=7, stride=2, padding=3)
    last = net.add("down", kernel=3, stride=2, padding=1)
    for stage, count in enumerate(blocks):
        for block in range(count):
            stride = 2 if stage and not block else 1
            one = net.add("down", last)
            two = net.add("down", one, kernel=3, stride=stride, padding=1)
            three = net.add("down", two)
            short = net.add("down", last, stride=stride) if stride > 1 else last
            last = net.add("add", three, short)
    return net.layers


LENET = chain((5, 1, 0), (2, 2, 0), (5, 1, 0), (2, 2, 0))
ALEXNET = chain(
    (11, 4, 2), (3, 2, 0), (5, 1, 2), (3, 2, 0), (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 0)
)
VGG16 = chain(*[w for n in (2, 2, 3, 3, 3) for w in [(3, 1, 1)] * n + [(2, 2, 0)]])
DCGAN = chain(*[(4, 2, 1)] * 4, (4, 1, 0))


class Question(NamedTuple):
    """A net, and the size wanted at its end (None: any)."""

    title: str
    layers: list[Layer]
    target: int | None
    two: bool = False  # both axes at once: their product at the end is the target


QUESTIONS = [
    Question("LeNet, 5×5 after pool2", LENET, 5),
    Question("LeNet, 25 features of a channel", LENET, 25, two=True),
    Question("AlexNet's windows, 6×6", ALEXNET, 6),
    Question("VGG-16's windows, 7×7", VGG16, 7),
    Question("DCGAN's discriminator, 1×1", DCGAN, 1),
    Question("ResNet-50, 7×7", resnet((3, 4, 6, 3)), 7),
    Question("ResNet-152, 7×7", resnet((3, 8, 36, 3)), 7),
    Question("U-Net of depth 4, padded", unet(4, 1), None),
    Question("U-Net of depth 4, valid", unet(4, 0), None),
    Question("U-Net of depth 4, valid, 388×388", unet(4, 0), 388),
]


# ------------------------------------------------------------------------- running on an axis


class Sizes:
    """How sizes are computed and what is demanded of them: here, of whole numbers."""

    def floor(self, size: Any, divisor: int) -> Any:
        """Divide and round down."""
        return size // divisor

    def demand(self, holds: Any) -> None:
        """Raise `Misfit` unless something holds."""
        if not holds:
            raise Misfit

    def equal(self, one: Any, two: Any) -> Any:
        """Compare."""
        return one == two

    def least(self, size: Any, low: int) -> Any:
        """Compare."""
        return size >= low


def run(layers: list[Layer], size: Any, sizes: Any) -> Any:
    """Give the size at the end of a net."""
    found = {"input": size}
    last = size
    for layer in layers:
        given = [found[name] for name in layer.sources]
        if layer.kind == "down":
            padded = given[0] + 2 * layer.padding - layer.kernel
            sizes.demand(sizes.least(padded, 0))
            last = sizes.floor(padded, layer.stride) + 1
        elif layer.kind == "up":
            last = (given[0] - 1) * layer.stride - 2 * layer.padding + layer.kernel
        elif layer.crop:
            sizes.demand(sizes.least(given[0] - given[1], 0))
            last = given[1]
        else:
            sizes.demand(sizes.equal(given[0], given[1]))
            last = given[0]
        found[layer.name] = last
    return last


# -------------------------------------------------------------------------------- the solvers

Answer = set[tuple[int, ...]]


def bound_of(question: Question) -> int:
    """Say how far sizes are looked at."""
    return FEW if question.two else max(BOUND, 2 * (question.target or 0))


def holds(question: Question, point: tuple[int, ...]) -> bool:
    """Run the formulas at some sizes."""
    try:
        ends = [run(question.layers, size, Sizes()) for size in point]
    except Misfit:
        return False
    end = ends[0] * ends[1] if question.two else ends[0]
    return question.target is None or end == question.target


def points(question: Question) -> Iterator[tuple[int, ...]]:
    """Yield all sizes up to the bound."""
    return product(range(1, bound_of(question) + 1), repeat=2 if question.two else 1)


def by_formulas(question: Question) -> Answer:
    """Run the formulas at every size."""
    return {point for point in points(question) if holds(question, point)}


def spec(question: Question) -> dict[str, Any]:
    """Write a net as a spec."""
    axes = 2 if question.two else 1
    channels = {"input": 1}
    layers: list[dict[str, Any]] = []
    for name, kind, sources, kernel, stride, padding, crop in question.layers:
        first, width = sources[0], channels[sources[0]]
        if crop:
            cut = f"getitem((..., slice(0, size({sources[1]}, 2))))".replace("...", "Ellipsis")
            layers.append({"name": f"{name}_crop", "layer": cut, "from": [first]})
            sources = (f"{name}_crop", *sources[1:])
        kinds = {"down": f"Conv{axes}d", "up": f"ConvTranspose{axes}d"}
        call = {"cat": "cat(dim=1)", "add": "add"}.get(kind) or (
            f"{kinds[kind]}({width}, 1, {kernel}, stride={stride}, padding={padding})"
        )
        layers.append({"name": name, "layer": call, "from": list(sources)})
        channels[name] = 2 if kind == "cat" else 1
    if question.two:
        layers.append({"name": "flat", "layer": "flatten(1)", "from": [layers[-1]["name"]]})
        layers.append({"name": "fc", "layer": f"Linear({question.target}, 1)", "from": ["flat"]})
    return {"inputs": {"input": [1, 1, *[64] * axes]}, "layers": layers}


def by_shapecalc(question: Question) -> Callable[[], Answer]:
    """Ask shapecalc, and list what is up to the bound."""
    net = shapecalc.load(spec(question))
    inside = IntSet.interval(1, bound_of(question))
    target = None if question.two or question.target is None else [question.target]

    def ask() -> Answer:
        answer = shapecalc.solve(net, target=target)
        assert answer.complete
        found: Answer = set()
        for box in answer.boxes:
            found.update(product(*[values & inside for values in box.sets().values()]))
        return found

    return ask


def by_z3(question: Question) -> Callable[[], Answer]:
    """Ask z3 for one model after another."""
    import z3

    class Terms(Sizes):
        def __init__(self) -> None:
            self.needs: list[Any] = []

        def floor(self, size: Any, divisor: int) -> Any:
            return size / divisor if divisor > 1 else size

        def demand(self, holds: Any) -> None:
            self.needs.append(holds)

    def ask() -> Answer:
        names = z3.Ints("h w" if question.two else "h")
        solver, terms = z3.Solver(), Terms()
        ends = [run(question.layers, name, terms) for name in names]
        solver.add(*terms.needs, *(name >= 1 for name in names))
        solver.add(*(name <= bound_of(question) for name in names))
        if question.target is not None:
            solver.add((ends[0] * ends[1] if question.two else ends[0]) == question.target)
        found: Answer = set()
        while solver.check() == z3.sat:
            model = solver.model()
            point = tuple(model[name].as_long() for name in names)
            found.add(point)
            solver.add(z3.Or(*(name != value for name, value in zip(names, point, strict=True))))
        return found

    return ask


def by_isl(question: Question) -> Callable[[], Answer]:
    """Ask isl for a set, which it can't state with a product of sizes."""
    import islpy

    if question.two:
        raise ImportError("isl has no products", name="products")

    class Text(str):
        __slots__ = ()

        def __add__(self, other: Any) -> Text:
            return Text(f"({self} + {other})")

        def __sub__(self, other: Any) -> Text:
            return Text(f"({self} - {other})")

        def __mul__(self, other: Any) -> Text:
            return Text(f"{other}*{self}")

    class Texts(Sizes):
        def __init__(self) -> None:
            self.needs: list[str] = []

        def floor(self, size: Any, divisor: int) -> Any:
            return Text(f"floor({size}/{divisor})") if divisor > 1 else size

        def demand(self, holds: Any) -> None:
            self.needs.append(holds)

        def equal(self, one: Any, two: Any) -> Any:
            return f"{one} = {two}"

        def least(self, size: Any, low: int) -> Any:
            return f"{size} >= {low}"

    def ask() -> Answer:
        texts = Texts()
        end = run(question.layers, Text("h"), texts)
        needs = [*dict.fromkeys(texts.needs), f"1 <= h <= {bound_of(question)}"]
        if question.target is not None:
            needs.append(f"{end} = {question.target}")
        found: Answer = set()
        islpy.Set(f"{{ [h] : {' and '.join(needs)} }}").foreach_point(
            lambda point: found.add((point.get_coordinate_val(islpy.dim_type.set, 0).get_num_si(),))
        )
        return found

    return ask


def by_torch(question: Question) -> Callable[[], Answer]:
    """Run PyTorch's modules on the meta device at every size."""
    import torch

    axes = 2 if question.two else 1
    modules: dict[str, Any] = {}
    channels = {"input": 1}
    for name, kind, sources, kernel, stride, padding, _ in question.layers:
        if kind in ("down", "up"):
            word = {"down": f"Conv{axes}d", "up": f"ConvTranspose{axes}d"}[kind]
            width = channels[sources[0]]
            modules[name] = getattr(torch.nn, word)(
                width, 1, kernel, stride=stride, padding=padding, device="meta"
            )
        channels[name] = 2 if kind == "cat" else 1

    def forward(sizes: tuple[int, ...]) -> Any:
        found = {"input": torch.empty(1, 1, *sizes, device="meta")}
        last = found["input"]
        for layer in question.layers:
            given = [found[name] for name in layer.sources]
            if layer.name in modules:
                last = modules[layer.name](given[0])
            else:
                if layer.crop:
                    given[0] = given[0][..., : given[1].shape[2]]
                last = torch.cat(given, 1) if layer.kind == "cat" else given[0] + given[1]
            found[layer.name] = last
        return last.shape

    def fits(sizes: tuple[int, ...]) -> bool:
        try:
            end = forward(sizes)
        except RuntimeError:
            return False
        size = end[2:].numel()
        return question.target is None or size == question.target

    def ask() -> Answer:
        with torch.no_grad():
            return {point for point in points(question) if fits(point)}

    return ask


WAYS: dict[str, Callable[[Question], Callable[[], Answer]]] = {
    "shapecalc": by_shapecalc,
    "isl": by_isl,
    "z3": by_z3,
    "formulas at every size": lambda question: lambda: by_formulas(question),
    "torch at every size": by_torch,
}


def timed(work: Callable[[], Answer]) -> tuple[Answer, float]:
    """Give what a function returns, and its best processor time in milliseconds; what is slow is run once."""
    best, result = float("inf"), None
    for _ in range(3):
        start = time.process_time()
        result = work()
        best = min(best, (time.process_time() - start) * 1e3)
        if best > 1e3:
            break
    assert result is not None
    return result, best


def main() -> None:
    """Print the table, having checked that the answers agree up to the bound."""
    print("| question | sizes found | " + " | ".join(WAYS) + " |")
    print("| --- | ---: | " + " | ".join(["---:"] * len(WAYS)) + " |")
    for question in QUESTIONS:
        expected = by_formulas(question)
        cells: list[str] = []
        own = 0.0
        for make in WAYS.values():
            try:
                found, milliseconds = timed(make(question))
            except ImportError:
                cells.append("")
                continue
            assert found == expected, question.title
            own = own or milliseconds
            ratio = f" ({milliseconds / own:,.1f}×)" if cells else ""
            cells.append(f"{milliseconds:,.1f} ms{ratio}")
        print(f"| {question.title} | {len(expected)} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
