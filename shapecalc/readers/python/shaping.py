"""Functions of numpy of which the shapes are followed and the numbers are not."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from .arrays import from_nested
from .numbers import is_number
from .values import Array, Keywords, Opaque, Tensor, Value

if TYPE_CHECKING:
    from .machine import Machine

Rule = Callable[["Machine", "list[Value]", Keywords], Value]


def sizes_of(machine: Machine, value: Value) -> tuple[int, ...]:
    """Give a shape that is written as one number or as several."""
    items = value if isinstance(value, (tuple, list)) else (value,)
    return tuple([machine.pin(item) for item in items])


def _open_sizes(machine: Machine, value: Value) -> tuple[Value, ...]:
    """Give a shape as it is written: random numbers may have sizes that are symbols."""
    items = value if isinstance(value, (tuple, list)) else (value,)
    for item in items:
        if isinstance(item, Opaque):
            raise machine.unknown(item, "a size of this array")
    return tuple(items)


def _shape(machine: Machine, value: Value) -> tuple[int, ...]:
    if is_number(value) or isinstance(value, (list, tuple, Array, Tensor)):
        return from_nested(machine, value)[0]
    return from_nested(machine, machine.collect(value))[0]


def _elementwise(machine: Machine, given: list[Value], named: Keywords) -> Value:
    value = given[0]
    if isinstance(value, Opaque):
        return value
    if is_number(value):
        return Opaque("a number that numpy works out")
    return Array(_shape(machine, value), None)


def _drawn(place: int) -> Rule:
    """Stand for random numbers, whose size is the argument at a place."""

    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        size = given[place] if len(given) > place else named.get("size")
        if size is None:
            return Opaque("a random number", machine.here())
        return Array(_open_sizes(machine, size), None)

    return run


def _drawn_plainly(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for `np.random.rand(2, 3)`."""
    if not given:
        return Opaque("a random number", machine.here())
    return Array(_open_sizes(machine, tuple(given)), None)


def _axis(named: Keywords, given: list[Value], place: int, default: Value) -> Value:
    return given[place] if len(given) > place else named.get("axis", default)


def _concatenate(machine: Machine, given: list[Value], named: Keywords) -> Value:
    shapes = [_shape(machine, item) for item in machine.iterate(given[0])]
    axis = _axis(named, given, 1, 0)
    if axis is None:
        return Array((sum(math.prod(shape) for shape in shapes),), None)
    place = range(len(shapes[0]))[machine.pin(axis)]
    rests = {(*shape[:place], *shape[place + 1 :]) for shape in shapes}
    if len(rests) > 1:
        raise machine.fail("ValueError", "the arrays don't fit one another")
    joined = sum(shape[place] for shape in shapes)
    return Array((*shapes[0][:place], joined, *shapes[0][place + 1 :]), None)


def _append(machine: Machine, given: list[Value], named: Keywords) -> Value:
    axis = _axis(named, given, 2, None)
    return _concatenate(machine, [list(given[:2]), axis], {})


def _stack(machine: Machine, given: list[Value], named: Keywords) -> Value:
    shapes = [_shape(machine, item) for item in machine.iterate(given[0])]
    if len(set(shapes)) > 1:
        raise machine.fail("ValueError", "all input arrays must have the same shape")
    place = range(len(shapes[0]) + 1)[machine.pin(_axis(named, given, 1, 0))]
    return Array((*shapes[0][:place], len(shapes), *shapes[0][place:]), None)


def _expand(machine: Machine, given: list[Value], named: Keywords) -> Value:
    shape = _shape(machine, given[0])
    place = range(len(shape) + 1)[machine.pin(_axis(named, given, 1, 0))]
    return Array((*shape[:place], 1, *shape[place:]), from_nested(machine, given[0])[1])


def _tile(machine: Machine, given: list[Value], named: Keywords) -> Value:
    shape = _shape(machine, given[0])
    times = sizes_of(machine, given[1] if len(given) > 1 else named["reps"])
    rank = max(len(shape), len(times))
    shape = (1,) * (rank - len(shape)) + shape
    times = (1,) * (rank - len(times)) + times
    return Array(tuple([size * count for size, count in zip(shape, times, strict=True)]), None)


def _transposed(machine: Machine, given: list[Value], named: Keywords) -> Value:
    shape = _shape(machine, given[0])
    order = given[1:] if len(given) > 2 else _axis({}, given, 1, named.get("axes"))
    places = range(len(shape))[::-1] if order is None else sizes_of(machine, order)
    if sorted(range(len(shape))[place] for place in places) != list(range(len(shape))):
        raise machine.fail("ValueError", "axes don't match array")
    return Array(tuple([shape[place] for place in places]), None)


SHAPED: dict[str, Rule] = {
    **dict.fromkeys(
        [
            "triu",
            "tril",
            "sin",
            "cos",
            "tan",
            "tanh",
            "sinh",
            "cosh",
            "arctan",
            "square",
            "sign",
            "negative",
            "exp2",
            "expm1",
            "log1p",
        ],
        _elementwise,
    ),
    **dict.fromkeys(("random.normal", "random.uniform", "random.randint"), _drawn(2)),
    **dict.fromkeys(("random.random", "random.random_sample", "random.standard_normal"), _drawn(0)),
    **dict.fromkeys(("random.rand", "random.randn"), _drawn_plainly),
    "concatenate": _concatenate,
    "append": _append,
    "stack": _stack,
    "expand_dims": _expand,
    "tile": _tile,
    "transpose": _transposed,
}
