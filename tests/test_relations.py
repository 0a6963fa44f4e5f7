"""Relations between sizes against Python's own comparisons."""

from __future__ import annotations

import operator
import os
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapecalc.dims import Dim, ceil_div, maximum, minimum, symbol
from shapecalc.relations import (
    AllOf,
    AnyOf,
    Comparison,
    Relation,
    all_of,
    any_of,
    compare,
    decide,
    negate,
)

EXAMPLES = int(os.environ.get("SHAPECALC_EXAMPLES", "150"))
Size = int | Dim
Values = dict[str, int]

H, W, k, p, s = (symbol(name) for name in ("H", "W", "k", "p", "s"))
NAMES = ("H", "W", "k")
OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

# ------------------------------------------------------------------------------- strategies

numbers = st.integers(-20, 20)
divisors = st.integers(1, 6)
leaves = st.one_of(numbers, *(st.just(symbol(name)) for name in NAMES))
size_divisors = st.builds(lambda n, c: symbol(n) + c, st.sampled_from(NAMES), st.integers(1, 3))


def deeper(inner: st.SearchStrategy[Size]) -> st.SearchStrategy[Size]:
    return st.one_of(
        st.builds(lambda a, b, c: a + c * b, inner, inner, st.sampled_from([1, 2, -1, -3])),
        st.builds(lambda a, b: a * b, inner, inner),
        st.builds(lambda a, c, n: (a + c) // n, inner, numbers, divisors),
        st.builds(lambda a, n: a % n, inner, divisors),
        st.builds(lambda a, n: a // n, inner, size_divisors),
        st.builds(minimum, inner, inner),
        st.builds(maximum, inner, inner),
    )


sizes = st.recursive(leaves, deeper, max_leaves=5)
ops = st.sampled_from(list(OPERATORS))
points = st.fixed_dictionaries({name: st.integers(0, 40) for name in NAMES})
comparisons = st.builds(compare, sizes, ops, sizes)
relations = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(all_of), st.lists(inner, max_size=3).map(any_of)
    ),
    max_leaves=5,
)


def value(size: Size, values: Values) -> int:
    return size if isinstance(size, int) else size.evaluate(values)


def holds(relation: Relation | bool, values: Values) -> bool:
    return relation if isinstance(relation, bool) else relation.evaluate(values)


# ------------------------------------------------------------------------------------- laws


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(sizes, ops, sizes, points)
def test_comparisons_are_those_of_integers(a: Size, op: str, b: Size, at: Values) -> None:
    found = compare(a, op, b)
    assert isinstance(found, bool | Comparison)
    assert holds(found, at) == OPERATORS[op](value(a, at), value(b, at))


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(relations, points)
def test_the_text_evaluates_to_the_relation(relation: Relation | bool, at: Values) -> None:
    found = eval(str(relation), {"min": min, "max": max}, at)
    assert found == holds(relation, at)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(relations, max_size=4), points)
def test_groups_are_and_and_or(items: list[Relation | bool], at: Values) -> None:
    truths = [holds(item, at) for item in items]
    assert holds(all_of(items), at) == all(truths)
    assert holds(any_of(items), at) == any(truths)
    for kind, group in ((AllOf, all_of(items)), (AnyOf, any_of(items))):
        if isinstance(group, kind):
            assert len(group.items) >= 2
            assert len(set(group.items)) == len(group.items)
            assert not any(isinstance(item, bool | kind) for item in group.items)


@settings(max_examples=EXAMPLES, deadline=None)
@given(relations, points)
def test_a_negation_holds_where_the_relation_does_not(
    relation: Relation | bool, at: Values
) -> None:
    assert holds(negate(relation), at) != holds(relation, at)
    assert holds(negate(negate(relation)), at) == holds(relation, at)


@settings(max_examples=EXAMPLES, deadline=None)
@given(relations, points, st.sampled_from(NAMES), st.integers(0, 20), st.integers(0, 20))
def test_what_is_decided_holds(
    relation: Relation | bool, at: Values, name: str, below: int, above: int
) -> None:
    truth = holds(relation, at)
    known = {name: (max(0, at[name] - below), at[name] + above)}
    assert decide(relation, known) in (None, truth)
    assert decide(relation, {}) in (None, truth)
    exact = {other: (number, number) for other, number in at.items()}
    assert decide(relation, exact) in (None, truth)


@settings(max_examples=EXAMPLES, deadline=None)
@given(relations, sizes, points)
def test_substituting_commutes_with_evaluating(
    relation: Relation | bool, b: Size, at: Values
) -> None:
    if isinstance(relation, bool):
        return
    x = value(b, at)
    if x >= 0:
        assert holds(relation.substitute({"H": b}), at) == holds(relation, {**at, "H": x})
    assert relation.substitute(dict(at)) is holds(relation, at)
    assert relation.substitute({"other": 1}) is relation
    assert relation.symbols <= set(NAMES)


@settings(max_examples=EXAMPLES, deadline=None)
@given(sizes, ops, sizes, st.integers(1, 5))
def test_comparisons_have_one_normal_form(a: Size, op: str, b: Size, times: int) -> None:
    found = compare(a, op, b)
    mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
    for other in (
        compare(times * a, op, times * b),
        compare(a + times, op, b + times),
        compare(b, mirrored, a),
    ):
        assert other == found
        assert hash(other) == hash(found)
    if isinstance(found, Comparison):
        assert found.op in ("==", "!=", ">=")
        assert negate(negate(found)) == found


@settings(max_examples=EXAMPLES, deadline=None)
@given(relations)
def test_relations_survive_pickling(relation: Relation | bool) -> None:
    other = pickle.loads(pickle.dumps(relation))  # noqa: S301
    assert other == relation
    assert hash(other) == hash(relation)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from([H, W, 2 * H, -H, -3 * W]), ops, st.integers(-30, 30))
def test_bounds_on_a_symbol_are_recognised(size: Dim, op: str, number: int) -> None:
    found = compare(size, op, number)
    if not isinstance(found, Comparison):
        assert isinstance(found, bool)
        return
    bound = found.symbol_bound()
    if found.op == "!=":
        assert bound is None
        return
    assert bound is not None
    name, low, high = bound
    for x in range(-40, 41):
        inside = (low is None or low <= x) and (high is None or x <= high)
        assert found.evaluate({name: x}) == inside


# ---------------------------------------------------------------------------------- by name


product = 16 * ((H - 12) // 4) * ((W - 12) // 4)
TEXTS: list[tuple[Relation | bool, str]] = [
    (compare((H - 12) // 4, ">=", 1), "H >= 16"),
    (compare(((H - 4) // 2 - 4) // 2, ">", 0), "H >= 16"),
    (compare(16 * (H // 16), "==", H), "H % 16 == 0"),
    (compare(H % 32, "==", 0), "H % 32 == 0"),
    (compare(product, "==", 400), "16*((H - 12)//4)*((W - 12)//4) == 400"),
    (compare(400, "!=", product), "16*((H - 12)//4)*((W - 12)//4) != 400"),
    (compare(H, "==", W), "H == W"),
    (compare(H, "!=", 2), "H != 2"),
    (compare(2, "==", H), "H == 2"),
    (compare(2 * H, "==", 64), "H == 32"),
    (compare(2 * H, ">=", 63), "H >= 32"),
    (compare(H // 2, ">=", 3), "H >= 6"),
    (compare(H, "<", 10), "H <= 9"),
    (compare(ceil_div(H, 4), "<=", 2), "H <= 8"),
    (compare(k, "==", 2 * p + 1), "k == 2*p + 1"),
    (compare(2 * p, "<=", k), "k >= 2*p"),
    (compare(k, "<=", 2 * p + 1), "2*p + 1 >= k"),
    (compare(H // 4, "==", W // 4), "H//4 == W//4"),
    (compare((H - 12) // 4, "==", (W - 12) // 4), "H//4 == W//4"),
    (compare((H + 2) * (W + 2), "==", 36), "(H + 2)*(W + 2) == 36"),
    (compare((32 + 2 * p - k) // s + 1, ">=", 4), "2*p + 32 >= k + 3*s"),
    (compare((32 + 2 * p - k) // s + 1, "==", 16), "(2*p - k + 32)//s == 15"),
    (all_of([compare(H, ">=", 16), compare(W, ">=", 16)]), "H >= 16 and W >= 16"),
    (any_of([compare(H, "==", W), compare(W, "==", 1)]), "H == W or W == 1"),
    (
        all_of([compare(p, ">=", 1), any_of([compare(H, "==", W), compare(W, "==", 1)])]),
        "p >= 1 and (H == W or W == 1)",
    ),
    (
        any_of([compare(p, ">=", 1), all_of([compare(H, "==", W), compare(W, "==", 1)])]),
        "p >= 1 or H == W and W == 1",
    ),
]


@pytest.mark.parametrize(("relation", "text"), TEXTS, ids=[text for _, text in TEXTS])
def test_texts_are_readable(relation: Relation | bool, text: str) -> None:
    assert str(relation) == text


def test_what_is_always_so_is_decided_at_once() -> None:
    assert compare(H, "<", H + 1) is True
    assert compare(H % 4, ">=", 0) is True
    assert compare(H % 4, "==", 5) is False
    assert compare(2 * H, "==", 2 * W + 1) is False
    assert compare(2 * H, "!=", 2 * W + 1) is True
    assert compare(minimum(H, 7), "<=", 7) is True
    assert compare(3, "<", 4) is True
    assert compare(3 * H // 2, "==", H + H // 2) is True
    with pytest.raises(ValueError, match="is not"):
        compare(H, "is", W)


def test_groups_are_flat_and_hold_the_tightest_bound_once() -> None:
    five, nine = compare(H, ">=", 5), compare(H, ">=", 9)
    assert all_of([five, nine, five]) == nine
    assert any_of([nine, five, nine]) == five
    assert all_of([]) is True
    assert any_of([]) is False
    assert all_of([five, False]) is False
    assert any_of([five, True]) is True
    assert all_of([True, five]) == five
    assert all_of([five, negate(five)]) is False
    assert any_of([five, negate(five)]) is True
    same = compare(H, "==", W)
    assert all_of([same, negate(same)]) is False
    assert any_of([negate(same), same]) is True
    both = all_of([all_of([five, same]), compare(W, ">=", 2)])
    assert isinstance(both, AllOf)
    assert len(both.items) == 3


def test_relations_have_no_truth_and_cannot_be_changed() -> None:
    for relation in (
        compare(H, "==", W),
        all_of([compare(H, ">=", 1), compare(W, ">=", 1)]),
        any_of([compare(H, ">=", 1), compare(W, ">=", 1)]),
    ):
        assert not isinstance(relation, bool)
        with pytest.raises(TypeError, match="decide"):
            bool(relation)
        with pytest.raises(AttributeError):
            relation._hash = 0


def test_decisions_use_what_is_known() -> None:
    assert decide(compare(H, ">=", 1), {"H": (1, None)}) is True
    assert decide(compare(H, ">=", 1), {}) is None
    assert decide(compare(H, ">=", 0), {}) is True
    assert decide(compare(product, ">=", 16), {"H": (16, None), "W": (16, None)}) is True
    assert decide(compare(H, "==", W), {"H": (1, 4), "W": (5, None)}) is False
    assert decide(True, {}) is True
    either = any_of([compare(H, ">=", 9), compare(W, "==", 3)])
    assert decide(either, {"H": (9, None)}) is True
    assert decide(either, {"H": (1, 8), "W": (4, None)}) is False
    assert decide(either, {"W": (4, None)}) is None
