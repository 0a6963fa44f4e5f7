"""numpy, as far as models use it while they are built."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from .arrays import MAX_ELEMENTS, from_nested, to_nested
from .numbers import is_number
from .operators import binary
from .shaping import SHAPED, sizes_of
from .standard import STANDARD
from .types import ARRAY, FLOAT, INT
from .values import MISSING, Array, Keywords, Native, Opaque, Tensor, Value

if TYPE_CHECKING:
    from .machine import Machine

Rule = Callable[["Machine", "list[Value]", Keywords], Value]


def _array(machine: Machine, given: list[Value], named: Keywords) -> Value:
    if isinstance(given[0], Opaque):
        return given[0]
    return Array(*from_nested(machine, _listed(machine, given[0])))


def _listed(machine: Machine, value: Value) -> Value:
    if is_number(value) or isinstance(value, (list, tuple, Array, Tensor)):
        return value
    return machine.collect(value)


def _filled(number: float | None) -> Rule:
    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        shape = sizes_of(machine, given[0] if given else named["shape"])
        count = math.prod(shape)
        value = number if number is not None else given[1] if len(given) > 1 else None
        known = value is not None and is_number(value) and 0 <= count <= MAX_ELEMENTS
        return Array(shape, (value,) * count if known else None)

    return run


def _like(number: float) -> Rule:
    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        shape, _ = from_nested(machine, given[0])
        count = math.prod(shape)
        return Array(shape, (number,) * count if count <= MAX_ELEMENTS else None)

    return run


def _eye(machine: Machine, given: list[Value], named: Keywords) -> Value:
    rows = machine.pin(given[0] if given else named["N"])
    columns = machine.pin(given[1] if len(given) > 1 else named.get("M", rows))
    if len(given) > 2 or "k" in named or rows * columns > MAX_ELEMENTS:
        return Array((rows, columns), None)
    numbers = [float(row == column) for row in range(rows) for column in range(columns)]
    return Array((rows, columns), tuple(numbers))


def _flat(machine: Machine, given: list[Value], named: Keywords) -> Value:
    shape, elements = from_nested(machine, _listed(machine, given[0]))
    if len(given) > 1 or named:
        return Array((math.prod(shape),), None)
    return Array((math.prod(shape),), elements)


def arange(machine: Machine, given: list[Value]) -> tuple[Value, ...]:
    """Give the numbers of `arange`."""
    numbers = [machine.pin(item) for item in given]
    start, stop, step = (0, numbers[0], 1) if len(numbers) == 1 else (*numbers, 1)[:3]
    count = max(math.ceil((stop - start) / step), 0)
    machine.budget.items(count)
    return tuple([start + place * step for place in range(count)])


def linspace(machine: Machine, given: list[Value], named: Keywords) -> tuple[Value, ...]:
    """Give the numbers of `linspace`."""
    values = [machine.pin(item) for item in given]
    start = values[0] if values else machine.pin(named["start"])
    stop = values[1] if len(values) > 1 else machine.pin(named.get("end", named.get("stop")))
    count = values[2] if len(values) > 2 else machine.pin(named.get("steps", named.get("num", 50)))
    machine.budget.items(count)
    if count == 1:
        return (float(start),)
    if named.get("endpoint") is False:
        return tuple([start + (stop - start) * place / count for place in range(count)])
    return tuple([start + (stop - start) * place / (count - 1) for place in range(count)])


def _arange(machine: Machine, given: list[Value], named: Keywords) -> Value:
    found = arange(machine, given)
    return Array((len(found),), found)


def _linspace(machine: Machine, given: list[Value], named: Keywords) -> Value:
    found = linspace(machine, given, named)
    return Array((len(found),), found)


def _prod(machine: Machine, given: list[Value], named: Keywords) -> Value:
    value = given[0]
    if isinstance(value, Opaque):
        return value
    if isinstance(value, (Array, Tensor)):
        return (
            Opaque("a product of an array") if value.elements is None else math.prod(value.elements)
        )
    return machine.product(_listed(machine, value) if not is_number(value) else [value])


def _folded(function: Callable[..., Value]) -> Rule:
    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        _, elements = from_nested(machine, _listed(machine, given[0]))
        if elements is None or len(given) > 1 or "axis" in named:
            return Opaque("a fold of a numpy array")
        return function(elements)

    return run


def _each(name: str, function: Callable[..., Value]) -> Rule:
    standard = STANDARD.get(f"math.{name}")

    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        value = given[0]
        if isinstance(value, Opaque):
            return value
        if isinstance(value, Tensor):
            return Opaque("numpy on a tensor")
        if is_number(value):
            if isinstance(standard, Native):
                found = standard.call(machine, [value], {})
                # numpy's rounding gives floats
                return float(found) if type(found) is int else found
            return function(machine.pin(value))
        shape, elements = from_nested(machine, _listed(machine, value))
        known = None if elements is None else tuple([function(item) for item in elements])
        return Array(shape, known)

    return run


def _extreme(pick: Callable[..., Value]) -> Rule:
    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        if all(is_number(item) for item in given):
            return pick(*[machine.pin(item) for item in given])
        return Opaque("a numpy array")

    return run


def _running(symbol: str) -> Rule:
    """Stand for `cumsum` and `cumprod`: of all numbers in a row, or along an axis."""

    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        shape, elements = from_nested(machine, _listed(machine, given[0]))
        along = [*given[1:2], *([named["axis"]] if "axis" in named else [])] not in ([], [None])
        if along and len(shape) != 1:
            return Array(shape, None)
        if elements is None:
            return Array((math.prod(shape),), None)
        found = itertools.accumulate(elements, lambda one, two: binary(machine, symbol, one, two))
        return Array((len(elements),), tuple(found))

    return run


def _unique(machine: Machine, given: list[Value], named: Keywords) -> Value:
    _, elements = from_nested(machine, _listed(machine, given[0]))
    if elements is None:
        return Opaque("the different numbers of an array")
    found = sorted(set(elements))
    values = Array((len(found),), tuple(found))
    if not named.get("return_counts"):
        return values
    counts = tuple([elements.count(item) for item in found])
    return values, Array((len(found),), counts)


def _operator(symbol: str) -> Rule:
    return lambda machine, given, named: binary(machine, symbol, given[0], given[1])


def _qr(machine: Machine, given: list[Value], named: Keywords) -> Value:
    shape, _ = from_nested(machine, given[0])
    if len(shape) != 2 or named or len(given) > 1:
        return Opaque("parts of a matrix", machine.here())
    inner = min(shape)
    return Array((shape[0], inner), None), Array((inner, shape[1]), None)


_RULES: dict[str, Rule] = {
    **SHAPED,
    "linalg.qr": _qr,
    "unique": _unique,
    "add": _operator("+"),
    "subtract": _operator("-"),
    "multiply": _operator("*"),
    "divide": _operator("/"),
    "floor_divide": _operator("//"),
    "mod": _operator("%"),
    "power": _operator("**"),
    "array": _array,
    "asarray": _array,
    "zeros": _filled(0.0),
    "ones": _filled(1.0),
    "empty": _filled(None),
    "full": _filled(None),
    "eye": _eye,
    "identity": _eye,
    "flatten": _flat,
    "ravel": _flat,
    "zeros_like": _like(0.0),
    "ones_like": _like(1.0),
    "arange": _arange,
    "linspace": _linspace,
    "prod": _prod,
    "sum": _folded(sum),
    "max": _folded(max),
    "min": _folded(min),
    "mean": _folded(lambda items: sum(items) / len(items)),
    "cumsum": _running("+"),
    "cumprod": _running("*"),
    "maximum": _extreme(max),
    "minimum": _extreme(min),
    "sqrt": _each("sqrt", math.sqrt),
    "log2": _each("log2", math.log2),
    "log": _each("log", math.log),
    "log10": _each("log10", math.log10),
    "exp": _each("exp", math.exp),
    "ceil": _each("ceil", lambda value: float(math.ceil(value))),
    "floor": _each("floor", lambda value: float(math.floor(value))),
    "round": _each("round", lambda value: float(round(value))),
    "rint": _each("rint", lambda value: float(round(value))),
    "abs": _each("fabs", abs),
}
NUMERICS: dict[str, Value] = {
    **{f"numpy.{name}": Native(name, rule) for name, rule in _RULES.items()},
    "numpy.__version__": "2.4.6",
    "numpy.pi": math.pi,
    "numpy.inf": math.inf,
    "numpy.nan": math.nan,
    "numpy.newaxis": None,
    "numpy.ndarray": ARRAY,
    **dict.fromkeys(("numpy.int64", "numpy.int32", "numpy.int_", "numpy.long"), INT),
    **dict.fromkeys(("numpy.float32", "numpy.float64", "numpy.double"), FLOAT),
}


def array_attribute(machine: Machine, value: Array, name: str) -> Value:
    """Give an attribute of an array."""

    def known(_: Machine, given: list[Value], named: Keywords) -> Value:
        if value.elements is None:
            return Opaque("the numbers of a numpy array")
        return to_nested(value.shape, value.elements)

    def copy(_: Machine, given: list[Value], named: Keywords) -> Value:
        return Array(value.shape, value.elements)

    def integers(_: Machine, given: list[Value], named: Keywords) -> Value:
        if value.elements is None or not given or given[0] is not INT:
            return value
        return Array(value.shape, tuple([int(item) for item in value.elements]))

    def reshape(m: Machine, given: list[Value], named: Keywords) -> Value:
        shape = list(sizes_of(m, given[0] if len(given) == 1 else tuple(given)))
        if -1 in shape:
            rest = -math.prod(shape)
            shape[shape.index(-1)] = math.prod(value.shape) // rest if rest else 0
        return Array(tuple(shape), value.elements)

    match name:
        case "shape":
            return tuple(value.shape)
        case "ndim":
            return len(value.shape)
        case "size":
            return math.prod(value.shape)
        case "T":
            return Array(value.shape[::-1], value.elements if len(value.shape) < 2 else None)
        case "tolist" | "item":
            return Native(name, known)
        case "copy":
            return Native(name, copy)
        case "astype":
            return Native(name, integers)
        case "reshape":
            return Native(name, reshape)
    rule = _RULES.get(name)
    if rule is None:
        return MISSING if name.startswith("__") else Opaque(f"`{name}` of a numpy array")
    return Native(name, lambda m, given, named: rule(m, [value, *given], named))


def product(machine: Machine, items: object) -> Value:
    """Multiply numbers of which some come from sizes."""
    assert isinstance(items, (list, tuple))
    total: Value = 1
    for item in items:
        if isinstance(item, Opaque):
            return item
        total = item if total == 1 and type(total) is int else binary(machine, "*", total, item)
    return total
