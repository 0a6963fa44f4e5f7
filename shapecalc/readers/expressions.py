"""Nets in one line: `Conv2d(3, 6, 5) | ReLU | MaxPool2d(2)`."""

from __future__ import annotations

from ..net import Net
from ..registry import Registry
from .failures import error_at
from .places import Document, Mark
from .spec import net_of

MAX_LENGTH = 1_000_000  # characters

_OPEN, _CLOSE, _QUOTES = "([{", ")]}", "'\""


def looks_like_expression(text: str) -> bool:
    """Say whether a text holds a call, so that it is no path and no zoo net's name."""
    return "(" in text or "|" in text


def read_expression(text: str, *, registry: Registry, file: str = "<expression>") -> Net:
    """Read layers joined by `|`, named by their positions.

    Raises `SpecError` with the place of what can't be read.
    """
    if len(text) > MAX_LENGTH:
        what = f"{len(text):,} characters; at most {MAX_LENGTH:,} are read"
        raise error_at(file, text[:100], 0, what, code="S103")
    layers: list[str] = []
    marks: dict[str | int, tuple[int, Mark]] = {}
    for start, end in _spans(text):
        layer = text[start:end].strip()
        if not layer:
            what = "a layer is missing here" if "|" in text else "there is nothing to read"
            hint = "such as 'Conv2d(3, 6, 5) | ReLU | MaxPool2d(2)'"
            raise error_at(file, text, start, what, hint=hint, code="S102")
        first = text.index(layer, start)
        marks[len(layers)] = first, Mark(first, first + len(layer))
        layers.append(layer)
    root = Mark(0, len(text), {"layers": (0, Mark(0, len(text), marks))})
    return net_of(Document(file, text, {"layers": layers}, root), registry)


def _spans(text: str) -> list[tuple[int, int]]:
    """Cut at bars outside brackets and quotes."""
    found: list[tuple[int, int]] = []
    start = depth = 0
    quote = ""
    escaped = False
    for place, mark in enumerate(text):
        if quote:
            if mark == quote and not escaped:
                quote = ""
            escaped = mark == "\\" and not escaped
        elif mark in _QUOTES:
            quote = mark
        elif mark in _OPEN:
            depth += 1
        elif mark in _CLOSE:
            depth -= 1
        elif mark == "|" and depth <= 0:
            found.append((start, place))
            start = place + 1
    return [*found, (start, len(text))]
