"""Solutions in one unknown against trying all values, and against isl's Presburger sets."""

from __future__ import annotations

import os
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapecalc.dims import Dim, FloorDiv, Symbol, floor_scale, maximum, minimum, symbol
from shapecalc.relations import Relation, all_of, any_of, compare, negate
from shapecalc.sets import IntSet, SetTooLarge
from shapecalc.univariate import Effort, Undecidable, image, solution_set

EXAMPLES = int(os.environ.get("SHAPECALC_EXAMPLES", "400"))
SIZES = IntSet.interval(1)
H = symbol("H")

Size = int | Dim
numbers = st.integers(-12, 20)


def linear() -> st.SearchStrategy[Size]:
    return st.builds(lambda a, b: a * H + b, st.sampled_from([1, 1, 1, 2, 3, -1]), numbers)


def deeper(inner: st.SearchStrategy[Size]) -> st.SearchStrategy[Size]:
    divisors = st.sampled_from([2, 2, 2, 3, 4, 5, 6, 8])
    factors = st.sampled_from([1, 1, 2, 3, -1, -2])
    return st.one_of(
        st.builds(lambda e, c, d: (e + c) // d, inner, numbers, divisors),
        st.builds(lambda e, c, d: (e + c) // d, inner, numbers, divisors),
        st.builds(lambda e, f, a: e + a * f, inner, inner, factors),
        st.builds(lambda e, d: e % d, inner, divisors),
        st.builds(minimum, inner, inner),
        st.builds(maximum, inner, inner),
    )


quasi_affine = st.recursive(linear(), deeper, max_leaves=4)
with_products = st.recursive(
    linear(), lambda e: st.one_of(deeper(e), st.builds(lambda a, b: a * b, e, e)), max_leaves=4
)
operators = st.sampled_from(["==", "==", ">=", "<", "!="])


def comparisons(sizes: st.SearchStrategy[Size]) -> st.SearchStrategy[Relation | bool]:
    return st.builds(lambda e, op, c: compare(e, op, c), sizes, operators, numbers)


relations = st.one_of(
    comparisons(quasi_affine),
    comparisons(with_products),
    st.lists(comparisons(quasi_affine), min_size=2, max_size=3).map(all_of),
    st.lists(comparisons(quasi_affine), min_size=2, max_size=3).map(any_of),
)


@st.composite
def domains(draw: st.DrawFn) -> IntSet:
    first = draw(st.integers(0, 20))
    last = draw(st.one_of(st.none(), st.none(), st.integers(first, 200)))
    return IntSet.run(first, last, draw(st.sampled_from([1, 1, 1, 2, 3, 16])))


def holds(relation: Relation | bool, value: int) -> bool:
    return relation if isinstance(relation, bool) else relation.evaluate({"H": value})


@settings(max_examples=EXAMPLES, deadline=None)
@given(relations, domains())
def test_solutions_are_exactly_the_values_that_hold(
    relation: Relation | bool, domain: IntSet
) -> None:
    try:
        found = solution_set(relation, "H", domain)
    except (SetTooLarge, Undecidable):
        return
    beyond = random.Random(0).sample(range(300, 100_000), 20)
    for value in [*range(300), *beyond]:
        assert (value in found) == (value in domain and holds(relation, value)), value


@settings(max_examples=EXAMPLES // 4, deadline=None)
@given(comparisons(quasi_affine))
def test_a_relation_and_its_negation_share_the_sizes_out(relation: Relation | bool) -> None:
    try:
        yes = solution_set(relation, "H", SIZES)
        no = solution_set(negate(relation), "H", SIZES)
    except (SetTooLarge, Undecidable):
        return
    assert yes | no == SIZES
    assert yes.isdisjoint(no)


def isl_text(size: Size) -> str:
    """Write a quasi-affine size as isl reads it."""
    if isinstance(size, int):
        return str(size)
    parts = []
    for monomial, coefficient in size.terms:
        text = str(coefficient)
        for atom, _ in monomial:
            if isinstance(atom, Symbol):
                text += f"*{atom.name}"
            elif isinstance(atom, FloorDiv):
                text += f"*floor(({isl_text(atom.numerator)})/{atom.divisor})"
        parts.append(text)
    return " + ".join(parts)


def isl_runs(values: IntSet, name: str) -> str:
    options = []
    for first, last, step in values.runs:
        end = "" if last is None else f" and {name} <= {last}"
        options.append(f"({name} >= {first}{end} and ({name} - {first}) mod {step} = 0)")
    return " or ".join(options) or "1 = 0"


floors_only = st.recursive(
    linear(),
    lambda e: st.one_of(
        st.builds(lambda a, c, d: (a + c) // d, e, numbers, st.integers(2, 9)),
        st.builds(lambda a, b, c: a + c * b, e, e, st.sampled_from([1, 2, -1, -2])),
    ),
    max_leaves=4,
)


@settings(max_examples=EXAMPLES // 4, deadline=None)
@given(floors_only, st.sampled_from(["==", ">="]), numbers)
def test_isl_finds_the_same_set(size: Size, operator: str, number: int) -> None:
    islpy = pytest.importorskip("islpy")
    relation = compare(size, operator, number)
    if isinstance(relation, bool):
        return
    try:
        found = solution_set(relation, "H", SIZES)
    except (SetTooLarge, Undecidable):
        return
    condition = f"{isl_text(size)} {'=' if operator == '==' else '>='} {number}"
    expected = islpy.Set(f"{{ [H] : H >= 1 and {condition} }}")
    assert islpy.Set(f"{{ [H] : {isl_runs(found, 'H')} }}").is_equal(expected)


# ---------------------------------------------------------------------------------- by name


def solved(relation: Relation | bool) -> list[list[int | None]]:
    return solution_set(relation, "H", SIZES).to_list()


def test_lenet_takes_32_to_35() -> None:
    pool2 = (((H - 4) // 2) - 4) // 2
    assert solved(compare(pool2, "==", 5)) == [[32, 35, 1]]
    assert solved(compare(16 * pool2 * pool2, "==", 400)) == [[32, 35, 1]]


@pytest.mark.parametrize("depth", [1, 4, 8, 16])
def test_a_padded_unet_takes_multiples_of_its_stride(depth: int) -> None:
    size: Size = H
    needs = []
    for _ in range(depth):
        needs.append(compare(2 * (size // 2), "==", size))
        size = size // 2
    start = time.perf_counter()
    assert solved(all_of(needs)) == [[2**depth, None, 2**depth]]
    assert time.perf_counter() - start < 1


def test_ceil_mode_unets_are_as_exact() -> None:
    assert solved(compare(2 * ((H + 1) // 2), "==", H)) == [[2, None, 2]]
    assert solved(compare(4 * ((H + 3) // 4) - H, "==", 1)) == [[3, None, 4]]


def test_large_divisors_are_no_slower() -> None:
    start = time.perf_counter()
    p = 1_000_003
    assert solved(compare(H % p, "==", 0)) == [[p, None, p]]
    assert solved(compare(H // p, "==", 3)) == [[3 * p, 4 * p - 1, 1]]
    assert solved(compare(2 * (H // p) + 1, "==", H)) == [[1, 1, 1]]
    assert solved(compare(p * (H // p) + 5, "==", H)) == [[5, None, p]]
    assert time.perf_counter() - start < 0.5


def test_different_slopes_meet_finitely_often() -> None:
    assert solved(compare(H // 2, "==", H // 3)) == [[1, 1, 1], [3, 3, 1]]
    met = [x for x in range(1, 500) if x // 2 + 5 == 2 * x // 3]
    assert solution_set(compare(H // 2 + 5, "==", 2 * H // 3), "H", SIZES) == IntSet.points(met)


def test_the_first_size_from_which_a_minimum_no_longer_grows() -> None:
    assert solved(compare(minimum(H, 7), "==", 7)) == [[7, None, 1]]
    assert solved(compare(maximum(H // 4, 3) * 4, "==", H)) == [[12, None, 4]]


def test_squares() -> None:
    assert solved(compare(H * H, ">=", 10)) == [[4, None, 1]]
    assert solved(compare(H * H - 7 * H + 10, "<=", 0)) == [[2, 5, 1]]
    assert solved(compare(H * H - 7 * H + 10, "==", 0)) == [[2, 2, 1], [5, 5, 1]]


def test_divisors_of_a_number() -> None:
    assert solved(compare(12 % H, "==", 0)) == [[1, 4, 1], [6, 6, 1], [12, 12, 1]]
    assert solved(compare(31 // H, "==", 15)) == [[2, 2, 1]]
    assert solved(compare(100 // H, "==", 0)) == [[101, None, 1]]


def test_a_fractional_scale_is_inverted_as_doubles_are() -> None:
    grown = floor_scale(H, 1.3)
    found = solution_set(compare(grown, "==", 130), "H", SIZES)
    assert found == IntSet.points(x for x in range(1, 300) if int(float(x) * 1.3) == 130)


def test_says_when_there_are_too_many_runs_or_steps() -> None:
    with pytest.raises(SetTooLarge):
        solution_set(compare(H % 1_000_003, "!=", 0), "H", SIZES)
    hard = compare((H * 3) // 7 - (H * 5) // 11 + (H * 2) // 77, "==", 0)
    with pytest.raises(Undecidable):
        solution_set(hard, "H", SIZES, Effort(3))
    with pytest.raises(Undecidable):
        solution_set(compare(H * symbol("W"), "==", 4), "H", SIZES)


@settings(max_examples=EXAMPLES, deadline=None)
@given(quasi_affine, st.integers(0, 20), st.integers(0, 12), st.integers(1, 7))
def test_the_image_of_a_set_is_what_its_values_give(
    size: Size, first: int, count: int, step: int
) -> None:
    values = [first + step * index for index in range(count + 1)]
    wanted = {size if isinstance(size, int) else size.evaluate({"H": x}) for x in values}
    found = image(size, IntSet.points(values))
    assert found is not None
    assert set(found) == wanted


def test_the_image_of_a_set_without_an_end() -> None:
    assert image((H + 1) // 2 + 3, IntSet.run(16, None, 16)) == IntSet.run(11, None, 8)
    assert image(H // 2 + H // 3, SIZES) is None
    assert image(5 - H, SIZES) is None
