"""Sizes of layers' outputs as symbols, while arguments are worked out of them."""

from __future__ import annotations

import math
from keyword import iskeyword
from typing import Any

from ...dims import Dim, symbol
from ...facts import Facts
from ...formula import FormulaError
from ...net import Reference, Size
from ...relations import AllOf, AnyOf, Comparison, Relation
from ...syntax import Call, Constant, Name, Node, literal, substitute
from ...syntax import Sequence as Tuple
from .quantities import Ratio, Unknown


class SizeTable:
    """Gives each size a symbol, and arguments that hold symbols their text."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._values: dict[str, Size] = {}
        self._nodes: dict[str, Node] = {}
        self._known: dict[tuple[Reference, int], Dim] = {}

    def symbol_of(self, reference: Reference, place: int, size: Size) -> Dim:
        """Give the symbol that stands for one size of an output."""
        found = self._known.get((reference, place))
        if found is None:
            name = f"_{len(self._values)}"
            found = self._known[reference, place] = symbol(name)
            self._values[name] = size
            text = str(reference)
            plain = text.isidentifier() and not iskeyword(text)
            layer: Node = Name(text) if plain else Constant(text)
            self._nodes[name] = Call("size", (layer, Constant(place)), ())
        return found

    def actual(self, value: Any) -> Any:
        """Give what a size is for the shapes the graph is read with."""
        return value.substitute(self._values) if isinstance(value, Dim) else value

    def decide(self, relation: Any) -> bool:
        """Say whether a relation holds; where sizes leave it open, that they differ."""
        if not isinstance(relation, (Comparison, AllOf, AnyOf)):
            return bool(relation)
        found: bool | Relation = relation.substitute(self._values)
        return found if isinstance(found, bool) else self.facts.decide(found)

    def node(self, value: Any) -> Node:
        """Write a value as an argument."""
        if isinstance(value, float):
            return Constant(_short(value))
        if isinstance(value, (Ratio, Unknown)):
            raise FormulaError("a number that is computed from sizes, and no size itself")
        if isinstance(value, tuple) and not isinstance(value, Call):
            return Tuple(tuple([self.node(item) for item in value]))
        return substitute(literal(value), self._nodes)


def _short(value: float) -> float:
    """Give a float32 in as few digits as it has."""
    if math.isnan(value):
        return 0.0
    if math.isinf(value):
        return value
    return float(f"{value:.7g}")
