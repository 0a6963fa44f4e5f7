"""The arguments of a call in a `torch.fx` graph, sorted as the registry takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ...net import Source
from ...registry import Input, LayerType, Parameter
from ...syntax import Constant, Node
from ..constructions import STORAGE, is_default
from .values import Expression, Opaque, Value, holds_tensor, source_of, sources_of


class Arguments(NamedTuple):
    """Tensors in order and by name, and the arguments that are none."""

    sources: tuple[Source, ...]
    named: tuple[tuple[str, Source], ...]
    plain: tuple[Node, ...]
    words: tuple[tuple[str, Node], ...]


class Sorter:
    """Sorts the arguments of one call as the registry takes them."""

    def __init__(
        self,
        node_of: Callable[[Value], Node],
        type_: LayerType,
        parameters: tuple[Parameter, ...],
    ) -> None:
        self.node_of = node_of
        self.slots = type_.inputs
        self.parameters = parameters
        self.aliases: Mapping[str, str] = type_.data.get("aliases") or {}
        self.sources: list[Source] = []
        self.named: dict[str, Source] = {}
        self.plain: list[Node] = []
        self.left_out = 0  # tensors: None stands for each among the arguments

    def sort(self, values: Sequence[Value], words: Mapping[str, Value]) -> Arguments:
        """Sort values given by place, and those given by name."""
        place, by_name = 0, False
        for value in values:
            slot = self.slots[min(place, len(self.slots) - 1)] if self.slots else None
            if holds_tensor(value):
                place = self.take(slot, value, place, by_name=by_name)
                continue
            waiting = self.slots[place] if place < len(self.slots) else None
            if waiting is not None and waiting.variadic:
                waiting = None
            if waiting is not None and (
                (value is None and waiting.optional and not self.takes_none())
                or (waiting.number and isinstance(value, (int, float, Expression, Opaque)))
            ):
                place, by_name = place + 1, True
                if value is None:
                    self.left_out += 1
                    self.plain.append(Constant(None))
                    continue
                if isinstance(value, Opaque) and not value.rank:
                    value = 1.0  # such as sqrt of a size: which number it is, no shape depends on
            self.put(value)
        return Arguments(
            tuple(self.sources), tuple(self.named.items()), tuple(self.plain), self.by_name(words)
        )

    def spot(self) -> Parameter | None:
        """Give the parameter that the next argument is for."""
        at = len(self.plain) - self.left_out
        for place, slot in enumerate(self.parameters):
            if slot.variadic or place == at:
                return None if slot.named else slot
        return None

    def takes_none(self) -> bool:
        """Say whether None is an argument here, and no tensor that is left out."""
        slot = self.spot()
        return len(self.plain) > self.left_out and slot is not None and None in slot.kinds

    def put(self, value: Value) -> None:
        """Take what is no tensor."""
        slot = self.spot()
        ignored = slot is not None and slot.is_ignored
        self.plain.append(Constant(None) if ignored else self.node_of(value))

    def take(self, slot: Input | None, value: Value, place: int, *, by_name: bool) -> int:
        """Give a tensor, or a list of them, to an input; returns the place of the next input."""
        if slot is not None and slot.variadic:
            self.sources.extend(sources_of(value))
            return place
        if by_name and slot is not None:
            self.named[slot.name] = source_of(value)
        else:
            self.sources.append(source_of(value))
        return place + 1

    def by_name(self, words: Mapping[str, Value]) -> tuple[tuple[str, Node], ...]:
        """Sort what is given by name."""
        inputs = {slot.name: slot for slot in self.slots}
        known = {slot.name: slot for slot in self.parameters}
        found: list[tuple[str, Node]] = []
        for word, value in words.items():
            name = word if word in known or word in inputs else self.aliases.get(word, word)
            if name in known and known[name].is_ignored:
                continue
            if name not in known and name not in inputs and name in STORAGE:
                continue
            if holds_tensor(value):
                # Whatever a function calls its list of tensors, the registry has one such input.
                if any(slot.variadic and inputs.get(name, slot) is slot for slot in self.slots):
                    self.sources.extend(sources_of(value))
                else:
                    self.named[name] = source_of(value)
            elif not (name in inputs and value is None) and not is_default(value, known.get(name)):
                found.append((name, self.node_of(value)))
        return tuple(found)
