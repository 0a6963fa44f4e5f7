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
STANDINS: dict[str, str] = {
    "timm.models.layers": _DROP_PATH,
    "timm.layers": _DROP_PATH,
    "timm.models.registry": _REGISTRY,
    "timm.data": _DATA,
    "einops.layers.torch": _REARRANGE,
    "huggingface_hub": _HUB,
    "lightning": "import lightning.pytorch as pytorch\nfrom lightning.pytorch import LightningModule\n",
    "lightning.pytorch": _LIGHTNING,
    "packaging.version": _VERSION,
    "packaging": "import packaging.version as version\n",
    "distutils.version": _VERSION,
    "pytorch_lightning": _LIGHTNING,
}
