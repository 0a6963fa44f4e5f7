"""Record torchvision's models: weights' names and shapes, and what sizes come out of which.

    python tests/conformance/record_vision.py -o tests/conformance/data/vision.json

For each model: the call that makes it, `parameters` and `buffers` in the order of state_dict,
`param_count`, and `cases` with the shapes that come out, or PyTorch's error. `smallest` is the
least H = W up to a bound that the model takes, tried one by one; null if there is none. Weights are
left as they are made, since shapes do not depend on them; models run on CPU in `eval()` mode.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from cases.draw import words
from cases.running import state_shapes
from torch import nn

torchvision: Any = import_module("torchvision")  # it has no types

GREATEST_TRIED = 100
FRAMES = 8


@dataclass(frozen=True, slots=True)
class Model:
    """A builder of `torchvision.models`, its arguments, and the sizes that are tried."""

    arguments: Mapping[str, object]
    sizes: Sequence[tuple[int, ...]]
    video: bool = False

    def shape(self, *size: int) -> tuple[int, ...]:
        """Return an input's shape."""
        return (2 if min(size) < 100 else 1, 3, *((FRAMES,) if self.video else ()), *size)


USUAL = ((224, 224), (224, 256), (97, 130), (64, 64), (32, 32))
MODELS: dict[str, Model] = {
    **dict.fromkeys(
        words(
            "alexnet vgg11 vgg16 vgg16_bn vgg19 resnet18 resnet34 resnet50 resnet101 resnet152 "
            "resnext50_32x4d wide_resnet50_2 densenet121 densenet169 squeezenet1_0 squeezenet1_1 "
            "mobilenet_v2 mobilenet_v3_small mobilenet_v3_large shufflenet_v2_x1_0 mnasnet1_0 "
            "efficientnet_b0 efficientnet_b1 efficientnet_v2_s regnet_y_400mf regnet_x_400mf "
            "convnext_tiny convnext_small vit_b_16 swin_t swin_v2_t maxvit_t"
        ),
        Model({}, USUAL),
    ),
    "googlenet": Model({"init_weights": False}, USUAL),
    "inception_v3": Model({"init_weights": False}, ((299, 299), (75, 75), (74, 74), (128, 200))),
    **dict.fromkeys(
        words("segmentation.fcn_resnet50 segmentation.deeplabv3_resnet50"),
        Model({"weights_backbone": None}, ((224, 224), (97, 130), (64, 64))),
    ),
    **dict.fromkeys(
        words("video.r3d_18 video.mc3_18 video.r2plus1d_18"),
        Model({}, ((112, 112), (57, 90)), video=True),
    ),
}


def forward(module: nn.Module, shape: Sequence[int]) -> dict[str, Any]:
    """Run the model on an input of this shape; return its outputs' shapes, or the error."""
    try:
        with torch.no_grad():
            outputs = module(torch.zeros(*shape))
    except Exception as error:  # noqa: BLE001 - whatever PyTorch raises is the answer
        message = (str(error).strip().splitlines() or [""])[0]
        return {"ok": False, "error": f"{type(error).__name__}: {message}"}
    if isinstance(outputs, Mapping):
        return {"ok": True, "outputs": {key: list(value.shape) for key, value in outputs.items()}}
    return {"ok": True, "outputs": [list(outputs.shape)]}


def smallest(module: nn.Module, model: Model) -> int | None:
    """Return the least size that the model takes for height and width."""
    sizes = range(1, GREATEST_TRIED + 1)
    return next((n for n in sizes if forward(module, model.shape(n, n))["ok"]), None)


def describe(name: str, model: Model) -> dict[str, object]:
    """Build the model and record it."""
    package, _, builder = name.rpartition(".")
    place = getattr(torchvision.models, package) if package else torchvision.models
    module = getattr(place, builder)(**model.arguments).eval()
    arguments = ", ".join(f"{key}={value!r}" for key, value in model.arguments.items())
    shapes = [model.shape(*size) for size in model.sizes]
    return {
        "call": f"{builder}({arguments})",
        "file": f"{module.__class__.__module__.replace('.', '/')}.py",
        "param_count": sum(parameter.numel() for parameter in module.parameters()),
        **state_shapes(module),
        "cases": [{"input": list(shape), **forward(module, shape)} for shape in shapes],
        "smallest": smallest(module, model),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Record all models."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--only", help="names of models, with commas between them")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    models: dict[str, object] = {}
    for name in options.only.split(",") if options.only else MODELS:
        models[name] = describe(name, MODELS[name])
        print(name, file=sys.stderr)  # noqa: T201
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__}
    text = json.dumps({**versions, "models": models})
    data = text.encode()
    if options.output.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    options.output.write_bytes(data)


if __name__ == "__main__":
    main()
