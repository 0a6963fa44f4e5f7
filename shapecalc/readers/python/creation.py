"""Tensors made out of nothing: `torch.zeros(2, 3)`, `torch.arange(5)`, `torch.tensor([1, 2])`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from .arrays import MAX_ELEMENTS, from_nested
from .numbers import arithmetic, ceil_ratio, is_number
from .numerics import arange, linspace
from .values import Array, Keywords, Opaque, Ratio, Sizes, Tensor, Traced, Value

if TYPE_CHECKING:
    from .machine import Machine

# What makes a tensor of arguments; with the name of the function, where its call says what is in it.
Rule = Callable[..., Value]


def shape_argument(machine: Machine, given: list[Value], named: Keywords) -> tuple[Value, ...]:
    """Give a shape that is written as one tuple, as several numbers, or by name."""
    if not given:
        given = [named[name] for name in ("size", "shape") if name in named]
        if not given:
            raise machine.fail("TypeError", "the size is missing")
    if len(given) == 1 and isinstance(given[0], (list, tuple)):
        given = list(given[0])
    for item in given:
        if isinstance(item, Opaque):
            raise machine.unknown(item, "a size of this tensor")
        if isinstance(item, (float, Ratio)) or not is_number(item):
            raise machine.fail("TypeError", f"a size must be an integer, not {machine.show(item)}")
    return tuple(given)


def _filled(number: float | None) -> Rule:
    def run(
        machine: Machine, given: list[Value], named: Keywords, name: str | None = None
    ) -> Value:
        shape = shape_argument(machine, given, named)
        elements = None
        if number is not None and all(isinstance(size, int) and size >= 0 for size in shape):
            count = math.prod(shape)
            elements = (number,) * count if count <= MAX_ELEMENTS else None
        maker = (name, [shape]) if name is not None and number is not None else None
        return machine.tracer.create(shape, elements, maker)

    return run


def _like(machine: Machine, given: list[Value], named: Keywords, name: str | None = None) -> Value:
    other = given[0] if given else named["input"]
    if isinstance(other, Opaque):
        return other
    sizes = machine.get(other, "shape")
    return machine.tracer.create(tuple(sizes))


def _full(machine: Machine, given: list[Value], named: Keywords, name: str | None = None) -> Value:
    shape = shape_argument(machine, given[:1], named)
    value = given[1] if len(given) > 1 else named["fill_value"]
    if value is None or isinstance(value, (str, list, tuple)):
        raise machine.fail("TypeError", f"fill_value must be a number, not {machine.show(value)}")
    known = isinstance(value, (int, float)) and all(isinstance(size, int) for size in shape)
    count = math.prod(shape) if known else MAX_ELEMENTS + 1
    maker = (name, [shape, value]) if name and isinstance(value, (int, float)) else None
    elements = (value,) * count if count <= MAX_ELEMENTS else None
    return machine.tracer.create(shape, elements, maker)


def _tensor(
    machine: Machine, given: list[Value], named: Keywords, name: str | None = None
) -> Value:
    data = given[0] if given else named.get("data", 0)
    if isinstance(data, Opaque):
        return data
    if isinstance(data, Tensor):
        return data.copy()
    if data is None or isinstance(data, (str, dict)):
        raise machine.fail("TypeError", f"no tensor can be made of {machine.show(data)}")
    if isinstance(data, (range, set)):
        data = machine.collect(data)
    shape, elements = from_nested(machine, data)
    found = machine.tracer.create(shape, elements)
    if elements and all(isinstance(item, bool) for item in elements):
        found.dtype = "bool"
    elif elements and all(isinstance(item, int) for item in elements):
        found.dtype = "int64"
    return found


def _arange(
    machine: Machine, given: list[Value], named: Keywords, name: str | None = None
) -> Value:
    bounds = [*given, *[named[word] for word in ("start", "end", "step") if word in named]]
    unknown = next((item for item in bounds if isinstance(item, Opaque)), None)
    if unknown is not None:
        return unknown
    if all(isinstance(item, (int, float)) for item in bounds):
        found = arange(machine, bounds)
        kept = found if len(found) <= MAX_ELEMENTS else None
        whole = all(isinstance(item, int) for item in bounds)
        maker = (name, bounds) if name and whole else None
        made = machine.tracer.create((len(found),), kept, maker)
        made.dtype = "int64" if whole else "float32"
        return made
    start, stop, step = (0, bounds[0], 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    length = arithmetic(machine, "-", stop, start)
    if not (type(step) is int and step == 1):
        length = ceil_ratio(machine, Ratio.of(length, step))
    if isinstance(length, Ratio):
        length = ceil_ratio(machine, length)
    whole = all(isinstance(item, (int, Traced)) for item in bounds) and step == 1
    return machine.tracer.create((length,), None, (name, bounds) if name and whole else None)


def _linspace(
    machine: Machine, given: list[Value], named: Keywords, name: str | None = None
) -> Value:
    values = [*given, *[named[word] for word in ("start", "end", "steps") if word in named]]
    unknown = next((item for item in values if isinstance(item, Opaque)), None)
    if unknown is not None:
        return unknown
    if len(values) != 3:
        raise machine.fail("TypeError", "linspace() takes start, end and steps")
    plain = all(isinstance(item, (int, float)) for item in values[:2])
    maker = (name, values) if name and plain else None
    if isinstance(values[2], Traced):
        return machine.tracer.create((values[2],), None, maker)
    found = linspace(machine, values, {})
    kept = found if len(found) <= MAX_ELEMENTS else None
    return machine.tracer.create((len(found),), kept, maker)


def _eye(machine: Machine, given: list[Value], named: Keywords, name: str | None = None) -> Value:
    rows, *rest = given or [named["n"]]
    columns = rest or ([named["m"]] if "m" in named else [])
    sizes = shape_argument(machine, [rows, *columns[:1]], {})
    return machine.tracer.create((sizes[0], sizes[-1]), None, (name, [*sizes]) if name else None)


def _from_array(
    machine: Machine, given: list[Value], named: Keywords, name: str | None = None
) -> Value:
    (value,) = given[:1]
    if isinstance(value, (Opaque, Tensor)):
        return value
    if isinstance(value, Array):
        return machine.tracer.create(value.shape, value.elements)
    return _tensor(machine, given, named)


def _legacy(
    machine: Machine, given: list[Value], named: Keywords, name: str | None = None
) -> Value:
    """Stand for `torch.Tensor(...)` and `torch.FloatTensor(...)`: sizes, or a list of numbers."""
    if len(given) == 1 and not is_number(given[0]) and not isinstance(given[0], Sizes):
        return _from_array(machine, given, named)
    shape = shape_argument(machine, given, named) if given or named else (0,)
    return machine.tracer.create(shape)


def _drawn(machine: Machine, given: list[Value], named: Keywords, name: str | None = None) -> Value:
    """Stand for `torch.randint`, whose size stands behind one bound or two."""
    sizes = (item for item in [*given, named.get("size")] if isinstance(item, (list, tuple)))
    return machine.tracer.create(shape_argument(machine, [next(sizes, None)], {}))


# Tensors made of nothing, by the words of `numbers` in layers.yaml.
CREATORS: dict[str, Rule] = {
    "zero": _filled(0.0),
    "one": _filled(1.0),
    "unknown": _filled(None),
    "value": _full,
    "given": _tensor,
    "taken": _from_array,
    "counted": _arange,
    "spaced": _linspace,
    "unit matrix": _eye,
    "like": _like,
    "drawn": _drawn,
}
# What torch makes that no entry describes.
OTHERS: dict[str, Rule] = {
    "torch.from_numpy": _from_array,
    "torch.range": _arange,
    "torch.Tensor": _legacy,
}
