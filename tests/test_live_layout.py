"""How tensors lie in memory, against PyTorch: strides, and the views that they allow or don't."""

from __future__ import annotations

import ast
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent / "conformance"))

from cases import running, tables  # noqa: E402
from record import candidate  # noqa: E402

import shapecalc  # noqa: E402
from shapecalc.layout import Layout  # noqa: E402
from shapecalc.net import Reference  # noqa: E402
from shapecalc.outputs import is_shape  # noqa: E402
from shapecalc.propagate import Propagation  # noqa: E402
from shapecalc.registry import default_registry  # noqa: E402
from shapecalc.strides import in_order  # noqa: E402

TABLES = {**tables.LAYERS, **tables.FUNCTIONS}
CALLS = 40  # of each type
NETS = 3_000


def moves(draw: random.Random, rank: int) -> list[str]:
    """Draw functions that give the same numbers another order, or leave some out."""
    order = draw.sample(range(rank), rank)
    one, two = draw.randrange(rank), draw.randrange(-rank, rank)
    part = draw.choice(["slice(1, None)", "slice(None, None, 2)", "slice(None, 1)", "0", "None"])
    index = ", ".join(["slice(None)"] * one + [part])
    return [
        f"permute({', '.join(map(str, order))})",
        f"transpose({one}, {two})",
        f"movedim({one}, {two})",
        f"getitem(({index},))",
        f"narrow({two}, 0, 1)",
        f"select({two}, 0)",
        f"unsqueeze({one})",
        "squeeze()",
        f"chunk(2, {two}) | getitem(0)",
        f"unbind({two}) | getitem(0)",
        f"unfold({two}, 1, 1)",
        f"expand({', '.join(['-1'] * rank)})",
        f"expand(2, {', '.join(['-1'] * rank)})",
        f"diagonal(0, {one}, {two})",
        "flatten(1)",
        "contiguous()",
        "clone()",
        "relu()",
        "T",
        "mT",
        f"unflatten({two}, (1, -1))",
    ]


def shapes_of(draw: random.Random, count: int) -> str:
    """Draw sizes whose product is a number."""
    sizes = []
    for _ in range(draw.randrange(3)):
        size = draw.choice([size for size in range(1, count + 1) if count % size == 0] or [1])
        sizes.append(size)
        count //= size
    return ", ".join(map(str, draw.sample([*sizes, count], len(sizes) + 1)))


@pytest.mark.parametrize("seed", range(10))
def test_views_are_taken_and_refused_as_pytorch_does(seed: int) -> None:
    draw = random.Random(seed)
    refused = 0
    for _ in range(NETS // 10):
        shape = [draw.choice([1, 2, 3, 4, 6]) for _ in range(draw.randrange(1, 5))]
        tensor, calls = torch.rand(shape), []
        for _ in range(draw.randrange(1, 4)):
            call = draw.choice(moves(draw, max(tensor.dim(), 1)))
            moved = attempt(run, call, tensor)
            if moved is not None:
                tensor = moved
                calls.append(call)
        view = f"{draw.choice(['view', 'view', 'reshape'])}({shapes_of(draw, tensor.numel())})"
        net = " | ".join([*calls, view])
        wanted = attempt(run, view, tensor)
        refused += wanted is None
        result = shapecalc.infer(net, input=tuple(shape))
        found = None if result.errors else result.steps[-1].output_shape
        assert found == (None if wanted is None else tuple(wanted.shape)), (net, shape)
    assert refused > 10


def attempt(function: Callable[..., Any], *arguments: Any) -> Any:
    """Give what a function of PyTorch gives; None where it refuses."""
    try:
        with torch.no_grad():
            return function(*arguments)
    except Exception:  # noqa: BLE001 - whatever PyTorch raises is a refusal
        return None


def run(net: str, tensor: Any) -> Any:
    """Run a line of functions in PyTorch."""
    for call in net.split(" | "):
        name, _, rest = call.partition("(")
        arguments = ast.literal_eval(f"({rest[:-1]},)") if rest[:-1] and "slice" not in rest else ()
        if "slice" in rest:
            arguments = eval(f"({rest[:-1]},)")  # the test's own text
        tensor = running._call_function(name, [tensor], {}, *arguments)
    return tensor


def laid(draw: random.Random, tensor: Any) -> Any:
    """Give a tensor of a shape in another order in memory, with gaps or without."""
    order = draw.sample(range(tensor.dim()), tensor.dim())
    gap = draw.choice([1, 1, 2])
    back = [order.index(place) for place in range(tensor.dim())]
    wide = torch.zeros([tensor.shape[place] * gap for place in order], dtype=tensor.dtype)
    parts = tuple(slice(None, None, gap) for _ in order)
    return wide[parts].permute(back).copy_(tensor)


class Strange(Layout):
    """A layout in which the inputs lie as a test has them."""

    def __init__(self, strides: dict[str, Any]) -> None:
        super().__init__()
        self.odd.update(strides)


@pytest.mark.parametrize("name", TABLES)
def test_strides_are_those_of_pytorch(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = running._tensor
    for number in range(CALLS):
        draw = random.Random(f"{name}:{number}")
        call = candidate(name, TABLES[name], 11, number)
        if not call.inputs:
            continue
        odd: list[Any] = []

        def tensor(given: Any, draw: random.Random = draw, odd: list[Any] = odd) -> Any:
            odd.append(laid(draw, made(given)))
            return odd[-1]

        monkeypatch.setattr(running, "_tensor", tensor)
        made_of = attempt(running._outputs, call)
        if made_of is None:
            continue
        outputs, _ = made_of
        net = shapecalc.load(call.net())
        walk = Propagation(default_registry(), net.inputs)
        names = list(net.inputs)
        walk.layout = Strange(
            {
                name: item.stride()
                for name, item in zip(names, odd, strict=True)
                if item.stride() != in_order(item.shape)
            }
        )
        try:
            step = walk.step(net.layers[0])
        except shapecalc.ShapeError:  # the shape depends on the numbers inside
            continue
        found = walk.layout.of(Reference("m", ()), step.outputs)
        if found is None:
            continue
        parts = [found] if is_shape(step.outputs) else flat(found)
        for own, output in zip(parts, outputs, strict=True):
            if own is None or 0 in output.shape:
                continue
            pairs = zip(own, output.stride(), output.shape, strict=True)
            steps = [(one, other) for one, other, size in pairs if size > 1]
            assert all(one == other for one, other in steps), (call.layer, steps, odd)


def flat(found: Any) -> list[Any]:
    """Give the strides of each output of a tuple."""
    return [
        strides
        for part in found
        for strides in (flat(part) if part and isinstance(part[0], tuple) else [part])
    ]
