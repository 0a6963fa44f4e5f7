"""Broadcasting: how the shapes of tensors that are combined element by element are aligned.

https://docs.pytorch.org/docs/stable/notes/broadcasting.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from .dims import Dim, maximum
from .formula import FormulaError, Scope, Value, equal, relate, show
from .relations import Relation, all_of, any_of

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
                misfit = partial(_misfit, size, shape[index], given, place - rank)
                size = together(scope, size, shape[index], misfit)
        found.append(size)
    return tuple(found)


def together(scope: Scope, one: Size, two: Size, misfit: Callable[[], str]) -> Size:
    """Give the size that two sizes have together, which are equal, or of which one is 1."""
    if type(two) is int and two == 1:
        return one
    if type(one) is int and one == 1:
        return two
    ways = _ways(scope, one, two)
    for relation, size in ways:
        if relation is True:
            return size
    sizes = dict.fromkeys(size for _, size in ways)
    if len(sizes) == 1 or (len(ways) > 1 and scope.unites and _hold_something(scope, sizes)):
        scope.require(any_of([relation for relation, _ in ways]), misfit)
        return next(iter(sizes)) if len(sizes) == 1 else _greater(scope, one, two)
    for index, (relation, size) in enumerate(ways):
        if scope.choose(relation, prefer=index == 0):
            return size
    raise FormulaError(misfit())


def _ways(scope: Scope, one: Size, two: Size) -> list[tuple[Relation | bool, Size]]:
    """Give the ways in which two sizes may fit, and the size that comes out in each."""
    same = equal(one, two)
    if same is False and not (isinstance(one, Dim) or isinstance(two, Dim)):
        return []
    ways: list[tuple[Relation | bool, Size]] = []
    if same is True or scope.possible(same):
        ways.append((same, two if isinstance(two, int) else one))
    for size, other in ((one, two), (two, one)):
        alone = relate(size, "==", 1)
        if alone is True or scope.possible(all_of([alone, relate(other, "!=", 1)])):
            ways.append((alone, other))
    return ways


def _hold_something(scope: Scope, sizes: Iterable[Size]) -> bool:
    """Say whether no size can be 0, so that the greater of two is the one that is not 1."""
    return all(scope.holds(relate(size, ">=", 1)) for size in sizes)


def _greater(scope: Scope, one: Size, two: Size) -> Size:
    for size, other in ((one, two), (two, one)):
        if scope.holds(relate(size, ">=", other)):
            return size
    return maximum(one, two)


def _misfit(one: Size, two: Size, shapes: list[Value], dim: int) -> str:
    text = " and ".join(show(shape) or "()" for shape in shapes)
    return (
        f"{text} don't broadcast: {show(one)} and {show(two)} at dimension {dim}"
        " differ and neither is 1"
    )
