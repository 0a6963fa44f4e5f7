"""Rules for products of expressions in different unknowns: divisors, remainders, bounds."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from math import gcd, isqrt
from typing import TypeAlias

from .boxes import Box
from .dims import Atom, Dim, Symbol, bounds, sum_of, symbol
from .dims.factors import coefficients
from .isolate import atom_size, put
from .products import Monomial, divisors, factorise, residue, separate, split_off
from .relations import Comparison, Relation, all_of, compare
from .search import Domains, Literal, Search, hull
from .sets import IntSet, SetTooLarge
from .splitting import replaced
from .univariate import Undecidable, solution_set

Size: TypeAlias = "int | Dim"
Known: TypeAlias = "Mapping[str, tuple[int, int | None]]"

_MAX_RESIDUES = 64  # of a modulus
_MAX_STAIRS = 64


def products(search: Search, literals: list[Literal], domains: Domains) -> list[Box] | None:
    """Solve `U(x)*V(rest) == n` by the divisors of n."""
    for item in literals:
        if not isinstance(item, Comparison) or item.op != "==":
            continue
        for name in domains:
            if name not in item.symbols:
                continue
            found = separate(item.dim, name)
            if found is None:
                continue
            others = [other for other in literals if other is not item]
            left, right, share, _, number = found
            if number % share:
                return []
            if number == 0:
                zero = compare(left, "==", 0)
                return search.solve([*others, zero], domains) + search.solve(
                    [*others, compare(left, "!=", 0), compare(right, "==", 0)], domains
                )
            return _by_divisors(search, left, right, number // share, name, others, domains)
    return None


def tied(search: Search, literals: list[Literal], domains: Domains) -> list[Box] | None:
    """Solve `U*V == n` by the divisors of n where U and V may hold the same unknowns, or a polynomial in an atom."""
    for item in literals:
        if not isinstance(item, Comparison) or item.op != "==":
            continue
        others = [other for other in literals if other is not item]
        for atom in dict.fromkeys(atom for monomial, _ in item.dim.terms for atom, _ in monomial):
            options: list[list[Relation | bool]] | None
            found = split_off(item.dim, atom)
            if found is not None:
                left, right, number = found
                options = (
                    _zero(left, right) if number == 0 else _factors(left, right, -number, others)
                )
            else:
                options = _square(item.dim, atom)
            if options is not None:
                return [b for option in options for b in search.solve([*others, *option], domains)]
        roots = _roots(item.dim)
        if roots is not None:
            base, values = roots
            equals = [compare(base, "==", value) for value in values]
            return [box for equal in equals for box in search.solve([*others, equal], domains)]
    return None


def _zero(left: Size, right: Size) -> list[list[Relation | bool]]:
    return [[compare(left, "==", 0)], [compare(left, "!=", 0), compare(right, "==", 0)]]


def _factors(
    left: Size, right: Size, number: int, others: list[Literal]
) -> list[list[Relation | bool]]:
    """Give each way to write a number as a product; of signs that the other relations allow."""
    signs = [
        sign
        for sign in (1, -1)
        if all_of([*others, compare(sign * left, ">=", 1)]) is not False
        and all_of([*others, compare(sign * number * right, ">=", 1)]) is not False
    ]
    return [
        [compare(left, "==", divisor), compare(right, "==", number // divisor)]
        for size in divisors(number)
        for divisor in [sign * size for sign in signs]
    ]


def _square(dim: Dim, atom: Atom) -> list[list[Relation | bool]] | None:
    """Solve `a*x**2 + b*x + c == 0` by `(2*a*x + b)**2 == b*b - 4*a*c`, where that is a number."""
    parts = coefficients(dict(dim.terms), atom)
    if max(parts) != 2 or parts[2].keys() != {()}:
        return None
    a, b, c = (sum_of(parts.get(power, {})) for power in (2, 1, 0))
    number = b * b - 4 * a * c
    if not isinstance(number, int):
        return None
    root = isqrt(max(number, 0))
    roots = {root, -root} if root * root == number else set()
    return [[compare(2 * a * atom_size(atom) + b, "==", value)] for value in sorted(roots)]


def _roots(dim: Dim) -> tuple[Size, IntSet] | None:
    """Recognise a polynomial in one atom, and give the atom and the values for which it is 0."""
    atoms = {atom for monomial, _ in dim.terms for atom, _ in monomial}
    if len(atoms) > 1 or max(power for monomial, _ in dim.terms for _, power in monomial) < 2:
        return None
    (atom,) = atoms
    reach = 1 + max(abs(coefficient) for _, coefficient in dim.terms)
    root = symbol("root")
    values = IntSet.interval(-reach, reach)
    return atom_size(atom), solution_set(compare(put(dim, lambda _: root), "==", 0), "root", values)


def pinned(search: Search, literals: list[Literal], domains: Domains) -> list[Box] | None:
    """Put the value of a floor that an equation gives, as in `(H + 1)//s == 4`, into the others."""
    for item in literals:
        if not isinstance(item, Comparison) or item.op != "==":
            continue
        terms = [(monomial, coefficient) for monomial, coefficient in item.dim.terms if monomial]
        if len(terms) != 1 or len(terms[0][0]) != 1 or terms[0][0][0][1] != 1:
            continue
        ((atom, _),), coefficient = terms[0]
        number = -sum(constant for monomial, constant in item.dim.terms if not monomial)
        if number % coefficient:
            return []
        others = [other for other in literals if other is not item]
        value = number // coefficient
        changed = [replaced(other, atom, value) for other in others]
        if changed != others:
            return search.solve([item, *changed], domains)
    return None


def _by_divisors(
    search: Search,
    left: Dim,
    right: Dim,
    number: int,
    name: str,
    others: list[Literal],
    domains: Domains,
) -> list[Box]:
    found: list[Box] = []
    known = hull(domains)
    low, high = bounds(left, known)
    for size in divisors(number):
        for divisor in (size, -size):
            if (low is not None and divisor < low) or (high is not None and divisor > high):
                continue
            values = solution_set(compare(left, "==", divisor), name, domains[name], search.effort)
            if values:
                rest = compare(right, "==", number // divisor)
                found += search.solve([*others, rest], {**domains, name: values})
    return found


def congruences(search: Search, literals: list[Literal], domains: Domains) -> list[Box] | None:
    """Solve `U(x)*V(rest) % m == r`: by `gcd(U, m)` for r = 0, else by the residues of U."""
    for item in literals:
        if not isinstance(item, Comparison) or item.op != "==":
            continue
        form = residue(item.dim)
        if form is None:
            continue
        if form.rest < 0:
            return []
        for name in domains:
            found = separate(form.size, name) if name in item.symbols else None
            if found is None or (found.number and abs(found.times) != 1):
                continue
            modulus = form.modulus
            share = found.share // found.times
            rest = (form.rest + found.number // found.times) % modulus
            others = [other for other in literals if other is not item]
            if rest == 0:
                modulus //= gcd(share, modulus)
                return _by_common_divisors(
                    search, found.left, found.right, modulus, name, others, domains
                )
            if modulus > _MAX_RESIDUES:
                return None
            boxes: list[Box] = []
            for value in range(modulus):
                is_residue = compare(found.left % modulus, "==", value)
                values = solution_set(is_residue, name, domains[name], search.effort)
                if values:
                    need = compare(share * value * found.right % modulus, "==", rest)
                    boxes += search.solve([*others, need], {**domains, name: values})
            return boxes
    return None


def _by_common_divisors(
    search: Search,
    left: Dim,
    right: Dim,
    modulus: int,
    name: str,
    others: list[Literal],
    domains: Domains,
) -> list[Box]:
    """Solve `left*right % modulus == 0`: modulus/gcd(left, modulus) divides right."""
    found: list[Box] = []
    primes = [prime for prime, _ in factorise(modulus)]
    for divisor in divisors(modulus):
        values = solution_set(compare(left % divisor, "==", 0), name, domains[name], search.effort)
        for prime in primes:
            if modulus % (divisor * prime) == 0:
                more = compare(left % (divisor * prime), "==", 0)
                # Boxes overlap where the values that are no multiples are too many to list.
                with suppress(SetTooLarge, Undecidable):
                    values = values - solution_set(more, name, values, search.effort)
        if values:
            need = compare(right % (modulus // divisor), "==", 0)
            found += search.solve([*others, need], {**domains, name: values})
    return found


def stairs(search: Search, literals: list[Literal], domains: Domains) -> list[Box] | None:
    """Solve `U(x)*V(rest) >= n` or `<= n`, for U, V >= 0, where `n//u` changes."""
    known = hull(domains)
    for item in literals:
        if not isinstance(item, Comparison) or item.op != ">=":
            continue
        for name in domains:
            found = separate(item.dim, name) if name in item.symbols else None
            if found is None:
                continue
            left, right, share, times, number = found
            lows = [bounds(factor, known)[0] for factor in (left, right)]
            if share < 0 or any(low is None or low < 0 for low in lows):
                continue
            others = [other for other in literals if other is not item]
            steps = _stairs(
                left,
                right,
                -(-number // share) if times > 0 else number // share,
                at_least=times > 0,
            )
            if steps is None:
                continue
            return [b for step in steps for b in search.solve([*others, *step], domains)]
    return None


def _stairs(
    left: Dim, right: Dim, number: int, *, at_least: bool
) -> list[list[Relation | bool]] | None:
    """Give the steps of `left*right >= number` (or `<=`), both factors at least 0."""
    if at_least:
        if number <= 0:
            return [[]]
        last, number = number, number - 1  # ceil(n/u) = (n - 1)//u + 1
    else:
        if number < 0:
            return []
        last = number + 1
    if 4 * number > _MAX_STAIRS**2:
        return None
    steps: list[list[Relation | bool]] = []
    if not at_least:
        steps.append([compare(left, "==", 0)])
    size = 1
    while size < last:
        value = number // size
        end = number // value if value else last
        between = [compare(left, ">=", size), compare(left, "<=", end)]
        bound = compare(right, ">=", value + 1) if at_least else compare(right, "<=", value)
        steps.append([*between, bound])
        size = end + 1
    beyond = compare(right, ">=", 1) if at_least else compare(right, "<=", 0)
    steps.append([compare(left, ">=", max(size, 1)), beyond])
    return steps


def dominated(search: Search, literals: list[Literal], domains: Domains) -> list[Box] | None:
    """Solve `U*V == p*q*a*b` where `U >= p*a` and `V >= q*b`, and U, V >= 1: both must be equal.

    So the windows of a picture that is cut into 7×7 fill it: `H*W == 49*(H//7)*(W//7)`.
    """
    known = hull(domains)
    for item in literals:
        if not isinstance(item, Comparison) or item.op != "==":
            continue
        for monomial, coefficient in item.dim.terms:
            both = _shifted(item.dim, monomial, coefficient)
            if both is None:
                continue
            rest = item.dim - coefficient * both[0] * both[1]
            for name in domains:
                found = separate(rest, name) if isinstance(rest, Dim) else None
                if found is None or found.number or abs(found.share) != abs(found.times):
                    continue
                sign = 1 if (found.share > 0) == (found.times > 0) else -1
                needs = _shares(found.left, found.right, both, -coefficient * sign, known)
                if needs is not None:
                    others = [other for other in literals if other is not item]
                    return search.solve([*others, *needs], domains)
    return None


def _shifted(dim: Dim, monomial: Monomial, coefficient: int) -> list[Size] | None:
    """Read two floors with constants, `(a + s)*(b + t)`, off the terms that hold them."""
    if len(monomial) != 2 or any(isinstance(atom, Symbol) or n > 1 for atom, n in monomial):
        return None
    alone = dict(dim.terms)
    found: list[Size] = []
    for one, other in (monomial, monomial[::-1]):
        shift, left = divmod(alone.get((other,), 0), coefficient)
        if left:
            return None
        found.append(atom_size(one[0]) + shift)
    return found


def _shares(
    left: Dim, right: Dim, both: list[Size], number: int, known: Known
) -> list[Relation | bool] | None:
    if number < 1 or any(_least(size, known) < 1 for size in (left, right)):
        return None
    for one, two in (both, reversed(both)):
        for share in divisors(number):
            rests = [left - share * one, right - number // share * two]
            if all(_least(rest, known) >= 0 for rest in rests):
                return [compare(rest, "==", 0) for rest in rests]
    return None


def _least(size: Size, known: Known) -> int:
    low = bounds(size, known)[0]
    return -1 if low is None else low
