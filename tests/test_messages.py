"""PyTorch's messages, as people paste them: which layer, what the numbers are, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shapecalc.errors import SpecError
from shapecalc.messages import explain_message, general_messages, splits
from shapecalc.registry import default_registry
from tests.commands import run

PASTED = {
    "mat1 and mat2 shapes cannot be multiplied (64x9216 and 400x120)": (
        "Linear",
        "9216 = 256*6*6",
        "Set in_features=9216",
    ),
    "size mismatch, m1: [64 x 9216], m2: [400 x 120] at /aten/src/TH/THTensorMath.cpp:41": (
        "Linear",
        "Set in_features=9216",
    ),
    "RuntimeError: Given groups=1, weight of size [64, 3, 7, 7], expected input[1, 1, 224, 224] to have 3"
    " channels, but got 1 channels instead": ("Conv2d", "Set in_channels=1"),
    "Given transposed=1, weight of size [64, 32, 2, 2], expected input[1, 128, 8, 8] to have 64 channels,"
    " but got 128 channels instead": ("ConvTranspose2d", "Set in_channels=128"),
    "Sizes of tensors must match except in dimension 1. Expected size 24 but got size 25 for tensor"
    " number 1 in the list.": (
        "cat",
        "along dimension 1",
        "shapecalc solve",
        "padding the smaller by\n1",
    ),
    "The size of tensor a (64) must match the size of tensor b (32) at non-singleton dimension 3": (
        "add",
        "in dimension 3 one has 64 and the other 32",
    ),
    "Calculated padded input size per channel: (2 x 2). Kernel size: (3 x 3). Kernel size can't be"
    " greater than actual input size": ("Conv2d", "larger input"),
    "Given input size: (512x1x1). Calculated output size: (512x0x0). Output size is too small": (
        "MaxPool2d",
        "512x1x1",
        "larger input",
    ),
    "running_mean should contain 64 elements not 32": ("BatchNorm2d", "Set num_features=64"),
    "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [1, 784]": (
        "Conv2d",
        "[1, 784] comes in",
        "unsqueeze(0)",
    ),
    "max_pool2d(): Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but"
    " got: [1, 784]": ("MaxPool2d", "4 dimensions"),
    "shape '[-1, 400]' is invalid for input of size 784": ("view", "784 = 16*7*7", "x.flatten(1)"),
    "view size is not compatible with input tensor's size and stride (at least one dimension spans across"
    " two contiguous subspaces). Use .reshape(...) instead.": ("view", "contiguous"),
    "input.size(-1) must be equal to input_size. Expected 10, got 20": ("GRU", "Set input_size=20"),
    "Expected hidden[0] size (2, 1, 20), got [2, 3, 20]": ("LSTM", "batch_first"),
    "Expected input batch_size (324) to match target batch_size (4).": (
        "CrossEntropyLoss",
        "324 = 4*81 + 0",
    ),
    "stack expects each tensor to be equal size, but got [3, 224, 224] at entry 0 and [3, 200, 200] at"
    " entry 1": ("stack", "DataLoader"),
    "einsum(): subscript j has size 4 for operand 1 which does not broadcast with previously seen size 3": (
        "einsum",
        "The letter j",
    ),
    "max_pool1d() Invalid computed output size: 0": ("MaxPool1d", "kernel covers more"),
    "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of"
    " upscale_factor, but input.size(-3)=6 is not divisible by 4": ("PixelShuffle", "6 channels"),
    "ValueError: not enough values to unpack (expected 4, got 2)": ("sizes", "2 too few"),
    "too many values to unpack (expected 2)": ("sizes", "LSTM"),
    "size mismatch for fc.weight: copying a param with shape torch.Size([1000, 512]) from checkpoint, the"
    " shape in current model is torch.Size([10, 512]).": ("checkpoint", "fc.weight", "10, 512"),
    "Dimension out of range (expected to be in range of [-2, 1], but got 2)": (
        "dimension",
        "2 dimensions",
    ),
}


@pytest.mark.parametrize(("message", "wanted"), PASTED.items())
def test_a_pasted_message(message: str, wanted: tuple[str, ...]) -> None:
    found = run("explain", message)
    assert found.code == 0, found.err
    heading, _, rest = found.out.partition("\n")
    assert wanted[0] in heading
    for words in wanted[1:]:
        assert words in rest


def templates() -> Iterator[tuple[str, str]]:
    registry = default_registry()
    for key in registry.keys_with("messages"):
        for template, advice in (registry.data(key).get("messages") or {}).items():
            yield str(template), str(advice)
    for template, item in general_messages().items():
        yield template, item["advice"]


@pytest.mark.parametrize(("template", "advice"), [*templates()])
def test_every_line_of_advice_is_filled(template: str, advice: str) -> None:
    names = dict.fromkeys(re.findall(r"\{([^{}]*)\}", template))
    message = template
    for number, name in enumerate(names):
        message = message.replace("{" + name + "}", str(8 * (number + 1)))
    lines = [line.text for line in explain_message(message, default_registry())]
    assert len([line for line in lines if line]) >= len(advice.strip().splitlines())
    assert not any("{" in line for line in lines)


def test_what_is_no_message_of_pytorchs() -> None:
    found = run("explain", "only one element tensors can be converted to Python scalars")
    assert found.code == 2
    assert "S140" in found.err
    with pytest.raises(SpecError):
        explain_message("no such thing", default_registry())


def test_a_net_that_cannot_be_read_keeps_its_own_error() -> None:
    found = run("explain", "Conv2d(3, 8, 3) | Relu is not a layer")
    assert found.code == 2
    assert "S140" not in found.err


def test_splits_are_products_with_the_likely_channels_first() -> None:
    assert splits(9216)[0] == (256, 6)
    for number in (1, 17, 784, 25088):
        assert all(channels * side * side == number for channels, side in splits(number))


# ------------------------------------------------------------------------------- as PyTorch says it


def raised_by_torch() -> list[tuple[str, str, Callable[[Any, Any], Any]]]:
    return [
        ("Linear", "in_features=6", lambda t, nn: nn.Linear(4, 2)(t.ones(3, 6))),
        ("Conv2d", "in_channels=1", lambda t, nn: nn.Conv2d(3, 8, 3)(t.ones(1, 1, 9, 9))),
        ("Conv2d", "covers 5 x 5", lambda t, nn: nn.Conv2d(3, 8, 5)(t.ones(1, 3, 4, 4))),
        ("Conv2d", "[1, 784]", lambda t, nn: nn.Conv2d(3, 8, 5)(t.ones(1, 784))),
        (
            "ConvTranspose2d",
            "in_channels=4",
            lambda t, nn: nn.ConvTranspose2d(3, 8, 5)(t.ones(1, 4, 4, 4)),
        ),
        ("MaxPool2d", "larger input", lambda t, nn: nn.MaxPool2d(3)(t.ones(1, 3, 2, 2))),
        ("BatchNorm2d", "num_features=4", lambda t, nn: nn.BatchNorm2d(3)(t.ones(2, 4, 2, 2))),
        ("LayerNorm", "[1, 5]", lambda t, nn: nn.LayerNorm(4)(t.ones(1, 5))),
        ("GRU", "input_size=5", lambda t, nn: nn.GRU(4, 4)(t.ones(3, 2, 5))),
        (
            "LSTM",
            "batch_first",
            lambda t, nn: nn.LSTM(4, 4)(t.ones(3, 2, 4), (t.ones(1, 3, 4),) * 2),
        ),
        ("MultiheadAttention", "divisors", lambda t, nn: nn.MultiheadAttention(6, 4)),
        ("cat", "dimension 1", lambda t, nn: t.cat([t.ones(1, 2, 3), t.ones(1, 2, 4)], 1)),
        ("stack", "[2, 3]", lambda t, nn: t.stack([t.ones(2, 3), t.ones(2, 4)])),
        ("add", "dimension 1", lambda t, nn: t.ones(2, 3) + t.ones(2, 4)),
        ("view", "6 numbers", lambda t, nn: t.ones(2, 3).view(-1, 4)),
        ("view", "contiguous", lambda t, nn: t.ones(2, 3).t().view(6)),
        ("expand", "dimension 1", lambda t, nn: t.ones(2, 3).expand(2, 4)),
        ("bmm", "[2, 4]", lambda t, nn: t.bmm(t.ones(2, 3, 4), t.ones(2, 5, 4))),
        (
            "CrossEntropyLoss",
            "6 rows",
            lambda t, nn: nn.CrossEntropyLoss()(t.ones(6, 3), t.ones(2).long()),
        ),
        ("Embedding", "num_embeddings", lambda t, nn: nn.Embedding(3, 4)(t.tensor([3]))),
        ("permute", "3 dimensions", lambda t, nn: t.ones(2, 3).permute(0, 1, 2)),
    ]


@pytest.mark.parametrize(("layer", "words", "call"), raised_by_torch())
def test_messages_of_the_installed_pytorch(
    layer: str, words: str, call: Callable[[Any, Any], Any]
) -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(Exception) as failure:  # noqa: PT011 - whatever PyTorch raises
        call(torch, torch.nn)
    lines = [line.text for line in explain_message(str(failure.value), default_registry())]
    assert layer in lines[0]
    assert words in "\n".join(lines)
