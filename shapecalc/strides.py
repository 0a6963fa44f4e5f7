"""How the numbers of a tensor lie in memory, and which views that allows.

A tensor's strides say how many numbers further the next one along each dimension lies. A view gives
the same numbers another shape without moving any, which permuted or cut tensors don't always allow.
Strides that aren't known are None: what depends on them is not known either, and nothing is refused.

https://docs.pytorch.org/docs/stable/generated/torch.Tensor.view.html
"""

from __future__ import annotations

from typing import Any, TypeAlias

from .dims import Dim
from .formula import Scope, Value, equal, relate, show
from .relations import Relation

Size: TypeAlias = Any  # int | Dim
Strides: TypeAlias = "tuple[Size, ...] | None"


def in_order(shape: Value) -> tuple[Size, ...]:
    """Give the strides of a tensor whose last dimension runs fastest, and the first slowest.

    >>> in_order((2, 3, 4))
    (12, 4, 1)
    """
    found: list[Size] = []
    step: Size = 1
    for size in reversed(shape):
        found.append(step)
        step = step * (size if isinstance(size, Dim) else max(size, 1))
    return tuple(reversed(found))


def is_in_order(shape: Value, strides: tuple[Size, ...]) -> bool:
    """Say whether strides are those of a contiguous tensor; where a size is 1, they don't count."""
    pairs = zip(shape, strides, in_order(shape), strict=True)
    return all(size == 1 or own == wanted for size, own, wanted in pairs)


def dense(scope: Scope, shape: Value, strides: Strides) -> Strides:
    """Give the strides of a new tensor whose numbers lie in the order of the old, without gaps.

    Where symbolic sizes leave that order open, each is a case of its own; where cases are united,
    nothing is known.
    """
    if strides is None or _is_dense(shape, strides):
        return strides
    order = _from_the_nearest(scope, shape, strides)
    if order is None:
        return None
    found: list[Size] = [0] * len(shape)
    step: Size = 1
    for dim in order:
        found[dim] = step
        step = step * shape[dim]
    return tuple(found)


def gapless(shape: Value, strides: Strides) -> Strides:
    """Give the strides of a tensor that is copied only where it must be: not known if it has gaps."""
    return strides if strides is not None and _is_dense(shape, strides) else None


def pointwise(scope: Scope, shape: Value, strides: Strides, other: Value) -> Strides:
    """Give the strides of a function of a tensor and a number, element by element.

    Between two tensors the order hangs on both; then nothing is known.
    """
    return None if isinstance(other, tuple) and other else dense(scope, shape, strides)


def _is_dense(shape: Value, strides: tuple[Size, ...]) -> bool:
    rest = [(stride, size) for stride, size in zip(strides, shape, strict=True) if size != 1]
    step: Size = 1
    while rest:
        found = next((item for item in rest if item[0] == step), None)
        if found is None:
            return False
        rest.remove(found)
        step = step * found[1]
    return True


def _from_the_nearest(
    scope: Scope, shape: Value, strides: tuple[Size, ...]
) -> tuple[int, ...] | None:
    """Order dimensions by their strides as PyTorch does, which compares no stride of 0.

    What isn't compared stays where it is, so the order hangs on the way of sorting.
    """
    found = list(reversed(range(len(shape))))
    for place in range(1, len(found)):
        at = place
        for before in reversed(range(place)):
            one, two = found[before], found[at]
            if 0 in (strides[one], strides[two]):
                continue
            sides = [(strides[one], strides[two]), (strides[two], strides[one])]
            answers = [_is_below(scope, *pair) for pair in sides]
            if answers == [False, False]:
                answers[1] = _is_below(scope, shape[two], shape[one])
            if None in answers:
                return None
            if answers[0]:
                break
            if answers[1]:
                found[before], found[at] = two, one
                at = before
    return tuple(found)


def _is_below(scope: Scope, one: Size, two: Size) -> bool | None:
    return _decide(scope, relate(one, "<", two))


def _decide(scope: Scope, relation: Relation | bool) -> bool | None:
    """Say whether a relation holds; None where symbols leave it open and cases are united."""
    holds = scope.holds(relation)
    if holds is None and not scope.unites:
        return scope.choose(relation, prefer=False)
    return holds


def viewed(scope: Scope, shape: Value, strides: Strides, wanted: Value) -> Strides:
    """Give the strides of a view; demands that there is one.

    Where symbolic sizes leave it open, each relation that would let it through is a case of its own;
    where cases are united, only the general one counts.
    """
    if strides is None:
        return None
    found, chances = _decided(scope, shape, strides, wanted)
    if found is None:
        unless = f" (unless {' or '.join(map(str, chances))})" if 0 < len(chances) < 3 else ""
        scope.require(
            False,
            lambda: (
                f"the numbers of {show(shape)} don't lie in memory in the order that a view as"
                f" {show(wanted)} needs{unless}: reshape copies them, as contiguous does"
            ),
            "strides",
        )
    return found


def reshaped(scope: Scope, shape: Value, strides: Strides, wanted: Value) -> Strides:
    """Give the strides of a view where there is one, else of a copy."""
    if strides is None:
        return None
    found, chances = _decided(scope, shape, strides, wanted)
    return None if found is None and chances else found or in_order(wanted)


def _decided(
    scope: Scope, shape: Value, strides: tuple[Size, ...], wanted: Value
) -> tuple[Strides, list[Relation]]:
    """Lay a shape over numbers in memory, case by case where cases aren't united."""
    found, chances = _fitted(scope, shape, strides, wanted)
    while found is None and chances and not scope.unites:
        if scope.choose(chances.pop(0), prefer=False):
            found, chances = _fitted(scope, shape, strides, wanted)
    return found, chances


def expanded(scope: Scope, shape: Value, strides: Strides, wanted: Value) -> Strides:
    """Give the strides of a tensor that repeats itself along dimensions of size 1, without a copy.

    Where symbolic sizes leave open which these are, each way is a case of its own; where cases are
    united, nothing is known.
    """
    if strides is None:
        return None
    found: list[Size] = [0] * (len(wanted) - len(shape))
    for size, stride in zip(shape, strides, strict=True):
        is_one = _decide(scope, equal(size, 1))
        if is_one is None:
            return None
        found.append(0 if is_one else stride)
    return tuple(found)


def cut(shape: Value, strides: Value, index: Value) -> Strides:
    """Give the strides of what integers, slices, None and `...` in brackets cut out.

    Index tensors, lists and truth values copy: then nothing is known.

    >>> cut((4, 6, 8), (48, 8, 1), (0, slice(None, None, 2)))
    (16, 1)
    """
    items = index if type(index) is tuple else (index,)
    if strides is None:
        return None
    if shape and isinstance(shape[0], tuple):  # a tuple of tensors
        found: Strides = strides[index] if type(index) is int else None
        return found
    spare = len(strides) - sum(item is not None and item is not ... for item in items)
    made: list[Size] = []
    at = 0
    for item in items:
        if item is None:
            made.append(shape[at] * strides[at] if at < len(shape) else 1)
        elif item is ...:
            made += strides[at : at + spare]
            at, spare = at + spare, 0  # another `...` stands for nothing
        elif isinstance(item, slice):
            made.append(strides[at] * (1 if item.step is None else item.step))
            at += 1
        elif type(item) is int or isinstance(item, Dim):
            at += 1
        else:
            return None
    return (*made, *strides[at:])


def _fitted(
    scope: Scope, shape: Value, strides: tuple[Size, ...], wanted: Value
) -> tuple[Strides, list[Relation]]:
    """Lay a shape over numbers in memory, and say what else would let it fit.

    The dimensions are taken together, from the last on, while they lie as one; each such run must
    be filled by dimensions of the view.
    """
    if is_in_order(shape, strides):
        return in_order(wanted), []
    chances: list[Relation] = []
    if any(_same(scope, size, 0, chances) for size in shape):
        return in_order(wanted), []
    found = [0] * len(wanted)
    place = len(wanted)
    run: Size = 1  # how many numbers lie as one
    step = strides[-1]
    for at in reversed(range(len(shape))):
        run = run * shape[at]
        if at and (
            _same(scope, shape[at - 1], 1, chances)
            or _same(scope, strides[at - 1], run * step, chances)
        ):
            continue
        filled: Size = 1
        while place and (
            not _same(scope, filled, run, chances) or _same(scope, wanted[place - 1], 1, chances)
        ):
            place -= 1
            found[place] = filled * step
            filled = filled * wanted[place]
        if not _same(scope, filled, run, chances):
            return None, chances
        if at:
            run, step = 1, strides[at - 1]
    return (None, chances) if place else (tuple(found), [])


def _same(scope: Scope, one: Size, two: Size, chances: list[Relation] | None = None) -> bool:
    """Say whether two sizes are known to be equal; that they may be is noted."""
    relation = equal(one, two)
    if isinstance(relation, bool):
        return relation
    holds = scope.holds(relation)
    if holds is None and chances is not None:
        chances.append(relation)
    return holds is True
