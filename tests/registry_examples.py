"""The examples of the registry's entries, as nets."""

from __future__ import annotations

from typing import Any

from shapecalc.catalogue import whole_example
from shapecalc.readers.shapes import parse_shape
from shapecalc.registry import default_registry


def examples() -> dict[str, dict[str, Any]]:
    """Give a net for the example of each entry, by the name of its layer."""
    registry = default_registry()
    found = {}
    for name in registry.names():
        given = registry.find(name).data.get("example")
        call, *shapes = whole_example(given if isinstance(given, list) else [given])
        if call.partition("(")[0] != name or not shapes:
            continue
        inputs = {f"x{place}": list(parse_shape(text)) for place, text in enumerate(shapes)}
        entry = {"name": "made", "layer": call, "from": list(inputs)}
        found[name] = {"inputs": inputs, "layers": [entry]}
    return found


EXAMPLES = examples()
