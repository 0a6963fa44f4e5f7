"""Symbolic sizes: integer polynomials over symbols, floors of quotients, minima and maxima.

>>> H = symbol("H")
>>> conv1 = (H + 2 * 0 - 5) // 1 + 1
>>> pool1 = (conv1 - 2) // 2 + 1
>>> print((pool1 - 4) // 2)
(H - 12)//4

A `Dim` is kept in a normal form, in which chains of floors collapse; for integers b, d, g >= 1:

* `(d*e + f)//d = e + f//d`
* `(e//b + f)//d = (e + b*f)//(b*d)`
* `(g*e + c)//(g*d) = (e + c//g)//d`
* `(h*e)//(h*d) = e//d`, an expression h being at least 1 as d is
* `(-e)//d = -((e + d - 1)//d)`
* `e % d = e - d*(e//d)`

A divisor that is an expression is taken to be at least 1, as all sizes, strides and groups are, and
symbols to be at least 0.
A result that doesn't depend on a symbol is a plain `int`. Equality is that of the normal forms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from math import gcd
from typing import TypeAlias

from ..errors import ShapecalcError
from .factors import common_factor, monomial_factor, monomial_product, monomial_quotient, quotient

MAX_TERMS = 2_000  # of one expression
MAX_WORK = 100_000  # products of terms in one multiplication
MAX_EXPONENT = 64
MAX_BITS = 65_536  # of a coefficient of a power
_DYADIC = 1_024  # scale factors n/2**k up to here are exact divisions


class DimTooLarge(ShapecalcError):
    """An expression that has too many terms when it is multiplied out."""

    default_code = "S311"


def _too_large(what: str) -> DimTooLarge:
    return DimTooLarge(
        f"{what}, which is more than an expression may have",
        hint="give some of the symbols values (--set NAME=VALUE)",
    )


class _Fixed:
    """A value that can't be changed; what is worked out late is kept in its slots."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a {type(self).__name__} can't be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} can't be changed")


_set = object.__setattr__
_new = object.__new__


# ---------------------------------------------------------------------------------------- atoms


class _Atom(_Fixed):
    """What an expression is a polynomial in. Equal atoms have equal parts."""

    __slots__ = ("_hash", "_key", "_symbols")

    _hash: int
    _key: Key
    _symbols: frozenset[str]

    def parts(self) -> tuple[object, ...]:
        """Give what the atom is made of."""
        raise NotImplementedError

    def sizes(self) -> tuple[Size, ...]:
        """Give the sizes inside."""
        raise NotImplementedError

    def raw(self) -> str:
        """Write the normal form, for sorting."""
        raise NotImplementedError

    @property
    def key(self) -> Key:
        """Where the atom is sorted: symbols first, in natural order."""
        try:
            return self._key
        except AttributeError:
            key = (int(not isinstance(self, Symbol)), natural(self.raw()))
            _set(self, "_key", key)
            return key

    @property
    def symbols(self) -> frozenset[str]:
        """The names that occur."""
        try:
            return self._symbols
        except AttributeError:
            found: frozenset[str] = frozenset()
            for size in self.sizes():
                if isinstance(size, Dim):
                    found |= size.symbols
            _set(self, "_symbols", found)
            return found

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            found = hash((type(self).__name__, self.parts()))
            _set(self, "_hash", found)
            return found

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(self) is type(other)
            and isinstance(other, _Atom)
            and hash(self) == hash(other)
            and self.parts() == other.parts()
        )

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self.parts()

    def __str__(self) -> str:
        from .text import atom_text  # only where symbols are shown

        assert isinstance(self, Symbol | FloorDiv | Min | Max | FloorScale)
        return atom_text(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.parts()))})"


class Symbol(_Atom):
    """An unknown by its name."""

    __slots__ = ("name",)
    name: str

    def __init__(self, name: str) -> None:
        _set(self, "name", name)
        _set(self, "_symbols", frozenset((name,)))

    def parts(self) -> tuple[object, ...]:
        """Give the name."""
        return (self.name,)

    def sizes(self) -> tuple[Size, ...]:
        """Give nothing: no size is inside."""
        return ()

    def raw(self) -> str:
        """Give the name."""
        return self.name


class FloorDiv(_Atom):
    """`numerator//divisor`, the divisor an integer > 1 or an expression that is at least 1."""

    __slots__ = ("divisor", "numerator")
    numerator: Size
    divisor: Size

    def __init__(self, numerator: Size, divisor: Size) -> None:
        _set_numerator(self, numerator)
        _set_divisor(self, divisor)

    def parts(self) -> tuple[object, ...]:
        """Give the numerator and the divisor."""
        return self.numerator, self.divisor

    def sizes(self) -> tuple[Size, ...]:
        """Give the numerator and the divisor."""
        return self.numerator, self.divisor

    def raw(self) -> str:
        """Write the normal form, for sorting."""
        return f"({_raw(self.numerator)})/({_raw(self.divisor)})"


_set_numerator: Callable[[FloorDiv, Size], None] = FloorDiv.__dict__["numerator"].__set__
_set_divisor: Callable[[FloorDiv, Size], None] = FloorDiv.__dict__["divisor"].__set__


class _Extremum(_Atom):
    __slots__ = ("args",)
    args: tuple[Size, ...]

    def __init__(self, args: tuple[Size, ...]) -> None:
        _set(self, "args", args)

    def parts(self) -> tuple[object, ...]:
        return (self.args,)

    def sizes(self) -> tuple[Size, ...]:
        return self.args

    def raw(self) -> str:
        return f"{type(self).__name__}({','.join(map(_raw, self.args))})"


class Min(_Extremum):
    """The least of some sizes, none of which differs from another by a constant."""

    __slots__ = ()


class Max(_Extremum):
    """The greatest of some sizes, none of which differs from another by a constant."""

    __slots__ = ()


class FloorScale(_Atom):
    """`int(float(argument)*factor)`: the product of two C doubles, rounded down."""

    __slots__ = ("argument", "factor")
    argument: Dim
    factor: float

    def __init__(self, argument: Dim, factor: float) -> None:
        _set(self, "argument", argument)
        _set(self, "factor", factor)

    def parts(self) -> tuple[object, ...]:
        """Give the argument and the factor."""
        return self.argument, self.factor

    def sizes(self) -> tuple[Size, ...]:
        """Give the argument."""
        return (self.argument,)

    def raw(self) -> str:
        """Write the normal form, for sorting."""
        return f"({_raw(self.argument)})*{self.factor!r}"


# ------------------------------------------------------------------------------------------ Dim


class Dim(_Fixed):
    """A size that depends on symbols; `terms` is a sum of coefficients times monomials.

    A monomial is a sorted tuple of atoms and their powers; the constant's, `()`, comes first.
    There is no `<`, and no truth value: use :func:`shapecalc.relations.compare`.
    """

    __slots__ = ("_hash", "_raw", "_symbols", "_text", "terms")

    terms: tuple[Term, ...]
    _hash: int
    _raw: str
    _symbols: frozenset[str]
    _text: Text

    def __init__(self, terms: tuple[Term, ...]) -> None:
        _set_terms(self, terms)

    def __reduce__(self) -> tuple[object, ...]:
        return Dim, (self.terms,)

    @property
    def symbols(self) -> frozenset[str]:
        """The names that occur."""
        try:
            return self._symbols
        except AttributeError:
            found: frozenset[str] = frozenset()
            for monomial, _ in self.terms:
                for atom, _ in monomial:
                    found |= atom.symbols
            _set(self, "_symbols", found)
            return found

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            found = hash(self.terms)
            _set(self, "_hash", found)
            return found

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Dim) and self.terms == other.terms)

    def __bool__(self) -> bool:
        raise TypeError(f"whether {self} is 0 isn't known; use shapecalc.relations.compare")

    def __str__(self) -> str:
        from .text import render  # only where symbols are shown

        return render(self)[0]

    def __repr__(self) -> str:
        return f"Dim({self})"

    def substitute(self, values: Mapping[str, Size]) -> Size:
        """Put sizes in the place of symbols; it commutes with `evaluate`."""
        if self.symbols.isdisjoint(values):
            return self
        found: dict[Monomial, int] = {}
        for monomial, coefficient in self.terms:
            made: Size = coefficient
            kept: Monomial = ()
            for atom, power in monomial:
                if atom.symbols.isdisjoint(values):
                    kept += ((atom, power),)
                else:
                    made = made * _substitute(atom, values) ** power
            if kept:
                made = made * _dim(((kept, 1),))
            accumulate(found, made)
        return _build(found)

    def evaluate(self, values: Mapping[str, int]) -> int:
        """Compute the size where all its symbols have values."""
        total = 0
        for monomial, coefficient in self.terms:
            product = coefficient
            for atom, power in monomial:
                value = _evaluate(atom, values)
                product *= value if power == 1 else value**power
            total += product
        return total

    # ----------------------------------------------------------------------------- arithmetic

    def __add__(self, other: Size) -> Size:
        if isinstance(other, int):
            return self._plus(other) if other else self
        if not isinstance(other, Dim):
            return NotImplemented
        found = dict(self.terms)
        accumulate(found, other)
        return _build(found)

    __radd__ = __add__

    def _plus(self, number: int) -> Dim:
        terms = self.terms
        if terms[0][0]:
            return _dim((((), number), *terms))
        number += terms[0][1]
        return _dim((((), number), *terms[1:]) if number else terms[1:])

    def __neg__(self) -> Dim:
        return _dim(tuple([(monomial, -coefficient) for monomial, coefficient in self.terms]))

    def __pos__(self) -> Dim:
        return self

    def __abs__(self) -> Size:
        return maximum(self, -self)

    def __sub__(self, other: Size) -> Size:
        if isinstance(other, int):
            return self._plus(-other) if other else self
        if not isinstance(other, Dim):
            return NotImplemented
        found = dict(self.terms)
        for monomial, coefficient in other.terms:
            found[monomial] = found.get(monomial, 0) - coefficient
        return _build(found)

    def __rsub__(self, other: int) -> Size:
        return (-self) + other

    def __mul__(self, other: Size) -> Size:
        if isinstance(other, int):
            if other in (0, 1):
                return self if other else 0
            return _dim(tuple([(m, other * coefficient) for m, coefficient in self.terms]))
        if not isinstance(other, Dim):
            return NotImplemented
        if len(self.terms) * len(other.terms) > MAX_WORK:
            raise _too_large(f"a product of {len(self.terms)} by {len(other.terms)} terms")
        found: dict[Monomial, int] = {}
        for left, a in self.terms:
            for right, b in other.terms:
                monomial = monomial_product(left, right)
                found[monomial] = found.get(monomial, 0) + a * b
        return _build(found)

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Size:
        if not isinstance(exponent, int):
            return NotImplemented
        if not 0 <= exponent <= MAX_EXPONENT:
            raise _too_large(f"the exponent {exponent}")
        if exponent == 1:
            return self
        bits = max([abs(coefficient).bit_length() for _, coefficient in self.terms])
        if bits * exponent > MAX_BITS:
            raise _too_large(f"a coefficient of {bits * exponent} bits")
        if len(self.terms) == 1:
            ((monomial, coefficient),) = self.terms
            raised = tuple([(atom, power * exponent) for atom, power in monomial])
            return _dim(((raised, coefficient**exponent),)) if exponent else 1
        found: Size = 1
        for _ in range(exponent):
            found = found * self
        return found

    def __floordiv__(self, other: Size) -> Size:
        if isinstance(other, int):
            return _floor_by_number(self, other)
        return _floor_by_size(self, other) if isinstance(other, Dim) else NotImplemented

    def __rfloordiv__(self, other: int) -> Size:
        return _floor_by_size(other, self) if isinstance(other, int) else NotImplemented

    def __mod__(self, other: Size) -> Size:
        if not isinstance(other, (int, Dim)):
            return NotImplemented
        return self - other * (self // other)

    def __rmod__(self, other: int) -> Size:
        return other - self * (other // self) if isinstance(other, int) else NotImplemented


Atom: TypeAlias = Symbol | FloorDiv | Min | Max | FloorScale
Size: TypeAlias = int | Dim
Monomial: TypeAlias = "tuple[tuple[Atom, int], ...]"
Term: TypeAlias = "tuple[Monomial, int]"
Key: TypeAlias = "tuple[int, tuple[str | int, ...]]"
Text: TypeAlias = "tuple[str, int]"

_set_terms: Callable[[Dim, tuple[Term, ...]], None] = Dim.__dict__["terms"].__set__


def _dim(terms: tuple[Term, ...]) -> Dim:
    made = _new(Dim)
    _set_terms(made, terms)
    return made


def _build(found: dict[Monomial, int]) -> Size:
    """Make a size of monomials and coefficients: zeros fall out, the rest is sorted."""
    items = [item for item in found.items() if item[1]]
    if len(items) > 1:
        if len(items) > MAX_TERMS:
            raise _too_large(f"a sum of {len(items)} terms")
        if len(items) > 2 or (items[0][0] and items[1][0]):
            items.sort(key=term_key)
        elif items[0][0]:
            items.reverse()
    elif not items:
        return 0
    elif not items[0][0]:
        return items[0][1]
    return _dim(tuple(items))


def accumulate(found: dict[Monomial, int], size: Size) -> None:
    if isinstance(size, int):
        found[()] = found.get((), 0) + size
        return
    for monomial, coefficient in size.terms:
        found[monomial] = found.get(monomial, 0) + coefficient


def term_key(term: Term) -> tuple[tuple[Key, int], ...]:
    return tuple([(atom.key, power) for atom, power in term[0]])


def constant_of(size: Size) -> int:
    if isinstance(size, int):
        return size
    return 0 if size.terms[0][0] else size.terms[0][1]


def varying_terms(dim: Dim) -> tuple[Term, ...]:
    """Give the terms other than the constant."""
    return dim.terms if dim.terms[0][0] else dim.terms[1:]


def dim_of(atom: Atom) -> Dim:
    return _dim(((((atom, 1),), 1),))


def _raw(size: Size) -> str:
    if isinstance(size, int):
        return str(size)
    try:
        return size._raw
    except AttributeError:
        parts = [
            "*".join([f"{atom.raw()}^{power}" for atom, power in monomial]) + f":{coefficient}"
            for monomial, coefficient in varying_terms(size)
        ]
        found = "+".join([*parts, str(constant_of(size))])
        _set(size, "_raw", found)
        return found


def natural(text: str) -> tuple[str | int, ...]:
    """Cut a text into words and numbers, so that `h2` sorts before `h10`."""
    pieces: list[str | int] = []
    for is_number, letters in groupby(text, "0123456789".__contains__):
        piece = "".join(letters)
        if is_number and not pieces:
            pieces.append("")
        if is_number:  # not int(piece), which refuses thousands of digits
            digits = piece.lstrip("0")
            pieces += (len(digits), digits)
        else:
            pieces.append(piece)
    return tuple(pieces)


# --------------------------------------------------------------------------------------- floors


def _floor_by_number(dim: Dim, divisor: int) -> Size:
    if divisor <= 1:
        if divisor == 0:
            raise ZeroDivisionError(f"{dim} divided by zero")
        return dim if divisor == 1 else _floor_by_number(-dim, -divisor)
    terms = dim.terms
    term = terms[-1]
    if term[1] != 1 or len(terms) > 1 + (not terms[0][0]):
        return _floor(dim, divisor)
    # one term, the usual case: (x + A)//B, or ((x + A)//B + C)//D = (x + A + B*C)//(B*D)
    constant = 0 if len(terms) == 1 else terms[0][1]
    (atom, power), *others = term[0]
    if type(atom) is FloorDiv:
        number, top = atom.divisor, atom.numerator
        if others or power > 1 or isinstance(number, Dim) or isinstance(top, int):
            return _floor(dim, divisor)
        terms = top.terms
        term = terms[-1]
        if term[1] != 1 or len(terms) > 1 + (not terms[0][0]):
            return _floor(dim, divisor)
        constant *= number
        divisor *= number
        if len(terms) > 1:
            constant += terms[0][1]
    whole, constant = divmod(constant, divisor)
    numerator = _dim((((), constant), term) if constant else (term,))
    floor: Term = (((FloorDiv(numerator, divisor), 1),), 1)
    return _dim((((), whole), floor) if whole else (floor,))


def _floor(dim: Dim, divisor: int) -> Size:
    """Divide by a number > 1 and round down, by the laws at the head of this module."""
    inside = dict(dim.terms)
    constant = inside.pop((), 0)
    outside: dict[Monomial, int] = {}
    while True:
        for monomial in [m for m, coefficient in inside.items() if not coefficient % divisor]:
            times = inside.pop(monomial) // divisor
            outside[monomial] = outside.get(monomial, 0) + times
        times, constant = divmod(constant, divisor)
        outside[()] = outside.get((), 0) + times
        common = gcd(divisor, *inside.values())
        if common > 1:
            divisor, constant = divisor // common, constant // common
            inside = {monomial: c // common for monomial, c in inside.items()}
        floor = next(filter(None, map(_inner_floor, inside.items())), None)
        if floor is None:
            break
        atom, number = floor
        sign = inside.pop(((atom, 1),))
        inside = {monomial: c * number for monomial, c in inside.items()}
        inside[()] = constant * number + (number - 1 if sign < 0 else 0)
        accumulate(inside, atom.numerator * sign)
        constant = inside.pop(())
        inside = {monomial: c for monomial, c in inside.items() if c}
        divisor *= number
    if inside:
        accumulate(outside, _floor_atom(inside, constant, divisor))
    return _build(outside)


def is_floor(monomial: Monomial) -> bool:
    """Whether a monomial is one floor with a number as its divisor."""
    if len(monomial) != 1:
        return False
    ((atom, power),) = monomial
    return power == 1 and type(atom) is FloorDiv and isinstance(atom.divisor, int)


def _inner_floor(term: Term) -> tuple[FloorDiv, int] | None:
    """Recognise `±(e//b)` with a number b."""
    monomial, coefficient = term
    if coefficient in (1, -1) and is_floor(monomial):
        atom = monomial[0][0]
        if isinstance(atom, FloorDiv) and isinstance(atom.divisor, int):
            return atom, atom.divisor
    return None


def _floor_atom(inside: dict[Monomial, int], constant: int, divisor: int) -> Size:
    """Make the atom, or its opposite so that its first coefficient is positive."""
    top = _build({(): constant, **inside})
    assert isinstance(top, Dim)
    if any(type(atom) is not Symbol for m in inside for atom, _ in m):
        from .bounds import always  # which needs expressions first

        low, high = always(top)
        if low is not None and high is not None and low // divisor == high // divisor:
            return low // divisor
    first, coefficient = varying_terms(top)[0]
    if len(top.terms) == 1 and coefficient == 1 and len(first) == 1:
        ((atom, power),) = first
        if power == 1 and isinstance(atom, FloorDiv):  # (e//s)//d = e//(s*d)
            return atom.numerator // (atom.divisor * divisor)
    if coefficient > 0:
        return dim_of(FloorDiv(top, divisor))
    return -dim_of(FloorDiv((-top) + (divisor - 1), divisor))


def _floor_by_size(top: Size, divisor: Dim) -> Size:
    """Divide by an expression that is at least 1, and round down."""
    whole, top = _quotient(top, divisor)
    bottom: Size = divisor
    if isinstance(top, Dim):
        top, bottom = _reduced(top, divisor)
    if isinstance(bottom, int):
        return whole + top // bottom
    common = gcd(*[coefficient for _, coefficient in bottom.terms])
    if isinstance(top, Dim):
        common = gcd(common, *[coefficient for _, coefficient in varying_terms(top)])
    if common > 1:  # (g*e + c)//(g*d) = (e + c//g)//d
        less = _dim(tuple([(m, c // common) for m, c in bottom.terms]))
        if isinstance(top, int):
            return whole + (top // common) // less
        varying = _dim(tuple([(m, c // common) for m, c in varying_terms(top)]))
        return whole + (varying + constant_of(top) // common) // less
    if isinstance(top, int):
        return whole + dim_of(FloorDiv(top, bottom)) if top else whole
    if len(varying_terms(top)) == 1:
        ((monomial, coefficient),) = varying_terms(top)
        (atom, power), *others = monomial
        if isinstance(atom, FloorDiv) and power == 1 and not others and coefficient == 1:
            rest = constant_of(top)
            if isinstance(atom.divisor, int) or rest == 0:
                # (e//b + f)//d = (e + b*f)//(b*d)
                return whole + (atom.numerator + atom.divisor * rest) // (atom.divisor * bottom)
    return whole + dim_of(FloorDiv(top, bottom))


def _quotient(top: Size, divisor: Dim) -> tuple[Size, Size]:
    """Split off what a divisor of one term divides."""
    if isinstance(top, int) or len(divisor.terms) > 1:
        return 0, top
    ((monomial, number),) = divisor.terms
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for part, coefficient in top.terms:
        left = None if coefficient % number else monomial_quotient(part, monomial)
        if left is None:
            rest[part] = coefficient
        else:
            whole[left] = coefficient // number
    return (_build(whole), _build(rest)) if whole else (0, top)


def _reduced(top: Dim, divisor: Dim) -> tuple[Size, Size]:
    """Cancel the greatest common factor of a fraction whose sign is plain."""
    from .bounds import bounds  # which needs expressions first

    upper, lower = dict(top.terms), dict(divisor.terms)
    whole = common_factor(upper, lower)
    for common in (whole, {monomial_factor(whole): 1}):
        if common.keys() == {()}:
            break
        above, below = (_build(quotient(terms, common)) for terms in (upper, lower))
        if len(common) == 1:
            return above, below
        for sign in (1, -1):
            lows = [bounds(sign * size, {})[0] for size in (_build(common), below)]
            if any(low is not None and low >= 0 for low in lows):
                return sign * above, sign * below
    return top, divisor


# ------------------------------------------------------------------------------------ functions


def sum_of(terms: Mapping[Monomial, int]) -> Size:
    """Make the size that is the sum of some monomials, each times its coefficient."""
    return _build(dict(terms))


def symbol(name: str) -> Dim:
    """Make the size that a name stands for.

    >>> symbol("H") + symbol("H")
    Dim(2*H)
    """
    return dim_of(Symbol(name))


def quotient_of(size: Size) -> tuple[Size, Size] | None:
    """Give the numerator and the divisor of a size that is one floor."""
    if isinstance(size, Dim) and len(size.terms) == 1:
        ((monomial, coefficient),) = size.terms
        (atom, power), *others = monomial
        if isinstance(atom, FloorDiv) and coefficient == power == 1 and not others:
            return atom.numerator, atom.divisor
    return None


def symbols_of(size: Size) -> frozenset[str]:
    """Give the names that occur in a size, a number having none."""
    return size.symbols if isinstance(size, Dim) else frozenset()


def minimum(*sizes: Size) -> Size:
    """Give the least of some sizes.

    >>> H = symbol("H")
    >>> minimum(H + 2, 7, H, 9)
    Dim(min(H, 7))
    """
    return _extremum(sizes, Min, min)


def maximum(*sizes: Size) -> Size:
    """Give the greatest of some sizes.

    >>> H = symbol("H")
    >>> maximum(H + 2, 7, H, 9)
    Dim(max(H + 2, 9))
    """
    return _extremum(sizes, Max, max)


def _extremum(
    sizes: Iterable[Size], kind: type[Min | Max], pick: Callable[[int, int], int]
) -> Size:
    best: dict[tuple[Term, ...], int] = {}  # of sizes that differ by a constant, one decides
    for size in _flattened(sizes, kind):
        terms = () if isinstance(size, int) else varying_terms(size)
        constant = constant_of(size)
        best[terms] = pick(best[terms], constant) if terms in best else constant
    if not best:
        raise ValueError("the smallest or largest of nothing")
    made = [_dim(terms) + c if terms else c for terms, c in best.items()]
    if len(made) == 1:
        return made[0]
    made.sort(key=lambda size: (isinstance(size, int), natural(_raw(size))))
    return dim_of(kind(tuple(made)))


def _flattened(sizes: Iterable[Size], kind: type[Min | Max]) -> Iterator[Size]:
    for size in sizes:
        if isinstance(size, Dim) and len(size.terms) == 1:
            monomial, coefficient = size.terms[0]
            if coefficient == 1 and len(monomial) == 1 and monomial[0][1] == 1:
                atom = monomial[0][0]
                if isinstance(atom, (Min, Max)) and type(atom) is kind:
                    yield from atom.args
                    continue
        yield size


def ceil_div(size: Size, divisor: Size) -> Size:
    """Divide and round up; halves that a remainder was put to are written as one floor.

    >>> ceil_div(symbol("H"), 4), ceil_div(7, 2)
    (Dim((H + 3)//4), 4)
    >>> ceil_div(symbol("H") + symbol("H") % 2, 2)
    Dim((H + 1)//2)
    """
    found = -((-size) // divisor)
    return found if isinstance(found, int) else _joined_halves(found)


def _joined_halves(size: Dim) -> Size:
    """Put floors together: `e//d - e//(2*d) = (e + d)//(2*d)`."""
    found = dict(size.terms)
    for monomial, coefficient in size.terms:
        atom = monomial[0][0] if is_floor(monomial) else None
        if not isinstance(atom, FloorDiv) or not isinstance(atom.divisor, int):
            continue
        half, odd = divmod(atom.divisor, 2)
        whole = atom.numerator // half
        if odd or isinstance(whole, int) or len(varying_terms(whole)) > 1:
            continue
        ((other, once),) = varying_terms(whole)
        if once == 1 and found.get(other) == -coefficient and found.get(monomial) == coefficient:
            del found[other], found[monomial]
            joined = (atom.numerator + half) // atom.divisor - constant_of(whole)
            accumulate(found, joined * -coefficient)
    return _build(found)


def floor_scale(size: Size, factor: float) -> Size:
    """Multiply by a float and round down, as PyTorch does: `int(float(size)*factor)`.

    Factors n/2**k with small n and k are exact fractions, so that `floor_scale(x, 1.5)` is
    `3*x//2`; doubles agree for sizes from 0 to 2**43.

    >>> H = symbol("H")
    >>> floor_scale(H, 2.0), floor_scale(H, 0.5), floor_scale(H, 1.3), floor_scale(10, 1.3)
    (Dim(2*H), Dim(H//2), Dim(int(H*1.3)), 13)
    """
    top, bottom = float(factor).as_integer_ratio()
    if abs(top) <= _DYADIC and bottom <= _DYADIC:
        return size * top // bottom
    if isinstance(size, int):
        return int(float(size) * factor)
    return dim_of(FloorScale(size, factor))


def _substitute(atom: Atom, values: Mapping[str, Size]) -> Size:
    match atom:
        case Symbol():
            return values[atom.name]
        case FloorDiv():
            divisor = _put(atom.divisor, values)
            if isinstance(divisor, int) and divisor == 0:  # that it is at least 1 is said elsewhere
                return 0
            return _put(atom.numerator, values) // divisor
        case Min():
            return minimum(*[_put(size, values) for size in atom.args])
        case Max():
            return maximum(*[_put(size, values) for size in atom.args])
        case FloorScale():
            return floor_scale(_put(atom.argument, values), atom.factor)


def _put(size: Size, values: Mapping[str, Size]) -> Size:
    return size if isinstance(size, int) else size.substitute(values)


def _evaluate(atom: Atom, values: Mapping[str, int]) -> int:
    match atom:
        case Symbol():
            return values[atom.name]
        case FloorDiv():
            divisor = _value(atom.divisor, values)
            return _value(atom.numerator, values) // divisor if divisor else 0  # as above
        case Min():
            return min([_value(size, values) for size in atom.args])
        case Max():
            return max([_value(size, values) for size in atom.args])
        case FloorScale():
            return int(float(atom.argument.evaluate(values)) * atom.factor)


def _value(size: Size, values: Mapping[str, int]) -> int:
    return size if isinstance(size, int) else size.evaluate(values)
