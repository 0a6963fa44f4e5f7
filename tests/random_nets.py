"""Random branched nets over pictures, of one or two inputs, and what brute force says of each.

    SHAPECALC_NETS=5000 python -m pytest tests/test_random_nets.py

A net is made from a seed, so that one that fails can be made again.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

import shapecalc
from shapecalc import Solution
from shapecalc.dims import Dim

RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "{0} == {1}": lambda a, b: a == b,
    "{0} % 3 == 1": lambda a, b: a % 3 == 1,
    "{0} + {1} <= 19": lambda a, b: a + b <= 19,
    "{0} > {1} or {1} % 2 == 0": lambda a, b: a > b or b % 2 == 0,
    "{0} != {1}": lambda a, b: a != b,
    "{0}*{1} <= 60": lambda a, b: a * b <= 60,
}
MOST_POINTS = 130  # points of a grid on which a net is run
FAR = 70  # the largest size that is tried


class Case(NamedTuple):
    """A net, what is asked of it, and the shapes of its inputs, whose letters are unknown."""

    spec: dict[str, Any]
    inputs: dict[str, tuple[int | str, ...]]
    target: tuple[int | str | None, ...] | None
    at: str | None
    where: tuple[tuple[str, str, str], ...]  # a relation, and the letters in it


class Maker:
    """Builds a random net, keeping count of channels."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.layers: list[dict[str, Any]] = []
        self.channels: dict[str, int] = {}

    def pick(self, *options: Any) -> Any:
        """Give one of some options."""
        return self.random.choice(options)

    def add(self, call: str, sources: list[str], channels: int) -> str:
        """Put a layer at the end of the net, and give its name."""
        name = f"l{len(self.layers)}"
        self.layers.append({"name": name, "layer": call, "from": sources})
        self.channels[name] = channels
        return name

    def pair(self, *options: Any) -> Any:
        """Give an option for both axes, or one for each."""
        return (
            self.pick(*options)
            if self.random.random() < 0.7
            else (self.pick(*options), self.pick(*options))
        )

    def window(self, source: str) -> str:
        """Add a convolution or a pooling."""
        channels = self.channels[source]
        kernel, stride = self.pair(1, 2, 3, 3, 4, 5), self.pair(1, 1, 2, 2, 3)
        least = kernel if isinstance(kernel, int) else min(kernel)
        padding = self.pair(*range(least // 2 + 1))
        dilation = self.pick(1, 1, 1, 2)
        more = self.pick("", ", ceil_mode=True")
        match self.pick("conv", "conv", "max", "average", "up", "up"):
            case "conv":
                out = self.pick(1, 2, 4)
                call = f"Conv2d({channels}, {out}, {kernel}, stride={stride}, padding={padding}, dilation={dilation})"
                return self.add(call, [source], out)
            case "max":
                return self.add(
                    f"MaxPool2d({kernel}, {stride}, {padding}, {dilation}{more})",
                    [source],
                    channels,
                )
            case "average":
                return self.add(
                    f"AvgPool2d({kernel}, {stride}, {padding}{more})", [source], channels
                )
        least = max(stride if isinstance(stride, int) else min(stride), 1)
        extra = self.pick(*range(least))
        out = self.pick(1, 2, 4)
        call = f"ConvTranspose2d({channels}, {out}, {kernel}, stride={stride}, padding={padding}, output_padding={extra})"
        return self.add(call, [source], out)

    def other(self, source: str) -> str:
        """Add a layer that pads, crops, turns or scales."""
        channels = self.channels[source]
        match self.pick(
            "pad",
            "reflect",
            "crop",
            "scale",
            "turn",
            "shuffle",
            "unshuffle",
            "slice",
            "adaptive",
            "half",
        ):
            case "pad":
                sides = tuple(self.pick(0, 1, 2, -1) for _ in range(4))
                return self.add(f"ZeroPad2d({sides})", [source], channels)
            case "reflect":
                return self.add(f"ReflectionPad2d({self.pick(1, 2, 3)})", [source], channels)
            case "crop":
                parts = [
                    f"slice({self.pick(0, 1, 2)}, {self.pick('None', '-1', '-2', '9')})"
                    for _ in range(2)
                ]
                return self.add(
                    f"getitem((slice(None), slice(None), {parts[0]}, {parts[1]}))",
                    [source],
                    channels,
                )
            case "slice":
                return self.add(
                    f"getitem((Ellipsis, slice(None, None, {self.pick(2, 3)})))", [source], channels
                )
            case "scale":
                return self.add(
                    f"Upsample(scale_factor={self.pick('2', '3', '0.5', '1.5', '(2, 1)')})",
                    [source],
                    channels,
                )
            case "turn":
                return self.add("transpose(2, 3)", [source], channels)
            case "shuffle" if channels % 4 == 0:
                return self.add("PixelShuffle(2)", [source], channels // 4)
            case "unshuffle":
                return self.add("PixelUnshuffle(2)", [source], channels * 4)
            case "half":
                half = self.add(f"chunk(2, dim={self.pick(2, 3)})", [source], channels)
                return self.add("add", [f"{half}[0]", f"{half}[1]"], channels)
            case "adaptive":
                return self.add(
                    f"AdaptiveAvgPool2d(({self.pick(1, 2, None)}, {self.pick(1, 3, None)}))",
                    [source],
                    channels,
                )
        return self.add("ReLU", [source], channels)

    def step(self, source: str) -> str:
        """Add a layer, or few."""
        return self.window(source) if self.random.random() < 0.65 else self.other(source)

    def alike(self, source: str) -> tuple[str, str]:
        """Add two windows that mostly give the same sizes."""
        channels, stride, out = self.channels[source], self.pair(1, 2, 3), self.pick(1, 2, 4)
        both = []
        for _ in range(2):
            half = self.pick(0, 1, 2)
            kernel, padding = 2 * half + 1 + self.pick(0, 0, 0, 1), half
            match self.pick("conv", "conv", "max", "wide"):
                case "conv":
                    call = (
                        f"Conv2d({channels}, {out}, {kernel}, stride={stride}, padding={padding})"
                    )
                    both.append(self.add(call, [source], out))
                case "wide":
                    call = f"Conv2d({channels}, {out}, 3, stride={stride}, padding=2, dilation=2)"
                    both.append(self.add(call, [source], out))
                case "max":
                    more = self.pick("", ", ceil_mode=True")
                    call = f"MaxPool2d({kernel}, {stride}, {padding}{more})"
                    both.append(self.add(call, [source], channels))
        return both[0], both[1]

    def hourglass(self, source: str) -> str:
        """Add a way down and up again, as a U-Net has it."""
        channels, scale = self.channels[source], self.pair(1, 2, 2, 3)
        more = self.pick("", ", ceil_mode=True")
        down = self.add(f"MaxPool2d({scale}{more})", [source], channels)
        if self.random.random() < 0.5:
            down = self.add(
                f"Conv2d({channels}, {channels}, 3, padding={self.pick(0, 1, 1, 1)})",
                [down],
                channels,
            )
        if self.random.random() < 0.3:
            down = self.hourglass(down)
            channels = self.channels[down]
        call = self.pick(
            f"ConvTranspose2d({channels}, 2, {scale}, stride={scale})",
            f"Upsample(scale_factor={scale})",
            f"ConvTranspose2d({channels}, 2, 3, stride=2, padding=1, output_padding=1)",
        )
        up = self.add(call, [down], channels if call.startswith("Up") else 2)
        return self.join(source, up)

    def join(self, one: str, two: str) -> str:
        """Bring two branches together."""
        channels = self.channels[one], self.channels[two]
        kind = self.pick("cat", "add", "like", "crop", "wide", "gate")
        if kind == "like":
            two = self.add(
                f"interpolate(size=(size({one}, 2), size({one}, 3)))", [two], channels[1]
            )
        if kind == "crop":
            crop = f"getitem((slice(None), slice(None), slice(None, size({one}, 2)), slice(None, size({one}, 3))))"
            two = self.add(crop, [two], channels[1])
        if kind == "wide" and channels[0] == channels[1]:
            return self.add(f"cat(dim={self.pick(2, 3)})", [one, two], channels[0])
        if kind == "gate" and channels[0] == channels[1]:
            return self.add(
                "mul", [one, self.add("AdaptiveAvgPool2d(1)", [two], channels[1])], channels[0]
            )
        if kind == "add" and (channels[0] == channels[1] or 1 in channels):
            return self.add(self.pick("add", "mul"), [one, two], max(channels))
        return self.add("cat(dim=1)", [one, two], sum(channels))

    def end(self, last: str) -> None:
        """Add what a classifier has at its end, or nothing."""
        channels = self.channels[last]
        match self.pick("no", "no", "no", "linear", "view", "row", "tokens", "matmul"):
            case "linear":
                self.add("flatten(1)", [last], 0)
                self.add(
                    f"Linear({channels * self.pick(1, 2, 4, 6, 9, 12)}, 3)",
                    [f"l{len(self.layers) - 1}"],
                    0,
                )
            case "view":
                self.add(f"view(-1, {channels * self.pick(1, 2, 3, 4, 6)})", [last], 0)
            case "row":
                self.add(f"Linear({self.pick(1, 2, 3, 5, 8)}, 2)", [last], channels)
            case "tokens":
                tokens = self.add("flatten(2)", [last], channels)
                self.add("transpose(1, 2)", [tokens], channels)
            case "matmul":
                other = self.add("transpose(2, 3)", [self.step(last)], channels)
                self.add("matmul", [last, other], channels)


def made(seed: int) -> Case:
    """Make the net of a seed."""
    random = Random(seed)
    maker = Maker(random)
    names = ["a"] if random.random() < 0.55 else ["a", "b"]
    inputs: dict[str, tuple[int | str, ...]] = {}
    for index, name in enumerate(names):
        maker.channels[name] = channels = maker.pick(1, 2, 4)
        sizes = [letter if index == 0 or random.random() < 0.4 else f"{letter}2" for letter in "HW"]
        if random.random() < 0.25:
            sizes[random.randrange(2)] = maker.pick(1, 4, 7, 12)
        inputs[name] = (1, channels, *sizes)
    if not any(isinstance(size, str) for shape in inputs.values() for size in shape):
        inputs["a"] = (1, inputs["a"][1], "H", "W")
    branches = list(names)
    for _ in range(random.randint(1, 4)):
        last = maker.pick(*branches)
        kind = maker.pick("chain", "chain", "fork", "skip", "join")
        if kind == "chain":
            branches[branches.index(last)] = maker.step(last)
        elif kind == "fork":
            pair = (
                maker.alike(last) if random.random() < 0.7 else (maker.step(last), maker.step(last))
            )
            branches[branches.index(last)] = maker.join(*pair)
        elif kind == "skip":
            away = random.random() < 0.2
            branches[branches.index(last)] = (
                maker.join(last, maker.step(maker.step(last))) if away else maker.hourglass(last)
            )
        elif len(branches) > 1:
            branches = [maker.join(*branches)]
    while len(branches) > 1:
        branches = [maker.join(*branches)]
    if all(item["layer"].startswith("chunk") for item in maker.layers):
        branches[0] = maker.window(branches[0])
    maker.end(branches[0])
    spec = {"inputs": {name: list(shape) for name, shape in inputs.items()}, "layers": maker.layers}
    target, at = None, None
    if random.random() < 0.35:
        at = maker.pick(
            *(item["name"] for item in maker.layers if not item["layer"].startswith("chunk"))
        )
        target = tuple(
            maker.pick(1, 2, 3, 4, 6, None, "2..5", ">=3", "<=7") for _ in range(maker.pick(1, 2))
        )
    where: tuple[tuple[str, str, str], ...] = ()
    letters = sorted({size for shape in inputs.values() for size in shape if isinstance(size, str)})
    if random.random() < 0.25:
        one, two = random.choice(letters), random.choice(letters)
        where = ((maker.pick(*RELATIONS), one, two),)
    return Case(spec, inputs, target, at, where)


def asked(case: Case) -> Solution:
    """Ask the solver."""
    return shapecalc.solve(
        case.spec,
        target=case.target,
        at=case.at,
        input=case.inputs,
        where=[text.format(one, two) for text, one, two in case.where],
        mix_batch=True,
    )


def fits(case: Case, net: shapecalc.Net, point: Mapping[str, int]) -> bool:
    """Run the net at a point, and say whether it runs and gives what is asked."""
    inputs = {
        name: tuple(size if isinstance(size, int) else point[size] for size in shape)
        for name, shape in case.inputs.items()
    }
    result = shapecalc.infer(net, input=inputs)
    if result.errors:
        return False
    if case.target is not None and case.at is not None:
        shape = result[case.at].output_shape
        if len(shape) < len(case.target):
            return False
        for size, wanted in zip(shape[-len(case.target) :], case.target, strict=True):
            if not _is(size, wanted):
                return False
    return all(RELATIONS[text](point[one], point[two]) for text, one, two in case.where)


def _is(size: Any, wanted: int | str | None) -> bool:
    if wanted is None or isinstance(wanted, int):
        return wanted is None or bool(size == wanted)
    if ".." in wanted:
        low, high = wanted.split("..")
        return bool(int(low) <= size <= int(high))
    most = wanted.startswith("<=")
    return bool(size <= int(wanted[2:]) if most else size >= int(wanted[2:]))


def points(answer: Solution, random: Random) -> Iterator[dict[str, int]]:
    """Yield points to try: a grid with gaps, points far out, and those around the answer's ends."""
    yield from grid(answer.unknowns, random)
    yield from around(answer, random)


def grid(names: Sequence[str], random: Random) -> Iterator[dict[str, int]]:
    """Yield points of a grid with gaps, and some far out."""
    count = int(MOST_POINTS ** (1 / max(len(names), 1)))
    axes = []
    for _ in names:
        small = range(1, 3 + count // 2)
        more = min(max(count - len(small), 1), 12)
        axes.append(sorted({*small, *random.sample(range(1, 30), more)}))
    for values in itertools.product(*axes):
        yield dict(zip(names, values, strict=True))
    for _ in range(15):
        yield {name: random.randint(1, FAR) for name in names}


def around(answer: Solution, random: Random) -> Iterator[dict[str, int]]:
    """Yield points of the answer, and such that are beside one."""
    for box in random.sample(answer.boxes, min(len(answer.boxes), 6)):
        for _ in range(4):
            point: dict[str, int] = {}
            for name, runs in box.items():
                first, last, step = random.choice(runs)
                start = first.evaluate(point) if isinstance(first, Dim) else first
                end = last.evaluate(point) if isinstance(last, Dim) else last
                end = start + 3 * step if end is None else end
                if end < start:
                    break
                point[name] = random.choice([*range(start, end + 1, step)][:50])
            else:
                yield point
                for name, size in point.items():
                    yield {**point, name: size + 1}
                    yield {**point, name: max(size - 1, 1)}
