"""Calls of `torch.nn.functional`: what the layers do, with weights as inputs."""

from __future__ import annotations

from functools import partial

from cases import activations, dense, losses, resampling, spatial
from cases.draw import Case, Choices, Draw, Generator, Shape, Tensor, Text, spread, words
from cases.shaping import plain


def of_layer(draw: Draw, layer: Generator, first: tuple[str, ...] = ()) -> Case:
    """Draw the function of a layer: its arguments, of which the `first` come by position.

    Arguments that are tensors are left out.
    """
    case = layer(draw)
    named = {name: value for name, value in case.named.items() if not isinstance(value, Text)}
    positional: list[object] = []
    for name in first:
        if name not in named or (name != first[0] and draw.chance(0.6)):
            break
        positional.append(named.pop(name))
    return Case(case.inputs, named, tuple(positional), source=case.source)


def convolution(draw: Draw, nd: int, *, transposed: bool = False) -> Case:
    """Draw a functional convolution: the weight, and perhaps the bias, are inputs."""
    case = spatial.conv_transpose(draw, nd) if transposed else spatial.conv(draw, nd)
    channels, out, groups = (
        spread(case.named.get(name, 1), 1)[0] for name in words("in_channels out_channels groups")
    )
    window = spread(case.named["kernel_size"], nd)
    shape = (channels, out // groups, *window) if transposed else (out, channels // groups, *window)
    if draw.chance(0.06):
        shape = draw.spoilt_shape(shape)
    inputs = [*case.inputs, Tensor(shape)]
    if case.named.get("bias", draw.chance(0.4)):
        inputs.append(Tensor((out if draw.chance(0.94) else out + 1,)))
    drop = words("in_channels out_channels kernel_size bias padding_mode")
    named = {name: value for name, value in case.named.items() if name not in drop}
    return Case(tuple(inputs), named)


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
    case = activations.dropout(draw)
    named = {name: value for name, value in case.named.items() if name == "p"}
    return Case(case.inputs, {**named, **draw.some(0.6, training=draw.pick(False, False, True))})


def simple(draw: Draw, choices: Choices, positional: tuple[object, ...] = ()) -> Case:
    """Draw an activation."""
    return plain(draw, *positional, **draw.chosen(0.4, choices))


# Functions with the arguments of a layer: its name, and what is written by position.
OF_LAYERS: dict[str, tuple[str, tuple[str, ...]]] = {
    **{
        f"max_pool{nd}d": (f"MaxPool{nd}d", words("kernel_size stride padding")) for nd in (1, 2, 3)
    },
    **{
        f"avg_pool{nd}d": (f"AvgPool{nd}d", words("kernel_size stride padding")) for nd in (1, 2, 3)
    },
    **{f"lp_pool{nd}d": (f"LPPool{nd}d", words("norm_type kernel_size")) for nd in (1, 2)},
    **{f"adaptive_avg_pool{nd}d": (f"AdaptiveAvgPool{nd}d", ("output_size",)) for nd in (1, 2, 3)},
    **{f"adaptive_max_pool{nd}d": (f"AdaptiveMaxPool{nd}d", ("output_size",)) for nd in (1, 2, 3)},
    "fold": ("Fold", words("output_size kernel_size")),
    "pixel_shuffle": ("PixelShuffle", ("upscale_factor",)),
    "pixel_unshuffle": ("PixelUnshuffle", ("downscale_factor",)),
    "channel_shuffle": ("ChannelShuffle", ("groups",)),
    "glu": ("GLU", ("dim",)),
    "local_response_norm": ("LocalResponseNorm", ("size",)),
    "pairwise_distance": ("PairwiseDistance", ("p",)),
    "mse_loss": ("MSELoss", ()),
    "l1_loss": ("L1Loss", ()),
    "smooth_l1_loss": ("SmoothL1Loss", ()),
    "huber_loss": ("HuberLoss", ()),
    "kl_div": ("KLDivLoss", ()),
    "binary_cross_entropy": ("BCELoss", ()),
    "binary_cross_entropy_with_logits": ("BCELoss", ()),
    "cross_entropy": ("CrossEntropyLoss", ()),
    "nll_loss": ("NLLLoss", ()),
    "cosine_embedding_loss": ("CosineEmbeddingLoss", ()),
    "margin_ranking_loss": ("MarginRankingLoss", ()),
    "triplet_margin_loss": ("TripletMarginLoss", ()),
}
_LAYERS = {**spatial.LAYERS, **resampling.LAYERS, **dense.LAYERS, **activations.LAYERS}
_LAYERS |= losses.LAYERS

FUNCTIONS: dict[str, Generator] = {
    **{
        name: partial(of_layer, layer=_LAYERS[layer], first=first)
        for name, (layer, first) in OF_LAYERS.items()
    },
    **{f"conv{nd}d": partial(convolution, nd=nd) for nd in (1, 2, 3)},
    **{f"conv_transpose{nd}d": partial(convolution, nd=nd, transposed=True) for nd in (1, 2, 3)},
    "interpolate": partial(of_layer, layer=resampling.interpolate),
    "relu": partial(simple, choices={"inplace": (True, False)}),
    "gelu": partial(simple, choices={"approximate": ("tanh", "none", "foo")}),
    "elu": partial(simple, choices={"alpha": (0.5, 2)}),
    "celu": partial(simple, choices={"alpha": (0.5, 0.0)}),
    "leaky_relu": partial(simple, choices={"negative_slope": (0.2,), "inplace": (False,)}),
    "hardtanh": partial(simple, choices={"min_val": (-2.0, 2.0)}),
    "softplus": partial(simple, choices={"beta": (2,)}),
    "threshold": partial(simple, choices={}, positional=(0.1, 20)),
    "prelu": prelu,
    "dropout": dropout,
    "batch_norm": batch_norm,
    "instance_norm": instance_norm,
    "layer_norm": layer_norm,
    "rms_norm": partial(layer_norm, rms=True),
    "group_norm": group_norm,
    "embedding": embedding,
}
