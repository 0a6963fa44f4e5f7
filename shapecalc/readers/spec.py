"""The spec: YAML or JSON into a flat net. Blocks are expanded, repeats written out, names joined."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..errors import SpecError, nearest_words
from ..formula import ARITHMETIC, Compiler, FormulaError, Scope
from ..net import Layer, Net, Reference, Source
from ..registry import Registry
from ..syntax import (
    Call,
    Conditional,
    Constant,
    Name,
    Node,
    Sequence,
    Star,
    Subscript,
    literal,
    names_in,
    parse,
    parts_of,
    substitute,
)
from .marks import Document, read_document
from .shapes import shape_of

MAX_LAYERS = 120_000
MAX_BLOCKS = 40  # blocks inside blocks

_TOP = ("name", "input", "inputs", "layers", "outputs", "modules", "where", "state")
_ENTRY = ("name", "layer", "type", "from", "shares", "alias", "layers", "repeat", "if")
_BLOCK = ("layers", "outputs")
_MARKS_ENTRY = frozenset({"layer", "layers", "alias", "shares", "type", "repeat"})
_REFERENCE = re.compile(r"([^\[\]]+)((?:\[-?\d+\])*)")


class Block(NamedTuple):
    """A block of `modules`: its parameters, their defaults, its entries, its outputs."""

    name: str
    parameters: tuple[tuple[str, Node | None], ...]
    entries: list[Any]
    outputs: Any
    at: Any


class Names:
    """What names mean in one list: its own entries, then what is around it."""

    __slots__ = ("around", "entries", "inputs", "prefix")

    def __init__(self, around: Names | None, prefix: str, inputs: tuple[Source, ...] | None) -> None:
        self.around = around
        self.prefix = prefix
        self.inputs = inputs  # of a block; None for a plain list
        self.entries: dict[str, tuple[str, Source]] = {}  # name -> full name, last output


def read_spec(data: Any, *, registry: Registry, document: Document | None = None) -> Net:
    """Read a spec that is data already: a mapping with `layers`, or a list of entries.

    Raises `SpecError` with its place for what is no spec.
    """
    document = document or Document("", "")
    if isinstance(data, Mapping) and data.get("kind") in ("inference", "solution"):
        data = data.get("net")
    if isinstance(data, list):
        data = {"layers": data}
    if not isinstance(data, Mapping):
        raise document.fail(
            "this is not a spec: it has no layers",
            hint="a spec is a map with `layers:`, a list of layers",
            code="S105",
        )
    return _Reader(document, registry).net(data)


def read_spec_text(text: str, file: str, *, registry: Registry) -> Net:
    """Read a spec from YAML or JSON text."""
    document = read_document(text, file)
    return read_spec(document.data, registry=registry, document=document)


class _Reader:
    def __init__(self, document: Document, registry: Registry) -> None:
        self.document = document
        self.registry = registry
        self.layers: list[Layer] = []
        self.full: dict[str, Source] = {}  # every layer and container, by full name
        self.blocks: dict[str, Block] = {}
        self.calls: dict[tuple[str, str], Call] = {}
        self.open_blocks: list[str] = []
        self.by_name: dict[str, Layer] = {}
        self.checked: set[int] = set()

    # ------------------------------------------------------------------------------- the net

    def net(self, data: Mapping[str, Any]) -> Net:
        self.known_keys(data, _TOP, "a spec")
        if "layers" not in data:
            raise self.document.fail(
                "the spec has no layers", hint="give them as a list under `layers:`", code="S105"
            )
        inputs = self.inputs(data)
        for name, body in self.mapping(data.get("modules"), "modules").items():
            block = self.block(name, body)
            self.blocks[block.name] = block
        top = Names(None, "", None)
        for name in inputs:
            top.entries[name] = (name, Reference(name))
            self.full[name] = Reference(name)
        first = Reference(next(iter(inputs)))
        try:
            last = self.entries(data["layers"], top, first)
        except RecursionError:
            raise self.document.fail("the spec is nested too deeply", code="S103") from None
        where = tuple(self.expression(item) for item in self.listed(data.get("where")))
        return Net(
            str(data.get("name") or ""),
            inputs,
            tuple(self.layers),
            self.outputs(data.get("outputs"), top, last),
            where,
            self.state(data.get("state")),
            self.document.file,
        )

    def inputs(self, data: Mapping[str, Any]) -> dict[str, Any]:
        given = data.get("inputs")
        if given is None:
            return {"input": self.shape(data.get("input"))}
        if "input" in data:
            raise self.document.fail("`input` and `inputs` are both given", code="S104")
        found = {str(name): self.shape(item) for name, item in self.mapping(given, "inputs").items()}
        if not found:
            raise self.document.fail("`inputs` names no input", code="S106")
        return found

    def shape(self, given: Any) -> Any:
        if given is None:
            return None
        try:
            return shape_of(given)
        except SpecError as error:
            at = given if isinstance(given, str) else next(iter(given), None) if given else None
            raise self.document.fail(error.message, at, hint=error.hint, code="S106") from None

    def outputs(self, given: Any, names: Names, last: Source) -> tuple[Source, ...]:
        if given is None:
            return (last,)
        items = list(given.values()) if isinstance(given, Mapping) else self.listed(given)
        if not items:
            raise self.document.fail("`outputs` names no output", code="S107")
        return tuple(self.source(item, names) for item in items)

    def state(self, given: Any) -> tuple[Layer, ...] | None:
        if given is None:
            return None
        found = []
        for item in self.listed(given):
            entry = self.mapping(item, "state")
            if "alias" in entry:
                found.append(Layer(str(entry.get("name")), None, alias=str(entry["alias"])))
            else:
                found.append(Layer(str(entry.get("name")), self.call(entry.get("layer"))))
        return tuple(found)

    # ---------------------------------------------------------------------------- small checks

    def known_keys(self, data: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
        for key in data:
            if key not in known:
                near = nearest_words(str(key), known, 0.6)
                hint = f"did you mean {near[0]}?" if near else f"its keys are: {', '.join(known)}"
                raise self.document.fail(
                    f"{key} is not a key of {what}", key, hint=hint, code="S108"
                )

    def mapping(self, given: Any, what: str) -> Mapping[str, Any]:
        if given is None:
            return {}
        if not isinstance(given, Mapping):
            raise self.document.fail(f"`{what}` must be a map", given, code="S109")
        return given

    def listed(self, given: Any) -> list[Any]:
        if given is None:
            return []
        return given if isinstance(given, list) else [given]

    def expression(self, given: Any) -> Node:
        if isinstance(given, bool | int | float) or given is None:
            return Constant(given)
        try:
            return parse(str(given))
        except SpecError as error:
            raise self.placed(error, given) from None

    def placed(self, error: SpecError, at: Any, offset: int = 0) -> SpecError:
        """Give an error about a text the text's place."""
        inner = error.location
        if inner is not None and inner.file == "" and inner.line == 1:
            offset = inner.column - 1
        return self.document.fail(
            error.message, at, hint=error.hint, code=error.code, offset=offset
        )

    # ---------------------------------------------------------------------------------- blocks

    def block(self, head: str, body: Any) -> Block:
        node = self.expression(head)
        outputs = None
        entries = body
        if isinstance(body, Mapping):
            self.known_keys(body, _BLOCK, "a block")
            entries, outputs = body.get("layers"), body.get("outputs")
        if not isinstance(entries, list) or not entries:
            raise self.document.fail(f"the block {head} has no layers", head, code="S109")
        if isinstance(node, Name):
            node = Call(node.name, (), ())
        if not isinstance(node, Call):
            raise self.document.fail(
                "a block is written Name(parameter, other=default)", head, code="S109"
            )
        parameters: list[tuple[str, Node | None]] = []
        for item in node.arguments:
            if not isinstance(item, Name):
                raise self.document.fail(
                    f"the parameters of {node.function} must be names", head, code="S109"
                )
            parameters.append((item.name, None))
        parameters += node.keywords
        return Block(node.function, tuple(parameters), entries, outputs, head)

    def block_values(self, block: Block, call: Call, at: Any) -> dict[str, Node]:
        names = [name for name, _ in block.parameters]
        if len(call.arguments) > len(names):
            raise self.document.fail(
                f"{block.name} takes {len(names)} arguments, {len(call.arguments)} are given",
                at,
                hint=f"its parameters are: {', '.join(names) or 'none'}",
                code="S112",
            )
        given = dict(zip(names, call.arguments, strict=False))
        for name, node in call.keywords:
            if name not in names:
                near = nearest_words(name, names, 0.6)
                hint = f"did you mean {near[0]}?" if near else f"they are: {', '.join(names)}"
                raise self.document.fail(
                    f"{block.name} has no parameter {name}", at, hint=hint, code="S111"
                )
            if name in given:
                raise self.document.fail(f"{name} is given twice", at, code="S112")
            given[name] = node
        found: dict[str, Node] = {}
        for name, default in block.parameters:
            if name in given:
                found[name] = given[name]
            elif default is None:
                raise self.document.fail(
                    f"{block.name} needs the argument {name}", at, code="S113"
                )
            else:
                found[name] = self.folded(substitute(default, found), at)
        return found

    def expand_block(
        self, block: Block, call: Call, name: str, inputs: tuple[Source, ...], at: Any
    ) -> Source:
        if block.name in self.open_blocks or len(self.open_blocks) > MAX_BLOCKS:
            raise self.document.fail(
                f"the block {block.name} contains itself", block.at, code="S122"
            )
        values = self.block_values(block, call, at)
        names = Names(None, name + ".", inputs)
        self.open_blocks.append(block.name)
        last = self.entries(block.entries, names, inputs[0], values)
        self.open_blocks.pop()
        if block.outputs is None:
            return last
        found = [self.source(item, names) for item in self.listed(block.outputs)]
        return found[0] if len(found) == 1 else tuple(found)

    # --------------------------------------------------------------------------------- entries

    def entries(
        self,
        given: Any,
        names: Names,
        previous: Source,
        values: Mapping[str, Node] | None = None,
    ) -> Source:
        if not isinstance(given, list):
            raise self.document.fail("`layers` must be a list", given, code="S109")
        for index, item in enumerate(given):
            previous = self.entry(item, str(index), names, previous, values or {})
        return previous

    def entry(
        self, item: Any, index: str, names: Names, previous: Source, values: Mapping[str, Node]
    ) -> Source:
        """Read one entry; give its output."""
        if isinstance(item, str):
            return self.one(index, item, {}, names, previous, values)
        if not isinstance(item, Mapping) or not item:
            raise self.document.fail(
                f"`{item}` is not a layer",
                item,
                hint="a layer is its call, such as Conv2d(3, 6, 5), or name: call",
                code="S123",
            )
        if not _MARKS_ENTRY.isdisjoint(item):
            return self.full_entry(item, index, names, previous, values)
        if len(item) > 1:
            odd = next(key for key in item if key not in _ENTRY) if set(item) - set(_ENTRY) else None
            if odd is None:
                raise self.document.fail(
                    "an entry needs `layer`, `layers`, `alias` or `shares`",
                    next(iter(item)),
                    code="S123",
                )
            self.known_keys(item, _ENTRY, "an entry")
        ((name, body),) = item.items()
        if isinstance(body, Mapping):
            return self.full_entry({"name": name, **body}, index, names, previous, values)
        if isinstance(body, list):
            return self.container(name, body, None, {}, names, previous, values)
        return self.one(name, body, {}, names, previous, values)

    def full_entry(
        self,
        item: Mapping[str, Any],
        index: str,
        names: Names,
        previous: Source,
        values: Mapping[str, Node],
    ) -> Source:
        name = item.get("name", index)
        if "type" in item:
            arguments = {key: value for key, value in item.items() if key not in _ENTRY}
            call: Any = self.call_of_map(item, arguments)
        else:
            self.known_keys(item, _ENTRY, "an entry")
            call = item.get("layer")
        name = str(name) if not isinstance(name, str) else name
        if "if" in item and not self.condition(item["if"], values):
            source = self.from_of(item, names, previous, values)
            kept = source[0]
            self.note(names, name, names.prefix + name, kept)
            return previous if "from" in item else kept
        if "alias" in item:
            full = names.prefix + name
            target = self.full_name(item["alias"], names)
            self.add(Layer(full, None, alias=target, location=self.document.location(name)), name)
            self.note(names, name, full, previous)
            return previous
        if "layers" in item:
            return self.container(name, item["layers"], call, item, names, previous, values)
        if call is None and "shares" not in item:
            raise self.document.fail(f"{name} has no layer", name, code="S123")
        return self.one(name, call, item, names, previous, values)

    def condition(self, given: Any, values: Mapping[str, Node]) -> bool:
        if isinstance(given, bool):
            return given
        node = substitute(self.expression(given), values)
        found = self.value(node, given)
        if not isinstance(found, bool | int):
            raise self.document.fail(f"`if: {given}` is neither true nor false", given, code="S124")
        return bool(found)

    def value(self, node: Node, at: Any) -> Any:
        free = list(names_in(node))
        if free:
            raise self.document.fail(
                f"{free[0]} has no value here", at, hint="only a block's parameters do", code="S124"
            )
        try:
            return Compiler(ARITHMETIC).single(node)(Scope(), 0)
        except (FormulaError, OverflowError) as error:
            raise self.document.fail(f"`{at}`: {error}", at, code="S102") from None
        except SpecError as error:
            raise self.placed(error, at) from None

    def count(self, item: Mapping[str, Any], values: Mapping[str, Node]) -> int | None:
        if "repeat" not in item:
            return None
        found = self.value(substitute(self.expression(item["repeat"]), values), item["repeat"])
        if type(found) is not int or found < 0:
            raise self.document.fail(
                f"`repeat: {item['repeat']}` must be a number of at least 0",
                item["repeat"] if isinstance(item["repeat"], str) else item.get("name"),
                code="S124",
            )
        if found > MAX_LAYERS:
            raise self.too_many(item.get("name"))
        return found

    def too_many(self, at: Any) -> SpecError:
        return self.document.fail(f"more than {MAX_LAYERS:,} layers", at, code="S103")

    def container(
        self,
        name: str,
        body: Any,
        wrapper: Any,
        item: Mapping[str, Any],
        names: Names,
        previous: Source,
        values: Mapping[str, Node],
    ) -> Source:
        """Read a nested list: a Sequential, or one that a wrapper puts its prefix into."""
        full = names.prefix + name
        inner = full
        if wrapper is not None:
            call = self.call(wrapper)
            type_ = self.found(call, wrapper)
            if type_.wrapper is None:
                raise self.document.fail(
                    f"{call.function} is not a container", wrapper,
                    hint="leave `layer` out for a Sequential", code="S123",
                )
            inner = f"{full}.{type_.wrapper}"
        inputs = self.from_of(item, names, previous, values)
        times = self.count(item, values)
        self.claim(full, name)
        last: Source = inputs[0]
        for turn in range(1 if times is None else times):
            prefix = inner if times is None else f"{inner}.{turn}"
            local = Names(names, prefix + ".", None)
            last = self.entries(body, local, last, values)
            if times is not None:
                self.full[prefix] = last
        self.note(names, name, full, last)
        return last

    def one(
        self,
        name: str,
        given: Any,
        item: Mapping[str, Any],
        names: Names,
        previous: Source,
        values: Mapping[str, Node],
    ) -> Source:
        """Read an entry that is one call, of a layer or a block."""
        sources = self.from_of(item, names, previous, values)
        named = self.named_of(item, names, values)
        full = names.prefix + name
        times = self.count(item, values)
        if "shares" in item:
            target = self.full_name(item["shares"], names)
            shared = self.by_name.get(target)
            if shared is None:
                raise self.document.fail(
                    f"{target} is not a layer that can be shared", item["shares"], code="S114"
                )
            call = shared.call if given is None else self.bound(given, names, values)
            place = self.document.location(given if isinstance(given, str) else item["shares"])
            layer = Layer(full, call, sources, named, shares=target, location=place)
            self.add(layer, name)
            self.note(names, name, full, Reference(full))
            return Reference(full)
        call = self.bound(given, names, values)
        block = self.blocks.get(call.function)
        last = sources
        if times is not None:
            self.claim(full, name)
        for turn in range(1 if times is None else times):
            spot = full if times is None else f"{full}.{turn}"
            if block is not None:
                self.claim(spot, name)
                last = (self.expand_block(block, call, spot, last, given),)
                self.full[spot] = last[0]
            else:
                place = self.document.location(given)
                self.found(call, given)
                self.add(Layer(spot, call, last, named, location=place), name)
                last = (Reference(spot),)
        output = last[0]
        self.note(names, name, full, output)
        return output

    def claim(self, full: str, at: Any) -> None:
        if full in self.full:
            raise self.document.fail(f"there are two layers named {full}", at, code="S104")
        self.full[full] = Reference(full)

    def add(self, layer: Layer, at: Any) -> None:
        self.claim(layer.name, at)
        self.layers.append(layer)
        self.by_name[layer.name] = layer
        if len(self.layers) > MAX_LAYERS:
            raise self.too_many(at)

    def note(self, names: Names, name: str, full: str, output: Source) -> None:
        names.entries[name] = (full, output)
        self.full[full] = output

    # ----------------------------------------------------------------------------------- calls

    def call(self, given: Any) -> Call:
        """Read a call's text; a bare name is a call without arguments."""
        if isinstance(given, Call):
            return given
        if not isinstance(given, str):
            raise self.document.fail(
                f"`{given}` is not a layer's call", given, hint="such as Conv2d(3, 6, 5)", code="S123"
            )
        try:
            node = parse(given)
        except SpecError as error:
            raise self.placed(error, given) from None
        if isinstance(node, Name):
            return parse(f"{node.name}()")  # type: ignore[return-value]
        if not isinstance(node, Call):
            raise self.document.fail(
                f"`{given}` is not a layer's call", given, hint="such as Conv2d(3, 6, 5)", code="S123"
            )
        return node

    def bound(self, given: Any, names: Names, values: Mapping[str, Node]) -> Call:
        """Read a call, put a block's values in, and work out what is constant."""
        call = self.call(given)
        if values:
            made = substitute(call, values)
            assert isinstance(made, Call)
            call = made
        return self.arguments_folded(call, names, given)

    def arguments_folded(self, call: Call, names: Names, at: Any) -> Call:
        if not any(map(_is_open, _arguments(call))):
            return call
        def fold(node: Node) -> Node:
            return self.folded(self.with_sizes(node, names, at), at)

        forward = call.forward
        if forward is not None:
            forward = (
                tuple(fold(item) for item in forward[0]),
                tuple((name, fold(item)) for name, item in forward[1]),
            )
        return Call(
            call.function,
            tuple(fold(item) for item in call.arguments),
            tuple((name, fold(item)) for name, item in call.keywords),
            forward,
        )

    def folded(self, node: Node, at: Any) -> Node:
        """Work out an expression that has no symbols in it."""
        if not _is_open(node):
            return node
        if isinstance(node, Sequence):
            return node._replace(items=tuple(self.folded(item, at) for item in node.items))
        if isinstance(node, Call) and node.function not in ARITHMETIC:
            if node.function == "size":
                return node
            return node._replace(
                arguments=tuple(self.folded(item, at) for item in node.arguments),
                keywords=tuple((name, self.folded(item, at)) for name, item in node.keywords),
            )
        if any(True for _ in names_in(node)) or _has_foreign_call(node):
            return node
        return literal(self.value(node, at))

    def with_sizes(self, node: Node, names: Names, at: Any) -> Node:
        """Give layers inside `size(...)` their full names."""
        if isinstance(node, Call):
            if node.function == "size" and node.arguments:
                path: list[str] = []
                first = node.arguments[0]
                while isinstance(first, Subscript):
                    path.insert(0, f"[{getattr(first.index, 'value', 0)}]")
                    first = first.value
                text = first.name if isinstance(first, Name) else getattr(first, "value", None)
                if not isinstance(text, str):
                    raise self.document.fail("size needs a layer's name", at, code="S112")
                source = self.source(text + "".join(path), names, at)
                if not isinstance(source, Reference):
                    raise self.document.fail(f"{text} has several outputs", at, code="S114")
                rest = tuple(self.with_sizes(item, names, at) for item in node.arguments[1:])
                plain = str(source).isidentifier()
                target: Node = Name(str(source)) if plain else Constant(str(source))
                return node._replace(arguments=(target, *rest))
            return node._replace(
                arguments=tuple(self.with_sizes(item, names, at) for item in node.arguments),
                keywords=tuple(
                    (name, self.with_sizes(item, names, at)) for name, item in node.keywords
                ),
            )
        return _rebuilt(node, lambda part: self.with_sizes(part, names, at))

    def call_of_map(self, item: Mapping[str, Any], arguments: Mapping[str, Any]) -> Call:
        call = self.call(item["type"])
        type_ = self.found(call, item["type"])
        known = {parameter.name: parameter for parameter in type_.parameters}
        words: list[tuple[str, Node]] = list(call.keywords)
        for key, value in arguments.items():
            texts = [kind for kind in known[key].kinds] if key in known else []
            plain = not isinstance(value, str) or value in texts or any(
                getattr(kind, "base", "") == "str" for kind in texts
            )
            words.append((str(key), _plain(value) if plain else self.expression(value)))
        return call._replace(keywords=tuple(words))

    def found(self, call: Call, at: Any) -> Any:
        """Look a layer type up, and check its call once."""
        try:
            type_ = self.registry.find(call.function)
            if id(call) not in self.checked:
                self.checked.add(id(call))
                self.keep = getattr(self, "keep", [])
                self.keep.append(call)
        except SpecError as error:
            options = [*self.blocks]
            near = nearest_words(call.function, options, 0.7)
            hint = f"did you mean the block {near[0]}?" if near else error.hint
            offset = str(at).find(call.function) if isinstance(at, str) else 0
            raise self.document.fail(
                error.message, at, hint=hint, code=error.code, offset=max(offset, 0)
            ) from None
        return type_

    # --------------------------------------------------------------------------------- sources

    def from_of(
        self, item: Mapping[str, Any], names: Names, previous: Source, values: Mapping[str, Node]
    ) -> tuple[Source, ...]:
        if "from" not in item:
            return (previous,)
        given = item["from"]
        items = given if isinstance(given, list) else [given]
        if items and isinstance(items[-1], Mapping):
            items = items[:-1]
        return tuple(self.source(one, names) for one in items)

    def named_of(
        self, item: Mapping[str, Any], names: Names, values: Mapping[str, Node]
    ) -> tuple[tuple[str, Source], ...]:
        given = item.get("from")
        last = given[-1] if isinstance(given, list) and given else given
        if not isinstance(last, Mapping):
            return ()
        return tuple((str(name), self.source(one, names)) for name, one in last.items())

    def source(self, given: Any, names: Names, at: Any = None) -> Source:
        """Resolve `name`, `lstm[1][0]`, or a list of them."""
        at = given if at is None else at
        if isinstance(given, list):
            return tuple(self.source(item, names) for item in given)
        text = str(given)
        parts = _REFERENCE.fullmatch(text.strip())
        if parts is None:
            raise self.document.fail(f"`{given}` is not the name of a layer", at, code="S114")
        name = parts[1].strip()
        path = tuple(int(part) for part in re.findall(r"-?\d+", parts[2]))
        found = self.lookup(name, names)
        if found is None:
            raise self.unknown_name(name, names, at)
        if isinstance(found, _Inputs):
            return self.block_input(found, path, at)
        for step, index in enumerate(path):
            if isinstance(found, Reference):
                return Reference(found.name, (*found.path, *path[step:]))
            if not -len(found) <= index < len(found):
                raise self.document.fail(f"{name} has {len(found)} outputs", at, code="S114")
            found = found[index]
        return found

    def block_input(self, inputs: _Inputs, path: tuple[int, ...], at: Any) -> Source:
        sources = inputs.sources
        if len(sources) == 1:
            only = sources[0]
            if isinstance(only, Reference):
                return Reference(only.name, (*only.path, *path))
            sources = only
        if not path:
            return sources[0] if len(sources) == 1 else tuple(sources)
        if not -len(sources) <= path[0] < len(sources):
            raise self.document.fail(f"the block gets {len(sources)} tensors", at, code="S114")
        chosen = sources[path[0]]
        if isinstance(chosen, Reference):
            return Reference(chosen.name, (*chosen.path, *path[1:]))
        return chosen

    def lookup(self, name: str, names: Names) -> Source | _Inputs | None:
        scope: Names | None = names
        while scope is not None:
            if name in scope.entries:
                return scope.entries[name][1]
            if name == "input" and scope.inputs is not None:
                return _Inputs(scope.inputs)
            if scope.prefix and (scope.prefix + name) in self.full:
                return self.full[scope.prefix + name]
            scope = scope.around
        return self.full.get(name)

    def full_name(self, given: Any, names: Names) -> str:
        """Resolve the name of a module."""
        name = str(given)
        scope: Names | None = names
        while scope is not None:
            if name in scope.entries:
                return scope.entries[name][0]
            if scope.prefix + name in self.full:
                return scope.prefix + name
            scope = scope.around
        if name in self.full:
            return name
        raise self.unknown_name(name, names, given)

    def unknown_name(self, name: str, names: Names, at: Any) -> SpecError:
        options: list[str] = []
        scope: Names | None = names
        while scope is not None:
            options += scope.entries
            scope = scope.around
        near = nearest_words(name, options or list(self.full), 0.5)
        hint = f"did you mean {near[0]}?" if near else "an entry takes what stands before it"
        return self.document.fail(f"there is no layer {name} before this", at, hint=hint, code="S114")


class _Inputs(NamedTuple):
    sources: tuple[Source, ...]


def _arguments(call: Call) -> Iterator[Node]:
    yield from call.arguments
    yield from (item for _, item in call.keywords)
    if call.forward is not None:
        yield from call.forward[0]
        yield from (item for _, item in call.forward[1])


def _is_open(node: Node) -> bool:
    return not isinstance(node, Constant | Name)


def _has_foreign_call(node: Node) -> bool:
    if isinstance(node, Call) and node.function not in ARITHMETIC:
        return True
    return any(map(_has_foreign_call, parts_of(node)))


def _rebuilt(node: Node, change: Any) -> Node:
    from ..syntax import Binary, Compare, Logic, Unary

    match node:
        case Sequence(items, optional):
            return Sequence(tuple(map(change, items)), optional)
        case Binary(operator, left, right):
            return Binary(operator, change(left), change(right))
        case Unary(operator, operand):
            return Unary(operator, change(operand))
        case Conditional(test, yes, no):
            return Conditional(change(test), change(yes), change(no))
        case Compare(first, rest):
            return Compare(change(first), tuple((op, change(item)) for op, item in rest))
        case Logic(operator, items):
            return Logic(operator, tuple(map(change, items)))
        case Star(value):
            return Star(change(value))
    return node


def _plain(value: Any) -> Node:
    if isinstance(value, list):
        return Sequence(tuple(_plain(item) for item in value))
    return Constant(str(value) if isinstance(value, str) else value)


__all__ = ["read_spec", "read_spec_text"]
