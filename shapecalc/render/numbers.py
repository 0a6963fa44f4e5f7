"""Which type of numbers the tensors that a net makes out of nothing are to hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..net import Layer, Net, Reference
from ..registry import LayerType, Registry
from ..syntax import Call, Name, Node
from .calling import with_parts


def number_types(net: Net, types: Mapping[str, LayerType]) -> dict[str, str]:
    """Find the outputs that must hold indices or truths, by what later layers need."""
    found: dict[str, str] = {}
    for layer in reversed(net.layers):
        if layer.name in types:
            for name, needed in _needs(layer, types[layer.name]):
                kind = found.get(layer.name) if needed == "same" else needed
                if kind:
                    found.setdefault(name, kind)
    return found


def _needs(layer: Layer, type_: LayerType) -> Iterator[tuple[str, str]]:
    holds = type_.data.get("holds") or {}
    slots = [item.name for item in type_.inputs]
    for slot, source in (*zip(slots, layer.sources, strict=False), *layer.named):
        if slot in holds and isinstance(source, Reference):
            yield source.name, str(holds[slot])


def typed(call: Call, type_: LayerType, kind: str | None) -> Call:
    """Write a call that makes a tensor so that it holds a type of numbers."""
    maker = (type_.data.get("typed") or {}).get(type_.name)
    if kind is None or maker is None or any(word == "dtype" for word, _ in call.keywords):
        return call
    word = ("dtype", Name(f"torch.{kind}"))
    return call._replace(function=str(maker), keywords=(*call.keywords, word))


def with_typed(node: Node, registry: Registry, kind: str | None) -> Node:
    """Write all calls inside an argument that make tensors so that they hold a type of numbers."""
    if isinstance(node, Call) and registry.knows(node.function):
        return typed(node, registry.find(node.function), kind)
    return with_parts(node, lambda part: with_typed(part, registry, kind))
