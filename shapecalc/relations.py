"""Relations between sizes that their symbols leave open: comparisons, and their `and` and `or`.

>>> from shapecalc.dims import symbol
>>> H, W = symbol("H"), symbol("W")
>>> print(compare((H - 12) // 4, ">=", 1))
H >= 16
>>> print(compare(16 * (H // 16), "==", H))
H % 16 == 0
>>> print(any_of([compare(H, "==", W), compare(H, ">", 2 * W)]))
H == W or H >= 2*W + 1
>>> compare(H, "<", H + 1)
True

A comparison is kept in a normal form, so that many that say the same are equal:

* it compares with 0 by `==`, `!=` or `>=`, the coefficients having no common divisor;
* `g*e + c >= 0` is `e + c//g >= 0`, and `g*e + c == 0` is false unless g divides c;
* `e//d + f >= 0` is `e + d*f >= 0`, and `f - e//d >= 0` is `d*f + d - 1 - e >= 0`;
* the first coefficient of the highest degree is positive in `==` and `!=`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import gcd
from typing import TypeAlias

from .dims import Atom, Dim, FloorDiv, Symbol, always, bounds, sum_of
from .dims.factors import MOST_TERMS, content, quotient

Size: TypeAlias = "int | Dim"
Term: TypeAlias = "tuple[tuple[tuple[Atom, int], ...], int]"
Known: TypeAlias = "Mapping[str, tuple[int, int | None]]"

_MAX_DECIDED = 64  # terms of an expression that bounds are looked for whatever its symbols are

_set = object.__setattr__


class _Relation:
    """What all relations have: they can't be changed, and have no truth value."""

    __slots__ = ("_hash",)
    _hash: int

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a {type(self).__name__} can't be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} can't be changed")

    def __bool__(self) -> bool:
        raise TypeError(f"whether {self} holds isn't known; use shapecalc.relations.decide")

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"


class Comparison(_Relation):
    """`dim op 0`, the operator being `==`, `!=` or `>=`; made by :func:`compare`.

    `scale` is what `==` and `!=` were divided by, only for printing products as they were.
    """

    __slots__ = ("dim", "op", "scale")
    dim: Dim
    op: str
    scale: int

    def __init__(self, dim: Dim, op: str, scale: int = 1) -> None:
        _set(self, "dim", dim)
        _set(self, "op", op)
        _set(self, "scale", scale)
        _set(self, "_hash", hash((op, dim)))

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Comparison) and self.op == other.op and self.dim == other.dim
        )

    __hash__ = _Relation.__hash__

    def __reduce__(self) -> tuple[object, ...]:
        return Comparison, (self.dim, self.op, self.scale)

    @property
    def symbols(self) -> frozenset[str]:
        """The names that occur."""
        return self.dim.symbols

    def substitute(self, values: Mapping[str, Size]) -> Relation | bool:
        """Put sizes in the place of symbols."""
        if self.dim.symbols.isdisjoint(values):
            return self
        try:
            return _normal(self.dim.substitute(values), self.op, self.scale)
        except ZeroDivisionError:
            return False  # a divisor is at least 1

    def evaluate(self, values: Mapping[str, int]) -> bool:
        """Say whether the relation holds where all symbols have values."""
        try:
            return _holds(self.dim.evaluate(values), self.op)
        except ZeroDivisionError:
            return False

    def symbol_bound(self) -> tuple[str, int | None, int | None] | None:
        """Give the name and the bounds of a relation that is just a bound on one symbol.

        >>> from shapecalc.dims import symbol
        >>> compare(symbol("H"), ">=", 5).symbol_bound()
        ('H', 5, None)
        """
        varying, number = _split(self.dim)
        (monomial, coefficient), *others = varying
        if others or self.op == "!=" or len(monomial) != 1 or coefficient not in (1, -1):
            return None
        ((atom, power),) = monomial
        if not isinstance(atom, Symbol) or power > 1:
            return None
        if self.op == "==":
            return atom.name, -number * coefficient, -number * coefficient
        return (atom.name, -number, None) if coefficient == 1 else (atom.name, None, number)

    def __str__(self) -> str:
        from .dims.text import summands  # only where symbols are shown

        plus, minus, constant = summands(self.dim)
        op = self.op
        if self.scale > 1 and len(plus) == 1 and not minus and _is_product(self.dim):
            scaled = self.dim * self.scale
            assert isinstance(scaled, Dim)
            plus, minus, constant = summands(scaled)
        if not plus:
            plus, minus, constant = minus, plus, -constant
            op = "<=" if op == ">=" else op
        left = " + ".join([text for text, _ in plus])
        right = " + ".join([text for text, _ in minus])
        if not minus:
            return f"{left} {op} {-constant}"
        if constant > 0:
            left += f" + {constant}"
        elif constant:
            right += f" + {-constant}"
        return f"{left} {op} {right}"


def _degree(term: Term) -> int:
    return sum([power for _, power in term[0]])


def _is_product(dim: Dim) -> bool:
    return max(map(_degree, dim.terms)) > 1


class _Group(_Relation):
    """Relations joined by `and` or `or`, in the order in which they were given."""

    __slots__ = ("_symbols", "items")
    _symbols: frozenset[str]
    items: tuple[Relation, ...]

    def __init__(self, items: Iterable[Relation]) -> None:
        _set(self, "items", tuple(items))
        _set(self, "_hash", hash((type(self).__name__, self.items)))

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(self) is type(other) and isinstance(other, _Group) and self.items == other.items
        )

    __hash__ = _Relation.__hash__

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.items,)

    @property
    def symbols(self) -> frozenset[str]:
        """The names that occur."""
        try:
            return self._symbols
        except AttributeError:
            found: frozenset[str] = frozenset()
            for item in self.items:
                found |= item.symbols
            _set(self, "_symbols", found)
            return found


class AllOf(_Group):
    """Relations that all hold; made by :func:`all_of`."""

    __slots__ = ()

    def substitute(self, values: Mapping[str, Size]) -> Relation | bool:
        """Put sizes in the place of symbols."""
        if self.symbols.isdisjoint(values):
            return self
        return all_of([item.substitute(values) for item in self.items])

    def evaluate(self, values: Mapping[str, int]) -> bool:
        """Say whether all relations hold where all symbols have values."""
        return all(item.evaluate(values) for item in self.items)

    def __str__(self) -> str:
        return " and ".join(
            [f"({item})" if isinstance(item, AnyOf) else str(item) for item in self.items]
        )


class AnyOf(_Group):
    """Relations one of which holds; made by :func:`any_of`."""

    __slots__ = ()

    def substitute(self, values: Mapping[str, Size]) -> Relation | bool:
        """Put sizes in the place of symbols."""
        if self.symbols.isdisjoint(values):
            return self
        return any_of([item.substitute(values) for item in self.items])

    def evaluate(self, values: Mapping[str, int]) -> bool:
        """Say whether some relation holds where all symbols have values."""
        return any(item.evaluate(values) for item in self.items)

    def __str__(self) -> str:
        return " or ".join(map(str, self.items))


Relation: TypeAlias = Comparison | AllOf | AnyOf


def compare(left: Size, op: str, right: Size) -> Relation | bool:
    """Compare two sizes by `== != < <= > >=`: a truth value, or a relation where it is open."""
    match op:
        case "==" | "!=" | ">=":
            return _normal(left - right, op)
        case "<=":
            return _normal(right - left, ">=")
        case ">":
            return _normal(left - right - 1, ">=")
        case "<":
            return _normal(right - left - 1, ">=")
    raise ValueError(f"{op} is not a comparison")


def _holds(value: int, op: str) -> bool:
    if op == "==":
        return value == 0
    return value >= 0 if op == ">=" else value != 0


def _split(dim: Dim) -> tuple[tuple[Term, ...], int]:
    """Split what varies from the constant."""
    if dim.terms[0][0]:
        return dim.terms, 0
    return dim.terms[1:], dim.terms[0][1]


def _normal(size: Size, op: str, scale: int = 1) -> Relation | bool:
    """Compare with 0, by the laws at the head of this module."""
    while isinstance(size, Dim):
        varying, constant = _split(size)
        common = gcd(*[coefficient for _, coefficient in varying])
        if op != ">=":
            if constant % common:
                return op == "!="
            scale *= common
            if max(varying, key=_degree)[1] < 0:
                common = -common
        if common != 1:
            whole = tuple([(monomial, c // common) for monomial, c in varying])
            constant //= common
            size = Dim((((), constant), *whole) if constant else whole)
        simpler = _without_floor(size) if op == ">=" else None
        if simpler is None:
            break
        size = simpler
    if isinstance(size, int):
        return _holds(size, op)
    if len(size.terms) <= _MAX_DECIDED and not _is_linear(size):
        decided = _decided(always(size), op)
        if decided is not None:
            return decided
    return Comparison(size, op, scale)


def _is_linear(dim: Dim) -> bool:
    return all(
        not monomial
        or (len(monomial) == 1 and monomial[0][1] == 1 and type(monomial[0][0]) is Symbol)
        for monomial, _ in dim.terms
    )


def _without_floor(dim: Dim) -> Size | None:
    """Solve `dim >= 0` for its only floor, and give what is >= 0 instead; None if there is none."""
    floor: FloorDiv | None = None
    sign = 0
    for monomial, coefficient in dim.terms:
        for atom, power in monomial:
            if type(atom) is Symbol:
                continue
            if floor is not None or not isinstance(atom, FloorDiv):
                return None
            if power > 1 or len(monomial) > 1 or coefficient not in (1, -1):
                return None
            floor, sign = atom, coefficient
    if floor is None:
        return None
    top, divisor = floor.numerator, floor.divisor
    rest = dim - Dim(((((floor, 1),), sign),))
    if isinstance(divisor, Dim) and isinstance(rest, Dim):
        return None
    if sign > 0:
        return top + divisor * rest
    return divisor * rest + divisor - 1 - top


def negate(relation: Relation | bool) -> Relation | bool:
    """Give the relation that holds exactly where this one doesn't."""
    match relation:
        case bool():
            return not relation
        case Comparison():
            if relation.op == ">=":
                return compare(relation.dim, "<", 0)
            return Comparison(relation.dim, "!=" if relation.op == "==" else "==", relation.scale)
        case AllOf():
            return any_of([negate(item) for item in relation.items])
        case AnyOf():
            return all_of([negate(item) for item in relation.items])


def all_of(items: Iterable[Relation | bool]) -> Relation | bool:
    """Say that all of some relations hold: each once, of bounds on one expression the tightest."""
    return _group(items, AllOf)


def any_of(items: Iterable[Relation | bool]) -> Relation | bool:
    """Say that one of some relations holds: each once, of bounds on one expression the loosest."""
    return _group(items, AnyOf)


def _group(items: Iterable[Relation | bool], kind: type[AllOf | AnyOf]) -> Relation | bool:
    ends = kind is AnyOf  # the truth value that decides the whole
    found: dict[object, Relation] = {}
    for item in _flattened(items, kind):
        if isinstance(item, bool):
            if item is ends:
                return ends
        elif isinstance(item, Comparison) and item.op == ">=":
            varying, constant = _split(item.dim)
            other = found.get(varying)
            if isinstance(other, Comparison):
                best = _split(other.dim)[1]
                if constant == best or (constant < best) is ends:
                    continue
            found[varying] = item
        else:
            found.setdefault(item, item)
    if any(_is_opposed(item, found, ends=ends) for item in found.values()):
        return ends
    if len(found) < 2:
        return next(iter(found.values()), not ends)
    return kind(found.values())


def _is_opposed(item: Relation, found: Mapping[object, Relation], *, ends: bool) -> bool:
    """Whether a comparison and another rule each other out, or leave nothing out."""
    if not isinstance(item, Comparison):
        return False
    if item.op == "!=":
        return Comparison(item.dim, "==") in found
    if item.op == "==":
        return False
    varying, constant = _split(item.dim)
    other = found.get(tuple([(monomial, -coefficient) for monomial, coefficient in varying]))
    if not isinstance(other, Comparison):
        return False
    most = _split(other.dim)[1]  # the two say that e is at least -constant, and at most this
    return -constant <= most + 1 if ends else -constant > most


def _flattened(
    items: Iterable[Relation | bool], kind: type[AllOf | AnyOf]
) -> list[Relation | bool]:
    found: list[Relation | bool] = []
    for item in items:
        if isinstance(item, (AllOf, AnyOf)) and type(item) is kind:
            found.extend(item.items)
        else:
            found.append(item)
    return found


def decide(relation: Relation | bool, known: Known) -> bool | None:
    """Prove or refute a relation where symbols lie in intervals; None when it stays open.

    A symbol that isn't in `known` is at least 0. What is said always holds.
    """
    match relation:
        case bool():
            return relation
        case Comparison():
            return _decided(bounds(relation.dim, known), relation.op)
        case AllOf():
            return _combined([decide(item, known) for item in relation.items], ends=False)
        case AnyOf():
            return _combined([decide(item, known) for item in relation.items], ends=True)


def without_factors(
    relation: Relation | bool, is_positive: Callable[[Size], bool]
) -> Relation | bool:
    """Leave out factors that are at least 1: `(H - 2)*k >= 1` is `k >= 1` where `H >= 3` is known.

    >>> from shapecalc.dims import symbol
    >>> H, W = symbol("H"), symbol("W")
    >>> without_factors(compare(H * W, "==", H * 7), lambda size: size == H)
    Comparison(W == 7)
    """
    match relation:
        case Comparison():
            return _without_factors(relation, is_positive)
        case AllOf():
            return all_of([without_factors(item, is_positive) for item in relation.items])
        case AnyOf():
            return any_of([without_factors(item, is_positive) for item in relation.items])
        case _:
            return relation


def _without_factors(relation: Comparison, is_positive: Callable[[Size], bool]) -> Relation | bool:
    """Divide by factors that are at least 1.

    With `u*v >= 1` as with `u*v >= 0`, v is at least as much; and `u*v == 1` only if both are 1.
    """
    dim = relation.dim
    if len(dim.terms) > MOST_TERMS or not _is_product(dim):
        return relation
    for number in (0, 1):
        factors, rest = _positive_factors(dim + number, is_positive)
        if not factors:
            continue
        if number == 0 or relation.op == ">=":
            return compare(rest, relation.op, number)
        if is_positive(rest):
            sides = sorted([*factors, rest], key=str)
            parts = [compare(side, relation.op, 1) for side in sides]
            return all_of(parts) if relation.op == "==" else any_of(parts)
    return relation


def _positive_factors(size: Size, is_positive: Callable[[Size], bool]) -> tuple[list[Size], Size]:
    """Take out of a size what the coefficients of an atom have in common, if that is at least 1."""
    found: list[Size] = []
    atoms = [] if isinstance(size, int) else [atom for m, _ in size.terms for atom, _ in m]
    for atom in dict.fromkeys(atoms):
        common = {} if isinstance(size, int) else content(dict(size.terms), atom)
        if isinstance(size, Dim) and common.keys() != {()} and is_positive(sum_of(common)):
            found.append(sum_of(common))
            size = sum_of(quotient(dict(size.terms), common))
    return found, size


def _combined(answers: Sequence[bool | None], *, ends: bool) -> bool | None:
    if ends in answers:
        return ends
    return None if None in answers else not ends


def _decided(ends: tuple[int | None, int | None], op: str) -> bool | None:
    low, high = ends
    if op == ">=":
        if low is not None and low >= 0:
            return True
        return False if high is not None and high < 0 else None
    if (low is not None and low > 0) or (high is not None and high < 0):
        return op == "!="
    return op == "==" if low == 0 == high else None


__all__ = [
    "AllOf",
    "AnyOf",
    "Comparison",
    "Relation",
    "all_of",
    "any_of",
    "compare",
    "decide",
    "negate",
    "without_factors",
]
