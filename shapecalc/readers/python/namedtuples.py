"""`namedtuple` and `typing.NamedTuple`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .failures import OBJECT
from .values import Class, Instance, Keywords, Native, Property, Unbound, Value

if TYPE_CHECKING:
    from .machine import Machine

NAMED_TUPLE = Class("NamedTuple", (OBJECT,))


def make_named_tuple(
    machine: Machine, name: str, fields: list[str], defaults: list[Value]
) -> Class:
    """Make the class of a named tuple; the last fields have the defaults."""
    kind = Class(name, (OBJECT,))

    def new(m: Machine, arguments: list[Value], keywords: Keywords) -> Value:
        type_, *given = arguments
        values = list(given)
        named = dict(keywords)
        held = maker.defaults
        for place in range(len(values), len(fields)):
            field = fields[place]
            back = place - len(fields)
            if field in named:
                values.append(named.pop(field))
            elif -back <= len(held):
                values.append(held[back])
            else:
                raise m.fail("TypeError", f"{name}() is missing the argument '{field}'")
        if named or len(values) > len(fields):
            raise m.fail("TypeError", f"{name}() takes {len(fields)} arguments")
        made = Instance(type_)
        made.content = tuple(values)
        return made

    def replace(m: Machine, arguments: list[Value], keywords: Keywords) -> Value:
        old = arguments[0]
        values = dict(zip(fields, old.content, strict=True)) | keywords
        return m.call(old.type, [], values)

    maker = Native("__new__", new)
    maker.defaults = tuple(defaults)
    kind.names["__new__"] = maker
    kind.names["_fields"] = tuple(fields)
    kind.names["_replace"] = Native("_replace", replace)
    kind.names["_asdict"] = Native(
        "_asdict", lambda m, given, _: dict(zip(fields, given[0].content, strict=True))
    )
    kind.names["_make"] = Unbound(
        Native("_make", lambda m, given, _: m.call(given[0], m.collect(given[1]), {})), "class"
    )
    for place, field in enumerate(fields):
        getter = Native(field, lambda m, given, _, place=place: given[0].content[place])  # type: ignore[misc]
        kind.names[field] = Property(getter)
    return kind


def namedtuple(machine: Machine, arguments: list[Value], keywords: Keywords) -> Value:
    """Stand for `collections.namedtuple`."""
    name, fields = arguments[:2]
    given = fields.replace(",", " ").split() if isinstance(fields, str) else list(fields)
    defaults = keywords.get("defaults") or ()
    if not all(isinstance(item, str) for item in [name, *given]):
        raise machine.fail("TypeError", "namedtuple() takes names")
    return make_named_tuple(machine, name, given, list(defaults))
