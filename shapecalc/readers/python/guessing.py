"""Shapes that an input may have, where none is given: what its layers say, and more dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...dims import symbol
from ...errors import SpecError
from ...given import guessed_shape
from ...net import Net, Reference, Shape, references
from .limits import MAX_GUESSES
from .values import Module

if TYPE_CHECKING:
    from .tracing import Tracer


class Guess(NamedTuple):
    """A shape to try; `taker` is the layer that takes the input itself, where it was asked."""

    shape: Shape
    taker: str | None = None

    def __str__(self) -> str:
        return "x".join(map(str, self.shape))


def guesses(tracer: Tracer, root: Module, name: str) -> list[Guess]:
    """List the shapes to try: by the layer that takes the input, then by those registered.

    The last ones have other numbers of dimensions, since many layers take any number.
    """
    registry = tracer.registry
    last = tracer.layers[-1] if tracer.layers else None
    taken = last is not None and any(item.name == name for item in references(last))
    attempts = [((*tracer.layers,), last.name if last is not None and taken else None)]
    attempts += [
        ((layer._replace(sources=(Reference(name),)),), None)
        for layer in tracer.registration.state(root)
        if layer.call is not None and registry.find(layer.call.function).inputs
    ]
    found: dict[Shape, Guess] = {}
    for layers, taker in attempts:
        call = layers[-1].call if layers else None
        try:
            shape = guessed_shape(Net("", {name: None}, layers, ()), name, registry)
        except SpecError:
            if call is None or not tracer.modules.has_state(call.function):
                continue
            shape = (
                symbol("N"),
                symbol("L"),
            )  # a table takes numbers of any shape: sentences, most often
        found.setdefault(shape, Guess(shape, taker))
    first = [*found.values()][:MAX_GUESSES]
    more = _other_ranks(first[0].shape) if first else []
    return [*first, *(Guess(shape, first[0].taker) for shape in more if shape not in found)]


def _other_ranks(shape: Shape) -> list[Shape]:
    more = next(symbol(letter) for letter in "LTSMK" if symbol(letter) not in shape)
    return [(*shape[:1], more, *shape[1:]), (*shape, more), shape[1:]]
