"""`re`, for patterns that are matched in bounded time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .failures import OBJECT
from .values import Class, Instance, Keywords, Native, Opaque, Value

if TYPE_CHECKING:
    from .machine import Machine

MAX_TEXT = 400  # characters of pattern and of text

_REPEATS = re.compile(r"[*+?}]")
_NESTED = re.compile(r"\)[*+{]")
_PATTERN = Class("Pattern", (OBJECT,))
_MATCH = Class("Match", (OBJECT,))


def _compiled(machine: Machine, pattern: Value) -> re.Pattern[str]:
    if isinstance(pattern, Instance):
        pattern = pattern.attributes["pattern"]
    if not isinstance(pattern, str):
        raise machine.fail("TypeError", "a pattern must be a string")
    # A repeat of a group may take exponential time; each further repeat costs a factor.
    if len(pattern) > MAX_TEXT or _NESTED.search(pattern) or len(_REPEATS.findall(pattern)) > 2:
        raise machine.limit("a pattern that may take long to match")
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise machine.fail("ValueError", f"the pattern: {error}") from None


def _match_value(found: re.Match[str] | None) -> Value:
    if found is None:
        return None
    made = Instance(_MATCH)
    made.attributes["<groups>"] = (found.group(0), *found.groups())
    made.attributes["<names>"] = found.groupdict()
    made.attributes["<span>"] = found.span()
    return made


def _use(name: str) -> Native:
    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        unknown = next((item for item in given if isinstance(item, Opaque)), None)
        if unknown is not None:
            return unknown
        pattern = _compiled(machine, given[0])
        texts = given[1:]
        if not all(isinstance(text, str) and len(text) <= MAX_TEXT for text in texts):
            raise machine.limit(f"a text of more than {MAX_TEXT} characters to match")
        machine.budget.spend(1 + sum(map(len, texts)))
        match name:
            case "match" | "search" | "fullmatch":
                return _match_value(getattr(pattern, name)(texts[0]))
            case "sub":
                return pattern.sub(lambda _: texts[0], texts[1])
        return [*getattr(pattern, name)(texts[0])]

    return Native(name, run)


def _compile(machine: Machine, given: list[Value], named: Keywords) -> Value:
    made = Instance(_PATTERN)
    made.attributes["pattern"] = given[0]
    return made


def _group(machine: Machine, given: list[Value], named: Keywords) -> Value:
    match, *keys = given
    groups, names = match.attributes["<groups>"], match.attributes["<names>"]
    found = [names[key] if isinstance(key, str) else groups[key] for key in keys or [0]]
    return found[0] if len(found) == 1 else tuple(found)


_NAMES = ("match", "search", "fullmatch", "findall", "split", "sub")
PATTERNS: dict[str, Value] = {
    **{f"re.{name}": _use(name) for name in _NAMES},
    "re.compile": Native("compile", _compile),
}
_PATTERN.names.update({name: _use(name) for name in _NAMES})
_MATCH.names.update(
    {
        "group": Native("group", _group),
        "groups": Native("groups", lambda machine, given, _: given[0].attributes["<groups>"][1:]),
        "groupdict": Native("groupdict", lambda machine, given, _: given[0].attributes["<names>"]),
        "span": Native("span", lambda machine, given, _: given[0].attributes["<span>"]),
        "__getitem__": Native("__getitem__", _group),
    }
)
