"""Plumbing around models: devices, versions, small functions of torch that sources import."""

import os
import sys
from enum import Enum, IntEnum

import torch
import torch.nn as nn
from packaging import version
from torch.nn.modules.utils import _pair, _triple

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
NEW = version.parse(torch.__version__) >= version.parse("2.0.0")


class Devices(nn.Module):
    """Asks for devices where the model is built, and where it runs."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 4 if torch.cuda.is_available() else 5)
        self.gate = nn.Linear(3, 5 if NEW else 6)

    def forward(self, x):
        if torch.cuda.is_available():
            x = x.cuda()
        start = torch.zeros(x.size(0), 5).to(device)
        return start + self.fc(x) * self.gate(x)


class Pairs(nn.Module):
    """Spreads numbers over axes as PyTorch's own layers do."""

    def __init__(self, kernel=3, stride=(2, 1)):
        super().__init__()
        kernel, stride = _pair(kernel), _pair(stride)
        self.weight = nn.Parameter(torch.zeros(4, 3, *kernel))
        self.conv = nn.Conv2d(4, 4, kernel, stride, padding=_pair(1))
        self.depth = len(_triple(2))

    def forward(self, x):
        x = nn.functional.conv2d(x, self.weight, padding=_pair(1))
        return self.conv(x).repeat(1, self.depth, 1, 1)


class Spectra(nn.Module):
    """Gives a window to a Fourier transform, by name and by place."""

    def __init__(self):
        super().__init__()
        self.register_buffer("window", torch.hann_window(16))

    def forward(self, x):
        first = torch.stft(x, 16, 4, window=self.window, return_complex=True)
        second = torch.stft(x, 16, 4, 16, self.window, return_complex=True)
        return first.abs() + second.abs()


class Scaled(nn.Module):
    """Makes an array of tensors' sizes."""

    def __init__(self):
        super().__init__()
        self.g = nn.Parameter(torch.ones(1, 6, 1))

    def forward(self, x):
        x = torch.nn.functional.normalize(x, dim=1)
        return x * self.g * (x.shape[1] ** 0.5) + torch.tensor(x.shape[-1])


class Layout(str, Enum):
    """A text that is a member of an enumeration as well."""

    FIRST = "first"
    LAST = "last"


class Rank(IntEnum):
    LOW = 1
    HIGH = 2


def make_activation(kind, inplace=True):
    try:
        return kind(inplace=inplace)
    except TypeError:
        return kind()


def register(function):
    """Note a function in its own module, as registries of models do."""
    module = sys.modules[function.__module__]
    module.__all__ = [*getattr(module, "__all__", []), function.__name__]
    return function


class Staged(nn.Module):
    """Computes its options with numbers in tensors, and asks the environment for one."""

    def __init__(self, depths=(1, 2), layout="last"):
        super().__init__()
        self.layout = Layout(layout)
        rates = [x.tolist() for x in torch.linspace(0, 0.3, sum(depths)).split(list(depths))]
        drops = [rate for stage in rates for rate in stage]
        blocks = (4 ** torch.arange(2)).flip(0).tolist()
        widths = torch.round(torch.tensor([8.0, 8.0, 12.0]) / 4) * 4
        width = len(torch.unique(widths)) * blocks[0]
        self.drops = nn.ModuleList(
            nn.Linear(width, width) if rate > 0.0 else nn.Identity() for rate in drops
        )
        self.act = make_activation(nn.GELU)
        self.names = nn.ModuleDict({f"{Layout.LAST}"[-4:]: nn.Linear(width, 2 * Rank.HIGH)})
        bias = os.environ.get("PLUMBING_BIAS", "false").lower() == "true"
        self.proj = nn.Conv2d(3, width, 2, 2, bias=bias or os.getenv("PLUMBING_CONV") is not None)

    def forward(self, x):
        x = self.proj(x)
        if self.layout == "last" and self.layout is Layout.LAST and self.layout != Layout.FIRST:
            x = x.permute(0, 2, 3, 1)
        for layer in self.drops:
            x = self.act(layer(x))
        x = torch.fft.fft2(x, dim=(1, 2)).real
        return self.names["LAST"](x)


@register
def staged(**options):
    return Staged(**options)
