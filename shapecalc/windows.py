"""Windows that a net slides over its input, and the rows and columns that they leave out."""

from __future__ import annotations

from typing import Any

from .formula import show
from .infer import Result
from .net import Size
from .outputs import is_shape
from .relations import Relation, compare


def lossless_relations(result: Result) -> list[Relation | bool]:
    """State that no window leaves rows or columns out: `dropped == 0` for every axis."""
    found: list[Relation | bool] = []
    for step in result.steps:
        for dropped in dropped_sizes(step):
            found.append(compare(dropped, "<=", 0))
    return found


def dropped_sizes(step: Any) -> list[Size]:
    """Give the rows and columns that a layer's floor leaves out, on each axis."""
    window = window_of(step)
    if window is None:
        return []
    shape = step.shapes[0]
    return [
        size + total - kernel - (out - 1) * stride
        for size, out, kernel, stride, total in zip(
            step.scope["L"],
            shape[len(shape) - len(window["kernel"]) :],
            window["kernel"],
            window["stride"],
            window["total"],
            strict=True,
        )
    ]


def window_of(step: Any) -> dict[str, tuple[Size, ...]] | None:
    """Give a layer's window on each axis: kernel (its extent), stride, padding (left), total."""
    type_ = getattr(step.scope, "type", None)
    formulas = type_.data.get("window") if type_ is not None else None
    if type_ is None or not formulas:
        return None
    found: dict[str, tuple[Size, ...]] = {}
    for key in ("kernel", "stride", "padding", "total"):
        text = formulas.get(key, "2*padding" if key == "total" else None)
        if key == "total" and "total" not in formulas:
            found[key] = tuple([2 * item for item in found["padding"]])
            continue
        try:
            value = type_.compile(type_.formula(text))(step.scope, 0)
        except (TypeError, ValueError, AttributeError, LookupError) as error:
            raise type_.fault(error) from None
        found[key] = value if isinstance(value, tuple) else (value,) * step.scope.axes
        if not is_shape(found[key]) or len(found[key]) != len(found["kernel"]):
            raise type_.fail(f"the window's {key} is {show(value)}, and not a size for each axis")
    return found
