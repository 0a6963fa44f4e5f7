"""The rows of the table that `infer` shows: layers, and the blocks they stand in."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from ..formula import show
from ..infer import Result
from ..net import Layer, Size
from ..propagate import Step
from ..syntax import to_text

NOTHING = "–"
KINDS = ("layer", "block", "failed", "skipped", "total")


class Row(NamedTuple):
    """A row: its cells, how deep it stands in blocks, and of what kind it is."""

    cells: tuple[str, ...]
    depth: int
    kind: str  # one of KINDS


class Column(NamedTuple):
    """A column: its title, whether it is set right, how a step or several folded ones fill it."""

    title: str
    right: bool
    cell: Callable[[Step], str]
    fold: Callable[[Sequence[Step]], str] | None = None


def printable(text: str) -> str:
    """Write a name without what would move a terminal's cursor or break a picture."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def number(size: Size) -> str:
    """Write a count with thousands separators; expressions stay as they are."""
    return f"{size:,}" if isinstance(size, int) else str(size)


def shapes_text(shapes: Sequence[tuple[Size, ...]]) -> str:
    """Write a layer's outputs."""
    return ", ".join(show(shape) or "()" for shape in shapes) or NOTHING


def _outputs(step: Step) -> str:
    return shapes_text(step.shapes)


def call_text(step: Step) -> str:
    """Write a layer's call, and whose module it calls again."""
    if step.layer.call is None:
        return f"alias of {step.layer.alias}"
    text = to_text(step.layer.call)
    return f"{text}, shared with {step.layer.shares}" if step.layer.shares else text


def counted(size: Size) -> str:
    """Write a count; what has none is left blank."""
    if isinstance(size, int):
        return number(size) if size else ""
    return str(size)


def total(sizes: Iterable[Size]) -> Size:
    """Add sizes up."""
    found: Size = 0
    for size in sizes:
        found = found + size
    return found


def _parameters(steps: Sequence[Step]) -> str:
    return counted(total(step.parameter_count for step in steps))


def _macs(steps: Sequence[Step]) -> str:
    return counted(total(step.macs for step in steps))


BASE = (
    Column("Type", False, call_text),
    Column("Output shape", False, _outputs, lambda steps: _outputs(steps[-1])),
    Column("Parameters", True, lambda step: _parameters([step]), _parameters),
    Column("MACs", True, lambda step: _macs([step]), _macs),
)


def columns_of(names: Sequence[str], result: Result) -> tuple[Column, ...]:
    """Give the columns after the first, which holds layers' names."""
    if not names:
        return BASE
    from .details import detail_columns

    return (*BASE, *detail_columns(names, result))


def rows_of(result: Result, columns: Sequence[Column], depth: int | None = None) -> list[Row]:
    """Give the rows: blocks before the layers in them, folded into one row below `depth`."""
    steps = {step.layer.name: step for step in result.steps}
    failed = {error.layer for error in result.errors}
    rows: list[Row] = []
    above: tuple[str, ...] = ()
    for path, group in _groups(result.net.layers, depth):
        blocks = path[:-1]
        rows.extend(
            Row((blocks[place], *[""] * len(columns)), place, "block")
            for place in range(_common(above, blocks), len(blocks))
        )
        above = blocks
        cells, kind = _cells(group, len(path), steps, failed, columns)
        rows.append(Row((path[-1], *cells), len(blocks), kind))
    return rows


def _groups(
    layers: Iterable[Layer], depth: int | None
) -> Iterator[tuple[tuple[str, ...], list[Layer]]]:
    """Yield layers one by one, those below `depth` together with their neighbours in the block."""
    for path, group in groupby(layers, lambda layer: tuple(layer.name.split(".")[:depth])):
        items = list(group)
        if all(layer.name.count(".") < len(path) for layer in items):
            yield from ((path, [layer]) for layer in items)
        else:
            yield path, items


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Count the blocks that two places share from the top."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _cells(
    group: list[Layer],
    width: int,
    steps: Mapping[str, Step],
    failed: Container[str | None],
    columns: Sequence[Column],
) -> tuple[list[str], str]:
    """Fill a row's cells, and say of what kind it is."""
    layer = group[-1]
    done = [steps[item.name] for item in group if item.name in steps]
    folded = len(group) > 1 or layer.name.count(".") >= width
    kind = "failed" if any(item.name in failed for item in group) else "layer"
    if len(done) < len(group):
        kind = "failed" if kind == "failed" else "skipped"
        text = _many(len(group)) if folded else to_text(layer.call) if layer.call else ""
        return [text, *[""] * (len(columns) - 1)], kind
    if not folded:
        return [column.cell(done[0]) for column in columns], kind
    cells = [column.fold(done) if column.fold else "" for column in columns]
    return [_many(len(group)), *cells[1:]], "block"


def _many(layers: int) -> str:
    return "1 layer" if layers == 1 else f"{layers} layers"
