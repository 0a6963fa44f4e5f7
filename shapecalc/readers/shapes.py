"""Shapes as text or lists: `1x3x32x32`, `Nx3xHxW`, `1×3×32×32`, `N,3,H,W`, `[N, 3, H, W]`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..dims import Dim, DimTooLarge, symbol
from ..errors import Location, SpecError
from ..formula import ARITHMETIC, Compiler, FormulaError, Scope, Value
from ..net import Shape, Size
from ..syntax import MAX_SIZE_LITERAL, parse
from .failures import show_word

MAX_RANK = 64

_HINT = "a shape is written 1x3x32x32, Nx3xHxW or N,3,H,W"
_TIMES = re.compile("[x×]")
_COMPILER = Compiler(ARITHMETIC)


class _Symbols(Scope):
    """Every name is a symbol."""

    __slots__ = ()

    def __missing__(self, name: str) -> Value:
        return symbol(name)


def parse_shape(text: str, *, file: str = "<shape>") -> Shape:
    """Read a shape; an identifier is a symbol.

    Raises `SpecError` for anything else.

    >>> parse_shape("Nx3x32x2*W")
    (Dim(N), 3, 32, Dim(2*W))
    >>> parse_shape("1×3×32×32") == parse_shape("1, 3, 32, 32") == (1, 3, 32, 32)
    True
    """
    at = len(text) - len(text.lstrip())
    inside = text.strip()
    if inside[:1] + inside[-1:] in ("()", "[]"):
        at, inside = at + 1, inside[1:-1]
        if not inside.strip():
            return ()
        if inside.rstrip().endswith(","):
            inside = inside.rstrip()[:-1]
    parts = _parts(inside)
    if len(parts) > MAX_RANK:
        raise _refuse(file, text, at, f"a shape of more than {MAX_RANK} sizes", "S103")
    found: list[Size] = []
    for part in parts:
        start = at + len(part) - len(part.lstrip())
        if not part.strip():
            raise _refuse(file, text, start, f"a size is missing in {show_word(text)}")
        try:
            found.append(parse_size(part.strip()))
        except SpecError as error:
            raise _refuse(file, text, start, error.message, error.code) from None
        at += len(part) + 1
    return tuple(found)


def _parts(text: str) -> list[str]:
    """Cut at commas, else at crosses; a name that only ends or begins with x is a name."""
    if "," in text:
        return text.split(",")
    parts = _TIMES.split(text)
    if len(parts) == 1 and any(part.strip().isdigit() for part in text.split("X")):
        parts = text.split("X")
    if text.strip().isidentifier() and not all(parts):
        sizes = [part for part in parts if part]
        if len(sizes) < 2 or not any(part.isdigit() for part in sizes):
            return [text]
    return parts


def _refuse(file: str, text: str, at: int, message: str, code: str = "S106") -> SpecError:
    place = Location(file, 1, at + 1)
    return SpecError(message, hint=_HINT, code=code, location=place, source=text)


def parse_size(text: str) -> Size:
    """Read one size: a number, a symbol, or an expression of symbols.

    Raises `SpecError` for anything else.
    """
    if text.isidentifier() and text not in ("True", "False", "None"):
        parse(text)  # refuses Python's keywords
        return symbol(text)
    if text.isascii() and text.isdigit() and len(text) < 19 and (text[0] != "0" or text == "0"):
        return int(text)
    try:
        value = _COMPILER.single(parse(text))(_Symbols(), 0)
    except SpecError as error:
        raise SpecError(
            f"{show_word(text)} is not a size: {error.message}", code="S124", hint=_HINT
        ) from None
    except (FormulaError, DimTooLarge, OverflowError, TypeError, ValueError) as error:
        raise SpecError(f"{show_word(text)} is not a size: {error}", code="S124") from None
    return check_size(value, text)


def check_size(value: Any, text: object = None) -> Size:
    """Let a size pass; raises `SpecError` for what can't be one."""
    if isinstance(value, Dim):
        return value
    shown = show_word(value if text is None else text)
    if type(value) is not int:
        raise SpecError(f"{shown} is not a size", code="S124", hint=_HINT)
    if value < 0:
        raise SpecError(f"the size {shown} is below 0", code="S124")
    if value > MAX_SIZE_LITERAL:
        message = f"the size {shown} is larger than 2**63 - 1, which no size can be"
        raise SpecError(message, code="S124")
    return value


def numbers_hint(inputs: Mapping[str, Shape | None]) -> str:
    """Show how the inputs are given numbers: `--input 1x1x64`, or by name where there are several."""
    shown = []
    for name, shape in inputs.items():
        sizes = [
            size if isinstance(size, int) else 1 if str(size) == "N" else 64 for size in shape or ()
        ]
        text = "x".join(map(str, sizes)) if shape else "SHAPE"
        shown.append(f"--input {name}={text}" if len(inputs) > 1 else f"--input {text}")
    return f"give the sizes as numbers: {' '.join(shown) or '--input SHAPE'}"


def shape_of(given: Any) -> Shape:
    """Make a shape of a list of sizes, or of text.

    Raises `SpecError` for what is none.
    """
    if isinstance(given, str):
        return parse_shape(given)
    if not isinstance(given, list | tuple) or len(given) > MAX_RANK:
        raise SpecError(f"{show_word(given)} is not a shape", hint=_HINT, code="S106")
    return tuple(
        [parse_size(item.strip()) if isinstance(item, str) else check_size(item) for item in given]
    )
