"""Ways in which sources reach into PyTorch's layers and older types."""

import functools

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin


class Equalized:
    """Keeps a layer's weight under another name, and computes it before each call."""

    def __init__(self, name):
        self.name = name

    @staticmethod
    def apply(module, name="weight"):
        rule = Equalized(name)
        weight = getattr(module, name)
        del module._parameters[name]
        module.register_parameter(name + "_orig", nn.Parameter(weight.data))
        module.register_forward_pre_hook(rule)
        return module

    def __call__(self, module, inputs):
        weight = getattr(module, self.name + "_orig")
        fan = weight.data.size(1) * weight.data[0][0].numel()
        setattr(module, self.name, weight * (2 / fan) ** 0.5)


class Normed(nn.Module):
    """Makes parameters of a layer's weight, unless they are there."""

    def __init__(self, module):
        super().__init__()
        self.module = module
        if not self.made():
            weight = module.weight
            del module._parameters["weight"]
            module.register_parameter("weight_u", nn.Parameter(weight.data.new(weight.shape[0])))
            module.register_parameter("weight_bar", nn.Parameter(weight.data))

    def made(self):
        try:
            return self.module.weight_u is not None
        except AttributeError:
            return hasattr(self.module, "weight_bar")

    def forward(self, *args):
        bar = self.module.weight_bar
        self.module.weight = bar / self.module.weight_u.norm().expand_as(bar)
        return self.module.forward(*args)


def widened(x, planes, stride):
    out = F.avg_pool2d(x, kernel_size=1, stride=stride)
    zeros = torch.Tensor(out.size(0), planes - out.size(1), out.size(2), out.size(3)).zero_()
    if isinstance(out.data, torch.cuda.FloatTensor):
        zeros = zeros.cuda()
    return torch.cat([out.data, zeros], dim=1) if isinstance(zeros, torch.FloatTensor) else out


class Reaching(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Equalized.apply(nn.Conv2d(3, 6, 3, padding=1))
        self.second = Normed(nn.Conv2d(6, 8, 3, 2, 1))
        self.down = functools.partial(widened, planes=8, stride=2)

    def forward(self, x):
        x = self.first(x)
        x = self.second(x) + self.down(x)
        return F.log_softmax(x.view(x.size(0), -1))


class Flow(nn.Module, PyTorchModelHubMixin, tags=["flow"]):
    """Starts from a random rotation, and keeps its determinant's logarithm."""

    def __new__(cls, *args, **kwargs):
        made = super().__new__(cls)
        made.made = True
        return made

    def __init__(self, channels=4):
        super().__init__()
        rotation = np.linalg.qr(np.random.randn(channels, channels))[0].astype(np.float32)
        self.weight = nn.Parameter(torch.from_numpy(rotation))
        angles = np.sin(np.arange(channels))
        self.register_buffer("angles", torch.from_numpy(angles.copy()).float())

    def forward(self, x):
        height, width = x.shape[2:]
        logdet = height * width * torch.slogdet(self.weight.double())[1].float()
        x = F.conv2d(x, self.weight.view(*self.weight.shape, 1, 1))
        return x + self.angles.view(1, -1, 1, 1), logdet


class Signals(nn.Module):
    def forward(self, x):
        found = torch.stft(x, 64, 16, return_complex=True)
        return torch.istft(found, 64, 16), torch.istft(found, 64, 16, length=x.shape[-1])


class ChannelsFirst(nn.LayerNorm):
    """Hands on what a layer keeps of its arguments: one size is kept as a tuple."""

    def forward(self, x):
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)
