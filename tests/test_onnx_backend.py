"""The tests of operators that ONNX itself has for its backends: each output's shape is ours, or is refused.

Inputs that say what shape an output has, such as Reshape's, are put into the file; for most tests of
such operators they come from outside, where shapes alone say nothing.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

import shapecalc
from shapecalc.readers import read
from shapecalc.registry import default_registry

onnx = pytest.importorskip("onnx")

REGISTRY = default_registry()
LATEST = 28  # version of the operators that the list below is about
FEW = 8  # numbers of an input that may be about shapes

# Operators that no test of is read: what they give depends on numbers, is no tensor, or they run other graphs.
REFUSED = {
    "Adagrad",
    "Adam",
    "ArrayFeatureExtractor",
    "Binarizer",
    "BlackmanWindow",
    "CausalConvWithState",
    "CenterCropPad",
    "Compress",
    "DFT",
    "DeformConv",
    "FlexAttention",
    "HammingWindow",
    "HannWindow",
    "ImageDecoder",
    "LabelEncoder",
    "LinearAttention",
    "Loop",
    "MelWeightMatrix",
    "Momentum",
    "NonMaxSuppression",
    "OptionalGetElement",
    "OptionalHasElement",
    "RegexFullMatch",
    "RoiAlign",
    "STFT",
    "Scan",
    "StringConcat",
    "StringNormalizer",
    "StringSplit",
    "SwiGLU",
    "TfIdfVectorizer",
    "TreeEnsemble",
    "Unique",
}


def cases() -> dict[str, list[Any]]:
    """List the tests by their operator; those of several operators, or of what is no tensor, are left out."""
    from onnx.backend.test.case.node import collect_testcases

    found: dict[str, list[Any]] = defaultdict(list)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in collect_testcases(None):
            if case.model is None:
                continue
            graph = case.model.graph
            plain = all(item.type.HasField("tensor_type") for item in (*graph.input, *graph.output))
            if len(graph.node) == 1 and plain and case.data_sets:
                found[graph.node[0].op_type].append(case)
    return found


try:
    CASES = cases()
except (ImportError, AttributeError, TypeError) as problem:  # another release keeps them elsewhere
    pytest.skip(f"onnx has no tests of operators here: {problem}", allow_module_level=True)


def shape_of(value: Any) -> tuple[int, ...]:
    return tuple(value.dims) if hasattr(value, "dims") else tuple(getattr(value, "shape", ()))


def shapes(model: Any, inputs: Any, path: Path) -> list[tuple[int, ...]] | None:
    """Give the shapes of the outputs; None where that is refused."""
    onnx.save(model, path)
    given = {
        item.name: shape_of(value) for item, value in zip(model.graph.input, inputs, strict=True)
    }
    try:
        net = read(str(path), registry=REGISTRY)
        result = shapecalc.infer(
            net, input={name: shape for name, shape in given.items() if name in net.inputs}
        )
    except shapecalc.ShapecalcError:
        return None
    if result.errors:
        return None
    return [(*map(int, map(str, shape)),) for found in result.outputs.values() for shape in found]


def with_numbers(model: Any, values: Any) -> tuple[Any, list[Any]]:
    """Put small inputs, and those of whole numbers, into the file."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    kept, rest = [], []
    for place, (item, value) in enumerate(zip(model.graph.input, values, strict=True)):
        dtype = getattr(value, "dtype", None)
        small = dtype is not None and (dtype.kind in "iub" or value.size <= FEW)
        if small and (place or len(values) == 1 or value.size <= 1):
            made.graph.initializer.append(onnx.numpy_helper.from_array(value, item.name))
        else:
            kept.append(item)
            rest.append(value)
    del made.graph.input[:]
    made.graph.input.extend(kept)
    return made, rest


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("operator", sorted(CASES))
def test_an_operators_shapes_are_onnxs(operator: str, tmp_path: Path) -> None:
    passed = 0
    for case in CASES[operator]:
        inputs, outputs = case.data_sets[0]
        expected = [shape_of(value) for value in outputs]
        found = shapes(case.model, inputs, tmp_path / "net.onnx")
        if found is None:
            model, rest = with_numbers(case.model, inputs)
            found = shapes(model, rest, tmp_path / "net.onnx")
        assert found in (None, expected), case.name
        passed += found is not None
    if not passed and operator not in REFUSED and is_newer(operator):
        pytest.skip("an operator of a later release")
    assert bool(passed) != (operator in REFUSED)


def is_newer(operator: str) -> bool:
    """Tell an operator that came after this list."""
    try:
        return bool(onnx.defs.get_schema(operator).since_version > LATEST)
    except onnx.defs.SchemaError:
        return True
