"""Calls of functions that take some of a tensor: by numbers, slices or indices."""

from __future__ import annotations

from cases.draw import Case, Draw, Generator, Tensor, Text, words
from cases.shaping import either, on


def narrow(draw: Draw) -> Case:
    """Draw a narrow."""
    shape = draw.shape(0 if draw.chance(0.06) else 1, 4)
    axis = draw.axis(len(shape))
    size = shape[axis] if -len(shape) <= axis < len(shape) else 3
    start = draw.randint(-size if draw.chance(0.3) else 0, size)
    length = max(0, size - (start % size if size else 0)) + draw.pick(
        0, 0, -1, -2, 1 if draw.chance(0.3) else 0
    )
    return either(
        draw, shape, dim=axis, start=start, length=length if draw.chance(0.3) else max(0, length)
    )


def select(draw: Draw) -> Case:
    """Draw a select."""
    shape = draw.shape(0 if draw.chance(0.06) else 1, 4)
    axis = draw.axis(len(shape))
    size = shape[axis] if -len(shape) <= axis < len(shape) else 3
    return either(
        draw,
        shape,
        dim=axis,
        index=draw.randint(
            -size - (1 if draw.chance(0.1) else 0),
            max(size - 1, 0) + (1 if draw.chance(0.15) else 0),
        ),
    )


def _slice(draw: Draw, size: int) -> Text:
    ends = [None if draw.chance(0.3) else draw.randint(-size - 1, size + 1) for _ in range(2)]
    if draw.chance(0.25):
        step = draw.pick(-1, 0) if draw.chance(0.1) else draw.pick(1, 2, 2, 3, 4)
        return Text(f"slice({ends[0]}, {ends[1]}, {step})")
    return Text(f"slice({ends[1]})" if draw.chance(0.2) else f"slice({ends[0]}, {ends[1]})")


def _index(draw: Draw, size: int) -> object:
    kind = draw.random()
    if kind < 0.4:
        return _slice(draw, size)
    if kind < 0.62:
        return (
            draw.randint(-size, max(size - 1, 0))
            if draw.chance(0.9)
            else draw.pick(size, -size - 1)
        )
    if kind < 0.74:
        return Text("slice(None)")
    if kind < 0.82:
        return None
    if kind < 0.9 and size:
        return [draw.randrange(size) for _ in range(draw.pick(1, 2, 2, 3))]
    return Text("Ellipsis") if draw.chance(0.6) else _slice(draw, size)


def getitem(draw: Draw) -> Case:
    """Draw what stands in brackets: slices, numbers, None, Ellipsis, lists."""
    shape = draw.shape(0 if draw.chance(0.08) else 1, 5, most=7)
    items: list[object] = []
    axis, dots = 0, False
    while axis < len(shape) and not draw.chance(0.2):
        item = _index(draw, shape[axis])
        if item == Text("Ellipsis"):
            if dots and not draw.chance(0.05):
                continue
            dots, axis = True, draw.randint(axis, len(shape) - 1)
        elif item is not None:
            axis += 1
        items.append(item)
    if draw.chance(0.04):
        items.append(0)
    index: object = tuple(items)
    if len(items) == 1 and draw.chance(0.6):
        index = items[0]
    elif not items:
        index = draw.pick(0, -1, None, Text("Ellipsis"), Text("slice(1, None)"), ())
    return on(shape, index)


def index_select(draw: Draw) -> Case:
    """Draw an index_select, whose indices are the second tensor."""
    shape = draw.shape(0 if draw.chance(0.06) else 1, 4)
    index = Tensor(draw.shape(1, 1) if draw.chance(0.85) else draw.shape(0, 2), "long", 0)
    return Case(
        (Tensor(shape), index), positional=(draw.axis(len(shape)),), source=[0, {"index": 1}]
    )


def gather(draw: Draw) -> Case:
    """Draw a gather, whose indices are the second tensor."""
    shape = draw.shape(0 if draw.chance(0.1) else 1, 4)
    index = [draw.size(1, max(size, 1)) for size in shape]
    axis = draw.axis(len(shape))
    if -len(shape) <= axis < len(shape):
        index[axis] = draw.size(0 if draw.chance(0.08) else 1, 8)
    return Case(
        (Tensor(shape), Tensor(tuple(index), "long", 0)),
        positional=(axis,),
        source=[0, {"index": 1}],
    )


def scatter(draw: Draw) -> Case:
    """Draw a scatter of a third tensor."""
    case = gather(draw)
    index = case.inputs[1].shape
    source = tuple(size + draw.pick(0, 0, 1) for size in index)
    return Case(
        (*case.inputs, Tensor(source)),
        positional=case.positional,
        source=[0, {"index": 1, "src": 2}],
    )


def take_along_dim(draw: Draw) -> Case:
    """Draw a take_along_dim, whose indices broadcast."""
    case = gather(draw)
    shape = case.inputs[0].shape
    index = tuple(1 if draw.chance(0.2) else size for size in shape)
    named = {} if draw.chance(0.12) else {"dim": case.positional[0]}
    return Case((Tensor(shape), Tensor(index, "long", 0)), named)


def unfold(draw: Draw) -> Case:
    """Draw a Tensor.unfold."""
    shape = draw.shape(0 if draw.chance(0.06) else 1, 4, most=9)
    axis = draw.axis(len(shape))
    size = shape[axis] if -len(shape) <= axis < len(shape) else 1
    return on(
        shape,
        axis,
        draw.randint(0 if draw.chance(0.1) else 1, max(1, size + draw.pick(0, 0, 1))),
        draw.pick(1, 2, 3),
    )


def triangle(draw: Draw) -> Case:
    """Draw a tril or triu."""
    shape = draw.shape(0 if draw.chance(0.1) else 2, 4)
    return on(shape) if draw.chance(0.4) else either(draw, shape, diagonal=draw.randint(-3, 3))


def diag(draw: Draw) -> Case:
    """Draw a diag."""
    shape = draw.shape(1, 2) if draw.chance(0.85) else draw.shape(0, 4)
    return on(shape) if draw.chance(0.35) else either(draw, shape, diagonal=draw.randint(-4, 4))


def diagonal(draw: Draw) -> Case:
    """Draw a diagonal."""
    shape = draw.shape(0 if draw.chance(0.06) else 2, 4)
    if draw.chance(0.3):
        return on(shape, *draw.pick((), (draw.randint(-4, 4),)))
    return either(
        draw,
        shape,
        offset=draw.randint(-4, 4),
        dim1=draw.axis(len(shape)),
        dim2=draw.axis(len(shape)),
    )


def diag_embed(draw: Draw) -> Case:
    """Draw a diag_embed."""
    shape = draw.shape(0 if draw.chance(0.06) else 1, 3)
    if draw.chance(0.35):
        return on(shape, *draw.pick((), (draw.randint(-2, 2),)))
    return either(
        draw,
        shape,
        offset=draw.randint(-2, 2),
        dim1=draw.axis(len(shape) + 1),
        dim2=draw.axis(len(shape) + 1),
    )


FUNCTIONS: dict[str, Generator] = {
    "narrow": narrow,
    "select": select,
    "getitem": getitem,
    "index_select": index_select,
    "gather": gather,
    "scatter": scatter,
    "take_along_dim": take_along_dim,
    "unfold": unfold,
    **dict.fromkeys(words("tril triu"), triangle),
    "diag": diag,
    "diagonal": diagonal,
    "diag_embed": diag_embed,
}
