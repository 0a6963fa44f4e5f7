"""Solve backwards: which inputs, or hyperparameters, give this output? All of them.

The net is run forwards once with the unknowns as symbols. What its layers demand, the target and the
user's own relations are one system over the integers, which :mod:`shapecalc.system` solves. Where a rule
had cases that the sizes left open, each case is run, and the answers are united.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .arguments import Environment
from .boxes import Box, SystemSolution, tidy
from .dims import Dim, Symbol, symbol, symbols_of
from .errors import ShapecalcError, ShapeError, SolveError, SpecError, nearest_words
from .facts import Facts
from .infer import (
    LETTERS,
    InputLike,
    Result,
    argument_nodes,
    as_shapes,
    hyperparameters,
    input_shapes,
    keeps_shape,
    mixed_views,
    named_numbers,
    propagate_net,
    shapes_by_name,
    unused_values,
)
from .isolate import dims_of, monomial_size
from .net import (
    Layer,
    Net,
    OtherNets,
    Reference,
    Shape,
    Size,
    references,
    shape_json,
    size_json,
    sizes_used,
)
from .products import residue
from .propagate import flatten_output, is_shape
from .registry import Input, Registry, default_registry
from .relations import AllOf, AnyOf, Comparison, Relation, all_of, compare
from .sets import IntSet
from .syntax import Call, Compare, Conditional, Constant, Name, Node, Star, parse
from .syntax import Sequence as Tuple
from .system import solve_system
from .targets import Target, parse_target

BATCH = "N"
_BATCH_ATOM = Symbol(BATCH)
_LITTLE = 4_000  # steps of effort to find the solution to recommend
MAX_CASES = 512  # combinations of open cases that are run


class Question(NamedTuple):
    """What is asked: the net, its symbolic inputs, the unknowns and what they may be."""

    net: Net
    shapes: dict[str, Shape]
    unknowns: tuple[str, ...]
    squares: tuple[str, ...]  # unknowns that are sides of one picture
    known: dict[str, tuple[int, int | None]]
    targets: tuple[tuple[Target, str | None], ...]
    where: tuple[str, ...]
    registry: Registry
    values: Mapping[str, int]
    mixing: frozenset[str] | None
    batch: Mapping[str, int]  # the number a spec gives for the batch, by symbol
    arguments: frozenset[str]  # unknowns that are arguments, not sizes
    given: Mapping[str, Shape]  # the inputs as the spec has them
    upto: str | None  # the layer after which the net is cut


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


# ---------------------------------------------------------------------------------- the question


def solve(
    net: Any,
    target: str | Sequence[Any] | None = None,
    at: str | None = None,
    *,
    targets: Sequence[tuple[str | Sequence[Any], str | None]] = (),
    upto: str | None = None,
    unknowns: Sequence[str] | None = None,
    where: Sequence[str] = (),
    input: InputLike = None,  # noqa: A002 - the contract's name
    near: Sequence[int] | None = None,
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
    asked = list(targets)
    if target is not None:
        asked.insert(0, (target, at))
    question = ask(
        net,
        tuple((parse_target(item), place) for item, place in asked),
        upto=upto,
        unknowns=unknowns,
        where=tuple(where),
        given=input,
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

        solution.near = nearest(solution, near)
    return solution


def ask(
    net: Net,
    targets: tuple[tuple[Target, str | None], ...],
    *,
    upto: str | None,
    unknowns: Sequence[str] | None,
    where: tuple[str, ...],
    given: InputLike,
    square: bool,
    mix_batch: bool,
    values: Mapping[str, int],
    registry: Registry,
) -> Question:
    """Work out what is unknown, and put symbols in its place."""
    if upto is not None:
        net = cut(net, inside(net, upto))
    targets = tuple((item, at and inside(net, at)) for item, at in targets)
    given = as_shapes(given)
    values = {**named_numbers(net, given), **values}
    names = hyperparameters(net, registry)
    free = {name: least for name, least in names.items() if name not in values}
    shapes = input_shapes(net, given, values, registry)
    chosen = frozenset(shapes_by_name(net, given))
    symbolic: dict[str, Shape] = {}
    sides: tuple[str, ...] = ()
    batch: dict[str, int] = {}
    for name, shape in shapes.items():
        prefix = f"{name}_" if len(shapes) > 1 else ""
        if name in chosen or (free and net.inputs.get(name) is not None):
            symbolic[name] = shape
            sizes = [str(s) for s in shape if isinstance(s, Dim) and str(s) != BATCH]
            sides = sides or tuple(sizes if len(sizes) > 1 else ())
            continue
        symbolic[name], axes = _with_symbols(net, name, shape, prefix, registry)
        sides = sides or (axes if len(axes) > 1 else ())
        first = shape[0] if shape else None
        if isinstance(first, int) and symbolic[name][0] != first:
            batch[BATCH] = first
    sizes_of = [n for shape in symbolic.values() for size in shape for n in _names(size)]
    found = list(dict.fromkeys([*(n for n in sizes_of if n != BATCH), *free]))
    if unknowns is not None:
        missing = [name for name in unknowns if name not in found and name != BATCH]
        if missing:
            raise SolveError(
                f"{missing[0]} is not a free identifier of the net",
                hint=f"free are: {', '.join(found) or 'none'}",
            )
        numbers = {  # sizes that aren't asked for stay as the spec gives them
            str(size): own
            for name, shape in symbolic.items()
            for size, own in zip(shape, shapes[name], strict=True)
            if isinstance(own, int) and str(size) not in (*unknowns, BATCH)
        }
        symbolic = {
            name: tuple(numbers.get(str(size), size) for size in shape)
            for name, shape in symbolic.items()
        }
        rest = [name for name in found if name not in unknowns and name not in numbers]
        if rest:
            raise SolveError(
                f"{rest[0]} is free as well", hint=f"give it a value: --set {rest[0]}=..."
            )
        found = list(unknowns)
    if square and len(sides) > 1:
        where = (*where, *(f"{sides[0]} == {side}" for side in sides[1:]))
    net = net._replace(inputs={**net.inputs, **{name: symbolic[name] for name in chosen}})
    known: dict[str, tuple[int, int | None]] = {name: (free.get(name, 1), None) for name in found}
    known[BATCH] = (1, None)
    mixing = None if mix_batch else mixed_views(net, shapes, values, registry)
    return Question(
        net,
        symbolic,
        tuple(found),
        tuple(name for name in sides if name in found),
        known,
        targets,
        where,
        registry,
        values,
        mixing,
        batch,
        frozenset(free),
        shapes,
        upto,
    )


def _names(size: Size) -> list[str]:
    return sorted(symbols_of(size))


def _with_symbols(
    net: Net, name: str, shape: Shape, prefix: str, registry: Registry
) -> tuple[Shape, tuple[str, ...]]:
    """Put symbols in the place of the batch and of spatial sizes and sequence lengths."""
    roles = axis_roles(net, name, len(shape), registry)
    found: list[Size] = []
    sides: list[str] = []
    for size, role in zip(shape, roles, strict=True):
        if isinstance(size, Dim) or not role:
            found.append(size)
            if isinstance(size, Dim) and role and role != BATCH:
                sides.append(str(size))
        elif role == BATCH:
            named = any(BATCH in symbols_of(other) for other in shape)
            found.append(size if named else symbol(BATCH))
        else:
            found.append(symbol(prefix + role))
            sides.append(prefix + role)
    return tuple(found), tuple(sides)


def axis_roles(net: Net, name: str, rank: int, registry: Registry) -> tuple[str, ...]:
    """Say for each size of an input what it is: the batch (`N`), a free size by its letter, or ''.

    The first layer that says something about it decides; else the usual order N, C, sizes.
    """
    waiting = [name]
    seen = {name}
    while waiting:
        current = waiting.pop(0)
        for layer in net.layers:
            if layer.call is None or not any(r.name == current for r in references(layer)):
                continue
            type_ = registry.find(layer.call.function)
            for entry, pattern in _patterns_of(type_, layer, current, rank):
                roles = _pattern_roles(type_, layer.call, pattern, rank, entry.optional)
                if roles is not None:
                    return roles
                if layer.name not in seen and keeps_shape(type_):
                    seen.add(layer.name)
                    waiting.append(layer.name)
    letters = LETTERS.get(rank - 2)
    if letters is None:
        return (BATCH, "L")[-rank:] if rank <= 2 else (BATCH, *(f"L{i}" for i in range(1, rank)))
    return (BATCH, "", *letters)


def _patterns_of(
    type_: Any, layer: Layer, name: str, rank: int
) -> Iterator[tuple[Input, Node | None]]:
    """Yield what the registry says about the inputs of a layer that take the tensor."""
    by_name = {entry.name: entry for entry in type_.inputs}
    given = [
        *zip(type_.inputs, layer.sources, strict=False),
        *((by_name[key], source) for key, source in layer.named if key in by_name),
    ]
    for entry, source in given:
        waiting = [(_branch(type_, layer, entry.pattern, rank), source)]
        while waiting:
            pattern, part = waiting.pop(0)
            if part == Reference(name):
                yield entry, pattern
            elif not isinstance(part, Reference) and isinstance(pattern, Tuple):
                waiting += zip(pattern.items, part, strict=False)


def _branch(type_: Any, layer: Layer, pattern: Node | None, rank: int) -> Node | None:
    """Choose the pattern that holds for a call's arguments, and for a batch."""
    assert layer.call is not None
    given = argument_nodes(type_, layer.call)
    values = {item.name: given.get(item.name, item.default) for item in type_.parameters}
    while isinstance(pattern, Conditional):
        match pattern.test:
            case Name(word):
                value = values.get(word)
                holds = isinstance(value, Constant) and bool(value.value)
            case Compare(Call("len"), (("==", Constant(count)),)):
                holds = rank == count
            case _:
                holds = False
        pattern = pattern.yes if holds else pattern.no
    return pattern


def _pattern_roles(
    type_: Any, call: Call, pattern: Node | None, rank: int, spare_input: bool
) -> tuple[str, ...] | None:
    if not isinstance(pattern, Tuple) or pattern.optional:
        return None
    items = pattern.items
    optional = sum(isinstance(item, Tuple) for item in items)
    options = type_.axes if isinstance(type_.axes, tuple) else (type_.axes,)
    for axes in options:
        widths, spare = _star_widths(type_, call, items, rank, axes)
        if 0 <= spare <= optional:
            break
    else:
        return None
    parameters = {item.name for item in type_.parameters}
    found: list[str] = []
    for place, item in enumerate(items):
        match item:
            case Star(Name(word)) if word in parameters:
                found += [""] * widths[place]
            case Star(Name(word)) if word.startswith("L") or found:
                width = widths[place]
                found += LETTERS.get(width, [f"L{i}" for i in range(width)])
            case Star():
                found += [BATCH, *_lead_letters(widths[place] - 1)][: widths[place]]
            case Tuple():
                found += [BATCH] * spare
            case Name(word) if word == BATCH or any(
                f"{word} == {BATCH}" in check.text for check in type_.checks
            ):
                found.append(BATCH)
            case Name(word) if len(word) == 1 and word not in parameters and word != "C":
                found.append(word)
            case _:
                found.append("")
    free = any(role and role != BATCH for role in found)
    if not free and not spare_input and found and not found[-1]:
        found[-1] = "L"  # nothing but features: these are asked for
    return tuple(found)


def _star_widths(
    type_: Any, call: Call, items: tuple[Node, ...], rank: int, axes: int | None
) -> tuple[dict[int, int], int]:
    """Say how many sizes each `*name` of a pattern stands for, and how many are left over."""
    widths: dict[int, int] = {}
    given = argument_nodes(type_, call)
    waiting = None
    for place, item in enumerate(items):
        match item:
            case Star(Name(word)) if word in given:
                node = given[word]
                widths[place] = len(node.items) if isinstance(node, Tuple) else 1
            case Star(Name(word)) if axes is not None and word.startswith("L"):
                widths[place] = axes
            case Star():
                waiting = place
    fixed = sum(not isinstance(item, (Star, Tuple)) for item in items)
    spare = rank - fixed - sum(widths.values())
    if waiting is not None:
        widths[waiting] = max(spare, 0)
        spare = min(spare, 0)
    return widths, spare


def _lead_letters(count: int) -> list[str]:
    return ["L"] if count == 1 else [f"L{index}" for index in range(1, count + 1)]


def inside(net: Net, at: str) -> str:
    """Give the entry whose output a block's name stands for: `layer4` is `layer4.1.relu2`."""
    name, bracket, path = at.partition("[")
    if any(layer.name == name for layer in net.layers):
        return at
    entries = [
        layer.name
        for layer in net.layers
        if layer.call is not None and layer.name.startswith(f"{name}.")
    ]
    return entries[-1] + bracket + path if entries else at


def cut(net: Net, layer: str) -> Net:
    """Keep what a layer depends on, and the layer as the output."""
    name = layer.partition("[")[0]
    by_name = {item.name: item for item in net.layers}
    if name not in by_name:
        raise unknown_layer(net, name)
    needed: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in needed or current not in by_name:
            continue
        needed.add(current)
        waiting += [item.name for item in references(by_name[current])]
        waiting += sizes_used(by_name[current])
    layers = tuple(item for item in net.layers if item.name in needed)
    used = {item.name for entry in layers for item in references(entry)}
    inputs = {key: shape for key, shape in net.inputs.items() if key in used} or dict(net.inputs)
    kept = {item.name for item in layers}
    loose = tuple(
        item._replace(shares=None) if item.shares not in kept else item for item in layers
    )
    return net._replace(layers=loose, outputs=(_reference(layer),), inputs=inputs, state=None)


def unknown_layer(net: Net, name: str) -> SolveError:
    near = nearest_words(name, [item.name for item in net.layers], 0.5)
    hint = f"did you mean {near[0]}?" if near else "`shapecalc infer` lists the layers"
    return SolveError(f"the net has no layer {name}", hint=hint, code="S302")


def _reference(text: str) -> Reference:
    name, _, rest = text.partition("[")
    path = tuple(int(part) for part in rest.rstrip("]").split("][") if part.lstrip("-").isdigit())
    return Reference(name, path)


def output_at(result: Result, at: str) -> Shape:
    """Give the shape of the output that `lstm[0]` or `pool2` names."""
    return flatten_output(result.propagation.value(_reference(at)))[0]


# ------------------------------------------------------------------------------------ the answer


def answer(question: Question) -> Solution:
    """Run every case, solve its system, and unite the answers."""
    solution = answer_in_symbols(question)
    if not solution.open:
        return solution
    from .trying import answer_by_values

    return answer_by_values(question, solution)


def answer_in_symbols(question: Question) -> Solution:
    """Answer with all unknowns as symbols; `open` are those whose numbers some layer needs."""
    cases: list[Case] = []
    solved: list[tuple[Case, SystemSolution]] = []
    warnings: dict[str, None] = {}
    failures: list[ShapeError] = []
    at: tuple[str, ...] = ()
    capped = False
    batch: Mapping[str, int] | None = None
    others = OtherNets(()) if question.net.others is None else question.net.others()
    scripts: list[tuple[Question, tuple[bool, ...]]] = [
        *((other, ()) for other in _asked_of(question, others.nets)),
        (question, ()),
    ]
    runs = 0
    while scripts:
        if runs >= MAX_CASES:
            capped = True
            break
        runs += 1
        asked, script = scripts.pop()
        facts = Facts(dict(asked.known), script, mixing=asked.mixing, strict=True)
        result = propagate_net(asked.net, asked.shapes, facts, asked.values, asked.registry)
        for index in range(len(script), len(facts.choices)):
            scripts.append((asked, (*facts.choices[:index], not facts.choices[index])))
        if result.errors:
            failures.append(result.errors[0])
            continue
        warnings.update(dict.fromkeys(result.warnings))
        places_here = places(asked, result)
        at = at or places_here
        case = Case(result, _relations(asked, result, places_here))
        relations, needs_batch = _for_every_batch([item for item, _ in case.relations])
        if needs_batch:
            batch = question.batch or {BATCH: 1}
            relations = [
                item if isinstance(item, bool) else item.substitute(batch) for item in relations
            ]
        cases.append(case)
        solved.append((case, _solve(question, relations)))
    if batch is not None:
        warnings[f"this holds for {', '.join(f'{k} = {v}' for k, v in batch.items())}"] = None
    system = _united(question, [item for _, item in solved], capped, others.left_out)
    recommended, lossless = None, False
    if not system.is_empty:
        recommended, lossless = _recommended(question, system, solved, batch)
    reason = None
    if system.is_empty:
        from .walk import why_none

        reason = why_none(question, tuple(cases), failures, at)
    solution = Solution(
        question, system, tuple(cases), at, recommended, lossless, tuple(warnings), reason
    )
    needed = frozenset().union(*(error.open for error in failures))
    solution.open = tuple(name for name in question.unknowns if name in needed)
    return solution


def _solve(
    question: Question,
    relations: Iterable[Relation | bool],
    names: Sequence[str] | None = None,
    effort: int | None = None,
) -> SystemSolution:
    names = question.unknowns if names is None else names
    known = {name: question.known[name] for name in names}
    return solve_system(list(relations), names, known, effort)


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


def _united(
    question: Question,
    parts: list[SystemSolution],
    capped: bool,
    left_out: str | None = None,
) -> SystemSolution:
    if len(parts) == 1 and not capped and left_out is None:
        return parts[0]
    boxes = tidy([box for part in parts for box in part.boxes], question.unknowns)
    limits = [part.limit for part in parts if part.limit]
    if capped:
        limits.append(f"looked at {MAX_CASES} combinations of sizes that may broadcast")
    if left_out is not None:
        limits.append(left_out)
    complete = not capped and left_out is None and all(part.complete for part in parts)
    return SystemSolution(
        boxes, complete, None if complete else "; ".join(dict.fromkeys(limits)), question.unknowns
    )


def places(question: Question, result: Result) -> tuple[str, ...]:
    """Say for each target which output it is about."""
    found: list[str] = []
    for target, at in question.targets:
        if at is not None:
            if _reference(at).name not in result:
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
    found: list[tuple[Relation | bool, str]] = [
        (demand.relation, demand.layer) for demand in result.demands
    ]
    for text in question.where:
        found.append((relation_of(text, result.propagation.environment), f"where {text}"))
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


def relation_of(text: str, environment: Environment) -> Relation | bool:
    """Read a relation, as `--where` gives it."""
    from .arguments import evaluate_argument
    from .formula import FormulaError

    try:
        found = evaluate_argument(parse(text), environment)
    except FormulaError as error:
        raise SpecError(f"`{text}`: {error}", code="S116") from None
    if not isinstance(found, (bool, Comparison, AllOf, AnyOf)):
        raise SpecError(
            f"`{text}` is not a comparison", hint="such as 'H == W' or 'H % 32 == 0'", code="S116"
        )
    return found


# ----------------------------------------------------------------------------------- the batch


def _for_every_batch(
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


# ------------------------------------------------------------------------------ recommendation


def lossless_relations(result: Result) -> list[Relation | bool]:
    """State that no window leaves rows or columns out: `dropped == 0` for every axis."""
    found: list[Relation | bool] = []
    for step in result.steps:
        for dropped in dropped_sizes(step):
            found.append(compare(dropped, "<=", 0))
    return found


def dropped_sizes(step: Any) -> list[Size]:
    """Give the rows and columns that a layer's floor leaves out, on each axis."""
    window = window_of(step)
    if window is None:
        return []
    return [
        size + total - kernel - (out - 1) * stride
        for size, out, kernel, stride, total in zip(
            step.scope["L"],
            step.shapes[0][-len(window["kernel"]) :],
            window["kernel"],
            window["stride"],
            window["total"],
            strict=True,
        )
    ]


def window_of(step: Any) -> dict[str, tuple[Size, ...]] | None:
    """Give a layer's window on each axis: kernel (its extent), stride, padding (left), total."""
    type_ = getattr(step.scope, "type", None)
    formulas = type_.data.get("window") if type_ is not None else None
    if type_ is None or not formulas:
        return None
    found: dict[str, tuple[Size, ...]] = {}
    for key in ("kernel", "stride", "padding", "total"):
        text = formulas.get(key, "2*padding" if key == "total" else None)
        if key == "total" and "total" not in formulas:
            found[key] = tuple([2 * item for item in found["padding"]])
            continue
        value = type_.compile(type_.formula(text))(step.scope, 0)
        found[key] = value if isinstance(value, tuple) else (value,) * step.scope.axes
    return found


def _recommended(
    question: Question,
    system: SystemSolution,
    solved: list[tuple[Case, SystemSolution]],
    batch: Mapping[str, int] | None,
) -> tuple[dict[str, int] | None, bool]:
    from .recommend import recommend

    ways: list[Relation | bool] = []
    for case, own in solved:
        if own.is_empty:
            continue
        wanted = lossless_relations(case.result)
        relations, stuck = _for_every_batch([*(item for item, _ in case.relations), *wanted])
        if stuck:
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


__all__ = ["IntSet", "Question", "Solution", "size_json", "solve"]
