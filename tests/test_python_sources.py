"""Models read from source against what PyTorch makes of the same files, recorded in `sources`."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from shapecalc.errors import ShapecalcError, ShapeError, SpecError
from shapecalc.infer import infer
from shapecalc.net import Net
from shapecalc.outputs import flatten_output
from shapecalc.readers.python import SourceMisfit, read_python
from shapecalc.registry import NUMBERS, default_registry, load_registry
from shapecalc.solve import solve
from shapecalc.state import state_dict

HERE = Path(__file__).parent
# A larger set in the same form can be put beside the repository.
SHARED = Path(os.environ.get("SHAPECALC_SOURCES", HERE.parent.parent / "shared/conformance/source"))


def entries() -> list[Any]:
    found = []
    for folder in (HERE / "sources", SHARED):
        golden = folder / "golden.json"
        if golden.is_file():
            for entry in json.loads(golden.read_text(encoding="utf-8"))["entries"]:
                found.append(pytest.param(folder, entry, id=entry["id"]))
    return found


class Reading(NamedTuple):
    """What reading a source gave: a net, and the error where the model refuses its input."""

    net: Net | None
    error: Exception | None


def read(folder: Path, entry: dict[str, Any]) -> Reading:
    path = folder / entry["path"]
    inputs = dict(enumerate(tuple(shape) for shape in entry["inputs"]))
    root = entry.get("import_root")
    try:
        net = read_python(
            path.read_text(encoding="utf-8"),
            str(path),
            entry["expr"],
            registry=default_registry(),
            inputs=inputs,
            import_root=None if root is None else str(folder / root),
        )
    except SourceMisfit as error:
        return Reading(error.net, error)
    except (ShapeError, SpecError) as error:
        return Reading(None, error)
    result = infer(net)
    return Reading(net, result.error)


@pytest.mark.parametrize(("folder", "entry"), entries())
def test_state_dict_is_pytorchs(folder: Path, entry: dict[str, Any]) -> None:
    if entry.get("stage") == "construct":
        pytest.skip("there is no model")
    net = read(folder, entry).net
    assert net is not None
    found = state_dict(net)
    absent = set(entry.get("nonpersistent_buffers") or ())
    assert [(name, list(shape)) for name, shape in found.parameters.items()] == [
        *entry["params"].items()
    ]
    assert {name: list(shape) for name, shape in found.buffers.items()} == {
        name: shape for name, shape in entry["buffers"].items() if name not in absent
    }
    assert found.count == entry["param_count"]


@pytest.mark.parametrize(("folder", "entry"), entries())
def test_shapes_are_pytorchs(folder: Path, entry: dict[str, Any]) -> None:
    net, error = read(folder, entry)
    if not entry["ok"]:
        assert error is not None
        if entry["stage"] == "construct":
            assert net is None
        else:
            failed = getattr(error, "layer", None) or ""
            assert entry["failed_in"] in (failed, failed.rpartition(".")[0])
        return
    assert net is not None
    assert error is None, error
    result = infer(net)
    outputs = [
        list(shape)
        for source in net.outputs
        for shape in flatten_output(result.propagation.value(source))
    ]
    assert outputs == entry["outputs"]
    known = {name: shapes for name, shapes in entry["module_outputs"].items() if name in result}
    found = {name: [list(shape) for shape in result[name].shapes] for name in known}
    assert found == known


@pytest.mark.parametrize(("folder", "entry"), entries())
def test_a_net_traced_with_symbols_serves_the_numbers(folder: Path, entry: dict[str, Any]) -> None:
    if not entry["ok"] or len(entry["inputs"]) != 1 or len(entry["inputs"][0]) < 3:
        pytest.skip("one input of three dimensions or more")
    shape = entry["inputs"][0]
    letters = ("N", shape[1], *("H", "W", "D")[: len(shape) - 2])
    path = folder / entry["path"]
    try:
        net = read_python(
            path.read_text(encoding="utf-8"),
            str(path),
            entry["expr"],
            registry=default_registry(),
            inputs=letters,
        )
    except SpecError as error:
        assert error.code == "S105", error  # the source needs a number
        return
    result = infer(net, input=tuple(shape))
    if any(error.code == "S206" for error in result.errors):
        return  # another branch of the source
    assert result.error is None, result.error
    outputs = [
        list(shape)
        for source in net.outputs
        for shape in flatten_output(result.propagation.value(source))
    ]
    assert outputs == entry["outputs"]


@pytest.mark.parametrize(("folder", "entry"), entries())
def test_the_flat_form_is_the_same_net(folder: Path, entry: dict[str, Any]) -> None:
    from shapecalc.readers import read_spec

    if not entry["ok"]:
        pytest.skip("the net ends before its output")
    net = read(folder, entry).net
    assert net is not None
    again = read_spec(net.to_dict(), registry=default_registry())
    assert state_dict(again).to_dict() == state_dict(net).to_dict()
    assert infer(again).to_dict()["layers"] == infer(net).to_dict()["layers"]


# ------------------------------------------------------------------------------ short sources

HEAD = """\
import argparse
import math
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Variable
from torch.nn.modules.loss import _Loss

"""
# A source, the shapes it is called with, and the shapes that PyTorch gives.
SHORT: dict[str, tuple[str, list[tuple[int, ...]], list[list[int]]]] = {
    "a softmax without a dimension": (
        """
class Net(nn.Module):
    def forward(self, x):
        return F.softmax(x), F.log_softmax(x[0]), F.softmin(input=x, dim=None)
""",
        [(2, 3, 4, 5)],
        [[2, 3, 4, 5], [3, 4, 5], [2, 3, 4, 5]],
    ),
    "a constant that numpy makes": (
        """
class Net(nn.Module):
    def __init__(self, k=4):
        super().__init__()
        self.k = k

    def forward(self, x):
        unit = torch.from_numpy(np.eye(self.k).flatten().astype(np.float32))
        unit = Variable(unit).view(1, self.k * self.k).repeat(x.size()[0], 1)
        return (x + unit).view(-1, self.k, self.k)
""",
        [(3, 16)],
        [[3, 4, 4]],
    ),
    "a loss of the source's own": (
        """
class Net(_Loss):
    def forward(self, target, guess):
        loss = F.mse_loss(target, guess, reduction="none")
        return loss.mean(1) if self.reduction == "mean" else loss
""",
        [(2, 3), (2, 3)],
        [[2]],
    ),
    "a loop over a tensor of computed numbers": (
        """
class Net(nn.Module):
    def forward(self, x):
        weights = torch.Tensor([np.exp(-((i - 2) ** 2) / 4.5) for i in range(5)])
        column = (weights / weights.sum()).unsqueeze(1)
        plane = column.mm(column.t())
        block = torch.stack([plane * one for one in column], dim=2)
        return F.conv2d(x, plane[None, None], padding=2), block
""",
        [(1, 1, 8, 8)],
        [[1, 1, 8, 8], [5, 5, 5]],
    ),
    "pads that are tensors of one number": (
        """
class Net(nn.Module):
    def forward(self, x, y):
        more = torch.tensor([y.size()[3] - x.size()[3]])
        return F.pad(x, [more // 2, more - more // 2, 0, 1])
""",
        [(1, 2, 4, 4), (1, 2, 4, 9)],
        [[1, 2, 5, 9]],
    ),
    "a table of positions in numpy": (
        """
class Net(nn.Module):
    def __init__(self, count=6, width=8):
        super().__init__()
        table = np.array(
            [
                [place / np.power(10000, 2 * i / width) for i in range(width)]
                if place != 0
                else np.zeros(width)
                for place in range(count)
            ]
        )
        table[1:, 0::2] = np.sin(table[1:, 0::2])
        table[1:, 1::2] = np.cos(table[1:, 1::2])
        self.embed = nn.Embedding(count, width)
        self.embed.weight.data = torch.from_numpy(table).type(torch.FloatTensor)
        self.part = table[None, 1:, ..., 0::2].shape

    def forward(self, x):
        size = x.size(1)
        mask = torch.from_numpy(np.triu(np.ones((1, size, size)), k=1).astype("uint8"))
        return self.embed.weight.masked_fill(mask[0, :1, :1] == 1, 0), mask, torch.zeros(self.part)
""",
        [(2, 5)],
        [[6, 8], [1, 5, 5], [1, 5, 4]],
    ),
    "random numbers of numpy": (
        """
cuda = True if torch.cuda.is_available() else False


class Net(nn.Module):
    def forward(self, mean):
        drawn = Variable(Tensor(np.random.normal(0, 1, (mean.size(0), 3))))
        more = torch.from_numpy(np.concatenate([np.random.rand(4, 2), np.zeros((4, 1))], axis=-1))
        return drawn * torch.exp(mean / 2) + mean, more.float() + torch.Tensor(np.tile([1, 2, 3], 4).reshape(4, 3))


Tensor = torch.cuda.FloatTensor if cuda else torch.FloatTensor
""",
        [(2, 3)],
        [[2, 3], [4, 3]],
    ),
    "distributions": (
        """
from torch.distributions import Categorical, kl_divergence


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean, self.policy = nn.Linear(6, 3), nn.Linear(3, 5)

    def forward(self, x):
        near = torch.distributions.Normal(self.mean(x), torch.tensor(1.0))
        far = torch.distributions.normal.Normal(torch.zeros(3), 1)
        z = near.rsample()
        choice = Categorical(logits=self.policy(z))
        action = choice.sample()
        coin = torch.distributions.Bernoulli(probs=torch.sigmoid(z))
        return (
            kl_divergence(near, far).sum(1),
            near.sample((4,)),
            choice.log_prob(action),
            choice.entropy(),
            choice.sample((2, 7)),
            coin.log_prob(coin.sample()),
        )
""",
        [(2, 6)],
        [[2], [4, 2, 3], [2], [2], [2, 7, 2], [2, 3]],
    ),
    "a weight of another size": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, bias=False)
        self.conv.weight = nn.Parameter(self.conv.weight.sum(dim=1, keepdim=True))
        self.fc = nn.Linear(4, 7)
        self.fc.weight = nn.Parameter(torch.randn(9, 4))
        self.fc.bias = None

    def forward(self, x):
        return self.conv(x), self.fc(x)
""",
        [(1, 1, 8, 4)],
        [[1, 8, 3, 1], [1, 1, 8, 9]],
    ),
    "options that a namespace has": (
        """
class Net(nn.Module):
    def forward(self, x):
        options = argparse.Namespace(depth=2)
        if "width" not in options:
            options.width = 3
        return x.repeat(options.depth, options.width) if "depth" in options else x
""",
        [(2, 2)],
        [[4, 6]],
    ),
    "a check of numbers, and a choice by chance": (
        """
import random


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.out = nn.Embedding(9, 4), nn.GRU(4, 5), nn.Linear(5, 9)

    def forward(self, target):
        word, state, found = target[0].long(), None, []
        self.rnn.flatten_parameters()
        for step in range(1, target.size(0)):
            output, state = self.rnn(self.embed(word).unsqueeze(0), state)
            assert (output == state).all()
            if torch.isnan(output).any():
                raise ValueError("not a number")
            score = self.out(output.squeeze(0))
            word = target[step].long() if random.random() < 0.5 else score.argmax(1)
            found.append(score)
        return torch.stack(found)
""",
        [(4, 3)],
        [[3, 3, 9]],
    ),
    "older types of tensors": (
        """
class Net(nn.Module):
    def forward(self, x):
        more = torch.zeros(2, 1)
        if isinstance(x.data, torch.cuda.FloatTensor):
            more = more.cuda()
        return torch.cat([x, more, torch.LongTensor([[1], [2]]).float()], 1)
""",
        [(2, 3)],
        [[2, 5]],
    ),
    "outputs that are named": (
        """
class Net(nn.Module):
    def forward(self, x):
        best = x.max(dim=1)
        return best.values, best.indices, torch.sort(x).values, x.median(2).indices
""",
        [(2, 3, 4)],
        [[2, 4], [2, 4], [2, 3, 4], [2, 3]],
    ),
    "the __getattr__ of nn.Module asked by name": (
        """
class Wrap(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(nn.Module.__getattr__(self, "inner"), name)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.wrap = Wrap(nn.Linear(4, 7))

    def forward(self, x):
        return self.wrap.inner(x), x.new_zeros(1, self.wrap.out_features)
""",
        [(2, 4)],
        [[2, 7], [1, 7]],
    ),
    "options in a dict with attributes": (
        """
class Options(dict):
    __getattr__ = dict.get
    __setattr__ = dict.__setitem__


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        options = Options(width=5)
        options.depth = 2
        width = options.width if options.wide is None else 9
        self.body = nn.Sequential(*[nn.Linear(width, width) for _ in range(options["depth"])])

    def forward(self, x):
        return self.body(x)
""",
        [(3, 5)],
        [[3, 5]],
    ),
    "embeddings from a table": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding.from_pretrained(torch.zeros(10, 6), freeze=True, padding_idx=0)

    def forward(self, x):
        return self.table(x.long()), nn.Transformer.generate_square_subsequent_mask(x.size(1))
""",
        [(2, 3)],
        [[2, 3, 6], [3, 3]],
    ),
    "slices from numbers in a tensor": (
        """
class Net(nn.Module):
    def forward(self, x):
        places = torch.arange(3)
        sizes = [4, 5, 6, 7][: places[2]]
        parts = [x[:, :, d : d + 2] for d in places]
        return torch.cat(parts, 1), x[..., places[1] :], x.new_zeros(sizes)
""",
        [(1, 2, 4, 4)],
        [[1, 6, 2, 4], [1, 2, 4, 3], [4, 5]],
    ),
    "numpy's append": (
        """
class Net(nn.Module):
    def forward(self, x):
        table = np.zeros((0, 4))
        for count in (2, 3):
            table = np.append(table, np.ones((count, 4)), axis=0)
        return x + torch.from_numpy(table), torch.from_numpy(np.append(table, [1, 2]))
""",
        [(5, 4)],
        [[5, 4], [22]],
    ),
    "a convolution derived from torch's base class": (
        """
from torch.nn.modules.conv import _ConvNd
from torch.nn.modules.utils import _pair


class Wide(_ConvNd):
    def __init__(self, inputs, outputs, kernel, bias=True):
        super().__init__(
            inputs, outputs, _pair(kernel), _pair(1), _pair(1), _pair(1), False, _pair(0), 1, bias, "zeros"
        )

    def forward(self, x):
        assert self.weight.shape[1] == self.in_channels
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(Wide(3, 4, 3), Wide(4, 5, 1, bias=False), nn.Conv2d(5, 2, 1))

    def forward(self, x):
        count = sum(isinstance(m, _ConvNd) for m in self.modules())
        return self.body(x), x.new_zeros(count)
""",
        [(1, 3, 8, 8)],
        [[1, 2, 10, 10], [3]],
    ),
    "a legacy tensor of a shape": (
        """
class Net(nn.Module):
    def forward(self, x):
        boxes = torch.FloatTensor(x[..., :4].shape)
        boxes[..., 0] = x[..., 4]
        return boxes, torch.Tensor(x.size()), torch.Tensor((2, 3))
""",
        [(2, 3, 5)],
        [[2, 3, 4], [2, 3, 5], [2]],
    ),
    "tensors that are made of nothing, and attributes that are functions": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("above", torch.triu_indices(4, 5, 1))
        self.register_buffer("window", torch.hamming_window(window_length=8))
        self.norm = nn.LayerNorm(8)
        self.norm.weight = nn.Parameter(self.norm.weight.data[None])
        self.table = nn.Parameter(torch.randn(4, 5).transpose_(0, 1))

    def forward(self, x):
        made = [x.new_zeros(2, 3), x.new_full((2,), 1.0), x.new_tensor([1, 2, 3]), x.new(2, 1)]
        kinds = [torch.full_like(x, 1), torch.randint(0, 4, (2, 2)), torch.randperm(x.size(1)).real]
        return self.above + 1, self.window * x, x.T, x[None].mT, torch.clone(input=x), *made, *kinds, self.table
""",
        [(3, 8)],
        [
            [2, 10],
            [3, 8],
            [8, 3],
            [1, 8, 3],
            [3, 8],
            [2, 3],
            [2],
            [3],
            [2, 1],
            [3, 8],
            [2, 2],
            [8],
            [5, 4],
        ],
    ),
    "what einops makes of several tensors": (
        """
from einops import einsum, pack, rearrange, reduce, repeat, unpack

class Net(nn.Module):
    def forward(self, x):
        y = rearrange([x, x + 1], "two b c h w -> b (two c) h w")
        tokens = reduce(y, "b c (h pool) w -> b (h w) c", "mean", pool=2)
        packed, shapes = pack([tokens, y[:, :, 0]], "b * c")
        first, second = unpack(packed, shapes, "b * c")
        return einsum(first, second, "b one c, b two c -> b one two"), repeat(x[:, 0], "b h w -> b k h w", k=3)
""",
        [(2, 4, 8, 8)],
        [[2, 32, 8], [2, 3, 8, 8]],
    ),
    "layers of torchvision and blocks that it makes of them": (
        """
import torchvision
from torchvision.ops import MLP, Permute, StochasticDepth, roi_align
from torchvision.ops.misc import Conv2dNormActivation, Conv3dNormActivation, SqueezeExcitation

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = Conv2dNormActivation(3, 8, (3, 1), stride=2, activation_layer=nn.SiLU)
        self.bare = Conv2dNormActivation(8, 8, 1, norm_layer=None, activation_layer=None, inplace=None)
        self.deep = Conv3dNormActivation(3, 8, dilation=(1, 2, 1))
        self.scale = SqueezeExcitation(8, 2, activation=nn.SiLU)
        self.depth = StochasticDepth(0.1, "row")
        self.frozen = torchvision.ops.FrozenBatchNorm2d(8)
        self.mlp = MLP(8, [16, 4], norm_layer=nn.LayerNorm)
        self.last = Permute([0, 2, 3, 1])

    def forward(self, x):
        y = self.bare(self.depth(self.scale(self.frozen(self.stem(x)))))
        boxes = torch.zeros(5, 5)
        return self.mlp(self.last(y)), roi_align(y, boxes, 7, 0.5, 2), self.deep(x.unsqueeze(2))
""",
        [(2, 3, 16, 16)],
        [[2, 8, 8, 4], [5, 8, 7, 7], [2, 8, 1, 16, 16]],
    ),
    "numbers that decide over numbers alone": (
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("sizes", torch.tensor([[3.0, 4.0], [1.0, 2.0]]))
        order = self.sizes.prod(-1)
        if order[0] - order[1] and order.sin().sum() > 0:
            self.sizes[:] = self.sizes.flip(0)

    def forward(self, x):
        if x.sum() > 0:
            x[:, 0] = 0
        return x * self.sizes
""",
        [(2, 2)],
        [[2, 2]],
    ),
}
NORM = """
class Norm(nn.Module):
    def __init__(self, module, name="weight"):
        super().__init__()
        self.module, self.name = module, name
        if not self.made():
            self.make()

    def made(self):
        try:
            getattr(self.module, self.name + "_u")
            return True
        except AttributeError:
            return False

    def make(self):
        weight = getattr(self.module, self.name)
        height = weight.data.shape[0]
        u = nn.Parameter(weight.data.new(height).normal_(0, 1), requires_grad=False)
        u.data = u.data / (u.data.norm() + 1e-12)
        bar = nn.Parameter(weight.data)
        del self.module._parameters[self.name]
        self.module.register_parameter(self.name + "_u", u)
        self.module.register_parameter(self.name + "_bar", bar)

    def forward(self, *given):
        bar, u = self.module.weight_bar, self.module.weight_u
        sigma = u.dot(bar.view(bar.shape[0], -1).sum(1))
        setattr(self.module, self.name, bar / sigma.expand_as(bar))
        return self.module.forward(*given)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = Norm(nn.Conv2d(3, 8, 3, padding=1))
        self.fc = Norm(nn.Linear(8, 2))

    def forward(self, x):
        return self.fc(self.conv(x).mean([2, 3]))
"""


def shapes_of(text: str, inputs: list[tuple[int, ...]], expression: str = "Net()") -> Any:
    net = read_python(
        HEAD + text,
        "short.py",
        expression,
        registry=default_registry(),
        inputs=dict(enumerate(inputs)),
    )
    result = infer(net)
    assert result.error is None
    return [
        list(shape)
        for source in net.outputs
        for shape in flatten_output(result.propagation.value(source))
    ]


@pytest.mark.parametrize("name", SHORT)
def test_short_sources_are_followed(name: str) -> None:
    text, inputs, outputs = SHORT[name]
    assert shapes_of(text, inputs) == outputs


def test_a_weight_may_give_way_to_one_that_is_computed() -> None:
    net = read_python(
        HEAD + NORM, "short.py", "Net()", registry=default_registry(), inputs=(2, 3, 4, 4)
    )
    assert infer(net).error is None
    assert shapes_of(NORM, [(2, 3, 4, 4)]) == [[2, 2]]
    assert {name: list(shape) for name, shape in state_dict(net).parameters.items()} == {
        "conv.module.bias": [8],
        "conv.module.weight_u": [8],
        "conv.module.weight_bar": [8, 3, 3, 3],
        "fc.module.bias": [2],
        "fc.module.weight_u": [2],
        "fc.module.weight_bar": [2, 8],
    }


def test_a_tensor_is_no_parameter() -> None:
    text = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)
        self.fc.weight = torch.zeros(3, 3)
"""
    with pytest.raises(SpecError, match="cannot assign a tensor as parameter 'weight'"):
        shapes_of(text, [(1, 3)])


def test_numpy_has_lost_names() -> None:
    text = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(np.int(3), 4)
"""
    with pytest.raises(SpecError, match="module 'numpy' has no attribute 'int'"):
        shapes_of(text, [(1, 3)])


def test_an_attribute_whose_name_is_not_known_is_no_error_of_the_model() -> None:
    text = """
import elsewhere


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        setattr(self, elsewhere.NAME, nn.Linear(3, 4))
"""
    with pytest.raises(SpecError, match="the name of this attribute is not known"):
        shapes_of(text, [(1, 3)])


def test_a_model_may_give_its_input_back() -> None:
    text = "class Net(nn.Module):\n    def forward(self, x):\n        return x\n"
    assert shapes_of(text, [(1, 3)]) == [[1, 3]]


def test_a_part_of_a_layer_that_is_replaced_is_not_followed() -> None:
    text = """
class Net(nn.Transformer):
    def __init__(self):
        super().__init__(8, 2, 1, 1, 16)
        self.decoder = nn.Linear(8, 3)
"""
    with pytest.raises(SpecError, match="another decoder in a Net is not followed"):
        shapes_of(text, [(5, 2, 8)])


def test_branches_of_different_shapes_are_no_choice() -> None:
    text = """
class Net(nn.Module):
    def forward(self, x):
        return x[0] if x.sum() > 0 else x
"""
    with pytest.raises(SpecError, match="depends on the numbers in a tensor"):
        shapes_of(text, [(5, 2)])


# ------------------------------------------------------------------------------- what goes wrong


def refusal(tmp_path: Path, text: str, expression: str | None = None, **rest: Any) -> SpecError:
    with pytest.raises(SpecError) as found:
        read_python(
            text, str(tmp_path / "model.py"), expression, registry=default_registry(), **rest
        )
    return found.value


UNFOLLOWED = """
import torch.nn as nn
import elsewhere

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(10, 4)
        self.head = nn.Linear(4, 3)

    def forward(self, x, y):
        return elsewhere.join(self.head(self.embed(x)), y)

def build():
    return Net()
"""


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("Nett", "did you mean Net?"),
        ("biuld()", "did you mean build?"),
        ("Q", "it has: Net, build"),
    ],
)
def test_a_name_that_is_not_there_names_the_nearest(
    tmp_path: Path, expression: str, hint: str
) -> None:
    error = refusal(tmp_path, UNFOLLOWED, expression)
    assert (error.code, error.hint) == ("S134", hint)


@pytest.mark.parametrize("inputs", [None, {0: (2, 5), 1: (2, 5)}])
def test_parameters_are_known_where_the_forward_is_not(tmp_path: Path, inputs: Any) -> None:
    error = refusal(tmp_path, UNFOLLOWED, "Net", inputs=inputs)
    net = getattr(error, "net", None)
    assert net is not None
    assert list(state_dict(net).parameters) == ["embed.weight", "head.weight", "head.bias"]


def test_a_buffer_that_the_forward_registers_is_no_state() -> None:
    text = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.ones(1))

    def forward(self, x):
        if not hasattr(self, "mean"):
            self.register_buffer("mean", x.mean(0))
        return (x - self.mean) * self.scale
"""
    net = read_python(
        HEAD + text, "short.py", "Net", registry=default_registry(), inputs={0: (2, 5)}
    )
    result = infer(net)
    assert result.error is None
    assert list(state_dict(net).buffers) == ["scale"]
    assert shapes_of(text, [(2, 5)]) == [[2, 5]]


@pytest.mark.parametrize("body", ["x = x[:1]", "self.sizes[0] = 3", "x[0] = 0; x = x[:1]"])
def test_numbers_that_decide_over_more_than_numbers_are_refused(tmp_path: Path, body: str) -> None:
    text = f"""
class Net(nn.Module):
    def forward(self, x):
        self.sizes = [1, 2]
        if x.sum() > 0:
            {body}
        return x
"""
    assert refusal(tmp_path, HEAD + text, "Net", inputs={0: (2, 3)}).code == "S106"


@pytest.mark.parametrize("taken", ["x[:, end:]", "x.new_zeros([4, 5, 6][:end])"])
def test_a_slice_bounded_by_the_numbers_of_a_tensor_is_refused(tmp_path: Path, taken: str) -> None:
    text = f"""
class Net(nn.Module):
    def forward(self, x):
        end = x.argmax()
        return {taken}
"""
    error = refusal(tmp_path, HEAD + text, "Net", inputs={0: (2, 3)})
    assert error.code == "S106"
    assert "the bound of this slice depends on the numbers in a tensor" in error.message


@pytest.mark.parametrize(
    "call",
    [
        "nn.utils.parametrize.register_parametrization(nn.Linear(4, 3), 'weight', None)",
        "nn.utils.prune.l1_unstructured(nn.Linear(4, 3), 'weight', 0.5)",
    ],
)
def test_a_function_that_may_change_a_module_is_refused(tmp_path: Path, call: str) -> None:
    text = UNFOLLOWED.replace("self.head = nn.Linear(4, 3)", f"self.head = {call}").replace(
        "import torch.nn", "import torch.nn.utils.parametrize\nimport torch.nn"
    )
    error = refusal(tmp_path, text, "Net")
    assert "may change its parameters" in error.message
    assert error.location is not None
    assert error.location.line == 10


# ------------------------------------------------------------------------------- branches of sizes

BRANCHES = """
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        if x.size(2) % 2 == 1:
            x = F.pad(x, (0, 0, 0, 1))
        if x.size(3) % 2 == 1:
            x = F.pad(x, (0, 1, 0, 0))
        x = self.conv(x)
        if x.size(2) > 50:
            x = F.max_pool2d(x, 2)
        elif x.size(2) < 20:
            raise ValueError("too small")
        return x
"""


def test_solving_a_source_visits_its_other_branches(tmp_path: Path) -> None:
    # With PyTorch: 31 and 32 without the pool, 61 and 62 with it, and none of one side each.
    net = read_python(BRANCHES, str(tmp_path / "model.py"), "Net", registry=default_registry())
    answer = solve(net, target=(30, 30))
    assert answer.complete
    assert [*answer.points()] == [
        (height, width) for pair in ((31, 32), (61, 62)) for height in pair for width in pair
    ]


def test_branches_that_cannot_be_followed_leave_an_answer_incomplete(tmp_path: Path) -> None:
    text = BRANCHES.replace('raise ValueError("too small")', "return elsewhere.small(x)")
    text = "import elsewhere\n" + text
    net = read_python(text, str(tmp_path / "model.py"), "Net", registry=default_registry())
    answer = solve(net, target=(30, 30))
    assert not answer.complete
    assert answer.limit is not None
    assert "can't be followed" in answer.limit
    assert (31, 32) in answer
    assert (61, 62) in answer


# ----------------------------------------------------------------------------- torchvision's files

VISION = json.loads((HERE / "conformance" / "data" / "vision.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", VISION["models"])
def test_files_of_torchvision_are_read(name: str) -> None:
    """Where torchvision is installed its files are read, and not imported."""
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None:
        pytest.skip("torchvision isn't installed")
    known = VISION["models"][name]
    path = Path(found.origin).parent.parent / known["file"]
    for case in known["cases"]:
        refused = False
        try:
            net = read_python(
                path.read_text(encoding="utf-8"),
                str(path),
                known["call"],
                registry=default_registry(),
                inputs=tuple(case["input"]),
            )
        except SourceMisfit as error:
            net, refused = error.net, True
        result = infer(net)
        assert (not refused and result.error is None) == case["ok"], case
        if case["ok"]:
            outputs = case["outputs"]
            named = outputs.values() if isinstance(outputs, dict) else outputs
            assert [*map(list, shapes_of_outputs(net))] == [*named]
    state = state_dict(net)
    assert [(key, list(shape)) for key, shape in state.parameters.items()] == [
        *known["parameters"].items()
    ]
    assert {key: list(shape) for key, shape in state.buffers.items()} == known["buffers"]
    assert state.count == known["param_count"]


def shapes_of_outputs(net: Net) -> list[Any]:
    result = infer(net)
    return [
        shape
        for source in net.outputs
        for shape in flatten_output(result.propagation.value(source))
    ]


# ------------------------------------------------------------------------------ inputs not given

GUESSED = {
    "a table that is registered later": (
        "self.head = nn.Linear(8, 3); self.embed = nn.Embedding(10, 8)",
        "return self.head(self.embed(x).mean(1))",
        ("N", "L"),
    ),
    "sizes that are asked first": (
        "self.conv = nn.Conv1d(8, 8, 3); self.embed = nn.Embedding(10, 8)",
        "count, length = x.size(); return self.conv(self.embed(x).transpose(1, 2))",
        ("N", "L"),
    ),
    "layers that are registered the other way round": (
        "self.norm = nn.BatchNorm2d(5); self.conv = nn.Conv2d(3, 5, 3)",
        "x = x.float() / x.size(0); return self.norm(self.conv(x))",
        ("N", 3, "H", "W"),
    ),
}


@pytest.mark.parametrize("name", GUESSED)
def test_the_shape_of_an_input_is_found_by_trying(tmp_path: Path, name: str) -> None:
    made, forward, shape = GUESSED[name]
    text = (
        "import torch.nn as nn\n\nclass Net(nn.Module):\n    def __init__(self):\n"
        f"        super().__init__()\n        {made}\n\n    def forward(self, x):\n"
        f"        {forward}\n"
    )
    net = read_python(text, str(tmp_path / "model.py"), "Net", registry=default_registry())
    assert [str(size) for size in net.inputs["x"] or ()] == [str(size) for size in shape]
    assert infer(net).error is None


# ------------------------------------------------------------------------------------ statements

MATCHED = """
import itertools
from itertools import chain
from dataclasses import dataclass
import torch
from torch import nn

@dataclass
class Plan:
    kind: str
    sizes: tuple

KINDS = {"a": 1}

def pick(plan):
    match plan:
        case Plan("plain", (first, *rest)) if first > 100:
            return nn.Linear(first, 1)
        case Plan("plain", (first, *rest)):
            return nn.Linear(first, sum(rest))
        case {"kind": "table", "rows": int(rows), **other}:
            return nn.Embedding(rows, other["size"])
        case "relu" | "gelu" as name:
            return nn.ReLU() if name == "relu" else nn.GELU()
        case [_, _]:
            return nn.Tanh()
        case None:
            return nn.Identity()
        case str() | bytes():
            return nn.Sigmoid()
        case _:
            raise ValueError(plan)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        plans = [Plan("plain", (8, 3, 4)), "gelu", [1, 2], None, "x", Plan("plain", [7, 5])]
        self.body = nn.Sequential(*(pick(p) for p in plans))
        self.table = pick({"kind": "table", "rows": 5, "size": 8})
        self.apply(self.start)
        self.count = len(list(itertools.chain.from_iterable([[1], [2, 3]]))) + len(list(chain.from_iterable([[1]])))
        self.last = nn.Linear(5, self.count)

    def start(self, m):
        match m:
            case nn.Linear(weight=w, bias=None):
                nn.init.zeros_(w)
            case nn.Linear() | nn.Embedding():
                nn.init.normal_(m.weight)
            case nn.Module():
                pass

    def forward(self, x):
        match self.table(x).shape:
            case (n, length, 8):
                x = self.table(x).reshape(n * length, 8)
        return self.last(self.body(x))
"""


def test_match_statements_are_followed(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    registry = default_registry()
    net = read_python(MATCHED, str(path), "Net", registry=registry, inputs=(2, 3))
    names = [layer.call.function for layer in net.layers if layer.call is not None]
    assert names[3:] == ["Linear", "GELU", "Tanh", "Identity", "Sigmoid", "Linear", "Linear"]
    assert shapes_of_outputs(net) == [(6, 4)]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("nn.Linear(a, b)", "accepts 0 positional sub-patterns"),
        ("unknown.kind", "NameError"),
    ],
)
def test_a_match_that_python_refuses(tmp_path: Path, case: str, said: str) -> None:
    text = (
        "from torch import nn\n\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.fc = nn.Linear(2, 3)\n"
        f"        match self.fc:\n            case {case}:\n                pass\n"
    )
    with pytest.raises(SpecError, match=said):
        read_python(text, str(tmp_path / "model.py"), "Net", registry=default_registry())


# ------------------------------------------------------------------------ inputs that need a shape

UNKNOWN = {
    "a rank that no layer says": (
        "self.fc = nn.Linear(48, 3)",
        "x",
        "n, c, h, w = x.shape; return self.fc(x.reshape(n, 16, -1))",
        ["--input x=SHAPE", "Nx48"],
    ),
    "a second input": (
        "self.conv = nn.Conv2d(4, 8, 2); self.fc = nn.Linear(9, 8)",
        "x, t",
        "t = t.view(t.shape[0], 3, 3, 1)[:, :, 0]; return self.conv(x) + self.fc(t.expand(2, 2, 9))",
        ["--input x=Nx4xHxW --input t=SHAPE"],
    ),
}


def model_text(made: str, names: str, forward: str) -> str:
    return (
        "import torch.nn as nn\n\nclass Net(nn.Module):\n    def __init__(self):\n"
        f"        super().__init__()\n        {made}\n\n    def forward(self, {names}):\n"
        f"        {forward}\n"
    )


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_guess_that_does_not_fit_is_no_misfit_of_the_model(tmp_path: Path, name: str) -> None:
    *parts, said = UNKNOWN[name]
    text = model_text(*[str(part) for part in parts])
    with pytest.raises(SpecError) as found:
        read_python(text, str(tmp_path / "model.py"), "Net", registry=default_registry())
    assert found.value.code == "S118"
    for part in said:
        assert part in f"{found.value.message} {found.value.hint}"


KNOWN = {
    "channels": "self.a = nn.Conv2d(3, 8, 3); self.b = nn.Conv2d(6, 8, 3)",
    "features": "self.a = nn.Linear(3, 8); self.b = nn.Linear(6, 8)",
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_misfit_at_every_shape_is_found_without_one(tmp_path: Path, name: str) -> None:
    text = model_text(KNOWN[name], "x", "return self.b(self.a(x))")
    with pytest.raises(SourceMisfit):
        read_python(text, str(tmp_path / "model.py"), "Net", registry=default_registry())


def test_more_dimensions_are_tried(tmp_path: Path) -> None:
    forward = "n, length, _ = x.shape; return self.fc(x).view(n, length, 2, -1)"
    text = model_text("self.fc = nn.Linear(32, 8)", "x", forward)
    net = read_python(text, str(tmp_path / "model.py"), "Net", registry=default_registry())
    assert [str(size) for size in net.inputs["x"] or ()] == ["N", "L", "32"]


MINE = """
Doubled:
  layers: [doubled, halved]
  numbers: {doubled: WORD, halved: down}
  input: any
  output: input
"""


def test_a_registry_says_what_becomes_of_known_numbers(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(MINE.replace("WORD", "opposite"), encoding="utf-8")
    text = HEAD + (
        """
class Net(nn.Module):
    def forward(self, x):
        size = torch.doubled(torch.tensor([-3, -5]))
        return x.new_zeros(int(size[0]), int(size.prod()))
"""
    )
    net = read_python(
        text, "short.py", "Net()", registry=load_registry((str(file),)), inputs=(2, 4)
    )
    outputs = infer(net, registry=load_registry((str(file),))).outputs
    assert list(outputs.values()) == [[(3, 15)]]


def test_each_word_for_numbers_is_known_to_the_reader() -> None:
    from shapecalc.readers.python import arrays, creation, tensors

    shaping = {"same", "parts", "reversed", "distinct"}
    of_numbers = {*arrays._BETWEEN, *arrays._EACH, *arrays._TOGETHER}
    assert shaping | of_numbers | {*creation.CREATORS, *tensors.UNRECORDED} == set(NUMBERS)
    for name in default_registry().names():
        assert default_registry().find(name).numbers in {None, *NUMBERS}


def test_a_word_for_numbers_that_is_unknown_names_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(MINE.replace("WORD", "oposite"), encoding="utf-8")
    with pytest.raises(SpecError, match="unknown word oposite under numbers") as found:
        load_registry((str(file),))
    assert found.value.code == "S120"
    assert found.value.hint == "did you mean opposite?"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            MINE.replace("{doubled: WORD", "{doubeld: same"),
            "doubeld under numbers is none of the layers",
        ),
        (MINE.replace("WORD", "[same]"), "has a list where a text is needed"),
        (MINE.replace("WORD", "same") + "  functional: {dim: None}\n", "dim under functional"),
    ],
)
def test_what_an_entry_says_of_its_functions_is_checked(
    tmp_path: Path, entry: str, message: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(entry, encoding="utf-8")
    with pytest.raises(SpecError, match=message) as found:
        load_registry((str(file),))
    assert found.value.code == "S120"


def test_every_entry_of_the_registry_is_as_its_head_has_it() -> None:
    registry = default_registry()
    for name in registry.names():
        type_ = registry.find(name)
        type_.validate()
        function = type_.own("function")
        assert function is None or registry.find(function).is_function
        assert {*(type_.data.get("attributes") or {})} <= {slot.name for slot in type_.parameters}


# A tensor is made of what is none of its sizes, bounds or numbers.
WRONG = [
    "",
    "None",
    "'a'",
    "-1",
    "0, 5, 0",
    "(2,), None",
    "...",
    "len",
    "x.size(0), 'a'",
    "size=None",
]
NUMBERED = [name for name in default_registry().names() if default_registry().find(name).numbers]


@pytest.mark.parametrize("call", [*(f"torch.{name}" for name in NUMBERED), "numpy.prod", "x.new"])
def test_wrong_kinds_of_arguments_give_errors_of_the_readers_own(call: str) -> None:
    for arguments in (*WRONG, "x"):
        forward = f"    def forward(self, x):\n        return {call}({arguments})\n"
        text = f"import numpy\n{HEAD}class Net(nn.Module):\n{forward}"
        with contextlib.suppress(ShapecalcError):
            read_python(text, "m.py", "Net", registry=default_registry(), inputs=(2, 3))


# ------------------------------------------------------------------------ norms that are removed

REMOVED = """
import torch
from torch import nn
from torch.nn.utils import remove_weight_norm, weight_norm
from torch.nn.utils.parametrizations import weight_norm as parametrized
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

class Net(nn.Module):
    def __init__(self, norm, keep=False):
        super().__init__()
        self.body = nn.Sequential(norm(nn.Conv1d(4, 8, 3)), nn.ReLU(), nn.Conv1d(8, 2, 1))
        if not keep:
            self.apply(self.remove)

    def remove(self, module):
        if is_parametrized(module):
            remove_parametrizations(module, "weight")
        try:
            remove_weight_norm(module)
        except ValueError:
            return

    def forward(self, x):
        return self.body(x)
"""


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ("Net(weight_norm)", ["bias", "weight"]),
        ("Net(parametrized)", ["bias", "weight"]),
        ("Net(weight_norm, keep=True)", ["bias", "weight_g", "weight_v"]),
        ("Net(nn.utils.spectral_norm)", ["bias", "weight_orig"]),
        ("Net(lambda module: module)", ["weight", "bias"]),
    ],
)
def test_a_norm_that_is_removed_leaves_the_weight_last(call: str, names: list[str]) -> None:
    net = read_python(REMOVED, "m.py", call, registry=default_registry(), inputs=(2, 4, 9))
    found = [name.removeprefix("body.0.") for name in state_dict(net).parameters]
    assert found == [*names, "body.2.weight", "body.2.bias"]
    assert infer(net).outputs == {"body.2": [(2, 2, 7)]}


def test_no_norm_can_be_removed_where_none_is() -> None:
    text = f"{HEAD}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    text += "        self.fc = nn.utils.remove_weight_norm(nn.Linear(3, 4))\n"
    with pytest.raises(ShapeError, match="weight_norm of 'weight' not found"):
        read_python(text, "m.py", "Net", registry=default_registry())


# -------------------------------------------------------------------- dictionaries of one's own

DICTIONARIES = """
from collections import OrderedDict
import torch
from torch import nn

class Instances(OrderedDict):
    def __getitem__(self, key):
        kind, words = super().__getitem__(key)
        return kind(**words)

class Attributes(dict):
    def __init__(self, **words):
        super().__init__(**words)
        self.__dict__ = self

class Texts(dict):
    def __setitem__(self, key, value):
        super().__setitem__(str(key), value)

    def __contains__(self, key):
        return super().__contains__(str(key))

class Widths(dict):
    def __missing__(self, key):
        self[key] = int(key[1:])
        return self[key]

MADE = Instances(leaky=(nn.LeakyReLU, {"negative_slope": 0.3}))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        h = Attributes(k=3)
        h.p = h["k"] // 2
        t, w = Texts(), Widths()
        t[3] = 4
        self.body = nn.Sequential(nn.Conv2d(t["3"] - 1, w["w6"], h.k, padding=h["p"]), MADE["leaky"])
        self.fc = nn.Linear(w["w6"], 5 * (3 in t) + len(w))
        self.p = nn.ParameterDict({"b": torch.ones(1), "a": torch.ones(2)})
        self.q = nn.ParameterDict(OrderedDict(b=torch.ones(1), a=torch.ones(2)))

    def forward(self, x):
        return self.fc(self.body(x).mean((2, 3)))
"""


def test_dictionaries_of_ones_own_are_followed() -> None:
    net = read_python(DICTIONARIES, "m.py", "Net", registry=default_registry(), inputs=(2, 3, 9, 9))
    assert infer(net).outputs == {"fc": [(2, 6)]}
    assert {name: shape for name, shape in state_dict(net).parameters.items() if "." in name} == {
        "body.0.weight": (6, 3, 3, 3),
        "body.0.bias": (6,),
        "fc.weight": (6, 6),
        "fc.bias": (6,),
        "p.a": (2,),  # PyTorch sorts the names of a dictionary
        "p.b": (1,),
        "q.b": (1,),
        "q.a": (2,),
    }
    names = [name for name in state_dict(net).parameters if name[1] == "."]
    assert names == ["p.a", "p.b", "q.b", "q.a"]


def test_a_layer_gets_a_bias_from_elsewhere() -> None:
    text = f"""{HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(5))
        self.decoder = nn.Linear(3, 5, bias=False)
        self.decoder.bias = self.bias

    def forward(self, x):
        return self.decoder(x)
"""
    net = read_python(text, "m.py", "Net", registry=default_registry(), inputs=(2, 3))
    assert [*state_dict(net).parameters] == ["bias", "decoder.weight", "decoder.bias"]
    assert state_dict(net).count == 20
    assert [*infer(net).outputs.values()] == [[(2, 5)]]
    assert net.layers[-1].call is not None
    assert net.layers[-1].call.function == "linear"


def test_running_products_and_sums_of_numpy_are_known() -> None:
    text = f"""import numpy as np
{HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        betas = np.linspace(0.1, 0.5, 5)
        alphas = np.cumprod(1.0 - betas, axis=0)
        self.register_buffer("before", torch.tensor(np.append(1.0, alphas[:-1])))
        self.register_buffer("grid", torch.tensor(np.cumsum(np.ones((2, 3)), axis=1)))
        self.register_buffer("row", torch.tensor(np.cumsum(np.ones((2, 3)))))
        self.fc = nn.Linear(int(np.cumprod([2, 3, 4])[-1]), int(np.cumsum([2, 3])[1]))

    def forward(self, x):
        return self.fc(x)
"""
    net = read_python(text, "m.py", "Net", registry=default_registry(), inputs=(2, 24))
    assert state_dict(net).buffers == {"before": (5,), "grid": (2, 3), "row": (6,)}
    assert infer(net).outputs == {"fc": [(2, 5)]}


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        ("torch.eye(n=2, m=4)", (2, 4)),
        ("torch.eye(2, m=3)", (2, 3)),
        ("torch.eye(3)", (3, 3)),
        ("torch.full(size=(2,), fill_value=1)", (2,)),
        ("torch.linspace(start=0, end=1, steps=4)", (4,)),
        ("torch.Tensor()", (0,)),
        ("x.new()", (0,)),
        ("torch.eye(2, None)", None),
        ("torch.full((2,))", None),
        ("torch.full((2,), None)", None),
        ("torch.linspace(0, 1)", None),
        ("torch.zeros()", None),
        ("torch.tensor(None)", None),
    ],
)
def test_tensors_are_made_of_what_pytorch_takes(call: str, shape: tuple[int, ...] | None) -> None:
    text = f"{HEAD}class Net(nn.Module):\n    def forward(self, x):\n        return {call}\n"
    if shape is None:
        with pytest.raises(SourceMisfit):
            read_python(text, "m.py", "Net", registry=default_registry(), inputs=(2, 3))
        return
    net = read_python(text, "m.py", "Net", registry=default_registry(), inputs=(2, 3))
    assert [*infer(net).outputs.values()] == [[shape]]
