"""The spec: YAML, JSON or plain data into a net in flat form."""

from __future__ import annotations

import gc
import re
from collections.abc import Mapping
from typing import Any

from ..errors import Location, SpecError
from ..net import Layer, Net, Reference, Shape, Size
from ..registry import Registry
from ..syntax import Node
from ..where import parse_relation
from .blocks import read_blocks
from .calls import Binding
from .entries import check_name, read_entry
from .expansion import Expansion
from .failures import error_at, error_in, show_word, suggestion
from .meaning import Leaf
from .places import Document, Mark, Path, Place
from .references import Scope, outputs_of
from .shapes import MAX_RANK, check_size, parse_shape, parse_size
from .yaml_text import marks_of_yaml, read_yaml

MAX_BYTES = 50_000_000  # of a text
KEYS = ("name", "input", "inputs", "layers", "outputs", "modules", "where", "state")

# What YAML refuses, and halves of characters, which only an escape in JSON can make.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def read_spec_text(text: str, file: str, *, registry: Registry) -> Net:
    """Read a spec from YAML or JSON.

    Raises `SpecError` with the place of what can't be read.
    """
    collecting = gc.isenabled()
    gc.disable()  # the collector would walk a growing net again and again
    try:
        return net_of(read_document(text, file), registry)
    finally:
        if collecting:
            gc.enable()


def read_spec(data: Any, *, registry: Registry) -> Net:
    """Read a spec that is data already: a map as in YAML, or a list of entries.

    Raises `SpecError` for what can't be read.
    """
    return net_of(Document("", None, _plain(data, 0), Mark(0, 0)), registry)


def read_document(text: str, file: str) -> Document:
    """Read YAML or JSON into plain data that knows where it stands.

    Raises `SpecError` for text that is neither, or beyond the bounds.
    """
    if len(text) > MAX_BYTES:
        what = f"{len(text):,} characters; at most {MAX_BYTES:,} are read"
        raise SpecError(what, code="S103")
    text = text.removeprefix("\ufeff")
    strange = _UNPRINTABLE.search(text)
    if strange is not None:
        what = f"the character {strange[0]!a}, which no text has"
        raise error_at(file, text, strange.start(), what, code="S100")
    if not text.strip():
        hint = "a spec is a map with `layers:`, a list of layers"
        raise error_at(file, text, 0, "there is nothing to read", hint=hint, code="S105")
    if file.endswith(".json") or text.lstrip()[:1] in {"{", "["}:
        from .json_text import marks_of_json, read_json

        try:
            return Document(file, text, read_json(text, file), marks_of_json)
        except SpecError:
            # YAML's `[a, b]` and `{}` begin as JSON does.
            if file.endswith(".json") or text.lstrip()[1:].lstrip()[:1] in {'"', "{", "["}:
                raise
    return Document(file, text, read_yaml(text, file), marks_of_yaml)


def _plain(data: Any, depth: int) -> Any:
    """Copy data from Python, with keys as text and tuples as lists."""
    if depth > 100:
        raise SpecError("lists and maps nested deeper than 100 levels", code="S103")
    if isinstance(data, Mapping):
        return {f"{key}": _plain(value, depth + 1) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(item, depth + 1) for item in data]
    if data is None or isinstance(data, str | int | float):
        return data
    return str(data)


def net_of(document: Document, registry: Registry) -> Net:
    """Read the spec that a document holds.

    Raises `SpecError` with the place of what can't be read.
    """
    document, data, path = _spec_in(document)
    try:
        return SpecReader(document, registry, data, path).net()
    except RecursionError:
        raise error_in(document, path, "the spec is nested too deeply", code="S103") from None


def _spec_in(document: Document) -> tuple[Document, dict[str, Any], Path]:
    """Find the spec, which the JSON of `infer` and `solve` has under `net`; it may be a list."""
    data = document.data
    hint = "a spec is a map with `layers:`, a list of layers"
    if isinstance(data, list):  # entries alone, as Python takes them
        document = document.under("layers")
        data = document.data
    if not isinstance(data, dict):
        what = f"{show_word(data)} is not a spec"
        raise error_in(document, None, what, hint=hint, code="S105")
    printed = "version" in data and "kind" in data
    if "layers" not in data or "net" in data or printed:
        if isinstance(data.get("net"), dict):
            return document, data["net"], (None, "net")
        error = data.get("error")
        if isinstance(error, dict) and "net" not in data:
            message = show_word(error.get("message"))
            what = f"this is an error and no net: {message}"
            raise error_in(document, (None, "error"), what, key=True, code="S105")
        if printed:
            what = f"this is a {show_word(data['kind'])} as shapecalc prints it, and holds no net"
            hint = "`infer --json`, `solve --json` and `convert --json` hold one"
            raise error_in(document, (None, "kind"), what, hint=hint, code="S105")
    return document, data, None


class SpecReader:
    """Reads one spec."""

    def __init__(
        self, document: Document, registry: Registry, data: dict[str, Any], path: Path
    ) -> None:
        self.document = document
        self.data = data
        self.path = path
        self.top = Binding({})
        self._check_keys()
        blocks = read_blocks(data.get("modules"), document, (path, "modules"))
        self.expansion = Expansion(document, registry, blocks)

    def fail(self, path: Path, message: str, **more: Any) -> SpecError:
        """Make an error about a value."""
        return error_in(self.document, path, message, **more)

    def _check_keys(self) -> None:
        for key in self.data:
            if key not in KEYS:
                hint = suggestion(key, KEYS, f"its keys are: {', '.join(KEYS)}")
                what = f"{show_word(key)} is not a key of a spec"
                raise self.fail((self.path, key), what, key=True, hint=hint, code="S108")
        if not isinstance(self.data.get("layers"), list):
            there = "layers" in self.data
            path: Path = (self.path, "layers") if there else self.path
            what = "`layers` must be a list of entries" if there else "the spec has no layers"
            hint = "give them as a list under `layers:`"
            raise self.fail(path, what, key=there, hint=hint, code="S105")

    def net(self) -> Net:
        """Read it all."""
        data, path, expansion, document = self.data, self.path, self.expansion, self.document
        inputs = self._inputs()
        references = expansion.references
        for name in inputs:
            references.known[name] = Reference(name)
        state = self._state(data.get("state"), (path, "state"))
        items = data["layers"]
        if not items and data.get("outputs") is None:
            raise self.fail((path, "layers"), "`layers` has no entries", key=True, code="S105")
        scope = Scope(None, "", items, self.top)
        first = (Reference(next(iter(inputs))),)
        outputs = expansion.entries(items, scope, (path, "layers"), first, None)
        names = None
        if data.get("outputs") is not None:
            outputs, names = outputs_of(data["outputs"], references, scope, (path, "outputs"))
        expansion.sharing.resolve_aliases(expansion.layers)
        layers, registered = expansion.registration()
        if registered is not None:
            if state is not None:
                what = "`state` lists all modules, and an entry with `called: false` is one more"
                hint = "keep one of the two"
                raise self.fail((path, "state"), what, key=True, hint=hint, code="S116")
            state = registered
        where = self._where(data.get("where"), (path, "where"))
        return Net(
            self._name(),
            inputs,
            layers,
            outputs,
            tuple([node for node, _ in where]),
            state,
            self.document.file,
            names,
            where_places=tuple([place for _, place in where if document.text is not None]),
        )

    def _name(self) -> str:
        given = self.data.get("name")
        if given is None:
            return ""
        text = str(given) if isinstance(given, str | int | float) else None
        if text is None or not text.isprintable() or len(text) > 500:
            what = f"{show_word(given)} is not a net's name"
            raise self.fail((self.path, "name"), what, code="S117")
        return text

    # ---------------------------------------------------------------------------------- inputs

    def _inputs(self) -> dict[str, Shape | None]:
        given = self.data.get("inputs")
        path = (self.path, "inputs")
        if given is None:
            return {"input": self._shape(self.data.get("input"), (self.path, "input"))}
        if self.data.get("input") is not None:
            what = "`input` and `inputs` are both given"
            raise self.fail(path, what, key=True, hint="name all of them under `inputs`")
        if not isinstance(given, dict) or not given:
            hint = "such as inputs: {image: [N, 3, H, W], age: [N, 1]}; one shape is `input`"
            what = "`inputs` must be a map of names and shapes"
            raise self.fail(path, what, key=True, hint=hint, code="S106")
        found: dict[str, Shape | None] = {}
        for name, shape in given.items():
            check_name(name, self.document, (path, name), key=True)
            found[name] = self._shape(shape, (path, name))
        return found

    def _shape(self, given: Any, path: Path) -> Shape | None:
        if given is None:
            return None
        if isinstance(given, str):
            try:
                return parse_shape(given)
            except SpecError as error:
                at = error.location.column - 1 if error.location else 0
                raise self.fail(
                    path, error.message, at=at, hint=error.hint, code=error.code
                ) from None
        if isinstance(given, dict):
            hint = "several inputs stand under `inputs`"
            raise self.fail(path, "a map is not a shape", hint=hint, code="S106")
        items = given if isinstance(given, list) else [given]
        if len(items) > MAX_RANK:
            raise self.fail(path, f"a shape of more than {MAX_RANK} sizes", code="S103")
        return tuple(
            [
                self._size(item, (path, index) if items is given else path)
                for index, item in enumerate(items)
            ]
        )

    def _size(self, item: Any, path: Path) -> Size:
        if type(item) is int and 0 <= item < 2**63:
            return item
        try:
            return parse_size(item.strip()) if isinstance(item, str) else check_size(item)
        except SpecError as error:
            raise self.fail(path, error.message, hint=error.hint, code=error.code) from None

    # -------------------------------------------------------------------------------- the rest

    def _where(self, given: Any, path: Path) -> tuple[tuple[Node, Location], ...]:
        """Read `where`: each relation, and where it stands."""
        if given is None:
            return ()
        items = given if isinstance(given, list) else [given]
        found = []
        for index, item in enumerate(items):
            at = (path, index) if items is given else path
            if not isinstance(item, str):
                what = f"{show_word(item)} is not a relation"
                raise self.fail(at, what, hint='such as where: ["H == W"]', code="S116")
            try:
                node = parse_relation(item.strip())
            except SpecError as error:
                raise self.expansion.meanings.calls.placed(error, item, at) from None
            found.append((node, Place(self.document, at)))
        return tuple(found)

    def _state(self, given: Any, path: Path) -> tuple[Layer, ...] | None:
        """Read `state`: modules in the order they are registered, as `Net` has it."""
        if given is None:
            return None
        if not isinstance(given, list):
            raise self.fail(path, "`state` must be a list of modules", key=True)
        found: dict[str, Layer] = {}
        prefixes: set[str] = set()
        for index, item in enumerate(given):
            layer = self._module(item, index, (path, index), prefixes)
            if layer.name in found:
                what = f"there are two modules named {show_word(layer.name)}"
                raise self.fail((path, index), what, code="S109")
            found[layer.name] = layer
            name = layer.name
            while name and name not in prefixes:
                prefixes.add(name)
                name = name.rpartition(".")[0]
        return tuple(found.values())

    def _module(self, item: Any, index: int, path: Path, before: set[str]) -> Layer:
        entry = read_entry(item, index, self.document, path)
        for key in entry.keys:
            if key not in ("name", "layer", "alias", "type") and entry.arguments is None:
                what = f"a module of `state` has no `{show_word(key)}`"
                hint = "its keys are: name, layer, alias"
                raise self.fail((entry.path, key), what, key=True, hint=hint, code="S108")
        things = self.expansion.sharing.things
        if "alias" in entry.keys:
            target = str(entry.keys["alias"])
            if target not in before:
                what = f"there is no module {show_word(target)} before this"
                near = suggestion(target, before)
                raise self.fail((entry.path, "alias"), what, hint=near, code="S115")
            if target in things:
                things[entry.name] = things[target]
            return Layer(entry.name, None, alias=target)
        calls = self.expansion.meanings.calls
        if entry.arguments is not None:
            made = calls.from_map(entry.arguments, self.top, entry.path, str)
        elif isinstance(entry.layer, str):
            made = calls.read(entry.layer, self.top, entry.layer_path, str)
        else:
            raise self.fail(path, "a module of `state` is one layer", code="S122")
        if made.type is None or made.type.wrapper is not None:
            raise self.fail(path, "a module of `state` is one layer", code="S122")
        things[entry.name] = Leaf(made.call, made.type, entry.layer_path)
        place = None if self.document.text is None else Place(self.document, entry.layer_path)
        return Layer(entry.name, made.call, location=place)


__all__ = ["KEYS", "MAX_BYTES", "read_document", "read_spec", "read_spec_text"]
