"""Conditions on symbols, made short: solved where one symbol is left, implied ones left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .errors import ShapecalcError
from .facts import Demand
from .relations import AllOf, Relation, all_of, decide
from .sets import IntSet
from .univariate import Undecidable, solution_set


def solved_conditions(
    demands: Sequence[Demand], free: Sequence[str]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give the values that conditions on one symbol leave it, and all conditions as Python text."""
    items: dict[Relation, None] = {}
    for demand in demands:
        parts = demand.relation.items if isinstance(demand.relation, AllOf) else (demand.relation,)
        items.update(dict.fromkeys(parts))
    sets: dict[str, IntSet] = {name: IntSet.interval(_least(name, demands)) for name in free}
    left: list[Relation] = []
    for relation in items:
        if len(relation.symbols) != 1:
            left.append(relation)
            continue
        (name,) = relation.symbols
        try:
            sets[name] = solution_set(relation, name, sets[name])
        except (Undecidable, ShapecalcError):
            left.append(relation)
    texts: list[str] = []
    for name, values in sets.items():
        if values != IntSet.interval(1):
            texts.append(values.to_condition(name))
    known = {
        name: (values.minimum, values.maximum) if values else (1, 0)
        for name, values in sets.items()
    }
    texts += [str(relation) for relation in left if decide(relation, known) is not True]
    return sets, tuple(texts)


def _least(name: str, demands: Sequence[Demand]) -> int:
    """Paddings may be 0; a demand of at least 0 says so, sizes are at least 1."""
    for demand in demands:
        found = getattr(demand.relation, "symbol_bound", lambda: None)()
        if found == (name, 0, None):
            return 0
    return 1


__all__ = ["all_of", "solved_conditions"]
