"""Relations between sizes: comparisons in a normal form, and their conjunctions and alternatives.

A comparison is `dim == 0`, `dim >= 0` or `dim != 0`, divided by the common divisor of its
coefficients (`2*H >= 3` is `H >= 2`), an inequality about one floor solved for what is in it
(`(H - 12)//4 >= 1` is `H >= 16`). What is decided is a plain `bool`.

>>> from shapecalc.dims import symbol
>>> H = symbol("H")
>>> print(compare(H % 16, "==", 0), "|", compare((H - 12)//4, ">", 0), "|", compare(H, "==", H))
H % 16 == 0 | H >= 16 | True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import gcd
from typing import Any, TypeAlias

from .dims import Dim, FloorDiv, Size, Symbol, bounds

Bounds: TypeAlias = "Mapping[str, tuple[int, int | None]]"


class Comparison:
    """`dim op 0`, where op is `==`, `>=` or `!=`."""

    __slots__ = ("_hash", "dim", "op")
    __match_args__ = ("dim", "op")

    def __init__(self, dim: Dim, op: str) -> None:
        self.dim = dim
        self.op = op
        self._hash = hash((dim, op))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Comparison) and self.op == other.op and self.dim == other.dim

    @property
    def symbols(self) -> frozenset[str]:
        """The names of its symbols."""
        return self.dim.symbols

    def substitute(self, values: Mapping[str, Size]) -> Relation | bool:
        """Put sizes in the place of symbols."""
        return compare(self.dim.substitute(values), self.op, 0)

    def evaluate(self, values: Mapping[str, int]) -> bool:
        """Say whether it holds."""
        value = self.dim.evaluate(values)
        return value == 0 if self.op == "==" else value >= 0 if self.op == ">=" else value != 0

    def symbol_bound(self) -> tuple[str, int | None, int | None] | None:
        """Give `(name, low, high)` where it does no more than bound one symbol."""
        terms = [term for term in self.dim.terms if term[0]]
        if len(terms) != 1 or self.op == "!=":
            return None
        monomial, coefficient = terms[0]
        if len(monomial) != 1 or monomial[0][1] != 1 or not isinstance(monomial[0][0], Symbol):
            return None
        name, constant = monomial[0][0].name, self.dim.constant
        if self.op == "==":
            value = -constant // coefficient
            return name, value, value
        if coefficient > 0:
            return name, -(constant // coefficient), None
        return name, None, constant // -coefficient

    def __str__(self) -> str:
        return _print(self)

    def __repr__(self) -> str:
        return f"<{self}>"


class _Many:
    __slots__ = ("_hash", "items")
    __match_args__ = ("items",)

    def __init__(self, items: tuple[Relation, ...]) -> None:
        self.items = items
        self._hash = hash((type(self).__name__, frozenset(items)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and set(self.items) == set(other.items)  # type: ignore[attr-defined]

    @property
    def symbols(self) -> frozenset[str]:
        """The names of its symbols."""
        return frozenset().union(*(item.symbols for item in self.items))

    def __repr__(self) -> str:
        return f"<{self}>"


class AllOf(_Many):
    """A conjunction of two relations or more."""

    __slots__ = ()

    def substitute(self, values: Mapping[str, Size]) -> Relation | bool:
        """Put sizes in the place of symbols."""
        return all_of([item.substitute(values) for item in self.items])

    def evaluate(self, values: Mapping[str, int]) -> bool:
        """Say whether all hold."""
        return all(item.evaluate(values) for item in self.items)

    def __str__(self) -> str:
        return " and ".join(
            f"({item})" if isinstance(item, AnyOf) else str(item) for item in self.items
        )


class AnyOf(_Many):
    """An alternative of two relations or more."""

    __slots__ = ()

    def substitute(self, values: Mapping[str, Size]) -> Relation | bool:
        """Put sizes in the place of symbols."""
        return any_of([item.substitute(values) for item in self.items])

    def evaluate(self, values: Mapping[str, int]) -> bool:
        """Say whether one holds."""
        return any(item.evaluate(values) for item in self.items)

    def __str__(self) -> str:
        return " or ".join(str(item) for item in self.items)


Relation: TypeAlias = "Comparison | AllOf | AnyOf"


def compare(left: Size, op: str, right: Size) -> Any:
    """Compare two sizes: a `bool` where the answer is the same for all values, else a relation."""
    match op:
        case ">":
            return compare(left, ">=", right + 1)
        case "<":
            return compare(right, ">=", left + 1)
        case "<=":
            return compare(right, ">=", left)
    gap = left - right
    if isinstance(gap, int):
        return gap == 0 if op == "==" else gap != 0 if op == "!=" else gap >= 0
    return _inequality(gap) if op == ">=" else _equality(gap, op)


def _equality(gap: Dim, op: str) -> Comparison | bool:
    common = gcd(*(c for monomial, c in gap.terms if monomial))
    if gap.constant % common:
        return op == "!="
    lead = gap.terms[0][1]
    if common > 1 or lead < 0:
        gap = _divided(gap, common if lead > 0 else -common)
    return Comparison(gap, op)


def _divided(dim: Dim, number: int) -> Dim:
    made = 0
    for monomial, c in dim.terms:
        made = made + Dim(((monomial, c // number),)) if monomial else made + c // number
    assert isinstance(made, Dim)
    return made


def _inequality(gap: Dim) -> Comparison | bool:
    while True:
        terms = [(monomial, c) for monomial, c in gap.terms if monomial]
        common = gcd(*(c for _, c in terms))
        if common > 1:
            made: Any = gap.constant // common
            for monomial, c in terms:
                made = made + Dim(((monomial, c // common),))
            gap = made
        if len(terms) != 1 or len(terms[0][0]) != 1 or terms[0][0][0][1] != 1:
            return Comparison(gap, ">=")
        monomial = next(monomial for monomial, _ in gap.terms if monomial)
        coefficient = dict(gap.terms)[monomial]
        atom, constant = monomial[0][0], gap.constant
        if not isinstance(atom, FloorDiv) or not isinstance(atom.divisor, int):
            return Comparison(gap, ">=")
        # a//d + c >= 0 is a + d*c >= 0;  c - a//d >= 0 is d*c + d - 1 - a >= 0
        if coefficient > 0:
            inner = atom.numerator + atom.divisor * constant
        else:
            inner = atom.divisor * constant + atom.divisor - 1 - atom.numerator
        if isinstance(inner, int):
            return inner >= 0
        gap = inner


def all_of(items: Sequence[Relation | bool]) -> Any:
    """Join relations by `and`; nested ones are taken apart, equal ones kept once."""
    found: dict[Relation, None] = {}
    for item in items:
        if isinstance(item, bool):
            if not item:
                return False
        elif isinstance(item, AllOf):
            found.update(dict.fromkeys(item.items))
        else:
            found[item] = None
    if not found:
        return True
    return next(iter(found)) if len(found) == 1 else AllOf(tuple(found))


def any_of(items: Sequence[Relation | bool]) -> Any:
    """Join relations by `or`."""
    found: dict[Relation, None] = {}
    for item in items:
        if isinstance(item, bool):
            if item:
                return True
        elif isinstance(item, AnyOf):
            found.update(dict.fromkeys(item.items))
        else:
            found[item] = None
    if not found:
        return False
    return next(iter(found)) if len(found) == 1 else AnyOf(tuple(found))


def negate(relation: Relation | bool) -> Any:
    """Give the relation that holds exactly where this one doesn't."""
    match relation:
        case bool():
            return not relation
        case AllOf(items):
            return any_of([negate(item) for item in items])
        case AnyOf(items):
            return all_of([negate(item) for item in items])
        case Comparison(dim, "=="):
            return Comparison(dim, "!=")
        case Comparison(dim, "!="):
            return Comparison(dim, "==")
        case Comparison(dim, _):
            return compare(-1 - dim, ">=", 0)


def decide(relation: Relation | bool, known: Bounds) -> bool | None:
    """Say whether a relation holds for all, or for no, values within bounds; None: neither."""
    match relation:
        case bool():
            return relation
        case AllOf(items):
            answers = [decide(item, known) for item in items]
            return False if False in answers else None if None in answers else True
        case AnyOf(items):
            answers = [decide(item, known) for item in items]
            return True if True in answers else None if None in answers else False
        case Comparison(dim, op):
            low, high = bounds(dim, known)
            if op == ">=":
                if low is not None and low >= 0:
                    return True
                return False if high is not None and high < 0 else None
            apart = (low is not None and low > 0) or (high is not None and high < 0)
            if apart:
                return op == "!="
            return op == "==" if low == high == 0 else None


def _print(relation: Comparison) -> str:
    """Write a comparison with positive terms on the left and the constant on the right."""
    dim, op = relation.dim, relation.op
    constant = dim.constant
    body: Any = dim - constant
    if not isinstance(body, Dim):
        return f"{dim} {op} 0"
    constant = (dim - body) if isinstance(dim - body, int) else constant
    if "%" in str(body):
        return f"{body} {op} {-constant}"
    positive: Any = 0
    negative: Any = 0
    for monomial, c in body.terms:
        part = Dim(((monomial, abs(c)),)) if monomial else abs(c)
        if c > 0:
            positive = positive + part
        else:
            negative = negative + part
    if isinstance(positive, int) and positive == 0:
        return f"{negative} {'<=' if op == '>=' else op} {constant}"
    if isinstance(negative, int) and negative == 0:
        return f"{positive} {op} {-constant}"
    if constant < 0:
        return f"{positive} {op} {negative + -constant}"
    return f"{positive + constant} {op} {negative}"
