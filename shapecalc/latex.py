"""Formulas in LaTeX, as they stand on a board: floors with brackets, divisions as fractions."""

from __future__ import annotations

from .dims import Dim
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
    parse,
    to_text,
)

_SIGNS = {
    "==": "=",
    "!=": r"\ne",
    "<=": r"\le",
    ">=": r"\ge",
    "<": "<",
    ">": ">",
    "in": r"\in",
    "not in": r"\notin",
    "is": "=",
    "is not": r"\ne",
}


def to_latex(node: Node) -> str:
    r"""Write a formula in LaTeX.

    >>> to_latex(parse("(L + 2*padding)//stride"))
    '\\left\\lfloor \\frac{L + 2 \\cdot \\mathrm{padding}}{\\mathrm{stride}} \\right\\rfloor'
    """
    return _write(node)[0]


def size_latex(size: int | Dim | str) -> str:
    """Write a size in LaTeX."""
    return str(size) if isinstance(size, int) else to_latex(parse(str(size)))


def escape(text: str) -> str:
    """Make text safe to stand outside formulas."""
    table = {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "×": r"$\times$",
        "←": r"$\leftarrow$",
        "≤": r"$\le$",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "…": r"\ldots{}",
    }
    table.update({mark: "\\" + mark for mark in "&%$#_{}"})
    return "".join(table.get(mark, mark) for mark in text)


def _name(name: str) -> str:
    head, _, tail = name.partition("_")
    if len(head) == 1 and tail:
        return rf"{head}_{{\mathrm{{{tail.replace('_', '-')}}}}}"
    if len(name) == 1:
        return name
    inner = name.replace("_", r"\_")
    return rf"\mathrm{{{inner}}}"


def _wrapped(node: Node, level: int) -> str:
    text, own = _write(node)
    return rf"\left({text}\right)" if own < level else text


def _write(node: Node) -> tuple[str, int]:
    """Give the LaTeX and how tightly it holds together: 1 a sum, 2 a product, 3 a factor."""
    match node:
        case Constant(value):
            if isinstance(value, str):
                return rf"\text{{{escape(value)}}}", 3
            if value is None or isinstance(value, bool):
                return rf"\mathrm{{{value}}}", 3
            return ("..." if value is ... else str(value)), 3 if not str(value).startswith(
                "-"
            ) else 1
        case Name(name):
            return _name(name), 3
        case Star(value):
            return _write(value)
        case Sequence(items, _):
            return rf"({', '.join(to_latex(item) for item in items)})", 3
        case Unary("not", operand):
            return rf"\lnot {_wrapped(operand, 3)}", 1
        case Unary(operator, operand):
            return f"{operator}{_wrapped(operand, 2)}", 1
        case Binary("//", left, right):
            return (
                rf"\left\lfloor \frac{{{to_latex(left)}}}{{{to_latex(right)}}} \right\rfloor",
                3,
            )
        case Binary("/", left, right):
            return rf"\frac{{{to_latex(left)}}}{{{to_latex(right)}}}", 3
        case Binary("**", left, right):
            return f"{_wrapped(left, 3)}^{{{to_latex(right)}}}", 3
        case Binary("%", left, right):
            return rf"{_wrapped(left, 2)} \bmod {_wrapped(right, 3)}", 1
        case Binary("*", left, right):
            return rf"{_wrapped(left, 2)} \cdot {_wrapped(right, 2)}", 2
        case Binary(operator, left, right):
            return f"{_wrapped(left, 1)} {operator} {_wrapped(right, 2)}", 1
        case Compare(first, rest):
            parts = [to_latex(first)] + [f"{_SIGNS[op]} {to_latex(item)}" for op, item in rest]
            return " ".join(parts), 0
        case Logic(operator, items):
            sign = r" \land " if operator == "and" else r" \lor "
            return sign.join(_wrapped(item, 1) for item in items), 0
        case Conditional(test, yes, no):
            return (
                rf"\begin{{cases}} {to_latex(yes)} & {to_latex(test)} \\"
                rf" {to_latex(no)} & \text{{otherwise}} \end{{cases}}",
                3,
            )
        case Call("min" | "max" as word, arguments, _, _):
            return rf"\{word}\left({', '.join(map(to_latex, arguments))}\right)", 3
        case Call("ceil_div", (top, bottom), _, _):
            return rf"\left\lceil \frac{{{to_latex(top)}}}{{{to_latex(bottom)}}} \right\rceil", 3
        case Call(function, arguments, _, _):
            return rf"{_name(function)}\left({', '.join(map(to_latex, arguments))}\right)", 3
        case Subscript(value, index):
            return rf"{_wrapped(value, 3)}_{{{to_latex(index)}}}", 3
        case Slice() | Comprehension():
            return rf"\text{{{escape(to_text(node))}}}", 3
    raise AssertionError(node)
