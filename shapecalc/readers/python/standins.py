"""Sources that stand for small parts of packages which models import and which hold little.

They are read by the machine like any other source, and never executed.
"""

from __future__ import annotations

_DROP_PATH = """
import torch.nn as nn


def drop_path(x, drop_prob=0.0, training=False, scale_by_keep=True):
    return x


class DropPath(nn.Module):
    def __init__(self, drop_prob=None, scale_by_keep=True):
        super().__init__()
        self.drop_prob = drop_prob

    def forward(self, x):
        return drop_path(x, self.drop_prob, self.training)


def to_2tuple(x):
    return tuple(x) if isinstance(x, (tuple, list)) else (x, x)


def to_ntuple(n):
    return lambda x: tuple(x) if isinstance(x, (tuple, list)) else (x,) * n


def make_divisible(v, divisor=8, min_value=None, round_limit=0.9):
    min_value = min_value or divisor
    new_v = max(min_value, int(v + divisor / 2) // divisor * divisor)
    if new_v < round_limit * v:
        new_v += divisor
    return new_v


def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0):
    return tensor


def lecun_normal_(tensor):
    return tensor
"""
_REGISTRY = """
def register_model(fn):
    return fn
"""
_DATA = """
IMAGENET_DEFAULT_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEFAULT_STD = (0.229, 0.224, 0.225)
IMAGENET_INCEPTION_MEAN = (0.5, 0.5, 0.5)
IMAGENET_INCEPTION_STD = (0.5, 0.5, 0.5)
"""
_REARRANGE = """
import torch.nn as nn
from einops import rearrange, reduce


class Rearrange(nn.Module):
    def __init__(self, pattern, **axes_lengths):
        super().__init__()
        self.pattern = pattern
        self.axes_lengths = axes_lengths

    def forward(self, x):
        return rearrange(x, self.pattern, **self.axes_lengths)


class Reduce(nn.Module):
    def __init__(self, pattern, reduction, **axes_lengths):
        super().__init__()
        self.pattern = pattern
        self.reduction = reduction
        self.axes_lengths = axes_lengths

    def forward(self, x):
        return reduce(x, self.pattern, self.reduction, **self.axes_lengths)
"""
_PACKING = """
import torch

__all__ = ["pack", "unpack", "einsum"]


def pack(tensors, pattern):
    names = pattern.split()
    front = names.index("*")
    back = len(names) - front - 1
    shapes = [tensor.shape[front : len(tensor.shape) - back] for tensor in tensors]
    flat = [
        tensor.reshape(*tensor.shape[:front], shape.numel(), *tensor.shape[len(tensor.shape) - back :])
        for tensor, shape in zip(tensors, shapes)
    ]
    return torch.cat(flat, dim=front), shapes


def unpack(tensor, shapes, pattern):
    front = pattern.split().index("*")
    parts = torch.split(tensor, [torch.Size(shape).numel() for shape in shapes], dim=front)
    return [
        part.reshape(*part.shape[:front], *shape, *part.shape[front + 1 :])
        for part, shape in zip(parts, shapes)
    ]


def einsum(*tensors_and_pattern):
    *tensors, pattern = tensors_and_pattern
    left, right = pattern.split("->")
    names = left.replace(",", " ").split()
    letters = {name: chr(97 + place) for place, name in enumerate(dict.fromkeys(names))}
    letters["..."] = "..."
    short = [[letters[name] for name in side.split()] for side in left.split(",") + [right]]
    *taken, given = ["".join(side) for side in short]
    return torch.einsum(",".join(taken) + "->" + given, *tensors)
"""
_VERSION = """
class Version:
    def __init__(self, text):
        parts = text.split("+")[0].split(".")
        self.release = tuple(int(part) for part in parts if part.isdigit())
        self.version = list(self.release)
        self.major, self.minor, self.micro = (*self.release, 0, 0)[:3]

    def _key(self):
        return (*self.release, 0, 0, 0, 0)[:4]

    def _other(self, other):
        return (Version(other) if isinstance(other, str) else other)._key()

    def __eq__(self, other):
        return self._key() == self._other(other)

    def __lt__(self, other):
        return self._key() < self._other(other)

    def __le__(self, other):
        return self._key() <= self._other(other)

    def __gt__(self, other):
        return self._key() > self._other(other)

    def __ge__(self, other):
        return self._key() >= self._other(other)


def parse(text):
    return Version(text)


LooseVersion = StrictVersion = Version
"""
_HUB = """
class ModelHubMixin:
    def save_pretrained(self, *arguments, **options):
        pass

    def push_to_hub(self, *arguments, **options):
        pass


class PyTorchModelHubMixin(ModelHubMixin):
    pass
"""
_LIGHTNING = """
import torch.nn as nn


class LightningModule(nn.Module):
    def save_hyperparameters(self, *arguments, **options):
        pass

    def log(self, *arguments, **options):
        pass

    def log_dict(self, *arguments, **options):
        pass

    def configure_optimizers(self):
        return None


class LightningDataModule:
    pass


class Callback:
    pass
"""
_DISTRIBUTIONS = """
import math
import torch
import torch.nn.functional as F


def _tensor(value):
    return value if torch.is_tensor(value) else torch.tensor(float(value))


class Distribution:
    def __init__(self, batch_shape=(), event_shape=(), validate_args=None):
        self.batch_shape = torch.Size(batch_shape)
        self.event_shape = torch.Size(event_shape)

    def _shape(self, sample_shape):
        return (*sample_shape, *self.batch_shape, *self.event_shape)

    def sample_n(self, n):
        return self.sample((n,))


class Normal(Distribution):
    def __init__(self, loc, scale, validate_args=None):
        loc, scale = _tensor(loc), _tensor(scale)
        if loc.shape != scale.shape:
            loc, scale = torch.broadcast_tensors(loc, scale)
        self.loc, self.scale = loc, scale
        super().__init__(loc.shape)

    @property
    def mean(self):
        return self.loc

    @property
    def mode(self):
        return self.loc

    @property
    def stddev(self):
        return self.scale

    @property
    def variance(self):
        return self.scale.pow(2)

    def rsample(self, sample_shape=()):
        return self.loc + torch.randn(self._shape(sample_shape)) * self.scale

    def sample(self, sample_shape=()):
        return self.rsample(sample_shape).detach()

    def log_prob(self, value):
        spread = ((value - self.loc) ** 2) / (2 * self.scale**2)
        return -spread - self.scale.log() - math.log(math.sqrt(2 * math.pi))

    def entropy(self):
        return 0.5 + 0.5 * math.log(2 * math.pi) + torch.log(self.scale)


class _Discrete(Distribution):
    def __init__(self, probs=None, logits=None, validate_args=None):
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        self._probs = None if probs is None else _tensor(probs)
        self._logits = None if logits is None else _tensor(logits)
        self._given = self._logits if probs is None else self._probs
        super().__init__(self._batch())


class Categorical(_Discrete):
    def _batch(self):
        if self._given.dim() < 1:
            raise ValueError("`probs` parameter must be at least one-dimensional.")
        return self._given.shape[:-1]

    @property
    def probs(self):
        if self._probs is None:
            return torch.softmax(self._logits, -1)
        return self._probs / self._probs.sum(-1, keepdim=True)

    @property
    def logits(self):
        if self._logits is None:
            return torch.log(self.probs)
        return self._logits - self._logits.logsumexp(dim=-1, keepdim=True)

    @property
    def mode(self):
        return self.probs.argmax(dim=-1)

    def sample(self, sample_shape=()):
        flat = self.probs.reshape(-1, self._given.shape[-1])
        drawn = torch.multinomial(flat, math.prod(sample_shape), True).T
        return drawn.reshape(self._shape(sample_shape))

    def log_prob(self, value):
        value, logits = torch.broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, value[..., :1]).squeeze(-1)

    def entropy(self):
        return -(self.logits * self.probs).sum(-1)


class Bernoulli(_Discrete):
    def _batch(self):
        return self._given.shape

    @property
    def probs(self):
        return torch.sigmoid(self._logits) if self._probs is None else self._probs

    @property
    def logits(self):
        return torch.logit(self._probs) if self._logits is None else self._logits

    @property
    def mean(self):
        return self.probs

    def sample(self, sample_shape=()):
        return torch.bernoulli(self.probs.expand(self._shape(sample_shape)))

    def log_prob(self, value):
        logits, value = torch.broadcast_tensors(self.logits, value)
        return -F.binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self):
        return F.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")


def kl_divergence(p, q):
    if isinstance(p, Normal) and isinstance(q, Normal):
        ratio = (p.scale / q.scale).pow(2)
        return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())
    if isinstance(p, Categorical) and isinstance(q, Categorical):
        return (p.probs * (p.logits - q.logits)).sum(-1)
    return torch.distributions.kl.between(p, q)
"""
_CONVOLUTION = """
import torch
from torch import nn


class _ConvNd(nn.Module):
    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride,
        padding,
        dilation,
        transposed,
        output_padding,
        groups,
        bias,
        padding_mode,
        device=None,
        dtype=None,
    ):
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        if padding_mode not in ("zeros", "reflect", "replicate", "circular"):
            raise ValueError(f"padding_mode={padding_mode!r} is not one of those that there are")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.transposed = transposed
        self.output_padding = output_padding
        self.groups = groups
        self.padding_mode = padding_mode
        first, second = (in_channels, out_channels) if transposed else (out_channels, in_channels)
        self.weight = nn.Parameter(torch.empty((first, second // groups, *kernel_size)))
        if bias:
            self.bias = nn.Parameter(torch.empty(out_channels))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        pass
"""
_VISION = """
import torch.nn as nn


def around(kernel_size, dilation):
    if isinstance(kernel_size, int) and isinstance(dilation, int):
        return (kernel_size - 1) // 2 * dilation
    axes = len(dilation) if isinstance(kernel_size, int) else len(kernel_size)
    kernels = (kernel_size,) * axes if isinstance(kernel_size, int) else kernel_size
    steps = (dilation,) * axes if isinstance(dilation, int) else dilation
    return tuple((kernels[i] - 1) // 2 * steps[i] for i in range(axes))


def words(inplace):
    return {} if inplace is None else {"inplace": inplace}


class ConvNormActivation(nn.Sequential):
    conv_layer = nn.Conv2d

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size=3,
        stride=1,
        padding=None,
        groups=1,
        norm_layer=nn.BatchNorm2d,
        activation_layer=nn.ReLU,
        dilation=1,
        inplace=True,
        bias=None,
    ):
        layers = [
            self.conv_layer(
                in_channels,
                out_channels,
                kernel_size,
                stride,
                around(kernel_size, dilation) if padding is None else padding,
                dilation=dilation,
                groups=groups,
                bias=norm_layer is None if bias is None else bias,
            )
        ]
        if norm_layer is not None:
            layers.append(norm_layer(out_channels))
        if activation_layer is not None:
            layers.append(activation_layer(**words(inplace)))
        super().__init__(*layers)
        self.out_channels = out_channels


class Conv2dNormActivation(ConvNormActivation):
    pass


class Conv3dNormActivation(ConvNormActivation):
    conv_layer = nn.Conv3d

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size=3,
        stride=1,
        padding=None,
        groups=1,
        norm_layer=nn.BatchNorm3d,
        activation_layer=nn.ReLU,
        dilation=1,
        inplace=True,
        bias=None,
    ):
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            groups,
            norm_layer,
            activation_layer,
            dilation,
            inplace,
            bias,
        )


class MLP(nn.Sequential):
    def __init__(
        self,
        in_channels,
        hidden_channels,
        norm_layer=None,
        activation_layer=nn.ReLU,
        inplace=None,
        bias=True,
        dropout=0.0,
    ):
        layers = []
        for channels in hidden_channels[:-1]:
            layers.append(nn.Linear(in_channels, channels, bias=bias))
            if norm_layer is not None:
                layers.append(norm_layer(channels))
            layers.append(activation_layer(**words(inplace)))
            layers.append(nn.Dropout(dropout, **words(inplace)))
            in_channels = channels
        layers.append(nn.Linear(in_channels, hidden_channels[-1], bias=bias))
        layers.append(nn.Dropout(dropout, **words(inplace)))
        super().__init__(*layers)
"""
STANDINS: dict[str, str] = {
    "torchvision.ops.made": _VISION,
    "torch.nn._ConvNd": _CONVOLUTION,
    "torch.distributions": _DISTRIBUTIONS,
    "timm.models.layers": _DROP_PATH,
    "timm.layers": _DROP_PATH,
    "timm.models.registry": _REGISTRY,
    "timm.data": _DATA,
    "einops.layers.torch": _REARRANGE,
    "einops.packing": _PACKING,
    "huggingface_hub": _HUB,
    "lightning": "import lightning.pytorch as pytorch\nfrom lightning.pytorch import LightningModule\n",
    "lightning.pytorch": _LIGHTNING,
    "packaging.version": _VERSION,
    "packaging": "import packaging.version as version\n",
    "distutils.version": _VERSION,
    "pytorch_lightning": _LIGHTNING,
}
