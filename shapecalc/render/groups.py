"""A net's containers, and what their layers are by names of their own, with the numbers apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from ..net import Layer, Net, Reference, Source, references
from ..registry import Registry
from ..syntax import Call, Constant, Name, Node, Sequence, to_text
from .calling import sizes_in, with_parts

MOST_INPUTS = 3  # of a block

Number: TypeAlias = "int | float"
Part: TypeAlias = "Group | int"


class Group(NamedTuple):
    """A container: the layers from `start` to before `stop`, in parts that are layers and containers."""

    path: str
    start: int
    stop: int
    parts: tuple[Part, ...]


class Form(NamedTuple):
    """What a part of a net is, wherever it stands: its layers by names inside it, without numbers.

    `inputs` are the outputs from outside that it takes.
    """

    key: tuple[object, ...]
    numbers: tuple[Number, ...]
    inputs: tuple[Reference, ...]


class _Outside(Exception):
    """A layer needs more from outside its container than outputs."""


def group_of(net: Net, *, careful: bool = True) -> Group:
    """Find the containers that can be written as nested lists: those in one piece.

    `careful` leaves out those with an entry whose name would be taken for that of one outside; as a
    block, which knows what is outside as its input, such a container can be written all the same.
    """
    taken = set(net.inputs) | (_shadowing(net) if careful else set())
    return Group("", 0, len(net.layers), tuple(_parts(net, 0, len(net.layers), "", taken)))


def _parts(net: Net, start: int, stop: int, prefix: str, taken: set[str]) -> Iterator[Part]:
    layers = net.layers
    heads = [item.name[len(prefix) :].partition(".")[0] for item in layers[start:stop]]
    last = {head: start + place for place, head in enumerate(heads)}
    at = start
    while at < stop:
        head = heads[at - start]
        path = prefix + head
        end = at
        while end < stop and heads[end - start] == head:
            end += 1
        in_one_piece = last[head] == end - 1
        itself = any(item.name == path for item in layers[at:end])
        nested = in_one_piece and not itself and path not in taken
        taken.add(path)
        if nested:
            yield Group(path, at, end, tuple(_parts(net, at, end, f"{path}.", taken)))
            at = end
        else:
            yield at
            at += 1


def _shadowing(net: Net) -> set[str]:
    """Find the containers inside which a full name would mean something nearer.

    In the list `block`, an entry that takes `relu` gets `block.relu` where there is one.
    """
    names = {name for layer in net.layers for name in containers_of(layer.name, itself=True)}
    found: set[str] = set()
    for layer in net.layers:
        meant = {item.name for item in references(layer)}
        meant |= {name for name in (layer.shares, layer.alias) if name is not None}
        meant |= set() if layer.call is None else set(sizes_in(layer.call))
        for around in containers_of(layer.name):
            if any(f"{around}.{name}" in names for name in meant):
                found.add(around)
    return found


def containers_of(name: str, *, itself: bool = False) -> list[str]:
    """Give the containers that a name lies in: `a` and `a.b` for `a.b.c`."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + itself)]


# ---------------------------------------------------------------------------------------- forms


def form_of(net: Net, part: Part) -> Form | None:
    """Give what a part is wherever it stands; None for one that needs many outputs, or none."""
    if isinstance(part, Group):
        prefix, layers = f"{part.path}.", net.layers[part.start : part.stop]
    else:
        prefix, layers = f"{net.layers[part].name}.", net.layers[part : part + 1]
    outside = dict.fromkeys(
        item for layer in layers for item in references(layer) if not item.name.startswith(prefix)
    )
    if not 1 <= len(outside) <= MOST_INPUTS:
        return None
    given = tuple(outside)
    numbers: list[Number] = []
    try:
        key = tuple([_key(layer, prefix, given, numbers) for layer in layers])
    except _Outside:
        return None
    return Form(key, tuple(numbers), given)


def _key(
    layer: Layer, prefix: str, given: tuple[Reference, ...], numbers: list[Number]
) -> tuple[object, ...]:
    def source(item: Source) -> object:
        if not isinstance(item, Reference):
            return tuple(map(source, item))
        return str(inner_name(item, prefix, given))

    call = None
    if layer.call is not None:
        numbers += numbers_of(layer.call)
        call = to_text(with_numbers(inner_call(layer.call, prefix, given), lambda _: Name("_")))
    return (
        layer.name.removeprefix(prefix) if layer.name + "." != prefix else "",
        call,
        tuple(map(source, layer.sources)),
        tuple((name, source(item)) for name, item in layer.named),
        _inner(layer.shares, prefix),
        _inner(layer.alias, prefix),
    )


def _inner(name: str | None, prefix: str) -> str | None:
    if name is not None and not name.startswith(prefix):
        raise _Outside
    return None if name is None else name.removeprefix(prefix)


def inner_name(item: Reference, prefix: str, given: tuple[Reference, ...]) -> Reference:
    """Name an output as inside a container: what comes from outside is its input."""
    if item in given:
        return Reference("input", (given.index(item),) if len(given) > 1 else ())
    return item._replace(name=item.name.removeprefix(prefix))


def inner_call(call: Call, prefix: str, given: tuple[Reference, ...]) -> Call:
    """Write the sizes that a call asks for with names inside a container."""
    inputs = {str(item): str(inner_name(item, "", given)) for item in given}

    def change(node: Node) -> Node:
        match node:
            case Call("size", (Name(text) | Constant(str(text)), *rest), _, _):
                if text in inputs:
                    inside = inputs[text]
                elif text.startswith(prefix):
                    inside = text.removeprefix(prefix)
                else:
                    raise _Outside
                where: Node = Name(inside) if inside.isidentifier() else Constant(inside)
                return Call("size", (where, *map(change, rest)), ())
        return with_parts(node, change)

    return _everywhere(call, change) if prefix and any(True for _ in sizes_in(call)) else call


def _everywhere(call: Call, change: Callable[[Node], Node]) -> Call:
    found = with_parts(call, change)
    assert isinstance(found, Call)
    if call.forward is None:
        return found
    items, words = call.forward
    inside = tuple(map(change, items)), tuple((name, change(item)) for name, item in words)
    return found._replace(forward=inside)


def with_numbers(call: Call, change: Callable[[Number], Node]) -> Call:
    """Put something in the place of each number of a call, in order."""

    def go(node: Node) -> Node:
        match node:
            case Constant(int(value) | float(value)) if not isinstance(value, bool):
                return change(value)
            case Call():
                return _everywhere(node, go)
        return with_parts(node, go)

    return _everywhere(call, go)


def numbers_of(call: Call) -> list[Number]:
    """List the numbers of a call, in order."""
    found: list[Number] = []

    def note(value: Number) -> Node:
        found.append(value)
        return Constant(value)

    with_numbers(call, note)
    return found


def labels_of(call: Call, registry: Registry) -> list[str]:
    """Name the argument that each number of a call is for, in order."""
    known = registry.knows(call.function)
    parameters = registry.find(call.function).parameters if known else ()
    plain = [item.name for item in parameters if not (item.keywords or item.named)]
    plain += ["n"] * len(call.arguments)
    given = [*zip(plain, call.arguments, strict=False), *call.keywords]
    if call.forward is not None:
        given += [*(("n", item) for item in call.forward[0]), *call.forward[1]]
    return [label for name, node in given for label in _labels(name, node, registry)]


def _labels(name: str, node: Node, registry: Registry) -> list[str]:
    if isinstance(node, Call) and registry.knows(node.function):
        return labels_of(node, registry)
    if isinstance(node, Sequence):
        return [label for item in node.items for label in _labels(name, item, registry)]
    return [name] * len(numbers_of(Call("", (node,), ())))


# -------------------------------------------------------------------------------------- repeats


def repeated(net: Net, group: Group) -> int:
    """Count how often a container repeats its first part, each applied to the one before; 0: not."""
    parts = group.parts
    if len(parts) < 2:
        return 0
    first = form_of(net, parts[0])
    if first is None:
        return 0
    for place, part in enumerate(parts):
        form = form_of(net, part)
        name = part.path if isinstance(part, Group) else net.layers[part].name
        if form is None or name != f"{group.path}.{place}" or form.key != first.key:
            return 0
        if len(form.inputs) != 1:
            return 0
        if place and form.inputs[0] != Reference(net.layers[_start(part) - 1].name):
            return 0
        if form.numbers != first.numbers:
            return 0
    return len(parts)


def _start(part: Part) -> int:
    return part.start if isinstance(part, Group) else part
