"""Calls: arguments bound to parameters as Python does, and what calling each kind of value means."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...errors import ShapecalcError, SpecError
from .classes import instantiate
from .failures import Raised
from .scopes import has_yield, names_bound
from .values import (
    Class,
    Frame,
    Function,
    Instance,
    Iteration,
    Library,
    Method,
    Module,
    Native,
    Opaque,
    Partial,
    TorchFunction,
    Unbound,
    Value,
)

if TYPE_CHECKING:
    from .machine import Machine

_HOST_ERRORS = (
    TypeError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    ZeroDivisionError,
    OverflowError,
)


def call(
    machine: Machine, function: Value, arguments: list[Value], keywords: dict[str, Value]
) -> Value:
    """Call a value of the source."""
    match function:
        case Function():
            return call_function(machine, function, arguments, keywords)
        case Method():
            return machine.call(function.function, [function.owner, *arguments], keywords)
        case Native() | TorchFunction():
            return call_native(machine, function, arguments, keywords)
        case Module():
            return machine.tracer.run_module(function, arguments, keywords)
        case Class():
            return instantiate(machine, function, arguments, keywords)
        case Partial():
            return machine.call(
                function.function,
                [*function.arguments, *arguments],
                {**function.keywords, **keywords},
            )
        case Instance():
            return machine.call(machine.get(function, "__call__"), arguments, keywords)
        case Opaque():
            return Opaque(
                function.reason, function.location, foreign=function.foreign, made=function.foreign
            )
        case Library():
            return machine.libraries.call(machine, function, arguments)
        case Unbound():
            return machine.call(function.function, arguments, keywords)
    raise machine.fail("TypeError", f"{machine.show(function)} is not callable")


def call_native(
    machine: Machine,
    function: Native | TorchFunction,
    arguments: list[Value],
    keywords: dict[str, Value],
) -> Value:
    """Call a function of ours, or of the registry; the host's exceptions in it become the source's."""
    try:
        if isinstance(function, TorchFunction):
            return machine.tracer.function(function.name, arguments, keywords)
        return function.call(machine, arguments, keywords)
    except (ShapecalcError, Raised):
        raise
    except RecursionError:
        raise machine.limit("the values are nested too deeply") from None
    except _HOST_ERRORS as error:
        unknown = next((item for item in arguments if isinstance(item, Opaque)), None)
        if unknown is not None:
            return unknown
        kind = type(error).__name__
        text = str(error.args[0]) if error.args else ""
        raise machine.fail(kind, f"{function.name}: {text}"[:200]) from None


def call_function(
    machine: Machine, function: Function, arguments: list[Value], keywords: dict[str, Value]
) -> Value:
    """Call a function of the source."""
    unknown = function.attributes.get("<decorator>")
    if unknown is not None:
        raise machine.unknown(unknown, f"the decorator of {function.name}")
    closure = function.frame
    frame = Frame({}, closure.module, closure, function)
    frame.own, generator = traits(machine, function)
    bind_arguments(machine, function, arguments, keywords, frame.names)
    node = function.node
    if isinstance(node, ast.Lambda):
        return machine.evaluate(node.body, frame)
    if isinstance(node, ast.AsyncFunctionDef):
        raise SpecError("`async` is not followed")
    if generator:
        frame.yielded = []
        machine.execute(node.body, frame)
        return Iteration(iter(frame.yielded))
    signal = machine.execute(node.body, frame)
    return None if signal is None else signal.value


def traits(machine: Machine, function: Function) -> tuple[frozenset[str], bool]:
    """Give the names that a function's own statements bind, and whether it is a generator."""
    node = function.node
    if isinstance(node, ast.Lambda):
        return frozenset(), False
    known = machine.traits.get(node)
    if known is None:
        known = frozenset(names_bound(node.body)), has_yield(node.body)
        machine.traits[node] = known
    return known


def bind_arguments(
    machine: Machine,
    function: Function,
    arguments: list[Value],
    keywords: dict[str, Value],
    names: dict[str, Value],
) -> None:
    """Bind arguments to a function's parameters; raises the source's TypeError if they don't fit."""
    spec = function.parameters
    positional = [*spec.posonlyargs, *spec.args]
    only = len(spec.posonlyargs)
    named = dict(keywords)
    count = len(positional)
    for parameter, value in zip(positional, arguments, strict=False):
        names[parameter.arg] = value
    if len(arguments) > count:
        if spec.vararg is None:
            raise machine.fail(
                "TypeError",
                f"{function.name}() takes {count} positional arguments"
                f" but {len(arguments)} were given",
            )
        names[spec.vararg.arg] = tuple(arguments[count:])
    elif spec.vararg is not None:
        names[spec.vararg.arg] = ()
    first_default = count - len(function.defaults)
    for place, parameter in enumerate(positional):
        name = parameter.arg
        if name in named and place >= only:
            if name in names and place < len(arguments):
                raise machine.fail(
                    "TypeError", f"{function.name}() got multiple values for argument '{name}'"
                )
            names[name] = named.pop(name)
        elif place >= len(arguments):
            if place < first_default:
                raise _missing(machine, function, name)
            names[name] = function.defaults[place - first_default]
    for parameter in spec.kwonlyargs:
        name = parameter.arg
        if name in named:
            names[name] = named.pop(name)
        elif name in function.keyword_defaults:
            names[name] = function.keyword_defaults[name]
        else:
            raise _missing(machine, function, name)
    if spec.kwarg is not None:
        names[spec.kwarg.arg] = named
    elif named:
        raise machine.fail(
            "TypeError",
            f"{function.name}() got an unexpected keyword argument '{next(iter(named))}'",
        )


def _missing(machine: Machine, function: Function, name: str) -> Raised:
    return machine.fail("TypeError", f"{function.name}() is missing the argument '{name}'")
