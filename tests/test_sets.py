"""Sets of runs against plain Python sets, on a window that every period fits into."""

from __future__ import annotations

import os
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapecalc.sets import EMPTY, IntSet, Run, SetTooLarge

EXAMPLES = int(os.environ.get("SHAPECALC_EXAMPLES", "150"))
WINDOW = range(-40, 500)


@st.composite
def runs(draw: st.DrawFn, lowest: int = -20) -> Run:
    first = draw(st.integers(lowest, 60))
    step = draw(st.sampled_from([1, 1, 1, 2, 3, 4, 5, 6, 8, 12, 16]))
    length = draw(st.one_of(st.none(), st.integers(0, 5), st.integers(0, 120)))
    return Run(first, None if length is None else first + length, step)


def int_sets(lowest: int = -20) -> st.SearchStrategy[IntSet]:
    return st.lists(runs(lowest), max_size=4).map(IntSet.from_runs)


def window(values: IntSet) -> set[int]:
    return {value for value in WINDOW if value in values}


def listed(items: list[Run]) -> set[int]:
    return {
        value
        for value in WINDOW
        for first, last, step in items
        if value >= first and (last is None or value <= last) and (value - first) % step == 0
    }


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(runs(), max_size=5))
def test_a_set_of_runs_holds_the_elements_of_the_runs(items: list[Run]) -> None:
    made = IntSet.from_runs(items)
    assert window(made) == listed(items)
    assert [run for run in made.runs if run.last is not None and run.last < run.first] == []


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(runs(), max_size=5))
def test_runs_are_disjoint_in_order_and_end_on_an_element(items: list[Run]) -> None:
    made = IntSet.from_runs(items)
    assert sum(len(window(IntSet.from_runs([run]))) for run in made.runs) == len(window(made))
    assert list(made.runs) == sorted(made.runs, key=lambda run: run.first)
    for first, last, step in made.runs:
        assert step >= 1
        assert last is None or (last - first) % step == 0
        assert last != first or step == 1


@settings(max_examples=EXAMPLES, deadline=None)
@given(int_sets(), int_sets())
def test_boolean_algebra(one: IntSet, two: IntSet) -> None:
    a, b = window(one), window(two)
    assert window(one | two) == a | b
    assert window(one & two) == a & b
    assert window(one - two) == a - b
    assert (one == two) == (a == b)
    assert (one <= two) == (a <= b)
    assert one.isdisjoint(two) == a.isdisjoint(b)


@settings(max_examples=EXAMPLES, deadline=None)
@given(int_sets(), int_sets(), int_sets())
def test_laws(one: IntSet, two: IntSet, three: IntSet) -> None:
    everything = IntSet.interval(-40)
    assert (one | two) & three == (one & three) | (two & three)
    assert everything - (one | two) == (everything - one) & (everything - two)
    assert one - (one - two) == one & two
    assert hash(one | two) == hash(two | one)


@settings(max_examples=EXAMPLES, deadline=None)
@given(int_sets(), st.integers(-6, 6), st.integers(-9, 9))
def test_affine_maps(values: IntSet, a: int, b: int) -> None:
    if values.runs and a < 0 and values.maximum is None:
        with pytest.raises(ValueError, match="no end"):
            values.image_affine(a, b)
    else:
        image = values.image_affine(a, b)
        small = [value for value in islice(values, 300) if value <= 250]
        assert all(a * value + b in image for value in small)
        reached = {a * value + b for value in range(-600, 600) if value in values}
        assert window(image) <= reached
    back = values.preimage_affine(a, b, lowest=-40)
    for value in range(-40, 40):
        assert (value in back) == (a * value + b in values)


@settings(max_examples=EXAMPLES, deadline=None)
@given(int_sets(), st.integers(-9, 9), st.integers(1, 7))
def test_floor_maps(values: IntSet, shift: int, divisor: int) -> None:
    back = values.preimage_floor(shift, divisor)
    for value in WINDOW:
        assert (value in back) == ((value + shift) // divisor in values)
    image = values.image_floor(shift, divisor)
    reached = {(value + shift) // divisor for value in range(-100, 800) if value in values}
    for value in range(-40, 100):
        assert (value in image) == (value in reached)


@settings(max_examples=EXAMPLES, deadline=None)
@given(int_sets(), st.integers(-30, 200))
def test_nearest(values: IntSet, near: int) -> None:
    elements = [value for value in range(-40, 460) if value in values]
    below = max((value for value in elements if value <= near), default=None)
    above = min((value for value in elements if value >= near), default=None)
    assert values.nearest(near) == (below, above)


@settings(max_examples=EXAMPLES, deadline=None)
@given(int_sets())
def test_counting_and_iterating(values: IntSet) -> None:
    elements = [value for value in range(-40, 460) if value in values]
    assert list(islice(values, 12)) == elements[:12]
    assert bool(values) == bool(elements)
    if not values.runs:
        return
    assert values.minimum == elements[0]
    if values.maximum is None:
        assert values.count() is None
    else:
        assert (values.maximum, values.count()) == (elements[-1], len(elements))


@settings(max_examples=EXAMPLES, deadline=None)
@given(int_sets(lowest=0))
def test_the_condition_means_the_set(values: IntSet) -> None:
    condition = compile(values.to_condition("H"), "condition", "eval")
    for size in range(200):
        assert bool(eval(condition, {"H": size})) == (size in values)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sets(st.integers(0, 80)))
def test_points(points: set[int]) -> None:
    made = IntSet.points(points)
    assert set(made) == points
    assert made == IntSet.from_runs([(point, point, 1) for point in points])


def test_folds_a_union_of_classes_into_few_runs() -> None:
    assert IntSet.from_runs([(0, None, 4), (2, None, 4)]).to_list() == [[0, None, 2]]
    assert IntSet.from_runs([(0, None, 2), (0, None, 3)]).to_list() == [[0, None, 2], [3, None, 6]]
    assert IntSet.from_runs([(4, 300, 4), (1, 1, 1)]).to_list() == [[1, 1, 1], [4, 300, 4]]
    assert IntSet.from_runs([(0, 9, 1), (10, None, 2), (11, None, 2)]).to_list() == [[0, None, 1]]


def test_a_long_bounded_set_stays_short() -> None:
    assert IntSet.run(16, 10**12, 16).to_list() == [[16, 10**12, 16]]
    both = IntSet.run(0, 10**12, 2) | IntSet.run(1, 10**12, 2)
    assert both == IntSet.interval(0, 10**12)
    assert (IntSet.interval(0) - IntSet.run(0, None, 2)).to_list() == [[1, None, 2]]


def test_large_steps_meet_by_the_chinese_remainder_theorem() -> None:
    both = IntSet.run(5, None, 1_000_003) & IntSet.run(7, None, 1_000_033)
    first = both.minimum
    assert (first % 1_000_003, first % 1_000_033) == (5, 7)
    assert both.to_list() == [[first, None, 1_000_003 * 1_000_033]]


def test_says_when_a_set_is_too_large() -> None:
    with pytest.raises(SetTooLarge):
        IntSet.interval(0) - IntSet.run(0, None, 1_000_003)


def test_refuses_runs_that_are_none() -> None:
    with pytest.raises(ValueError, match="step"):
        IntSet.run(0, 5, 0)
    with pytest.raises(ValueError, match="least"):
        _ = EMPTY.minimum
    with pytest.raises(ValueError, match="greatest"):
        _ = EMPTY.maximum
    with pytest.raises(AttributeError):
        EMPTY.runs = ()


def test_writes_sets_for_people() -> None:
    values = IntSet.from_runs([(1, 1, 1), (16, None, 16)])
    assert str(values) == "1, 16, 32, 48, ..."
    assert str(EMPTY) == "none"
    many = IntSet.points([number * number for number in range(2, 30)])
    assert str(many).startswith("4, 9, 16, 25,")
    assert str(many).endswith("121, ... (17 more), 841")
    assert len(many.to_list()) == 28
    assert repr(IntSet.interval(3)) == "IntSet([[3, None, 1]])"
    assert str(IntSet.run(3, 27, 4)) == "3, 7, ..., 27"
    assert str(IntSet.run(3, 11, 4)) == "3, 7, 11"
    assert str(IntSet.interval(3)) == "3.."
    assert str(IntSet.interval(2, 3).preimage_floor(0, 4)) == "8..15"
    assert str(IntSet.run(2, None, 4).preimage_floor(0, 3)) == "6..8, 18..20, 30..32, ..."
    assert str(IntSet.run(2, 30, 4).preimage_floor(0, 3)) == "6..8, 18..20, ..., 90..92"


def test_writes_conditions_for_people() -> None:
    assert EMPTY.to_condition("H") == "False"
    assert IntSet.run(16, None, 16).to_condition("H") == "H % 16 == 0 and H >= 16"
    assert IntSet.run(5, None, 16).to_condition("H") == "H % 16 == 5"
    assert IntSet.interval(16).to_condition("H") == "H >= 16"
    assert IntSet.interval(32, 35).to_condition("H") == "32 <= H <= 35"
    assert (IntSet.interval(0) - IntSet.run(0, None, 3)).to_condition("H") == "H % 3 != 0"
    assert (IntSet.interval(4) - IntSet.run(4, None, 3)).to_condition("H") == (
        "H % 3 != 1 and H >= 5"
    )
    blocks = IntSet.run(2, None, 4).preimage_floor(-5, 3)
    assert blocks.to_condition("H") == "(H - 11) % 12 < 3 and H >= 11"
