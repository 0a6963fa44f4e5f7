"""Calls of convolutions, pools, pads, folds and upsampling: layers with spatial axes."""

from __future__ import annotations

from functools import partial

from cases.draw import Case, Draw, Generator, Shape, Sizes, Tensor, spread

KERNELS = (1, 2, 2, 3, 3, 3, 4, 5, 7)


def _kernel(draw: Draw) -> int:
    return draw.choice(KERNELS)


def _wrapped(draw: Draw, sizes: Sizes, nd: int) -> Sizes:
    """Write a single value as a one-element tuple now and then, more often where that is usual."""
    return (sizes,) if isinstance(sizes, int) and draw.chance(0.3 if nd == 1 else 0.015) else sizes


def leading_sizes(draw: Draw, channels: int) -> Shape:
    """Return the sizes before the spatial ones: batch and channels, or channels alone."""
    if draw.chance(0.2):
        return (channels,)
    return (0 if draw.chance(0.05) else draw.size(1, 4), channels)


def around(draw: Draw, smallest: int, step: int) -> int:
    """Return a size near the smallest that fits, where acceptance flips, or some steps further."""
    if draw.chance(0.12):
        return max(0, smallest - 1)
    extra = draw.pick(0, 0, 1, step - 1, step, step + 1, 2 * step, draw.size(0, 9))
    return max(draw.pick(0, 1, 1, 1, 1, 1, 1, 1), smallest + extra)


def _bad_word(draw: Draw, *words: str) -> str:
    return (
        draw.choice(words)
        if not draw.chance(0.04)
        else draw.pick("zero", "SAME", "Reflect", "full", "none")
    )


def conv(draw: Draw, nd: int, *, lazy: bool = False) -> Case:
    """Draw a convolution on an input near the smallest that it takes."""
    groups = draw.pick(1, 1, 1, 1, 2, 3, 4)
    channels = groups * draw.size(1, 4)
    kernel = draw.axes(nd, partial(_kernel, draw))
    dilation = draw.axes(nd, lambda: draw.pick(1, 1, 2, 3), tuples=0.3)
    stride = draw.axes(nd, lambda: draw.pick(1, 2, 2, 3, 4), tuples=0.3)
    padding: Sizes | str = draw.axes(nd, lambda: draw.pick(0, 1, 1, 2, 3), tuples=0.3)
    named: dict[str, object] = {} if lazy else {"in_channels": channels}
    named |= {"out_channels": groups * draw.size(1, 4), "kernel_size": _wrapped(draw, kernel, nd)}
    if draw.chance(0.15):
        padding = _bad_word(draw, "same", "same", "valid")
        if padding == "same" and draw.chance(0.85):
            stride = 1 if draw.chance(0.5) else (1,) * nd
    if draw.chance(0.6) or padding == "same":
        named["stride"] = _wrapped(draw, stride, nd)
    else:
        stride = 1
    if draw.chance(0.6) or isinstance(padding, str):
        named["padding"] = padding if isinstance(padding, str) else _wrapped(draw, padding, nd)
    else:
        padding = 0
    if draw.chance(0.4):
        named["dilation"] = _wrapped(draw, dilation, nd)
    else:
        dilation = 1
    if groups > 1 or draw.chance(0.1):
        named["groups"] = groups
    named |= draw.some(0.18, bias=draw.pick(True, False, False))
    if draw.chance(0.3):
        named["padding_mode"] = _bad_word(draw, "zeros", "reflect", "replicate", "circular")
    extent = [
        d * (k - 1) + 1 for k, d in zip(spread(kernel, nd), spread(dilation, nd), strict=True)
    ]
    pads = [0] * nd if padding == "valid" else spread(padding, nd, 0)
    smallest = (
        [1] * nd if padding == "same" else [e - 2 * p for e, p in zip(extent, pads, strict=True)]
    )
    if named.get("padding_mode") in {"reflect", "circular"} and draw.chance(0.7):
        smallest = [max(s, p + draw.pick(0, 1)) for s, p in zip(smallest, pads, strict=True)]
    spatial = [
        around(draw, low, step) for low, step in zip(smallest, spread(stride, nd), strict=True)
    ]
    return Case((Tensor((*leading_sizes(draw, channels), *spatial)),), named)


def conv_transpose(draw: Draw, nd: int, *, lazy: bool = False) -> Case:
    """Draw a transposed convolution, with an output size asked for in a quarter of the cases."""
    groups = draw.pick(1, 1, 1, 1, 2, 3)
    channels = groups * draw.size(1, 4)
    kernel = draw.axes(nd, lambda: draw.pick(1, 2, 3, 3, 4, 5), tuples=0.35)
    stride = draw.axes(nd, lambda: draw.pick(1, 2, 2, 3, 4), tuples=0.3)
    padding = draw.axes(nd, lambda: draw.pick(0, 1, 1, 2, 3), tuples=0.3) if draw.chance(0.6) else 0
    dilation = draw.axes(nd, lambda: draw.pick(1, 2, 3), tuples=0.3) if draw.chance(0.35) else 1
    named: dict[str, object] = {} if lazy else {"in_channels": channels}
    named |= {"out_channels": groups * draw.size(1, 4), "kernel_size": _wrapped(draw, kernel, nd)}
    if draw.chance(0.75):
        named["stride"] = _wrapped(draw, stride, nd)
    else:
        stride = 1
    if padding != 0 or draw.chance(0.1):
        named["padding"] = _wrapped(draw, padding, nd)
    output_padding = 0
    if draw.chance(0.35):
        most = max(*spread(stride, nd), *spread(dilation, nd))
        extra = draw.axes(
            nd, lambda: draw.randint(0, most if draw.chance(0.25) else most - 1), tuples=0.3
        )
        named["output_padding"] = _wrapped(draw, extra, nd)
        output_padding = spread(extra, nd)[0]
    if groups > 1 or draw.chance(0.1):
        named["groups"] = groups
    named |= draw.some(0.2, bias=draw.pick(True, False, False))
    if dilation != 1 or draw.chance(0.1):
        named["dilation"] = _wrapped(draw, dilation, nd)
    if draw.chance(0.03):
        named["padding_mode"] = draw.pick("zeros", "reflect", "circular")
    if draw.chance(0.02):
        named["padding"] = draw.pick("same", "valid")
    spatial = [0 if draw.chance(0.02) else draw.size(1, 6) for _ in range(nd)]
    leading = leading_sizes(draw, channels)
    case = Case((Tensor((*leading, *spatial)),), named)
    if not draw.chance(0.28):
        return case
    per_axis = zip(
        spatial, *(spread(v, nd, 0) for v in (kernel, stride, padding, dilation)), strict=True
    )
    low = [((n - 1) * s - 2 * p + d * (k - 1) + 1, s) for n, k, s, p, d in per_axis]
    asked = [
        least + draw.pick(0, 0, step - 1, draw.randint(0, max(step - 1, 0)), output_padding)
        for least, step in low
    ]
    if draw.chance(0.15):
        index = draw.randrange(nd)
        asked[index] = low[index][0] + draw.pick(-1, low[index][1])
    if draw.chance(0.25):
        asked = [*leading[:-1], draw.pick(channels, spread(named["out_channels"], 1)[0]), *asked]
    return Case(
        case.inputs,
        named,
        forward={"output_size": tuple(asked) if draw.chance(0.6) else list(asked)},
    )


def pool(draw: Draw, nd: int, kind: str) -> Case:
    """Draw a MaxPool, AvgPool or LPPool on an input near the smallest that it takes."""
    kernel = draw.axes(nd, partial(_kernel, draw))
    named: dict[str, object] = (
        {"norm_type": draw.pick(1, 2, 2, 3, 2.0, 1.5)} if kind == "lp" else {}
    )
    named["kernel_size"] = _wrapped(draw, kernel, nd)
    stride: Sizes = kernel
    if draw.chance(0.65):
        stride = draw.axes(nd, lambda: draw.pick(1, 2, 2, 3, 4, 5), tuples=0.3)
        named["stride"] = _wrapped(draw, stride, nd)
    elif draw.chance(0.15):
        named["stride"] = None
    dilation: Sizes = 1
    if kind == "max" and draw.chance(0.35):
        dilation = draw.axes(nd, lambda: draw.pick(1, 2, 2, 3), tuples=0.3)
        named["dilation"] = _wrapped(draw, dilation, nd)
    extent = [
        d * (k - 1) + 1 for k, d in zip(spread(kernel, nd), spread(dilation, nd), strict=True)
    ]
    padding: Sizes = 0
    if kind != "lp" and draw.chance(0.45):
        half = [e // 2 for e in extent]
        padding = tuple(
            draw.pick(h, h, max(h - 1, 0), draw.randint(0, h), h + draw.pick(0, 0, 1)) for h in half
        )
        if draw.chance(0.5):
            padding = min(padding)
        named["padding"] = _wrapped(draw, padding, nd)
    if kind == "max":
        named |= draw.some(0.15, return_indices=draw.pick(True, True, False))
    named |= draw.some(0.45, ceil_mode=draw.pick(True, True, True, False))
    if kind == "avg":
        named |= draw.some(0.2, count_include_pad=draw.pick(True, False))
        if nd > 1:
            named |= draw.some(0.12, divisor_override=draw.pick(1, 2, 5, None))
    pads = spread(padding, nd, 0)
    smallest = [e - 2 * p for e, p in zip(extent, pads, strict=True)]
    if named.get("ceil_mode") and draw.chance(0.4):
        smallest = [low - draw.randint(0, 2) for low in smallest]
    spatial = [
        around(draw, max(1, low), step)
        for low, step in zip(smallest, spread(stride, nd), strict=True)
    ]
    return Case((Tensor((*leading_sizes(draw, draw.size(1, 6)), *spatial)),), named)


def fractional_pool(draw: Draw, nd: int) -> Case:
    """Draw a fractional pool, by size or by ratio, around the largest output it can give."""
    kernel = draw.axes(nd, lambda: draw.pick(1, 2, 2, 3), tuples=0.35)
    spatial = [draw.randint(2, 13) for _ in range(nd)]
    named: dict[str, object] = {"kernel_size": kernel}
    room = [n - k + 1 for n, k in zip(spatial, spread(kernel, nd), strict=True)]
    if draw.chance(0.52):
        sizes = tuple(
            max(draw.pick(0, 1, 1), most - draw.pick(0, 0, 1, 1, 2, 3) + draw.pick(0, 0, 0, 1))
            for most in room
        )
        named["output_size"] = sizes if draw.chance(0.6) else min(sizes)
    if "output_size" not in named or draw.chance(0.04):
        ratios = (
            0.01,
            0.1,
            0.25,
            0.29,
            0.3,
            0.33,
            0.45,
            0.5,
            0.5,
            0.55,
            0.6,
            0.7,
            0.75,
            0.8,
            0.9,
            0.95,
            1.0,
            0.0,
            1.5,
        )
        ratio = tuple(draw.choice(ratios) for _ in range(nd))
        named["output_ratio"] = ratio if draw.chance(0.5) else ratio[0]
    if draw.chance(0.02):
        del named[draw.choice([name for name in named if name != "kernel_size"])]
    named |= draw.some(0.25, return_indices=draw.pick(True, True, False))
    return Case((Tensor((*leading_sizes(draw, draw.size(1, 5)), *spatial)),), named)


def adaptive_pool(draw: Draw, nd: int, *, maximum: bool = False) -> Case:
    """Draw an adaptive pool."""

    def one() -> object:
        return draw.pick(None, 0, 1, 1, 2, 3, 5, 7, 9) if draw.chance(0.7) else draw.size(1, 9)

    size: object = tuple(one() for _ in range(nd)) if draw.chance(0.55) else one()
    if draw.chance(0.08):
        size = tuple(one() for _ in range(draw.pick(1, nd + 1)))
    named: dict[str, object] = {"output_size": size}
    if maximum:
        named |= draw.some(0.35, return_indices=draw.pick(True, True, False))
    spatial = [0 if draw.chance(0.04) else draw.size(1, 12) for _ in range(nd)]
    leading = leading_sizes(draw, 0 if draw.chance(0.06) else draw.size(1, 5))
    return Case((Tensor((*leading, *spatial)),), named)


def unpool(draw: Draw, nd: int) -> Case:
    """Draw an unpool with its indices, and an output size in a third of the cases."""
    kernel = draw.axes(nd, lambda: draw.pick(1, 2, 2, 3, 4), tuples=0.4)
    named: dict[str, object] = {"kernel_size": _wrapped(draw, kernel, nd)}
    stride: Sizes = kernel
    if draw.chance(0.6):
        stride = draw.axes(nd, lambda: draw.pick(1, 2, 2, 3), tuples=0.4)
        named["stride"] = _wrapped(draw, stride, nd)
    padding: Sizes = 0
    if draw.chance(0.25):
        padding = draw.axes(nd, lambda: draw.pick(0, 0, 1), tuples=0.5)
        named["padding"] = padding
    spatial = [draw.size(1, 5) for _ in range(nd)]
    shape = (*leading_sizes(draw, draw.size(1, 4)), *spatial)
    indices = draw.spoilt_shape(shape) if draw.chance(0.05) else shape
    inputs = (Tensor(shape), Tensor(indices, "long", 0))
    if not draw.chance(0.35):
        return Case(inputs, named)
    per_axis = zip(spatial, *(spread(v, nd, 0) for v in (kernel, stride, padding)), strict=True)
    default = [((n - 1) * s - 2 * p + k, s) for n, k, s, p in per_axis]
    asked = [
        size + draw.pick(0, 1 - step, step - 1, draw.randint(1 - step, step - 1) if step else 0)
        for size, step in default
    ]
    if draw.chance(0.2):
        index = draw.randrange(nd)
        asked[index] = default[index][0] + draw.pick(-1, 1) * default[index][1]
    if draw.chance(0.3):
        asked = [*shape[: len(shape) - nd], *asked]
    return Case(
        inputs, named, forward={"output_size": tuple(asked) if draw.chance(0.7) else list(asked)}
    )


LAYERS: dict[str, Generator] = {
    **{f"Conv{nd}d": partial(conv, nd=nd) for nd in (1, 2, 3)},
    **{f"ConvTranspose{nd}d": partial(conv_transpose, nd=nd) for nd in (1, 2, 3)},
    **{f"LazyConv{nd}d": partial(conv, nd=nd, lazy=True) for nd in (1, 2, 3)},
    **{f"LazyConvTranspose{nd}d": partial(conv_transpose, nd=nd, lazy=True) for nd in (1, 2, 3)},
    **{f"MaxPool{nd}d": partial(pool, nd=nd, kind="max") for nd in (1, 2, 3)},
    **{f"AvgPool{nd}d": partial(pool, nd=nd, kind="avg") for nd in (1, 2, 3)},
    **{f"LPPool{nd}d": partial(pool, nd=nd, kind="lp") for nd in (1, 2, 3)},
    **{f"FractionalMaxPool{nd}d": partial(fractional_pool, nd=nd) for nd in (2, 3)},
    **{f"AdaptiveAvgPool{nd}d": partial(adaptive_pool, nd=nd) for nd in (1, 2, 3)},
    **{f"AdaptiveMaxPool{nd}d": partial(adaptive_pool, nd=nd, maximum=True) for nd in (1, 2, 3)},
    **{f"MaxUnpool{nd}d": partial(unpool, nd=nd) for nd in (1, 2, 3)},
}
