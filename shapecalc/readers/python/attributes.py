"""Attributes: what `value.name` gives, sets and deletes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import SpecError
from .failures import OBJECT
from .methods import method_of
from .values import (
    MISSING,
    Array,
    Class,
    Function,
    Instance,
    Iteration,
    Library,
    Marker,
    Method,
    Module,
    Native,
    Opaque,
    Outputs,
    Partial,
    Property,
    Ratio,
    SourceModule,
    Super,
    Tensor,
    TorchFunction,
    Traced,
    Unbound,
    Value,
)

if TYPE_CHECKING:
    from .machine import Machine


# Names of the outputs of functions that have several, by their number.
_FIELDS: dict[int, dict[str, int]] = {
    2: {
        name: place
        for names in ("values indices", "Q R", "sign logabsdet", "eigenvalues eigenvectors")
        for place, name in enumerate(names.split())
    },
    3: {"U": 0, "S": 1, "V": 2, "Vh": 2},
}


def get_attribute(machine: Machine, value: Value, name: str) -> Value:
    """Give `value.name`; raises the source's AttributeError where there is none."""
    found = find_attribute(machine, value, name)
    if found is MISSING:
        if (
            isinstance(value, Module)
            and value.arguments is not None
            and not machine.tracer.modules.derived(value, name)
        ):
            raise SpecError(f"{value.type.name}.{name} is not followed", code="S110")
        raise machine.fail("AttributeError", f"{_kind(machine, value)} has no attribute '{name}'")
    return found


def _kind(machine: Machine, value: Value) -> str:
    if isinstance(value, Instance):
        return f"'{value.type.name}' object"
    return machine.show(value)


def find_attribute(machine: Machine, value: Value, name: str) -> Value:
    """Give `value.name`, or MISSING."""
    match value:
        case Instance():
            return _of_instance(machine, value, name)
        case Tensor():
            return machine.tracer.tensor_attribute(value, name)
        case Library():
            return machine.libraries.member(machine, value, name)
        case SourceModule():
            return machine.loader.member(value, name)
        case Class():
            return of_class(machine, value, name)
        case Super():
            return _of_super(machine, value, name)
        case Opaque():
            return Opaque(
                f"`.{name}` of {value.reason}"[:200], value.location, foreign=value.foreign
            )
        case Function() | Method() | Native() | TorchFunction() | Partial() if name != "__class__":
            return _of_function(value, name)
        case Property():
            return _of_property(value, name)
        case Marker():
            return _of_marker(value, name)
        case Array():
            return machine.libraries.array_attribute(machine, value, name)
        case Outputs() if name in _FIELDS.get(len(value), {}):
            return value[_FIELDS[len(value)][name]]
        case slice():
            return getattr(value, name) if name in ("start", "stop", "step") else MISSING
        case Traced() | Ratio() if name in ("item", "__int__", "__index__"):
            return Native(name, lambda m, given, named: value)
        case Iteration() if name == "__next__":
            return Native(name, lambda m, given, named: next(value.items))
    if name == "__class__":
        return machine.type_of(value)
    return method_of(value, name)


# ----------------------------------------------------------------------------------- instances


def bound(value: Value, owner: Value, kind: Class) -> Value:
    """Bind what a class holds to an instance, or to the class itself."""
    match value:
        case Function() | Native() | TorchFunction():
            if isinstance(value, TorchFunction):
                return value
            return Method(value, owner)
        case Unbound(kind="class"):
            return Method(value.function, kind)
        case Unbound():
            return value.function
    return value


def _of_instance(machine: Machine, value: Instance, name: str) -> Value:
    held = value.type.find(name)
    if isinstance(held, Property):
        return machine.call(held.getter, [value], {})
    if name in value.attributes:
        return value.attributes[name]
    if isinstance(value, Module):
        for store in (value.parameters, value.buffers, value.children):
            if name in store:
                return store[name]
    if held is not MISSING:
        return bound(held, value, value.type)
    if name == "__class__":
        return value.type
    if name == "__dict__":
        return value.attributes
    if isinstance(value, Module):
        if name == "__getattr__":
            return _stored_attribute(value)
        found = machine.tracer.modules.attribute(value, name)
        if found is not MISSING:
            return found
    if value.content is not None:
        found = method_of(value.content, name)
        if found is not MISSING:
            return found
    custom = value.type.find("__getattr__")
    if custom is not MISSING and not name.startswith("__"):
        return machine.call(Method(custom, value), [name], {})
    missing = value.type.find("<base>")
    return MISSING if missing is MISSING else missing


def _stored_attribute(owner: Module) -> Native:
    """Give `nn.Module.__getattr__`, which looks among parameters, buffers and modules alone."""

    def run(machine: Machine, given: list[Value], named: dict[str, Value]) -> Value:
        name = given[0]
        for store in (owner.parameters, owner.buffers, owner.children):
            if name in store:
                return store[name]
        found = machine.tracer.modules.attribute(owner, name)
        if found is MISSING:
            raise machine.fail(
                "AttributeError", f"'{owner.type.name}' object has no attribute '{name}'"
            )
        return found

    return Native("__getattr__", run)


def _is_module(value: Class) -> bool:
    from .modules import MODULE

    return MODULE in value.order


def of_class(machine: Machine, value: Class, name: str) -> Value:
    """Give an attribute of a class."""
    held = value.find(name)
    if held is not MISSING:
        if isinstance(held, Unbound):
            return Method(held.function, value) if held.kind == "class" else held.function
        return held
    match name:
        case "__getattr__" if _is_module(value):
            return Native(
                name, lambda m, given, named: m.call(_stored_attribute(given[0]), given[1:], named)
            )
        case "__name__" | "__qualname__":
            return value.name
        case "__mro__":
            return value.order
        case "__bases__":
            return value.bases
        case "__members__":
            from .enumeration import members

            return dict(members(value))
        case "__dict__":
            return dict(value.names)
        case "__doc__":
            return None
        case "__class__":
            return machine.builtins["type"]
        case "__new__" if value.name == "object" and value.module is None:
            return Native(name, lambda m, given, named: m.tracer.modules.bare(given[0], m.here()))
        case "__module__":
            return value.module.name if value.module is not None else "builtins"
    return machine.unbound_method(value, name)


def _of_super(machine: Machine, value: Super, name: str) -> Value:
    owner = value.owner
    kind = owner if isinstance(owner, Class) else machine.type_of(owner)
    held = kind.after(value.start, name)
    if held is MISSING:
        if isinstance(owner, Module) and name == "__getattr__":
            return _stored_attribute(owner)
        if isinstance(owner, Instance) and owner.content is not None:
            found = method_of(owner.content, name)
            held = machine.unbound_method(kind, name) if found is MISSING else MISSING
            return found if held is MISSING else Method(held, owner)
        if name == "__new__" and kind.find("<base>") is MISSING:
            return Native(name, lambda m, given, named: m.tracer.modules.bare(given[0], m.here()))
        return kind.find("<base>")
    if isinstance(held, Property):
        return machine.call(held.getter, [owner], {})
    if isinstance(owner, Class):
        if isinstance(held, Unbound) and held.kind == "class":
            return Method(held.function, owner)
        return held.function if isinstance(held, Unbound) else held
    return bound(held, owner, kind)


# ----------------------------------------------------------------------------------- functions


def _of_function(value: Value, name: str) -> Value:
    if isinstance(value, Function) and name in value.attributes:
        return value.attributes[name]
    if isinstance(value, Native) and name in value.members:
        return value.members[name]
    match name:
        case "__name__" | "__qualname__":
            inner = value.function if isinstance(value, (Method, Partial)) else value
            return getattr(inner, "name", MISSING)
        case "__doc__":
            return None
        case "__module__":
            return value.frame.module.name if isinstance(value, Function) else "builtins"
        case "__defaults__" if isinstance(value, Function):
            return tuple(value.defaults) or None
        case "__kwdefaults__" if isinstance(value, Function):
            return dict(value.keyword_defaults) or None
        case "__dict__" if isinstance(value, Function):
            return value.attributes
        case "__self__" if isinstance(value, Method):
            return value.owner
        case "__func__" if isinstance(value, Method):
            return value.function
        case "func" if isinstance(value, Partial):
            return value.function
        case "args" if isinstance(value, Partial):
            return tuple(value.arguments)
        case "keywords" if isinstance(value, Partial):
            return value.keywords
        case "__call__":
            return value
        case "__wrapped__" | "__get__":
            return MISSING
    return _of_function(value.function, name) if isinstance(value, Method) else MISSING


def _of_property(value: Property, name: str) -> Value:
    if name == "setter":
        return Native(name, lambda m, given, named: Property(value.getter, given[0]))
    if name in ("getter", "deleter"):
        return Native(name, lambda m, given, named: value)
    return value.getter if name == "fget" else MISSING


def _of_marker(value: Marker, name: str) -> Value:
    if value.kind == "device":
        if name == "type":
            return value.name.partition(":")[0]
        return None if name == "index" else MISSING
    if name in ("is_floating_point", "is_complex"):
        return value.name.startswith({"is_complex": "complex"}.get(name, ("float", "bfloat")))
    return MISSING


# ------------------------------------------------------------------------------------- setting


def set_attribute(machine: Machine, owner: Value, name: str, value: Value) -> None:
    """Do `owner.name = value`."""
    match owner:
        case Instance():
            custom = owner.type.find("__setattr__")
            plain = OBJECT.names["__setattr__"]
            if isinstance(custom, (Function, Native)) and custom is not plain:
                machine.call(Method(custom, owner), [name, value], {})
            else:
                set_plainly(machine, owner, name, value)
        case Class():
            if owner.module is None:
                raise SpecError(f"{owner.name} is not the source's own and can't be changed")
            owner.names[name] = value
        case Function():
            if name == "__defaults__":
                owner.defaults = [] if value is None else machine.collect(value)
            else:
                owner.attributes[name] = value
        case Native() if name == "__defaults__":
            owner.defaults = tuple(machine.collect(value))
        case SourceModule():
            owner.names[name] = value
        case Tensor():
            machine.tracer.set_tensor_attribute(owner, name, value)
        case Library():
            machine.libraries.set_member(owner, name)
        case Opaque() | Method() | Native() | Partial() | TorchFunction():
            return
        case Super():
            set_plainly(machine, owner.owner, name, value)
        case _:
            raise machine.fail("AttributeError", f"{machine.show(owner)} has no attribute '{name}'")


def set_plainly(machine: Machine, owner: Value, name: str, value: Value) -> None:
    """Do what `object.__setattr__` does, or `nn.Module`'s."""
    held = owner.type.find(name)
    if isinstance(held, Property):
        if held.setter is None:
            raise machine.fail("AttributeError", f"can't set attribute '{name}'")
        machine.call(held.setter, [owner, value], {})
    elif name == "__class__" and isinstance(value, Class):
        owner.type = value
    elif isinstance(owner, Module):
        machine.tracer.modules.assign(owner, name, value)
    elif name == "__dict__":  # of a dictionary whose items are its attributes, most often
        names = value.content if isinstance(value, Instance) else value
        if not isinstance(names, dict):
            raise machine.fail("TypeError", "__dict__ must be set to a dictionary")
        owner.attributes = names
    else:
        owner.attributes[name] = value


def delete_attribute(machine: Machine, owner: Value, name: str) -> None:
    """Do `del owner.name`."""
    if isinstance(owner, Opaque):
        return
    if isinstance(owner, Instance):
        stores = [owner.attributes]
        if isinstance(owner, Module):
            stores += [owner.parameters, owner.buffers, owner.children]
        for store in stores:
            if name in store:
                del store[name]
                return
        if isinstance(owner, Module) and machine.tracer.modules.remove(owner, name):
            return
    if isinstance(owner, (Class, SourceModule)) and name in owner.names:
        if isinstance(owner, Class) and owner.module is None:
            raise SpecError(f"{owner.name} is not the source's own and can't be changed")
        del owner.names[name]
        return
    raise machine.fail("AttributeError", name)
