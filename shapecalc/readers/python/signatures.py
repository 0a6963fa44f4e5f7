"""`inspect`: what parameters a function of the source has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .failures import OBJECT
from .values import (
    MISSING,
    Class,
    Function,
    Instance,
    Keywords,
    Method,
    Module,
    Native,
    Opaque,
    Partial,
    Unbound,
    Value,
)

if TYPE_CHECKING:
    from .machine import Machine

_KINDS = {
    "POSITIONAL_ONLY": 0,
    "POSITIONAL_OR_KEYWORD": 1,
    "VAR_POSITIONAL": 2,
    "KEYWORD_ONLY": 3,
    "VAR_KEYWORD": 4,
}
_EMPTY = Class("_empty", (OBJECT,))
_PARAMETER = Class("Parameter", (OBJECT,), {**_KINDS, "empty": _EMPTY})
_SIGNATURE = Class("Signature", (OBJECT,), {"empty": _EMPTY})
_SPEC = Class("FullArgSpec", (OBJECT,))


def _function(value: Value) -> tuple[Value, int]:
    """Find the function inside a value, and how many of its parameters are taken already."""
    taken = 0
    while True:
        if isinstance(value, Class):
            value, taken = value.find("__init__"), taken + 1
        elif isinstance(value, Module):
            value, taken = value.type.find("forward"), taken + 1
        elif isinstance(value, Method):
            value, taken = value.function, taken + 1
        elif isinstance(value, (Partial, Unbound)):
            value = value.function
        elif isinstance(value, Function) and "__wrapped__" in value.attributes:
            value = value.attributes["__wrapped__"]
        else:
            return value, taken


def parameters_of(value: Value) -> list[tuple[str, str, Value]] | None:
    """List a function's parameters with their kinds and defaults; None where they aren't known."""
    function, taken = _function(value)
    if not isinstance(function, Function):
        return None
    spec = function.parameters
    found: list[tuple[str, str, Value]] = []
    positional = [*spec.posonlyargs, *spec.args]
    first = len(positional) - len(function.defaults)
    for place, item in enumerate(positional):
        kind = "POSITIONAL_ONLY" if place < len(spec.posonlyargs) else "POSITIONAL_OR_KEYWORD"
        default = function.defaults[place - first] if place >= first else MISSING
        found.append((item.arg, kind, default))
    if spec.vararg is not None:
        found.append((spec.vararg.arg, "VAR_POSITIONAL", MISSING))
    for item in spec.kwonlyargs:
        default = function.keyword_defaults.get(item.arg, MISSING)
        found.append((item.arg, "KEYWORD_ONLY", default))
    if spec.kwarg is not None:
        found.append((spec.kwarg.arg, "VAR_KEYWORD", MISSING))
    return found[taken:]


def _signature(machine: Machine, given: list[Value], named: Keywords) -> Value:
    known = parameters_of(given[0])
    if known is None:
        return Opaque("the signature of a function that isn't the source's own")
    parameters: dict[Value, Value] = {}
    for name, kind, default in known:
        made = Instance(_PARAMETER)
        made.attributes["name"] = name
        made.attributes["kind"] = _KINDS[kind]
        made.attributes["default"] = _EMPTY if default is MISSING else default
        parameters[name] = made
    found = Instance(_SIGNATURE)
    found.attributes["parameters"] = parameters
    return found


def _full_spec(machine: Machine, given: list[Value], named: Keywords) -> Value:
    known = parameters_of(given[0])
    if known is None:
        return Opaque("the signature of a function that isn't the source's own")
    found = Instance(_SPEC)
    plain = [name for name, kind, _ in known if kind.startswith("POSITIONAL")]
    found.attributes["args"] = plain
    found.attributes["kwonlyargs"] = [name for name, kind, _ in known if kind == "KEYWORD_ONLY"]
    found.attributes["defaults"] = tuple(
        [item for _, kind, item in known if kind.startswith("POSITIONAL") and item is not MISSING]
    )
    return found


def _is(*kinds: type) -> Native:
    return Native("predicate", lambda machine, given, named: isinstance(given[0], kinds))


SIGNATURES: dict[str, Value] = {
    "inspect.signature": Native("signature", _signature),
    "inspect.getfullargspec": Native("getfullargspec", _full_spec),
    "inspect.Parameter": _PARAMETER,
    "inspect.isfunction": _is(Function),
    "inspect.ismethod": _is(Method),
    "inspect.isclass": _is(Class),
}
