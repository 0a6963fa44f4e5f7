"""Propagate shapes forwards through a net: every layer's output, what the net needs, what misfits."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any, NamedTuple

from .dims import Dim
from .errors import Location, ShapecalcError, ShapeError, SpecError
from .facts import Demand, Facts, Misfit
from .formula import FormulaError
from .given import (
    InputLike,
    as_shapes,
    hyperparameters,
    input_shapes,
    least_values,
    named_numbers,
    unused_values,
)
from .net import (
    Layer,
    Net,
    Reference,
    Shape,
    Size,
    nearest_layer,
    references,
    shape_json,
    size_json,
    sizes_used,
    source_json,
    symbols_of_shapes,
)
from .outputs import flatten_output
from .propagate import Propagation, Step
from .registry import Registry, default_registry
from .syntax import Node, to_text
from .where import relation_of, symbols_in

MAX_OTHER_CASES = 32  # cases that are run when it is open which of them a net's sizes are


def numel_of(shapes: Iterable[Shape]) -> Size:
    """Count the numbers that tensors of some shapes hold together."""
    total: Size = 0
    for shape in shapes:
        count: Size = 1
        for size in shape:
            count = count * size
        total = total + count
    return total


class Totals(NamedTuple):
    """Sums over a net: parameters and buffers held (shared ones once), multiply-accumulates."""

    parameters: Size
    buffers: Size
    macs: Size


class Result:
    """What propagating shapes through a net gave. `result["conv1"]` is a layer's :class:`Step`."""

    def __init__(
        self,
        net: Net,
        inputs: Mapping[str, Shape],
        steps: tuple[Step, ...],
        facts: Facts,
        errors: tuple[ShapeError, ...],
        propagation: Propagation,
    ) -> None:
        self.net = net
        self.inputs = inputs
        self.steps = steps
        self.errors = errors
        self.propagation = propagation
        self.demands: tuple[Demand, ...] = tuple(facts.demands)
        self.warnings: tuple[str, ...] = tuple(dict.fromkeys((*facts.warnings, *net.notes)))
        self.least = facts.least
        self._by_name = {step.layer.name: step for step in steps}
        self._solved: tuple[dict[str, Any], tuple[str, ...]] | None = None
        self._fixes: tuple[dict[str, Any], ...] | None = None

    def __getitem__(self, name: str) -> Step:
        if name not in self._by_name:
            raise self._without(name)
        return self._by_name[name]

    def _without(self, name: str) -> ShapecalcError:
        """Say why a layer has no result: there is none of the name, or it didn't fit."""
        if all(layer.name != name for layer in self.net.layers):
            hint = nearest_layer(self.net, name)
            return SpecError(f"the net has no layer {name}", hint=hint, code="S302")
        own = next((error for error in self.errors if error.layer == name), self.error)
        if own is not None and own is self.error and own.hint is None:
            own.hint = " or ".join(str(fix["text"]) for fix in self.fixes) or None
        if own is None or own.layer == name:
            return own or SpecError(f"{name} was left out", code="S302")
        why = f"{name} has no shape, since what it takes doesn't fit: {own.message}"
        return ShapeError(why, hint=own.hint, location=own.location, layer=own.layer, code=own.code)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @property
    def error(self) -> ShapeError | None:
        """The first misfit."""
        return self.errors[0] if self.errors else None

    @property
    def fixes(self) -> tuple[dict[str, Any], ...]:
        """Ways to mend the first misfit, each of which has been tried, as JSON has them."""
        if self._fixes is None:
            from .mend import fixes_for

            self._fixes = tuple(fix.to_dict() for fix in fixes_for(self))
        return self._fixes

    @property
    def outputs(self) -> dict[str, list[Shape]]:
        """The net's outputs by name; a layer with several outputs has several shapes."""
        found: dict[str, list[Shape]] = {}
        names = self.net.output_names or [
            str(item) if isinstance(item, Reference) else str(source_json(item))
            for item in self.net.outputs
        ]
        for name, source in zip(names, self.net.outputs, strict=True):
            try:
                found[name] = flatten_output(self.propagation.value(source))
            except (SpecError, ShapeError):
                continue  # a layer before it didn't fit
        return found

    @property
    def totals(self) -> Totals:
        """Parameters, buffers and multiply-accumulates of the whole net."""
        macs: Size = 0
        for step in self.steps:
            macs = macs + step.macs
        if self.net.state is None:
            own = [(step.parameters, step.buffers) for step in self.steps]
        else:
            own = [shapes for item, shapes in self.state() if item.alias is None]
        return Totals(
            numel_of(shape for parameters, _ in own for shape in parameters.values()),
            numel_of(shape for _, buffers in own for shape in buffers.values()),
            macs,
        )

    # ----------------------------------------------------------------------------- conditions

    @property
    def symbols(self) -> dict[str, Any]:
        """The symbols that occur, each with the set of values the net's conditions leave it."""
        return self._conditions()[0]

    @property
    def without_values(self) -> list[str]:
        """The symbols for which no value fits all layers."""
        return [name for name, values in self.symbols.items() if not values]

    @property
    def conditions(self) -> tuple[str, ...]:
        """What the net needs of its symbols: Python conditions, solved where one symbol is left."""
        return self._conditions()[1]

    def _conditions(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        if self._solved is None:
            free = sorted(_free_symbols(self))
            if not free and not self.demands:
                self._solved = ({}, ())
            else:
                from .conditions import solved_conditions

                self._solved = solved_conditions(self.demands, free, self.least)
        return self._solved

    # ---------------------------------------------------------------------------------- state

    def state(self) -> Iterator[tuple[Layer, tuple[Mapping[str, Shape], Mapping[str, Shape]]]]:
        """Yield each registered module with its parameters and buffers, in order of registration."""
        items = self.net.layers if self.net.state is None else self.net.state
        for item in items:
            if item.shares is not None:
                continue
            step = self._by_name.get(item.name)
            if item.alias is not None or item.call is None:
                yield item, ({}, {})
            elif step is not None and step.layer.shares is None:
                yield item, (step.parameters, step.buffers)
            else:
                try:
                    yield item, self.propagation.state(item.call)
                except (Misfit, FormulaError) as error:
                    message = f"{item.name}: {error}"
                    raise ShapeError(message, layer=item.name, location=item.location) from None

    # ---------------------------------------------------------------------------------- output

    def to_dict(self) -> dict[str, Any]:
        """Give the result as `infer --json` prints it."""
        totals = self.totals
        symbols = {
            name: values.to_list() if hasattr(values, "to_list") else values
            for name, values in self.symbols.items()
        }
        found: dict[str, Any] = {
            "version": 1,
            "kind": "inference",
            "net": {
                **self.net.to_dict(),
                "inputs": {name: shape_json(shape) for name, shape in self.inputs.items()},
            },
            "symbols": symbols,
            "layers": [step_json(step) for step in self.steps],
            "outputs": {
                name: [shape_json(shape) for shape in shapes]
                for name, shapes in self.outputs.items()
            },
            "conditions": list(self.conditions),
            "warnings": list(self.warnings),
            "totals": {key: size_json(value) for key, value in totals._asdict().items()},
        }
        if self.errors:
            hints = " or ".join(str(fix["text"]) for fix in self.fixes) or None
            first = self.errors[0].to_dict()
            first.setdefault("hint", hints)
            found["error"] = {**first, "fixes": list(self.fixes)}
            found["errors"] = [error.to_dict() for error in self.errors]
        return found

    def __repr__(self) -> str:
        outputs = ", ".join(
            f"{name} {'×'.join(map(str, shape))}"
            for name, shapes in self.outputs.items()
            for shape in shapes
        )
        return f"<Result of {self.net.name or 'a net'}: {outputs or self.error}>"

    def _repr_html_(self) -> str:
        from .render.html import result_html

        return result_html(self)


def step_json(step: Step) -> dict[str, Any]:
    """Give one layer's result as JSON has it."""
    entry = step.layer.to_dict()
    return {
        "name": step.layer.name,
        "type": step.type,
        "layer": entry.get("layer"),
        "from": entry.get("from", []),
        "outputs": [shape_json(shape) for shape in step.shapes],
        "parameters": {name: shape_json(shape) for name, shape in step.parameters.items()},
        "buffers": {name: shape_json(shape) for name, shape in step.buffers.items()},
        "parameter_count": size_json(step.parameter_count),
        "macs": size_json(step.macs),
    }


def _free_symbols(result: Result) -> set[str]:
    found = set(result.least) - result.propagation.environment.keys()
    found |= symbols_of_shapes(result.inputs.values())
    for demand in result.demands:
        found |= demand.relation.symbols
    return found


# ---------------------------------------------------------------------------------- inferring


def infer(
    net: Any,
    input: InputLike | str = None,  # noqa: A002
    set: Mapping[str, int] | None = None,  # noqa: A002
    registry: Registry | None = None,
) -> Result:
    """Propagate shapes through a net.

    `input` replaces the net's input shape, or several by name; identifiers in it are symbols. `set`
    gives symbols values. Misfits are in `result.errors`, not raised; what can't be read raises
    `SpecError`.

    >>> from shapecalc.readers import load
    >>> result = infer(load("Conv2d(3, 6, 5) | MaxPool2d(2)"), input=(1, 3, "H", 32))
    >>> result["1"].output_shape, result.conditions
    ((1, 6, Dim((H - 4)//2), 14), ('H >= 6',))
    """
    registry = registry or default_registry()
    if not isinstance(net, Net):
        from .loading import load

        net = load(net, input=input, registry=registry)
    input = as_shapes(input)  # noqa: A001 - the contract's name
    values = {**named_numbers(net, input), **(set or {})}
    shapes = input_shapes(net, input, values, registry)
    known = least_values(net, shapes, registry)
    mixing = frozenset[str]()
    if any(isinstance(size, Dim) for shape in shapes.values() for size in shape):
        own = {name: shape for name, shape in net.inputs.items() if shape is not None}
        if len(own) == len(net.inputs):
            mixing = mixed_views(net, own, values, registry)
    unused = unused_values(net, input, set or {}, registry)
    asked, strange = _relations_about(net, {*known, *values})

    def run(script: tuple[bool, ...]) -> tuple[Result, list[bool]]:
        facts = Facts(known, script, mixing=mixing, unites=True)
        facts.warnings += [*unused, *strange]
        result = propagate_net(asked, shapes, facts, values, registry)
        result.net = net
        return result, facts.choices

    result = _usual_case(run)
    if not result.errors:
        result.errors = tuple([_impossible(result, name) for name in result.without_values])
    return result


def _impossible(result: Result, name: str) -> ShapeError:
    """Name the first layer that leaves a symbol no value."""
    from .conditions import solved_conditions

    demands, free = result.demands, sorted(_free_symbols(result))
    for count in range(1, len(demands) + 1):
        if not solved_conditions(demands[:count], free, result.least)[0][name]:
            break
    owner = demands[count - 1].layer
    layer = next((item for item in result.net.layers if item.name == owner), None)
    if layer is None:
        return ShapeError(f"no value of {name} fits what `where` demands", code="S207")
    message = f"no value of {name} fits this layer and those before it"
    return ShapeError(message, layer=layer.name, location=layer.location, code="S207")


def _relations_about(net: Net, known: Container[str]) -> tuple[Net, list[str]]:
    """Leave out relations of symbols that the net doesn't have here; say so for each."""
    kept: list[tuple[Node, Location | None]] = []
    warnings: list[str] = []
    for node, place in zip_longest(net.where, net.where_places):
        strange = [name for name in dict.fromkeys(symbols_in(node)) if name not in known]
        if strange:
            warnings.append(f"where: {to_text(node)} is left out: there is no symbol {strange[0]}")
        else:
            kept.append((node, place))
    if not warnings:
        return net, warnings
    places = tuple([place for _, place in kept if place is not None])
    return net._replace(where=tuple([node for node, _ in kept]), where_places=places), warnings


def _usual_case(run: Callable[[tuple[bool, ...]], tuple[Result, list[bool]]]) -> Result:
    """Run the case that sizes mostly are, or, where the net can't run there, one in which it can.

    Which sizes are dropped by a squeeze, say, may be open. Where several cases run, a warning says
    that there are others than the one that is shown; where none does, it is the one that gets farthest.
    """
    farthest, choices = run(())
    fitting = [] if farthest.errors else [farthest]
    scripts = [(*choices[:index], not choices[index]) for index in range(len(choices))]
    for _ in range(MAX_OTHER_CASES):
        if not scripts or len(fitting) > 1:
            break
        script = scripts.pop()
        result, choices = run(script)
        scripts += [
            (*choices[:index], not choices[index]) for index in range(len(script), len(choices))
        ]
        if not result.errors and all(values for values in result.symbols.values()):
            fitting.append(result)
        elif len(result.steps) > len(farthest.steps):
            farthest = result
    if not fitting:
        return farthest
    if len(fitting) > 1 or scripts:
        fitting[0].warnings += (
            "the shapes are those where the conditions hold; other sizes may run as well, with"
            " other shapes",
        )
    return fitting[0]


def propagate_net(
    net: Net,
    shapes: Mapping[str, Shape],
    facts: Facts,
    values: Mapping[str, Size],
    registry: Registry,
    *,
    stop_after: str | None = None,
    raise_first: bool = False,
) -> Result:
    """Run a net's layers on input shapes; what depends on a layer that failed is left out."""
    propagation = Propagation(registry, shapes, facts, values)
    functions = {layer.call.function for layer in net.layers if layer.call is not None}
    propagation.layout.matters = any(registry.find(name).needs_order for name in functions)
    steps: list[Step] = []
    errors: list[ShapeError] = []
    failed: set[str] = set()
    if not net.layers and net.state:
        facts.warnings.append(
            "the text doesn't say how forward runs these modules: parameters only, and"
            " `shapecalc params` lists them"
        )
    wanted = [*zip_longest(net.where, net.where_places)]
    late = [item for item in wanted if "size(" in to_text(item[0])]
    for item in wanted:
        if item not in late:
            _demand_where(*item, propagation, errors)
    for layer in net.layers:
        if failed and not failed.isdisjoint(_needed(layer)):
            failed.add(layer.name)
            continue
        try:
            steps.append(propagation.step(layer))
        except ShapeError as error:
            if raise_first:
                raise
            errors.append(error)
            failed.add(layer.name)
        if layer.name == stop_after:
            break
    else:
        for item in late if not errors else ():  # conditions on the sizes of layers' outputs
            _demand_where(*item, propagation, errors)
    return Result(net, shapes, tuple(steps), facts, tuple(errors), propagation)


def _needed(layer: Layer) -> Iterator[str]:
    yield from (item.name for item in references(layer))
    yield from sizes_used(layer)


def _demand_where(
    node: Node, place: Location | None, propagation: Propagation, errors: list[ShapeError]
) -> None:
    try:
        relation = relation_of(node, propagation.environment)
    except SpecError as error:
        error.location = place
        raise
    except ShapeError as error:
        error.location = place
        errors.append(error)
        return
    propagation.facts.layer = "where"
    try:
        propagation.facts.require(relation, lambda: f"{to_text(node)} doesn't hold", "where")
    except Misfit as misfit:
        errors.append(ShapeError(misfit.message, code="S206", location=place))


def mixed_views(
    net: Net, shapes: Mapping[str, Shape], values: Mapping[str, int], registry: Registry
) -> frozenset[str]:
    """Find the views that fold other sizes into the batch at the sizes the spec gives itself."""
    if any(isinstance(size, Dim) for shape in shapes.values() for size in shape):
        return frozenset()
    if hyperparameters(net, registry).keys() - values.keys():
        return frozenset()
    result = propagate_net(net, shapes, Facts(), values, registry)
    if result.errors:
        return frozenset()
    return frozenset(warning.partition(":")[0] for warning in result.warnings)
