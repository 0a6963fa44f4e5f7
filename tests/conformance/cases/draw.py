"""Random calls: what a generator of cases returns, and the source of randomness it draws from.

A generator need only make calls that are right or nearly right. `Case.spoilt` then breaks a share
of them in the ways users do: a size one off, an axis too many, a zero, a misspelt keyword, a tuple
of the wrong length.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Shape: TypeAlias = tuple[int, ...]
Sizes: TypeAlias = int | tuple[int, ...]
Generator: TypeAlias = Callable[["Draw"], "Case"]
Choices: TypeAlias = Mapping[str, tuple[object, ...]]

UNKNOWN_KEYWORDS = ("chanels", "axis", "foo", "kernel", "sizes", "strides", "dims")


@dataclass(frozen=True, slots=True)
class Text:
    """An argument that is written as it stands: `empty(3)`, `slice(1, 3)`, `LayerNorm(4)`."""

    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input: its shape, its dtype (`float`, `long`, `bool`) and what fills it (None: noise)."""

    shape: Shape
    dtype: str = "float"
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One call: its arguments, those of the forward call, and the input tensors.

    `named` arguments may be written positionally where the signature allows it. `source` is the
    entry's `from`: input numbers, nested in lists for tuples, and a mapping at its end for tensors
    given by name.
    """

    inputs: tuple[Tensor, ...]
    named: Mapping[str, object] = field(default_factory=dict)
    positional: tuple[object, ...] = ()
    forward: Mapping[str, object] = field(default_factory=dict)
    source: Sequence[object] | None = None

    def spoilt(self, draw: Draw) -> Case:
        """Return the case, broken in one way or another in about two cases of five."""
        kind = draw.random()
        if kind < 0.17:
            return self._with_spoilt_input(draw)
        if kind < 0.28:
            return self._with_spoilt_argument(draw)
        if kind < 0.31:
            return replace(self, named={**self.named, draw.choice(UNKNOWN_KEYWORDS): 1})
        if kind < 0.33 and self.named:
            return replace(self, named=_without(self.named, draw.choice(list(self.named))))
        return self

    def _with_spoilt_input(self, draw: Draw) -> Case:
        if not self.inputs:
            return self
        inputs = list(self.inputs)
        index = draw.randrange(len(inputs))
        inputs[index] = replace(inputs[index], shape=draw.spoilt_shape(inputs[index].shape))
        return replace(self, inputs=tuple(inputs))

    def _with_spoilt_argument(self, draw: Draw) -> Case:
        if draw.chance(0.25) and self.forward:
            return replace(self, forward=draw.spoilt_arguments(self.forward))
        if self.positional and (not self.named or draw.chance(0.5)):
            index = draw.randrange(len(self.positional))
            spoilt = draw.spoilt_value(self.positional[index])
            return replace(
                self, positional=(*self.positional[:index], spoilt, *self.positional[index + 1 :])
            )
        return replace(self, named=draw.spoilt_arguments(self.named))


class Draw(random.Random):
    """Randomness with the words that generators need."""

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self.random() < probability

    def pick(self, *options: T) -> T:
        """Return one of the options; naming one twice doubles its weight."""
        return self.choice(options)

    def size(self, low: int = 1, high: int = 6) -> int:
        """Return a size between the two, both included; smaller ones are likelier."""
        return min(self.randint(low, high), self.randint(low, high))

    def shape(self, low: int, high: int, *, most: int = 6) -> Shape:
        """Return a shape whose rank lies between the two, inclusive; a few hold a zero."""
        shape = [self.randint(1, most) for _ in range(self.randint(low, high))]
        if shape and self.chance(0.07):
            shape[self.randrange(len(shape))] = 0
        return tuple(shape)

    def axes(self, count: int, draw_one: Callable[[], int], *, tuples: float = 0.45) -> Sizes:
        """Return one value for all axes, or a tuple of one for each; seldom another length."""
        if self.chance(0.02):
            return tuple(draw_one() for _ in range(self.pick(1, 1, count + 1, max(count - 1, 0))))
        if self.chance(tuples):
            return tuple(draw_one() for _ in range(count))
        return draw_one()

    def some(self, probability: float = 0.5, **options: object) -> dict[str, object]:
        """Return each of the options with this probability."""
        return {name: value for name, value in options.items() if self.chance(probability)}

    def chosen(self, probability: float, choices: Choices) -> dict[str, object]:
        """Return a value for each name with this probability."""
        return {
            name: self.choice(values)
            for name, values in choices.items()
            if self.chance(probability)
        }

    def axis(self, rank: int, *, beyond: float = 0.06) -> int:
        """Return an axis of a tensor of this rank, from either end; seldom just out of range."""
        if self.chance(beyond):
            return self.pick(rank, -rank - 1, rank + 1)
        return self.randint(-rank, rank - 1) if rank else self.pick(0, -1)

    def dims(self, rank: int) -> tuple[int, ...]:
        """Return some axes, mostly distinct."""
        chosen = self.sample(
            range(rank), self.randint(0 if self.chance(0.1) else min(1, rank), rank)
        )
        dims = [axis - rank if self.chance(0.4) else axis for axis in chosen]
        if self.chance(0.06):
            dims.append(self.axis(rank, beyond=0.4))
        return tuple(dims)

    def spoilt_shape(self, shape: Shape) -> Shape:
        """Return a shape near this one: an axis more or less, or a size 0, one off or doubled."""
        sizes = list(shape)
        kind = self.randrange(10)
        if kind < 2 or not sizes:
            sizes.insert(self.pick(0, 0, len(sizes)), self.randint(1, 5))
            return tuple(sizes)
        index = self.randrange(len(sizes))
        if kind < 4:
            del sizes[self.pick(0, index)]
            return tuple(sizes)
        if kind == 4:
            return self.shape(0, 6, most=4)
        sizes[index] = max(0, self.pick(0, sizes[index] - 1, sizes[index] + 1, 2 * sizes[index], 1))
        return tuple(sizes)

    def spoilt_arguments(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """Return the arguments with one of them spoilt."""
        spoilt = dict(arguments)
        if spoilt:
            name = self.choice(list(spoilt))
            spoilt[name] = self.spoilt_value(spoilt[name])
        return spoilt

    def spoilt_value(self, value: object) -> object:
        """Return a value of the same kind that is likely to be refused, or just accepted."""
        match value:
            case bool() | None | Text():
                return value
            case int():
                return self.pick(
                    0, -1, value + 1, value - 1, 2 * value, -value, (value, value), (value,)
                )
            case float():
                return self.pick(0.0, -value, 2 * value)
            case str():
                return self.pick("foo", value.upper(), value[:-1])
            case tuple() | list():
                return self._spoilt_sequence(value)
            case _:
                return value

    def _spoilt_sequence(self, value: Iterable[object]) -> tuple[object, ...]:
        items = list(value)
        kind = self.randrange(4)
        if kind == 0 and items:
            return tuple(items[:-1])
        if kind == 1:
            return (*items, self.pick(0, 1, 2))
        if items:
            index = self.randrange(len(items))
            items[index] = self.spoilt_value(items[index]) if kind == 2 else self.pick(0, -1, 1)
        return tuple(item[0] if isinstance(item, tuple) and item else item for item in items)


def _without(arguments: Mapping[str, object], name: str) -> dict[str, object]:
    return {key: value for key, value in arguments.items() if key != name}


def spread(sizes: object, count: int, default: int = 1) -> list[int]:
    """Return one int for each axis, whatever way the argument was written."""
    match sizes:
        case int():
            return [sizes] * count
        case tuple() if sizes:
            values = [item if isinstance(item, int) else default for item in sizes]
            return (
                (values * count)[:count]
                if len(values) == 1
                else (values + [default] * count)[:count]
            )
        case _:
            return [default] * count


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text: names are easier to read in a line than one below the other."""
    return tuple(text.split())
