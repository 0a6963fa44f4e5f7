"""Python's operators: what its module `operator` and its special methods call them, and how they are written."""

from __future__ import annotations

import ast

ARITHMETIC = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "matmul": "@",
    "lshift": "<<",
    "rshift": ">>",
    "and_": "&",
    "or_": "|",
    "xor": "^",
}
COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
# Those of one operand go by their names, here and in layers.yaml.
UNARY: dict[type[ast.unaryop], str] = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert"}
ABSOLUTE = "abs"

_METHODS = {symbol: name.rstrip("_") for name, symbol in ARITHMETIC.items()}


def method_name(symbol: str, prefix: str = "") -> str:
    """Name the special method of an operator; the prefix is `r` or `i`.

    >>> method_name("&", "r")
    '__rand__'
    """
    return f"__{prefix}{_METHODS[symbol]}__"


def in_place(name: str) -> str:
    """Name the function of an operator that changes its first operand.

    >>> in_place("and_")
    'iand'
    """
    return f"i{name.rstrip('_')}"
