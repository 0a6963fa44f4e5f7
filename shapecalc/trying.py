"""Unknowns that must be numbers for a layer's rule to be applied: their values are tried one by one.

How many layers an LSTM has, or which dimension a `cat` joins, is no size in a formula: the rule itself
depends on it. For each value of such an unknown the rest is solved as ever. The values that are tried are
few, so the answer is complete only where relations of the user's bound the unknown.
"""

from __future__ import annotations

from itertools import islice

from .boxes import Box, BoxRun, SystemSolution, tidy
from .errors import ShapecalcError
from .facts import Facts
from .propagate import Propagation
from .question import Question, with_value
from .relations import all_of
from .sets import IntSet
from .solve import Case, Solution, answer_in_symbols
from .univariate import Undecidable, solution_set
from .where import parse_relation, relation_of

_MOST_VALUES = (32, 8, 3)  # of the first such unknown, the second, others


def answer_by_values(question: Question, solution: Solution, depth: int = 0) -> Solution:
    """Answer for each of the smallest values of an unknown, and unite the answers."""
    name = solution.open[0]
    domain = _domain(question, name)
    most = _MOST_VALUES[min(depth, len(_MOST_VALUES) - 1)]
    values = list(islice(domain, most))
    parts: list[tuple[int, Solution]] = []
    for value in values:
        part = answer_in_symbols(with_value(question, name, value))
        if part.open:
            part = answer_by_values(part.question, part, depth + 1)
        parts.append((value, part))
    boxes = [
        Box({name: (BoxRun(value, value, 1),), **box})
        for value, part in parts
        for box in part.boxes
    ]
    limits = [part.limit for _, part in parts if part.limit]
    if domain.count() is None or len(values) < (domain.count() or 0):
        limits.append(f"searched {name} <= {values[-1]} only")
    limit = "; ".join(dict.fromkeys(limits)) or None
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
        None
        if best is None
        else _in_order(question, {name: best[0], **(best[1].recommended or {})}),
        best is not None and best[1].lossless,
        tuple(warnings),
        next((part.reason for _, part in parts if part.reason), None) if not boxes else None,
    )


def _in_order(question: Question, point: dict[str, int]) -> dict[str, int]:
    return {name: point[name] for name in question.unknowns}


def _domain(question: Question, name: str) -> IntSet:
    """Give the values that an unknown may have by the user's own relations."""
    low, high = question.known[name]
    domain = IntSet.interval(low, high)
    environment = Propagation(question.registry, {}, Facts(), question.values).environment
    for text in question.where:
        try:
            relation = relation_of(parse_relation(text), environment)
            if not isinstance(relation, bool) and relation.symbols == {name}:
                domain = solution_set(all_of([relation]), name, domain)
        except (ShapecalcError, Undecidable):
            continue
    return domain
