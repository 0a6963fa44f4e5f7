"""The algebra of sizes against plain integers: every law by evaluating both sides."""

from __future__ import annotations

import copy
import os
import pickle
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapecalc.dims import (
    Dim,
    FloorDiv,
    Max,
    Min,
    Symbol,
    always,
    bounds,
    ceil_div,
    floor_scale,
    maximum,
    minimum,
    symbol,
)
from shapecalc.errors import ShapecalcError

EXAMPLES = int(os.environ.get("SHAPECALC_EXAMPLES", "150"))
Size = int | Dim
Values = dict[str, int]

H, W, N, k, p, s, d = (symbol(name) for name in ("H", "W", "N", "k", "p", "s", "d"))
NAMES = ("H", "W", "k")

# ------------------------------------------------------------------------------- strategies

numbers = st.integers(-20, 20)
factors = st.sampled_from([1, 2, 3, -1, -2])
divisors = st.integers(1, 9)
leaves = st.one_of(numbers, *(st.just(symbol(name)) for name in NAMES))


def at_least_one(name: str, times: int, more: int) -> Size:
    return times * symbol(name) + more


size_divisors = st.builds(
    at_least_one, st.sampled_from(NAMES), st.integers(1, 3), st.integers(1, 4)
)  # at least 1 where symbols are at least 0


def deeper(inner: st.SearchStrategy[Size]) -> st.SearchStrategy[Size]:
    return st.one_of(
        st.builds(lambda a, b, c: a + c * b, inner, inner, factors),
        st.builds(lambda a, b: a * b, inner, inner),
        st.builds(lambda a, c, n: (a + c) // n, inner, numbers, divisors),
        st.builds(lambda a, c, n: (a + c) // n, inner, numbers, divisors),
        st.builds(lambda a, n: a % n, inner, divisors),
        st.builds(lambda a, n: a // n, inner, size_divisors),
        st.builds(lambda a, n: a % n, inner, size_divisors),
        st.builds(minimum, inner, inner),
        st.builds(maximum, inner, inner),
        st.builds(ceil_div, inner, divisors),
    )


sizes = st.recursive(leaves, deeper, max_leaves=6)
points = st.fixed_dictionaries({name: st.integers(0, 60) for name in NAMES})
anywhere = st.fixed_dictionaries({name: st.integers(-60, 60) for name in NAMES})


def value(size: Size, values: Values) -> int:
    return size if isinstance(size, int) else size.evaluate(values)


def put(size: Size, values: dict[str, Size]) -> Size:
    return size if isinstance(size, int) else size.substitute(values)


# ------------------------------------------------------------------------------------- laws


@settings(max_examples=EXAMPLES, deadline=None)
@given(sizes, sizes, points)
def test_operators_are_those_of_integers(a: Size, b: Size, at: Values) -> None:
    x, y = value(a, at), value(b, at)
    assert value(a + b, at) == x + y
    assert value(a - b, at) == x - y
    assert value(a * b, at) == x * y
    assert value(-a, at) == -x
    assert value(abs(a), at) == abs(x)
    assert value(a**3, at) == x**3
    assert value(minimum(a, b, 3), at) == min(x, y, 3)
    assert value(maximum(a, b, 3), at) == max(x, y, 3)


@settings(max_examples=EXAMPLES, deadline=None)
@given(sizes, st.integers(-9, 9).filter(bool), points)
def test_floors_and_remainders_are_those_of_integers(a: Size, n: int, at: Values) -> None:
    x = value(a, at)
    assert value(a // n, at) == x // n
    assert value(a % n, at) == x % n
    assert value(ceil_div(a, n), at) == -(-x // n)
    assert value(a // n * n + a % n, at) == x


@settings(max_examples=EXAMPLES, deadline=None)
@given(sizes, sizes, sizes, points)
def test_what_a_fraction_has_in_common_cancels(a: Size, b: Size, c: Size, at: Values) -> None:
    x, y, z = value(a, at), value(b, at), value(c, at)
    if y * z >= 1:
        assert value(a * b // (b * c), at) == x * y // (y * z)


def test_a_remainder_is_bounded_by_an_expression() -> None:
    known = {"H": (1, None), "s": (1, None)}
    rest = H % s
    assert isinstance(rest, Dim)
    assert bounds(rest, known)[0] == 0
    assert bounds(s - rest, known)[0] == 1
    assert bounds((H + 3) % (2 * s) + s - 1, known)[0] == 0
    assert bounds(k - s * (H // s) + H, known)[0] == 0


@settings(max_examples=EXAMPLES, deadline=None)
@given(sizes, st.integers(1, 3), sizes, st.sampled_from([1, -1, 2, -3]), points)
def test_bounds_hold_with_remainders(a: Size, n: int, b: Size, c: int, at: Values) -> None:
    at = {**at, "s": at["k"] + 1}
    size = b + c * (a % (n * s))
    low, high = bounds(size, dict.fromkeys(at, (0, 61)) | {"s": (1, 61)})
    assert low is None or low <= value(size, at)
    assert high is None or value(size, at) <= high


def test_common_factors_cancel_where_their_sign_is_plain() -> None:
    assert str((H - 2) * (W - 2) // (2 * H - 4)) == "(W - 2)//2"
    assert str((5 - H) * (W - 2) // ((5 - H) * k)) == "(W - 2)//k"
    assert (H * k - 2 * k) * W // (H - 2) == k * W
    unclear = (H - 2) * (W - 2) // ((H - 2) * (W - 3))
    assert str(unclear) == "(H - 2)*(W - 2)//((H - 2)*(W - 3))"
    assert unclear == N * (H - 2) * (W - 2) // (N * (H - 2) * (W - 3))


@settings(max_examples=EXAMPLES, deadline=None)
@given(sizes, sizes, points)
def test_divisors_may_be_sizes_that_are_at_least_1(a: Size, b: Size, at: Values) -> None:
    x, y = value(a, at), value(b, at)
    if y >= 1:
        assert value(a // b, at) == x // y
        assert value(a % b, at) == x % y
        assert value(ceil_div(a, b), at) == -(-x // y)
        assert value(a * b // b, at) == x


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.25, 0.5, 1.5, 2.0, 3.0, 1.3, 0.1, 2.7]))
def test_a_scale_multiplies_doubles(x: int, factor: float) -> None:
    expected = int(float(x) * factor)
    assert floor_scale(x, factor) == expected
    assert value(floor_scale(H, factor), {"H": x}) == expected
    assert put(floor_scale(H, factor), {"H": x}) == expected
    assert eval(str(floor_scale(H + 1, factor)), {"H": x - 1}) == expected
    low, high = bounds(floor_scale(H, factor), {"H": (x, x + 7)})
    assert low is not None
    assert high is not None
    assert low <= expected <= high


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(sizes, points)
def test_the_text_evaluates_to_the_size(a: Size, at: Values) -> None:
    assert eval(str(a), {"min": min, "max": max}, at) == value(a, at)


@settings(max_examples=EXAMPLES, deadline=None)
@given(sizes, sizes, points)
def test_substituting_commutes_with_evaluating(a: Size, b: Size, at: Values) -> None:
    x = value(b, at)
    if x >= 0:  # a divisor has to stay at least 1
        assert value(put(a, {"H": b}), at) == value(a, {**at, "H": x})
    assert put(a, dict(at)) == value(a, at)
    assert put(a, {"other": 1}) is a


@settings(max_examples=EXAMPLES, deadline=None)
@given(sizes, points)
def test_a_constant_is_a_plain_integer(a: Size, at: Values) -> None:
    for zero in (a - a, a * 0, a + (-a), a - 2 * a + a):
        assert type(zero) is int
        assert zero == 0
    assert type(put(a, dict(at))) is int
    if isinstance(a, Dim):
        assert a.symbols
        assert a.symbols <= set(NAMES)
        assert any(monomial for monomial, _ in a.terms)


@settings(max_examples=EXAMPLES, deadline=None)
@given(sizes, sizes, sizes)
def test_sums_and_products_have_one_normal_form(a: Size, b: Size, c: Size) -> None:
    for one, two in (
        (a + b, b + a),
        ((a + b) + c, a + (b + c)),
        (a * b, b * a),
        (a * (b + c), a * b + a * c),
        (minimum(a, b, c), minimum(c, b, a)),
        (maximum(a, maximum(b, c)), maximum(maximum(a, b), c)),
    ):
        assert one == two
        assert hash(one) == hash(two)
        assert str(one) == str(two)


def linear(*names: str) -> st.SearchStrategy[Size]:
    times = st.lists(st.integers(-9, 9), min_size=len(names), max_size=len(names))
    return st.builds(
        lambda a, c: sum((n * symbol(x) for n, x in zip(a, names, strict=True)), c), times, numbers
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(linear("H", "k"), linear("W"), numbers, divisors, divisors)
def test_floors_have_one_normal_form(e: Size, f: Size, c: int, b: int, n: int) -> None:
    assert (n * e + f) // n == e + f // n
    assert (n * e + c) // (n * b) == (e + c // n) // b
    assert (e // b + f) // n == (e + b * f) // (b * n)
    assert (-e) // n == -((e + n - 1) // n)
    assert e % n % n == e % n
    assert (e + n * f) % n == e % n


@settings(max_examples=EXAMPLES, deadline=None)
@given(sizes, points, st.sampled_from(NAMES), st.integers(0, 30), st.integers(0, 30))
def test_bounds_hold(a: Size, at: Values, name: str, below: int, above: int) -> None:
    x = value(a, at)
    known = {name: (max(0, at[name] - below), at[name] + above)}
    for low, high in (bounds(a, known), bounds(a, {}), always(a)):
        assert low is None or low <= x
        assert high is None or x <= high
    exact = {other: (number, number) for other, number in at.items()}
    low, high = bounds(a, exact)
    assert low is not None
    assert high is not None
    assert low <= x <= high


plain = st.recursive(
    leaves,
    lambda e: st.one_of(
        st.builds(lambda a, b, c: a + c * b, e, e, factors),
        st.builds(lambda a, b: a * b, e, e),
        st.builds(lambda a, n: a // n, e, divisors),
        st.builds(lambda a, n: a % n, e, divisors),
        st.builds(minimum, e, e),
    ),
    max_leaves=5,
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(plain, anywhere)
def test_symbols_may_be_negative_where_no_size_divides(a: Size, at: Values) -> None:
    x = value(a, at)
    assert eval(str(a), {"min": min, "max": max}, at) == x
    low, high = always(a)
    assert low is None or low <= x
    assert high is None or x <= high
    known: dict[str, tuple[int, int | None]] = {name: (n, n) for name, n in at.items()}
    low, high = bounds(a, known)
    assert low is not None
    assert high is not None
    assert low <= x <= high


@settings(max_examples=EXAMPLES, deadline=None)
@given(sizes)
def test_sizes_survive_copying(a: Size) -> None:
    for other in (pickle.loads(pickle.dumps(a)), copy.deepcopy(a)):  # noqa: S301
        assert other == a
        assert hash(other) == hash(a)


# ------------------------------------------------------------------------------------ chains


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 7), st.integers(1, 3), st.integers(0, 3), st.integers(1, 2)),
        min_size=1,
        max_size=30,
    ),
    st.integers(1, 100_000),
)
def test_a_chain_of_windows_is_one_floor(windows: list[tuple[int, int, int, int]], x: int) -> None:
    size: Size = H
    expected = x
    for kernel, stride, padding, dilation in windows:
        reach = dilation * (kernel - 1) + 1
        size = (size + 2 * padding - reach) // stride + 1
        expected = (expected + 2 * padding - reach) // stride + 1
    assert isinstance(size, Dim)
    assert sum(bool(monomial) for monomial, _ in size.terms) == 1
    floors = [a for m, _ in size.terms for a, _ in m if isinstance(a, FloorDiv)]
    assert all(isinstance(f.numerator, Dim) and f.numerator.symbols == {"H"} for f in floors)
    assert all(str(f.numerator).count("//") == 0 for f in floors)
    assert size.evaluate({"H": x}) == expected


def test_a_chain_of_100_convolutions_is_one_floor() -> None:
    size: Size = H
    for _ in range(100):
        size = (size + 2 - 3) // 2 + 1
    assert isinstance(size, Dim)
    assert str(size) == f"(H + {2**100 - 1})//{2**100}"


def test_a_chain_of_1000_layers_takes_no_time() -> None:
    size: Size = H
    start = time.perf_counter()
    for _ in range(500):
        size = (size + 2 - 3) // 2 + 1
        size = (size - 1) * 2 + 2
    assert time.perf_counter() - start < 0.2
    assert str(size) == f"{2}*((H + 1)//2)"


def test_a_chain_down_and_up_again_is_one_floor() -> None:
    size: Size = H
    for _ in range(4):
        size = size // 2
    for _ in range(4):
        size = size * 2
    assert str(size) == "16*(H//16)"


# ---------------------------------------------------------------------------------- by name


TEXTS: list[tuple[Size, str]] = [
    ((((H - 4) // 2) - 4) // 2, "(H - 12)//4"),
    (2 * p + 1, "2*p + 1"),
    (H // 2 + 1, "H//2 + 1"),
    ((H + 1) // 2, "(H + 1)//2"),
    ((H - 1) // 2 + 1, "(H + 1)//2"),
    (16 * ((H - 12) // 4) * ((W - 12) // 4), "16*((H - 12)//4)*((W - 12)//4)"),
    (16 * N * ((H - 12) // 4) * (W // 2 + 1), "16*N*((H - 12)//4)*(W//2 + 1)"),
    (((H - 12) // 4) ** 2, "((H - 12)//4)**2"),
    (H % 16, "H % 16"),
    (2 * (H % 16) + 1, "2*(H % 16) + 1"),
    ((-H) % 4, "(-H) % 4"),
    (12 % H, "12 % H"),
    (H % s, "H % s"),
    (4 * (H // 4), "4*(H//4)"),
    (3 * H // 2, "3*H//2"),
    (ceil_div(H, 4), "(H + 3)//4"),
    (ceil_div(H + H % 2, 2), "(H + 1)//2"),
    (ceil_div(H // 4 + (H // 4) % 2, 2), "(H + 4)//8"),
    (ceil_div(3 * (H + 1) - 3 * ((H + 1) // 2) + W, 3), "H//2 + (W + 2)//3 + 1"),
    ((-H) // 4, "-((H + 3)//4)"),
    ((H - W) // 2, "(H - W)//2"),
    (-((2 * p - k) // 4), "(k - 2*p + 3)//4"),
    ((32 + 2 * p - k) // s + 1, "(2*p - k + 32)//s + 1"),
    (20 + 2 * p - d * (k - 1) - 1, "2*p - d*(k - 1) + 19"),
    (17 - k // 2, "17 - k//2"),
    (minimum(H, 7) + 2, "min(H, 7) + 2"),
    (maximum(2 * p - k + s, p), "max(2*p + s - k, p)"),
    (floor_scale(H, 1.3), "int(H*1.3)"),
    (floor_scale(H, 1.5), "3*H//2"),
    (H * W + W * W, "H*W + W**2"),
    (symbol("h10") + symbol("h2"), "h2 + h10"),
    (5 - H, "5 - H"),
    (-H - W, "-H - W"),
    (31 // H, "31//H"),
    (H // (s + 1), "H//(s + 1)"),
    (H // s // 2, "H//(2*s)"),
]


@pytest.mark.parametrize(("size", "text"), TEXTS, ids=[text for _, text in TEXTS])
def test_texts_are_short_and_readable(size: Size, text: str) -> None:
    assert str(size) == text


def test_what_divides_leaves_the_floor() -> None:
    h, w = symbol("h"), symbol("w")
    assert (2 * h) // 2 == h
    assert 2 * h * w // w == 2 * h
    assert (h + 1) * w // (h + 1) == w
    assert (h * w + w) // (w * s) == (h + 1) // s
    assert (4 * h + 3) // 2 == 2 * h + 1
    assert (6 * h + 5) // 4 == (3 * h + 2) // 2
    assert h % 4 // 4 == 0
    assert h % 4 % 2 == h % 2
    assert 2 * (h // 2) + h % 2 == h
    assert 0 // h == 0
    assert (h // s) // w == h // (s * w)


def test_extrema_drop_what_they_can() -> None:
    assert minimum(H, H + 1) == H
    assert maximum(H, H + 1, H - 3) == H + 1
    assert minimum(3, 7) == 3
    assert minimum(minimum(H, W), 5) == minimum(H, 5, W)
    assert minimum(H, W) != maximum(H, W)
    assert minimum(H) == H
    with pytest.raises(ValueError, match="nothing"):
        maximum()


def test_bounds_know_remainders_and_lines() -> None:
    assert bounds(H % 8, {}) == (0, 7)
    assert bounds(H - 8 * (H // 8) + 1, {}) == (1, 8)
    assert bounds(H // 2 - H // 3, {}) == (0, None)
    assert bounds((H - 12) // 4, {"H": (16, None)}) == (1, None)
    assert bounds(((H - 12) // 4) * ((W - 12) // 4), {"H": (16, None), "W": (20, 23)}) == (2, None)
    assert bounds(100 // H, {"H": (3, 20)}) == (5, 33)
    assert bounds(H, {"H": (2, None)}) == (2, None)
    assert bounds(H, {}) == (0, None)
    assert bounds(H * H, {"H": (-3, 2)}) == (0, 9)
    assert bounds(minimum(H, 7), {}) == (0, 7)
    assert bounds(5, {}) == (5, 5)
    assert always(H) == (None, None)


def test_sizes_have_no_truth_and_no_order() -> None:
    with pytest.raises(TypeError, match="compare"):
        bool(H)
    order: list[Callable[[], object]] = [lambda: H < 3, lambda: H >= W]  # type: ignore[operator]
    for question in order:
        with pytest.raises(TypeError):
            question()
    with pytest.raises(TypeError):
        range(H)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        H + 1.5  # type: ignore[operator]
    assert (H == 3) is False
    assert symbol("H") == H
    assert symbol("H").symbols == {"H"}


def test_sizes_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        H.terms = ()
    with pytest.raises(AttributeError):
        Symbol("H").name = "W"
    with pytest.raises(AttributeError):
        del H.terms


def test_atoms_of_different_kinds_differ() -> None:
    assert Min((H, 7)) != Max((H, 7))
    assert Symbol("H") != Symbol("W")
    assert Symbol("H") == Symbol("H")
    assert FloorDiv(H, 2) != FloorDiv(H, 3)


def test_zero_divides_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        H // 0
    with pytest.raises(ZeroDivisionError):
        H % 0


def test_what_would_grow_too_large_is_refused() -> None:
    many: Size = 0
    for index in range(60):
        many = many + symbol(f"x{index}")
    start = time.perf_counter()
    attempts: list[Callable[[], object]] = [
        lambda: many * many * many,
        lambda: many**64,
        lambda: H**65,
        lambda: H**-1,
    ]
    for attempt in attempts:
        with pytest.raises(ShapecalcError) as caught:
            attempt()
        assert caught.value.code == "S311"
        assert caught.value.hint
    assert time.perf_counter() - start < 2
    assert str(H**64) == "H**64"
