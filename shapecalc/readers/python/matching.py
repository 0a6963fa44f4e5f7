"""`match` statements: which case a value fits, and the names that it binds."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...errors import SpecError
from .attributes import find_attribute
from .dataclass import fields_of
from .equality import is_same, relation_between
from .types import is_instance
from .values import MISSING, Class, Frame, Instance, Opaque, Value

if TYPE_CHECKING:
    from .machine import Machine

_ITSELF = (bool, bytes, dict, float, frozenset, int, list, set, str, tuple)
_WHOLE = frozenset(kind.__name__ for kind in _ITSELF)  # `int(x)` binds the number itself


def fits(machine: Machine, pattern: ast.pattern, value: Value, frame: Frame) -> dict[str, Value]:
    """Give the names that a pattern binds; raises `NoMatch` where the value doesn't fit it."""
    match pattern:
        case ast.MatchValue(value=node):
            same = relation_between(machine, "==", value, machine.evaluate(node, frame))
            return _demand(machine.truth(same))
        case ast.MatchSingleton(value=constant):
            _known(machine, value)
            return _demand(is_same(value, constant))
        case ast.MatchAs(pattern=inner, name=name):
            found = {} if inner is None else fits(machine, inner, value, frame)
            return found if name is None else {**found, name: value}
        case ast.MatchOr(patterns=ways):
            for way in ways:
                try:
                    return fits(machine, way, value, frame)
                except NoMatch:
                    continue
            raise NoMatch
        case ast.MatchSequence(patterns=parts):
            return _sequence(machine, parts, value, frame)
        case ast.MatchMapping():
            return _mapping(machine, pattern, value, frame)
        case ast.MatchClass():
            return _class(machine, pattern, value, frame)
    raise SpecError(f"`{type(pattern).__name__.lower()}` is not followed")


class NoMatch(Exception):
    """A value that a pattern doesn't fit."""


def _demand(holds: bool) -> dict[str, Value]:
    if not holds:
        raise NoMatch
    return {}


def _known(machine: Machine, value: Value) -> None:
    if isinstance(value, Opaque):
        raise machine.unknown(value, "which case this is")


def _content(machine: Machine, value: Value) -> Value:
    _known(machine, value)
    return value.content if isinstance(value, Instance) else value


def _sequence(
    machine: Machine, parts: list[ast.pattern], value: Value, frame: Frame
) -> dict[str, Value]:
    content = _content(machine, value)
    _demand(isinstance(content, (list, tuple, range)))
    items = machine.collect(content)
    star = next((i for i, part in enumerate(parts) if isinstance(part, ast.MatchStar)), None)
    found: dict[str, Value] = {}
    if star is not None:
        after = len(items) - (len(parts) - star - 1)
        _demand(after >= star)
        part = parts[star]
        if isinstance(part, ast.MatchStar) and part.name is not None:
            found[part.name] = items[star:after]
        items = [*items[:star], *items[after:]]
        parts = [*parts[:star], *parts[star + 1 :]]
    _demand(len(items) == len(parts))
    for part, item in zip(parts, items, strict=True):
        found |= fits(machine, part, item, frame)
    return found


def _mapping(
    machine: Machine, pattern: ast.MatchMapping, value: Value, frame: Frame
) -> dict[str, Value]:
    content = _content(machine, value)
    _demand(isinstance(content, dict))
    keys = [machine.evaluate(key, frame) for key in pattern.keys]
    found: dict[str, Value] = {}
    for key, part in zip(keys, pattern.patterns, strict=True):
        _demand(isinstance(key, (str, int, float, bytes, type(None))) and key in content)
        found |= fits(machine, part, content[key], frame)
    if pattern.rest is not None:
        found[pattern.rest] = {key: item for key, item in content.items() if key not in keys}
    return found


def _class(
    machine: Machine, pattern: ast.MatchClass, value: Value, frame: Frame
) -> dict[str, Value]:
    kind = machine.evaluate(pattern.cls, frame)
    _demand(machine.truth(is_instance(machine, value, kind)))
    found: dict[str, Value] = {}
    parts = [*pattern.patterns]
    if len(parts) == 1 and isinstance(kind, Class) and kind.name in _WHOLE and not kind.module:
        return fits(machine, parts[0], value, frame)
    names = _places(machine, kind) if parts else []
    if len(parts) > len(names):
        raise machine.fail(
            "TypeError",
            f"{machine.show(kind)} accepts {len(names)} positional sub-patterns"
            f" ({len(parts)} given)",
        )
    named = zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True)
    for name, part in (*zip(names, parts, strict=False), *named):
        held = find_attribute(machine, value, name)
        _demand(held is not MISSING)
        found |= fits(machine, part, held, frame)
    return found


def _places(machine: Machine, kind: Value) -> list[str]:
    """Name the attributes that the patterns of a class without names stand for."""
    if not isinstance(kind, Class):
        return []
    own = kind.find("__match_args__")
    if own is not MISSING:
        return [name for name in machine.collect(own) if isinstance(name, str)]
    return [name for name, default in fields_of(kind) if default.init]
