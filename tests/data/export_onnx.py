"""Export the nets of `tests/data/*.onnx`, and record what PyTorch makes of them.

    python tests/data/export_onnx.py

It needs torch and onnxscript, which the tests do without. The numbers of larger weights are taken out
of the files: their shapes are all that counts. `onnx_nets.json` holds for each file the shapes that
come out for shapes that go in, and the names and shapes of the module's state.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

HERE = Path(__file__).parent
KEPT = 64  # numbers of a weight that stay in the file


class LeNet(nn.Module):
    """Two convolutions and three linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, image: Tensor) -> Tensor:
        """Classify."""
        x = functional.max_pool2d(functional.relu(self.conv1(image)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        x = x.view(x.size(0), -1)
        return self.fc3(functional.relu(self.fc2(functional.relu(self.fc1(x)))))


class Block(nn.Module):
    """A residual block."""

    def __init__(self, inplanes: int, planes: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = nn.Sequential()
        if stride > 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Add what the convolutions make to what comes in."""
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        return functional.relu(y + self.downsample(x))


class ResNet(nn.Module):
    """A stem, two residual blocks, a head."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.maxpool = nn.MaxPool2d(3, 2, 1, ceil_mode=True)
        self.layer1 = nn.Sequential(Block(16, 16, 1), Block(16, 32, 2))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(32, 10)

    def forward(self, image: Tensor) -> Tensor:
        """Classify."""
        x = self.layer1(self.maxpool(functional.relu(self.bn1(self.conv1(image)))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class UNet(nn.Module):
    """Down, up by a transposed convolution and by interpolation, with skips."""

    def __init__(self) -> None:
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU())
        self.down2 = nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU())
        self.middle = nn.Conv2d(16, 32, 3, padding=1)
        self.up2 = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.conv2 = nn.Conv2d(32, 16, 3, padding=1)
        self.conv1 = nn.Conv2d(24, 8, 3, padding=1)
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Segment, at full and at half size."""
        a = self.down1(image)
        b = self.down2(functional.max_pool2d(a, 2))
        c = self.middle(functional.avg_pool2d(b, 2))
        y = self.conv2(torch.cat([self.up2(c), b], 1))
        z = functional.interpolate(y, size=a.shape[2:], mode="bilinear", align_corners=False)
        return self.head(self.conv1(torch.cat([z, a], 1))), functional.pad(y, (1, 2, 0, 1))


class Classifier(nn.Module):
    """An embedding, a bidirectional LSTM, a GRU, and a linear layer on the last step."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(100, 12)
        self.lstm = nn.LSTM(12, 16, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(32, 8, batch_first=True)
        self.fc = nn.Linear(8, 5)

    def forward(self, tokens: Tensor) -> Tensor:
        """Classify a text."""
        y, _ = self.lstm(self.embedding(tokens))
        _, h = self.gru(y)
        return self.fc(h[-1])


class Transformer(nn.Module):
    """A small vision transformer whose attention is written out."""

    def __init__(self, size: int = 32, patch: int = 8, width: int = 24, heads: int = 3) -> None:
        super().__init__()
        self.heads = heads
        self.cls = nn.Parameter(torch.randn(1, 1, width))
        self.pos = nn.Parameter(torch.randn(1, (size // patch) ** 2 + 1, width))
        self.proj = nn.Conv2d(3, width, patch, patch)
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 48), nn.GELU(), nn.Linear(48, width))
        self.head = nn.Linear(width, 7)

    def attend(self, x: Tensor) -> Tensor:
        """Attend from each patch to all."""
        n, length, width = x.shape
        qkv = self.qkv(x).reshape(n, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        scores = (q @ k.transpose(-2, -1)) * (width // self.heads) ** -0.5
        y = scores.softmax(-1) @ v
        return self.out(y.transpose(1, 2).reshape(n, length, width))

    def forward(self, image: Tensor) -> Tensor:
        """Classify."""
        x = self.proj(image).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.size(0), -1, -1), x], 1) + self.pos
        x = x + self.attend(self.norm1(x))
        x = x + self.mlp(self.norm2(x))
        return self.head(x[:, 0])


class MobileNet(nn.Module):
    """Depthwise convolutions, squeeze and excitation, and hard activations."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU6())
        self.depthwise = nn.Conv2d(8, 8, 5, 2, 2, groups=8)
        self.squeeze = nn.Conv2d(8, 4, 1)
        self.excite = nn.Conv2d(4, 8, 1)
        self.pointwise = nn.Conv2d(8, 24, 1)
        self.shuffle = nn.ChannelShuffle(3)
        self.head = nn.Linear(24, 6)

    def forward(self, image: Tensor) -> Tensor:
        """Classify."""
        x = functional.hardswish(self.depthwise(self.stem(image)))
        scale = self.excite(functional.relu(self.squeeze(x.mean((2, 3), keepdim=True))))
        x = functional.leaky_relu(self.pointwise(x * functional.hardsigmoid(scale)), 0.1)
        a, b = self.shuffle(x).chunk(2, 1)
        x = torch.cat([b, a * 2 - 1], 1)
        return self.head(x.amax((2, 3)))


class Tied(nn.Module):
    """A language model whose head has the embedding's weight, and a layer that is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        self.layer = nn.Linear(16, 16)
        self.head = nn.Linear(16, 50, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens: Tensor) -> Tensor:
        """Score the next token."""
        x = self.embedding(tokens)
        x = torch.tanh(self.layer(torch.tanh(self.layer(x))))
        return self.head(x)


IMAGE = {"image": {0: "N", 2: "H", 3: "W"}}
TOKENS = {"tokens": {0: "N", 1: "L"}}

# name: module, what its symbolic dimensions are, which exporter, and the shapes that are tried.
NETS: dict[str, tuple[nn.Module, dict[str, dict[int, str]], bool, list[tuple[int, ...]]]] = {
    "lenet": (LeNet(), IMAGE, False, [(2, 3, 32, 32), (1, 3, 35, 33)]),
    "resnet": (ResNet(), IMAGE, False, [(2, 3, 64, 64), (1, 3, 75, 50)]),
    "unet": (UNet(), IMAGE, False, [(2, 1, 32, 48), (1, 1, 64, 64)]),
    "lstm": (Classifier(), TOKENS, False, [(2, 9), (3, 4)]),
    "vit": (Transformer(), {"image": {0: "N"}}, True, [(2, 3, 32, 32), (5, 3, 32, 32)]),
    "mobilenet": (MobileNet(), {"image": {0: "N"}}, True, [(2, 3, 40, 56), (7, 3, 40, 56)]),
    "tied": (Tied(), TOKENS, False, [(2, 9), (3, 4)]),
}


def example(name: str, shape: tuple[int, ...]) -> Tensor:
    """Make an input."""
    return torch.randint(0, 50, shape) if name == "tokens" else torch.randn(shape)


def export(name: str) -> dict[str, Any]:
    """Export one net, and record what it makes of its inputs."""
    module, dynamic, dynamo, shapes = NETS[name]
    module.eval()
    (word,) = dynamic
    file = HERE / f"{name}.onnx"
    given = (example(word, shapes[0]),)
    if dynamo:
        torch.onnx.export(
            module, given, file, dynamo=True, dynamic_shapes=dynamic, external_data=False
        )
    else:
        torch.onnx.export(
            module,
            given,
            file,
            dynamo=False,
            input_names=[word],
            dynamic_axes=dynamic,
            training=torch.onnx.TrainingMode.PRESERVE,
        )
    strip(file)
    cases = []
    for shape in shapes:
        found = module(example(word, shape))
        outputs = found if isinstance(found, tuple) else (found,)
        cases.append({"input": shape, "outputs": [tuple(item.shape) for item in outputs]})
    state = {key: tuple(item.shape) for key, item in module.state_dict(keep_vars=True).items()}
    return {"cases": cases, "state": state}


def strip(file: Path) -> None:
    """Take the numbers of larger weights out of a file, and what says where nodes come from."""
    model = onnx.load(file)
    for item in model.graph.initializer:
        if item.data_type == onnx.TensorProto.FLOAT and len(item.raw_data) > 4 * KEPT:
            item.ClearField("raw_data")
    for node in model.graph.node:
        kept = [item for item in node.metadata_props if item.key.endswith("name_scopes")]
        node.ClearField("metadata_props")
        node.metadata_props.extend(kept)
        node.ClearField("doc_string")
    model.ClearField("metadata_props")
    onnx.save(model, file)


def main() -> None:
    """Export all nets."""
    torch.manual_seed(0)
    with torch.no_grad():
        found = {name: export(name) for name in NETS}
    text = json.dumps(found, indent=1)
    (HERE / "onnx_nets.json").write_text(text + "\n", encoding="utf-8")
    sizes = sum(file.stat().st_size for file in HERE.glob("*.onnx"))
    sys.stderr.write(f"{sizes:,} bytes\n")


if __name__ == "__main__":
    main()
