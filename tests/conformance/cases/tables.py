"""Which generator draws the calls of which class or function, and how many rows of each are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from cases import arithmetic, dense, functional, losses, sequence, shaping, spatial
from cases.draw import Generator

Table: TypeAlias = Mapping[str, Generator]

LAYERS: Table = {**spatial.LAYERS, **dense.LAYERS, **sequence.LAYERS, **losses.LAYERS}
FUNCTIONS: Table = {**shaping.FUNCTIONS, **arithmetic.FUNCTIONS, **functional.FUNCTIONS}

# Without an entry of its own, a type has as many rows as its table's name says here.
ROWS = {"layers": 36, "functions": 15, **dense.ROWS, **sequence.ROWS, **losses.ROWS}
ROWS |= {**shaping.ROWS, **arithmetic.ROWS, **functional.ROWS}
