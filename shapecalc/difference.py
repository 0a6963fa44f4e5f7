"""What differs between two nets: layers, shapes, parameters, cost."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from .formula import show
from .infer import Result
from .net import Size, shape_json, size_json, source_json
from .propagate import Step
from .syntax import to_text

PARTS = ("layer", "from", "outputs", "parameters", "macs")


class Change(NamedTuple):
    """A layer that differs: how (`changed`, `added`, `removed`), and its parts on either side."""

    name: str
    kind: str
    left: dict[str, Any]
    right: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Give the change as JSON has it."""
        return self._asdict()


def changes(left: Result, right: Result) -> list[Change]:
    """Compare layer by layer, by name, in the order of the nets."""
    one = {step.layer.name: step for step in left.steps}
    other = {step.layer.name: step for step in right.steps}
    return [
        change
        for name in _merged([*one], [*other])
        if (change := _change(name, one.get(name), other.get(name))) is not None
    ]


def _merged(left: list[str], right: list[str]) -> Iterator[str]:
    """Yield the names of both, each where it stands."""
    here, there = frozenset(left), frozenset(right)
    given: set[str] = set()
    for _, start, end, first, last in SequenceMatcher(None, left, right, False).get_opcodes():
        for name in (*left[start:end], *right[first:last]):
            if name not in given:
                given.add(name)
                yield name
    assert given == here | there


def _change(name: str, left: Step | None, right: Step | None) -> Change | None:
    before = _parts(left) if left is not None else {}
    after = _parts(right) if right is not None else {}
    if left is None or right is None:
        return Change(name, "added" if left is None else "removed", before, after)
    differ = [part for part in PARTS if before[part] != after[part]]
    if not differ:
        return None
    return Change(
        name,
        "changed",
        {part: before[part] for part in differ},
        {part: after[part] for part in differ},
    )


def _parts(step: Step) -> dict[str, Any]:
    return {
        "layer": to_text(step.layer.call) if step.layer.call is not None else None,
        "from": [source_json(source) for source in step.layer.sources],
        "outputs": [shape_json(shape) for shape in step.shapes],
        "parameters": {
            name: shape_json(shape)
            for section in (step.parameters, step.buffers)
            for name, shape in section.items()
        },
        "macs": size_json(step.macs),
    }


def totals(left: Result, right: Result) -> dict[str, dict[str, int | str]]:
    """Compare inputs' and outputs' shapes, parameters and MACs of the whole nets."""
    sums = {
        name: (getattr(left.totals, name), getattr(right.totals, name))
        for name in ("parameters", "buffers", "macs")
    }
    return {name: _pair(one, other) for name, (one, other) in sums.items()}


def _pair(one: Size, other: Size) -> dict[str, int | str]:
    return {"left": size_json(one), "right": size_json(other), "change": size_json(other - one)}


def faces(result: Result) -> dict[str, str]:
    """Give the shapes at a net's ends, for people."""
    found = {f"input {name}": show(shape) for name, shape in result.inputs.items()}
    for name, shapes in result.outputs.items():
        found[f"output {name}"] = ", ".join(show(shape) or "()" for shape in shapes)
    return found
