"""Printed models read back, and source with shapes behind its lines."""

from __future__ import annotations

from pathlib import Path

import pytest

import shapecalc
from shapecalc.annotate import annotate, strip
from shapecalc.readers import read
from shapecalc.readers.printed import read_printed
from shapecalc.registry import default_registry
from shapecalc.state import state_dict

SEQUENTIAL = """Sequential(
  (0): Conv2d(3, 6, kernel_size=(5, 5), stride=(1, 1))
  (1): ReLU(inplace=True)
  (2): Sequential(
    (0): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
  )
  (3-4): 2 x Conv2d(6, 6, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
)
"""

CLASS = """Net(
  (conv1): Conv2d(3, 12, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
  (stage2): DataParallel(
    (module): Sequential(
      (0): BatchNorm2d(12, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
    )
  )
)
"""


def test_a_printed_sequential_is_a_net() -> None:
    net = read_printed(SEQUENTIAL, "model.txt", registry=default_registry())
    result = shapecalc.infer(net, input=(1, 3, 32, 32))
    assert [step.layer.name for step in result.steps] == ["0", "1", "2.0", "3", "4"]
    assert result["4"].output_shape == (1, 6, 14, 14)
    state = state_dict(net)
    assert list(state.parameters) == ["0.weight", "0.bias", "3.weight", "4.weight"]


def test_a_printed_class_gives_its_parameters_and_says_what_it_doesnt() -> None:
    net = read_printed(CLASS, "model.txt", registry=default_registry())
    state = state_dict(net)
    assert list(state.parameters) == [
        "conv1.weight",
        "conv1.bias",
        "stage2.module.0.weight",
        "stage2.module.0.bias",
    ]
    result = shapecalc.infer(net)
    assert result.steps == ()
    assert "parameters only" in result.warnings[0]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Net(\n  (a): Conv2x(3)\n)\n", 2),
        ("Net(\n  nonsense\n)\n", 2),
        ("Net(\n  (a): ReLU()\n", 2),
        (")\n", 1),
        ("Net(\n  (0-999999999): 9 x ReLU()\n)\n", 2),
    ],
)
def test_what_is_no_printed_model_is_refused_at_its_line(text: str, line: int) -> None:
    with pytest.raises(shapecalc.SpecError) as caught:
        read_printed(text, "model.txt", registry=default_registry())
    assert caught.value.location is not None
    assert caught.value.location.line == line


SOURCE = '''from torch import nn
import torch.nn.functional as F


class Net(nn.Module):
    """A net."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 5)  # keeps its own comment

    def forward(self, x):
        x = F.relu(self.conv(x))
        return x.view(x.size(0), \\
                      -1)
'''


def test_shapes_stand_behind_lines_and_go_away_again(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(SOURCE, encoding="utf-8")
    net = shapecalc.load(f"{path}:Net")
    result = shapecalc.infer(net, input=(1, 3, 8, 8))
    written = annotate(SOURCE, str(path), result)
    assert "x = F.relu(self.conv(x))  #: 1×6×4×4\n" in written
    assert "keeps its own comment\n" in written
    assert "\\\n" in written
    assert strip(written) == SOURCE
    assert annotate(written, str(path), result) == written


DETAILS = """N(
  (p): ParameterList(
      (0): Parameter containing: [torch.float32 of size 3x4]
      (1): Parameter containing: [torch.float32 of size ]
  )
  (d): ParameterDict(  (k): Parameter containing: [torch.FloatTensor of size 5])
  (a): ParametrizedLinear(
    in_features=3, out_features=4, bias=True
    (parametrizations): ModuleDict(
      (weight): ParametrizationList(
        (0): _WeightNorm()
      )
    )
  )
  (m): MultiheadAttention(
    (out_proj): NonDynamicallyQuantizableLinear(in_features=8, out_features=8, bias=True)
  )
  (c): Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1), padding=same, padding_mode=reflect)
  (z): Sequential()
  (f): FractionalMaxPool2d()
  (drop): StochasticDepth(p=0.0, mode=row)
  (path): DropPath(p=0.0, mode=row)
  (norm): LayerNorm2d((96,), eps=1e-06, elementwise_affine=True, bias=True)
  (bn): BatchNormAct2d(
    6, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True
    (act): PReLU(num_parameters=1)
  )
)
"""


def test_what_modules_show_of_themselves() -> None:
    net = read_printed(DETAILS, "model.txt", registry=default_registry())
    assert list(state_dict(net).parameters.items()) == [
        ("p.0", (3, 4)),
        ("p.1", ()),
        ("d.k", (5,)),
        ("a.bias", (4,)),
        ("a.parametrizations.weight.original0", (4, 1)),
        ("a.parametrizations.weight.original1", (4, 3)),
        ("m.in_proj_weight", (24, 8)),
        ("m.in_proj_bias", (24,)),
        ("m.out_proj.weight", (8, 8)),
        ("m.out_proj.bias", (8,)),
        ("c.weight", (4, 3, 3, 3)),
        ("c.bias", (4,)),
        ("norm.weight", (96,)),
        ("norm.bias", (96,)),
        ("bn.weight", (6,)),
        ("bn.bias", (6,)),
        ("bn.act.weight", (1,)),
    ]
    assert [note.split()[0] for note in net.notes] == [
        "MultiheadAttention",
        "FractionalMaxPool2d",
        "DropPath",
        "what",
    ]
    assert net.notes[1] in shapecalc.infer(net).warnings


LOG = "2026-01-02 03:04:05,678 INFO  "


@pytest.mark.parametrize(
    "text",
    [
        LOG + SEQUENTIAL,
        "".join(f"{LOG}{line}\n" for line in SEQUENTIAL.splitlines()),
        f"Using device: cpu\nmodel:\n{SEQUENTIAL}\n====\nTotal params: 1,234\n",
        SEQUENTIAL.replace("\n", "\r\n"),
    ],
    ids=["a prefix", "a prefix on every line", "text around it", "other ends of lines"],
)
def test_what_stands_around_a_printed_model_is_passed_over(text: str) -> None:
    net = read("-", registry=default_registry(), stdin_text=text)
    assert shapecalc.infer(net, input=(1, 3, 32, 32))["4"].output_shape == (1, 6, 14, 14)


def test_lazy_layers_show_a_size_that_they_do_not_take() -> None:
    text = "Sequential(\n  (0): LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1))\n  (1): Flatten()\n"
    text += "  (2): LazyLinear(in_features=0, out_features=5, bias=True)\n)\n"
    result = shapecalc.infer(read("-", registry=default_registry(), stdin_text=text), (2, 3, 6, 6))
    assert result["2"].output_shape == (2, 5)


def test_a_class_with_one_module_may_run_anything() -> None:
    text = "Net(\n  (a): Linear(in_features=3, out_features=4, bias=True)\n)\n"
    assert read_printed(text, "model.txt", registry=default_registry()).layers == ()
    wrapped = text.replace("Net", "DataParallel").replace("(a)", "(module)")
    net = read_printed(wrapped, "model.txt", registry=default_registry())
    assert [layer.name for layer in net.layers] == ["module"]
