"""The examples that the registry gives for its entries, as calls of each of their classes."""

from __future__ import annotations

from typing import NamedTuple

from shapecalc.catalogue import whole_example
from shapecalc.readers import parse_shape
from shapecalc.registry import LayerType, Registry
from shapecalc.syntax import Call, Name, parse


class Example(NamedTuple):
    """A call and the shapes of its inputs."""

    call: Call
    shapes: tuple[tuple[int, ...], ...]


def example_of(layer: LayerType, registry: Registry) -> Example | None:
    """Read a layer's example, fitted to its number of axes where its entry gives another class's."""
    given = layer.data.get("example")
    if not given:
        return None
    text, *shapes = whole_example(given)
    node = parse(text)
    call = Call(node.name, (), ()) if isinstance(node, Name) else node
    assert isinstance(call, Call)
    found = tuple(tuple(int(str(size)) for size in parse_shape(shape)) for shape in shapes)
    own, wanted = registry.find(call.function).axes, layer.axes
    if isinstance(own, int) and wanted is not None and layer.name != call.function:
        axes = wanted if isinstance(wanted, int) else max(wanted)
        found = tuple(_with_axes(shape, own, axes) for shape in found)
    return Example(call._replace(function=layer.name), found)


def _with_axes(shape: tuple[int, ...], own: int, wanted: int) -> tuple[int, ...]:
    return (*shape[: len(shape) - own], *shape[-1:] * wanted) if len(shape) > own else shape
