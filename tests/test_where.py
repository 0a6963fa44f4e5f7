"""Relations of the user's own: read, placed, put into numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import shapecalc
from shapecalc.errors import SpecError
from tests.commands import run

BROKEN = {
    "H % == 0": ("S102", 9, "this is not Python syntax"),
    "H % 0 == 0": ("S116", 5, "H divided by zero"),
    "foo(H) == 2": ("S116", 5, "there is no function foo for relations"),
    "H[0] == 2": ("S116", 5, "H has no element 0"),
    "H**100000 == 2": ("S116", 5, "the exponent 100000"),
    "H is W": ("S116", 5, "sizes are compared by == and !="),
    "H = W": ("S116", 5, "is not a comparison"),
    "-H": ("S116", 5, "`-H` is not a relation"),
    "H": ("S116", 5, "`H` is not a relation"),
    "size(nope, 2) == 3": ("S114", 5, "there is no nope before this"),
    "Conv2d(3) == 2": ("S116", 5, "there is no function Conv2d for relations"),
}


def spec(relation: str) -> str:
    return f"input: [1, 3, H, W]\nwhere:\n  - H >= 2\n  - {relation}\nlayers: [{{a: ReLU}}]\n"


@pytest.mark.parametrize("relation", BROKEN)
def test_a_broken_relation_is_pointed_at(relation: str) -> None:
    code, column, message = BROKEN[relation]
    with pytest.raises(SpecError) as caught:
        shapecalc.infer(shapecalc.load(spec(relation)))
    error = caught.value
    assert error.location is not None
    assert (error.code, error.location.line, error.location.column) == (code, 4, column)
    assert message in error.message


@pytest.mark.parametrize("relation", ["not H", "H == 0", "H == 2.5", "H <= 1", "size(a, 9) == 1"])
def test_a_relation_that_does_not_hold_is_pointed_at(relation: str) -> None:
    result = shapecalc.infer(shapecalc.load(spec(relation)))
    assert result.error is not None
    assert result.error.location is not None
    assert result.error.location.line == 4


@pytest.mark.parametrize(
    ("relation", "conditions"),
    [
        ("H and W == 3", ("H >= 2", "W == 3")),
        ("not H == W", ("H >= 2", "H != W")),
        ("H in (3, 4)", ("3 <= H <= 4",)),
        ("size(a, 2) == 3", ("H == 3",)),
    ],
)
def test_relations_of_many_forms(relation: str, conditions: tuple[str, ...]) -> None:
    assert shapecalc.infer(shapecalc.load(spec(relation))).conditions == conditions


def test_a_symbol_that_the_net_does_not_have_is_no_condition() -> None:
    result = shapecalc.infer(shapecalc.load(spec("K == 3")))
    assert result.conditions == ("H >= 2",)
    assert result.warnings == ("where: K == 3 is left out: there is no symbol K",)
    fixed = shapecalc.infer(shapecalc.load(spec("H == W")), input=(1, 3, 5, 5))
    assert (fixed.conditions, fixed.warnings) == ((), ())
    assert shapecalc.infer(shapecalc.load(spec("H == W")), input=(1, 3, 5, 6)).error is not None


def test_solve_refuses_what_is_no_relation() -> None:
    for relation in ("foo(H) == 2", "H is W", "-H", "H % 0 == 1", "H ="):
        found = run("solve", "lenet", "--where", relation)
        assert found.code == 2
        assert "S116" in found.err or "S102" in found.err
    assert run("solve", "lenet", "--where", "not H").code == 1


def test_no_size_that_fits_is_a_misfit(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    text = 'input: [1, 3, L]\nwhere: ["L % 4 == 1"]\nlayers:\n  - {a: ReLU}\n  - Linear(8, 2)\n'
    file.write_text(text, encoding="utf-8")
    found = run("infer", str(file), "--json")
    error = json.loads(found.out)["error"]
    assert found.code == 1
    assert (error["code"], error["line"]) == ("S207", 5)
    file.write_text(text.replace("L % 4 == 1", "L % 4 == 1 and L % 2 == 0"), encoding="utf-8")
    assert "no value of L fits what `where` demands" in run("infer", str(file)).out


def test_no_size_that_fits_beside_other_symbols() -> None:
    net = "MaxPool1d(4) | flatten(1) | Linear(896, 3)"
    result = shapecalc.infer(net, input=("H", "W"))
    assert [error.code for error in result.errors] == []
    result = shapecalc.infer("Conv1d(1, 8, 3) | MaxPool1d(2) | Linear(4, 2)", input=("H", "W"))
    assert [error.code for error in result.errors] == []
    spec: dict[str, Any] = {"input": ["N", "H", "W"], "where": ["H % 4 == 1", "W >= 3"]}
    spec["layers"] = ["ReLU", {"name": "t", "layer": "transpose(1, 2)"}, "Linear(8, 2)"]
    (error,) = shapecalc.infer(spec).errors
    assert (error.code, error.layer) == ("S207", "2")


def test_warnings_stand_at_the_layer_they_are_about(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(
        "input: [2, 8, 6]\nwhere: [K == 1]\nlayers:\n  - a: view(-1, 6)\n  - b: ReLU\n",
        encoding="utf-8",
    )
    findings = json.loads(run("check", str(file), "--json").out)["findings"]
    places = {item.get("layer", "where"): item["line"] for item in findings}
    assert places == {"a": 4, "where": 2}
