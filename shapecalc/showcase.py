"""The nets that come with shapecalc: `zoo/*.yaml`, each with what it is in the comment on top."""

from __future__ import annotations

import os
from difflib import get_close_matches

from .errors import SpecError
from .readers.source import ZOO, file_text, zoo_names


def text_of(name: str) -> str:
    """Give a net's YAML.

    Raises `SpecError` with the nearest known name when there is none of that name.
    """
    known = zoo_names()
    if name not in known:
        near = get_close_matches(name, known, 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else "`shapecalc zoo` lists them"
        raise SpecError(f"the zoo has no net {name}", hint=hint, code="S131")
    return file_text(os.path.join(ZOO, f"{name}.yaml"))


def summary(name: str) -> str:
    """Give the comment on top of a net's file."""
    lines: list[str] = []
    for line in text_of(name).splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:].strip())
    return " ".join(lines).rstrip(".")
