"""Common factors of polynomials in several variables, with integers as coefficients.

A polynomial is a dict from monomials, sorted tuples of variables and their powers, to coefficients other
than 0. As a polynomial in one of its variables its coefficients are polynomials in the others: its
*content* is what these have in common, and two that have content 1 are divided with remainders as
Euclid does (Knuth, The Art of Computer Programming, volume 2, 4.6.1). What is too large for that has
the common factor 1, which is never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from math import gcd
from typing import Any, TypeAlias

Variable: TypeAlias = Any  # anything hashable that has a sort `key`
Monomial: TypeAlias = "tuple[tuple[Variable, int], ...]"
Polynomial: TypeAlias = "dict[Monomial, int]"

MOST_TERMS = 40  # of a polynomial whose factors are looked for
_MOST_PRODUCTS = 4_000  # of terms, in one multiplication on the way

ONE: Polynomial = {(): 1}


class _TooLarge(Exception):
    """Remainders that have too many terms."""


def monomial_product(left: Monomial, right: Monomial) -> Monomial:
    """Multiply monomials."""
    if not left or not right:
        return left or right
    powers = dict(left)
    for variable, power in right:
        powers[variable] = powers.get(variable, 0) + power
    if len(powers) == 1:
        return tuple(powers.items())
    return tuple(sorted(powers.items(), key=lambda pair: pair[0].key))


def monomial_quotient(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    """Divide a monomial by another; None when that isn't possible."""
    powers = dict(monomial)
    for variable, power in divisor:
        left = powers.get(variable, 0) - power
        if left < 0:
            return None
        if left:
            powers[variable] = left
        else:
            del powers[variable]
    return tuple(powers.items())


def monomial_factor(polynomial: Polynomial) -> Monomial:
    """Give the variables that all monomials have in common."""
    first, *others = [dict(monomial) for monomial in polynomial]
    powers = [(v, min([n, *(own.get(v, 0) for own in others)])) for v, n in first.items()]
    return tuple([(variable, power) for variable, power in powers if power])


def multiplied(one: Polynomial, two: Polynomial) -> Polynomial:
    """Multiply polynomials."""
    if len(one) * len(two) > _MOST_PRODUCTS:
        raise _TooLarge
    found: Polynomial = {}
    for left, a in one.items():
        for right, b in two.items():
            monomial = monomial_product(left, right)
            found[monomial] = found.get(monomial, 0) + a * b
    return {monomial: c for monomial, c in found.items() if c}


def division(top: Polynomial, divisor: Polynomial) -> tuple[Polynomial, Polynomial]:
    """Divide polynomials: the quotient, and what is left over."""
    first = _order(_variables(top) | _variables(divisor))
    rest = dict(top)
    found: Polynomial = {}
    left: Polynomial = {}
    lead = max(divisor, key=first)
    while rest:
        monomial = max(rest, key=first)
        part = None if rest[monomial] % divisor[lead] else monomial_quotient(monomial, lead)
        if part is None:
            left[monomial] = rest.pop(monomial)
            continue
        found[part] = rest[monomial] // divisor[lead]
        for own, coefficient in divisor.items():
            product = monomial_product(own, part)
            rest[product] = rest.get(product, 0) - coefficient * found[part]
            if not rest[product]:
                del rest[product]
    return found, left


def divided(top: Polynomial, divisor: Polynomial) -> Polynomial | None:
    """Divide polynomials; None where something would be left over."""
    first = _order(_variables(top) | _variables(divisor))
    for end in (max, min):  # the first and the last term of a product are products of these
        if top and monomial_quotient(end(top, key=first), end(divisor, key=first)) is None:
            return None
    found, left = division(top, divisor)
    return None if left else found


def quotient(top: Polynomial, factor: Polynomial) -> Polynomial:
    """Divide a polynomial by a factor of it."""
    found = divided(top, factor)
    assert found is not None
    return found


def _order(variables: Iterable[Variable]) -> Callable[[Monomial], tuple[int, ...]]:
    """Order monomials so that the first of a product is the product of the first ones."""
    names = sorted(variables, key=lambda variable: variable.key)

    def first(monomial: Monomial) -> tuple[int, ...]:
        powers = dict(monomial)
        return tuple([powers.get(name, 0) for name in names])

    return first


def coefficients(polynomial: Polynomial, variable: Variable) -> dict[int, Polynomial]:
    """Give the coefficient of each power of a variable."""
    found: dict[int, Polynomial] = {}
    for monomial, coefficient in polynomial.items():
        power = next((power for other, power in monomial if other == variable), 0)
        rest = tuple([pair for pair in monomial if pair[0] != variable])
        found.setdefault(power, {})[rest] = coefficient
    return found


def content(polynomial: Polynomial, variable: Variable) -> Polynomial:
    """Give the greatest factor that doesn't have a variable."""
    return reduce(common_factor, coefficients(polynomial, variable).values())


def common_factor(one: Polynomial, two: Polynomial) -> Polynomial:
    """Give the greatest common factor, its first coefficient positive."""
    if divided(one, two) is not None:
        return _positive(two)
    try:
        return _positive(_common(one, two))
    except _TooLarge:
        return ONE


def _common(one: Polynomial, two: Polynomial) -> Polynomial:
    if max(len(one), len(two)) > MOST_TERMS:
        raise _TooLarge
    if not one or not two:
        return one or two
    variables = _variables(one) | _variables(two)
    if not variables:
        return {(): gcd(*one.values(), *two.values())}
    shared = _variables(one) & _variables(two)
    if len(shared) < len(variables):  # the factor has none of the others
        other = next(iter(sorted(variables - shared, key=lambda variable: variable.key)))
        parts = [*coefficients(one, other).values(), *coefficients(two, other).values()]
        return reduce(_common, parts)
    variable = min(shared, key=lambda variable: variable.key)
    parts = [_content(one, variable), _content(two, variable)]
    one, two = (quotient(item, part) for item, part in zip((one, two), parts, strict=True))
    if _degree(one, variable) < _degree(two, variable):
        one, two = two, one
    while _degree(two, variable):
        rest = _remainder(one, two, variable)
        if not rest:
            return multiplied(_common(*parts), two)
        one, two = two, quotient(rest, _content(rest, variable))
    return _common(*parts)


def _content(polynomial: Polynomial, variable: Variable) -> Polynomial:
    return reduce(_common, coefficients(polynomial, variable).values(), {})


def _remainder(top: Polynomial, divisor: Polynomial, variable: Variable) -> Polynomial:
    """Divide as polynomials in a variable, after multiplying so that coefficients divide."""
    degree = _degree(divisor, variable)
    lead = coefficients(divisor, variable)[degree]
    while top and (own := _degree(top, variable)) >= degree:
        shift: Monomial = ((variable, own - degree),) if own > degree else ()
        first = {
            monomial_product(m, shift): -c for m, c in coefficients(top, variable)[own].items()
        }
        top = _sum([multiplied(top, lead), multiplied(divisor, first)])
    return top


def _sum(items: Iterable[Polynomial]) -> Polynomial:
    found: Polynomial = {}
    for item in items:
        for monomial, coefficient in item.items():
            found[monomial] = found.get(monomial, 0) + coefficient
    return {monomial: c for monomial, c in found.items() if c}


def _variables(polynomial: Mapping[Monomial, int]) -> set[Variable]:
    return {variable for monomial in polynomial for variable, _ in monomial}


def _degree(polynomial: Polynomial, variable: Variable) -> int:
    return max(coefficients(polynomial, variable), default=0)


def _positive(polynomial: Polynomial) -> Polynomial:
    if polynomial[max(polynomial, key=_order(_variables(polynomial)))] > 0:
        return polynomial
    return {monomial: -c for monomial, c in polynomial.items()}
