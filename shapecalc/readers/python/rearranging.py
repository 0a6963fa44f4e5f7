"""einops: `rearrange`, `reduce` and `repeat` become functions of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import SpecError
from .values import Keywords, Native, Sizes, Tensor, Value

if TYPE_CHECKING:
    from .machine import Machine


def _function(name: str, *entries: str) -> Native:
    """Stand for a function of einops, under the first name the registry has it under."""

    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        known = next((entry for entry in entries if machine.registry.knows(entry)), None)
        if known is None:
            raise SpecError(f"einops.{name} is not in the registry", code="S110")
        tensor, *rest = given
        if isinstance(tensor, (list, tuple)) and not isinstance(tensor, Sizes):
            tensor = machine.tracer.function("stack", [list(tensor)], {})
        return machine.tracer.function(known, [tensor, *rest], named)

    return Native(name, run)


def _einsum(machine: Machine, given: list[Value], named: Keywords) -> Value:
    tensors = [item for item in given if isinstance(item, Tensor)]
    pattern = next(item for item in given if isinstance(item, str))
    # einops writes names with spaces between them, torch single letters.
    left, _, right = pattern.partition("->")
    letters: dict[str, str] = {}

    def short(side: str) -> str:
        found = []
        for word in side.split():
            if word == "...":
                found.append(word)
                continue
            if word not in letters:
                letters[word] = "abcdefghijklmnopqrstuvwxyz"[len(letters)]
            found.append(letters[word])
        return "".join(found)

    equation = ",".join(short(side) for side in left.split(",")) + "->" + short(right)
    return machine.tracer.function("einsum", [equation, *tensors], {})


def _pack(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for `pack`: tensors reshaped to one rank and joined along the packed axis."""
    tensors, pattern = machine.collect(given[0]), given[1]
    axes = pattern.split()
    place = axes.index("*")
    after = len(axes) - place - 1
    flat, shapes = [], []
    for tensor in tensors:
        sizes = list(machine.get(tensor, "shape"))
        inner = sizes[place : len(sizes) - after]
        shapes.append(Sizes(inner))
        shape = [*sizes[:place], machine.product(inner), *sizes[len(sizes) - after :]]
        flat.append(machine.tracer.function("reshape", [tensor, tuple(shape)], {}))
    return machine.tracer.function("cat", [flat, place], {}), shapes


def _unpack(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for `unpack`: the parts of a packed tensor, in their own shapes."""
    tensor, shapes, pattern = given
    axes = pattern.split()
    place = axes.index("*")
    after = len(axes) - place - 1
    counts = [machine.product(list(shape)) for shape in shapes]
    parts = machine.tracer.function("split", [tensor, counts, place], {})
    found = []
    for part, shape in zip(parts, shapes, strict=True):
        sizes = list(machine.get(part, "shape"))
        whole = [*sizes[:place], *shape, *sizes[len(sizes) - after :]]
        found.append(machine.tracer.function("reshape", [part, tuple(whole)], {}))
    return found


EINOPS: dict[str, Value] = {
    "einops.rearrange": _function("rearrange", "rearrange"),
    "einops.reduce": _function("reduce", "reduce", "einops_reduce"),
    "einops.repeat": _function("repeat", "einops_repeat", "repeat_axes"),
    "einops.pack": Native("pack", _pack),
    "einops.unpack": Native("unpack", _unpack),
    "einops.einsum": Native("einsum", _einsum),
}
