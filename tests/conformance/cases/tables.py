"""Which generator draws the calls of which class or function, and how many rows of each are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from cases import dense, losses, sequence, spatial
from cases.draw import Generator

Table: TypeAlias = Mapping[str, Generator]

LAYERS: Table = {**spatial.LAYERS, **dense.LAYERS, **sequence.LAYERS, **losses.LAYERS}
FUNCTIONS: Table = {"interpolate": spatial.interpolate}

# Without an entry of its own, a type has as many rows as its table's name says here.
ROWS = {"layers": 40, "functions": 25, **dense.ROWS, **sequence.ROWS, **losses.ROWS}
