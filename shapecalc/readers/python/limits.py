"""What a source may cost: steps, depth and sizes are bounded, whatever it says."""

from __future__ import annotations

from ...errors import SpecError

MAX_STEPS = 4_000_000  # evaluated nodes, and elements made or visited
MAX_STATEMENT_STEPS = 300_000  # of one statement at the top of a file
MAX_CALLS = 120  # calls inside calls
MAX_DEPTH = 600  # nested expressions and statements, calls included
MAX_ITEMS = 200_000  # elements of one list, tuple, dict, set or text
MAX_BITS = 2_048  # of one integer
MAX_FILES = 200  # that imports lead to
MAX_FILE_BYTES = 2_000_000
MAX_RANK = 64
MAX_LAYERS = 20_000
MAX_GUESSES = 6  # of the shape of an input
MAX_WAYS = 12  # through a source, by the branches that sizes leave open
MAX_CONDITIONS = 10_000
MAX_WIDTH = 1_000  # characters that a format may pad to


class LimitError(SpecError):
    """A source that costs more than is allowed; nothing in the source can catch it."""

    default_code = "S103"


class Budget:
    """Count what reading a source has cost so far, and refuse past the bound."""

    __slots__ = ("calls", "depth", "limit", "steps")

    def __init__(self) -> None:
        self.steps = 0
        self.limit = MAX_STEPS
        self.calls = 0
        self.depth = 0

    def spend(self, steps: int) -> None:
        """Count steps."""
        self.steps += steps
        if self.steps > self.limit:
            if self.limit < MAX_STEPS:
                raise LimitError(f"one statement takes more than {MAX_STATEMENT_STEPS:,} steps")
            raise LimitError(f"reading this source takes more than {MAX_STEPS:,} steps")

    def items(self, count: int) -> None:
        """Allow a collection or a text of `count` elements, and count what it costs to make."""
        if count > MAX_ITEMS:
            raise LimitError(f"a collection of {count:,} elements; at most {MAX_ITEMS:,} are kept")
        self.spend(1 + count // 16)

    def number(self, value: int) -> int:
        """Allow an integer."""
        if value.bit_length() > MAX_BITS:
            raise LimitError(f"an integer of more than {MAX_BITS:,} bits")
        return value
