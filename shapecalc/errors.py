"""The one family of errors, and where in a text a thing stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Location(NamedTuple):
    """A place in a text: the file's name, and line and column counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class ShapecalcError(Exception):
    """Say what is wrong, where, and how to mend it.

    `code` is stable (S1xx a spec, S2xx shapes, S3xx solving); `hint` says how to mend it;
    `source` is the line of text that `location` points into, for drawing a caret under it.
    """

    default_code = "S100"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        location: Location | None = None,
        layer: str | None = None,
        code: str | None = None,
        source: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.location = location
        self.layer = layer
        self.code = code or self.default_code
        self.source = source

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        return f"{place}{self.message}"

    def to_dict(self) -> dict[str, object]:
        """Give the error as it stands in JSON output."""
        found: dict[str, object] = {"code": self.code, "message": self.message}
        if self.layer is not None:
            found["layer"] = self.layer
        if self.hint is not None:
            found["hint"] = self.hint
        if self.location is not None:
            found.update(self.location._asdict())
        return found


class SpecError(ShapecalcError):
    """A spec, a source file, a formula or an argument that can't be read."""

    default_code = "S101"


class TracebackError(SpecError):
    """A traceback in the place of a net; `text` is all of it."""

    default_code = "S105"
    text: str = ""


class ShapeError(ShapecalcError):
    """Shapes that don't fit.

    `kind` names the rule that is broken (an argument's name, `rank`, or the text of a check),
    `relation` is the relation between sizes that would have to hold, and `wording` what PyTorch
    says. `open` are symbols whose numbers the layer's rule would need.
    """

    default_code = "S201"
    kind: str = "check"
    relation: object = None
    wording: str | None = None
    open: frozenset[str] = frozenset()


class SolveError(ShapecalcError):
    """A question to the solver that has no meaning for this net."""

    default_code = "S301"


def nearest_words(word: str, known: Iterable[str], cutoff: float = 0.6) -> list[str]:
    """Give the known word that is most like a mistyped one, in a list; an empty one if none is."""
    from difflib import get_close_matches  # only a mistake needs it

    return get_close_matches(word, list(known), 1, cutoff)
