"""PyTorch's own error messages, explained: which layer it is, what the numbers split into, what to do.

The messages of layers are in the registry: an entry's `pytorch` templates word its misfits, and `messages`
adds advice, or other messages. Those of no layer are in `messages.yaml`. A template is matched word by
word; what stands in braces takes any text, and braces in the advice are formulas of the numbers taken.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from .data_files import read_data
from .derivation import Line, heading, text
from .errors import SpecError
from .formula import ARITHMETIC, Compiler, FormulaError, Function, Scope
from .products import divisors
from .registry import Registry
from .syntax import parse
from .univariate import Undecidable

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "messages.yaml")

_BRACES = re.compile(r"\{([^{}]*)\}")
_NUMBER = re.compile(r"-?\d{1,15}")
_LISTED = re.compile(r"listed\((\w+)(?:, '.*')?\)")
_MAX_SPLITS = 6
_MAX_MESSAGE = 5_000
_MOST_NAMES = 8  # layers in the heading
_IN_A_NET = (
    "In your own net `shapecalc infer {net} --input 1x3x32x32` names the layer and the line, and offers"
    " what mends it; `shapecalc solve {net}` gives all input sizes that fit."
)
_FRAME = re.compile(r'File "([^"\n]+)", line (\d+), in \S+\s*\n[ \t]*(\S.*)')
_LIBRARY = re.compile(r"site-packages|dist-packages|[\\/]torch[\\/]|[\\/]lib[\\/]python|^<")


class Match(NamedTuple):
    """A template that a message fits: what it is about, the values in its braces, and advice.

    `kind` is the rule of a layer's entry that is broken: an argument's name, or a check's text.
    """

    key: str | None
    title: str
    kind: str
    values: tuple[tuple[str, str], ...]
    advice: tuple[str, ...]
    weight: int


def explain_message(message: str, registry: Registry) -> list[Line]:
    """Explain a message that PyTorch printed.

    Raises `SpecError` when it is none that the registry or `messages.yaml` knows.
    """
    message = message[-_MAX_MESSAGE:]
    found = find_messages(message, registry)
    if not found:
        raise SpecError(
            "this is not a message of PyTorch's that shapecalc knows",
            hint="give the whole line, such as 'mat1 and mat2 shapes cannot be multiplied"
            " (64x9216 and 400x120)'",
            code="S140",
        )
    best = next((match for match in found if match.key == found[0].key and match.advice), found[0])
    if best.key is None:
        return [heading(best.title), *_place(message), *map(text, best.advice)]
    names = dict.fromkeys(
        name
        for match in found
        if match.weight == found[0].weight and match.key is not None
        for name in registry.names_of(match.key)
    )
    more = ", ..." if len(names) > _MOST_NAMES else ""
    entry = registry.data(best.key)
    lines = [
        heading(", ".join(list(names)[:_MOST_NAMES]) + more),
        text(str(entry.get("summary", ""))),
        *_place(message),
    ]
    if best.advice:
        lines += map(text, best.advice)
    else:
        lines += _values(best)
        lines += _rule(best, entry)
    frame = _own_frame(message)
    return [*lines, text(_IN_A_NET.format(net="model.py:Net" if frame is None else frame[0]))]


def _place(message: str) -> Iterator[Line]:
    """Say which line of the user's a traceback is about."""
    frame = _own_frame(message)
    if frame is not None:
        file, number, line = frame
        yield text(f"It is raised in {file}, line {number}: {line.strip()}")


def _own_frame(message: str) -> tuple[str, str, str] | None:
    """Give the file, line and code of a traceback's last call that is in no library."""
    frames: list[tuple[str, str, str]] = _FRAME.findall(message)
    own = [frame for frame in frames if not _LIBRARY.search(frame[0])]
    return own[-1] if own else None


def find_messages(message: str, registry: Registry) -> list[Match]:
    """Give the templates that a message fits, the one with most words of its own first."""
    words = " ".join(message[-_MAX_MESSAGE:].split())
    found = (*_of_layers(words, registry), *_of_no_layer(words))
    return sorted(found, key=lambda match: (-match.weight, not match.advice))


def _of_layers(words: str, registry: Registry) -> Iterator[Match]:
    for key in registry.keys_with("pytorch", "messages"):
        data = registry.data(key)
        for kind, template in (data.get("pytorch") or {}).items():
            match = _matched(words, str(template))
            if match is not None:
                yield Match(key, "", str(kind), match[0], (), match[1])
        for template, advice in (data.get("messages") or {}).items():
            match = _matched(words, str(template))
            if match is not None:
                yield Match(key, "", "", match[0], _filled(str(advice), match[0]), match[1])


def _of_no_layer(words: str) -> Iterator[Match]:
    for template, item in general_messages().items():
        match = _matched(words, template)
        if match is not None:
            advice = _filled(item["advice"], match[0])
            yield Match(None, item["title"], "", match[0], advice, match[1])


@cache
def general_messages() -> Mapping[str, Mapping[str, str]]:
    """Read the messages that are of no layer: a template, its title and the advice."""
    found: dict[str, dict[str, str]] = read_data(FILE)
    return found


def _matched(words: str, template: str) -> tuple[tuple[tuple[str, str], ...], int] | None:
    """Match a template; also say how many of its letters are its own."""
    plain = " ".join(template.split())
    names = _BRACES.findall(plain)
    literals = _BRACES.split(plain)[::2]
    pattern = "(.+?)".join(re.escape(part) for part in literals)
    found = re.search(pattern + (r"[.;,]?$" if literals[-1] == "" else ""), words)
    if found is None:
        return None
    return tuple(zip(names, found.groups(), strict=True)), sum(map(len, literals))


# ------------------------------------------------------------------------------------- advice


class _Texts(Scope):
    """What a message's braces took: numbers as numbers, the rest as text."""

    __slots__ = ()


def _filled(advice: str, values: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Put what a message says into the advice; a line whose formula has no value is left out."""
    scope = _Texts()
    for name, value in values:
        scope[name] = int(value) if _NUMBER.fullmatch(value) else value
    functions = {**ARITHMETIC, "splits": Function(_splits_text)}

    def value_of(found: re.Match[str]) -> str:
        return str(Compiler(functions).single(parse(found[1]))(scope, 0))

    lines = []
    for line in advice.strip().splitlines():
        try:
            lines.append(_BRACES.sub(value_of, line))
        except FormulaError:
            continue
    return tuple(lines)


def _splits_text(number: Any) -> str:
    if not isinstance(number, int):
        raise FormulaError("splits takes a number")
    found = [f"{channels}*{side}*{side}" for channels, side in splits(number) if side > 1]
    if not found:
        raise FormulaError(f"{number} is no product of channels and a square")
    return " = ".join(found)


# --------------------------------------------------------------- messages without advice of their own


def _values(match: Match) -> Iterator[Line]:
    """List what the message says of arguments; what has no name of its own is in what follows."""
    seen = set()
    for name, value in match.values:
        listed = _LISTED.fullmatch(name)
        shown = listed[1] if listed else name
        if shown.isidentifier() and shown not in seen:
            seen.add(shown)
            yield text(f"{shown} is {value}.")


def _rule(match: Match, entry: Mapping[str, Any]) -> list[Line]:
    """Say which rule is broken, in the registry's words with the message's numbers."""
    wanted = dict(match.values).get(match.kind)
    came = [
        value for name, value in match.values if name != match.kind and _NUMBER.fullmatch(value)
    ]
    if wanted is not None and came and match.kind.isidentifier():
        return [
            text(
                f"The layer is made for {match.kind}={wanted}, and {came[-1]} comes in: set"
                f" {match.kind}={came[-1]}, or change what comes in."
            )
        ]
    known = dict(match.values)
    rule = (entry.get("checks") or {}).get(match.kind)
    if rule is None:
        return []
    words = _BRACES.sub(lambda found: known.get(found[1], found[1]), str(rule))
    return [text(f"The rule that is broken: {words}.")]


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
