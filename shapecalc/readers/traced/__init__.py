"""The graph that `torch.fx` traces of a module's forward, into entries of a net."""

from __future__ import annotations

from .python import is_plumbing
from .trace import Trace
from .values import RankWanted

__all__ = ["RankWanted", "Trace", "is_plumbing"]
