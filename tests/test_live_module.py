"""Torch modules that are there: their shapes, and their state_dict, against torch's own."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import shapecalc
from shapecalc.errors import SpecError
from shapecalc.infer import infer
from shapecalc.net import Net
from shapecalc.registry import default_registry, load_registry
from shapecalc.state import state_dict
from shapecalc.syntax import to_text

torch = pytest.importorskip("torch")

from shapecalc.readers.live import read_module  # noqa: E402
from shapecalc.readers.registered import Registered, state_of  # noqa: E402

if TYPE_CHECKING:
    from torch import nn
else:
    nn = torch.nn

functional: Any = torch.nn.functional
REGISTRY = default_registry()
MODELS = (
    "resnet18",
    "alexnet",
    "mobilenet_v2",
    "densenet121",
    "googlenet",
    "vit_b_16",
    "regnet_x_400mf",
)


def agree(module: Any, *shapes: tuple[int, ...]) -> Net:
    """Hold a module's outputs, parameters, buffers and their order to what shapecalc says."""
    module.eval()
    net = shapecalc.load(module)
    given = dict(zip(net.inputs, shapes, strict=True))
    result = infer(net, given)
    assert result.errors == ()
    with torch.no_grad():
        found = module(*[torch.randn(shape) for shape in shapes])
    expected = [tuple(item.shape) for item in tensors(found)]
    assert [shape for shapes in result.outputs.values() for shape in shapes] == expected
    hold_state(module, net, given)
    return net


def hold_state(module: Any, net: Net, given: Any) -> None:
    found = state_dict(net, given)
    parameters = {
        name: tuple(item.shape) for name, item in module.named_parameters(remove_duplicate=False)
    }
    everything = {name: tuple(item.shape) for name, item in module.state_dict().items()}
    buffers = {name: shape for name, shape in everything.items() if name not in parameters}
    assert [*found.parameters.items()] == [*parameters.items()]
    assert [*found.buffers.items()] == [*buffers.items()]
    assert found.count == sum(item.numel() for item in module.parameters())
    assert infer(net, given).totals.parameters == found.count


def tensors(found: Any) -> list[Any]:
    if isinstance(found, torch.Tensor):
        return [found]
    items = found.values() if isinstance(found, dict) else found
    return [tensor for item in items if item is not None for tensor in tensors(item)]


def calls(net: Net) -> list[str]:
    return [to_text(layer.call) for layer in net.layers if layer.call is not None]


# ---------------------------------------------------------------------------------- torchvision


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_torchvision_is_what_torch_says(name: str) -> None:
    models = pytest.importorskip("torchvision.models")
    more = {"init_weights": False} if name == "googlenet" else {}
    agree(models.get_model(name, weights=None, **more), (2, 3, 224, 224))


@pytest.mark.parametrize("name", ["fcn_resnet50", "deeplabv3_mobilenet_v3_large", "r2plus1d_18"])
def test_segmentation_and_video(name: str) -> None:
    models = pytest.importorskip("torchvision.models")
    more = {} if name == "r2plus1d_18" else {"weights_backbone": None, "aux_loss": True}
    size = (1, 3, 4, 32, 32) if name == "r2plus1d_18" else (1, 3, 32, 32)
    agree(models.get_model(name, weights=None, **more), size)


def test_symbolic_sizes_flow_through_a_model() -> None:
    models = pytest.importorskip("torchvision.models")
    result = infer(shapecalc.load(models.resnet18()), input=("N", 3, "H", 64))
    assert result["layer4.1.conv2"].output_shape[3] == 2
    assert str(result["layer4.1.conv2"].output_shape[2]) == "(H + 31)//32"
    assert [str(size) for size in result.outputs["fc"][0]] == ["N", "1000"]


# --------------------------------------------------------------------------------------- layers


def example(name: str) -> str:
    """Give a call that makes a layer, from its entry in the registry."""
    parts = REGISTRY.find(name).data["example"]
    text = str(parts[0])
    for part in parts[1:]:
        if text.count("(") > text.count(")"):  # YAML parts a list at commas
            text += f", {part}"
    return name + text[text.index("(") :]


CLASSES = [
    name
    for name in REGISTRY.names()
    if name[:1].isupper() and hasattr(torch.nn, name) and REGISTRY.find(name).wrapper is None
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CLASSES)
def test_a_layers_call_is_written_from_its_attributes(name: str) -> None:
    names = {word: getattr(torch.nn, word) for word in dir(torch.nn)}
    module = eval(example(name), {**names, "empty": torch.empty})
    registered = Registered(module, REGISTRY)
    call = registered.call(module)
    assert call is not None
    assert call.function == name
    wanted = state_of(module)
    assert wanted is None or registered._state(call) == wanted


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Conv2d(3, 6, (5, 3), padding='same', bias=False)",
            "Conv2d(3, 6, (5, 3), padding='same', bias=False)",
        ),
        ("BatchNorm2d(6, affine=False)", "BatchNorm2d(6, affine=False, bias=False)"),
        ("LayerNorm([4, 5], bias=False)", "LayerNorm((4, 5), bias=False)"),
        (
            "MultiheadAttention(16, 4, add_bias_kv=True)",
            "MultiheadAttention(16, 4, add_bias_kv=True, kdim=16, vdim=16)",
        ),
        ("Hardtanh(-1, float('inf'))", "Hardtanh(max_val=1e999)"),
        (
            "TransformerEncoder(TransformerEncoderLayer(16, 4, 32), 2)",
            "TransformerEncoder(TransformerEncoderLayer(16, 4, dim_feedforward=32), 2)",
        ),
    ],
)
def test_arguments_are_written_briefly(text: str, expected: str) -> None:
    names = {word: getattr(torch.nn, word) for word in dir(torch.nn)}
    module = eval(text, names)
    call = Registered(module, REGISTRY).call(module)
    assert call is not None
    assert to_text(call) == expected


# -------------------------------------------------------------------------------------- modules


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8, 8)
        self.second = self.first
        self.norm = nn.LayerNorm(8)

    def forward(self, x: Any) -> Any:
        return self.norm(self.second(torch.relu(self.first(x))))


def test_a_module_under_two_names_is_an_alias_and_called_again() -> None:
    net = agree(Shared(), (2, 8))
    assert [layer.shares for layer in net.layers] == [None, None, "first", None]
    assert net.state is not None
    assert [(item.name, item.alias) for item in net.state] == [
        ("first", None),
        ("second", "first"),
        ("norm", None),
    ]


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 8)
        self.head = nn.Linear(8, 20, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, x: Any) -> Any:
        return self.head(x)


def test_a_weight_that_two_modules_have_is_counted_once() -> None:
    agree(Tied(), (2, 8))


class Held(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(1, 4, 16))
        self.attend = nn.MultiheadAttention(16, 4, batch_first=True)
        self.register_buffer("places", torch.zeros(1, 10, 16))
        self.register_buffer("transient", torch.zeros(16), persistent=False)
        self.weights = nn.ParameterList([nn.Parameter(torch.zeros(16))])
        self.unused = nn.Conv1d(3, 4, 5)

    def forward(self, x: Any) -> Any:
        x = x + self.places[:, : x.shape[1]] + self.transient * self.weights[0]
        query = self.query.expand(x.size(0), -1, -1)
        return self.attend(query, x, x, need_weights=False)[0]


def test_parameters_and_buffers_of_the_models_own_are_entries() -> None:
    net = agree(Held(), (2, 10, 16))
    assert "parameter([1, 4, 16])" in calls(net)
    assert "empty([16])" in calls(net)
    assert (
        "MultiheadAttention(16, 4, kdim=16, vdim=16, batch_first=True)(need_weights=False)"
        in calls(net)
    )


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(5, 7, num_layers=2, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(14, 3, batch_first=True)

    def forward(self, x: Any) -> Any:
        y, (h, c) = self.lstm(x)
        z, _ = self.gru(y)
        return z[:, -1], h, c


def test_outputs_in_tuples_are_told_apart() -> None:
    net = agree(Recurrent(), (2, 9, 5))
    assert [str(source) for source in net.outputs] == ["getitem", "lstm[1][0]", "lstm[1][1]"]


class Sized(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.mix = nn.Conv2d(7, 4, 1)

    def forward(self, x: Any) -> Any:
        y = functional.interpolate(functional.relu_(self.down(x)), size=x.shape[2:])
        a, b = self.mix(torch.cat([y, x], dim=1)).chunk(2, 1)
        a += b
        n, c, h, w = a.shape
        return {"flat": a.view(n, c, h * w).transpose(1, 2), "scaled": torch.sigmoid(b) * 2 - 1}


def test_sizes_are_asked_of_the_tensors_they_come_from() -> None:
    net = agree(Sized(), (2, 3, 9, 12))
    assert "interpolate(size=(size(x, 2), size(x, 3)))" in calls(net)
    assert net.output_names == ("flat", "scaled")
    result = infer(net, input=("N", 3, "H", "W"))
    assert [str(size) for size in result.outputs["flat"][0]] == ["N", "H*W", "2"]


class Many(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(5, 5) for _ in range(2)])
        self.named = nn.ModuleDict({"act": nn.GELU()})

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = self.named["act"](layer(x))
        n, c, h, w = x.shape
        zeros = torch.zeros(n, c, h, w)
        x.unsqueeze_(1)
        x = x.squeeze(1)
        return (
            torch.stack([x, zeros]),
            2 - x,
            1 / x,
            x**2,
            -x,
            x @ x.transpose(-1, -2),
            torch.einsum("bijk,bilk->bijl", x, zeros),
            x.mT,
            torch.where(x > 0, x, 0.0),
            x.masked_fill(x > 0, 0),
            x.clamp(min=0),
            torch.max(x, 2)[0],
            x.sum((1, 2)),
            x[..., None],
            x[:, 0, [0, 1]],
            x.split([1, 2], 1)[1],
            x.new_zeros(n, 3),
            functional.pad(x, (1, 2)),
            functional.max_pool2d(x, 2),
            functional.dropout(x, 0.1, self.training),
            x.reshape(x.shape),
            functional.layer_norm(x, x.shape[-1:]),
            x.permute(0, 2, 3, 1).contiguous(),
        )


def test_functions_methods_and_operators_are_the_registrys() -> None:
    agree(Many(), (2, 3, 4, 5))


class Subclass(nn.Conv2d):
    def __init__(self) -> None:
        super().__init__(3, 4, 3, padding=1)


class OwnForward(nn.Linear):
    def forward(self, x: Any) -> Any:
        return functional.linear(x, self.weight * 2, self.bias)


def test_a_subclass_is_its_layer_unless_it_runs_otherwise() -> None:
    net = agree(nn.Sequential(Subclass(), OwnForward(6, 5)), (2, 3, 5, 6))
    assert calls(net) == [
        "Conv2d(3, 4, 3, padding=1)",
        "parameter([5, 6])",
        "mul(2)",
        "parameter([5])",
        "linear()",
    ]


@pytest.mark.filterwarnings("ignore")  # the older of the two is on its way out
def test_weights_that_are_split_keep_their_names() -> None:
    utils = torch.nn.utils
    module = nn.Sequential(
        utils.weight_norm(nn.Conv1d(4, 6, 3)),
        utils.parametrizations.weight_norm(nn.Conv1d(6, 5, 3)),
        utils.parametrizations.spectral_norm(nn.Linear(8, 3)),
    )
    agree(module, (2, 4, 12))


class Optional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 6)
        self.bilinear = nn.Bilinear(6, 3, 5)

    def forward(self, x: Any, y: Any = None, scale: float = 1.0) -> Any:
        x = self.linear(x) * scale
        return x if y is None else self.bilinear(x, y)


def test_arguments_with_defaults_are_inputs_where_they_are_given() -> None:
    net = agree(Optional(), (2, 4))
    assert [*net.inputs] == ["x"]
    both = read_module(Optional(), registry=REGISTRY, inputs={"x": (2, 4), "y": (2, 3)})
    assert both.inputs == {"x": (2, 4), "y": (2, 3)}
    assert infer(both).outputs == {"bilinear": [(2, 5)]}


class Demanding(nn.Module):
    def forward(self, x: Any) -> Any:
        torch._assert(x.shape[2] == 224, "Wrong height!")
        return torch.flatten(x, 1)


def test_what_a_forward_demands_of_its_input_is_kept() -> None:
    net = shapecalc.load(Demanding())
    assert infer(net, (1, 3, 224, 8)).errors == ()
    assert infer(net, (1, 3, 223, 8)).errors != ()


def test_wrappers_put_their_names_in_front() -> None:
    inner = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    net = agree(nn.DataParallel(inner), (2, 3, 8, 8))
    assert [layer.name for layer in net.layers] == ["module.0", "module.1"]


def test_one_layer_is_a_net() -> None:
    net = agree(nn.Conv2d(3, 4, 3), (2, 3, 8, 8))
    assert calls(net) == ["Conv2d(3, 4, 3)"]


@pytest.mark.filterwarnings("ignore")
def test_lazy_layers_are_read_before_they_have_run() -> None:
    module = nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten(), nn.LazyLinear(2))
    result = infer(shapecalc.load(module), input=(1, 3, 8, 8))
    assert result.outputs == {"2": [(1, 2)]}
    assert result["2"].parameters["weight"] == (2, 144)


class Own(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.by = 3

    def forward(self, x: Any) -> Any:
        return x if x.sum() > 0 else x[:, :3]


def test_layers_of_the_users_own_are_described_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "Own:\n  layers: [Own]\n  parameters: {by: int = 2}\n  input: (N, C)\n"
        "  output: (N, C//by)\n",
        encoding="utf-8",
    )
    module = nn.Sequential(nn.Linear(4, 9), Own())
    net = shapecalc.load(module, registry=load_registry((str(file),)))
    assert calls(net) == ["Linear(4, 9)", "Own(by=3)"]


class Scaled(nn.Module):
    """Divides by the root of a size, and asks for the last sizes before any layer runs."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 4, 3, stride=2, padding=1)

    def forward(self, x: Any) -> Any:
        size = x.shape[-2:]
        batch, channels, *_ = x.size(0), x.size(1), None
        y = self.down(x) / math.sqrt(channels // 3)
        y = functional.interpolate(y, size=size, mode="bilinear")
        return y.reshape(batch, -1)


def test_roots_of_sizes_and_the_last_sizes_are_followed() -> None:
    net = agree(Scaled(), (2, 3, 9, 7))
    assert "interpolate(size=(size(x, -2), size(x, -1)), mode='bilinear')" in calls(net)


class AnyRank(nn.Module):
    def forward(self, x: Any) -> Any:
        return functional.adaptive_avg_pool2d(x.flatten(0, x.dim() - 4), x.shape[2:])


def test_a_shape_that_is_given_says_how_many_dimensions_there_are() -> None:
    with pytest.raises(SpecError, match="how many dimensions"):
        shapecalc.load(AnyRank())
    assert shapecalc.load(AnyRank(), input=(2, 3, 5, 6)).inputs == {"x": (2, 3, 5, 6)}
    assert infer(AnyRank(), input=(2, 3, 5, 6)).outputs == {"adaptive_avg_pool2d": [(2, 3, 5, 6)]}


def test_what_cannot_be_traced_is_named() -> None:
    module = nn.Sequential(nn.Linear(4, 4), Own())
    with pytest.raises(
        SpecError, match=re.escape("torch.fx can't trace Sequential in 1: ")
    ) as found:
        shapecalc.load(module)
    assert found.value.code == "S136"
    assert found.value.hint is not None


class Unknown(nn.Module):
    def forward(self, x: Any) -> Any:
        return torch.special.bessel_j0(x)


def test_a_function_that_the_registry_has_not_is_named() -> None:
    with pytest.raises(
        SpecError, match=r"the function special_bessel_j0 in 0 is not in the registry"
    ):
        shapecalc.load(nn.Sequential(Unknown()))


def test_an_input_that_there_is_not_is_refused() -> None:
    with pytest.raises(SpecError) as found:
        read_module(Optional(), registry=REGISTRY, inputs={"z": (2, 4)})
    assert found.value.code == "S117"


def test_a_misfit_ends_the_net_with_the_layer() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.Linear(5, 4))
    for net in (
        shapecalc.load(module),
        read_module(module, registry=REGISTRY, inputs=(1, 4)),
    ):
        error = infer(net, (1, 4)).error
        assert error is not None
        assert error.layer == "1"
