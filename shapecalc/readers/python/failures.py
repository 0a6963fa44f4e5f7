"""Exceptions of the source: Python's own classes of them, and one on its way to a handler."""

from __future__ import annotations

import builtins

from ...errors import Location
from .values import Class, Instance, Native

OBJECT = Class("object")


def _classes() -> dict[str, Class]:
    found: dict[str, Class] = {}

    def add(kind: type[BaseException]) -> Class:
        if kind.__name__ not in found:
            base = kind.__bases__[0]
            above = add(base) if issubclass(base, BaseException) else OBJECT
            found[kind.__name__] = Class(kind.__name__, (above,))
        return found[kind.__name__]

    for name in dir(builtins):
        kind = getattr(builtins, name)
        if isinstance(kind, type) and issubclass(kind, BaseException) and name == kind.__name__:
            add(kind)
    return found


EXCEPTIONS = _classes()


def _construct(_: object, arguments: list[object], keywords: dict[str, object]) -> None:
    instance, *rest = arguments
    assert isinstance(instance, Instance)
    instance.attributes["args"] = tuple(rest)


EXCEPTIONS["BaseException"].names["__init__"] = Native("__init__", _construct)


class Raised(Exception):
    """An exception that the source raised, on its way to a handler of the source."""

    def __init__(self, value: Instance) -> None:
        super().__init__(value.type.name)
        self.value = value
        self.location: Location | None = None
        self.source: str | None = None
        self.layer: str | None = None  # the module that ran

    @property
    def message(self) -> str:
        """Say what Python would print last."""
        arguments = self.value.attributes.get("args", ())
        text = ", ".join(item if isinstance(item, str) else repr(item) for item in arguments)
        return f"{self.value.type.name}: {text}"[:300] if text else self.value.type.name

    def is_a(self, name: str) -> bool:
        """Tell whether a handler for `name` catches it."""
        return EXCEPTIONS[name] in self.value.type.order


def fail(kind: str, message: str) -> Raised:
    """Make an exception as Python would raise it, which the source may catch."""
    value = Instance(EXCEPTIONS[kind])
    value.attributes["args"] = (message,)
    return Raised(value)
