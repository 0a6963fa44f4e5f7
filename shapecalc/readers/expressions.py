"""Nets in one line: `Conv2d(3, 6, 5) | ReLU | MaxPool2d(2)`."""

from __future__ import annotations

from ..errors import SpecError
from ..net import Net
from ..registry import Registry
from .spec import read_spec

_OPEN, _CLOSE, _QUOTES = "([{", ")]}", "'\""


def looks_like_expression(text: str) -> bool:
    """Say whether a text holds a call, so that it is no path and no zoo net's name."""
    return "(" in text or "|" in text


def read_expression(text: str, *, registry: Registry) -> Net:
    """Read layers joined by `|`."""
    parts = [part.strip() for part in _split(text)]
    if not all(parts):
        raise SpecError(
            f"`{text}` has nothing between two bars",
            hint="such as 'Conv2d(3, 6, 5) | ReLU | MaxPool2d(2)'",
            code="S102",
        )
    return read_spec(parts, registry=registry)


def _split(text: str) -> list[str]:
    """Split at bars outside brackets and quotes."""
    parts: list[str] = []
    start = depth = 0
    quote = ""
    for place, mark in enumerate(text):
        if quote:
            quote = "" if mark == quote else quote
        elif mark in _QUOTES:
            quote = mark
        elif mark in _OPEN:
            depth += 1
        elif mark in _CLOSE:
            depth -= 1
        elif mark == "|" and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]
