"""Products of expressions in different unknowns, compared with a number by its divisors.

An expression in two groups of unknowns is a matrix: a row for each monomial of the first group, a
column for each of the second. `f = U*V - n`, with U in the first group and V in the second, exactly
if the matrix has rank 1 once the constant entry is set right; so `(H + 2)*(W + 2) == 36` is found
in `H*W + 2*H + 2*W - 32 == 0` again.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd, isqrt
from typing import NamedTuple, TypeAlias

from .dims import Dim, FloorDiv, sum_of
from .dims.factors import coefficients, division
from .isolate import Atom, atom_has, atom_size, monomial_size
from .univariate import Undecidable

Size: TypeAlias = "int | Dim"
Monomial: TypeAlias = "tuple[tuple[Atom, int], ...]"

_MAX_TRIAL = 2_000_000  # trial division goes up to here


class Separation(NamedTuple):
    """`times*expression == left*right - number`, with one unknown in `left` and others in `right`.

    The coefficients of `left` and those of `right` have no common divisor, and `times` > 0 when
    `number` is 0 only up to `share`: `share*left*right` is what `times` divides.
    """

    left: Dim
    right: Dim
    share: int
    times: int
    number: int


def separate(size: Dim, name: str) -> Separation | None:
    """Write `times*size = share*left*right - number`, `left` holding just the unknown `name`."""
    for monomial, _ in size.terms:
        for atom, _ in monomial:
            if atom_has(atom, name) and _size_symbols(atom) != {name}:
                return None
    return _separate(size, lambda atom: atom_has(atom, name))


def split_off(size: Dim, chosen: Atom) -> tuple[Size, Size, int] | None:
    """Write a size as `left*right + number`, an atom that isn't in `left` being linear in `right`.

    >>> from shapecalc.dims import Symbol, symbol
    >>> H, W, k = symbol("H"), symbol("W"), symbol("k")
    >>> split_off((H - k) * (2 * W - k) - 9, Symbol("W"))
    (Dim(H - k), Dim(2*W - k), -9)
    """
    parts = coefficients(dict(size.terms), chosen)
    slope, rest = parts.pop(1, {}), parts.pop(0, {})
    if parts or slope.keys() <= {()}:
        return None
    common = gcd(*slope.values())
    left = {monomial: coefficient // common for monomial, coefficient in slope.items()}
    more, number = division(rest, left)
    if number.keys() - {()} or any(atom == chosen for m in (*more, *left) for atom, _ in m):
        return None
    return sum_of(left), common * atom_size(chosen) + sum_of(more), number.get((), 0)


def _separate(size: Dim, belongs: Callable[[Atom], bool]) -> Separation | None:
    entries: dict[tuple[Monomial, Monomial], int] = {}
    for monomial, coefficient in size.terms:
        inside = tuple(pair for pair in monomial if belongs(pair[0]))
        outside = tuple(pair for pair in monomial if not belongs(pair[0]))
        entries[inside, outside] = entries.get((inside, outside), 0) + coefficient
    pivot = next((key for key in entries if key[0] and key[1]), None)
    if pivot is None:
        return None
    row, column = pivot
    times = entries[pivot]
    rows = dict.fromkeys([(), *(inside for inside, _ in entries)])
    columns = dict.fromkeys([(), *(outside for _, outside in entries)])
    for r in rows:
        for c in columns:
            product = entries.get((r, column), 0) * entries.get((row, c), 0)
            if (r or c) and times * entries.get((r, c), 0) != product:
                return None
    number = entries.get(((), column), 0) * entries.get((row, ()), 0)
    number -= times * entries.get(((), ()), 0)
    left, left_share = _primitive({r: entries.get((r, column), 0) for r in rows})
    right, right_share = _primitive({c: entries.get((row, c), 0) for c in columns})
    share = left_share * right_share
    common = gcd(share, times, number)
    return Separation(left, right, share // common, times // common, number // common)


def _size_symbols(atom: Atom) -> frozenset[str]:
    size = atom_size(atom)
    return size.symbols if isinstance(size, Dim) else frozenset()


def _primitive(terms: dict[Monomial, int]) -> tuple[Dim, int]:
    """Add up monomials, their coefficients divided by the greatest common divisor."""
    share = gcd(*terms.values())
    if max(terms.items(), key=lambda term: len(term[0]))[1] < 0:
        share = -share
    total: Size = 0
    for monomial, coefficient in terms.items():
        total = total + monomial_size(monomial, coefficient // share)
    assert isinstance(total, Dim)  # a row or column of the pivot isn't constant
    return total, share


class Congruence(NamedTuple):
    """`times*(size % modulus) + number`, the form of a comparison of remainders."""

    size: Dim
    modulus: int
    times: int
    number: int


def congruence(dim: Dim) -> Congruence | None:
    """Recognise `times*(size % modulus) + number` in `... size - modulus*(size//modulus) ...`."""
    for monomial, coefficient in dim.terms:
        if len(monomial) != 1 or monomial[0][1] != 1:
            continue
        atom = monomial[0][0]
        if not isinstance(atom, FloorDiv) or not isinstance(atom.divisor, int):
            continue
        if coefficient % atom.divisor or not isinstance(atom.numerator, Dim):
            continue
        times = -coefficient // atom.divisor
        rest = dim - times * (atom.numerator - atom.divisor * atom_size(atom))
        if isinstance(rest, int):
            return Congruence(atom.numerator, atom.divisor, times, rest)
    return None


class Residue(NamedTuple):
    """`size % modulus == rest`, where the size has no constant; it can't hold when `rest` is -1."""

    size: Dim
    modulus: int
    rest: int


def residue(dim: Dim) -> Residue | None:
    """Read `dim == 0` as a statement of a remainder; the size's first coefficient is positive."""
    form = congruence(dim)
    if form is None:
        return None
    rest, left = divmod(-form.number, form.times)
    if left or not 0 <= rest < form.modulus:
        return Residue(form.size, form.modulus, -1)
    terms = [(monomial, coefficient) for monomial, coefficient in form.size.terms if monomial]
    constant = sum(coefficient for monomial, coefficient in form.size.terms if not monomial)
    sign = -1 if max(terms, key=lambda term: len(term[0]))[1] < 0 else 1
    size = sign * (form.size - constant)
    assert isinstance(size, Dim)  # a remainder of a number is none
    return Residue(size, form.modulus, sign * (rest - constant) % form.modulus)


def divisors(number: int) -> list[int]:
    """Give the positive divisors of a number, in order.

    Raises `Undecidable` when the number is too large to factorise.

    >>> divisors(25)
    [1, 5, 25]
    """
    found = [1]
    for prime, power in factorise(number):
        found = [divisor * prime**index for divisor in found for index in range(power + 1)]
    return sorted(found)


def factorise(number: int) -> list[tuple[int, int]]:
    """Give the prime factors of a number and their powers, by trial division.

    >>> factorise(360)
    [(2, 3), (3, 2), (5, 1)]
    """
    number = abs(number)
    found: list[tuple[int, int]] = []
    prime = 2
    while prime * prime <= number:
        power = 0
        while number % prime == 0:
            number //= prime
            power += 1
        if power:
            found.append((prime, power))
        prime += 1 if prime == 2 else 2
        if prime > _MAX_TRIAL:
            if isqrt(number) >= prime:
                raise Undecidable(f"{number} is too large to factorise")
            break
    return [*found, (number, 1)] if number > 1 else found
