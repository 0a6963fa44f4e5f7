"""Views of tensors whose numbers don't lie in order, which PyTorch refuses."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path

import pytest

import shapecalc
from shapecalc.formula import Scope
from shapecalc.net import Reference
from shapecalc.outputs import is_shape
from shapecalc.propagate import Propagation
from shapecalc.registry import default_registry
from shapecalc.strides import cut, dense, in_order
from tests.registry_examples import EXAMPLES

REFUSED = "view size is not compatible with input tensor's size and stride"


@pytest.mark.parametrize(
    ("net", "shape"),
    [
        ("transpose(1, 2) | view(2, -1)", (2, 3, 4)),
        ("permute(0, 2, 3, 1) | view(-1, 12)", (2, 3, 4, 5)),
        ("transpose(1, 2) | relu | Dropout(0.5) | view(2, -1)", (2, 3, 4)),
        ("getitem((slice(None), slice(1, None))) | view(-1)", (2, 3, 4)),
        ("expand(2, 3) | view(6)", (2, 1)),
        ("chunk(2, 1) | getitem(0) | view(-1, 3)", (2, 8, 3)),
        ("transpose(1, 2) | view(2, -1)", (2, 3, "L")),
        ("transpose(1, 2) | mul(2) | view(2, -1)", (2, 3, 4)),
        # In memory the batch stands in the middle, wherever it is given.
        ("LSTM(3, 4, batch_first=True) | getitem(0) | view(-1, 4)", (2, 7, 3)),
    ],
)
def test_what_lies_otherwise_is_no_view(net: str, shape: tuple[int | str, ...]) -> None:
    result = shapecalc.infer(net, input=shape)
    assert result.error is not None
    assert result.error.wording is not None
    assert result.error.wording.startswith(REFUSED)
    (fix,) = result.fixes
    assert "reshape(" in fix["call"]


@pytest.mark.parametrize(
    ("net", "shape"),
    [
        ("transpose(1, 2) | reshape(2, -1)", (2, 3, 4)),
        ("transpose(1, 2) | contiguous() | view(2, -1)", (2, 3, 4)),
        ("permute(0, 2, 3, 1) | view(2, -1, 3)", (2, 3, 4, 5)),  # height and width stay together
        ("transpose(1, 2) | view(2, -1)", (2, 1, 4)),
        ("transpose(1, 2) | Linear(3, 5) | view(2, -1)", (2, 3, 4)),
        ("transpose(1, 2) | transpose(1, 2) | view(2, -1)", (2, 3, 4)),
        ("permute(0, 2, 3, 1) | view(N, -1, C)", ("N", "C", "H", "W")),
        ("LSTM(3, 4) | getitem(0) | view(7, -1)", (7, 2, 3)),
        ("add(1) | view(2, -1)", (2, 3, 4)),
    ],
)
def test_other_views_are(net: str, shape: tuple[int | str, ...]) -> None:
    assert not shapecalc.infer(net, input=shape).errors


def test_the_sizes_that_let_a_view_through_are_all_found() -> None:
    answer = shapecalc.solve("transpose(2, 3) | view(1, -1)", input=(1, 3, "H", "W"))
    assert answer.complete
    for height in range(1, 5):
        for width in range(1, 5):
            assert ((height, width) in answer) is (height == 1 or width == 1)


def test_a_part_that_is_the_whole_is_in_order() -> None:
    answer = shapecalc.solve("getitem((slice(None), slice(4))) | view(1, -1)", input=(3, "L"))
    assert answer.complete
    assert [length for length in range(1, 9) if length in answer] == [1, 2, 3, 4]


def test_a_copy_leaves_no_gaps() -> None:
    assert dense(Scope(), (2, 3), (12, 2)) == (3, 1)
    assert dense(Scope(), (2, 3), (2, 8)) == (1, 2)
    assert cut((4, 6, 8), (48, 8, 1), (..., None, slice(None, None, 2))) == (48, 8, 8, 2)
    assert cut((4, 6), (6, 1), ([0, 1],)) is None


def test_two_ellipses_and_new_axes_are_no_gaps() -> None:
    assert cut((4, 6), (6, 1), (..., ...)) == (6, 1)
    assert cut((4, 6), (6, 1), (None, ..., None)) == (24, 6, 1, 1)
    net = "getitem((slice(None), None)) | repeat(1, 3, 1, 1) | transpose(1, 2) | view(-1, 30)"
    assert shapecalc.infer(net, input=(2, 10, 10)).errors


def test_a_copy_of_symbolic_sizes_has_an_order() -> None:
    net = "narrow(2, 0, 2) | clone() | transpose(2, 1) | view(1, -1)"
    answer = shapecalc.solve(net, input=(1, 2, "H", 3))
    assert answer.complete
    for height in range(1, 9):
        accepted = not shapecalc.infer(net, input=(1, 2, height, 3)).errors
        assert ((height,) in answer) is accepted


def test_models_keep_the_copies_that_their_views_need(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(
        """
import torch.nn as nn

class Net(nn.Module):
    def forward(self, x):
        kept = x.contiguous().view(2, -1)
        return x.transpose(1, 2).contiguous().view(2, -1)

class Wrong(nn.Module):
    def forward(self, x):
        return x.transpose(1, 2).view(2, -1)
""",
        encoding="utf-8",
    )
    net = shapecalc.load(f"{path}:Net", input=(2, 3, 4))
    names = [layer.call.function for layer in net.layers if layer.call is not None]
    assert names.count("contiguous") == 1
    assert not shapecalc.infer(net, input=(2, 3, 4)).errors
    wrong = shapecalc.infer(f"{path}:Wrong", input=(2, 3, 4))
    assert wrong.error is not None
    assert wrong.error.location is not None
    assert wrong.error.location.line == 11


def test_a_forgotten_contiguous_after_attention_is_found() -> None:
    net = {
        "inputs": {"x": ["N", "L", 64]},
        "layers": [
            {"name": "q", "layer": "Linear(64, 64)", "from": "x"},
            "view(N, L, 8, 8)",
            {"name": "heads", "layer": "transpose(1, 2)"},
            {"name": "turned", "layer": "transpose(-2, -1)"},
            {"name": "scores", "layer": "matmul", "from": ["heads", "turned"]},
            {"name": "weights", "layer": "Softmax(dim=-1)"},
            {"name": "mixed", "layer": "matmul", "from": ["weights", "heads"]},
            "transpose(1, 2)",
            {"name": "joined", "layer": "view(N, L, 64)"},
        ],
    }
    result = shapecalc.infer(net)
    assert [error.layer for error in result.errors] == ["joined"]
    assert result.fixes[0]["call"] == "reshape(N, L, 64)"


@pytest.mark.parametrize("name", EXAMPLES)
def test_strides_can_be_worked_out_for_every_entry(name: str) -> None:
    net = shapecalc.load(EXAMPLES[name])
    walk = Propagation(default_registry(), net.inputs)
    shape = net.inputs["x0"]
    assert shape is not None
    walk.layout.odd["x0"] = tuple(reversed(in_order(tuple(reversed(shape)))))
    try:
        step = walk.step(net.layers[0])
    except shapecalc.ShapeError as error:
        assert error.kind == "strides"  # noqa: PT017 - a view may be refused
        return
    found = walk.layout.of(Reference("made"), step.outputs)
    if found is not None and is_shape(step.outputs):
        assert len(found) == len(step.output_shape)


@pytest.mark.parametrize("seed", range(40))
def test_sizes_of_views_are_those_that_infer_accepts(seed: int) -> None:
    draw = random.Random(seed)
    shape: list[int | str] = [draw.choice([1, 2, 3, 4]), "H", "W"]
    draw.shuffle(shape)
    calls = []
    for _ in range(draw.randrange(1, 3)):
        order, (one, two) = draw.sample(range(3), 3), draw.choices(range(3), k=2)
        part = draw.choice(["slice(1, None)", "slice(None, None, 2)", "slice(None, 2)"])
        index = ", ".join(["slice(None)"] * one + [part])
        moves = [
            f"permute({', '.join(map(str, order))})",
            f"transpose({one}, {two})",
            f"getitem(({index},))",
            f"narrow({one}, 0, 2)",
            f"chunk(2, {one}) | getitem(0)",
            "relu()",
        ]
        calls.append(draw.choice(moves))
    count = draw.choice([1, 2, 3, 4, 6])
    views = ["view(1, -1)", f"view({count}, -1)", f"view({count}, -1, 2)", f"view(1, -1, {count})"]
    net = " | ".join([*calls, draw.choice(views)])
    answer = shapecalc.solve(net, input=tuple(shape), mix_batch=True)
    assert answer.complete
    for sizes in product(range(1, 8), repeat=2):
        values = dict(zip(("H", "W"), sizes, strict=True))
        given = tuple(size if isinstance(size, int) else values[size] for size in shape)
        accepted = not shapecalc.infer(net, input=given).errors
        assert (tuple(values[name] for name in answer.unknowns) in answer) is accepted, (net, given)
