"""How an expression is written: Python that gives the size, as short as is natural."""

from __future__ import annotations

from math import gcd
from typing import TypeAlias

from .factors import monomial_quotient
from .polynomials import (
    Atom,
    Dim,
    FloorDiv,
    FloorScale,
    Key,
    Max,
    Min,
    Monomial,
    Size,
    Symbol,
    Text,
    constant_of,
    dim_of,
    is_floor,
    natural,
    term_key,
    varying_terms,
)

_MAX_FACTORS = 6  # of a product that is looked for
_SUM, _QUOTIENT, _PRODUCT, _CALL = range(4)  # how tightly a text is bound together


def _wrap(text: Text, level: int) -> str:
    return text[0] if text[1] >= level else f"({text[0]})"


def render(size: Size) -> Text:
    """Write an expression for Python, and say how tightly it binds."""
    if isinstance(size, int):
        return str(size), _CALL if size >= 0 else _SUM
    try:
        return size._text
    except AttributeError:
        found = _joined(*summands(size, absorb=True))
        object.__setattr__(size, "_text", found)
        return found


def _joined(plus: list[Text], minus: list[Text], constant: int) -> Text:
    """Write a sum: what is added, what is taken away, and the number last."""
    if constant > 0 and not plus:
        plus, constant = [(str(constant), _CALL)], 0
    if len(plus) == 1 and not minus and not constant:
        return plus[0]
    text = " + ".join([part for part, _ in plus])
    for part, level in minus:
        text += f" - {part}" if text else "-" + (part if level > _QUOTIENT else f"({part})")
    if constant:
        text += f" {'-' if constant < 0 else '+'} {abs(constant)}"
    return text, _SUM


class _Summands:
    """The terms of an expression that are still to be written, and what was."""

    def __init__(self, size: Dim) -> None:
        self.rest = dict(varying_terms(size))
        self.constant = constant_of(size)
        self.order = {monomial: _print_key(monomial) for monomial in self.rest}
        self.found: list[tuple[PrintKey, int, Text]] = []

    def places(self) -> list[Monomial]:
        return sorted(self.rest, key=self.order.__getitem__)

    def add(self, place: Monomial, coefficient: int, factors: list[Text]) -> None:
        text = _product_text(abs(coefficient), factors)
        self.found.append((self.order[place], coefficient, text))


PrintKey: TypeAlias = "tuple[int, tuple[tuple[str | int, ...], ...], tuple[tuple[Key, int], ...]]"


def summands(size: Dim, *, absorb: bool = False) -> tuple[list[Text], list[Text], int]:
    """Write what is added, what is taken away, and give the constant.

    `e - d*(e//d)` is written `e % d`, products are put together again, and with `absorb` a
    constant goes into a floor where that is shorter or avoids subtracting: `(H - 12)//4`.
    """
    work = _Summands(size)
    for place in work.places() if len(size.terms) > 1 else ():
        _take_modulo(place, work)
    for place in work.places() if len(work.rest) > 1 else ():
        _take_product(place, work)
    floors = sum(map(is_floor, work.rest))
    for place in work.places():
        if is_floor(place):
            _take_floor(place, work, absorb=absorb and floors == 1)
        else:
            work.add(place, work.rest[place], _factor_texts(place))
    work.found.sort()
    plus = [text for _, coefficient, text in work.found if coefficient > 0]
    minus = [text for _, coefficient, text in work.found if coefficient < 0]
    return plus, minus, work.constant


def _print_key(monomial: Monomial) -> PrintKey:
    """Sort by falling degree, then by the first symbols."""
    firsts = tuple([min(map(natural, atom.symbols), default=()) for atom, _ in monomial])
    return -sum([power for _, power in monomial]), firsts, term_key((monomial, 1))


def _take_floor(place: Monomial, work: _Summands, *, absorb: bool) -> None:
    atom, coefficient = place[0][0], work.rest[place]
    assert isinstance(atom, FloorDiv)
    top, divisor = atom.numerator, atom.divisor
    assert isinstance(top, Dim)
    assert isinstance(divisor, int)
    if coefficient < 0 and any(c < 0 for _, c in varying_terms(top)):
        # -(e//d) = (d - 1 - e)//d
        coefficient, top = -coefficient, (-top) + (divisor - 1)
    text = _floor_text(top, divisor)
    if absorb and coefficient > 0 and not work.constant % coefficient:
        times = work.constant // coefficient
        inside = _floor_text(top + divisor * times, divisor)
        if times < 0 or len(inside) < len(text) + len(f" + {work.constant}"):
            text, work.constant = inside, 0
    work.add(place, coefficient, [(text, _QUOTIENT)])


def _take_modulo(place: Monomial, work: _Summands) -> None:
    """Take `times*(e % d)` out of the terms, `e//d` or its product with d being one."""
    rest = work.rest
    for atom, power in place:
        if power > 1 or not isinstance(atom, FloorDiv) or place not in rest:
            continue
        top, divisor = atom.numerator, atom.divisor
        product = dim_of(atom) * divisor
        assert isinstance(product, Dim)
        share = dict(product.terms)
        if place not in share or rest[place] % share[place]:
            continue
        times = -rest[place] // share[place]
        needed = {monomial: -times * c for monomial, c in share.items()}
        if isinstance(top, Dim):
            needed.update({monomial: times * c for monomial, c in varying_terms(top)})
        elif work.constant != times * top:
            continue
        if any(rest.get(monomial) != c for monomial, c in needed.items()):
            continue
        for monomial in needed:
            del rest[monomial]
        work.constant -= times * constant_of(top)
        if times < 0 and isinstance(divisor, int):
            # -(e % d) = (d - 1 - e) % d - (d - 1)
            other = work.constant + times * (divisor - 1)
            if abs(other) < abs(work.constant):
                top = (divisor - 1) - top
                top = top - constant_of(top) + constant_of(top) % divisor
                times, work.constant = -times, other
        text = f"{_wrap(render(top), _PRODUCT)} % {_wrap(render(divisor), _CALL)}"
        work.add(place, times, [(text, _QUOTIENT)])


def _take_product(place: Monomial, work: _Summands) -> None:
    """Take `c*(a + m)*(b + n)` out of the terms, `a*b` being one."""
    rest = work.rest
    if place not in rest or not 1 < sum([power for _, power in place]) <= _MAX_FACTORS:
        return
    number = coefficient = rest[place]
    factors: list[tuple[Dim, int]] = []
    for atom, power in place:
        less = monomial_quotient(place, ((atom, 1),))
        shift = rest.get(less, 0) if less else 0
        common = gcd(power * coefficient, shift) * (1 if coefficient > 0 else -1)
        times = power * coefficient // common if shift else 1
        if number % times**power:
            return
        number //= times**power
        factor = dim_of(atom) * times + (shift // common if shift else 0)
        assert isinstance(factor, Dim)
        factors.append((factor, power))
    if all(len(factor.terms) == 1 for factor, _ in factors):
        return
    product: Size = number
    for factor, power in factors:
        product = product * factor**power
    assert isinstance(product, Dim)
    if any(rest.get(monomial) != c for monomial, c in varying_terms(product)):
        return
    for monomial, _ in varying_terms(product):
        del rest[monomial]
    work.constant -= constant_of(product)
    work.add(place, number, [_power_text(render(factor), power) for factor, power in factors])


def atom_text(atom: Atom) -> str:
    """Write an atom for Python."""
    match atom:
        case Symbol():
            return atom.name
        case FloorDiv():
            return _floor_text(atom.numerator, atom.divisor)
        case FloorScale():
            return f"int({_wrap(render(atom.argument), _CALL)}*{atom.factor!r})"
        case Min() | Max():
            return f"{type(atom).__name__.lower()}({', '.join(map(str, atom.args))})"


def _floor_text(top: Size, divisor: Size) -> str:
    return f"{_wrap(render(top), _PRODUCT)}//{_wrap(render(divisor), _CALL)}"


def _factor_texts(monomial: Monomial) -> list[Text]:
    return [
        _power_text((str(atom), _QUOTIENT if isinstance(atom, FloorDiv) else _CALL), power)
        for atom, power in monomial
    ]


def _power_text(base: Text, power: int) -> Text:
    return base if power == 1 else (f"{_wrap(base, _CALL)}**{power}", _CALL)


def _product_text(coefficient: int, factors: list[Text]) -> Text:
    if coefficient == 1 and len(factors) == 1:
        return factors[0]
    texts = [_wrap(factor, _CALL) for factor in factors]
    return "*".join(texts if coefficient == 1 else [str(coefficient), *texts]), _PRODUCT
