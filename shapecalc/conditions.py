"""Conditions on symbols, made short: solved where one symbol is left, implied ones left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .errors import ShapecalcError
from .facts import Demand
from .relations import AllOf, AnyOf, Relation, all_of, decide
from .sets import IntSet
from .univariate import Undecidable, solution_set, weight


def solved_conditions(
    demands: Sequence[Demand], free: Sequence[str], least: Mapping[str, int]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give the values that conditions on one symbol leave it, and all conditions as Python text.

    `least` are the values at which symbols start that don't start at 1, such as paddings.
    """
    items: dict[Relation, None] = {}
    for demand in demands:
        items.update({part: None for part in _parts(demand.relation) if not isinstance(part, bool)})
    for either in [item for item in items if isinstance(item, AnyOf)]:
        if any(set(_parts(option)) <= items.keys() - {either} for option in either.items):
            del items[either]  # one of its alternatives is demanded as well
    sets = {name: IntSet.interval(least.get(name, 1)) for name in free}
    left: dict[Relation, None] = dict.fromkeys(item for item in items if len(item.symbols) != 1)
    for relation in sorted([item for item in items if item not in left], key=weight):
        (name,) = relation.symbols
        try:
            sets[name] = solution_set(relation, name, sets[name])
        except (Undecidable, ShapecalcError):
            left[relation] = None
    texts: list[str] = []
    for name, values in sets.items():
        if values != IntSet.interval(least.get(name, 1)):
            texts.append(values.to_condition(name))
    known = {
        name: (values.minimum, values.maximum) if values else (1, 0)
        for name, values in sets.items()
    }
    texts += [str(item) for item in _parts(all_of(left)) if decide(item, known) is not True]
    return sets, tuple(texts)


def _parts(relation: Relation | bool) -> Iterator[Relation | bool]:
    return iter(relation.items if isinstance(relation, AllOf) else (relation,))


__all__ = ["all_of", "solved_conditions"]
