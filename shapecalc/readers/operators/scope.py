"""The names of one rule's formulas, for one operator of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...formula import FormulaError, Scope
from ...formula import Value as Formula
from .model import Operation
from .rules import Rule
from .sizes import SizeTable
from .values import Held, Output, Value


class RuleScope(Scope):
    """Names are inputs, attributes, and what `where` computes, worked out when they are needed.

    A tensor is its shape, and `NAME_value` its numbers where they are known.
    """

    __slots__ = ("inputs", "operation", "rule", "sizes")

    def __init__(
        self, rule: Rule, operation: Operation, inputs: Mapping[str, Value], sizes: SizeTable
    ) -> None:
        super().__init__()
        self.rule = rule
        self.operation = operation
        self.inputs = inputs
        self.sizes = sizes
        self["outputs"] = len(operation.outputs)
        self["used"] = tuple([bool(name) for name in operation.outputs])
        if "axes" in rule.where:
            axes = rule.where["axes"](self, 0)
            if type(axes) is not int or axes < 0:
                raise FormulaError("a tensor with fewer dimensions than it needs")
            self.axes = axes
            self["axes"] = axes

    def __missing__(self, name: str) -> Formula:
        self[name] = None  # a formula that needs itself finds nothing
        found = self[name] = self._worked_out(name)
        return found

    def _worked_out(self, name: str) -> Formula:
        rule = self.rule
        role = rule.inputs.get(name) or rule.inputs.get(f"*{name}")
        if role is not None:
            value = self.inputs.get(name)
            if value is not None:
                return self.number(name, value) if role.startswith("value") else self.shape(value)
        if name in self.operation.attributes and (role is not None or name in rule.attributes):
            return self.operation.attributes[name]
        if name in rule.attributes:
            return rule.attributes[name](self, 0)
        if role is not None:
            return None
        if name in rule.where:
            return rule.where[name](self, 0)
        if name.endswith("_value"):
            value = self.inputs.get(name.removesuffix("_value"))
            known = isinstance(value, Held) and value.is_constant
            return value.array().value if known and isinstance(value, Held) else None
        raise FormulaError(f"{name} is not known in the rule of {rule.kind}")

    def number(self, name: str, value: Value) -> Formula:
        """Give the numbers of an input whose shape wouldn't do."""
        if isinstance(value, Held) and value.items is not None:
            return value.array().value
        raise FormulaError(f"{name} depends on what is in a tensor, and not on its shape")

    def shape(self, value: Value) -> Formula:
        """Give a tensor's shape, in which sizes that a layer makes are symbols."""
        if isinstance(value, Output):
            return tuple(
                [
                    self.sizes.symbol_of(value.reference, place, size)
                    for place, size in enumerate(value.shape)
                ]
            )
        if isinstance(value, Held):
            return value.sizes
        return None if value is None else tuple([self.shape(item) for item in value.items])

    def actual(self, value: Any) -> Any:
        """Give what a size is for the shapes the graph is read with."""
        return self.sizes.actual(value)

    def decide(self, relation: Any) -> bool:
        return self.sizes.decide(relation)

    def choose(self, relation: Any, *, prefer: bool) -> bool:  # noqa: ARG002
        return self.sizes.decide(relation)
