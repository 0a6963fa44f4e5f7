"""Broadcasting: how the shapes of tensors that are combined element by element are aligned.

https://docs.pytorch.org/docs/stable/notes/broadcasting.html
"""

from __future__ import annotations

from typing import Any

from .formula import FormulaError, Scope, Value, equal, relate, show

Size = Any  # int | Dim


def broadcast(scope: Scope, *shapes: Value) -> Value:
    """Align shapes at their last dimensions; sizes must be equal, or 1."""
    given = [shape for shape in shapes if shape is not None]
    rank = max((len(shape) for shape in given), default=0)
    found: list[Size] = []
    for place in range(rank):
        size: Size = 1
        for shape in given:
            index = place - rank + len(shape)
            if index >= 0:
                size = _together(scope, size, shape[index], given, place - rank)
        found.append(size)
    return tuple(found)


def _together(scope: Scope, one: Size, two: Size, shapes: list[Value], dim: int) -> Size:
    if type(two) is int and two == 1:
        return one
    if type(one) is int and one == 1:
        return two
    same = equal(one, two)
    if same is True:
        return one
    if same is not False and scope.choose(same, prefer=True):
        return two if isinstance(two, int) else one
    for size, other in ((one, two), (two, one)):
        alone = relate(size, "==", 1)
        if alone is True or (alone is not False and scope.choose(alone, prefer=False)):
            return other
    text = " and ".join(show(shape) or "()" for shape in shapes)
    raise FormulaError(
        f"{text} don't broadcast: {show(one)} and {show(two)} at dimension {dim}"
        " differ and neither is 1"
    )
