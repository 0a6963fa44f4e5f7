"""What may be a key of a dict or an element of a set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .values import Array, Instance, Ratio, Traced, Value

if TYPE_CHECKING:
    from .machine import Machine


def hashable(machine: Machine, value: Value) -> Value:
    """Give a value that the host can hash in bounded time; raises TypeError where Python does."""
    machine.budget.spend(1)
    if isinstance(value, (Traced, Ratio)):
        return machine.pin(value)
    if isinstance(value, Instance) and isinstance(value.content, (tuple, str, int)):
        value = value.content
    if isinstance(value, tuple):
        machine.budget.depth += 1
        try:
            if machine.budget.depth > 900:
                raise machine.limit("the values are nested too deeply")
            return tuple([hashable(machine, item) for item in value])
        finally:
            machine.budget.depth -= 1
    if isinstance(value, (list, dict, set, Array, slice)):
        raise machine.fail("TypeError", f"unhashable type: '{type(value).__name__.lower()}'")
    return value
