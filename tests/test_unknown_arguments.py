"""Every integer argument of recorded calls as the unknown, against trying its values one by one.

SHAPECALC_CALLS=1 python -m pytest tests/test_unknown_arguments.py     # all recorded calls, not one in eight
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import shapecalc
from shapecalc.registry import default_registry
from shapecalc.spots import Spot, put_node, spots_of
from shapecalc.syntax import Call, Constant, Name, Node, to_text

DATA = Path(__file__).parent / "conformance" / "data"
ONE_IN = int(os.environ.get("SHAPECALC_CALLS", "8"))
MOST = 12  # values that are tried
Given = dict[str, tuple[int, ...]]


def recorded() -> list[dict[str, object]]:
    files = ("sample_layers.jsonl", "sample_functions.jsonl")
    found = [json.loads(line) for name in files for line in (DATA / name).read_text().splitlines()]
    return [row["net"] for row in found if row["ok"]][::ONE_IN]


def with_node(net: shapecalc.Net, call: Call, spot: Spot, node: Node) -> shapecalc.Net:
    changed = put_node(call, spot.path, node)
    assert isinstance(changed, Call)
    return with_call(net, changed)


def with_call(net: shapecalc.Net, call: Call) -> shapecalc.Net:
    return net._replace(layers=(*net.layers[:-1], net.layers[-1]._replace(call=call)))


def unknowns(net: shapecalc.Net) -> Iterator[tuple[shapecalc.Net, list[shapecalc.Net]]]:
    """Yield the net with an argument as the unknown `x_`, and with each of its values."""
    call = net.layers[-1].call
    assert call is not None
    for spot in spots_of(default_registry(), call):
        open_ = with_node(net, call, spot, Name("x_"))
        yield open_, [with_node(net, call, spot, Constant(x)) for x in range(MOST)]


def runs(net: shapecalc.Net, given: Given) -> bool:
    try:
        return not shapecalc.infer(net, input=given).errors
    except shapecalc.ShapecalcError:
        return False


@pytest.mark.parametrize("spec", recorded(), ids=lambda spec: spec["layers"][-1]["layer"])
def test_an_unknown_argument_has_the_values_that_run(spec: dict[str, object]) -> None:
    net = shapecalc.load(spec)
    given: Given = {
        name: tuple(size for size in shape if isinstance(size, int))
        for name, shape in shapecalc.infer(net).inputs.items()
    }
    for open_, values in unknowns(net):
        answer = shapecalc.solve(open_, input=given, mix_batch=True, unknowns=("x_",))
        least = answer.question.known["x_"][0]
        for value in range(least, MOST):
            found = (value,) in answer
            call = values[value].layers[-1].call
            assert call is not None
            assert found == runs(values[value], given), (to_text(call), answer.limit)


def test_an_argument_that_must_be_a_number_is_tried() -> None:
    answer = shapecalc.solve("LSTM(8, 4, n)", input=("L", "N", 8))
    assert answer.to_dict()["solutions"] == [{"L": [[1, None, 1]], "n": [[1, 32, 1]]}]
    assert not answer.complete
    assert answer.limit == "searched n <= 32 only"
    assert answer.recommended == {"L": 1, "n": 1}


def test_a_relation_that_bounds_it_makes_the_answer_complete() -> None:
    answer = shapecalc.solve("flatten(d)", target="60", input=(2, 3, 4, 5), where=["d <= 3"])
    assert answer.complete
    assert answer.to_dict()["solutions"] == [{"d": [[1, 1, 1]]}]
