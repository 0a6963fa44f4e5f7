"""Iteration: the elements of a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...errors import SpecError
from ..shapes import numbers_hint
from .arrays import array_item
from .enumeration import ENUM, members
from .failures import Raised
from .values import MISSING, Array, Class, Instance, Iteration, Method, Opaque, Tensor, Value

if TYPE_CHECKING:
    from .machine import Machine

MAX_UNBOUND = 4_096  # slices that iterating over a tensor may give


def elements_of(machine: Machine, value: Value) -> Iterator[Value]:
    """Yield the elements of a value; raises the source's TypeError where it has none."""
    match value:
        case list() | tuple() | str() | range() | bytes():
            return iter(value)
        case dict() | set() | frozenset():
            machine.budget.items(len(value))
            return iter(list(value))
        case Iteration():
            return value.items
        case Tensor():
            return _of_tensor(machine, value)
        case Array() if value.shape:
            return (array_item(machine, value, place) for place in range(value.shape[0]))
        case Class() if ENUM in value.order:
            return iter(dict.fromkeys(members(value).values()))
        case Instance():
            return _of_instance(machine, value)
        case Opaque():
            raise machine.unknown(value, "what is iterated over")
    raise machine.fail("TypeError", f"{machine.show(value)} is not iterable")


def _of_tensor(machine: Machine, value: Tensor) -> Iterator[Value]:
    if not value.shape:
        raise machine.fail("TypeError", "iteration over a 0-d tensor")
    count = value.shape[0]
    if not isinstance(count, int):
        raise SpecError(
            f"iteration over a tensor of {count} slices, a number that is open",
            hint=numbers_hint(machine.tracer.inputs),
            code="S105",
        )
    if count > MAX_UNBOUND:
        raise machine.limit(f"iteration over a tensor of more than {MAX_UNBOUND:,} slices")
    return (machine.tracer.get_item(value, place) for place in range(count))


def _of_instance(machine: Machine, value: Instance) -> Iterator[Value]:
    method = value.type.find("__iter__")
    if method is not MISSING:
        found = machine.call(Method(method, value), [], {})
        if isinstance(found, Instance) and found.type.find("__next__") is not MISSING:
            return _by_next(machine, found)
        return elements_of(machine, found)
    if value.type.find("__next__") is not MISSING:
        return _by_next(machine, value)
    if value.content is not None:
        return elements_of(machine, value.content)
    method = value.type.find("__getitem__")
    if method is not MISSING:
        return _by_index(machine, Method(method, value))
    raise machine.fail("TypeError", f"{machine.show(value)} is not iterable")


def _by_next(machine: Machine, value: Instance) -> Iterator[Value]:
    method = Method(value.type.find("__next__"), value)
    while True:
        try:
            item = machine.call(method, [], {})
        except Raised as error:
            if error.is_a("StopIteration"):
                return
            raise
        yield item


def _by_index(machine: Machine, method: Method) -> Iterator[Value]:
    place = 0
    while True:
        try:
            item = machine.call(method, [place], {})
        except Raised as error:
            if error.is_a("IndexError"):
                return
            raise
        yield item
        place += 1
