"""What `from` names: outputs of earlier entries, looked for nearby first and then outwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..errors import SpecError
from ..net import Reference, Source
from .calls import Binding
from .entries import check_name, entry_names
from .failures import error_in, nearest, show_word
from .places import Document, Path

MAX_TUPLES = 20  # tuples in tuples, in `from`
MAX_PLACES = 8  # indices after a name

_REFERENCE = r"([^\[\]]+)((?:\[-?[0-9]{1,6}\])*)"


class Scope:
    """A list of entries: what stands in front of their names, and what `input` means among them."""

    __slots__ = ("around", "binding", "depth", "inputs", "items", "prefix")

    def __init__(
        self,
        around: Scope | None,
        prefix: str,
        items: list[Any],
        binding: Binding,
        inputs: tuple[Source, ...] | None = None,
    ) -> None:
        self.around = around
        self.prefix = prefix
        self.items = items
        self.binding = binding
        self.inputs = inputs  # of a block; None for a plain list
        self.depth: int = 0 if around is None else around.depth + 1


def outward(scope: Scope | None) -> Iterator[Scope]:
    """Yield a scope and those around it."""
    while scope is not None:
        yield scope
        scope = scope.around


def together(sources: tuple[Source, ...]) -> Source:
    """Give several tensors as one value: a tuple of them."""
    return sources[0] if len(sources) == 1 else sources


class References:
    """Every output so far, by full name."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.known: dict[str, Source] = {}
        self.uncalled: dict[str, str] = {}  # aliases and the modules they stand for

    def sources(
        self, given: Any, scope: Scope, path: Path
    ) -> tuple[tuple[Source, ...], tuple[tuple[str, Source], ...]]:
        """Read `from`: the tensors in order, and those given by name."""
        if not isinstance(given, list):
            if isinstance(given, dict):
                return (), self._named(given, scope, path)
            return (self.source(given, scope, path),), ()
        named: tuple[tuple[str, Source], ...] = ()
        items = given
        if items and isinstance(items[-1], dict):
            named = self._named(items[-1], scope, (path, len(items) - 1))
            items = items[:-1]
        found = tuple([self.source(item, scope, (path, index)) for index, item in enumerate(items)])
        return found, named

    def _named(
        self, given: dict[str, Any], scope: Scope, path: Path
    ) -> tuple[tuple[str, Source], ...]:
        for name in given:
            if not name.isidentifier():
                raise error_in(
                    self.document,
                    (path, name),
                    f"{show_word(name)} is not an argument's name",
                    key=True,
                    code="S116",
                )
        return tuple(
            [(name, self.source(item, scope, (path, name))) for name, item in given.items()]
        )

    def source(self, given: Any, scope: Scope, path: Path, depth: int = 0) -> Source:
        """Read one item of `from`: a name, or a list that stands for a tuple."""
        if isinstance(given, str):
            return self.named(given, scope, path)
        if type(given) is int:  # an entry that is named by its position
            return self.named(str(given), scope, path)
        if isinstance(given, list):
            if depth >= MAX_TUPLES:
                what = f"tuples nested deeper than {MAX_TUPLES} levels"
                raise error_in(self.document, path, what, code="S103")
            return tuple(
                [
                    self.source(item, scope, (path, index), depth + 1)
                    for index, item in enumerate(given)
                ]
            )
        hint = "`from` is a name, or a list of names; a map of named tensors stands at its end"
        raise error_in(
            self.document,
            path,
            f"{show_word(given)} is not the name of an entry",
            hint=hint,
            code="S116",
        )

    def named(self, text: str, scope: Scope, path: Path, at: int = 0) -> Source:
        """Find the output that a name like `lstm[1][0]` stands for."""
        if "[" not in text:
            found = self.find(text, scope)
            if found is not None:
                return found
        parts = re.fullmatch(_REFERENCE, text.strip())
        if parts is None or parts[2].count("[") > MAX_PLACES:
            raise error_in(
                self.document,
                path,
                f"{show_word(text)} is not the name of an entry",
                hint="such as conv1, layer1.0.conv1, or lstm[0] for the first of several outputs",
                at=at,
                code="S116",
            )
        name = parts[1].strip()
        indices = tuple([int(item) for item in re.findall(r"-?[0-9]+", parts[2])])
        tensors = self._block_inputs(name, scope)
        found = tensors if indices and tensors is not None else self.find(name, scope)
        if found is None:
            raise self.unknown(name, scope, path, at)
        return self._inside(found, indices, text, path, at)

    def _block_inputs(self, name: str, scope: Scope) -> Source | None:
        if name == "input":
            for around in outward(scope):
                if around.prefix + name in self.known:
                    return None
                if around.inputs is not None:
                    return together(around.inputs)
        return None

    def _inside(
        self, found: Source, indices: tuple[int, ...], text: str, path: Path, at: int
    ) -> Source:
        for step, index in enumerate(indices):
            if isinstance(found, Reference):
                return Reference(found.name, (*found.path, *indices[step:]))
            if not -len(found) <= index < len(found):
                raise error_in(
                    self.document,
                    path,
                    f"{show_word(text)}: there are {len(found)} tensors, counted from 0",
                    at=at,
                    code="S116",
                )
            found = found[index]
        return found

    def find(self, name: str, scope: Scope) -> Source | None:
        """Look a name up among its siblings, then outwards; None where there is none."""
        known = self.known
        around: Scope | None = scope
        while around is not None:
            found = known.get(around.prefix + name)
            if found is not None:
                return found
            if around.inputs is not None and name == "input":
                return together(around.inputs)
            around = around.around
        return None

    def unknown(self, name: str, scope: Scope, path: Path, at: int = 0) -> SpecError:
        """Say why a name stands for nothing here."""
        shown = show_word(name)
        for around in outward(scope):
            if around.prefix + name in self.uncalled:
                return error_in(
                    self.document,
                    path,
                    f"{shown} is an alias, which is not called",
                    hint=f"take the output of {self.uncalled[around.prefix + name]}",
                    at=at,
                    code="S114",
                )
            if name.partition(".")[0] in entry_names(around.items):
                return error_in(
                    self.document,
                    path,
                    f"{shown} does not come before this",
                    hint="an entry takes outputs of entries above it",
                    at=at,
                    code="S114",
                )
        near = nearest(name, self._names(scope))
        hint = f"did you mean {near}?" if near else "an entry takes outputs of entries above it"
        message = f"there is no {shown} before this"
        return error_in(self.document, path, message, hint=hint, at=at, code="S114")

    def _names(self, scope: Scope) -> Iterator[str]:
        """Yield the names that may be meant, the nearest last."""
        around = list(outward(scope))
        recent = list(self.known)[-5_000:]
        for one in reversed(around):
            if one.inputs is not None:
                yield "input"
            size = len(one.prefix)
            yield from (full[size:] for full in recent if full.startswith(one.prefix))


def outputs_of(
    given: Any, references: References, scope: Scope, path: Path
) -> tuple[tuple[Source, ...], tuple[str, ...] | None]:
    """Read `outputs:`: a name, a list of names, or a map, whose keys are names of their own.

    A container's name is one too, for its output is that of an entry inside.
    """
    names: tuple[str, ...] | None
    if isinstance(given, dict):
        names = tuple(
            [check_name(name, references.document, (path, name), key=True) for name in given]
        )
        found = tuple([references.source(item, scope, (path, key)) for key, item in given.items()])
    else:
        items = given if isinstance(given, list) else [given]
        found = tuple(
            [
                references.source(item, scope, (path, index) if items is given else path)
                for index, item in enumerate(items)
            ]
        )
        names = _own_names(items, found)
    if not found:
        raise error_in(references.document, path, "`outputs` names no output", key=True)
    return found, names


def _own_names(items: list[Any], found: tuple[Source, ...]) -> tuple[str, ...] | None:
    """Keep the names of containers, whose outputs are those of entries inside them."""
    texts = [item.strip() for item in items if isinstance(item, str)]
    if len({*texts}) < len(items):
        return None
    inside = [
        isinstance(source, Reference) and "[" not in text and source.name != text
        for text, source in zip(texts, found, strict=True)
    ]
    return tuple(texts) if any(inside) else None
