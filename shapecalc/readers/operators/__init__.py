"""Graphs of operators, as ONNX has them, into nets: the mapping is data, `../onnx.yaml`."""

from __future__ import annotations

from .conversion import convert
from .model import Graph, Model

__all__ = ["Graph", "Model", "convert"]
