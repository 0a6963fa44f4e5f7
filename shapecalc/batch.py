"""The batch: what a net needs for every number of samples."""

from __future__ import annotations

from .dims import Symbol, symbol, symbols_of
from .isolate import dims_of, monomial_size
from .net import Size
from .products import divisors, residue
from .question import BATCH
from .relations import AllOf, AnyOf, Comparison, Relation, all_of, any_of, compare

_BATCH_ATOM = Symbol(BATCH)
_MOST_TURNS = 13  # sizes that are put in for N: each writes the cases out once more


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


def cases_for_every_batch(
    cases: list[list[Relation | bool]],
) -> list[list[Relation | bool]] | None:
    """Give what one of some cases needs to hold for every N >= 1; None where that isn't plain.

    It may be one case for one N and another for the next: `N == T` or `T == 1` and `N != T`. Only where
    all cases say the same of N can each be looked at by itself.
    """
    of_batch = [
        frozenset(item for item in case if not isinstance(item, bool) and BATCH in item.symbols)
        for case in cases
    ]
    if len({*of_batch}) < 2:
        made = [for_every_batch(case) for case in cases]
        return None if any(stuck for _, stuck in made) else [found for found, _ in made]
    common = frozenset.intersection(*of_batch)
    shared, stuck = for_every_batch(list(dict.fromkeys(i for i in cases[0] if i in common)))
    own = any_of([all_of([item for item in case if item not in common]) for case in cases])
    if isinstance(own, bool) or BATCH not in own.symbols:
        needs: Relation | bool | None = own
    else:
        needs = _at_turns(own)
    return None if stuck or needs is None else [[*shared, needs]]


def _at_turns(item: Relation) -> Relation | bool | None:
    """Put in the values of N, sizes among them, from which on its comparisons may change.

    With `s*N + e` these are what `e/s` is rounded down to, and the next one.
    """
    turns: dict[Size, None] = {1: None}
    for dim in dims_of(item):
        if BATCH not in dim.symbols:
            continue
        slope = dict(dim.terms).get(((_BATCH_ATOM, 1),), 0)
        rest = dim - slope * symbol(BATCH)
        if not slope or BATCH in symbols_of(rest):
            return None
        turn = (rest if slope < 0 else -rest) // abs(slope)
        turns |= {turn: None, turn + 1: None}
    if len(turns) > _MOST_TURNS:
        return None
    return all_of(
        [any_of([compare(turn, "<", 1), item.substitute({BATCH: turn})]) for turn in turns]
    )


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
        *more, last = sorted(item.items, key=lambda part: BATCH in part.symbols)
        if not any(BATCH in part.symbols for part in more):
            needs = _without_batch(last)
            return None if needs is None else any_of([*more, needs])
        return _at_turns(item)
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
    number = powers.get(0, 0)
    if item.op == "!=" and set(powers) <= {0, 1} and isinstance(number, int):
        # N*size is the number for some N only if the size divides it
        return all_of([compare(powers[1], "!=", size) for size in _quotients(-number)])
    return None


def _quotients(number: int) -> list[int]:
    """Give what a number may be divided by N >= 1 into."""
    sign = -1 if number < 0 else 1
    return [sign * divisor for divisor in divisors(number)] if number else [0]


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
