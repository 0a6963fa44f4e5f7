"""Calls of functions that join tensors or take them apart."""

from __future__ import annotations

from functools import partial

from cases.dense import broadcastable
from cases.draw import Case, Draw, Generator, Shape, Tensor, words
from cases.shaping import either, on


def join(draw: Draw, *, stack: bool = False) -> Case:
    """Draw a cat or stack of one to four tensors."""
    shape = draw.shape(0 if draw.chance(0.08) or stack else 1, 4)
    rank = len(shape) + (1 if stack else 0)
    axis = draw.axis(rank)
    shapes = []
    for _ in range(draw.randint(1, 4)):
        one = list(shape)
        if not stack and -rank <= axis < rank:
            one[axis] = draw.randint(0 if draw.chance(0.1) else 1, 6)
        shapes.append(draw.spoilt_shape(tuple(one)) if draw.chance(0.03) else tuple(one))
    if draw.chance(0.05):
        shapes[-1] = (0,)
    return _joined(draw, shapes, axis)


def _joined(draw: Draw, shapes: list[Shape], axis: int) -> Case:
    inputs = tuple(map(Tensor, shapes))
    if draw.chance(0.15):
        return Case(inputs)
    return Case(inputs, positional=(axis,)) if draw.chance(0.5) else Case(inputs, {"dim": axis})


def join_plain(draw: Draw, axis: int) -> Case:
    """Draw an hstack, vstack, dstack or column_stack."""
    shape = draw.shape(0, 4)
    shapes = []
    for _ in range(draw.randint(1, 3)):
        one = list(shape)
        if axis < len(one) and draw.chance(0.8):
            one[axis] = draw.randint(1, 6)
        shapes.append(tuple(one))
    return Case(tuple(map(Tensor, shapes)))


def several(draw: Draw) -> Case:
    """Draw a broadcast_tensors."""
    shape = draw.shape(0, 4)
    return Case(tuple(Tensor(broadcastable(draw, shape)) for _ in range(draw.randint(1, 3))))


def meshgrid(draw: Draw) -> Case:
    """Draw a meshgrid of lines."""
    lines = tuple(
        Tensor(draw.shape(0, 1) if draw.chance(0.93) else draw.shape(2, 2))
        for _ in range(draw.randint(1, 3))
    )
    return Case(
        lines, {"indexing": draw.pick("ij", "xy", "xy", "ij", "yx")} if draw.chance(0.8) else {}
    )


def chunk(draw: Draw) -> Case:
    """Draw a chunk."""
    shape = draw.shape(0 if draw.chance(0.08) else 1, 4, most=12)
    return _along(draw, shape, draw.pick(1, 2, 2, 3, 4, 5, 7))


def _along(draw: Draw, shape: Shape, argument: object) -> Case:
    if draw.chance(0.25):
        return on(shape, argument)
    axis = draw.axis(len(shape))
    return on(shape, argument, axis) if draw.chance(0.55) else on(shape, argument, dim=axis)


def split(draw: Draw, *, at_indices: bool = False) -> Case:
    """Draw a split or tensor_split, by a number or by a list."""
    shape = draw.shape(0 if draw.chance(0.05) else 1, 4, most=12)
    axis = draw.axis(len(shape)) if draw.chance(0.8) else 0
    size = shape[axis] if -len(shape) <= axis < len(shape) else 4
    argument: object = draw.size(1, 8)
    if draw.chance(0.55):
        cuts = sorted(
            draw.randint(0, size + (3 if at_indices and draw.chance(0.3) else 0))
            for _ in range(draw.randint(0, 3))
        )
        parts = [end - start for start, end in zip([0, *cuts], [*cuts, size], strict=True)]
        numbers = cuts if at_indices else parts
        if at_indices and draw.chance(0.2):
            numbers = [draw.randint(-size - 1, size + 1) for _ in range(2)]
        argument = numbers if draw.chance(0.3) else tuple(numbers)
    if axis == 0 and draw.chance(0.6):
        return on(shape, argument)
    return on(shape, argument, axis) if draw.chance(0.5) else on(shape, argument, dim=axis)


def split_plain(draw: Draw, ranks: tuple[int, int]) -> Case:
    """Draw an hsplit, vsplit or dsplit."""
    shape = draw.shape(*ranks, most=8)
    return on(shape, draw.pick(1, 2, 2, 3, 4, (1, 2), (2,), (0, 1, 5)))


def unbind(draw: Draw) -> Case:
    """Draw an unbind."""
    shape = draw.shape(0 if draw.chance(0.08) else 1, 4, most=4)
    return on(shape) if draw.chance(0.3) else either(draw, shape, dim=draw.axis(len(shape)))


def dimension_atleast(draw: Draw) -> Case:
    """Draw an atleast_Nd of one tensor or several."""
    return Case(tuple(Tensor(draw.shape(0, 4)) for _ in range(draw.pick(1, 2))))


FUNCTIONS: dict[str, Generator] = {
    **dict.fromkeys(words("cat concat concatenate"), join),
    "stack": partial(join, stack=True),
    "hstack": partial(join_plain, axis=1),
    "vstack": partial(join_plain, axis=0),
    "dstack": partial(join_plain, axis=2),
    "column_stack": partial(join_plain, axis=1),
    "broadcast_tensors": several,
    "meshgrid": meshgrid,
    **dict.fromkeys(words("atleast_1d atleast_2d atleast_3d"), dimension_atleast),
    "chunk": chunk,
    "split": split,
    "tensor_split": partial(split, at_indices=True),
    "hsplit": partial(split_plain, ranks=(1, 3)),
    "vsplit": partial(split_plain, ranks=(2, 3)),
    "dsplit": partial(split_plain, ranks=(3, 4)),
    "unbind": unbind,
}
