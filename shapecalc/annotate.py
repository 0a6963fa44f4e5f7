"""A model's source with each line's shapes as trailing comments, and the same without them again."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Mapping

from .errors import Location
from .formula import show
from .infer import Result

MARK = "  #: "  # begins a comment of ours; `#:` is no comment that people write after code
_OURS = re.compile(r"  #: [^\n]*$", re.MULTILINE)
_MOST = 4  # shapes that are written on one line


def annotate(text: str, file: str, result: Result) -> str:
    """Write the shapes that each line's calls give behind the line; other text stays as it is."""
    plain = strip(text)
    shapes: dict[int, list[str]] = {}
    for step in result.steps:
        place = step.layer.location
        if isinstance(place, Location) and place.file == file and step.shapes:
            written = ", ".join(show(shape) or "()" for shape in step.shapes)
            found = shapes.setdefault(place.line, [])
            if written not in found:
                found.append(written)
    for error in result.errors:
        if isinstance(error.location, Location) and error.location.file == file:
            shapes.setdefault(error.location.line, []).append(f"doesn't fit: {error.message}")
    return _with_comments(plain, shapes)


def strip(text: str) -> str:
    """Take away the comments that :func:`annotate` wrote."""
    return _OURS.sub("", text)


def _with_comments(text: str, shapes: Mapping[int, list[str]]) -> str:
    closed = _inside_strings(text)
    lines = text.splitlines(keepends=True)
    for number, found in shapes.items():
        index = number - 1
        if index >= len(lines) or number in closed:
            continue
        body = lines[index].rstrip("\r\n")
        if body.endswith("\\"):
            continue  # a comment would end the line that goes on
        end = lines[index][len(body) :]
        kept = found if len(found) <= _MOST else [*found[: _MOST - 1], "..."]
        lines[index] = f"{body}{MARK}{' -> '.join(kept)}{end}"
    return "".join(lines)


def _inside_strings(text: str) -> set[int]:
    """Find the lines that end inside a string, where no comment can stand."""
    found: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.start[0] != token.end[0] and token.type == tokenize.STRING:
                found.update(range(token.start[0], token.end[0]))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return set(range(1, text.count("\n") + 2))
    return found
