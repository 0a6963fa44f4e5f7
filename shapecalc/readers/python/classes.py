"""Classes of the source: how they are made, and how their instances are."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from .enumeration import ENUM, enum_member, make_members
from .failures import OBJECT
from .namedtuples import NAMED_TUPLE, make_named_tuple
from .values import (
    MISSING,
    Class,
    ClassBody,
    Frame,
    Instance,
    Method,
    Module,
    Opaque,
    Unbound,
    Value,
)

if TYPE_CHECKING:
    from .machine import Machine

MAX_ORDER = 200  # classes that a class inherits from


def define_class(machine: Machine, node: ast.ClassDef, frame: Frame) -> Class:
    """Run a class's body and make the class."""
    bases = [machine.evaluate(item, frame) for item in node.bases]
    for keyword in node.keywords:
        machine.evaluate(keyword.value, frame)
    known = [item for item in bases if isinstance(item, Class)]
    unknown = next((item for item in bases if isinstance(item, Opaque)), None)
    inner = Frame({"__module__": frame.module.name}, frame.module, frame)
    body = ClassBody()
    inner.body_of = body
    machine.execute(node.body, inner)
    location = machine.place(frame.module, node)
    if sum(len(base.order) for base in known) > MAX_ORDER:
        raise machine.limit(f"a class inherits from more than {MAX_ORDER} classes")
    parents = tuple(dict.fromkeys(known))
    if not parents and unknown is None:
        parents = (OBJECT,)
    try:
        made = Class(node.name, parents, inner.names, location=location, module=frame.module)
    except ValueError as error:
        raise machine.fail("TypeError", str(error)) from None
    machine.budget.spend(len(made.order))
    body.made = made
    if unknown is not None and unknown.foreign:
        made.names["<base>"] = unknown
    if NAMED_TUPLE in made.order:
        return make_named_tuple(machine, node.name, *_fields(made))
    if ENUM in made.order:
        make_members(machine, made)
    return made


def _fields(made: Class) -> tuple[list[str], list[Value]]:
    names = list(made.names.get("__annotations__", {}))
    return names, [made.names[name] for name in names if name in made.names]


def instantiate(
    machine: Machine, kind: Class, arguments: list[Value], keywords: dict[str, Value]
) -> Value:
    """Make an instance of a class."""
    for mark, what in (("<base>", "what {} inherits from"), ("<decorator>", "the decorator of {}")):
        missing = kind.find(mark)
        if missing is not MISSING:
            raise machine.unknown(missing, what.format(kind.name))
    location = machine.here()
    maker = kind.find("__new__")
    if ENUM in kind.order:
        return enum_member(machine, kind, arguments)
    if maker is not MISSING:
        function = maker.function if isinstance(maker, Unbound) else maker
        made = machine.call(function, [kind, *arguments], keywords)
        if not isinstance(made, Instance) or kind not in made.type.order:
            return made
    elif machine.tracer.modules.is_module_class(kind):
        made = Module(kind, location)
    else:
        made = Instance(kind, location)
    initialiser = kind.find("__init__")
    if initialiser is not MISSING:
        machine.call(Method(initialiser, made), arguments, keywords)
    elif (arguments or keywords) and maker is MISSING:
        raise machine.fail("TypeError", f"{kind.name}() takes no arguments")
    return made


def instance_truth(machine: Machine, value: Instance) -> bool:
    """Decide a condition that is an object."""
    if value.content is not None:
        return bool(value.content)
    for name in ("__bool__", "__len__"):
        method = value.type.find(name)
        if method is not MISSING:
            return machine.truth(machine.call(Method(method, value), [], {}))
    return True


def super_of(machine: Machine, frame: Frame | None) -> tuple[Class, Value]:
    """Find the class and the object that `super()` without arguments means."""
    scope = frame
    while scope is not None:
        function = scope.function
        if function is not None and function.home is not None and function.home.made is not None:
            owner = _first_argument(scope)
            if owner is not MISSING:
                return function.home.made, owner
        scope = scope.outer
    raise machine.fail("RuntimeError", "super(): no arguments")


def _first_argument(scope: Frame | None) -> Value:
    while scope is not None and scope.function is not None:
        spec = scope.function.parameters
        for parameter in [*spec.posonlyargs, *spec.args][:1]:
            if parameter.arg in scope.names:
                return scope.names[parameter.arg]
        if spec.vararg is not None and scope.names.get(spec.vararg.arg):
            return scope.names[spec.vararg.arg][0]
        scope = scope.outer
    return MISSING
