"""Modules that are called again (`shares`), or registered under a second name (`alias`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import SpecError
from ..net import Layer
from ..syntax import to_text
from .entries import Entry
from .failures import error_in, show_word
from .meaning import Leaf, Thing
from .places import Document, Path, Place
from .references import References, Scope, outward


class Sharing:
    """The modules so far, by full name, and what stands for them."""

    def __init__(self, document: Document, references: References) -> None:
        self.document = document
        self.references = references
        self.things: dict[str, Thing] = {}
        self.roots: dict[str, str] = {}  # entries that share a module, and the module
        self.aliases: list[tuple[int, str, Scope, Path]] = []

    def root(self, name: str) -> str:
        """Give the entry whose module an entry calls."""
        return self.roots.get(name, name)

    def find(self, entry: Entry, own: Thing | None, scope: Scope) -> tuple[Thing, str]:
        """Find the module that an entry calls again; `own` is what its `layer` says."""
        path = entry.path, "shares"
        target = self.module(entry.keys["shares"], scope, path)
        thing = self.things[target]
        if isinstance(own, Leaf) and isinstance(thing, Leaf):
            if own.call._replace(forward=None) != thing.call._replace(forward=None):
                raise error_in(
                    self.document,
                    path,
                    f"{show_word(target)} is {show_word(to_text(thing.call))},"
                    f" not {show_word(to_text(own.call))}",
                    hint="leave `layer` out, or write the same call",
                    code="S115",
                )
            return own, target
        if own is not None:
            what = f"{show_word(target)} and `layer` are different modules"
            raise error_in(self.document, path, what, hint="leave `layer` out", code="S115")
        return (thing._replace(place=path) if isinstance(thing, Leaf) else thing), target

    def module(self, given: Any, scope: Scope, path: Path) -> str:
        """Give the full name of a module that was called before."""
        if not isinstance(given, str | int) or isinstance(given, bool):
            what = f"{show_word(given)} is not the name of an entry"
            raise error_in(self.document, path, what, code="S115")
        name = str(given).strip()
        for around in outward(scope):
            full = around.prefix + name
            full = self.references.uncalled.get(full, full)
            if full in self.things:
                return full
        raise self._unknown(name, scope, path)

    def _unknown(self, name: str, scope: Scope, path: Path) -> SpecError:
        error = self.references.unknown(name, scope, path)
        error.code = "S115"
        return error

    def alias(self, entry: Entry, full: str, scope: Scope, index: int | None) -> Layer:
        """Note an alias; `index` is the layer's, None for one that isn't registered again."""
        path = entry.path, "alias"
        given = entry.keys["alias"]
        if not isinstance(given, str | int) or isinstance(given, bool):
            what = f"{show_word(given)} is not the name of an entry"
            raise error_in(self.document, path, what, code="S115")
        name = str(given).strip()
        self.references.uncalled[full] = name
        if index is not None:
            self.aliases.append((index, name, scope, path))
        place = None if self.document.text is None else Place(self.document, path)
        return Layer(full, None, alias=name, location=place)

    def resolve_aliases(self, layers: list[Layer]) -> None:
        """Give aliases the full names of their modules, or of containers in the flat form."""
        if not self.aliases:
            return
        first: dict[str, int] = {}  # every name and container, and the first layer inside it
        for index, layer in enumerate(layers):
            name = layer.name
            while name and name not in first:
                first[name] = index
                name = name.rpartition(".")[0]
        for index, name, scope, path in self.aliases:
            layers[index] = self._with_target(layers[index], index, name, scope, path, first)

    def _with_target(
        self,
        layer: Layer,
        index: int,
        name: str,
        scope: Scope,
        path: Path,
        first: Mapping[str, int],
    ) -> Layer:
        for around in outward(scope):
            full = around.prefix + name
            if first.get(full, index) < index and not layer.name.startswith(f"{full}."):
                self.references.uncalled[layer.name] = full
                return layer._replace(alias=full)
        raise self._unknown(name, scope, path)
