"""Formulas over sizes: compiled once, evaluated over integers and symbolic sizes alike.

Nothing is executed: names, operators and functions are looked up in tables of ours, and exponents
and lengths are bounded.

A *per-axis* name (a kernel size, the spatial sizes) holds one value for each spatial axis. An
expression over it is computed for each axis; functions that aren't elementwise (`prod`, `len`),
`*name` and `name[i]` see all its values at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from collections.abc import Sequence as Sequence_
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from .dims import Dim, maximum, minimum
from .errors import SpecError
from .relations import AllOf, AnyOf, Comparison, Relation, all_of, any_of, compare, negate
from .syntax import (
    Binary,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Logic,
    Name,
    Node,
    Sequence,
    Slice,
    Star,
    Subscript,
    Unary,
    literal,
    parts_of,
    to_text,
)

MAX_ITEMS = 100_000  # elements of one tuple
MAX_BITS = 4_096  # of one integer
MAX_EXPONENT = 64

Value: TypeAlias = Any  # int, Dim, Relation, float, bool, str, None, slice, or a tuple of values


class Function(NamedTuple):
    """A function of the language.

    `elementwise`: computed for each axis when an argument is per-axis. `scoped`: gets the scope
    as its first argument, for functions that demand or decide something about sizes.
    `keeps_order`: of strides, gives those of a contiguous tensor for those of one.
    """

    call: Callable[..., Value]
    elementwise: bool = False
    scoped: bool = False
    keeps_order: bool = False


class Scope(dict[str, Value]):
    """The values of names while a formula is evaluated; `axes` is the number of spatial axes."""

    __slots__ = ("axes",)

    def __init__(self, values: Mapping[str, Value] = {}, axes: int = 0) -> None:
        super().__init__(values)
        self.axes = axes

    def decide(self, relation: Relation) -> bool:
        """Say whether an undecided relation is taken to hold; without facts that is an error."""
        raise FormulaError(f"whether {relation} is not known here")

    def holds(self, relation: Relation | bool) -> bool | None:
        """Say whether a relation is proven, refuted, or (None) open."""
        return relation if isinstance(relation, bool) else None

    @property
    def unites(self) -> bool:
        """Whether cases that the sizes leave open are united, rather than visited one by one."""
        return False

    @property
    def taken(self) -> int | None:
        """How many of the layer's outputs others take, counted to the last; None: perhaps all."""
        return None

    def possible(self, relation: Relation | bool) -> bool:
        """Say whether a relation may hold, as far as is known."""
        return self.holds(relation) is not False

    def choose(self, relation: Relation | bool, *, prefer: bool) -> bool:  # noqa: ARG002
        """Choose a case where the sizes leave it open."""
        return relation if isinstance(relation, bool) else self.decide(relation)

    def require(
        self,
        value: bool | Relation,
        message: Callable[[], str],
        kind: str = "check",  # noqa: ARG002
    ) -> None:
        """Demand a relation."""
        if not (value if isinstance(value, bool) else self.decide(value)):
            raise FormulaError(message())

    def tentatively(self, compute: Callable[[], Value]) -> tuple[bool, Value]:
        """Compute a value, and say whether that went without demands, choices and errors."""
        return True, compute()

    def keep_batch(self, shape: Value, rest: Value) -> Value:  # noqa: ARG002
        """Give the batch's size where a view must keep it; None leaves it as PyTorch has it."""
        return None

    def apply(self, module: Value, inputs: Sequence_[Value], named: Mapping[str, Value]) -> Value:  # noqa: ARG002
        """Give the output of a module that is an argument."""
        raise FormulaError(f"{show(module)} can't be applied here")

    def state(self, module: Value) -> Value:
        """Give the parameters of a module that is an argument."""
        raise FormulaError(f"{show(module)} has no parameters here")

    def argument(self, module: Value, name: str) -> Value:  # noqa: ARG002
        """Give one argument of a module that is an argument."""
        raise FormulaError(f"{show(module)} has no arguments here")


class FormulaError(ValueError):
    """A value that a formula can't work with; the message says which.

    `open` are the symbols whose numbers it would need, where the value is a size that isn't known.
    """

    def __init__(self, message: str, *values: Value) -> None:
        super().__init__(message)
        self.open: frozenset[str] = frozenset().union(
            *(value.symbols for value in values if isinstance(value, Dim))
        )


class NotKnown(FormulaError):
    """A name that has no value, such as a size that a lazy layer takes from its first input."""


Compiled: TypeAlias = Callable[[Scope, int], Value]


def truth(value: Value, scope: Scope) -> bool:
    """Decide a condition, asking the scope when sizes leave it open."""
    value = truth_value(value)
    return scope.decide(value) if isinstance(value, (Comparison, AllOf, AnyOf)) else bool(value)


def truth_value(value: Value) -> Value:
    """Give what a value stands for as a condition: a size is true unless it is 0."""
    return compare(value, "!=", 0) if isinstance(value, Dim) else value


def equal(left: Value, right: Value) -> bool | Relation:
    """Compare any two values; sizes that may be equal give a relation."""
    if isinstance(left, Dim) or isinstance(right, Dim):
        if isinstance(left, (int, Dim)) and isinstance(right, (int, Dim)):
            return compare(left, "==", right)
        number = right if isinstance(left, Dim) else left
        if isinstance(number, float) and number.is_integer():
            return equal(*(int(x) if isinstance(x, float) else x for x in (left, right)))
        return False
    if isinstance(left, tuple) and isinstance(right, tuple):
        if len(left) != len(right):
            return False
        return all_of([equal(a, b) for a, b in zip(left, right, strict=True)])
    return bool(left == right)


def relate(left: Value, operator: str, right: Value) -> bool | Relation:
    """Apply a comparison operator to two values."""
    match operator:
        case "==":
            return equal(left, right)
        case "!=":
            return negate(equal(left, right))
        case "is" | "is not":
            same = left is right or (type(left) is type(right) and left == right)
            return same if operator == "is" else not same
        case "in" | "not in":
            if isinstance(right, str):
                found: bool | Relation = isinstance(left, str) and left in right
            elif isinstance(right, tuple):
                found = any_of([equal(left, item) for item in right])
            else:
                raise FormulaError(f"{show(right)} has no elements")
            return found if operator == "in" else negate(found)
    if isinstance(left, Dim) or isinstance(right, Dim):
        if isinstance(left, (int, Dim)) and isinstance(right, (int, Dim)):
            return compare(left, operator, right)
        if isinstance(left, Dim) and isinstance(right, float):
            return _compare_with_float(left, operator, right)
        if isinstance(left, float) and isinstance(right, Dim):
            return _compare_with_float(right, _MIRRORED[operator], left)
    elif isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return _ORDER[operator](left, right)
    raise FormulaError(f"{show(left)} and {show(right)} can't be compared")


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _compare_with_float(size: Dim, operator: str, number: float) -> bool | Relation:
    """Compare a whole number that isn't known with a float: it is below 2.5 where it is below 3."""
    if not float("-inf") < number < float("inf"):
        return _ORDER[operator](0, number)
    whole = int(number // 1)
    above = whole + 1 if operator in ("<", ">=") and whole != number else whole
    return compare(size, operator, above)


def show(value: Value) -> str:
    """Write a value for people: shapes as `1×3×32×32`, the rest as Python does."""
    if isinstance(value, tuple):
        if value and all(isinstance(item, (int, Dim)) for item in value):
            return "×".join(f"({item})" if _is_sum(item) else str(item) for item in value)
        return "(" + ", ".join(show(item) for item in value) + ")"
    return (
        str(value)
        if isinstance(value, Dim)
        else repr(value)
        if isinstance(value, str)
        else str(value)
    )


def _is_sum(size: Value) -> bool:
    return isinstance(size, Dim) and any(sign in str(size) for sign in "+-*/")


def _number(value: Value) -> Value:
    if isinstance(value, (int, float, Dim)):
        return value
    raise FormulaError(f"{show(value)} is not a number")


def _add(left: Value, right: Value) -> Value:
    if isinstance(left, tuple) and isinstance(right, tuple):
        if len(left) + len(right) > MAX_ITEMS:
            raise FormulaError(f"more than {MAX_ITEMS:,} elements")
        return left + right
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return _number(left) + _number(right)


def _subtract(left: Value, right: Value) -> Value:
    return _number(left) - _number(right)


def _multiply(left: Value, right: Value) -> Value:
    for items, times in ((left, right), (right, left)):
        if isinstance(items, tuple) and type(times) is int:
            if len(items) * times > MAX_ITEMS:
                raise FormulaError(f"more than {MAX_ITEMS:,} elements")
            return items * times
    return _bounded(_number(left) * _number(right))


def _bounded(value: Value) -> Value:
    if type(value) is int and value.bit_length() > MAX_BITS:
        raise FormulaError(f"a number of more than {MAX_BITS} bits, which no size can be")
    return value


def _divide(left: Value, right: Value) -> Value:
    if _number(right) == 0:
        raise FormulaError(f"{show(left)} divided by zero")
    if isinstance(left, Dim) or isinstance(right, Dim):
        raise FormulaError(
            f"{show(left)}/{show(right)}: `/` makes a float, which no size can be; use `//`",
            left,
            right,
        )
    return _number(left) / right


def _floor_divide(left: Value, right: Value) -> Value:
    return _number(left) // right


def _modulo(left: Value, right: Value) -> Value:
    return _number(left) % right


def demand_divisor(scope: Scope, top: Value, divisor: Value) -> None:
    """Demand that a divisor that isn't known is at least 1; one that is known must not be 0."""
    if isinstance(divisor, Dim):
        scope.require(compare(divisor, ">=", 1), lambda: f"{show(top)} divided by {show(divisor)}")
    elif _number(divisor) == 0:
        raise FormulaError(f"{show(top)} divided by zero")


def _power(left: Value, right: Value) -> Value:
    if type(right) is not int or not 0 <= right <= MAX_EXPONENT:
        if isinstance(left, (int, float)) and isinstance(right, float):
            return float(left) ** right
        raise FormulaError(
            f"the exponent {show(right)}; it must be an integer from 0 to {MAX_EXPONENT}", right
        )
    if type(left) is int and left.bit_length() * right > MAX_BITS:
        raise FormulaError(f"a number of more than {MAX_BITS} bits, which no size can be")
    return _number(left) ** right


def _exact(
    operator: str, apply: Callable[[Value, Value], Value]
) -> Callable[[Value, Value], Value]:
    """Say so where a symbolic size meets a float."""

    def run(left: Value, right: Value) -> Value:
        try:
            return apply(left, right)
        except TypeError:
            raise FormulaError(
                f"{show(left)} {operator} {show(right)}: a size that isn't known yet and a float",
                left,
                right,
            ) from None

    return run


_OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    operator: _exact(operator, apply)
    for operator, apply in {
        "+": _add,
        "-": _subtract,
        "*": _multiply,
        "/": _divide,
        "//": _floor_divide,
        "%": _modulo,
        "**": _power,
    }.items()
}


class Compiler:
    """Compile nodes into closures over a scope and the index of a spatial axis."""

    def __init__(
        self, functions: Mapping[str, Function], per_axis: Collection[str] = frozenset()
    ) -> None:
        self.functions = functions
        self.per_axis = per_axis

    def is_per_axis(self, node: Node) -> bool:
        """Tell whether a node has one value for each spatial axis."""
        match node:
            case Name(name):
                return name in self.per_axis
            case Call(function, arguments, _):
                known = self.functions.get(function)
                return (
                    known is not None
                    and known.elementwise
                    and any(map(self.is_per_axis, arguments))
                )
            case Subscript(_, index):
                return not isinstance(index, Slice) and self.is_per_axis(index)
            case Unary() | Binary() | Compare() | Logic() | Conditional():
                return any(map(self.is_per_axis, parts_of(node)))
            case _:
                return False

    def whole(self, node: Node) -> Compiled:
        """Compile for a place that takes all axes at once: a per-axis value becomes a tuple."""
        if not self.is_per_axis(node):
            return self.single(node)
        if isinstance(node, Name):
            name = node.name
            return lambda scope, _: scope[name]
        one = self.single(node)
        return lambda scope, _: tuple([one(scope, axis) for axis in range(scope.axes)])

    def single(self, node: Node) -> Compiled:
        """Compile for one axis, or for a value that has nothing to do with axes."""
        match node:
            case Constant(value):
                return lambda scope, axis: value
            case Name(name):
                return self._name(name)
            case Sequence(items, _):
                return self._sequence(items)
            case Unary(operator, operand):
                return self._unary(operator, self.single(operand))
            case Binary(operator, left, right):
                return self._binary(operator, self.single(left), self.single(right))
            case Compare(first, rest):
                return self._compare(
                    self.single(first), [(op, self.single(item)) for op, item in rest]
                )
            case Logic(operator, items):
                return self._logic(operator, [self.single(item) for item in items])
            case Conditional(test, yes, no):
                check, then, other = self.single(test), self.single(yes), self.single(no)
                return lambda scope, axis: (
                    then(scope, axis) if truth(check(scope, axis), scope) else other(scope, axis)
                )
            case Call():
                return self._call(node)
            case Subscript(value, index):
                return self._subscript(self.whole(value), index)
            case Comprehension():
                return self._comprehension(node)
            case Star() | Slice():
                raise SpecError(f"`{to_text(node)}` can't stand here", code="S102")

    def _name(self, name: str) -> Compiled:
        if name not in self.per_axis:
            return lambda scope, axis: scope[name]

        def read(scope: Scope, axis: int) -> Value:
            value = scope[name]
            return value[axis] if type(value) is tuple else value

        return read

    def _sequence(self, items: tuple[Node, ...]) -> Compiled:
        parts: list[tuple[str, Compiled]] = []
        for item in items:
            match item:
                case Star(value):
                    parts.append(("star", self.whole(value)))
                case Sequence((Name() as name,), True):
                    parts.append(("optional", self.single(name)))
                case _:
                    parts.append(("item", self.whole(item)))
        if all(kind == "item" for kind, _ in parts):
            plain = [part for _, part in parts]
            return lambda scope, axis: tuple([part(scope, axis) for part in plain])

        def build(scope: Scope, axis: int) -> Value:
            found: list[Value] = []
            for kind, part in parts:
                value = part(scope, axis)
                if kind == "item":
                    found.append(value)
                elif kind == "star":
                    if not isinstance(value, tuple):
                        raise FormulaError(f"{show(value)} has no elements")
                    found.extend(value)
                elif value is not None:
                    found.append(value)
            return tuple(found)

        return build

    def _unary(self, operator: str, operand: Compiled) -> Compiled:
        if operator == "not":
            return lambda scope, axis: negate_value(operand(scope, axis))
        if operator == "-":
            return lambda scope, axis: -_number(operand(scope, axis))
        return operand

    def _binary(self, operator: str, left: Compiled, right: Compiled) -> Compiled:
        apply = _OPERATORS[operator]
        if operator in "+-":  # the hot path: plain integers
            add = operator == "+"

            def quick(scope: Scope, axis: int) -> Value:
                a, b = left(scope, axis), right(scope, axis)
                if type(a) is int and type(b) is int:
                    return a + b if add else a - b
                return apply(a, b)

            return quick
        if operator in ("//", "%"):

            def divide(scope: Scope, axis: int) -> Value:
                a, b = left(scope, axis), right(scope, axis)
                demand_divisor(scope, a, b)
                return apply(a, b)

            return divide
        return lambda scope, axis: apply(left(scope, axis), right(scope, axis))

    def _compare(self, first: Compiled, rest: list[tuple[str, Compiled]]) -> Compiled:
        if len(rest) == 1:
            operator, second = rest[0]
            return lambda scope, axis: relate(first(scope, axis), operator, second(scope, axis))

        def chain(scope: Scope, axis: int) -> Value:
            left, found = first(scope, axis), []
            for operator, item in rest:
                right = item(scope, axis)
                found.append(relate(left, operator, right))
                left = right
            return all_of(found)

        return chain

    def _logic(self, operator: str, items: list[Compiled]) -> Compiled:
        stop = operator == "or"

        def run(scope: Scope, axis: int) -> Value:
            open_items: list[Value] = []
            value: Value = not stop
            for item in items:
                clean, value = True, None
                if open_items:
                    clean, value = scope.tentatively(partial(item, scope, axis))
                if not clean:  # what it demands counts only where those before don't settle it
                    before = any_of(open_items) if stop else all_of(open_items)
                    if truth(before, scope) is stop:
                        return stop
                    open_items.clear()
                if not open_items:
                    value = item(scope, axis)
                value = truth_value(value)
                if isinstance(value, (Comparison, AllOf, AnyOf)):
                    known = scope.holds(value)
                    if known is stop:
                        return stop
                    if known is None:
                        open_items.append(value)
                elif bool(value) is stop:
                    return value
            if open_items:
                return any_of(open_items) if stop else all_of(open_items)
            return value

        return run

    def _call(self, node: Call) -> Compiled:
        function = self.functions.get(node.function)
        if function is None:
            if node.function[:1].isupper() and node.forward is None:
                return self._module(node)
            raise SpecError(
                f"{node.function} is not a function of the language of formulas", code="S102"
            )
        if node.forward is not None:
            raise SpecError(f"`{to_text(node)}` can't stand here", code="S102")
        mode = self.single if function.elementwise else self.whole
        call, scoped = function.call, function.scoped
        starred = any(isinstance(item, Star) for item in node.arguments)
        if starred:
            packed = self._sequence(node.arguments)
            return lambda scope, axis: call(*((scope,) if scoped else ()), *packed(scope, axis))
        given = [mode(item) for item in node.arguments]
        named = [(name, mode(item)) for name, item in node.keywords]
        if named or scoped:

            def full(scope: Scope, axis: int) -> Value:
                values = [part(scope, axis) for part in given]
                if scoped:
                    values.insert(0, scope)
                return call(*values, **{name: part(scope, axis) for name, part in named})

            return full
        if len(given) == 2:
            a, b = given
            return lambda scope, axis: call(a(scope, axis), b(scope, axis))
        return lambda scope, axis: call(*[part(scope, axis) for part in given])

    def _module(self, node: Call) -> Compiled:
        """Make a module: the call of a layer, with its arguments worked out."""
        given = [self.whole(item) for item in node.arguments]
        named = [(name, self.whole(item)) for name, item in node.keywords]
        return lambda scope, axis: Call(
            node.function,
            tuple([literal(part(scope, axis)) for part in given]),
            tuple([(name, literal(part(scope, axis))) for name, part in named]),
        )

    def _subscript(self, value: Compiled, index: Node) -> Compiled:
        if isinstance(index, Slice):
            bounds = [
                None if part is None else self.single(part)
                for part in (index.start, index.stop, index.step)
            ]

            def cut(scope: Scope, axis: int) -> Value:
                parts = [None if part is None else part(scope, axis) for part in bounds]
                items = value(scope, axis)
                if not isinstance(items, tuple) or any(isinstance(part, Dim) for part in parts):
                    raise FormulaError(f"{show(items)} can't be sliced so", *parts)
                return items[slice(*parts)]

            return cut
        place = self.single(index)

        def pick(scope: Scope, axis: int) -> Value:
            items, at = value(scope, axis), place(scope, axis)
            if not isinstance(items, tuple) or type(at) is not int:
                raise FormulaError(f"{show(items)} has no element {show(at)}", at)
            if not -len(items) <= at < len(items):
                raise FormulaError(f"{show(items)} has {len(items)} elements, and none at {at}")
            return items[at]

        return pick

    def _comprehension(self, node: Comprehension) -> Compiled:
        items = self.whole(node.items)
        inner = Compiler(self.functions, frozenset(self.per_axis) - set(node.names))
        element = inner.whole(node.element)
        tests = [inner.single(test) for test in node.tests]
        names = node.names

        def run(scope: Scope, axis: int) -> Value:
            values = items(scope, axis)
            if not isinstance(values, tuple):
                raise FormulaError(f"{show(values)} has no elements")
            kept = {name: scope[name] for name in names if dict.__contains__(scope, name)}
            found = []
            try:
                for value in values:
                    if len(names) == 1:
                        scope[names[0]] = value
                    else:
                        scope.update(zip(names, value, strict=True))
                    if all(truth(test(scope, axis), scope) for test in tests):
                        found.append(element(scope, axis))
            finally:
                for name in names:
                    scope.pop(name, None)
                scope.update(kept)
            return tuple(found)

        return run


def negate_value(value: Value) -> Value:
    """Apply `not` to a truth value that may be an undecided relation."""
    value = truth_value(value)
    return negate(value) if isinstance(value, (Comparison, AllOf, AnyOf)) else not value


def _range(*arguments: Value) -> Value:
    if not all(type(item) is int for item in arguments):
        open_ = next(item for item in arguments if type(item) is not int)
        raise FormulaError(
            f"how many there are depends on {show(open_)}, which must be a number here", open_
        )
    found = range(*arguments)
    if len(found) > MAX_ITEMS:
        raise FormulaError(f"more than {MAX_ITEMS:,} elements")
    return tuple(found)


def _integer(value: Value) -> Value:
    return value if isinstance(value, Dim) else int(_number(value))


def _extreme(pick: Callable[..., Value], plain: Callable[..., Value]) -> Callable[..., Value]:
    def run(*values: Value) -> Value:
        items = values[0] if len(values) == 1 and isinstance(values[0], tuple) else values
        if not items:
            raise FormulaError("the smallest or largest of nothing")
        if not any(isinstance(item, Dim) for item in items):
            return plain(map(_number, items))
        if any(isinstance(item, float) for item in items):
            raise FormulaError(f"the smaller or larger of {show(items)}, sizes and a float", *items)
        return pick(*items)

    return run


def _length(items: Value) -> int:
    if not isinstance(items, (tuple, str)):
        raise FormulaError(f"{show(items)} has no elements to count")
    return len(items)


def _sum(items: Value) -> Value:
    total: Value = 0
    for item in items:
        total = total + _number(item)
    return total


ARITHMETIC: dict[str, Function] = {
    "min": Function(_extreme(minimum, min), elementwise=True),
    "max": Function(_extreme(maximum, max), elementwise=True),
    "abs": Function(lambda value: abs(_number(value)), elementwise=True),
    "int": Function(_integer, elementwise=True),
    "len": Function(_length),
    "sum": Function(_sum),
    "range": Function(_range),
    "slice": Function(lambda *parts: slice(*parts)),
    "tuple": Function(lambda items=(): tuple(items)),
}
