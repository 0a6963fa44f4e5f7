"""The codes of errors, and what `shapecalc explain S201` says about each: `codes.yaml`."""

from __future__ import annotations

import os
from difflib import get_close_matches
from functools import cache
from typing import NamedTuple

from .data_files import read_data
from .derivation import Line, heading, text
from .errors import SpecError

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "codes.yaml")


class Code(NamedTuple):
    """A code: what it means in a few words, and what to do."""

    title: str
    advice: tuple[str, ...]


@cache
def codes() -> dict[str, Code]:
    """Read all codes."""
    return {
        str(code): Code(str(item["title"]), tuple(str(item["advice"]).strip().split("\n")))
        for code, item in read_data(FILE).items()
    }


def meaning(code: str) -> str:
    """Say what a code means in a few words."""
    found = codes().get(code)
    return found.title if found is not None else "an error that shapecalc found"


def explain_code(code: str) -> list[Line]:
    """Say what a code means, and what to do.

    Raises `SpecError` for a code that there isn't.
    """
    found = codes().get(code)
    if found is None:
        near = get_close_matches(code, codes(), 1)
        hint = f"did you mean {near[0]}?" if near else None
        raise SpecError(f"there is no code {code}", hint=hint, code="S141")
    return [heading(f"{code}: {found.title}"), *map(text, found.advice)]
