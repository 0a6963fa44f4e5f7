"""Fixes are tried before they are offered: each one, applied to the spec, mends the net."""

from __future__ import annotations

from typing import Any

import pytest

import shapecalc
from shapecalc.mend import Fix, fixes_for

TO_MEND: dict[str, tuple[Any, Any]] = {
    "a flatten, and the linear layer after it": ("lenet", (1, 3, 40, 40)),
    "channels, and what they make too small later": ("lenet", (1, 1, 28, 28)),
    "two layers at once": (
        "Conv2d(3, 8, 3) | BatchNorm2d(16) | ReLU | flatten(1) | Linear(100, 10)",
        (1, 3, 8, 8),
    ),
    "a linear layer": ("Linear(10, 20) | Linear(30, 4)", (2, 10)),
    "an input that is too small": (
        "Conv2d(3, 8, 3) | MaxPool2d(2) | Conv2d(8, 8, 5)",
        (1, 3, 6, 6),
    ),
    "a recurrent layer": ("Embedding(100, 32) | LSTM(16, 4)", (3, 7)),
    "heads of attention": (
        {"layers": [{"layer": "MultiheadAttention(16, 3)", "from": ["input"] * 3, "name": "a"}]},
        (5, 2, 16),
    ),
    "several sizes of a normalized shape": ("LayerNorm((3, 10, 10))", (2, 3, 12, 12)),
    "channels and groups together": ("GroupNorm(3, 9)", (1, 8, 5, 5)),
    "a module that is an argument": (
        "TransformerEncoder(TransformerEncoderLayer(16, 4), 2)",
        (5, 2, 20),
    ),
    "a parameter": (
        {
            "layers": [
                {"name": "x", "layer": "Linear(4, 8)"},
                {"name": "pos", "layer": "parameter([1, 5, 8])", "from": []},
                {"name": "sum", "layer": "add", "from": ["x", "pos"]},
            ]
        },
        (2, 7, 4),
    ),
    "channels of branches": (
        {
            "layers": [
                {"name": "a", "layer": "Conv2d(3, 8, 3, padding=1)", "from": "input"},
                {"name": "b", "layer": "Conv2d(3, 6, 1)", "from": "input"},
                {"name": "sum", "layer": "add", "from": ["a", "b"]},
            ]
        },
        (1, 3, 9, 9),
    ),
    "what comes before a chunk": ("Linear(4, 7) | GLU", (2, 4)),
    "an unflatten": ("Linear(10, 30) | Unflatten(1, (4, 8))", (2, 10)),
    "a batch that is a symbol": ("Conv2d(3, 8, 3) | Flatten | Linear(9, 2)", ("N", 3, 8, 8)),
    "groups": ("Conv2d(3, 8, 3, groups=2)", (1, 3, 9, 9)),
    "features, other arguments being symbols": (
        "Conv2d(3, C, 3) | Conv2d(D, 8, k) | BatchNorm2d(9)",
        ("N", 3, "H", "W"),
    ),
    "a view of the batch": (
        "AdaptiveAvgPool2d(2) | view(N, 8) | Linear(8, 10)",
        ("N", 3, "H", "W"),
    ),
    "branches": (
        {
            "layers": [
                {"name": "a", "layer": "Conv2d(3, 8, 3)", "from": "input"},
                {"name": "b", "layer": "Conv2d(3, 8, 5)", "from": "input"},
                {"name": "sum", "layer": "add", "from": ["a", "b"]},
            ]
        },
        (1, 3, 9, 9),
    ),
    "a block that is used again": (
        {
            "layers": [
                {"name": "one", "layer": "Linear(8, 8)"},
                {"name": "two", "shares": "one", "from": "one"},
                {"name": "three", "layer": "Linear(9, 2)", "from": "two"},
            ]
        },
        (1, 8),
    ),
}


def mended(net: Any, fix: Fix) -> dict[str, Any]:
    spec = shapecalc.load(net).to_dict()
    calls = dict(fix.also or {})
    assert fix.layer
    assert fix.call
    calls[fix.layer] = fix.call
    for layer in spec["layers"]:
        if layer["name"] in calls:
            layer["layer"] = calls.pop(layer["name"])
    assert not calls
    return spec


@pytest.mark.parametrize(("net", "shape"), TO_MEND.values(), ids=TO_MEND)
def test_every_fix_mends(net: Any, shape: tuple[int, ...]) -> None:
    fixes = fixes_for(shapecalc.infer(net, input=shape))
    assert fixes
    for fix in fixes:
        if fix.inputs is None:
            again = shapecalc.infer(mended(net, fix), input=shape)
        else:
            again = shapecalc.infer(net, input={k: tuple(v) for k, v in fix.inputs.items()})
        assert not again.errors, fix.text


def test_a_fix_names_all_it_changes() -> None:
    fix = fixes_for(shapecalc.infer("lenet", input=(1, 3, 40, 40)))[0]
    assert fix.to_dict() == {
        "kind": "argument",
        "layer": "flatten",
        "text": "flatten: view(-1, 784) and fc1: Linear(784, 120)",
        "call": "view(-1, 784)",
        "also": {"fc1": "Linear(784, 120)"},
    }


def test_padding_makes_branches_agree() -> None:
    net, shape = TO_MEND["branches"]
    texts = [fix.text for fix in fixes_for(shapecalc.infer(net, input=shape))]
    assert "b: Conv2d(3, 8, 5, padding=1)" in texts


def two_branches(*ways: list[str]) -> dict[str, Any]:
    layers: list[dict[str, Any]] = []
    ends = []
    for index, way in enumerate(ways):
        end = "input"
        for place, call in enumerate(way):
            layers.append({"name": f"b{index}.{place}", "layer": call, "from": end})
            end = f"b{index}.{place}"
        ends.append(end)
    return {"layers": [*layers, {"name": "join", "layer": "cat(dim=1)", "from": ends}]}


@pytest.mark.parametrize(
    ("ways", "text"),
    [
        ([[], ["Conv2d(8, 8, 3)"]], "b1.0: Conv2d(8, 8, 3, padding=1)"),
        (
            [[], ["Conv2d(8, 8, 3)", "ReLU", "Conv2d(8, 8, 5)"]],
            "b1.0: Conv2d(8, 8, 3, padding=1) and b1.2: Conv2d(8, 8, 5, padding=2)",
        ),
        ([[], ["Conv2d(8, 8, (3, 5))"]], "b1.0: Conv2d(8, 8, (3, 5), padding=(1, 2))"),
        ([[], ["Conv2d(8, 8, 3, dilation=2)"]], "b1.0: Conv2d(8, 8, 3, dilation=2, padding=2)"),
        ([[], ["Conv2d(8, 8, 3, 1, (0, 0))"]], "b1.0: Conv2d(8, 8, 3, 1, (1, 1))"),
        ([[], ["Conv2d(8, 8, 4)"]], "b1.0: Conv2d(8, 8, 4, padding='same')"),
        (
            [["Conv2d(8, 4, 3, 2)"], ["Conv2d(8, 8, 1, 2)"]],
            "b0.0: Conv2d(8, 4, 3, 2, padding=1)",
        ),
        (
            [["Conv2d(8, 4, 1)"], ["Conv2d(8, 4, 3)"], ["MaxPool2d(3, stride=1)"]],
            "b1.0: Conv2d(8, 4, 3, padding=1) and b2.0: MaxPool2d(3, stride=1, padding=1)",
        ),
    ],
)
def test_padding_that_keeps_sizes_comes_first(ways: list[list[str]], text: str) -> None:
    net = two_branches(*ways)
    fixes = fixes_for(shapecalc.infer(net, input=(1, 8, 32, 24)))
    assert fixes[0].text == text
    assert not shapecalc.infer(mended(net, fixes[0]), input=(1, 8, 32, 24)).errors


def test_a_net_without_paddings_gets_all_of_them() -> None:
    net = shapecalc.load("unet").to_dict()
    for layer in net["layers"]:
        layer["layer"] = layer["layer"].replace(", padding=1", "")
    fixes = fixes_for(shapecalc.infer(net, input=(1, 3, 256, 256)))
    assert len(fixes) == 1
    assert not shapecalc.infer(mended(net, fixes[0]), input=(1, 3, 256, 256)).errors


def test_a_later_misfit_without_a_fix_leaves_the_first_fix() -> None:
    net = "Linear(10, 20) | Linear(30, 4) | Conv2d(3, 8, 3)"
    fixes = fixes_for(shapecalc.infer(net, input=(2, 10)))
    assert [fix.text for fix in fixes] == ["1: Linear(20, 4), and then 2 is to mend"]
    assert fixes[0].then == "2"


def test_what_mends_the_whole_net_comes_alone() -> None:
    result = shapecalc.infer("unet", input=(1, 3, 100, 100))
    fixes = fixes_for(result)
    assert fixes
    for fix in fixes:
        assert fix.then is None
        if fix.call is not None:
            assert not shapecalc.infer(mended("unet", fix), input=(1, 3, 100, 100)).errors


def test_fixes_from_python() -> None:
    error = shapecalc.infer("Linear(3, 4)", input=(1, 5)).to_dict()["error"]
    assert next(fix["text"] for fix in error["fixes"]) == "0: Linear(5, 4)"
    assert error["hint"].startswith("0: Linear(5, 4)")


def test_values_of_symbols_that_fit() -> None:
    result = shapecalc.infer("Conv2d(3, 6, k)", input=(1, 3, 9, 9), set={"k": 0})
    assert [fix["text"] for fix in result.fixes] == ["values that fit: k = 1..9"]


def test_an_input_that_fits_is_near_what_came() -> None:
    inputs = [fix.inputs for fix in fixes_for(shapecalc.infer("unet", input=(1, 3, 250, 250)))]
    assert {"input": [1, 3, 256, 256]} in inputs
    inputs = [fix.inputs for fix in fixes_for(shapecalc.infer("lenet", input=(1, 3, 40, 40)))]
    assert {"input": [1, 3, 32, 32]} in inputs
    inputs = [fix.inputs for fix in fixes_for(shapecalc.infer("vit_b_16", input=(1, 3, 225, 225)))]
    assert inputs == [{"input": [1, 3, 224, 224]}]


def test_padding_is_less_than_the_window() -> None:
    layers = [
        {"name": "a", "layer": "Conv2d(3, 8, 3)", "from": "input"},
        {"name": "b", "layer": "Conv2d(3, 8, 5, stride=2)", "from": "input"},
        {"name": "c", "layer": "cat(dim=1)", "from": ["a", "b"]},
    ]
    fixes = fixes_for(shapecalc.infer({"layers": layers}, input=(1, 3, 16, 16)))
    assert not any("padding=" in fix.text for fix in fixes)


@pytest.mark.parametrize(
    ("net", "given", "fits"),
    [
        ("lenet", (32, 32, 3), [1, 3, 32, 32]),
        ("resnet18", (1, 224, 224, 3), [1, 3, 224, 224]),
        ("Conv1d(1, 8, 3)", (16000,), [1, 1, 16000]),
        ("Conv1d(1, 8, 3)", (4, 16000), [4, 1, 16000]),
        ("lenet", (1, 3, 32), [1, 3, 32, 32]),
        ("lenet", (28, 28), [1, 3, 32, 32]),
        ("lenet", (2, 1, 32, 32), [2, 3, 32, 32]),
    ],
)
def test_an_input_of_another_rank_or_of_other_channels(
    net: str, given: tuple[int, ...], fits: list[int]
) -> None:
    fixes = fixes_for(shapecalc.infer(net, input=given))
    assert [fix.inputs for fix in fixes if fix.inputs] == [{"input": fits}]
    assert all(len(fix.also or {}) <= 3 for fix in fixes)


def test_a_fix_for_symbolic_sizes_says_for_which() -> None:
    net = "Conv2d(3, 6, 5) | flatten(1) | Linear(7, 3)"
    texts = [fix.text for fix in fixes_for(shapecalc.infer(net))]
    assert texts == ["2: Linear(21600, 3) where 6*(H - 4)*(W - 4) == 21600"]
    assert fixes_for(shapecalc.infer("view(-1, 42, 3) | view(5, 6)", input=("N", 42, "L"))) == ()


@pytest.mark.parametrize(
    ("name", "layer", "wrong"),
    [
        ("lenet", "conv2", "Conv2d(3, 16, 5)"),
        ("lenet", "fc1", "Linear(400, 121)"),
        ("resnet18", "layer1.0.conv2", "Conv2d(64, 65, 3, padding=1, bias=False)"),
        (
            "mobilenet_v2",
            "features.4.conv.2",
            "Conv2d(144, 16, 1, bias=False)",
        ),
        ("crnn", "cnn.conv3", "Conv2d(3, 256, 3, padding=1)"),
        ("crnn", "rnn.0.embedding", "Linear(513, 256)"),
    ],
)
@pytest.mark.parametrize("height", ["H", 32])
def test_one_wrong_argument_of_a_net_is_mended(
    name: str, layer: str, wrong: str, height: int | str
) -> None:
    net = shapecalc.load(name).to_dict()
    for item in net["layers"]:
        item["layer"] = wrong if item["name"] == layer else item["layer"]
    channels = next(iter(net["inputs"].values()))[1]
    shape = ("N" if height == "H" else 2, channels, height, "W" if height == "H" else 32)
    result = shapecalc.infer(net, input=shape)
    fixes = [fix for fix in fixes_for(result) if fix.call is not None]
    assert fixes
    for fix in fixes:
        assert fix.then is None
        assert not shapecalc.infer(mended(net, fix), input=shape).errors
