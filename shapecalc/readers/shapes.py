"""Shapes as people write them: `1x3x32x32`, `Nx3xHxW`, `1×3×32×32`, `N,3,H,W`, or a list."""

from __future__ import annotations

import re
from typing import Any

from ..dims import Dim
from ..errors import SpecError
from ..net import Shape, Size

MAX_RANK = 64
_HINT = "a shape is written 1x3x32x32, Nx3xHxW or N,3,H,W"


def parse_shape(text: str) -> Shape:
    """Read a shape; identifiers are symbols.

    >>> parse_shape("Nx3xHxW"), parse_shape("2*H,5")
    ((Dim('N'), 3, Dim('H'), Dim('W')), (Dim('2*H'), 5))
    """
    plain = text.strip().removeprefix("(").removesuffix(")").strip()
    plain = plain.removeprefix("[").removesuffix("]")
    if not plain or plain in ("()", "scalar"):
        return ()
    separator = "," if "," in plain else "×" if "×" in plain else None
    parts = plain.split(separator) if separator else _by_crosses(plain)
    return shape_of([part.strip() for part in parts if part.strip()])


def _by_crosses(text: str) -> list[str]:
    """Split at each x that isn't part of a longer name: `Nx3xHxW`, `batchx3` stays one name."""
    parts = re.split(r"[xX]", text)
    if all(part.strip() for part in parts):
        return parts
    return [text]


def shape_of(given: Any) -> Shape:
    """Make a shape of a list of sizes, or of text.

    Raises `SpecError` for what is none.
    """
    if isinstance(given, str):
        return parse_shape(given)
    if not isinstance(given, list | tuple) or len(given) > MAX_RANK:
        raise SpecError(f"{given!r} is not a shape", hint=_HINT, code="S106")
    return tuple([_size(item) for item in given])


def _size(item: Any) -> Size:
    from ..infer import size_of_text

    if isinstance(item, Dim):
        return item
    if isinstance(item, str):
        found = size_of_text(item)
    elif isinstance(item, int) and not isinstance(item, bool):
        found = item
    else:
        raise SpecError(f"{item!r} is not a size", hint=_HINT, code="S106")
    if isinstance(found, int) and not 0 <= found <= 2**63 - 1:
        raise SpecError(f"{found} is not a size from 0 to 2**63 - 1", hint=_HINT, code="S106")
    return found
