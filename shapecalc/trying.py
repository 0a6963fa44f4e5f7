"""Unknowns that must be numbers for a layer's rule to be applied: their values are tried one by one.

How many layers an LSTM has, or which dimension a `cat` joins, is no size in a formula: the rule itself
depends on it. For each value of such an unknown the rest is solved as ever. What the net demands of it
before its number is needed bounds it, as do the user's own relations: a dimension is one of those that
are there. Where nothing bounds it the smallest values are tried, and the answer isn't complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from itertools import islice
from operator import or_

from .boxes import Box, BoxRun, SystemSolution, tidy
from .errors import ShapecalcError, SolveError
from .facts import Facts
from .propagate import Propagation
from .question import Question, placed, with_value
from .relations import Relation, all_of
from .search import highest
from .sets import EMPTY, IntSet, SetTooLarge
from .solve import Case, Solution, answer_in_symbols
from .univariate import Undecidable, solution_set
from .where import parse_relation, relation_of

_MOST_VALUES = (32, 8, 3)  # of the first unknown that nothing bounds, the second, others
_MOST_ANSWERS = 1_000  # that are worked out for one question

Point = Mapping[str, int]


def answer_by_values(question: Question, solution: Solution) -> Solution:
    """Answer for each of the smallest values of an unknown, and unite the answers.

    Raises `SolveError` where the question has no meaning for any of them.
    """
    parts: list[tuple[Point, Solution]] = []
    limits: dict[str, None] = {}
    failures: list[SolveError] = []
    at = solution.at or None
    waiting: list[tuple[Point, Solution, int]] = [({}, solution, 0)]
    left = _MOST_ANSWERS
    while waiting:
        point, part, unbounded = waiting.pop()
        if not part.open:
            parts.append((point, part))
            continue
        name = part.open[0]
        domain = _domain(part.question, name, part.needs)
        count = domain.count()
        usual = _MOST_VALUES[min(unbounded, len(_MOST_VALUES) - 1)]
        values = list(islice(domain, min(usual if count is None else count, left)))
        left -= len(values)
        if count is None or len(values) < count:
            limits[f"searched {name} <= {values[-1]} only" if values else _ENOUGH] = None
        found: list[tuple[Point, Solution, int]] = []
        for value in values:
            try:
                asked = part.question if at is None else placed(part.question, at)
                own = answer_in_symbols(with_value(asked, name, value))
            except SolveError as error:  # the output has another rank than the target
                failures.append(error)
                continue
            at = at or own.at or None  # a question is about one output, whatever the value
            found.append(({**point, name: value}, own, unbounded + (count is None)))
        waiting += reversed(found)
    if failures and not parts:
        raise failures[0]
    return _united(question, parts, limits)


_ENOUGH = f"worked out {_MOST_ANSWERS:,} answers only"


def _united(
    question: Question, parts: list[tuple[Point, Solution]], limits: Mapping[str, None]
) -> Solution:
    boxes = [
        Box({**{name: (BoxRun(value, value, 1),) for name, value in point.items()}, **box})
        for point, part in parts
        for box in part.boxes
    ]
    own = dict.fromkeys(part.limit for _, part in parts if part.limit)
    limit = "; ".join({**own, **limits}) or None
    system = SystemSolution(tidy(boxes, question.unknowns), limit is None, limit, question.unknowns)
    fitting = [item for item in parts if item[1].recommended is not None]
    best = next((item for item in fitting if item[1].lossless), next(iter(fitting), None))
    cases: list[Case] = [case for _, part in parts for case in part.cases]
    warnings = dict.fromkeys(warning for _, part in parts for warning in part.warnings)
    return Solution(
        question,
        system,
        tuple(cases),
        next((part.at for _, part in parts if part.at), ()),
        None if best is None else _in_order(question, {**best[0], **(best[1].recommended or {})}),
        best is not None and best[1].lossless,
        tuple(warnings),
        next((part.reason for _, part in parts if part.reason), None) if not boxes else None,
    )


def _in_order(question: Question, point: Point) -> dict[str, int]:
    return {name: point[name] for name in question.unknowns}


def _domain(question: Question, name: str, needs: tuple[tuple[Relation, ...], ...]) -> IntSet:
    """Give the values that an unknown may have by what each run needs, and the user's own relations."""
    known = question.known
    asked = _asked(question)
    found: list[IntSet] = []
    for run in needs:
        domain = IntSet.interval(*known[name])
        for item in (*asked, *run):
            if name not in item.symbols or not domain:
                continue
            try:
                if item.symbols == {name}:
                    domain = solution_set(all_of([item]), name, domain)
                    continue
            except (Undecidable, SetTooLarge):
                pass
            most = highest(item, name, domain.minimum, known)
            if most is not None:
                domain = domain & IntSet.interval(domain.minimum, most)
        found.append(domain)
    return reduce(or_, found, EMPTY)


def _asked(question: Question) -> list[Relation]:
    """Read the user's relations, as far as they don't speak of what some layer gives."""
    environment = Propagation(question.registry, {}, Facts(), question.values).environment
    found: list[Relation] = []
    for text in question.where:
        try:
            relation = relation_of(parse_relation(text), environment)
        except ShapecalcError:
            continue
        if not isinstance(relation, bool):
            found.append(relation)
    return found
