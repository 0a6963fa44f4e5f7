"""Indexing: the shape of what stands in brackets behind a tensor.

https://docs.pytorch.org/docs/stable/tensor_view.html
"""

from __future__ import annotations

from typing import Any

from .broadcasting import broadcast
from .dims import Dim, ceil_div, maximum, minimum
from .formula import FormulaError, Scope, Value, equal, relate, show
from .relations import Relation, all_of, any_of

Size = Any  # int | Dim


class List(tuple[Any, ...]):
    """A tuple that was written as a list, which indexes otherwise than a tuple does."""

    __slots__ = ()


def slice_length(scope: Scope, size: Value, part: Value) -> Value:
    """Count the elements that `start:stop:step` takes from `size` of them; PyTorch needs step > 0."""
    step = 1 if part.step is None else part.step
    if not isinstance(step, int) or step < 1:
        raise FormulaError(f"a slice's step must be at least 1, not {show(step)}", step)
    begin = 0 if part.start is None else part.start
    for end in (begin, part.stop):
        if isinstance(end, float):
            raise FormulaError(
                f"the slice {show(begin)}:{show(part.stop)} needs whole numbers", end
            )
    known = isinstance(begin, int) and (part.stop is None or isinstance(part.stop, int))
    if isinstance(size, Dim) and known:
        length = _symbolic_length(size, begin, part.stop)
    else:
        start = _bound(scope, begin, size) if begin != 0 else 0
        length = (size if part.stop is None else _bound(scope, part.stop, size)) - start
    if type(length) is int:
        return max(0, -(-length // step))
    count = ceil_div(length, step)
    known_whole = length is size or scope.holds(relate(count, ">=", 0))
    return count if known_whole else maximum(0, count)


def _symbolic_length(size: Dim, start: int, stop: int | None) -> Value:
    """Count what `start:stop` takes of a size that is at least 0; below 0 means nothing."""
    if start >= 0 and stop is None:
        return size - start if start else size
    if start >= 0 and stop is not None:
        return size + stop - start if stop < 0 else minimum(size, stop) - start
    end = size if stop is None else size + stop if stop < 0 else minimum(size, stop)
    return end - maximum(size + start, 0)


def _bound(scope: Scope, at: Value, size: Value) -> Value:
    if type(at) is int and type(size) is int:
        return min(max(at + size if at < 0 else at, 0), size)
    if type(at) is int:
        return maximum(size + at, 0) if at < 0 else minimum(at, size)
    negative = relate(at, "<", 0)
    if negative is True or (negative is not False and scope.choose(negative, prefer=False)):
        return maximum(at + size, 0)
    return at if scope.holds(relate(at, "<=", size)) else minimum(at, size)


def getitem(scope: Scope, shape: Value, index: Value) -> Value:
    """Index a shape as a tensor is: integers, slices, None, `...`, bools, lists and index tensors.

    A tuple of tensors is indexed by a number or a slice.
    """
    if any(isinstance(part, tuple) for part in shape):
        return _part(scope, shape, index)
    # A list that holds more than numbers counts as a tuple.
    whole = type(index) is tuple or (type(index) is List and any(map(_is_compound, index)))
    items = tuple(index) if whole else (index,)
    used = sum(_takes(item) for item in items)
    if used > len(shape):
        raise FormulaError(f"{used} indices for a tensor of {len(shape)} dimensions")
    found: list[Size] = []
    spots: list[tuple[int, int]] = []  # items that are index tensors, and where they would stand
    inside: list[tuple[Value, Size]] = []  # lists of places, and the sizes they must lie in
    place = 0
    for number, item in enumerate(items):
        if _takes(item) and place >= len(shape):
            raise FormulaError(f"too many indices for a tensor of {len(shape)} dimensions")
        if item is ...:
            wide = len(shape) - used
            found += shape[place : place + wide]
            place += wide
        elif item is None:
            found.append(1)
        elif isinstance(item, slice):
            found.append(slice_length(scope, shape[place], item))
        elif _gathers(item):
            spots.append((number, len(found)))
            inside += [(item, shape[place])] if _takes(item) else []
        else:
            _demand_inside(scope, item, shape[place])
        place += _takes(item)
    found += shape[place:]
    if spots:
        at = spots[0][1] if _adjacent(items, spots[0][0], spots[-1][0], len(shape) - used) else 0
        found[at:at] = broadcast(scope, *(_index_shape(items[number]) for number, _ in spots))
    _demand_places(scope, inside, found)
    return tuple(found)


def _part(scope: Scope, parts: Value, index: Value) -> Value:
    if isinstance(index, Dim):
        inside = all_of([relate(index, ">=", -len(parts)), relate(index, "<", len(parts))])
        scope.require(inside, lambda: f"there are {len(parts)} tensors, numbered from 0")
    bounds = (index.start, index.stop, index.step) if isinstance(index, slice) else (index,)
    if all(type(bound) is int or (bound is None and len(bounds) > 1) for bound in bounds):
        try:
            found = parts[index]
        except (IndexError, ValueError):
            found = None
        if found is not None and (len(bounds) == 1 or len(found) > 0):
            return found
    raise FormulaError(f"there are {len(parts)} tensors, numbered from 0", *bounds)


def _adjacent(items: tuple[Value, ...], first: int, last: int, hidden: int) -> bool:
    """Say whether nothing but integers stands between index tensors; else their sizes come first."""
    return all(
        _gathers(item) or _is_integer(item) or (item is ... and hidden == 0)
        for item in items[first : last + 1]
    )


def _demand_places(scope: Scope, inside: list[tuple[Value, Size]], found: list[Size]) -> None:
    """Demand that lists name places that are there; PyTorch looks only where it takes something."""
    empty = any_of([equal(size, 0) for size in found])
    for item, size in inside:
        if not hasattr(item, "shape"):
            nothing = all_of([empty, relate(size, "!=", 0)])
            for wanted in flat(item):
                _demand_inside(scope, wanted, size, nothing)


def _is_integer(item: Value) -> bool:
    return isinstance(item, (int, Dim)) and not isinstance(item, bool)


def _is_compound(item: Value) -> bool:
    return item is None or item is ... or isinstance(item, (tuple, slice))


def _gathers(item: Value) -> bool:
    """Say whether an index picks places by a tensor, a list, or a truth value."""
    return isinstance(item, (tuple, bool)) or hasattr(item, "shape")


def _takes(item: Value) -> int:
    """Count the dimensions that an index takes up."""
    if item is None or item is ... or isinstance(item, bool):
        return 0
    if _gathers(item) or _is_integer(item) or isinstance(item, slice):
        return 1
    raise FormulaError(f"{show(item)} is not an index")


def _index_shape(item: Value) -> Value:
    if isinstance(item, bool):
        return (int(item),)
    if not hasattr(item, "shape") and not all(map(_is_integer, flat(item))):
        raise FormulaError(f"{show(item)} is not an index")
    return nested(item)


def flat(items: Value) -> list[Value]:
    """List what nested tuples hold."""
    if not isinstance(items, tuple):
        return [items]
    return [inside for item in items for inside in flat(item)]


def nested(items: Value) -> Value:
    """Give the shape of nested tuples, as a tensor of them has it."""
    if hasattr(items, "shape"):
        return items.shape
    if not isinstance(items, tuple):
        if isinstance(items, (int, float, Dim)):
            return ()
        raise FormulaError(f"{show(items)} is not a number")
    if items and 0 in nested(items[0]):  # PyTorch looks at the first, and no further if it is empty
        return (len(items), *nested(items[0]))
    shapes = [nested(item) for item in items]
    if any(shape != shapes[0] for shape in shapes):
        raise FormulaError("nested tuples of different lengths make no tensor")
    return (len(items), *(shapes[0] if shapes else ()))


def _demand_inside(scope: Scope, at: Value, size: Value, unless: Relation | bool = False) -> None:
    """Demand that a place is there, unless something holds."""
    if isinstance(at, Dim):
        there = all_of([relate(at, "<", size), relate(at + size, ">=", 0)])
    else:
        there = relate(size, ">=", -at if at < 0 else at + 1)
    scope.require(
        any_of([unless, there]),
        lambda: f"index {show(at)} is out of bounds for a dimension of size {show(size)}",
    )
