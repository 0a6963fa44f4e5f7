"""Python's syntax: a text into Python's own tree, which is only looked at."""

from __future__ import annotations

import ast
import warnings
from typing import Any, Literal

from ...errors import Location, SpecError


def quiet_parse(text: str, mode: Literal["exec", "eval"]) -> Any:
    """Parse Python without the warnings that Python has about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Python looks for a file of this name when it has an error to show: there is none.
        return ast.parse(text, filename="", mode=mode)


def parse_source(text: str, file: str) -> ast.Module:
    """Parse Python; raises `SpecError` with the place where it is none."""
    try:
        tree: ast.Module = quiet_parse(text, "exec")
    except SyntaxError as error:
        line = error.lineno or 1
        lines = text.splitlines()
        raise SpecError(
            f"this is not Python syntax: {error.msg}",
            location=Location(file, line, max(error.offset or 1, 1)),
            source=lines[line - 1] if line <= len(lines) else None,
            code="S102",
        ) from None
    except (RecursionError, MemoryError, ValueError) as error:
        raise SpecError(
            f"this can't be read as Python: {error or 'it is nested too deeply'}",
            location=Location(file, 1, 1),
            code="S102",
        ) from None
    return tree
