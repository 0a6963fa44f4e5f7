"""Python's own types as classes of the source: what `int(x)`, `isinstance(x, int)` and `class A(dict)` mean."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from .attributes import set_plainly
from .display import text_of
from .failures import OBJECT
from .items import DefaultDict, delete_item, get_item, set_item
from .keys import hashable
from .methods import method_of, update
from .numbers import is_number, to_integer
from .operators import membership
from .values import (
    MISSING,
    Array,
    Class,
    Function,
    Instance,
    Iteration,
    Keywords,
    Method,
    Native,
    Opaque,
    Partial,
    Property,
    Ratio,
    Sizes,
    SourceModule,
    Tensor,
    TorchFunction,
    Traced,
    Unbound,
    Value,
)

if TYPE_CHECKING:
    from .machine import Machine

Maker = Callable[["Machine", "list[Value]", Keywords], Value]


def _type(name: str, make: Maker, base: Class = OBJECT) -> Class:
    kind = Class(name, (base,))

    def new(machine: Machine, given: list[Value], named: Keywords) -> Value:
        type_, *rest = given
        unknown = next((item for item in rest if isinstance(item, Opaque)), None)
        if unknown is not None and type_ is kind:
            return unknown
        if type_ is kind:
            return make(machine, rest, named)
        made = Instance(type_, machine.here())
        if isinstance(type_.find("__init__"), Function):
            rest, named = [], {}
        made.content = make(machine, rest, named)
        return made

    kind.names["__new__"] = Native(name, new)
    return kind


def _int(machine: Machine, given: list[Value], named: Keywords) -> Value:
    if not given:
        return 0
    value = _scalar(given[0])
    if isinstance(value, Instance):
        return machine.call(machine.get(value, "__int__"), [], {})
    if is_number(value):
        return to_integer(machine, value)
    if isinstance(value, (Tensor, Opaque)):
        return Opaque("a number in a tensor", machine.here())
    if isinstance(value, str) and len(value) < 600:
        return machine.budget.number(int(value, *[machine.pin(item) for item in given[1:]]))
    raise machine.fail("TypeError", f"int() of {machine.show(value)}")


def _scalar(value: Value) -> Value:
    """Give the number of a tensor or an array that holds one known number."""
    if isinstance(value, (Tensor, Array)):
        if value.elements is not None and len(value.elements) == 1:
            return value.elements[0]
        return Opaque("a number in a tensor") if isinstance(value, Array) else value
    return value


def _float(machine: Machine, given: list[Value], named: Keywords) -> Value:
    if not given:
        return 0.0
    value = _scalar(given[0])
    if isinstance(value, Opaque):
        return value
    if isinstance(value, Ratio):
        return value
    if isinstance(value, Traced):
        return Ratio(value, 1)
    if isinstance(value, Tensor):
        return Opaque("a number in a tensor")
    return float(value)


def _bool(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return machine.truth(given[0]) if given else False


def _str(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return text_of(machine, given[0]) if given else ""


def _list(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return machine.collect(given[0]) if given else []


def _tuple(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return tuple(machine.collect(given[0])) if given else ()


def _sizes(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return Sizes(_tuple(machine, given, named))


def _set(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return {hashable(machine, item) for item in machine.iterate(given[0])} if given else set()


def _frozenset(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return frozenset(_set(machine, given, named))


def _dict(machine: Machine, given: list[Value], named: Keywords) -> Value:
    found: dict[Value, Value] = {}
    update(machine, found, given, named)
    return found


def _ordered_dict(machine: Machine, given: list[Value], named: Keywords) -> Value:
    found: dict[Value, Value] = OrderedDict()
    update(machine, found, given, named)
    return found


def _default_dict(machine: Machine, given: list[Value], named: Keywords) -> Value:
    found = DefaultDict(given[0] if given else None)
    update(machine, found, given[1:], named)
    return found


def _bytes(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return Opaque("bytes")


def _range(machine: Machine, given: list[Value], named: Keywords) -> Value:
    numbers = [machine.pin(_scalar(item)) for item in given]
    for number in numbers:
        if not isinstance(number, int):
            raise machine.fail(
                "TypeError", f"'{machine.show(number)}' can't be interpreted as an integer"
            )
    return range(*numbers)


def _slice(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return slice(*given)


def _counter(machine: Machine, given: list[Value], named: Keywords) -> Value:
    found: dict[Value, Value] = {}
    for item in machine.iterate(given[0]) if given else ():
        key = hashable(machine, item)
        found[key] = found.get(key, 0) + 1
    return found


INT = _type("int", _int)
FLOAT = _type("float", _float)
BOOL = _type("bool", _bool, INT)
STR = _type("str", _str)
BYTES = _type("bytes", _bytes)
LIST = _type("list", _list)
TUPLE = _type("tuple", _tuple)
SIZE = _type("Size", _sizes, TUPLE)
DICT = _type("dict", _dict)
ORDERED = _type("OrderedDict", _ordered_dict, DICT)
DEFAULT = _type("defaultdict", _default_dict, DICT)
COUNTER = _type("Counter", _counter, DICT)
DEQUE = _type("deque", _list, LIST)
SET = _type("set", _set)
FROZEN = _type("frozenset", _frozenset)
RANGE = _type("range", _range)
SLICE = _type("slice", _slice)
NONE = Class("NoneType", (OBJECT,))
FUNCTION = Class("function", (OBJECT,))
BUILTIN = Class("builtin_function_or_method", (OBJECT,))
METHOD = Class("method", (OBJECT,))
PARTIAL = Class("partial", (OBJECT,))
GENERATOR = Class("generator", (OBJECT,))
MODULE = Class("module", (OBJECT,))
TENSOR = Class("Tensor", (OBJECT,))
PARAMETER = Class("Parameter", (TENSOR,))
ARRAY = Class("ndarray", (OBJECT,))
PROPERTY = Class("property", (OBJECT,))

_BY_HOST: dict[type, Class] = {
    bool: BOOL,
    int: INT,
    float: FLOAT,
    str: STR,
    bytes: BYTES,
    list: LIST,
    tuple: TUPLE,
    dict: DICT,
    OrderedDict: ORDERED,
    DefaultDict: DEFAULT,
    set: SET,
    frozenset: FROZEN,
    range: RANGE,
    slice: SLICE,
    type(None): NONE,
    Traced: INT,
    Ratio: FLOAT,
    Function: FUNCTION,
    Native: BUILTIN,
    TorchFunction: BUILTIN,
    Method: METHOD,
    Partial: PARTIAL,
    Iteration: GENERATOR,
    SourceModule: MODULE,
    Array: ARRAY,
    Property: PROPERTY,
    Unbound: FUNCTION,
}


def _make_type(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for `type`, with one argument or three."""
    _, *rest = given
    if len(rest) == 1:
        return type_of(machine, rest[0])
    name, bases, names = rest
    site = machine.site
    return Class(
        name,
        tuple(bases) or (OBJECT,),
        dict(names),
        location=machine.here(),
        module=site[0] if site else None,
    )


TYPE = Class("type", (OBJECT,))
TYPE.names["__new__"] = Native("type", _make_type)


def type_of(machine: Machine, value: Value) -> Value:
    """Give the class of a value."""
    match value:
        case Instance():
            return value.type
        case Class():
            return TYPE
        case Tensor():
            return PARAMETER if value.kind == "parameter" else TENSOR
        case Opaque():
            return value
    if isinstance(value, tuple) and type(value) is not tuple:
        return SIZE
    return _BY_HOST.get(type(value), OBJECT)


def unbound_method(value: Class, name: str) -> Value:
    """Give a method of one of Python's own types, to be called with its owner: `str.lower`."""
    sample: dict[Class, Value] = {STR: "", LIST: [], DICT: {}, TUPLE: (), SET: set(), INT: 0}
    for kind in value.order:
        if kind is DICT and name == "fromkeys":
            return Native(name, _from_keys)
        if kind in sample and name in _ITEMS:
            return _ITEMS[name]
        if kind in sample and method_of(sample[kind], name) is not MISSING:
            return Native(name, lambda machine, given, named: _unbound(machine, name, given, named))
    return MISSING


def _held(value: Value) -> Value:
    return value.content if isinstance(value, Instance) else value


_ITEMS = {
    name: Native(name, rule)
    for name, rule in {
        "__getitem__": lambda machine, given, named: get_item(machine, _held(given[0]), given[1]),
        "__setitem__": lambda machine, given, named: set_item(machine, _held(given[0]), *given[1:]),
        "__delitem__": lambda machine, given, named: delete_item(
            machine, _held(given[0]), given[1]
        ),
        "__len__": lambda machine, given, named: len(_held(given[0])),
        "__contains__": lambda machine, given, named: membership(
            machine, given[1], _held(given[0])
        ),
        "__iter__": lambda machine, given, named: machine.iteration(
            machine.iterate(_held(given[0]))
        ),
    }.items()
}


def _from_keys(machine: Machine, given: list[Value], named: Keywords) -> Value:
    value = given[1] if len(given) > 1 else None
    return {hashable(machine, item): value for item in machine.iterate(given[0])}


def _unbound(machine: Machine, name: str, given: list[Value], named: Keywords) -> Value:
    owner, *rest = given
    return machine.call(method_of(_held(owner), name), rest, named)


# ---------------------------------------------------------------------------- object's own methods


def _object_init(machine: Machine, given: list[Value], named: Keywords) -> None:
    owner, *rest = given
    if (rest or named) and isinstance(owner, Instance):
        made_by = owner.type.find("__new__")
        if made_by is MISSING:
            raise machine.fail("TypeError", f"{owner.type.name}() takes no arguments")
        if isinstance(owner.content, dict):
            update(machine, owner.content, rest, named)
        elif isinstance(owner.content, list):
            owner.content.extend(machine.collect(rest[0]))


def _object_new(machine: Machine, given: list[Value], named: Keywords) -> Value:
    kind = given[0]
    return machine.tracer.modules.bare(kind, machine.here())


def _object_setattr(machine: Machine, given: list[Value], named: Keywords) -> None:
    owner, name, value = given
    set_plainly(machine, owner, name, value)


def _object_getattribute(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return machine.get(given[0], given[1])


OBJECT.names["__init__"] = Native("__init__", _object_init)
OBJECT.names["__setattr__"] = Native("__setattr__", _object_setattr)
OBJECT.names["__getattribute__"] = Native("__getattribute__", _object_getattribute)


# ------------------------------------------------------------------------------------ isinstance


def is_instance(machine: Machine, value: Value, kind: Value) -> Value:
    """Do what `isinstance` does."""
    if isinstance(kind, tuple):
        found: Value = False
        for item in kind:
            one = is_instance(machine, value, item)
            if one is True:
                return True
            found = one if isinstance(one, Opaque) else found
        return found
    if isinstance(kind, Opaque):
        # An instance of a class that isn't there can't have been made here.
        return kind if isinstance(value, Opaque) else False
    if isinstance(kind, Native):
        return kind.call(machine, [value], {})
    if not isinstance(kind, Class):
        raise machine.fail("TypeError", "isinstance() arg 2 must be a type or tuple of types")
    if isinstance(value, Opaque):
        return value
    if isinstance(value, Tensor) and "<dtype>" in kind.names:
        return bool(kind.names["<dtype>"] == value.dtype)
    own = type_of(machine, value)
    return own is not None and inherits(machine, own, kind)


def inherits(machine: Machine, own: Class, kind: Class) -> bool:
    """Tell whether a class inherits from another."""
    return kind in own.order or kind is OBJECT or machine.tracer.modules.is_private_base(own, kind)
