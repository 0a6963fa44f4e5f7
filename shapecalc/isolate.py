"""Solve a comparison for one unknown that occurs once in it, as bounds in the other unknowns.

Each step is an equivalence over the integers, so nothing is lost or added:

* `t <= e//d` is `d*t <= e`, and `e//d <= t` is `e <= d*t + d - 1`, for d >= 1;
* `t <= c*a + e` is `ceil((t - e)/c) <= a`, and `c*a + e <= t` is `a <= (t - e)//c`, for c >= 1;
* `t <= n//y` is `y <= n//t`, for y, t >= 1; `n//y <= t` is `n//(t + 1) + 1 <= y`, for t >= 0.

Bounds of an unknown in terms of others can be eliminated as Fourier and Motzkin do: some integer
lies between all lower and all upper bounds exactly if each lower bound is <= each upper one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from .dims import (
    Dim,
    FloorDiv,
    FloorScale,
    Max,
    Min,
    Symbol,
    bounds,
    ceil_div,
    floor_scale,
    maximum,
    minimum,
    symbol,
)
from .relations import AllOf, AnyOf, Comparison, Relation, compare
from .relations import all_of as conjunction

Size: TypeAlias = "int | Dim"
Known: TypeAlias = "Mapping[str, tuple[int, int | None]]"
Atom: TypeAlias = "Symbol | FloorDiv | Min | Max | FloorScale"


class SignUnknown(Exception):
    """A factor whose sign has to be known first."""

    def __init__(self, factor: Dim) -> None:
        super().__init__(str(factor))
        self.factor = factor


class Limits(NamedTuple):
    """Lower and upper bounds of an unknown, and what must hold besides."""

    lows: tuple[Size, ...]
    highs: tuple[Size, ...]
    needs: tuple[Relation | bool, ...] = ()


# --------------------------------------------------------------------------------- dimensions


def atom_size(atom: Atom) -> Size:
    """Make a dimension of one atom."""
    match atom:
        case Symbol():
            return symbol(atom.name)
        case FloorDiv():
            return atom.numerator // atom.divisor
        case Min():
            return minimum(*atom.args)
        case Max():
            return maximum(*atom.args)
        case FloorScale():
            return floor_scale(atom.argument, atom.factor)


def inner_sizes(atom: Atom) -> tuple[Size, ...]:
    """Give the sizes inside an atom."""
    match atom:
        case Symbol():
            return ()
        case FloorDiv():
            return (atom.numerator, atom.divisor)
        case Min() | Max():
            return tuple(atom.args)
        case FloorScale():
            return (atom.argument,)


def has(size: Size, name: str) -> bool:
    """Say whether a symbol occurs in a size."""
    return isinstance(size, Dim) and name in size.symbols


def atom_has(atom: Atom, name: str) -> bool:
    """Say whether a symbol occurs in an atom."""
    if isinstance(atom, Symbol):
        return atom.name == name
    return any(has(size, name) for size in inner_sizes(atom))


def atoms_of(size: Size) -> Iterator[Atom]:
    """Yield all atoms of a size, inner ones first."""
    if isinstance(size, Dim):
        for monomial, _ in size.terms:
            for atom, _ in monomial:
                for part in inner_sizes(atom):
                    yield from atoms_of(part)
                yield atom


def dims_of(relation: Relation | bool) -> Iterator[Dim]:
    """Yield the dimensions that a relation compares with 0."""
    match relation:
        case Comparison():
            yield relation.dim
        case AllOf() | AnyOf():
            for item in relation.items:
                yield from dims_of(item)


def monomial_size(monomial: Sequence[tuple[Atom, int]], coefficient: int) -> Size:
    """Multiply out a monomial."""
    found: Size = coefficient
    for atom, power in monomial:
        found = found * atom_size(atom) ** power
    return found


def put(size: Size, change: Callable[[Atom], Size | None]) -> Size:
    """Rebuild a size with `change(atom)` in the place of each atom for which that isn't None."""
    if not isinstance(size, Dim):
        return size
    total: Size = 0
    for monomial, coefficient in size.terms:
        term: Size = coefficient
        for atom, power in monomial:
            made = change(atom)
            if made is None:
                made = _put_inside(atom, change)
            term = term * made**power
        total = total + term
    return total


def _put_inside(atom: Atom, change: Callable[[Atom], Size | None]) -> Size:
    match atom:
        case Symbol():
            return symbol(atom.name)
        case FloorDiv():
            return put(atom.numerator, change) // put(atom.divisor, change)
        case Min():
            return minimum(*(put(item, change) for item in atom.args))
        case Max():
            return maximum(*(put(item, change) for item in atom.args))
        case FloorScale():
            return floor_scale(put(atom.argument, change), atom.factor)


# ----------------------------------------------------------------------------------- isolating


class Occurrence(NamedTuple):
    """`factor*atom + rest`, where the unknown is only inside the atom."""

    factor: Size
    atom: Atom
    rest: Size


def occurrence(size: Size, name: str) -> Occurrence | None:
    """Find the one atom that holds an unknown; None when it occurs twice or to a power."""
    if not isinstance(size, Dim):
        return None
    found: Atom | None = None
    factor: Size = 0
    rest: Size = 0
    for monomial, coefficient in size.terms:
        inside = [(atom, power) for atom, power in monomial if atom_has(atom, name)]
        if not inside:
            rest = rest + monomial_size(monomial, coefficient)
            continue
        atom, power = inside[0]
        if len(inside) > 1 or power > 1 or (found is not None and found != atom):
            return None
        found = atom
        others = [pair for pair in monomial if pair[0] != atom]
        factor = factor + monomial_size(others, coefficient)
    return None if found is None or has(factor, name) else Occurrence(factor, found, rest)


def isolate(relation: Comparison, name: str, known: Known) -> Limits | None:
    """Solve `dim == 0` or `dim >= 0` for an unknown; None when it can't be isolated.

    Raises `SignUnknown` when that depends on the sign of a factor.
    """
    found = occurrence(relation.dim, name)
    if found is None or relation.op == "!=":
        return None
    factor, atom, rest = found
    if relation.op == "==":
        value = 0 - rest
        if _sign(factor, known) < 0:
            factor, value = 0 - factor, 0 - value
        needs: tuple[Relation | bool, ...] = ()
        if factor != 1:
            needs = (compare(value % factor, "==", 0),)
            value = value // factor
        inside = _reach(atom, name, value, value, known)
        return None if inside is None else inside._replace(needs=(*needs, *inside.needs))
    return _affine(found, name, 0, None, known)


def _sign(factor: Size, known: Known) -> int:
    if isinstance(factor, int):
        return 1 if factor > 0 else -1
    low, high = bounds(factor, known)
    if low is not None and low >= 1:
        return 1
    if high is not None and high <= -1:
        return -1
    raise SignUnknown(factor)


def _affine(
    found: Occurrence, name: str, low: Size | None, high: Size | None, known: Known
) -> Limits | None:
    """Bound the unknown where `low <= factor*atom + rest <= high`."""
    factor, atom, rest = found
    low = None if low is None else low - rest
    high = None if high is None else high - rest
    if _sign(factor, known) < 0:
        factor = 0 - factor
        low, high = (None if high is None else 0 - high), (None if low is None else 0 - low)
    if factor != 1:
        low = None if low is None else ceil_div(low, factor)
        high = None if high is None else high // factor
    return _reach(atom, name, low, high, known)


def _reach(
    atom: Atom, name: str, low: Size | None, high: Size | None, known: Known
) -> Limits | None:
    """Bound the unknown where `low <= atom <= high`."""
    if isinstance(atom, Symbol):
        return Limits(() if low is None else (low,), () if high is None else (high,))
    if not isinstance(atom, FloorDiv):
        return None
    top, bottom = atom.numerator, atom.divisor
    if not has(bottom, name):
        if _sign(bottom, known) < 0:
            return None
        found = occurrence(top, name)
        if found is None:
            return None
        start = None if low is None else bottom * low
        end = None if high is None else bottom * high + bottom - 1
        return _affine(found, name, start, end, known)
    if has(top, name) or _sign(bottom, known) < 0:
        return None
    start = end = None
    if low is not None:
        if _sign_or_zero(low, known) < 1:
            return None
        end = top // low
    if high is not None:
        if _sign_or_zero(high, known) < 0:
            return None
        start = top // (high + 1) + 1
    found = occurrence(bottom, name)
    return None if found is None else _affine(found, name, start, end, known)


def _sign_or_zero(size: Size, known: Known) -> int:
    """Say 1 for a size that is at least 1, 0 for one that is at least 0, else -1."""
    low = size if isinstance(size, int) else bounds(size, known)[0]
    return -1 if low is None or low < 0 else min(low, 1)


__all__ = [
    "Limits",
    "Occurrence",
    "SignUnknown",
    "atom_has",
    "atom_size",
    "atoms_of",
    "conjunction",
    "dims_of",
    "has",
    "isolate",
    "monomial_size",
    "occurrence",
    "put",
]
