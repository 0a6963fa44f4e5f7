"""Calls written as briefly as they can be: what a layer takes anyhow is left out."""

from __future__ import annotations

from typing import Any

from ..registry import Kind, Parameter
from ..syntax import Call, Constant

# What says where and how a tensor is kept; shapes don't depend on it.
STORAGE = frozenset(
    [
        "device",
        "dtype",
        "out",
        "layout",
        "requires_grad",
        "pin_memory",
        "memory_format",
        "generator",
        "non_blocking",
    ]
)


def plainest(value: Any, slot: Parameter | None) -> Any:
    """Write one number for all axes, and a number for a tuple of one, where that is the same."""
    if slot is None or not isinstance(value, tuple) or isinstance(value, Call) or not value:
        return value
    for kind in slot.kinds:
        if not isinstance(kind, Kind):
            continue
        if kind.form == "per axis" and all(item == value[0] for item in value):
            return value[0]
        if len(value) == 1 and not kind.exact and not slot.variadic and kind.base != "any":
            return value[0]
    return value


def is_default(value: Any, slot: Parameter | None) -> bool:
    """Say whether a value is what an argument is when it isn't given."""
    if slot is None or not isinstance(slot.default, Constant):
        return False
    default = slot.default.value
    return type(value) in (type(None), bool, int, float, str) and bool(value == default)
