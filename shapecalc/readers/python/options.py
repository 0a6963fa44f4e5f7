"""`argparse`: the defaults of a script's options, as if it were started without arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .failures import OBJECT
from .values import Class, Instance, Keywords, Native, Opaque, Value

if TYPE_CHECKING:
    from .machine import Machine


def _holds(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return given[1] in given[0].attributes


NAMESPACE = Class("Namespace", (OBJECT,), {"__contains__": Native("__contains__", _holds)})


def _init(machine: Machine, given: list[Value], named: Keywords) -> None:
    given[0].attributes["<defaults>"] = {}


def _namespace_init(machine: Machine, given: list[Value], named: Keywords) -> None:
    given[0].attributes.update(named)


def _add_argument(machine: Machine, given: list[Value], named: Keywords) -> Value:
    parser, *names = given
    texts = [name for name in names if isinstance(name, str)]
    if not texts:
        return None
    long = next((name for name in texts if name.startswith("--")), texts[0])
    target = named.get("dest", long.lstrip("-").replace("-", "_"))
    action = named.get("action")
    missing = {"store_true": False, "store_false": True}.get(action) if action else None
    value = named.get("default", missing)
    kind = named.get("type")
    if isinstance(value, str) and kind is not None and not isinstance(kind, Opaque):
        value = machine.call(kind, [value], {})
    if action not in ("help", "version"):
        parser.attributes["<defaults>"][target] = value
    return None


def _group(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return given[0]


def _set_defaults(machine: Machine, given: list[Value], named: Keywords) -> None:
    given[0].attributes["<defaults>"].update(named)


def _parse(machine: Machine, given: list[Value], named: Keywords) -> Value:
    made = Instance(NAMESPACE)
    made.attributes.update(given[0].attributes["<defaults>"])
    return made


def _parse_known(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return _parse(machine, given, named), []


NAMESPACE.names["__init__"] = Native("__init__", _namespace_init)
ARGUMENT_PARSER = Class(
    "ArgumentParser",
    (OBJECT,),
    {
        "__init__": Native("__init__", _init),
        "add_argument": Native("add_argument", _add_argument),
        "add_argument_group": Native("add_argument_group", _group),
        "add_mutually_exclusive_group": Native("add_mutually_exclusive_group", _group),
        "set_defaults": Native("set_defaults", _set_defaults),
        "parse_args": Native("parse_args", _parse),
        "parse_known_args": Native("parse_known_args", _parse_known),
        "print_help": Native("print_help", lambda machine, given, named: None),
    },
)
