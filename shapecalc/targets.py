"""Targets: what an output's sizes shall be, as `5x5`, `Nx16x5x5`, `?x5x5`, `7..9x7..9`, `>=7x>=7`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from .dims import Dim, symbol
from .errors import SpecError
from .formula import show
from .net import Size
from .relations import Relation, compare

MAX_SIZES = 64

_NUMBER = re.compile(r"\d{1,18}")
_RANGE = re.compile(r"(\d{1,18})\.\.(\d{1,18})?")
_BOUND = re.compile(r"(<=|>=|<|>)(\d{1,18})")


class Wanted(NamedTuple):
    """What one size shall be: comparisons with sizes, and the text that said so."""

    text: str
    comparisons: tuple[tuple[str, Size], ...]

    def relations(self, size: Size) -> list[Relation | bool]:
        """State that a size is what is wanted."""
        return [compare(size, op, value) for op, value in self.comparisons]

    @property
    def value(self) -> int | None:
        """The number, where it is just one."""
        match self.comparisons:
            case (("==", int(number)),):
                return number
        return None

    def to_json(self) -> int | str:
        """Give it as JSON has it."""
        return self.text if self.value is None else self.value


class Target(NamedTuple):
    """The sizes wanted of one output; `full` when they are all of its sizes."""

    sizes: tuple[Wanted, ...]
    full: bool

    def __str__(self) -> str:
        return "×".join(item.text for item in self.sizes)


def parse_target(given: str | int | Sequence[Any]) -> Target:
    """Read a target.

    Raises `SpecError` for what is none.

    >>> [item.text for item in parse_target("?x7..9x>=3").sizes]
    ['?', '7..9', '>=3']
    """
    if isinstance(given, int):
        given = (given,)
    if isinstance(given, str):
        parts: list[Any] = re.split(r"\s*[x×,X]\s*", given.strip())
    else:
        parts = list(given)
    if not parts or len(parts) > MAX_SIZES:
        raise SpecError(f"the target {given!r} has no sizes", code="S130", hint=_HINT)
    sizes = tuple([_wanted(part, given) for part in parts])
    batch = sizes[0].comparisons
    full = bool(batch) and isinstance(batch[0][1], Dim)
    return Target(sizes, full)


_HINT = "a target is written 5x5, Nx16x5x5, ?x5x5, 7..9x7..9 or >=7x>=7"


def _wanted(part: Any, given: object) -> Wanted:
    if part is None or part == "?":
        return Wanted("?", ())
    if isinstance(part, int) and not isinstance(part, bool):
        return Wanted(str(part), (("==", part),))
    text = str(part)
    if _NUMBER.fullmatch(text):
        return Wanted(text, (("==", int(text)),))
    if found := _RANGE.fullmatch(text):
        low, high = int(found[1]), found[2]
        upper = () if high is None else (("<=", int(high)),)
        return Wanted(text, ((">=", low), *upper))
    if found := _BOUND.fullmatch(text):
        return Wanted(text, ((found[1], int(found[2])),))
    if text.isidentifier():
        return Wanted(text, (("==", symbol(text)),))
    raise SpecError(f"{show(part)} in the target {given!r} is not a size", code="S130", hint=_HINT)
