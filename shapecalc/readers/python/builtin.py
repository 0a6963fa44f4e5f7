"""Python's built-in functions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ...errors import SpecError
from ...relations import AllOf, AnyOf, Comparison, all_of, any_of
from ..operator_names import ABSOLUTE
from .attributes import delete_attribute, find_attribute, set_attribute
from .classes import super_of
from .display import format_value, show_repr
from .equality import sort_key
from .failures import EXCEPTIONS, OBJECT
from .methods import sorted_items
from .numbers import extreme, is_number
from .operators import binary
from .parsing import quiet_parse
from .types import (
    BOOL,
    BYTES,
    DICT,
    FLOAT,
    FROZEN,
    INT,
    LIST,
    RANGE,
    SET,
    SLICE,
    STR,
    TUPLE,
    TYPE,
    inherits,
    is_instance,
)
from .values import (
    MISSING,
    Array,
    Class,
    Function,
    Instance,
    Iteration,
    Keywords,
    Method,
    Module,
    Native,
    Opaque,
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


def _len(machine: Machine, given: list[Value], named: Keywords) -> Value:
    (value,) = given
    if isinstance(value, Tensor):
        if not value.shape:
            raise machine.fail("TypeError", "len() of a 0-d tensor")
        return machine.tracer.size(value, 0)
    if isinstance(value, Opaque):
        return value
    if isinstance(value, Array):
        return value.shape[0]
    if isinstance(value, Instance):
        method = value.type.find("__len__")
        if method is not MISSING:
            return machine.call(Method(method, value), [], {})
        value = value.content
    if isinstance(value, Class):
        return sum(1 for _ in machine.iterate(value))
    return len(value)


def _abs(machine: Machine, given: list[Value], named: Keywords) -> Value:
    (value,) = given
    if isinstance(value, Tensor):
        return machine.tracer.operator(ABSOLUTE, given)
    return abs(machine.pin(value)) if is_number(value) else value


def _extreme(largest: bool) -> Callable[..., Value]:
    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        items = machine.collect(given[0]) if len(given) == 1 else given
        if not items:
            if "default" in named:
                return named["default"]
            raise machine.fail("ValueError", "max() or min() of an empty sequence")
        unknown = next((item for item in items if isinstance(item, Opaque)), None)
        if unknown is not None:
            return unknown
        if any(isinstance(item, Tensor) for item in items):
            raise SpecError(
                "what happens here depends on the numbers in a tensor, not on its shape",
                code="S106",
            )
        key = named.get("key")
        if key is None and any(isinstance(item, (Traced, Ratio)) for item in items):
            return extreme(machine, items, largest=largest)
        pick = max if largest else min
        keys = [
            sort_key(machine, item if key is None else machine.call(key, [item], {}))
            for item in items
        ]
        return items[pick(range(len(items)), key=keys.__getitem__)]

    return run


def _sum(machine: Machine, given: list[Value], named: Keywords) -> Value:
    total = given[1] if len(given) > 1 else named.get("start", 0)
    for item in machine.iterate(given[0]):
        total = item if total == 0 and not is_number(item) else binary(machine, "+", total, item)
    return total


def _any(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return _joined(machine, given[0], stop=True)


def _all(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return _joined(machine, given[0], stop=False)


def _joined(machine: Machine, items: Value, *, stop: bool) -> Value:
    """Put conditions together; those that sizes leave open stay open."""
    found: list[Value] = []
    for item in machine.iterate(items):
        value = machine.settled(item)
        if isinstance(value, (Comparison, AllOf, AnyOf)):
            found.append(value)
        elif machine.truth(value) is stop:
            return stop
    return any_of(found) if stop else all_of(found)


def _round(machine: Machine, given: list[Value], named: Keywords) -> Value:
    value, *rest = given
    if isinstance(value, Traced) and not rest:
        return value
    digits = rest or [named[key] for key in ("ndigits",) if key in named]
    return round(machine.pin(value), *[machine.pin(item) for item in digits])


def _divmod(machine: Machine, given: list[Value], named: Keywords) -> Value:
    one, two = given
    return binary(machine, "//", one, two), binary(machine, "%", one, two)


def _pow(machine: Machine, given: list[Value], named: Keywords) -> Value:
    one, two, *rest = given
    if rest:
        return pow(*[machine.pin(item) for item in given])
    return binary(machine, "**", one, two)


def _sorted(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return sorted_items(machine, machine.collect(given[0]), named)


# --------------------------------------------------------------------------------------- iterators


def _iter(machine: Machine, given: list[Value], named: Keywords) -> Value:
    if isinstance(given[0], Iteration):
        return given[0]
    return machine.iteration(iter(machine.iterate(given[0])))


def _next(machine: Machine, given: list[Value], named: Keywords) -> Value:
    value = given[0]
    if isinstance(value, Opaque):
        return value
    if isinstance(value, Instance):
        return machine.call(machine.get(value, "__next__"), [], {})
    if not isinstance(value, Iteration):
        raise machine.fail("TypeError", f"{machine.show(value)} is not an iterator")
    for item in value.items:
        return item
    if len(given) > 1:
        return given[1]
    raise machine.fail("StopIteration", "")


def _zip(machine: Machine, given: list[Value], named: Keywords) -> Value:
    streams = [machine.iterate(item) for item in given]
    return machine.iteration(zip(*streams, strict=bool(named.get("strict"))))


def _enumerate(machine: Machine, given: list[Value], named: Keywords) -> Value:
    start = given[1] if len(given) > 1 else named.get("start", 0)
    return machine.iteration(enumerate(machine.iterate(given[0]), machine.pin(start)))


def _map(machine: Machine, given: list[Value], named: Keywords) -> Value:
    function, *streams = given
    rounds = zip(*[machine.iterate(item) for item in streams], strict=False)
    return machine.iteration(machine.call(function, list(items), {}) for items in rounds)


def _filter(machine: Machine, given: list[Value], named: Keywords) -> Value:
    function, items = given

    def run() -> Iterator[Value]:
        for item in machine.iterate(items):
            if machine.truth(item if function is None else machine.call(function, [item], {})):
                yield item

    return machine.iteration(run())


def _reversed(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return machine.iteration(iter(machine.collect(given[0])[::-1]))


# -------------------------------------------------------------------------------------- reflection


def _getattr(machine: Machine, given: list[Value], named: Keywords) -> Value:
    owner, name, *default = given
    if isinstance(name, Opaque):
        return name
    if not isinstance(name, str):
        raise machine.fail("TypeError", "attribute name must be a string")
    if not default:
        return machine.get(owner, name)
    found = _found(machine, owner, name)
    return default[0] if found is MISSING else found


def _found(machine: Machine, owner: Value, name: str) -> Value:
    from .failures import Raised

    try:
        return find_attribute(machine, owner, name)
    except Raised as error:
        if error.is_a("AttributeError"):
            return MISSING
        raise


def _hasattr(machine: Machine, given: list[Value], named: Keywords) -> Value:
    owner, name = given
    if isinstance(owner, Opaque):
        return owner
    return _found(machine, owner, name) is not MISSING


def _setattr(machine: Machine, given: list[Value], named: Keywords) -> None:
    owner, name, value = given
    if isinstance(name, Opaque) and not isinstance(owner, Opaque):
        raise machine.unknown(name, "the name of this attribute")
    if isinstance(owner, Opaque):
        return
    if not isinstance(name, str):
        raise machine.fail("TypeError", "attribute name must be a string")
    set_attribute(machine, owner, name, value)


def _delattr(machine: Machine, given: list[Value], named: Keywords) -> None:
    delete_attribute(machine, given[0], given[1])


def _isinstance(machine: Machine, given: list[Value], named: Keywords) -> Value:
    value, kind = given
    return is_instance(machine, value, kind)


def _issubclass(machine: Machine, given: list[Value], named: Keywords) -> Value:
    own, kinds = given
    if isinstance(own, Opaque):
        return own
    if not isinstance(own, Class):
        raise machine.fail("TypeError", "issubclass() arg 1 must be a class")
    known = kinds if isinstance(kinds, tuple) else (kinds,)
    return any(isinstance(kind, Class) and inherits(machine, own, kind) for kind in known)


def _callable(machine: Machine, given: list[Value], named: Keywords) -> Value:
    (value,) = given
    if isinstance(value, Opaque):
        return value
    if isinstance(value, Instance):
        return isinstance(value, Module) or value.type.find("__call__") is not MISSING
    return isinstance(value, (Function, Method, Native, TorchFunction, Partial, Class))


def _super(machine: Machine, given: list[Value], named: Keywords) -> Value:
    if given:
        start, owner = given[0], given[1] if len(given) > 1 else None
        if isinstance(start, Opaque):
            return start
        if not isinstance(start, Class):
            raise machine.fail("TypeError", "super() argument 1 must be a type")
        kind = owner if isinstance(owner, Class) else machine.type_of(owner)
        if not isinstance(kind, Class) or start not in kind.order:
            raise machine.fail(
                "TypeError", "super(type, obj): obj must be an instance or subtype of type"
            )
        return Super(start, owner)
    return Super(*super_of(machine, machine.caller))


def _vars(machine: Machine, given: list[Value], named: Keywords) -> Value:
    if not given:
        return _locals(machine, given, named)
    value = given[0]
    if isinstance(value, SourceModule):
        return value.names
    return machine.get(value, "__dict__")


def _locals(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return dict(machine.caller.names) if machine.caller is not None else {}


def _globals(machine: Machine, given: list[Value], named: Keywords) -> Value:
    if machine.caller is None:
        return {}
    module = machine.caller.module
    machine.loader.run_pending(module, None)
    return module.names


def _dir(machine: Machine, given: list[Value], named: Keywords) -> Value:
    caller = machine.caller
    value = given[0] if given else caller and caller.module
    if isinstance(value, SourceModule):
        return sorted(value.names)
    if isinstance(value, Class):
        return sorted({name for item in value.order for name in item.names})
    return sorted(value.attributes) if isinstance(value, Instance) else []


def _eval(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Evaluate a text as the source's own expression: by this machine, not by Python."""
    text = given[0]
    if isinstance(text, Opaque):
        return text
    if not isinstance(text, str) or len(text) > 10_000 or machine.caller is None:
        raise SpecError("`eval` of this is not followed")
    try:
        tree = quiet_parse(text.strip(), "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise machine.fail("SyntaxError", "invalid syntax") from None
    frame = machine.caller
    for node in ast.walk(tree):
        ast.copy_location(node, machine.site[1]) if machine.site and hasattr(
            node, "lineno"
        ) else None
    return machine.evaluate(tree.body, frame)


def _refused(name: str) -> Callable[..., Value]:
    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        raise SpecError(f"`{name}` is not followed: nothing is executed or opened")

    return run


def _print(machine: Machine, given: list[Value], named: Keywords) -> None:
    return None


def _hash(machine: Machine, given: list[Value], named: Keywords) -> Value:
    from .keys import hashable

    return hash(hashable(machine, given[0]))


def _format(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return format_value(machine, given[0], given[1] if len(given) > 1 else "")


def _property(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return Property(given[0] if given else named.get("fget"), given[1] if len(given) > 1 else None)


def _unbound(kind: str) -> Callable[..., Value]:
    return lambda machine, given, named: Unbound(given[0], kind)


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "abs": _abs,
    "all": _all,
    "any": _any,
    "callable": _callable,
    "chr": lambda machine, given, named: chr(machine.pin(given[0])),
    "classmethod": _unbound("class"),
    "delattr": _delattr,
    "dir": _dir,
    "divmod": _divmod,
    "enumerate": _enumerate,
    "eval": _eval,
    "filter": _filter,
    "format": _format,
    "getattr": _getattr,
    "globals": _globals,
    "hasattr": _hasattr,
    "hash": _hash,
    "hex": lambda machine, given, named: hex(machine.pin(given[0])),
    "id": lambda machine, given, named: id(given[0]),
    "isinstance": _isinstance,
    "issubclass": _issubclass,
    "iter": _iter,
    "len": _len,
    "locals": _locals,
    "map": _map,
    "max": _extreme(largest=True),
    "min": _extreme(largest=False),
    "next": _next,
    "ord": lambda machine, given, named: ord(given[0]),
    "pow": _pow,
    "print": _print,
    "property": _property,
    "repr": lambda machine, given, named: show_repr(given[0]),
    "reversed": _reversed,
    "round": _round,
    "setattr": _setattr,
    "sorted": _sorted,
    "staticmethod": _unbound("static"),
    "sum": _sum,
    "super": _super,
    "vars": _vars,
    "zip": _zip,
    "exec": _refused("exec"),
    "compile": _refused("compile"),
    "__import__": _refused("__import__"),
    "open": _refused("open"),
    "input": _refused("input"),
}

BUILTINS: dict[str, Value] = {
    **EXCEPTIONS,
    **{name: Native(name, function) for name, function in _FUNCTIONS.items()},
    "bool": BOOL,
    "bytes": BYTES,
    "dict": DICT,
    "float": FLOAT,
    "frozenset": FROZEN,
    "int": INT,
    "list": LIST,
    "object": OBJECT,
    "range": RANGE,
    "set": SET,
    "slice": SLICE,
    "str": STR,
    "tuple": TUPLE,
    "type": TYPE,
    "Ellipsis": ...,
    "NotImplemented": Opaque("NotImplemented"),
    "__debug__": True,
}
