"""From Python: results by layer's name, layers as functions, values for symbols."""

from __future__ import annotations

from typing import Any

import pytest

import shapecalc
from shapecalc import ShapeError, SolveError, SpecError
from tests.commands import run

TOO_LARGE = (1, 3, 40, 40)


@pytest.mark.parametrize(
    ("name", "arguments", "size"),
    [
        ("Conv2d", (32, 5), 28),
        ("Conv1d", (9, 3), 7),
        ("MaxPool2d", ((28, 30), 2), (14, 15)),
        ("ConvTranspose2d", (6, 3, 2, 1, 1), 12),
        ("AdaptiveAvgPool2d", (9, 3), 3),
    ],
)
def test_arguments_by_position(name: str, arguments: tuple[Any, ...], size: Any) -> None:
    assert shapecalc.layer(name)(*arguments) == size


@pytest.mark.parametrize(
    ("arguments", "named", "message"),
    [
        ((28, 2, 2, 0, 1, False, False, 1), {}, "takes 6 arguments by position after the size"),
        ((28, 2), {"kernel_size": 3}, "is given kernel_size twice"),
        ((28, 2), {"groups": 3}, "has no argument groups"),
    ],
)
def test_arguments_that_a_layer_does_not_take(
    arguments: tuple[Any, ...], named: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpecError, match=message) as failure:
        shapecalc.layer("MaxPool2d")(*arguments, **named)
    assert failure.value.code == "S111"


def test_a_layer_that_did_not_fit_says_why() -> None:
    result = shapecalc.infer("lenet", input=TOO_LARGE)
    with pytest.raises(ShapeError, match="784 is not divisible by 400") as own:
        result["flatten"]
    assert own.value.layer == "flatten"
    with pytest.raises(ShapeError, match="fc1 has no shape, since what it takes doesn't fit"):
        result["fc1"]
    assert result["pool2"].output_shape == (1, 16, 7, 7)


def test_the_nearest_name_of_a_layer() -> None:
    result = shapecalc.infer("lenet")
    with pytest.raises(SpecError, match="no layer conv") as failure:
        result["conv"]
    assert failure.value.hint in ("did you mean conv1?", "did you mean conv2?")


def test_a_value_for_no_symbol_is_pointed_out() -> None:
    warnings = shapecalc.infer("lenet", input=(1, 3, "H", 32), set={"M": 4, "H": 32}).warnings
    assert warnings == ("M = 4 changes nothing: the net has no symbol M; its symbols: H",)
    found = shapecalc.solve("Conv2d(3, 8, k)", target="8x8", input=(1, 3, 9, 9), set={"kk": 2})
    assert found.warnings == ("kk = 2 changes nothing: the net has no symbol kk; its symbols: k",)


def test_values_for_all_kinds_of_symbols() -> None:
    net = {
        "input": ["N", 3, "H", "H"],
        "layers": ["Conv2d(3, 6, k)"],
        "where": ["H > limit"],
    }
    values = {"N": 2, "H": 8, "k": 3, "limit": 4}
    result = shapecalc.infer(net, set=values)
    assert result.warnings == ()
    assert result["0"].output_shape == (2, 6, 6, 6)


@pytest.mark.parametrize(
    "call",
    ["relu", "view(-1, 40)", "mean(1)", "repeat(1, 2)", "add(1)", "flatten(1)", "Linear(3, 2)"],
)
def test_several_tensors_are_not_one(call: str) -> None:
    errors = shapecalc.infer(f"chunk(2, dim=1) | {call}", input=(2, 4, 3)).errors
    assert len(errors) == 1
    assert "takes one tensor as input; 2 come in" in errors[0].message


@pytest.mark.parametrize(
    ("calls", "shapes"),
    [
        ("chunk(2, dim=1) | getitem(0)", [(2, 2, 3)]),
        ("chunk(4, dim=1) | getitem(slice(1, 3))", [(2, 1, 3), (2, 1, 3)]),
        ("LSTM(3, 5) | getitem(1) | getitem(-1)", [(1, 4, 5)]),
        ("LSTM(3, 5) | Identity()", [(2, 4, 5), (1, 4, 5), (1, 4, 5)]),
        ("chunk(2, dim=1) | cat(dim=2)", [(2, 2, 6)]),
        ("flatten | unbind | getitem(0)", [()]),
    ],
)
def test_a_tuple_of_tensors_is_indexed(calls: str, shapes: list[tuple[int, ...]]) -> None:
    (found,) = shapecalc.infer(calls, input=(2, 4, 3)).outputs.values()
    assert found == shapes


@pytest.mark.parametrize("index", ["2", "-3", "(0, 1)", "None", "slice(None, None, 0)"])
def test_a_tuple_has_no_such_part(index: str) -> None:
    result = shapecalc.infer(f"chunk(2, dim=1) | getitem({index})", input=(2, 4, 3))
    assert "there are 2 tensors" in result.errors[0].message


def test_an_argument_that_is_missing() -> None:
    with pytest.raises(SpecError, match="Conv2d needs kernel_size"):
        shapecalc.layer("Conv2d")(32)


def test_a_target_may_be_one_number_and_a_relation_one_text() -> None:
    assert shapecalc.solve("lenet", target=10).at == ("fc3",)
    answer = shapecalc.solve("lenet", target=(5, 5), where="H == W")
    assert (32, 32) in answer
    assert (32, 33) not in answer


def test_an_equation_with_one_sign() -> None:
    with pytest.raises(SpecError, match="is not a comparison") as failure:
        shapecalc.solve("lenet", where="H = W")
    assert failure.value.hint == "did you mean H == W?"


def test_nothing_is_unknown() -> None:
    done = run("solve", "lenet", "--input", "1x3x32x32", "--target", "5x5")
    assert done.code == 0
    assert done.out.startswith("nothing is unknown, and it fits")
    done = run("explain", "lenet", "--input", "1x3x32x32", "--target", "5x5")
    assert "Nothing is unknown, and it fits." in done.out
    assert "Best" not in done.out


@pytest.mark.parametrize(
    "shape",
    [(2, 3, 32, 32.0), (2, 3, None, 32), 5, (2, 3, -1, 32), (True, 3, 32, 32), (1, 3, "x+", 2)],
)
def test_what_is_no_shape_is_refused(shape: Any) -> None:
    for given in (shape, {"input": shape}):
        with pytest.raises(SpecError):
            shapecalc.infer("lenet", input=given)
        with pytest.raises(SpecError):
            shapecalc.solve("lenet", input=given)


def test_shapes_in_many_forms() -> None:
    class Whole:
        def __index__(self) -> int:
            return 2

    for shape in ("2x3x32x32", [2, 3, 32, 32], (Whole(), 3, "32", 32), {"input": "2,3,32,32"}):
        assert shapecalc.infer("lenet", input=shape).outputs == {"fc3": [(2, 10)]}  # type: ignore[arg-type]


@pytest.mark.parametrize("source", [None, 3, b"lenet", {1, 2}])
def test_what_is_no_net_is_refused(source: object) -> None:
    with pytest.raises(SpecError, match="is no net"):
        shapecalc.load(source)


def test_questions_without_a_target_or_with_one_as_text() -> None:
    with pytest.raises(SolveError, match="pool2 is named as the layer of a target"):
        shapecalc.solve("lenet", at="pool2")
    answer = shapecalc.solve("unet", near="700x700")
    assert answer.near is not None
    assert answer.near["below"] == {"H": 688, "W": 688}
    with pytest.raises(SolveError, match="needs numbers"):
        shapecalc.solve("unet", near="700xW")


def test_nets_and_steps_show_themselves_in_a_line() -> None:
    net = shapecalc.load("lenet")
    assert repr(net) == "<Net LeNet: input 1×3×32×32, 8 layers>"
    assert repr(shapecalc.infer(net)["conv1"]) == "<Step conv1 = Conv2d(3, 6, 5): 1×6×28×28>"


def test_an_error_that_is_raised_has_the_fixes_as_its_hint() -> None:
    with pytest.raises(ShapeError) as caught:
        shapecalc.infer("Linear(3, 4)", input=(1, 5))["0"]
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("0: Linear(5, 4) or an input that fits")
