"""From Python: results by layer's name, layers as functions, values for symbols."""

from __future__ import annotations

from typing import Any

import pytest

import shapecalc
from shapecalc import ShapeError, SpecError

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
