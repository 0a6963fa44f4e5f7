"""JSON as the commands write it: one line for each layer, stable, with a newline at the end."""

from __future__ import annotations

from json import dumps
from typing import Any

_DEPTH = 3  # levels that are spread over lines


def to_json(document: Any, *, ascii_only: bool = False) -> str:
    """Write a document; what is deep inside, such as a shape, stays on its line."""
    return _spread(document, 0, ascii_only) + "\n"


def _spread(value: Any, depth: int, ascii_only: bool) -> str:
    if depth < _DEPTH and value:
        pad = " " * (depth + 1)
        if isinstance(value, dict) and any(map(_is_nested, value.values())):
            items = [
                f"{dumps(key)}: {_spread(item, depth + 1, ascii_only)}"
                for key, item in value.items()
            ]
            return "{" + f",\n{pad}".join(items) + "}"
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            items = [dumps(item, ensure_ascii=ascii_only) for item in value]
            return f"[\n{pad}" + f",\n{pad}".join(items) + "]"
    return dumps(value, ensure_ascii=ascii_only)


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list)
