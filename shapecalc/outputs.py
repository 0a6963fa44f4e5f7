"""What a layer gives: a shape, or tuples of shapes."""

from __future__ import annotations

from typing import Any, TypeAlias

from .dims import Dim
from .formula import FormulaError, show
from .net import Shape, Size
from .structure import Outputs

Output: TypeAlias = "Any"  # a Shape, a (nested) tuple of outputs, or None for one that is left out


def numel(shape: Shape) -> Size:
    total: Size = 1
    for size in shape:
        total = total * size
    return total


def is_shape(value: Output) -> bool:
    """Tell a shape from a tuple of outputs."""
    if not isinstance(value, tuple) or isinstance(value, Outputs):
        return False
    return all(isinstance(item, (int, Dim)) for item in value)


def are_strides(value: Any, output: Output) -> bool:
    """Say whether a value has strides for each shape of an output, or None where they aren't known."""
    if value is None or output is None:
        return value is None
    if not isinstance(value, tuple) or len(value) != len(output):
        return False
    return is_shape(value) if is_shape(output) else all(map(are_strides, value, output))


def flatten_output(value: Output) -> list[Shape]:
    """List the shapes in nested tuples of outputs, in order."""
    if value is None:
        return []
    if is_shape(value):
        return [value]
    tensors = value if isinstance(value, tuple) else (value,)
    strange = [item for item in tensors if not (item is None or isinstance(item, tuple))]
    if strange:
        odd = next((item for item in strange if not isinstance(item, (int, Dim))), strange[0])
        raise FormulaError(f"{show(odd)} is no size of a shape, nor a tensor")
    return [shape for item in value for shape in flatten_output(item)]
