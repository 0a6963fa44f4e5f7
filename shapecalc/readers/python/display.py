"""Values as text, within bounds: what `str`, `repr`, `format` and `%` make."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING

from ...dims import Dim
from .limits import MAX_WIDTH, LimitError
from .values import (
    MISSING,
    Class,
    Function,
    Instance,
    Library,
    Marker,
    Method,
    Module,
    Opaque,
    Ratio,
    Sizes,
    Tensor,
    Traced,
    Value,
)

if TYPE_CHECKING:
    from .machine import Machine

MAX_SHOWN = 2_000  # characters of a value that holds others

_NUMBERS = re.compile(r"\d+")


_BRACKETS: dict[type, str] = {tuple: "()", list: "[]", set: "{}"}


def show_text(value: Value) -> str:
    """Do what `str` does."""
    if isinstance(value, str):
        return value
    if isinstance(value, Instance) and not isinstance(value, Module):
        arguments = value.attributes.get("args")
        if isinstance(arguments, tuple) and value.content is None:
            return ", ".join(show_text(item) for item in arguments[:5])
    return show_repr(value)


def show_repr(value: Value) -> str:
    """Do what `repr` does; long values are cut."""
    parts: list[str] = []
    _write(value, parts, [MAX_SHOWN], 0)
    return "".join(parts)


def _write(value: Value, parts: list[str], room: list[int], depth: int) -> None:
    room[0] -= 1
    if room[0] < 0 or depth > 20:
        parts.append("...")
        return
    brackets = _BRACKETS.get(type(value), "  ")
    opening, closing = brackets[0], brackets[1]
    if isinstance(value, Sizes):
        parts.append("torch.Size(")
        _write(list(value), parts, room, depth + 1)
        parts.append(")")
    elif opening != " ":
        parts.append(opening)
        for place, item in enumerate(value):
            if room[0] < 0:
                parts.append("...")
                break
            parts.append(", " if place else "")
            _write(item, parts, room, depth + 1)
        parts.append(",)" if isinstance(value, tuple) and len(value) == 1 else closing)
    elif isinstance(value, dict):
        parts.append("{")
        for place, (key, item) in enumerate(value.items()):
            if room[0] < 0:
                parts.append("...")
                break
            parts.append(", " if place else "")
            _write(key, parts, room, depth + 1)
            parts.append(": ")
            _write(item, parts, room, depth + 1)
        parts.append("}")
    else:
        text = _atom(value)
        room[0] -= len(text) // 8
        parts.append(text)


def _atom(value: Value) -> str:
    match value:
        case str():
            return repr(value if len(value) <= MAX_SHOWN else value[:MAX_SHOWN] + "...")
        case Traced() | Ratio() | Marker() | Dim() | Opaque():
            return str(value) if not isinstance(value, Marker) else repr(value)
        case Tensor():
            return f"a tensor of {'×'.join(map(str, value.shape or ())) or 'no dimensions'}"
        case Module():
            return f"{value.type.name}()"
        case Instance():
            name = value.attributes.get("name")
            if isinstance(name, str) and "value" in value.attributes:
                return f"<{value.type.name}.{name}>"
            return f"<{value.type.name} object>"
        case Class():
            return f"<class '{value.name}'>"
        case Function():
            return f"<function {value.name}>"
        case Method():
            return "<bound method>"
        case Library():
            return f"<module '{value.name}'>"
        case bool() | int() | float() | bytes() | range() | slice() | None:
            return repr(value)
    return f"<{type(value).__name__.lower()}>"


# ---------------------------------------------------------------------------------- formatting


def _bounded(text: str) -> str:
    """Allow a format's widths."""
    if any(len(part) > 4 or int(part) > MAX_WIDTH for part in _NUMBERS.findall(text)):
        raise LimitError(f"a format that pads to more than {MAX_WIDTH} characters")
    return text


def format_value(machine: Machine, value: Value, spec: str) -> str:
    """Do what `format(value, spec)` does."""
    if isinstance(value, Dim):
        return str(value)
    if isinstance(value, Instance):
        method = value.type.find("__format__")
        if method is not MISSING:
            return str(machine.call(Method(method, value), [spec], {}))
        value = text_of(machine, value)
    if isinstance(value, (Traced, Ratio)):
        value = str(value) if isinstance(plain_size(value), Dim) else machine.pin(value)
    if not isinstance(value, (int, float, str)):
        value = show_text(value)
    try:
        return format(value, _bounded(spec))
    except ValueError as error:
        raise machine.fail("ValueError", str(error)) from None


def plain_size(value: Value) -> Value:
    """Give a size without its origin."""
    return value.value if isinstance(value, Traced) else value


def text_of(machine: Machine, value: Value) -> str:
    """Do what `str` does, asking an object's own `__str__` and `__repr__`."""
    if isinstance(value, Instance):
        for name in ("__str__", "__repr__"):
            method = value.type.find(name)
            if method is not MISSING:
                found = machine.call(Method(method, value), [], {})
                return found if isinstance(found, str) else show_text(found)
    return show_text(value)


def percent_format(machine: Machine, pattern: str, values: Value) -> Value:
    """Do what `pattern % values` does."""
    if "*" in pattern:
        raise LimitError("a format whose width is a value")
    _bounded(pattern)
    given = values if isinstance(values, tuple) else (values,)
    unknown = next((item for item in given if isinstance(item, Opaque)), None)
    if unknown is not None:
        return unknown
    if isinstance(values, dict):
        named = {key: _formattable(machine, item) for key, item in values.items()}
        return _percent(machine, pattern, named)
    return _percent(machine, pattern, tuple([_formattable(machine, item) for item in given]))


def _percent(machine: Machine, pattern: str, values: Value) -> str:
    try:
        return str(pattern % values)
    except (TypeError, ValueError, KeyError) as error:
        raise machine.fail(type(error).__name__, str(error)) from None


def _formattable(machine: Machine, value: Value) -> Value:
    if isinstance(value, (Traced, Ratio)):
        return str(value) if isinstance(plain_size(value), Dim) else machine.pin(value)
    return value if isinstance(value, (int, float, str)) else text_of(machine, value)


def brace_format(
    machine: Machine, pattern: str, arguments: list[Value], keywords: dict[str, Value]
) -> Value:
    """Do what `pattern.format(...)` does."""
    parts: list[str] = []
    automatic = 0
    for literal, field, spec, conversion in Formatter().parse(pattern):
        parts.append(literal)
        if field is None:
            continue
        head = re.split(r"[.\[]", field, maxsplit=1)[0]
        if head == "":
            head, automatic = str(automatic), automatic + 1
        value = arguments[int(head)] if head.isdigit() else keywords[head]
        value = _reach(machine, value, field[len(re.split(r"[.\[]", field, maxsplit=1)[0]) :])
        if isinstance(value, Opaque):
            return value
        if conversion == "r":
            value = show_repr(value)
        inner = brace_format(machine, spec, arguments, keywords) if spec else ""
        parts.append(format_value(machine, value, inner))
    text = "".join(parts)
    machine.budget.items(len(text))
    return text


def _reach(machine: Machine, value: Value, path: str) -> Value:
    """Follow `.name` and `[key]` of a replacement field."""
    for attribute, key in re.findall(r"\.(\w+)|\[([^\]]*)\]", path):
        if attribute:
            value = machine.get(value, attribute)
        else:
            place = int(key) if key.isdigit() else key
            value = value[place] if isinstance(value, (list, tuple, dict)) else MISSING
    return value
