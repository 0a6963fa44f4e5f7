"""`enum`: members made of a class's assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .failures import OBJECT
from .values import Class, Function, Instance, Native, Property, Unbound, Value

if TYPE_CHECKING:
    from .machine import Machine

ENUM = Class("Enum", (OBJECT,))
ENUM.names["__str__"] = Native(
    "__str__", lambda machine, given, named: f"{given[0].type.name}.{given[0].attributes['name']}"
)
VALUE_TEXT = Native("__str__", lambda machine, given, named: str(given[0].attributes["value"]))


class Auto:
    """What `enum.auto()` stands for until its member is made."""


def make_members(machine: Machine, kind: Class) -> None:
    """Turn a class's plain assignments into members."""
    made: list[tuple[Value, Instance]] = []
    for name, value in list(kind.names.items()):
        if name.startswith("_") or isinstance(value, (Function, Property, Unbound, Native, Class)):
            continue
        known = next((member for old, member in made if old is value), None)
        if known is None:
            known = Instance(kind)
            number = len(made) + 1 if isinstance(value, Auto) else value
            known.attributes.update({"name": name, "value": number})
            known.attributes.update({"_name_": name, "_value_": number})
            if any(base.name in ("int", "str") and base.module is None for base in kind.order):
                known.content = number  # the member is a number or a text as well
            made.append((value, known))
        kind.names[name] = known


def members(kind: Class) -> dict[str, Instance]:
    """Give the members by name, aliases included."""
    return {
        name: value
        for name, value in kind.names.items()
        if isinstance(value, Instance) and value.type is kind
    }


def enum_member(machine: Machine, kind: Class, arguments: list[Value]) -> Value:
    """Give the member with a value: what calling an enumeration does."""
    if len(arguments) != 1:
        raise machine.fail("TypeError", f"{kind.name}() takes the value of a member")
    (value,) = arguments
    if isinstance(value, Instance) and value.type is kind:
        return value
    for member in members(kind).values():
        if type(member.attributes["value"]) is type(value) and member.attributes["value"] == value:
            return member
    raise machine.fail("ValueError", f"{machine.show(value)} is not a valid {kind.name}")
