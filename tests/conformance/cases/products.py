"""Calls of functions that multiply and add up: matmul and its kin, einsum, attention, distances."""

from __future__ import annotations

from functools import partial

from cases.dense import broadcastable
from cases.draw import Case, Draw, Generator, Shape, Tensor, words


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
    *words(
        "ij,jk->ik ij,jk ij->ji ij-> ii->i ii i,i-> i,j->ij bij,bjk->bik ij,ij->i aab->ab i->ii"
    ),
    *words(
        "...i->... ...ij,...jk->...ik ...,...->... i...->... ...i,...i->... bchw,bc->bhw ij,k->ijk"
    ),
    *words("bhqd,bhkd->bhqk bhqk,bhkd->bhqd nctv,vw->nctw nkctv,kvw->nctw bnd,md->bnm ijk,jil->kl"),
    *words("abc,cd,be->ade ij,jk->kk ij,jk->iz ij->i.j"),
    "b i d , b j d -> b i j",
)


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


def similarity(draw: Draw) -> Case:
    """Draw a cosine_similarity."""
    first = draw.shape(0, 4)
    second = broadcastable(draw, first)
    rank = max(len(first), len(second))
    return Case((Tensor(first), Tensor(second)), draw.some(0.6, dim=draw.axis(rank, beyond=0.12)))


FUNCTIONS: dict[str, Generator] = {
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
}
