"""Calls of layers that pad, fold or resample: spatial axes, and no channels of their own."""

from __future__ import annotations

from functools import partial

from cases.draw import Case, Draw, Generator, Sizes, Tensor, spread, words
from cases.spatial import around, leading_sizes


def pad(draw: Draw, nd: int, kind: str) -> Case:
    """Draw a padding layer whose pads go up to what its mode takes, and now and then beyond."""
    spatial = [draw.size(1, 6) for _ in range(nd)]
    leading = leading_sizes(draw, 0 if draw.chance(0.03) else draw.size(1, 4))
    if kind == "constant" and draw.chance(0.15):
        leading = draw.shape(0, 4, most=3)

    def one(size: int) -> int:
        most = {"reflect": size - 1, "circular": size}.get(kind, 4)
        return draw.pick(
            0, 1, most, draw.randint(0, max(most, 0)), draw.pick(most + 1, -1, -size, 2, 3)
        )

    padding: object = tuple(max(one(size), -9) for size in reversed(spatial) for _ in range(2))
    if draw.chance(0.35):
        padding = draw.pick(0, 1, 1, 2, 3, -1)
    elif draw.chance(0.12):
        padding = tuple(
            draw.pick(0, 1, 2)
            for _ in range(draw.pick(1, 2 * nd - 1, 2 * nd + 1, 2 * nd + 2, 2 * nd - 2))
        )
    named: dict[str, object] = {"padding": padding}
    if kind == "constant":
        named["value"] = draw.pick(0.0, 1.5, 2, -1)
    return Case((Tensor((*leading, *spatial)),), named)


def zero_pad(draw: Draw, nd: int) -> Case:
    """Draw a ZeroPad."""
    case = pad(draw, nd, "constant")
    return Case(case.inputs, {"padding": case.named["padding"]})


def _window(draw: Draw) -> tuple[dict[str, object], list[list[int]]]:
    """Draw the arguments that Fold and Unfold share, in order, and their per-axis values."""
    kernel = draw.axes(2, lambda: draw.pick(1, 2, 2, 3), tuples=0.45)
    named: dict[str, object] = {"kernel_size": kernel}
    values = [spread(kernel, 2)]
    for name, options, default in (
        ("dilation", (1, 1, 2, 3), 1),
        ("padding", (0, 1, 1, 2), 0),
        ("stride", (1, 2, 2, 3), 1),
    ):
        value: Sizes = default
        if draw.chance(0.4):
            value = draw.axes(2, lambda options=options: draw.choice(options), tuples=0.5)  # type: ignore[misc]
            named[name] = value
        values.append(spread(value, 2, default))
    return named, values


def unfold(draw: Draw) -> Case:
    """Draw an Unfold around the smallest image that has a window."""
    named, values = _window(draw)
    per_axis = zip(*values, strict=True)
    spatial = [around(draw, d * (k - 1) + 1 - 2 * p, s) for k, d, p, s in per_axis]
    leading = leading_sizes(draw, 0 if draw.chance(0.03) else draw.size(1, 4))
    return Case((Tensor((*leading, *spatial)),), named)


def fold(draw: Draw) -> Case:
    """Draw a Fold whose columns and blocks mostly fit its output size."""
    named, values = _window(draw)
    size = [
        max(1, d * (k - 1) + 1 - 2 * p + draw.size(0, 7))
        for k, d, p, _ in zip(*values, strict=True)
    ]
    per_axis = zip(size, *values, strict=True)
    blocks = [max(0, (n + 2 * p - d * (k - 1) - 1) // s + 1) for n, k, d, p, s in per_axis]
    output: object = tuple(size)
    if size[0] == size[1] and draw.chance(0.7):
        output = size[0]
    columns = draw.size(1, 3) * values[0][0] * values[0][1] + (
        draw.pick(-1, 1) if draw.chance(0.06) else 0
    )
    count = max(0, blocks[0] * blocks[1] + (draw.pick(-1, 1) if draw.chance(0.08) else 0))
    leading = () if draw.chance(0.25) else (0 if draw.chance(0.06) else draw.size(1, 4),)
    return Case((Tensor((*leading, columns, count)),), {"output_size": output, **named})


# The same factor as int and as float, and some whose product with a size is not what it seems.
FACTORS: tuple[float, ...] = (0.1, 0.29, 0.3, 0.33, 0.5, 0.7, 0.75, 0.01, 0.999, 1.001)
FACTORS += (1.0, 1.1, 1.3, 1.5, 1.7, 2, 2.0, 2.2, 2.5, 3)
MODES = {
    3: words("nearest linear area nearest-exact"),
    4: words("nearest bilinear bicubic area nearest-exact"),
    5: words("nearest trilinear area nearest-exact"),
}


def upsample(draw: Draw) -> Case:
    """Draw an Upsample (or interpolate) by size or factor, in a mode that mostly suits the rank."""
    nd = draw.pick(1, 2, 2, 2, 3)
    named: dict[str, object] = {}
    by_size = draw.chance(0.45)
    if by_size:
        named["size"] = draw.axes(nd, lambda: draw.pick(0, 1, 2, 3, 4, 5, 8, 12), tuples=0.6)
    if not by_size or draw.chance(0.05):
        factor = tuple(draw.choice(FACTORS) for _ in range(nd))
        named["scale_factor"] = factor if draw.chance(0.4) else factor[0]
        if draw.chance(0.05):
            named["scale_factor"] = factor[:-1]
    mode = "nearest"
    if draw.chance(0.65):
        mode = (
            draw.choice(MODES[nd + 2])
            if draw.chance(0.92)
            else draw.pick("linear", "bilinear", "trilinear", "cubic")
        )
        named["mode"] = mode
    if draw.chance(0.4 if "linear" in mode or mode == "bicubic" else 0.05):
        named["align_corners"] = draw.pick(True, True, False, None)
    named |= draw.some(0.12, recompute_scale_factor=draw.pick(True, True, False, None))
    spatial = [0 if draw.chance(0.03) else draw.size(1, 14) for _ in range(nd)]
    leading = (
        0 if draw.chance(0.05) else draw.size(1, 3),
        0 if draw.chance(0.04) else draw.size(1, 3),
    )
    return Case((Tensor((*leading, *spatial)),), named)


def interpolate(draw: Draw) -> Case:
    """Draw an interpolate; `antialias` is the one argument that Upsample lacks."""
    case = upsample(draw)
    return Case(case.inputs, {**case.named, **draw.some(0.06, antialias=draw.pick(True, False))})


def upsampling_2d(draw: Draw) -> Case:
    """Draw one of the two old UpsamplingX2d."""
    named: dict[str, object] = {}
    if draw.chance(0.45):
        named["size"] = draw.axes(2, lambda: draw.pick(1, 2, 3, 4, 5, 8, 13), tuples=0.6)
    if not named or draw.chance(0.05):
        factor = (draw.choice(FACTORS), draw.choice(FACTORS))
        named["scale_factor"] = factor if draw.chance(0.4) else factor[0]
    spatial = [draw.size(1, 14) for _ in range(draw.pick(2, 2, 2, 2, 2, 2, 1, 3))]
    leading = (0 if draw.chance(0.05) else draw.size(1, 3), draw.size(1, 3))
    return Case((Tensor((*leading, *spatial)),), named)


def pixel_shuffle(draw: Draw) -> Case:
    """Draw a PixelShuffle with any number of leading axes."""
    factor = draw.pick(1, 2, 2, 2, 3, 4)
    channels = factor**2 * draw.size(0 if draw.chance(0.1) else 1, 3) + (
        1 if draw.chance(0.08) else 0
    )
    shape = (*draw.shape(0, 3, most=3), channels, *draw.shape(2, 2, most=4))
    return Case((Tensor(shape),), {"upscale_factor": factor})


def pixel_unshuffle(draw: Draw) -> Case:
    """Draw a PixelUnshuffle whose image mostly divides."""
    factor = draw.pick(1, 2, 2, 2, 3)
    spatial = [
        factor * draw.size(0 if draw.chance(0.08) else 1, 4) + (1 if draw.chance(0.06) else 0)
        for _ in range(2)
    ]
    return Case(
        (
            Tensor(
                (*draw.shape(0, 3, most=3), draw.size(0 if draw.chance(0.1) else 1, 4), *spatial)
            ),
        ),
        {"downscale_factor": factor},
    )


def channel_shuffle(draw: Draw) -> Case:
    """Draw a ChannelShuffle."""
    groups = draw.pick(1, 2, 2, 3, 4)
    channels = groups * draw.size(1, 4) + (1 if draw.chance(0.08) else 0)
    return Case(
        (
            Tensor(
                (draw.size(0 if draw.chance(0.1) else 1, 3), channels, *draw.shape(1, 3, most=4))
            ),
        ),
        {"groups": groups},
    )


LAYERS: dict[str, Generator] = {
    **{f"ZeroPad{nd}d": partial(zero_pad, nd=nd) for nd in (1, 2, 3)},
    **{f"ConstantPad{nd}d": partial(pad, nd=nd, kind="constant") for nd in (1, 2, 3)},
    **{f"ReflectionPad{nd}d": partial(pad, nd=nd, kind="reflect") for nd in (1, 2, 3)},
    **{f"ReplicationPad{nd}d": partial(pad, nd=nd, kind="replicate") for nd in (1, 2, 3)},
    **{f"CircularPad{nd}d": partial(pad, nd=nd, kind="circular") for nd in (1, 2, 3)},
    "Unfold": unfold,
    "Fold": fold,
    "Upsample": upsample,
    **dict.fromkeys(words("UpsamplingNearest2d UpsamplingBilinear2d"), upsampling_2d),
    "PixelShuffle": pixel_shuffle,
    "PixelUnshuffle": pixel_unshuffle,
    "ChannelShuffle": channel_shuffle,
}
