"""Python that models use and that isn't about tensors: what a reader has to follow all the same."""

import copy
import itertools
import math
import re
from collections import OrderedDict, defaultdict, namedtuple
from enum import Enum
from functools import partial, reduce

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

try:
    from apex.normalization import FusedLayerNorm as Norm
except ImportError:
    Norm = nn.LayerNorm

Params = namedtuple("Params", ["width", "depth", "kernel", "rate"])
Params.__new__.__defaults__ = (None,) * len(Params._fields)
CFG = {"A": [8, "M", 16, 16, "M"], "B": [8, 8, "M", 16, "M"]}


class Kind(Enum):
    MAX = "max"
    AVG = "avg"


def decode(text):
    """Read `r2_k3_o16` into a tuple of options."""
    options = {}
    for op in text.split("_"):
        splits = re.split(r"(\d.*)", op)
        if len(splits) >= 2:
            key, value = splits[:2]
            options[key] = int(value)
    return Params(width=options["o"], depth=options["r"], kernel=options["k"])


def num_flat_features(x):
    size = x.size()[1:]
    num_features = 1
    for s in size:
        num_features *= s
    return num_features


def counted(fn):
    counted.calls = getattr(counted, "calls", 0)

    def wrapper(*args, **kwargs):
        counted.calls += 1
        return fn(*args, **kwargs)

    return wrapper


class Registry(dict):
    def register(self, name):
        def add(cls):
            self[name] = cls
            return cls

        return add


BLOCKS = Registry()


@BLOCKS.register("plain")
class Plain(nn.Module):
    expansion = 1

    def __init__(self, inp, out, *, kernel: int = 3, act=None):
        super().__init__()
        self.conv = nn.Conv2d(inp, out, kernel, padding=kernel // 2)
        self.act = act() if act else nn.Identity()
        self.norm = self._norm(out)

    @staticmethod
    def _norm(channels):
        return nn.GroupNorm(math.gcd(channels, 4), channels)

    @property
    def width(self):
        return self.conv.out_channels

    @classmethod
    def make(cls, *args, **kwargs):
        return cls(*args, **kwargs)

    @counted
    def forward(self, x):
        return self.act(self.norm(self.conv(x)))


class Scale(nn.Module):
    def __init__(self, size):
        super(Scale, self).__init__()
        self.gamma = nn.Parameter(torch.full((size, 1, 1), 1e-6))
        self.register_parameter("beta", None)
        self.register_buffer("steps", torch.zeros(1, dtype=torch.long))
        self.register_buffer("cache", torch.zeros(4), persistent=False)

    def forward(self, x):
        return x * self.gamma if self.beta is None else x * self.gamma + self.beta


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx, i):
        result = i * torch.sigmoid(i)
        ctx.save_for_backward(i)
        return result


class Net(nn.Module):
    def __init__(self, cfg="A", text="r2_k3_o16", kind=Kind.MAX, num_classes=7, **kwargs):
        super().__init__()
        options = decode(text)
        width, depth, kernel, rate = options
        assert rate is None, "no rate"
        features, channels = [], 3
        for item in CFG[cfg]:
            if item == "M":
                features += [nn.MaxPool2d(2) if kind is Kind.MAX else nn.AvgPool2d(2)]
            else:
                features += [Plain.make(channels, item, act=partial(nn.LeakyReLU, 0.1))]
                channels = item
        self.features = nn.Sequential(OrderedDict((f"f{i}", m) for i, m in enumerate(features)))
        self.branches = nn.ModuleDict(
            {name: nn.Conv2d(channels, width, k) for name, k in [("one", 1), ("three", kernel)]}
        )
        self.repeats = nn.ModuleList(
            [copy.deepcopy(BLOCKS["plain"](width, width)) for _ in range(depth)]
        )
        self.scale = Scale(width)
        groups = defaultdict(list)
        for a, b in itertools.product([1, 2], repeat=2):
            groups[a].append(b)
        self.extra = [nn.Linear(2, 2), nn.Linear(2, 2)]  # a plain list registers nothing
        self.total = reduce(lambda a, b: a + b, (sum(v) for v in groups.values()))
        self.norm = Norm(width)
        rates = [x.item() for x in torch.linspace(0, 0.2, depth)]
        self.drops = nn.ModuleList(nn.Dropout(r) if r > 0.0 else nn.Identity() for r in rates)
        size = int(np.ceil(np.sqrt(width))) ** 2
        self.fc = nn.Linear(width * self.total, num_classes + kwargs.get("more", 0))
        self.names = sorted({name for name, _ in self.named_children()}, key=len)
        self.size = size
        for name, module in self.named_modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.constant_(module.bias, 0)
            elif isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.weight.data.fill_(1)

    def _pooled(self, x, *, out=None, **kwargs):
        out = out or self.total
        x = F.adaptive_avg_pool2d(x, (out // 2, 2))
        return x if not kwargs.get("flat", True) else x.view(-1, num_flat_features(x))

    def forward(self, x, scale_factor: float = 1.0):
        x = self.features(x)
        a, b = (branch(x) for branch in self.branches.values())
        if a.shape[-2:] != b.shape[-2:]:
            dh, dw = a.size(2) - b.size(2), a.size(3) - b.size(3)
            b = F.pad(b, [dw // 2, dw - dw // 2, dh // 2, dh - dh // 2])
        x = torch.add(a, b)
        for block, drop in zip(self.repeats, self.drops):
            x = drop(block(x)) + x
            x = Swish.apply(x)
        x = self.scale(x)
        x = self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).contiguous()
        while x.shape[-1] > 8:
            x = F.max_pool2d(x, 2)
        x = self._pooled(x)
        if self.training:
            x = F.dropout(x, p=0.5)
        return {"logits": self.fc(x), "features": x}
