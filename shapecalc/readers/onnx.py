"""ONNX files. Only this module imports onnx; which operator becomes which layer is `onnx.yaml`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import Location, SpecError
from ..net import Net
from ..registry import Registry
from ..syntax import Constant, parse
from ..syntax import Sequence as Tuple
from .failures import show_word
from .operators import Graph, Model, convert
from .operators.model import MAX_ITEMS, Given, Operation, Routine, Stored
from .operators.naming import clean, module_path
from .operators.rules import Rules, load_rules

MAX_BYTES = 2**31 - 1  # protobuf's own bound
MAX_FLOATS = 64  # of a constant whose numbers are read
MAX_DEPTH = 20  # graphs inside graphs

# TensorProto's numbers for types of elements.
_KINDS = {**dict.fromkeys((2, 3, 4, 5, 6, 7, 12, 13), "int"), 9: "bool", 8: "text"}
_SCOPES = "pkg.torch.onnx.name_scopes"  # where PyTorch's exporter notes the modules around a node
_OWN_DOMAINS = ("", "ai.onnx")


@cache
def rules() -> Rules:
    """Read the rules of operators."""
    return load_rules(Path(__file__).with_name("onnx.yaml"))


def read_onnx(path: str, *, registry: Registry, inputs: Any = None) -> Net:
    """Read an ONNX file into a net.

    Symbolic dimensions stay symbols; weights are those of the layers. `inputs` are shapes that the
    user gave, which count where the file has none. Raises `SpecError` for a file that can't be
    read, and for operators that have no counterpart.
    """
    model = _load(path)
    return convert(Reader(path).model(model), rules(), registry=registry, inputs=inputs)


def _load(path: str) -> Any:
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError:
        raise SpecError(
            "reading ONNX files needs the package onnx, which isn't installed",
            hint='install it: pip install "shapecalc[onnx]"',
            code="S137",
        ) from None
    place = Location(path, 1, 1)
    shown = show_word(path)
    try:
        if os.path.getsize(path) > MAX_BYTES:
            what = f"{shown} is larger than {MAX_BYTES:,} bytes, which is the bound"
            raise SpecError(what, code="S103", location=place)
        data = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or "it can't be opened"
        raise SpecError(f"{shown} can't be read: {reason}", code="S131") from None
    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, ValueError, RecursionError):
        model = None
    if model is None or not (model.graph.node or model.graph.output):
        raise SpecError(
            f"{shown} is not an ONNX file, or has no graph", code="S105", location=place
        )
    return model


class Reader:
    """Copies what counts out of onnx's records, bounded."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.loose = rules().constants

    def model(self, model: Any) -> Model:
        """Read a model."""
        version = next(
            (int(item.version) for item in model.opset_import if item.domain in _OWN_DOMAINS), 1
        )
        routines = {
            _kind(item.domain, item.name): Routine(
                _texts(item.input),
                _texts(item.output),
                {_text(one.name): self.attribute(one, 0) for one in item.attribute_proto},
                self.operations(item.node, 0),
            )
            for item in model.functions
        }
        return Model(self.graph(model.graph, 0), routines, version, self.file)

    def graph(self, graph: Any, depth: int) -> Graph:
        """Read a graph."""
        if depth > MAX_DEPTH:
            raise SpecError("graphs are nested too deeply", code="S103")
        held = {}
        for item in graph.initializer:
            name = _text(item.name)
            held[name] = self.tensor(item, name)
        for item in graph.sparse_initializer:
            name = _text(item.values.name)
            held[name] = Stored(name, tuple(item.dims), _kind_of(item.values.data_type))
        shapes = {_text(item.name): _shape(item) for item in graph.input}
        inputs = {name: shape for name, shape in shapes.items() if name not in held}
        outputs = _texts([item.name for item in graph.output])
        return Graph(_text(graph.name), inputs, outputs, held, self.operations(graph.node, depth))

    def operations(self, nodes: Iterable[Any], depth: int) -> tuple[Operation, ...]:
        """Read a graph's nodes."""
        return tuple(
            [
                Operation(
                    _kind(node.domain, node.op_type),
                    _text(node.name),
                    _texts(node.input),
                    _texts(node.output),
                    {_text(item.name): self.attribute(item, depth) for item in node.attribute},
                    _path(node),
                )
                for node in nodes
            ]
        )

    def attribute(self, item: Any, depth: int) -> Any:
        """Read an attribute's value; None for one of a kind that no rule looks at."""
        if item.ref_attr_name:
            return Given(_text(item.ref_attr_name))
        match item.type:
            case item.FLOAT:
                return float(item.f)
            case item.INT:
                return int(item.i)
            case item.STRING:
                return _text(item.s)
            case item.TENSOR:
                return self.tensor(item.t, "")
            case item.GRAPH:
                return self.graph(item.g, depth + 1)
            case item.FLOATS:
                return tuple([float(value) for value in item.floats])
            case item.INTS:
                return tuple([int(value) for value in item.ints])
            case item.STRINGS:
                return _texts(item.strings)
        return None

    def tensor(self, item: Any, name: str) -> Stored:
        """Read a tensor's shape, and its numbers where they may be sizes."""
        sizes = tuple([int(size) for size in item.dims])
        kind = _kind_of(item.data_type)
        count = 1
        for size in sizes:
            count *= size
        if any(size < 0 for size in sizes):
            raise SpecError(f"the tensor {show_word(name)} has a size below 0", code="S124")
        outside = item.data_location == item.EXTERNAL
        items = None
        if not outside and count <= (MAX_FLOATS if kind == "float" else MAX_ITEMS):
            items = _numbers(item, kind)
        uniform = len(set(items)) <= 1 if items is not None else not outside and _is_uniform(item)
        loose = self.loose.search(name) is not None
        return Stored(name, sizes, kind, items, uniform, loose)


def _text(value: str | bytes) -> str:
    """Give a text; what isn't UTF-8 is given by protobuf as it stands."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _texts(values: Iterable[str | bytes]) -> tuple[str, ...]:
    return tuple([_text(value) for value in values])


def _kind(domain: str | bytes, name: str | bytes) -> str:
    return _text(name) if domain in _OWN_DOMAINS else f"{_text(domain)}.{_text(name)}"


def _kind_of(data_type: int) -> str:
    return _KINDS.get(data_type, "float")


def _shape(item: Any) -> tuple[int | str | None, ...] | None:
    """Read an input's shape; None where the file leaves it open."""
    kind = item.type.tensor_type
    if not item.type.HasField("tensor_type") or not kind.HasField("shape"):
        return None
    return tuple([_size(size) for size in kind.shape.dim])


def _size(size: Any) -> int | str | None:
    if size.HasField("dim_value") and size.dim_value >= 0:
        return int(size.dim_value)
    return _text(size.dim_param) or None


def _numbers(item: Any, kind: str) -> tuple[Any, ...] | None:
    """Give a tensor's numbers; None where they can't be read."""
    from onnx import numpy_helper

    if kind == "text":
        return None
    try:
        found = numpy_helper.to_array(item).reshape(-1).tolist()
        make: Any = {"int": int, "bool": bool}.get(kind, float)
        return tuple([make(value) for value in found])
    except (TypeError, ValueError, OverflowError, AttributeError, LookupError):
        return None


def _is_uniform(item: Any) -> bool:
    """Say whether all numbers of a large tensor are the same."""
    data = item.raw_data
    if data:
        count = 1
        for size in item.dims:
            count *= size
        width = len(data) // count if count else 0
        first = data[:width]
        return bool(width) and first == data[width : 2 * width] and data == first * count
    values = item.float_data or item.int64_data or item.int32_data or item.double_data
    return len(values) > 0 and len(set(values)) == 1


def _path(node: Any) -> str | None:
    """Give the module that a node is part of: PyTorch's exporters note it, in two ways."""
    for item in node.metadata_props:
        if item.key == _SCOPES:
            try:
                found = parse(_text(item.value))
            except SpecError:
                break
            if isinstance(found, Tuple) and len(found.items) > 1:
                inner = found.items[-2]
                if isinstance(inner, Constant) and isinstance(inner.value, str):
                    return "" if inner.value.startswith("_empty") else clean(inner.value)
    return module_path(_text(node.name))
