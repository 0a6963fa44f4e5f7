"""Rules that make cases: of alternatives, minima and maxima, digits, and where bounds end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from .boxes import Box, BoxRun
from .dims import Dim, FloorDiv, Max, Min, Symbol, bounds, maximum, minimum, symbol
from .isolate import Atom, atoms_of, dims_of, put
from .products import factorise
from .relations import AllOf, AnyOf, Comparison, Relation, all_of, any_of, compare
from .search import Domains, Known, Literal, Search, bounded

Size: TypeAlias = "int | Dim"

_MAX_RESIDUES = 64  # of a prime


def cases(search: Search, literals: list[Literal], domains: Domains) -> list[Box] | None:
    """Take each side of an `or`, and both sides of a `!=`."""
    for item in literals:
        if isinstance(item, AnyOf):
            options: Sequence[Relation | bool] = item.items
        elif item.op == "!=":
            options = (compare(item.dim, ">=", 1), compare(item.dim, "<=", -1))
        else:
            continue
        others = [other for other in literals if other is not item]
        return [box for option in options for box in search.solve([*others, option], domains)]
    return None


def extrema(search: Search, literals: list[Literal], domains: Domains) -> list[Box] | None:
    """Take each argument of an innermost minimum or maximum where it is the one."""
    for dim in (dim for item in literals for dim in dims_of(item)):
        for atom in atoms_of(dim):
            if not isinstance(atom, Min | Max):
                continue
            found: list[Box] = []
            op = "<=" if isinstance(atom, Min) else ">="
            for index, chosen in enumerate(atom.args):
                needs: list[Relation | bool] = [
                    compare(chosen, op, other) if place > index else compare(chosen, op[0], other)
                    for place, other in enumerate(atom.args)
                    if place != index
                ]
                needs += [replaced(item, atom, chosen) for item in literals]
                found += search.solve(needs, domains)
            return found
    return None


def digits(search: Search, literals: list[Literal], domains: Domains) -> list[Box] | None:
    """Write an unknown as `p*q + r`, and solve in q for each r."""
    best = min(
        (
            choice
            for item in literals
            for dim in dims_of(item)
            for atom in atoms_of(dim)
            for choice in _splits(atom, list(domains))
        ),
        default=None,
    )
    if best is None or best[0] > _MAX_RESIDUES:
        return None
    prime, _, name = best
    found: list[Box] = []
    times, shift = search.scale.get(name, (1, 0))
    for rest in range(prime):
        values = domains[name].preimage_affine(prime, rest)
        if values:
            digit = {name: prime * symbol(name) + rest}
            needs = [item.substitute(digit) for item in literals]
            search.scale[name] = (times * prime, times * rest + shift)
            for box in search.solve(needs, {**domains, name: values}):
                found.append(_from_digit(box, name, prime, rest))
    search.scale[name] = (times, shift)
    return found


def ordered(relation: Relation | bool, known: Known) -> Relation | bool:
    """Leave out of minima and maxima what known bounds show is not the one: min(p, 2*p) is p."""

    def change(atom: object) -> Size | None:
        if not isinstance(atom, Min | Max):
            return None
        kept: list[Size] = list(atom.args)
        for size in atom.args:
            for other in kept:
                gap = size - other if isinstance(atom, Min) else other - size
                least = bounds(gap, known)[0]
                if other is not size and least is not None and least >= 0:
                    kept.remove(size)
                    break
        if len(kept) == len(atom.args):
            return None
        return (minimum if isinstance(atom, Min) else maximum)(
            *[put(size, change) for size in kept]
        )

    match relation:
        case Comparison():
            if not any(isinstance(atom, Min | Max) for atom in atoms_of(relation.dim)):
                return relation
            return compare(put(relation.dim, change), relation.op, 0)
        case AllOf():
            return all_of([ordered(item, known) for item in relation.items])
        case AnyOf():
            return any_of([ordered(item, known) for item in relation.items])
        case _:
            return relation


def tighten(search: Search, literals: list[Literal], domains: Domains) -> list[Box] | None:
    """Bound an unknown from above where bounds rule out everything beyond."""
    smaller = bounded(literals, domains)
    return None if smaller is None else search.solve(literals, smaller)


def _splits(atom: object, order: list[str]) -> Iterator[tuple[int, int, str]]:
    """Offer unknowns whose digit brings an innermost floor closer to losing a prime.

    It does when some coefficient of the unknown is no multiple of the prime: all of them will be
    afterwards, and once all coefficients are, the prime divides out.
    """
    if not isinstance(atom, FloorDiv) or not isinstance(atom.divisor, int):
        return
    top = atom.numerator
    if not isinstance(top, Dim) or any(not isinstance(part, Symbol) for part in atoms_of(top)):
        return
    prime = factorise(atom.divisor)[0][0]
    for monomial, coefficient in top.terms:
        if coefficient % prime:
            for part, _ in monomial:
                if isinstance(part, Symbol):
                    yield prime, -order.index(part.name), part.name


def replaced(item: Relation, atom: Atom, value: Size) -> Relation | bool:
    """Put a size in the place of an atom."""
    match item:
        case Comparison():
            try:
                made = put(item.dim, lambda found: value if found == atom else None)
            except ZeroDivisionError:
                return False  # a divisor is at least 1
            return compare(made, item.op, 0)
        case AllOf():
            return all_of([replaced(part, atom, value) for part in item.items])
        case AnyOf():
            return any_of([replaced(part, atom, value) for part in item.items])


def _from_digit(box: Box, name: str, prime: int, rest: int) -> Box:
    """Write a box in q as one in `name = prime*q + rest`."""
    digit = (symbol(name) - rest) // prime
    found = Box()
    for other, runs in box.items():
        if other == name:
            found[other] = tuple(
                BoxRun(
                    prime * first + rest,
                    None if last is None else prime * last + rest,
                    1 if last is not None and first == last else prime * step,
                )
                for first, last, step in runs
            )
        else:
            found[other] = tuple(
                BoxRun(
                    first if isinstance(first, int) else first.substitute({name: digit}),
                    last
                    if last is None or isinstance(last, int)
                    else last.substitute({name: digit}),
                    step,
                )
                for first, last, step in runs
            )
    return found
