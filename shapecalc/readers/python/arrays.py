"""Small constant arrays: what sources compute with numpy, or with tensors, while a model is built."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .numbers import is_number
from .values import Array, Opaque, Tensor, Value

if TYPE_CHECKING:
    from .machine import Machine

MAX_ELEMENTS = 4_096  # numbers of an array that are kept; a larger one has a shape only


def from_nested(machine: Machine, value: Value) -> tuple[tuple[int, ...], tuple[Value, ...] | None]:
    """Give the shape and the numbers of nested lists, as `numpy.array` reads them."""
    machine.budget.spend(1)
    if isinstance(value, Array):
        return value.shape, value.elements
    if isinstance(value, Tensor):
        sizes = [machine.tracer.size(value, place) for place in range(len(value.shape or ()))]
        return tuple([machine.pin(size) for size in sizes]), value.elements
    if not isinstance(value, (list, tuple)):
        known = is_number(value) or isinstance(value, bool)
        return (), (machine.pin(value),) if known else None
    inner = [from_nested(machine, item) for item in value]
    if not inner:
        return (0,), ()
    shape = inner[0][0]
    if any(item[0] != shape for item in inner):
        raise machine.fail("ValueError", "the nested lists are of different lengths")
    elements: list[Value] | None = []
    for _, own in inner:
        if own is None or elements is None or len(elements) + len(own) > MAX_ELEMENTS:
            elements = None
        else:
            elements.extend(own)
    return (len(inner), *shape), None if elements is None else tuple(elements)


def to_nested(shape: Sequence[int], elements: tuple[Value, ...]) -> Value:
    """Give numbers as nested lists."""
    if not shape:
        return elements[0]
    step = math.prod(shape[1:])
    return [
        to_nested(shape[1:], elements[place * step : (place + 1) * step])
        for place in range(shape[0])
    ]


def combine(
    machine: Machine, symbol: str, left: Value, right: Value
) -> tuple[tuple[int, ...], tuple[Value, ...] | None]:
    """Apply an operator to numbers element by element; the shapes broadcast."""
    (one, a), (two, b) = from_nested(machine, left), from_nested(machine, right)
    shape = _broadcast(machine, one, two)
    if a is None or b is None or math.prod(shape) > MAX_ELEMENTS:
        return shape, None
    if one != shape:
        a = a * math.prod(shape) if len(a) == 1 else None
    if two != shape:
        b = b * math.prod(shape) if len(b) == 1 else None
    if a is None or b is None:
        return shape, None
    machine.budget.spend(len(a))
    return shape, tuple([_apply(machine, symbol, x, y) for x, y in zip(a, b, strict=True)])


def _apply(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    from .numbers import compare, plain_arithmetic

    if symbol in ("==", "!=", "<", "<=", ">", ">="):
        return compare(machine, symbol, left, right)
    if symbol in ("/", "//", "%") and right == 0:
        return math.nan
    return plain_arithmetic(machine, symbol, left, right)


def _broadcast(machine: Machine, one: tuple[int, ...], two: tuple[int, ...]) -> tuple[int, ...]:
    rank = max(len(one), len(two))
    a = (1,) * (rank - len(one)) + one
    b = (1,) * (rank - len(two)) + two
    if any(x != y and 1 not in (x, y) for x, y in zip(a, b, strict=True)):
        raise machine.fail("ValueError", f"operands of shapes {one} and {two} don't broadcast")
    return tuple([y if x == 1 else x for x, y in zip(a, b, strict=True)])


# What functions make of numbers that are known, by the words of `numbers` in layers.yaml.
_BETWEEN = {
    "plus": "+",
    "minus": "-",
    "times": "*",
    "over": "/",
    "quotient": "//",
    "rest": "%",
    "power": "**",
}
_EACH: dict[str, Callable[[Value], Value]] = {
    "nearest": lambda value: float(round(value)),
    "down": lambda value: float(math.floor(value)),
    "up": lambda value: float(math.ceil(value)),
    "logarithm": math.log,
    "binary logarithm": math.log2,
    "exponential": math.exp,
    "root": math.sqrt,
    "magnitude": abs,
    "opposite": lambda value: -value,
}
_TOGETHER: dict[str, Callable[[tuple[Value, ...]], tuple[Value, ...]]] = {
    "differences": lambda items: tuple([b - a for a, b in itertools.pairwise(items)]),
    "total": lambda items: (sum(items),),
    "largest": lambda items: (max(items),),
    "smallest": lambda items: (min(items),),
    "product": lambda items: (math.prod(items),),
    "average": lambda items: (sum(items) / len(items),),
}


def distinct(word: str | None, arguments: list[Value]) -> tuple[Value, ...] | None:
    """Give the numbers of a function whose very shape depends on numbers, where these are known."""
    source = arguments[0] if len(arguments) == 1 else None
    if word != "distinct" or not isinstance(source, Tensor) or source.elements is None:
        return None
    return tuple(sorted(set(source.elements)))


def _flipped(arguments: list[Value]) -> tuple[Value, ...] | None:
    source, *places = arguments
    flat = isinstance(source, Tensor) and source.elements and len(source.shape or ()) == 1
    dims = [
        item
        for place in places
        for item in (place if isinstance(place, (list, tuple)) else [place])
    ]
    return source.elements[::-1] if flat and dims in ([0], [-1]) else None


def known_elements(machine: Machine, word: str, arguments: list[Value]) -> tuple[Value, ...] | None:
    """Give the numbers of a function's result, where its arguments are known and it is simple."""
    if word == "reversed":
        return _flipped(arguments)
    for item in arguments:
        if isinstance(item, Tensor):
            if item.elements is None:
                return None
        elif type(item) not in (int, float):
            return None
    if word in _BETWEEN and len(arguments) == 2:
        return combine(machine, _BETWEEN[word], *arguments)[1]
    tensor = arguments[0] if len(arguments) == 1 else None
    if not isinstance(tensor, Tensor):
        return None
    if word in _EACH:
        try:
            return tuple([_EACH[word](item) for item in tensor.elements or ()])
        except (ValueError, OverflowError):
            return None
    if word in _TOGETHER and tensor.elements and len(tensor.shape or ()) == 1:
        return _TOGETHER[word](tensor.elements)
    return None


def keep_elements(word: str, arguments: list[Value], found: Value) -> None:
    """Note the numbers of a function's result that are those of its first argument, in order."""
    source = arguments[0] if arguments else None
    if not isinstance(source, Tensor) or source.elements is None:
        return
    if word == "same" and isinstance(found, Tensor):
        found.elements = source.elements
    if word == "parts" and isinstance(found, tuple) and len(source.shape or ()) == 1:
        place = 0
        for part in found:
            size = math.prod(part.shape)
            part.elements = source.elements[place : place + size]
            place += size


def array_operator(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    """Apply an operator to arrays and numbers."""
    if symbol == "@":
        return Opaque("a product of matrices of numpy")
    shape, elements = combine(machine, symbol, left, right)
    return Array(shape, elements)


def array_item(machine: Machine, owner: Array, index: Value) -> Value:
    """Give an element, a row or a part of an array."""
    if not isinstance(index, int) or not owner.shape:
        if isinstance(index, slice) and len(owner.shape) == 1 and owner.elements is not None:
            found = owner.elements[index]
            return Array((len(found),), found)
        return _part(machine, owner, index if isinstance(index, tuple) else (index,))
    count = owner.shape[0]
    if not -count <= index < count:
        raise machine.fail("IndexError", "index out of bounds")
    rest = owner.shape[1:]
    if owner.elements is None:
        return Array(rest, None) if rest else Opaque("an element of a numpy array")
    step = math.prod(rest)
    place = index % count
    found = owner.elements[place * step : (place + 1) * step]
    return Array(rest, found) if rest else found[0]


def _part(machine: Machine, owner: Array, index: tuple[Value, ...]) -> Value:
    """Give a part that integers, slices, `None` and `...` cut out, by its shape."""
    named = [item for item in index if item is not None and item is not ...]
    if not all(type(item) is int or isinstance(item, slice) for item in named):
        return Opaque("a part of a numpy array")
    missing = len(owner.shape) - len(named)
    if missing < 0 or index.count(...) > 1:
        raise machine.fail("IndexError", "too many indices for array")
    full = [slice(None)] * missing
    at = index.index(...) if ... in index else len(index)
    sizes = iter(owner.shape)
    found: list[int] = []
    for item in (*index[:at], *full, *index[at + 1 :]):
        if item is None:
            found.append(1)
            continue
        places = range(next(sizes))
        if isinstance(item, slice):
            found.append(len(places[item]))
        elif not -len(places) <= item < len(places):
            raise machine.fail("IndexError", "index out of bounds")
    return Array(tuple(found), None) if found else Opaque("an element of a numpy array")


def set_array_item(owner: Array, index: Value, value: Value) -> None:
    """Write into an array: single numbers are kept, other writes make its numbers unknown."""
    if len(owner.shape) == 1 and isinstance(index, int) and is_number(value):
        if owner.elements is not None and -len(owner.elements) <= index < len(owner.elements):
            items = list(owner.elements)
            items[index] = value
            owner.elements = tuple(items)
            return
    owner.elements = None
