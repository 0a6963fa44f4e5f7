"""What can't be read: every error has its place, and says how to mend it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from shapecalc.codes import codes
from shapecalc.errors import ShapecalcError, SpecError
from shapecalc.infer import infer
from shapecalc.readers import read_spec, read_spec_text
from shapecalc.readers.expressions import read_expression
from tests.few_layers import REGISTRY


class Case(NamedTuple):
    """A spec, and the error it gives."""

    text: str
    place: str  # line:column
    code: str
    message: str
    hint: str | None


CASES = [
    Case(
        """inputs: [1, 3]
layers: [relu]
""",
        "1:1",
        "S106",
        "`inputs` must be a map of names and shapes",
        "such as inputs: {image: [N, 3, H, W], age: [N, 1]}; one shape is `input`",
    ),
    Case(
        "layer: [relu]",
        "1:1",
        "S108",
        "layer is not a key of a spec",
        "did you mean layers?",
    ),
    Case(
        "name: x",
        "1:1",
        "S105",
        "the spec has no layers",
        "give them as a list under `layers:`",
    ),
    Case(
        """input: [1, 3]
inputs: {a: [1]}
layers: [relu]
""",
        "2:1",
        "S101",
        "`input` and `inputs` are both given",
        "name all of them under `inputs`",
    ),
    Case(
        "layers: relu",
        "1:1",
        "S105",
        "`layers` must be a list of entries",
        "give them as a list under `layers:`",
    ),
    Case(
        "layers: []",
        "1:1",
        "S105",
        "`layers` has no entries",
        None,
    ),
    Case(
        """input: [1, -3, 1.5]
layers: [relu]
""",
        "1:12",
        "S124",
        "the size -3 is below 0",
        None,
    ),
    Case(
        """input: [1, 2.5]
layers: [relu]
""",
        "1:12",
        "S124",
        "2.5 is not a size",
        "a shape is written 1x3x32x32, Nx3xHxW or N,3,H,W",
    ),
    Case(
        """input: 1x3xx5
layers: [relu]
""",
        "1:12",
        "S106",
        "a size is missing in 1x3xx5",
        "a shape is written 1x3x32x32, Nx3xHxW or N,3,H,W",
    ),
    Case(
        """input: [1, "H +"]
layers: [relu]
""",
        "1:13",
        "S124",
        "H + is not a size: this is not Python syntax: invalid syntax",
        "a shape is written 1x3x32x32, Nx3xHxW or N,3,H,W",
    ),
    Case(
        """input: [1, "1/H"]
layers: [relu]
""",
        "1:13",
        "S124",
        "1/H is not a size: 1/H: `/` makes a float, which no size can be; use `//`",
        None,
    ),
    Case(
        """input: [99999999999999999999, 3]
layers: [relu]
""",
        "1:9",
        "S124",
        "the size 99999999999999999999 is larger than 2**63 - 1, which no size can be",
        None,
    ),
    Case(
        """input: {a: [1]}
layers: [relu]
""",
        "1:8",
        "S106",
        "a map is not a shape",
        "several inputs stand under `inputs`",
    ),
    Case(
        """input: [0777, 3]
layers: [relu]
""",
        "1:9",
        "S124",
        "0777 is not a size: this is not Python syntax: leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
        "a shape is written 1x3x32x32, Nx3xHxW or N,3,H,W",
    ),
    Case(
        """input: 2026-01-01
layers: [relu]
""",
        "1:8",
        "S124",
        "2026-01-01 is not a size: this is not Python syntax: leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
        "a shape is written 1x3x32x32, Nx3xHxW or N,3,H,W",
    ),
    Case(
        """layers:
  - conv1: Conv2d(3, 6, 5)
  - fc1: Liner(256, 120)
""",
        "3:10",
        "S110",
        "unknown layer Liner",
        "did you mean Linear?",
    ),
    Case(
        """layers:
  - conv1: Conv2d(3, 6, kernel_sze=5)
""",
        "2:25",
        "S111",
        "Conv2d has no argument kernel_sze",
        "did you mean kernel_size?",
    ),
    Case(
        """layers:
  - conv1: "Conv2d(3, 6, kernel_size=5, kernel_size=3)"
""",
        "2:13",
        "S102",
        "the argument kernel_size is given twice",
        None,
    ),
    Case(
        """layers:
  - conv1: Conv2d(3, 6)
""",
        "2:12",
        "S113",
        "Conv2d needs the argument kernel_size",
        "its arguments are: in_channels, out_channels, kernel_size, stride, padding, bias, padding_mode",
    ),
    Case(
        """layers:
  - conv1: Conv2d(3, 6, 5, 1, 0, True, 'zeros', 8, 9)
""",
        "2:12",
        "S112",
        "Conv2d takes 7 arguments, 9 are given",
        "its arguments are: in_channels, out_channels, kernel_size, stride, padding, bias, padding_mode",
    ),
    Case(
        """layers:
  - conv1: Conv2d(3, 6, 5, in_channels=4)
""",
        "2:28",
        "S112",
        "Conv2d: the argument in_channels is given twice",
        None,
    ),
    Case(
        """layers:
  - conv1: Conv2d(3, 6, 5
""",
        "2:18",
        "S102",
        "this is not Python syntax: '(' was never closed",
        "in YAML's [ ] and { } a call needs quotes, since they end it at a comma",
    ),
    Case(
        """layers:
  - conv1: Conv2d(3, 6, 5) + 2
""",
        "2:12",
        "S122",
        "`Conv2d(3, 6, 5) + 2` is not a layer's call",
        'write the call that makes the layer, such as "Conv2d(3, 6, 5)"',
    ),
    Case(
        """layers:
  - conv1: Conv2d(3, 6//0, 5)
""",
        "2:22",
        "S102",
        "`6//0` has no value: 6 divided by zero",
        None,
    ),
    Case(
        """layers:
  - {name: a, layer: Conv2d(3, 6, 5)}
""",
        "2:22",
        "S102",
        "`Conv2d(3` is cut off at a comma",
        'inside { } a call needs quotes: {name: conv1, layer: "Conv2d(3, 6, 5)"}',
    ),
    Case(
        "layers: [Conv2d(3, 6, 5)]",
        "1:16",
        "S102",
        "this is not Python syntax: '(' was never closed",
        "in YAML's [ ] and { } a call needs quotes, since they end it at a comma",
    ),
    Case(
        """layers:
  - 5
""",
        "2:5",
        "S101",
        "5 is not an entry",
        'a layer\'s call, or a map such as {name: conv1, layer: "Conv2d(3, 6, 5)", from: input}',
    ),
    Case(
        """layers:
  - conv1:
""",
        "2:5",
        "S122",
        "conv1 has no layer",
        'such as conv1: "Conv2d(3, 6, 5)"',
    ),
    Case(
        """layers:
  - conv1: 5
""",
        "2:12",
        "S122",
        "5 is no call",
        'such as conv1: "Conv2d(3, 6, 5)"',
    ),
    Case(
        """layers:
  - conv1: ReLU
  - conv1: ReLU
""",
        "3:5",
        "S109",
        "there are two entries named conv1",
        "names are for one entry each; `shares:` calls a module again",
    ),
    Case(
        """layers:
  - {name: a, layer: ReLU}
  - {name: a, layer: ReLU}
""",
        "3:12",
        "S109",
        "there are two entries named a",
        "names are for one entry each; `shares:` calls a module again",
    ),
    Case(
        """layers:
  - {name: a, layer: ReLU, form: input}
""",
        "2:28",
        "S108",
        "form is not a key of an entry",
        "did you mean from?",
    ),
    Case(
        """layers:
  - conv1: ReLU
    from: input
""",
        "2:5",
        "S108",
        "conv1 is not a key of an entry",
        "with more keys than one, an entry is written {name: conv1, layer: ..., ...}",
    ),
    Case(
        """layers:
  - {name: a, layer: Conv2d, in_channels: 3}
""",
        "2:30",
        "S108",
        "in_channels is not a key of an entry",
        "arguments stand in the call; as keys they need `type:` instead of `layer:`",
    ),
    Case(
        """layers:
  - {type: Conv2d, in_chanels: 3, out_channels: 3, kernel_size: 3}
""",
        "2:20",
        "S111",
        "Conv2d has no argument in_chanels",
        "did you mean in_channels?",
    ),
    Case(
        """layers:
  - a: {type: Conv3, in_channels: 3}
""",
        "2:15",
        "S110",
        "unknown layer Conv3",
        "did you mean Conv2d?",
    ),
    Case(
        """layers:
  - a: {type: Conv2d, in_channels: 3 +, out_channels: 3, kernel_size: 3}
""",
        "2:36",
        "S102",
        "this is not Python syntax: invalid syntax",
        "a layer is the PyTorch call that makes it, such as Conv2d(3, 6, 5)",
    ),
    Case(
        """layers:
  - {name: a, from: input}
""",
        "2:6",
        "S101",
        "the entry doesn't say which layer it is",
        'it needs `layer`, `layers`, `shares` or `alias`: such as {name: conv1, layer: "Conv2d(3, 6, 5)", from: input}',
    ),
    Case(
        """layers:
  - conv1: relu
  - {layer: relu, from: conv2}
""",
        "3:25",
        "S114",
        "there is no conv2 before this",
        "did you mean conv1?",
    ),
    Case(
        """layers:
  - {name: a, layer: relu, from: b}
  - b: relu
""",
        "2:34",
        "S114",
        "b does not come before this",
        "an entry takes outputs of entries above it",
    ),
    Case(
        """layers:
  - {name: a, layer: relu, from: a}
""",
        "2:34",
        "S114",
        "a does not come before this",
        "an entry takes outputs of entries above it",
    ),
    Case(
        """layers:
  - {name: a, layer: add, from: [input, inptu]}
""",
        "2:41",
        "S114",
        "there is no inptu before this",
        "did you mean input?",
    ),
    Case(
        """layers:
  - {name: a, layer: add, from: [input, "a[x]"]}
""",
        "2:42",
        "S116",
        "a[x] is not the name of an entry",
        "such as conv1, layer1.0.conv1, or lstm[0] for the first of several outputs",
    ),
    Case(
        """layers:
  - {name: a, layer: add, from: [input, 1.5]}
""",
        "2:41",
        "S116",
        "1.5 is not the name of an entry",
        "`from` is a name, or a list of names; a map of named tensors stands at its end",
    ),
    Case(
        """layers:
  - {name: a, layer: add, from: {"a b": input}}
""",
        "2:34",
        "S116",
        "a b is not an argument's name",
        None,
    ),
    Case(
        """layers:
  - {name: a, shares: b}
""",
        "2:23",
        "S115",
        "there is no b before this",
        "an entry takes outputs of entries above it",
    ),
    Case(
        """layers:
  - a: "Linear(3, 4)"
  - {name: b, layer: "Linear(4, 3)", shares: a}
""",
        "3:46",
        "S115",
        "a is Linear(3, 4), not Linear(4, 3)",
        "leave `layer` out, or write the same call",
    ),
    Case(
        """layers:
  - {name: a, alias: b}
  - b: relu
""",
        "2:22",
        "S115",
        "b does not come before this",
        "an entry takes outputs of entries above it",
    ),
    Case(
        """layers:
  - a: relu
  - {name: b, alias: a}
  - {name: c, layer: relu, from: b}
""",
        "4:34",
        "S114",
        "b is an alias, which is not called",
        "take the output of a",
    ),
    Case(
        """layers:
  - {name: a, layers: [relu], layer: ReLU}
""",
        "2:38",
        "S119",
        "ReLU is no container for `layers`",
        "leave `layer` out for a Sequential, or write DataParallel",
    ),
    Case(
        """layers:
  - {name: a, layers: [relu], shares: b}
""",
        "2:31",
        "S101",
        "`layers` and `shares` both say what the entry is",
        None,
    ),
    Case(
        """layers:
  - DataParallel
""",
        "2:5",
        "S122",
        "DataParallel wraps a module, and there is none",
        "{name: net, layer: DataParallel, layers: [...]}, or DataParallel(Block(...))",
    ),
    Case(
        """layers:
  - {layer: relu, if: stride != 1}
""",
        "2:23",
        "S123",
        "stride is not a parameter of a block",
        "it may use the parameters of a block, and there are none here",
    ),
    Case(
        """layers:
  - {layer: relu, repeat: -1}
""",
        "2:27",
        "S123",
        "`repeat` is -1; it must be an integer of at least 0",
        None,
    ),
    Case(
        """layers:
  - {layer: relu, repeat: n}
""",
        "2:27",
        "S123",
        "n is not a parameter of a block",
        "it may use the parameters of a block, and there are none here",
    ),
    Case(
        """layers:
  - {name: act, layer: Sigmoid, called: 1}
""",
        "2:41",
        "S123",
        "`called` is 1; it must be true or false",
        None,
    ),
    Case(
        """layers:
  - {name: act, layer: Sigmoid, called: false, from: input}
""",
        "2:48",
        "S101",
        "with `called: false` the entry has no `from`",
        "it registers a module; an entry below may call it: {name: ..., shares: ...}",
    ),
    Case(
        """layers:
  - {name: act, layer: Sigmoid, called: false}
  - act: Sigmoid
""",
        "3:5",
        "S109",
        "there are two entries named act",
        "names are for one entry each; `shares:` calls a module again",
    ),
    Case(
        """layers:
  - {name: act, layer: Sigmoid, called: false}
  - {name: next, layer: relu, from: act}
""",
        "3:37",
        "S114",
        "act does not come before this",
        "an entry takes outputs of entries above it",
    ),
    Case(
        """layers:
  - {name: act, layer: Sigmoid, called: false}
  - relu
state: [{name: act, layer: Sigmoid}]
""",
        "4:1",
        "S116",
        "`state` lists all modules, and an entry with `called: false` is one more",
        "keep one of the two",
    ),
    Case(
        """layers:
  - view(size(conv, 1), 3)
""",
        "2:19",
        "S114",
        "there is no conv before this",
        "an entry takes outputs of entries above it",
    ),
    Case(
        """layers:
  - a: relu
  - view(size(a), size(b, 1), 3)
""",
        "3:28",
        "S114",
        "there is no b before this",
        "an entry takes outputs of entries above it",
    ),
    Case(
        """modules: {B(n): [relu]}
layers: [B]
""",
        "2:10",
        "S113",
        "B needs the argument n",
        "its arguments are: n",
    ),
    Case(
        """modules: {B(n): [relu]}
layers: ["B(1, 2)"]
""",
        "2:11",
        "S112",
        "B takes 1 argument, 2 are given",
        "its arguments are: n",
    ),
    Case(
        """modules: {B(num): [relu]}
layers: ["B(nun=2)"]
""",
        "2:13",
        "S111",
        "B has no argument nun",
        "did you mean num?",
    ),
    Case(
        """modules: {B(num): [relu]}
layers: ["B(1, num=2)"]
""",
        "2:16",
        "S112",
        "B: the argument num is given twice",
        None,
    ),
    Case(
        """modules: {B(num, num): [relu]}
layers: ["B(1, num=2)"]
""",
        "1:12",
        "S102",
        "this is not Python syntax: '(' was never closed",
        "inside { } a head with a comma needs quotes, since YAML ends it there",
    ),
    Case(
        """modules: {B(3): [relu]}
layers: ["B(1, num=2)"]
""",
        "1:11",
        "S122",
        "the parameters of B must be names",
        "a block is written Name, or Name(parameter, other=default)",
    ),
    Case(
        """modules:
  B(num: [relu]
layers: ["B(1, num=2)"]
""",
        "2:4",
        "S102",
        "this is not Python syntax: '(' was never closed",
        "inside { } a head with a comma needs quotes, since YAML ends it there",
    ),
    Case(
        """modules: {B(num): relu}
layers: ["B(1)"]
""",
        "1:11",
        "S101",
        "the block B has no layers",
        "B: a list of entries, as under `layers:`",
    ),
    Case(
        """modules: {B(num): {layer: [relu]}}
layers: ["B(1)"]
""",
        "1:20",
        "S108",
        "layer is not a key of a block",
        "did you mean layers?",
    ),
    Case(
        """modules: {B: [relu], B(n): [relu]}
layers: [B]
""",
        "1:22",
        "S109",
        "there are two blocks named B",
        None,
    ),
    Case(
        """modules: {Block: [relu]}
layers: [Blocks]
""",
        "2:10",
        "S110",
        "unknown layer Blocks",
        "did you mean the block Block?",
    ),
    Case(
        """modules: {A: [B], B: [A]}
layers: [A]
""",
        "1:23",
        "S118",
        "the block A uses itself: A -> B -> A",
        None,
    ),
    Case(
        """modules: {A: [{layer: relu, from: "input[2]"}]}
layers: [{layer: A, from: [input, input]}]
""",
        "1:36",
        "S116",
        "input[2]: there are 2 tensors, counted from 0",
        None,
    ),
    Case(
        """modules:
  A(stride):
    - {layer: relu, if: strid != 1}
layers: [A(2)]
""",
        "3:25",
        "S123",
        "strid is not a parameter of a block",
        "did you mean stride?",
    ),
    Case(
        """modules:
  A(stride):
    - {layer: relu, if: stride != 1}
layers: [A(s)]
""",
        "3:25",
        "S123",
        "`if: stride != 1` is s != 1, which isn't known",
        "it may use a block's parameters, and numbers in them",
    ),
    Case(
        """modules:
  A(norm): [norm]
layers: [A(None)]
""",
        "2:13",
        "S122",
        "norm is None, which is not a layer",
        "`if:` drops an entry that there is no layer for",
    ),
    Case(
        """modules:
  A(norm): [norm(3)]
layers: ["A(ReLU())"]
""",
        "2:13",
        "S122",
        "norm is ReLU(), which is called already",
        "write norm without brackets",
    ),
    Case(
        """outputs: []
layers: [relu]
""",
        "1:1",
        "S101",
        "`outputs` names no output",
        None,
    ),
    Case(
        """outputs: [rleu]
layers: [relu: relu]
""",
        "1:11",
        "S114",
        "there is no rleu before this",
        "did you mean relu?",
    ),
    Case(
        """where: [H]
layers: [relu: relu]
""",
        "1:9",
        "S116",
        "`H` is not a relation",
        "a relation compares sizes: 'H == W', 'H % 32 == 0'",
    ),
    Case(
        """where: ["H ="]
layers: [relu: relu]
""",
        "1:12",
        "S102",
        "this is not Python syntax: invalid syntax",
        "a relation compares sizes: 'H == W', 'H % 32 == 0'",
    ),
    Case(
        'layers: [{"a[0]": relu}]',
        "1:11",
        "S117",
        "the name a[0] has brackets, which choose among outputs",
        "names are such as conv1 or layer1.0.conv1",
    ),
    Case(
        'layers: [{name: "a..b", layer: relu}]',
        "1:18",
        "S117",
        "a..b is not a name: a part of it is empty, or has spaces around it",
        "names are such as conv1 or layer1.0.conv1",
    ),
    Case(
        "layers: [{name: [a], layer: relu}]",
        "1:17",
        "S117",
        "a list is not a name",
        "names are such as conv1 or layer1.0.conv1",
    ),
    Case(
        "- relu\n- 3",
        "2:3",
        "S101",
        "3 is not an entry",
        'a layer\'s call, or a map such as {name: conv1, layer: "Conv2d(3, 6, 5)", from: input}',
    ),
    Case(
        "relu",
        "1:1",
        "S105",
        "relu is not a spec",
        "a spec is a map with `layers:`, a list of layers",
    ),
    Case(
        """layers: [relu]
layers: [relu]
""",
        "2:1",
        "S109",
        "the key layers is there twice",
        None,
    ),
    Case(
        'layers: !!python/object/apply:os.system ["ls"]',
        "1:9",
        "S107",
        "YAML tags (!name) are not read",
        "a spec is plain text, numbers, lists and maps",
    ),
    Case(
        "\tlayers: [relu]",
        "1:1",
        "S107",
        "this is not YAML: found character that cannot start any token",
        "YAML is indented with spaces, not tabs",
    ),
    Case(
        "layers: [relu",
        "1:14",
        "S107",
        "this is not YAML: did not find expected ',' or ']'",
        None,
    ),
    Case(
        """layers:
 - "a\\x01b": relu
""",
        "2:4",
        "S117",
        "'a\\x01b' is too long, or has characters that don't print, for a name",
        "names are such as conv1 or layer1.0.conv1",
    ),
    Case(
        'layers: ["Linear(9**9**9, 1)"]',
        "1:11",
        "S102",
        "`9**387420489` has no value: the exponent 387420489; it must be an integer from 0 to 64",
        None,
    ),
    Case(
        'layers: ["Linear(9**9, 9**99)"]',
        "1:24",
        "S102",
        "`9**99` has no value: the exponent 99; it must be an integer from 0 to 64",
        None,
    ),
    Case(
        "layers: [\"view('a' 'b', **k)\"]",
        "1:11",
        "S102",
        "`**` is not part of the language of formulas",
        None,
    ),
    Case(
        """state: [{name: a, layer: relu, from: b}]
layers: [relu]
""",
        "1:32",
        "S108",
        "a module of `state` has no `from`",
        "its keys are: name, layer, alias",
    ),
    Case(
        """state: [{name: a, alias: b}]
layers: [relu]
""",
        "1:26",
        "S115",
        "there is no module b before this",
        None,
    ),
    Case(
        """state: [{name: a, layer: relu}, {name: a, layer: relu}]
layers: [relu]
""",
        "1:33",
        "S109",
        "there are two modules named a",
        None,
    ),
    Case(
        '{"layers": [{"name": "a", "layer": "Conv2d(3, 6, kernel_sze=5)"}]}',
        "1:50",
        "S111",
        "Conv2d has no argument kernel_sze",
        "did you mean kernel_size?",
    ),
    Case(
        '{"layers": [{"name": "a", "layer": "relu", "from": ["input", "b"]}]}',
        "1:63",
        "S114",
        "there is no b before this",
        "an entry takes outputs of entries above it",
    ),
    Case(
        '{"version": 1, "error": {"message": "no such file"}}',
        "1:16",
        "S105",
        "this is an error and no net: no such file",
        None,
    ),
    Case(
        """layers:
  - "relu(\\
     a b)"
""",
        "3:6",
        "S102",
        "this is not Python syntax: invalid syntax. Perhaps you forgot a comma?",
        "a layer is the PyTorch call that makes it, such as Conv2d(3, 6, 5)",
    ),
    Case(
        """layers:
  - 'é': Linear(3, ü, bias=é é)
""",
        "2:28",
        "S102",
        "this is not Python syntax: invalid syntax. Perhaps you forgot a comma?",
        "a layer is the PyTorch call that makes it, such as Conv2d(3, 6, 5)",
    ),
    Case(
        """layers:
  - x: {layer: "Conv2d(3, 6, 5)(output=1)"}
""",
        "2:33",
        "S111",
        "Conv2d has no argument output",
        "its arguments are: none",
    ),
    Case(
        """layers:
  - x: "relu()(3)"
""",
        "2:9",
        "S112",
        "relu is a function, and takes one pair of brackets",
        None,
    ),
    Case(
        """layers:
  - x: "TransformerEncoder(TransformerEncoderLayr(64, 4), 2)"
""",
        "2:28",
        "S110",
        "unknown layer TransformerEncoderLayr",
        "did you mean TransformerEncoderLayer?",
    ),
    Case(
        """layers:
  - x: "TransformerEncoder(TransformerEncoderLayer(64, 4, nheads=3), 2)"
""",
        "2:59",
        "S111",
        "TransformerEncoderLayer has no argument nheads",
        "did you mean nhead?",
    ),
    Case(
        """layers:
  - {name: a, layer: relu, layer: relu}
""",
        "2:28",
        "S109",
        "the key layer is there twice",
        None,
    ),
]


def failure(text: str) -> SpecError:
    file = "net.json" if text.startswith("{") else "net.yaml"
    with pytest.raises(SpecError) as found:
        read_spec_text(text, file, registry=REGISTRY)
    return found.value


def said(message: str) -> str:
    """Leave out what each version of Python says differently."""
    before, syntax, _ = message.partition("this is not Python syntax")
    return before + syntax


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code} {case.message[:50]}")
def test_an_error_says_what_where_and_how_to_mend_it(case: Case) -> None:
    error = failure(case.text)
    assert error.location is not None
    assert f"{error.location.line}:{error.location.column}" == case.place
    assert (error.code, said(error.message), error.hint) == (
        case.code,
        said(case.message),
        case.hint,
    )
    lines = case.text.split("\n")
    assert error.source == (lines[error.location.line - 1] if case.text else "")


def test_every_code_is_explained() -> None:
    assert {case.code for case in CASES} <= set(codes())


def test_a_size_of_too_many_terms_names_its_layer(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "input: [N, H, W]\nlayers:\n  - a: view((H + W + 1)**64, -1)\n", encoding="utf-8"
    )
    with pytest.raises(ShapecalcError) as caught:
        infer(str(path))
    error = caught.value
    assert (error.code, error.layer) == ("S311", "a")
    assert error.location is not None
    assert (error.location.line, error.location.column) == (3, 8)


def test_errors_about_data_from_python_have_no_place() -> None:
    with pytest.raises(SpecError) as found:
        read_spec({"layers": [{"a": "Liner(3)"}]}, registry=REGISTRY)
    assert found.value.location is None
    assert found.value.hint == "did you mean Linear?"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Conv2d(3, 6, 5) | Liner(3)", "1:19"),
        ("Conv2d(3, 6, 5)  |  | ReLU", "1:19"),
        (" ReLU | Conv2d(3, 6, kernel_sze=5)", "1:22"),
        ("ReLU |", "1:7"),
        ("Conv2d(3, (6, 5)", "1:7"),
    ],
)
def test_errors_in_expressions_have_a_place(text: str, place: str) -> None:
    with pytest.raises(SpecError) as found:
        read_expression(text, registry=REGISTRY)
    assert str(found.value.location) == f"<expression>:{place}"
    assert found.value.source == text


# ------------------------------------------------------------------------------ hostile input

BLOCKS = "\n".join(f"  B{i}: [B{i + 1}, B{i + 1}]" for i in range(50))
DOUBLED = "\n".join(f"  B{i}(x): ['B{i + 1}((x, x))']" for i in range(50))
LONGER = "\n".join(f"  B{i}(x): ['B{i + 1}(x + x)']" for i in range(50))
ALIASES = "\n".join(f"k{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]" for i in range(12))
NINES = "9" * 5000

HOSTILE = {
    "an alias bomb": ("k0: &a0 [x]\n" + ALIASES, "S103"),
    "an alias bomb of layers": (
        "layers:\n- &a0 [relu, relu, relu, relu, relu, relu, relu, relu]\n"
        + "".join(f"- &a{i + 1} [{', '.join([f'*a{i}'] * 8)}]\n" for i in range(5)),
        "S103",
    ),
    "an alias inside what it names": ("layers: &a [*a]", "S107"),
    "a merge of itself": ("layers: &a [{<<: *a}]", "S107"),
    "5,000 digits in a shape": (f"input: [{NINES}]\nlayers: [relu]", "S124"),
    "5,000 digits in a call": (f"layers: ['view({NINES})']", "S102"),
    "5,000 digits in JSON": (f'{{"input": [{NINES}], "layers": ["relu"]}}', "S107"),
    "4,000 digits in JSON": (f'{{"input": [{NINES[:4000]}], "layers": ["relu"]}}', "S124"),
    "a power tower": ("layers: ['view(9**9**9)']", "S102"),
    "a power of a power": ("layers: ['view((9**64)**64)']", "S102"),
    "a tuple many times": ("layers: ['view(((((1,)*999,)*999,)*999,)*999)']", "S103"),
    "blocks that double": (f"modules:\n{BLOCKS}\n  B50: [relu]\nlayers: [B0]", "S103"),
    "arguments that double": (f"modules:\n{DOUBLED}\n  B50(x): [relu]\nlayers: [B0(1)]", "S103"),
    "texts that double": (f"modules:\n{LONGER}\n  B50(x): [relu]\nlayers: [\"B0('a')\"]", "S103"),
    "a cyclic from": (
        "layers: [{name: a, layer: relu, from: b}, {name: b, layer: relu, from: a}]",
        "S114",
    ),
    "a cyclic block": ("modules: {A: [B], B: [[A]]}\nlayers: [A]", "S118"),
    "a block in its own default": ("modules: {'A(x=A())': [x]}\nlayers: [A]", "S118"),
    "a million repeats": ("layers: [{layer: relu, repeat: 1000000}]", "S103"),
    "repeats of repeats": (
        "layers: [{repeat: 1000, layers: [{repeat: 1000, layers: [relu]}]}]",
        "S103",
    ),
    "repeats of nothing": (
        "layers: [{repeat: 90000, layers: [{repeat: 90000, layers: [{layer: relu, if: false}]}]}]",
        "S103",
    ),
    "YAML 10,000 lists deep": ("layers: " + "[" * 10_000, "S103"),
    "YAML 10,000 maps deep": ("layers: " + "{a: " * 10_000, "S103"),
    "YAML 10,000 dashes deep": ("layers:\n" + "- " * 10_000 + "relu", "S103"),
    "JSON 100,000 lists deep": ('{"layers": ' + "[" * 100_000 + "]" * 100_000 + "}", "S103"),
    "JSON 500 lists deep": ('{"layers": ' + "[" * 500 + "]" * 500 + "}", "S103"),
    "JSON 500 tuples deep": (
        '{"layers": [{"layer": "relu", "from": ' + "[" * 500 + "]" * 500 + "}]}",
        "S103",
    ),
    "JSON 500 arguments deep": (
        '{"layers": [{"type": "relu", "start_dim": ' + "[" * 500 + "]" * 500 + "}]}",
        "S103",
    ),
    "5,000 brackets": (f"layers: ['view({'(' * 5000}1{')' * 5000})']", "S102"),
    "9,000 minus signs": (f"layers: ['view({'-' * 9000}1)']", "S102"),
    "9,000 terms": (f"layers: ['view({'1+' * 9000}1)']", "S102"),
    "a long call": (f"layers: ['view({'1,' * 50_000})']", "S102"),
    "modules in modules": (
        f"layers: ['{'TransformerEncoder(' * 80}ReLU{', 1)' * 80}']",
        "S103",
    ),
    "a large polynomial": ("input: ['(A+B+C+D+E+F+G)**60']\nlayers: [relu]", "S124"),
    "NUL": ("layers: [\x00]", "S100"),
    "a control character": ("layers: [\x07]", "S100"),
    "half a character as a name": ('{"layers": [{"\\ud800": "relu"}]}', "S117"),
    "half a character in a call": ('{"layers": ["re\\ud800lu"]}', "S102"),
    "a tab": ("layers:\n\t- relu", "S107"),
    "nothing": ("", "S105"),
    "spaces": (" \n \n", "S105"),
    "a comment": ("# nothing\n", "S105"),
    "null": ("~", "S105"),
    "a number": ("3", "S105"),
    "a list": ("[1, 2]", "S101"),
    "a sentence": ("hello world", "S105"),
    "a Python tag": ("layers: !!python/object/apply:os.system ['id']", "S107"),
    "a harmless tag": ("!!map {layers: [relu]}", "S107"),
    "a binary tag": ("layers: [!!binary aGk=]", "S107"),
    "a date as a shape": ("input: 2001-12-14t21:59:43.10-05:00\nlayers: [relu]", "S124"),
    "an octal number": ("input: [010]\nlayers: [relu]", "S124"),
    "a sexagesimal number": ("input: [1:30]\nlayers: [relu]", "S124"),
    "infinity": ("input: [.inf]\nlayers: [relu]", "S124"),
    "a float": ("input: [1e3]\nlayers: [relu]", "S124"),
    "NaN in JSON": ('{"input": [NaN], "layers": ["relu"]}', "S107"),
    "a name of 600 characters": ("layers: [{name: " + "a" * 600 + ", layer: relu}]", "S117"),
    "lambda": ("layers: ['view(lambda: 1)']", "S102"),
    "an assignment": ("layers: ['view((x:=1))']", "S102"),
    "attributes": ("layers: ['().__class__.__bases__[0]()']", "S102"),
    "an import": ("layers: ['__import__(1)']", "S110"),
    "a size of a size": ("layers: ['view(size(size(input, 1), 0))']", "S112"),
    "two documents": ("layers: [relu]\n---\nlayers: [relu]", "S107"),
    "a key that is a list": ("? [layers]\n: 3", "S107"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_gives_an_error_of_ours(name: str) -> None:
    text, code = HOSTILE[name]
    error = failure(text)
    assert error.code == code, str(error)
    assert error.location is not None
    assert len(error.message) < 300
    str(error).encode()


_PROBE = """
import sys
sys.path.insert(0, {root!r})
from shapecalc.registry import default_registry
from shapecalc.readers import read_spec_text
registry = default_registry()
registry.find("ReLU")
import resource, time
before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
text = sys.stdin.read()
try:
    read_spec_text(text, "net.json" if text.startswith("{{") else "net.yaml", registry=registry)
except Exception as error:
    assert type(error).__name__ == "SpecError", repr(error)
used = resource.getrusage(resource.RUSAGE_SELF)
# ru_maxrss counts the parent before exec; the peak of this process itself is in /proc, on Linux.
status = open("/proc/self/status").read() if sys.platform == "linux" else ""
peak = status.partition("VmHWM:")[2].split()[0] if "VmHWM:" in status else 0
print(used.ru_utime - before, peak)
"""


@pytest.mark.parametrize(
    "name",
    [
        "an alias bomb",
        "an alias bomb of layers",
        "blocks that double",
        "repeats of nothing",
        "arguments that double",
        "JSON 100,000 lists deep",
        "YAML 10,000 maps deep",
    ],
)
def test_hostile_input_costs_little(name: str) -> None:
    from pathlib import Path

    probe = _PROBE.format(root=str(Path(__file__).parent.parent))
    done = subprocess.run(
        [sys.executable, "-c", probe],
        input=HOSTILE[name][0],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, kilobytes = map(float, done.stdout.split())
    assert seconds < 3  # about 1 on a machine that does nothing else
    assert kilobytes < 256 * 1024
