"""Questions with three unknowns and more: sizes and arguments together, against trying small values."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest

import shapecalc
from shapecalc.question import output_at

MOST = 6  # values of each unknown that are tried; fewer of many unknowns
Given = tuple[int | str, ...]

PICTURE: Given = ("N", 2, "H", "W")
QUESTIONS: list[tuple[str, Given, str | None]] = [
    # products of sizes that hold the same unknown
    ("Conv2d(2, 4, k, padding=2) | flatten(1) | Linear(64, 3)", PICTURE, None),
    ("Conv2d(2, 4, 3, padding=p) | AvgPool2d(3, stride=1) | view(N, 36)", PICTURE, None),
    ("Conv2d(2, 4, 5, dilation=d) | MaxPool2d(2) | flatten(2)", PICTURE, "4"),
    ("Conv2d(2, 4, k, padding=p) | flatten(2)", ("N", 2, 6, "W"), "12"),
    ("Unfold(k, stride=s)", PICTURE, None),
    ("Unfold(k, stride=s)", PICTURE, "?x4"),
    ("Unfold(3, stride=s, padding=p)", PICTURE, None),
    # squares, and what is nearly one
    (
        "Conv2d(2, c, k, padding=p) | MaxPool2d(2) | flatten(1) | Linear(36, 3)",
        ("N", 2, 6, 6),
        None,
    ),
    (
        "Conv2d(2, c, k, padding=p) | MaxPool2d(2) | flatten(1) | Linear(24, 3)",
        ("N", 2, 6, 9),
        None,
    ),
    ("Conv2d(2, c, k, padding=p, dilation=d) | flatten(1) | Linear(32, 3)", ("N", 2, 5, 5), None),
    ("Conv2d(2, c, k, padding=p) | flatten(1) | Linear(12, 3)", PICTURE, None),
    # quotients by squares
    ("PixelShuffle(c) | Conv2d(a, b, 3)", ("N", 36, 4, "W"), None),
    ("Unflatten(1, (a, b)) | PixelShuffle(c)", ("N", 16, 4, "W"), None),
    ("Conv2d(2, 4, 3, stride=2, padding=1) | PixelUnshuffle(r)", ("N", 2, 8, "W"), "?x3"),
    # products with a number on the other side
    ("view(N, 24)", ("N", "C", "H", "W"), None),
    ("view(N, a, b, c)", ("N", 2, 2, 3), None),
    ("Conv2d(2, c, k) | flatten(1) | Linear(36, 5)", ("N", 2, 5, "W"), None),
    ("Conv2d(2, g*m, 3, groups=g) | flatten(1) | Linear(16*g, 5)", ("N", 2, 6, "W"), None),
    ("Conv2d(2, c, 3) | flatten(1) | Linear(c*m, 5)", PICTURE, None),
    # arguments alone
    ("Conv1d(2, 4, k, stride=s, padding=p)", ("N", 2, 8), "4"),
    ("Conv1d(2, 4, k, padding=p, dilation=d)", ("N", 2, 8), ">=3"),
    ("MaxPool2d(k, s, p) | Conv2d(2, 4, 3)", ("N", 2, 9, "W"), "3x2"),
    ("Conv2d(2, 4, 3, stride=s, padding=p) | MaxPool2d(k)", ("N", 2, 8, "W"), "2x2"),
]


def runs(
    net: shapecalc.Net, given: Given, values: Mapping[str, int], answer: shapecalc.Solution
) -> bool:
    """Run the net where every symbol has a value, and look at the target."""
    shape = tuple(size if isinstance(size, int) else values[size] for size in given)
    try:
        result = shapecalc.infer(net, input=shape, set=dict(values))
    except shapecalc.ShapecalcError:
        return False
    if result.errors:
        return False
    for (target, _), place in zip(answer.question.targets, answer.at, strict=True):
        sizes = output_at(result, place)[-len(target.sizes) :]
        for size, wanted in zip(sizes, target.sizes, strict=True):
            if not all(relation is True for relation in wanted.relations(size)):
                return False
    return True


@pytest.mark.parametrize(("text", "given", "target"), QUESTIONS)
def test_all_solutions_are_found(text: str, given: Given, target: str | None) -> None:
    answer = shapecalc.solve(text, input=given, target=target)
    assert answer.complete, answer.limit
    net = shapecalc.load(text)
    lows = [answer.question.known[name][0] for name in answer.unknowns]
    most = MOST if len(lows) < 5 else 4
    for point in itertools.product(*(range(low, low + most) for low in lows)):
        values = dict(zip(answer.unknowns, point, strict=True))
        wanted = all(runs(net, given, {**values, "N": batch}, answer) for batch in (1, 2))
        assert (point in answer) == wanted, point


def test_the_batch_that_a_view_names_is_no_unknown() -> None:
    answer = shapecalc.solve("view(N, 48)", input=("N", "C", 4, 4))
    assert answer.to_dict()["solutions"] == [{"C": [[3, 3, 1]]}]


def test_a_product_of_positive_sizes_is_no_condition() -> None:
    answer = shapecalc.solve("Unfold(k, stride=s)", input=PICTURE)
    assert [str(relation) for relation, _ in answer.cases[0].relations] == ["H >= k", "W >= k"]
    result = shapecalc.infer("Unfold(k, stride=s)", input=PICTURE)
    assert result.conditions == ("H >= k", "W >= k")


@pytest.mark.parametrize(
    ("text", "solutions"),
    [
        (
            "Conv2d(2, 8, 3) | GroupNorm(8, 8)",
            [
                {"H": [[3, 3, 1]], "W": [[4, None, 1]]},
                {"H": [[4, None, 1]], "W": [[3, None, 1]]},
            ],
        ),
        ("Conv2d(2, 8, 3) | GroupNorm(4, 8)", [{"H": [[3, None, 1]], "W": [[3, None, 1]]}]),
        ("AdaptiveAvgPool2d(1) | GroupNorm(2, 2)", []),
        (
            "AdaptiveAvgPool2d(1) | GroupNorm(g, 2)",
            [{"H": [[1, None, 1]], "W": [[1, None, 1]], "g": [[1, 1, 1]]}],
        ),
    ],
)
def test_what_a_norm_needs_holds_for_every_batch(
    text: str, solutions: list[dict[str, object]]
) -> None:
    answer = shapecalc.solve(text, input=PICTURE)
    assert answer.to_dict()["solutions"] == solutions
    assert answer.complete
    assert answer.warnings == ()
    if not solutions:
        assert answer.reason == "1 needs N != 1, which doesn't hold for every N >= 1"


def test_a_product_of_two_sizes_that_is_a_square_is_solved_by_its_roots() -> None:
    net = shapecalc.load("lenet").to_dict()
    net["layers"][0]["layer"] = "Conv2d(3, 6, k, padding=p)"
    answer = shapecalc.solve(net, input=(1, 3, 32, 32))
    assert answer.to_dict()["solutions"] == [
        {"p": [[0, None, 1]], "k": [["2*p + 2", "2*p + 5", 1]]}
    ]
    assert answer.complete


def test_a_size_that_stands_twice_is_one_side() -> None:
    answer = shapecalc.solve("Conv2d(2, 4, 3, padding=p)", input=("N", 2, "H", "H"), target="4x4")
    assert answer.recommended == {"H": 6, "p": 0}


FUNCTIONS = {"min": min, "max": max, "int": int}


@pytest.mark.parametrize(("text", "given"), [item[:2] for item in QUESTIONS])
def test_conditions_say_where_arguments_and_sizes_run(text: str, given: Given) -> None:
    net = shapecalc.load(text)
    result = shapecalc.infer(net, input=given)
    names = [name for name in result.symbols if name != "N"]
    for point in itertools.product(range(1, 5 if len(names) < 5 else 4), repeat=len(names)):
        values = {"N": 2, **dict(zip(names, point, strict=True))}
        shape = tuple(size if isinstance(size, int) else values[size] for size in given)
        numbers = shapecalc.infer(net, input=shape, set=values)
        holds = all(eval(item, FUNCTIONS, dict(values)) for item in result.conditions)
        assert holds == (not numbers.errors), (point, result.conditions)
        if holds:
            sizes = [
                eval(str(size), FUNCTIONS, dict(values)) for size in result.steps[-1].shapes[0]
            ]
            assert sizes == list(numbers.steps[-1].shapes[0]), point


def test_every_argument_that_is_open_is_a_symbol() -> None:
    result = shapecalc.infer("Conv1d(2, 4, k, stride=s)", input=("N", 2, 16), set={"k": 3})
    assert set(result.symbols) == {"N", "s"}
