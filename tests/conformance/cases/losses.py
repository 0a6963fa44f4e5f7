"""Calls of losses, with targets that fit, broadcast or just don't."""

from __future__ import annotations

from functools import partial

from cases.dense import broadcastable
from cases.draw import Case, Choices, Draw, Generator, Shape, Tensor, Text

NO_CHOICES: Choices = {}


def _reduction(draw: Draw) -> dict[str, object]:
    options = draw.some(0.8, reduction=draw.pick("none", "none", "mean", "sum"))
    if draw.chance(0.04):
        options["reduction"] = draw.pick("None", "batchmean", "average", "SUM")
    if draw.chance(0.06):
        options |= draw.pick(
            {"size_average": True},
            {"reduce": False},
            {"size_average": True, "reduce": False},
            {"size_average": False},
        )
    return options


def _weight(shape: Shape) -> Text:
    return Text(f"empty({', '.join(map(str, shape))})")


def elementwise(draw: Draw, choices: Choices = NO_CHOICES) -> Case:
    """Draw a loss of tensors that broadcast, or must be alike."""
    first = draw.shape(0, 4)
    inputs = (Tensor(first), Tensor(broadcastable(draw, first)))
    return Case(inputs, {**draw.chosen(0.3, choices), **_reduction(draw)})


def binary_cross_entropy(draw: Draw, *, logits: bool = False) -> Case:
    """Draw a BCELoss or BCEWithLogitsLoss, with weights in some."""
    shape = draw.shape(0, 4)
    target = broadcastable(draw, shape) if draw.chance(0.25) else shape
    named = draw.some(
        0.2,
        weight=_weight(
            shape[draw.randint(0, len(shape)) :] if draw.chance(0.8) else draw.spoilt_shape(shape)
        ),
    )
    if logits:
        named |= draw.some(
            0.25, pos_weight=_weight(shape[-1:] if draw.chance(0.7) else draw.spoilt_shape(shape))
        )
    return Case((Tensor(shape), Tensor(target)), {**named, **_reduction(draw)})


def multi_label_soft_margin(draw: Draw) -> Case:
    """Draw a MultiLabelSoftMarginLoss."""
    case = elementwise(draw)
    shape = case.inputs[0].shape
    return Case(case.inputs, {**draw.some(0.15, weight=_weight(shape[-1:])), **case.named})


def gaussian(draw: Draw) -> Case:
    """Draw a GaussianNLLLoss; the variance may lack its last axis or have one value there."""
    first = draw.shape(0, 4)
    second = first if draw.chance(0.7) else broadcastable(draw, first)
    var = draw.pick(
        first, first, (*first[:-1], 1), first[:-1], broadcastable(draw, first), (1,) * len(first)
    )
    named = {**draw.chosen(0.3, {"full": (True, False), "eps": (1e-6, 1e-3)}), **_reduction(draw)}
    return Case((Tensor(first), Tensor(second), Tensor(var)), named)


def _same_rank(draw: Draw, shape: Shape) -> Shape:
    if draw.chance(0.08):
        return broadcastable(draw, shape)
    return tuple(1 if draw.chance(0.12) else size for size in shape)


def margin_ranking(draw: Draw) -> Case:
    """Draw a MarginRankingLoss."""
    shape = draw.shape(0, 4)
    inputs = tuple(Tensor(shape if draw.chance(0.6) else _same_rank(draw, shape)) for _ in range(3))
    return Case(inputs, {**draw.chosen(0.3, {"margin": (0.5, 1.0)}), **_reduction(draw)})


def cosine_embedding(draw: Draw) -> Case:
    """Draw a CosineEmbeddingLoss."""
    batch, width = draw.size(0 if draw.chance(0.06) else 1, 5), draw.size(1, 5)
    shape: Shape = (batch, width)
    target: Shape = (draw.pick(batch, batch, batch, 1, batch + 1),)
    if draw.chance(0.3):
        shape, target = (width,), () if draw.chance(0.85) else (1,)
    other = shape if draw.chance(0.75) else _same_rank(draw, shape)
    return Case(
        (Tensor(shape), Tensor(other), Tensor(target)),
        {**draw.chosen(0.3, {"margin": (0.5, 0.0)}), **_reduction(draw)},
    )


def triplet(draw: Draw, *, distance: bool = False) -> Case:
    """Draw a TripletMarginLoss."""
    shape = draw.shape(0 if draw.chance(0.08) else 1, 4)
    inputs = tuple(
        Tensor(shape if draw.chance(0.65) else _same_rank(draw, shape)) for _ in range(3)
    )
    choices: dict[str, tuple[object, ...]] = {
        "margin": (0.5, 1.0, 2.0, 0.0 if distance else 0),
        "swap": (True, False),
    }
    if not distance:
        choices = {"margin": (0.5, 2.0), "p": (1.0, 2.0, 3.0), "swap": (True, False)}
    return Case(inputs, {**draw.chosen(0.3, choices), **_reduction(draw)})


def multi_margin(draw: Draw) -> Case:
    """Draw a MultiMarginLoss: scores of one or more samples, and a class for each."""
    classes = draw.size(1, 5)
    batch = draw.size(0 if draw.chance(0.06) else 1, 4)
    shape, target = (
        ((classes,), draw.pick((), (1,))) if draw.chance(0.3) else ((batch, classes), (batch,))
    )
    named = {
        **draw.chosen(0.3, {"p": (1, 2, 1, 3), "margin": (0.5, 1.0)}),
        **draw.some(0.25, weight=_weight((draw.pick(classes, classes, classes + 1),))),
    }
    return Case((Tensor(shape), Tensor(target, "long", 0)), {**named, **_reduction(draw)})


def multi_label_margin(draw: Draw) -> Case:
    """Draw a MultiLabelMarginLoss."""
    shape = draw.shape(1, 2) if draw.chance(0.85) else draw.shape(0, 3)
    return Case(
        (
            Tensor(shape),
            Tensor(shape if draw.chance(0.85) else broadcastable(draw, shape), "long", 0),
        ),
        _reduction(draw),
    )


def classes(draw: Draw, *, probabilities: bool = False, spatial: int | None = None) -> Case:
    """Draw a CrossEntropyLoss, NLLLoss or NLLLoss2d."""
    count = draw.size(1, 6)
    rest = draw.shape(0, 3, most=5) if spatial is None else draw.shape(spatial, spatial, most=5)
    batch = draw.size(0 if draw.chance(0.06) else 1, 5)
    shape: Shape = (batch, count, *rest)
    target: Shape = (batch, *rest)
    if spatial is None and draw.chance(0.2):
        shape, target = (count,), draw.pick((), (), (1,))
    if draw.chance(0.06):
        target = (*target, 1)
    named = draw.some(0.2, weight=_weight((count if draw.chance(0.85) else count + 1,)))
    named |= draw.some(0.2, ignore_index=draw.pick(255, -1, -100, 0))
    if probabilities:
        named |= draw.some(0.25, label_smoothing=draw.pick(0.0, 0.1, 0.5, 1.5))
    labels = Tensor(target, "long", 0)
    if probabilities and draw.chance(0.3):
        labels = Tensor(shape if draw.chance(0.85) else draw.spoilt_shape(shape))
        named.pop("ignore_index", None)
    return Case((Tensor(shape), labels), {**named, **_reduction(draw)})


def linear_cross_entropy(draw: Draw) -> Case:
    """Draw a LinearCrossEntropyLoss."""
    features, count = draw.size(1, 6), draw.size(1, 6)
    leading = draw.shape(0, 2, most=5)
    target = leading if draw.chance(0.85) else draw.spoilt_shape(leading)
    named: dict[str, object] = {"in_features": features, "num_classes": count}
    named |= {
        **draw.some(0.3, bias=draw.pick(True, False)),
        **draw.some(0.2, label_smoothing=0.1),
        **draw.some(0.1, ignore_index=255),
    }
    return Case(
        (Tensor((*leading, features)), Tensor(target, "long", 0)), {**named, **_reduction(draw)}
    )


def ctc(draw: Draw) -> Case:
    """Draw a CTCLoss; the lengths' values are the full lengths."""
    steps, batch, count, longest = (
        draw.randint(3, 8),
        draw.size(1, 4),
        draw.size(2, 6),
        draw.size(1, 3),
    )
    unbatched = draw.chance(0.2)
    lengths: Shape = () if unbatched else (batch,)
    shape = (steps, count) if unbatched else (steps, batch, count)
    target: Shape = (longest,) if unbatched else (batch, longest)
    if not unbatched and draw.chance(0.2):
        target = (batch * longest,)
    given = [
        Tensor(lengths if draw.chance(0.95) else draw.spoilt_shape(lengths), "long", value)
        for value in (steps, longest)
    ]
    named = {
        **draw.chosen(0.3, {"blank": (0, 1, count, -1), "zero_infinity": (True, False)}),
        **_reduction(draw),
    }
    return Case((Tensor(shape), Tensor(target, "long", 1), *given), named)


LAYERS: dict[str, Generator] = {
    "L1Loss": elementwise,
    "MSELoss": elementwise,
    "SmoothL1Loss": partial(elementwise, choices={"beta": (0.5, 0.0, 1.0, -1.0)}),
    "HuberLoss": partial(elementwise, choices={"delta": (0.5, 1.0, 0.0, -1.0)}),
    "BCELoss": binary_cross_entropy,
    "BCEWithLogitsLoss": partial(binary_cross_entropy, logits=True),
    "KLDivLoss": partial(
        elementwise, choices={"log_target": (True, False), "reduction": ("batchmean",)}
    ),
    "PoissonNLLLoss": partial(
        elementwise, choices={"log_input": (True, False), "full": (True, False)}
    ),
    "HingeEmbeddingLoss": partial(elementwise, choices={"margin": (0.5, 2.0)}),
    "SoftMarginLoss": elementwise,
    "MultiLabelSoftMarginLoss": multi_label_soft_margin,
    "GaussianNLLLoss": gaussian,
    "MarginRankingLoss": margin_ranking,
    "CosineEmbeddingLoss": cosine_embedding,
    "TripletMarginLoss": triplet,
    "TripletMarginWithDistanceLoss": partial(triplet, distance=True),
    "MultiMarginLoss": multi_margin,
    "MultiLabelMarginLoss": multi_label_margin,
    "CrossEntropyLoss": partial(classes, probabilities=True),
    "NLLLoss": classes,
    "NLLLoss2d": partial(classes, spatial=2),
    "CTCLoss": ctc,
    "LinearCrossEntropyLoss": linear_cross_entropy,
}
