"""Conditions and symbolic shapes of random nets against running them: at every size, both ways."""

from __future__ import annotations

import os
from collections.abc import Mapping
from random import Random

import pytest

import shapecalc
from tests import random_nets

NETS = int(os.environ.get("SHAPECALC_NETS", "60"))
AT_ONCE = 10
FUNCTIONS = {"min": min, "max": max, "int": int}


def check(seed: int) -> None:
    case = random_nets.made(seed)
    net = shapecalc.load(case.spec)
    result = shapecalc.infer(net, input=case.inputs)
    letters = {size for shape in case.inputs.values() for size in shape if isinstance(size, str)}
    for point in random_nets.grid(sorted(letters), Random(seed)):
        inputs = {
            name: tuple(size if isinstance(size, int) else point[size] for size in shape)
            for name, shape in case.inputs.items()
        }
        concrete = shapecalc.infer(net, input=inputs)
        holds = not result.errors and all(
            eval(text, FUNCTIONS, point) for text in result.conditions
        )
        if not result.warnings:
            assert holds == (not concrete.errors), (seed, point, result.conditions)
        if holds:
            assert not concrete.errors, (seed, point, result.conditions)
            for step in result.steps:
                sizes = [[eval(str(x), FUNCTIONS, point) for x in shape] for shape in step.shapes]
                assert sizes == [list(shape) for shape in concrete[step.layer.name].shapes]


@pytest.mark.parametrize("first", range(0, NETS, AT_ONCE))
def test_a_net_runs_exactly_where_its_conditions_hold(first: int) -> None:
    for seed in range(first, min(first + AT_ONCE, NETS)):
        check(seed)


def two(*layers: Mapping[str, object]) -> shapecalc.Result:
    inputs = {"a": ["N", 3, "H", "W"], "b": ["N", 3, "H2", 7]}
    return shapecalc.infer({"inputs": inputs, "layers": list(layers)})


def test_sizes_that_may_broadcast_have_both_conditions() -> None:
    result = two({"name": "s", "layer": "add", "from": ["a", "b"]})
    assert result.conditions == ("W == 1 or W == 7", "H == H2 or H == 1 or H2 == 1")
    assert [str(size) for size in result["s"].output_shape] == ["N", "3", "max(H2, H)", "7"]


def test_what_a_join_demands_is_not_said_twice() -> None:
    add = {"name": "s", "layer": "add", "from": ["a", "b"]}
    result = two({"name": "c", "layer": "cat(dim=1)", "from": ["a", "b"]}, add)
    assert result.conditions == ("W == 7", "H == H2")


def test_the_one_case_in_which_a_net_runs_is_found() -> None:
    result = shapecalc.infer("crnn", input=("N", 1, "H", "W"))
    assert result.error is None
    assert result.conditions == ("32 <= H <= 47", "W >= 4")
    assert result.warnings == ()


def test_a_squeeze_that_may_drop_a_size_says_so() -> None:
    result = shapecalc.infer("squeeze(2)", input=("N", 1, "H", "W"))
    assert result.conditions == ("H >= 2",)
    assert "other sizes" in result.warnings[0]


def test_a_view_says_that_it_keeps_the_batch() -> None:
    result = shapecalc.infer("view(-1, 400)", input=("N", 1, "H", "W"))
    assert result.conditions == ("H*W == 400",)
    assert "mixes samples" in result.warnings[0]


def test_factors_that_are_positive_leave_conditions_and_sizes() -> None:
    result = shapecalc.infer("Conv2d(3, 1, 3) | view(N, -1, 2*H - 4)", input=("N", 3, "H", "W"))
    assert result.conditions == ("H >= 3", "W % 2 == 0 and W >= 4")
    assert [str(size) for size in result.outputs["1"][0]] == ["N", "(W - 2)//2", "2*H - 4"]
    result = shapecalc.infer("Conv2d(3, 8, 3) | view(N, -1, (H - 2)*k)", input=("N", 3, "H", "W"))
    assert result.conditions == ("H >= 3", "W >= 3", "k >= 1", "(8*W - 16) % k == 0")
