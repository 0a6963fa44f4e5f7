"""A misfit or an unreadable spec, as text: `net.yaml:12:9: error[S101]: fc1: ...`, source, hint."""

from __future__ import annotations

from ..errors import Location, ShapecalcError

MAX_SOURCE = 10_000_000  # bytes of a file that is opened to show one line
MAX_LINE = 160  # characters of it that are shown


def problem_text(error: ShapecalcError, kind: str = "error") -> str:
    """Say where, what and how to mend it, with the source line and a caret under the place."""
    place = f"{error.location}: " if error.location and error.location.file else ""
    layer = f"{error.layer}: " if error.layer and not _names(error) else ""
    lines = [f"{place}{kind}[{error.code}]: {layer}{error.message}", *excerpt(error)]
    if error.hint:
        lines.append(f"hint: {error.hint}")
    return "\n".join(lines)


def _names(error: ShapecalcError) -> bool:
    """Say whether the message begins with the layer's name."""
    return error.message.startswith(f"{error.layer}:")


def excerpt(error: ShapecalcError) -> list[str]:
    """Give the source line and a caret under the place, where they are to be had."""
    if error.location is None:
        return []
    known = error.source
    if known is None:
        known = getattr(error.location, "source", None)
    line = _source_line(error.location) if known is None else known
    line = line.split("\n", 1)[0] if line else ""
    if not line.strip():
        return []
    column = max(error.location.column - 1, 0)
    start = max(0, column - MAX_LINE // 2) if len(line) > MAX_LINE else 0
    shown = line[start : start + MAX_LINE].replace("\t", " ")
    return [f"    {shown}", f"    {' ' * min(column - start, len(shown))}^"]


def _source_line(location: Location) -> str | None:
    """Read one line of the file that a location points into."""
    try:
        with open(location.file, encoding="utf-8") as stream:
            text = stream.read(MAX_SOURCE)
    except (OSError, ValueError):
        return None
    lines = text.splitlines()
    return lines[location.line - 1] if 0 < location.line <= len(lines) else None
