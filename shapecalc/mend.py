"""How to mend a misfit: the argument to change, or the inputs that fit. Each fix is tried before it is offered.

Arguments of the layer that failed, or of layers before it (where branches don't agree, their padding), become
unknowns, and the solver says which values fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

from .boxes import Box
from .dims import Dim
from .errors import ShapecalcError, ShapeError
from .facts import Facts
from .given import guessed_shape, hyperparameters
from .infer import Result, infer, propagate_net
from .net import Layer, Net, Shape, references, size_json, symbols_of_shapes
from .question import BATCH, ask, cut
from .registry import LayerType, Registry
from .relations import compare
from .same_padding import branches, same_paddings
from .sets import IntSet
from .solve import Solution, answer
from .spots import Spot, is_padding, put_node, spots_of
from .syntax import Call, Constant, Name, Node, names_in, parse, to_text
from .windows import window_of

UNKNOWN = "x_"  # the names of unknown arguments begin with it
_MOST_TRIED = 24  # changes that are tried for one misfit
_MOST_OFFERED = 4
_MOST_TOGETHER = 4  # arguments that are changed at once
_MOST_BEFORE = 6  # layers before the misfit that are changed
_MOST_AFTER = 16  # layers after the misfit that are changed with it
_MOST_CHANGES = 3  # of these, where an input fits: what makes the net anew is no repair then
_LIKELY = (64, 224, 32, 28, 256, 97)  # sizes that stand for symbols while fixes are looked for
_SMALL = (3, 1)  # numbers that stand for arguments, likewise


class Fix(NamedTuple):
    """One way to mend a net, which has been tried.

    `kind` is "argument" (the layer's call becomes `call`, and later layers' calls those of `also`)
    or "input" (`inputs` fit). `then` is the layer that misfits next, where the fix doesn't mend the net.
    """

    kind: str
    layer: str | None
    text: str
    call: str | None = None
    inputs: dict[str, list[int | str]] | None = None
    also: dict[str, str] | None = None
    then: str | None = None

    @property
    def calls(self) -> dict[str, str]:
        """The new call of each layer that it changes."""
        own = {} if self.layer is None or self.call is None else {self.layer: self.call}
        return {**own, **(self.also or {})}

    def to_dict(self) -> dict[str, Any]:
        """Give the fix as JSON has it."""
        return {key: value for key, value in self._asdict().items() if value is not None}


def fixes_for(result: Result) -> tuple[Fix, ...]:
    """Find ways to mend the first misfit of a result."""
    error = result.error
    if error is None:
        return ()
    layer = next((item for item in result.net.layers if item.name == error.layer), None)
    if layer is None or layer.call is None:  # a relation of the net's own
        return tuple(_inputs(result, None))
    other = _instead(result, layer, layer.call, error)
    if other is not None:
        return (_with_later_layers(result, other),)
    changes: dict[frozenset[tuple[str, str]], Fix] = {}
    for further in (False, True):
        if any(fix.then is None for fix in changes.values()):
            break  # layers before are changed only where the layer itself can't mend the net
        for fix in _arguments(result, layer, error, further=further):
            longer = _with_later_layers(result, fix)
            if longer.then is None or not further:
                changes.setdefault(frozenset(longer.calls.items()), longer)
    inputs = [*_inputs(result, layer)]
    most = _MOST_CHANGES if any(fix.then is None for fix in inputs) else _MOST_AFTER
    small = [fix for fix in changes.values() if len(fix.also or {}) <= most or _joins(layer)]
    found = (*small, *inputs)
    found = tuple([fix for item in found for fix in _where(result, item)])
    whole = tuple([fix for fix in found if fix.then is None])
    return whole or found  # what mends this layer alone, only where nothing mends the net


def _where(result: Result, fix: Fix) -> Iterator[Fix]:
    """Say for which sizes a fix is, where they are symbols; one for a single batch is none."""
    if not fix.calls or not result.symbols:
        yield fix
        return
    changed = _changed(result, result.net, fix.calls)
    new = [item for item in changed.conditions if item not in result.conditions and "==" in item]
    if not any(BATCH in names_in(parse(item)) for item in new):
        yield fix._replace(text=f"{fix.text} where {' and '.join(new)}") if new else fix


# --------------------------------------------------------------------------------- arguments


def _instead(result: Result, layer: Layer, call: Call, error: ShapeError) -> Fix | None:
    """Offer the function that does what this one refuses, where the registry names one."""
    other = result.propagation.registry.find(call.function).data.get("instead") or {}
    if error.kind not in other:
        return None
    text = to_text(call._replace(function=other[error.kind]))
    try:
        again = _changed(result, cut(result.net, layer.name), {layer.name: text})
    except ShapecalcError:
        return None
    return None if again.errors else Fix("argument", layer.name, f"{layer.name}: {text}", text)


class _Trial(NamedTuple):
    """Integers of one layer's call that are changed together."""

    owner: Layer
    call: Call
    spots: tuple[Spot, ...]


def _arguments(
    result: Result, layer: Layer, error: ShapeError, *, further: bool = False
) -> Iterator[Fix]:
    """Yield changes that mend a misfit: of its own layer's call, `further` or else of those before."""
    numbers = _with_numbers(result, layer.name)
    if numbers is None:
        return
    net = cut(result.net, layer.name)
    registry = result.propagation.registry
    offered: set[str] = set()
    if _joins(layer):
        for fix in _same_sizes(result, numbers, net, layer):
            offered.add(fix.call or "")
            yield fix
    tried = 0
    for trials in _rounds(registry, net, layer, error.kind):
        for trial in trials:
            tried += 1
            if tried > _MOST_TRIED or len(offered) == _MOST_OFFERED:
                return
            call = _call_that_fits(numbers, net, trial)
            if call is None or call in offered or not _fits(result, net, trial, call):
                continue
            offered.add(call)
            yield Fix("argument", trial.owner.name, f"{trial.owner.name}: {call}", call)
            if trial.owner is layer and trial.spots[0].parameter.name == error.kind and not further:
                return
        if offered and not _joins(layer) and not further:
            return


def _rounds(registry: Registry, net: Net, layer: Layer, kind: str) -> Iterator[list[_Trial]]:
    """Yield changes to try: of the layer, of several of its arguments, of layers before it.

    Where branches meet, paddings of layers before are tried first.
    """
    assert layer.call is not None
    spots = list(spots_of(registry, layer.call))
    spots.sort(key=lambda spot: spot.parameter.name != kind)
    yield [_Trial(layer, layer.call, (spot,)) for spot in spots]
    groups: dict[str, list[Spot]] = {}
    for spot in spots:
        groups.setdefault(spot.parameter.name, []).append(spot)
    together = [own for own in groups.values() if 1 < len(own) <= _MOST_TOGETHER]
    yield [_Trial(layer, layer.call, tuple(own)) for own in together]
    if 1 < len(spots) <= _MOST_TOGETHER and not together:
        yield [_Trial(layer, layer.call, tuple(spots))]
    paddings: list[_Trial] = []
    others: list[_Trial] = []
    for owner in _before(net, layer):
        assert owner.call is not None
        for spot in spots_of(registry, owner.call):
            trial = _Trial(owner, owner.call, (spot,))
            (paddings if is_padding(spot.parameter) else others).append(trial)
        paddings += _paddings_left_out(registry.find(owner.call.function), owner)
    yield paddings if _joins(layer) else []
    yield others


def _same_sizes(result: Result, numbers: Result, net: Net, layer: Layer) -> Iterator[Fix]:
    """Offer the paddings with which windows keep their sizes: of the branches that meet, or all before."""
    tried: list[dict[str, Call]] = [{}]
    for owners in (branches(net, layer), net.layers):
        calls = same_paddings(numbers, owners)
        if calls in tried:
            continue
        tried.append(calls)
        (name, call), *others = ((owner, to_text(call)) for owner, call in calls.items())
        fix = Fix(
            "argument", name, _text({name: call, **dict(others)}), call, also=dict(others) or None
        )
        try:
            again = _changed(result, net, {name: call, **dict(others)})
        except ShapecalcError:
            continue
        if not again.errors:
            yield fix


def _text(calls: Mapping[str, str]) -> str:
    return " and ".join(f"{name}: {call}" for name, call in calls.items())


def _joins(layer: Layer) -> bool:
    return len(layer.sources) + len(layer.named) > 1


def _with_numbers(result: Result, layer: str) -> Result | None:
    """Give a result whose symbols are numbers and whose misfit is the same layer's."""
    sizes = symbols_of_shapes(result.inputs.values())
    given = _values(result)
    registry = result.propagation.registry
    arguments = hyperparameters(result.net, registry).keys() - given.keys()
    if not sizes and not arguments:
        return result
    for number, argument in product(_LIKELY, _SMALL if arguments - sizes else _SMALL[:1]):
        values = dict(given)
        for name in sizes | arguments:
            wanted = 2 if name == BATCH else number if name in sizes else argument
            fitting = result.symbols.get(name, IntSet.interval(1)).nearest(wanted)
            values[name] = next((size for size in fitting if size is not None), wanted)
        shapes: dict[str, Shape] = {
            name: tuple([s if isinstance(s, int) else s.substitute(values) for s in shape])
            for name, shape in result.inputs.items()
        }
        found = propagate_net(result.net, shapes, Facts(mixing=None), values, registry)
        if found.error is not None and found.error.layer == layer:
            return found
    return None


def _values(result: Result) -> dict[str, int]:
    """Give the values of symbols that the net was given."""
    environment = result.propagation.environment
    return {name: value for name, value in environment.items() if type(value) is int}


def _with_later_layers(result: Result, fix: Fix) -> Fix:
    """Add what later layers need then, such as the in_features after a flatten that was changed.

    Where one of them can't be mended by an argument, the fix says which.
    """
    then = None
    calls = fix.calls
    first = len(calls)
    while len(calls) <= first + _MOST_AFTER:
        try:
            changed = _changed(result, result.net, calls)
        except ShapecalcError:
            break
        error = changed.error
        if error is None:
            also = {name: call for name, call in calls.items() if name != fix.layer}
            return fix._replace(text=_text(calls), also=also or None)
        then = error.layer or "where"
        layer = next((item for item in changed.net.layers if item.name == error.layer), None)
        if layer is None or layer.call is None or layer.name in calls:
            break
        more = next(_of_layer(changed, layer, error), {})
        if more.keys() <= calls.keys():
            break
        calls |= more
    text = f"{fix.text}, and then {then} is to mend" if then else fix.text
    return fix._replace(text=text, then=then)


def _of_layer(result: Result, layer: Layer, error: ShapeError) -> Iterator[dict[str, str]]:
    """Yield calls that mend a misfit in its own layer, or in all of the branches that meet there."""
    for fix in _arguments(result, layer, error):
        if fix.layer == layer.name or _joins(layer):
            yield fix.calls


def _before(net: Net, layer: Layer) -> list[Layer]:
    """Give the nearest layers before one."""
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


def _paddings_left_out(type_: LayerType, owner: Layer) -> Iterator[_Trial]:
    call = owner.call
    assert call is not None
    given = len(call.arguments)
    named = dict(call.keywords)
    for index, parameter in enumerate(type_.parameters):
        if is_padding(parameter) and index >= given and parameter.name not in named:
            longer = call._replace(keywords=(*call.keywords, (parameter.name, Constant(0))))
            spot = Spot(parameter, 0, (("keyword", len(call.keywords)),))
            yield _Trial(owner, longer, (spot,))


def _with(trial: _Trial, nodes: Iterable[Node]) -> Call:
    call: Node = trial.call
    for spot, node in zip(trial.spots, nodes, strict=True):
        call = put_node(call, spot.path, node)
    assert isinstance(call, Call)
    return call


def _replaced(net: Net, calls: Mapping[str, Call]) -> Net:
    layers = []
    for item in net.layers:
        call = calls.get(item.name) or calls.get(item.shares or "")
        layers.append(item._replace(call=call) if call is not None else item)
    return net._replace(layers=tuple(layers))


def _changed(result: Result, net: Net, calls: Mapping[str, str]) -> Result:
    """Propagate the same inputs through a net with changed calls."""
    parsed = {name: parse(text) for name, text in calls.items()}
    changed = _replaced(
        net, {name: call for name, call in parsed.items() if isinstance(call, Call)}
    )
    shapes: dict[str, Shape] = {name: result.inputs[name] for name in changed.inputs}
    registry = result.propagation.registry
    return infer(changed, input=shapes, set=_values(result), registry=registry)


def _call_that_fits(result: Result, net: Net, trial: _Trial) -> str | None:
    """Solve for arguments; of the values that fit, take the nearest to what is there."""
    names = [f"{UNKNOWN}{index}" for index in range(len(trial.spots))]
    changed = _replaced(net, {trial.owner.name: _with(trial, map(Name, names))})
    given = {name: result.inputs[name] for name in changed.inputs}
    try:
        question = ask(
            changed,
            unknowns=names,
            given=given,
            values=_values(result),
            registry=result.propagation.registry,
        )
        best = answer(question).system.closest(
            {name: spot.value for name, spot in zip(names, trial.spots, strict=True)}
        )
    except ShapecalcError:
        return None
    if best is None:
        return None
    changes = [(spot, best[name]) for name, spot in zip(names, trial.spots, strict=True)]
    if all(value == spot.value for spot, value in changes):
        return None
    if any(spot.parameter.is_per_axis and value > 4 * spot.value + 4 for spot, value in changes):
        return None  # a kernel of 17 in the place of 3 is no repair
    return to_text(_with(trial, [Constant(best[name]) for name in names]))


def _fits(result: Result, net: Net, trial: _Trial, call: str) -> bool:
    """Try a changed call: everything up to the layer that failed must fit now, without odd padding."""
    try:
        again = _changed(result, net, {trial.owner.name: call})
    except ShapecalcError:
        return False
    if again.errors:
        return False
    if not is_padding(trial.spots[0].parameter) or trial.owner.name not in again:
        return True
    window = window_of(again[trial.owner.name])
    if window is None:
        return True
    pairs = zip(window["padding"], window["kernel"], strict=True)
    return all(compare(padding, "<", kernel) is not False for padding, kernel in pairs)


# ------------------------------------------------------------------------------------ inputs


def _inputs(result: Result, layer: Layer | None) -> Iterator[Fix]:
    """Offer the input sizes with which the net runs; where the whole net has none, up to the layer."""
    solution = _accepted(result, result.net)
    then = None
    if solution is None:
        moved = next(_moved(result), None)
        if moved is not None:
            shapes = {name: [*map(size_json, shape)] for name, shape in moved.items()}
            shown = ", ".join(f"{name} {_shape_text(shape)}" for name, shape in shapes.items())
            yield Fix("input", None, f"an input that fits: {shown}", inputs=shapes)
            return
        solution = _accepted(result, result.net, given=False)
    if solution is None and layer is not None:
        solution = _accepted(result, cut(result.net, layer.name))
        then = "a layer after it"
    if solution is None or solution.recommended is None:
        return
    question = solution.question
    shapes = solution.shapes_at(_nearest(result, solution, solution.recommended))
    for name, shape in result.inputs.items():
        if name in shapes and shape and shapes[name][:1] == ["N"]:
            first = shape[0] if len(shape) == len(shapes[name]) else 1
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
    shown = ", ".join(f"{name} {_shape_text(shape)}" for name, shape in shapes.items())
    if then is not None and layer is not None:
        text = f"an input that fits up to {layer.name}: {shown} ({sizes})"
    elif fitting == result.inputs:
        text = f"values that fit: {sizes}"
    else:
        text = f"an input that fits: {shown} ({sizes})"
    yield Fix("input", None, text, inputs=shapes, then=then)


def _moved(result: Result) -> Iterator[dict[str, Shape]]:
    """Yield the same sizes with a batch or a channel in front, or with the channels moved there."""
    if len(result.inputs) != 1:
        return
    ((name, shape),) = result.inputs.items()
    try:
        wanted = guessed_shape(result.net, name, result.propagation.registry)
    except ShapecalcError:
        return
    first, last = shape[:1], shape[-1:]
    for sizes in (
        (1, *shape),
        (1, 1, *shape),
        (*first, 1, *shape[1:]),
        (*first, *last, *shape[1:-1]),
        (1, *last, *shape[:-1]),
    ):
        if len(sizes) == len(wanted) and all(
            size == own for size, own in zip(wanted, sizes, strict=True) if isinstance(size, int)
        ):
            again = propagate_net(
                result.net, {name: sizes}, Facts(mixing=None), {}, result.propagation.registry
            )
            if not again.errors:
                yield {name: sizes}


def _nearest(result: Result, solution: Solution, best: dict[str, int]) -> dict[str, int]:
    """Choose the solution nearest to the present sizes, or the recommended one where it is as near."""
    present = {
        str(size): own
        for name, shape in solution.question.shapes.items()
        for size, own in zip(shape, result.inputs[name], strict=False)
        if isinstance(own, int)
    }
    if not present.keys() >= set(solution.unknowns):
        return best
    closest = solution.system.closest(present)
    if closest is None:
        return best
    box = next((box for box in solution.boxes if box.contains(closest)), None)
    return best if box is not None and _is_small(box) and box.contains(best) else closest


def _is_small(box: Box) -> bool:
    """Say whether every size of a box ends, so that its best is near all others."""
    return all(isinstance(run.last, int) for runs in box.values() for run in runs)


def _accepted(result: Result, net: Net, *, given: bool = True) -> Solution | None:
    """Ask for the inputs that fit: of the rank and channels given, or of those that the layers need."""
    inputs = {name: result.inputs[name] if given else None for name in net.inputs}
    try:
        question = ask(net._replace(inputs=inputs), registry=result.propagation.registry)
        solution = answer(question)
    except ShapecalcError:
        return None
    return solution if solution.satisfiable else None


def _shape_text(shape: Iterable[object]) -> str:
    return "x".join(map(str, shape))


def _box_text(box: Any) -> str:
    parts = []
    for name, runs in box.items():
        if any(isinstance(end, Dim) for run in runs for end in run[:2]):
            parts.append(f"{name} by the others")
        else:
            parts.append(f"{name} = {box.values_of(name, {})}")
    return ", ".join(parts)


__all__ = ["Fix", "fixes_for"]
