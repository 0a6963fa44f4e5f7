"""Calls of functions that reshape, index, join or split."""

from __future__ import annotations

from functools import partial

from cases.dense import broadcastable, factors
from cases.draw import Case, Draw, Generator, Shape, Tensor, Text


def on(shape: Shape, *positional: object, **named: object) -> Case:
    """Return a call on one tensor."""
    return Case((Tensor(shape),), named, positional)


def either(draw: Draw, shape: Shape, **arguments: object) -> Case:
    """Return a call on one tensor whose arguments are written by position, by name, or first one then the other."""
    count = draw.randint(0, len(arguments)) if draw.chance(0.5) else len(arguments)
    names = list(arguments)
    return Case(
        (Tensor(shape),),
        {name: arguments[name] for name in names[count:]},
        tuple(arguments[name] for name in names[:count]),
    )


def sizes(draw: Draw, values: tuple[object, ...]) -> tuple[object, ...]:
    """Write sizes as several arguments, or as one tuple or list."""
    return draw.pick(values, values, (values,), (list(values),)) if values else draw.pick((), ((),))


def plain(draw: Draw, *positional: object, **named: object) -> Case:
    """Draw a function that keeps the shape, with arguments that are always the same; seldom with one too many."""
    extra = (1, 2, 3, 4) if draw.chance(0.06) else ()
    return Case((Tensor(draw.shape(0, 5)),), named, (*positional, *extra))


def flatten(draw: Draw) -> Case:
    """Draw a flatten or an unsqueezing relative of it."""
    shape = draw.shape(0, 5)
    named = {
        **draw.some(0.6, start_dim=draw.axis(len(shape))),
        **draw.some(0.4, end_dim=draw.axis(len(shape))),
    }
    if "start_dim" in named and draw.chance(0.6):
        return Case(
            (Tensor(shape),),
            {k: v for k, v in named.items() if k == "end_dim"},
            (named["start_dim"],),
        )
    return Case((Tensor(shape),), named)


def view(draw: Draw) -> Case:
    """Draw a view or reshape into factors of the size."""
    shape = draw.shape(0, 5)
    number = 1
    for size in shape:
        number *= size
    target = factors(draw, number)
    if draw.chance(0.15) and shape:
        target = (shape[0], -1)
    return on(shape, *sizes(draw, target))


def permute(draw: Draw) -> Case:
    """Draw a permute."""
    shape = draw.shape(0, 5)
    order = [
        axis - len(shape) if draw.chance(0.25) else axis
        for axis in draw.sample(range(len(shape)), len(shape))
    ]
    if draw.chance(0.12) and order:
        order[draw.randrange(len(order))] = draw.axis(len(shape), beyond=0.5)
    return on(shape, *sizes(draw, tuple(order)))


def two_axes(draw: Draw) -> Case:
    """Draw a transpose or swapaxes."""
    shape = draw.shape(0, 5)
    return on(shape, draw.axis(len(shape)), draw.axis(len(shape)))


def movedim(draw: Draw) -> Case:
    """Draw a movedim."""
    shape = draw.shape(0 if draw.chance(0.1) else 1, 5)
    if draw.chance(0.5):
        return either(draw, shape, source=draw.axis(len(shape)), destination=draw.axis(len(shape)))
    count = draw.randint(1, max(1, len(shape)))
    axes = range(max(count, len(shape)))
    source, destination = tuple(draw.sample(axes, count)), tuple(draw.sample(axes, count))
    return on(
        shape,
        source if draw.chance(0.92) else source[:-1],
        tuple(a - len(shape) if draw.chance(0.2) else a for a in destination),
    )


def squeeze(draw: Draw) -> Case:
    """Draw a squeeze of a tensor that has axes of size 1."""
    shape = tuple(1 if draw.chance(0.45) else size for size in draw.shape(0, 5))
    if draw.chance(0.2):
        return on(shape)
    argument: object = draw.axis(len(shape)) if draw.chance(0.6) else draw.dims(len(shape))
    return either(draw, shape, dim=argument)


def unsqueeze(draw: Draw) -> Case:
    """Draw an unsqueeze."""
    shape = draw.shape(0, 5)
    return either(draw, shape, dim=draw.axis(len(shape) + 1))


def unflatten(draw: Draw) -> Case:
    """Draw an unflatten."""
    shape = list(draw.shape(1, 4, most=4))
    axis = draw.axis(len(shape))
    size = draw.pick(1, 4, 6, 8, 12)
    if -len(shape) <= axis < len(shape):
        shape[axis] = size
    return either(draw, tuple(shape), dim=axis, sizes=factors(draw, size))


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
        argument = tuple(cuts) if at_indices else tuple(parts)
        if at_indices and draw.chance(0.2):
            argument = tuple(draw.randint(-size - 1, size + 1) for _ in range(2))
        if draw.chance(0.3):
            argument = list(argument)  # type: ignore[call-overload]
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


def expand(draw: Draw) -> Case:
    """Draw an expand."""
    shape = tuple(1 if draw.chance(0.5) else size for size in draw.shape(0, 4))
    target = [
        draw.pick(-1, draw.size(0 if draw.chance(0.1) else 1, 5))
        if size == 1
        else draw.pick(-1, size)
        for size in shape
    ]
    if draw.chance(0.35):
        target = [draw.pick(1, 2, 3, 0, -1) for _ in range(draw.randint(1, 2))] + target
    return on(shape, *sizes(draw, tuple(target)))


def expand_as(draw: Draw) -> Case:
    """Draw an expand_as, view_as or broadcast_to-like call on two tensors."""
    other = draw.shape(0, 4)
    shape = tuple(1 if draw.chance(0.4) else size for size in other)[
        draw.randint(0, len(other)) if draw.chance(0.4) else 0 :
    ]
    return Case((Tensor(shape), Tensor(other)))


def view_as(draw: Draw) -> Case:
    """Draw a view_as or reshape_as."""
    shape = draw.shape(1, 4)
    other = list(shape)
    draw.shuffle(other)
    return Case(
        (Tensor(shape), Tensor(tuple(other) if draw.chance(0.85) else draw.spoilt_shape(shape)))
    )


def broadcast_to(draw: Draw) -> Case:
    """Draw a broadcast_to."""
    case = expand_as(draw)
    return on(case.inputs[0].shape, case.inputs[1].shape)


def repeat(draw: Draw, *, shorter: bool = False) -> Case:
    """Draw a repeat, or a tile, which may have fewer numbers than axes."""
    shape = draw.shape(0, 4, most=4)
    count = max(
        0, len(shape) + draw.pick(0, 0, 1, 2, -1 if not shorter else -2, -1 if shorter else 0)
    )
    return on(
        shape,
        *sizes(
            draw,
            tuple(
                draw.pick(1, 1, 2, 3, 4) if draw.chance(0.92) else draw.pick(0, -1)
                for _ in range(count)
            ),
        ),
    )


def repeat_interleave(draw: Draw) -> Case:
    """Draw a repeat_interleave."""
    shape = draw.shape(0, 4, most=4)
    repeats = draw.pick(0, 1, 2, 2, 3, 4)
    if draw.chance(0.3):
        return on(shape, repeats)
    axis = draw.axis(len(shape))
    return on(shape, repeats, axis) if draw.chance(0.4) else on(shape, repeats, dim=axis)


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
        return Text(
            f"slice({ends[0]}, {ends[1]}, {draw.pick(1, 2, 2, 3, -1 if draw.chance(0.3) else 4, 0 if draw.chance(0.3) else 2)})"
        )
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


def roll(draw: Draw) -> Case:
    """Draw a roll."""
    shape = draw.shape(0, 4)
    if draw.chance(0.2):
        return on(shape, draw.randint(-3, 3))
    if draw.chance(0.5):
        return either(draw, shape, shifts=draw.randint(-3, 3), dims=draw.axis(len(shape)))
    dims = draw.dims(len(shape))
    shifts = tuple(draw.randint(-3, 3) for _ in dims)
    return either(draw, shape, shifts=shifts if draw.chance(0.9) else (*shifts, 1), dims=dims)


def flip(draw: Draw) -> Case:
    """Draw a flip."""
    shape = draw.shape(0, 4)
    if draw.chance(0.4):
        return on(shape, draw.axis(len(shape)))
    return on(shape, *sizes(draw, draw.dims(len(shape))))


def rot90(draw: Draw) -> Case:
    """Draw a rot90."""
    shape = draw.shape(0 if draw.chance(0.08) else 2, 4)
    if draw.chance(0.3):
        return on(shape, draw.randint(-3, 4))
    return either(
        draw, shape, k=draw.randint(-3, 4), dims=(draw.axis(len(shape)), draw.axis(len(shape)))
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


def ranked(draw: Draw, low: int, high: int) -> Case:
    """Draw a function without arguments that wants a rank between the two."""
    return on(draw.shape(low, high) if draw.chance(0.85) else draw.shape(0, 5))


def new(draw: Draw) -> Case:
    """Draw a new_zeros, new_ones or new_empty, whose shape does not depend on the tensor."""
    return on(draw.shape(0, 3), *sizes(draw, draw.shape(0, 4)))


def new_full(draw: Draw) -> Case:
    """Draw a new_full."""
    return on(draw.shape(0, 3), draw.shape(0, 4), draw.pick(0, 1.5))


def pad(draw: Draw) -> Case:
    """Draw a functional pad."""
    mode = draw.pick("constant", "constant", "reflect", "replicate", "circular")
    shape = draw.shape(1, 5) if mode == "constant" else draw.shape(2, 5)
    axes = (
        draw.randint(1, len(shape))
        if mode == "constant"
        else draw.pick(max(1, len(shape) - 2), max(1, len(shape) - 1), 1, 2)
    )
    pads: list[int] = []
    for size in list(reversed(shape))[:axes]:
        most = {"reflect": max(size - 1, 0), "circular": size}.get(mode, 4)
        pads += [
            draw.pick(0, 1, most, draw.randint(-2, most), most + 1)
            if draw.chance(0.6)
            else draw.randint(0, most)
            for _ in range(2)
        ]
    if draw.chance(0.05):
        pads.append(1)
    named: dict[str, object] = {} if mode == "constant" and draw.chance(0.5) else {"mode": mode}
    if mode == "constant" or draw.chance(0.04):
        named |= draw.some(0.3, value=draw.pick(1.0, 0.0, -2))
    return Case((Tensor(shape),), named, (tuple(pads) if draw.chance(0.8) else list(pads),))


def dimension_atleast(draw: Draw) -> Case:
    """Draw an atleast_Nd of one tensor or several."""
    return Case(tuple(Tensor(draw.shape(0, 4)) for _ in range(draw.pick(1, 2))))


FUNCTIONS: dict[str, Generator] = {
    "flatten": flatten,
    "ravel": partial(ranked, low=0, high=4),
    "view": view,
    "reshape": view,
    "permute": permute,
    "transpose": two_axes,
    "swapaxes": two_axes,
    "swapdims": two_axes,
    "movedim": movedim,
    "moveaxis": movedim,
    "t": partial(ranked, low=0, high=2),
    "adjoint": partial(ranked, low=2, high=4),
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "unflatten": unflatten,
    **dict.fromkeys(("cat", "concat", "concatenate"), join),
    "stack": partial(join, stack=True),
    "hstack": partial(join_plain, axis=1),
    "vstack": partial(join_plain, axis=0),
    "dstack": partial(join_plain, axis=2),
    "column_stack": partial(join_plain, axis=1),
    "broadcast_tensors": several,
    "meshgrid": meshgrid,
    "chunk": chunk,
    "split": split,
    "tensor_split": partial(split, at_indices=True),
    "hsplit": partial(split_plain, ranks=(1, 3)),
    "vsplit": partial(split_plain, ranks=(2, 3)),
    "dsplit": partial(split_plain, ranks=(3, 4)),
    "unbind": unbind,
    "expand": expand,
    "expand_as": expand_as,
    "view_as": view_as,
    "reshape_as": view_as,
    "broadcast_to": broadcast_to,
    "repeat": repeat,
    "tile": partial(repeat, shorter=True),
    "repeat_interleave": repeat_interleave,
    "narrow": narrow,
    "select": select,
    "getitem": getitem,
    "index_select": index_select,
    "gather": gather,
    "scatter": scatter,
    "take_along_dim": take_along_dim,
    "unfold": unfold,
    "roll": roll,
    "flip": flip,
    "fliplr": partial(ranked, low=2, high=4),
    "flipud": partial(ranked, low=1, high=4),
    "rot90": rot90,
    "tril": triangle,
    "triu": triangle,
    "diag": diag,
    "diagonal": diagonal,
    "diag_embed": diag_embed,
    "atleast_1d": dimension_atleast,
    "atleast_2d": dimension_atleast,
    "atleast_3d": dimension_atleast,
    "new_zeros": new,
    "new_ones": new,
    "new_empty": new,
    "new_full": new_full,
    "pad": pad,
}
_OFTEN_USED = [
    "flatten",
    "view",
    "reshape",
    "permute",
    "transpose",
    "squeeze",
    "unsqueeze",
    "cat",
    "concat",
    "stack",
    "chunk",
    "split",
    "expand",
    "repeat",
    "narrow",
    "select",
    "getitem",
    "unfold",
    "pad",
    "roll",
    "flip",
    "movedim",
    "swapaxes",
    "tile",
    "unbind",
    "tensor_split",
    "unflatten",
    "repeat_interleave",
]
ROWS = dict.fromkeys(_OFTEN_USED, 34) | {
    "getitem": 80,
    "view": 40,
    "reshape": 40,
    "cat": 40,
    "pad": 60,
    "ravel": 8,
}
ROWS |= dict.fromkeys(
    (
        "new_ones",
        "new_empty",
        "concatenate",
        "moveaxis",
        "swapdims",
        "adjoint",
        "column_stack",
        "atleast_1d",
    ),
    8,
)
