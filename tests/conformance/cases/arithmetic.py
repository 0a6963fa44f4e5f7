"""Calls of functions that compute: elementwise, reductions, products and sorting."""

from __future__ import annotations

from functools import partial

from cases.dense import broadcastable
from cases.draw import Case, Draw, Generator, Shape, Tensor
from cases.shaping import either, on, plain


def binary(draw: Draw, *, scalar: bool = True) -> Case:
    """Draw a function of two tensors that broadcast, or of a tensor and a number."""
    shape = draw.shape(0, 5)
    if scalar and draw.chance(0.18):
        return on(shape, draw.pick(2, 3, 0.5, -1, 1))
    return Case((Tensor(shape), Tensor(broadcastable(draw, shape))))


def ternary(
    draw: Draw, dtypes: tuple[str, ...] = ("float",) * 3, **choices: tuple[object, ...]
) -> Case:
    """Draw a function of three tensors that broadcast."""
    shape = draw.shape(0, 4)
    inputs = [Tensor(broadcastable(draw, shape), dtype) for dtype in dtypes]
    inputs[draw.randrange(3)] = Tensor(shape, dtypes[0]) if len(set(dtypes)) == 1 else inputs[1]
    named: dict[str, object] = {}
    for name, values in choices.items():
        named |= draw.some(0.35, **{name: draw.choice(values)})
    return Case(tuple(inputs[:3]), named)


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
    draw: Draw, *, many: bool = True, empty: bool = True, **extra: tuple[object, ...]
) -> Case:
    """Draw a reduction over all axes, one, or some (`many`); `empty` says whether it may be called without an axis."""
    shape = draw.shape(0, 5, most=5)
    keep = draw.some(0.45, keepdim=draw.pick(True, True, False))
    for name, values in extra.items():
        keep |= draw.some(0.3, **{name: draw.choice(values)})
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


def matmul(draw: Draw) -> Case:
    """Draw a matmul of tensors of rank 1 to 6."""
    inner, rows, columns = (
        draw.size(0 if draw.chance(0.04) else 1, 5),
        draw.size(1, 5),
        draw.size(1, 5),
    )
    batch = draw.shape(0, 3, most=4)
    first: Shape = (inner,) if draw.chance(0.2) else (*batch, rows, inner)
    second: Shape = (inner,) if draw.chance(0.2) else (*broadcastable(draw, batch), inner, columns)
    if draw.chance(0.06):
        second = (
            (*second[:-1], second[-1] + 1)
            if len(second) == 1
            else (*second[:-2], second[-2] + 1, second[-1])
        )
    return Case((Tensor(first), Tensor(second)))


def product(draw: Draw, first: str, second: str) -> Case:
    """Draw a product whose shapes are given by letters: `ij` and `jk`."""
    size = {letter: draw.size(0 if draw.chance(0.04) else 1, 5) for letter in first + second}
    shapes = [tuple(size[letter] for letter in letters) for letters in (first, second)]
    if draw.chance(0.1):
        shapes[1] = draw.spoilt_shape(shapes[1])
    return Case(tuple(map(Tensor, shapes)))


def added_product(draw: Draw, *, batched: bool) -> Case:
    """Draw an addmm or baddbmm."""
    case = product(draw, "bij" if batched else "ij", "bjk" if batched else "jk")
    first, second = (tensor.shape for tensor in case.inputs)
    result = (*first[:-1], *second[-1:])
    start = broadcastable(draw, result) if draw.chance(0.5) else result
    return Case(
        (Tensor(start), *case.inputs),
        {**draw.some(0.15, beta=draw.pick(0, 0.5)), **draw.some(0.15, alpha=2)},
    )


def linear(draw: Draw) -> Case:
    """Draw a functional linear: input, weight and perhaps a bias."""
    features, out = draw.size(1, 6), draw.size(1, 6)
    inputs = [
        Tensor((*draw.shape(0, 3, most=6), features)),
        Tensor((out, features) if draw.chance(0.95) else (features,)),
    ]
    if draw.chance(0.5):
        inputs.append(Tensor(draw.pick((out,), (out,), (out,), (out,), (1,), (out + 1,), ())))
    return Case(tuple(inputs))


def bilinear(draw: Draw) -> Case:
    """Draw a functional bilinear."""
    first, second, out = draw.size(1, 5), draw.size(1, 5), draw.size(1, 5)
    leading = draw.shape(0, 2, most=4)
    inputs = [Tensor((*leading, first)), Tensor((*leading, second)), Tensor((out, first, second))]
    if draw.chance(0.4):
        inputs.append(Tensor((out,)))
    return Case(tuple(inputs))


EQUATIONS = (
    "ij,jk->ik", "ij,jk", "ij->ji", "ij->", "ii->i", "ii", "i,i->", "i,j->ij", "bij,bjk->bik", "ij,ij->i", "...i->...", "...ij,...jk->...ik",
    "bhqd,bhkd->bhqk", "bhqk,bhkd->bhqd", "nctv,vw->nctw", "nkctv,kvw->nctw", "bchw,bc->bhw", "b i d , b j d -> b i j", "abc,cd,be->ade",
    "...,...->...", "i...->...", "ijk,jil->kl", "ij,jk->kk", "ij,jk->iz", "aab->ab", "i->ii", "ij,k->ijk", "...i,...i->...", "bnd,md->bnm", "ij->i.j",
)  # fmt: skip


def einsum(draw: Draw) -> Case:
    """Draw an einsum whose operands follow the equation, or nearly."""
    equation = draw.choice(EQUATIONS)
    size = {letter: draw.size(1, 5) for letter in "abcdefghijklmnopqrstuvwxyz"}
    batch = draw.shape(0, 2, most=3)
    shapes: list[Shape] = []
    for operand in equation.split("->")[0].replace(" ", "").split(","):
        before, dots, after = operand.partition("...")
        middle = batch if dots else ()
        letters = [
            tuple(1 if draw.chance(0.03) else size[letter] for letter in part if letter.isalpha())
            for part in (before, after)
        ]
        shapes.append(
            (
                *letters[0],
                *(broadcastable(draw, middle) if draw.chance(0.3) else middle),
                *letters[1],
            )
        )
    if draw.chance(0.04):
        shapes = shapes[:-1] if draw.chance(0.5) and len(shapes) > 1 else [*shapes, (2,)]
    return Case(tuple(map(Tensor, shapes)), positional=(equation,))


def attention(draw: Draw) -> Case:
    """Draw a scaled_dot_product_attention, with a mask, heads in groups and causality in some."""
    leading = draw.shape(0, 2, most=4)
    queries, keys, width, values = (
        draw.size(1, 6),
        draw.size(1, 6),
        draw.size(1, 6),
        draw.size(1, 6),
    )
    other = broadcastable(draw, leading) if draw.chance(0.12) else leading
    named: dict[str, object] = (
        draw.some(0.15, is_causal=draw.pick(True, True, False))
        | draw.some(0.1, scale=0.5)
        | draw.some(0.1, dropout_p=0.0)
    )
    if draw.chance(0.12):
        groups = draw.size(1, 3)
        named["enable_gqa"] = draw.pick(True, True, True, False)
        leading, other = (2, groups * draw.pick(1, 2, 3)), (2, groups)
    inputs = [
        Tensor((*leading, queries, width)),
        Tensor((*other, keys, width)),
        Tensor((*other, keys, values)),
    ]
    if not draw.chance(0.35):
        return Case(tuple(inputs), named)
    mask = draw.pick(
        (queries, keys),
        (*leading, queries, keys),
        (1,) * len(leading) + (queries, keys),
        (keys,),
        (queries, 1),
    )
    inputs.append(
        Tensor(mask if draw.chance(0.9) else draw.spoilt_shape(mask), draw.pick("float", "bool"))
    )
    return Case(
        tuple(inputs), named, source=[0, 1, 2, {"attn_mask": 3}] if draw.chance(0.5) else None
    )


def similarity(draw: Draw) -> Case:
    """Draw a cosine_similarity or pairwise_distance."""
    case = binary(draw, scalar=False)
    rank = max(len(tensor.shape) for tensor in case.inputs)
    return Case(case.inputs, draw.some(0.6, dim=draw.axis(rank, beyond=0.12)))


def distance(draw: Draw) -> Case:
    """Draw a cdist."""
    batch, width = draw.shape(0, 2, most=3), draw.size(1, 4)
    other = broadcastable(draw, batch)
    inputs = (
        Tensor((*batch, draw.size(1, 5), width)),
        Tensor((*other, draw.size(1, 5), width if draw.chance(0.92) else width + 1)),
    )
    return Case(inputs, draw.some(0.3, p=draw.pick(1.0, 2.0, 3.0)))


def cross(draw: Draw) -> Case:
    """Draw a cross product along an axis of size 3."""
    shape = list(draw.shape(1, 4, most=4))
    axis = draw.axis(len(shape)) if draw.chance(0.6) else -1
    if -len(shape) <= axis < len(shape) and draw.chance(0.92):
        shape[axis] = 3
    other = tuple(1 if size != 3 and draw.chance(0.15) else size for size in shape)
    return Case(
        (Tensor(tuple(shape)), Tensor(other)),
        {} if axis == -1 and draw.chance(0.7) else {"dim": axis},
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


def bincount_like(draw: Draw) -> Case:
    """Draw a searchsorted or bucketize of values against boundaries."""
    return Case(
        (
            Tensor(draw.shape(0, 3)),
            Tensor(draw.shape(1, 1) if draw.chance(0.9) else draw.shape(0, 2)),
        )
    )


SAME = [
    "abs",
    "neg",
    "exp",
    "log",
    "sqrt",
    "rsqrt",
    "square",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "erf",
    "floor",
    "ceil",
    "round",
    "sign",
    "reciprocal",
    "log1p",
    "contiguous",
    "clone",
    "detach",
    "float",
    "double",
    "half",
    "long",
    "bool",
    "int",
    "zeros_like",
    "ones_like",
    "rand_like",
    "empty_like",
    "relu6",
    "hardswish",
    "hardsigmoid",
    "silu",
    "mish",
    "selu",
    "tanhshrink",
    "softsign",
    "logsigmoid",
    "nan_to_num",
    "isnan",
    "isfinite",
    "logical_not",
]
BINARY = [
    "add",
    "sub",
    "mul",
    "div",
    "maximum",
    "minimum",
    "pow",
    "remainder",
    "floor_divide",
    "eq",
    "ne",
    "gt",
    "lt",
    "ge",
    "le",
    "true_divide",
    "fmod",
    "atan2",
    "multiply",
    "subtract",
    "divide",
    "logical_and",
    "logical_or",
]
WITHOUT_SCALAR = frozenset({"maximum", "minimum", "atan2", "logical_and", "logical_or"})

FUNCTIONS: dict[str, Generator] = {
    **dict.fromkeys(SAME, plain),
    **{name: partial(binary, scalar=name not in WITHOUT_SCALAR) for name in BINARY},
    "lerp": ternary,
    "addcmul": partial(ternary, value=(0.5, 2)),
    "addcdiv": partial(ternary, value=(0.5, 2)),
    "where": where,
    "masked_fill": masked_fill,
    "clamp": clamp,
    "clip": clamp,
    "type_as": partial(binary, scalar=False),
    **dict.fromkeys(("sum", "amax", "amin"), reduction),
    "mean": reduction,
    "nansum": reduction,
    "std": partial(reduction, unbiased=(True, False)),
    "var": partial(reduction, unbiased=(True, False)),
    "all": reduction,
    "any": reduction,
    "count_nonzero": reduction,
    "logsumexp": partial(reduction, empty=False),
    "prod": partial(reduction, many=False),
    "argmax": partial(reduction, many=False),
    "argmin": partial(reduction, many=False),
    "median": partial(reduction, many=False),
    "mode": partial(reduction, many=False),
    "max": extremum,
    "min": extremum,
    "norm": norm,
    "cumsum": cumulative,
    "cumprod": cumulative,
    "logcumsumexp": cumulative,
    "cummax": cumulative,
    "topk": topk,
    "kthvalue": kthvalue,
    "sort": sort,
    "argsort": sort,
    "softmax": softmax,
    "log_softmax": softmax,
    "one_hot": one_hot,
    "matmul": matmul,
    "mm": partial(product, first="ij", second="jk"),
    "bmm": partial(product, first="bij", second="bjk"),
    "mv": partial(product, first="ij", second="j"),
    "dot": partial(product, first="i", second="i"),
    "inner": partial(product, first="bi", second="ki"),
    "outer": partial(product, first="i", second="j"),
    "kron": partial(product, first="ij", second="kl"),
    "addmm": partial(added_product, batched=False),
    "baddbmm": partial(added_product, batched=True),
    "linear": linear,
    "bilinear": bilinear,
    "einsum": einsum,
    "scaled_dot_product_attention": attention,
    "cosine_similarity": similarity,
    "cdist": distance,
    "cross": cross,
    "normalize": normalize,
    "bucketize": bincount_like,
}
_OFTEN_USED = [
    "add",
    "sub",
    "mul",
    "div",
    "matmul",
    "bmm",
    "mean",
    "sum",
    "max",
    "amax",
    "einsum",
    "scaled_dot_product_attention",
    "one_hot",
    "where",
    "cumsum",
    "topk",
    "sort",
    "argmax",
    "linear",
    "softmax",
]
ROWS = (
    dict.fromkeys(SAME, 5)
    | dict.fromkeys(BINARY[6:], 9)
    | dict.fromkeys(_OFTEN_USED, 32)
    | {"type_as": 5}
)
ROWS |= {"einsum": 60, "matmul": 50, "scaled_dot_product_attention": 50}
ROWS |= dict.fromkeys(
    ("clip", "nansum", "logcumsumexp", "count_nonzero", "addcdiv", "bucketize"), 9
)
