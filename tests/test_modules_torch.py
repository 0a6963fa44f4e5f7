"""What `convert` writes as PyTorch source, run in PyTorch: every example of the registry, every zoo net."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import shapecalc
from shapecalc.net import Shape
from shapecalc.readers import zoo_names
from shapecalc.registry import default_registry
from shapecalc.render.module import module_text
from shapecalc.state import state_dict
from tests.registry_examples import EXAMPLES
from tests.test_modules import FOLLOWED

torch = pytest.importorskip("torch")

REGISTRY = default_registry()
MOST_MACS = 5e9  # of a zoo net that is run


MOST_MIXED = 5  # tensors whose kinds are mixed
WITH_DEVICES = {"cuda"}  # they need one
# Takes a tuple of indices, which an example's tensors don't show.
OTHERS = {"index_put", "embedding_bag"}


def tensors(shape: Shape) -> Iterator[Callable[[], Any]]:
    """Give the kinds of tensors that a function may want: floats, numbers, truths, complex ones."""
    yield lambda: torch.rand(shape)
    yield lambda: torch.zeros(shape, dtype=torch.long)
    yield lambda: torch.zeros(shape, dtype=torch.bool)
    yield lambda: torch.rand(shape).to(torch.complex64)
    yield lambda: torch.ones(shape, dtype=torch.long)


def module_of(text: str) -> Any:
    """Make the module that a source describes."""
    names: dict[str, Any] = {"__name__": "written"}
    exec(compile(text, "<written>", "exec"), names)  # noqa: S102 - our own text
    (made,) = [item for item in names.values() if getattr(item, "__module__", "") == "written"]
    return made().eval()


def shapes_of(output: Any) -> list[tuple[int, ...]]:
    """Give the shapes of tensors inside one another, in order."""
    if isinstance(output, torch.Tensor):
        return [tuple(output.shape)]
    if isinstance(output, dict):
        output = list(output.values())
    return [shape for item in output or () for shape in shapes_of(item)]


def check(net: shapecalc.Net) -> None:
    """Hold a written module to what is inferred: outputs, names, shapes and order of its state."""
    result = shapecalc.infer(net)
    assert result.errors == ()
    module = module_of(module_text(net, REGISTRY))
    found: Any = None
    errors = []
    kinds = [list(tensors(shape)) for shape in result.inputs.values()]
    # Of many tensors all are tried as one kind: five kinds of nine tensors are two million calls.
    tries = zip(*kinds, strict=True) if len(kinds) > MOST_MIXED else product(*kinds)
    for made in tries:
        try:
            with torch.no_grad():
                found = shapes_of(module(*[make() for make in made]))
            break
        except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
            errors.append(error)
    assert found is not None, errors[0]
    assert found == [shape for shapes in result.outputs.values() for shape in shapes]
    state = state_dict(net)
    own = {name for name, _ in module.named_parameters(remove_duplicate=False)}
    there = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    assert [*state.parameters.items()] == [item for item in there.items() if item[0] in own]
    assert [*state.buffers.items()] == [item for item in there.items() if item[0] not in own]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - WITH_DEVICES - OTHERS))
def test_examples(name: str) -> None:
    if "einops" in REGISTRY.find(name).data["source"]:
        pytest.importorskip("einops")
    try:
        net = shapecalc.load(EXAMPLES[name])
        result = shapecalc.infer(net)
    except shapecalc.ShapecalcError as error:
        pytest.skip(str(error))
    if result.errors and "depends on the numbers" in str(result.errors[0]):
        pytest.skip(str(result.errors[0]))
    check(net)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", zoo_names())
def test_zoo(name: str) -> None:
    macs = shapecalc.infer(shapecalc.load(name)).totals.macs
    if not isinstance(macs, int) or macs > MOST_MACS:
        pytest.skip("large")
    check(shapecalc.load(name))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(FOLLOWED))
def test_sources(name: str, tmp_path: Path) -> None:
    source, shape = FOLLOWED[name]
    path = tmp_path / "net.py"
    path.write_text(source, encoding="utf-8")
    check(shapecalc.load(str(path), input=shape))
