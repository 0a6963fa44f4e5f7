"""Receptive fields: how far an output's element sees, how far neighbours are apart, where it looks.

For each spatial axis, from the input on (Araujo, Norris and Sim, "Computing Receptive Fields of
Convolutional Neural Networks", Distill 2019, equations 2 to 4):

* `r_out = r_in + (k - 1)*j_in`, with k the kernel's extent and j the jump,
* `j_out = j_in*s`,
* `centre_out = centre_in + ((k - 1)/2 - p)*j_in`, p the padding on the left.

Where branches meet, the field is the largest of theirs. A layer whose output doesn't slide over its
input has none.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from .dims import Dim
from .infer import Result
from .net import Size, references
from .outputs import is_shape
from .propagate import Step
from .windows import window_of


class Field(NamedTuple):
    """A receptive field on one axis: size and jump in input elements, centre of the first output."""

    size: Size
    jump: Size
    centre: Fraction | Size


def receptive_fields(result: Result) -> dict[str, tuple[Field, ...] | None]:
    """Give each layer's receptive fields, one for each spatial axis; None where there is none."""
    found: dict[str, tuple[Field, ...] | None] = {}
    ranks = {name: len(shape) for name, shape in result.inputs.items()}
    start = Field(1, 1, Fraction(0))
    for name, rank in ranks.items():
        found[name] = (start,) * max(rank - 2, 0) or None
    for step in result.steps:
        found[step.layer.name] = _after(step, found)
    return found


def _after(step: Step, before: dict[str, tuple[Field, ...] | None]) -> tuple[Field, ...] | None:
    fields = [before.get(item.name) for item in references(step.layer)]
    if not fields or any(field is None for field in fields) or not step.shapes:
        return None
    known = [field for field in fields if field is not None]
    axes = len(known[0])
    if any(len(field) != axes for field in known):
        return None
    merged = tuple([_largest([field[axis] for field in known]) for axis in range(axes)])
    window = window_of(step)
    if window is None:
        kept = all(
            is_shape(one) and one[len(one) - axes :] == step.shapes[0][-axes:]
            for one in step.inputs
        )
        same_rank = all(is_shape(one) and len(one) == len(step.shapes[0]) for one in step.inputs)
        return merged if kept and same_rank else None
    if len(window["kernel"]) != axes:
        return None
    return tuple(
        [
            Field(
                field.size + (kernel - 1) * field.jump,
                field.jump * stride,
                _centre(field, kernel, padding),
            )
            for field, kernel, stride, padding in zip(
                merged, window["kernel"], window["stride"], window["padding"], strict=True
            )
        ]
    )


def _centre(field: Field, kernel: Size, padding: Size) -> Fraction | Size:
    numbers = (kernel, padding, field.jump)
    if all(isinstance(item, int) for item in numbers):
        k, p, j = (int(item) for item in numbers if isinstance(item, int))
        moved = Fraction(k - 1 - 2 * p, 2) * j
        return field.centre if isinstance(field.centre, Dim) else field.centre + moved
    return field.centre


def _largest(fields: list[Field]) -> Field:
    best = fields[0]
    for field in fields[1:]:
        if isinstance(field.size, int) and isinstance(best.size, int) and field.size > best.size:
            best = field
    return best
