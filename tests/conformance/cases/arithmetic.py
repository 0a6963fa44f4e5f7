"""Calls of functions that compute: elementwise, reductions and sorting."""

from __future__ import annotations

from functools import partial

from cases.dense import broadcastable
from cases.draw import Case, Choices, Draw, Generator, Tensor, words
from cases.shaping import either, on, plain

NO_CHOICES: Choices = {}


def binary(draw: Draw, *, scalar: bool = True) -> Case:
    """Draw a function of two tensors that broadcast, or of a tensor and a number."""
    shape = draw.shape(0, 5)
    if scalar and draw.chance(0.18):
        return on(shape, draw.pick(2, 3, 0.5, -1, 1))
    return Case((Tensor(shape), Tensor(broadcastable(draw, shape))))


def ternary(draw: Draw, choices: Choices = NO_CHOICES) -> Case:
    """Draw a function of three tensors that broadcast."""
    shape = draw.shape(0, 4)
    inputs = [Tensor(broadcastable(draw, shape)) for _ in range(3)]
    inputs[draw.randrange(3)] = Tensor(shape)
    return Case(tuple(inputs), draw.chosen(0.35, choices))


def where(draw: Draw) -> Case:
    """Draw a where."""
    shape = draw.shape(0, 4)
    shapes = [broadcastable(draw, shape) for _ in range(3)]
    shapes[draw.randrange(3)] = shape
    return Case((Tensor(shapes[0], "bool"), Tensor(shapes[1]), Tensor(shapes[2])))


def masked_fill(draw: Draw) -> Case:
    """Draw a masked_fill, whose mask is the second tensor."""
    shape = draw.shape(0, 4)
    mask = Tensor(broadcastable(draw, shape), "bool")
    return Case((Tensor(shape), mask), positional=(draw.pick(0, -1, 1.5),))


def clamp(draw: Draw) -> Case:
    """Draw a clamp."""
    shape = draw.shape(0, 5)
    if draw.chance(0.5):
        return Case(
            (Tensor(shape),),
            {**draw.some(0.75, min=draw.pick(0, -1.0)), **draw.some(0.7, max=draw.pick(1, 6.0))},
        )
    return on(shape, *draw.pick((0,), (0, 1), (-1.0, 1.0)))


def reduction(
    draw: Draw, *, many: bool = True, empty: bool = True, choices: Choices = NO_CHOICES
) -> Case:
    """Draw a reduction over all axes, one, or some (`many`).

    `empty` says whether it may be called without an axis.
    """
    shape = draw.shape(0, 5, most=5)
    keep = draw.some(0.45, keepdim=draw.pick(True, True, False)) | draw.chosen(0.3, choices)
    if empty and draw.chance(0.14):
        return on(shape)
    axis: object = draw.axis(len(shape))
    if many and draw.chance(0.45):
        dims = draw.dims(len(shape))
        axis = dims if draw.chance(0.7) else list(dims)
    if draw.chance(0.55):
        return on(shape, axis, **keep)
    named: dict[str, object] = {"dim": axis, **keep}
    order = list(named)
    draw.shuffle(order)
    return Case((Tensor(shape),), {name: named[name] for name in order})


def extremum(draw: Draw) -> Case:
    """Draw a max or min: of all, along an axis (values and indices), or of two tensors."""
    return binary(draw, scalar=False) if draw.chance(0.25) else reduction(draw, many=False)


def norm(draw: Draw) -> Case:
    """Draw a norm."""
    case = reduction(draw)
    if case.positional:
        return Case(case.inputs, case.named, (draw.pick(1, 2, 2.0, "fro"), *case.positional))
    return Case(case.inputs, {**draw.some(0.5, p=draw.pick(1, 2, 3.0)), **case.named})


def cumulative(draw: Draw) -> Case:
    """Draw a cumsum or cumprod."""
    shape = draw.shape(0, 5)
    return either(draw, shape, dim=draw.axis(len(shape)))


def topk(draw: Draw) -> Case:
    """Draw a topk around the size of the axis."""
    shape = draw.shape(0, 4, most=7)
    axis = draw.axis(len(shape)) if draw.chance(0.7) else -1
    size = shape[axis] if shape and -len(shape) <= axis < len(shape) else 1
    k = draw.randint(0, size) if draw.chance(0.85) else size + 1
    case = (
        on(shape, k)
        if axis == -1 and draw.chance(0.6)
        else on(shape, k, axis)
        if draw.chance(0.5)
        else on(shape, k, dim=axis)
    )
    return Case(
        case.inputs,
        {**case.named, **draw.some(0.15, largest=False), **draw.some(0.1, sorted=False)},
        case.positional,
    )


def kthvalue(draw: Draw) -> Case:
    """Draw a kthvalue."""
    shape = draw.shape(0, 4, most=7)
    axis = draw.axis(len(shape)) if draw.chance(0.6) else -1
    size = shape[axis] if shape and -len(shape) <= axis < len(shape) else 1
    return on(
        shape,
        draw.randint(0 if draw.chance(0.1) else 1, max(size, 1) + (1 if draw.chance(0.15) else 0)),
        axis,
        **draw.some(0.3, keepdim=True),
    )


def sort(draw: Draw) -> Case:
    """Draw a sort or argsort."""
    shape = draw.shape(0, 4)
    descending = draw.some(0.4, descending=draw.pick(True, False))
    if draw.chance(0.25):
        return on(shape, **descending)
    axis = draw.axis(len(shape))
    return on(shape, axis, **descending) if draw.chance(0.6) else on(shape, dim=axis, **descending)


def softmax(draw: Draw) -> Case:
    """Draw a softmax or log_softmax."""
    shape = draw.shape(0, 5)
    return either(draw, shape, dim=draw.axis(len(shape), beyond=0.12))


def one_hot(draw: Draw) -> Case:
    """Draw a one_hot of zeros."""
    shape = Tensor(draw.shape(0, 3), "long" if draw.chance(0.95) else "float", 0)
    return (
        Case((shape,), positional=(draw.pick(1, 2, 3, 5, 5, 7, 10, 0, -1, -2),))
        if draw.chance(0.9)
        else Case((shape,), {"num_classes": 4})
    )


def normalize(draw: Draw) -> Case:
    """Draw a normalize."""
    shape = draw.shape(0, 4)
    return Case(
        (Tensor(shape),),
        {
            **draw.some(0.4, p=draw.pick(1.0, 2.0)),
            **draw.some(0.6, dim=draw.axis(len(shape), beyond=0.12)),
        },
    )


def bucketize(draw: Draw) -> Case:
    """Draw a bucketize of values against boundaries."""
    return Case(
        (
            Tensor(draw.shape(0, 3)),
            Tensor(draw.shape(1, 1) if draw.chance(0.9) else draw.shape(0, 2)),
        )
    )


SAME = words(
    "abs neg exp log sqrt rsqrt square sin cos tanh sigmoid erf floor ceil round sign reciprocal "
    "log1p relu6 hardswish hardsigmoid silu mish selu tanhshrink softsign logsigmoid nan_to_num "
    "isnan isfinite logical_not contiguous clone detach float double half long bool int "
    "zeros_like ones_like rand_like empty_like"
)
WITH_NUMBER = words(
    "add sub mul div pow remainder floor_divide eq ne gt lt ge le true_divide fmod multiply "
    "subtract divide"
)
WITHOUT_NUMBER = words("maximum minimum atan2 logical_and logical_or type_as")

FUNCTIONS: dict[str, Generator] = {
    **dict.fromkeys(SAME, plain),
    **dict.fromkeys(WITH_NUMBER, binary),
    **dict.fromkeys(WITHOUT_NUMBER, partial(binary, scalar=False)),
    "lerp": ternary,
    **dict.fromkeys(words("addcmul addcdiv"), partial(ternary, choices={"value": (0.5, 2)})),
    "where": where,
    "masked_fill": masked_fill,
    **dict.fromkeys(words("clamp clip"), clamp),
    **dict.fromkeys(words("sum mean amax amin nansum all any count_nonzero"), reduction),
    **dict.fromkeys(words("std var"), partial(reduction, choices={"unbiased": (True, False)})),
    "logsumexp": partial(reduction, empty=False),
    **dict.fromkeys(words("prod argmax argmin median mode"), partial(reduction, many=False)),
    **dict.fromkeys(words("max min"), extremum),
    "norm": norm,
    **dict.fromkeys(words("cumsum cumprod logcumsumexp cummax"), cumulative),
    "topk": topk,
    "kthvalue": kthvalue,
    **dict.fromkeys(words("sort argsort"), sort),
    **dict.fromkeys(words("softmax log_softmax"), softmax),
    "one_hot": one_hot,
    "normalize": normalize,
    "bucketize": bucketize,
}
