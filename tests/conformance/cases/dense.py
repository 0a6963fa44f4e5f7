"""Calls of norms, linear and embedding layers, and of layers that only reshape."""

from __future__ import annotations

from functools import partial

from cases.draw import Case, Draw, Generator, Shape, Tensor


def _noise(*shapes: Shape) -> tuple[Tensor, ...]:
    return tuple(Tensor(shape) for shape in shapes)


def _norm_options(draw: Draw) -> dict[str, object]:
    return {
        **draw.some(0.25, eps=draw.pick(1e-5, 1e-3)),
        **draw.some(0.3, momentum=draw.pick(0.1, 0.01, None)),
        **draw.some(0.4, affine=draw.pick(True, False)),
        **draw.some(0.4, track_running_stats=draw.pick(True, False, False)),
        **draw.some(0.12, bias=draw.pick(True, False, False)),
    }


def _norm_input(
    draw: Draw, ranks: tuple[int, ...], channels: int, *, unbatched: float = 0.0
) -> Shape:
    spatial = [
        draw.pick(0, 1, 1) if draw.chance(0.1) else draw.size(1, 7)
        for _ in range(draw.choice(ranks) - 2)
    ]
    if spatial and draw.chance(0.1):
        spatial = [1] * len(spatial)
    if draw.chance(unbatched):
        return (channels, *spatial)
    return (draw.pick(0, 1) if draw.chance(0.2) else draw.size(1, 4), channels, *spatial)


def batch_norm(draw: Draw, ranks: tuple[int, ...], *, lazy: bool = False) -> Case:
    """Draw a BatchNorm; ranks are those that it takes."""
    channels = draw.pick(1, 2, 3, 4, 6, 8, 16) if draw.chance(0.95) else 0
    named = (
        {}
        if lazy
        else {"num_features": channels if draw.chance(0.92) else draw.pick(channels + 1, 0, -1, 1)}
    )
    return Case(
        _noise(_norm_input(draw, ranks, channels, unbatched=0.08)), {**named, **_norm_options(draw)}
    )


def instance_norm(draw: Draw, rank: int, *, lazy: bool = False) -> Case:
    """Draw an InstanceNorm."""
    channels = draw.pick(1, 2, 3, 4, 6, 8) if draw.chance(0.96) else 0
    named = (
        {}
        if lazy
        else {"num_features": channels if draw.chance(0.85) else draw.pick(channels + 1, 0, -1, 1)}
    )
    return Case(
        _noise(_norm_input(draw, (rank,), channels, unbatched=0.3)),
        {**named, **_norm_options(draw)},
    )


def group_norm(draw: Draw) -> Case:
    """Draw a GroupNorm."""
    groups = draw.pick(1, 2, 3, 4, 8)
    channels = groups * draw.size(1, 4) + (1 if draw.chance(0.06) else 0)
    shape = (draw.size(0 if draw.chance(0.1) else 1, 4), channels, *draw.shape(0, 3, most=5))
    named = {
        "num_groups": groups,
        "num_channels": channels + (draw.pick(-1, 1, groups) if draw.chance(0.1) else 0),
    }
    options = {
        **draw.some(0.3, eps=1e-6),
        **draw.some(0.3, affine=draw.pick(True, False)),
        **draw.some(0.1, bias=False),
    }
    return Case(_noise(shape), {**named, **options})


def layer_norm(draw: Draw, *, rms: bool = False) -> Case:
    """Draw a LayerNorm or RMSNorm over the last axes."""
    shape = draw.shape(1, 5, most=8)
    last = shape[len(shape) - draw.randint(0 if draw.chance(0.08) else 1, min(3, len(shape))) :]
    size: object = last if draw.chance(0.6) or len(last) != 1 else last[0]
    if draw.chance(0.1):
        size = list(last)
    options = {
        **draw.some(0.3, eps=1e-6),
        **draw.some(0.3, elementwise_affine=draw.pick(True, False)),
    }
    if not rms:
        options |= draw.some(0.2, bias=draw.pick(True, False))
    return Case(_noise(shape), {"normalized_shape": size, **options})


def local_response_norm(draw: Draw, *, cross: bool = False) -> Case:
    """Draw a LocalResponseNorm or CrossMapLRN2d."""
    shape = draw.shape(4, 4) if cross and draw.chance(0.85) else draw.shape(2, 5)
    options = {
        **draw.some(0.5, alpha=1e-3),
        **draw.some(0.4, beta=0.75),
        **draw.some(0.3, k=draw.pick(1.0, 2)),
    }
    return Case(_noise(shape), {"size": draw.pick(1, 2, 3, 3, 4, 5, 7), **options})


def adaptive_log_softmax(draw: Draw) -> Case:
    """Draw an AdaptiveLogSoftmaxWithLoss with its targets."""
    features, classes = draw.pick(4, 8, 16), draw.pick(10, 20, 50, 100)
    cutoffs: list[int] = sorted(draw.sample(range(1, classes), draw.randint(1, 3)))
    if draw.chance(0.12):
        cutoffs = draw.pick([classes], [0, 5], cutoffs[::-1], [5, 5], [])
    batch = draw.size(0 if draw.chance(0.06) else 1, 5)
    unbatched = draw.chance(0.2)
    shape = () if unbatched else (batch + (1 if draw.chance(0.08) else 0),)
    inputs = (Tensor((*(() if unbatched else (batch,)), features)), Tensor(shape, "long", 0))
    named = {
        "in_features": features,
        "n_classes": classes,
        "cutoffs": tuple(cutoffs) if draw.chance(0.6) else cutoffs,
    }
    return Case(
        inputs,
        {
            **named,
            **draw.some(0.4, div_value=draw.pick(2.0, 4.0, 1.0)),
            **draw.some(0.3, head_bias=draw.pick(True, False)),
        },
    )


def linear(draw: Draw) -> Case:
    """Draw a Linear."""
    features = 0 if draw.chance(0.04) else draw.pick(1, 2, 3, 5, 8, 16, 64)
    shape = (*draw.shape(0, 4, most=4), features)
    named = {
        "in_features": features if draw.chance(0.9) else features + 1,
        "out_features": 0 if draw.chance(0.05) else draw.size(1, 9),
    }
    return Case(
        _noise(shape if draw.chance(0.96) else ()),
        {**named, **draw.some(0.3, bias=draw.pick(True, False))},
    )


def lazy_linear(draw: Draw) -> Case:
    """Draw a LazyLinear."""
    case = linear(draw)
    return Case(
        case.inputs, {name: value for name, value in case.named.items() if name != "in_features"}
    )


def bilinear(draw: Draw) -> Case:
    """Draw a Bilinear with its two inputs."""
    first, second = draw.size(1, 8), draw.size(1, 8)
    leading = draw.shape(0, 3, most=4)
    other = draw.spoilt_shape(leading) if draw.chance(0.1) else leading
    if leading and draw.chance(0.06):
        other = (1, *leading[1:])
    named = {"in1_features": first, "in2_features": second, "out_features": draw.size(1, 8)}
    return Case(
        _noise((*leading, first), (*other, second)),
        {**named, **draw.some(0.3, bias=draw.pick(True, False))},
    )


def identity(draw: Draw) -> Case:
    """Draw an Identity, which takes any arguments and one input."""
    named = {**draw.some(0.3, n=1), **draw.some(0.2, unused=0.1), **draw.some(0.1, dtype=None)}
    inputs = _noise(*[draw.shape(0, 5)] * (2 if draw.chance(0.12) else 1))
    return Case(
        inputs, named, positional=tuple(draw.randint(1, 60) for _ in range(draw.randint(0, 3)))
    )


def embedding(draw: Draw) -> Case:
    """Draw an Embedding."""
    count = draw.pick(1, 2, 10, 100)
    named: dict[str, object] = {
        "num_embeddings": count,
        "embedding_dim": draw.pick(0, 1, 3, 8, 32) if draw.chance(0.4) else draw.size(1, 9),
    }
    if draw.chance(0.35):
        named["padding_idx"] = draw.pick(0, count - 1, -count, -1, count, -count - 1, count // 2)
    named |= {
        **draw.some(0.15, max_norm=1.0),
        **draw.some(0.1, sparse=draw.pick(True, False)),
        **draw.some(0.08, norm_type=2.0),
    }
    named |= draw.some(0.08, scale_grad_by_freq=draw.pick(True, False))
    dtype = "long" if draw.chance(0.94) else draw.pick("float", "bool")
    return Case((Tensor(draw.shape(0, 4), dtype, 0),), named)


def embedding_bag(draw: Draw) -> Case:
    """Draw an EmbeddingBag: bags as rows, or a line of indices and offsets."""
    count = draw.pick(2, 10, 100)
    named: dict[str, object] = {"num_embeddings": count, "embedding_dim": draw.size(1, 9)}
    named |= {
        **draw.some(0.5, mode=draw.pick("mean", "sum", "max", "max")),
        **draw.some(0.2, include_last_offset=draw.pick(True, False)),
    }
    if draw.chance(0.2):
        named["padding_idx"] = draw.pick(0, -1, count - 1, count)
    rows = draw.chance(0.4)
    indices = draw.shape(2, 2) if rows else draw.shape(1, 1, most=8)
    inputs = [Tensor(indices, "long", 0)]
    source: list[object] = [0]
    if rows == draw.chance(0.1):
        inputs.append(Tensor((draw.size(0 if draw.chance(0.1) else 1, 5),), "long", 0))
        source.append(1)
    if (named.get("mode") == "sum" and draw.chance(0.4)) or draw.chance(0.04):
        inputs.append(Tensor(draw.spoilt_shape(indices) if draw.chance(0.15) else indices))
        source.append({"per_sample_weights": len(inputs) - 1})
    return Case(tuple(inputs), named, source=source)


def flatten(draw: Draw) -> Case:
    """Draw a Flatten."""
    shape = draw.shape(0 if draw.chance(0.15) else 1, 5)
    named = {
        **draw.some(0.55, start_dim=draw.axis(len(shape))),
        **draw.some(0.45, end_dim=draw.axis(len(shape))),
    }
    return Case(_noise(shape), named)


def factors(draw: Draw, size: int) -> tuple[int, ...]:
    """Split a size into factors, one of them now and then a -1."""
    parts: list[int] = []
    rest = size
    while rest > 1 and draw.chance(0.7):
        part = draw.choice([factor for factor in range(1, rest + 1) if rest % factor == 0])
        parts.append(part)
        rest //= part
    parts.append(rest)
    if draw.chance(0.3):
        parts[draw.randrange(len(parts))] = -1
    if draw.chance(0.06):
        parts[draw.randrange(len(parts))] = draw.pick(-1, 0, -2, 7)
    return tuple(parts)


def unflatten(draw: Draw) -> Case:
    """Draw an Unflatten."""
    shape = [draw.size(1, 4) for _ in range(draw.randint(1, 4))]
    axis = draw.axis(len(shape))
    size = 0 if draw.chance(0.05) else draw.pick(1, 4, 6, 8, 12, 20)
    if -len(shape) <= axis < len(shape):
        shape[axis] = size
    parts: object = factors(draw, size) if draw.chance(0.95) else ()
    return Case(_noise(tuple(shape)), {"dim": axis, "unflattened_size": parts})


def cosine_similarity(draw: Draw) -> Case:
    """Draw a CosineSimilarity of two tensors that broadcast."""
    first = draw.shape(0 if draw.chance(0.1) else 1, 4, most=5)
    second = broadcastable(draw, first)
    named = {
        **draw.some(0.6, dim=draw.axis(max(len(first), len(second)), beyond=0.12)),
        **draw.some(0.25, eps=1e-6),
    }
    return Case(_noise(first, second), named)


def pairwise_distance(draw: Draw) -> Case:
    """Draw a PairwiseDistance of two tensors that broadcast."""
    first = draw.shape(0 if draw.chance(0.1) else 1, 4, most=5)
    options = {
        **draw.some(0.3, p=draw.pick(1.0, 2.0, 3.0)),
        **draw.some(0.2, eps=1e-6),
        **draw.some(0.3, keepdim=draw.pick(True, False)),
    }
    return Case(_noise(first, broadcastable(draw, first)), options)


def broadcastable(draw: Draw, shape: Shape) -> Shape:
    """Return the shape, or in half of the cases one that broadcasts with it, or just doesn't."""
    if draw.chance(0.45):
        return shape
    if draw.chance(0.12):
        return draw.spoilt_shape(shape)
    sizes = [1 if draw.chance(0.3) else size for size in shape]
    if draw.chance(0.25):
        return (*draw.shape(1, 2, most=3), *sizes)
    return tuple(sizes[draw.randint(0, len(sizes)) if draw.chance(0.35) else 0 :])


LAYERS: dict[str, Generator] = {
    "BatchNorm1d": partial(batch_norm, ranks=(2, 3)),
    "BatchNorm2d": partial(batch_norm, ranks=(4,)),
    "BatchNorm3d": partial(batch_norm, ranks=(5,)),
    "SyncBatchNorm": partial(batch_norm, ranks=(2, 3, 4, 5)),
    "LazyBatchNorm1d": partial(batch_norm, ranks=(2, 3), lazy=True),
    "LazyBatchNorm2d": partial(batch_norm, ranks=(4,), lazy=True),
    "LazyBatchNorm3d": partial(batch_norm, ranks=(5,), lazy=True),
    **{f"InstanceNorm{nd}d": partial(instance_norm, rank=nd + 2) for nd in (1, 2, 3)},
    **{
        f"LazyInstanceNorm{nd}d": partial(instance_norm, rank=nd + 2, lazy=True) for nd in (1, 2, 3)
    },
    "GroupNorm": group_norm,
    "LayerNorm": layer_norm,
    "RMSNorm": partial(layer_norm, rms=True),
    "LocalResponseNorm": local_response_norm,
    "CrossMapLRN2d": partial(local_response_norm, cross=True),
    "AdaptiveLogSoftmaxWithLoss": adaptive_log_softmax,
    "Linear": linear,
    "LazyLinear": lazy_linear,
    "Bilinear": bilinear,
    "Identity": identity,
    "Embedding": embedding,
    "EmbeddingBag": embedding_bag,
    "Flatten": flatten,
    "Unflatten": unflatten,
    "CosineSimilarity": cosine_similarity,
    "PairwiseDistance": pairwise_distance,
}
