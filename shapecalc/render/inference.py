"""What `infer` shows people: the table, totals, conditions; on a misfit, how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..errors import ShapeError
from ..formula import show
from ..infer import Result
from . import tables
from .rows import Column, Row, columns_of, counted, number, printable, rows_of, shapes_text

INDENT = "  "


def inference_text(
    result: Result,
    *,
    columns: Sequence[str] = (),
    depth: int | None = None,
    width: int | None = None,
    color: bool = False,
) -> str:
    """Write a result as a table, with what the net needs below it.

    `width` is the terminal's; None writes plain lines as long as they are.
    """
    titles, lines, right = lines_of(result, columns, depth)
    name = printable(result.net.name)
    text = tables.draw(titles, lines, right, width=width, color=color, title=name)
    below = [*below_lines(result)]
    if "memory" in columns:
        from .details import memory_note

        below += memory_note(result)
    return text + "".join(line + "\n" for line in below)


def lines_of(
    result: Result, columns: Sequence[str] = (), depth: int | None = None
) -> tuple[list[str], list[tables.Line], list[bool]]:
    """Give the table's titles, its rows with their kinds, and which columns are set right."""
    chosen = columns_of(columns, result)
    rows = [_input_row(name, shape, chosen) for name, shape in result.inputs.items()]
    rows += rows_of(result, chosen, depth)
    if not result.errors:
        rows.append(_total_row(result, chosen))
    titles = ["Layer", *(column.title for column in chosen)]
    right = [False, *(column.right for column in chosen)]
    lines: list[tables.Line] = [
        ((INDENT * row.depth + row.cells[0], *row.cells[1:]), row.kind) for row in rows
    ]
    return titles, lines, right


def _input_row(name: str, shape: tuple[object, ...], columns: Sequence[Column]) -> Row:
    cells = ["input", show(shape), *[""] * (len(columns) - 2)]
    return Row((name, *cells), 0, "layer")


def _total_row(result: Result, columns: Sequence[Column]) -> Row:
    totals = result.totals
    cells = ["", "", number(totals.parameters), number(totals.macs)]
    return Row(("total", *cells, *[""] * (len(columns) - len(cells))), 0, "total")


def below_lines(result: Result) -> Iterator[str]:
    """Say what comes out, what the net needs, and what doesn't fit."""
    totals = result.totals
    if not result.errors:
        for name, shapes in result.outputs.items():
            yield f"Output {name}: {shapes_text(shapes)}"
        if counted(totals.buffers):
            yield f"Buffers: {number(totals.buffers)}"
        if counted(totals.macs):
            yield f"FLOPs = 2*MACs: {number(2 * totals.macs)}"
    for condition in result.conditions:
        yield f"Needs {condition}"
    for error in result.errors:
        yield from misfit_lines(result, error)


def misfit_lines(result: Result, error: ShapeError) -> Iterator[str]:
    """Say what came in, what was needed, how PyTorch words it, and both ways to mend it."""
    layer = next((item for item in result.net.layers if item.name == error.layer), None)
    yield ""
    yield f"{error.layer or 'the net'} doesn't fit: {error.message}"
    if layer is not None:
        for source in layer.sources:
            try:
                came = result.propagation.value(source)
            except ShapeError:
                continue
            yield f"  comes in:     {show(came)} from {source}"
    if error.wording:
        yield f"  PyTorch says: {error.wording}"
    if error is result.error:
        for place, fix in enumerate(result.fixes):
            yield f"  {'mend it by:  ' if place == 0 else 'or by:       '} {fix['text']}"
