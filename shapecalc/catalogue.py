"""What the registry says of a layer, for people: arguments, formula, inverse, a worked example."""

from __future__ import annotations

from typing import Any

from .errors import ShapecalcError
from .formula import show
from .given import LETTERS
from .infer import infer
from .inverse import inverses
from .loading import load, output_name
from .net import Net, Shape
from .pretty import to_pretty
from .readers.shapes import parse_shape
from .registry import Input, Kind, LayerType, Parameter, Registry
from .solve import solve
from .syntax import Conditional, Name, Node, Star, to_text
from .syntax import Sequence as Tuple


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
        "arguments": _arguments(layer.parameters, registry),
    }
    if layer.forward:
        found["forward"] = _arguments(layer.forward, registry)
    found["inputs"] = {item.name: item.text for item in layer.inputs}
    found["ranks"] = {item.name: ranks(item, layer) for item in layer.inputs}
    found["where"] = _texts(data.get("where"))
    found["needs"] = _texts(data.get("checks"))
    found["output"] = _section(data.get("output", "input"))
    name = output_name(layer)
    if name is not None:
        found["formula"] = f"{name} = {data['where'][name]}"
        found["pretty"] = f"{name} = {to_pretty(layer.where_nodes[name])}"
        found["inverse"] = [
            {"when": case.when, "first": case.first, "last": case.last} for case in inverses(layer)
        ]
    for section in ("weights", "buffers"):
        if data.get(section):
            found[section] = _section(data[section])
    if "macs" in data:
        found["macs"] = str(data["macs"])
    example = _example(layer, registry)
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


def _arguments(
    parameters: tuple[Parameter, ...], registry: Registry
) -> dict[str, dict[str, str | None]]:
    """Say of each argument what it may be, its default, and what it means."""
    return {
        item.name: {
            "takes": " or ".join(dict.fromkeys(filter(None, map(takes, item.kinds)))),
            "default": None if item.default is None else to_text(item.default),
            "meaning": registry.glossary.get(item.name, ""),
        }
        for item in parameters
        if not item.is_ignored
    }


_BASES = {
    "int": ("an integer", "integers"),
    "number": ("a number", "numbers"),
    "bool": ("True or False", "flags"),
    "flag": ("True or False", "flags"),
    "str": ("text", "texts"),
    "any": ("any value", "values"),
    "module": ("a module", "modules"),
    "tensor": ("a tensor", "tensors"),
    "slice": ("a slice", "slices"),
}


def takes(kind: Kind | str | tuple[()] | None) -> str:
    """Say in words what an argument may be."""
    if not isinstance(kind, Kind):
        return "" if isinstance(kind, tuple) else repr(kind)
    one, many = _BASES.get(kind.base, (kind.base, kind.base))
    least = "" if kind.lowest is None else f" >= {kind.lowest}"
    if kind.form == "list":
        return f"{many}{least}"
    one += least
    return f"{one}, one for all axes or one for each" if kind.form == "per axis" else one


def ranks(entry: Input, layer: LayerType) -> str:
    """Say how many dimensions an input may have."""
    if isinstance(entry.pattern, Tuple) and entry.pattern.optional:
        return f"a tuple of {len(entry.pattern.items)} tensors"
    axes = layer.axes if isinstance(layer.axes, tuple) else (layer.axes or 0,)
    known: set[int] = set()
    least: int | None = None
    for count in axes:
        found, is_open = _ranks(entry.pattern, count)
        known |= found
        if is_open:
            least = min(found, default=0) if least is None else min(least, *found)
    if least is not None or not known:
        return f"{least} dimensions or more" if least else "any number of dimensions"
    listed = " or ".join(map(str, sorted(known)))
    return f"{listed} dimension{'' if known == {1} else 's'}"


def _ranks(pattern: Node | None, axes: int) -> tuple[set[int], bool]:
    """Give the numbers of dimensions that a pattern fits; also whether there may be more."""
    match pattern:
        case Conditional(_, yes, no):
            first, second = _ranks(yes, axes), _ranks(no, axes)
            return first[0] | second[0], first[1] or second[1]
        case Tuple(items, False):
            found, is_open = {0}, False
            for item in items:
                match item:
                    case Tuple((Name(),)):
                        found |= {count + 1 for count in found}
                    case Star(Name(name)) if name.startswith("L"):
                        found = {count + axes for count in found}
                    case Star():
                        is_open = True
                    case _:
                        found = {count + 1 for count in found}
            return found, is_open
        case _:
            return {0}, True


def _texts(section: Any, prefix: str = "") -> dict[str, str]:
    """Give a section as texts; parts of a part have its name in front."""
    found: dict[str, str] = {}
    for name, text in (section or {}).items():
        if isinstance(text, dict):
            found |= _texts(text, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = str(text)
    return found


def _section(data: Any) -> dict[str, str] | str:
    return _texts(data) if isinstance(data, dict) else str(data)


def _example(layer: LayerType, registry: Registry) -> dict[str, Any] | None:
    """Work out an entry's example forwards and backwards."""
    given = layer.data.get("example")
    if not given:
        return None
    call, *shapes = whole_example(given if isinstance(given, list) else [given])
    try:
        sizes = [parse_shape(shape) for shape in shapes]
        return _own_example(layer, call, sizes, registry) or _worked_out(call, sizes, registry)
    except ShapecalcError:
        return {"layer": call}


def _own_example(
    layer: LayerType, call: str, sizes: list[Shape], registry: Registry
) -> dict[str, Any] | None:
    """Turn an example of a family's other class into one of this class, where that fits."""
    name, bracket, rest = call.partition("(")
    if name == layer.name:
        return None
    own, other = _most_axes(layer), _most_axes(registry.find(name))
    if own != other:
        lead = len(sizes[0]) - other if len(sizes) == 1 else 0
        if lead < 1:
            return None
        sizes = [(*sizes[0][:lead], *(*sizes[0][lead:], *sizes[0][-1:] * own)[:own])]
    try:
        return _worked_out(f"{layer.name}{bracket}{rest}", sizes, registry)
    except ShapecalcError:
        return None


def _most_axes(layer: LayerType) -> int:
    return layer.axes[-1] if isinstance(layer.axes, tuple) else layer.axes or 0


def _worked_out(call: str, sizes: list[Shape], registry: Registry) -> dict[str, Any]:
    names = [f"x{index}" for index in range(len(sizes))]
    layer = {"name": "example", "layer": call, "from": names}
    inputs = {name: list(shape) for name, shape in zip(names, sizes, strict=True)} or {"x0": [1]}
    result = infer(
        load({"inputs": inputs, "layers": [layer]}, registry=registry), registry=registry
    )
    if result.error is not None:
        raise result.error
    step = result.steps[-1]
    found = {
        "layer": call,
        "input": ", ".join(map(show, sizes)),
        "output": ", ".join(show(shape) or "()" for shape in step.shapes),
    }
    net = load(call, registry=registry) if len(sizes) == 1 else None
    backwards = None if net is None else _backwards(net, sizes[0], step.shapes, registry)
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
