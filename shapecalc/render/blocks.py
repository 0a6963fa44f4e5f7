"""Blocks found again: containers that a net has several times, alike but for some numbers.

What differs among them becomes a block's parameters, named after the arguments that it is for.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..net import Net
from ..registry import Registry
from ..syntax import Binary, Constant, Name, Node, names_in
from .groups import Form, Group, Number, form_of, labels_of, repeated

FEWEST_LINES = 3  # of a block
MOST_PARAMETERS = 12


class Block(NamedTuple):
    """A block: its parameters, and for each number of its layers what stands there instead.

    `places` are the numbers that its parameters are, in order; it is written after `example`.
    """

    name: str
    parameters: tuple[str, ...]
    places: tuple[int, ...]
    values: tuple[Node, ...]
    example: Group


def find_blocks(net: Net, root: Group, registry: Registry) -> dict[str, Block]:
    """Find the blocks of a net, by the containers that are one; the smallest first."""
    forms: dict[str, Form] = {}
    alike: dict[tuple[object, ...], list[Group]] = {}
    once = {
        group.parts[0].path
        for group in (root, *_visited(net, root))
        if group.parts and isinstance(group.parts[0], Group) and repeated(net, group)
    }
    for group in _visited(net, root):
        form = form_of(net, group)
        if form is not None:
            forms[group.path] = form
            alike.setdefault(form.key, []).append(group)
    found: dict[str, Block] = {}
    names: set[str] = set()
    taken = {name for layer in net.layers if layer.call for name in names_in(layer.call)}
    for groups in sorted(alike.values(), key=lambda groups: groups[0].stop - groups[0].start):
        lines = _lines(net, groups[0], found)
        count = len(groups)
        is_repeated = any(group.path in once for group in groups)  # in which `input` has a meaning
        is_worth_it = lines >= FEWEST_LINES and (count - 1) * lines > count + 1
        if not is_worth_it and not (is_repeated and lines > 1):
            continue
        numbers = [forms[group.path].numbers for group in groups]
        labels = [
            label
            for layer in net.layers[groups[0].start : groups[0].stop]
            if layer.call is not None
            for label in labels_of(layer.call, registry)
        ]
        parameters, places, values = _generalised(numbers, labels, taken)
        if len(parameters) > MOST_PARAMETERS:
            continue
        name = _block_name([group.path for group in groups], names, registry)
        names.add(name)
        block = Block(name, parameters, places, values, groups[0])
        found.update({group.path: block for group in groups})
    return found


def _visited(net: Net, group: Group) -> Iterator[Group]:
    """Yield the containers inside one; of those that are repeated the first."""
    parts = group.parts[:1] if repeated(net, group) else group.parts
    for part in parts:
        if isinstance(part, Group):
            yield part
            yield from _visited(net, part)


def _lines(net: Net, group: Group, found: Mapping[str, Block]) -> int:
    """Count the lines that a container takes."""
    count = 0
    for part in group.parts[:1] if repeated(net, group) else group.parts:
        count += 1
        if isinstance(part, Group) and part.path not in found:
            count += _lines(net, part, found)
    return count


def _generalised(
    numbers: Sequence[tuple[Number, ...]], labels: Sequence[str], taken: set[str]
) -> tuple[tuple[str, ...], tuple[int, ...], tuple[Node, ...]]:
    """Find what differs among lists of numbers: parameters, where they stand, and each number by them.

    Numbers that are equal everywhere stay; those that are always a parameter's, or a multiple of it, are
    written by it.
    """
    columns = [tuple(column) for column in zip(*numbers, strict=True)]
    known: dict[tuple[Number, ...], str] = {}
    places: list[int] = []
    values: list[Node] = []
    for place, column in enumerate(columns):
        if len({*column}) == 1 and len({type(number) for number in column}) == 1:
            values.append(Constant(column[0]))
            continue
        node = _by_known(column, known)
        if node is None:
            name = _free_name(labels[place], {*known.values()} | taken)
            known[column] = name
            places.append(place)
            node = Name(name)
        values.append(node)
    return tuple(known.values()), tuple(places), tuple(values)


def _by_known(column: tuple[Number, ...], known: Mapping[tuple[Number, ...], str]) -> Node | None:
    if column in known:
        return Name(known[column])
    if len({*column}) < 3 or not all(isinstance(number, int) and number > 0 for number in column):
        return None
    for other, name in known.items():
        if not all(isinstance(number, int) and number > 0 for number in other):
            continue
        pairs = [*zip(column, other, strict=True)]
        for operator, factors in (
            ("*", {divmod(one, two) for one, two in pairs}),
            ("//", {divmod(two, one) for one, two in pairs}),
        ):
            ((factor, rest), *more) = factors
            if not more and rest == 0:
                return Binary(operator, Name(name), Constant(int(factor)))
    return None


def _free_name(label: str, taken: set[str]) -> str:
    plain = label if label.isidentifier() and not keyword.iskeyword(label) else "n"
    plain = f"{plain}_" if plain == "input" else plain
    found, count = plain, 1
    while found in taken:
        count += 1
        found = f"{plain}_{count}"
    return found


def _block_name(paths: Sequence[str], taken: set[str], registry: Registry) -> str:
    """Name a block after the containers that are one, without their numbers."""
    stems = {next(filter(None, map(_stem, reversed(path.split(".")))), "") for path in paths}
    words = re.findall(r"[A-Za-z0-9]+", stems.pop()) if len(stems) == 1 else []
    plain = "".join(word[:1].upper() + word[1:] for word in words)
    plain = plain if plain.isidentifier() and len(plain) > 1 else "Block"
    plain = f"{plain}Block" if registry.knows(plain) or keyword.iskeyword(plain) else plain
    found, count = plain, 1
    while found in taken or registry.knows(found):
        count += 1
        found = f"{plain}{count}"
    return found


def _stem(part: str) -> str:
    return part.strip("0123456789_")
