"""Graphs of operators into nets, on graphs that are written here: onnx needn't be installed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import shapecalc
from shapecalc.dims import Dim, symbol
from shapecalc.errors import SpecError
from shapecalc.infer import Result, infer
from shapecalc.net import Net
from shapecalc.readers.operators import Graph, Model, convert
from shapecalc.readers.operators.folding import FOLDS
from shapecalc.readers.operators.model import Given, Operation, Routine, Stored
from shapecalc.readers.operators.naming import clean, module_path
from shapecalc.readers.operators.rules import Rule, load_rules
from shapecalc.registry import default_registry, load_registry
from shapecalc.state import state_dict

FILE = Path(shapecalc.__file__).with_name("readers") / "onnx.yaml"
RULES = load_rules(FILE)
REGISTRY = default_registry()
NAMES = [str(name) for name in RULES.operators]


def op(
    kind: str, inputs: str = "x", outputs: str = "y", path: str | None = None, **given: Any
) -> Operation:
    """Write an operation; names are parted by spaces, and `_` is one that is left out."""
    first, second = [
        tuple(["" if word == "_" else word for word in text.split()]) for text in (inputs, outputs)
    ]
    return Operation(kind, f"{kind}_0", first, second, given, path)


def weight(name: str, *sizes: int, uniform: bool = False) -> Stored:
    return Stored(name, sizes, "float", None, uniform)


def number(name: str, value: Any, kind: str = "int") -> Stored:
    items = value if isinstance(value, tuple) else (value,)
    sizes = (len(items),) if isinstance(value, tuple) else ()
    return Stored(name, sizes, kind, items, len(set(items)) == 1, loose=True)


def net_of(
    *operations: Operation,
    x: tuple[int | str | None, ...] | None = ("N", 3, "H", "W"),
    stored: tuple[Stored, ...] = (),
    outputs: str = "y",
    version: int = 20,
    routines: dict[str, Routine] | None = None,
    registry: Any = REGISTRY,
    inputs: Any = None,
) -> Net:
    graph = Graph("main", {"x": x}, tuple(outputs.split()), {s.name: s for s in stored}, operations)
    model = Model(graph, routines or {}, version, "net.onnx")
    return convert(model, RULES, registry=registry, inputs=inputs)


def layers(net: Net) -> list[str]:
    return [str(layer.to_dict()["layer"]) for layer in net.layers]


def shape_out(net: Net, **values: int) -> tuple[Any, ...]:
    result = infer(net, set=values)
    assert result.errors == ()
    return [*result.outputs.values()][-1][0]


# -------------------------------------------------------------------------------- onnx.yaml itself


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_reads(name: str) -> None:
    Rule(name, RULES._data(name)).validate()


def functions(data: Any) -> list[str]:
    """List what a rule's calls are called."""
    if isinstance(data, str):
        return [data]
    found: list[str] = []
    for key, value in data.items():
        if key in ("call", "module", "chain") and value is not None:
            found.append(value)
        elif key == "steps":
            found += [text for step in value.values() for text in functions(step)]
        elif key == "cases":
            found += [text for case in value for text in functions(case)]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_calls_what_the_registry_has(name: str) -> None:
    for text in functions(RULES._data(name)):
        choices = re.findall(r"'(\w+)'", text.partition("}")[0])
        words = choices or [re.sub(r"\{[^}]*\}", axes, text).partition("(")[0] for axes in "123"]
        assert any(REGISTRY.knows(word) for word in words), text


@pytest.mark.parametrize("name", NAMES)
def test_every_fold_there_is(name: str) -> None:
    fold = RULES._data(name).get("fold")
    assert fold is None or fold in FOLDS or fold in ("sizes", "count")


def test_what_holds_tensors_is_in_the_registry() -> None:
    assert all(map(REGISTRY.knows, RULES.makers.values()))


# ------------------------------------------------------------------------------------ arguments


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["Conv2d(3, 6, 5)"]),
        ({"pads": (2, 2, 2, 2), "strides": (2, 2)}, ["Conv2d(3, 6, 5, stride=2, padding=2)"]),
        ({"pads": (1, 2, 1, 2)}, ["Conv2d(3, 6, 5, padding=(1, 2))"]),
        ({"pads": (0, 1, 2, 1)}, ["pad((1, 1, 0, 2))", "Conv2d(3, 6, 5)"]),
        ({"auto_pad": "SAME_UPPER"}, ["Conv2d(3, 6, 5, padding=2)"]),
        ({"auto_pad": "VALID", "dilations": (2, 1)}, ["Conv2d(3, 6, 5, dilation=(2, 1))"]),
    ],
)
def test_a_convolution_is_written_as_pytorch_has_it(
    given: dict[str, Any], expected: list[str]
) -> None:
    stored = (weight("c.weight", 6, 3, 5, 5), weight("c.bias", 6))
    net = net_of(op("Conv", "x c.weight c.bias", **given), stored=stored)
    assert layers(net) == expected
    assert net.layers[-1].name == "c"


@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [2, 3, 5])
def test_same_padding_gives_the_size_over_the_stride(
    auto_pad: str, stride: int, kernel: int
) -> None:
    net = net_of(
        op("Conv", "x w", auto_pad=auto_pad, strides=(stride, stride)),
        stored=(weight("w", 6, 3, kernel, kernel),),
    )
    for height in range(1, 12):
        expected = (1, 6, -(-height // stride), -(-20 // stride))
        assert [*infer(net, (1, 3, height, 20)).outputs.values()] == [[expected]]


@pytest.mark.parametrize("lower", [False, True])
def test_same_padding_puts_the_odd_place_where_its_name_says(*, lower: bool) -> None:
    name = "SAME_LOWER" if lower else "SAME_UPPER"
    net = net_of(
        op("Conv", "x w", auto_pad=name, strides=(2,)),
        x=(1, 3, 8),
        stored=(weight("w", 6, 3, 3),),
    )
    result = infer(net)
    sides = result.steps[0].scope["pad"]
    assert sides == ((1, 0) if lower else (0, 1))


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (op("MaxPool", kernel_shape=(2, 2), strides=(2, 2)), ["MaxPool2d(2)"]),
        (op("MaxPool", kernel_shape=(3, 3)), ["MaxPool2d(3, stride=1)"]),
        (
            op("MaxPool", kernel_shape=(3, 3), strides=(2, 2), pads=(0, 0, 1, 1), ceil_mode=1),
            ["pad((0, 1, 0, 1))", "MaxPool2d(3, stride=2, ceil_mode=True)"],
        ),
        (
            op("AveragePool", kernel_shape=(2, 2), strides=(2, 2)),
            ["AvgPool2d(2, count_include_pad=False)"],
        ),
        (op("LpPool", kernel_shape=(2, 2), strides=(2, 2), p=3), ["LPPool2d(3, 2)"]),
        (op("GlobalAveragePool"), ["AdaptiveAvgPool2d(1)"]),
        (op("Clip", "x a b"), ["relu6()"]),
        (op("Clip", "x _ b"), ["clamp(max=6.0)"]),
        (op("Clip", "x"), []),
        (op("LeakyRelu", alpha=0.1), ["leaky_relu()"]),
        (op("Softmax"), ["softmax(-1)"]),
        (op("Transpose", perm=(0, 2, 3, 1)), ["permute(0, 2, 3, 1)"]),
        (op("ReduceMean", axes=(2, 3)), ["mean((2, 3), keepdim=True)"]),
        (op("ReduceSum", "x", keepdims=0), ["sum((0, 1, 2, 3))"]),
        (
            op("Unsqueeze", axes=(0, 5)),
            ["getitem((None, slice(None), slice(None), slice(None), slice(None), None))"],
        ),
        (op("Flatten"), ["flatten(1)"]),
        (op("Flatten", axis=2), ["flatten(0, 1)", "flatten(1)"]),
        (op("Split", "x", "y z", axis=2), ["chunk(2, 2)"]),
        (op("Pad", "x pads"), ["pad((1, 2, 3, 4))"]),
        (op("Add", "x half"), ["add(0.5)"]),
        (op("Sub", "half x"), ["sub(0.5)"]),
        (op("Gather", "x one", axis=1), ["select(1, 1)"]),
        (op("DepthToSpace", blocksize=1), ["pixel_shuffle(1)"]),
        (op("Einsum", equation="nchw->nc"), ["einsum('nchw->nc')"]),
        (op("Cast", to=1), ["to()"]),
        (op("Identity"), []),
        (op("Max", "x x x"), ["maximum()", "maximum()"]),
    ],
)
def test_an_operator_is_written_as_pytorch_has_it(
    operation: Operation, expected: list[str]
) -> None:
    stored = (
        number("a", 0.0, "float"),
        number("b", 6.0, "float"),
        number("half", 0.5, "float"),
        number("one", 1),
        number("pads", (0, 0, 3, 1, 0, 0, 4, 2)),
    )
    net = net_of(operation, stored=stored)
    found = [re.sub(r"slice\(None, None, None\)", "slice(None)", text) for text in layers(net)]
    assert found == expected
    assert infer(net).errors == ()


@pytest.mark.parametrize(
    ("starts", "ends", "steps", "expected"),
    [
        ((1,), (2**63 - 1,), (1,), 9),
        ((0,), (-2,), (1,), 8),
        ((-3,), (100,), (1,), 3),
        ((1,), (9,), (3,), 3),
        ((-1,), (-(2**63),), (-1,), 10),
        ((7,), (2,), (-2,), 3),
        ((100,), (0,), (-3,), 3),
    ],
)
def test_slices_keep_what_python_does(
    starts: tuple[int, ...], ends: tuple[int, ...], steps: tuple[int, ...], expected: int
) -> None:
    net = net_of(op("Slice", starts=starts, ends=ends, axes=(1,), steps=steps), x=("N", 10))
    assert shape_out(net) == (symbol("N"), expected)
    start, end, step = starts[0], ends[0], steps[0]
    assert expected == len(range(10)[start : None if end < -100 else end : step])


# -------------------------------------------------------------------------------- shapes computed

VALUES = (
    number("zero", (0,)),
    number("two", (2,)),
    number("three", (3,)),
    number("minus", (-1,)),
    number("far", (2**63 - 1,)),
    number("scale", (0.5,), "float"),
    number("twice", (2,)),
    number("first", 0),
)


def test_a_view_by_a_computed_shape_asks_for_the_size() -> None:
    net = net_of(
        op("Shape", "x", "s"),
        op("Gather", "s first", "n"),
        op("Unsqueeze", "n zero", "n1"),
        op("Concat", "n1 minus", "wanted", axis=0),
        op("Reshape", "x wanted"),
        stored=VALUES,
    )
    assert layers(net) == ["reshape(size(x, 0), -1)"]
    assert infer(net, (4, 3, 5, 7)).outputs == {"y": [(4, 105)]}


def test_arithmetic_on_sizes_stays_exact() -> None:
    net = net_of(
        op("Shape", "x", "s"),
        op("Slice", "s two far", "hw"),
        op("Cast", "hw", "f", to=1),
        op("Mul", "f scale", "g"),
        op("Floor", "g", "h"),
        op("Cast", "h", "sizes2", to=7),
        op("Slice", "s zero two", "nc"),
        op("Concat", "nc sizes2", "wanted", axis=0),
        op("Resize", "x _ _ wanted"),
        stored=VALUES,
    )
    assert layers(net) == ["interpolate(size=(size(x, 2)//2, size(x, 3)//2))"]
    assert shape_out(net, H=9, W=4)[2:] == (4, 2)


def test_the_detour_of_expand_is_worked_out() -> None:
    net = net_of(
        op("Shape", "x", "s"),
        op("Gather", "s first", "n"),
        op("Unsqueeze", "n zero", "n1"),
        op("Concat", "n1 minus minus", "c", axis=0),
        op("Shape", "c", "rank"),
        op("ConstantOfShape", "rank", "ones", value=number("", (1,))),
        op("Constant", "", "m", value=number("", -1)),
        op("Mul", "ones m", "all"),
        op("Equal", "c all", "where"),
        op("Where", "where ones c", "wanted"),
        op("Expand", "cls wanted"),
        stored=(*VALUES, weight("cls", 1, 1, 8)),
    )
    assert layers(net) == ["parameter([1, 1, 8])", "expand(size(x, 0), -1, -1)"]
    assert shape_out(net, N=5) == (5, 1, 8)


def test_a_float_that_sizes_give_is_worked_out_where_no_size_comes_from_it() -> None:
    net = net_of(
        op("Shape", "x", "s"),
        op("Gather", "s channels", "c"),
        op("Cast", "c", "f", to=1),
        op("Sqrt", "f", "r"),
        op("Div", "x r"),
        x=("N", 16),
        stored=(number("channels", 1),),
    )
    assert layers(net) == ["div(4.0)"]


def test_a_size_that_depends_on_numbers_is_refused() -> None:
    with pytest.raises(SpecError, match="depends on what is in a tensor") as found:
        net_of(op("Reshape", "x x"), x=(4,))
    assert found.value.code == "S136"
    assert found.value.location is not None


def test_a_minus_one_in_front_of_what_is_no_batch_is_written_out() -> None:
    net = net_of(
        op("Transpose", "x", "t", perm=(1, 0, 2)),
        op("Reshape", "t wanted"),
        x=("N", 17, 8),
        stored=(number("wanted", (-1, 8)),),
    )
    assert infer(net).conditions == ()
    assert infer(net, (3, 17, 8)).outputs == {"y": [(51, 8)]}


def test_a_branch_is_followed_where_the_condition_is_known() -> None:
    yes = Graph("yes", {}, ("out",), {}, (op("Relu", "x", "out"),))
    no = Graph("no", {}, ("out",), {}, (op("Flatten", "x", "out"),))
    net = net_of(
        op("Shape", "x", "s"),
        op("Gather", "s channels", "c"),
        op("Equal", "c three0", "test"),
        op("If", "test", then_branch=yes, else_branch=no),
        stored=(number("channels", 1), number("three0", 3)),
    )
    assert layers(net) == ["relu()"]


def test_a_function_of_the_file_is_followed() -> None:
    body = (
        op("LeakyRelu", "a", "b", alpha=Given("slope")),
        op("MaxPool", "b", "c", kernel_shape=Given("k")),
    )
    routines = {"own.Down": Routine(("a",), ("c",), {"slope": 0.1}, body)}
    net = net_of(op("own.Down", "x", k=(2, 2)), routines=routines)
    assert layers(net) == ["leaky_relu()", "MaxPool2d(2, stride=1)"]


def test_lists_of_tensors_are_followed() -> None:
    net = net_of(
        op("SplitToSequence", "x", "parts", axis=1, keepdims=0),
        op("SequenceAt", "parts one", "b"),
        op("SequenceConstruct", "b b", "both"),
        op("ConcatFromSequence", "both", axis=0, new_axis=1),
        stored=(number("one", 1),),
    )
    assert layers(net) == ["unbind(1)", "stack(0)"]
    assert shape_out(net, N=1, H=4, W=5) == (2, 1, 4, 5)


# -------------------------------------------------------------------------------------- weights


def state_names(net: Net) -> dict[str, tuple[Any, ...]]:
    found = state_dict(net)
    return {**found.parameters, **found.buffers}


def test_a_bias_that_is_added_is_the_linear_layers() -> None:
    net = net_of(
        op("MatMul", "x onnx::MatMul_7", "m", path="fc"),
        op("Add", "fc.bias m", "y", path="fc"),
        x=("N", 4, 8),
        stored=(weight("onnx::MatMul_7", 8, 5), weight("fc.bias", 5)),
    )
    assert layers(net) == ["Linear(8, 5)"]
    assert state_names(net) == {"fc.weight": (5, 8), "fc.bias": (5,)}


def test_what_is_added_and_no_bias_stays() -> None:
    net = net_of(
        op("MatMul", "x w", "m", path="fc"),
        op("Add", "m pos", "y", path=""),
        x=("N", 4, 8),
        stored=(weight("w", 8, 5), weight("pos", 4, 5)),
    )
    assert layers(net) == ["Linear(8, 5, bias=False)", "parameter([4, 5])", "add()"]


@pytest.mark.parametrize("transposed", [0, 1])
def test_a_gemm_is_a_linear_layer(transposed: int) -> None:
    sizes = (5, 8) if transposed else (8, 5)
    net = net_of(
        op("Gemm", "x fc.weight fc.bias", transB=transposed),
        x=("N", 8),
        stored=(weight("fc.weight", *sizes), weight("fc.bias", 5)),
    )
    assert layers(net) == ["Linear(8, 5)"]


def test_a_weight_that_is_computed_is_multiplied() -> None:
    net = net_of(op("Exp", "w", "v"), op("MatMul", "x v"), x=("N", 8), stored=(weight("w", 8, 5),))
    assert layers(net) == ["parameter([8, 5])", "exp()", "matmul()"]


def test_a_weight_seen_in_another_way_is_still_the_layers() -> None:
    net = net_of(
        op("Transpose", "fc.weight", "t", perm=(1, 0)),
        op("MatMul", "x t", path="fc"),
        x=("N", 8),
        stored=(weight("fc.weight", 5, 8),),
    )
    assert layers(net) == ["Linear(8, 5, bias=False)"]
    assert net.layers[0].name == "fc"


def test_a_module_that_is_called_again_is_shared() -> None:
    net = net_of(
        op("MatMul", "x w", "a", path="fc"),
        op("MatMul", "a w", "y", path="fc_1"),
        x=("N", 8),
        stored=(weight("w", 8, 8),),
    )
    assert [layer.shares for layer in net.layers] == [None, "fc"]
    assert state_dict(net).count == 64


def test_equal_weights_of_which_nothing_was_learned_are_each_layers_own() -> None:
    net = net_of(
        op("LayerNormalization", "x a.weight", "b", path="a"),
        op("LayerNormalization", "b a.weight", "y", path="c"),
        x=("N", 8),
        stored=(weight("a.weight", 8, uniform=True),),
    )
    assert state_names(net) == {"a.weight": (8,), "c.weight": (8,)}


def test_a_weight_with_two_uses_is_a_parameter_of_its_own() -> None:
    net = net_of(
        op("Gather", "emb.weight x", "e"),
        op("Transpose", "emb.weight", "t", perm=(1, 0)),
        op("MatMul", "e t"),
        x=("N", "L"),
        stored=(weight("emb.weight", 20, 8),),
    )
    assert layers(net) == [
        "parameter([20, 8])",
        "embedding()",
        "permute(1, 0)",
        "matmul()",
    ]
    assert state_dict(net).count == 160


def test_normalisation_with_weights_of_other_sizes_takes_them_as_tensors() -> None:
    names = "x s.weight s.bias s.mean s.var"
    stored = tuple([weight(name, 3) for name in names.split()[1:3]])
    stored += tuple([weight(name, 4) for name in names.split()[3:]])
    net = net_of(op("BatchNormalization", names), stored=stored)
    assert layers(net)[-1] == "batch_norm()"
    assert infer(net).error is not None


def test_a_recurrent_layer_has_pytorchs_outputs_behind_it() -> None:
    net = net_of(
        op("LSTM", "x w r b _ h c", "y yh yc", direction="bidirectional"),
        x=("L", "N", 12),
        stored=(
            weight("w", 2, 64, 12),
            weight("r", 2, 64, 16),
            weight("b", 2, 128),
            weight("h", 2, 4, 16),
            weight("c", 2, 4, 16),
        ),
        outputs="y yh yc",
    )
    result = infer(net, set={"N": 4, "L": 7})
    assert result.errors == ()
    assert result.outputs == {"y": [(7, 2, 4, 16)], "yh": [(2, 4, 16)], "yc": [(2, 4, 16)]}
    assert sum(shape[0] for name, shape in state_names(net).items() if "weight_ih" in name) == 128


def test_the_order_of_weights_is_the_files() -> None:
    stored = (weight("b.weight", 8, 8), weight("a.weight", 8, 8))
    net = net_of(
        op("MatMul", "x a.weight", "m", path="a"),
        op("MatMul", "m b.weight", "y", path="b"),
        x=("N", 8),
        stored=stored,
    )
    assert [layer.name for layer in net.layers] == ["a", "b"]
    assert [*state_dict(net).parameters] == ["b.weight", "a.weight"]


# ---------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("/conv1/Conv", "conv1"),
        ("/layer1/layer1.0/conv1/Conv", "layer1.0.conv1"),
        ("/layer1/layer1.0/downsample/downsample.0/Conv", "layer1.0.downsample.0"),
        ("/Relu", ""),
        ("Conv_12", None),
    ],
)
def test_the_module_is_told_from_the_nodes_name(name: str, path: str | None) -> None:
    assert module_path(name) == path


def test_names_are_such_as_entries_may_have() -> None:
    assert clean("a/b::c[0]\n .d") == "a.b.c_0___.d"


def test_a_layer_is_called_as_its_module_and_a_function_by_its_name() -> None:
    net = net_of(
        op("Relu", "x", "a", path="block.act"),
        op("Relu", "a", "b", path="block.act"),
        op("Add", "a b", "c", path="block"),
        op("MaxPool", "c", "y", path="", kernel_shape=(2, 2)),
    )
    names = [layer.name for layer in net.layers]
    assert names == ["block.act", "block.act_1", "block.add", "max_pool2d"]


# ---------------------------------------------------------------------------------------- inputs


def test_dimensions_without_a_name_are_named_after_the_input() -> None:
    net = net_of(op("Relu"), x=("batch size", None, 3, "2*n"))
    assert net.inputs["x"] == (symbol("batch_size"), symbol("x_1"), 3, 2 * symbol("n"))


def test_an_input_without_a_shape_needs_one() -> None:
    with pytest.raises(SpecError) as found:
        net_of(op("Relu"), x=None)
    assert found.value.code == "S118"
    assert net_of(op("Relu"), x=None, inputs=(2, 3)).inputs == {"x": (2, 3)}


# ---------------------------------------------------------------------------------------- errors


def test_a_misfit_ends_the_net_with_the_layer() -> None:
    net = net_of(
        op("Relu", "x", "a"),
        op("Conv", "a c.weight", "b"),
        op("Relu", "b"),
        x=(1, 4, 8, 8),
        stored=(weight("c.weight", 6, 3, 5, 5),),
    )
    result: Result = infer(net)
    assert result.error is not None
    assert (result.error.layer, result.error.code) == ("c", "S203")


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (op("Nothing"), "the operator Nothing (Nothing_0) has no counterpart"),
        (op("Relu", "z"), "there is no value z"),
        (op("Transpose", perm=3), "an attribute or a number isn't of the kind"),
        (op("Loop"), "the operator Loop (Loop_0) has no counterpart"),
        (op("AveragePool", kernel_shape=(2, 2), dilations=(2, 2)), "no dilation"),
        (op("If", "x"), "which branch is taken depends on what is in a tensor"),
    ],
)
def test_an_operator_that_can_be_no_layer_is_named(operation: Operation, message: str) -> None:
    with pytest.raises(SpecError, match=re.escape(message)) as found:
        net_of(operation, stored=(weight("w", 6, 3, 5, 5),))
    assert found.value.code == "S136"


def test_functions_that_call_themselves_are_refused() -> None:
    routines = {"own.F": Routine(("a",), ("b",), {}, (op("own.F", "a", "b"),))}
    with pytest.raises(SpecError) as found:
        net_of(op("own.F"), routines=routines)
    assert found.value.code == "S103"


def test_functions_that_double_themselves_are_refused() -> None:
    routines = {
        f"own.F{i}": Routine(
            ("a",), ("c",), {}, (op(f"own.F{i + 1}", "a", "b"), op(f"own.F{i + 1}", "b", "c"))
        )
        for i in range(40)
    }
    routines["own.F40"] = Routine(("a",), ("c",), {}, (op("Relu", "a", "c"),))
    with pytest.raises(SpecError) as found:
        net_of(op("own.F0"), routines=routines)
    assert found.value.code == "S103"


def test_numbers_that_grow_are_refused_or_left() -> None:
    steps = [op("Mul", f"v{i} v{i}", f"v{i + 1}") for i in range(30)]
    with pytest.raises(SpecError):
        net_of(*steps, op("Reshape", "x v30"), stored=(number("v0", (1000,)),))


def test_a_layer_of_the_users_own_is_called_by_its_operators_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "Halver:\n  layers: [Halver]\n  parameters: {by: int = 2}\n  input: (N, C, *rest)\n"
        "  output: (N, C//by, *rest)\n",
        encoding="utf-8",
    )
    net = net_of(op("own.Halver", by=3, other=1), registry=load_registry((str(file),)))
    assert layers(net) == ["Halver(by=3)"]


def test_sizes_given_by_name_flow_through() -> None:
    net = net_of(
        op("Conv", "x c.weight", "a", pads=(1, 1, 1, 1)),
        op("GlobalAveragePool", "a", "b"),
        op("Flatten", "b"),
        stored=(weight("c.weight", 8, 3, 3, 3),),
    )
    result = infer(net)
    assert result.outputs == {"y": [(symbol("N"), 8)]}
    assert isinstance(result["c"].output_shape[2], Dim)
