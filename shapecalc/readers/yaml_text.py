"""YAML read into plain data, from the parser's events: no tags, nothing that grows without bound.

Of YAML's scalars only null, true, false, integers and floats are more than text, so that `no`,
`on`, `1:30`, `0777` and dates stay what they look like. Keys are always text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..errors import SpecError
from .failures import error_at, show_word
from .places import Mark

MAX_DEPTH = 100  # lists and maps in one another
MAX_NODES = 2_000_000  # values, those that aliases repeat counted each time
MAX_DIGITS = 40

_FLOAT = r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?"
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NO_KEY: Any = object()


def plain_scalar(text: str) -> Any:
    """Give the value of a scalar without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "0123456789+-." and len(text) <= MAX_DIGITS:
        digits = text[1:] if text[0] in "+-" else text
        if digits.isdigit() and digits.isascii():
            return text if digits[0] == "0" and digits != "0" else int(text)
        if re.fullmatch(_FLOAT, text):
            return float(text)
    return text


def _loader(text: str) -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)


def _problem(file: str, text: str, error: Exception) -> SpecError:
    """Turn an error of the YAML library into ours."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    offset = mark.index if mark is not None else 0
    hint = None
    if text[offset : offset + 1] == "\t":
        hint = "YAML is indented with spaces, not tabs"
    elif "mapping values" in problem:
        hint = 'put quotes around text that holds ": "'
    elif "maximum nesting" in problem:
        problem, hint = f"lists and maps nested deeper than {MAX_DEPTH} levels", None
        return error_at(file, text, offset, problem, code="S103")
    return error_at(file, text, offset, f"this is not YAML: {problem}", hint=hint, code="S107")


class _Reader:
    """One pass over the events of one document."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.count = 0
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.open_anchors: list[tuple[str, int] | None] = []

    def refuse(self, event: Any, message: str, code: str, hint: str | None = None) -> SpecError:
        return error_at(self.file, self.text, event.start_mark.index, message, hint=hint, code=code)

    def read(self) -> Any:
        import yaml

        loader = _loader(self.text)
        try:
            return self._read(loader.get_event, yaml)
        except yaml.YAMLError as error:
            raise _problem(self.file, self.text, error) from None
        finally:
            loader.dispose()

    def _read(self, get: Any, yaml: Any) -> Any:  # noqa: PLR0915 - the loop that speed depends on
        scalar, alias = yaml.ScalarEvent, yaml.AliasEvent
        mapping, sequence = yaml.MappingStartEvent, yaml.SequenceStartEvent
        ends = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        root: list[Any] = []
        box: Any = root  # what is being filled; a list holds values, a map waits for keys
        is_map, key = False, _NO_KEY
        stack: list[tuple[Any, bool, Any]] = []
        count = 0
        while True:
            event = get()
            kind = type(event)
            if kind is scalar:
                value = event.value
                if event.tag is not None or event.anchor is not None:
                    self._check_scalar(event)
                if is_map and key is _NO_KEY:
                    if value in box:
                        what = f"the key {show_word(value)} is there twice"
                        raise self.refuse(event, what, "S109")
                    key = value
                    continue
                if not event.style:
                    value = plain_scalar(value)
                if event.anchor is not None:
                    self.anchors[event.anchor] = value, 1
            elif kind is mapping or kind is sequence:
                if is_map and key is _NO_KEY:
                    raise self.refuse(event, "a key must be text", "S107")
                self._open(event, len(stack), count)
                stack.append((box, is_map, key))
                box, is_map, key = ({}, True, _NO_KEY) if kind is mapping else ([], False, _NO_KEY)
                continue
            elif kind in ends:
                value = _merged(box) if is_map and "<<" in box else box
                self._close(value, count)
                box, is_map, key = stack.pop()
            elif kind is alias:
                if is_map and key is _NO_KEY:
                    raise self.refuse(event, "a key must be text", "S107")
                value, weight = self._alias(event)
                count += weight
            elif kind is yaml.DocumentStartEvent and root:
                raise self.refuse(event, "a second document begins here; one is read", "S107")
            elif kind is yaml.StreamEndEvent:
                return root[0] if root else None
            else:
                continue
            count += 1
            if count > MAX_NODES:
                raise self.refuse(event, f"more than {MAX_NODES:,} values", "S103")
            if is_map:
                box[key] = value
                key = _NO_KEY
            else:
                box.append(value)

    def _check_scalar(self, event: Any) -> None:
        if event.tag is not None:
            raise self.refuse(event, *_TAG)

    def _open(self, event: Any, depth: int, count: int) -> None:
        if event.tag is not None:
            raise self.refuse(event, *_TAG)
        if depth >= MAX_DEPTH:
            what = f"lists and maps nested deeper than {MAX_DEPTH} levels"
            raise self.refuse(event, what, "S103")
        self.open_anchors.append(None if event.anchor is None else (event.anchor, count))

    def _close(self, value: Any, count: int) -> None:
        anchor = self.open_anchors.pop()
        if anchor is not None:
            name, before = anchor
            self.anchors[name] = value, count - before + 1

    def _alias(self, event: Any) -> tuple[Any, int]:
        found = self.anchors.get(event.anchor)
        if found is not None:
            return found
        if any(item is not None and item[0] == event.anchor for item in self.open_anchors):
            raise self.refuse(event, f"*{event.anchor} stands inside what it names", "S107")
        raise self.refuse(event, f"there is no &{event.anchor} before this", "S107")


_TAG = ("YAML tags (!name) are not read", "S107", "a spec is plain text, numbers, lists and maps")


def _merged(box: dict[str, Any]) -> dict[str, Any]:
    """Put the keys of `<<: *other` into a map; its own keys come first."""
    given = box.pop("<<")
    others = given if isinstance(given, list) else [given]
    if not all(isinstance(other, dict) for other in others):
        box["<<"] = given  # refused later, as an unknown key
        return box
    for other in others:
        for key, value in other.items():
            box.setdefault(key, value)
    return box


def read_yaml(text: str, file: str) -> Any:
    """Read a YAML document into dicts, lists, text and numbers.

    Raises `SpecError` for what isn't YAML, is given twice, or grows past the bounds.

    >>> read_yaml("on: [1, 0x1F, 2026-01-01, no, ~]", "")
    {'on': [1, '0x1F', '2026-01-01', 'no', None]}
    """
    return _Reader(file, text).read()


def marks_of_yaml(text: str) -> Mark:
    """Find where every value and key of a YAML document stands, as far as it can be read."""
    import yaml

    loader = _loader(text)
    try:
        return _marks(_events(loader, yaml.YAMLError), yaml)
    finally:
        loader.dispose()


def _events(loader: Any, failure: type[Exception]) -> Iterator[Any]:
    try:
        while (event := loader.get_event()) is not None:
            yield event
    except failure:
        return


class _Box:
    """A list or map whose parts are still being read."""

    def __init__(self, start: int, anchor: str | None, *, is_map: bool) -> None:
        self.start = start
        self.anchor = anchor
        self.is_map = is_map
        self.key: tuple[str, int] | None = None
        self.parts: dict[Any, tuple[int, Mark]] = {}

    def add(self, mark: Mark) -> None:
        """Add a value under the key before it, or at the next index."""
        if not self.is_map:
            self.parts[len(self.parts)] = mark.start, mark
        elif self.key is not None:
            name, start = self.key
            self.parts[name] = start, mark
            self.key = None


def _marks(events: Iterator[Any], yaml: Any) -> Mark:
    stack = [_Box(0, None, is_map=False)]
    anchors: dict[str, Mark] = {}
    for event in events:
        kind, box = type(event), stack[-1]
        start, end = event.start_mark.index, event.end_mark.index
        if kind is yaml.ScalarEvent:
            if box.is_map and box.key is None:
                box.key = event.value, start
                continue
            mark = Mark(start, end)
            anchor = event.anchor
        elif kind in (yaml.MappingStartEvent, yaml.SequenceStartEvent):
            stack.append(_Box(start, event.anchor, is_map=kind is yaml.MappingStartEvent))
            continue
        elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
            mark, anchor = Mark(box.start, end, box.parts), box.anchor
            stack.pop()
        elif kind is yaml.AliasEvent:
            mark, anchor = anchors.get(event.anchor, Mark(start, end)), None
        else:
            continue
        if anchor is not None:
            anchors[anchor] = mark
        stack[-1].add(mark)
    first = stack[0].parts.get(0)
    return first[1] if first is not None else Mark(0, 0)
