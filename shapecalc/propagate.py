"""Shapes through layers: one layer's rule applied to its inputs, layer after layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from itertools import product
from typing import Any, NamedTuple

from .arguments import Bound, Environment, Tensor, bind, complete, demand_ranges, evaluate_argument
from .dims import Dim
from .errors import ShapecalcError, ShapeError, SpecError
from .facts import Facts, Misfit
from .formula import FormulaError, Value, show
from .layout import Layout
from .matching import demand_tensors, match_input, rank_message
from .net import Layer, Reference, Shape, Size, Source
from .outputs import Output, are_strides, flatten_output, is_shape, numel
from .registry import Input, LayerType, Registry
from .relations import Relation, compare
from .scope import LayerScope
from .syntax import Call, Conditional, Constant, Name, Node, Star, names_in, parts_of, to_text
from .syntax import Sequence as Tuple

MAX_DEPTH = 20  # modules inside modules


class Step(NamedTuple):
    """What one layer made of its inputs. Names of parameters and buffers are relative to it."""

    layer: Layer
    type: str
    outputs: Output
    parameters: Mapping[str, Shape]
    buffers: Mapping[str, Shape]
    macs: Size
    scope: Mapping[str, Value]
    inputs: tuple[Output, ...] = ()

    @property
    def parameter_count(self) -> Size:
        """How many numbers its own parameters hold."""
        total: Size = 0
        for shape in self.parameters.values():
            total = total + numel(shape)
        return total

    @property
    def shapes(self) -> list[Shape]:
        """The shapes of its outputs, nested tuples flattened in order."""
        return flatten_output(self.outputs)

    @property
    def output_shape(self) -> Shape:
        """The shape of its output, or of the first where it has several."""
        return self.shapes[0]

    def __repr__(self) -> str:
        made = ", ".join(show(shape) or "()" for shape in self.shapes)
        return f"<Step {self.layer}: {made}>"


_NO_STATE: tuple[Mapping[str, Shape], Mapping[str, Shape]] = ({}, {})


class Applied(NamedTuple):
    """A call applied to shapes."""

    output: Output
    scope: LayerScope
    state: tuple[Mapping[str, Shape], Mapping[str, Shape]]
    macs: Size


class Construction(NamedTuple):
    """A layer as its call makes it, before it has seen an input."""

    type: LayerType
    values: dict[str, Value]
    bound: Bound
    forward: Bound
    axes: int | None  # None: the input's rank says


class Propagation:
    """Propagates shapes, layer by layer; equal calls on equal shapes are worked out once."""

    def __init__(
        self,
        registry: Registry,
        inputs: Mapping[str, Shape | None],
        facts: Facts | None = None,
        symbols: Mapping[str, Size] | None = None,
    ) -> None:
        self.registry = registry
        self.facts = Facts() if facts is None else facts
        self.values: dict[str, Output] = dict(inputs)
        self.environment = Environment(
            symbols or {}, registry, self.facts, self._size, self._tensor
        )
        self._constructed: dict[tuple[int, int, frozenset[str]], tuple[Call, Construction]] = {}
        self._applied: dict[Any, tuple[Call, Applied]] = {}
        self._constant: dict[int, tuple[Call, bool]] = {}
        self.layout = Layout()

    # --------------------------------------------------------------------------------- values

    def value(self, source: Source) -> Output:
        """Give the output that a source names; raises `ShapeError` where there is none."""
        if not isinstance(source, Reference):
            return tuple([self.value(item) for item in source])
        try:
            found = self.values[source.name]
        except KeyError:
            raise SpecError(f"there is no {source.name} before this", code="S114") from None
        for index in source.path:
            if is_shape(found) or found is None or not -len(found) <= index < len(found):
                raise ShapeError(
                    f"{source.name} has no output {source}",
                    hint="only a layer with several outputs can be followed by [0], [1], ...",
                    code="S205",
                )
            found = found[index]
        return found

    def _size(self, call: Call) -> Size:
        """Evaluate `size(conv1, 2)`."""
        match call.arguments:
            case (Name(name), dim) | (Constant(str(name)), dim):
                where, _, tail = name.partition("[")
                path = tuple(int(part.strip("[]")) for part in tail.split("][") if part)
            case (subscript, dim):
                where, path = _subscripted(subscript)
            case _:
                raise SpecError("size takes a layer and a dimension: size(conv1, 2)", code="S112")
        shape = self.value(Reference(where, path))
        at = evaluate_argument(dim, self.environment)
        if not is_shape(shape) or type(at) is not int or not -len(shape) <= at < len(shape):
            raise ShapeError(f"{where} has no size {show(at)}", code="S205")
        found: Size = shape[at]
        return found

    def _tensor(self, call: Call) -> Tensor:
        output = self.apply(call, [], {}, self.facts, 1)[0]
        if not is_shape(output):
            raise FormulaError(f"{to_text(call)} is not one tensor")
        return Tensor(output)

    # ----------------------------------------------------------------------------------- steps

    def step(self, layer: Layer) -> Step:
        """Apply a layer; raises `ShapeError` when its inputs don't fit."""
        if layer.call is None:
            return Step(layer, "alias", None, {}, {}, 0, {})
        self.facts.layer = layer.name
        try:
            inputs = [self.value(source) for source in layer.sources]
            named = {name: self.value(source) for name, source in layer.named}
            done = self._remembered(layer.call, inputs, named)
            layout = self.layout
            if layout.matters and (layout.odd or not done.scope.type.keeps_order):
                self._lay(layer, inputs, done)
            if self.registry.has_own:
                self._demand_kinds(layer, done)
        except Misfit as misfit:
            raise self._error(layer, misfit) from None
        except FormulaError as error:
            # what can't be worked out for an unknown argument may be for its numbers
            names = frozenset(names_in(layer.call)) - self.environment.keys()
            raise self._error(layer, Misfit(str(error), open_=error.open or names)) from None
        except OverflowError as error:
            raise self._error(layer, Misfit(str(error))) from None
        except RecursionError:
            raise self._error(layer, Misfit("the call is nested too deeply")) from None
        except ShapecalcError as error:
            _place(error, layer)
            raise
        except (TypeError, ValueError, AttributeError, LookupError) as error:
            fault = self._blamed(layer.call).fault(error)
            _place(fault, layer)
            raise fault from None
        self.values[layer.name] = done.output
        parameters, buffers = done.state if layer.shares is None else _NO_STATE
        name = done.scope.type.name
        return Step(
            layer, name, done.output, parameters, buffers, done.macs, done.scope, tuple(inputs)
        )

    def _blamed(self, call: Call) -> LayerType:
        """Give the type whose formulas are to blame: a user's, also inside one of ours."""
        calls = [part for part in _calls_in(call) if self.registry.knows(part.function)]
        types = [self.registry.find(part.function) for part in calls]
        return next((type_ for type_ in types if not type_.is_ours), types[0])

    def _demand_kinds(self, layer: Layer, done: Applied) -> None:
        """Demand of a user's formulas that they give what is worked on: sizes, and shapes of them."""
        assert layer.call is not None
        type_ = self._blamed(layer.call)
        if type_.is_ours:
            return
        if not is_shape((done.macs,)):
            raise type_.fail(f"`macs` gives {show(done.macs)}, which is no number")
        for name, shape in (*done.state[0].items(), *done.state[1].items()):
            if not isinstance(name, str) or not is_shape(shape):
                what = f"{show(name) if not isinstance(name, str) else name} among the weights"
                raise type_.fail(f"{what} would be {show(shape)}, which is no shape")
        strides = self.layout.odd.get(layer.name)
        if not are_strides(strides, done.output):
            what = f"`strides` gives {show(strides)}, and not a number for each dimension"
            raise type_.fail(f"{what} of {show(done.output)}")

    def _lay(self, layer: Layer, inputs: list[Output], done: Applied) -> None:
        try:
            self.layout.note(layer, inputs, done.scope, done.output)
        except Misfit as misfit:
            misfit.wording = _wording(done.scope, misfit.kind)  # type: ignore[attr-defined]
            raise

    def _error(self, layer: Layer, misfit: Misfit) -> ShapeError:
        code = {"rank": "S202", "check": "S201"}.get(misfit.kind, "S203")
        error = ShapeError(misfit.message, layer=layer.name, location=layer.location, code=code)
        error.kind = misfit.kind
        error.relation = misfit.relation
        error.open = misfit.open
        error.wording = getattr(misfit, "wording", None)
        return error

    def _remembered(self, call: Call, inputs: list[Output], named: dict[str, Output]) -> Applied:
        """Apply a call, or give what it gave before on the same shapes."""
        if not self._is_constant(call):
            return self._worked_out(call, inputs, named)
        key = (id(call), *inputs, *named.items())
        known = self._applied.get(key)
        if known is not None:
            return known[1]
        facts = self.facts
        before = len(facts.demands) + len(facts.choices) + len(facts.warnings)
        found = self._worked_out(call, inputs, named)
        if before == len(facts.demands) + len(facts.choices) + len(facts.warnings):
            # A rule that asked nothing gives the same answer again.
            self._applied[key] = (call, found)
        return found

    def _worked_out(self, call: Call, inputs: list[Output], named: dict[str, Output]) -> Applied:
        output, scope = self.apply(call, inputs, named, self.facts, 0)
        state = _NO_STATE if _stateless(scope.type) else self._state_of(scope)
        macs = scope.type.macs(scope, 0) if scope.type.macs is not None else 0
        return Applied(output, scope, state, macs)

    def _is_constant(self, call: Call) -> bool:
        known = self._constant.get(id(call))
        if known is None:
            free = any(True for _ in names_in(call)) or "size(" in to_text(call)
            known = self._constant[id(call)] = (call, not free)
        return known[1]

    # ---------------------------------------------------------------------------- constructing

    def construct(
        self,
        call: Call,
        sources: int,
        facts: Facts,
        depth: int = 0,
        named: frozenset[str] = frozenset(),
    ) -> Construction:
        """Bind a call's arguments; `sources` tensors come from elsewhere, and some by name."""
        if depth > MAX_DEPTH:
            raise FormulaError("modules are nested too deeply")
        key = (id(call), sources, named)
        known = self._constructed.get(key)
        if known is not None:
            return known[1]
        type_ = self.registry.find(call.function)
        free = free_slots(type_, sources, named)
        made = self._construct(type_, call, free, facts, depth)
        if self._is_constant(call):
            self._constructed[key] = (call, made)
        return made

    def _construct(
        self, type_: LayerType, call: Call, free: tuple[Input, ...], facts: Facts, depth: int
    ) -> Construction:
        none = Bound({}, (), {})
        if type_.is_function and not type_.wraps:
            if call.forward is not None:
                raise SpecError(f"{type_.name} takes one pair of brackets", code="S112")
            bound = bind(
                type_, type_.parameters, call.arguments, call.keywords, self.environment, free
            )
            forward = none
        else:
            bound = bind(
                type_, type_.parameters, call.arguments, call.keywords, self.environment, ()
            )
            given = call.forward or ((), ())
            if type_.wraps and not type_.forward and call.forward is not None:
                bound, given = _handed_on(bound, call.forward), ((), ())
            forward = bind(type_, type_.forward, *given, self.environment, free)
        axes = type_.axes if isinstance(type_.axes, int) else None
        if isinstance(type_.axes, tuple):
            return Construction(type_, bound.values, bound, forward, None)
        scope = LayerScope(type_, self, facts, depth)
        made = Construction(type_, bound.values, bound, forward, axes or 0)
        self._complete(scope, made, axes or 0)
        return made._replace(values=dict(scope))

    def _complete(self, scope: LayerScope, made: Construction, axes: int) -> None:
        """Put the arguments into a scope, spread over the axes, and check them."""
        scope.axes = axes
        scope["axes"] = axes
        scope["place"] = tuple(range(axes))
        scope["singles"] = scope["tuples"] = scope["lists"] = ()
        scope["layer"] = made.type.name
        try:
            complete(made.type, made.type.parameters, made.bound.values, scope)
            complete(made.type, made.type.forward, made.forward.values, scope)
            self._check(scope, static=True)
        except Misfit as misfit:
            misfit.wording = _wording(scope, misfit.kind)  # type: ignore[attr-defined]
            raise

    def _check(self, scope: LayerScope, *, static: bool) -> None:
        for check in scope.type.checks:
            if check.static is not static:
                continue
            places = range(scope.axes) if check.per_axis else (0,)
            for axis in places:
                value = check.test(scope, axis)
                if value is True:
                    continue
                if not isinstance(value, Relation):
                    value = bool(value)
                scope.facts.require(value, partial(check.message, scope, axis), check.text)

    # --------------------------------------------------------------------------------- applying

    def apply(
        self,
        call: Call,
        inputs: list[Output],
        named: Mapping[str, Output],
        facts: Facts,
        depth: int,
    ) -> tuple[Output, LayerScope]:
        """Apply a call to tensors; raises `Misfit` or `FormulaError` when they don't fit."""
        made = self.construct(call, len(inputs), facts, depth, frozenset(named))
        type_ = made.type
        scope = LayerScope(type_, self, facts, depth)
        given = self._assign(made, inputs, named)
        if made.axes is None:
            self._complete(scope, made, self._axes_of(type_, given))
        else:
            scope.update(made.values)
            scope.axes = made.axes
        try:
            demand_ranges(type_, type_.parameters, scope, facts)
            scope.update((item.name, value) for item, value in given)
            for item, value in given:
                if item.pattern is None:
                    demand_tensors(item, value, scope)
                elif value is not None:
                    match_input(item, value, scope)
            self._check(scope, static=False)
            output = scope["output"] = type_.output(scope, 0)
            _demand_natural(output, inputs, facts)
        except Misfit as misfit:
            if getattr(misfit, "wording", None) is None:  # a module inside may have its own
                misfit.wording = _wording(scope, misfit.kind)  # type: ignore[attr-defined]
            raise
        except FormulaError as error:
            refused = Misfit(str(error), open_=error.open)
            refused.wording = _wording(scope, "output")  # type: ignore[attr-defined]
            raise refused from None
        return output, scope

    def _axes_of(self, type_: LayerType, given: list[tuple[Input, Output]]) -> int:
        item, value = given[0]
        assert isinstance(type_.axes, tuple)
        pattern = item.pattern
        while isinstance(pattern, Conditional):
            pattern = pattern.no
        if isinstance(pattern, Tuple) and is_shape(value):
            fixed = sum(not isinstance(part, Star) for part in pattern.items)
            for axes in type_.axes:
                if len(value) == fixed + axes:
                    return axes
        raise Misfit(rank_message(item, value, type_), "rank")

    def _assign(
        self, made: Construction, inputs: list[Output], named: Mapping[str, Output]
    ) -> list[tuple[Input, Output]]:
        """Give each input of a layer type its tensor."""
        type_ = made.type
        aliases: Mapping[str, str] = type_.data.get("aliases") or {}
        by_name: dict[str, Output] = {aliases.get(name, name): item for name, item in named.items()}
        for bound in (made.bound, made.forward):
            by_name.update({key: item.shape for key, item in bound.named_tensors.items()})
        extra = [item.shape for bound in (made.bound, made.forward) for item in bound.tensors]
        queue = [*inputs, *extra]
        slots = type_.inputs
        found: list[tuple[Input, Output]] = []
        for item in slots:
            if item.name in by_name:
                only = by_name.pop(item.name)
                found.append((item, (only,) if item.variadic and is_shape(only) else only))
            elif item.variadic:
                while len(queue) == 1 and not is_shape(queue[0]) and queue[0] is not None:
                    queue = list(queue[0])
                found.append((item, tuple(queue)))
                queue = []
            elif queue:
                found.append((item, queue.pop(0)))
            elif item.optional:
                found.append((item, None))
            else:
                raise Misfit(f"{type_.name} needs the tensor {item.name}", "rank")
        if queue or by_name:
            many = len(inputs) + len(extra)
            strange = f", and has no {next(iter(by_name))}" if by_name else ""
            raise Misfit(
                f"{type_.name} takes {len(slots)} tensors{strange}; {many} come in", "rank"
            )
        return found

    # ------------------------------------------------------------------------------------ state

    def state(
        self, call: Call, facts: Facts | None = None, depth: int = 0
    ) -> tuple[dict[str, Shape], dict[str, Shape]]:
        """Give a module's parameters and buffers from its arguments alone."""
        facts = self.facts if facts is None else facts
        try:
            return self._state(call, facts, depth)
        except (TypeError, ValueError, AttributeError, LookupError) as error:
            raise self._blamed(call).fault(error) from None

    def _state(
        self, call: Call, facts: Facts, depth: int
    ) -> tuple[dict[str, Shape], dict[str, Shape]]:
        made = self.construct(call, 0, facts, depth)
        if made.type.data.keys().isdisjoint(("weights", "buffers", "submodules")):
            return {}, {}
        scope = LayerScope(made.type, self, facts, depth)
        if made.axes is None:  # its weights don't depend on the input's rank
            assert isinstance(made.type.axes, tuple)
            self._complete(scope, made, made.type.axes[0])
        else:
            scope.update(made.values)
            scope.axes = made.axes
        return self._state_of(scope)

    def _state_of(self, scope: LayerScope) -> tuple[dict[str, Shape], dict[str, Shape]]:
        parameters = self._named_shapes(scope, "weights")
        buffers = self._named_shapes(scope, "buffers")
        for template, formula in scope.type.submodules:
            for names in _each(scope):
                scope.update(names)
                module = formula(scope, 0)
                if module is None:
                    continue
                if not isinstance(module, Call):
                    raise FormulaError(f"{show(module)} is not a module")
                prefix = template.format(**names)
                inner = self.state(module, scope.facts, scope.depth + 1)
                for target, items in zip((parameters, buffers), inner, strict=True):
                    target.update({f"{prefix}.{name}": shape for name, shape in items.items()})
                if "{" not in template:
                    break
        return parameters, buffers

    def _named_shapes(self, scope: LayerScope, section: str) -> dict[str, Shape]:
        formulas = scope.type.state_formulas(section)
        if not isinstance(formulas, list):
            return {name: shape for name, shape in formulas(scope, 0) if shape is not None}
        found: dict[str, Shape] = {}
        if not formulas:
            return found
        for names in _each(scope):
            scope.update(names)
            for template, formula in formulas:
                name = template.format(**names) if "{" in template else template
                if name in found:
                    continue
                shape = formula(scope, 0)
                if shape is not None:
                    found[name] = shape
        return found


def _calls_in(node: Node) -> Iterable[Call]:
    if isinstance(node, Call):
        yield node
    for part in parts_of(node):
        yield from _calls_in(part)


def _place(error: Exception, layer: Layer) -> None:
    if isinstance(error, ShapecalcError):
        error.layer = error.layer or layer.name
        error.location = error.location or layer.location


def _handed_on(bound: Bound, forward: Any) -> Bound:
    """Give the second brackets of a wrapper to the module inside."""
    values = {
        name: value._replace(forward=forward) if isinstance(value, Call) else value
        for name, value in bound.values.items()
    }
    return bound._replace(values=values)


def _stateless(type_: LayerType) -> bool:
    data = type_.data
    return not ("weights" in data or "buffers" in data or "submodules" in data)


def _each(scope: LayerScope) -> Iterable[dict[str, Value]]:
    """Yield the values that names in braces go through."""
    loops = scope.type.for_each
    if not loops:
        return [{}]
    names = [name for name, _ in loops]
    return (
        dict(zip(names, values, strict=True))
        for values in product(*(formula(scope, 0) for _, formula in loops))
    )


def free_slots(type_: LayerType, sources: int, named: frozenset[str]) -> tuple[Input, ...]:
    """Give the inputs left for arguments when `sources` tensors, and some by name, come from elsewhere."""
    slots = type_.inputs
    if any(item.variadic for item in slots):
        return ()
    aliases: Mapping[str, str] = type_.data.get("aliases") or {}
    taken = {aliases.get(name, name) for name in named}
    return tuple([item for item in slots if item.name not in taken])[sources:]


def _subscripted(node: Node) -> tuple[str, tuple[int, ...]]:
    from .syntax import Subscript

    path: list[int] = []
    while isinstance(node, Subscript) and isinstance(node.index, Constant):
        path.insert(0, node.index.value)
        node = node.value
    if isinstance(node, Name):
        return node.name, tuple(path)
    if isinstance(node, Constant) and isinstance(node.value, str):
        return node.value, tuple(path)
    raise SpecError(f"size of `{to_text(node)}`, which is not a layer", code="S114")


def _demand_natural(output: Output, inputs: list[Output], facts: Facts) -> None:
    """Demand that no size of an output is below 0; those that came in aren't, nor are their products."""
    for shape in flatten_output(output):
        for size in shape:
            if type(size) is int:
                if size < 0:
                    raise Misfit(_below_zero(shape))
            elif isinstance(size, Dim):
                natural = _at_least_zero(size)
                if facts.holds(natural) is None and _is_product(size, inputs):
                    continue
                facts.require(natural, partial(_below_zero, shape))


def _is_product(size: Dim, inputs: list[Output]) -> bool:
    """Say whether a size is the product of neighbouring sizes that came in."""
    for item in inputs:
        for shape in flatten_output(item):
            for start in range(len(shape)):
                product_: Size = 1
                for other in shape[start:]:
                    product_ = product_ * other
                    if product_ == size:
                        return True
    return False


def _below_zero(shape: Shape) -> str:
    return f"the output would be {show(shape)}, with a size below 0"


def _at_least_zero(size: Dim) -> Any:
    return compare(size, ">=", 0)


def _wording(scope: LayerScope, kind: str) -> str | None:
    """Say how PyTorch words a misfit of a kind, for searching."""
    templates = scope.type.data.get("pytorch") or {}
    text = templates.get(kind)
    if text is None:
        return None
    try:
        return scope.type.template(text)(scope, 0)
    except (FormulaError, Misfit, SpecError):
        return None
