"""Calls of activations and dropout."""

from __future__ import annotations

from functools import partial

from cases.draw import Case, Choices, Draw, Generator, Shape, Tensor, words


def one_input(shape: Shape) -> tuple[Tensor, ...]:
    """Return the inputs of a layer that has one."""
    return (Tensor(shape),)


def activation(draw: Draw, options: Choices) -> Case:
    """Draw an activation with some of its options."""
    named = draw.chosen(0.4, options)
    case = Case(one_input(draw.shape(0, 5, most=7)), named)
    return (
        case
        if draw.chance(0.85)
        else Case(case.inputs, {**named, draw.pick("chanels", "axis", "foo", "dim"): 1})
    )


def threshold(draw: Draw) -> Case:
    """Draw a Threshold, whose two first arguments are required."""
    named = {"threshold": draw.pick(0.1, 1, 1.0), "value": draw.pick(0.0, 20, -1)}
    return Case(
        one_input(draw.shape(0, 5)), {**named, **draw.some(0.3, inplace=draw.pick(True, False))}
    )


def glu(draw: Draw) -> Case:
    """Draw a GLU along an axis that is mostly even."""
    shape = [draw.size(1, 4) for _ in range(draw.randint(1, 5))]
    axis = draw.axis(len(shape)) if draw.chance(0.7) else -1
    if -len(shape) <= axis < len(shape) and draw.chance(0.88):
        shape[axis] *= 2
    named = {} if axis == -1 and draw.chance(0.7) else {"dim": axis}
    return Case(one_input(tuple(shape) if draw.chance(0.95) else ()), named)


def prelu(draw: Draw) -> Case:
    """Draw a PReLU with one parameter or one for each channel."""
    shape = draw.shape(0, 5)
    channels = shape[1] if len(shape) > 1 else 1
    named = (
        {"num_parameters": draw.pick(channels, channels, 1, channels + 1)}
        if draw.chance(0.75)
        else {}
    )
    return Case(one_input(shape), {**named, **draw.some(0.25, init=0.1)})


def softmax(draw: Draw) -> Case:
    """Draw a Softmax, Softmin or LogSoftmax."""
    shape = draw.shape(0, 5)
    return Case(
        one_input(shape),
        {"dim": draw.axis(len(shape), beyond=0.15)}
        if draw.chance(0.8)
        else draw.some(0.4, dim=None),
    )


def softmax_2d(draw: Draw) -> Case:
    """Draw a Softmax2d."""
    return Case(
        one_input(draw.shape(3, 4) if draw.chance(0.75) else draw.shape(0, 6)),
        positional=(1,) if draw.chance(0.06) else (),
    )


def dropout(draw: Draw, low: int = 0, high: int = 6) -> Case:
    """Draw a dropout; ranks between low and high are likely."""
    shape = draw.shape(low, high, most=5) if draw.chance(0.8) else draw.shape(0, 6, most=4)
    named = {
        **draw.some(0.6, p=draw.pick(0.0, 0.1, 0.25, 0.5, 1.0)),
        **draw.some(0.3, inplace=draw.pick(True, False)),
    }
    if draw.chance(0.08):
        named["p"] = draw.pick(1.5, -0.1, 2)
    return Case(one_input(shape), named)


_INPLACE: Choices = {"inplace": (True, True, False)}
ACTIVATIONS: dict[str, Choices] = {
    **dict.fromkeys(words("ReLU ReLU6 SELU SiLU Mish Hardsigmoid Hardswish"), _INPLACE),
    **{name: {} for name in words("LogSigmoid Sigmoid Tanh Tanhshrink Softsign")},
    "ELU": {"alpha": (1.0, 0.5, 2, -1.0, 0), **_INPLACE},
    "CELU": {"alpha": (1.0, 0.5, 2, 0, 0.0, -1.0), **_INPLACE},
    "LeakyReLU": {"negative_slope": (0.2, 0.01, -0.1, 0), **_INPLACE},
    "Hardshrink": {"lambd": (0.2, 0.5, 0, -0.5)},
    "Softshrink": {"lambd": (0.2, 0.5, 0, -0.5, -1)},
    "Hardtanh": {"min_val": (-2.0, -1, 0, 2.0), "max_val": (0.5, 1, 2.0, -1), **_INPLACE},
    "Softplus": {"beta": (1.0, 2, 0, -1), "threshold": (20.0, 1, -5)},
    "GELU": {"approximate": ("none", "tanh", "tanh", "foo", "Tanh")},
    "RReLU": {"lower": (0.1, 0.2, 0.9), "upper": (0.3, 0.5, 0.05), **_INPLACE},
}

LAYERS: dict[str, Generator] = {
    **{name: partial(activation, options=options) for name, options in ACTIVATIONS.items()},
    "Threshold": threshold,
    "GLU": glu,
    "PReLU": prelu,
    **dict.fromkeys(words("Softmax Softmin LogSoftmax"), softmax),
    "Softmax2d": softmax_2d,
    **dict.fromkeys(words("Dropout AlphaDropout FeatureAlphaDropout"), dropout),
    "Dropout1d": partial(dropout, low=2, high=3),
    "Dropout2d": partial(dropout, low=3, high=4),
    "Dropout3d": partial(dropout, low=4, high=5),
}
