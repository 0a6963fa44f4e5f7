"""The batch: what a net needs for every number of samples."""

from __future__ import annotations

from .dims import Symbol
from .isolate import dims_of, monomial_size
from .net import Size
from .products import residue
from .question import BATCH
from .relations import AllOf, AnyOf, Comparison, Relation, all_of, compare

_BATCH_ATOM = Symbol(BATCH)


def for_every_batch(
    relations: list[Relation | bool],
) -> tuple[list[Relation | bool], bool]:
    """Replace relations that hold for every N >= 1 by what that needs; say if some can't be."""
    found: list[Relation | bool] = []
    stuck = False
    for item in relations:
        if isinstance(item, bool) or BATCH not in item.symbols:
            found.append(item)
            continue
        needs = _without_batch(item)
        if needs is None:
            stuck = True
            found.append(item)
        else:
            found.append(needs)
    return (relations, True) if stuck else (found, False)


def _without_batch(item: Relation) -> Relation | bool | None:
    """Give what `item` needs to hold for every N >= 1; None where that isn't plain."""
    if isinstance(item, AllOf):
        parts: list[Relation | bool] = []
        for part in item.items:
            made = _without_batch(part) if BATCH in part.symbols else part
            if made is None:
                return None
            parts.append(made)
        return all_of(parts)
    if isinstance(item, AnyOf):
        return _at_every_batch(item)
    multiple = _multiple_of_batch(item)
    if multiple is not None:
        return multiple
    powers: dict[int, Size] = {}
    for monomial, coefficient in item.dim.terms:
        power = sum(count for atom, count in monomial if atom == _BATCH_ATOM)
        rest = tuple(pair for pair in monomial if pair[0] != _BATCH_ATOM)
        if any(BATCH in atom.symbols for atom, _ in rest):
            return None
        powers[power] = powers.get(power, 0) + monomial_size(rest, coefficient)
    if item.op == "==":
        return all_of([compare(part, "==", 0) for part in powers.values()])
    if item.op == ">=" and set(powers) <= {0, 1}:
        slope = powers.get(1, 0)
        return all_of([compare(slope, ">=", 0), compare(slope + powers.get(0, 0), ">=", 0)])
    if item.op == "!=" and set(powers) == {1}:
        return compare(powers[1], "!=", 0)
    return None


def _multiple_of_batch(item: Comparison) -> Relation | bool | None:
    """Recognise `N*size % m == rest`, which for every N is `size % m == 0`, and only for rest 0."""
    form = residue(item.dim) if item.op == "==" else None
    if form is None or form.rest < 0:
        return None
    size: Size = 0
    for monomial, coefficient in form.size.terms:
        rest = tuple(pair for pair in monomial if pair[0] != _BATCH_ATOM)
        if (_BATCH_ATOM, 1) not in monomial or any(BATCH in atom.symbols for atom, _ in rest):
            return None
        size = size + monomial_size(rest, coefficient)
    return compare(size % form.modulus, "==", 0) if form.rest == 0 else False


def _at_every_batch(item: AnyOf) -> Relation | bool | None:
    """Put in the values of N between which its comparisons change; they hold N and nothing else."""
    values = {1}
    for dim in dims_of(item):
        if BATCH not in dim.symbols:
            continue
        terms = dict(dim.terms)
        slope = terms.pop(((_BATCH_ATOM, 1),), 0)
        constant = terms.pop((), 0)
        if terms or not slope:
            return None
        turn = -constant // slope
        values |= {turn - 1, turn, turn + 1, turn + 2}
    needs = [item.substitute({BATCH: value}) for value in sorted(values) if value >= 1]
    return all_of(needs)
