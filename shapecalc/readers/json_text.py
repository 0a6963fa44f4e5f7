"""JSON read by `json`, which is far faster than YAML; places are looked up when they are needed."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in the stubs
from typing import Any

from ..errors import SpecError
from .failures import error_at, show_word
from .places import Mark
from .yaml_text import MAX_DEPTH, MAX_NODES

_PIECE = r'[\[\]{}:,"]|[^\s\[\]{}:,"]+'


class _Twice(Exception):
    """A key that an object has twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        raise _Twice(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return found


def _constant(word: str) -> Any:
    raise ValueError(f"{word} is not a number that a spec has")


def read_json(text: str, file: str) -> Any:
    """Read a JSON document.

    Raises `SpecError` for what isn't JSON, is given twice, or grows past the bounds.
    """
    if text.count(",") + text.count("[") + text.count("{") > MAX_NODES:
        raise error_at(file, text, 0, f"more than {MAX_NODES:,} values", code="S103")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        message = f"this is not JSON: {error.msg}"
        raise error_at(file, text, error.pos, message, code="S107") from None
    except _Twice as twice:
        word = str(twice)
        message = f"the key {show_word(word)} is there twice"
        raise error_at(file, text, _second_key(text), message, code="S109") from None
    except RecursionError:
        raise _too_deep(file, text) from None
    except ValueError as error:
        place = re.search(r"-?(NaN|Infinity)|\d{300,}", text)
        message = "a number that no size can be" if "digits" in str(error) else str(error)
        offset = place.start() if place else 0
        raise error_at(file, text, offset, message, code="S107") from None


def _too_deep(file: str, text: str) -> SpecError:
    depth = 0
    offset = 0
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        depth += (found[0] in ("[", "{")) - (found[0] in ("]", "}"))
        if depth > MAX_DEPTH:
            offset = found.start()
            break
    message = f"lists and maps nested deeper than {MAX_DEPTH} levels"
    return error_at(file, text, offset, message, code="S103")


def _second_key(text: str) -> int:
    """Find the first key that its object has already."""
    return _scan(text)[1]


def marks_of_json(text: str) -> Mark:
    """Find where every value and key of a JSON document stands, as far as it can be read."""
    return _scan(text)[0]


def _scan(text: str) -> tuple[Mark, int]:
    """Give the marks, and the offset of the first key that is there twice (else 0)."""
    root: dict[Any, tuple[int, Mark]] = {}
    stack: list[tuple[int, bool, dict[Any, tuple[int, Mark]]]] = [(0, False, root)]
    keys: list[tuple[str, int] | None] = [None]
    twice = 0
    at = 0
    search = re.compile(_PIECE).search
    while (token := search(text, at)) is not None:
        start, at = token.span()
        sign = token[0]
        _, is_map, parts = stack[-1]
        if sign in "[{":
            stack.append((start, sign == "{", {}))
            keys.append(None)
            continue
        if sign in ":,":
            continue
        if sign in "]}":
            opened, _, parts = stack.pop()
            keys.pop()
            mark = Mark(opened, at, parts)
            if not stack:
                break
            _, is_map, parts = stack[-1]
        else:
            word = sign
            if sign == '"':
                try:
                    word, at = scanstring(text, start + 1)
                except ValueError:
                    break
            if is_map and keys[-1] is None:
                if word in parts:
                    twice = twice or start
                keys[-1] = word, start
                continue
            mark = Mark(start, at)
        key = keys[-1]
        if key is not None:
            parts[key[0]] = key[1], mark
            keys[-1] = None
        else:
            parts[len(parts)] = mark.start, mark
    found = root.get(0)
    return (found[1] if found is not None else Mark(0, 0)), twice
