"""Entries into layers: nested lists, repeats and blocks are written out, with full names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from ..errors import SpecError
from ..net import Layer, Reference, Source
from ..registry import LayerType, Registry
from ..syntax import Call, Constant, Node, names_in, parse, to_text
from .blocks import Bindings, Block
from .calls import Binding, Calls, Made
from .entries import KEYS, Entry, check_name, read_entry
from .failures import error_in, nearest, show_word
from .places import Document, Path, Place
from .references import References, Scope, together

MAX_LAYERS = 200_000  # entries, those that repeats and blocks write out counted each time
MAX_DEPTH = 60  # lists and blocks in one another

_KEYS = frozenset(KEYS)

Sources: TypeAlias = "tuple[Source, ...]"
Named: TypeAlias = "tuple[tuple[str, Source], ...]"


class Leaf(NamedTuple):
    """One layer."""

    call: Call
    type: LayerType
    place: Path


class Nested(NamedTuple):
    """A list of entries, of a container or a block, and the scope that it stands in."""

    items: list[Any]
    path: Path
    around: Scope
    binding: Binding
    block: Block | None = None


class Repeat(NamedTuple):
    """The same thing several times, one after the other."""

    thing: Thing
    times: int


class Wrapped(NamedTuple):
    """A thing inside a wrapper, which puts a word into its names."""

    thing: Thing
    word: str


Thing: TypeAlias = "Leaf | Nested | Repeat | Wrapped"


class Expansion:
    """Writes entries out as layers."""

    def __init__(
        self, document: Document, registry: Registry, blocks: Mapping[str, Block]
    ) -> None:
        self.document = document
        self.blocks = blocks
        self.calls = Calls(document, registry, blocks)
        self.bindings = Bindings(self.calls)
        self.references = References(document)
        self.layers: list[Layer] = []
        self.things: dict[str, Thing] = {}  # modules that can be shared, by full name
        self.roots: dict[str, str] = {}  # entries that share a module, and the module
        self.aliases: list[tuple[int, str, Scope, Path]] = []
        self.open_blocks: list[str] = []
        self.count = 0

    # --------------------------------------------------------------------------------- entries

    def entries(
        self, items: list[Any], scope: Scope, path: Path, sources: Sources, shared: str | None
    ) -> Sources:
        """Write a list of entries out; gives what the last one makes."""
        prefix, known, aliases = scope.prefix, self.references.known, self.references.uncalled
        made, layers, document = scope.binding.made, self.layers, self.document
        plain = shared is None
        for index, item in enumerate(items):
            # The form most entries have, `conv1: Conv2d(3, 6, 5)`, read without detours.
            if plain and type(item) is dict and len(item) == 1:
                ((name, text),) = item.items()
                ready = made.get(text) if type(text) is str and name not in _KEYS else None
                if ready is not None and ready.type is not None and ready.type.wrapper is None:
                    full = prefix + name
                    if full not in known and full not in aliases and name.isidentifier():
                        self._count((path, index))
                        if not ready.type.inputs:
                            sources = ()
                        at = (((path, index), name))
                        place = None if document.text is None else Place(document, at)
                        layers.append(Layer(full, ready.call, sources, location=place))
                        known[full] = reference = Reference(full)
                        self.things[full] = Leaf(ready.call, ready.type, at)
                        sources = (reference,)
                        continue
            self._count((path, index))
            entry = read_entry(item, index, document, (path, index))
            sources = self.entry(entry, scope, sources, shared)
        return sources

    def _count(self, path: Path) -> None:
        self.count += 1
        if self.count > MAX_LAYERS:
            raise error_in(
                self.document, path, f"more than {MAX_LAYERS:,} entries, which is the bound",
                hint="`repeat`, and blocks in blocks, count each time", code="S103",
            )

    def entry(
        self, entry: Entry, scope: Scope, before: Sources, shared: str | None
    ) -> Sources:
        """Write one entry out; gives what the next one takes."""
        keys, path = entry.keys, entry.path
        full = scope.prefix + entry.name
        self._check_free(full, entry)
        if "alias" in keys:
            if "if" not in keys or self._holds(entry, scope):
                self._alias(entry, full, scope, shared)
            return before
        sources, named = before, ()
        given = keys.get("from")
        if given is not None:
            sources, named = self.references.sources(given, scope, (path, "from"))
        if "if" in keys and not self._holds(entry, scope):
            if not sources:
                what = f"{entry.name} is dropped, and has no tensor to stand for"
                raise error_in(self.document, (path, "if"), what, code="S123")
            self.references.known[full] = together(sources)
            return sources
        thing = self._thing(entry, scope)
        if "shares" in keys:
            thing, target = self._shared(entry, thing, scope)
        else:
            target = None if shared is None else shared + entry.name
        assert thing is not None
        if "repeat" in keys:
            thing = Repeat(thing, self._times(entry, scope))
        if given is None and isinstance(thing, Leaf) and not thing.type.inputs:
            sources = ()
        return (self.put(full, thing, sources, named, target, entry),)

    def _check_free(self, full: str, entry: Entry) -> None:
        if full in self.references.known or full in self.references.uncalled:
            given = "name" in entry.keys
            where: Path = (entry.path, "name") if given else entry.path
            raise error_in(
                self.document, where, f"there are two entries named {show_word(full)}",
                key=not given, hint="names are for one entry each; `shares:` calls a module again",
                code="S109",
            )

    # ----------------------------------------------------------------------------- what it is

    def _thing(self, entry: Entry, scope: Scope) -> Thing | None:
        """Make what an entry is; None where only `shares` says it."""
        if entry.layers is not None:
            inner = Nested(entry.layers, entry.layers_path, scope, scope.binding)
            if entry.layer is None:
                return inner
            return Wrapped(inner, self._wrapper(entry, scope))
        path = entry.layer_path
        if entry.arguments is not None:
            path = entry.path, "type"
            made = self.calls.from_map(
                entry.arguments, scope.binding, entry.path, self._resolver(scope, path)
            )
        elif entry.layer is None:
            return None
        else:
            made = self.calls.read(entry.layer, scope.binding, path, self._resolver(scope, path))
        return self._of_call(made, entry, scope, path)

    def _resolver(self, scope: Scope, path: Path) -> Any:
        def resolve(text: str) -> str:
            value = self.document.value(path)
            at = max(value.find(text), 0)
            source = self.references.named(text, scope, path, at)
            if not isinstance(source, Reference):
                raise error_in(
                    self.document, path, f"{show_word(text)} has several outputs",
                    hint="say which: size('name[0]', 2)", at=at, code="S116",
                )
            return str(source)

        return resolve

    def _of_call(self, made: Made, entry: Entry, scope: Scope, path: Path) -> Thing:
        call, type_ = made
        if type_ is None:
            return self._of_block(call, entry, scope, path)
        if type_.wrapper is None:
            return Leaf(call, type_, path)
        inner = call.arguments[0] if call.arguments else None
        if not isinstance(inner, Call):
            hint = f"{{name: net, layer: {type_.name}, layers: [...]}}, or {type_.name}(Block(...))"
            what = f"{type_.name} wraps a module, and there is none"
            raise error_in(self.document, path, what, hint=hint, code="S122")
        text = entry.layer if isinstance(entry.layer, str) else ""
        try:
            ready = self.calls.finish(inner, None)
        except SpecError as error:
            raise self.calls.placed(error, text, path) from None
        return Wrapped(self._of_call(ready, entry, scope, path), type_.wrapper)

    def _of_block(self, call: Call, entry: Entry, scope: Scope, path: Path) -> Thing:
        block = self.blocks[call.function]
        try:
            binding = self.bindings.bind(block, call)
        except SpecError as error:
            if entry.arguments is None:
                raise self.calls.placed(error, entry.layer, path) from None
            raise error_in(
                self.document, path, error.message, hint=error.hint, code=error.code
            ) from None
        return Nested(block.items, block.items_path, scope, binding, block)

    def _wrapper(self, entry: Entry, scope: Scope) -> str:
        path = entry.layer_path
        try:
            call = self.calls.bound(self.calls.parsed(entry.layer), scope.binding.values)
            type_ = self.calls.registry.find(call.function)
        except SpecError as error:
            raise self.calls.placed(error, entry.layer, path) from None
        if type_.wrapper is None or call.arguments or call.forward is not None:
            raise error_in(
                self.document, path, f"{show_word(entry.layer)} is no container for `layers`",
                hint="leave `layer` out for a Sequential, or write DataParallel", code="S119",
            )
        return type_.wrapper

    # ------------------------------------------------------------------------------ conditions

    def _holds(self, entry: Entry, scope: Scope) -> bool:
        value = self._constant(entry.keys["if"], scope, (entry.path, "if"), "if")
        return bool(value)

    def _times(self, entry: Entry, scope: Scope) -> int:
        path = entry.path, "repeat"
        value = self._constant(entry.keys["repeat"], scope, path, "repeat")
        if type(value) is not int or value < 0:
            what = f"`repeat` is {show_word(value)}; it must be an integer of at least 0"
            raise error_in(self.document, path, what, code="S123")
        if value > MAX_LAYERS:
            what = f"`repeat` is {show_word(value)}; at most {MAX_LAYERS:,} entries are written out"
            raise error_in(self.document, path, what, code="S103")
        return value

    def _constant(self, given: Any, scope: Scope, path: Path, what: str) -> Any:
        """Work out an `if` or `repeat`: it must be known, since the net's form depends on it."""
        if isinstance(given, str):
            self._check_parameters(given, scope, path)
        node: Node = self.calls.expression(given, scope.binding, path)
        if isinstance(node, Constant) and not isinstance(given, list | dict):
            return node.value
        if given is None or isinstance(given, list | dict):
            message = f"`{what}` is {show_word(given)}"
        else:
            message = f"`{what}: {show_word(given)}` is {show_word(to_text(node))}, which isn't known"
        hint = "it may use a block's parameters, and numbers in them"
        raise error_in(self.document, path, message, hint=hint, code="S123")

    def _check_parameters(self, text: str, scope: Scope, path: Path) -> None:
        try:
            names = list(names_in(parse(text.strip())))
        except (SpecError, RecursionError):
            return  # said when it is read
        values = scope.binding.values
        for name in names:
            if name not in values:
                near = nearest(name, values)
                listed = f"the parameters are: {', '.join(values)}" if values else None
                raise error_in(
                    self.document, path, f"{show_word(name)} is not a parameter of a block",
                    at=max(text.find(name), 0), code="S123",
                    hint=f"did you mean {near}?" if near else listed,
                )

    # --------------------------------------------------------------------- sharing and aliases

    def _shared(
        self, entry: Entry, own: Thing | None, scope: Scope
    ) -> tuple[Thing, str]:
        """Find the module that an entry calls again."""
        path = entry.path, "shares"
        target = self._module(entry.keys["shares"], scope, path)
        thing = self.things[target]
        if isinstance(own, Leaf) and isinstance(thing, Leaf):
            if own.call._replace(forward=None) != thing.call._replace(forward=None):
                raise error_in(
                    self.document, path,
                    f"{show_word(target)} is {show_word(to_text(thing.call))},"
                    f" not {show_word(to_text(own.call))}",
                    hint="leave `layer` out, or write the same call", code="S115",
                )
            return own, target
        if own is not None:
            what = f"{show_word(target)} and `layer` are different modules"
            raise error_in(self.document, path, what, hint="leave `layer` out", code="S115")
        return (thing._replace(place=path) if isinstance(thing, Leaf) else thing), target

    def _module(self, given: Any, scope: Scope, path: Path) -> str:
        if not isinstance(given, str | int) or isinstance(given, bool):
            what = f"{show_word(given)} is not the name of an entry"
            raise error_in(self.document, path, what, code="S115")
        name = str(given).strip()
        around: Scope | None = scope
        while around is not None:
            full = around.prefix + name
            full = self.references.uncalled.get(full, full)
            if full in self.things:
                return full
            around = around.around
        error = self.references.unknown(name, scope, path)
        assert isinstance(error, SpecError)
        error.code = "S115"
        raise error

    def _alias(self, entry: Entry, full: str, scope: Scope, shared: str | None) -> None:
        path = entry.path, "alias"
        name = entry.keys["alias"]
        if not isinstance(name, str | int) or isinstance(name, bool):
            what = f"{show_word(name)} is not the name of an entry"
            raise error_in(self.document, path, what, code="S115")
        self.references.uncalled[full] = str(name)
        if shared is None:  # a shared container's modules are registered once
            self.aliases.append((len(self.layers), str(name).strip(), scope, path))
            place = None if self.document.text is None else Place(self.document, path)
            self.layers.append(Layer(full, None, alias=str(name).strip(), location=place))

    def resolve_aliases(self) -> None:
        """Give aliases the full names of their modules, or of containers in the flat form."""
        if not self.aliases:
            return
        first: dict[str, int] = {}  # every name and container, and the first layer inside it
        for index, layer in enumerate(self.layers):
            name = layer.name
            while name and name not in first:
                first[name] = index
                name = name.rpartition(".")[0]
        for index, name, scope, path in self.aliases:
            self.layers[index] = self._with_target(index, name, scope, path, first)

    def _with_target(
        self, index: int, name: str, scope: Scope, path: Path, first: Mapping[str, int]
    ) -> Layer:
        layer = self.layers[index]
        around: Scope | None = scope
        while around is not None:
            full = around.prefix + name
            if first.get(full, index) < index and not layer.name.startswith(f"{full}."):
                self.references.uncalled[layer.name] = full
                return layer._replace(alias=full)
            around = around.around
        error = self.references.unknown(name, scope, path)
        assert isinstance(error, SpecError)
        error.code = "S115"
        raise error

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
        self.things[full] = thing
        if isinstance(thing, Leaf):
            return self._layer(full, thing, sources, named, shared)
        if named:
            what = "tensors by name are for a layer, not for a container or a block"
            raise error_in(self.document, (entry.path, "from"), what, code="S116")
        if shared is not None:
            self.roots[full] = self.roots.get(shared, shared)
        known = self.references.known
        match thing:
            case Nested():
                output = self._nested(full, thing, sources, shared, entry)
            case Wrapped(inner, word):
                below = None if shared is None else f"{shared}.{word}"
                output = self.put(f"{full}.{word}", inner, sources, (), below, entry)
            case Repeat(inner, times):
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
            root = self.roots.get(shared, shared)
            shared = root if _has_state(leaf.type) else None
            if shared is not None:
                self.roots[full] = root
        place = None if self.document.text is None else Place(self.document, leaf.place)
        self.layers.append(Layer(full, leaf.call, sources, named, shared, None, place))
        self.references.known[full] = reference = Reference(full)
        return reference

    def _nested(
        self, full: str, nested: Nested, sources: Sources, shared: str | None, entry: Entry
    ) -> Source:
        block = nested.block
        inputs = None
        if block is not None:
            if block.name in self.open_blocks:
                cycle = " -> ".join((*self.open_blocks[self.open_blocks.index(block.name) :], block.name))
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


def outputs_of(
    given: Any, references: References, scope: Scope, path: Path
) -> tuple[Sources, tuple[str, ...] | None]:
    """Read `outputs:`: a name, a list of names, or a map, whose keys are names of their own."""
    if isinstance(given, dict):
        names = tuple(check_name(name, references.document, (path, name), key=True) for name in given)
        found = tuple([references.source(item, scope, (path, key)) for key, item in given.items()])
    else:
        names = None
        items = given if isinstance(given, list) else [given]
        found = tuple([
            references.source(item, scope, (path, index) if items is given else path)
            for index, item in enumerate(items)
        ])
    if not found:
        raise error_in(references.document, path, "`outputs` names no output", key=True)
    return found, names


def _has_state(type_: LayerType) -> bool:
    """Tell whether sharing means something: a module, or a function with parameters of its own."""
    return not type_.is_function or "weights" in type_.data or "buffers" in type_.data
