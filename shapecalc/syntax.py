"""The syntax of formulas and of layer calls: Python expressions, read once into nodes of our own.

Nothing else imports :mod:`ast`. What is read is never executed: the language is the closed union
`Node`, and length, depth and numbers are bounded.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import inf
from typing import Any, NamedTuple, TypeAlias

from .dims import Dim
from .errors import Location, SpecError
from .relations import AllOf, AnyOf, Comparison

MAX_LENGTH = 20_000  # characters of one formula
MAX_DEPTH = 100  # nested nodes
MAX_SIZE_LITERAL = 2**63 - 1  # PyTorch's sizes are 64-bit integers


class Constant(NamedTuple):
    """A literal: an integer, a float, a string, True, False, None or `...`."""

    value: Any


class Name(NamedTuple):
    """An identifier."""

    name: str


class Star(NamedTuple):
    """`*items` inside a tuple or a call."""

    value: Node


class Sequence(NamedTuple):
    """A tuple; `[N]`, a list of one name inside a tuple, stands for a size that may be absent."""

    items: tuple[Node, ...]
    optional: bool = False


class Unary(NamedTuple):
    """`-x`, `+x` or `not x`."""

    operator: str
    operand: Node


class Binary(NamedTuple):
    """Arithmetic on two operands."""

    operator: str
    left: Node
    right: Node


class Compare(NamedTuple):
    """A chain of comparisons: `0 <= x < 3`."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


class Logic(NamedTuple):
    """`and` or `or` over two operands or more."""

    operator: str
    items: tuple[Node, ...]


class Conditional(NamedTuple):
    """`yes if test else no`."""

    test: Node
    yes: Node
    no: Node


class Call(NamedTuple):
    """A call, of a function of the language or of a layer; `forward` is a second pair of brackets."""

    function: str
    arguments: tuple[Node, ...]
    keywords: tuple[tuple[str, Node], ...]
    forward: tuple[tuple[Node, ...], tuple[tuple[str, Node], ...]] | None = None


class Subscript(NamedTuple):
    """`value[index]`."""

    value: Node
    index: Node  # type: ignore[assignment]  # tuple.index isn't used


class Slice(NamedTuple):
    """`start:stop:step` inside a subscript."""

    start: Node | None
    stop: Node | None
    step: Node | None


class Comprehension(NamedTuple):
    """`element for names in items if tests`, which makes a tuple."""

    element: Node
    names: tuple[str, ...]
    items: Node
    tests: tuple[Node, ...]


Node: TypeAlias = (
    Constant
    | Name
    | Star
    | Sequence
    | Unary
    | Binary
    | Compare
    | Logic
    | Conditional
    | Call
    | Subscript
    | Slice
    | Comprehension
)

_BINARY = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}
_COMPARE = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
_UNARY = {ast.USub: "-", ast.UAdd: "+", ast.Not: "not"}


# ------------------------------------------------------------------------------------- reading


class _Reader:
    """Turn Python's syntax tree into ours, refusing what the language hasn't got."""

    def __init__(self, text: str) -> None:
        self.text = text

    def refuse(self, node: ast.AST, what: str) -> SpecError:
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        if not self.text.isascii():  # Python counts bytes
            lines = self.text.strip().split("\n")
            encoded = lines[line - 1].encode(errors="replace") if line <= len(lines) else b""
            column = len(encoded[:column].decode(errors="ignore"))
        return SpecError(
            what, location=Location("", line, column + 1), source=self.text, code="S102"
        )

    def read(self, node: ast.expr, depth: int = 0) -> Node:
        if depth > MAX_DEPTH:
            raise self.refuse(node, f"an expression nested deeper than {MAX_DEPTH} levels")
        deeper = depth + 1
        match node:
            case ast.Constant(value):
                return self.read_constant(node, value)
            case ast.Name(name):
                return Name(name)
            case ast.Starred(value):
                return Star(self.read(value, deeper))
            case ast.Tuple(items):
                return Sequence(tuple(self.read(item, deeper) for item in items))
            case ast.List(items):
                return Sequence(tuple(self.read(item, deeper) for item in items), optional=True)
            case ast.UnaryOp(operator, operand) if type(operator) in _UNARY:
                inner = self.read(operand, deeper)
                if isinstance(operator, ast.USub) and isinstance(inner, Constant):
                    if type(inner.value) in (int, float):
                        return Constant(-inner.value)
                return Unary(_UNARY[type(operator)], inner)
            case ast.BinOp(left, operator, right) if type(operator) in _BINARY:
                return Binary(
                    _BINARY[type(operator)], self.read(left, deeper), self.read(right, deeper)
                )
            case ast.Compare(left, operators, comparators):
                rest = tuple(
                    (_COMPARE[type(op)], self.read(item, deeper))
                    for op, item in zip(operators, comparators, strict=True)
                )
                return Compare(self.read(left, deeper), rest)
            case ast.BoolOp(operator, values):
                word = "and" if isinstance(operator, ast.And) else "or"
                return Logic(word, tuple(self.read(value, deeper) for value in values))
            case ast.IfExp(test, yes, no):
                return Conditional(
                    self.read(test, deeper), self.read(yes, deeper), self.read(no, deeper)
                )
            case ast.Call(function, arguments, keywords):
                return self.read_call(node, function, arguments, keywords, deeper)
            case ast.Subscript(value, index):
                return Subscript(self.read(value, deeper), self.read(index, deeper))
            case ast.Slice(lower, upper, step):
                parts = [
                    None if part is None else self.read(part, deeper)
                    for part in (lower, upper, step)
                ]
                return Slice(*parts)
            case ast.GeneratorExp(element, [generator]) | ast.ListComp(element, [generator]):
                return self.read_comprehension(node, element, generator, deeper)
        raise self.refuse(node, f"`{_excerpt(node)}` is not part of the language of formulas")

    def read_constant(self, node: ast.expr, value: object) -> Node:
        if type(value) is int and abs(value) > MAX_SIZE_LITERAL:
            raise self.refuse(node, "a number larger than 2**63 - 1, which no size can be")
        if value is not None and type(value) not in (int, float, str, bool, type(...)):
            raise self.refuse(node, f"`{_excerpt(node)}` is not part of the language of formulas")
        return Constant(value)

    def read_call(
        self,
        node: ast.expr,
        function: ast.expr,
        arguments: list[ast.expr],
        keywords: list[ast.keyword],
        depth: int,
    ) -> Node:
        given = tuple(self.read(item, depth) for item in arguments)
        named: list[tuple[str, Node]] = []
        for keyword in keywords:
            if keyword.arg is None:
                raise self.refuse(node, "`**` is not part of the language of formulas")
            if any(keyword.arg == name for name, _ in named):
                raise self.refuse(node, f"the argument {keyword.arg} is given twice")
            named.append((keyword.arg, self.read(keyword.value, depth)))
        if isinstance(function, ast.Call):
            inner = self.read(function, depth)
            if isinstance(inner, Call) and inner.forward is None:
                return inner._replace(forward=(given, tuple(named)))
            raise self.refuse(node, "a call has at most two pairs of brackets")
        return Call(self.read_dotted(function), given, tuple(named))

    def read_dotted(self, node: ast.expr) -> str:
        match node:
            case ast.Name(name):
                return name
            case ast.Attribute(value, attribute):
                return f"{self.read_dotted(value)}.{attribute}"
        raise self.refuse(node, f"`{_excerpt(node)}` is not a name that can be called")

    def read_comprehension(
        self, node: ast.expr, element: ast.expr, generator: ast.comprehension, depth: int
    ) -> Node:
        match generator.target:
            case ast.Name(name):
                names: tuple[str, ...] = (name,)
            case ast.Tuple(items) if all(isinstance(item, ast.Name) for item in items):
                names = tuple(item.id for item in items if isinstance(item, ast.Name))
            case _:
                raise self.refuse(node, "a comprehension needs plain names")
        return Comprehension(
            self.read(element, depth),
            names,
            self.read(generator.iter, depth),
            tuple(self.read(test, depth) for test in generator.ifs),
        )


def _excerpt(node: ast.AST) -> str:
    try:
        text = ast.unparse(node)
    except (RecursionError, ValueError):
        return "..."
    return text if len(text) <= 40 else text[:37] + "..."


@lru_cache(maxsize=20_000)
def parse(text: str) -> Node:
    """Read one formula.

    Raises :class:`SpecError` whose location is the line and column inside `text`.

    >>> parse("(L + 2*padding)//stride")  # doctest: +ELLIPSIS
    Binary(operator='//', left=Binary(operator='+', ...
    """
    if len(text) > MAX_LENGTH:
        raise SpecError(
            f"an expression of {len(text):,} characters; at most {MAX_LENGTH:,} are read",
            code="S102",
        )
    try:
        with warnings.catch_warnings():  # such as Python's about the escape in '\d'
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        place = Location("", error.lineno or 1, max(error.offset or 1, 1))
        message = f"this is not Python syntax: {error.msg}"
        if "Exceeds the limit" in str(error.msg):  # of digits
            message = "a number larger than 2**63 - 1, which no size can be"
        raise SpecError(message, location=place, source=text, code="S102") from None
    except (RecursionError, MemoryError, ValueError):
        raise SpecError(
            "an expression that is nested too deeply or has too large a number", code="S102"
        ) from None
    return _Reader(text).read(tree.body)


# ------------------------------------------------------------------------------------ printing

_PRECEDENCE = {
    "or": 1,
    "and": 2,
    "not": 3,
    "compare": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "//": 6,
    "%": 6,
}
_UNARY_LEVEL, _POWER_LEVEL, _ATOM_LEVEL = 7, 8, 9


def to_text(node: Node) -> str:
    """Print a node as the Python it came from; `parse(to_text(node)) == node`.

    >>> to_text(parse("( L+2 * padding ) // stride"))
    '(L + 2*padding)//stride'
    """
    return _print(node)[0]


def _literal(value: Any) -> str:
    """Write a constant; infinity is a number that is too large, and not a name."""
    if isinstance(value, float) and value in (inf, -inf):
        return "1e999" if value > 0 else "-1e999"
    return "..." if value is ... else repr(value)


def _wrap(node: Node, level: int) -> str:
    text, own = _print(node)
    return f"({text})" if own < level else text


def _print(node: Node) -> tuple[str, int]:
    match node:
        case Constant(value):
            negative = type(value) in (int, float) and value < 0
            return _literal(value), _UNARY_LEVEL if negative else _ATOM_LEVEL
        case Name(name):
            return name, _ATOM_LEVEL
        case Star(value):
            return "*" + _wrap(value, _UNARY_LEVEL), 0
        case Sequence(items, optional):
            inner = ", ".join(to_text(item) for item in items)
            if optional:
                return f"[{inner}]", _ATOM_LEVEL
            return f"({inner},)" if len(items) == 1 else f"({inner})", _ATOM_LEVEL
        case Unary("not", operand):
            return "not " + _wrap(operand, 3), 3
        case Unary(operator, operand):
            return operator + _wrap(operand, _UNARY_LEVEL), _UNARY_LEVEL
        case Binary("**", left, right):
            return f"{_wrap(left, _ATOM_LEVEL)}**{_wrap(right, _UNARY_LEVEL)}", _POWER_LEVEL
        case Binary(operator, left, right):
            level = _PRECEDENCE[operator]
            space = " " if level == _PRECEDENCE["+"] else ""
            return f"{_wrap(left, level)}{space}{operator}{space}{_wrap(right, level + 1)}", level
        case Compare(first, rest):
            parts = [_wrap(first, 5)]
            parts += [f"{operator} {_wrap(item, 5)}" for operator, item in rest]
            return " ".join(parts), _PRECEDENCE["compare"]
        case Logic(operator, items):
            level = _PRECEDENCE[operator]
            return f" {operator} ".join(_wrap(item, level + 1) for item in items), level
        case Conditional(test, yes, no):
            return f"{_wrap(yes, 1)} if {_wrap(test, 1)} else {_wrap(no, 0)}", 0
        case Call(function, arguments, keywords, forward):
            text = f"{function}({print_arguments(arguments, keywords)})"
            return text if forward is None else f"{text}({print_arguments(*forward)})", _ATOM_LEVEL
        case Subscript(value, index):
            inside = to_text(index)
            if isinstance(index, Sequence) and not index.optional and len(index.items) > 1:
                inside = inside[1:-1]
            return f"{_wrap(value, _ATOM_LEVEL)}[{inside}]", _ATOM_LEVEL
        case Slice(start, stop, step):
            text = ":".join("" if part is None else to_text(part) for part in (start, stop))
            return text if step is None else f"{text}:{to_text(step)}", 0
        case Comprehension(element, names, items, tests):
            text = f"{to_text(element)} for {', '.join(names)} in {_wrap(items, 1)}"
            return f"({text}" + "".join(
                f" if {_wrap(test, 1)}" for test in tests
            ) + ")", _ATOM_LEVEL


def print_arguments(arguments: tuple[Node, ...], keywords: tuple[tuple[str, Node], ...]) -> str:
    """Print what stands between the brackets of a call."""
    parts = [to_text(item) for item in arguments]
    parts += [f"{name}={to_text(item)}" for name, item in keywords]
    return ", ".join(parts)


def literal(value: Any) -> Node:
    """Make the node that evaluates to `value`: the inverse of evaluating."""
    if isinstance(value, (Dim, Comparison, AllOf, AnyOf)):
        return parse(str(value))
    if isinstance(value, slice):
        parts = (value.start, value.stop, value.step)
        return Call("slice", tuple(literal(part) for part in parts), ())
    if type(value) is tuple or type(value) is list:
        return Sequence(tuple(literal(item) for item in value))
    if isinstance(value, Call):
        return value
    return Constant(value)


def names_in(node: Node) -> Iterator[str]:
    """Yield the identifiers a node reads, functions aside."""
    match node:
        case Name(name):
            yield name
        case Comprehension(element, names, items, tests):
            yield from names_in(items)
            for part in (element, *tests):
                yield from (name for name in names_in(part) if name not in names)
        case _:
            for part in parts_of(node):
                yield from names_in(part)


def parts_of(node: Node) -> Iterator[Node]:
    """Yield the nodes directly below a node."""
    match node:
        case Constant() | Name():
            return
        case Star(value):
            yield value
        case Sequence(items) | Logic(_, items):
            yield from items
        case Unary(_, operand):
            yield operand
        case Binary(_, left, right):
            yield from (left, right)
        case Compare(first, rest):
            yield first
            yield from (item for _, item in rest)
        case Conditional(test, yes, no):
            yield from (test, yes, no)
        case Call(_, arguments, keywords, forward):
            yield from arguments
            yield from (item for _, item in keywords)
            if forward is not None:
                yield from forward[0]
                yield from (item for _, item in forward[1])
        case Subscript(value, index):
            yield from (value, index)
        case Slice(start, stop, step):
            yield from (part for part in (start, stop, step) if part is not None)
        case Comprehension(element, _, items, tests):
            yield from (element, items, *tests)


def substitute(node: Node, values: Mapping[str, Node]) -> Node:
    """Put nodes in the place of names, leaving the rest as it stands."""

    def go(part: Node) -> Node:
        return substitute(part, values)

    match node:
        case Name(name):
            return values.get(name, node)
        case Constant():
            return node
        case Star(value):
            return Star(go(value))
        case Sequence(items, optional):
            return Sequence(tuple(go(item) for item in items), optional)
        case Unary(operator, operand):
            return Unary(operator, go(operand))
        case Binary(operator, left, right):
            return Binary(operator, go(left), go(right))
        case Compare(first, rest):
            return Compare(go(first), tuple((operator, go(item)) for operator, item in rest))
        case Logic(operator, items):
            return Logic(operator, tuple(go(item) for item in items))
        case Conditional(test, yes, no):
            return Conditional(go(test), go(yes), go(no))
        case Call(function, arguments, keywords, forward):
            return Call(
                function,
                tuple(go(item) for item in arguments),
                tuple((name, go(item)) for name, item in keywords),
                None
                if forward is None
                else (
                    tuple(go(item) for item in forward[0]),
                    tuple((name, go(item)) for name, item in forward[1]),
                ),
            )
        case Subscript(value, index):
            return Subscript(go(value), go(index))
        case Slice(start, stop, step):
            return Slice(*(None if part is None else go(part) for part in (start, stop, step)))
        case Comprehension(element, names, items, tests):
            kept = {name: value for name, value in values.items() if name not in names}
            return Comprehension(
                substitute(element, kept),
                names,
                go(items),
                tuple(substitute(test, kept) for test in tests),
            )
