"""Specs that `convert` writes: blocks and repeats found again, and always the very same net."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import shapecalc
from shapecalc.readers import zoo_names
from shapecalc.registry import default_registry
from shapecalc.render.spec import flat_text, spec_text
from shapecalc.state import state_dict

REGISTRY = default_registry()


def written(spec: Any) -> str:
    """Write a net as a spec; holds the spec to the net."""
    net = shapecalc.load(spec)
    text = spec_text(net, REGISTRY)
    assert shapecalc.load(text).to_dict() == net.to_dict()
    return text


@pytest.mark.parametrize("name", zoo_names())
def test_a_net_of_the_zoo_is_the_same_and_no_longer(name: str) -> None:
    text = written(name)
    flat = flat_text(shapecalc.load(name))
    assert shapecalc.load(flat).to_dict() == shapecalc.load(name).to_dict()
    assert text.count("\n") <= flat.count("\n")


UNET = """\
name: "U-Net"
input: [1, 3, 256, 256]
modules:
  Block(in_channels, out_channels):
    - Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
    - BatchNorm2d(out_channels)
    - ReLU(inplace=True)
    - Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
    - BatchNorm2d(out_channels)
    - ReLU(inplace=True)
  Up(in_channels):
    - {name: up, layer: "ConvTranspose2d(in_channels, in_channels//2, 2, stride=2)", from: "input[0]"}
    - {name: cat, layer: cat(dim=1), from: ["input[1]", up]}
    - conv: Block(in_channels, in_channels//2)
layers:
  - inc: Block(3, 64)
  - pool1: MaxPool2d(2)
  - down1: Block(64, 128)
  - pool2: MaxPool2d(2)
  - down2: Block(128, 256)
  - pool3: MaxPool2d(2)
  - down3: Block(256, 512)
  - pool4: MaxPool2d(2)
  - down4: Block(512, 1024)
  - {name: up1, layer: Up(1024), from: [down4, down3]}
  - {name: up2, layer: Up(512), from: [up1, down2]}
  - {name: up3, layer: Up(256), from: [up2, down1]}
  - {name: up4, layer: Up(128), from: [up3, inc]}
  - outc: Conv2d(64, 2, 1)
"""


def test_what_differs_among_containers_becomes_a_blocks_parameters() -> None:
    assert written("unet") == UNET


def test_containers_that_are_equal_are_a_repeat() -> None:
    text = written("mlp_mixer")
    assert "  - name: blocks\n    repeat: 8\n    layer: Blocks\n" in text
    assert "    - {name: add_1, layer: add, from: [input, transpose_back]}\n" in text


def test_what_two_containers_take_from_elsewhere_keeps_them_apart() -> None:
    body = [{"a": "Linear(4, 4)"}, {"name": "b", "layer": "add", "from": ["a", "stem"]}, "ReLU"]
    spec = {"input": [1, 4], "layers": [{"stem": "ReLU"}, {"one": body}, {"two": body}]}
    assert "layer: add" in written(spec)


def test_a_container_is_named_where_its_output_is_taken() -> None:
    spec = {
        "input": [1, 4],
        "layers": [
            {"one": ["Linear(4, 4)", "ReLU"]},
            {"name": "two", "from": "input", "layers": ["Linear(4, 4)", "Tanh"]},
            {"name": "sum", "layer": "add", "from": ["one", "two"]},
        ],
        "outputs": ["one", "sum"],
    }
    text = written(spec)
    assert "  - name: two\n    from: input\n    layers:\n      - Linear(4, 4)\n" in text
    assert "  - {name: sum, layer: add, from: [one, two]}\n" in text
    assert "outputs: [one, sum]\n" in text


def test_modules_of_a_printed_model_are_written_as_not_called() -> None:
    printed = "Net(\n  (fc): Linear(in_features=4, out_features=5, bias=True)\n)\n"
    net = shapecalc.load(printed)
    again = shapecalc.load(spec_text(net, REGISTRY))
    assert state_dict(again).to_dict() == state_dict(net).to_dict()
    assert shapecalc.infer(again).totals.parameters == 25


def test_a_net_without_layers() -> None:
    assert written({"input": [1, 2], "layers": [], "outputs": ["input"]}).endswith(
        "layers: []\noutputs: [input]\n"
    )


# ------------------------------------------------------------------------------------ any net

CALLS = (
    "ReLU",
    "Linear({}, {})",
    "Dropout(0.{})",
    "BatchNorm1d({})",
    "view(-1, {})",
    "mul({})",
    "view(size(input, 0), {})",
    "getitem((slice(None), slice(0, {})))",
)
NAMES = ("a", "b", "relu", "input_1", "layers1", "0", "1")


@st.composite
def entries(draw: st.DrawFn, depth: int, parameters: tuple[str, ...], blocks: int) -> list[Any]:
    """Draw a list of entries: layers, containers, uses of blocks, sums with what came before."""
    found: list[Any] = []
    seen = ["input"]
    numbers = st.sampled_from([*parameters, "4", "8", "16"])
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)):
        kind = draw(st.sampled_from(["layer", "sum", "list", "repeat", "block", "shared"]))
        if kind == "list" and depth:
            found.append({name: draw(entries(depth - 1, parameters, blocks))})
        elif kind == "repeat":
            call = draw(st.sampled_from(["ReLU", "Linear(4, 4)", "B0(4)" if blocks else "Tanh"]))
            found.append({"name": name, "repeat": draw(st.integers(1, 4)), "layer": call})
        elif kind == "block" and blocks:
            which = draw(st.integers(0, blocks - 1))
            found.append({name: f"B{which}({draw(numbers)})"})
        elif kind == "sum":
            two = [draw(st.sampled_from(seen)), draw(st.sampled_from(seen))]
            found.append({"name": name, "layer": "add", "from": two})
        else:
            call = draw(st.sampled_from(CALLS)).format(draw(numbers), draw(numbers))
            call = call if "0." not in call else "Dropout(0.5)"
            source = draw(st.sampled_from(seen))
            found.append({"name": name, "layer": call, "from": source})
        seen.append(name)
    return found


@st.composite
def nets(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a spec with blocks in blocks."""
    count = draw(st.integers(0, 3))
    modules = {f"B{place}(n)": draw(entries(1, ("n", "n*2"), place)) for place in range(count)}
    layers = draw(entries(2, (), count))
    return {"input": [2, 4], "modules": modules, "layers": layers}


@given(nets())
def test_any_net_is_the_same_after_writing_and_reading_it(spec: dict[str, Any]) -> None:
    try:
        shapecalc.load(spec)
    except shapecalc.SpecError:
        return
    written(spec)
