"""PyTorch's own error messages, explained: which layer it is, what the numbers split into, what to do.

The messages are in the registry: an entry's `pytorch` templates word its misfits, and `messages` adds
others, with advice. A template is matched word by word; what stands in braces takes any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .derivation import Line, heading, math, text
from .errors import SpecError
from .products import divisors
from .registry import Registry
from .univariate import Undecidable

_BRACES = re.compile(r"\{([^{}]*)\}")
_NUMBER = re.compile(r"\d{1,15}")
_MAX_SPLITS = 8
_MAX_MESSAGE = 5_000


class Match(NamedTuple):
    """A template that a message fits: the entry, the values in its braces, and advice."""

    key: str
    names: tuple[str, ...]
    kind: str
    values: tuple[tuple[str, str], ...]
    advice: str
    weight: int


def explain_message(message: str, registry: Registry) -> list[Line]:
    """Explain a message that PyTorch printed.

    Raises `SpecError` when no layer of the registry words a misfit like that.
    """
    words = " ".join(message[:_MAX_MESSAGE].split())
    found = sorted(_matches(words, registry), key=lambda match: -match.weight)
    if not found:
        raise SpecError(
            "this is not a message of PyTorch's that shapecalc knows",
            hint="give the whole line, such as 'mat1 and mat2 shapes cannot be multiplied"
            " (64x9216 and 400x120)'",
            code="S140",
        )
    best = found[0]
    lines = [heading(f"{', '.join(best.names)}")]
    lines.append(text(str(registry.data(best.key).get("summary", ""))))
    for name, value in best.values:
        lines.append(text(f"{name} is {value}."))
    if best.advice:
        lines.append(text(best.advice))
    lines += _came_in(best)
    return lines


def _matches(words: str, registry: Registry) -> Iterator[Match]:
    for key in registry.keys_with("pytorch", "messages"):
        data = registry.data(key)
        names = tuple(registry.names_of(key))
        for kind, template in (data.get("pytorch") or {}).items():
            match = _matched(words, str(template))
            if match is not None:
                yield Match(key, names, str(kind), match[0], "", match[1])
        for template, advice in (data.get("messages") or {}).items():
            match = _matched(words, str(template))
            if match is not None:
                filled = str(advice)
                for name, value in match[0]:
                    filled = filled.replace("{" + name + "}", value)
                yield Match(key, names, "", match[0], filled, match[1])


def _matched(words: str, template: str) -> tuple[tuple[tuple[str, str], ...], int] | None:
    """Match a template; also say how many of its letters are its own."""
    plain = " ".join(template.split())
    names = _BRACES.findall(plain)
    literals = _BRACES.split(plain)[::2]
    pattern = "(.+?)".join(re.escape(part) for part in literals)
    found = re.search(pattern + (r"$" if literals[-1] == "" else ""), words)
    if found is None:
        return None
    return tuple(zip(names, found.groups(), strict=True)), sum(map(len, literals))


def _came_in(match: Match) -> Iterator[Line]:
    """Say what came in and what was wanted, and how the number splits into channels and sizes."""
    wanted = next((value for name, value in match.values if name == match.kind), None)
    numbers = [(name, int(value)) for name, value in match.values if _NUMBER.fullmatch(value)]
    came = next((value for name, value in numbers if name.startswith("input[-1]")), None)
    if came is None or wanted is None:
        return
    yield text(f"The layer is made for {wanted}, and {came} come in. {came} splits into")
    for channels, side in splits(came):
        yield math(
            f"{came} = {channels}*{side}*{side}", rf"{came} = {channels} \cdot {side} \cdot {side}"
        )
    yield text(f"Either set {match.kind}={came}, or find the inputs that give {wanted}:")
    yield text("    shapecalc solve NET, with NET your model's file or spec")


def splits(number: int) -> list[tuple[int, int]]:
    """Write a number as channels times a square, likely channels first.

    >>> splits(9216)[:3]
    [(256, 6), (1024, 3), (64, 12)]
    """
    try:
        sides = [side for side in divisors(number) if number % (side * side) == 0]
    except Undecidable:
        return []
    pairs = [(number // (side * side), side) for side in sides if side > 1] or [(number, 1)]

    def likely(pair: tuple[int, int]) -> tuple[int, int]:
        channels, side = pair
        usual = channels >= 16 and channels & (channels - 1) == 0
        odd = 0 if usual else 1 if channels % 16 == 0 else 2
        return odd, abs(channels.bit_length() - 9) + abs(side - 6) // 4

    return sorted(pairs, key=likely)[:_MAX_SPLITS]
