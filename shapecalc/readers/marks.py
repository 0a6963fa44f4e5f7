"""Text into plain data that remembers where it stood: YAML by its node tree, JSON by looking it up."""

from __future__ import annotations

import json
import re
from typing import Any

from ..errors import Location, SpecError

MAX_BYTES = 50_000_000
MAX_NODES = 600_000  # of the data, aliases expanded
MAX_DEPTH = 200

_BLOCKS = re.compile(r"^[ \t]*(?:- ){100,}|^ {1000,}\S", re.M)
_TAGS = "tag:yaml.org,2002:"
_CONSTANTS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}


class Marked(str):
    """A text and its place: line and column counted from 1."""

    __slots__ = ("column", "line")

    line: int
    column: int


def marked(text: str, line: int, column: int) -> Marked:
    """Make a text with a place."""
    found = Marked(text)
    found.line = line
    found.column = column
    return found


class Document:
    """The text of a spec and the data in it."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.data: Any = None

    def location(self, value: object, offset: int = 0) -> Location | None:
        """Find where a value stands; `offset` columns further for a place inside a text."""
        if isinstance(value, Marked):
            return Location(self.file, value.line, value.column + offset)
        if isinstance(value, str):
            at = self.text.find(json.dumps(value, ensure_ascii=False))
            if at < 0:
                at = self.text.find(json.dumps(value))
            if at >= 0:
                line = self.text.count("\n", 0, at) + 1
                column = at - (self.text.rfind("\n", 0, at) + 1) + 2  # past the quote
                return Location(self.file, line, column + offset)
        return Location(self.file, 1, 1) if self.file else None

    def fail(
        self,
        message: str,
        at: object = None,
        *,
        hint: str | None = None,
        code: str = "S101",
        offset: int = 0,
    ) -> SpecError:
        """Make an error that points at a value."""
        place = self.location(at, offset)
        return SpecError(
            message, hint=hint, code=code, location=place, source=self.line(place)
        )

    def line(self, place: Location | None) -> str | None:
        """Give the line of text that a place is in."""
        if place is None:
            return None
        lines = self.text.splitlines()
        return lines[place.line - 1] if place.line <= len(lines) else None


def read_document(text: str, file: str) -> Document:
    """Read YAML or JSON.

    Raises `SpecError` for text that is neither, or beyond the bounds.
    """
    document = Document(text, file)
    if len(text) > MAX_BYTES:
        raise document.fail(f"{len(text):,} characters; at most {MAX_BYTES:,} are read", code="S103")
    if "\0" in text:
        raise document.fail("a NUL character, which is neither YAML nor JSON", code="S100")
    _check_depth(document)
    if text.lstrip()[:1] in ("{", "["):
        try:
            document.data = json.loads(text, object_pairs_hook=_pairs(document))
        except ValueError:
            document.data = _read_yaml(document)  # flow YAML looks like JSON
        except RecursionError:
            raise document.fail("the data is nested too deeply", code="S103") from None
    else:
        document.data = _read_yaml(document)
    return document


def _pairs(document: Document) -> Any:
    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    raise document.fail(f"the key {key} is given twice", key, code="S104")
                seen.add(key)
        return found

    return build


def _check_depth(document: Document) -> None:
    text = document.text
    deep = bool(_BLOCKS.search(text))
    if not deep and text.count("[") + text.count("{") > MAX_DEPTH:
        depth = 0
        for bracket in re.finditer(r"[][{}]", text):
            depth += 1 if bracket[0] in "[{" else -1
            if depth > MAX_DEPTH:
                deep = True
                break
    if deep:
        raise document.fail(f"the data is nested deeper than {MAX_DEPTH} levels", code="S103")


def _read_yaml(document: Document) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.compose(document.text, loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        place = Location(document.file, line, column)
        raise SpecError(
            f"this is not YAML: {problem}",
            hint="a text with `: ` or ` #` in it, or one that begins with [ or {, needs quotes",
            code="S100",
            location=place,
            source=document.line(place),
        ) from None
    except RecursionError:
        raise document.fail("the data is nested too deeply", code="S103") from None
    return None if node is None else _Builder(document).build(node, 0)


class _Builder:
    """Turns YAML's nodes into data, each once; what aliases repeat counts each time."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.known: dict[int, tuple[Any, int]] = {}

    def build(self, node: Any, depth: int) -> Any:
        """Build a node's data."""
        return self.sized(node, depth)[0]

    def sized(self, node: Any, depth: int) -> tuple[Any, int]:
        """Build a node's data, and count its pieces."""
        if node.id == "scalar":
            return self.scalar(node), 1
        known = self.known.get(id(node))
        if known is not None:
            return known
        if depth > MAX_DEPTH:
            raise self.too_much()
        size = 1
        made: Any
        if node.id == "sequence":
            made = []
            for item in node.value:
                value, count = self.sized(item, depth + 1)
                made.append(value)
                size += count
        else:
            made = {}
            for key, item in node.value:
                name = self.key(key, depth + 1)
                if name in made:
                    raise self.fail(key, f"the key {name} is given twice", "S104")
                made[name], count = self.sized(item, depth + 1)
                size += count + 1
        if size > MAX_NODES:
            raise self.too_much()
        self.known[id(node)] = made, size
        return made, size

    def too_much(self) -> SpecError:
        return self.document.fail(
            f"more than {MAX_NODES:,} pieces of data, or nested deeper than {MAX_DEPTH} levels",
            hint="aliases count each time they are used",
            code="S103",
        )

    def key(self, node: Any, depth: int) -> Marked:
        if node.id != "scalar":
            raise self.fail(node, "a key must be a word")
        mark = node.start_mark
        return marked(node.value, mark.line + 1, mark.column + 1)

    def fail(self, node: Any, message: str, code: str = "S100") -> SpecError:
        mark = node.start_mark
        return self.document.fail(message, marked("", mark.line + 1, mark.column + 1), code=code)

    def scalar(self, node: Any) -> Any:
        tag = node.tag.removeprefix(_TAGS)
        text = node.value
        if tag == "null":
            return None
        if tag == "bool":
            return _CONSTANTS[text.lower()]
        try:
            if tag == "int":
                return _integer(text)
            if tag == "float":
                return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
        except ValueError:
            if tag == "int":
                raise self.fail(node, "a number that is too large, or not written in digits") from None
        if node.tag.startswith("!") or (node.tag.startswith(_TAGS) and tag.startswith("python")):
            raise self.fail(node, f"the tag {node.tag} is not part of the spec's language")
        mark = node.start_mark
        quoted = node.style in ("'", '"')
        return marked(text, mark.line + 1, mark.column + 1 + quoted)


def _integer(text: str) -> int:
    plain = text.replace("_", "")
    if len(plain) > 40:
        raise ValueError
    sign = -1 if plain.startswith("-") else 1
    digits = plain.lstrip("+-")
    if digits.startswith("0") and digits.isdigit() and len(digits) > 1:
        return sign * int(digits, 8)
    return sign * int(digits, 0)
