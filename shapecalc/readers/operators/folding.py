"""Operators on known numbers, worked out while a graph is read. Which operator is which is data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, TypeAlias

from . import quantities as q
from .arrays import (
    Array,
    CannotFold,
    axis_of,
    broadcast_sizes,
    counted,
    cut,
    expanded,
    joined,
    mapped,
    offset,
    reduced,
    reshaped,
    scalar,
    taken,
    transposed,
    vector,
)
from .model import Stored
from .quantities import UNKNOWN, Sizes

Inputs: TypeAlias = "Sequence[Array | None]"
Attributes: TypeAlias = "Mapping[str, Any]"
Fold: TypeAlias = "Callable[[Inputs, Attributes, Sizes], list[Array]]"

_INTEGERS = frozenset({2, 3, 4, 5, 6, 7, 12, 13})  # TensorProto's numbers for types of integers
_BOOL = 9
_TEXT = 8


def _all(inputs: Inputs) -> list[Array]:
    found = [item for item in inputs if item is not None]
    if len(found) < len(inputs):
        raise CannotFold
    return found


def _unary(function: Callable[[Any, Sizes], Any], kind: str | None = None) -> Fold:
    def run(inputs: Inputs, _: Attributes, sizes: Sizes) -> list[Array]:
        (array,) = _all(inputs)
        return [mapped(lambda item: function(item, sizes), [array], kind)]

    return run


def _chain(function: Callable[[Any, Any, Sizes], Any], kind: str | None = None) -> Fold:
    """Combine two arrays or more, one after the other."""

    def run(inputs: Inputs, _: Attributes, sizes: Sizes) -> list[Array]:
        arrays = _all(inputs)

        def together(a: Any, b: Any) -> Any:
            return UNKNOWN if a is UNKNOWN or b is UNKNOWN else function(a, b, sizes)

        found = reduce(lambda left, right: mapped(together, [left, right]), arrays)
        return [found if kind is None else found._replace(kind=kind)]

    return run


def _divide(inputs: Inputs, _: Attributes, sizes: Sizes) -> list[Array]:
    arrays = _all(inputs)
    function = q.over if arrays[0].kind == "float" else q.divided
    return [mapped(lambda a, b: function(a, b, sizes), arrays)]


def _option(inputs: Inputs, place: int, attributes: Attributes, name: str, default: Any) -> Any:
    """Give what newer versions have as an input and older ones as an attribute."""
    array = inputs[place] if place < len(inputs) else None
    if array is not None:
        return array.value
    found = attributes.get(name)
    return default if found is None else found


def _axes(given: Any, rank: int) -> list[int]:
    items = given if isinstance(given, tuple) else (given,)
    return [axis_of(item, rank) for item in items]


# ------------------------------------------------------------------------------------ making


def _constant(_: Inputs, attributes: Attributes, __: Sizes) -> list[Array]:
    for name, value in attributes.items():
        if isinstance(value, Stored):
            if value.items is None:
                raise CannotFold
            return [Array(value.sizes, value.items, value.kind)]
        kind = name.removeprefix("value_").removesuffix("s")
        if kind in ("int", "float"):
            return [vector(value, kind) if isinstance(value, tuple) else scalar(value, kind)]
    raise CannotFold


def _filled(inputs: Inputs, attributes: Attributes, _: Sizes) -> list[Array]:
    (shape,) = _all(inputs)
    sizes = tuple(shape.numbers())
    value = attributes.get("value")
    item: Any = 0.0
    kind = "float"
    if isinstance(value, Stored) and value.items:
        item, kind = value.items[0], value.kind
    return [Array(sizes, (item,) * counted(sizes), kind)]


def _counting(inputs: Inputs, _: Attributes, __: Sizes) -> list[Array]:
    start, stop, step = (array.only for array in _all(inputs))
    if not all(type(item) is int for item in (start, stop, step)) or step == 0:
        raise CannotFold
    found = range(start, stop, step)
    counted([len(found)])
    return [vector(found)]


# ------------------------------------------------------------------------------------ shaping


def _same(inputs: Inputs, _: Attributes, __: Sizes) -> list[Array]:
    array = inputs[0]
    if array is None:
        raise CannotFold
    return [array]


def _cast(inputs: Inputs, attributes: Attributes, sizes: Sizes) -> list[Array]:
    (array,) = _all(inputs)
    code = attributes.get("to")
    if code in _INTEGERS:
        return [mapped(lambda item: q.whole(item, sizes), [array], "int")]
    if code == _BOOL:
        return [mapped(lambda item: q.truth(item, sizes), [array], "bool")]
    if code == _TEXT:
        raise CannotFold
    return [mapped(lambda item: q.floating(item, sizes), [array], "float")]


def _squeeze(inputs: Inputs, attributes: Attributes, _: Sizes) -> list[Array]:
    array = inputs[0]
    if array is None:
        raise CannotFold
    given = _option(inputs, 1, attributes, "axes", None)
    rank = len(array.sizes)
    at = range(rank) if given is None else _axes(given, rank)
    sizes = [size for place, size in enumerate(array.sizes) if place not in at or size != 1]
    return [reshaped(array, sizes)]


def _unsqueeze(inputs: Inputs, attributes: Attributes, _: Sizes) -> list[Array]:
    array = inputs[0]
    if array is None:
        raise CannotFold
    given = _option(inputs, 1, attributes, "axes", ())
    rank = len(array.sizes) + len(given if isinstance(given, tuple) else (given,))
    at = _axes(given, rank)
    own = iter(array.sizes)
    return [reshaped(array, [1 if place in at else next(own) for place in range(rank)])]


def _reshape(inputs: Inputs, attributes: Attributes, _: Sizes) -> list[Array]:
    array = inputs[0]
    wanted = _option(inputs, 1, attributes, "shape", None)
    if array is None or not isinstance(wanted, tuple):
        raise CannotFold
    keep = not attributes.get("allowzero")
    sizes = []
    for place, size in enumerate(wanted):
        if type(size) is not int or (size == 0 and keep and place >= len(array.sizes)):
            raise CannotFold
        sizes.append(array.sizes[place] if size == 0 and keep else size)
    return [reshaped(array, sizes)]


def _flatten(inputs: Inputs, attributes: Attributes, _: Sizes) -> list[Array]:
    (array,) = _all(inputs)
    rank = len(array.sizes)
    axis = attributes.get("axis", 1)
    front = math.prod(array.sizes[: axis if axis >= 0 else axis + rank])
    return [reshaped(array, [front, len(array.items) // front if front else 0])]


def _transpose(inputs: Inputs, attributes: Attributes, _: Sizes) -> list[Array]:
    (array,) = _all(inputs)
    order = attributes.get("perm")
    return [transposed(array, range(len(array.sizes))[::-1] if order is None else order)]


def _expand(inputs: Inputs, _: Attributes, __: Sizes) -> list[Array]:
    array, shape = _all(inputs)
    sizes = broadcast_sizes([array.sizes, tuple(shape.numbers())])
    counted(sizes)
    return [expanded(array, sizes)]


def _tile(inputs: Inputs, _: Attributes, __: Sizes) -> list[Array]:
    array, times = _all(inputs)
    found = array
    for axis, count in enumerate(times.numbers()):
        counted([*found.sizes, count])
        if count < 1:
            raise CannotFold
        found = joined([found] * count, axis)
    return [found]


# ------------------------------------------------------------------------------------- picking


def _gather(inputs: Inputs, attributes: Attributes, _: Sizes) -> list[Array]:
    array, places = _all(inputs)
    return [taken(array, axis_of(attributes.get("axis", 0), len(array.sizes)), places)]


def _slice(inputs: Inputs, attributes: Attributes, _: Sizes) -> list[Array]:
    array = inputs[0]
    if array is None:
        raise CannotFold
    starts = _option(inputs, 1, attributes, "starts", ())
    ends = _option(inputs, 2, attributes, "ends", ())
    axes = _option(inputs, 3, attributes, "axes", tuple(range(len(starts))))
    steps = _option(inputs, 4, attributes, "steps", (1,) * len(starts))
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        if not all(type(item) is int for item in (start, end, step)) or step == 0:
            raise CannotFold
        place = axis_of(axis, len(array.sizes))
        size = array.sizes[place]
        stop = None if step < 0 and end < -size else end
        array = cut(array, place, slice(start, stop, step))
    return [array]


def _concat(inputs: Inputs, attributes: Attributes, _: Sizes) -> list[Array]:
    arrays = _all(inputs)
    return [joined(arrays, axis_of(attributes.get("axis", 0), len(arrays[0].sizes)))]


def _split(inputs: Inputs, attributes: Attributes, _: Sizes) -> list[Array]:
    array = inputs[0]
    if array is None:
        raise CannotFold
    axis = axis_of(attributes.get("axis", 0), len(array.sizes))
    sizes = _option(inputs, 1, attributes, "split", None)
    if not isinstance(sizes, tuple):
        count = attributes.get("outputs") or 1
        step = -(-array.sizes[axis] // count)
        sizes = (step,) * count
    found, start = [], 0
    for size in sizes:
        if type(size) is not int:
            raise CannotFold
        found.append(cut(array, axis, slice(start, start + size)))
        start += size
    return found


def _where(inputs: Inputs, _: Attributes, __: Sizes) -> list[Array]:
    test, yes, no = _all(inputs)
    if not all(isinstance(item, bool) for item in test.items):
        raise CannotFold
    return [mapped(lambda c, a, b: a if c else b, [test, yes, no], yes.kind)]


def _reduce(function: Callable[[Any, Any, Sizes], Any]) -> Fold:
    def run(inputs: Inputs, attributes: Attributes, sizes: Sizes) -> list[Array]:
        array = inputs[0]
        if array is None or not array.items:
            raise CannotFold
        rank = len(array.sizes)
        given = _option(inputs, 1, attributes, "axes", None)
        if not given and attributes.get("noop_with_empty_axes"):
            return [array]
        at = _axes(given, rank) if given else list(range(rank))
        keep = bool(attributes.get("keepdims", 1))

        def together(items: list[Any]) -> Any:
            return reduce(lambda a, b: function(a, b, sizes), items)

        return [reduced(array, at, together, keep=keep)]

    return run


def _nonzero(inputs: Inputs, _: Attributes, sizes: Sizes) -> list[Array]:
    (array,) = _all(inputs)
    places = [
        index
        for index in _indices(array.sizes)
        if q.truth(array.items[offset(array.sizes, index)], sizes)
    ]
    rank = len(array.sizes)
    items = [index[axis] for axis in range(rank) for index in places]
    return [Array((rank, len(places)), tuple(items))]


def _indices(sizes: tuple[int, ...]) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = [()]
    for size in sizes:
        found = [(*index, place) for index in found for place in range(size)]
    return found


# The names of `fold` in onnx.yaml.
FOLDS: dict[str, Fold] = {
    "constant": _constant,
    "filled": _filled,
    "counting": _counting,
    "same": _same,
    "cast": _cast,
    "squeeze": _squeeze,
    "unsqueeze": _unsqueeze,
    "reshape": _reshape,
    "flatten": _flatten,
    "transpose": _transpose,
    "expand": _expand,
    "tile": _tile,
    "gather": _gather,
    "slice": _slice,
    "concat": _concat,
    "split": _split,
    "where": _where,
    "nonzero": _nonzero,
    "plus": _chain(q.plus),
    "minus": _chain(lambda a, b, sizes: q.plus(a, q.negative(b, sizes), sizes)),
    "times": _chain(q.times),
    "over": _divide,
    "rest": _chain(q.rest),
    "power": _chain(q.power),
    "larger": _chain(q.larger),
    "smaller": _chain(q.smaller),
    **{
        name: _chain(q.compared(operator), "bool")
        for name, operator in {
            "equal": "==",
            "below": "<",
            "at_most": "<=",
            "above": ">",
            "at_least": ">=",
        }.items()
    },
    "both": _chain(lambda a, b, sizes: q.truth(a, sizes) and q.truth(b, sizes)),
    "either": _chain(lambda a, b, sizes: q.truth(a, sizes) or q.truth(b, sizes)),
    "not": _unary(lambda item, sizes: not q.truth(item, sizes)),
    "negative": _unary(q.negative),
    "absolute": _unary(lambda item, sizes: q.larger(item, q.negative(item, sizes), sizes)),
    "down": _unary(q.rounded_down),
    "up": _unary(q.rounded_up),
    "root": _unary(q.of_float(math.sqrt)),
    "exponential": _unary(q.of_float(math.exp)),
    "logarithm": _unary(q.of_float(math.log)),
    "inverse": _unary(lambda item, sizes: q.over(1.0, item, sizes)),
    "sum": _reduce(q.plus),
    "product": _reduce(q.times),
    "largest": _reduce(q.larger),
    "smallest": _reduce(q.smaller),
}
