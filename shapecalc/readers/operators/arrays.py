"""Small arrays of numbers and sizes, worked out while a graph is read: what becomes of `Shape`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

from .model import MAX_ITEMS


class CannotFold(Exception):
    """What an operator gives isn't known before the net runs."""


class Array(NamedTuple):
    """Numbers in row-major order; `kind` is int, float, bool or text.

    An item is a number, a size (`Dim`), a `Ratio` of sizes, or `UNKNOWN`.
    """

    sizes: tuple[int, ...]
    items: tuple[Any, ...]
    kind: str = "int"

    @property
    def value(self) -> Any:
        """The array as nested tuples; without dimensions, its one item."""
        return _nested(self.sizes, self.items)

    @property
    def only(self) -> Any:
        """The one item of an array that has just one."""
        if len(self.items) != 1:
            raise CannotFold
        return self.items[0]

    def numbers(self) -> list[int]:
        """Give the items where all of them are plain integers."""
        if not all(type(item) is int for item in self.items):
            raise CannotFold
        return list(self.items)


def _nested(sizes: tuple[int, ...], items: Sequence[Any]) -> Any:
    if not sizes:
        return items[0]
    if len(sizes) == 1:
        return tuple(items)
    step = prod(sizes[1:])
    return tuple([_nested(sizes[1:], items[at * step : (at + 1) * step]) for at in range(sizes[0])])


def vector(items: Iterable[Any], kind: str = "int") -> Array:
    """Make an array of one dimension."""
    found = tuple(items)
    return Array((len(found),), found, kind)


def scalar(item: Any, kind: str = "int") -> Array:
    """Make an array without dimensions."""
    return Array((), (item,), kind)


def counted(sizes: Sequence[int]) -> int:
    """Count the items of an array, and refuse too many."""
    count = prod(sizes)
    if count > MAX_ITEMS or any(size < 0 for size in sizes):
        raise CannotFold
    return count


def offset(sizes: Sequence[int], place: Sequence[int]) -> int:
    """Give where an item stands."""
    at = 0
    for size, index in zip(sizes, place, strict=True):
        at = at * size + index
    return at


def picked(
    array: Array, sizes: Sequence[int], place: Callable[[tuple[int, ...]], Sequence[int]]
) -> Array:
    """Make an array whose items are taken from another: `place` says from where."""
    counted(sizes)
    items = [
        array.items[offset(array.sizes, place(index))] for index in product(*map(range, sizes))
    ]
    return Array(tuple(sizes), tuple(items), array.kind)


def axis_of(axis: Any, rank: int) -> int:
    """Give a dimension's number from the front."""
    if type(axis) is not int or not -rank <= axis < rank:
        raise CannotFold
    return axis % rank


def broadcast_sizes(shapes: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """Give the sizes that arrays broadcast to."""
    found: list[int] = []
    for sizes in shapes:
        own = list(sizes)
        found = [1] * (len(own) - len(found)) + found
        own = [1] * (len(found) - len(own)) + own
        for at, (have, size) in enumerate(zip(found, own, strict=True)):
            if have != size and 1 not in (have, size):
                raise CannotFold
            found[at] = size if have == 1 else have
    return tuple(found)


def expanded(array: Array, sizes: tuple[int, ...]) -> Array:
    """Repeat dimensions of size 1."""
    if array.sizes == sizes:
        return array
    lead = len(sizes) - len(array.sizes)
    return picked(
        array,
        sizes,
        lambda index: [
            0 if size == 1 else at for at, size in zip(index[lead:], array.sizes, strict=True)
        ],
    )


def mapped(function: Callable[..., Any], arrays: Sequence[Array], kind: str | None = None) -> Array:
    """Combine arrays item by item."""
    sizes = broadcast_sizes([array.sizes for array in arrays])
    counted(sizes)
    columns = [expanded(array, sizes).items for array in arrays]
    items = tuple([function(*row) for row in zip(*columns, strict=True)])
    return Array(sizes, items, arrays[0].kind if kind is None else kind)


def reshaped(array: Array, sizes: Sequence[int]) -> Array:
    """Give the items another shape; one size may be -1."""
    wanted = list(sizes)
    if wanted.count(-1) == 1:
        rest = prod(size for size in wanted if size != -1)
        if rest == 0 or len(array.items) % rest:
            raise CannotFold
        wanted[wanted.index(-1)] = len(array.items) // rest
    if prod(wanted) != len(array.items) or any(size < 0 for size in wanted):
        raise CannotFold
    return Array(tuple(wanted), array.items, array.kind)


def transposed(array: Array, order: Sequence[int]) -> Array:
    """Put the dimensions in another order."""
    if sorted(order) != list(range(len(array.sizes))):
        raise CannotFold
    sizes = [array.sizes[at] for at in order]
    back = [list(order).index(at) for at in range(len(order))]
    return picked(array, sizes, lambda index: [index[at] for at in back])


def taken(array: Array, axis: int, places: Array) -> Array:
    """Take places of a dimension; the indices' dimensions stand in its place."""
    own = array.sizes[axis]
    at = [index + own if index < 0 else index for index in places.numbers()]
    if not all(0 <= index < own for index in at):
        raise CannotFold
    inside = len(places.sizes)
    sizes = (*array.sizes[:axis], *places.sizes, *array.sizes[axis + 1 :])
    return picked(
        array,
        sizes,
        lambda index: [
            *index[:axis],
            at[offset(places.sizes, index[axis : axis + inside])],
            *index[axis + inside :],
        ],
    )


def cut(array: Array, axis: int, part: slice) -> Array:
    """Take a slice of a dimension."""
    places = range(array.sizes[axis])[part]
    sizes = (*array.sizes[:axis], len(places), *array.sizes[axis + 1 :])
    return picked(
        array, sizes, lambda index: [*index[:axis], places[index[axis]], *index[axis + 1 :]]
    )


def joined(arrays: Sequence[Array], axis: int) -> Array:
    """Join arrays along a dimension."""
    first = arrays[0]
    beside = (*first.sizes[:axis], *first.sizes[axis + 1 :])
    if any((*item.sizes[:axis], *item.sizes[axis + 1 :]) != beside for item in arrays):
        raise CannotFold
    spots = [(array, at) for array in arrays for at in range(array.sizes[axis])]
    sizes = (*first.sizes[:axis], len(spots), *first.sizes[axis + 1 :])
    counted(sizes)
    items = []
    for index in product(*map(range, sizes)):
        array, at = spots[index[axis]]
        items.append(array.items[offset(array.sizes, [*index[:axis], at, *index[axis + 1 :]])])
    return Array(sizes, tuple(items), first.kind)


def reduced(
    array: Array, axes: Sequence[int], function: Callable[[list[Any]], Any], *, keep: bool
) -> Array:
    """Put one item in the place of all those along dimensions."""
    groups: dict[tuple[int, ...], list[Any]] = {}
    for index in product(*map(range, array.sizes)):
        key = tuple([0 if at in axes else place for at, place in enumerate(index)])
        groups.setdefault(key, []).append(array.items[offset(array.sizes, index)])
    sizes = [1 if at in axes else size for at, size in enumerate(array.sizes)]
    kept = sizes if keep else [size for at, size in enumerate(sizes) if at not in axes]
    items = tuple([function(groups[key]) for key in sorted(groups)])
    return Array(tuple(kept), items, array.kind)
