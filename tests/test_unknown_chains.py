"""Two calls in a row, each with an unknown argument, against trying all values of both."""

from __future__ import annotations

from itertools import product

import pytest

import shapecalc

SHAPE = (4, 6, 5)
VALUES = range(-1, 7)
CALLS = (
    "transpose(0, {})",
    "permute(2, {}, 0)",
    "flatten({})",
    "unsqueeze({})",
    "squeeze({})",
    "narrow(1, {}, 2)",
    "narrow(0, 1, {})",
    "select({}, 1)",
    "getitem((slice(None), {}))",
    "getitem(([2, 0], slice({}, 4)))",
    "unbind(1) | getitem({})",
    "split({}, 1) | getitem(1)",
    "chunk(3, {}) | getitem(0)",
    "chunk({}, 0) | getitem(1)",
    "tensor_split(2, {}) | getitem(1)",
    "topk({}) | getitem(0)",
    "roll(1, {})",
    "repeat({}, 1, 2)",
    "view({}, -1)",
    "reshape(2, {}, -1)",
    "cumsum({})",
    "mean({})",
    "pad(({}, -1))",
    "unfold(1, {}, 2)",
    "diagonal({})",
    "Conv1d(6, {}, 3)",
    "MaxPool1d({})",
    "ConvTranspose1d(6, 4, 2, stride=2, padding={})",
    "Upsample(scale_factor={})",
    "GLU({})",
)


def runs(net: shapecalc.Net, point: dict[str, int]) -> bool:
    try:
        return not shapecalc.infer(net, input=SHAPE, set=point).errors
    except shapecalc.ShapecalcError:
        return False


@pytest.mark.parametrize("first", CALLS)
def test_two_unknowns_of_a_chain_are_those_that_run(first: str) -> None:
    for second in CALLS:
        text = f"{first.format('a')} | {second.format('b')}"
        net = shapecalc.load(text)
        answer = shapecalc.solve(net, input=SHAPE, mix_batch=True, unknowns=("a", "b"))
        least = [answer.question.known[name][0] for name in ("a", "b")]
        for a, b in product(VALUES, repeat=2):
            right = a >= least[0] and b >= least[1] and runs(net, {"a": a, "b": b})
            if answer.complete or not right:
                assert ((a, b) in answer) == right, (text, a, b, answer.limit)


def test_what_is_demanded_after_an_or_counts_only_where_the_first_doesn_t_hold() -> None:
    answer = shapecalc.solve("topk(a) | getitem(0) | roll(1, b)", input=(6,))
    assert (0, 5) in answer
    assert (1, 5) not in answer
    assert (6, 0) in answer


def test_a_place_must_be_there_only_where_something_is_taken() -> None:
    net = shapecalc.load("getitem(([4, 2], slice(b, 2)))")
    answer = shapecalc.solve(net, input=("H", 3))
    for height, start in product(range(1, 8), range(4)):
        right = not shapecalc.infer(net, input=(height, 3), set={"b": start}).errors
        assert ((height, start) in answer) == right, (height, start)


def test_one_of_several_outputs_may_be_unknown() -> None:
    answer = shapecalc.solve("unbind(0) | getitem(a)", target="4", input=(3, 4), at="1")
    assert (answer.complete, list(answer.points())) == (True, [(0,), (1,), (2,)])
