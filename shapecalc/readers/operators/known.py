"""Operators that need no layer: what is known beforehand, and weights seen in another way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .application import Application
from .arrays import CannotFold, scalar, vector
from .emission import Emitter
from .folding import FOLDS
from .model import Operation, Stored
from .rules import Rule
from .usage import Usage
from .values import Held, Output, Value, held, stored


def folded(
    rule: Rule, operation: Operation, values: Sequence[Value], emitter: Emitter
) -> Sequence[Value] | None:
    """Work an operator out, where all that goes in is known."""
    if rule.fold in ("sizes", "count"):
        return [_sizes_of(rule.fold, operation, values[0], emitter)]
    if rule.fold is None:
        return None
    attributes = {**operation.attributes, "outputs": len(operation.outputs)}
    if rule.fold == "constant":
        item = next((v for v in attributes.values() if isinstance(v, Stored)), None)
        if item is not None:
            name = operation.outputs[0] if operation.outputs else ""
            return [stored(item._replace(name=name, constant=True))]
    arrays = []
    for value in values:
        if value is not None and not (isinstance(value, Held) and value.is_constant):
            return None
        arrays.append(value.array() if isinstance(value, Held) else None)
    try:
        return [held(array) for array in FOLDS[rule.fold](arrays, attributes, emitter.sizes)]
    except CannotFold:
        return None


def _sizes_of(fold: str, operation: Operation, value: Value, emitter: Emitter) -> Value:
    table = emitter.sizes
    if isinstance(value, Output):
        sizes: list[Any] = [
            table.symbol_of(value.reference, place, size) for place, size in enumerate(value.shape)
        ]
    elif isinstance(value, Held):
        sizes = [*value.sizes]
    else:
        raise CannotFold
    if fold == "count":
        total: Any = 1
        for size in sizes:
            total = total * size
        return held(scalar(total))
    start, end = operation.attributes.get("start", 0), operation.attributes.get("end")
    return held(vector(sizes[start:end]))


def viewed(
    rule: Rule, operation: Operation, values: Sequence[Value], emitter: Emitter, usage: Usage
) -> Held | None:
    """Note a function that only looks at a weight in another way, until the weight is used."""
    first = values[0] if values else None
    if not rule.view or not isinstance(first, Held) or first.source is None:
        return None
    if first.source.constant and first.items is not None:
        return None
    call = Application(rule, operation, values, emitter, usage).plain_call()
    if call is None:  # it stands for what goes in
        item = first.source
        if item.uniform and not item.constant and not first.views:
            # Exporters store equal tensors once, and copy them under their own names.
            name = operation.outputs[0]
            return first._replace(source=item._replace(name=name))
        return first
    shape = emitter.shape_after(call, first.sizes)
    if not all(type(size) is int for size in shape):
        return None
    return Held(shape, first.kind, None, first.source, (*first.views, call))
