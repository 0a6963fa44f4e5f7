"""The engine against PyTorch, on calls recorded by `conformance/record.py`.

Each row is run twice: on its numbers, and with symbols in the place of its sizes, whose outcome at
these sizes must be the same. A refusal must be one in both.
"""

from __future__ import annotations

import pytest
from running import DATA, Outcome, rows, with_numbers, with_symbols

ROWS = rows(*sorted(path.name for path in DATA.glob("*.jsonl")))

# With symbols, an axis of size 1 that broadcasts is no case of its own there: it must be equal.
ONE_WAY = {"einsum"}


@pytest.mark.parametrize("name", ROWS)
def test_numbers_give_what_pytorch_gave(name: str) -> None:
    for row in ROWS[name]:
        assert with_numbers(row) == Outcome.of_row(row), (row["net"], row.get("error"))


@pytest.mark.parametrize("name", ROWS)
def test_symbols_give_what_pytorch_gave(name: str) -> None:
    for row in ROWS[name]:
        found = with_symbols(row)
        if found is not None or name not in ONE_WAY:
            assert found == Outcome.of_row(row), (row["net"], row.get("error"))
