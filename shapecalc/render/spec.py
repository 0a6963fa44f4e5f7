"""A net as a compact YAML spec: nested lists, blocks and repeats, names and `from` where they are needed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any, NamedTuple

from ..errors import ShapecalcError
from ..net import Layer, Net, Reference, Source, shape_json, source_json
from ..readers.entries import KEYS
from ..readers.spec import read_spec_text
from ..registry import Registry
from ..syntax import Call, Constant, Node, to_text
from .blocks import Block, find_blocks
from .groups import (
    Group,
    Part,
    form_of,
    group_of,
    inner_call,
    inner_name,
    numbers_of,
    repeated,
    with_numbers,
)


def spec_text(net: Net, registry: Registry) -> str:
    """Write a spec in which chains are nested lists again, and what repeats is written once.

    Blocks and repeats are kept only if the text reads as the very same net.
    """
    for careful in (False, True):
        root = group_of(net, careful=careful)
        text = _Writer(net, find_blocks(net, root, registry), folds=True).text(root)
        try:
            if read_spec_text(text, "net.yaml", registry=registry).to_dict() == net.to_dict():
                return text
        except ShapecalcError:
            continue
    return flat_text(net)


def flat_text(net: Net) -> str:
    """Write a spec without blocks and repeats."""
    return _Writer(net, {}, folds=False).text(group_of(net))


class _Inside(NamedTuple):
    """The block whose body is written: what its names begin with, its inputs, its numbers."""

    prefix: str = ""
    start: int = -1
    inputs: tuple[Reference, ...] = ()
    values: tuple[Node, ...] = ()


class _Writer:
    """Writes one net."""

    def __init__(self, net: Net, blocks: Mapping[str, Block], *, folds: bool) -> None:
        self.net = net
        self.blocks = blocks
        self.folds = folds
        self.before = _previous_of(net)
        calls = [layer.call for layer in net.layers]
        counts = [0 if call is None else len(numbers_of(call)) for call in calls]
        self.offsets = [0, *accumulate(counts)]  # of the layers' numbers
        self.given: dict[
            int, tuple[Source, ...]
        ] = {}  # what containers are applied to, by their first layers
        self.ends: dict[str, str] = {}  # containers by the layers whose outputs are theirs

    def text(self, root: Group) -> str:
        """Write the whole spec."""
        net = self.net
        if self.folds:
            self._note_ends(root)
        lines = [f"name: {_scalar(net.name)}"] if net.name else []
        if list(net.inputs) == ["input"]:
            shape = net.inputs["input"]
            if shape is not None:
                lines.append(f"input: {_flow(shape_json(shape))}")
        else:
            lines.append("inputs:")
            for name, shape in net.inputs.items():
                lines.append(
                    f"  {_scalar(name)}: {_flow(None if shape is None else shape_json(shape))}"
                )
        if net.where:
            lines.append(f"where: {_flow([to_text(item) for item in net.where])}")
        if self.blocks:
            lines.append("modules:")
            for block in dict.fromkeys(self.blocks.values()):
                lines += self._body(block)
        lines.append("layers:" if net.layers or net.state else "layers: []")
        if not net.layers and net.state:
            lines += self._uncalled()
        else:
            lines += self._entries(root, "  ", _Inside())
            lines += self._end()
        return "\n".join(lines) + "\n"

    def _note_ends(self, group: Group) -> None:
        for part in group.parts:
            if isinstance(part, Group):
                last = self.net.layers[part.stop - 1]
                if last.alias is None:
                    self.ends.setdefault(last.name, part.path)
                self._note_ends(part)

    def _uncalled(self) -> Iterator[str]:
        """Write modules of which it isn't known how they are called, as those of a printed model."""
        for item in self.net.state or ():
            call = None if item.call is None else _call_text(item.call)
            what = {"alias": item.alias} if item.alias else {"layer": call, "called": False}
            yield f"  - {_flow({'name': item.name, **what})}"

    def _end(self) -> Iterator[str]:
        net = self.net
        last = net.layers[-1].name if net.layers else ""
        outputs = [source_json(item) for item in net.outputs]
        if net.output_names is not None:
            named = dict(zip(net.output_names, outputs, strict=True))
            plain = self.folds and all(
                isinstance(item, str) and (item == name or item.startswith(f"{name}."))
                for name, item in named.items()
            )
            yield f"outputs: {_flow([*named] if plain else named)}"
        elif outputs != [last]:
            yield f"outputs: {_flow(outputs)}"
        if net.state is not None:
            yield "state:"
            for item in net.state:
                entry = item.to_dict()
                entry.pop("from", None)
                yield f"  - {_flow(entry)}"

    def _body(self, block: Block) -> Iterator[str]:
        """Write a block's head and its entries."""
        form = form_of(self.net, block.example)
        assert form is not None
        head = f"{block.name}({', '.join(block.parameters)})" if block.parameters else block.name
        yield f"  {_scalar(head)}:"
        prefix = f"{block.example.path}."
        inside = _Inside(prefix, block.example.start, form.inputs, block.values)
        yield from self._entries(block.example, "    ", inside)

    # --------------------------------------------------------------------------------- entries

    def _entries(self, group: Group, indent: str, inside: _Inside) -> Iterator[str]:
        prefix = f"{group.path}." if group.path else ""
        for index, part in enumerate(group.parts):
            if not isinstance(part, Group):
                layer = self.net.layers[part]
                entry = self._entry(part, layer.name.removeprefix(prefix), str(index), inside)
                yield f"{indent}- {entry}"
                continue
            head = part.path.removeprefix(prefix)
            if part.path in self.blocks:
                yield f"{indent}- {self._use(part, head, str(index), inside)}"
                continue
            times = repeated(self.net, part) if self.folds and self._same(part, inside) else 0
            once = part.parts[0]
            if times and isinstance(once, Group):
                yield f"{indent}- name: {_scalar(head)}"
                yield f"{indent}  repeat: {times}"
                yield from self._from(part, indent, inside)
                if once.path in self.blocks:
                    yield f"{indent}  layer: {_scalar(self._call_of(once, inside))}"
                    continue
                yield f"{indent}  layers:"
                yield from self._entries(once, indent + "    ", inside)
                continue
            given = [*self._from(part, indent, inside)] if self.folds else []
            if head == str(index) or head in KEYS or given:
                yield f"{indent}- name: {_scalar(head)}"
                yield from given
                yield f"{indent}  layers:"
            else:
                yield f"{indent}- {_scalar(head)}:"
            yield from self._entries(part, indent + "    ", inside)

    def _from(self, part: Group, indent: str, inside: _Inside) -> Iterator[str]:
        """Write what a container is applied to, where that isn't the entry before."""
        form = form_of(self.net, part)
        if form is None or form.inputs == self._before(part.start, inside):
            return
        if self.net.layers[part.start].sources == form.inputs and len(form.inputs) == 1:
            self.given[part.start] = form.inputs
            yield f"{indent}  from: {_scalar(str(self._source(form.inputs[0], inside)))}"

    def _same(self, group: Group, inside: _Inside) -> bool:
        """Say whether all parts have the same numbers, also as the block has them."""
        if not inside.values:
            return True
        found = {tuple(self._values(part, inside)) for part in group.parts}
        return len(found) == 1

    def _values(self, part: Part, inside: _Inside) -> list[Node]:
        """Give what stands for each number of a part."""
        start, stop = (part.start, part.stop) if isinstance(part, Group) else (part, part + 1)
        if inside.start >= 0:
            first = self.offsets[inside.start]
            return [*inside.values[self.offsets[start] - first : self.offsets[stop] - first]]
        calls = [layer.call for layer in self.net.layers[start:stop] if layer.call is not None]
        return [Constant(number) for call in calls for number in numbers_of(call)]

    def _call_of(self, group: Group, inside: _Inside) -> str:
        """Write the use of a block."""
        block = self.blocks[group.path]
        values = self._values(group, inside)
        call = Call(block.name, tuple([values[place] for place in block.places]), ())
        return _call_text(call)

    def _use(self, group: Group, name: str, position: str, inside: _Inside) -> str:
        form = form_of(self.net, group)
        assert form is not None
        call = self._call_of(group, inside)
        if form.inputs == self._before(group.start, inside) and name not in KEYS:
            return _scalar(call) if name == position else f"{_scalar(name)}: {_scalar(call)}"
        sources = [str(self._source(item, inside)) for item in form.inputs]
        given = sources[0] if len(sources) == 1 else sources
        return _flow({"name": name, "layer": call, "from": given})

    def _before(self, at: int, inside: _Inside) -> tuple[Source, ...]:
        """Give what a layer takes when it doesn't say."""
        return inside.inputs if at == inside.start else self.given.get(at, self.before[at])

    def _source(self, source: Source, inside: _Inside) -> Source:
        """Write a source by its name inside the block that is written."""
        if not isinstance(source, Reference):
            return tuple([self._source(item, inside) for item in source])
        if source in inside.inputs:
            return inner_name(source, "", inside.inputs)
        name = source.name if source.path else self.ends.get(source.name, source.name)
        return source._replace(name=name.removeprefix(inside.prefix))

    def _entry(self, at: int, name: str, position: str, inside: _Inside) -> str:
        layer = self.net.layers[at]
        if layer.alias is not None:
            return _flow({"name": name, "alias": layer.alias.removeprefix(inside.prefix)})
        plain = layer.sources == self._before(at, inside) and not layer.named
        call = self._written(layer, at, inside)
        if plain and layer.shares is None and call is not None and name not in KEYS:
            return _scalar(call) if name == position else f"{_scalar(name)}: {_scalar(call)}"
        entry: dict[str, Any] = {"name": name, "layer": call}
        if not plain:
            sources = [source_json(self._source(item, inside)) for item in layer.sources]
            if layer.named:
                named = {key: source_json(self._source(item, inside)) for key, item in layer.named}
                sources.append(named)
            one = len(sources) == 1 and isinstance(sources[0], str)
            entry["from"] = sources[0] if one else sources
        if layer.shares is not None:
            entry["shares"] = layer.shares.removeprefix(inside.prefix)
        return _flow(entry)

    def _written(self, layer: Layer, at: int, inside: _Inside) -> str | None:
        if layer.call is None:
            return None
        call = inner_call(layer.call, inside.prefix, inside.inputs)
        if inside.values:
            values = iter(self._values(at, inside))
            call = with_numbers(call, lambda _: next(values))
        return _call_text(call)


def _previous_of(net: Net) -> list[tuple[Source, ...]]:
    """Give what each entry takes when it doesn't say: the output of the entry before."""
    found: list[tuple[Source, ...]] = []
    previous: tuple[Source, ...] = (Reference(next(iter(net.inputs), "input")),)
    for layer in net.layers:
        found.append(previous)
        if layer.alias is None:
            previous = (Reference(layer.name),)
    return found


def _call_text(call: Call) -> str:
    text = to_text(call)
    return text[:-2] if text.endswith("()") and text.count("(") == 1 else text


_PLAIN = re.compile(r"[A-Za-z_][\w.]*(?:\([^#:{}\[\]\"]*\))*")
_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null"})


def _scalar(text: str, *, flow: bool = False) -> str:
    """Write a text as YAML, quoted where it needs it."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and not (flow and "," in text):
        return text
    return json.dumps(text, ensure_ascii=False)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{_scalar(k, flow=True)}: {_flow(v)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return _scalar(value, flow=True)
    return json.dumps(value)
