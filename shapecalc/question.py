"""What is asked of a net: which sizes or arguments are unknown, and what is wanted of its outputs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any, NamedTuple

from .dims import Dim, symbol, symbols_of
from .errors import ShapeError, SolveError
from .given import (
    LETTERS,
    InputLike,
    argument_nodes,
    as_shapes,
    first_layers,
    hyperparameters,
    input_shapes,
    named_numbers,
    shapes_by_name,
)
from .infer import Result, mixed_views
from .net import (
    Layer,
    Net,
    Reference,
    Shape,
    Size,
    nearest_layer,
    references,
    sizes_used,
    symbols_of_shapes,
)
from .outputs import flatten_output
from .registry import Input, Registry
from .syntax import Call, Compare, Conditional, Constant, Name, Node, Star
from .syntax import Sequence as Tuple
from .targets import Target

BATCH = "N"


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


def ask(
    net: Net,
    targets: tuple[tuple[Target, str | None], ...] = (),
    *,
    registry: Registry,
    upto: str | None = None,
    unknowns: Sequence[str] | None = None,
    where: tuple[str, ...] = (),
    given: InputLike = None,
    square: bool = False,
    mix_batch: bool = False,
    values: Mapping[str, int] | None = None,
) -> Question:
    """Work out what is unknown, and put symbols in its place."""
    if not net.layers and net.state:
        raise SolveError(
            "the text doesn't say how forward runs these modules, so no input can be solved for",
            hint="give the source of the class, or write the layers as a spec",
        )
    whole = net
    if upto is not None:
        net = cut(net, inside(net, upto))
    targets = tuple((item, at and _place(net, whole, at, upto)) for item, at in targets)
    given = as_shapes(given)
    values = {**named_numbers(net, given), **(values or {})}
    names = hyperparameters(net, registry)
    shapes = input_shapes(net, given, values, registry)
    own = symbols_of_shapes(shapes.values())
    # a view may name the batch, which is no unknown
    known_names = values.keys() | (own & {BATCH})
    free = {name: least for name, least in names.items() if name not in known_names}
    chosen = frozenset(shapes_by_name(net, given))
    symbolic: dict[str, Shape] = {}
    sides: tuple[str, ...] = ()
    batch: dict[str, int] = {}
    for name, shape in shapes.items():
        prefix = f"{name}_" if len(shapes) > 1 else ""
        if name in chosen or (free and net.inputs.get(name) is not None):
            symbolic[name] = shape
            roles = axis_roles(net, name, len(shape), registry)
            sizes = [
                str(size)
                for size, role in zip(shape, roles, strict=True)
                if isinstance(size, Dim) and role != BATCH and str(size) != BATCH
            ]
            sides = sides or tuple(sizes if len(sizes) > 1 else ())
            continue
        symbolic[name], axes = _with_symbols(net, name, shape, prefix, registry, own | {*free})
        sides = sides or (axes if len(axes) > 1 else ())
        first = shape[0] if shape else None
        if isinstance(first, int) and symbolic[name][0] != first:
            batch[BATCH] = first
    sizes_of = [n for shape in symbolic.values() for size in shape for n in _names(size)]
    found = list(dict.fromkeys([*(n for n in sizes_of if n != BATCH), *free]))
    if unknowns is not None:
        symbolic = _only(unknowns, found, symbolic, shapes)
        found = list(unknowns)
    if square and len(sides) > 1:
        where = (*where, *(f"{sides[0]} == {side}" for side in sides[1:]))
    net = net._replace(inputs={**net.inputs, **{name: symbolic[name] for name in chosen}})
    targets = _named(targets, symbolic, found, {*sizes_of, *values, BATCH})
    known: dict[str, tuple[int, int | None]] = {name: (free.get(name, 1), None) for name in found}
    known[BATCH] = (1, None)
    mixing = None if mix_batch else mixed_views(net, shapes, values, registry)
    return Question(
        net,
        symbolic,
        tuple(found),
        tuple(name for name in dict.fromkeys(sides) if name in found),
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


def _only(
    unknowns: Sequence[str],
    free: Sequence[str],
    symbolic: Mapping[str, Shape],
    shapes: Mapping[str, Shape],
) -> dict[str, Shape]:
    """Leave the sizes that aren't asked for as the spec gives them.

    Raises `SolveError` for an unknown that isn't free, and for one that is free but not asked for.
    """
    missing = [name for name in unknowns if name not in free and name != BATCH]
    if missing:
        raise SolveError(
            f"{missing[0]} is not a free identifier of the net",
            hint=f"free are: {', '.join(free) or 'none'}",
        )
    numbers = {
        str(size): own
        for name, shape in symbolic.items()
        for size, own in zip(shape, shapes[name], strict=True)
        if isinstance(own, int) and str(size) not in (*unknowns, BATCH)
    }
    rest = [name for name in free if name not in unknowns and name not in numbers]
    if rest:
        raise SolveError(f"{rest[0]} is free as well", hint=f"give it a value: --set {rest[0]}=...")
    return {
        name: tuple(numbers.get(str(size), size) for size in shape)
        for name, shape in symbolic.items()
    }


def placed(question: Question, at: Sequence[str]) -> Question:
    """Say for each target which output it is about."""
    pairs = zip(question.targets, at, strict=True)
    return question._replace(targets=tuple((target, place) for (target, _), place in pairs))


def with_value(question: Question, name: str, value: int) -> Question:
    """Give a symbol a number: an unknown, or the batch."""
    return question._replace(
        shapes={
            key: tuple(
                [
                    size.substitute({name: value}) if isinstance(size, Dim) else size
                    for size in shape
                ]
            )
            for key, shape in question.shapes.items()
        },
        unknowns=tuple(other for other in question.unknowns if other != name),
        squares=tuple(other for other in question.squares if other != name),
        known={other: ends for other, ends in question.known.items() if other != name},
        values={**question.values, name: value},
        arguments=question.arguments - {name},
    )


def _place(net: Net, whole: Net, at: str, upto: str | None) -> str:
    """Give the entry that a target is about; one that was cut off is no mistyped name."""
    name = inside(net, at)
    layers = {item.name for item in net.layers}
    if upto is not None and reference_of(name).name not in layers:
        known = reference_of(inside(whole, at)).name
        if any(item.name == known for item in whole.layers):
            raise SolveError(
                f"{upto} doesn't depend on {at}, so --upto {upto} cuts it off",
                hint=f"ask about a layer before it, or cut the net after {at}",
                code="S302",
            )
    return name


def _named(
    targets: tuple[tuple[Target, str | None], ...],
    shapes: Mapping[str, Shape],
    unknowns: Sequence[str],
    known: set[str],
) -> tuple[tuple[Target, str | None], ...]:
    """See what the names in targets are; raises `SolveError` for one that is nothing."""
    for target, _ in targets:
        strange = {*target.symbols} - {*unknowns} - known
        if strange:
            raise SolveError(
                f"{min(strange)} in the target {target} is neither N nor an unknown",
                hint=f"the unknowns are: {', '.join(unknowns) or 'none'}; ? is any size",
            )
    return tuple((_about_batch(target, shapes), at) for target, at in targets)


def _about_batch(target: Target, shapes: Mapping[str, Shape]) -> Target:
    """Count a target in full that begins with the batch, whatever the net's inputs call it."""
    first = target.sizes[0].comparisons[:1]
    batches = [size for shape in shapes.values() for size in shape[:1] if isinstance(size, Dim)]
    return target._replace(full=True) if first in [(("==", size),) for size in batches] else target


def _names(size: Size) -> list[str]:
    return sorted(symbols_of(size))


def _with_symbols(
    net: Net, name: str, shape: Shape, prefix: str, registry: Registry, taken: set[str]
) -> tuple[Shape, tuple[str, ...]]:
    """Put symbols in the place of the batch and of spatial sizes and sequence lengths.

    None of them is one of `taken`: these are the user's own, and stand for something else. A symbol
    of the spec's own that was given a number keeps it.
    """
    roles = axis_roles(net, name, len(shape), registry)
    own = net.inputs.get(name) or shape
    found: list[Size] = []
    sides: list[str] = []
    for size, role, written in zip(shape, roles, own, strict=True):
        if isinstance(size, Dim) or isinstance(written, Dim) or not role:
            found.append(size)
            if isinstance(size, Dim) and role and role != BATCH:
                sides.append(str(size))
        elif role == BATCH:
            found.append(size if BATCH in taken else symbol(BATCH))
        else:
            letter = _spare_name(prefix + role, taken)
            found.append(symbol(letter))
            sides.append(letter)
    return tuple(found), tuple(sides)


def _spare_name(name: str, taken: set[str]) -> str:
    """Give a name, or where it is taken the first of name2, name3, ... that isn't."""
    return next(n for n in chain([name], (f"{name}{i}" for i in count(2))) if n not in taken)


def axis_roles(net: Net, name: str, rank: int, registry: Registry) -> tuple[str, ...]:
    """Say for each size of an input what it is: the batch (`N`), a free size by its letter, or ''.

    The first layer that says something about it decides; else the usual order N, C, sizes.
    """
    for layer, type_, current in first_layers(net, name, registry):
        assert layer.call is not None
        for entry, pattern in _patterns_of(type_, layer, current, rank):
            roles = _pattern_roles(type_, layer.call, pattern, rank, entry.optional)
            if roles is not None:
                return roles
    letters = LETTERS.get(rank - 2)
    if letters is None:
        return (
            (BATCH, "L")[2 - rank :] if rank <= 2 else (BATCH, *(f"L{i}" for i in range(1, rank)))
        )
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
    return net._replace(layers=loose, outputs=(reference_of(layer),), inputs=inputs, state=None)


def unknown_layer(net: Net, name: str) -> SolveError:
    """Say that there is none of a name."""
    if name in net.inputs:
        what = f"{name} is an input of the net, and no layer"
        return SolveError(what, hint=f"--input {name}=SHAPE says its sizes", code="S302")
    return SolveError(f"the net has no layer {name}", hint=nearest_layer(net, name), code="S302")


def reference_of(text: str) -> Reference:
    """Read `lstm[0]`; raises `SolveError` for other things in brackets."""
    found = re.fullmatch(r"([^\[\]]*)((?:\[-?[0-9]{1,4}\])*)", text)
    if found is None:
        what = f"{text} names no output"
        raise SolveError(what, hint="an output is named as in pool2 or lstm[0]", code="S302")
    return Reference(found[1], tuple([int(number) for number in re.findall(r"-?\d+", found[2])]))


def output_at(result: Result, at: str) -> Shape:
    """Give the shape of the output that `lstm[0]` or `pool2` names.

    Raises `SolveError` where there is none.
    """
    try:
        found = flatten_output(result.propagation.value(reference_of(at)))
    except ShapeError as error:
        raise SolveError(error.message, hint=error.hint, code="S302") from None
    if not found:
        raise SolveError(f"{at} is no tensor", hint="name another output by --at", code="S302")
    return found[0]
