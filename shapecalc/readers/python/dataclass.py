"""`dataclasses`: fields found in annotations, and the `__init__` made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .values import MISSING, Class, Instance, Keywords, Method, Native, Property, Unbound, Value

if TYPE_CHECKING:
    from .machine import Machine


class FieldDefault:
    """What `field(...)` says about a field."""

    __slots__ = ("default", "factory", "init")

    def __init__(self, default: Value, factory: Value, *, init: bool) -> None:
        self.default = default
        self.factory = factory
        self.init = init


def field(machine: Machine, arguments: list[Value], keywords: Keywords) -> FieldDefault:
    """Stand for `dataclasses.field`."""
    return FieldDefault(
        keywords.get("default", MISSING),
        keywords.get("default_factory", MISSING),
        init=bool(keywords.get("init", True)),
    )


def dataclass(machine: Machine, arguments: list[Value], keywords: Keywords) -> Value:
    """Stand for `dataclasses.dataclass`, with and without brackets."""
    if not arguments:
        return Native("dataclass", lambda m, given, _: dataclass(m, given, {}))
    kind = arguments[0]
    if not isinstance(kind, Class):
        raise machine.fail("TypeError", "dataclass() takes a class")
    kind.names["__dataclass__"] = True
    if "__init__" not in kind.names:
        kind.names["__init__"] = Native(
            "__init__", lambda m, given, named: _init(m, kind, given, named)
        )
    return kind


def fields_of(kind: Class) -> Iterator[tuple[str, FieldDefault]]:
    """Yield the fields of a dataclass, those of its bases first."""
    found: dict[str, FieldDefault] = {}
    for item in reversed(kind.order):
        if "__dataclass__" not in item.names:
            continue
        for name, annotation in item.names.get("__annotations__", {}).items():
            if annotation.startswith(("ClassVar", "typing.ClassVar")):
                continue
            value = item.names.get(name, MISSING)
            if isinstance(value, FieldDefault):
                found[name] = value
            elif not isinstance(value, (Property, Unbound)):
                found[name] = FieldDefault(value, MISSING, init=True)
    yield from found.items()


def _init(machine: Machine, kind: Class, arguments: list[Value], keywords: Keywords) -> None:
    instance, *given = arguments
    assert isinstance(instance, Instance)
    named = dict(keywords)
    for name, spec in fields_of(kind):
        if given and spec.init:
            value = given.pop(0)
        elif name in named:
            value = named.pop(name)
        elif spec.default is not MISSING:
            value = spec.default
        elif spec.factory is not MISSING:
            value = machine.call(spec.factory, [], {})
        else:
            raise machine.fail("TypeError", f"{kind.name}() is missing the argument '{name}'")
        instance.attributes[name] = value
    if given or named:
        strange = f" '{next(iter(named))}'" if named else ""
        raise machine.fail("TypeError", f"{kind.name}() takes no further argument{strange}")
    after = instance.type.find("__post_init__")
    if after is not MISSING:
        machine.call(Method(after, instance), [], {})


def replace(machine: Machine, arguments: list[Value], keywords: Keywords) -> Value:
    """Stand for `dataclasses.replace`."""
    old = arguments[0]
    values = {name: old.attributes[name] for name, spec in fields_of(old.type) if spec.init}
    return machine.call(old.type, [], {**values, **keywords})


def as_dict(machine: Machine, arguments: list[Value], keywords: Keywords) -> Value:
    """Stand for `dataclasses.asdict`, one level deep."""
    old = arguments[0]
    return {name: old.attributes[name] for name, _ in fields_of(old.type)}
