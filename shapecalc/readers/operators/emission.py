"""Layers of the net being read: calls with their arguments, sources, names, and shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from ...errors import SpecError
from ...facts import Facts
from ...net import Layer, Reference, Source
from ...outputs import Output as Shapes
from ...outputs import is_shape
from ...propagate import Propagation
from ...registry import LayerType, Registry
from ...syntax import Call, Constant, Node
from ...syntax import Sequence as Tuple
from ..constructions import is_default, plainest
from .model import Stored
from .naming import Names, clean
from .rules import Rules
from .sizes import SizeTable
from .values import Held, Output, Several, Value

MAX_LAYERS = 20_000


class Arguments(NamedTuple):
    """What goes into a layer: tensors in order and by name, and numbers among the arguments."""

    sources: tuple[Source, ...]
    named: tuple[tuple[str, Source], ...]
    plain: tuple[Node, ...]
    words: tuple[tuple[str, Node], ...]


class Emitter:
    """Records layers, and works out their shapes."""

    def __init__(self, registry: Registry, rules: Rules, names: Names) -> None:
        self.registry = registry
        self.rules = rules
        self.names = names
        self.facts = Facts()
        self.propagation = Propagation(registry, {}, self.facts)
        self.sizes = SizeTable(self.facts)
        self.layers: list[Layer] = []
        self.origins: dict[str, tuple[Stored, ...]] = {}  # what a layer's weights are in the file
        self._kept: dict[tuple[str, tuple[Call, ...]], Reference] = {}
        self._modules: dict[tuple[Call, tuple[str, ...]], str] = {}

    # ------------------------------------------------------------------------------------ calls

    def call(self, name: str, values: Sequence[Any], words: Mapping[str, Any]) -> Call:
        """Write a call; arguments that are what the layer takes anyhow are left out."""
        type_ = self.registry.find(name)
        slots = type_.parameters
        known = {slot.name: slot for slot in slots}
        arguments = [
            self.sizes.node(plainest(value, slots[at] if at < len(slots) else None))
            for at, value in enumerate(values)
        ]
        keywords = [
            (word, self.sizes.node(plain))
            for word, value in words.items()
            if not is_default(plain := plainest(value, known.get(word)), known.get(word))
        ]
        return Call(type_.name, tuple(arguments), tuple(keywords))

    # ---------------------------------------------------------------------------------- emitting

    def emit(
        self,
        name: str,
        call: Call,
        sources: Sequence[Value] = (),
        named: Mapping[str, Value] | None = None,
        shares: str | None = None,
    ) -> Value:
        """Record a layer and give its output, or a tuple of them."""
        given = self.arguments(self.registry.find(call.function), sources, named or {})
        call = call._replace(
            arguments=(*given.plain, *call.arguments), keywords=(*call.keywords, *given.words)
        )
        layer = Layer(name, call, given.sources, given.named, shares)
        if len(self.layers) >= MAX_LAYERS:
            raise SpecError(f"more than {MAX_LAYERS:,} layers", code="S103")
        self.layers.append(layer)
        step = self.propagation.step(layer)
        return _outputs(name, (), step.outputs)

    def arguments(
        self, type_: LayerType, values: Sequence[Value], named: Mapping[str, Value]
    ) -> Arguments:
        """Sort what a layer is applied to: a constant goes among the arguments where one may."""
        slots = type_.inputs
        many = any(slot.variadic for slot in slots)
        sources: list[Source] = []
        words: dict[str, Source] = {}
        plain: list[Node] = []
        more: list[tuple[str, Node]] = []
        rank = max((_rank(value) for value in (*values, *named.values())), default=0)
        for place, value in enumerate(values):
            slot = slots[place] if not many and place < len(slots) else None
            number = self._number(value, rank) if slot is not None and slot.number else None
            if number is not None:
                plain.append(number)
            elif plain and slot is not None:
                words[slot.name] = self.source(value)
            else:
                sources.append(self.source(value))
        by_name = {slot.name: slot for slot in slots}
        for word, value in named.items():
            number = self._number(value, rank) if by_name[word].number else None
            if number is not None:
                more.append((word, number))
            else:
                words[word] = self.source(value)
        return Arguments(tuple(sources), tuple(words.items()), tuple(plain), tuple(more))

    def _number(self, value: Value, rank: int) -> Node | None:
        """Write a constant of one number; None for other tensors."""
        if not isinstance(value, Held) or not value.is_constant or len(value.sizes) > rank:
            return None
        if value.items is None or len(value.items) != 1:
            return None
        item = value.items[0]
        return self.sizes.node(item) if isinstance(item, (int, float)) else None

    # ------------------------------------------------------------------------------------ modules

    def sharing(self, call: Call, weights: Sequence[Stored]) -> str | None:
        """Give the layer that has the same weights, whose module is called again."""
        names = _learned(weights)
        return self._modules.get((call, names)) if names else None

    def keep(self, name: str, call: Call, weights: Sequence[Stored]) -> None:
        """Note what a module's weights are called in the file."""
        self._modules[call, _learned(weights)] = name
        self.origins[name] = tuple(weights)

    # ------------------------------------------------------------------------------------ tensors

    def source(self, value: Value) -> Source:
        """Give where in the net a value comes from; a weight's entry is made when it is used."""
        if isinstance(value, Output):
            return value.reference
        if isinstance(value, Held):
            return self._stored(value)
        return tuple([self.source(item) for item in value.items]) if value is not None else ()

    def _stored(self, value: Held) -> Reference:
        item = value.source
        key = (item.name if item is not None else f"\0{id(value)}", value.views)
        known = self._kept.get(key)
        if known is not None:
            return known
        if value.views:
            before = self._stored(value._replace(views=value.views[:-1], sizes=item.sizes))  # type: ignore[union-attr]
            name = self.names.unique(f"{before.name}.{value.views[-1].function}")
            shape = self.propagation.value(before)
            self.emit(name, value.views[-1], [Output(before, shape)])
        else:
            sizes = tuple([Constant(size) for size in value.sizes])
            maker = self.rules.makers[self._maker(value)]
            name = self.names.unique(clean(item.name) if item is not None else maker)
            self.emit(name, Call(maker, (Tuple(sizes, optional=True),), ()))
            if item is not None:
                self.origins[name] = (item,)
        found = self._kept[key] = Reference(name)
        return found

    def _maker(self, value: Held) -> str:
        item = value.source
        if item is None or item.constant:
            return "constant"
        if item.loose and (value.kind != "float" or prod(value.sizes) == 1):
            return "constant"
        return "parameter" if value.kind == "float" else "buffer"

    def shape_after(self, call: Call, shape: tuple[int, ...]) -> Shapes:
        """Give the shape that a function makes of another."""
        return self.propagation.apply(call, [shape], {}, Facts(), 0)[0]


def _learned(weights: Sequence[Stored]) -> tuple[str, ...]:
    return tuple([item.name for item in weights if not item.uniform])


def _rank(value: Value) -> int:
    if isinstance(value, Output):
        return len(value.shape)
    return len(value.sizes) if isinstance(value, Held) and not value.is_constant else 0


def _outputs(name: str, path: tuple[int, ...], output: Shapes) -> Value:
    if output is None:
        return None
    if is_shape(output):
        return Output(Reference(name, path), output)
    items = [_outputs(name, (*path, place), item) for place, item in enumerate(output)]
    return Several(tuple(items))
