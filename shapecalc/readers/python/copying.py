"""`copy`: values with the same content and no parts in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .items import DefaultDict
from .values import MISSING, Instance, Keywords, Method, Module, Tensor, Value

if TYPE_CHECKING:
    from .machine import Machine


def shallow_copy(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for `copy.copy`."""
    value = given[0]
    if isinstance(value, Tensor):
        return value.copy()
    if isinstance(value, Instance):
        return _copied(value, lambda item: item)
    if isinstance(value, (list, dict, set)):
        machine.budget.items(len(value))
        return value.copy()
    return value


def deep_copy(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for `copy.deepcopy`: modules of a copy have parameters of their own."""
    return _deep(machine, given[0], {})


def _deep(machine: Machine, value: Value, known: dict[int, tuple[Value, Value]]) -> Value:
    machine.budget.spend(1)
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    if id(value) in known:
        return known[id(value)][1]
    machine.budget.depth += 1
    try:
        if machine.budget.depth > 900:
            raise machine.limit("the values are nested too deeply")
        return _copy_of(machine, value, known)
    finally:
        machine.budget.depth -= 1


def _copy_of(machine: Machine, value: Value, known: dict[int, tuple[Value, Value]]) -> Value:
    def go(item: Value) -> Value:
        return _deep(machine, item, known)

    match value:
        case list():
            made: Value = []
            known[id(value)] = (value, made)
            made.extend(go(item) for item in value)
            return made
        case dict():
            made = DefaultDict(value.factory) if isinstance(value, DefaultDict) else {}
            known[id(value)] = (value, made)
            for key, item in value.items():
                made[key] = go(item)
            return made
        case tuple():
            return type(value)([go(item) for item in value])
        case set():
            return set(value)
        case Tensor():
            found = value.copy()
            if value.kind != "value":
                found.kind, found.reference = value.kind, None
            known[id(value)] = (value, found)
            return found
        case Instance():
            custom = value.type.find("__deepcopy__")
            if custom is not MISSING:
                return machine.call(Method(custom, value), [{}], {})
            return _copied(value, go, known)
    return value


def _copied(
    value: Instance, go: object, known: dict[int, tuple[Value, Value]] | None = None
) -> Value:
    assert callable(go)
    made: Instance
    if isinstance(value, Module):
        made = Module(value.type, value.location)
        if known is not None:
            known[id(value)] = (value, made)
        made.parameters = {name: go(item) for name, item in value.parameters.items()}
        made.buffers = {name: go(item) for name, item in value.buffers.items()}
        made.children = {name: go(item) for name, item in value.children.items()}
        made.transient = set(value.transient)
        made.arguments = None if value.arguments is None else [go(item) for item in value.arguments]
        made.keywords = {name: go(item) for name, item in value.keywords.items()}
        made.replaced = {name: go(item) for name, item in value.replaced.items()}
        made.wrappers = list(value.wrappers)
        made.hooks = [(name, go(item)) for name, item in value.hooks]
    else:
        made = Instance(value.type, value.location)
        if known is not None:
            known[id(value)] = (value, made)
    made.attributes = {name: go(item) for name, item in value.attributes.items()}
    made.content = go(value.content)
    return made
