"""Every net of the zoo: what torchvision or PyTorch says of it, and the sizes it takes.

The figures of torchvision's nets are in `conformance/data/vision.json`. Those of the others, in
`zoo_expected.json`, are of the modules that `shapecalc convert` makes of them, run in PyTorch. There
too are the multiply-accumulates, in thousands of millions, that torchvision gives with its weights
(`meta["_ops"]`); those of FCN and DeepLab count a head more than the nets have without weights.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import shapecalc
from shapecalc.readers import zoo_names
from shapecalc.state import StateDict, state_dict

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"
LEAST_TRIED = 100  # sizes that `smallest` was looked for among

NAMES = zoo_names()


@cache
def recorded() -> dict[str, Any]:
    """Read torchvision's figures, by the name of the function that makes the net."""
    (path,) = (TESTS / "conformance" / "data").glob("vision.json*")
    data = path.read_bytes()
    models = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)["models"]
    return {name.rpartition(".")[2]: net for name, net in models.items()}


@cache
def expected() -> dict[str, Any]:
    text = (TESTS / "zoo_expected.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def loaded(name: str) -> shapecalc.Net:
    return shapecalc.load(name)


@cache
def inferred(name: str) -> shapecalc.Result:
    return shapecalc.infer(loaded(name))


@cache
def state(name: str) -> StateDict:
    return state_dict(loaded(name))


@cache
def solved(name: str) -> shapecalc.Solution:
    return shapecalc.solve(loaded(name))


TORCHVISION = [name for name in NAMES if name in recorded()]
OTHERS = [name for name in NAMES if name not in recorded()]
CASES = [(name, case) for name in TORCHVISION for case in recorded()[name]["cases"]]


def case_name(value: object) -> str:
    return "x".join(map(str, value["input"])) if isinstance(value, dict) else str(value)


@pytest.mark.parametrize("name", NAMES)
def test_a_net_says_where_it_comes_from(name: str) -> None:
    text = (TESTS.parent / "shapecalc" / "zoo" / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert loaded(name).name


@pytest.mark.parametrize("name", NAMES)
def test_its_own_input_fits(name: str) -> None:
    result = inferred(name)
    assert result.errors == ()
    assert result.outputs
    assert result.warnings == ()
    assert result.conditions == ()


# ------------------------------------------------------------------------ torchvision's figures


@pytest.mark.parametrize("name", TORCHVISION)
def test_weights_have_torchvisions_names_order_and_shapes(name: str) -> None:
    for ours, theirs in (
        (state(name).parameters, recorded()[name]["parameters"]),
        (state(name).buffers, recorded()[name]["buffers"]),
    ):
        assert [*ours] == [*theirs]
        assert {key: [*shape] for key, shape in ours.items()} == theirs


@pytest.mark.parametrize("name", TORCHVISION)
def test_there_are_as_many_parameters_as_torchvision_has(name: str) -> None:
    assert inferred(name).totals.parameters == recorded()[name]["param_count"]
    assert state(name).count == recorded()[name]["param_count"]


@pytest.mark.parametrize(("name", "case"), CASES, ids=case_name)
def test_torchvisions_outputs_and_refusals(name: str, case: dict[str, Any]) -> None:
    result = shapecalc.infer(loaded(name), input=tuple(case["input"]))
    assert (result.errors == ()) == case["ok"]
    assert (tuple(case["input"][2:]) in solved(name)) == case["ok"]
    if case["ok"]:
        outputs = {key: [*shape] for key, (shape,) in result.outputs.items()}
        named = isinstance(case["outputs"], dict)
        assert (outputs if named else [*outputs.values()]) == case["outputs"]


@pytest.mark.parametrize("name", TORCHVISION)
def test_the_smallest_size_is_torchvisions(name: str) -> None:
    frames = len(solved(name).unknowns) - 2
    fitting = [n for n in range(1, LEAST_TRIED + 1) if (*[8] * frames, n, n) in solved(name)]
    smallest = recorded()[name]["smallest"]
    assert fitting == ([] if smallest is None else [*range(smallest, LEAST_TRIED + 1)])


@pytest.mark.parametrize(("name", "giga"), expected()["giga_macs"].items())
def test_multiply_accumulates_are_torchvisions(name: str, giga: float) -> None:
    macs = inferred(name).totals.macs
    assert isinstance(macs, int)
    assert round(macs / 1e9, 3) == giga


# -------------------------------------------------------------------------- the others' figures


def test_every_other_net_has_figures() -> None:
    assert sorted(OTHERS) == sorted(expected()["figures"])


@pytest.mark.parametrize("name", OTHERS)
def test_figures_of_the_others(name: str) -> None:
    result = inferred(name)
    ((output,),) = result.outputs.values()
    found = state(name)
    assert {
        "parameters": result.totals.parameters,
        "buffers": result.totals.buffers,
        "state": len(found.parameters) + len(found.buffers),
        "output": [*output],
    } == expected()["figures"][name]


# --------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize("name", NAMES)
def test_all_sizes_are_found(name: str) -> None:
    assert solved(name).satisfiable
    assert solved(name).complete


@pytest.mark.parametrize("name", NAMES)
def test_the_recommended_input_fits(name: str) -> None:
    answer = solved(name)
    assert answer.recommended is not None
    assert answer.recommended in answer
    shapes = answer.shapes_at(answer.recommended)
    for batch in (1, 3):
        given = {
            key: tuple(batch if size == "N" else size for size in shape)
            for key, shape in shapes.items()
        }
        assert shapecalc.infer(loaded(name), input=given).errors == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_nets_own_input_is_among_the_sizes(name: str) -> None:
    answer = solved(name)
    point = {
        str(unknown): size
        for key, shape in answer.question.shapes.items()
        for unknown, size in zip(shape, inferred(name).inputs[key], strict=True)
        if str(unknown) in answer.unknowns
    }
    assert point in answer


# ---------------------------------------------------------------------------------------- docs


def test_the_page_about_the_zoo_is_current() -> None:
    spec = importlib.util.spec_from_file_location("make_zoo", DOCS / "make_zoo.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    table = script.nets_table({name: (inferred(name), solved(name)) for name in NAMES})
    text = (DOCS / "zoo.md").read_text(encoding="utf-8")
    assert text.startswith(script.HEAD + table + script.TIMES), "run docs/make_zoo.py"
