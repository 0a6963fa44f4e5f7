"""Specs into nets: every form of the contract's section 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import shapecalc
from shapecalc.errors import SpecError
from shapecalc.infer import infer
from shapecalc.net import Net
from shapecalc.readers import read_spec, read_spec_text
from shapecalc.readers.expressions import read_expression
from tests.few_layers import REGISTRY

NETS = Path(__file__).parent / "conformance" / "data" / "nets"


def read(text: str) -> Net:
    return read_spec_text(text, "net.yaml", registry=REGISTRY)


def flat(text: str) -> list[dict[str, Any]]:
    return [layer.to_dict() for layer in read(text).layers]


def shown(text: str) -> list[str]:
    """Write each layer on a line: name = call < sources."""
    return [line(item) for item in flat(text)]


def line(item: dict[str, Any]) -> str:
    if "alias" in item:
        return f"{item['name']} is {item['alias']}"
    sources = json.dumps(item["from"]).replace('"', "")[1:-1]
    shares = f" ({item['shares']})" if "shares" in item else ""
    return f"{item['name']} = {item['layer']} < {sources}{shares}"


def bare(net: Net) -> Net:
    """Leave out where things stand."""
    layers = tuple(layer._replace(location=None) for layer in net.layers)
    state = net.state and tuple(layer._replace(location=None) for layer in net.state)
    return net._replace(layers=layers, state=state, file="", where_places=())


# ------------------------------------------------------------------------------- whole specs

LENET = """
name: LeNet
input: [1, 3, 32, 32]
layers:
  - conv1: Conv2d(3, 6, 5)
  - pool1: MaxPool2d(2)
  - flatten: view(-1, 6*14*14)
  - fc1: Linear(1176, 10)
outputs: [fc1]
"""


def test_the_contracts_example() -> None:
    assert read(LENET).to_dict() == {
        "name": "LeNet",
        "inputs": {"input": [1, 3, 32, 32]},
        "layers": [
            {"name": "conv1", "layer": "Conv2d(3, 6, 5)", "from": ["input"]},
            {"name": "pool1", "layer": "MaxPool2d(2)", "from": ["conv1"]},
            {"name": "flatten", "layer": "view(-1, 1176)", "from": ["pool1"]},
            {"name": "fc1", "layer": "Linear(1176, 10)", "from": ["flatten"]},
        ],
        "outputs": ["fc1"],
    }


def test_json_has_the_same_structure() -> None:
    text = json.dumps(yaml.safe_load(LENET), indent=1)
    net = read_spec_text(text, "net.json", registry=REGISTRY)
    assert bare(net) == bare(read(LENET))


def test_data_from_python_has_the_same_structure() -> None:
    assert bare(read_spec(yaml.safe_load(LENET), registry=REGISTRY)) == bare(read(LENET))


def test_what_infer_and_solve_print_is_a_spec() -> None:
    document = {"version": 1, "kind": "inference", "net": read(LENET).to_dict(), "layers": []}
    net = read_spec_text(json.dumps(document), "<stdin>", registry=REGISTRY)
    assert bare(net) == bare(read(LENET))


def test_the_input_may_be_left_out() -> None:
    net = read("layers: [relu]")
    assert net.inputs == {"input": None}
    assert net.to_dict()["inputs"] == {"input": None}


def test_several_inputs_and_outputs() -> None:
    net = read("""
inputs: {image: [N, 3, H, 2*W], age: "Nx1", extra: ~}
layers:
  - conv: {layer: "Conv2d(3, 8, 3)", from: image}
  - {name: both, layer: cat(dim=1), from: [conv, age]}
outputs: {features: conv, all: both}
""")
    assert net.to_dict()["inputs"] == {
        "image": ["N", 3, "H", "2*W"],
        "age": ["N", 1],
        "extra": None,
    }
    assert net.to_dict()["outputs"] == {"features": "conv", "all": "both"}
    assert net.output_names == ("features", "all")


def test_the_first_of_several_inputs_is_what_the_first_entry_takes() -> None:
    assert shown("{inputs: {a: [1], b: [2]}, layers: [relu]}") == ["0 = relu() < a"]


def test_where_holds_relations() -> None:
    net = read('{input: [1, 3, H, W], where: ["H == W", "H % 32 == 0"], layers: [relu]}')
    assert net.to_dict()["where"] == ["H == W", "H%32 == 0"]


# ---------------------------------------------------------------------------- forms of entries


def test_text_is_named_by_its_position() -> None:
    assert shown("layers: [ReLU, 'Conv2d(3, 6, 5)', {x: relu}, relu]") == [
        "0 = ReLU() < input",
        "1 = Conv2d(3, 6, 5) < 0",
        "x = relu() < 1",
        "3 = relu() < x",
    ]


def test_prefixes_of_modules_are_taken_off() -> None:
    assert shown("layers: [nn.ReLU, torch.nn.ReLU(inplace=True), F.relu, 'torch.flatten(1)']") == [
        "0 = ReLU() < input",
        "1 = ReLU(inplace=True) < 0",
        "2 = relu() < 1",
        "3 = flatten(1) < 2",
    ]
    assert shown("layers: ['nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4), 2)']") == [
        "0 = TransformerEncoder(TransformerEncoderLayer(64, 4), 2) < input"
    ]


def test_nested_lists_are_sequentials() -> None:
    assert shown("""
layers:
  - stage1:
      - Conv2d(3, 6, 5)
      - act: ReLU
      - [ReLU, ReLU]
  - [Sigmoid]
  - {name: tail, layers: [ReLU], from: stage1}
""") == [
        "stage1.0 = Conv2d(3, 6, 5) < input",
        "stage1.act = ReLU() < stage1.0",
        "stage1.2.0 = ReLU() < stage1.act",
        "stage1.2.1 = ReLU() < stage1.2.0",
        "1.0 = Sigmoid() < stage1.2.1",
        "tail.0 = ReLU() < stage1.2.1",
    ]


def test_a_type_with_arguments_as_keys() -> None:
    assert shown("""
layers:
  - conv1: {type: Conv2d, in_channels: 3, out_channels: 2*3, kernel_size: [3, k], padding: same}
  - {name: conv2, type: nn.Conv2d, in_channels: 6, out_channels: 6, kernel_size: 3, from: conv1,
     padding: p, padding_mode: reflect, bias: false}
  - lstm: {type: LSTM, input_size: 3, hidden_size: h, nonlinearity: relu}
  - enc: {type: TransformerEncoder, encoder_layer: {type: TransformerEncoderLayer, d_model: 8,
          nhead: 2}, num_layers: 1}
""") == [
        "conv1 = Conv2d(in_channels=3, out_channels=6, kernel_size=[3, k], padding='same') < input",
        (
            "conv2 = Conv2d(in_channels=6, out_channels=6, kernel_size=3, padding=p,"
            " padding_mode='reflect', bias=False) < conv1"
        ),
        "lstm = LSTM(input_size=3, hidden_size=h, nonlinearity='relu') < conv2",
        (
            "enc = TransformerEncoder(encoder_layer=TransformerEncoderLayer(d_model=8, nhead=2),"
            " num_layers=1) < lstm"
        ),
    ]


def test_constants_are_worked_out_and_symbols_stay() -> None:
    assert shown("""
layers:
  - Linear(16*5*5, 2**3 + 100//3 % 7)
  - Conv2d(3, max(2, 6), k + 2*3, padding=p if 1 < 2 else 0, bias=not True)
  - Conv2d(3, 6, (1 + 1, k), stride=(2,)*2)
""") == [
        "0 = Linear(400, 13) < input",
        "1 = Conv2d(3, 6, k + 6, padding=p, bias=False) < 0",
        "2 = Conv2d(3, 6, (2, k), stride=(2, 2)) < 1",
    ]


def test_slices_and_forward_arguments_stay_as_they_are() -> None:
    assert shown("""
layers:
  - "getitem((slice(None), slice(1, -1), None, Ellipsis, ...))"
  - ConvTranspose2d(16, 16, 3, stride=2)(output_size=[6*2, 12])
""") == [
        "0 = getitem((slice(None), slice(1, -1), None, Ellipsis, ...)) < input",
        "1 = ConvTranspose2d(16, 16, 3, stride=2)(output_size=[12, 12]) < 0",
    ]


def test_what_takes_no_tensor_gets_none() -> None:
    assert shown("""
layers:
  - token: parameter([1, 1, 8])
  - {name: sum, layer: add, from: [input, token]}
  - add(empty(3, 4))
""") == [
        "token = parameter([1, 1, 8]) < ",
        "sum = add() < input, token",
        "2 = add(empty(3, 4)) < sum",
    ]


# ------------------------------------------------------------------------------- from and size


def test_from_reaches_into_outputs_and_tuples() -> None:
    assert shown("""
inputs: {x: ~, h0: ~, c0: ~, m: ~}
layers:
  - {name: lstm, layer: "LSTM(3, 4)", from: [x, [h0, c0]]}
  - {name: last, layer: relu, from: "lstm[1][0]"}
  - {name: att, layer: "MultiheadAttention(8, 2)(need_weights=False)",
     from: [last, last, "lstm[0]", {attn_mask: m}]}
""") == [
        "lstm = LSTM(3, 4) < x, [h0, c0]",
        "last = relu() < lstm[1][0]",
        "att = MultiheadAttention(8, 2)(need_weights=False) < last, last, lstm[0], {attn_mask: m}",
    ]


def test_positions_are_names_that_from_may_give_as_numbers() -> None:
    assert shown("{layers: [relu, relu, {layer: add, from: [0, 1]}]}")[2] == "2 = add() < 0, 1"


def test_names_are_looked_for_nearby_first() -> None:
    assert shown("""
layers:
  - conv: ReLU
  - stage:
      - {name: a, layer: relu, from: conv}
      - conv: ReLU
      - {name: b, layer: relu, from: conv}
      - {name: c, layer: relu, from: stage.a}
      - {name: d, layer: add, from: [input, a]}
  - {name: e, layer: relu, from: stage.b}
  - {name: f, layer: relu, from: stage}
""") == [
        "conv = ReLU() < input",
        "stage.a = relu() < conv",
        "stage.conv = ReLU() < stage.a",
        "stage.b = relu() < stage.conv",
        "stage.c = relu() < stage.a",
        "stage.d = add() < input, stage.a",
        "e = relu() < stage.b",
        "f = relu() < stage.d",
    ]


def test_sizes_of_outputs_get_full_names() -> None:
    assert shown("""
layers:
  - conv: Conv2d(3, 6, 5)
  - s:
      - x: relu
      - view(size(conv, 0), -1, size(x, 1)*2, size('s.x', 2))
      - {name: up, layer: "ConvTranspose2d(6, 6, 3)(output_size=[size(conv, 2), size(conv, 3)])"}
  - view(size('s.x', 0), size(s, 1), size('conv', 1))
  - lstm: LSTM(3, 4)
  - view(size(lstm[0], 1), -1)
""") == [
        "conv = Conv2d(3, 6, 5) < input",
        "s.x = relu() < conv",
        "s.1 = view(size(conv, 0), -1, size('s.x', 1)*2, size('s.x', 2)) < s.x",
        "s.up = ConvTranspose2d(6, 6, 3)(output_size=[size(conv, 2), size(conv, 3)]) < s.1",
        "2 = view(size('s.x', 0), size('s.up', 1), size(conv, 1)) < s.up",
        "lstm = LSTM(3, 4) < 2",
        "4 = view(size('lstm[0]', 1), -1) < lstm",
    ]


# ----------------------------------------------------------------------------- blocks, repeats

RESNET = """
modules:
  BasicBlock(inplanes, planes, stride=1):
    - conv1: Conv2d(inplanes, planes, 3, stride)
    - bn1: BatchNorm2d(planes)
    - {name: downsample, layers: ["Conv2d(inplanes, planes, 1, stride)"], from: input,
       if: stride != 1 or inplanes != planes}
    - {name: add, layer: add, from: [bn1, downsample]}
layers:
  - layer1: BasicBlock(64, 64)
  - layer2: ["BasicBlock(64, 128, stride=2)", "BasicBlock(128, planes=64*2)"]
"""


def test_a_block_is_used_like_a_layer_and_drops_entries() -> None:
    assert shown(RESNET) == [
        "layer1.conv1 = Conv2d(64, 64, 3, 1) < input",
        "layer1.bn1 = BatchNorm2d(64) < layer1.conv1",
        "layer1.add = add() < layer1.bn1, input",
        "layer2.0.conv1 = Conv2d(64, 128, 3, 2) < layer1.add",
        "layer2.0.bn1 = BatchNorm2d(128) < layer2.0.conv1",
        "layer2.0.downsample.0 = Conv2d(64, 128, 1, 2) < layer1.add",
        "layer2.0.add = add() < layer2.0.bn1, layer2.0.downsample.0",
        "layer2.1.conv1 = Conv2d(128, 128, 3, 1) < layer2.0.add",
        "layer2.1.bn1 = BatchNorm2d(128) < layer2.1.conv1",
        "layer2.1.add = add() < layer2.1.bn1, layer2.0.add",
    ]


def test_repeat_numbers_the_names() -> None:
    assert shown("""
layers:
  - {name: act, layer: ReLU, repeat: 2}
  - {name: stage, layers: [ReLU, {layer: relu, repeat: 2}], repeat: 2}
  - {name: none, layer: ReLU, repeat: 0}
  - {name: sum, layer: add, from: [act, act.0, stage.0, none]}
""") == [
        "act.0 = ReLU() < input",
        "act.1 = ReLU() < act.0",
        "stage.0.0 = ReLU() < act.1",
        "stage.0.1.0 = relu() < stage.0.0",
        "stage.0.1.1 = relu() < stage.0.1.0",
        "stage.1.0 = ReLU() < stage.0.1.1",
        "stage.1.1.0 = relu() < stage.1.0",
        "stage.1.1.1 = relu() < stage.1.1.0",
        "sum = add() < act.1, act.0, stage.0.1.1, stage.1.1.1",
    ]


def test_blocks_use_blocks_and_take_layers_as_arguments() -> None:
    assert shown("""
modules:
  ConvBN(i, o, k=3, act=ReLU(), norm=BatchNorm2d, pad=k//2):
    - Conv2d(i, o, k, padding=pad)
    - {layer: norm(o), if: norm is not None}
    - act
  Stage(block, i, o, n):
    - first: block(i, o)
    - {name: rest, layer: "block(o, o, act=Sigmoid, norm=None)", repeat: n - 1}
layers:
  - s: Stage(ConvBN, 3, 8, n=2)
""") == [
        "s.first.0 = Conv2d(3, 8, 3, padding=1) < input",
        "s.first.1 = BatchNorm2d(8) < s.first.0",
        "s.first.2 = ReLU() < s.first.1",
        "s.rest.0.0 = Conv2d(8, 8, 3, padding=1) < s.first.2",
        "s.rest.0.2 = Sigmoid() < s.rest.0.0",
    ]


def test_a_block_over_several_tensors_and_with_several_outputs() -> None:
    assert shown("""
inputs: {x: ~, y: ~}
modules:
  Both:
    layers:
      - {name: a, layer: relu, from: "input[1]"}
      - {name: b, layer: add, from: ["input[0]", a]}
      - {name: c, layer: cat, from: input}
    outputs: [a, b]
layers:
  - {name: both, layer: Both, from: [x, y]}
  - {name: z, layer: relu, from: "both[1]"}
  - {name: t, layer: cat, from: both}
  - {name: one, layer: Both, from: [z, "both[0]"]}
outputs: [one]
""") == [
        "both.a = relu() < y",
        "both.b = add() < x, both.a",
        "both.c = cat() < [x, y]",
        "z = relu() < both.b",
        "t = cat() < [both.a, both.b]",
        "one.a = relu() < both.a",
        "one.b = add() < z, one.a",
        "one.c = cat() < [z, both.a]",
    ]


def test_a_block_over_one_tuple_reaches_into_it() -> None:
    assert (
        shown("""
modules: {First: [{layer: relu, from: "input[0]"}]}
layers: [lstm: "LSTM(3, 4)", f: First]
""")[1]
        == "f.0 = relu() < lstm[0]"
    )


def test_symbols_and_sizes_pass_through_blocks() -> None:
    assert shown("""
modules:
  B(k, n): [conv: "Conv2d(3, 6, k, padding=k//2)", v: "view(n, size(conv, 1))"]
layers:
  - conv: relu
  - b: B(q, size(conv, 0))
""") == [
        "conv = relu() < input",
        "b.conv = Conv2d(3, 6, q, padding=q//2) < conv",
        "b.v = view(size(conv, 0), size('b.conv', 1)) < b.conv",
    ]


def test_a_dropped_entry_stands_for_its_own_input() -> None:
    assert shown("""
layers:
  - a: relu
  - {name: gone, layer: Sigmoid, from: input, if: false}
  - next: relu
  - {name: b, layer: add, from: [gone, a]}
""") == ["a = relu() < input", "next = relu() < input", "b = add() < input, a"]


# --------------------------------------------------------------------- sharing, aliases, wrappers


def test_shares_calls_a_module_again() -> None:
    assert shown("""
layers:
  - conv: Conv2d(3, 3, 3)
  - {name: again, shares: conv}
  - {name: third, layer: "Conv2d(3, 3, 3)", shares: again, from: conv}
""") == [
        "conv = Conv2d(3, 3, 3) < input",
        "again = Conv2d(3, 3, 3) < conv (conv)",
        "third = Conv2d(3, 3, 3) < conv (conv)",
    ]


def test_shares_calls_a_container_again() -> None:
    assert shown("""
inputs: {a: ~, b: ~}
modules: {Net: [fc: "Linear(3, 4)", act: relu, {name: twice, shares: fc}, {name: x, alias: fc}]}
layers:
  - {name: left, layer: Net, from: a}
  - {name: right, shares: left, from: b}
  - {name: third, shares: right}
""") == [
        "left.fc = Linear(3, 4) < a",
        "left.act = relu() < left.fc",
        "left.twice = Linear(3, 4) < left.act (left.fc)",
        "left.x is left.fc",
        "right.fc = Linear(3, 4) < b (left.fc)",
        "right.act = relu() < right.fc",
        "right.twice = Linear(3, 4) < right.act (left.fc)",
        "third.fc = Linear(3, 4) < right.twice (left.fc)",
        "third.act = relu() < third.fc",
        "third.twice = Linear(3, 4) < third.act (left.fc)",
    ]


NOT_CALLED = """
modules:
  Merging(dim):
    - {name: reduction, layer: "Linear(dim, 2)", called: false}
    - norm: BatchNorm2d(dim)
    - {name: reduction, shares: reduction}
  Head(dim): [fc: "Linear(dim, 5)", act: relu, sigmoid: Sigmoid]
layers:
  - merging: Merging(4)
  - {name: aux, layer: Head(2), called: false}
  - {name: dropped, layer: Head(2), called: false, if: 1 > 2}
  - fc: Linear(2, 3)
"""


def test_modules_may_be_registered_and_called_later_or_never() -> None:
    assert shown(NOT_CALLED) == [
        "merging.norm = BatchNorm2d(4) < input",
        "merging.reduction = Linear(4, 2) < merging.norm",
        "fc = Linear(2, 3) < merging.reduction",
    ]
    assert [layer.to_dict() for layer in read(NOT_CALLED).state or ()] == [
        {"name": "merging.reduction", "layer": "Linear(4, 2)", "from": []},
        {"name": "merging.norm", "layer": "BatchNorm2d(4)", "from": []},
        {"name": "aux.fc", "layer": "Linear(2, 5)", "from": []},
        {"name": "aux.sigmoid", "layer": "Sigmoid()", "from": []},
        {"name": "fc", "layer": "Linear(2, 3)", "from": []},
    ]
    assert bare(read_spec(read(NOT_CALLED).to_dict(), registry=REGISTRY)) == bare(read(NOT_CALLED))


def test_a_container_may_be_registered_before_it_is_called() -> None:
    net = read("""
modules: {Head(dim): [fc: "Linear(dim, 2)", act: relu]}
layers:
  - {name: head, layer: Head(2), called: false}
  - first: Linear(2, 2)
  - {name: head, shares: head}
  - {name: again, shares: head}
""")
    assert [line(layer.to_dict()) for layer in net.layers] == [
        "first = Linear(2, 2) < input",
        "head.fc = Linear(2, 2) < first",
        "head.act = relu() < head.fc",
        "again.fc = Linear(2, 2) < head.act (head.fc)",
        "again.act = relu() < again.fc",
    ]
    assert [layer.name for layer in net.state or ()] == ["head.fc", "first"]


def test_aliases_are_not_called() -> None:
    text = """
layers:
  - stage: [ReLU, ReLU]
  - {name: other, alias: stage}
  - {name: inner, layers: [relu, {name: copy, alias: stage.0}, relu]}
"""
    assert shown(text) == [
        "stage.0 = ReLU() < input",
        "stage.1 = ReLU() < stage.0",
        "other is stage",
        "inner.0 = relu() < stage.1",
        "inner.copy is stage.0",
        "inner.2 = relu() < inner.0",
    ]
    assert bare(read_spec(read(text).to_dict(), registry=REGISTRY)) == bare(read(text))


def test_wrappers_put_a_word_into_names() -> None:
    assert shown("""
modules: {Block(n): [fc: "Linear(n, n)"]}
layers:
  - {name: net, layer: DataParallel, layers: [conv: ReLU, {layer: relu, from: conv}]}
  - b: nn.DataParallel(Block(3))
  - c: DistributedDataParallel(Linear(3, 3))
""") == [
        "net.module.conv = ReLU() < input",
        "net.module.1 = relu() < net.module.conv",
        "b.module.fc = Linear(3, 3) < net.module.1",
        "c.module = Linear(3, 3) < b.module.fc",
    ]


def test_state_lists_modules_in_their_own_order() -> None:
    text = """
state:
  - {name: unused, layer: "Linear(3, 4)"}
  - {name: fc, layer: "Linear(1, 2)"}
  - {name: tied, alias: fc}
layers:
  - fc: Linear(1, 2)
  - {name: x, shares: unused}
"""
    net = read(text)
    assert net.to_dict()["state"] == [
        {"name": "unused", "layer": "Linear(3, 4)"},
        {"name": "fc", "layer": "Linear(1, 2)"},
        {"name": "tied", "alias": "fc"},
    ]
    assert shown(text)[1] == "x = Linear(3, 4) < fc (unused)"
    assert bare(read_spec(net.to_dict(), registry=REGISTRY)) == bare(net)


# ------------------------------------------------------------------------- YAML as people write it


def test_words_that_yaml_takes_for_values_stay_names() -> None:
    assert [item["name"] for item in flat("layers: [on: relu, no: relu, 1: relu, ~: relu]")] == [
        "on",
        "no",
        "1",
        "~",
    ]


def test_anchors_and_merge_keys() -> None:
    assert shown("""
layers:
  - {name: a, layers: &body [relu, relu]}
  - &entry {name: b, layer: relu, from: input}
  - {<<: *entry, name: c}
  - {name: d, layers: *body}
""") == [
        "a.0 = relu() < input",
        "a.1 = relu() < a.0",
        "b = relu() < input",
        "c = relu() < input",
        "d.0 = relu() < c",
        "d.1 = relu() < d.0",
    ]


def test_long_calls_may_be_folded() -> None:
    assert shown("layers:\n  - a: >-\n      Conv2d(3,\n      6, 5)\n  - b: |\n      relu\n") == [
        "a = Conv2d(3, 6, 5) < input",
        "b = relu() < a",
    ]


def test_layers_say_where_they_stand() -> None:
    net = read("layers:\n  - a: relu\n  - {name: b,\n     layer: relu}\n  - relu\n")
    assert [str(layer.location) for layer in net.layers] == [
        "net.yaml:2:8",
        "net.yaml:4:13",
        "net.yaml:5:5",
    ]
    place = net.layers[0].location
    assert place is not None
    assert (place.file, place.line, place.column) == tuple(place) == ("net.yaml", 2, 8)
    assert place._asdict() == {"file": "net.yaml", "line": 2, "column": 8}
    assert place == net.layers[0].location


def test_layers_in_json_say_where_they_stand() -> None:
    text = '{"layers": [\n {"name": "a", "layer": "relu"},\n {"name": "b", "layer": "relu"}]}'
    net = read_spec_text(text, "net.json", registry=REGISTRY)
    assert [str(layer.location) for layer in net.layers] == ["net.json:2:26", "net.json:3:26"]


# -------------------------------------------------------------------------------- expressions


def test_expressions() -> None:
    net = read_expression("Conv2d(3,6,5) | ReLU|getitem('a|b')", registry=REGISTRY)
    assert [line(layer.to_dict()) for layer in net.layers] == [
        "0 = Conv2d(3, 6, 5) < input",
        "1 = ReLU() < 0",
        "2 = getitem('a|b') < 1",
    ]
    assert net.inputs == {"input": None}
    assert str(net.layers[1].location) == "<expression>:1:17"


# --------------------------------------------------------------------------------- round trips

NAMES = st.sampled_from(["a", "b", "conv1", "layer.0", "x y", "é", "s.t.u", "0"])
CALLS = st.sampled_from(
    [
        "relu",
        "Conv2d(3, k, (3, 5), padding='same')",
        "Linear(4*4, 2)",
        "view(size(input, 0), -1)",
        "getitem((slice(None), None, ..., -1))",
        "MultiheadAttention(8, 2)(need_weights=False)",
        "parameter([1, 2])",
    ]
)


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    """Draw specs in flat form, with all that it can hold."""
    names = draw(st.lists(NAMES, unique=True, min_size=1, max_size=6))
    known = ["input", "second"]
    layers: list[dict[str, Any]] = []
    modules: list[str] = []
    for name in names:
        entry: dict[str, Any] = {"name": name}
        kind = draw(st.sampled_from(["layer", "layer", "shares", "alias"])) if modules else "layer"
        if kind == "alias":
            layers.append({**entry, "alias": draw(st.sampled_from(modules))})
            continue
        one = st.sampled_from(known).flatmap(
            lambda found: st.sampled_from([found, f"{found}[0]", f"{found}[1][-2]"])
        )
        sources = draw(st.lists(one | st.lists(one, min_size=1, max_size=2), max_size=3))
        if draw(st.booleans()):
            sources.append({"mask": draw(one)})  # type: ignore[arg-type]
        entry |= (
            {"layer": draw(CALLS)}
            if kind == "layer"
            else {"shares": draw(st.sampled_from(modules))}
        )
        layers.append({**entry, "from": sources})
        modules.append(name)
        known.append(name)
    spec: dict[str, Any] = {"name": "n", "layers": layers}
    spec["inputs"] = {
        "input": draw(st.sampled_from([None, [1, "N", "2*H + 1"], []])),
        "second": None,
    }
    spec["outputs"] = draw(st.sampled_from([known[-1:], {"x": known[0]}, [known]]))
    if draw(st.booleans()):
        spec["where"] = ["H == W", "H >= 3 and not W%2 == 1"]
    if draw(st.booleans()):
        spec["state"] = [{"name": "m", "layer": "Linear(1, 2)"}, {"name": "z", "alias": "m"}]
    return spec


@given(specs())
def test_the_flat_form_reads_back_to_the_same_net(spec: dict[str, Any]) -> None:
    net = read_spec(spec, registry=REGISTRY)
    written = net.to_dict()
    assert bare(read_spec(written, registry=REGISTRY)) == bare(net)
    assert read_spec(written, registry=REGISTRY).to_dict() == written
    text = json.dumps(written)
    assert bare(read_spec_text(text, "x.json", registry=REGISTRY)) == bare(net)
    assert bare(read_spec_text(yaml.safe_dump(written), "x.yaml", registry=REGISTRY)) == bare(net)


@pytest.mark.parametrize("text", [RESNET, LENET], ids=["resnet", "lenet"])
def test_nets_with_blocks_read_back_from_their_flat_form(text: str) -> None:
    net = read(text)
    assert bare(read_spec(net.to_dict(), registry=REGISTRY)) == bare(net)


class Anything:
    """A registry that knows every layer, for files whose layers don't matter here."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    def find(self, name: str) -> Any:
        from shapecalc.registry import LayerType

        data = {"parameters": {"*a": "any", "**b": "any"}, "input": "any"}
        return self.known.setdefault(name, LayerType(name, name, None, data, ""))


@pytest.mark.parametrize("path", sorted(NETS.glob("*.json")), ids=lambda path: path.stem)
def test_recorded_nets_are_flat_already(path: Path) -> None:
    spec = json.loads(path.read_text())["net"]
    net = read_spec_text(json.dumps(spec), str(path), registry=Anything())  # type: ignore[arg-type]
    assert [layer.name for layer in net.layers] == [item["name"] for item in spec["layers"]]
    found = net.to_dict()
    for ours, theirs in zip(found["layers"], spec["layers"], strict=True):
        sources = theirs["from"] if isinstance(theirs["from"], list) else [theirs["from"]]
        assert ours["from"] == sources
        assert ours.get("shares") == theirs.get("shares")
        assert ours["layer"].removesuffix("()") == theirs["layer"].removesuffix("()")


def test_an_unreadable_thing_is_refused() -> None:
    with pytest.raises(SpecError):
        read_spec(3, registry=REGISTRY)


def test_a_net_without_layers_gives_its_input() -> None:
    net = {"input": [1, "H"], "layers": [], "outputs": ["input"]}
    result = infer(read_spec(net, registry=REGISTRY), (1, 5))
    assert [*result.outputs.values()] == [[(1, 5)]]


def test_a_number_in_the_place_of_a_tensor_is_refused() -> None:
    text = 'input: [1, 10, 64]\nlayers:\n  - x: "layer_norm((64,), 0.1)"\n'
    with pytest.raises(SpecError) as caught:
        shapecalc.infer(shapecalc.load(text))
    assert caught.value.code == "S112"
    assert caught.value.message == "layer_norm: 0.1 stands in the place of the tensor weight"
    assert caught.value.hint == "name it, as in eps=0.1, or put None before it"
    named = text.replace("0.1", "eps=0.1")
    assert shapecalc.infer(shapecalc.load(named)).errors == ()


@pytest.mark.parametrize(
    ("call", "shapes", "macs"),
    [
        ("einsum('ij,jk->ik')", ["2x3", "3x5"], 2 * 3 * 5),
        ("einsum('ij,jk,kl->il')", ["2x3", "3x5", "5x7"], 2 * 3 * 5 + 2 * 5 * 7),
        ("einsum('...ij,...jk')", ["4x2x3", "3x5"], 4 * 2 * 3 * 5),
        ("einsum('i,j->ij')", ["2", "3"], 0),
        ("einsum('ij,k->k')", ["2x3", "5"], 0),
        ("einsum('ii->i')", ["3x3"], 0),
        ("outer", ["2", "3"], 0),
        ("scaled_dot_product_attention", ["2x3x8", "2x5x8", "2x5x4"], 2 * 3 * 5 * (8 + 4)),
    ],
)
def test_macs_are_products_that_are_added_up(call: str, shapes: list[str], macs: int) -> None:
    inputs = {f"x{place}": shape for place, shape in enumerate(shapes)}
    net = shapecalc.load(
        {
            "inputs": {
                name: [int(size) for size in text.split("x")] for name, text in inputs.items()
            },
            "layers": [{"name": "m", "layer": call, "from": list(inputs)}],
        }
    )
    assert shapecalc.infer(net).totals.macs == macs
