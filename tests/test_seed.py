"""The tutorial's own examples: its net, its naming rules, and nothing of it run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import shapecalc
from shapecalc.state import state_dict

HEAD = """import torch
import torch.nn as nn
import torch.nn.functional as F
import numpy as np
from torch.nn import DataParallel
from torch.nn.parallel import DistributedDataParallel
import torch.distributed as dist
"""

LENET = (
    HEAD
    + """
class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, self.num_flat_features(x))
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)

    def num_flat_features(self, x):
        num_features = 1
        for s in x.size()[1:]:
            num_features *= s
        return num_features

net = Net()
print(net)
"""
)

NAMES = (
    HEAD
    + """
class CNN(nn.Module):
    def __init__(self):
        super(CNN, self).__init__()
        {stages}
        self.conv2 = nn.Conv2d(12, 24, kernel_size=3, stride=1, padding=1)
        self.bn2 = nn.BatchNorm2d(24)
        self.fc1 = nn.Linear(24 * 5 * 5, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = {first}
        x = F.relu(self.bn2(self.conv2(x)))
        x = x.view(-1, 24 * 5 * 5)
        x = F.relu(self.fc1(x))
        return self.fc2(x)

if __name__ == '__main__':
    model = CNN()
    {wrap}
    for name in model.state_dict():
        print(name)
"""
)

BN = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def norm(name: str) -> list[str]:
    return [f"{name}.{part}" for part in BN]


def plain(name: str) -> list[str]:
    return [f"{name}.weight", f"{name}.bias"]


def names_of(path: Path, expression: str, wrap: tuple[str, ...] = ()) -> set[str]:
    state = state_dict(shapecalc.load(f"{path}:{expression}"), (1, 3, 5, 5), wrap=wrap)
    return {*state.parameters, *state.buffers}


def test_the_tutorials_net_forwards_and_backwards(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(LENET, encoding="utf-8")
    net = shapecalc.load(str(path))
    result = shapecalc.infer(net, input=(1, 3, 32, 32))
    assert result.errors == ()
    assert list(result.outputs.values()) == [[(1, 10)]]
    answer = shapecalc.solve(net, target=(5, 5))
    assert answer.to_dict()["solutions"] == [{"H": [[32, 35, 1]], "W": [[32, 35, 1]]}]
    assert answer.recommended == {"H": 32, "W": 32}


def test_names_of_modules_that_a_sequential_takes_over(tmp_path: Path) -> None:
    path = tmp_path / "first.py"
    stages = """self.conv1 = nn.Conv2d(3, 12, kernel_size=3, stride=1, padding=1)
        self.bn1 = nn.BatchNorm2d(12)
        self.s1 = [self.conv1, self.bn1]
        self.stage1 = nn.Sequential(*self.s1)"""
    first = "F.relu(self.bn1(self.conv1(x)))"
    path.write_text(NAMES.format(stages=stages, first=first, wrap=""), encoding="utf-8")
    expected = [*plain("conv1"), *norm("bn1"), *plain("stage1.0"), *norm("stage1.1")]
    expected += [*plain("conv2"), *norm("bn2"), *plain("fc1"), *plain("fc2")]
    assert names_of(path, "CNN") == set(expected)


def test_names_that_data_parallel_puts_module_into(tmp_path: Path) -> None:
    path = tmp_path / "second.py"
    stages = """conv1 = nn.Conv2d(3, 12, kernel_size=3, stride=1, padding=1)
        bn1 = nn.BatchNorm2d(12)
        s1 = [conv1, bn1]
        self.stage1 = nn.Sequential(*s1)
        self.stage2 = DataParallel(self.stage1)"""
    wrap = "model = DataParallel(model)"
    source = NAMES.format(stages=stages, first="self.stage2(x)", wrap=wrap)
    path.write_text(source, encoding="utf-8")
    inside = [*plain("stage1.0"), *norm("stage1.1")]
    inside += [*plain("stage2.module.0"), *norm("stage2.module.1")]
    inside += [*plain("conv2"), *norm("bn2"), *plain("fc1"), *plain("fc2")]
    expected = {f"module.{name}" for name in inside}
    assert names_of(path, "DataParallel(CNN())") == expected
    assert names_of(path, "CNN", wrap=("DataParallel",)) == expected


WATCHED = """
import sys
import shapecalc
from shapecalc.readers import read
from shapecalc.registry import default_registry

path = sys.argv[1]
registry = default_registry()
read("Linear(3, 4)", registry=registry)
import shapecalc.readers.python  # all of the reader, before the watch begins
seen = []

def watch(event, arguments):
    if event in ("exec", "import", "os.system", "subprocess.Popen", "socket.connect"):
        name = str(arguments[0])
        if event == "exec" and "shapecalc" in name:
            return
        if event == "import" and (name.startswith("shapecalc") or name in ALLOWED):
            return
        seen.append((event, name))
    if event == "open" and str(arguments[0]).endswith("secret.txt"):
        seen.append((event, "secret.txt"))

ALLOWED = set(sys.stdlib_module_names)
net = read(path, registry=registry, inputs={None: (1, 3, 8, 8)})
sys.addaudithook(watch)
net = read(path, registry=registry, inputs={None: (1, 3, 8, 8)})
print(len(net.layers), seen)
"""

HOSTILE = """import os, subprocess
from torch import nn
os.system("touch hacked")
subprocess.run(["touch", "hacked"])
open("secret.txt").read()
exec("x = 1")
eval("__import__('os').system('touch hacked')")

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3)

    def forward(self, x):
        return self.conv(x)
"""


def test_nothing_of_a_source_file_is_run(tmp_path: Path) -> None:
    path = tmp_path / "hostile.py"
    path.write_text(HOSTILE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "1 []", done.stdout + done.stderr
    assert not (tmp_path / "hacked").exists()
