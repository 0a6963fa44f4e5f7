"""What an entry is: one layer, a list of entries, a block, in a wrapper, once or several times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from ..errors import SpecError
from ..net import Reference
from ..registry import LayerType, Registry
from ..syntax import Call, Constant, Node, names_in, parse, to_text
from .blocks import Bindings, Block
from .calls import Binding, Calls, Made
from .entries import Entry
from .failures import error_in, nearest, show_word
from .places import Document, Path
from .references import References, Scope

MAX_LAYERS = 200_000  # entries, those that repeats and blocks write out counted each time


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


class Meanings:
    """Tells what entries are."""

    def __init__(
        self,
        document: Document,
        registry: Registry,
        blocks: Mapping[str, Block],
        references: References,
    ) -> None:
        self.document = document
        self.blocks = blocks
        self.references = references
        self.calls = Calls(document, registry, blocks)
        self.bindings = Bindings(self.calls)

    # ----------------------------------------------------------------------------- what it is

    def thing(self, entry: Entry, scope: Scope) -> Thing | None:
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
                    self.document,
                    path,
                    f"{show_word(text)} has several outputs",
                    hint="say which: size('name[0]', 2)",
                    at=at,
                    code="S116",
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
                self.document,
                path,
                f"{show_word(entry.layer)} is no container for `layers`",
                hint="leave `layer` out for a Sequential, or write DataParallel",
                code="S119",
            )
        return type_.wrapper

    # ------------------------------------------------------------------------------ conditions

    def holds(self, entry: Entry, scope: Scope) -> bool:
        """Say whether an entry's `if` keeps it."""
        value = self._constant(entry.keys["if"], scope, (entry.path, "if"), "if")
        return bool(value)

    def called(self, entry: Entry) -> bool:
        """Say whether an entry is called where it stands; `called: false` only registers it."""
        value = entry.keys.get("called", True)
        if type(value) is not bool:
            what = f"`called` is {show_word(value)}; it must be true or false"
            raise error_in(self.document, (entry.path, "called"), what, code="S123")
        return value

    def times(self, entry: Entry, scope: Scope) -> int:
        """Say how often an entry's `repeat` writes it out."""
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
            message = (
                f"`{what}: {show_word(given)}` is {show_word(to_text(node))}, which isn't known"
            )
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
                listed = f"the parameters are: {', '.join(values)}"
                if not values:
                    listed = "it may use the parameters of a block, and there are none here"
                raise error_in(
                    self.document,
                    path,
                    f"{show_word(name)} is not a parameter of a block",
                    at=max(text.find(name), 0),
                    code="S123",
                    hint=f"did you mean {near}?" if near else listed,
                )
