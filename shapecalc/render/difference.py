"""What `diff` shows people: a line for each part that differs, `-` before and `+` after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..difference import Change, faces, totals
from ..infer import Result
from .plain import table

RED, GREEN, BOLD, PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[1m", "\x1b[0m"
SIGNS = {"changed": " ", "added": "+", "removed": "-"}


def difference_text(
    changes: Sequence[Change], left: Result, right: Result, *, color: bool = False
) -> str:
    """Write what differs, and the sums below."""
    lines: list[str] = []
    lines += _ends(left, right)
    for change in changes:
        lines.append(f"{SIGNS[change.kind]} {change.name}")
        lines += _parts(change)
    if not lines:
        lines.append("  the nets have the same layers, shapes and parameters")
    painted = [_painted(line) if color else line for line in lines]
    sums = totals(left, right)
    rows = [
        (name, _number(pair["left"]), _number(pair["right"]), _change(pair["change"]))
        for name, pair in sums.items()
    ]
    below = table(("", "left", "right", "change"), rows, (False, True, True, True))
    return "\n".join(painted) + "\n\n" + below


def _ends(left: Result, right: Result) -> Iterator[str]:
    one, other = faces(left), faces(right)
    for name in dict.fromkeys((*one, *other)):
        if one.get(name) != other.get(name):
            yield f"  {name}"
            if name in one:
                yield f"-   {one[name]}"
            if name in other:
                yield f"+   {other[name]}"


def _parts(change: Change) -> Iterator[str]:
    for part in dict.fromkeys((*change.left, *change.right)):
        for sign, side in (("-", change.left), ("+", change.right)):
            text = _text(part, side.get(part))
            if text:
                yield f"{sign}   {text}"


def _text(part: str, value: Any) -> str:
    if not value:
        return ""
    match part:
        case "layer":
            return str(value)
        case "from":
            return f"from {', '.join(map(str, value))}"
        case "outputs":
            return ", ".join("×".join(map(str, shape)) or "()" for shape in value)
        case "parameters":
            items = (f"{name} {'×'.join(map(str, shape)) or '()'}" for name, shape in value.items())
            return ", ".join(items)
    return f"{part} {_number(value)}"


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _change(value: Any) -> str:
    return f"{value:+,}" if isinstance(value, int) else "depends"


def _painted(line: str) -> str:
    color = {"-": RED, "+": GREEN}.get(line[:1], BOLD)
    return f"{color}{line}{PLAIN}"
