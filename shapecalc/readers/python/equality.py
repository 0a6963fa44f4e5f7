"""Identity, equality and order of values."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...dims import Dim
from ...relations import AllOf, AnyOf, Comparison, all_of, negate
from .numbers import compare, is_number
from .values import MISSING, Array, Instance, Marker, Method, Opaque, Tensor, Traced, Value

if TYPE_CHECKING:
    from .machine import Machine

_ORDER: dict[str, Callable[[Value, Value], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_METHODS = {"==": "__eq__", "!=": "__ne__", "<": "__lt__", "<=": "__le__", ">": "__gt__"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def is_same(left: Value, right: Value) -> bool:
    """Do what `is` does."""
    if left is right:
        return True
    if isinstance(left, Marker) and isinstance(right, Marker):
        return left == right
    same_type = type(left) is type(right)
    return same_type and isinstance(left, (int, str)) and bool(left == right)


def relation_between(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    """Compare two values; gives a relation where symbols leave it open."""
    if isinstance(left, Opaque) or isinstance(right, Opaque):
        return left if isinstance(left, Opaque) else right
    if is_number(left) and is_number(right):
        return compare(machine, symbol, left, right)
    if isinstance(left, (Tensor, Array)) or isinstance(right, (Tensor, Array)):
        if left is None or right is None or isinstance(left, str) or isinstance(right, str):
            return symbol == "!="
        return machine.tracer.operator(symbol, [left, right])
    for one, other, sign in ((left, right, symbol), (right, left, _MIRRORED[symbol])):
        if isinstance(one, Instance):
            method = one.type.find(_METHODS.get(sign, "__ge__"))
            if method is not MISSING:
                return machine.call(Method(method, one), [other], {})
    left, right = _plain(left), _plain(right)
    if is_number(left) and is_number(right):
        return compare(machine, symbol, left, right)
    if symbol in ("==", "!="):
        same = equal(machine, left, right)
        return same if symbol == "==" else negate(same)
    return _ordered(machine, symbol, left, right)


def _plain(value: Value) -> Value:
    """Give the number or the text that an object of a subclass of these is."""
    held = value.content if isinstance(value, Instance) else None
    return held if isinstance(held, (int, float, str)) else value


def equal(machine: Machine, left: Value, right: Value) -> Value:
    """Tell whether two values are equal: True, False, or a relation between sizes."""
    machine.budget.spend(1)
    if left is right and not isinstance(left, float):
        return True
    if is_number(left) and is_number(right):
        return compare(machine, "==", left, right)
    if isinstance(left, Instance) and left.content is not None:
        left = left.content
    if isinstance(right, Instance) and right.content is not None:
        right = right.content
    if isinstance(left, tuple) and isinstance(right, tuple):
        return _equal_items(machine, left, right)
    if isinstance(left, list) and isinstance(right, list):
        return _equal_items(machine, left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        if left.keys() != right.keys():
            return False
        keys = list(left)
        return _equal_items(machine, [left[key] for key in keys], [right[key] for key in keys])
    if isinstance(left, (Opaque, Tensor)) or isinstance(right, (Opaque, Tensor)):
        return relation_between(machine, "==", left, right)
    if isinstance(left, range) and isinstance(right, range):
        return left == right
    if isinstance(left, (set, frozenset)) and isinstance(right, (set, frozenset)):
        machine.budget.spend(len(left))
        return left == right
    if isinstance(left, (str, bytes, Marker)) and type(left) is type(right):
        return left == right
    return False


def _equal_items(
    machine: Machine, left: list[Value] | tuple[Value, ...], right: list[Value] | tuple[Value, ...]
) -> Value:
    if len(left) != len(right):
        return False
    found: list[Value] = []
    machine.budget.depth += 1
    try:
        if machine.budget.depth > 900:
            raise machine.limit("the values are nested too deeply")
        for one, other in zip(left, right, strict=True):
            same = equal(machine, one, other)
            if same is False:
                return False
            if isinstance(same, (Comparison, AllOf, AnyOf)):
                found.append(same)
            elif not isinstance(same, bool) and not machine.truth(same):
                return False
    finally:
        machine.budget.depth -= 1
    return all_of(found)


def _ordered(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    if isinstance(left, str) and isinstance(right, str):
        return _ORDER[symbol](left, right)
    if isinstance(left, (set, frozenset)) and isinstance(right, (set, frozenset)):
        machine.budget.spend(len(left) + len(right))
        return _ORDER[symbol](left, right)
    for kind in (tuple, list):
        if isinstance(left, kind) and isinstance(right, kind):
            for one, other in zip(left, right, strict=False):
                if not machine.truth(equal(machine, one, other)):
                    return relation_between(machine, symbol, one, other)
            return _ORDER[symbol](len(left), len(right))
    raise machine.fail(
        "TypeError",
        f"'{symbol}' not supported between {machine.show(left)} and {machine.show(right)}",
    )


def sort_key(machine: Machine, value: Value) -> Value:
    """Give what the host may order a value by: numbers, texts, and short tuples of them."""
    machine.budget.spend(1)
    if isinstance(value, (Traced, int, float)):
        bare = machine.pin(value)
        if not isinstance(bare, Dim):
            return bare
    if isinstance(value, str):
        return value
    if isinstance(value, Instance) and value.content is not None:
        value = value.content
    if isinstance(value, (tuple, list)) and len(value) <= 64:
        return tuple([sort_key(machine, item) for item in value])
    raise machine.fail("TypeError", f"{machine.show(value)} can't be ordered")
