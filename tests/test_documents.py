"""What stands in a file or a pipe, and errors about it as a whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import shapecalc
from shapecalc.errors import SpecError
from tests.commands import run

ENTRIES = [{"name": "a", "layer": "ReLU", "from": "input"}, "Linear(3, 4)"]


@pytest.mark.parametrize("text", [json.dumps(ENTRIES), "- a: ReLU\n- Linear(3, 4)\n"])
def test_a_list_of_entries_is_a_spec(text: str, tmp_path: Path) -> None:
    for name in ("net.json", "net.yaml") if text[0] == "[" else ("net.yaml",):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        assert shapecalc.load(str(file)).layers[1].name == "1"
    assert run("infer", "-", "--input", "1x3", stdin=text).code == 0
    assert shapecalc.load(ENTRIES).layers[1].name == "1"


def test_places_in_a_list_of_entries() -> None:
    with pytest.raises(SpecError) as caught:
        shapecalc.load("- ReLU\n- Linear(3, out=4)\n")
    assert caught.value.location is not None
    assert (caught.value.location.line, caught.value.location.column) == (2, 13)


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (("layers", "Conv2d"), "layer"),
        (("draw", "lenet"), "drawing"),
        (("explain", "lenet"), "derivation"),
        (("check", "lenet"), "check"),
        (("diff", "lenet", "lenet"), "difference"),
    ],
)
def test_answers_that_hold_no_net(command: tuple[str, ...], kind: str) -> None:
    found = run("infer", "-", stdin=run(*command, "--json").out)
    assert found.code == 2
    assert f"this is a {kind} as shapecalc prints it, and holds no net" in found.err


@pytest.mark.parametrize("text", ["", "# nothing\n", "import torch\n"])
def test_errors_about_a_whole_file_have_its_beginning_as_a_place(text: str, tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text(text, encoding="utf-8")
    for net in (str(file), f"{file}:Net", f"{file}:Net("):
        found = run("infer", net)
        assert found.code == 2
        assert found.err.startswith(f"{file}:1:1: error[S")
        assert "^" not in found.err


def test_an_input_that_no_layer_speaks_for_is_pointed_at(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("layers:\n  - flatten(1)\n", encoding="utf-8")
    assert run("infer", str(file)).err.startswith(f"{file}:2:5: error[S118]")


@pytest.mark.parametrize(
    ("net", "words"),
    [
        ("ReLU", 'write its call: "ReLU()"'),
        ("nothing", "there is no file nothing, nor a net of that name"),
        ("model.py:", "a class is named after the colon: model.py:Net"),
        ("lenett", "did you mean lenet?"),
    ],
)
def test_what_is_no_net(net: str, words: str) -> None:
    found = run("infer", net)
    assert found.code == 2
    assert words in found.err


TWO = """
import torch.nn as nn


class Encoder(nn.Module):
    def __init__(self{}):
        super().__init__()
        self.c = nn.Conv2d(3, 8, 3)

    def forward(self, x):
        return self.c(x)


class Decoder(nn.Module):
    def __init__(self{}):
        super().__init__()
        self.c = nn.ConvTranspose2d(8, 3, 3)

    def forward(self, z):
        return self.c(z)
"""


def test_a_source_of_two_models_says_which_is_read(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(TWO.replace("{}", ""), encoding="utf-8")
    found = run("infer", str(file))
    assert found.out.startswith("Decoder\n")
    assert (
        f"warning: Decoder is read, the last of the classes; there is {file}:Encoder too"
        in found.err
    )
    assert "warning" not in run("infer", f"{file}:Encoder").err


def test_a_model_that_needs_arguments_shows_how_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(TWO.replace("{}", ", width, *, depth, bias=True"), encoding="utf-8")
    for net in (str(file), f"{file}:Decoder"):
        assert f"{file}:Decoder(width=..., depth=...)" in run("infer", net).err


def test_tensors_that_can_not_be_joined_are_shown() -> None:
    layers = [{"name": "s", "layer": "cat", "from": ["a", "b"]}]
    text = json.dumps({"inputs": {"a": [1, 2, 3], "b": [1, 2, 4]}, "layers": layers})
    assert "sizes differ beside dimension 0: 1×2×3 and 1×2×4" in run("infer", "-", stdin=text).err
