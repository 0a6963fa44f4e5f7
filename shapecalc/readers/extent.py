"""How many entries a list is sure to be written out as: what is too much is refused beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .blocks import Block

MAX_DEPTH = 60  # deeper lists and blocks count as nothing here


class Extents:
    """Counts entries, with those of the lists and blocks in them; each list is counted once."""

    def __init__(self, blocks: Mapping[str, Block], most: int) -> None:
        self.blocks = blocks
        self.most = most
        self.known: dict[int, int] = {}

    def of(self, items: list[Any], depth: int = 0) -> int:
        """Give a lower bound: what `if` and `repeat` stand on counts as one entry."""
        found = self.known.get(id(items))
        if found is not None or depth > MAX_DEPTH:
            return found or 0
        self.known[id(items)] = 0  # a block that uses itself is refused elsewhere
        total = len(items)
        for item in items:
            inner = self._inside(item)
            if inner is not None:
                total = min(total + self.of(inner, depth + 1), self.most + 1)
        self.known[id(items)] = total
        return total

    def _inside(self, item: Any) -> list[Any] | None:
        if isinstance(item, dict) and len(item) == 1:
            (item,) = item.values()
        if isinstance(item, list):
            return item
        if isinstance(item, str) and self.blocks:
            block = self.blocks.get(item.partition("(")[0].strip())
            return None if block is None else block.items
        return None
