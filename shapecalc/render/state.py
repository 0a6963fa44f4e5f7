"""What `params` shows people: the state_dict as a list."""

from __future__ import annotations

from ..formula import show
from ..net import Shape, Size
from ..state import StateDict
from . import tables
from .rows import number

TITLES = ("Name", "Shape", "Elements", "")


def state_text(state: StateDict, *, width: int | None = None, color: bool = False) -> str:
    """Write parameters and buffers with their shapes, and the count below."""
    rows = [
        ((name, show(shape) or "()", number(_numel(shape)), kind), "layer")
        for shapes, kind in ((state.parameters, ""), (state.buffers, "buffer"))
        for name, shape in shapes.items()
    ]
    rows.append((("parameters", "", number(state.count), ""), "total"))
    return tables.draw(TITLES, rows, (False, False, True, False), width=width, color=color)


def _numel(shape: Shape) -> Size:
    count: Size = 1
    for size in shape:
        count = count * size
    return count
