"""What `convert` writes as PyTorch source, read back: every example of the registry."""

from __future__ import annotations

from pathlib import Path

import pytest

import shapecalc
from shapecalc.infer import state_dict
from shapecalc.net import Shape
from shapecalc.registry import default_registry
from shapecalc.render.module import module_text
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
