"""Where things stand in a text: looked up when an error needs it, so that reading stays fast."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from ..errors import Location

if TYPE_CHECKING:
    from typing_extensions import Self

Step: TypeAlias = "str | int"
Path: TypeAlias = "tuple[Any, Step] | None"  # (path of what it is in, key or index); None: the root

# Compiled when an error first needs them: compiling takes longer than reading a small spec.
_WORD = r"[\w.]+"
_BREAK = r"\r\n|\n|\r"


class Mark(NamedTuple):
    """Where a value stands: `[start, end)` in the text; for parts, where their keys stand too."""

    start: int
    end: int
    parts: dict[Step, tuple[int, Mark]] | None = None


def steps_of(path: Path) -> list[Step]:
    """List the keys and indices that lead to a place, from the root on."""
    found: list[Step] = []
    while path is not None:
        path, step = path
        found.append(step)
    found.reverse()
    return found


def find_mark(root: Mark, path: Path) -> tuple[int, Mark, bool]:
    """Follow a path as far as it goes: where the last key stands, its value, and if that is all."""
    key, mark = root.start, root
    for step in steps_of(path):
        found = (mark.parts or {}).get(step)
        if found is None:
            return key, mark, False
        key, mark = found
    return key, mark, True


def offset_inside(text: str, mark: Mark, value: str, offset: int) -> int:
    """Find where a character of a value stands in the text, past quotes, escapes and folds."""
    raw = text[mark.start : mark.end]
    start = raw.find(value)
    if start >= 0:
        return mark.start + start + offset
    word = re.compile(_WORD).match(value, offset)
    if word is not None:
        before = len(re.findall(rf"\b{re.escape(word[0])}\b", value[:offset]))
        for count, hit in enumerate(re.finditer(rf"\b{re.escape(word[0])}\b", raw)):
            if count == before:
                return mark.start + hit.start()
    return mark.start + (1 if raw[:1] in ("'", '"') else 0)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Give line and column, counted from 1, of an offset."""
    line, start = 1, 0
    for found in re.compile(_BREAK).finditer(text, 0, offset):
        line, start = line + 1, found.end()
    return line, offset - start + 1


def line_at(text: str, offset: int) -> str:
    """Give the line of text that an offset is on."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    end = re.compile(_BREAK).search(text, start)
    return text[start : end.start() if end else len(text)]


class Document:
    """A text and what it holds as plain data; or data alone, and then nothing has a place."""

    def __init__(
        self, file: str, text: str | None, data: Any, marks: Mark | Callable[[str], Mark]
    ) -> None:
        self.file = file
        self.text = text
        self.data = data
        self._marks = marks  # found by reading the text once more, when they are asked for

    def marks(self) -> Mark:
        """Find where everything stands."""
        if not isinstance(self._marks, Mark):
            self._marks = self._marks(self.text or "")
        return self._marks

    def under(self, key: str) -> Document:
        """Give the document whose only key has all that this one holds."""

        def marks(_text: str) -> Mark:
            own = self.marks()
            return Mark(own.start, own.end, {key: (own.start, own)})

        return Document(self.file, self.text, {key: self.data}, marks)

    def offset(self, path: Path, *, key: bool = False, at: int = 0) -> int:
        """Find a place: a value's, its key's, or that of the character `at` inside a value."""
        key_start, mark, whole = find_mark(self.marks(), path)
        if key or not whole:
            return key_start
        if mark.parts is not None:
            return mark.start
        return offset_inside(self.text or "", mark, self.value(path), at)

    def value(self, path: Path) -> str:
        """Give the text of a value."""
        found = self.data
        for step in steps_of(path):
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return ""
        return found if isinstance(found, str) else ""


class Place(Location):
    """A location that is worked out when it is asked for."""

    __slots__ = ()

    def __new__(cls, document: Document, path: Path, at: int = 0) -> Self:
        """Note the place, and look nothing up."""
        return tuple.__new__(cls, (document, path, at))

    def _found(self) -> tuple[int, int, str]:
        document, path, at = cast("tuple[Document, Path, int]", tuple(tuple.__iter__(self)))
        text = document.text or ""
        offset = document.offset(path, at=at)
        return *line_and_column(text, offset), line_at(text, offset)

    @property
    def file(self) -> str:
        """The file's name."""
        return cast("Document", tuple.__getitem__(self, 0)).file

    @property
    def line(self) -> int:
        """The line, counted from 1."""
        return self._found()[0]

    @property
    def column(self) -> int:
        """The column, counted from 1."""
        return self._found()[1]

    @property
    def source(self) -> str:
        """The line of text itself."""
        return self._found()[2]

    def plain(self) -> Location:
        """Give it as a location that holds nothing else."""
        line, column, _ = self._found()
        return Location(self.file, line, column)

    def _asdict(self) -> dict[str, Any]:
        return self.plain()._asdict()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.plain())

    def __getitem__(self, index: Any) -> Any:
        return tuple(self.plain())[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Location) and tuple(self.plain()) == tuple(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.plain())

    def __repr__(self) -> str:
        return repr(self.plain())

    def __reduce__(self) -> Any:
        return Location, tuple(self.plain())
