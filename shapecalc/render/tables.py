"""One table, drawn as its reader can take it: by rich on a terminal, plain in a pipe."""

from __future__ import annotations

from collections.abc import Sequence

Line = tuple[Sequence[str], str]  # cells, and the kind of row


def draw(
    titles: Sequence[str],
    rows: Sequence[Line],
    right: Sequence[bool] = (),
    *,
    width: int | None,
    color: bool,
    flexible: int = 1,
    title: str = "",
) -> str:
    """Draw a table; `width` is a terminal's, None writes lines as long as they are."""
    if width is None and not color:
        from . import plain

        heading = f"{title}\n" if title else ""
        return heading + plain.table(titles, [cells for cells, _ in rows], right)
    from .table import table

    return table(titles, rows, right, width=width, color=color, flexible=flexible, title=title)
