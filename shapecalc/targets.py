"""Targets: what an output's sizes shall be, as `5x5`, `Nx16x5x5`, `?x5x5`, `7..9x7..9`, `>=7x>=7`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from .dims import symbol, symbols_of
from .errors import SpecError
from .formula import show
from .net import Size
from .relations import Relation, compare

MAX_SIZES = 64

_NUMBER = re.compile(r"\d{1,18}")
_RANGE = re.compile(r"(\d{1,18})\.\.(\d{1,18})?|\.\.(\d{1,18})")
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
    """The sizes wanted of one output; `full` when they are all of its sizes, since `N` is in front."""

    sizes: tuple[Wanted, ...]
    full: bool

    @property
    def symbols(self) -> tuple[str, ...]:
        """The names that stand for sizes."""
        ends = (value for item in self.sizes for _, value in item.comparisons)
        return tuple([name for value in ends for name in sorted(symbols_of(value))])

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
        text = given.strip()
        text = text[1:-1].strip() if text[:1] + text[-1:] in ("()", "[]") else text
        parts: list[Any] = re.split(r"\s*[x×,X]\s*", text)
    else:
        parts = list(given)
    if not parts or len(parts) > MAX_SIZES:
        raise SpecError(f"the target {given!r} has no sizes", code="S130", hint=_HINT)
    sizes = tuple([_wanted(part, given) for part in parts])
    return Target(sizes, full=sizes[0].text == "N")


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
        low, high = found[1], found[2] or found[3]
        if low is not None and high is not None and int(low) > int(high):
            what = f"no size is in {text} of the target {given!r}"
            raise SpecError(what, code="S130", hint=f"did you mean {high}..{low}?")
        ends = ((">=", low), ("<=", high))
        return Wanted(text, tuple([(sign, int(end)) for sign, end in ends if end is not None]))
    if found := _BOUND.fullmatch(text):
        return Wanted(text, ((found[1], int(found[2])),))
    if text.isidentifier():
        return Wanted(text, (("==", symbol(text)),))
    raise SpecError(f"{show(part)} in the target {given!r} is not a size", code="S130", hint=_HINT)
