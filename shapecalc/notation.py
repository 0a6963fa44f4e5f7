"""The notations that name axes: einsum's letters and einops' patterns, worked out on shapes.

https://docs.pytorch.org/docs/stable/generated/torch.einsum.html, https://einops.rocks
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from .broadcasting import broadcast, together
from .dims import Dim
from .formula import FormulaError, Scope, Value, equal, show

Size = Any  # int | Dim


class Letters(NamedTuple):
    """The sizes that the letters of an equation stand for, how often each occurs, and what `...` is."""

    sizes: dict[str, Size]
    counts: dict[str, int]
    common: tuple[Size, ...]


def einsum(scope: Scope, equation: Value, shapes: Value) -> Value:
    """Give the shape of an Einstein sum; equal letters demand equal sizes, where neither is 1."""
    found = _letters(scope, equation, shapes)
    _, arrow, right = equation.replace(" ", "").partition("->")
    if not arrow:
        right = "..." + "".join(sorted(x for x, count in found.counts.items() if count == 1))
    before, dots, after = right.partition("...")
    wanted = before + after
    for letter in wanted:
        if letter not in found.sizes:
            raise FormulaError(f"{letter!r} after the arrow of {equation!r} is in no operand")
    if len(set(wanted)) < len(wanted):
        raise FormulaError(f"a letter occurs twice after the arrow of {equation!r}")
    middle = found.common if dots else ()
    return (*(found.sizes[x] for x in before), *middle, *(found.sizes[x] for x in after))


def einsum_terms(scope: Scope, equation: Value, shapes: Value) -> Value:
    """Count the products that an Einstein sum of several operands adds up.

    As PyTorch does it: the first two operands, then what they give and the third. What one operand
    alone has is added up before, and where nothing is added up, nothing counts.
    """
    found = _letters(scope, equation, shapes)
    left, arrow, right = equation.replace(" ", "").partition("->")
    first, *others = left.split(",")
    kept = right if arrow else "".join(x for x, count in found.counts.items() if count == 1)
    held = {*first}
    total: Size = 0
    for place, operand in enumerate(others, 1):
        later = {*"".join(others[place:]), *kept}
        own = {*operand}
        pair = sorted((held | own) & (later | (held & own)) - {"."})
        if any(letter not in later for letter in pair):
            common = found.common if "." in held | own else ()
            total = total + _product([*(found.sizes[letter] for letter in pair), *common])
        held = (held | own) & (later | {"."})
    return total


def _product(sizes: Sequence[Size]) -> Size:
    total: Size = 1
    for size in sizes:
        total = total * size
    return total


def _letters(scope: Scope, equation: Value, shapes: Value) -> Letters:
    if not isinstance(equation, str):
        raise FormulaError("einsum needs its equation as text")
    operands = equation.replace(" ", "").partition("->")[0].split(",")
    if len(operands) != len(shapes):
        raise FormulaError(
            f"the equation {equation!r} has {len(operands)} operands, {len(shapes)} are given"
        )
    sizes: dict[str, Size] = {}
    counts: dict[str, int] = {}
    hidden: list[tuple[Size, ...]] = []  # what `...` stands for, for each operand
    for letters, shape in zip(operands, shapes, strict=True):
        before, after, width = _sides(equation, letters, shape)
        hidden.append(shape[len(before) : len(before) + width])
        own: dict[str, Size] = {}
        named = (*shape[: len(before)], *shape[len(before) + width :])
        for letter, size in zip(before + after, named, strict=True):
            counts[letter] = counts.get(letter, 0) + 1
            if letter in own:
                scope.require(equal(own[letter], size), partial(_twice, letter, own[letter], size))
            own[letter] = size
        for letter, size in own.items():
            known = sizes.get(letter, 1)
            sizes[letter] = together(scope, known, size, partial(_twice, letter, known, size))
    return Letters(sizes, counts, broadcast(scope, *hidden))


def _sides(equation: str, letters: str, shape: Value) -> tuple[str, str, int]:
    """Give an operand's letters before and after `...`, and how many dimensions that stands for."""
    before, dots, after = letters.partition("...")
    if not (before + after).isalpha() and before + after:
        raise FormulaError(f"{letters!r} in the equation {equation!r} has more than letters")
    spare = len(shape) - len(before) - len(after)
    if spare < 0 or (spare and not dots):
        raise FormulaError(
            f"{letters!r} names {len(before) + len(after)} dimensions of a tensor of"
            f" {len(shape)}: {show(shape)}"
        )
    return before, after, spare


def _twice(letter: str, one: Size, two: Size) -> str:
    return f"{letter!r} is both {show(one)} and {show(two)}"


# ---------------------------------------------------------------------------------- einops


class Pattern(NamedTuple):
    """One side of a pattern: groups of axis names; `...` and numbers stand by themselves."""

    groups: tuple[tuple[str, ...], ...]

    def names(self) -> list[str]:
        return [name for group in self.groups for name in group]


def _side(text: str) -> Pattern:
    groups: list[tuple[str, ...]] = []
    inside: list[str] | None = None
    spaced = text.replace("(", " ( ").replace(")", " ) ").replace("...", " … ")
    for token in spaced.split():
        if token == "(":
            if inside is not None:
                raise FormulaError(f"brackets in brackets in {text!r}")
            inside = []
        elif token == ")":
            if inside is None:
                raise FormulaError(f"a bracket too many in {text!r}")
            # `(...)` is one dimension, the product of what `...` stands for.
            groups.append(("1", "…") if inside == ["…"] else tuple(inside))
            inside = None
        elif token != "…" and not token.isidentifier() and not token.isdigit():
            raise FormulaError(f"{token!r} in {text!r} is not the name of an axis")
        elif inside is not None:
            inside.append(token)
        else:
            groups.append((token,))
    if inside is not None:
        raise FormulaError(f"a bracket isn't closed in {text!r}")
    return Pattern(tuple(groups))


def rearrange(scope: Scope, pattern: Value, shape: Value, lengths: Value, task: str) -> Value:
    """Give the shape after einops' `rearrange`, `reduce` or `repeat` (named by `task`)."""
    if not isinstance(pattern, str) or pattern.count("->") != 1:
        raise FormulaError("the pattern needs one '->'")
    left, right = map(_side, pattern.split("->"))
    sizes: dict[str, Any] = dict(lengths)
    for name, size in sizes.items():
        if not isinstance(size, (int, Dim)):
            raise FormulaError(f"the length {name}={show(size)} must be an integer")
    strange = sizes.keys() - {*left.names(), *(right.names() if task == "repeat" else ())}
    if strange:
        raise FormulaError(f"{', '.join(sorted(strange))} is no axis of {pattern!r}")
    flat = len(left.groups) - sum(group == ("…",) for group in left.groups)
    dotted = flat < len(left.groups)
    if len(shape) < flat or (len(shape) > flat and not dotted):
        raise FormulaError(
            f"{pattern!r} names {flat} dimensions, the tensor has {len(shape)}: {show(shape)}"
        )
    place = 0
    for group in left.groups:
        if group == ("…",):
            sizes["…"] = shape[place : place + len(shape) - flat]
            place += len(shape) - flat
            continue
        _split(scope, group, shape[place], sizes, pattern)
        place += 1
    _compare_names(left, right, sizes, pattern, task)
    return _composed(right, sizes)


def _split(
    scope: Scope, group: tuple[str, ...], size: Size, sizes: dict[str, Any], pattern: str
) -> None:
    known: Size = 1
    unknown: list[str] = []
    for name in group:
        if name.isdigit():
            known = known * int(name)
        elif name in sizes:
            known = known * sizes[name]
        else:
            unknown.append(name)
    if len(unknown) > 1:
        raise FormulaError(f"the sizes of {' and '.join(unknown)} in {pattern!r} are not given")
    if unknown:
        scope.require(
            equal(size % known, 0),
            lambda: f"{show(size)} can't be divided into chunks of {show(known)} in {pattern!r}",
        )
        sizes[unknown[0]] = size // known
    else:
        scope.require(
            equal(size, known), lambda: f"{show(size)} is not {show(known)} in {pattern!r}"
        )


def _compare_names(
    left: Pattern, right: Pattern, sizes: dict[str, Any], pattern: str, task: str
) -> None:
    before = {name for name in left.names() if not name.isdigit()}
    after = {name for name in right.names() if not name.isdigit()}
    for names in (left.names(), right.names()):
        plain = [name for name in names if not name.isdigit()]
        if len(set(plain)) < len(plain):
            raise FormulaError(f"an axis stands twice on one side of {pattern!r}")
    for side, allowed in ((left, task == "reduce"), (right, task == "repeat")):
        for name in side.names():
            if name.isdigit() and name != "1" and not allowed:
                raise FormulaError(f"the number {name} in {pattern!r} must be the name of an axis")
            if name.startswith("_") or name.endswith("_"):
                raise FormulaError(f"{name!r} in {pattern!r}: names have no _ at either end")
    lost, made = before - after, after - before
    if lost and task != "reduce":
        raise FormulaError(f"{', '.join(sorted(lost))} stands on the left of {pattern!r} only")
    if made and (task != "repeat" or made - sizes.keys()):
        raise FormulaError(f"{', '.join(sorted(made))} stands on the right of {pattern!r} only")


def _composed(side: Pattern, sizes: dict[str, Any]) -> Value:
    found: list[Size] = []
    for group in side.groups:
        if group == ("…",):
            found += sizes["…"]
            continue
        size: Size = 1
        for name in group:
            if name == "…":
                for part in sizes["…"]:
                    size = size * part
            else:
                size = size * (int(name) if name.isdigit() else sizes[name])
        found.append(size)
    return tuple(found)
