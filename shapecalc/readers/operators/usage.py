"""Who uses a weight: one that several operators use in different ways is no module's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from .model import Graph, Operation, Stored
from .rules import Rule

User: TypeAlias = "tuple[str, tuple[str, ...]]"  # an operator's kind, and the weights it takes


def all_operations(operations: Sequence[Operation], depth: int = 0) -> Iterator[Operation]:
    """Yield operations, and those inside their branches."""
    for operation in operations:
        yield operation
        for value in operation.attributes.values():
            if isinstance(value, Graph) and depth < 20:
                yield from all_operations(value.operations, depth + 1)


class Usage:
    """The uses of every weight and of every output of a graph."""

    def __init__(self, graph: Graph, find: Callable[[str], Rule | None]) -> None:
        self._roots: dict[str, Stored] = dict(graph.stored)
        self._users: dict[str, set[User]] = {}
        self._next: dict[str, list[Operation]] = {}
        self._outputs = frozenset(graph.outputs)
        for operation in all_operations(graph.operations):
            self._note(operation, find(operation.kind))

    def _note(self, operation: Operation, rule: Rule | None) -> None:
        roots = [self._roots[name] for name in operation.inputs if name in self._roots]
        for name in operation.inputs:
            self._next.setdefault(name, []).append(operation)
        if rule is not None and rule.view and operation.inputs[:1] and operation.outputs:
            first = self._roots.get(operation.inputs[0])
            if first is not None:
                self._roots[operation.outputs[0]] = first
                return
        for root in roots:
            user = operation.kind, tuple([item.name for item in roots if not item.uniform])
            self._users.setdefault(root.name, set()).add(user)

    def is_own(self, item: Stored) -> bool:
        """Say whether a weight has one use, be it repeated.

        Exporters store equal tensors once: weights of which nothing was learned tell nothing.
        """
        return item.uniform or len(self._users.get(item.name, ())) <= 1

    def only_next(self, name: str) -> Operation | None:
        """Give the one operation that takes an output, and None where there are others."""
        found = self._next.get(name, ())
        return found[0] if len(found) == 1 and name not in self._outputs else None
