"""ONNX files: nets that PyTorch has exported, and files that are none. See `data/export_onnx.py`."""

from __future__ import annotations

import builtins
import contextlib
import json
import random
from pathlib import Path
from typing import Any

import pytest

from shapecalc.dims import Dim
from shapecalc.errors import ShapecalcError, SpecError
from shapecalc.infer import infer
from shapecalc.net import Net
from shapecalc.readers import read, read_spec_text
from shapecalc.readers.operators.conversion import Conversion
from shapecalc.readers.operators.values import Held, Output
from shapecalc.registry import default_registry
from shapecalc.state import state_dict

DATA = Path(__file__).parent / "data"
NETS: dict[str, Any] = json.loads((DATA / "onnx_nets.json").read_text(encoding="utf-8"))
REGISTRY = default_registry()


def test_without_the_package_the_message_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name == "onnx" and not rest[-1]:
            raise ImportError(name)
        return plain(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(SpecError) as found:
        read(str(DATA / "lenet.onnx"), registry=REGISTRY)
    assert found.value.code == "S137"
    assert found.value.hint == 'install it: pip install "shapecalc[onnx]"'


onnx = pytest.importorskip("onnx")

from shapecalc.readers.onnx import Reader, rules  # noqa: E402


def net_of(name: str) -> Net:
    return read(str(DATA / f"{name}.onnx"), registry=REGISTRY)


@pytest.mark.parametrize("name", NETS)
def test_what_comes_out_is_what_came_out_of_the_module(name: str) -> None:
    net = net_of(name)
    for case in NETS[name]["cases"]:
        result = infer(net, tuple(case["input"]))
        assert result.errors == ()
        found = [[*shape] for shapes in result.outputs.values() for shape in shapes]
        assert found == case["outputs"]


@pytest.mark.parametrize("name", NETS)
def test_names_and_shapes_of_weights_are_the_modules(name: str) -> None:
    found = state_dict(net_of(name))
    together = {**found.parameters, **found.buffers}
    assert {key: [*shape] for key, shape in together.items()} == NETS[name]["state"]


@pytest.mark.parametrize("name", NETS)
def test_symbolic_sizes_stay_symbols(name: str) -> None:
    result = infer(net_of(name))
    (shape,) = result.inputs.values()
    assert isinstance(shape[0], Dim)
    (values,) = [
        dict(zip(map(str, shape), case["input"], strict=True)) for case in NETS[name]["cases"][:1]
    ]
    found = [
        [size.evaluate(values) if isinstance(size, Dim) else size for size in shape]
        for shapes in result.outputs.values()
        for shape in shapes
    ]
    assert found == NETS[name]["cases"][0]["outputs"]


@pytest.mark.parametrize("name", NETS)
def test_every_value_has_the_shape_that_onnx_infers(name: str) -> None:
    model = onnx.load(DATA / f"{name}.onnx")
    sizes = NETS[name]["cases"][0]["input"]
    for dim, size in zip(model.graph.input[0].type.tensor_type.shape.dim, sizes, strict=True):
        dim.dim_value = size
    del model.graph.value_info[:]
    for item in model.graph.output:
        item.type.tensor_type.ClearField("shape")
    conversion = Conversion(Reader("").model(model), rules(), REGISTRY)
    conversion.net(None)
    compared = 0
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    for item in (*inferred.graph.value_info, *inferred.graph.output):
        value = conversion.names.get(item.name)
        shape = item.type.tensor_type.shape.dim
        if not isinstance(value, Output | Held) or any(
            not dim.HasField("dim_value") for dim in shape
        ):
            continue
        own = value.shape if isinstance(value, Output) else value.sizes
        assert [*own] == [dim.dim_value for dim in shape], item.name
        compared += 1
    assert compared >= len(model.graph.node) // 2


@pytest.mark.parametrize("name", NETS)
def test_a_net_is_the_same_after_writing_and_reading_it(name: str) -> None:
    net = net_of(name)
    again = read_spec_text(json.dumps(net.to_dict()), "net.json", registry=REGISTRY)
    assert again.to_dict() == net.to_dict()
    assert infer(again).outputs == infer(net).outputs
    assert state_dict(again) == state_dict(net)


@pytest.mark.parametrize("name", NETS)
def test_the_solver_takes_it(name: str) -> None:
    from shapecalc.solve import solve

    if name not in ("lenet", "resnet", "unet"):
        pytest.skip("its input is of one size, or has none that is spatial")
    answer = solve(net_of(name))
    sizes = NETS[name]["cases"][0]["input"][2:]
    assert answer.satisfiable
    assert tuple(sizes) in answer


def test_what_lenet_becomes_is_lenet() -> None:
    found = [layer.to_dict() for layer in net_of("lenet").layers]
    assert [(item["name"], item["layer"]) for item in found] == [
        ("conv1", "Conv2d(3, 6, 5)"),
        ("relu", "relu()"),
        ("max_pool2d", "MaxPool2d(2)"),
        ("conv2", "Conv2d(6, 16, 5)"),
        ("relu_1", "relu()"),
        ("max_pool2d_1", "MaxPool2d(2)"),
        ("reshape", "reshape(size(max_pool2d_1, 0), -1)"),
        ("fc1", "Linear(400, 120)"),
        ("relu_2", "relu()"),
        ("fc2", "Linear(120, 84)"),
        ("relu_3", "relu()"),
        ("fc3", "Linear(84, 10)"),
    ]
    assert infer(net_of("lenet"), ("N", 3, "H", 32)).conditions == ("32 <= H <= 35",)


# ---------------------------------------------------------------------------------- other files


@pytest.mark.parametrize("data", [b"", b"no model", b"\x08\x07", bytes(range(256)) * 20])
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "net.onnx"
    file.write_bytes(data)
    with pytest.raises(SpecError) as found:
        read(str(file), registry=REGISTRY)
    assert found.value.code == "S105"
    assert found.value.location is not None


def made(nodes: list[Any], inputs: list[Any], outputs: list[Any], **more: Any) -> Any:
    graph = onnx.helper.make_graph(nodes, "main", inputs, outputs, **more)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])


def tensor(name: str, shape: list[Any] | None) -> Any:
    return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


def saved(folder: Path, model: Any) -> str:
    onnx.save(model, folder / "net.onnx")
    return str(folder / "net.onnx")


def test_a_shape_that_the_file_leaves_open_is_taken_from_the_user(tmp_path: Path) -> None:
    node = onnx.helper.make_node("Flatten", ["x"], ["y"])
    file = saved(tmp_path, made([node], [tensor("x", None)], [tensor("y", None)]))
    with pytest.raises(SpecError) as found:
        read(file, registry=REGISTRY)
    assert found.value.code == "S118"
    assert read(file, registry=REGISTRY, inputs={"x": (2, 3, 4)}).inputs == {"x": (2, 3, 4)}


def test_weights_in_other_files_count_by_their_shapes(tmp_path: Path) -> None:
    kind = onnx.TensorProto.FLOAT
    numbers = onnx.helper.make_tensor("c.weight", kind, [8, 3, 3, 3], bytes(864), raw=True)
    node = onnx.helper.make_node("Conv", ["x", "c.weight"], ["y"])
    model = made([node], [tensor("x", [1, 3, 8, 8])], [tensor("y", None)], initializer=[numbers])
    file = tmp_path / "net.onnx"
    onnx.save(model, file, save_as_external_data=True, location="weights", size_threshold=0)
    (tmp_path / "weights").unlink()
    assert [
        str(layer.to_dict()["layer"]) for layer in read(str(file), registry=REGISTRY).layers
    ] == ["Conv2d(3, 8, 3, bias=False)"]


def test_texts_that_are_no_utf8_are_read(tmp_path: Path) -> None:
    data = (DATA / "lenet.onnx").read_bytes()
    file = tmp_path / "net.onnx"
    file.write_bytes(data.replace(b"/conv1/Conv", b"/c\xffnv1/Conv"))
    assert len(read(str(file), registry=REGISTRY).layers) == len(net_of("lenet").layers)


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("seed", range(40))
def test_broken_files_give_no_traceback(tmp_path: Path, name: str, seed: int) -> None:
    draw = random.Random(seed)
    data = bytearray((DATA / f"{name}.onnx").read_bytes())
    for _ in range(1 + seed % 6):
        data[draw.randrange(len(data))] = draw.randrange(256)
    file = tmp_path / "net.onnx"
    file.write_bytes(data)
    with contextlib.suppress(ShapecalcError):
        infer(read(str(file), registry=REGISTRY)).to_dict()


def test_types_of_numbers_that_nobody_knows_leave_the_shape(tmp_path: Path) -> None:
    model = onnx.load(DATA / "lenet.onnx")
    for item in model.graph.initializer:
        item.data_type = 58
    file = tmp_path / "net.onnx"
    file.write_bytes(model.SerializeToString())
    assert len(read(str(file), registry=REGISTRY).layers) == len(net_of("lenet").layers)
