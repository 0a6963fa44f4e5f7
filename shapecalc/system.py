"""All solutions of relations in several unknowns, as a union of boxes.

The relations are a conjunction. What concerns one unknown is solved exactly by
:mod:`shapecalc.univariate`; unknowns that no relation ties together are solved apart. The rest goes
by the first rule that applies, each of which keeps exactly the same solutions:

1. `c*y + e == 0` gives `y = -e//c`, where c divides e: y is put into the other relations;
2. `or`, and `!=`, by cases;
3. a floor that an equation gives, as `x//y == 4`, is put into the others;
   `H*W == 49*(H//7)*(W//7)` says that both are filled; `U*V == n`: by the divisors of n, a square or a polynomial in one
   size by its roots; `U*V % m == r`: by the divisors of m;
4. an unknown that every relation bounds is eliminated (:mod:`shapecalc.isolate`): its run has
   expressions in the others as ends, and each lower end must be <= each upper one;
5. `U*V >= n` and `<= n` by the at most `2*sqrt(n)` values of `n//u`;
6. minima, maxima, and factors of unknown sign by cases; `y = p*q + r` by digits, as for one unknown;
7. an unknown with few values: one by one.

Otherwise the smallest values of an unknown are tried up to a stated bound, and the answer is not
complete. The work is bounded too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from .boxes import Box, BoxRun, SystemSolution, run_at, tidy
from .dims import Dim
from .elimination import eliminate, substitute
from .errors import SolveError
from .factoring import congruences, dominated, pinned, products, stairs, tied
from .relations import AllOf, AnyOf, Comparison, Relation, all_of
from .search import Rule, Search, hull
from .sets import IntSet
from .splitting import cases, digits, extrema, ordered, tighten

RULES: tuple[Rule, ...] = (
    substitute,
    cases,
    pinned,
    products,
    dominated,
    tied,
    congruences,
    eliminate,
    stairs,
    extrema,
    tighten,
    digits,
)
_FEW = 16  # points of a triangular box that are written out


def solve_system(
    relations: Relation | bool | Iterable[Relation | bool],
    unknowns: Sequence[str],
    known: Mapping[str, tuple[int, int | None]] | None = None,
    effort: int | None = None,
) -> SystemSolution:
    """Give all values of the unknowns, within `known`, for which the relations hold.

    `effort` bounds the work; where it doesn't suffice, the answer is not complete.

    >>> from shapecalc.dims import symbol
    >>> from shapecalc.relations import compare
    >>> k, p = symbol("k"), symbol("p")
    >>> same = compare(32 + 2 * p - k + 1, "==", 32)
    >>> solve_system([same], ["k", "p"], {"k": (1, None)}).to_list()
    [{'p': [[0, None, 1]], 'k': [['2*p + 1', '2*p + 1', 1]]}]
    """
    items: list[Relation | bool]
    if isinstance(relations, bool | Comparison | AllOf | AnyOf):
        items = [relations]
    else:
        items = [*relations]
    symbols = {name for item in items if not isinstance(item, bool) for name in item.symbols}
    if not symbols <= set(unknowns):
        others = sorted(symbols - set(unknowns))
        occurs = (
            "occurs in the conditions and is"
            if len(others) == 1
            else "occur in the conditions and are"
        )
        raise SolveError(
            f"{', '.join(others)} {occurs} not among the unknowns",
            hint=f"the unknowns are: {', '.join(unknowns) or 'none'}",
        )
    whole = all_of(items)
    domains = {name: IntSet.interval(*(known or {}).get(name, (0, None))) for name in unknowns}
    whole = ordered(whole, hull(domains)) if all(domains.values()) else False
    search = Search(RULES, effort)
    boxes = [piece for box in search.solve([whole], domains) for piece in _written_out(box)]
    if search.stopped:
        boxes += search.sampled(whole, domains)
    limit = search.limit()
    return SystemSolution(tidy(boxes, unknowns), limit is None, limit, tuple(unknowns))


def _written_out(box: Box) -> Iterator[Box]:
    """Split a box whose unknowns depend on a few values of others into plain boxes."""
    needed = {
        name
        for runs in box.values()
        for first, last, _ in runs
        for end in (first, last)
        if isinstance(end, Dim) and first != last
        for name in end.symbols
    }
    if not needed:
        yield box
        return
    pieces = [Box()]
    for name in box:
        longer: list[Box] = []
        for piece in pieces:
            values = {other: piece[other][0].first for other in needed if other in piece}
            runs = tuple(run_at(run, values) for run in box[name])
            if name not in needed:
                longer.append(Box({**piece, name: runs}))
                continue
            if any(not isinstance(end, int) for run in runs for end in run[:2]):
                yield box
                return
            for value in _listed(runs):
                point = (BoxRun(value, value, 1),)
                longer.append(Box({**piece, name: point}))
                if len(longer) > _FEW:
                    yield box
                    return
        pieces = longer
    yield from pieces


def _listed(runs: Iterable[BoxRun]) -> Iterator[int]:
    for first, last, step in runs:
        if isinstance(first, int) and isinstance(last, int):
            yield from range(first, last + 1, step)
