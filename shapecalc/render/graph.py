"""A net as a graph to draw: boxes in the order they run, and edges with the shapes on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..errors import ShapecalcError
from ..formula import show
from ..infer import Result
from ..net import Layer, Reference, Size, Source
from ..outputs import Output, flatten_output
from ..syntax import to_text
from .rows import counted, printable


class Box(NamedTuple):
    """A layer, a folded block, or an input."""

    key: str
    title: str
    text: str
    kind: str  # "input", "layer", "function", "block", "failed", "skipped"
    detail: str = ""  # the number of parameters


class Edge(NamedTuple):
    """What one box gives to another: the shape, as text, and where it comes from."""

    start: str
    end: str
    shape: str
    source: str


class Graph(NamedTuple):
    """Boxes and edges; `message` says what doesn't fit."""

    name: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    outputs: tuple[tuple[str, str], ...]  # boxes whose output is the net's, and its shape
    message: str = ""


def graph_of(result: Result, depth: int | None = None) -> Graph:
    """Make the graph of a result; blocks below `depth` are one box."""
    net = result.net
    keys = {layer.name: _key(layer.name, depth) for layer in net.layers}
    keys.update({name: name for name in net.inputs})
    boxes = [Box(name, name, "input", "input") for name in result.inputs]
    boxes += _boxes(result, keys)
    edges = dict.fromkeys(_edges(result, keys))
    outputs = tuple(
        (keys[item.name], _shape(result, item))
        for source in net.outputs
        for item in _each(source)
        if item.name in keys
    )
    message = printable(f"{result.error.layer}: {result.error.message}") if result.error else ""
    return Graph(printable(net.name), tuple(boxes), tuple(edges), outputs, message)


def _key(name: str, depth: int | None) -> str:
    return ".".join(name.split(".")[:depth])


def _boxes(result: Result, keys: dict[str, str]) -> Iterator[Box]:
    groups: dict[str, list[Layer]] = {}
    for layer in result.net.layers:
        if layer.call is not None:
            groups.setdefault(keys[layer.name], []).append(layer)
    failed = {error.layer for error in result.errors}
    for key, layers in groups.items():
        names = [layer.name for layer in layers]
        done = [result[name] for name in names if name in result]
        count: Size = 0
        for step in done:
            count = count + step.parameter_count
        kind = _kind(names, len(done), failed, layers, key)
        text = f"{len(layers)} layers"
        if names == [key] and layers[0].call is not None:
            text = to_text(layers[0].call)
        yield Box(key, key, text, kind, counted(count))


def _kind(
    names: list[str], done: int, failed: set[str | None], layers: list[Layer], key: str
) -> str:
    if any(name in failed for name in names):
        return "failed"
    if done < len(names):
        return "skipped"
    if names != [key]:
        return "block"
    call = layers[0].call
    return "function" if call is not None and call.function[:1].islower() else "layer"


def _edges(result: Result, keys: dict[str, str]) -> Iterator[Edge]:
    for layer in result.net.layers:
        sources = [*layer.sources, *(item for _, item in layer.named)]
        for source in sources:
            for item in _each(source):
                start, end = keys.get(item.name), keys[layer.name]
                if start is not None and start != end:
                    yield Edge(start, end, _shape(result, item), str(item))


def _each(source: Source) -> Iterator[Reference]:
    if isinstance(source, Reference):
        yield source
    else:
        for item in source:
            yield from _each(item)


def _shape(result: Result, source: Reference) -> str:
    try:
        found: Output = result.propagation.value(source)
    except ShapecalcError:
        return ""
    return ", ".join(show(shape) or "()" for shape in flatten_output(found))


__all__ = ["Box", "Edge", "Graph", "graph_of"]
