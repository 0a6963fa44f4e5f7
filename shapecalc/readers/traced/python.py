"""Python's own functions in a trace: operators, indices, attributes, assertions."""

from __future__ import annotations

from collections.abc import Mapping
from operator import getitem
from typing import TYPE_CHECKING, Any

from ...errors import SpecError
from ...net import Reference
from ...outputs import is_shape
from ...spelling import is_attribute
from ...syntax import Call, Compare
from ...syntax import Sequence as Tuple
from ..operator_names import ABSOLUTE, ARITHMETIC, COMPARISONS, UNARY, in_place
from .measures import RANK, SIZES, compute, negated
from .values import Expression, Opaque, Output, RankWanted, Sizes, Value, measured

if TYPE_CHECKING:
    from .trace import Trace

_OPERATORS = {
    **ARITHMETIC,
    **{in_place(name): symbol for name, symbol in ARITHMETIC.items()},
    **COMPARISONS,
    **{name: name for name in (*UNARY.values(), ABSOLUTE)},
}
_IN_PLACE = frozenset(map(in_place, ARITHMETIC))


def is_plumbing(target: Any) -> bool:
    """Say whether a function is Python's own, or an assertion, and no layer."""
    name = getattr(target, "__name__", "")
    module = getattr(target, "__module__", "") or ""
    return module.lstrip("_") in ("operator", "builtins", "math") or is_assertion(name)


def is_assertion(name: str) -> bool:
    """Say whether a function only refuses what it doesn't like."""
    return name.lstrip("_").startswith("assert")


class Python:
    """Follows them for one trace."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.registry = trace.registry

    def call(self, name: str, node: Any) -> Value:
        """Follow one of Python's own functions, on sizes or on tensors."""
        trace = self.trace
        given = [trace.value(item) for item in node.args]
        if name == "getattr":
            return self.get(node, given[0], str(given[1]))
        if name == getitem.__name__:
            return self.item(node, given[0], given[1])
        if any(isinstance(item, Output) for item in given):
            return self.operator(name, node)
        return self.arithmetic(name, given)

    def operator(self, name: str, node: Any) -> Value:
        """Apply an operator to tensors."""
        symbol = _OPERATORS.get(name)
        function = self.registry.operator(symbol) if symbol is not None else None
        if function is None:
            where = self.trace.place(node)
            raise SpecError(f"`{name}` of a tensor{where} isn't followed", code="S136")
        found = self.trace.apply(function, node)
        if name in _IN_PLACE:
            self.trace.become(node.args[0], found)
        return found

    def arithmetic(self, name: str, given: list[Value]) -> Value:
        """Compute with sizes."""
        sizes = self.trace.measures
        given = [sizes.all_sizes(item) if isinstance(item, Sizes) else item for item in given]
        unknown = next((item for item in given if isinstance(item, Opaque)), None)
        if unknown is not None:
            return unknown
        symbol = _OPERATORS.get(name)
        if symbol == "+" and all(type(item) in (tuple, list) for item in given):
            return (*given[0], *given[1])
        if symbol is None or not all(isinstance(item, (int, float, Expression)) for item in given):
            return Opaque(f"`{name}` of sizes")
        return negated(symbol, given[0]) if len(given) == 1 else compute(symbol, *given)

    def get(self, node: Any, owner: Value, name: str) -> Value:
        """Follow `x.name`."""
        if not isinstance(owner, Output):
            return Opaque(f"the attribute {name}")
        if name in SIZES | RANK:
            return self.trace.measures.measure(owner, name, [])
        if self.registry.knows(name) and is_attribute(self.registry.find(name)):
            return self.trace.emit(
                self.trace.entry(node, name), Call(name, (), ()), (owner.reference,)
            )
        return owner if name == "data" else Opaque(f"the attribute {name} of a tensor")

    def item(self, node: Any, owner: Value, index: Value) -> Value:
        """Follow `x[index]`, of a tensor, of several outputs, or of sizes."""
        trace = self.trace
        if isinstance(owner, Sizes):
            if type(index) is int:
                return trace.measures.size(owner.tensor, index)
            owner = trace.measures.some_sizes(owner, index)
        if isinstance(owner, Opaque):
            return owner
        if not isinstance(owner, Output):
            return owner[index]
        if self.is_several(owner, index):
            return self.part(owner, index)
        written = trace.node(index, bare=True)
        if isinstance(index, list):
            written = Tuple((written,))
        function = self.registry.operator("[]")
        assert function is not None
        return trace.emit(
            trace.entry(node, function), Call(function, (written,), ()), (owner.reference,)
        )

    def is_several(self, owner: Output, index: Value) -> bool:
        """Say whether a layer has several outputs, of which one is chosen."""
        if owner.shape is not None:
            return not is_shape(owner.shape)
        if not isinstance(index, (int, slice)):
            return False
        call = self.trace.calls.get(owner.reference.name)
        if call is None:  # an input
            return False
        output = self.registry.find(call.function).data.get("output", "input")
        if isinstance(output, Mapping):
            for place in owner.reference.path:
                output = [*output.values()][place] if isinstance(output, Mapping) else output
            return isinstance(output, Mapping)
        if str(output) == "input" or str(output).startswith("([N]"):
            return False
        raise self.wanted(owner, index)

    def wanted(self, owner: Output, index: Value) -> RankWanted:
        """Say why the inputs' shapes are needed."""
        why = f"`[{index}]` is used on the output of {owner.reference}"
        return RankWanted(self.trace.measures.wanted(), why)

    def part(self, owner: Output, index: Value) -> Value:
        """Choose among several outputs."""
        name, path = owner.reference
        if type(index) is int:
            shape = owner.shape[index] if owner.shape is not None else None
            left_out = shape is None and owner.shape is not None
            return None if left_out else Output(Reference(name, (*path, index)), shape)
        if owner.shape is None:
            raise self.wanted(owner, index)
        places = [*range(len(owner.shape))][index]
        return tuple([self.part(owner, place) for place in places])

    def assertion(self, node: Any) -> None:
        """Keep what a forward demands of its inputs' sizes."""
        trace = self.trace
        value = trace.value(node.args[0]) if node.args else None
        if isinstance(value, Expression) and isinstance(value.node, Compare):
            names = {str(name) for name in measured(value.node)}
            if names and names <= set(trace.inputs):
                trace.where.append(value.node)
