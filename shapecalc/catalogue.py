"""What the registry says of a layer, for people: arguments, formula, inverse, a worked example."""

from __future__ import annotations

from typing import Any

from .errors import ShapecalcError
from .formula import show
from .infer import LETTERS, infer
from .inverse import inverses
from .loading import load, output_name
from .net import Net, Shape
from .readers.shapes import parse_shape
from .registry import LayerType, Registry
from .solve import solve


def catalogue(registry: Registry) -> dict[str, list[dict[str, str]]]:
    """List all layers by family, each with a sentence."""
    return {
        family: [
            {"name": name, "summary": str(registry.find(name).data.get("summary", ""))}
            for name in names
        ]
        for family, names in registry.families().items()
    }


def describe(layer: LayerType, registry: Registry) -> dict[str, Any]:
    """Say all that the registry has about a layer, and work out its example."""
    data = layer.data
    found: dict[str, Any] = {
        "name": layer.name,
        "family": str(data.get("family", "other")),
        "summary": str(data.get("summary", "")),
        "source": str(data.get("source", "")),
        "from": layer.origin,
        "call": signature(layer),
        "arguments": _texts(data.get("parameters")),
    }
    if data.get("forward"):
        found["forward"] = _texts(data["forward"])
    found["inputs"] = {item.name: item.text for item in layer.inputs}
    found["where"] = _texts(data.get("where"))
    found["needs"] = _texts(data.get("checks"))
    found["output"] = _output(data.get("output", "input"))
    name = output_name(layer)
    if name is not None:
        found["formula"] = f"{name} = {data['where'][name]}"
        found["inverse"] = [
            {"when": case.when, "first": case.first, "last": case.last} for case in inverses(layer)
        ]
    for section in ("weights", "buffers"):
        if data.get(section):
            found[section] = _state(data[section])
    if "macs" in data:
        found["macs"] = str(data["macs"])
    example = _example(data.get("example"), registry)
    if example is not None:
        found["example"] = example
    return found


def signature(layer: LayerType) -> str:
    """Write the call with its arguments and defaults."""
    parts = []
    for name, text in (layer.data.get("parameters") or {}).items():
        kind, _, default = str(text).partition(" = ")
        if kind != "ignored":
            parts.append(f"{name}={default}" if default else str(name))
    return f"{layer.name}({', '.join(parts)})"


def _texts(section: Any) -> dict[str, str]:
    return {str(name): str(text) for name, text in (section or {}).items()}


def _output(data: Any) -> Any:
    return _texts(data) if isinstance(data, dict) else str(data)


def _state(data: Any) -> dict[str, str] | str:
    return _texts(data) if isinstance(data, dict) else str(data)


def _example(given: Any, registry: Registry) -> dict[str, Any] | None:
    """Work out an entry's example forwards and backwards."""
    if not given:
        return None
    call, *shapes = whole_example(given if isinstance(given, list) else [given])
    found: dict[str, Any] = {"layer": call}
    if len(shapes) != 1:
        return found
    try:
        net = load(call, registry=registry)
        sizes = parse_shape(shapes[0])
        result = infer(net, input=sizes, registry=registry)
    except ShapecalcError:
        return found
    if result.errors:
        return found
    step = result.steps[-1]
    found |= {
        "input": show(sizes),
        "output": ", ".join(show(shape) or "()" for shape in step.shapes),
    }
    backwards = _backwards(net, sizes, step.shapes, registry)
    return {**found, "backwards": backwards} if backwards else found


def whole_example(items: list[Any]) -> list[str]:
    """Join what YAML has split at the commas inside brackets."""
    found: list[str] = []
    depth = 0
    for item in map(str, items):
        if depth:
            found[-1] += f", {item}"
        else:
            found.append(item)
        depth += sum(item.count(sign) for sign in "([") - sum(item.count(sign) for sign in ")]")
    return found


def _backwards(
    net: Net, given: Shape, shapes: list[Shape], registry: Registry
) -> dict[str, Any] | None:
    """Ask which sizes, with the example's channels, give the example's output."""
    letters = LETTERS.get(len(given) - 2)
    if letters is None or len(shapes) != 1 or len(shapes[0]) != len(given):
        return None
    target = shapes[0][2:]
    try:
        answer = solve(net, target, input=("N", given[1], *letters), registry=registry)
    except ShapecalcError:
        return None
    if not all(box.is_product for box in answer.boxes):
        return None
    sets = [{name: str(values) for name, values in box.sets().items()} for box in answer.boxes]
    return {"target": show(target), "from": sets}
