"""The forms of an entry, told apart: text, `name: text`, a nested list, a map with keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from .failures import error_in, nearest, show_word
from .places import Document, Path

KEYS = ("name", "layer", "type", "from", "shares", "alias", "layers", "repeat", "if", "called")
MAX_NAME = 500  # characters

_KEYS = frozenset(KEYS)
_FORM = 'such as {name: conv1, layer: "Conv2d(3, 6, 5)", from: input}'


class Entry(NamedTuple):
    """An entry as it stands; `path` leads to the map that `keys` are in."""

    name: str
    path: Path
    layer: Any = None  # a call's text, and where it stands
    layer_path: Path = None
    arguments: dict[str, Any] | None = None  # of a `type:` map
    layers: Any = None
    layers_path: Path = None
    keys: dict[str, Any] = {}  # noqa: RUF012 - `from`, `shares`, `alias`, `repeat`, `if`, `called`


def check_name(name: object, document: Document, path: Path, *, key: bool = False) -> str:
    """Let a name pass; raises `SpecError` for what can't be one."""
    text = str(name) if type(name) is int else name
    problem = None
    if not isinstance(text, str):
        problem = f"{show_word(name)} is not a name"
    elif not text.isprintable() or len(text) > MAX_NAME:
        problem = f"{show_word(text)} is too long, or has characters that don't print, for a name"
    elif "[" in text or "]" in text:
        problem = f"the name {show_word(text)} has brackets, which choose among outputs"
    elif not all(part and part == part.strip() for part in text.split(".")):
        problem = f"{show_word(text)} is not a name: a part of it is empty, or has spaces around it"
    if problem is not None:
        hint = "names are such as conv1 or layer1.0.conv1"
        raise error_in(document, path, problem, key=key, hint=hint, code="S117")
    assert isinstance(text, str)
    return text


def read_entry(item: Any, index: int, document: Document, path: Path) -> Entry:
    """Tell the form of an entry; `path` leads to it."""
    name = str(index)
    if isinstance(item, str):
        return Entry(name, path, item, path)
    if isinstance(item, list):
        return Entry(name, path, layers=item, layers_path=path)
    if not isinstance(item, dict) or not item:
        what = f"{show_word(item)} is not an entry"
        raise error_in(document, path, what, hint=f"a layer's call, or a map {_FORM}")
    if len(item) == 1:
        key, value = next(iter(item.items()))
        if key not in _KEYS:
            check_name(key, document, (path, key), key=True)
            return _named(key, value, document, (path, key))
    return _from_map(name, item, document, path)


def _named(name: str, value: Any, document: Document, path: Path) -> Entry:
    """Read `name: ...`."""
    if isinstance(value, str):
        return Entry(name, path, value, path)
    if isinstance(value, list):
        return Entry(name, path, layers=value, layers_path=path)
    if isinstance(value, dict) and value:
        return _from_map(name, value, document, path)
    what = f"{show_word(name)} has no layer" if value is None else f"{show_word(value)} is no call"
    raise error_in(
        document,
        path,
        what,
        key=value is None,
        hint='such as conv1: "Conv2d(3, 6, 5)"',
        code="S122",
    )


def _from_map(name: str, item: dict[str, Any], document: Document, path: Path) -> Entry:
    if "name" in item:
        name = check_name(item["name"], document, (path, "name"))
    arguments = None
    if "type" in item:
        arguments = {key: value for key, value in item.items() if key not in _KEYS or key == "type"}
        if "layer" in item:
            what = "`layer` and `type` both say what the layer is"
            raise error_in(document, (path, "type"), what, key=True)
    else:
        for key in item:
            if key not in _KEYS:
                raise _unknown_key(key, item, document, path)
    layer = item.get("layer")
    if layer is not None and not isinstance(layer, str):
        what = f"{show_word(layer)} is not a layer's call"
        hint = 'such as layer: "Conv2d(3, 6, 5)"'
        raise error_in(document, (path, "layer"), what, hint=hint, code="S122")
    layers = item.get("layers")
    if "layers" in item and not isinstance(layers, list):
        raise error_in(document, (path, "layers"), "`layers` must be a list of entries", key=True)
    found = Entry(name, path, layer, (path, "layer"), arguments, layers, (path, "layers"), item)
    _check_together(found, document)
    return found


def _check_together(entry: Entry, document: Document) -> None:
    """Refuse keys that say different things of one entry."""
    item, path = entry.keys, entry.path
    if "alias" in item:
        for key in item:
            if key not in ("name", "alias", "if"):
                what = f"an alias is not called, and has no `{show_word(key)}`"
                raise error_in(document, (path, key), what, key=True)
        return
    if item.get("called") is False:
        for key in ("from", "shares"):
            if key in item:
                what = f"with `called: false` the entry has no `{key}`"
                hint = "it registers a module; an entry below may call it: {name: ..., shares: ...}"
                raise error_in(document, (path, key), what, key=True, hint=hint)
    if entry.layers is not None:
        for key in ("type", "shares"):
            if key in item:
                what = f"`layers` and `{key}` both say what the entry is"
                raise error_in(document, (path, key), what, key=True)
    elif entry.layer is None and entry.arguments is None and "shares" not in item:
        key = next(iter(item))
        hint = f"it needs `layer`, `layers`, `shares` or `alias`: {_FORM}"
        what = "the entry doesn't say which layer it is"
        raise error_in(document, (path, key), what, key=True, hint=hint)


def _unknown_key(key: str, item: dict[str, Any], document: Document, path: Path) -> Exception:
    """Say what a key is taken for, and what was probably meant."""
    call = item.get("layer")
    shown = show_word(key)
    hint = None
    if isinstance(call, str) and call.count("(") > call.count(")"):
        # In { } YAML ends a text at a comma: {layer: Conv2d(3, 6, 5)} has the keys `6` and `5)`.
        what = f"`{show_word(call)}` is cut off at a comma"
        hint = 'inside { } a call needs quotes: {name: conv1, layer: "Conv2d(3, 6, 5)"}'
        return error_in(document, (path, "layer"), what, hint=hint, code="S102")
    near = nearest(key, KEYS)
    value = item[key]
    if near is not None:
        hint = f"did you mean {near}?"
    elif isinstance(value, str | list) and not {"name", "layer", "layers"} & item.keys():
        hint = f"with more keys than one, an entry is written {{name: {shown}, layer: ..., ...}}"
    elif "layer" in item:
        hint = "arguments stand in the call; as keys they need `type:` instead of `layer:`"
    else:
        hint = f"its keys are: {', '.join(KEYS)}"
    what = f"{shown} is not a key of an entry"
    return error_in(document, (path, key), what, key=True, hint=hint, code="S108")


def entry_names(items: list[Any]) -> Iterator[str]:
    """Yield the names of a list's entries, as far as they can be told at sight."""
    for index, item in enumerate(items):
        if isinstance(item, dict):
            first = next(iter(item), "")
            yield str(item.get("name", first if len(item) == 1 and first not in _KEYS else index))
        else:
            yield str(index)
