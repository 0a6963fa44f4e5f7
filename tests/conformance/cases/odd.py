"""Odd calls of every entry of the registry, made from its example.

Other generators say for each type what its calls look like. This one knows only what the registry
has: an example that works, and what each argument may be. It draws sizes of 0 and 1, shapes of other
ranks or of another input, numbers for tuples and tuples for numbers, None, floats, texts, arguments
by name and by position, and some that aren't there.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial

from entries import example_of

from cases.calls import Call, arguments, is_class
from cases.draw import Case, Draw, Generator, Shape, Tensor, Text, words
from cases.running import has_function, run
from shapecalc.registry import Kind, Parameter, default_registry
from shapecalc.syntax import Node, to_text

REGISTRY = default_registry()
DTYPES = ("float", "long", "bool", "complex")
MOST_MIXED = 4  # tensors whose dtypes are tried one against the other
STRANGE_NAMES = ("foo", "axis", "keepdims", "dims")

# What comes out is drawn at random or hangs on the elements; or there is no such device here.
LEFT_OUT = words(
    "unique unique_consecutive nonzero argwhere masked_select bincount multinomial one_hot item "
    "cuda xpu mps pin_memory type DataParallel DistributedDataParallel parameter buffer cholesky "
    "softmax log_softmax "  # of two namesakes, one takes None
    "scaled_dot_product_attention "  # reads values beyond their end where there are more keys
    # These crash without boxes or pictures, and take tensors of more dimensions, or shapes for sizes.
    "RoIAlign RoIPool PSRoIAlign PSRoIPool roi_align roi_pool ps_roi_align ps_roi_pool DeformConv2d "
    "FrozenBatchNorm2d stochastic_depth"
)
# Numbers that stand for tensors, of which shapes don't say how large they are.
NUMBERS_COUNT = words("quantile nanquantile bernoulli bernoulli_")
# Functions with several signatures, each with names of its own, or with none.
UNNAMED = words(
    "getitem einsum split vsplit hsplit dsplit tensor_split arange randint randint_like"
)
UNNAMED += words("hamming_window kaiser_window squeeze scatter uniform_ random_")


def _call(name: str, *, by_name: bool = False) -> Case | None:
    """Read the example of an entry as a case whose tensors are all of floats."""
    found = example_of(REGISTRY.find(name), REGISTRY)
    if found is None:
        return None
    call, shapes = found
    type_ = REGISTRY.find(name)
    read = _as_it_stands if name in NUMBERS_COUNT else _value
    source: list[object] = list(range(len(shapes)))
    if by_name:
        source = [0, {item.name: i for i, item in enumerate(type_.inputs[: len(shapes)]) if i}]
    return Case(
        tuple(map(Tensor, shapes)),
        {key: _value(node) for key, node in call.keywords},
        tuple(map(read, call.arguments)),
        source=source,
    )


def _as_it_stands(node: Node) -> object:
    return Text(to_text(node))


def _value(node: Node) -> object:
    text = to_text(node)
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return Text(text)


@cache
def working_example(name: str) -> Case | None:
    """Give the example of an entry with dtypes that PyTorch takes; None where none works."""
    for by_name in (False, True):
        case = _call(name, by_name=by_name)
        if case is None or (by_name and len(case.inputs) < 2):
            return None
        for dtypes in _dtypes(len(case.inputs)):
            inputs = tuple(map(_filled, (tensor.shape for tensor in case.inputs), dtypes))
            made = Case(inputs, case.named, case.positional, source=case.source)
            if _works(name, made):
                return made
    return None


def _dtypes(count: int) -> list[tuple[str, ...]]:
    """List the dtypes that tensors may have, the likeliest first; of many tensors, floats only."""
    if count > MOST_MIXED:
        return [(DTYPES[0],) * count]
    return sorted(itertools.product(DTYPES, repeat=count), key=_strangeness)


def _strangeness(dtypes: Sequence[str]) -> int:
    return sum(map(DTYPES.index, dtypes))


def _filled(shape: Shape, dtype: str) -> Tensor:
    return Tensor(shape, dtype, 0 if dtype in ("long", "bool") else None)


def _works(name: str, case: Case) -> bool:
    from running import Outcome, with_numbers

    text = arguments(case.positional, case.named)
    call = Call(name, text, "", case.source or [], case.inputs)
    outcome = run(call)
    if outcome is None or "error" in outcome:
        return False
    row = call.row(0, outcome)
    made = with_numbers(row)
    wanted = Outcome.of_row(row)
    return made is not None and wanted is not None and made.outputs == wanted.outputs


def odd(draw: Draw, name: str) -> Case:
    """Draw an odd call of an entry."""
    case = working_example(name)
    assert case is not None, name
    shapes = [tensor.shape for tensor in case.inputs]
    if shapes and draw.chance(0.7):
        chosen = range(len(shapes)) if draw.chance(0.25) else [draw.randrange(len(shapes))]
        for index in chosen:
            shapes[index] = odd_shape(draw, shapes[index], shapes)
    inputs = tuple(map(_filled, shapes, (tensor.dtype for tensor in case.inputs)))
    positional, named = list(case.positional), dict(case.named)
    named |= _further(draw, name, named, len(positional))
    for _ in range(draw.pick(0, 0, 1, 1, 2)):
        _spoil_one(draw, positional, named)
    _respell(draw, name, positional, named)
    if draw.chance(0.02):
        named[draw.choice(STRANGE_NAMES)] = 1
    return Case(inputs, _shuffled(draw, named), tuple(positional), source=case.source)


def odd_shape(draw: Draw, shape: Shape, others: Sequence[Shape]) -> Shape:
    """Return a shape near this one, that of another input, or any."""
    sizes = list(shape)
    match draw.randrange(9):
        case 0:
            return draw.choice(others)
        case 1:
            return tuple(draw.pick(0, 1, 1, 2, 3, 4, 5) for _ in range(draw.randint(0, 5)))
        case 2:
            return (draw.pick(0, 1, 2, 3), *shape)
        case 3:
            return shape[1:]
        case 4:
            return shape[:-1]
        case 5:
            draw.shuffle(sizes)
        case 6 if sizes:
            index = draw.randrange(len(sizes))
            sizes[index] = draw.pick(0, 1, 1, 2, 3, sizes[index] + 1, max(0, sizes[index] - 1))
        case _:
            sizes = [
                draw.pick(0, 1, 2, 3, 4, 5, 7, size, size + 1, max(size - 1, 0))
                if draw.chance(0.4)
                else size
                for size in sizes
            ]
    return tuple(sizes)


def _further(
    draw: Draw, name: str, named: Mapping[str, object], positional: int
) -> dict[str, object]:
    """Give some arguments that the example hasn't."""
    spots = [spot for spot in REGISTRY.find(name).parameters if not spot.keywords]
    if name in UNNAMED:
        return {}
    used = {*named, *(spot.name for spot in spots[:positional])}
    if draw.chance(0.25):
        return {}
    found: dict[str, object] = {}
    for spot in spots:
        values = list(_values(spot))
        if values and spot.name not in used and not spot.variadic and draw.chance(0.18):
            value = draw.choice(values)
            found[spot.name] = odd_value(draw, value) if draw.chance(0.25) else value
    return found


def _values(spot: Parameter) -> Iterator[object]:
    """Say what an argument may be."""
    if any(isinstance(kind, Kind) and kind.base == "ignored" for kind in spot.kinds):
        return
    for kind in spot.kinds:
        if isinstance(kind, Kind):
            match kind.base, kind.form:
                case "bool" | "flag", _:
                    yield from (True, False)
                case "int", "one":
                    yield from (-1, 0, 1, 2, 3)
                case "int", "per axis":
                    yield from (0, 1, 2, 3, (1, 2), (2,), (3,), (1, 1, 2), (2, 1))
                case "int", _:
                    yield from (1, 2, (1,), (1, 2), (0, 1), (-1,), (), (2, 1, 3))
                case "number", "one":
                    yield from (0.5, 1, 2.0, 0.0, -1)
                case "number", _:
                    yield from (0.5, (1.5, 2), (2.0,))
        elif kind != "()":
            yield kind


def _spoil_one(draw: Draw, positional: list[object], named: dict[str, object]) -> None:
    places: list[int | str] = [*range(len(positional)), *named]
    if not places:
        return
    match draw.choice(places):
        case int(place):
            positional[place] = odd_value(draw, positional[place])
        case str(name):
            named[name] = odd_value(draw, named[name])


def odd_value(draw: Draw, value: object) -> object:
    """Return another value: of the same kind or of another."""
    match value:
        case bool():
            return draw.pick(True, False, not value, 0, 1, None)
        case int():
            near = [-3, -2, -1, 0, 1, 2, 3, 4, value + 1, value - 1, -value, 2 * value]
            others = [float(value), 1.5, 0.0, None, (), (value,), (value, value), (1, 2), [value]]
            return draw.choice([*near, *others])
        case float():
            return draw.pick(0.0, -value, 2 * value, 1, 0, 2, -1, None, (value,))
        case str():
            return draw.pick("foo", value.upper(), None, 0, "", "none", "sum", "same")
        case None:
            return draw.pick(0, 1, 2, -1, 1.0, (1,), (1, 2), (2, 2), "none")
        case tuple() | list():
            return _odd_sequence(draw, value)
        case _:
            return value


def _odd_sequence(draw: Draw, value: tuple[object, ...] | list[object]) -> object:
    items = list(value)
    match draw.randrange(7):
        case 0 if items:
            items.pop(draw.randrange(len(items)))
        case 1:
            items.insert(draw.randint(0, len(items)), draw.pick(-1, 0, 1, 2, 3))
        case 2:
            draw.shuffle(items)
        case 3:
            return draw.pick(1, 2, 0, -1, None)
        case 4:
            return items if isinstance(value, tuple) else tuple(items)
        case _ if items:
            index = draw.randrange(len(items))
            items[index] = odd_value(draw, items[index])
    return type(value)(items)


def _respell(draw: Draw, name: str, positional: list[object], named: dict[str, object]) -> None:
    """Name some arguments that the example has by position; those of classes may go the other way.

    A tensor that may be left out can come before an argument by position. Which it is then, the
    sources of a net don't say; so functions keep named what is named.
    """
    spots = [spot for spot in REGISTRY.find(name).parameters if not (spot.keywords or spot.named)]
    if any(spot.variadic for spot in spots) or name in UNNAMED or len(positional) > len(spots):
        return
    while positional and draw.chance(0.15):
        value = positional.pop()
        named[spots[len(positional)].name] = value
    while is_class(name) and len(positional) < len(spots) and draw.chance(0.5):
        spot = spots[len(positional)]
        if spot.name not in named:
            break
        positional.append(named.pop(spot.name))


def _shuffled(draw: Draw, named: Mapping[str, object]) -> dict[str, object]:
    items = list(named.items())
    draw.shuffle(items)
    return dict(items)


ODD: Mapping[str, Generator] = {
    name: partial(odd, name=name)
    for name in REGISTRY.names()
    if name not in LEFT_OUT and has_function(name) and working_example(name) is not None
}
