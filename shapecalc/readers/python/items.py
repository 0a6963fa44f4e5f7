"""Elements: what `value[index]` gives, sets and deletes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import SpecError
from .arguments import numbers_of
from .arrays import array_item, set_array_item
from .enumeration import ENUM, members
from .keys import hashable
from .numbers import is_number
from .values import (
    MISSING,
    Array,
    Class,
    Function,
    Instance,
    Library,
    Method,
    Opaque,
    Sizes,
    Tensor,
    Value,
)

if TYPE_CHECKING:
    from .machine import Machine


class DefaultDict(dict[Value, Value]):
    """A `defaultdict` of the source."""

    __slots__ = ("factory",)

    def __init__(self, factory: Value) -> None:
        super().__init__()
        self.factory = factory


def plain_slice(machine: Machine, index: slice) -> slice:
    """Give a slice of plain numbers."""
    bounds = numbers_of([index.start, index.stop, index.step])
    parts = [machine.pin(part) for part in bounds]
    for part in parts:
        if isinstance(part, Tensor):
            raise SpecError(
                "the bound of this slice depends on the numbers in a tensor", code="S106"
            )
        if isinstance(part, Opaque):
            raise machine.unknown(part, "the bound of this slice")
        if part is not None and not isinstance(part, int):
            raise machine.fail("TypeError", "slice indices must be integers")
    return slice(*parts)


def get_item(machine: Machine, owner: Value, index: Value) -> Value:
    """Give `owner[index]`."""
    match owner:
        case Opaque():
            return owner
        case Tensor():
            return machine.tracer.get_item(owner, index)
        case list() | tuple() | str() | range() | bytes():
            return _from_sequence(machine, owner, index)
        case dict():
            return _from_dict(machine, owner, index)
        case Array():
            return array_item(machine, owner, index)
        case Class():
            if ENUM in owner.order and isinstance(index, str):
                found = members(owner).get(index)
                if found is None:
                    raise machine.fail("KeyError", index)
                return found
            method = owner.find("__class_getitem__")
            if isinstance(method, Function):
                return machine.call(method, [owner, index], {})
            return owner  # a generic type: list[int], Generic[T]
        case Library():
            return Opaque(f"the type {owner.name}[...]")
        case Instance():
            method = owner.type.find("__getitem__")
            if method is not MISSING:
                return machine.call(Method(method, owner), [index], {})
            missing = owner.type.find("__missing__")
            if missing is not MISSING and isinstance(owner.content, dict):
                if hashable(machine, index) not in owner.content:
                    return machine.call(Method(missing, owner), [index], {})
            if owner.content is not None:
                return get_item(machine, owner.content, index)
    raise machine.fail("TypeError", f"{machine.show(owner)} is not subscriptable")


def _from_sequence(machine: Machine, owner: Value, index: Value) -> Value:
    if isinstance(index, Opaque):
        return index
    if isinstance(index, slice):
        cut = plain_slice(machine, index)
        found = owner[cut]
        machine.budget.items(len(found))
        return Sizes(found) if isinstance(owner, Sizes) else found
    place = _place(machine, owner, index)
    return owner[place]


def _place(machine: Machine, owner: Value, index: Value) -> int:
    if isinstance(index, Tensor) and index.elements is not None and len(index.elements) == 1:
        index = index.elements[0]
    if isinstance(index, Instance):
        method = index.type.find("__index__")
        if method is not MISSING:
            index = machine.call(Method(method, index), [], {})
    place = machine.pin(index) if is_number(index) else index
    if not isinstance(place, int):
        raise machine.fail("TypeError", f"indices must be integers, not {machine.show(index)}")
    if not -len(owner) <= place < len(owner):
        raise machine.fail("IndexError", f"{type(owner).__name__.lower()} index out of range")
    return place


def _from_dict(machine: Machine, owner: dict[Value, Value], index: Value) -> Value:
    if isinstance(index, Opaque):
        return index
    key = hashable(machine, index)
    if key in owner:
        return owner[key]
    if isinstance(owner, DefaultDict) and owner.factory is not None:
        owner[key] = machine.call(owner.factory, [], {})
        return owner[key]
    raise machine.fail("KeyError", machine.show(key))


def set_item(machine: Machine, owner: Value, index: Value, value: Value) -> None:
    """Do `owner[index] = value`."""
    match owner:
        case Opaque():
            return
        case Tensor():
            machine.tracer.set_item(owner, index, value)
            return
        case Array():
            set_array_item(owner, index, value)
            return
        case list():
            if isinstance(index, slice):
                items = machine.collect(value)
                machine.budget.items(len(owner) + len(items))
                owner[plain_slice(machine, index)] = items
            else:
                owner[_place(machine, owner, index)] = value
            return
        case dict():
            owner[hashable(machine, index)] = value
            return
        case Instance():
            method = owner.type.find("__setitem__")
            if method is not MISSING:
                machine.call(Method(method, owner), [index, value], {})
                return
            if owner.content is not None:
                set_item(machine, owner.content, index, value)
                return
    raise machine.fail("TypeError", f"{machine.show(owner)} does not support item assignment")


def delete_item(machine: Machine, owner: Value, index: Value) -> None:
    """Do `del owner[index]`."""
    if isinstance(owner, Opaque):
        return
    if isinstance(owner, list):
        if isinstance(index, slice):
            del owner[plain_slice(machine, index)]
        else:
            del owner[_place(machine, owner, index)]
        return
    if isinstance(owner, dict):
        key = hashable(machine, index)
        if key not in owner:
            raise machine.fail("KeyError", machine.show(key))
        del owner[key]
        return
    if isinstance(owner, Instance):
        method = owner.type.find("__delitem__")
        if method is not MISSING:
            machine.call(Method(method, owner), [index], {})
            return
        if owner.content is not None:
            delete_item(machine, owner.content, index)
            return
    raise machine.fail("TypeError", f"{machine.show(owner)} doesn't support item deletion")
