"""Entries into layers: nested lists, repeats and blocks are written out, with full names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from ..errors import SpecError
from ..net import Layer, Reference, Source
from ..registry import LayerType, Registry
from .blocks import Block
from .entries import KEYS, Entry, read_entry
from .extent import Extents
from .failures import error_in, show_word
from .meaning import MAX_LAYERS, Leaf, Meanings, Nested, Repeat, Thing, Wrapped
from .places import Document, Path, Place
from .references import References, Scope, outputs_of, together
from .sharing import Sharing

MAX_DEPTH = 60  # lists and blocks in one another

_KEYS = frozenset(KEYS)
_PLAIN_NAME = re.compile(r"\w+(?:\.\w+)*")

Sources: TypeAlias = "tuple[Source, ...]"
Named: TypeAlias = "tuple[tuple[str, Source], ...]"


class Expansion:
    """Writes entries out as layers."""

    def __init__(self, document: Document, registry: Registry, blocks: Mapping[str, Block]) -> None:
        self.document = document
        self.references = References(document)
        self.meanings = Meanings(document, registry, blocks, self.references)
        self.sharing = Sharing(document, self.references)
        self.layers: list[Layer] = []
        self.extents = Extents(blocks, MAX_LAYERS)
        self.open_blocks: list[str] = []
        self.uncalled: list[range] = []  # of `layers`: those that are registered, and not called
        self.registered: set[str] = set()  # their names
        self.count = 0

    # --------------------------------------------------------------------------------- entries

    def entries(
        self, items: list[Any], scope: Scope, path: Path, sources: Sources, shared: str | None
    ) -> Sources:
        """Write a list of entries out; gives what the last one makes."""
        plain = shared is None
        for index, item in enumerate(items):
            done = self._plain_entry(item, index, scope, path, sources) if plain else None
            if done is not None:
                sources = done
                continue
            self._count((path, index))
            entry = read_entry(item, index, self.document, (path, index))
            sources = self.entry(entry, scope, sources, shared)
        return sources

    def _plain_entry(
        self, item: Any, index: int, scope: Scope, path: Path, before: Sources
    ) -> Sources | None:
        """Write out an entry of one of the forms that most have, without detours.

        `ReLU`, `conv1: Conv2d(3, 6, 5)`, and the flat form's name, layer and from, with a call that
        has been read before. None for all others.
        """
        at: Path = (path, index)
        given = None
        if type(item) is str:
            name, text = f"{index}", item
        elif type(item) is not dict:
            return None
        elif len(item) == 1:
            ((name, text),) = item.items()
            if name in _KEYS:
                return None
            at = at, name
        elif len(item) == 3 and "name" in item and "layer" in item and "from" in item:
            name, text, given = item["name"], item["layer"], item["from"]
            at = at, "layer"
        else:
            return None
        if type(text) is not str or type(name) is not str or not _PLAIN_NAME.fullmatch(name):
            return None
        ready = scope.binding.made.get(text)
        if ready is None or ready.type is None or ready.type.wrapper is not None:
            return None
        full, known = scope.prefix + name, self.references.known
        if full in known or full in self.references.uncalled or full in self.registered:
            return None
        sources = before
        if given is None:
            if not ready.type.inputs:
                sources = ()
        else:
            sources = ()
            for one in given if type(given) is list else [given]:
                source = known.get(scope.prefix + one) if type(one) is str else None
                if source is None:
                    return None
                sources = (*sources, source)
        self._count((path, index))
        place = None if self.document.text is None else Place(self.document, at)
        self.layers.append(Layer(full, ready.call, sources, location=place))
        self.sharing.things[full] = Leaf(ready.call, ready.type, at)
        known[full] = reference = Reference(full)
        return (reference,)

    def _count(self, path: Path) -> None:
        self.count += 1
        if self.count > MAX_LAYERS:
            raise self._too_many(path)

    def _check_extent(self, thing: Thing, times: int, path: Path) -> None:
        """Refuse what is sure to pass the bound, before it is written out."""
        while isinstance(thing, Wrapped):
            thing = thing.thing
        entries = self.extents.of(thing.items) if isinstance(thing, Nested) else 1
        if self.count + times * entries > MAX_LAYERS:
            raise self._too_many(path)

    def _too_many(self, path: Path) -> SpecError:
        message = f"more than {MAX_LAYERS:,} entries, which is the bound"
        hint = "`repeat`, and blocks in blocks, count each time"
        return error_in(self.document, path, message, hint=hint, code="S103")

    def entry(self, entry: Entry, scope: Scope, before: Sources, shared: str | None) -> Sources:
        """Write one entry out; gives what the next one takes."""
        keys, path = entry.keys, entry.path
        full = scope.prefix + entry.name
        self._check_free(full, entry)
        if "alias" in keys:
            if "if" not in keys or self.meanings.holds(entry, scope):
                # The modules of a container that is called again are registered once.
                index = len(self.layers) if shared is None else None
                layer = self.sharing.alias(entry, full, scope, index)
                if index is not None:
                    self.layers.append(layer)
            return before
        sources: Sources = before
        named: Named = ()
        given = keys.get("from")
        if given is not None:
            sources, named = self.references.sources(given, scope, (path, "from"))
        if "if" in keys and not self.meanings.holds(entry, scope):
            if not self.meanings.called(entry):
                return before
            if not sources:
                what = f"{entry.name} is dropped, and has no tensor to stand for"
                raise error_in(self.document, (path, "if"), what, code="S123")
            self.references.known[full] = together(sources)
            return sources
        thing = self.meanings.thing(entry, scope)
        below: str | None
        if "shares" in keys:
            thing, below = self.sharing.find(entry, thing, scope)
        else:
            below = None if shared is None else shared + entry.name
        assert thing is not None
        if full in self.registered and below != full:
            raise self._taken(full, entry)
        if "repeat" in keys:
            thing = Repeat(thing, self.meanings.times(entry, scope))
        if not self.meanings.called(entry):
            self._register(full, thing, before, shared, entry)
            return before
        if given is None and isinstance(thing, Leaf) and not thing.type.inputs:
            sources = ()
        return (self.put(full, thing, sources, named, below, entry),)

    def _check_free(self, full: str, entry: Entry) -> None:
        if full in self.references.known or full in self.references.uncalled:
            raise self._taken(full, entry)

    def _taken(self, full: str, entry: Entry) -> SpecError:
        given = "name" in entry.keys
        return error_in(
            self.document,
            (entry.path, "name") if given else entry.path,
            f"there are two entries named {show_word(full)}",
            key=not given,
            hint="names are for one entry each; `shares:` calls a module again",
            code="S109",
        )

    # ------------------------------------------------------------------------- order of modules

    def _register(
        self, full: str, thing: Thing, sources: Sources, shared: str | None, entry: Entry
    ) -> None:
        """Give a module its place among those that are registered; it isn't called here.

        Its name stays free, for an entry below that calls it.
        """
        known, start = self.references.known, len(self.layers)
        names = len(known)
        self.put(full, thing, sources, (), shared, entry)
        while len(known) > names:
            self.registered.add(known.popitem()[0])
        self.uncalled.append(range(start, len(self.layers)))

    def registration(self) -> tuple[tuple[Layer, ...], tuple[Layer, ...] | None]:
        """Give the layers that are called, and all modules as they are registered.

        The second is None where the order is the same.
        """
        if not self.uncalled:
            return tuple(self.layers), None
        apart = {index for item in self.uncalled for index in item}
        called = [layer for index, layer in enumerate(self.layers) if index not in apart]
        state: dict[str, Layer] = {}
        for layer in self.layers:
            type_ = (
                None
                if layer.call is None
                else self.meanings.calls.registry.find(layer.call.function)
            )
            if layer.shares is None and (type_ is None or _has_state(type_)):
                state.setdefault(layer.name, layer._replace(sources=(), named=()))
        return tuple(called), tuple(state.values())

    # --------------------------------------------------------------------------- writing it out

    def put(
        self,
        full: str,
        thing: Thing,
        sources: Sources,
        named: Named,
        shared: str | None,
        entry: Entry,
    ) -> Source:
        """Write a thing out under a name; gives its output."""
        self.sharing.things[full] = thing
        if isinstance(thing, Leaf):
            return self._layer(full, thing, sources, named, shared)
        if named:
            what = "tensors by name are for a layer, not for a container or a block"
            raise error_in(self.document, (entry.path, "from"), what, code="S116")
        if shared is not None:
            self.sharing.roots[full] = self.sharing.root(shared)
        known = self.references.known
        match thing:
            case Nested():
                output = self._nested(full, thing, sources, shared, entry)
            case Wrapped(inner, word):
                below = None if shared is None else f"{shared}.{word}"
                output = self.put(f"{full}.{word}", inner, sources, (), below, entry)
            case Repeat(inner, times):
                self._check_extent(inner, times, (entry.path, "repeat"))
                if not times and not sources:
                    what = "nothing comes in, and `repeat` is 0"
                    raise error_in(self.document, (entry.path, "repeat"), what, code="S123")
                for turn in range(times):
                    self._count(entry.path)
                    below = None if shared is None else f"{shared}.{turn}"
                    sources = (self.put(f"{full}.{turn}", inner, sources, (), below, entry),)
                output = together(sources)
        known[full] = output
        return output

    def _layer(
        self, full: str, leaf: Leaf, sources: Sources, named: Named, shared: str | None
    ) -> Source:
        if shared is not None:
            root = self.sharing.root(shared)
            shared = root if _has_state(leaf.type) and root != full else None
            if shared is not None:
                self.sharing.roots[full] = root
        place = None if self.document.text is None else Place(self.document, leaf.place)
        self.layers.append(Layer(full, leaf.call, sources, named, shared, None, place))
        self.references.known[full] = reference = Reference(full)
        return reference

    def _nested(
        self, full: str, nested: Nested, sources: Sources, shared: str | None, entry: Entry
    ) -> Source:
        self._check_extent(nested, 1, entry.path)
        block = nested.block
        inputs = None
        if block is not None:
            if block.name in self.open_blocks:
                first = self.open_blocks.index(block.name)
                cycle = " -> ".join((*self.open_blocks[first:], block.name))
                what = f"the block {block.name} uses itself: {cycle}"
                raise error_in(self.document, entry.layer_path or entry.path, what, code="S118")
            if not sources:
                what = f"the block {block.name} gets no tensor"
                raise error_in(self.document, entry.path, what, code="S116")
            inputs = sources
        scope = Scope(nested.around, f"{full}.", nested.items, nested.binding, inputs)
        if scope.depth > MAX_DEPTH:
            what = f"lists and blocks nested deeper than {MAX_DEPTH} levels"
            raise error_in(self.document, entry.path, what, code="S103")
        below = None if shared is None else f"{shared}."
        if block is None:
            return together(self.entries(nested.items, scope, nested.path, sources, below))
        self.open_blocks.append(block.name)
        last = self.entries(nested.items, scope, nested.path, sources, below)
        self.open_blocks.pop()
        if block.outputs is None:
            return together(last)
        found, _ = outputs_of(block.outputs, self.references, scope, block.outputs_path)
        return together(found)


def _has_state(type_: LayerType) -> bool:
    """Tell whether sharing means something: a module, or a function with parameters of its own."""
    return not type_.is_function or _has_weights(type_)


def _has_weights(type_: LayerType) -> bool:
    return not type_.data.keys().isdisjoint(("weights", "buffers", "submodules"))
