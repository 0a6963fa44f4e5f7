"""Errors about a text: what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import Location, SpecError, nearest_words
from .places import Document, Path, line_and_column, line_at

MAX_SHOWN = 60  # characters of a user's word in a message
MAX_WORDS = 2_000  # known words that are compared with a misspelt one


def error_at(
    file: str, text: str, offset: int, message: str, *, hint: str | None = None, code: str
) -> SpecError:
    """Make an error about a character of a text."""
    line, column = line_and_column(text, offset)
    return SpecError(
        message,
        hint=hint,
        code=code,
        location=Location(file, line, column),
        source=line_at(text, offset),
    )


def error_in(
    document: Document,
    path: Path,
    message: str,
    *,
    key: bool = False,
    at: int = 0,
    hint: str | None = None,
    code: str = "S101",
) -> SpecError:
    """Make an error about a value of a document, its key, or the character `at` of the value."""
    if document.text is None:  # plain data: there is no text to point into
        return SpecError(message, hint=hint, code=code)
    offset = document.offset(path, key=key, at=at)
    return error_at(document.file, document.text, offset, message, hint=hint, code=code)


def show_word(value: object) -> str:
    """Write a user's word for a message: short, and without characters that don't print."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    text = str(value) if not isinstance(value, int) or value.bit_length() < 400 else "a number"
    if not text.isprintable() or not text:
        text = ascii(text)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."


def nearest(word: object, known: Iterable[str]) -> str | None:
    """Give the known word that is nearest to a misspelt one."""
    text = str(word)[:100]
    words = [item for item in dict.fromkeys(known) if item][-MAX_WORDS:]
    lower = {item.lower(): item for item in words}
    if text.lower() in lower:
        return lower[text.lower()]
    found = nearest_words(text, words)
    return found[0] if found else None


def suggestion(word: object, known: Iterable[str], otherwise: str | None = None) -> str | None:
    """Make the hint that names the nearest known word."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near is not None else otherwise
