"""Tables on a terminal. Cells are `Text`, never markup, which would swallow shapes in brackets."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from io import StringIO

from rich.box import ASCII2, ROUNDED
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

WIDE = 10_000  # columns, where lines may be as long as they are
STYLES = {
    "layer": "",
    "block": "bold",
    "failed": "bold red",
    "skipped": "dim",
    "total": "bold",
}


def table(
    titles: Sequence[str],
    rows: Iterable[tuple[Sequence[str], str]],
    right: Sequence[bool],
    *,
    width: int | None,
    color: bool,
    flexible: int = 1,
    title: str = "",
) -> str:
    """Draw a table as wide as the terminal; `flexible` is the column that gives way and folds."""
    items = list(rows)
    drawn = Table(
        box=ROUNDED if is_unicode() else ASCII2,
        expand=width is not None,
        title=Text(title, style="bold") if title else None,
        title_justify="left",
    )
    for place, name in enumerate(titles):
        drawn.add_column(
            Text(name),
            justify="right" if place < len(right) and right[place] else "left",
            no_wrap=place != flexible,
            overflow="fold",
            ratio=1 if place == flexible else None,
        )
    for cells, kind in items:
        if kind == "total":
            drawn.add_section()
        drawn.add_row(*(Text(cell) for cell in cells), style=STYLES.get(kind, ""))
    needed = _needed_width(titles, items, flexible)
    return draw(drawn, width=max(width or WIDE, needed), color=color)


def _needed_width(
    titles: Sequence[str], rows: Sequence[tuple[Sequence[str], str]], flexible: int
) -> int:
    """Give the width below which shapes would be cut: then lines are longer than the terminal."""
    widths = [
        max(len(name), *(len(cells[place]) for cells, _ in rows), 0)
        for place, name in enumerate(titles)
    ]
    if flexible < len(widths):
        widths[flexible] = min(widths[flexible], 12)
    return sum(widths) + 3 * len(widths) + 1


def is_unicode() -> bool:
    """Say whether standard output can show the corners of boxes."""
    return (sys.stdout.encoding or "ascii").lower().startswith("utf")


def draw(item: RenderableType, *, width: int, color: bool) -> str:
    """Render something of rich's to text."""
    stream = StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(item)
    return stream.getvalue()
