"""Solve backwards: which inputs, or hyperparameters, give this output? All of them.

The net is run forwards once with the unknowns as symbols. What its layers demand, the target and the
user's own relations are one system over the integers, which :mod:`shapecalc.system` solves. Where a rule
had cases that the sizes left open, each case is run, and the answers are united.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .batch import cases_for_every_batch, for_every_batch
from .boxes import Box, SystemSolution, tidy
from .dims import symbol, symbols_of
from .errors import ShapecalcError, ShapeError, SolveError
from .facts import Facts
from .given import InputLike, as_shapes, unused_values
from .infer import Result, mixed_views, propagate_net
from .net import Net, OtherNets, outputs_taken, shape_json
from .outputs import is_shape
from .question import (
    BATCH,
    Question,
    ask,
    cut,
    inside,
    output_at,
    reference_of,
    unknown_layer,
    with_value,
)
from .registry import Registry, default_registry
from .relations import Relation, all_of
from .search import MAX_STEPS
from .system import solve_system
from .targets import parse_target
from .where import parse_relation, relation_of
from .windows import lossless_relations

_LITTLE = 4_000  # steps of effort to find the solution to recommend
_LEAST_STEPS = 2_000  # of effort for each case, of which there may be many
MAX_CASES = 512  # combinations of open cases that are run


class Case(NamedTuple):
    """One way through the net's open cases: what it demands, and the run that demanded it."""

    result: Result
    relations: tuple[tuple[Relation | bool, str], ...]  # with the layer that demands it


class Solution:
    """All solutions of a question, as a union of boxes."""

    def __init__(
        self,
        question: Question,
        system: SystemSolution,
        cases: tuple[Case, ...],
        at: tuple[str, ...],
        recommended: dict[str, int] | None,
        lossless: bool,
        warnings: tuple[str, ...],
        reason: str | None,
    ) -> None:
        self.question = question
        self.system = system
        self.cases = cases
        self.at = at
        self.recommended = recommended
        self.lossless = lossless
        self.warnings = warnings
        self.reason = reason
        self.near: dict[str, Any] | None = None
        self.open: tuple[str, ...] = ()
        self.needs: tuple[tuple[Relation, ...], ...] = ()  # of each run, up to where it had to stop

    @property
    def unknowns(self) -> tuple[str, ...]:
        """The names solved for."""
        return self.question.unknowns

    @property
    def satisfiable(self) -> bool:
        """Whether there is a solution."""
        return not self.system.is_empty

    @property
    def complete(self) -> bool:
        """Whether these are all solutions, and that is proven."""
        return self.system.complete

    @property
    def limit(self) -> str | None:
        """What was searched, where completeness could not be shown."""
        return self.system.limit

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The boxes whose union the solutions are."""
        return self.system.boxes

    def __contains__(self, point: object) -> bool:
        if isinstance(point, Mapping):
            values = dict(point)
        else:
            numbers = point if isinstance(point, Sequence) else (point,)
            if len(numbers) != len(self.unknowns):
                return False
            values = dict(zip(self.unknowns, numbers, strict=True))
        return self.system.contains(values)

    def points(self, limit: int | None = None) -> Iterator[tuple[int, ...]]:
        """Yield solutions, the smallest first, in the order of the unknowns."""
        for point in self.system.points(limit):
            yield tuple(point[name] for name in self.unknowns)

    def shapes_at(self, point: Mapping[str, int]) -> dict[str, list[int | str]]:
        """Give the input shapes at a solution, as JSON has them."""
        return {
            name: shape_json(
                tuple([size if isinstance(size, int) else size.substitute(point) for size in shape])
            )
            for name, shape in self.question.shapes.items()
        }

    @property
    def walk(self) -> list[tuple[str, tuple[str, ...]]]:
        """The sizes each layer takes over the first box, from the input on, per unknown."""
        from .walk import walk_back

        return walk_back(self)

    @property
    def derivation(self) -> list[str]:
        """How the answer comes about, in lines of text."""
        from .walk import derivation_lines

        return derivation_lines(self)

    def to_dict(self) -> dict[str, Any]:
        """Give the answer as `solve --json` prints it."""
        found: dict[str, Any] = {"version": 1, "kind": "solution"}
        targets = [
            {"at": at, "shape": [item.to_json() for item in target.sizes]}
            for (target, _), at in zip(self.question.targets, self.at, strict=False)
        ]
        if targets:
            found["target"] = {**targets[0], "shape": self._padded(0)}
        if len(targets) > 1:
            found["targets"] = targets
        found |= {
            "unknowns": list(self.unknowns),
            "satisfiable": self.satisfiable,
            "complete": self.complete,
            "solutions": self.system.to_list(),
        }
        if not self.complete:
            found["limit"] = self.limit
        found |= {"recommended": self.recommended, "lossless": self.lossless}
        if self.recommended is not None:
            found["input"] = self.shapes_at(self.recommended)
        if self.reason is not None:
            found["reason"] = self.reason
        if self.near is not None:
            found["near"] = self.near
        found |= {
            "conditions": list(self.question.where),
            "warnings": list(self.warnings),
            "derivation": self.derivation,
            "net": self.question.net.to_dict(),
        }
        return found

    def _padded(self, index: int) -> list[int | str]:
        target = self.question.targets[index][0]
        sizes = [item.to_json() for item in target.sizes]
        rank = len(sizes)
        for case in self.cases:
            try:
                shape = output_at(case.result, self.at[index])
            except ShapecalcError:
                continue
            rank = len(shape)
            break
        return ["?"] * (rank - len(sizes)) + sizes

    def __repr__(self) -> str:
        return f"<Solution {self.system.to_list()}>"

    def _repr_html_(self) -> str:
        from .render.html import solution_html

        return solution_html(self)


def solve(
    net: Any,
    target: str | int | Sequence[Any] | None = None,
    at: str | None = None,
    *,
    targets: Sequence[tuple[str | int | Sequence[Any], str | None]] = (),
    upto: str | None = None,
    unknowns: Sequence[str] | None = None,
    where: str | Sequence[str] = (),
    input: InputLike | str = None,  # noqa: A002 - the contract's name
    near: Sequence[int] | str | None = None,
    square: bool = False,
    mix_batch: bool = False,
    set: Mapping[str, int] | None = None,  # noqa: A002 - the contract's name
    registry: Registry | None = None,
) -> Solution:
    """Find all values of the unknowns for which the net runs and gives the target.

    Without `target`, all that the net accepts. Raises `SolveError` for a question without meaning.

    >>> from shapecalc.readers import load
    >>> net = load("Conv2d(3, 6, 5) | MaxPool2d(2) | Conv2d(6, 16, 5) | MaxPool2d(2)")
    >>> solve(net, target=(5, 5)).to_dict()["solutions"]
    [{'H': [[32, 35, 1]], 'W': [[32, 35, 1]]}]
    """
    registry = registry or default_registry()
    if not isinstance(net, Net):
        from .loading import load

        net = load(net, input=input, registry=registry)
    asked: list[tuple[str | int | Sequence[Any], str | None]] = list(targets)
    if target is not None:
        asked.insert(0, (target, at))
    elif at is not None:
        what = f"{at} is named as the layer of a target, and there is none"
        raise SolveError(what, hint="such as target=(5, 5)", code="S303")
    question = ask(
        net,
        tuple((parse_target(item), place) for item, place in asked),
        upto=upto,
        unknowns=unknowns,
        where=(where,) if isinstance(where, str) else tuple(where),
        given=as_shapes(input),
        square=square,
        mix_batch=mix_batch,
        values=dict(set or {}),
        registry=registry,
    )
    solution = answer(question)
    unused = unused_values(question.net, as_shapes(input), set or {}, registry)
    solution.warnings = (*unused, *solution.warnings)
    if near is not None:
        from .walk import nearest

        sizes = [size for size in as_shapes(near) or () if isinstance(size, int)]
        if len(sizes) != len(as_shapes(near) or ()):
            raise SolveError(f"{near} needs numbers", hint="such as 700x700", code="S304")
        solution.near = nearest(solution, sizes)
    return solution


# ------------------------------------------------------------------------------------ the answer


def answer(question: Question) -> Solution:
    """Run every case, solve its system, and unite the answers."""
    solution = answer_in_symbols(question)
    if not solution.open:
        return solution
    from .trying import answer_by_values

    return answer_by_values(question, solution)


class _Runs:
    """All ways through a net's open cases: those that it takes, and why it doesn't take the others.

    `stopped` are the demands of runs that had to stop where a layer needs an unknown's number.
    """

    def __init__(self, question: Question) -> None:
        others = OtherNets(()) if question.net.others is None else question.net.others()
        self.cases: list[Case] = []
        self.failures: list[ShapeError] = []
        self.stopped: list[tuple[Relation, ...]] = []
        self.misplaced: list[SolveError] = []  # of runs whose outputs can't have the target's rank
        self.batch: int | None = None  # that a target has in the place of N
        self.warnings: dict[str, None] = {}
        self.at: tuple[str, ...] = ()
        self.left_out = others.left_out
        self.capped: str | None = None
        scripts: list[tuple[Question, tuple[bool, ...]]] = [
            *((other, ()) for other in _asked_of(question, others.nets)),
            (question, ()),
        ]
        for _ in range(MAX_CASES):
            if not scripts:
                break
            asked, script = scripts.pop()
            choices = self._run(asked, script)
            for index in range(len(script), len(choices)):
                scripts.append((asked, (*choices[:index], not choices[index])))
        if scripts:
            self.capped = f"looked at {MAX_CASES} combinations of sizes that may broadcast"

    def _run(self, asked: Question, script: tuple[bool, ...]) -> list[bool]:
        wanted = [reference_of(at) for _, at in asked.targets if at is not None]
        subscript = asked.registry.operator("[]")
        facts = Facts(
            dict(asked.known),
            script,
            mixing=asked.mixing,
            strict=True,
            taken=outputs_taken(asked.net, wanted, subscript),
        )
        result = propagate_net(asked.net, asked.shapes, facts, asked.values, asked.registry)
        if result.errors:
            failure = next((error for error in result.errors if not error.open), result.errors[0])
            self.failures.append(failure)
            if failure.open:
                self.stopped.append(tuple(demand.relation for demand in facts.demands))
        else:
            self._add(asked, result)
        return facts.choices

    def _add(self, asked: Question, result: Result) -> None:
        try:
            own = self.at  # a question is about one output in all cases
            if not own or any(reference_of(at).name not in result for at in own):
                own = places(asked, result)
            if asked.upto is not None:
                output_at(result, asked.upto)
            self.batch = self.batch or _batch_wanted(asked, result, own)
            case = Case(result, _relations(asked, result, own))
        except SolveError as error:
            self.misplaced.append(error)
            return
        self.warnings.update(dict.fromkeys(result.warnings))
        self.at = self.at or own
        self.cases.append(case)


def answer_in_symbols(question: Question) -> Solution:
    """Answer with all unknowns as symbols; `open` are those whose numbers some layer needs.

    `needs` are then what each run demanded up to there: no value that breaks it is a solution.
    Raises `SolveError` where the target means nothing in any case.
    """
    runs = _Runs(question)
    cases = runs.cases
    if runs.misplaced and not cases and not runs.stopped:
        raise runs.misplaced[0]
    if runs.batch is not None:
        return answer_in_symbols(with_value(question, BATCH, runs.batch))
    needed = frozenset().union(*(error.open for error in runs.failures))
    open_ = tuple(name for name in question.unknowns if name in needed)
    if BATCH in needed and not open_:
        return _for_one_batch(question)
    batch: Mapping[str, int] | None = None
    needs = [[item for item, _ in case.relations] for case in cases]
    ways = cases_for_every_batch(needs)
    limits = [item for item in (runs.capped, runs.left_out) if item is not None]
    if ways is None:
        batch = question.batch or {BATCH: 1}
        ways = [
            [item if isinstance(item, bool) else item.substitute(batch) for item in case]
            for case in needs
        ]
        limits.append(_one_batch(batch))
    share = max(MAX_STEPS // max(len(ways), 1), _LEAST_STEPS)
    parts = [_solve(question, way, effort=share) for way in ways]
    system = _united(question, parts, limits)
    # one system of all cases tells nothing about which of them has solutions
    solved = [*zip(cases, parts if len(parts) == len(cases) else parts * len(cases), strict=True)]
    recommended, lossless, reason = None, False, None
    if system.is_empty:
        from .walk import why_none

        reason = why_none(question, tuple(cases), runs.failures, runs.at)
    else:
        recommended, lossless = _recommended(question, system, solved, batch)
    solution = Solution(
        question, system, tuple(cases), runs.at, recommended, lossless, tuple(runs.warnings), reason
    )
    solution.open = open_
    relations = [tuple(item for item in need if not isinstance(item, bool)) for need in needs]
    solution.needs = (*runs.stopped, *relations)
    return solution


def _for_one_batch(question: Question) -> Solution:
    """Answer for the spec's own number of samples, or 1, where a layer needs a number."""
    batch = question.batch or {BATCH: 1}
    found = answer_in_symbols(with_value(question, BATCH, batch[BATCH]))
    found.system = _united(question, [found.system], [_one_batch(batch)])
    return found


def _one_batch(batch: Mapping[str, int]) -> str:
    return f"looked at {', '.join(f'{name} = {value}' for name, value in batch.items())} only"


def _solve(
    question: Question,
    relations: Iterable[Relation | bool],
    names: Sequence[str] | None = None,
    effort: int | None = None,
) -> SystemSolution:
    names = question.unknowns if names is None else names
    known = {name: question.known[name] for name in names}
    return solve_system(list(relations), names, known, effort)


def _batch_wanted(question: Question, result: Result, at: tuple[str, ...]) -> int | None:
    """Give the number that a target has in the place of the batch: `1x16x5x5`."""
    for (target, _), place in zip(question.targets, at, strict=True):
        sizes = reversed(output_at(result, place))
        for size, wanted in zip(sizes, reversed(target.sizes), strict=False):
            if wanted.value and size == symbol(BATCH):
                return wanted.value
    return None


def _asked_of(question: Question, nets: tuple[Net, ...]) -> Iterator[Question]:
    """Ask the same of the nets that a source makes of other sizes, where they have the layers."""
    for net in nets:
        try:
            kept = net if question.upto is None else cut(net, inside(net, question.upto))
            targets = tuple((item, at and inside(kept, at)) for item, at in question.targets)
        except SolveError:
            continue
        mixing = question.mixing
        if mixing is not None:
            mixing = mixed_views(kept, question.given, question.values, question.registry)
        yield question._replace(net=kept, targets=targets, mixing=mixing)


def _united(question: Question, parts: list[SystemSolution], limits: list[str]) -> SystemSolution:
    if len(parts) == 1 and not limits:
        return parts[0]
    boxes = tidy([box for part in parts for box in part.boxes], question.unknowns)
    all_limits = [*(part.limit for part in parts if part.limit), *limits]
    limit = "; ".join(dict.fromkeys(all_limits)) or None
    return SystemSolution(boxes, limit is None, limit, question.unknowns)


def places(question: Question, result: Result) -> tuple[str, ...]:
    """Say for each target which output it is about."""
    found: list[str] = []
    for target, at in question.targets:
        if at is not None:
            if reference_of(at).name not in result:
                raise unknown_layer(question.net, at)
            found.append(at)
            continue
        rank = len(target.sizes)
        ranks = [
            (step.layer.name, len(step.outputs))
            for step in reversed(result.steps)
            if is_shape(step.outputs)
        ]
        longer = () if target.full else (name for name, own in ranks if own > rank)
        equal = (name for name, own in ranks if own == rank)
        chosen = next(iter(longer), None) or next(equal, None)
        if chosen is not None:
            found.append(chosen)
        elif question.upto is not None:
            found.append(question.upto)
        else:
            raise SolveError(
                f"no layer's output has {rank} sizes and a batch",
                hint="say which output is meant by --at LAYER",
                code="S303",
            )
    return tuple(found)


def _relations(
    question: Question, result: Result, at: tuple[str, ...]
) -> tuple[tuple[Relation | bool, str], ...]:
    environment = result.propagation.environment
    where = [
        (relation_of(parse_relation(text), environment), f"where {text}") for text in question.where
    ]
    found: list[tuple[Relation | bool, str]] = [
        *((demand.relation, demand.layer) for demand in result.propagation.facts.demands),
        *where,
    ]
    for (target, _), place in zip(question.targets, at, strict=True):
        shape = output_at(result, place)
        batch = _fixed_batch(question)
        if len(target.sizes) > len(shape):
            raise SolveError(
                f"the target {target} has {len(target.sizes)} sizes, the output of {place} has"
                f" {len(shape)}",
                hint="ask about another layer by --at LAYER",
                code="S303",
            )
        for size, wanted in zip(shape[len(shape) - len(target.sizes) :], target.sizes, strict=True):
            for relation in wanted.relations(size):
                if batch and not isinstance(relation, bool):
                    relation = relation.substitute(batch)
                found.append((relation, f"target {place}"))
    return tuple(found)


def _fixed_batch(question: Question) -> dict[str, int]:
    """Give the number that an N in a target stands for, where no input has N: the first size."""
    shapes = question.shapes.values()
    if any(BATCH in symbols_of(size) for shape in shapes for size in shape):
        return {}
    first = next((shape[0] for shape in shapes if shape), None)
    return {BATCH: first} if isinstance(first, int) else {}


def _recommended(
    question: Question,
    system: SystemSolution,
    solved: list[tuple[Case, SystemSolution]],
    batch: Mapping[str, int] | None,
) -> tuple[dict[str, int] | None, bool]:
    from .recommend import recommend

    ways: list[Relation | bool] = []
    if not any(lossless_relations(case.result) for case, _ in solved):
        ways, solved = [True], []  # no layer has anything to drop
    for case, own in solved:
        if own.is_empty:
            continue
        wanted = lossless_relations(case.result)
        relations, stuck = for_every_batch([*(item for item, _ in case.relations), *wanted])
        if stuck:
            if batch is None and len(solved) > 1:
                continue  # what one case needs for one N may be no answer of all cases
            values = batch or {BATCH: 1}
            relations = [
                item if isinstance(item, bool) else item.substitute(values) for item in relations
            ]
        ways.append(all_of(relations))
    return recommend(
        system,
        ways,
        question.squares,
        {name: question.known[name][0] for name in question.unknowns if name in question.arguments},
        lambda way, names: _solve(question, [way], names, _LITTLE),
    )
