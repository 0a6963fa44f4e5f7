"""Tracebacks as people paste and pipe them, and sources whose misfit hides what follows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import run

TRACEBACK = """Epoch 1: loss 0.3
Traceback (most recent call last):
  File "/home/me/train.py", line 87, in <module>
    main()
  File "/usr/lib/python3/site-packages/torch/nn/modules/module.py", line 1518, in _wrapped_call_impl
    return self._call_impl(*args, **kwargs)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/home/me/model.py", line 22, in forward
    x = F.relu(self.fc1(x))
               ^^^^^^^^^^^
  File "/usr/lib/python3/site-packages/torch/nn/modules/linear.py", line 114, in forward
    return F.linear(input, self.weight, self.bias)
RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x9216 and 400x120)
"""


def test_a_traceback_is_explained_wherever_it_comes_from(tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_text(TRACEBACK, encoding="utf-8")
    piped = run("explain", "-", stdin="line\n" * 2_000 + TRACEBACK)
    assert piped.out == run("explain", TRACEBACK).out == run("explain", str(file)).out
    assert "It is raised in /home/me/model.py, line 22: x = F.relu(self.fc1(x))" in piped.out
    assert "9216 = 256*6*6" in piped.out
    assert "`shapecalc infer /home/me/model.py " in piped.out


def test_one_line_is_explained_from_a_pipe() -> None:
    line = TRACEBACK.splitlines()[-1]
    assert run("explain", "-", stdin=line).out == run("explain", line).out


def test_a_traceback_is_no_net() -> None:
    found = run("infer", "-", stdin=TRACEBACK)
    assert found.code == 2
    assert "this is what Python prints of an error, and no net" in found.err
    assert "shapecalc explain" in found.err
    assert run("explain", "-", stdin="ValueError: no such thing").code == 2


SOURCE = """
import torch.nn as nn
import torch.nn.functional as F


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, 400)
        return self.fc2(F.relu(self.fc1(x)))
"""


@pytest.mark.parametrize("shape", ["64x1x28x28", "1x1x28x28"])
def test_fixes_of_a_source_go_through_to_its_end(shape: str, tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text(SOURCE, encoding="utf-8")
    found = json.loads(run("infer", str(file), "--input", shape, "--json").out)
    first = found["error"]["fixes"][0]
    assert first["text"] == "view: view(-1, 256) and fc1: Linear(256, 120)"
    assert [layer["name"] for layer in found["net"]["layers"]][-1] == "fc2"
    assert found["error"]["line"] == 17


def test_views_say_what_pytorch_says() -> None:
    found = run("infer", "view(-1, 400)", "--input", "64x16x4x4").out
    assert "PyTorch says: shape '[-1, 400]' is invalid for input of size 16384" in found
    found = run("infer", "view(-1, -1)", "--input", "4x4").out
    assert "PyTorch says: only one dimension can be inferred" in found
