"""Arguments of a source's call, sorted into what a layer of a net has: tensors and the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from ...dims import Dim
from ...errors import SpecError
from ...net import Source
from ...registry import Input, LayerType, Parameter
from ...syntax import Binary, Call, Constant, Node, Sequence, parse
from ..constructions import STORAGE
from .arrays import to_nested
from .values import (
    Array,
    Class,
    Function,
    Instance,
    Marker,
    Method,
    Module,
    Native,
    Opaque,
    Partial,
    Ratio,
    Tensor,
    TorchFunction,
    Traced,
    Value,
)

if TYPE_CHECKING:
    from .tracing import Tracer

LARGEST = 3.4028234663852886e38  # of a float32; stands for what is no number


class Sorted(NamedTuple):
    """Tensors in order, tensors by name, and the arguments that are none."""

    sources: tuple[Source, ...]
    named: tuple[tuple[str, Source], ...]
    arguments: tuple[Node, ...]
    keywords: tuple[tuple[str, Node], ...]


def holds_tensor(tracer: Tracer, value: Value) -> bool:
    """Tell whether a value is a tensor or a list or tuple with one in it."""
    if isinstance(value, (list, tuple)):
        tracer.machine.budget.spend(1)
        return any(holds_tensor(tracer, item) for item in value)
    return isinstance(value, Tensor)


def source_of(tracer: Tracer, value: Value) -> Source:
    """Give the reference of a tensor, or of a list or tuple of tensors."""
    tracer.machine.budget.spend(1)
    if isinstance(value, Tensor):
        return tracer.reference(value)
    if isinstance(value, (list, tuple)):
        return tuple([source_of(tracer, item) for item in value])
    if isinstance(value, Opaque):
        raise tracer.machine.unknown(value, "a tensor that is needed here")
    raise tracer.machine.fail(
        "TypeError", f"a tensor is needed here, not {tracer.machine.show(value)}"
    )


def node_of_value(tracer: Tracer, value: Value) -> Node:
    """Give the node that an argument is written as."""
    tracer.machine.budget.spend(1)
    match value:
        case Opaque():
            raise tracer.machine.unknown(value, "an argument of this layer")
        case Traced():
            return value.node
        case Ratio():
            exact = value.number()
            if exact is not None:
                return Constant(exact)
            top = node_of_value(tracer, value.numerator)
            return Binary("/", top, node_of_value(tracer, value.denominator))
        case Dim():
            return parse(str(value))
        case float() if math.isnan(value):
            return Constant(LARGEST)
        case bool() | int() | float() | str() | None:
            return Constant(value)
        case list() | tuple() | range():
            tracer.machine.budget.items(len(value))
            return Sequence(tuple([node_of_value(tracer, item) for item in value]))
        case slice():
            parts = (value.start, value.stop, value.step)
            return Call("slice", tuple([node_of_value(tracer, part) for part in parts]), ())
        case Module():
            return tracer.modules.call_of(value)
        case Tensor():
            return _tensor_node(tracer, value)
        case Array():
            if value.elements is not None:
                return node_of_value(tracer, to_nested(value.shape, value.elements))
        case Marker():
            return Constant(value.name)
        case Function() | TorchFunction() | Native():
            return Constant(value.name)
        case Method():
            return node_of_value(tracer, value.function)
        case Partial() | Class() | Instance():
            pass
        case _ if value is ...:
            return Constant(value)
    shown = tracer.machine.show(value)
    raise SpecError(f"{shown} as an argument of a layer is not followed")


def _tensor_node(tracer: Tracer, value: Tensor) -> Node:
    """Write a tensor as an argument: only its shape counts."""
    assert value.shape is not None
    sizes = tuple(
        [node_of_value(tracer, tracer.size(value, place)) for place in range(len(value.shape))]
    )
    return Call("empty", (Sequence(sizes),), ())


def is_ignored(spot: Parameter | None) -> bool:
    """Tell whether a layer type doesn't look at an argument."""
    return spot is not None and spot.is_ignored


def spot_at(parameters: tuple[Parameter, ...], place: int) -> Parameter | None:
    """Give the parameter that the argument at a place is for."""
    for number, spot in enumerate(parameters):
        if spot.variadic or number == place:
            return spot
    return None


def sort_arguments(
    tracer: Tracer,
    slots: tuple[Input, ...],
    parameters: tuple[Parameter, ...],
    arguments: list[Value],
    keywords: dict[str, Value],
) -> Sorted:
    """Sort the arguments of a call that is applied to tensors.

    A tensor fills the next input, a list of tensors the rest of them or one that is a tuple. Numbers
    before the first tensor (`2 - x`) send the tensors to their inputs by name.
    """
    sources: list[Source] = []
    named: dict[str, Source] = {}
    plain: list[Node] = []
    place = 0  # of the next input
    by_name = False
    left_out = 0  # tensors: None stands for each among the arguments
    for value in arguments:
        at = len(plain) - left_out
        slot = slots[min(place, len(slots) - 1)] if slots else None
        if isinstance(value, (list, tuple)) and place >= len(slots) and not _is_variadic(slots):
            value = numbers_of(value)
        if holds_tensor(tracer, value) and not _is_plain(slots, parameters, place, at):
            place = _take(tracer, slot, value, sources, named, place, by_name=by_name)
            continue
        waiting = slots[place] if place < len(slots) else None
        if (
            value is None
            and waiting is not None
            and waiting.optional
            and not _wants_none(parameters, at)
        ):
            place += 1
            by_name = True
            left_out += 1
            plain.append(Constant(None))
            continue
        if waiting is not None and waiting.number and _is_number(value):
            place += 1
            by_name = True
        if is_ignored(spot_at(parameters, at)):
            plain.append(Constant(None))
        else:
            plain.append(node_of_value(tracer, value))
    words = _sort_keywords(tracer, slots, parameters, keywords, named)
    return Sorted(tuple(sources), tuple(named.items()), tuple(plain), words)


def _is_variadic(slots: tuple[Input, ...]) -> bool:
    return bool(slots) and slots[-1].variadic


def numbers_of(value: list[Value] | tuple[Value, ...]) -> Value:
    """Give a list of numbers, some of which are tensors of one known number, as plain numbers."""
    found = []
    for item in value:
        known = item.elements if isinstance(item, Tensor) else None
        found.append(known[0] if known is not None and len(known) == 1 else item)
    return tuple(found) if isinstance(value, tuple) else found


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float, Traced, Ratio))


def _is_plain(
    slots: tuple[Input, ...], parameters: tuple[Parameter, ...], place: int, count: int
) -> bool:
    """Tell whether a tensor stands where a function has an argument, behind all of its inputs."""
    taken = bool(slots) and place >= len(slots) and not slots[-1].variadic
    return taken and 0 < count < len(parameters)


def _wants_none(parameters: tuple[Parameter, ...], place: int) -> bool:
    return place < len(parameters) and None in parameters[place].kinds and place > 0


def _take(
    tracer: Tracer,
    slot: Input | None,
    value: Value,
    sources: list[Source],
    named: dict[str, Source],
    place: int,
    *,
    by_name: bool,
) -> int:
    """Give a tensor, or a list of them, to an input; returns the place of the next input."""
    source = source_of(tracer, value)
    if slot is not None and slot.variadic:
        sources.extend(source if isinstance(value, (list, tuple)) else [source])  # type: ignore[arg-type]
        return place
    if by_name and slot is not None:
        named[slot.name] = source
    else:
        sources.append(source)
    return place + 1


def _sort_keywords(
    tracer: Tracer,
    slots: tuple[Input, ...],
    parameters: tuple[Parameter, ...],
    keywords: dict[str, Value],
    named: dict[str, Source],
) -> tuple[tuple[str, Node], ...]:
    inputs = {slot.name for slot in slots}
    known = {spot.name: spot for spot in parameters}
    words: list[tuple[str, Node]] = []
    for name, value in keywords.items():
        spot = known.get(name)
        if is_ignored(spot) or (spot is None and name in STORAGE):
            continue
        if holds_tensor(tracer, value) and (spot is None or name in inputs):
            named[name] = source_of(tracer, value)
        elif name in inputs and value is None:
            continue
        else:
            words.append((name, node_of_value(tracer, value)))
    return tuple(words)


def construction(
    tracer: Tracer, type_: LayerType, arguments: list[Value], keywords: dict[str, Value]
) -> Call:
    """Write the call that makes a layer."""
    known = {spot.name: spot for spot in type_.parameters}
    plain: list[Node] = []
    for place, value in enumerate(arguments):
        spot = spot_at(type_.parameters, place)
        plain.append(Constant(None) if is_ignored(spot) else node_of_value(tracer, value))
    words = tuple(
        (name, node_of_value(tracer, value))
        for name, value in keywords.items()
        if not is_ignored(known.get(name)) and not (name not in known and name in STORAGE)
    )
    return Call(type_.name, tuple(plain), words)
