"""Systems in several unknowns against trying all points, and against isl's Presburger sets."""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapecalc.boxes import Box, SystemSolution
from shapecalc.dims import Dim, FloorDiv, Symbol, maximum, minimum, symbol
from shapecalc.errors import SolveError
from shapecalc.products import divisors, separate
from shapecalc.relations import Comparison, Relation, all_of, any_of, compare
from shapecalc.sets import IntSet
from shapecalc.system import solve_system

EXAMPLES = int(os.environ.get("SHAPECALC_EXAMPLES", "150"))
Size = int | Dim

H, W, k, p, s, d = (symbol(name) for name in ("H", "W", "k", "p", "s", "d"))
SIZES = {"H": (1, None), "W": (1, None)}
HYPER = {"k": (1, None), "s": (1, None), "d": (1, None), "p": (0, None)}


# ------------------------------------------------------------------------------- strategies

numbers = st.integers(-6, 12)


def linear(names: str) -> st.SearchStrategy[Size]:
    return st.builds(
        lambda a, name, b: a * symbol(name) + b,
        st.sampled_from([1, 1, 1, 2, 3, -1]),
        st.sampled_from(names),
        numbers,
    )


def sizes(names: str) -> st.SearchStrategy[Size]:
    divisor = st.sampled_from([2, 2, 3, 4])

    def deeper(inner: st.SearchStrategy[Size]) -> st.SearchStrategy[Size]:
        return st.one_of(
            st.builds(lambda e, c, n: (e + c) // n, inner, numbers, divisor),
            st.builds(lambda e, f, a: e + a * f, inner, inner, st.sampled_from([1, -1, 2])),
            st.builds(lambda e, f: e * f, inner, inner),
            st.builds(lambda e, n: e % n, inner, divisor),
            st.builds(minimum, inner, inner),
            st.builds(maximum, inner, inner),
        )

    return st.recursive(linear(names), deeper, max_leaves=3)


def comparisons(names: str) -> st.SearchStrategy[Relation | bool]:
    operators = st.sampled_from(["==", "==", ">=", "<=", "!="])
    return st.builds(compare, sizes(names), operators, st.one_of(numbers, sizes(names)))


def systems(names: str) -> st.SearchStrategy[Relation | bool]:
    either = st.lists(comparisons(names), min_size=2, max_size=2).map(any_of)
    part = st.one_of(comparisons(names), comparisons(names), comparisons(names), either)
    return st.lists(part, min_size=1, max_size=3).map(all_of)


@st.composite
def bounds(draw: st.DrawFn, names: str) -> dict[str, tuple[int, int | None]]:
    last = st.sampled_from([None, None, None, 9, 20])
    return {name: (draw(st.integers(0, 2)), draw(last)) for name in names}


def grid(known: Mapping[str, tuple[int, int | None]], most: int) -> Iterator[dict[str, int]]:
    axes = [range(low, min(most, high or most) + 1) for low, high in known.values()]
    for point in itertools.product(*axes):
        yield dict(zip(known, point, strict=True))


def searched(solution: SystemSolution) -> dict[str, int]:
    found = re.findall(r"(\w+) <= (\d+)", solution.limit or "")
    return {name: int(most) for name, most in found}


def check(
    relation: Relation | bool, known: Mapping[str, tuple[int, int | None]], most: int
) -> SystemSolution:
    """Compare a solution with brute force on a grid, as far as it claims to have searched."""
    solution = solve_system(relation, list(known), known)
    tried = searched(solution)
    assert solution.complete == (not tried)
    for point in grid(known, most):
        holds = relation if isinstance(relation, bool) else relation.evaluate(point)
        found = solution.contains(point)
        if all(point[name] <= limit for name, limit in tried.items()):
            assert found == holds, point
        else:
            assert holds or not found, point
    return solution


@settings(max_examples=EXAMPLES, deadline=None)
@given(systems("ab"), bounds("ab"))
def test_two_unknowns_are_solved_exactly(
    relation: Relation | bool, known: dict[str, tuple[int, int | None]]
) -> None:
    check(relation, known, 22)


@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(systems("abc"), bounds("abc"))
def test_three_unknowns_are_solved_exactly(
    relation: Relation | bool, known: dict[str, tuple[int, int | None]]
) -> None:
    check(relation, known, 9)


@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(systems("ab"), bounds("ab"))
def test_boxes_are_triangular_and_agree_with_their_points(
    relation: Relation | bool, known: dict[str, tuple[int, int | None]]
) -> None:
    solution = solve_system(relation, list(known), known)
    for box in solution.boxes:
        seen: set[str] = set()
        for name, runs in box.items():
            for end in (end for run in runs for end in run[:2]):
                assert not isinstance(end, Dim) or end.symbols <= seen
            seen.add(name)
        assert seen == set(known)
    points = list(solution.points(limit=40, cap=200))
    assert all(solution.contains(point) for point in points)
    assert len({tuple(point.items()) for point in points}) == len(points)
    order = [(max(point.values()), sum(point.values())) for point in points]
    assert order == sorted(order)
    reach = order[-1][0] - 1 if len(points) == 40 else 30
    inside = [point for point in grid(known, reach) if solution.contains(point)]
    assert all(point in points for point in inside)


# -------------------------------------------------------------------------------------- isl


def isl_text(size: Size) -> str:
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
            else:
                word = "min" if type(atom).__name__ == "Min" else "max"
                items = [isl_text(item) for item in atom.args]  # type: ignore[union-attr]
                while len(items) > 1:
                    items[:2] = [f"{word}({items[0]}, {items[1]})"]
                text += f"*{items[0]}"
        parts.append(text)
    return " + ".join(parts)


def isl_box(box: Box) -> str:
    parts = []
    for name, runs in box.items():
        options = []
        for first, last, step in runs:
            start = isl_text(first)
            text = f"{name} >= {start}" + (
                "" if last is None else f" and {name} <= {isl_text(last)}"
            )
            options.append(
                f"({text} and {name} + -1*({start}) - {step}*floor(({name} - ({start}))/{step}) = 0)"
            )
        parts.append("(" + " or ".join(options) + ")")
    return " and ".join(parts)


def quasi_affine(names: str) -> st.SearchStrategy[Size]:
    return st.recursive(
        linear(names),
        lambda e: st.one_of(
            st.builds(lambda a, c, n: (a + c) // n, e, numbers, st.sampled_from([2, 2, 3, 4])),
            st.builds(lambda a, b, c: a + c * b, e, e, st.sampled_from([1, -1, 2])),
        ),
        max_leaves=3,
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(
        st.tuples(quasi_affine("ab"), st.sampled_from(["==", ">="]), quasi_affine("ab")),
        min_size=1,
        max_size=2,
    )
)
def test_isl_finds_the_same_pairs(items: list[tuple[Size, str, Size]]) -> None:
    islpy = pytest.importorskip("islpy")
    relation = all_of([compare(*item) for item in items])
    solution = solve_system(relation, ["a", "b"], {"a": (1, None), "b": (1, None)})
    assert solution.complete
    if any(not isinstance(item, Comparison) for item in (relation,)) and isinstance(relation, bool):
        return
    conditions = [
        f"{isl_text(left)} {'=' if op == '==' else '>='} {isl_text(right)}"
        for left, op, right in items
    ]
    expected = islpy.Set(f"{{ [a, b] : a >= 1 and b >= 1 and {' and '.join(conditions)} }}")
    found = " or ".join(isl_box(box) for box in solution.boxes) or "1 = 0"
    assert islpy.Set(f"{{ [a, b] : {found} }}").is_equal(expected)


# ---------------------------------------------------------------------------------- by name


def test_lenet_takes_three_boxes() -> None:
    product = 16 * ((H - 12) // 4) * ((W - 12) // 4)
    needs = [compare(product, "==", 400), compare(H, ">=", 16), compare(W, ">=", 16)]
    assert solve_system(needs, ["H", "W"], SIZES).to_list() == [
        {"H": [[16, 19, 1]], "W": [[112, 115, 1]]},
        {"H": [[32, 35, 1]], "W": [[32, 35, 1]]},
        {"H": [[112, 115, 1]], "W": [[16, 19, 1]]},
    ]
    square = solve_system([*needs, compare(H, "==", W)], ["H", "W"], SIZES)
    assert [point["H"] for point in square.points()] == [32, 33, 34, 35]


def test_a_convolution_that_keeps_the_size_has_kernel_2p_plus_1() -> None:
    same = compare(32 + 2 * p - k + 1, "==", 32)
    solution = solve_system(same, ["k", "p"], HYPER)
    assert solution.to_list() == [{"p": [[0, None, 1]], "k": [["2*p + 1", "2*p + 1", 1]]}]
    assert solution.complete
    assert solution.contains({"k": 7, "p": 3})
    assert not solution.contains({"k": 7, "p": 2})


def test_axes_that_no_layer_mixes_are_solved_apart() -> None:
    needs = [compare(16 * (H // 16), "==", H), compare((W - 1) // 2, "==", 15)]
    assert solve_system(needs, ["H", "W"], SIZES).to_list() == [
        {"H": [[16, None, 16]], "W": [[31, 32, 1]]}
    ]


HYPERPARAMETERS: dict[str, tuple[Relation | bool, str]] = {
    "stride": (compare((32 + 2 * p - k) // s + 1, "==", 16), "ksp"),
    "dilation": (compare((32 + 2 * p - d * (k - 1) - 1) // 2 + 1, "==", 16), "kpd"),
    "all four": (compare((20 + 2 * p - d * (k - 1) - 1) // s + 1, "==", 5), "kspd"),
    "pool": (
        all_of([compare((20 + 2 * p - k) // s + 1, "==", 5), compare(2 * p, "<=", k)]),
        "ksp",
    ),
    "ceil_mode": (compare((11 + minimum(s - k, 0) - 1) // s + 1, "==", 5), "ks"),
    "ceil_mode and padding": (
        all_of(
            [
                compare((11 + minimum(2 * p - k + s, p) - 1) // s + 1, "==", 5),
                compare(2 * p, "<=", k),
            ]
        ),
        "ksp",
    ),
    "transposed": (compare((5 - 1) * s - 2 * p + d * (k - 1) + 1, "==", 10), "kspd"),
    "adaptive": (
        all_of([compare(s, "==", 20 // 7), compare(k, "==", 20 - 6 * s)]),
        "ks",
    ),
}


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_hyperparameters_are_solved_in_closed_form(name: str) -> None:
    relation, names = HYPERPARAMETERS[name]
    start = time.perf_counter()
    solution = check(relation, {x: HYPER[x] for x in names}, 20 if len(names) < 4 else 8)
    assert solution.complete
    assert time.perf_counter() - start < 5


def test_kernel_and_stride_of_a_pool_with_ceil_mode() -> None:
    relation, names = HYPERPARAMETERS["ceil_mode"]
    solution = solve_system([relation, compare(k, "<=", 11)], list(names), HYPER)
    points = {(point["k"], point["s"]) for point in solution.points(cap=50)}
    assert points == {(3, 2), (4, 2), (7, 1)}


def test_a_product_is_divisible_when_its_factors_share_the_modulus_out() -> None:
    solution = check(compare(H * W % 12, "==", 0), SIZES, 26)
    assert solution.complete
    assert sum(box.contains({"H": 12, "W": 12}) for box in solution.boxes) == 1
    check(compare(3 * ((H - 1) // 2) * (W // 3) % 8, "==", 0), SIZES, 40)
    check(compare(H * W % 5, "==", 2), SIZES, 16)


def test_large_prime_moduli() -> None:
    start = time.perf_counter()
    solution = solve_system(compare(H * W % 1_000_003, "==", 0), ["H", "W"], SIZES)
    assert solution.complete
    assert solution.contains({"H": 5, "W": 1_000_003})
    assert solution.contains({"H": 1_000_003, "W": 5})
    assert not solution.contains({"H": 5, "W": 6})
    assert time.perf_counter() - start < 2


def test_products_with_shifted_factors_are_found_again() -> None:
    solution = check(compare((H + 2) * (W + 2), "==", 36), SIZES, 40)
    assert solution.complete
    assert solution.smallest(["H", "W"]) == {"H": 4, "W": 4}


def test_bounds_on_products() -> None:
    for relation in (
        compare(H * W, ">=", 100),
        compare(H * W, "<=", 100),
        compare(16 * ((H - 12) // 4) * ((W - 12) // 4), ">=", 400),
        compare(((H - 1) // 2) * ((W - 1) // 2), "<=", 6),
    ):
        assert check(relation, SIZES, 40).complete


def test_unknowns_that_depend_on_one_another() -> None:
    for relation in (
        compare(H, "<=", 2 * W),
        compare(2 * H, "==", 3 * W),
        compare(W % 2, "==", H % 2),
        compare((H - 4) // 2, "==", (W - 2) // 3),
        compare(H, "!=", W),
        any_of([compare(H, "==", 2 * W), compare(H + W, "==", 10)]),
        all_of([compare(H, ">", W), compare((H + W) % 3, "==", 1), compare(H + W, "<=", 30)]),
        compare(maximum(H, W), "==", 9),
    ):
        assert check(relation, SIZES, 24).complete


def test_a_sum_that_only_grows_bounds_its_unknowns() -> None:
    assert check(compare(H * H + W * W, "==", 625), SIZES, 30).complete
    assert check(compare(H * W + H // 3, "==", 100), SIZES, 110).complete


def test_what_is_outside_says_what_was_searched() -> None:
    solution = check(compare(H * H - 2 * W * W, "==", 1), SIZES, 100)
    assert not solution.complete
    assert solution.limit == "searched H <= 256 only"
    assert solution.contains({"H": 99, "W": 70})


def test_hard_systems_end_soon() -> None:
    a, b, c = symbol("a"), symbol("b"), symbol("c")
    start = time.perf_counter()
    hard = compare(a * b // 7 + b * c // 5, "==", (a + c) * c % 11 + a * a // 3)
    solution = check(hard, {"a": (1, None), "b": (1, None), "c": (1, None)}, 8)
    assert not solution.complete
    assert time.perf_counter() - start < 20


def test_no_solution() -> None:
    solution = solve_system(compare(2 * H, "==", 2 * W + 1), ["H", "W"], SIZES)
    assert solution.is_empty
    assert solution.complete
    assert solution.smallest() is None
    assert solution.nearest({"H": 5, "W": 5}) == (None, None)
    assert list(solution.points()) == []


def test_no_relations() -> None:
    assert solve_system([], ["H"], {"H": (1, None)}).to_list() == [{"H": [[1, None, 1]]}]
    assert solve_system(True, [], {}).to_list() == [{}]
    assert solve_system(False, [], {}).to_list() == []


def test_symbols_that_are_not_unknowns_are_refused() -> None:
    with pytest.raises(SolveError, match="W occurs"):
        solve_system(compare(H, "==", W), ["H"], SIZES)


def test_the_smallest_solution_is_square_if_any_is() -> None:
    needs = [compare(H + W, ">=", 9), compare(H % 2, "==", 1)]
    solution = solve_system(needs, ["H", "W"], SIZES)
    assert solution.smallest(["H", "W"]) == {"H": 5, "W": 5}
    assert solution.smallest() == {"H": 5, "W": 4}
    tied = solve_system(compare(H, "==", 2 * W + 1), ["H", "W"], SIZES)
    assert tied.smallest(["H", "W"]) == {"H": 3, "W": 1}
    three = solve_system(compare(H + W + k, "==", 9), ["H", "W", "k"], {**SIZES, "k": (1, None)})
    assert three.smallest(["H", "W"]) == {"H": 3, "W": 3, "k": 3}


def test_the_nearest_solutions() -> None:
    unet = [compare(H % 16, "==", 0), compare(W % 16, "==", 0)]
    solution = solve_system(unet, ["H", "W"], SIZES)
    below, above = solution.nearest({"H": 700, "W": 700})
    assert (below, above) == ({"H": 688, "W": 688}, {"H": 704, "W": 704})
    square = solve_system([*unet, compare(H, "==", W)], ["H", "W"], SIZES)
    assert square.nearest({"H": 700, "W": 700}) == (below, above)
    assert solution.nearest({"H": 7, "W": 700}) == (None, {"H": 16, "W": 704})


def test_factors() -> None:
    assert divisors(400) == [1, 2, 4, 5, 8, 10, 16, 20, 25, 40, 50, 80, 100, 200, 400]
    product = (H + 2) * (W + 3) - 36
    assert isinstance(product, Dim)
    found = separate(product, "H")
    assert found is not None
    assert (str(found.left), str(found.right)) == ("H + 2", "W + 3")
    assert (found.share, found.times, found.number) == (1, 1, 36)
    for sum_ in (H + W + 1, H * W + H * H + 1):
        assert isinstance(sum_, Dim)
        assert separate(sum_, "H") is None


def test_a_box_is_an_ordered_mapping_to_runs() -> None:
    solution = solve_system(compare(k, "==", 2 * p + 1), ["k", "p"], HYPER)
    (box,) = solution.boxes
    assert list(box) == ["p", "k"]
    assert not box.is_product
    assert box.values_of("k", {"p": 3}) == IntSet.points([7])


def test_factors_that_share_their_unknowns_go_by_divisors() -> None:
    s, k = symbol("s"), symbol("k")
    product = ((2 * k - s + 19) // 3) * ((2 * k - 2 * s + 20) // 3)
    solution = check(compare(product, "==", 2), {"s": (1, None), "k": (0, None)}, 30)
    assert solution.complete
    solution = check(compare(((k + s) // 3) ** 2, "==", 16), {"s": (1, None), "k": (0, None)}, 20)
    assert solution.complete


def test_a_floor_that_an_equation_gives_is_put_into_the_others() -> None:
    s, p, k = symbol("s"), symbol("p"), symbol("k")
    one, two = (2 * s + 3) // p, (2 * s + 9) // p
    system = [
        compare(k * (one + 1) * (two + 1), "==", 75),
        compare(one, "==", 4),
        compare(two, "==", 4),
    ]
    solution = check(all_of(system), {"k": (1, None), "s": (0, None), "p": (1, None)}, 12)
    assert solution.complete


def test_minima_that_bounds_decide_are_written_without() -> None:
    s, k = symbol("s"), symbol("k")
    solution = solve_system([compare(minimum(s, 2 * s) + 1, "<=", k)], ["s", "k"])
    assert solution.to_list() == [{"s": [[0, None, 1]], "k": [["s + 1", None, 1]]}]


@pytest.mark.parametrize("k", [2, 3, 4])
def test_windows_that_fill_a_picture(k: int) -> None:
    h, w = symbol("h"), symbol("w")
    for a, b in ((h, w), (h // 2, w // 2), ((h - 1) // 2, (w + 1) // 2), (h // 2 - 1, w // 3 - 1)):
        filled = compare(a * b, "==", k * k * (a // k) * (b // k))
        system = all_of([compare(a, ">=", 1), compare(b, ">=", 1), filled])
        assert check(system, {"h": (1, None), "w": (1, None)}, 30).complete


def test_remainders_that_are_written_with_the_sign_turned() -> None:
    h, w = symbol("h"), symbol("w")
    for rest in (0, 1, 2):
        dim = (h - 1) * (w - 1) - rest
        system = compare(-(-dim // 3) * 3, "==", dim)
        assert check(system, {"h": (1, None), "w": (1, None)}, 25).complete
