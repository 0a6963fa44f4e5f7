"""Results and answers in a notebook, without rich and without scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from ..infer import Result
from ..solve import Solution
from .inference import INDENT, below_lines, lines_of
from .solution import solution_text

STYLE = (
    "<style>.shapecalc td,.shapecalc th{text-align:left;padding:2px 10px;white-space:pre}"
    ".shapecalc .right{text-align:right}.shapecalc .failed td{color:#c4320a;font-weight:bold}"
    ".shapecalc .skipped td{opacity:.5}.shapecalc .block td,.shapecalc .total td{font-weight:bold}"
    "</style>"
)


def result_html(result: Result) -> str:
    """Write a result as an HTML table, with what the net needs below it."""
    titles, rows, right = lines_of(result)
    heading = f"<caption>{escape(result.net.name)}</caption>" if result.net.name else ""
    below = "".join(f"<div>{escape(line)}</div>" for line in below_lines(result) if line)
    return f'{STYLE}<table class="shapecalc">{heading}{_table(titles, rows, right)}</table>{below}'


def _table(
    titles: Sequence[str], rows: Iterable[tuple[Sequence[str], str]], right: Sequence[bool]
) -> str:
    sides = [' class="right"' if side else "" for side in right]
    head = "".join(f"<th{side}>{escape(t)}</th>" for t, side in zip(titles, sides, strict=True))
    body = "".join(_row(cells, kind, sides) for cells, kind in rows)
    return f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"


def _row(cells: Sequence[str], kind: str, sides: Sequence[str]) -> str:
    first, *rest = map(escape, cells)
    texts = (first.replace(INDENT, "&emsp;"), *rest)
    inside = "".join(f"<td{side}>{cell}</td>" for cell, side in zip(texts, sides, strict=True))
    return f'<tr class="{kind}">{inside}</tr>'


def solution_html(solution: Solution) -> str:
    """Write an answer: the sets first, then the walk back."""
    first, *rest = solution_text(solution).splitlines()
    lines = "".join(f"<div>{escape(line)}</div>" for line in rest)
    return f"<div><b>{escape(first)}</b></div>{lines}"
