"""Exact integer expressions: sizes as polynomials over symbols, floors, minima and maxima.

A :class:`Dim` is a sum of integers times monomials; a monomial is a product of powers of *atoms*:
symbols, `numerator // divisor`, `min(...)`, `max(...)` and the floor of a product with a
floating-point number. The laws that keep a chain of layers at one floor division (all for d, b >= 1):

* `(d*e + f)//d = e + f//d`
* `(e//b + L)//d = (e + b*L)//(b*d)`
* `(g*X + c)//(g*d) = (X + c//g)//d`

An expression as a divisor is a size, and so at least 1. What is constant is a plain `int`.

>>> H = symbol("H")
>>> ((H - 4)//2 - 4)//2
Dim('(H - 12)//4')
>>> 2*(H//2) + H % 2 - H
0
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import gcd
from typing import Any, TypeAlias

from .errors import ShapecalcError

MAX_TERMS = 2_000  # of one sum; products are multiplied out
MAX_POWER = 64

Size: TypeAlias = "int | Dim"
Ends: TypeAlias = "tuple[int | None, int | None]"


class TooLarge(ShapecalcError):
    """An expression that would have more than `MAX_TERMS` terms."""

    default_code = "S311"


# ----------------------------------------------------------------------------------------- atoms


class Atom:
    """What monomials are made of. Two atoms are equal when they are written alike."""

    __slots__ = ("_hash", "symbols", "text")

    text: str
    symbols: frozenset[str]

    def _set(self, text: str, symbols: frozenset[str]) -> None:
        self.text = text
        self.symbols = symbols
        self._hash = hash(text)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Atom) and self.text == other.text

    def __lt__(self, other: Atom) -> bool:
        return self.text < other.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"


class Symbol(Atom):
    """An unknown integer."""

    __slots__ = ("name",)
    __match_args__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name
        self._set(name, frozenset((name,)))


class FloorDiv(Atom):
    """`numerator // divisor`; the divisor is an int > 1, or a Dim that is at least 1."""

    __slots__ = ("divisor", "numerator")
    __match_args__ = ("numerator", "divisor")

    def __init__(self, numerator: Size, divisor: Size) -> None:
        self.numerator = numerator
        self.divisor = divisor
        text = f"{_factor(numerator)}//{_factor(divisor)}"
        self._set(text, symbols_of(numerator) | symbols_of(divisor))


class _Extremum(Atom):
    __slots__ = ("args",)
    __match_args__ = ("args",)
    word = ""

    def __init__(self, args: tuple[Size, ...]) -> None:
        self.args = args
        text = f"{self.word}({', '.join(map(str, args))})"
        self._set(text, frozenset().union(*map(symbols_of, args)))


class Min(_Extremum):
    """The least of some sizes."""

    __slots__ = ()
    word = "min"


class Max(_Extremum):
    """The greatest of some sizes."""

    __slots__ = ()
    word = "max"


class FloorScale(Atom):
    """`floor(float(argument) * factor)` in C doubles, as PyTorch scales sizes."""

    __slots__ = ("argument", "factor")
    __match_args__ = ("argument", "factor")

    def __init__(self, argument: Size, factor: float) -> None:
        self.argument = argument
        self.factor = factor
        self._set(f"int({_factor(argument)}*{factor!r})", symbols_of(argument))


Monomial: TypeAlias = "tuple[tuple[Atom, int], ...]"
Terms: TypeAlias = "dict[Monomial, int]"


def symbols_of(size: Size) -> frozenset[str]:
    """Give the names of the symbols in a size."""
    return size.symbols if isinstance(size, Dim) else frozenset()


# ------------------------------------------------------------------------------------ expressions


class Dim:
    """A size that is not a number yet. Built by :func:`symbol` and arithmetic; immutable.

    `terms` are pairs of a monomial and its coefficient; the constant's monomial is `()`.
    `==` says whether two expressions have one normal form, never whether they could be equal.
    """

    __slots__ = ("_hash", "_symbols", "_text", "terms")

    terms: tuple[tuple[Monomial, int], ...]

    def __init__(self, terms: tuple[tuple[Monomial, int], ...]) -> None:
        self.terms = terms
        self._hash: int | None = None
        self._text: str | None = None
        self._symbols: frozenset[str] | None = None

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(self.terms)
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Dim) and hash(self) == hash(other) and self.terms == other.terms

    def __bool__(self) -> bool:
        raise TypeError(f"whether {self} is 0 is not known")

    @property
    def symbols(self) -> frozenset[str]:
        """The names of its symbols."""
        if self._symbols is None:
            names = [atom.symbols for monomial, _ in self.terms for atom, _ in monomial]
            self._symbols = frozenset().union(*names)
        return self._symbols

    @property
    def constant(self) -> int:
        """The constant it ends with."""
        last = self.terms[-1]
        return 0 if last[0] else last[1]

    def __add__(self, other: Any) -> Any:
        if type(other) is int:
            return self if other == 0 else _shifted(self, other)
        if not isinstance(other, (int, Dim)):
            return NotImplemented
        found = dict(self.terms)
        for monomial, coefficient in _terms(other):
            found[monomial] = found.get(monomial, 0) + coefficient
        return _normal(found)

    __radd__ = __add__

    def __neg__(self) -> Any:
        return self * -1

    def __sub__(self, other: Any) -> Any:
        if not isinstance(other, (int, Dim)):
            return NotImplemented
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, int):
            if other == 1:
                return self
            return _normal({monomial: c * other for monomial, c in self.terms}) if other else 0
        if not isinstance(other, Dim):
            return NotImplemented
        if len(self.terms) * len(other.terms) > MAX_TERMS:
            raise TooLarge(
                f"a product of sums with more than {MAX_TERMS} terms",
                hint="give some of the sizes as numbers",
            )
        found: Terms = {}
        for one, a in self.terms:
            for two, b in other.terms:
                monomial = _times(one, two)
                found[monomial] = found.get(monomial, 0) + a * b
        return _normal(found)

    __rmul__ = __mul__

    def __pow__(self, power: Any) -> Any:
        if type(power) is not int or not 0 <= power <= MAX_POWER:
            raise TooLarge(f"{self} to the power {power}; at most {MAX_POWER}")
        found: Size = 1
        for _ in range(power):
            found = found * self
        return found

    def __floordiv__(self, other: Any) -> Any:
        return _floor_div(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _floor_div(other, self)

    def __mod__(self, other: Any) -> Any:
        return self - (self // other) * other

    def __rmod__(self, other: Any) -> Any:
        return other - (other // self) * self

    def __abs__(self) -> Any:
        return maximum(self, -self)

    def __str__(self) -> str:
        if self._text is None:
            self._text = _print(self)
        return self._text

    def __repr__(self) -> str:
        return f"Dim({str(self)!r})"

    def substitute(self, values: Mapping[str, Size]) -> Any:
        """Put sizes in the place of symbols."""
        if self.symbols.isdisjoint(values):
            return self
        total: Size = 0
        for monomial, coefficient in self.terms:
            term: Size = coefficient
            for atom, power in monomial:
                made = _atom_at(atom, values)
                for _ in range(power):
                    term = term * made
            total = total + term
        return total

    def evaluate(self, values: Mapping[str, int]) -> int:
        """Compute the value; raises `KeyError` for a symbol without one."""
        total = 0
        for monomial, coefficient in self.terms:
            for atom, power in monomial:
                coefficient *= _atom_value(atom, values) ** power
            total += coefficient
        return total


def symbol(name: str) -> Dim:
    """Make the size that is one symbol."""
    return _of(Symbol(name))


def _of(atom: Atom) -> Dim:
    return Dim(((((atom, 1),), 1),))


def _terms(size: Size) -> tuple[tuple[Monomial, int], ...]:
    return size.terms if isinstance(size, Dim) else (((), size),)


def _times(one: Monomial, two: Monomial) -> Monomial:
    if not one or not two:
        return one or two
    powers = dict(one)
    for atom, power in two:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(powers.items()))


def _order(term: tuple[Monomial, int]) -> tuple[int, tuple[str, ...]]:
    monomial = term[0]
    return -sum(power for _, power in monomial), tuple(atom.text for atom, _ in monomial)


def _lone_floor(monomial: Monomial) -> FloorDiv | None:
    """Give the floor that a monomial consists of, if its divisor is a number."""
    if len(monomial) == 1 and monomial[0][1] == 1:
        atom = monomial[0][0]
        if isinstance(atom, FloorDiv) and isinstance(atom.divisor, int):
            return atom
    return None


def _shifted(dim: Dim, number: int) -> Size:
    """Add a number; the common case of one floor takes it in at once."""
    if len(dim.terms) == 1:
        monomial, coefficient = dim.terms[0]
        floor = _lone_floor(monomial)
        if floor is not None and number % coefficient == 0:
            assert isinstance(floor.divisor, int)
            moved = floor.numerator + floor.divisor * (number // coefficient)
            return Dim(((((FloorDiv(moved, floor.divisor), 1),), coefficient),))
    found = dict(dim.terms)
    found[()] = found.get((), 0) + number
    return _normal(found)


def _normal(terms: Terms) -> Size:
    """Order terms, drop zeros, and put constants where they belong.

    A floor by itself takes the constant in: `(H - 12)//4`, not `H//4 - 3`, so that a product of
    sizes stays a product. Beside other terms it gives it out, so that equal floors meet.
    """
    live = {monomial: c for monomial, c in terms.items() if c}
    constant = live.pop((), 0)
    if not live:
        return constant
    if len(live) > 1 or constant:
        merged: Terms = {}
        for monomial, c in live.items():
            floor = _lone_floor(monomial)
            if floor is not None:
                divisor = floor.divisor
                assert isinstance(divisor, int)
                numerator = floor.numerator
                out = (numerator.constant if isinstance(numerator, Dim) else numerator) // divisor
                if out:
                    constant += c * out
                    monomial = ((FloorDiv(numerator - out * divisor, divisor), 1),)
            merged[monomial] = merged.get(monomial, 0) + c
        live = {monomial: c for monomial, c in merged.items() if c}
        if not live:
            return constant
    if len(live) > MAX_TERMS:
        raise TooLarge(
            f"a sum of more than {MAX_TERMS} terms", hint="give some of the sizes as numbers"
        )
    if len(live) == 1 and constant:
        ((monomial, c),) = live.items()
        floor = _lone_floor(monomial)
        if floor is not None and constant % c == 0:
            assert isinstance(floor.divisor, int)
            moved = floor.numerator + floor.divisor * (constant // c)
            return Dim(((((FloorDiv(moved, floor.divisor), 1),), c),))
    ordered = sorted(live.items(), key=_order) if len(live) > 1 else list(live.items())
    if constant:
        ordered.append(((), constant))
    return Dim(tuple(ordered))


# --------------------------------------------------------------------------------------- dividing


def _floor_div(top: Any, bottom: Any) -> Any:
    if not isinstance(top, (int, Dim)) or not isinstance(bottom, (int, Dim)):
        return NotImplemented
    if isinstance(bottom, Dim):
        return _over(top, bottom)
    if bottom == 0:
        raise ZeroDivisionError(f"{top} divided by zero")
    if bottom < 0:
        return _floor_div(-top, -bottom)
    if bottom == 1 or isinstance(top, int):
        return top // bottom if isinstance(top, int) else top
    return _over_number(top, bottom)


def _over_number(top: Dim, divisor: int) -> Size:
    outside: Terms = {}
    inside: Terms = {}
    for monomial, coefficient in top.terms:
        whole = coefficient // divisor if coefficient > 0 or not monomial else -(-coefficient // divisor)
        if whole:
            outside[monomial] = whole
        rest = coefficient - whole * divisor
        if rest:
            inside[monomial] = rest
    common = divisor
    for monomial, coefficient in inside.items():
        if monomial:
            common = gcd(common, coefficient)
    if not any(inside):
        return _normal(outside)
    if common > 1:
        inside = {m: c // common for m, c in inside.items()}
        divisor //= common
    quotient = _floor_of(_normal(inside), divisor)
    return quotient + _normal(outside) if outside else quotient


def _floor_of(inside: Size, divisor: int) -> Size:
    """Make `inside // divisor`, taking a floor inside apart: `(e//b + L)//d = (e + b*L)//(b*d)`."""
    if divisor == 1 or isinstance(inside, int):
        return inside // divisor
    floors = [(m, c) for m, c in inside.terms if _has_floor(m)]
    if len(floors) == 1 and floors[0][1] == 1:
        floor = _lone_floor(floors[0][0])
        if floor is not None:
            assert isinstance(floor.divisor, int)
            rest = _normal({m: c for m, c in inside.terms if m != floors[0][0]})
            merged = floor.numerator + floor.divisor * rest
            return _floor_div(merged, floor.divisor * divisor)
    if any(abs(c) >= divisor for m, c in inside.terms if m):
        return _over_number(inside, divisor)
    return _of(FloorDiv(inside, divisor))


def _has_floor(monomial: Monomial) -> bool:
    return any(not isinstance(atom, Symbol) for atom, _ in monomial)


def _over(top: Size, bottom: Dim) -> Size:
    """Divide by an expression, which is at least 1."""
    if isinstance(top, int):
        return 0 if top == 0 else _of(FloorDiv(top, bottom))
    if bottom == top:
        return 1
    outside: Size = 0
    if len(bottom.terms) == 1:  # a product: what it divides leaves the floor
        monomial, coefficient = bottom.terms[0]
        whole: Terms = {}
        rest: Terms = {}
        for one, c in top.terms:
            left = _without(one, monomial)
            if left is not None and c % coefficient == 0:
                whole[left] = whole.get(left, 0) + c // coefficient
            else:
                rest[one] = c
        outside = _normal(whole)
        top = _normal(rest)
    else:
        lead, coefficient = bottom.terms[0]
        c = dict(top.terms).get(lead, 0)
        if c and c % coefficient == 0:
            outside = c // coefficient
            top = top - outside * bottom
    if isinstance(top, int) and top == 0:
        return outside
    if isinstance(top, Dim) and top == bottom:
        return outside + 1
    return outside + _of(FloorDiv(top, bottom))


def _without(monomial: Monomial, part: Monomial) -> Monomial | None:
    powers = dict(monomial)
    for atom, power in part:
        left = powers.get(atom, 0) - power
        if left < 0:
            return None
        powers[atom] = left
    return tuple(sorted((atom, power) for atom, power in powers.items() if power))


def ceil_div(top: Any, bottom: Any) -> Any:
    """Divide and round up."""
    return -(-top // bottom)


# ------------------------------------------------------------------------------- min, max, scale


def minimum(*sizes: Size) -> Any:
    """Give the least of some sizes; a constant difference decides between two."""
    return _extremum(sizes, Min, -1)


def maximum(*sizes: Size) -> Any:
    """Give the greatest of some sizes."""
    return _extremum(sizes, Max, 1)


def _extremum(sizes: tuple[Size, ...], kind: type[Min | Max], sign: int) -> Size:
    kept: list[Size] = []
    waiting = list(sizes)
    while waiting:
        size = waiting.pop(0)
        if isinstance(size, Dim) and len(size.terms) == 1:
            monomial, coefficient = size.terms[0]
            if coefficient == 1 and len(monomial) == 1 and type(monomial[0][0]) is kind:
                if monomial[0][1] == 1:
                    waiting[:0] = monomial[0][0].args  # type: ignore[attr-defined]
                    continue
        for index, other in enumerate(kept):
            gap = size - other
            if isinstance(gap, int):
                if sign * gap > 0:
                    kept[index] = size
                break
        else:
            kept.append(size)
    if len(kept) == 1:
        return kept[0]
    return _of(kind(tuple(sorted(kept, key=lambda size: (isinstance(size, int), str(size))))))


def floor_scale(size: Size, factor: float) -> Any:
    """Give `floor(float(size) * factor)`, computed in doubles as PyTorch does."""
    if isinstance(size, int):
        return int(float(size) * factor)
    if factor == int(factor):
        return size * int(factor)
    return _of(FloorScale(size, factor))


def _atom_at(atom: Atom, values: Mapping[str, Size]) -> Size:
    if atom.symbols.isdisjoint(values):
        return _of(atom)
    match atom:
        case Symbol(name):
            return values[name]
        case FloorDiv(numerator, divisor):
            return _put(numerator, values) // _put(divisor, values)
        case Max(args):
            found: Size = maximum(*(_put(item, values) for item in args))
            return found
        case Min(args):
            found = minimum(*(_put(item, values) for item in args))
            return found
        case FloorScale(argument, factor):
            found = floor_scale(_put(argument, values), factor)
            return found
    raise AssertionError(atom)


def _put(size: Size, values: Mapping[str, Size]) -> Any:
    return size if isinstance(size, int) else size.substitute(values)


def _atom_value(atom: Atom, values: Mapping[str, int]) -> int:
    match atom:
        case Symbol(name):
            return values[name]
        case FloorDiv(numerator, divisor):
            return _value(numerator, values) // _value(divisor, values)
        case Max(args):
            return max(_value(item, values) for item in args)
        case Min(args):
            return min(_value(item, values) for item in args)
        case FloorScale(argument, factor):
            return int(float(_value(argument, values)) * factor)
    raise AssertionError(atom)


def _value(size: Size, values: Mapping[str, int]) -> int:
    return size if isinstance(size, int) else size.evaluate(values)


# ------------------------------------------------------------------------------------- printing


def _factor(size: Size) -> str:
    """Write a size where a factor or a numerator can stand."""
    text = str(size)
    plain = text.isalnum() or text.isidentifier()
    return text if plain else f"({text})"


def _print(dim: Dim) -> str:
    """Write a sum, positive terms first; `e - m*(e//m)` is written `e % m`."""
    found = _remainder(dim)
    if found is not None:
        times, numerator, divisor, rest = found
        text = f"{_factor(numerator)} % {divisor}"
        if times != 1:
            text = f"{times}*({text})"
        if isinstance(rest, int) and rest == 0:
            return text
        body = f"({text})" if times == 1 else text
        return _joined([(body, times > 0)] + [(str(rest) if isinstance(rest, int) else f"({rest})", True)])
    parts = [(_term(monomial, abs(c)), c > 0) for monomial, c in dim.terms]
    parts.sort(key=lambda part: not part[1])
    if not parts[0][1]:
        return "-" + _joined([(parts[0][0], True), *parts[1:]])
    return _joined(parts)


def _joined(parts: list[tuple[str, bool]]) -> str:
    text = parts[0][0]
    for part, positive in parts[1:]:
        if part.startswith("-"):
            part, positive = part[1:], not positive
        text += f" {'+' if positive else '-'} {part}"
    return text


def _term(monomial: Monomial, coefficient: int) -> str:
    if not monomial:
        return str(coefficient)
    factors = [] if coefficient == 1 else [str(coefficient)]
    alone = coefficient == 1 and len(monomial) == 1
    for atom, power in monomial:
        bare = isinstance(atom, (Symbol, Min, Max, FloorScale))
        text = atom.text if bare or (alone and power == 1) else f"({atom.text})"
        factors.append(text if power == 1 else f"{text}**{power}")
    return "*".join(factors)


def _remainder(dim: Dim) -> tuple[int, Size, int, Size] | None:
    """Find `times*(numerator % divisor) + rest` in a sum, where that is shorter."""
    for monomial, coefficient in dim.terms:
        floor = _lone_floor(monomial)
        if floor is None or not isinstance(floor.divisor, int) or coefficient % floor.divisor:
            continue
        times = -coefficient // floor.divisor
        if times < 1:
            continue
        rest = dim + (-times) * (floor.numerator - floor.divisor * _of(floor))
        if isinstance(rest, int) or len(rest.terms) < len(dim.terms) - 1:
            return times, floor.numerator, floor.divisor, rest
    return None


# --------------------------------------------------------------------------------------- bounds


def bounds(size: Size, known: Mapping[str, tuple[int, int | None]]) -> Ends:
    """Bound a size, given bounds of its symbols; those that aren't known are at least 0.

    Intersects interval arithmetic with the lines `(e - d + 1)/d <= e//d <= e/d`, which see that
    `H - 4*(H//4)` lies in 0..3.
    """
    if isinstance(size, int):
        return size, size
    plain = _interval(size, known)
    if plain[0] is not None and plain[0] == plain[1]:
        return plain
    if sum(1 for monomial, _ in size.terms if monomial) < 2:  # noqa: PLR2004 - nothing can cancel
        return plain
    return _tighter(plain, _between_lines(size, known))


def _tighter(one: Ends, two: Ends) -> Ends:
    lows = [value for value in (one[0], two[0]) if value is not None]
    highs = [value for value in (one[1], two[1]) if value is not None]
    return max(lows, default=None), min(highs, default=None)


def _interval(size: Dim, known: Mapping[str, tuple[int, int | None]]) -> Ends:
    low: int | None = 0
    high: int | None = 0
    for monomial, coefficient in size.terms:
        ends = _scale(_monomial_bounds(monomial, known), coefficient)
        low = None if low is None or ends[0] is None else low + ends[0]
        high = None if high is None or ends[1] is None else high + ends[1]
    return low, high


def _scale(ends: Ends, factor: int) -> Ends:
    low = None if ends[0] is None else ends[0] * factor
    high = None if ends[1] is None else ends[1] * factor
    return (low, high) if factor > 0 else (high, low)


def _monomial_bounds(monomial: Monomial, known: Mapping[str, tuple[int, int | None]]) -> Ends:
    found: Ends = (1, 1)
    for atom, power in monomial:
        ends = _atom_bounds(atom, known)
        if power % 2 == 0 and (ends[0] is None or ends[0] < 0):
            most = None
            if ends[0] is not None and ends[1] is not None:
                most = max(-ends[0], abs(ends[1])) ** power
            found = _product(found, (0, most))
            continue
        for _ in range(power):
            found = _product(found, ends)
    return found


def _product(one: Ends, two: Ends) -> Ends:
    (a, b), (c, d) = one, two
    if a is not None and c is not None and a >= 0 and c >= 0:
        if b == 0 or d == 0:
            return 0, 0
        return a * c, None if b is None or d is None else b * d
    if a is None or b is None or c is None or d is None:
        if (a, b) == (0, 0) or (c, d) == (0, 0):
            return 0, 0
        if a is not None and a >= 0 and d is not None and d <= 0:
            return None if b is None or c is None else b * c, a * d
        if c is not None and c >= 0 and b is not None and b <= 0:
            return None if a is None or d is None else a * d, b * c
        return None, None
    corners = (a * c, a * d, b * c, b * d)
    return min(corners), max(corners)


def _atom_bounds(atom: Atom, known: Mapping[str, tuple[int, int | None]]) -> Ends:
    match atom:
        case Symbol(name):
            return known.get(name, (0, None))
        case FloorDiv(numerator, divisor):
            return _quotient(bounds(numerator, known), bounds(divisor, known))
        case Max(args):
            return _most([bounds(item, known) for item in args])
        case Min(args):
            flipped = [_scale(bounds(item, known), -1) for item in args]
            return _scale(_most(flipped), -1)
        case FloorScale(argument, factor):
            low, high = bounds(argument, known)
            if factor < 0 or low is None or low < 0:
                return None, None
            return int(float(low) * factor), None if high is None else int(float(high) * factor)
    raise AssertionError(atom)


def _most(ends: list[Ends]) -> Ends:
    lows = [low for low, _ in ends if low is not None]
    highs = [high for _, high in ends]
    most = None if None in highs else max(high for high in highs if high is not None)
    return max(lows, default=None), most


def _quotient(top: Ends, bottom: Ends) -> Ends:
    low, high = top
    least = max(bottom[0] or 1, 1)
    most = bottom[1]
    if low is None:
        start = None
    elif low >= 0:
        start = 0 if most is None else low // most
    else:
        start = low // least
    if high is None:
        end = None
    elif high >= 0:
        end = high // least
    else:
        end = -1 if most is None else high // most
    return start, end


class _Line:
    """`scale*value` lies between `terms + low` and `terms + high`."""

    __slots__ = ("high", "low", "scale", "terms")

    def __init__(self, scale: int, terms: Terms, low: int, high: int) -> None:
        self.scale = scale
        self.terms = terms
        self.low = low
        self.high = high


def _line(size: Size) -> _Line:
    if isinstance(size, int):
        return _Line(1, {}, size, size)
    total = _Line(1, {}, 0, 0)
    for monomial, coefficient in size.terms:
        floor = _lone_floor(monomial)
        if not monomial:
            part = _Line(1, {}, coefficient, coefficient)
        elif floor is None:
            part = _Line(1, {monomial: coefficient}, 0, 0)
        else:
            assert isinstance(floor.divisor, int)
            inner = _line(floor.numerator)
            low = inner.low - (floor.divisor - 1) * inner.scale
            ends = sorted((coefficient * low, coefficient * inner.high))
            terms = {m: coefficient * c for m, c in inner.terms.items()}
            part = _Line(inner.scale * floor.divisor, terms, *ends)
        total = _plus(total, part)
    return total


def _plus(one: _Line, two: _Line) -> _Line:
    scale = one.scale * two.scale // gcd(one.scale, two.scale)
    a, b = scale // one.scale, scale // two.scale
    terms = {m: a * c for m, c in one.terms.items()}
    for monomial, c in two.terms.items():
        terms[monomial] = terms.get(monomial, 0) + b * c
    return _Line(scale, terms, a * one.low + b * two.low, a * one.high + b * two.high)


def _between_lines(size: Dim, known: Mapping[str, tuple[int, int | None]]) -> Ends:
    line = _line(size)
    low: int | None = line.low
    high: int | None = line.high
    for monomial, coefficient in line.terms.items():
        if not coefficient:
            continue
        ends = _scale(_monomial_bounds(monomial, known), coefficient)
        low = None if low is None or ends[0] is None else low + ends[0]
        high = None if high is None or ends[1] is None else high + ends[1]
    return (
        None if low is None else -(-low // line.scale),
        None if high is None else high // line.scale,
    )


def atoms(size: Size) -> Iterator[Atom]:
    """Yield the outer atoms of a size."""
    if isinstance(size, Dim):
        for monomial, _ in size.terms:
            for atom, _ in monomial:
                yield atom
