"""Exact sizes: integers, and expressions in symbols in one normal form."""

from __future__ import annotations

from .bounds import always, bounds
from .polynomials import (
    Atom,
    Dim,
    DimTooLarge,
    FloorDiv,
    FloorScale,
    Max,
    Min,
    Monomial,
    Size,
    Symbol,
    ceil_div,
    floor_scale,
    maximum,
    minimum,
    natural,
    quotient_of,
    sum_of,
    symbol,
    symbols_of,
)

__all__ = [
    "Atom",
    "Dim",
    "DimTooLarge",
    "FloorDiv",
    "FloorScale",
    "Max",
    "Min",
    "Monomial",
    "Size",
    "Symbol",
    "always",
    "bounds",
    "ceil_div",
    "floor_scale",
    "maximum",
    "minimum",
    "natural",
    "quotient_of",
    "sum_of",
    "symbol",
    "symbols_of",
]
