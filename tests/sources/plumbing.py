"""Plumbing around models: devices, versions, small functions of torch that sources import."""

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
