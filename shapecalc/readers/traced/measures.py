"""Sizes of tensors while a trace is followed, and what is computed from them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from ...net import Shape
from ...outputs import is_shape
from ...syntax import Binary, Call, Compare, Constant, Name, Node, Unary
from ..operator_names import UNARY
from .values import Expression, Opaque, Output, RankWanted, Sizes, Value, plain_node

SIZES = frozenset({"size", "shape"})
RANK = frozenset({"dim", "ndim", "ndimension"})
COUNT = frozenset({"numel", "nelement"})
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_ARITHMETIC = frozenset({"+", "-", "*", "/", "//", "%", "**"})


class Measures:
    """Gives sizes as expressions; what needs a number of dimensions asks for the inputs' shapes."""

    def __init__(self, shapes: Mapping[str, Shape | None]) -> None:
        self.shapes = shapes

    def measure(self, tensor: Output, name: str, given: Sequence[Value]) -> Value:
        """Give sizes of a tensor, or how many dimensions or elements it has."""
        if name in SIZES:
            return self.size(tensor, given[0]) if given and given[0] is not None else Sizes(tensor)
        if not is_shape(tensor.shape):
            return Opaque(f"how many dimensions {tensor.reference} has", rank=True)
        rank = len(tensor.shape)
        if name in RANK:
            return rank
        total: Value = 1
        for place in range(rank):
            total = compute("*", total, self.size(tensor, place))
        return total

    def size(self, tensor: Output, place: Value) -> Value:
        """Give one size of a tensor."""
        if type(place) is not int:
            return Opaque(f"a size of {tensor.reference}")
        text = str(tensor.reference)
        layer: Node = Name(text) if text.isidentifier() else Constant(text)
        return Expression(Call("size", (layer, Constant(place)), ()))

    def all_sizes(self, sizes: Sizes) -> tuple[Value, ...]:
        """Give all sizes of a tensor, one by one."""
        tensor = sizes.tensor
        if not is_shape(tensor.shape):
            raise RankWanted(self.wanted(), f"all sizes of {tensor.reference} are used")
        return tuple([self.size(tensor, place) for place in range(len(tensor.shape))])

    def some_sizes(self, sizes: Sizes, index: Value) -> Value:
        """Give the sizes of a tensor among which an index chooses; the last ones need no rank."""
        if is_shape(sizes.tensor.shape):
            return self.all_sizes(sizes)
        match index:
            case slice(start=int(start), stop=None, step=None) if start < 0:
                return tuple([self.size(sizes.tensor, place) for place in range(start, 0)])
        return Opaque(f"`[{index}]` of the sizes of {sizes.tensor.reference}", rank=True)

    def wanted(self) -> str:
        """Name the first input without a shape."""
        open_ = [name for name, shape in self.shapes.items() if shape is None]
        return open_[0] if open_ else next(iter(self.shapes), "input")


def negated(symbol: str, value: Value) -> Value:
    """Apply an operator of one operand to a size."""
    if symbol == UNARY[ast.USub] and isinstance(value, Expression):
        return Expression(Unary("-", value.node))
    return Opaque(f"`{symbol}` of a size")


def compute(symbol: str, left: Value, right: Value) -> Value:
    """Compute with sizes."""
    one, two = plain_node(left), plain_node(right)
    if symbol in _COMPARISONS:
        return Expression(Compare(one, ((symbol, two),)))
    if symbol not in _ARITHMETIC:
        return Opaque(f"`{symbol}` of sizes")
    return Expression(two if left == 1 and symbol == "*" else Binary(symbol, one, two))
