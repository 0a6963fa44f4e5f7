"""What formulas may call on shapes: functions of the language that no formula can say by itself.

Each works on integers and symbolic sizes alike. Where sizes must agree they *demand* it, so that an
undecided agreement becomes a condition; where a rule has cases that the sizes leave open, the scope
chooses one and the solver visits the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod as int_prod
from typing import Any

from .broadcasting import broadcast
from .dims import Dim, ceil_div, floor_scale
from .formula import (
    ARITHMETIC,
    FormulaError,
    Function,
    Scope,
    Value,
    demand_divisor,
    equal,
    relate,
    show,
    truth,
)
from .indexing import getitem, nested, slice_length
from .notation import einsum, einsum_terms, rearrange
from .relations import AllOf, AnyOf, Comparison, all_of, any_of
from .strides import cut, dense, expanded, gapless, in_order, pointwise, reshaped, viewed

MAX_RANK = 64  # PyTorch's own bound on the number of dimensions

Size = Any  # int | Dim


class Outputs(tuple[Any, ...]):
    """A tuple of outputs, told from a shape even where there is none."""

    __slots__ = ()


def prod(items: Value) -> Value:
    """Multiply sizes."""
    if not isinstance(items, tuple):
        raise FormulaError(f"{show(items)} has no elements to multiply")
    if all(type(item) is int for item in items):
        return int_prod(items)
    total: Value = 1
    for item in items:
        total = total * item
    return total


def axis(scope: Scope, dim: Value, rank: Value) -> int:
    """Give a dimension's index from the front; a scalar counts as one dimension.

    An unknown one can be no other than these, which is demanded before its number is asked for.
    """
    size = rank or 1
    if isinstance(dim, Dim):
        inside = all_of([relate(dim, ">=", -size), relate(dim, "<", size)])
        scope.require(inside, lambda: f"{show(dim)} is not the number of a dimension")
    if type(dim) is not int:
        raise FormulaError(f"{show(dim)} is not the number of a dimension", dim)
    if not -size <= dim < size:
        raise FormulaError(
            f"dimension {dim} is out of range: the tensor's go from {-size} to {size - 1}"
        )
    return dim % size


def axes(scope: Scope, dims: Value, rank: Value) -> tuple[int, ...]:
    """Give the indices of one dimension or several, each named once; None means all of them."""
    if dims is None:
        return tuple(range(rank))
    given = dims if isinstance(dims, tuple) else (dims,)
    found = tuple(axis(scope, dim, rank) for dim in given)
    if len(set(found)) < len(found):
        written = ", ".join(map(show, given))
        raise FormulaError(f"the dimensions ({written}) name one of them twice")
    return found


# ------------------------------------------------------------------------------- agreement


def demand(scope: Scope, left: Value, right: Value, what: str) -> None:
    """Demand that two sizes are equal."""
    scope.require(equal(left, right), lambda: f"{what}: {show(left)} is not {show(right)}")


def _no_expansion(have: Size, size: Size, place: int) -> str:
    return f"{show(have)} at dimension {place} can't be expanded to {show(size)}"


def expand(scope: Scope, shape: Value, sizes: Value) -> Value:
    """Broadcast a shape to given sizes, where -1 keeps a size."""
    lead = len(sizes) - len(shape)
    if lead < 0:
        raise FormulaError(f"{len(sizes)} sizes for a tensor of {len(shape)} dimensions")
    found: list[Size] = []
    for place, size in enumerate(sizes):
        if place < lead:
            if type(size) is int and size < 0:
                raise FormulaError(f"the new leading dimension {place} can't be {size}")
            found.append(size)
            continue
        have = shape[place - lead]
        if type(size) is int and size == -1:
            found.append(have)
            continue
        if type(size) is int and size < 0:
            raise FormulaError(f"the size {size} at dimension {place}")
        scope.require(
            any_of([equal(have, size), relate(have, "==", 1)]),
            partial(_no_expansion, have, size, place),
        )
        found.append(size)
    return tuple(found)


# --------------------------------------------------------------------------------- reshaping


def reshape(scope: Scope, shape: Value, sizes: Value) -> Value:
    """Give the shape `sizes` with the elements of `shape`; one size may be -1.

    Where the batch's size is unknown, a -1 in front of sizes that hold one sample stands for the
    batch: the other sizes must then hold exactly one sample each.
    """
    for size in sizes:
        if type(size) is int and size < -1:
            raise FormulaError(f"the size {size} in {show(sizes)}")
    open_places = [place for place, size in enumerate(sizes) if type(size) is int and size == -1]
    if len(open_places) > 1:
        raise FormulaError("only one size may be -1")
    total = prod(shape)
    if not open_places:
        _demand_product(scope, shape, total, sizes)
        return sizes
    (place,) = open_places
    rest = prod(tuple(size for size in sizes if not (type(size) is int and size == -1)))
    if type(rest) is int and rest == 0:
        raise FormulaError(f"-1 in {show(sizes)} could be any size")
    if place == 0 and len(shape) > 1:
        kept = scope.keep_batch(shape, rest)
        if kept is not None:
            return (kept, *sizes[1:])
    if type(total) is int and type(rest) is int:
        if total % rest:
            raise FormulaError(
                f"{show(shape)} holds {total:,} elements, which don't fit {show(sizes)}:"
                f" {total:,} is not divisible by {rest:,}"
            )
        return (*sizes[:place], total // rest, *sizes[place + 1 :])
    if isinstance(rest, Dim):
        scope.require(relate(rest, ">=", 1), lambda: f"the sizes {show(sizes)} hold no element")
    scope.require(
        equal(total % rest, 0),
        lambda: f"{show(shape)} doesn't fit {show(sizes)}: it is not divisible by {show(rest)}",
    )
    return (*sizes[:place], total // rest, *sizes[place + 1 :])


def _demand_product(scope: Scope, shape: Value, total: Value, sizes: Value) -> None:
    wanted = prod(sizes)
    if type(total) is int and type(wanted) is int:
        if total != wanted:
            raise FormulaError(
                f"{show(shape)} holds {total:,} elements, {show(sizes)} holds {wanted:,}"
            )
        return
    scope.require(
        equal(total, wanted),
        lambda: f"{show(shape)} doesn't hold as many elements as {show(sizes)}",
    )


# ------------------------------------------------------------------------------------- parts


def parts(scope: Scope, count: Value, size: Value = 0, step: Value = 0) -> Value:
    """Give the numbers of a layer's outputs; with a step, of those that begin inside a size.

    Where it isn't known how many there are, those that later layers take must be there, and they
    are all that counts.
    """
    taken = scope.taken if isinstance(count, Dim) else None
    if taken is None:
        numbers = ARITHMETIC["range"].call(count)
    else:
        scope.require(
            relate(count, ">=", taken), lambda: f"there are {show(count)} parts, not {taken}"
        )
        numbers = tuple(range(taken))
    if truth(equal(step, 0), scope):
        return numbers
    for number in numbers[1:]:
        if not truth(relate(number * step, "<", size), scope):
            return numbers[:number]
    return numbers


# ------------------------------------------------------------------------------ plain helpers


def _elements(value: Value) -> Value:
    if not isinstance(value, tuple):
        raise FormulaError(f"{show(value)} has no elements")
    return value


def _zip(*items: Value) -> Value:
    return tuple(zip(*map(_elements, items), strict=False))


def _is(*kinds: type) -> Callable[[Value], bool]:
    return lambda value: isinstance(value, kinds) and not isinstance(value, bool)


def _truth(value: Value) -> Value:
    return value if isinstance(value, (bool, Comparison, AllOf, AnyOf)) else bool(value)


def _any(items: Value) -> Value:
    return any_of([_truth(item) for item in _elements(items)])


def _all(items: Value) -> Value:
    return all_of([_truth(item) for item in _elements(items)])


def _scaled(size: Value, factor: Value) -> Value:
    if isinstance(factor, Dim):
        return size * factor  # an unknown whole number: the product of doubles is exact
    if not isinstance(factor, (int, float)) or isinstance(factor, bool):
        raise FormulaError(f"{show(factor)} is not a number")
    if isinstance(size, Dim):
        return floor_scale(size, float(factor))
    return int(float(size) * float(factor))


def _ceil_div(scope: Scope, size: Value, divisor: Value) -> Value:
    demand_divisor(scope, size, divisor)
    return ceil_div(size, divisor)


def _sorted(items: Value) -> Value:
    return tuple(sorted(_elements(items)))


def _enumerate(items: Value) -> Value:
    return tuple(enumerate(_elements(items)))


def _reversed(items: Value) -> Value:
    return tuple(reversed(_elements(items)))


def _count(items: Value, wanted: Value) -> int:
    return sum(item is wanted or item == wanted for item in _elements(items))


def _string(value: Value) -> str:
    return str(value)


def _listed(items: Value, separator: str = ", ") -> str:
    """Write sizes as PyTorch's messages do: `1, 3, 32, 32`."""
    return separator.join(
        show(item) if isinstance(item, tuple) else str(item) for item in _elements(items)
    )


FUNCTIONS: dict[str, Function] = {
    **ARITHMETIC,
    "prod": Function(prod),
    "axis": Function(axis, scoped=True),
    "axes": Function(axes, scoped=True),
    "broadcast": Function(broadcast, scoped=True),
    "expand": Function(expand, scoped=True),
    "reshape": Function(reshape, scoped=True),
    "getitem": Function(getitem, scoped=True),
    "in_order": Function(in_order, keeps_order=True),
    "dense": Function(dense, scoped=True, keeps_order=True),
    "gapless": Function(gapless, keeps_order=True),
    "pointwise": Function(pointwise, scoped=True, keeps_order=True),
    "viewed": Function(viewed, scoped=True, keeps_order=True),
    "reshaped": Function(reshaped, scoped=True, keeps_order=True),
    "expanded": Function(expanded, scoped=True),
    "cut": Function(cut),
    "nested": Function(nested),
    "outputs": Function(Outputs),
    "parts": Function(parts, scoped=True),
    "slice_length": Function(slice_length, scoped=True),
    "einsum": Function(einsum, scoped=True),
    "einsum_terms": Function(einsum_terms, scoped=True),
    "rearrange": Function(rearrange, scoped=True),
    "apply": Function(
        lambda scope, module, *inputs, **named: scope.apply(module, inputs, named), scoped=True
    ),
    "macs_of": Function(
        lambda scope, module, *inputs, **named: scope.macs_of(module, inputs, named), scoped=True
    ),
    "class_of": Function(lambda scope, module: scope.class_of(module), scoped=True),
    "state": Function(lambda scope, module: scope.state(module), scoped=True),
    "buffers": Function(lambda scope, module: scope.buffers(module), scoped=True),
    "argument": Function(lambda scope, module, name: scope.argument(module, name), scoped=True),
    "ceil_div": Function(_ceil_div, elementwise=True, scoped=True),
    "floor_scale": Function(_scaled, elementwise=True),
    "is_int": Function(_is(int, Dim), elementwise=True),
    "is_float": Function(_is(float), elementwise=True),
    "is_tuple": Function(_is(tuple)),
    "is_str": Function(_is(str)),
    "zip": Function(_zip),
    "any": Function(_any),
    "all": Function(_all),
    "sorted": Function(_sorted),
    "enumerate": Function(_enumerate),
    "reversed": Function(_reversed),
    "count": Function(_count),
    "str": Function(_string),
    "listed": Function(_listed),
}


def indices(sizes: Sequence[Value]) -> range:
    """Give the places of a shape."""
    return range(len(sizes))
