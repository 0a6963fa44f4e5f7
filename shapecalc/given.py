"""What a net is given: input shapes, as the user, the spec or its first layers have them, and values of symbols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import index
from typing import Any, TypeAlias

from .arguments import lowest_unknowns
from .dims import Dim, symbol, symbols_of
from .errors import Location, SpecError
from .formula import ARITHMETIC, Compiler, FormulaError, Scope
from .net import Layer, Net, Reference, Shape, Size, references
from .registry import LayerType, Registry
from .syntax import Call, Conditional, Constant, Name, Node, Star, names_in, parse
from .syntax import Sequence as Tuple

LETTERS = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}

ShapeLike: TypeAlias = "tuple[int | str | Dim, ...] | list[int | str | Dim]"
InputLike: TypeAlias = "ShapeLike | Mapping[str | None, ShapeLike] | Mapping[str, ShapeLike] | None"


def as_shapes(given: Any) -> InputLike:
    """Read shapes that are written as text, `1x3x32x32`, alone or by name."""
    if isinstance(given, Mapping):
        shapes: dict[str, Any] = {name: as_shapes(shape) for name, shape in given.items()}
        return shapes
    if isinstance(given, list | tuple):
        return tuple([size if isinstance(size, Dim) else _size_of(size) for size in given])
    if given is None:
        return None
    from .readers.shapes import shape_of

    return shape_of(given)


def _size_of(size: Any) -> Size:
    """Read a size that is text, or a number of Python's, numpy's or torch's."""
    from .readers.shapes import check_size, parse_size

    if isinstance(size, str):
        return parse_size(size.strip())
    is_number = hasattr(size, "__index__") and not isinstance(size, bool)
    return check_size(index(size) if is_number else size)


def named_numbers(net: Net, given: InputLike) -> dict[str, int]:
    """Give the values that shapes given from outside put in the place of the spec's own symbols.

    A symbol that gets two values by them has none.
    """
    found: dict[str, list[int]] = {}
    for key, shape in shapes_by_name(net, given).items():
        own = net.inputs.get(key) or ()
        if len(own) != len(shape):
            continue
        for size, number in zip(own, shape, strict=True):
            name = str(size)
            if not isinstance(size, int) and isinstance(number, int) and name.isidentifier():
                found.setdefault(name, []).append(number)
    return {name: numbers[0] for name, numbers in found.items() if len({*numbers}) == 1}


def shapes_by_name(net: Net, given: InputLike) -> dict[str, ShapeLike]:
    """Name the shapes that are given without names: they stand in the order of the inputs."""
    names = list(net.inputs)
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        return {next(iter(names), "input"): given}
    found: dict[str, ShapeLike] = {}
    for key, shape in given.items():
        name: object = key
        if not isinstance(name, str):  # the command line's shapes without names
            place = key if isinstance(key, int) else 0
            if place >= max(len(names), 1):
                raise SpecError(
                    f"{len(given)} shapes are given, and the net has {len(names)} inputs",
                    hint=f"its inputs are: {', '.join(names)}",
                    code="S117",
                )
            name = names[place] if names else "input"
        found[str(name)] = shape
    return found


def _of_inputs(net: Net, given: InputLike) -> dict[str, ShapeLike]:
    """Name shapes, all of which must be of the net's inputs."""
    found = shapes_by_name(net, given)
    for name in found:
        if name not in net.inputs:
            known = ", ".join(net.inputs)
            raise SpecError(
                f"the net has no input {name}", hint=f"its inputs are: {known}", code="S117"
            )
    return found


def with_shapes(net: Net, given: InputLike) -> Net:
    """Put shapes that are given in the place of those that the net says.

    Raises `SpecError` for an input that the net doesn't have.
    """
    found = {
        name: tuple([_size(item, {}) for item in shape])
        for name, shape in _of_inputs(net, given).items()
    }
    return net._replace(inputs={**net.inputs, **found})


def input_shapes(
    net: Net, given: InputLike, values: Mapping[str, Size], registry: Registry
) -> dict[str, Shape]:
    """Give every input its shape: as given, as the net says, or as its first layers need it."""
    by_name = _of_inputs(net, given)
    found: dict[str, Shape] = {}
    open_ = any(by_name.get(name, shape) is None for name, shape in net.inputs.items())
    if not net.layers and (open_ or not net.outputs):  # modules whose forward isn't known
        return found
    for name, shape in net.inputs.items():
        chosen = by_name.get(name, shape)
        if chosen is None:
            chosen = guessed_shape(net, name, registry)
        found[name] = tuple([_size(item, values) for item in chosen])
    return found


def _size(item: int | str | Dim, values: Mapping[str, Size]) -> Size:
    if isinstance(item, str):
        item = symbol(item) if item.isidentifier() else size_of_text(item)
    if isinstance(item, Dim):
        replaced: Size = item.substitute(values)
        return replaced
    return item


class _Symbols(Scope):
    """Names that stand for symbols."""

    __slots__ = ()

    def __missing__(self, name: str) -> Dim:
        return symbol(name)


def size_of_text(text: str) -> Size:
    """Read a size such as `2*H + 1`, whose identifiers are symbols.

    Raises `SpecError` when it is none.
    """
    try:
        found = Compiler(ARITHMETIC).single(parse(text))(_Symbols(), 0)
    except FormulaError as error:
        raise SpecError(f"`{text}` is not a size: {error}", code="S117") from None
    if not isinstance(found, (int, Dim)):
        raise SpecError(f"`{text}` is not a size", code="S117")
    return found


def guessed_shape(net: Net, name: str, registry: Registry) -> Shape:
    """Find an input's rank and channels from the first layers that say something about them.

    Raises `SpecError` where none does.
    """
    place: Location | None = None
    for layer, type_, current in first_layers(net, name, registry):
        place = place or layer.location
        shape = _shape_for(type_, layer, current)
        if shape is not None:
            sizes = [size_of_text(size) if isinstance(size, str) else size for size in shape]
            return tuple(sizes)
    raise SpecError(
        f"the net doesn't say what shape {name} has",
        hint=f"give it: --input {name}=SHAPE",
        location=place,
        code="S118",
    )


def first_layers(net: Net, name: str, registry: Registry) -> Iterator[tuple[Layer, LayerType, str]]:
    """Yield the layers that take an input, with the tensor they take it as: others may keep its shape."""
    waiting = [name]
    seen = {name}
    while waiting:
        current = waiting.pop(0)
        for layer in net.layers:
            if layer.call is None or not any(item.name == current for item in references(layer)):
                continue
            type_ = registry.find(layer.call.function)
            yield layer, type_, current
            if layer.name not in seen and _keeps_shape(type_):
                seen.add(layer.name)
                waiting.append(layer.name)


def _keeps_shape(type_: LayerType) -> bool:
    """Say whether a layer's output always has its one input's shape."""
    return len(type_.inputs) == 1 and type_.data.get("output", "input") == "input"


def _shape_for(type_: LayerType, layer: Layer, current: str) -> tuple[int | str, ...] | None:
    place = next(
        (i for i, s in enumerate(layer.sources) if isinstance(s, Reference) and s.name == current),
        None,
    )
    if place is None or place >= len(type_.inputs):
        return None
    pattern = type_.inputs[place].pattern
    while isinstance(pattern, Conditional):
        pattern = pattern.no
    if not isinstance(pattern, Tuple) or pattern.optional:
        return None
    axes = type_.axes if isinstance(type_.axes, int) else (type_.axes or (0,))[-1]
    assert layer.call is not None
    given = argument_nodes(type_, layer.call)
    constants = {name: size for name, node in given.items() if (size := _literal(node))}
    found: list[int | str] = []
    for part in pattern.items:
        match part:
            case Star(Name(star)) if star in given:
                node = given[star]
                items = node.items if isinstance(node, Tuple) else (node,)
                found += [_literal(item) or "F" for item in items]
            case Star(Name(star)):
                found += LETTERS.get(axes, ()) if star.startswith("L") else ("N",)
            case Tuple((Name(letter),)):
                found.append(letter)
            case Name(word) if word in constants:
                found.append(constants[word])
            case Name(word):
                found.append(
                    word if len(word) == 1 else "F" if len(found) == 1 else word[:1].upper()
                )
            case _:
                return None
    return tuple(found)


def argument_nodes(type_: LayerType, call: Call) -> dict[str, Node]:
    """Give the arguments of a call by the names of their parameters, as they are written."""
    slots = zip(type_.parameters, call.arguments, strict=False)
    return {**{parameter.name: node for parameter, node in slots}, **dict(call.keywords)}


def _literal(node: Node) -> int | None:
    return node.value if isinstance(node, Constant) and type(node.value) is int else None


def least_values(
    net: Net, shapes: Mapping[str, Shape], registry: Registry
) -> dict[str, tuple[int, int | None]]:
    """Give every symbol the least value it may have: sizes 1, paddings 0."""
    found: dict[str, tuple[int, int | None]] = {}
    for name, least in hyperparameters(net, registry).items():
        found[name] = (least, None)
    for shape in shapes.values():
        for size in shape:
            if isinstance(size, Dim):
                for name in size.symbols:
                    found.setdefault(name, (1, None))
    return found


def hyperparameters(net: Net, registry: Registry) -> dict[str, int]:
    """Give the free identifiers in layers' arguments, and the least value each may have."""
    found: dict[str, int] = {}
    seen: set[int] = set()
    for layer in net.layers:
        if layer.call is None or id(layer.call) in seen:
            continue
        seen.add(id(layer.call))
        if not _has_names(layer.call):
            continue
        for name, least in lowest_unknowns(registry.find(layer.call.function), layer.call).items():
            found[name] = max(least, found.get(name, 0))
    return found


def _has_names(node: Node) -> bool:
    return any(True for _ in names_in(node))


def unused_values(
    net: Net, given: InputLike, values: Mapping[str, int], registry: Registry
) -> list[str]:
    """Warn of values for names that the net doesn't have, which are likely typing mistakes."""
    if not values:
        return []
    known = dict.fromkeys(hyperparameters(net, registry))
    for shape in (*net.inputs.values(), *input_shapes(net, given, {}, registry).values()):
        for size in shape or ():
            known.update(dict.fromkeys(sorted(symbols_of(_size(size, {})))))
    known.update(dict.fromkeys(name for node in net.where for name in names_in(node)))
    names = ", ".join(known) or "none"
    return [
        f"{name} = {value} changes nothing: the net has no symbol {name}; its symbols: {names}"
        for name, value in values.items()
        if name not in known
    ]
