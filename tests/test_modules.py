"""What `convert` writes as PyTorch source, read back: every example of the registry."""

from __future__ import annotations

from pathlib import Path

import pytest

import shapecalc
from shapecalc.net import Shape
from shapecalc.registry import default_registry
from shapecalc.render.module import module_text
from shapecalc.state import state_dict
from tests.registry_examples import EXAMPLES

REGISTRY = default_registry()
# Layers of other packages, whose sources aren't beside the file.
OTHERS = {"Rearrange", "Reduce"}


def shapes_of(result: shapecalc.Result) -> list[Shape]:
    return [shape for shapes in result.outputs.values() for shape in shapes]


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - OTHERS))
def test_a_module_reads_as_the_same_layer(name: str, tmp_path: Path) -> None:
    try:
        net = shapecalc.load(EXAMPLES[name])
        result = shapecalc.infer(net)
    except shapecalc.ShapecalcError as error:
        pytest.skip(str(error))
    if result.errors:
        pytest.skip(str(result.errors[0]))
    path = tmp_path / "net.py"
    path.write_text(module_text(net, REGISTRY), encoding="utf-8")
    given = dict(result.inputs)
    again = shapecalc.load(str(path), input=given)
    there = shapecalc.infer(again, input=given)
    assert there.errors == ()
    assert shapes_of(there) == shapes_of(result)
    one, other = state_dict(again, given), state_dict(net, given)
    assert (one.parameters, one.buffers) == (other.parameters, other.buffers)


UNPOOLED = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.pool = nn.MaxPool2d(2, return_indices=True)
        self.unpool = nn.MaxUnpool2d(2)

    def forward(self, x):
        x = self.first(x)
        pooled, places = self.pool(x)
        return self.unpool(pooled, places, output_size=x.size())
"""


@pytest.mark.parametrize("shape", ["1x3x8x8", "1x3xHxW"])
def test_a_size_in_the_call_of_a_module_is_that_of_a_variable(shape: str, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(UNPOOLED, encoding="utf-8")
    text = module_text(shapecalc.load(str(path), input=shape), REGISTRY)
    assert "output_size=(first.size(0), first.size(1)," in text
    path.write_text(text, encoding="utf-8")
    again = shapecalc.load(str(path), input="1x3x9x8")
    assert shapes_of(shapecalc.infer(again, input=(1, 3, 9, 8))) == [(1, 8, 9, 8)]


HEADER = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
"""
FITTED = f"""{HEADER}
        self.down = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(4, 3, 2, 2)

    def forward(self, x):
        assert x.size(1) <= 8
        y = self.up(self.down(x))
        if y.size(2) != x.size(2):
            y = nn.functional.pad(y, [0, 0, 0, x.size(2) - y.size(2)])
        return y
"""
TIED = f"""{HEADER}
        self.emb = nn.Embedding(100, 8)
        self.head = nn.Linear(8, 100, bias=False)
        self.head.weight = self.emb.weight

    def forward(self, x):
        return self.head(self.emb(x))
"""
TIED_BACK = TIED.replace("self.head.weight = self.emb.weight", "self.emb.weight = self.head.weight")


def written(source: str, shape: str, path: Path) -> str:
    """Write a source as a module, and hold what is read back to what was inferred."""
    path.write_text(source, encoding="utf-8")
    net = shapecalc.load(str(path), input=shape)
    text = module_text(net, REGISTRY)
    path.write_text(text, encoding="utf-8")
    again = shapecalc.infer(shapecalc.load(str(path), input=shape))
    assert shapes_of(again) == shapes_of(shapecalc.infer(net))
    return text


def test_relations_about_outputs_stand_where_the_outputs_are_known(tmp_path: Path) -> None:
    lines = written(FITTED, "1x3x7x8", tmp_path / "net.py").splitlines()
    forward = next(place for place, line in enumerate(lines) if "def forward" in line)
    assert not any("assert" in line for line in lines[:forward])
    assert lines[forward + 1].strip() == "assert x_2.size(1) <= 8"
    made = next(place for place, line in enumerate(lines) if "up = self.up(" in line)
    assert lines[made + 1].strip() == "assert up.size(2) != x_2.size(2)"


@pytest.mark.parametrize("source", [TIED, TIED_BACK], ids=["tied", "tied back"])
def test_a_tied_weight_is_assigned_after_its_module_is_made(source: str, tmp_path: Path) -> None:
    text = written(source, "2x5", tmp_path / "net.py")
    made = text.index("self.head = nn.Linear(8, 100, bias=False)")
    assert text.index("self.head.weight = self.emb.weight") > made
    assert "self.emb = nn.Embedding(100, 8)" in text


PLACES = f"""{HEADER}
        self.emb = nn.Embedding(100, 8)
        self.pos = nn.Embedding(20, 8)

    def forward(self, x):
        return self.emb(x) + self.pos(torch.arange(x.size(1), device=x.device).unsqueeze(0))
"""
MASKED = f"""{HEADER}
        self.q = nn.Linear(8, 8)

    def forward(self, x):
        a = self.q(x) @ x.transpose(1, 2)
        m = torch.triu(torch.ones(x.size(1), x.size(1), dtype=torch.bool), 1)
        return a.masked_fill(m, -1.0).softmax(-1) @ x
"""
INDEXED = f"""{HEADER}
        self.table = nn.Parameter(torch.zeros(49, 3))

    def forward(self, x):
        return x + self.table[torch.arange(x.size(1))]
"""
LEFT_OUT = f"""import torch.nn.functional as F
{HEADER}
        self.w = nn.Parameter(torch.rand(6, 3, 3, 3))
        self.g = nn.Parameter(torch.rand(8))
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        x = F.conv2d(x, self.w, None, 2, 1)
        x = F.layer_norm(x, (8,), self.g, None, 1e-4)
        x = F.batch_norm(x, None, None, None, None, True)
        x = F.group_norm(x, 2, None, None, 1e-4).flatten(1, 2)
        return self.attention(x, x, x, None, False, None)[0]
"""
CREATED = """
import torch
import torch.nn as nn


class Net(nn.Module):
    def forward(self, x):
        t = x.size(1)
        mask = torch.triu(torch.ones(t, t), diagonal=1).bool()
        x = (x @ x.transpose(1, 2)).masked_fill(mask, float("-inf"))
        x = x + torch.linspace(-1, 1, t) + torch.full((t,), 3.0) + torch.eye(t)
        return x + torch.arange(0, t), torch.zeros(t, 8)
"""

FOLLOWED = {
    "fitted": (FITTED, "1x3x7x8"),
    "tied": (TIED, "2x5"),
    "tied back": (TIED_BACK, "2x5"),
    "places": (PLACES, "2x5"),
    "masked": (MASKED, "2x5x8"),
    "indexed": (INDEXED, "2x5x3"),
    "left out": (LEFT_OUT, "1x3x16x16"),
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("places", "= torch.arange(x_2.size(1))"),
        ("masked", "dtype=torch.bool)"),
        ("indexed", "dtype=torch.long)"),
    ],
)
def test_a_tensor_out_of_nothing_holds_what_its_user_needs(
    name: str, kind: str, tmp_path: Path
) -> None:
    assert kind in written(*FOLLOWED[name], tmp_path / "net.py")


def test_a_tensor_out_of_nothing_keeps_the_call_that_makes_it(tmp_path: Path) -> None:
    text = written(CREATED, "2x6x8", tmp_path / "net.py")
    for line in (
        "torch.ones((x_2.size(1), x_2.size(1)), dtype=torch.bool)",
        "float('-inf'))",
        "torch.linspace(-1, 1, x_2.size(1))",
        "torch.full((x_2.size(1),), 3.0)",
        "torch.eye(x_2.size(1))",
        "torch.arange(0, x_2.size(1))",
        "torch.zeros((x_2.size(1), 8))",
    ):
        assert line in text


def test_tensors_that_are_left_out_keep_their_places(tmp_path: Path) -> None:
    text = written(*FOLLOWED["left out"], tmp_path / "net.py")
    for call in (
        "F.conv2d(x_2, x, None, 2, 1)",
        "(8,), x, None, 0.0001)",
        "None, None, None, None, True)",
        ", None, False, None)",
    ):
        assert call in text
