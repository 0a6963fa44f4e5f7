"""The engine against PyTorch itself, on calls that nobody has seen before.

`conformance/cases` makes the calls; PyTorch runs in a process of its own, since a few of them crash
it. `SHAPECALC_EXAMPLES` says how many calls of each type are tried.
"""

from __future__ import annotations

import faulthandler
import inspect
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
nn = torch.nn

from cases import tables  # noqa: E402 - they import torch
from cases.counting import counting  # noqa: E402
from cases.odd import ODD  # noqa: E402
from cases.running import run  # noqa: E402
from record import candidate, outcomes  # noqa: E402
from running import Outcome, depends_on_contents, with_numbers, with_symbols  # noqa: E402

from shapecalc.registry import default_registry  # noqa: E402

if TYPE_CHECKING:
    from cases.calls import Call

EXAMPLES = int(os.environ.get("SHAPECALC_EXAMPLES", "60"))
SEED = int(os.environ.get("SHAPECALC_SEED", "0"))
ODD_CALLS = EXAMPLES // 2  # of each entry of the registry
BATCH = 20  # calls that one process of PyTorch runs
TABLES = {**tables.LAYERS, **tables.FUNCTIONS}
ONE_WAY = {"einsum"}  # see test_conformance.py


def is_fair(call: Call, outcome: dict[str, Any]) -> bool:
    """Tell whether shapes alone say what PyTorch makes of a call."""
    if depends_on_contents(call.layer, outcome):
        return False
    ranks = [len(tensor.shape) for tensor in call.inputs]
    if "ignore_index=0" in call.layer and 0 in call.inputs[0].shape:
        return False  # without classes, all targets must be the ignored one
    if call.type.endswith("Cell"):  # a state of another rank is read beyond its end
        return len({*ranks}) == 1
    # The fast path of attention takes boolean masks of other shapes, where float ones are refused.
    return not (
        call.type.startswith("Transformer") and any(item.dtype == "bool" for item in call.inputs)
    )


@pytest.fixture(autouse=True, scope="module")
def _quiet_crashes() -> Iterator[None]:
    """Keep quiet about calls that crash PyTorch: they are left out."""
    was_on = faulthandler.is_enabled()
    faulthandler.disable()
    yield
    if was_on:
        faulthandler.enable()


@pytest.mark.parametrize("name", TABLES)
@settings(
    max_examples=max(1, EXAMPLES // BATCH),
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
@given(seed=st.integers(0, 2**32 - 1))
def test_calls_give_what_pytorch_gives(name: str, seed: int) -> None:
    for call, outcome in outcomes(name, TABLES[name], seed, BATCH):
        if not is_fair(call, outcome):
            continue
        row = call.row(0, outcome)
        expected = Outcome.of_row(row)
        assert with_numbers(row) == expected, (row["net"], outcome.get("error"))
        found = with_symbols(row)
        if found is not None or name not in ONE_WAY:
            assert found == expected, (row["net"], outcome.get("error"))


@pytest.mark.parametrize("name", ODD)
def test_odd_calls_give_what_pytorch_gives(name: str) -> None:
    for call, outcome in outcomes(name, ODD[name], SEED, ODD_CALLS):
        if is_fair(call, outcome):
            row = call.row(0, outcome)
            assert with_numbers(row) == Outcome.of_row(row), (row["net"], outcome.get("error"))


def test_every_class_of_torch_nn_is_in_the_registry() -> None:
    found = {
        name
        for name, item in vars(torch.nn).items()
        if isinstance(item, type) and issubclass(item, torch.nn.Module)
    }
    assert found - {*default_registry().names()} == CONTAINERS


# What holds modules or parameters, and what recurrent layers are made from.
CONTAINERS = {
    "Container",
    "Module",
    "ModuleDict",
    "ModuleList",
    "ParameterDict",
    "ParameterList",
    "RNNBase",
    "RNNCellBase",
    "Sequential",
}

# What has two namesakes with signatures of their own, or overloads.
SEVERAL = {"unfold", "qr", "eig", "matrix_rank", "solve", "svd_lowrank", "split"}


@pytest.mark.parametrize("name", sorted({*default_registry().names()} - SEVERAL))
def test_tensors_and_arguments_stand_in_the_order_of_pytorch(name: str) -> None:
    type_ = default_registry().find(name)
    places = (nn.functional, torch, torch.linalg, torch.special, torch.fft)
    if type_.is_function:
        found = next((getattr(item, name) for item in places if hasattr(item, name)), None)
    else:
        found = getattr(getattr(nn, name, None), "forward", None)
    try:
        parameters = inspect.signature(found).parameters  # type: ignore[arg-type]
    except (TypeError, ValueError):
        pytest.skip("no signature is known")
    if any(item.kind in (item.VAR_POSITIONAL, item.VAR_KEYWORD) for item in parameters.values()):
        pytest.skip("the signature takes anything")
    spots = type_.parameters if type_.is_function else type_.forward
    named = {spot.name for spot in spots if spot.named or spot.keywords}
    ours = [item for item in type_.order if item not in named and item in parameters]
    assert ours == [item for item in parameters if item in ours]


# The norm of a weight that is wrapped is no part of the layer; PyTorch sums where a size of 1 is multiplied.
UNCOUNTED = {"spectral_norm", "parametrized_spectral_norm", "parametrized_orthogonal"}
SUMMED_BEFORE = {"einsum", "tensordot"}
COUNTED = [
    name
    for name in default_registry().names()
    if "macs" in default_registry().find(name).data and name in {*ODD, *TABLES} - UNCOUNTED
]


@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.filterwarnings("ignore")
def test_macs_are_the_products_that_pytorch_adds_up(name: str) -> None:
    import shapecalc

    generator = TABLES.get(name) or ODD[name]
    for number in range(EXAMPLES):
        call = candidate(name, generator, SEED, number)
        if name in SUMMED_BEFORE and any(1 in tensor.shape for tensor in call.inputs):
            continue
        try:
            result = shapecalc.infer(call.net())
        except shapecalc.SpecError:
            continue
        if result.errors:  # and some of what is refused crashes PyTorch
            continue
        with counting() as counted:
            outcome = run(call)
        if outcome is not None and "error" not in outcome and is_fair(call, outcome):
            assert result.steps[-1].macs == counted.count, call.net()


MODELS = (
    "alexnet convnext_tiny densenet121 efficientnet_b0 googlenet mnasnet0_5 mobilenet_v2 mobilenet_v3_small regnet_y_400mf"
    " resnet18 shufflenet_v2_x1_0 squeezenet1_1 vgg11_bn vit_b_16"
)


@pytest.mark.parametrize("name", MODELS.split())
@pytest.mark.filterwarnings("ignore")
def test_macs_of_a_model_are_the_products_that_pytorch_adds_up(name: str) -> None:
    models = pytest.importorskip("torchvision.models")
    import shapecalc

    words = {"init_weights": False} if name == "googlenet" else {}
    model = getattr(models, name)(weights=None, **words).eval()
    shape = (1, 3, 224, 224)
    with counting() as counted:
        model(torch.zeros(shape))
    assert shapecalc.infer(shapecalc.load(model), input=shape).totals.macs == counted.count


MULTIPLYING: dict[str, list[tuple[int, ...]]] = {
    "Linear(3, 4)": [(5, 3)],
    "Conv2d(4, 6, 3, groups=2)": [(2, 4, 7, 8)],
    "ConvTranspose2d(4, 6, 3, stride=2, groups=2)": [(2, 4, 7, 8)],
    "RNN(3, 4, 3, batch_first=True)": [(2, 5, 3)],
    "GRU(3, 4, 2, bidirectional=True)": [(5, 2, 3)],
    "LSTM(3, 4, 2, bidirectional=True)": [(5, 2, 3)],
    "LSTM(3, 4, 2, proj_size=2)": [(5, 3)],
    "LSTMCell(3, 4)": [(5, 3)],
    "MultiheadAttention(8, 2, kdim=3, vdim=5)": [(5, 2, 8), (7, 2, 3), (7, 2, 5)],
    "MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True)": [(5, 8), (7, 8), (7, 8)],
    "TransformerEncoderLayer(8, 2, 16, batch_first=True)": [(2, 5, 8)],
    "TransformerDecoder(TransformerDecoderLayer(8, 2, 16), 3)": [(5, 2, 8), (7, 2, 8)],
    "Transformer(8, 2, 2, 3, 16)": [(5, 2, 8), (7, 2, 8)],
}


@pytest.mark.parametrize("call", MULTIPLYING)
@pytest.mark.filterwarnings("ignore")
def test_macs_are_half_of_the_operations_that_pytorch_counts(call: str) -> None:
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    import shapecalc

    inputs = {f"x{index}": shape for index, shape in enumerate(MULTIPLYING[call])}
    layers = [{"name": "m", "layer": call, "from": list(inputs)}]
    result = shapecalc.infer({"inputs": inputs, "layers": layers})
    module = eval(call, dict(vars(torch.nn))).eval()
    tensors = [torch.rand(shape) for shape in inputs.values()]
    counter = FlopCounterMode(display=False)
    # What is fused isn't counted.
    with sdpa_kernel(SDPBackend.MATH), torch.backends.mkldnn.flags(enabled=False), counter:
        module(*tensors)
    assert 2 * result.steps[-1].macs == counter.get_total_flops()
