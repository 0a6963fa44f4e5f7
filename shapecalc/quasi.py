"""Quasi-affine expressions of one integer x: the form in which equations in one unknown are solved.

An expression is `constant + slope*x + coefficient*atom + ...`; an atom is a floor division by a
number, a minimum, a maximum, a product, a floor division by an expression, or the floor of a product
with a floating-point number. With `x = p*q + r`, `(a*x + b)//(p*m) = (a*q + (a*r + b)//p)//m`: writing x by a
digit takes one prime out of the divisor, and after all of them the expression is a polynomial in
the last q.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import gcd
from typing import NamedTuple, TypeAlias


class Expr(NamedTuple):
    """`constant + slope*x` and the sum of `coefficient*atom` over the parts, in order."""

    constant: int
    slope: int
    parts: tuple[tuple[Atom, int], ...]


class Floor(NamedTuple):
    """`numerator // divisor`, the divisor a number > 1. `rank` orders the kinds of atoms."""

    rank: int
    numerator: Expr
    divisor: int


class Extremum(NamedTuple):
    """`sign * max(sign * item ...)`: the maximum for sign 1, the minimum for sign -1."""

    rank: int
    sign: int
    items: tuple[Expr, ...]


class Product(NamedTuple):
    """The product of its factors."""

    rank: int
    factors: tuple[Expr, ...]


class Over(NamedTuple):
    """`numerator // divisor` with x in the divisor, which is at least 1 wherever it is used."""

    rank: int
    numerator: Expr
    divisor: Expr


class Scaled(NamedTuple):
    """`floor(float(argument) * factor)` in C doubles, for an argument and a factor >= 0."""

    rank: int
    argument: Expr
    factor: float


Atom: TypeAlias = Floor | Extremum | Product | Over | Scaled

X = Expr(0, 1, ())


# --------------------------------------------------------------------------------- building


def number(value: int) -> Expr:
    """Make a constant."""
    return Expr(value, 0, ())


def combine(terms: Iterator[tuple[Expr, int]] | list[tuple[Expr, int]]) -> Expr:
    """Add up expressions, each times its coefficient."""
    constant = slope = 0
    parts: dict[Atom, int] = {}
    for expr, times in terms:
        constant += times * expr.constant
        slope += times * expr.slope
        for atom, coefficient in expr.parts:
            parts[atom] = parts.get(atom, 0) + times * coefficient
    kept = [(atom, coefficient) for atom, coefficient in parts.items() if coefficient]
    kept.sort()
    return Expr(constant, slope, tuple(kept))


def subtract(one: Expr, two: Expr) -> Expr:
    """Give `one - two`."""
    return combine([(one, 1), (two, -1)])


def _atom(atom: Atom) -> Expr:
    return Expr(0, 0, ((atom, 1),))


def _toward_zero(value: int, divisor: int) -> int:
    return value // divisor if value >= 0 else -(-value // divisor)


def floor_div(expr: Expr, divisor: int) -> Expr:
    """Divide by a number > 0: what it divides leaves the floor, and nested floors become one."""
    if divisor == 1:
        return expr
    constant, slope, parts = expr
    if not slope and not parts:
        return number(constant // divisor)
    outside = Expr(
        constant // divisor,
        _toward_zero(slope, divisor),
        tuple((atom, k) for atom, c in parts if (k := _toward_zero(c, divisor))),
    )
    inside = combine([(expr, 1), (outside, -divisor)])
    if not inside.slope and not inside.parts:
        return outside  # the rest of the constant is below the divisor
    common = gcd(divisor, inside.slope, *(c for _, c in inside.parts))
    if common > 1:
        rest = tuple((atom, c // common) for atom, c in inside.parts)
        inside = Expr(inside.constant // common, inside.slope // common, rest)
        return combine([(outside, 1), (floor_div(inside, divisor // common), 1)])
    if len(inside.parts) == 1:
        ((atom, coefficient),) = inside.parts
        if isinstance(atom, Floor) and coefficient == 1:
            # (e//b + L)//d = (e + b*L)//(b*d)
            line = Expr(inside.constant, inside.slope, ())
            merged = combine([(atom.numerator, 1), (line, atom.divisor)])
            return combine([(outside, 1), (floor_div(merged, atom.divisor * divisor), 1)])
    return combine([(outside, 1), (_atom(Floor(0, inside, divisor)), 1)])


def extremum(sign: int, items: list[Expr]) -> Expr:
    """Take the maximum (sign 1) or minimum (sign -1), dropping what a constant difference decides."""
    kept: list[Expr] = []
    for item in items:
        for index, other in enumerate(kept):
            if item.slope == other.slope and item.parts == other.parts:
                if sign * (item.constant - other.constant) > 0:
                    kept[index] = item
                break
        else:
            kept.append(item)
    if len(kept) == 1:
        return kept[0]
    return _atom(Extremum(1, sign, tuple(sorted(kept))))


def product(factors: list[Expr]) -> Expr:
    """Multiply: numbers are taken out, polynomials in x are multiplied out."""
    plain = [1]
    kept: list[Expr] = []
    for factor in factors:
        inside = polynomial(factor)
        if inside is None:
            kept.append(factor)
        else:
            plain = _multiply(plain, inside)
    if not kept:
        return _from_coefficients(plain)
    common = gcd(*plain)
    if not common:
        return number(0)
    rest = _from_coefficients([value // common for value in plain])
    if rest.slope or rest.parts:
        kept.append(rest)
    else:
        common *= rest.constant
    body = kept[0] if len(kept) == 1 else _atom(Product(2, tuple(sorted(kept))))
    return combine([(body, common)])


def polynomial(expr: Expr) -> list[int] | None:
    """Give the coefficients of a polynomial in x, the constant first; None when it isn't one."""
    total = [expr.constant, expr.slope]
    for atom, coefficient in expr.parts:
        if not isinstance(atom, Product) or any(factor != X for factor in atom.factors):
            return None
        degree = len(atom.factors)
        total += [0] * (degree + 1 - len(total))
        total[degree] += coefficient
    while len(total) > 1 and total[-1] == 0:
        total.pop()
    return total


def _from_coefficients(values: list[int]) -> Expr:
    constant, slope = [*values, 0][:2]
    powers = tuple((Product(2, (X,) * degree), c) for degree, c in enumerate(values) if c)
    return Expr(constant, slope, tuple(sorted(part for part in powers if len(part[0].factors) > 1)))


def _multiply(one: list[int], two: list[int]) -> list[int]:
    found = [0] * (len(one) + len(two) - 1)
    for i, a in enumerate(one):
        for j, b in enumerate(two):
            found[i + j] += a * b
    return found


def over(numerator: Expr, divisor: Expr) -> Expr:
    """Divide by an expression that is at least 1."""
    if not divisor.slope and not divisor.parts:
        return floor_div(numerator, divisor.constant)
    if not divisor.parts and numerator.slope and numerator.slope % divisor.slope == 0:
        times = numerator.slope // divisor.slope
        rest = combine([(numerator, 1), (divisor, -times)])
        return combine([(over(rest, divisor), 1), (number(times), 1)])
    if numerator == number(0):
        return numerator
    return _atom(Over(3, numerator, divisor))


def scaled(argument: Expr, factor: float) -> Expr:
    """Multiply by a floating-point number and round down."""
    if not argument.slope and not argument.parts:
        return number(int(float(argument.constant) * factor))
    return _atom(Scaled(4, argument, factor))


def rebuild(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Put `change` of each inner expression in its place, and simplify."""
    terms = [(Expr(expr.constant, expr.slope, ()), 1)]
    for atom, coefficient in expr.parts:
        match atom:
            case Floor(_, numerator, divisor):
                made = floor_div(change(numerator), divisor)
            case Extremum(_, sign, items):
                made = extremum(sign, [change(item) for item in items])
            case Product(_, factors):
                made = product([change(factor) for factor in factors])
            case Over(_, numerator, bottom):
                made = over(change(numerator), change(bottom))
            case Scaled(_, argument, factor):
                made = scaled(change(argument), factor)
        terms.append((made, coefficient))
    return combine(terms)


def substitute(expr: Expr, times: int, shift: int) -> Expr:
    """Put `times*x + shift` in the place of x."""
    if not expr.parts:
        return Expr(expr.constant + shift * expr.slope, times * expr.slope, ())
    inner = rebuild(expr._replace(constant=0, slope=0), lambda e: substitute(e, times, shift))
    return combine(
        [(inner, 1), (Expr(expr.constant + shift * expr.slope, times * expr.slope, ()), 1)]
    )


def replace(expr: Expr, atom: Atom, value: Expr) -> Expr:
    """Put `value` in the place of an atom, wherever it stands."""
    if not expr.parts:
        return expr
    terms = [(Expr(expr.constant, expr.slope, ()), 1)]
    for part, coefficient in expr.parts:
        if part == atom:
            terms.append((value, coefficient))
        else:
            alone = Expr(0, 0, ((part, 1),))
            terms.append((rebuild(alone, lambda e: replace(e, atom, value)), coefficient))
    return combine(terms)


def inner(atom: Atom) -> tuple[Expr, ...]:
    """Give the expressions directly inside an atom."""
    match atom:
        case Floor(_, numerator, _):
            return (numerator,)
        case Extremum(_, _, items):
            return items
        case Product(_, factors):
            return factors
        case Over(_, numerator, divisor):
            return (numerator, divisor)
        case Scaled(_, argument, _):
            return (argument,)


def atoms(expr: Expr) -> Iterator[Atom]:
    """Yield every atom, those inside before those around them."""
    for atom, _ in expr.parts:
        for part in inner(atom):
            yield from atoms(part)
        yield atom


# -------------------------------------------------------------------------------- questions


def evaluate(expr: Expr, x: int) -> int:
    """Compute the value at x."""
    total = expr.constant + expr.slope * x
    for atom, coefficient in expr.parts:
        match atom:
            case Floor(_, numerator, divisor):
                value = evaluate(numerator, x) // divisor
            case Extremum(_, sign, items):
                value = sign * max(sign * evaluate(item, x) for item in items)
            case Product(_, factors):
                value = 1
                for factor in factors:
                    value *= evaluate(factor, x)
            case Over(_, numerator, bottom):
                value = evaluate(numerator, x) // evaluate(bottom, x)
            case Scaled(_, argument, rate):
                value = int(float(evaluate(argument, x)) * rate)
        total += coefficient * value
    return total
