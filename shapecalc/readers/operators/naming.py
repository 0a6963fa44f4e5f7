"""Names of entries: those of the modules that operators came from, as far as the file tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from .model import Operation

MAX_NAME = 200  # characters

_STRANGE = re.compile(r"[\[\]\x00-\x1f\x7f]|\s+")
_CUTS = re.compile(r"::|[/.:]+")


def clean(name: str) -> str:
    """Make a name that an entry may have; what is cut up by `/` or `::` is cut up by dots."""
    text = "".join(letter if letter.isprintable() else "_" for letter in name)
    parts = [part for part in _CUTS.split(_STRANGE.sub("_", text)) if part]
    return ".".join(parts)[:MAX_NAME].strip(".")


def module_path(name: str) -> str | None:
    """Give the module that a node's name tells: `/layer1/layer1.0/conv1/Conv` is layer1.0.conv1.

    None where the name is of another form.
    """
    if not name.startswith("/"):
        return None
    parts: list[str] = []
    for part in name.split("/")[1:-1]:
        # A member of a list is called by its list's name and its place.
        if parts and part.startswith(f"{parts[-1]}."):
            parts[-1] = part
        else:
            parts.append(part)
    return clean(".".join(parts))


class Names:
    """Gives every entry a name of its own."""

    def __init__(
        self,
        operations: Iterable[Operation],
        counts: Callable[[str], bool],
        automatic: re.Pattern[str],
    ) -> None:
        self.automatic = automatic  # names that tell nothing
        self.used: set[str] = set()
        self._counts: dict[str, int] = {}
        self._kinds: dict[str, set[str]] = {}  # what becomes of a module, calls again aside
        for item in operations:
            if item.path and counts(item.kind):
                self._kinds.setdefault(item.path, set()).add(item.kind)
        self._containers: set[str] = set()
        for path in self._kinds:
            while "." in path:
                path = path.rpartition(".")[0]
                self._containers.add(path)

    def unique(self, name: str) -> str:
        """Give a name that no entry has yet: `relu`, `relu_1`, ..."""
        found = name
        while found in self.used:
            self._counts[name] = self._counts.get(name, 0) + 1
            found = f"{name}_{self._counts[name]}"
        self.used.add(found)
        return found

    def of_layer(self, operation: Operation, function: str, *, weights: bool) -> str:
        """Name the layer that an operator becomes.

        One with weights, or alone in its module, has the module's name.
        """
        path = operation.path
        if path is None:
            plain = self.automatic.fullmatch(operation.name) is None
            return self.unique((plain and clean(operation.name)) or _small(function))
        whole = weights or len(self._kinds.get(path, ())) == 1
        if path and whole and path not in self._containers:
            return self.unique(path)
        return self.unique(f"{path}.{_small(function)}" if path else _small(function))


def _small(name: str) -> str:
    """Write a class's name as an entry's: `MaxPool2d` is max_pool2d."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
