"""What operators do to values of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...relations import AllOf, AnyOf, Comparison, any_of
from ..operator_names import method_name
from .arrays import array_operator
from .display import percent_format
from .equality import equal
from .keys import hashable
from .numbers import arithmetic, is_number
from .values import MISSING, Array, Class, Instance, Method, Opaque, Sizes, Tensor, Traced, Value

if TYPE_CHECKING:
    from .machine import Machine


def binary(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    """Apply a binary operator."""
    if is_number(left) and is_number(right) and symbol != "@":
        return arithmetic(machine, symbol, left, right)
    if isinstance(left, Opaque) or isinstance(right, Opaque):
        return left if isinstance(left, Opaque) else right
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return machine.tracer.operator(symbol, [left, right])
    if isinstance(left, Array) or isinstance(right, Array):
        return array_operator(machine, symbol, left, right)
    found = _by_method(machine, symbol, left, right)
    if found is not MISSING:
        return found
    if symbol == "%" and isinstance(left, str):
        return _on_collections(machine, symbol, left, right)
    left, right = _content(left), _content(right)
    if is_number(left) and is_number(right):
        return arithmetic(machine, symbol, left, right)
    return _on_collections(machine, symbol, left, right)


def _content(value: Value) -> Value:
    return value.content if isinstance(value, Instance) and value.content is not None else value


def _by_method(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    for one, other, prefix in ((left, right, ""), (right, left, "r")):
        if isinstance(one, Instance):
            method = one.type.find(method_name(symbol, prefix))
            if method is not MISSING:
                return machine.call(Method(method, one), [other], {})
    return MISSING


def _on_collections(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    match symbol:
        case "+":
            for kind in (str, bytes, list, tuple):
                if isinstance(left, kind) and isinstance(right, kind):
                    machine.budget.items(len(left) + len(right))
                    both: Any = left + right  # type: ignore[operator]  # both are of the kind
                    return type(left)(both) if isinstance(left, Sizes) else both
        case "*":
            for items, times in ((left, right), (right, left)):
                if isinstance(items, (str, bytes, list, tuple)) and isinstance(
                    times, (int, Traced)
                ):
                    count = max(int(machine.pin(times)), 0)
                    machine.budget.items(len(items) * count)
                    return items * count
        case "%" if isinstance(left, str):
            return percent_format(machine, left, right)
        case "|" | "&" | "-" | "^":
            found = _on_sets(machine, symbol, left, right)
            if found is not MISSING:
                return found
    raise machine.fail(
        "TypeError",
        f"unsupported operand types for {symbol}: {machine.show(left)} and {machine.show(right)}",
    )


def _on_sets(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    if isinstance(left, dict) and isinstance(right, dict) and symbol == "|":
        machine.budget.items(len(left) + len(right))
        return {**left, **right}
    if isinstance(left, (set, frozenset)) and isinstance(right, (set, frozenset)):
        machine.budget.items(len(left) + len(right))
        match symbol:
            case "|":
                return left | right
            case "&":
                return left & right
            case "-":
                return left - right
        return left ^ right
    if symbol == "|" and all(item is None or isinstance(item, Class) for item in (left, right)):
        return Opaque("a union of types")
    return MISSING


def binary_in_place(machine: Machine, symbol: str, left: Value, right: Value) -> Value:
    """Apply `+=` and its like; lists, dicts, sets and tensors change themselves."""
    if isinstance(left, Tensor):
        found = binary(machine, symbol, left, right)
        if isinstance(found, Tensor) and left.kind == "value":
            left.become(found)
            return left
        return found
    if isinstance(left, list) and symbol == "+":
        items = machine.collect(right)
        machine.budget.items(len(left) + len(items))
        left.extend(items)
        return left
    if isinstance(left, (dict, set)) and symbol in "|&-^" and isinstance(right, (dict, set)):
        found = _on_sets(machine, symbol, left, right)
        if found is not MISSING:
            left.clear()
            left.update(found)
            return left
    if isinstance(left, Instance):
        method = left.type.find(method_name(symbol, "i"))
        if method is not MISSING:
            return machine.call(Method(method, left), [right], {})
    return binary(machine, symbol, left, right)


def membership(machine: Machine, item: Value, holder: Value) -> Value:
    """Do what `in` does."""
    if isinstance(item, Opaque) or isinstance(holder, Opaque):
        return item if isinstance(item, Opaque) else holder
    if isinstance(holder, Instance):
        method = holder.type.find("__contains__")
        if method is not MISSING:
            return machine.call(Method(method, holder), [item], {})
        if holder.content is not None:
            holder = holder.content
    if isinstance(holder, str):
        if not isinstance(item, str):
            raise machine.fail("TypeError", "'in <string>' requires string as left operand")
        return item in holder
    if isinstance(holder, (dict, set, frozenset)):
        return hashable(machine, item) in holder
    if isinstance(holder, range):
        return machine.pin(item) in holder if is_number(item) else False
    open_items: list[Comparison | AllOf | AnyOf] = []
    for one in machine.iterate(holder):
        same = equal(machine, item, one)
        if isinstance(same, (Comparison, AllOf, AnyOf)):
            open_items.append(same)
        elif machine.truth(same):
            return True
    return any_of(open_items)
