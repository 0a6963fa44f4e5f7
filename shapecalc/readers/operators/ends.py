"""The ends of a net that a graph becomes: its inputs, its outputs, and the order of its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import Any

from ...dims import Dim, symbol
from ...errors import SpecError
from ...net import Layer, Reference, Shape, Size, Source
from ..shapes import MAX_RANK, parse_size, shape_of
from .emission import Emitter
from .model import Graph
from .naming import clean
from .values import Output, Several, Value


def graph_inputs(
    graph: Graph, given: Any, emitter: Emitter, names: dict[str, Value]
) -> dict[str, Shape | None]:
    """Give the inputs their names and shapes: the file's own, else those that the user gave."""
    shapes = _by_name(given)
    found: dict[str, Shape | None] = {}
    for place, (name, sizes) in enumerate(graph.inputs.items()):
        own = emitter.names.unique(clean(name) or "input")
        wanted = shapes.get(name, shapes.get(own, shapes.get(None) if place == 0 else None))
        shape = wanted if sizes is None else _shape(own, sizes)
        if shape is None:
            raise SpecError(
                f"the file doesn't say what shape {own} has",
                hint=f"give it: --input {own}=SHAPE",
                code="S118",
            )
        for size in shape:
            for word in size.symbols if isinstance(size, Dim) else ():
                emitter.facts.known.setdefault(word, (1, None))
        found[own] = shape
        emitter.propagation.values[own] = shape
        names[name] = Output(Reference(own), shape)
    return found


def _shape(name: str, sizes: Sequence[int | str | None]) -> Shape:
    if len(sizes) > MAX_RANK:
        raise SpecError(f"{name} has more than {MAX_RANK} dimensions", code="S103")
    return tuple([_size(size, f"{name}_{place}") for place, size in enumerate(sizes)])


def graph_outputs(values: Sequence[Value], emitter: Emitter) -> tuple[Source, ...]:
    """Give where the outputs come from."""
    found: list[Source] = []
    for value in values:
        if isinstance(value, Several):
            found.extend(graph_outputs(value.items, emitter))
        elif value is not None:
            found.append(emitter.source(value))
    return tuple(found)


def graph_state(
    graph: Graph, layers: tuple[Layer, ...], emitter: Emitter
) -> tuple[Layer, ...] | None:
    """Give the order of the weights in the file, where their names tell and it is another."""
    order = {name: place for place, name in enumerate(graph.stored)}
    origins = emitter.origins
    own = [layer for layer in layers if layer.name in origins and layer.shares is None]
    places: dict[str, int] = {}
    for layer in own:
        # Exporters store equal tensors once: those of which nothing was learned tell nothing.
        names = [item.name for item in origins[layer.name] if not item.uniform]
        if not names or not all(name in order and name.startswith(layer.name) for name in names):
            return None
        places[layer.name] = min(order[name] for name in names)
    ordered = sorted(own, key=lambda layer: places[layer.name])
    return None if ordered == own else tuple([Layer(item.name, item.call) for item in ordered])


def output_names(graph: Graph, outputs: Sequence[Source]) -> tuple[str, ...] | None:
    """Give the outputs' names in the file, where they are names and not numbers."""
    names = tuple(graph.outputs)
    if len(names) != len(outputs) or len(set(names)) < len(names):
        return None
    return names if all(map(_is_plain, names)) else None


def _is_plain(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name)


def _size(size: int | str | None, otherwise: str) -> Size:
    """Read a size; one without a name is named after its input."""
    if isinstance(size, int):
        return size
    if size:
        if _is_plain(size) and not size.startswith("_"):
            return symbol(size)
        try:
            return parse_size(size)
        except SpecError:
            otherwise = size
    word = "".join(letter if letter.isalnum() else "_" for letter in otherwise).strip("_")
    return symbol(word if _is_plain(word) else f"size_{word}")


def _by_name(given: Any) -> dict[str | None, Shape]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        given = {None: given}
    return {name: shape_of(shape) for name, shape in given.items()}
