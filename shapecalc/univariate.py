"""All values of one unknown for which a relation holds.

>>> from shapecalc.dims import symbol
>>> from shapecalc.relations import compare
>>> H = symbol("H")
>>> solution_set(compare(((H - 4) // 2 - 4) // 2, "==", 5), "H", IntSet.interval(1))
IntSet([[32, 35, 1]])
>>> solution_set(compare(4 * (H // 4), "==", H), "H", IntSet.interval(1))
IntSet([[4, None, 4]])
"""

from __future__ import annotations

from collections.abc import Iterator

from .comparison import Comparer, Effort
from .dims import Dim, FloorDiv, FloorScale, Max, Min, Symbol
from .elementary import Undecidable
from .quasi import Expr, X, combine, extremum, floor_div, number, over, product, scaled
from .relations import AllOf, AnyOf, Comparison, Relation
from .sets import EMPTY, IntSet

__all__ = ["Effort", "Undecidable", "expression", "image", "solution_set", "weight"]

_MOST_LISTED = 2_000  # values that are put into a size one by one


def solution_set(
    relation: Relation | bool, name: str, domain: IntSet, effort: Effort | None = None
) -> IntSet:
    """Give exactly the values of `name` in `domain` for which the relation holds.

    Raises `Undecidable` where no closed form covers it, `SetTooLarge` where the answer has too
    many runs. Questions that share an `effort` are bounded together.
    """
    try:
        return _relation(relation, name, domain, effort or Effort())
    except (RecursionError, OverflowError) as error:
        raise Undecidable(f"the condition on {name} is nested too deeply to solve") from error
    except ZeroDivisionError as error:
        raise Undecidable(f"{name} isn't known yet to make every divisor positive") from error


def _relation(relation: Relation | bool, name: str, domain: IntSet, effort: Effort) -> IntSet:
    match relation:
        case bool():
            return domain if relation else EMPTY
        case AllOf():
            for item in sorted(relation.items, key=weight):
                if not domain:
                    break
                domain = _relation(item, name, domain, effort)
            return domain
        case AnyOf():
            found = EMPTY
            for item in relation.items:
                found = found | _relation(item, name, domain - found, effort)
            return found
        case Comparison():
            if not domain:
                return domain
            expr = expression(relation.dim, name)
            if relation.op == "!=":
                return domain - Comparer(effort).on(expr, "==", domain)
            return Comparer(effort).on(expr, relation.op, domain)


def weight(relation: Relation | bool) -> tuple[int, int, int]:
    """Say which relations to solve first: comparisons that leave few classes, for they shrink others.

    `H == 2*(H//2)` leaves one class of numbers, and on these `H//2 == 2*(H//4)` leaves one again,
    where by itself it leaves two.
    """
    if isinstance(relation, bool):
        return 0, 0, 0
    if isinstance(relation, Comparison):
        divisors = list(_divisors(relation.dim)) or [1]
        return int(relation.op == "!="), min(divisors), max(divisors)
    return 2, 0, 0


def _divisors(size: Dim | int) -> Iterator[int]:
    """Yield the divisors of the floors in a size, 1 for an unknown that stands in none."""
    if isinstance(size, Dim):
        for monomial, _ in size.terms:
            for atom, _ in monomial:
                match atom:
                    case Symbol():
                        yield 1
                    case FloorDiv():
                        yield atom.divisor if isinstance(atom.divisor, int) else 1
                    case Min() | Max():
                        for item in atom.args:
                            yield from _divisors(item)
                    case FloorScale():
                        yield 1


def expression(size: Dim | int, name: str) -> Expr:
    """Read a dimension as an expression in `name`.

    Raises `Undecidable` when another symbol occurs.
    """
    if isinstance(size, int):
        return number(size)
    terms: list[tuple[Expr, int]] = []
    for monomial, coefficient in size.terms:
        factors = [_read_atom(atom, name) for atom, power in monomial for _ in range(power)]
        terms.append((product(factors), coefficient))
    return combine(terms)


def image(size: Dim | int, values: IntSet) -> IntSet | None:
    """Give the values of a size whose one unknown takes some values; None where they are too many to list.

    >>> from shapecalc.dims import symbol
    >>> image((symbol("H") + 1) // 2, IntSet.run(16, None, 16))
    IntSet([[8, None, 8]])
    """
    if isinstance(size, int):
        return IntSet.points([size])
    monomial, coefficient = size.terms[-1]
    ((atom, power), *others) = monomial
    rest = size - Dim(((monomial, coefficient),))
    if isinstance(rest, int) and power == 1 and not others:
        inside: IntSet | None = None
        if isinstance(atom, Symbol):
            inside = values
        elif isinstance(atom, FloorDiv) and isinstance(atom.divisor, int):
            top = image(atom.numerator, values)
            inside = None if top is None else top.image_floor(0, atom.divisor)
        if inside is not None and (coefficient > 0 or inside.maximum is not None):
            return inside.image_affine(coefficient, rest)
    if (values.count() or _MOST_LISTED + 1) > _MOST_LISTED:
        return None
    (name,) = size.symbols
    return IntSet.points({size.evaluate({name: value}) for value in values})


def _read_atom(atom: object, name: str) -> Expr:
    match atom:
        case Symbol():
            if atom.name != name:
                raise Undecidable(f"{atom.name} is unknown as well as {name}")
            return X
        case FloorDiv():
            top = expression(atom.numerator, name)
            if isinstance(atom.divisor, int):
                return floor_div(top, atom.divisor)
            return over(top, expression(atom.divisor, name))
        case Min() | Max():
            items = [expression(item, name) for item in atom.args]
            return extremum(1 if isinstance(atom, Max) else -1, items)
        case FloorScale():
            return scaled(expression(atom.argument, name), atom.factor)
    raise Undecidable(f"{atom} can't be solved for {name}")
