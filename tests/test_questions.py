"""Questions as people put them: targets of all forms, places that are cut off, names that aren't there."""

from __future__ import annotations

import json

import pytest

import shapecalc
from shapecalc.errors import SolveError, SpecError
from tests.commands import run

SQUARE = [{"H": [[32, 35, 1]], "W": [[32, 35, 1]]}]


@pytest.mark.parametrize(
    "target", ["5x5", "(5, 5)", "[5,5]", "5 x 5", "5×5", "5..5x..5", "1x16x5x5", "4x16x5x5", (5, 5)]
)
def test_targets_of_all_forms(target: object) -> None:
    answer = shapecalc.solve("lenet", target=target, where="W >= 20 and H >= 20")  # type: ignore[arg-type]
    assert answer.to_dict()["solutions"] == SQUARE


def test_a_number_for_the_batch_is_that_batch() -> None:
    found = shapecalc.solve("lenet", target="4x16x5x5").to_dict()
    assert found["input"] == {"input": [4, 3, 32, 32]}
    assert found["complete"]
    layers = [{"name": "a", "layer": "MultiheadAttention(8, 2)", "from": ["q", "q", "q"]}]
    net = {"inputs": {"q": [5, 2, 8]}, "layers": layers}
    assert shapecalc.solve(net, target="7x2x8", at="a[0]").recommended == {"L": 7}
    assert shapecalc.solve("view(-1, 6)", input="Nx3xL", target="5x6").recommended == {"L": 2}


def test_a_batch_of_another_name_counts_in_full() -> None:
    answer = shapecalc.solve("Conv2d(3, 8, 3)", input="Bx3xHxW", target="Bx8x5x5")
    assert answer.recommended == {"B": 1, "H": 7, "W": 7}


def test_names_in_a_target_are_unknowns() -> None:
    answer = shapecalc.solve("Conv2d(3, 8, k, padding=p)", target="HxW")
    assert answer.recommended == {"k": 1, "p": 0, "H": 1, "W": 1}
    assert answer.complete
    assert {"k": 5, "p": 2, "H": 9, "W": 7} in answer
    assert {"k": 5, "p": 1, "H": 9, "W": 7} not in answer
    with pytest.raises(SolveError, match="M in the target M×10 is neither N nor an unknown"):
        shapecalc.solve("lenet", target="Mx10")


def test_ranges_without_sizes_are_refused() -> None:
    with pytest.raises(SpecError, match=r"no size is in 9\.\.7"):
        shapecalc.solve("lenet", target="9..7x5")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--upto", "pool1", "--at", "fc3"), "pool1 doesn't depend on fc3, so --upto pool1 cuts"),
        (("--upto", "pool1", "--at", "fc9"), "the net has no layer fc9"),
        (("--upto", "fc9"), "the net has no layer fc9"),
        (("--upto", "pool2[3]"), "pool2 has no output pool2[3]"),
        (("--at", "pool2[0]"), "pool2 has no output pool2[0]"),
        (("--at", "pool2["), "pool2[ names no output"),
        (("--at", "input"), "input is an input of the net, and no layer"),
        (("--near", "1x3x700x700"), "--near gives 4 sizes; the unknowns are H, W"),
        (("--near", "7x"), "--near 7x: a size is missing in 7x"),
        (("--set", "N=1", "--set", "N=2"), "N is given twice"),
    ],
)
def test_what_a_question_can_not_be_about(arguments: tuple[str, ...], words: str) -> None:
    found = run("solve", "lenet", "--target", "10", *arguments)
    assert found.code == 2
    assert words in found.err


def test_a_block_that_is_cut_off() -> None:
    found = run("solve", "resnet18", "--upto", "layer2", "--at", "layer4", "--target", "7x7")
    assert "layer2 doesn't depend on layer4" in found.err


def test_an_output_that_is_no_tensor() -> None:
    call = "MultiheadAttention(8, 2)(need_weights=False)"
    layers = [{"name": "a", "layer": call, "from": ["q", "q", "q"]}]
    net = {"inputs": {"q": [5, 2, 8]}, "layers": layers}
    with pytest.raises(SolveError, match=r"a\[1\] is no tensor"):
        shapecalc.solve(net, target=5, at="a[1]")


def test_a_target_that_was_meant_with_its_batch() -> None:
    found = run("solve", "lenet", "--target", "1x10")
    assert "did you mean the output of fc3 with its batch? --at fc3" in found.out
    assert "did you mean" not in run("solve", "lenet", "--target", "6x6").out


def test_what_equals_another_unknown_goes_the_same_way() -> None:
    lines = run("solve", "lenet", "--square").out.splitlines()
    assert lines[0] == "H = 32..35, W = H; best 32×32×3"
    assert lines[1] == "pool2 5 ← 10..11 ← conv2 14..15 ← pool1 28..31 ← conv1 32..35"


def test_one_unknown_of_a_picture_is_named() -> None:
    assert "H = 32..35; best H = 32\n" in run("solve", "lenet", "--for", "H").out


WORDS = {
    "inputs": {"words": ["N", "T"], "next": ["N", "T"]},
    "layers": [
        {"name": "e", "layer": "Embedding(1000, 64)", "from": "words"},
        {"name": "fc", "layer": "Linear(64, 1000)"},
        {"name": "logits", "layer": "view(-1, 1000)"},
        {"name": "wanted", "layer": "view(-1)", "from": "next"},
        {"name": "loss", "layer": "cross_entropy", "from": ["logits", "wanted"]},
    ],
}


def test_a_loss_over_all_words_of_all_samples() -> None:
    text = json.dumps(WORDS)
    found = run("solve", "-", stdin=text)
    assert found.out.startswith("T = 1; best T = 1\n")
    assert "logits: the batch is kept, so T == 1; --mix-batch lets view(-1, ...)" in found.err
    assert run("solve", "-", "--mix-batch", stdin=text).out.startswith("T >= 1; best T = 1\n")
    result = shapecalc.infer(WORDS)
    assert result.conditions == ()
    assert [str(size) for size in result["logits"].output_shape] == ["N*T", "1000"]
    assert (
        result.warnings[0] == "logits: view(-1, ...) moves elements into the batch: N becomes N*T"
    )
    assert "--mix-batch" not in run("solve", "lenet").err


@pytest.mark.parametrize(
    ("net", "shape", "target", "words"),
    [
        ("ConvTranspose2d(4, 2, 3, stride=2, padding=p)", (1, 4, 7, 7), "14x14", "13 or 15"),
        ("ConvTranspose2d(4, 2, 3, stride=2, padding=p)", (1, 4, 7, 7), "40x40", "15"),
        ("Conv2d(3, 4, 3, stride=s)", (1, 3, 32, 32), "20x20", "15 or 30"),
        ("Conv2d(3, 4, k, stride=2)", (1, 3, 32, 32), "20x20", "16"),
    ],
)
def test_sizes_in_reach_of_arguments(
    net: str, shape: tuple[int, ...], target: str, words: str
) -> None:
    reason = shapecalc.solve(net, target=target, input=shape).reason
    assert reason is not None
    assert reason.startswith("no value of ")
    assert f"0 can have {words}, not" in reason


TWO = {
    "inputs": {"image": ["N", 3, "H", "W"], "age": ["N", 1]},
    "layers": [
        {"name": "c", "layer": "Conv2d(3, 8, 3)", "from": "image"},
        {"name": "p", "layer": "AdaptiveAvgPool2d(1)"},
        {"name": "f", "layer": "flatten(1)"},
        {"name": "j", "layer": "cat(dim=1)", "from": ["f", "age"]},
        {"name": "fc", "layer": "Linear(9, 2)"},
    ],
}


def test_a_symbol_that_is_given_a_number_by_one_input_has_it_in_all() -> None:
    answer = shapecalc.solve(TWO, input={"image": (2, 3, 9, 9)})
    assert answer.to_dict()["input"] == {"image": [2, 3, 9, 9], "age": [2, 1]}
    answer = shapecalc.solve(TWO, set={"H": 9, "N": 4})
    assert answer.unknowns == ("W", "age_L")
    assert answer.to_dict()["input"] == {"image": [4, 3, 9, 3], "age": [4, 1]}


def test_a_target_is_about_the_output_at_which_the_net_is_cut() -> None:
    net = {"inputs": {"x": ["T", "N", 10]}, "layers": [{"lstm": "LSTM(10, 20)"}]}
    assert shapecalc.solve(net, target="7x?x20", upto="lstm[0]").recommended == {"T": 7}
