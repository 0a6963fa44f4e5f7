"""Tables without rich, for pipes and files: aligned, as wide as they are, nothing cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GAP = "  "


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[bool] = ()) -> str:
    r"""Align cells in columns below their titles.

    >>> table(("Layer", "Size"), [("conv1", "28")], (False, True))
    'Layer  Size\n-----  ----\nconv1    28\n'
    """
    lines = [tuple(titles), *map(tuple, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    rule = tuple("-" * width for width in widths)
    sides = [*right, *[False] * (len(titles) - len(right))]
    return "".join(
        GAP.join(
            cell.rjust(width) if side else cell.ljust(width)
            for cell, width, side in zip(line, widths, sides, strict=True)
        ).rstrip()
        + "\n"
        for line in (lines[0], rule, *lines[1:])
    )


def fields(pairs: Iterable[tuple[str, str]], indent: str = "") -> str:
    """Write names and values in two columns."""
    items = list(pairs)
    width = max((len(name) for name, _ in items), default=0)
    return "".join(f"{indent}{name.ljust(width)}  {value}".rstrip() + "\n" for name, value in items)
