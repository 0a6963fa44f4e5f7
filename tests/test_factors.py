"""Common factors of polynomials, against sympy's."""

from __future__ import annotations

from random import Random

import sympy

from shapecalc.dims import Dim, sum_of, symbol
from shapecalc.dims.factors import Polynomial, common_factor, content, divided

H, W = symbol("H"), symbol("W")
NAMES = ("a", "b", "c")


def made(random: Random) -> Dim:
    """Make a polynomial of few terms."""
    total = symbol(random.choice(NAMES)) * random.choice((1, 1, 2, -3)) + random.randint(-4, 4)
    for _ in range(random.randint(0, 1)):
        total = total * symbol(random.choice(NAMES)) + symbol(random.choice(NAMES)) * 2 + 1
    assert isinstance(total, Dim)
    return total


def terms(size: int | Dim) -> Polynomial:
    assert isinstance(size, Dim)
    return dict(size.terms)


def as_sympy(size: int | Dim) -> sympy.Expr:
    return sympy.sympify(str(size), locals={name: sympy.Symbol(name) for name in NAMES})


def test_the_common_factor_is_the_greatest() -> None:
    random = Random(1)
    for _ in range(150):
        shared, one, two = (made(random) for _ in range(3))
        left, right = terms(shared * one), terms(shared * two)
        found = sum_of(common_factor(left, right))
        wanted = sympy.gcd(as_sympy(sum_of(left)), as_sympy(sum_of(right)))
        assert sympy.expand(as_sympy(found) - wanted) == 0 or (
            sympy.expand(as_sympy(found) + wanted) == 0
        )


def test_a_polynomial_is_its_content_times_the_rest() -> None:
    whole = terms((H - 2) * (W * W - 3 * W + 1))
    ((atom, _),) = W.terms[0][0]
    assert sum_of(content(whole, atom)) == H - 2
    rest = divided(whole, terms(H - 2))
    assert rest is not None
    assert sum_of(rest) == W * W - 3 * W + 1
    assert divided(whole, terms(H - 3)) is None


def test_what_has_too_many_terms_has_the_common_factor_1() -> None:
    sizes = [symbol(f"x{index}") for index in range(50)]
    wide: int | Dim = 0
    for size in sizes:
        wide = wide + size
    left, right = terms(wide * (H + 1)), terms(wide * (W + 1))
    assert common_factor(left, right) == {(): 1}
    assert sum_of(common_factor(left, terms(wide))) == wide
