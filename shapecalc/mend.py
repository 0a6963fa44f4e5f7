"""How to mend a misfit: the argument to change, or the inputs that fit. Each fix is tried before it is offered.

An argument of the layer that failed (or, where branches don't agree, the padding of a layer before it)
becomes an unknown, and the solver says which values fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from .dims import Dim
from .errors import ShapecalcError, ShapeError
from .facts import Facts
from .infer import Result, propagate_net
from .net import Layer, Net, Shape, references
from .registry import Kind, LayerType, Parameter
from .solve import Solution, answer, ask, cut
from .syntax import Call, Constant, Name, Node, parse, to_text
from .syntax import Sequence as Tuple

UNKNOWN = "x_"  # the name of the unknown argument
_MOST_TRIED = 10
_MOST_BEFORE = 6  # layers before a join whose padding is tried
_MOST_AFTER = 16  # layers after the misfit that are changed with it


class Fix(NamedTuple):
    """One way to mend a net, which has been tried.

    `kind` is "argument" (the layer's call becomes `call`, and later layers' calls those of `also`)
    or "input" (`inputs` fit).
    """

    kind: str
    layer: str | None
    text: str
    call: str | None = None
    inputs: dict[str, list[int | str]] | None = None
    also: dict[str, str] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the fix as JSON has it."""
        return {key: value for key, value in self._asdict().items() if value is not None}


def fixes_for(result: Result) -> tuple[Fix, ...]:
    """Find ways to mend the first misfit of a result whose sizes are numbers."""
    error = result.error
    if error is None or error.layer is None:
        return ()
    layer = next((item for item in result.net.layers if item.name == error.layer), None)
    if layer is None or layer.call is None:
        return ()
    changes = [_with_later_layers(result, fix) for fix in _arguments(result, layer, error)]
    return (*changes, *_inputs(result, layer))


# --------------------------------------------------------------------------------- arguments


class _Spot(NamedTuple):
    """An integer in a call that could be another: the parameter it is for, and the changed call."""

    parameter: Parameter
    value: int
    call: Call
    place: tuple[Any, ...]


def _arguments(result: Result, layer: Layer, error: ShapeError) -> Iterator[Fix]:
    if any(isinstance(size, Dim) for shape in result.inputs.values() for size in shape):
        return
    registry = result.propagation.registry
    net = cut(result.net, layer.name)
    tried = 0
    offered: set[str] = set()
    for owner in (layer, *_before(net, layer)):
        assert owner.call is not None
        type_ = registry.find(owner.call.function)
        spots = sorted(_spots(type_, owner.call), key=lambda s: s.parameter.name != error.kind)
        if owner is not layer:
            spots += _paddings_left_out(type_, owner.call)
        for spot in spots:
            if owner is not layer and not _is_padding(spot.parameter):
                continue
            tried += 1
            if tried > _MOST_TRIED:
                return
            value = _value_that_fits(result, net, owner, spot)
            if value is None:
                continue
            call = to_text(_with_value(spot, value))
            if call in offered or not _fits(result, net, owner, call):
                continue
            offered.add(call)
            yield Fix("argument", owner.name, f"{owner.name}: {call}", call)
            if spot.parameter.name == error.kind:
                return


def _with_later_layers(result: Result, fix: Fix) -> Fix:
    """Add what later layers need then, such as the in_features after a flatten that was changed.

    Where one of them can't be mended by an argument, the fix stays as it is.
    """
    also: dict[str, str] = {}
    current: Fix | None = fix
    while current is not None and len(also) <= _MOST_AFTER:
        assert current.layer is not None
        assert current.call is not None
        try:
            result = _changed(result, result.net, current.layer, current.call)
        except ShapecalcError:
            break
        error = result.error
        if error is None:
            texts = [fix.text, *(f"{name}: {call}" for name, call in also.items())]
            return fix._replace(text=" and ".join(texts), also=also or None)
        layer = next((item for item in result.net.layers if item.name == error.layer), None)
        if layer is None or layer.call is None or layer.name in also:
            break
        own = (item for item in _arguments(result, layer, error) if item.layer == layer.name)
        current = next(own, None)
        if current is not None and current.call is not None:
            also[layer.name] = current.call
    return fix


def _is_padding(parameter: Parameter) -> bool:
    """A count for each axis, which may be 0: what a layer adds around its input or output."""
    return any(
        isinstance(kind, Kind) and kind.form == "per axis" and kind.lowest == 0
        for kind in parameter.kinds
    )


def _before(net: Net, layer: Layer) -> list[Layer]:
    """Give the nearest layers before one that joins branches."""
    if len(layer.sources) + len(layer.named) < 2:
        return []
    by_name = {item.name: item for item in net.layers}
    found: list[Layer] = []
    waiting = [item.name for item in references(layer)]
    while waiting and len(found) < _MOST_BEFORE:
        name = waiting.pop(0)
        item = by_name.get(name)
        if item is None or item in found or item.call is None:
            continue
        found.append(item)
        waiting += [other.name for other in references(item)]
    return found


def _spots(type_: LayerType, call: Call) -> Iterator[_Spot]:
    slots = [item for item in type_.parameters if not item.keywords]
    for index, node in enumerate(call.arguments):
        if not slots:
            return
        parameter = slots[min(index, len(slots) - 1)]
        yield from _places(parameter, node, ("argument", index), call)
    known = {item.name: item for item in type_.parameters}
    for index, (name, node) in enumerate(call.keywords):
        if name in known:
            yield from _places(known[name], node, ("keyword", index), call)


def _paddings_left_out(type_: LayerType, call: Call) -> Iterator[_Spot]:
    given = len(call.arguments)
    named = dict(call.keywords)
    for index, parameter in enumerate(type_.parameters):
        if _is_padding(parameter) and index >= given and parameter.name not in named:
            longer = call._replace(keywords=(*call.keywords, (parameter.name, Constant(0))))
            yield _Spot(parameter, 0, longer, ("keyword", len(call.keywords)))


def _places(
    parameter: Parameter, node: Node, place: tuple[Any, ...], call: Call
) -> Iterator[_Spot]:
    sizes = any(isinstance(kind, Kind) and kind.base == "int" for kind in parameter.kinds)
    if not sizes:
        return
    if isinstance(node, Constant) and type(node.value) is int and node.value >= 0:
        yield _Spot(parameter, node.value, call, place)
    if isinstance(node, Tuple):
        for index, item in enumerate(node.items):
            if isinstance(item, Constant) and type(item.value) is int and item.value >= 0:
                yield _Spot(parameter, item.value, call, (*place, index))


def _with_node(spot: _Spot, node: Node) -> Call:
    kind, index, *inner = spot.place
    call = spot.call
    old = call.arguments[index] if kind == "argument" else call.keywords[index][1]
    if inner:
        assert isinstance(old, Tuple)
        items = list(old.items)
        items[inner[0]] = node
        node = Tuple(tuple(items), old.optional)
    if kind == "argument":
        given = list(call.arguments)
        given[index] = node
        return call._replace(arguments=tuple(given))
    named = list(call.keywords)
    named[index] = (named[index][0], node)
    return call._replace(keywords=tuple(named))


def _with_value(spot: _Spot, value: int) -> Call:
    return _with_node(spot, Constant(value))


def _replaced(net: Net, owner: str, call: Call) -> Net:
    layers = tuple(
        item._replace(call=call) if owner in (item.name, item.shares) else item
        for item in net.layers
    )
    return net._replace(layers=layers)


def _changed(result: Result, net: Net, owner: str, call: str) -> Result:
    """Propagate the same inputs through a net with a changed call."""
    changed = _replaced(net, owner, parse(call))  # type: ignore[arg-type]  # the text of a call
    shapes: dict[str, Shape] = {name: result.inputs[name] for name in changed.inputs}
    return propagate_net(changed, shapes, Facts(mixing=None), {}, result.propagation.registry)


def _value_that_fits(result: Result, net: Net, owner: Layer, spot: _Spot) -> int | None:
    """Solve for an argument; of the values that fit, the nearest to what is there."""
    changed = _replaced(net, owner.name, _with_node(spot, Name(UNKNOWN)))
    given = {name: result.inputs[name] for name in changed.inputs}
    try:
        question = ask(
            changed,
            (),
            upto=None,
            unknowns=(UNKNOWN,),
            where=(),
            given=given,
            square=False,
            mix_batch=False,
            values={},
            registry=result.propagation.registry,
        )
        solution = answer(question)
    except ShapecalcError:
        return None
    best: int | None = None
    for box in solution.boxes:
        for value in box.values_of(UNKNOWN, {}).nearest(spot.value):
            if value is not None and (
                best is None or abs(value - spot.value) < abs(best - spot.value)
            ):
                best = value
    return None if best == spot.value else best


def _fits(result: Result, net: Net, owner: Layer, call: str) -> bool:
    """Try a changed call: everything up to the layer that failed must fit now."""
    try:
        return not _changed(result, net, owner.name, call).errors
    except ShapecalcError:
        return False


# ------------------------------------------------------------------------------------ inputs


def _inputs(result: Result, layer: Layer) -> Iterator[Fix]:
    """Offer the input sizes with which the net runs; where the whole net has none, up to the layer."""
    solution = _accepted(result, result.net) or _accepted(result, cut(result.net, layer.name))
    if solution is None or solution.recommended is None:
        return
    question = solution.question
    shapes = solution.shapes_at(solution.recommended)
    for name, shape in result.inputs.items():
        if name in shapes and shape and shapes[name][:1] == ["N"]:
            first = shape[0]
            shapes[name] = [first if isinstance(first, int) else str(first), *shapes[name][1:]]
    fitting: dict[str, Shape] = {
        name: tuple([size for size in shape if isinstance(size, int)])
        for name, shape in shapes.items()
    }
    if any(len(shape) < len(shapes[name]) for name, shape in fitting.items()):
        return  # a size that isn't a number
    again = propagate_net(
        question.net,
        fitting,
        Facts(mixing=None),
        {},
        result.propagation.registry,
    )
    if again.errors:
        return
    sizes = "; ".join(_box_text(box) for box in solution.boxes[:4])
    if len(solution.boxes) > 4:
        sizes += "; ..."
    shown = ", ".join(f"{name} {'x'.join(map(str, shape))}" for name, shape in shapes.items())
    yield Fix("input", None, f"an input that fits: {shown} ({sizes})", inputs=shapes)


def _accepted(result: Result, net: Net) -> Solution | None:
    try:
        question = ask(
            net._replace(inputs={name: result.inputs[name] for name in net.inputs}),
            (),
            upto=None,
            unknowns=None,
            where=(),
            given=None,
            square=False,
            mix_batch=False,
            values={},
            registry=result.propagation.registry,
        )
        solution = answer(question)
    except ShapecalcError:
        return None
    return solution if solution.satisfiable else None


def _box_text(box: Any) -> str:
    parts = []
    for name, runs in box.items():
        if any(isinstance(end, Dim) for run in runs for end in run[:2]):
            parts.append(f"{name} by the others")
        else:
            parts.append(f"{name} = {box.values_of(name, {})}")
    return ", ".join(parts)


__all__ = ["Fix", "fixes_for"]
