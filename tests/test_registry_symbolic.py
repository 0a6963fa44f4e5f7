"""Every entry of the registry with symbols for sizes: put numbers in, and it is what the numbers give.

The cases are the entries' own examples, and variations of them: other numbers for arguments with a
value for each axis, other truth values. A new entry brings its tests along.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Items
from functools import partial
from typing import Any, NamedTuple

import pytest
from entries import example_of
from running import Cases

from shapecalc.dims import Dim, symbol
from shapecalc.errors import ShapecalcError
from shapecalc.facts import Facts
from shapecalc.net import Layer, Reference, Shape
from shapecalc.outputs import flatten_output
from shapecalc.propagate import Propagation, Step
from shapecalc.registry import Kind, LayerType, Parameter, Registry, default_registry
from shapecalc.relations import all_of, compare
from shapecalc.sets import IntSet
from shapecalc.syntax import Call, Constant, Name, Node, Sequence, literal
from shapecalc.univariate import solution_set

REGISTRY = default_registry()
VARIATIONS = 4  # of an example's arguments
POINTS = 15  # of its sizes, for each
VALUES = 5  # of each argument
FARTHEST = 60  # sizes of a windowed layer that are tried one by one
ONE_WAY = {"einsum"}  # an axis of size 1 broadcasts there, which is no case of its own


class Case(NamedTuple):
    """A call and the shapes of its inputs."""

    call: Call
    shapes: tuple[tuple[int, ...], ...]

    @property
    def type(self) -> LayerType:
        return REGISTRY.find(self.call.function)


def example(name: str) -> Case | None:
    """Read the example of an entry."""
    found = example_of(REGISTRY.find(name), REGISTRY)
    return None if found is None else Case(*found)


def variations(case: Case, draw: random.Random) -> Iterator[Case]:
    """Give the case, and then some with other arguments."""
    yield case
    free = case.type.parameters[len(case.call.arguments) :]
    given = {name for name, _ in case.call.keywords}
    spots = [spot for spot in free if spot.name not in given and _choices(spot)]
    for _ in range(VARIATIONS if spots else 0):
        some = [spot for spot in spots if draw.random() < 0.6]
        added = tuple((spot.name, literal(_drawn(spot, case.type, draw))) for spot in some)
        yield case._replace(call=case.call._replace(keywords=(*case.call.keywords, *added)))


def _choices(spot: Parameter) -> list[int | bool]:
    """Say what an argument may be; nothing where that is another test's affair."""
    for kind in spot.kinds:
        if isinstance(kind, Kind) and spot.default is not None:
            if kind.base in ("bool", "flag") and None not in spot.kinds:
                return [False, True]
            if kind.base == "int" and kind.form == "per axis" and None not in spot.kinds:
                return [0, 0, 1, 2, 3] if kind.least_unknown == 0 else [1, 1, 2, 3]
    return []


def _drawn(spot: Parameter, type_: LayerType, draw: random.Random) -> Any:
    choices = _choices(spot)
    if isinstance(type_.axes, int) and type_.axes and isinstance(choices[0], int):
        if choices[0] is not False and draw.random() < 0.5:
            return tuple(draw.choice(choices) for _ in range(type_.axes))
    return draw.choice(choices)


def run(call: Call, shapes: Mapping[str, Shape], facts: Facts) -> Step:
    """Apply a call to shapes."""
    sources = tuple(map(Reference, shapes))
    return Propagation(REGISTRY, shapes, facts).step(Layer("layer", call, sources))


class Outcome(NamedTuple):
    """What a layer made: shapes of outputs and state, and multiply-accumulates; or nothing."""

    outputs: tuple[tuple[Any, ...], ...]
    state: tuple[tuple[str, tuple[Any, ...]], ...]
    macs: Any

    @classmethod
    def of(cls, step: Step) -> Outcome:
        state = (*step.parameters.items(), *step.buffers.items())
        return cls(tuple(flatten_output(step.outputs)), state, step.macs)

    def at(self, values: Mapping[str, int]) -> Outcome:
        def put(size: Any) -> Any:
            return size.evaluate(values) if isinstance(size, Dim) else size

        return Outcome(
            tuple(tuple(map(put, shape)) for shape in self.outputs),
            tuple((name, tuple(map(put, shape))) for name, shape in self.state),
            put(self.macs),
        )


def concrete(call: Call, shapes: Mapping[str, Shape]) -> Outcome | None:
    """Run on numbers; None where they don't fit."""
    try:
        return Outcome.of(run(call, shapes, Facts(mixing=None)))
    except ShapecalcError:
        return None


def names(registry: Registry) -> list[str]:
    """List the classes and functions that have an example with a tensor, which has dimensions."""
    found = {name: example(name) for name in registry.names()}
    return [name for name, case in found.items() if case is not None and any(case.shapes)]


@pytest.mark.parametrize("name", names(REGISTRY))
def test_symbols_give_what_numbers_give(name: str) -> None:
    given = example(name)
    assert given is not None
    draw = random.Random(name)
    for case in variations(given, draw):
        sizes = {
            f"s{i}_{j}": size for i, shape in enumerate(case.shapes) for j, size in enumerate(shape)
        }
        facts, found = symbolic(case, sizes)
        for values in points(sizes, draw):
            if facts.fixed is not None:
                values[facts.fixed] = sizes[facts.fixed]
            numbers = shapes_of(case, values)
            expected = concrete(case.call, numbers)
            if found is None:
                assert expected is None, (case.call, numbers)
            elif all(demand.relation.evaluate(values) for demand in facts.demands):
                assert found.at(values) == expected, (case.call, numbers)
            elif facts.says_all and name not in ONE_WAY:
                assert expected is None, (case.call, numbers, facts.demands)
            else:
                made = at_point(case, values, facts.fixed)
                if made is not None or name not in ONE_WAY:
                    assert made == expected, (case.call, numbers)


def at_point(case: Case, values: Mapping[str, int], fixed: str | None) -> Outcome | None:
    """Run with symbols, which go the way of a point where they leave a case open; None: it doesn't fit."""
    free = {name: size for name, size in values.items() if name != fixed and size > 0}
    facts = Cases(free)
    known = {name: symbol(name) if name in free else size for name, size in values.items()}
    try:
        found = Outcome.of(run(case.call, shapes_of(case, known), facts))
    except ShapecalcError:
        return None
    return found.at(free) if facts.hold() else None


class Noted(Facts):
    """Facts, and which size had to stay a number, since how many outputs there are hangs on it."""

    fixed: str | None = None

    @property
    def says_all(self) -> bool:
        """Tell whether what is demanded is all that is needed: no case was chosen."""
        return not self.choices and not self.kept


def symbolic(case: Case, sizes: Mapping[str, int]) -> tuple[Noted, Outcome | None]:
    """Run a case with symbols for all its sizes, or for all but one where it takes no others."""
    facts = Noted()
    for fixed in (None, *sizes):
        facts = Noted({name: (1, None) for name in sizes if name != fixed})
        facts.fixed = fixed
        known = {name: size if name == fixed else symbol(name) for name, size in sizes.items()}
        try:
            return facts, Outcome.of(run(case.call, shapes_of(case, known), facts))
        except ShapecalcError:
            if concrete(case.call, shapes_of(case, sizes)) is None:
                break
    return Noted(), None


def shapes_of(case: Case, sizes: Mapping[str, Any]) -> dict[str, Shape]:
    """Put sizes, or symbols, in the place of a case's own."""
    return {
        f"x{i}": tuple(sizes[f"s{i}_{j}"] for j in range(len(shape)))
        for i, shape in enumerate(case.shapes)
    }


def points(symbols: Mapping[str, int], draw: random.Random) -> Iterator[dict[str, int]]:
    """Give the example's own sizes, then others: some of them changed, together where they are equal."""
    yield dict(symbols)
    sizes = sorted(set(symbols.values()))
    for _ in range(POINTS):
        changed = {size: draw.randint(1, 2 * size + 3) for size in sizes if draw.random() < 0.5}
        together = {name: changed.get(size, size) for name, size in symbols.items()}
        alone = draw.choice(list(symbols))
        yield {**together, alone: draw.choice([together[alone], draw.randint(1, 12)])}


ARGUMENTS = [name for name in REGISTRY.names() if example(name) is not None]


@pytest.mark.parametrize("name", ARGUMENTS)
def test_symbols_for_arguments_give_what_numbers_give(name: str) -> None:
    case = example(name)
    assert case is not None
    draw = random.Random(name)
    shapes = {f"x{i}": shape for i, shape in enumerate(case.shapes)}
    for given, put in integers_in(case.call):
        if with_argument_free(put, given, shapes) is None:
            continue  # it must be a number
        for value in (draw.randint(1, 12) for _ in range(VALUES)):
            made = with_argument_free(put, value, shapes)
            assert made == concrete(put(Constant(value)), shapes), (put(Name("a")), value)


def with_argument_free(
    put: Callable[[Node], Call], value: int, shapes: Mapping[str, Shape]
) -> Outcome | None:
    """Run with a symbol for an argument, and put a value into what comes out; None: it doesn't fit."""
    facts = Cases({"a": value})
    try:
        found = Outcome.of(run(put(Name("a")), shapes, facts))
    except ShapecalcError:
        return None
    return found.at({"a": value}) if facts.hold() else None


def integers_in(call: Call) -> Iterator[tuple[int, Callable[[Node], Call]]]:
    """Give the integers among a call's arguments, each with what puts another node there."""
    for place, node in enumerate(call.arguments):
        for value, put in _integers(node):
            yield value, partial(_with_argument, call, place, put)
    for place, (_, node) in enumerate(call.keywords):
        for value, put in _integers(node):
            yield value, partial(_with_keyword, call, place, put)


def _integers(node: Node) -> Iterator[tuple[int, Callable[[Node], Node]]]:
    match node:
        case Constant(bool()):
            return
        case Constant(int(value)) if value > 0:
            yield value, lambda new: new
        case Sequence(items):
            for place, item in enumerate(items):
                if isinstance(item, Constant) and type(item.value) is int and item.value > 0:
                    yield item.value, partial(_with_item, node, place)


def _with_item(node: Sequence, place: int, new: Node) -> Node:
    return node._replace(items=(*node.items[:place], new, *node.items[place + 1 :]))


def _with_argument(call: Call, place: int, put: Callable[[Node], Node], new: Node) -> Call:
    before, after = call.arguments[:place], call.arguments[place + 1 :]
    return call._replace(arguments=(*before, put(new), *after))


def _with_keyword(call: Call, place: int, put: Callable[[Node], Node], new: Node) -> Call:
    keywords = list(call.keywords)
    keywords[place] = (keywords[place][0], put(new))
    return call._replace(keywords=tuple(keywords))


WINDOWED = [name for name in names(REGISTRY) if "window" in REGISTRY.find(name).data]


@pytest.mark.parametrize("name", WINDOWED)
def test_the_sizes_found_backwards_are_those_that_give_the_size_forwards(name: str) -> None:
    given = example(name)
    assert given is not None
    draw = random.Random(name)
    for case in variations(given, draw):
        rank = len(case.shapes[0])
        for place in range(rank - len(_window(case) or ()), rank):
            _check_backwards(case, place, draw)


def _window(case: Case) -> Items[Any] | None:
    from shapecalc.windows import window_of

    try:
        step = run(case.call, {f"x{i}": shape for i, shape in enumerate(case.shapes)}, Facts())
    except ShapecalcError:
        return None
    window = window_of(step)
    return None if window is None else window["kernel"]


def _check_backwards(case: Case, place: int, draw: random.Random) -> None:
    def shapes(size: Any) -> dict[str, Shape]:
        first, *others = case.shapes
        changed = (*first[:place], size, *first[place + 1 :])
        return {f"x{i}": shape for i, shape in enumerate((changed, *others))}

    facts = Facts({"x": (1, None)})
    step = run(case.call, shapes(symbol("x")), facts)
    forwards = {
        size: outcome.outputs[0][place]
        for size in range(1, FARTHEST)
        if (outcome := concrete(case.call, shapes(size))) is not None
    }
    needed = all_of([demand.relation for demand in facts.demands])
    accepted = solution_set(needed, "x", IntSet.interval(1))
    assert [size for size in range(1, FARTHEST) if size in accepted] == list(forwards)
    for wanted in draw.sample(sorted(set(forwards.values())), min(4, len(set(forwards.values())))):
        relation = compare(step.output_shape[place], "==", wanted)
        found = solution_set(relation, "x", accepted)
        assert [size for size in range(1, FARTHEST) if size in found] == [
            size for size, made in forwards.items() if made == wanted
        ]
