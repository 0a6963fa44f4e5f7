"""Shapes as they stand on the command line: `1x3x32x32`, `Nx3xHxW`, `1×3×32×32`, `N,3,H,W`."""

from __future__ import annotations

from typing import TypeAlias

import click

Sizes: TypeAlias = "tuple[int | str, ...]"

MAX_RANK = 64
MAX_SIZE = 2**63 - 1  # PyTorch's sizes are 64-bit integers


def parse_shape(text: str, option: str = "--input") -> Sizes:
    """Read a shape; an identifier is a symbol.

    Raises `BadParameter` for anything else.

    >>> parse_shape("Nx3xHxW")
    ('N', 3, 'H', 'W')
    """
    inside = text.strip()
    if inside[:1] + inside[-1:] in ("()", "[]"):
        inside = inside[1:-1].strip().removesuffix(",")
        if not inside:
            return ()
    if "," not in inside:
        inside = inside.replace("×", ",").replace("x", ",")
    parts = inside.split(",")
    if len(parts) > MAX_RANK:
        raise _refuse(text, f"it has more than {MAX_RANK} dimensions", option)
    return tuple(_size(part.strip(), text, option) for part in parts)


def _size(part: str, text: str, option: str) -> int | str:
    if part.isidentifier():
        return part
    if part.isascii() and part.isdecimal():
        if len(part) > 19 or int(part) > MAX_SIZE:
            raise _refuse(text, f"{part} is larger than 2**63 - 1", option)
        return int(part)
    if part[:1] == "-" and part[1:].isdecimal():
        raise _refuse(text, f"the size {part} is below 0", option)
    why = f"{part!r} is neither a size nor a symbol" if part else "a size is missing"
    raise _refuse(text, why, option)


def _refuse(text: str, why: str, option: str) -> click.BadParameter:
    return click.BadParameter(
        f"{text!r} is not a shape, since {why}: write 1x3x32x32, or Nx3xHxW with symbols",
        param_hint=option,
    )
