"""Calls of functions that reshape, index, join or split."""

from __future__ import annotations

from functools import partial

from cases.dense import factors
from cases.draw import Case, Draw, Generator, Shape, Tensor, words


def on(shape: Shape, *positional: object, **named: object) -> Case:
    """Return a call on one tensor."""
    return Case((Tensor(shape),), named, positional)


def either(draw: Draw, shape: Shape, **arguments: object) -> Case:
    """Return a call on one tensor, its arguments by position, by name, or both."""
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
    """Draw a function that keeps the shape; seldom with arguments too many."""
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


FUNCTIONS: dict[str, Generator] = {
    "flatten": flatten,
    "ravel": partial(ranked, low=0, high=4),
    "view": view,
    "reshape": view,
    "permute": permute,
    **dict.fromkeys(words("transpose swapaxes swapdims"), two_axes),
    **dict.fromkeys(words("movedim moveaxis"), movedim),
    "t": partial(ranked, low=0, high=2),
    "adjoint": partial(ranked, low=2, high=4),
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "unflatten": unflatten,
    "expand": expand,
    "expand_as": expand_as,
    **dict.fromkeys(words("view_as reshape_as"), view_as),
    "broadcast_to": broadcast_to,
    "repeat": repeat,
    "tile": partial(repeat, shorter=True),
    "repeat_interleave": repeat_interleave,
    "roll": roll,
    "flip": flip,
    "fliplr": partial(ranked, low=2, high=4),
    "flipud": partial(ranked, low=1, high=4),
    "rot90": rot90,
    **dict.fromkeys(words("new_zeros new_ones new_empty"), new),
    "new_full": new_full,
    "pad": pad,
}
