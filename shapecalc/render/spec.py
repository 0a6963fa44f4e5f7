"""A net as a compact YAML spec: chains as nested lists, names and `from` only where they are needed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ..net import Layer, Net, Reference, Source, references, shape_json, source_json
from ..readers.entries import KEYS
from ..syntax import Call, to_text
from .calling import sizes_in


def spec_text(net: Net) -> str:
    """Write a spec in which chains are nested lists again, and names and `from` stand where needed."""
    lines = []
    if net.name:
        lines.append(f"name: {_scalar(net.name)}")
    if list(net.inputs) == ["input"]:
        shape = net.inputs["input"]
        if shape is not None:
            lines.append(f"input: {_flow(shape_json(shape))}")
    else:
        lines.append("inputs:")
        for name, shape in net.inputs.items():
            lines.append(
                f"  {_scalar(name)}: {_flow(None if shape is None else shape_json(shape))}"
            )
    if net.where:
        lines.append(f"where: {_flow([to_text(item) for item in net.where])}")
    lines.append("layers:")
    taken = set(net.inputs) | _shadowing(net)
    lines += _entries(list(net.layers), "", "  ", _previous_of(net), taken)
    last = net.layers[-1].name if net.layers else ""
    outputs = [source_json(item) for item in net.outputs]
    if net.output_names is not None:
        lines.append(f"outputs: {_flow(dict(zip(net.output_names, outputs, strict=True)))}")
    elif outputs != [last]:
        lines.append(f"outputs: {_flow(outputs)}")
    if net.state is not None:
        lines.append("state:")
        for item in net.state:
            entry = item.to_dict()
            entry.pop("from", None)
            lines.append(f"  - {_flow(entry)}")
    return "\n".join(lines) + "\n"


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


def _previous_of(net: Net) -> dict[str, Source]:
    """Give what each entry takes when it doesn't say: the output of the entry before."""
    found: dict[str, Source] = {}
    previous: Source = Reference(next(iter(net.inputs), "input"))
    for layer in net.layers:
        found[layer.name] = previous
        if layer.alias is None:
            previous = Reference(layer.name)
    return found


def _entries(
    layers: list[Layer], prefix: str, indent: str, before: dict[str, Source], taken: set[str]
) -> Iterator[str]:
    index = 0
    at = 0
    while at < len(layers):
        head = layers[at].name[len(prefix) :].partition(".")[0]
        end = at
        while end < len(layers) and _inside(layers[end].name, prefix + head):
            end += 1
        group = layers[at:end]
        alone = not any(_inside(item.name, prefix + head) for item in layers[end:])
        nested = (
            all(item.name != prefix + head for item in group)
            and alone
            and prefix + head not in taken
        )
        taken.add(prefix + head)
        if nested:
            if head == str(index) or head in KEYS:
                yield f"{indent}- name: {_scalar(head)}"
                yield f"{indent}  layers:"
            else:
                yield f"{indent}- {_scalar(head)}:"
            yield from _entries(group, f"{prefix}{head}.", indent + "    ", before, taken)
            at = end
        else:
            layer = layers[at]
            yield indent + "- " + _entry(layer, layer.name[len(prefix) :], str(index), before)
            at += 1
        index += 1


def _inside(name: str, container: str) -> bool:
    return name == container or name.startswith(container + ".")


def _entry(layer: Layer, name: str, position: str, before: dict[str, Source]) -> str:
    plain = layer.sources == (before[layer.name],) and not layer.named
    call = None if layer.call is None else _call_text(layer.call)
    if layer.alias is not None:
        return _flow({"name": name, "alias": layer.alias})
    if plain and layer.shares is None and call is not None and name not in KEYS:
        return _scalar(call) if name == position else f"{_scalar(name)}: {_scalar(call)}"
    entry: dict[str, Any] = {"name": name, "layer": call}
    if not plain:
        sources = [source_json(item) for item in layer.sources]
        if layer.named:
            sources.append({key: source_json(item) for key, item in layer.named})
        entry["from"] = sources[0] if len(sources) == 1 and isinstance(sources[0], str) else sources
    if layer.shares is not None:
        entry["shares"] = layer.shares
    return _flow(entry)


def _call_text(call: Call) -> str:
    text = to_text(call)
    return text[:-2] if text.endswith("()") and text.count("(") == 1 else text


_PLAIN = re.compile(r"[A-Za-z_][\w.]*(?:\([^#:{}\[\]\"]*\))*")
_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null"})


def _scalar(text: str, *, flow: bool = False) -> str:
    """Write a text as YAML, quoted where it needs it."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and not (flow and "," in text):
        return text
    return json.dumps(text, ensure_ascii=False)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{_scalar(k, flow=True)}: {_flow(v)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return _scalar(value, flow=True)
    return json.dumps(value)
