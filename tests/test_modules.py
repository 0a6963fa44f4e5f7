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
