"""Read the Python source that models are written in, without executing any of it."""

from __future__ import annotations

from .reader import SourceMisfit, read_python

__all__ = ["SourceMisfit", "read_python"]
