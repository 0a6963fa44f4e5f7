"""Calls of `torch.nn.functional`: what the layers do, with weights as inputs."""

from __future__ import annotations

from functools import partial

from cases import dense, losses, spatial
from cases.draw import Case, Draw, Generator, Shape, Tensor
from cases.shaping import plain


def of_layer(draw: Draw, layer: Generator, *first: str, drop: tuple[str, ...] = ()) -> Case:
    """Draw the function of a layer: its arguments, of which the `first` come by position, without those it lacks."""
    case = layer(draw)
    named = {name: value for name, value in case.named.items() if name not in drop}
    positional: list[object] = []
    for name in first:
        if name not in named or (name != first[0] and draw.chance(0.6)):
            break
        positional.append(named.pop(name))
    return Case(case.inputs, named, tuple(positional), source=case.source)


def _convolution(draw: Draw, layer: Generator, *, transposed: bool) -> Case:
    """Draw a functional convolution: the weight, and perhaps the bias, are inputs."""
    case = layer(draw)
    nd = int(len(case.inputs[0].shape) > 0) and max(1, _axes_of(case, layer))
    channels, out = int(str(case.named["in_channels"])), int(str(case.named["out_channels"]))
    groups = max(1, int(str(case.named.get("groups", 1))))
    kernel = case.named["kernel_size"]
    window = (
        (kernel,) * nd
        if isinstance(kernel, int)
        else tuple(kernel)
        if len(kernel) == nd
        else tuple(kernel[:1]) * nd
    )  # type: ignore[arg-type,index]
    shape = (channels, out // groups, *window) if transposed else (out, channels // groups, *window)
    if draw.chance(0.06):
        shape = draw.spoilt_shape(shape)
    inputs = [*case.inputs, Tensor(shape)]
    if case.named.get("bias", draw.chance(0.4)):
        inputs.append(Tensor((out if draw.chance(0.94) else out + 1,)))
    drop = {"in_channels", "out_channels", "kernel_size", "bias", "padding_mode"}
    return Case(
        tuple(inputs), {name: value for name, value in case.named.items() if name not in drop}
    )


def _axes_of(case: Case, layer: Generator) -> int:
    return (
        int(layer.keywords["nd"]) if isinstance(layer, partial) else len(case.inputs[0].shape) - 2
    )


def batch_norm(draw: Draw) -> Case:
    """Draw a functional batch_norm, with running statistics as the second and third input."""
    channels = draw.size(1, 6)
    shape = (draw.size(1, 4), channels, *draw.shape(0, 3, most=4))
    other = channels if draw.chance(0.9) else channels + 1
    inputs = [Tensor(shape), Tensor((other,)), Tensor((channels,))]
    source: list[object] = [0, 1, 2]
    if draw.chance(0.4):
        inputs += [Tensor((channels,)), Tensor((channels if draw.chance(0.9) else 1,))]
        source.append({"weight": 3, "bias": 4})
    return Case(
        tuple(inputs), draw.some(0.3, eps=1e-3) | draw.some(0.1, training=True), source=source
    )


def instance_norm(draw: Draw) -> Case:
    """Draw a functional instance_norm."""
    channels = draw.size(1, 5)
    shape = (draw.size(1, 3), channels, *draw.shape(0 if draw.chance(0.1) else 1, 3, most=4))
    if draw.chance(0.6):
        return Case((Tensor(shape),), draw.some(0.3, eps=1e-3))
    return Case(
        (Tensor(shape), Tensor((channels,)), Tensor((channels,))),
        source=[0, {"weight": 1, "bias": 2}],
    )


def layer_norm(draw: Draw, *, rms: bool = False) -> Case:
    """Draw a functional layer_norm over the last axes."""
    shape = draw.shape(1, 4)
    last = shape[len(shape) - draw.randint(1, min(2, len(shape))) :]
    inputs, source = [Tensor(shape)], [0]
    if draw.chance(0.45):
        inputs.append(Tensor(last if draw.chance(0.9) else draw.spoilt_shape(last)))
        return Case(tuple(inputs), positional=(last,), source=[0, {"weight": 1}])
    return Case(
        tuple(inputs),
        draw.some(0.2, eps=1e-6),
        (last if draw.chance(0.8) else list(last),),
        source=source,
    )


def group_norm(draw: Draw) -> Case:
    """Draw a functional group_norm."""
    case = dense.group_norm(draw)
    groups, channels = case.named["num_groups"], int(str(case.named["num_channels"]))
    if draw.chance(0.6):
        return Case(case.inputs, positional=(groups,))
    return Case(
        (*case.inputs, Tensor((channels,))), positional=(groups,), source=[0, {"weight": 1}]
    )


def prelu(draw: Draw) -> Case:
    """Draw a functional prelu."""
    shape = draw.shape(0, 4)
    channels = shape[1] if len(shape) > 1 else 1
    return Case((Tensor(shape), Tensor(draw.pick((channels,), (1,), (), (channels + 1,), (1, 1)))))


def embedding(draw: Draw) -> Case:
    """Draw a functional embedding: indices and table."""
    table: Shape = (draw.pick(1, 5, 10), draw.size(0 if draw.chance(0.05) else 1, 8))
    if draw.chance(0.06):
        table = draw.spoilt_shape(table)
    return Case(
        (Tensor(draw.shape(0, 3), "long", 0), Tensor(table)),
        draw.some(0.2, padding_idx=draw.pick(0, -1, 4, 20)),
    )


def dropout(draw: Draw) -> Case:
    """Draw a functional dropout."""
    case = dense.dropout(draw)
    named = {name: value for name, value in case.named.items() if name == "p"}
    return Case(case.inputs, {**named, **draw.some(0.6, training=draw.pick(False, False, True))})


_POOL = ("kernel_size", "stride", "padding")
FUNCTIONS: dict[str, Generator] = {
    **{
        f"conv{nd}d": partial(_convolution, layer=partial(spatial.conv, nd=nd), transposed=False)
        for nd in (1, 2, 3)
    },
    **{
        f"conv_transpose{nd}d": partial(
            _convolution, layer=partial(spatial.conv_transpose, nd=nd), transposed=True
        )
        for nd in (1, 2, 3)
    },
    **{
        f"max_pool{nd}d": lambda draw, nd=nd: of_layer(
            draw, spatial.LAYERS[f"MaxPool{nd}d"], *_POOL
        )
        for nd in (1, 2, 3)
    },
    **{
        f"avg_pool{nd}d": lambda draw, nd=nd: of_layer(
            draw, spatial.LAYERS[f"AvgPool{nd}d"], *_POOL
        )
        for nd in (1, 2, 3)
    },
    **{
        f"lp_pool{nd}d": lambda draw, nd=nd: of_layer(
            draw, spatial.LAYERS[f"LPPool{nd}d"], "norm_type", "kernel_size"
        )
        for nd in (1, 2)
    },
    **{
        f"adaptive_avg_pool{nd}d": lambda draw, nd=nd: of_layer(
            draw, spatial.LAYERS[f"AdaptiveAvgPool{nd}d"], "output_size"
        )
        for nd in (1, 2, 3)
    },
    **{
        f"adaptive_max_pool{nd}d": lambda draw, nd=nd: of_layer(
            draw, spatial.LAYERS[f"AdaptiveMaxPool{nd}d"], "output_size"
        )
        for nd in (1, 2, 3)
    },
    "interpolate": lambda draw: of_layer(draw, spatial.interpolate, *draw.pick((), ("size",))),
    "fold": lambda draw: of_layer(draw, spatial.fold, "output_size", "kernel_size"),
    "pixel_shuffle": lambda draw: of_layer(draw, spatial.pixel_shuffle, "upscale_factor"),
    "pixel_unshuffle": lambda draw: of_layer(draw, spatial.pixel_unshuffle, "downscale_factor"),
    "channel_shuffle": lambda draw: of_layer(draw, spatial.channel_shuffle, "groups"),
    "relu": lambda draw: plain(draw, **draw.some(0.3, inplace=draw.pick(True, False))),
    "gelu": lambda draw: plain(
        draw, **draw.some(0.4, approximate=draw.pick("tanh", "none", "foo"))
    ),
    "elu": lambda draw: plain(draw, **draw.some(0.4, alpha=0.5)),
    "celu": lambda draw: plain(draw, **draw.some(0.4, alpha=draw.pick(0.5, 0.0))),
    "leaky_relu": lambda draw: plain(draw, *draw.pick((), (0.2,)), **draw.some(0.2, inplace=False)),
    "hardtanh": lambda draw: plain(draw, **draw.some(0.4, min_val=-2.0)),
    "softplus": lambda draw: plain(draw, **draw.some(0.4, beta=2)),
    "threshold": lambda draw: plain(draw, 0.1, 20),
    "glu": lambda draw: of_layer(draw, dense.glu, "dim"),
    "prelu": prelu,
    "dropout": dropout,
    "batch_norm": batch_norm,
    "instance_norm": instance_norm,
    "layer_norm": layer_norm,
    "rms_norm": partial(layer_norm, rms=True),
    "group_norm": group_norm,
    "local_response_norm": lambda draw: of_layer(draw, dense.local_response_norm, "size"),
    "embedding": embedding,
    "pairwise_distance": lambda draw: of_layer(draw, dense.pairwise_distance, "p"),
    "mse_loss": losses.elementwise,
    "l1_loss": losses.elementwise,
    "smooth_l1_loss": partial(losses.elementwise, beta=(0.5, 1.0)),
    "huber_loss": partial(losses.elementwise, delta=(0.5, 1.0)),
    "kl_div": partial(losses.elementwise, log_target=(True, False)),
    "binary_cross_entropy": lambda draw: of_layer(
        draw, losses.binary_cross_entropy, "", drop=("weight",)
    ),
    "binary_cross_entropy_with_logits": lambda draw: of_layer(
        draw, losses.binary_cross_entropy, "", drop=("weight",)
    ),
    "cross_entropy": lambda draw: of_layer(
        draw, partial(losses.classes, probabilities=True), "", drop=("weight",)
    ),
    "nll_loss": lambda draw: of_layer(draw, losses.classes, "", drop=("weight",)),
    "cosine_embedding_loss": losses.cosine_embedding,
    "margin_ranking_loss": losses.margin_ranking,
    "triplet_margin_loss": losses.triplet,
}
_OFTEN_USED = [
    "interpolate",
    "adaptive_avg_pool2d",
    "max_pool2d",
    "avg_pool2d",
    "relu",
    "pixel_shuffle",
    "conv2d",
]
ROWS = dict.fromkeys(
    ("gelu", "elu", "celu", "leaky_relu", "hardtanh", "softplus", "threshold", "dropout"), 8
)
ROWS |= dict.fromkeys(_OFTEN_USED, 36) | {"interpolate": 50, "relu": 16}
