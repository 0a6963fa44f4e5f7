"""Runs a recorded row in the engine: on its numbers, and with symbols in the place of its sizes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import shapecalc
from shapecalc.dims import Dim, symbol
from shapecalc.errors import ShapecalcError
from shapecalc.facts import Facts
from shapecalc.net import Net, Shape, Size
from shapecalc.propagate import Propagation, Step
from shapecalc.registry import default_registry
from shapecalc.relations import Relation, negate

DATA = Path(__file__).parent / "data"
Row: TypeAlias = "dict[str, Any]"

# Refusals that depend on what a tensor holds, integers or values, which shapes don't say.
ABOUT_CONTENTS = re.compile(
    r"scalar type|floating point type for target|target dtype|LongTensor|to have value at most"
    r"|Expected tensor to have size .* for argument #2 'targets'"
)
# Shapes that depend on the largest number in a tensor.
BY_CONTENTS = re.compile(r"one_hot\((num_classes=)?(-1)?\)")


class Outcome(NamedTuple):
    """Shapes of the outputs in order, of the parameters and of the buffers."""

    outputs: tuple[Shape, ...]
    parameters: tuple[tuple[str, Shape], ...]
    buffers: tuple[tuple[str, Shape], ...]

    @classmethod
    def of_row(cls, row: Row) -> Outcome | None:
        """Read what PyTorch made of the call; None where it refused."""
        if not row["ok"]:
            return None
        state = (
            tuple((name, tuple(shape)) for name, shape in row.get(key, {}).items())
            for key in ("parameters", "buffers")
        )
        return cls(tuple(map(tuple, row["outputs"])), *state)

    @classmethod
    def of_step(cls, step: Step) -> Outcome:
        """Read what the engine made of it."""
        return cls(tuple(step.shapes), tuple(step.parameters.items()), tuple(step.buffers.items()))

    def at(self, point: Mapping[str, int]) -> Outcome:
        """Put numbers in the place of symbols."""

        def put(shape: Shape) -> Shape:
            return tuple(size.evaluate(point) if isinstance(size, Dim) else size for size in shape)

        return Outcome(
            tuple(map(put, self.outputs)),
            tuple((name, put(shape)) for name, shape in self.parameters),
            tuple((name, put(shape)) for name, shape in self.buffers),
        )


def rows(*names: str) -> dict[str, list[Row]]:
    """Read recorded tables, by type; what depends on a tensor's contents is left out."""
    found: dict[str, list[Row]] = {}
    for name in names:
        with (DATA / name).open(encoding="utf-8") as file:
            for row in map(json.loads, file):
                if not depends_on_contents(row["net"]["layers"][-1]["layer"], row):
                    found.setdefault(row["type"], []).append(row)
    return found


def depends_on_contents(layer: str, outcome: Mapping[str, Any]) -> bool:
    """Tell whether an outcome hangs on what a tensor holds."""
    refused = ABOUT_CONTENTS.search(outcome.get("error", ""))
    return bool(refused or BY_CONTENTS.fullmatch(layer))


def with_numbers(row: Row) -> Outcome | None:
    """Run a row as it stands; None where it doesn't fit."""
    try:
        result = shapecalc.infer(row["net"])
    except shapecalc.SpecError:
        return None
    return None if result.errors else Outcome.of_step(result.steps[-1])


# ------------------------------------------------------------------------------- with symbols


class Cases(Facts):
    """Facts that go, where sizes leave a case open, the way it is at a point."""

    def __init__(self, point: Mapping[str, int]) -> None:
        super().__init__(dict.fromkeys(point, (1, None)), mixing=None)
        self.point = point

    def decide(self, relation: Relation, *, prefer: bool | None = None) -> bool:
        answer = self.holds(relation)
        if answer is None:
            answer = relation.evaluate(self.point)
            taken = relation if answer else negate(relation)
            assert not isinstance(taken, bool)
            self.grant(taken)
        return answer

    def hold(self) -> bool:
        """Say whether all that was demanded holds at the point."""
        return all(demand.relation.evaluate(self.point) for demand in self.demands)


def with_symbols(row: Row) -> Outcome | None:
    """Run a row with a symbol for each of its sizes, and put its sizes into what comes out.

    None where it doesn't fit: where that is so for every size, or where a demand fails at these. An
    empty dimension stays a number, since symbols stand for sizes of 1 and more. So does one that a
    formula needs as a number, such as how many outputs there are.
    """
    try:
        net = shapecalc.load(row["net"])
    except shapecalc.SpecError:
        return None
    point = {
        f"s{number}": size
        for number, size in enumerate(size for shape in net.inputs.values() for size in shape or ())
        if isinstance(size, int) and size > 0
    }
    for fixed in _subsets(point):
        free = {name: size for name, size in point.items() if name not in fixed}
        cases = Cases(free)
        try:
            outcome = Outcome.of_step(_run(net, free, cases))
        except ShapecalcError:
            continue
        return outcome.at(free) if cases.hold() else None
    return None


def _subsets(names: Mapping[str, int]) -> Iterator[frozenset[str]]:
    yield frozenset()
    for name in names:
        yield frozenset((name,))
    yield frozenset(names)


def _run(net: Net, free: Mapping[str, int], facts: Facts) -> Step:
    number = -1
    shapes: dict[str, Shape] = {}
    for name, shape in net.inputs.items():
        sizes: list[Size] = []
        for size in shape or ():
            number += 1
            sizes.append(symbol(f"s{number}") if f"s{number}" in free else size)
        shapes[name] = tuple(sizes)
    propagation = Propagation(default_registry(), shapes, facts)
    return [propagation.step(layer) for layer in net.layers][-1]
