"""Shape inference for PyTorch nets without PyTorch, and an exact solver that runs it backwards.

    >>> import shapecalc
    >>> net = shapecalc.load("Conv2d(3, 6, 5) | MaxPool2d(2)")
    >>> shapecalc.infer(net, input=(1, 3, 32, 32)).outputs
    {'1': [(1, 6, 14, 14)]}

Nothing is loaded before it is asked for.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import Location, ShapecalcError, ShapeError, SolveError, SpecError
    from .infer import Result, infer
    from .loading import layer, load
    from .net import Net
    from .solve import Solution, solve

__version__ = "0.1.0"

__all__ = [
    "Location",
    "Net",
    "Result",
    "ShapeError",
    "ShapecalcError",
    "Solution",
    "SolveError",
    "SpecError",
    "__version__",
    "infer",
    "layer",
    "load",
    "solve",
]

_HOMES = {
    "Location": "errors",
    "Net": "net",
    "Result": "infer",
    "ShapeError": "errors",
    "ShapecalcError": "errors",
    "Solution": "solve",
    "SolveError": "errors",
    "SpecError": "errors",
    "infer": "infer",
    "layer": "loading",
    "load": "loading",
    "solve": "solve",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """A package whose functions `infer` and `solve` aren't hidden by the modules of those names."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
