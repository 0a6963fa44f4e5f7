"""The search for all solutions of a conjunction of relations, apart from its rules.

What concerns one unknown is solved exactly by :mod:`shapecalc.univariate`; unknowns that no relation
ties together are solved apart, and their boxes combined. A rule rewrites relations that tie unknowns
together into simpler systems with the same solutions. Where no rule applies, values are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from itertools import product as cross
from typing import TypeAlias

from .boxes import Box, BoxRun
from .dims import DimTooLarge
from .relations import AllOf, AnyOf, Comparison, Relation, all_of, decide
from .sets import IntSet, SetTooLarge
from .univariate import Effort, Undecidable, solution_set, weight

Literal: TypeAlias = "Comparison | AnyOf"
Domains: TypeAlias = "dict[str, IntSet]"
Known: TypeAlias = "Mapping[str, tuple[int, int | None]]"
Rule: TypeAlias = "Callable[[Search, list[Literal], Domains], list[Box] | None]"

MAX_STEPS = 20_000  # of the effort for one question; a group of relations counts as ten
_MAX_DEPTH = 60
_MAX_BITS = 40  # of a bound that is looked for
_MAX_VALUES = {1: 4_096, 2: 1_024, 3: 128}  # values tried one by one, by the number of unknowns
_MAX_POINTS = 4_096  # points tried one by one where the search gave up
_TRIED = {1: 4_096, 2: 256, 3: 32}  # values tried of an unbounded unknown, likewise


class Search:
    """One search for boxes, by rules that are tried in order.

    `tried` says up to where an unknown was tried, if not all of it was. `scale` says what an
    unknown stands for while it is a digit: `name = times*digit + shift`.
    """

    def __init__(self, rules: Sequence[Rule], effort: int | None = None) -> None:
        self.rules = rules
        self.effort = Effort(MAX_STEPS if effort is None else effort)
        self.depth = 0
        self.stopped = False
        self.tried: dict[str, int] = {}
        self.scale: dict[str, tuple[int, int]] = {}

    def limit(self) -> str | None:
        """Say what was searched; None when nothing was left out."""
        parts = [f"{name} <= {most}" for name, most in self.tried.items()]
        return f"searched {' and '.join(parts)} only" if parts else None

    def solve(self, relations: Iterable[Relation | bool], domains: Domains) -> list[Box]:
        """Solve a conjunction: what has one unknown first, then each group of tied unknowns."""
        self.effort.spent += 10
        if self.effort.spent > self.effort.most:
            self.stopped = True
            return []
        if self.depth > _MAX_DEPTH:
            raise Undecidable("the conditions are tied together too deeply")
        self.depth += 1
        try:
            return self.reduced(relations, domains)
        finally:
            self.depth -= 1

    def reduced(self, relations: Iterable[Relation | bool], domains: Domains) -> list[Box]:
        reduced = _reduce(relations, domains, self.effort)
        if reduced is None:
            return []
        literals, domains = reduced
        answers: list[list[Box]] = []
        for names, tied in _components(literals, domains):
            here = {name: domains[name] for name in names}
            boxes = self.component(tied, here) if tied else [free(here)]
            if not boxes:
                return []
            answers.append(boxes)
        return [Box({k: v for box in boxes for k, v in box.items()}) for boxes in cross(*answers)]

    def component(self, literals: list[Literal], domains: Domains) -> list[Box]:
        """Solve relations that tie their unknowns together, by the first rule that applies."""
        if all(len(item.symbols) > 1 for item in literals):
            for rule in self.rules:
                try:
                    boxes = rule(self, literals, domains)
                except (Undecidable, SetTooLarge, DimTooLarge):
                    continue
                if boxes is not None:
                    return boxes
        return self.one_by_one(literals, domains)

    def one_by_one(self, literals: list[Literal], domains: Domains) -> list[Box]:
        """Try the values of the unknown that has fewest; not completely, if it has too many."""
        smaller = bounded(literals, domains)
        if smaller is not None:
            return self.solve(literals, smaller)
        name = min(domains, key=lambda name: count(domains[name]))
        values = domains[name]
        if count(values) > _MAX_VALUES[min(len(domains), 3)]:
            tried = islice(values, _TRIED[min(len(domains), 3)])
            values = IntSet.points(tried)
            times, shift = self.scale.get(name, (1, 0))
            self.not_beyond(name, times * (values.maximum or 0) + shift)
        found: list[Box] = []
        for value in values:
            here = {**domains, name: IntSet.points([value])}
            found += self.solve([item.substitute({name: value}) for item in literals], here)
        return found

    def not_beyond(self, name: str, most: int) -> None:
        """Note that an unknown was looked at up to here only."""
        self.tried[name] = min(most, self.tried.get(name, most))

    def sampled(self, whole: Relation | bool, domains: Domains) -> list[Box]:
        """Try the smallest points one by one, which holds for what the search had to leave out."""
        most = int(_MAX_POINTS ** (1 / len(domains)))
        axes: list[list[int]] = []
        for name, values in domains.items():
            axes.append(list(islice(values, most)))
            if count(values) > most:
                self.not_beyond(name, axes[-1][-1])
        found: list[Box] = []
        for point in cross(*axes):
            values_of = dict(zip(domains, point, strict=True))
            if isinstance(whole, bool) or whole.evaluate(values_of):
                found.append(free({name: IntSet.points([x]) for name, x in values_of.items()}))
        return found


def _reduce(
    relations: Iterable[Relation | bool], domains: Domains, effort: Effort
) -> tuple[list[Literal], Domains] | None:
    """Decide what can be decided and solve what has one unknown; None when nothing is left."""
    if not all(domains.values()):
        return None
    domains = dict(domains)
    literals = _flat(relations)
    if literals is not None:
        literals.sort(key=weight)
    changed: set[str] | None = None
    while literals is not None and changed != set():
        changed = set()  # what a changed domain bears on is looked at again
        settled: list[Relation | bool] = []
        for item in literals:
            settled.append(_settle(item, domains, changed, effort))
            if settled[-1] is False:
                return None
        literals = _flat(settled)
    return None if literals is None else (literals, domains)


def _settle(item: Relation, domains: Domains, changed: set[str], effort: Effort) -> Relation | bool:
    """Put known values into a relation; narrow the domain of the one unknown it has."""
    single = {name: domains[name].minimum for name in item.symbols if domains[name].count() == 1}
    if single:
        simpler = item.substitute(single)
        if isinstance(simpler, bool):
            return simpler
        item = simpler
    if len(item.symbols) == 1:
        (name,) = item.symbols
        try:
            values = solution_set(item, name, domains[name], effort)
        except (Undecidable, SetTooLarge, DimTooLarge):
            return item
        if values.runs != domains[name].runs:
            domains[name] = values
            changed.add(name)
        return bool(values)
    decided = decide(item, hull(domains))
    return item if decided is None else decided


def _flat(relations: Iterable[Relation | bool]) -> list[Literal] | None:
    """List the parts of a conjunction; None when it is false."""
    found: list[Literal] = []
    waiting = [all_of(list(relations))]
    while waiting:
        item = waiting.pop()
        if isinstance(item, AllOf):
            waiting += reversed(item.items)
        elif not isinstance(item, bool):
            found.append(item)
        elif not item:
            return None
    return found


def _components(literals: list[Literal], domains: Domains) -> list[tuple[list[str], list[Literal]]]:
    """Group unknowns that relations tie together, in the order of the unknowns."""
    group = {name: [name] for name in domains}
    for item in literals:
        first, *others = sorted(item.symbols)
        for other in others:
            if group[first] is not group[other]:
                group[first] += group[other]
                for name in group[other]:
                    group[name] = group[first]
    found: list[tuple[list[str], list[Literal]]] = []
    seen: set[str] = set()
    for name in domains:
        if name not in seen:
            members = set(group[name])
            seen |= members
            tied = [item for item in literals if item.symbols <= members]
            found.append(([other for other in domains if other in members], tied))
    return found


def free(domains: Domains) -> Box:
    return Box(
        {name: tuple(BoxRun(*run) for run in values.runs) for name, values in domains.items()}
    )


def bounded(literals: Iterable[Relation], domains: Domains) -> Domains | None:
    """Bound one unknown from above, where bounds rule out everything beyond: x in `12 % x == 0`.

    None where that is done, or can't be.
    """
    known = hull(domains)
    for name, values in domains.items():
        if values.maximum is None:
            for item in literals:
                most = highest(item, name, values.minimum, known) if name in item.symbols else None
                if most is not None:
                    return {**domains, name: values & IntSet.interval(values.minimum, most)}
    return None


def highest(item: Relation, name: str, least: int, known: Known) -> int | None:
    """Find a number beyond which an unknown can't be; what is ruled out beyond it is so further on."""
    if decide(item, {**known, name: (least + (1 << _MAX_BITS), None)}) is not False:
        return None
    bits = 0
    while decide(item, {**known, name: (least + (1 << bits), None)}) is not False:
        bits += 1
    return least + (1 << bits) - 1


def hull(domains: Domains) -> dict[str, tuple[int, int | None]]:
    return {name: (values.minimum, values.maximum) for name, values in domains.items()}


def count(values: IntSet) -> float:
    count = values.count()
    return float("inf") if count is None else count
