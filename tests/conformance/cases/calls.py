"""How a case is written out: the text of the entry, and the row that holds it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from cases.draw import Case, Draw, Tensor

RECURRENT = ("RNN", "LSTM", "GRU")


@dataclass(frozen=True, slots=True)
class Call:
    """A case written out: the entry's text in its two parts, and how its inputs reach it."""

    type: str
    construction: str
    forward: str
    source: Sequence[object]
    inputs: Sequence[Tensor]

    @property
    def layer(self) -> str:
        """The entry as a spec has it."""
        return f"{self.type}({self.construction})" + (f"({self.forward})" if self.forward else "")

    def row(self, number: int, outcome: Mapping[str, object]) -> dict[str, object]:
        """Return the case's row, in the order of keys that the samples have."""
        row: dict[str, object] = {"id": number, "type": self.type, "net": self.net()}
        row["ok"] = "error" not in outcome
        if any(tensor.dtype != "float" for tensor in self.inputs):
            row["dtypes"] = [tensor.dtype for tensor in self.inputs]
        return {**row, **outcome}

    def net(self) -> dict[str, object]:
        """Return the net of one layer, in the flat form of a spec."""
        inputs = {f"x{index}": list(tensor.shape) for index, tensor in enumerate(self.inputs)}
        inputs = inputs or {"unused": []}  # a net has inputs
        entry = {"name": "m", "layer": self.layer, "from": _named_inputs(self.source)}
        return {"inputs": inputs, "layers": [entry]}


def call_of_row(row: Mapping[str, Any]) -> Call:
    """Read the call of a row; tensors hold what recorded ones of their dtypes hold."""
    (entry,) = row["net"]["layers"]
    shapes = list(row["net"]["inputs"].values())
    dtypes = row.get("dtypes") or ["float"] * len(shapes)
    made = ast.parse(entry["layer"], mode="eval").body
    assert isinstance(made, ast.Call)
    outer = made if isinstance(made.func, ast.Call) else None
    inner = made.func if outer else made
    return Call(
        row["type"],
        _between_brackets(inner),
        _between_brackets(outer) if outer else "",
        _numbered(entry["from"]),
        [Tensor(tuple(shape), dtype) for shape, dtype in zip(shapes, dtypes, strict=True)],
    )


def _between_brackets(node: ast.expr) -> str:
    assert isinstance(node, ast.Call)
    named = (f"{item.arg}={ast.unparse(item.value)}" for item in node.keywords)
    return ", ".join([*map(ast.unparse, node.args), *named])


def _numbered(source: Any) -> Any:
    if isinstance(source, str):
        return int(source.removeprefix("x"))
    if isinstance(source, Mapping):
        return {name: _numbered(item) for name, item in source.items()}
    return [_numbered(item) for item in source]


def write_call(name: str, case: Case, draw: Draw) -> Call:
    """Write the case out, its arguments by position, by name, or first one then the other."""
    positional, named = list(case.positional), dict(case.named)
    order = _by_position(name)[len(positional) :]
    names = {parameter.name for parameter in order}
    required = sum(parameter.default is inspect.Parameter.empty for parameter in order)
    for parameter in order[: draw.pick(0, 1, 1, 2, 3, len(order), required)]:
        if parameter.name in named:
            positional.append(named.pop(parameter.name))
        elif _is_literal(parameter.default) and names & named.keys() and draw.chance(0.7):
            positional.append(parameter.default)
        else:
            break
    if _takes_device(name) and draw.chance(0.015):
        named[draw.pick("device", "dtype")] = None
    source = list(range(len(case.inputs))) if case.source is None else case.source
    construction, forward = arguments(positional, named), arguments((), case.forward)
    return Call(name, construction, forward, source, case.inputs)


def arguments(positional: Iterable[object], named: Mapping[str, object]) -> str:
    """Write arguments as they stand between brackets."""
    return ", ".join(
        [*map(repr, positional), *(f"{name}={value!r}" for name, value in named.items())]
    )


def is_class(name: str) -> bool:
    """Say whether this is the name of a class of `torch.nn`, and not of a function or of `x.T`."""
    return len(name) > 1 and name[0].isupper()


def _by_position(name: str) -> list[inspect.Parameter]:
    """Return the parameters of a class that may be given by position; cases of functions say it."""
    if not is_class(name):
        return []
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    if name in RECURRENT:
        words = ("input_size", "hidden_size", "num_layers")
        return [inspect.Parameter(word, kind) for word in words]
    if not hasattr(nn, name):
        return []
    parameters = inspect.signature(getattr(nn, name)).parameters.values()
    return [p for p in parameters if p.kind is kind and p.name not in {"device", "dtype"}]


def _takes_device(name: str) -> bool:
    return hasattr(nn, name) and "device" in inspect.signature(getattr(nn, name)).parameters


def _is_literal(value: object) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, tuple))


def _named_inputs(source: object) -> Any:
    match source:
        case int():
            return f"x{source}"
        case Mapping():
            return {name: _named_inputs(value) for name, value in source.items()}
        case Sequence():
            return [_named_inputs(item) for item in source]
        case _:
            raise TypeError(source)
