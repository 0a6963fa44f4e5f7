"""Readers: whatever describes a net, into a :class:`shapecalc.net.Net`."""

from __future__ import annotations

from .shapes import parse_shape
from .source import read, zoo_names
from .spec import read_spec, read_spec_text

__all__ = ["load", "parse_shape", "read", "read_spec", "read_spec_text", "zoo_names"]


def __getattr__(name: str) -> object:
    if name == "load":
        from ..loading import load

        return load
    raise AttributeError(name)
