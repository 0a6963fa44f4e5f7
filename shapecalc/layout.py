"""How the outputs of a net's layers lie in memory, noted where they aren't contiguous."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from .formula import Compiled
from .net import Layer, Reference, Source
from .outputs import Output, is_shape
from .scope import LayerScope
from .strides import in_order, is_in_order


class _Later(NamedTuple):
    """Strides that hang on cases, which are visited only if a view asks."""

    rule: Compiled
    scope: LayerScope
    source: Source
    value: Output


class Layout:
    """The strides of a net's tensors, as far as they aren't those of contiguous ones.

    None stands for strides that aren't known, which allow everything.
    """

    def __init__(self) -> None:
        self.odd: dict[str, Any] = {}  # names, and the strides; others are contiguous
        self.matters = True  # whether some layer may be refused for it

    def note(self, layer: Layer, inputs: list[Output], scope: LayerScope, output: Output) -> None:
        """Note how a layer's output lies; raises `Misfit` where its input's strides don't allow it."""
        type_ = scope.type
        if type_.keeps_order and not any(map(self.is_odd, _sources(layer))):
            return
        rule = type_.strides
        found = None
        if rule is None:
            pass
        elif not type_.strides_follow:
            found = rule(scope, 0)
        elif inputs:
            source = layer.sources[0]
            later = _Later(rule, scope, source, inputs[0])
            if not type_.needs_order and self._is_later(source):
                self.odd[layer.name] = later
                return
            strides = self.of(source, inputs[0])
            if strides is not None:
                lay = partial(_laid, rule, scope, strides)
                at_once = type_.needs_order or scope.unites
                clean, found = (True, lay()) if at_once else scope.tentatively(lay)
                if not clean:
                    self.odd[layer.name] = later
                    return
        if found is None or not _is_in_order(output, found):
            self.odd[layer.name] = found

    def _is_later(self, source: Source) -> bool:
        return isinstance(source, Reference) and isinstance(self.odd.get(source.name), _Later)

    def is_odd(self, source: Source) -> bool:
        """Say whether a tensor isn't known to be contiguous."""
        if isinstance(source, Reference):
            return source.name in self.odd
        return any(map(self.is_odd, source))

    def of(self, source: Source, value: Output) -> Any:
        """Give the strides of what a source names, tuples of them for a tuple."""
        if not isinstance(source, Reference):
            return tuple([self.of(item, one) for item, one in zip(source, value, strict=True)])
        if source.name not in self.odd:
            return _in_order(value)
        found = self.odd[source.name]
        if isinstance(found, _Later):
            strides = self.of(found.source, found.value)
            found = None if strides is None else _laid(found.rule, found.scope, strides)
            self.odd[source.name] = found
        for index in source.path:
            found = None if found is None else found[index]
        return found


def _laid(rule: Compiled, scope: LayerScope, strides: Any) -> Any:
    own = scope.copy()
    own["strides"] = strides
    return rule(own, 0)


def _sources(layer: Layer) -> Iterator[Source]:
    yield from layer.sources
    for _, source in layer.named:
        yield source


def _is_in_order(value: Output, strides: Any) -> bool:
    if strides is None or value is None:
        return strides is value
    if is_shape(value):
        return is_in_order(value, strides)
    return all(map(_is_in_order, value, strides))


def _in_order(value: Output) -> Any:
    if value is None:
        return None
    return in_order(value) if is_shape(value) else tuple(map(_in_order, value))
