"""Shapes through layers: one layer's rule applied to its inputs, layer after layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any, NamedTuple, TypeAlias

from .arguments import (
    Bound,
    Environment,
    Tensor,
    bind,
    complete,
    demand_ranges,
    evaluate_argument,
    lowest_unknowns,
)
from .dims import Dim
from .errors import ShapeError, SpecError
from .facts import Facts, Misfit
from .formula import FormulaError, NotKnown, Scope, Value, equal, show
from .net import Layer, Reference, Shape, Size, Source
from .registry import Input, LayerType, Registry
from .structure import Outputs
from .syntax import Call, Conditional, Constant, Name, Node, Star, literal, names_in, to_text
from .syntax import Sequence as Tuple

Output: TypeAlias = "Any"  # a Shape, a (nested) tuple of outputs, or None for one that is left out

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
            total = total + _numel(shape)
        return total

    @property
    def shapes(self) -> list[Shape]:
        """The shapes of its outputs, nested tuples flattened in order."""
        return flatten_output(self.outputs)

    @property
    def output_shape(self) -> Shape:
        """The shape of its output, or of the first where it has several."""
        return self.shapes[0]


def _numel(shape: Shape) -> Size:
    total: Size = 1
    for size in shape:
        total = total * size
    return total


def is_shape(value: Output) -> bool:
    """Tell a shape from a tuple of outputs."""
    if not isinstance(value, tuple) or isinstance(value, Outputs):
        return False
    return all(isinstance(item, (int, Dim)) for item in value)


def flatten_output(value: Output) -> list[Shape]:
    """List the shapes in nested tuples of outputs, in order."""
    if value is None:
        return []
    if is_shape(value):
        return [value]
    return [shape for item in value for shape in flatten_output(item)]


# ------------------------------------------------------------------------------ one layer


class LayerScope(Scope):
    """The names of one layer's formulas, computed when they are needed."""

    __slots__ = ("depth", "facts", "owner", "type")

    def __init__(self, type_: LayerType, owner: Propagation, facts: Facts, depth: int) -> None:
        super().__init__()
        self.type = type_
        self.owner = owner
        self.facts = facts
        self.depth = depth

    def __missing__(self, name: str) -> Value:
        formula = self.type.where.get(name)
        if formula is None:
            raise NotKnown(f"{name} is not known in {self.type.key}")
        self[name] = None  # a formula that needs itself finds nothing
        value = formula(self, 0)
        self[name] = value
        return value

    def decide(self, relation: Any) -> bool:
        return self.facts.decide(relation)

    def holds(self, relation: Any) -> bool | None:
        """Say whether a relation is proven, refuted, or (None) open."""
        return self.facts.holds(relation)

    @property
    def unites(self) -> bool:
        """Whether cases that the sizes leave open are united, rather than visited one by one."""
        return self.facts.unites

    def possible(self, relation: Any) -> bool:
        """Say whether a relation may hold, as far as is known."""
        return self.facts.possible(relation)

    def choose(self, relation: Any, *, prefer: bool) -> bool:
        """Choose a case where the sizes leave it open."""
        return self.facts.decide(relation, prefer=prefer)

    def require(self, value: Any, message: Callable[[], str], kind: str = "check") -> None:
        """Demand a relation."""
        self.facts.require(value, message, kind)

    def keep_batch(self, shape: Shape, rest: Size) -> Size | None:
        """Give the batch's size where a view with -1 in front must keep it, else None."""
        inside = _numel(shape[1:])
        batch = shape[0]
        if isinstance(inside, int) and isinstance(rest, int):
            if isinstance(batch, int):
                if inside != rest and inside % rest == 0:
                    self.facts.warnings.append(
                        f"{self.facts.layer}: view(-1, ...) moves elements into the batch:"
                        f" {show(batch)} becomes {show(batch * inside // rest)}"
                    )
                return None
            if inside == rest:
                return batch
        if self.facts.mixing is None or self.facts.layer in self.facts.mixing:
            return None
        if isinstance(batch, Dim) and len(batch.symbols) > 1:
            return None
        same = equal(inside, rest)
        if not self.facts.strict:
            if self.facts.holds(same) is False:
                return None
            if self.facts.holds(same) is None:
                self.facts.warnings.append(
                    f"{self.facts.layer}: the batch is kept; PyTorch also runs where"
                    f" {show(inside)} is another multiple of {show(rest)}, and mixes samples"
                )
        self.require(
            same,
            lambda: f"a sample of {show(inside)} elements doesn't fit the {show(rest)} of the view",
            "batch",
        )
        self.facts.kept.add(self.facts.layer)
        return batch

    def fill(self, parts: Sequence[Any], axis: int) -> str:
        """Put values into a message."""
        texts = [part if isinstance(part, str) else part(self, axis) for part in parts]
        return "".join([text if isinstance(text, str) else show(text) for text in texts])

    # ------------------------------------------------------------------- modules as arguments

    def apply(self, module: Value, inputs: Sequence[Value], named: Mapping[str, Value]) -> Value:
        """Give the output of a module that is an argument."""
        return inputs[0] if module is None else self._applied(module, inputs, named)[0]

    def macs_of(self, module: Value, inputs: Sequence[Value], named: Mapping[str, Value]) -> Value:
        """Give the multiply-accumulates of a module that is an argument."""
        if module is None:
            return 0
        scope = self._applied(module, inputs, named)[1]
        return scope.type.macs(scope, 0) if scope.type.macs is not None else 0

    def _applied(
        self, module: Value, inputs: Sequence[Value], named: Mapping[str, Value]
    ) -> tuple[Output, LayerScope]:
        call = self._module(module)
        forward = {item.name for item in self.owner.registry.find(call.function).forward}
        words = tuple((name, literal(item)) for name, item in named.items() if name in forward)
        if words:
            call = call._replace(forward=((), words))
        tensors = {name: item for name, item in named.items() if name not in forward}
        return self.owner.apply(call, list(inputs), tensors, self.facts, self.depth + 1)

    def class_of(self, module: Value) -> str:
        """Give the name of the class of a module that is an argument, functions around it taken off."""
        call = self._module(module)
        type_ = self.owner.registry.find(call.function)
        if type_.is_function and type_.wraps and call.arguments:
            return self.class_of(call.arguments[0])
        return type_.name

    def state(self, module: Value) -> Value:
        """Give the parameters of a module that is an argument, as pairs of name and shape."""
        found = self.owner.state(self._module(module), self.facts, self.depth + 1)
        return tuple(found[0].items())

    def buffers(self, module: Value) -> Value:
        """Give the buffers of a module that is an argument, as pairs of name and shape."""
        found = self.owner.state(self._module(module), self.facts, self.depth + 1)
        return tuple(found[1].items())

    def argument(self, module: Value, name: str) -> Value:
        """Give one argument of a module that is an argument."""
        call = self._module(module)
        return self.owner.construct(call, 0, self.facts, self.depth + 1).values[name]

    def _module(self, module: Value) -> Call:
        if not isinstance(module, Call):
            raise FormulaError(f"{show(module)} is not a module")
        return module


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
        self.environment = Environment(symbols or {}, registry, self._size, self._tensor)
        self._constructed: dict[tuple[int, int], tuple[Call, Construction]] = {}
        self._applied: dict[Any, tuple[Call, Applied]] = {}
        self._constant: dict[int, tuple[Call, bool]] = {}

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
        except Misfit as misfit:
            raise self._error(layer, misfit) from None
        except FormulaError as error:
            raise self._error(layer, Misfit(str(error), open_=error.open)) from None
        except OverflowError as error:
            raise self._error(layer, Misfit(str(error))) from None
        except RecursionError:
            raise self._error(layer, Misfit("the call is nested too deeply")) from None
        except (ShapeError, SpecError) as error:
            error.layer = error.layer or layer.name
            error.location = error.location or layer.location
            raise
        self.values[layer.name] = done.output
        parameters, buffers = done.state if layer.shares is None else _NO_STATE
        name = done.scope.type.name
        return Step(
            layer, name, done.output, parameters, buffers, done.macs, done.scope, tuple(inputs)
        )

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

    def construct(self, call: Call, sources: int, facts: Facts, depth: int = 0) -> Construction:
        """Bind a call's arguments; `sources` tensors come from elsewhere."""
        if depth > MAX_DEPTH:
            raise FormulaError("modules are nested too deeply")
        key = (id(call), sources)
        known = self._constructed.get(key)
        if known is not None:
            return known[1]
        type_ = self.registry.find(call.function)
        made = self._construct(type_, call, sources, facts, depth)
        if self._is_constant(call):
            self._constructed[key] = (call, made)
        return made

    def _construct(
        self, type_: LayerType, call: Call, sources: int, facts: Facts, depth: int
    ) -> Construction:
        free = free_slots(type_, sources)
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
        scope["singles"] = scope["lists"] = ()
        scope["layer"] = made.type.name
        try:
            complete(made.type, made.type.parameters, made.bound.values, scope)
            complete(made.type, made.type.forward, made.forward.values, scope)
            self._check(scope, static=True)
        except Misfit as misfit:
            misfit.wording = _wording(scope, misfit)  # type: ignore[attr-defined]
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
                if value is None or isinstance(value, int):
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
        made = self.construct(call, len(inputs), facts, depth)
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
                    _demand_tensors(item, value, scope)
                elif value is not None:
                    _match_input(item, value, scope)
            self._check(scope, static=False)
            output = scope["output"] = type_.output(scope, 0)
            _demand_natural(output, inputs, facts)
        except Misfit as misfit:
            if getattr(misfit, "wording", None) is None:  # a module inside may have its own
                misfit.wording = _wording(scope, misfit)  # type: ignore[attr-defined]
            raise
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
        raise Misfit(_rank_message(item, value, type_), "rank")

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


def free_slots(type_: LayerType, sources: int) -> tuple[Input, ...]:
    """Give the inputs that are left for arguments when `sources` tensors come from elsewhere."""
    slots = type_.inputs
    if any(item.variadic for item in slots):
        return ()
    return slots[sources:]


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


# -------------------------------------------------------------------------------- patterns


def _match_input(item: Input, value: Output, scope: LayerScope) -> None:
    if item.variadic:
        for one in value:
            _match(item, item.pattern, one, scope)
        return
    _match(item, item.pattern, value, scope)


def _match(item: Input, pattern: Node | None, value: Output, scope: LayerScope) -> None:
    """Match a shape against a pattern, giving its names their sizes."""
    if isinstance(pattern, Conditional):
        test = scope.type.compile(pattern.test)(scope, 0)
        if not isinstance(test, bool):
            test = scope.decide(test) if not isinstance(test, int | None) else bool(test)
        chosen = pattern.yes if test else pattern.no
        _match(item._replace(pattern=chosen, text=""), chosen, value, scope)
        return
    if not isinstance(pattern, Tuple):
        if isinstance(pattern, Name) and pattern.name == "any":
            _demand_tensors(item._replace(variadic=False), value, scope)
            return
        wanted = scope.type.compile(pattern)(scope, 0) if pattern is not None else None
        _demand_shape(item, wanted, value, scope)
        return
    if pattern.optional:  # a tuple of tensors
        if is_shape(value) or len(value) != len(pattern.items):
            raise Misfit(
                f"{scope.type.name}: {item.name} must be a tuple of {len(pattern.items)} tensors",
                "rank",
            )
        for part, one in zip(pattern.items, value, strict=True):
            _match(item._replace(pattern=part, text=""), part, one, scope)
        return
    _demand_tensor(item, value, scope)
    _match_sizes(item, pattern.items, value, scope)


def _demand_tensors(item: Input, value: Output, scope: LayerScope) -> None:
    """Demand tensors of any shape, and no tuples of them."""
    if not item.parts:
        for one in value if item.variadic and value is not None else (value,):
            if one is not None:
                _demand_tensor(item, one, scope)


def _demand_tensor(item: Input, value: Output, scope: LayerScope) -> None:
    if not is_shape(value):
        raise Misfit(
            f"{scope.type.name} takes one tensor as {item.name}; {len(value or ())} come in."
            " Say which, as in lstm[0]",
            "rank",
        )


def _match_sizes(item: Input, items: tuple[Node, ...], shape: Shape, scope: LayerScope) -> None:
    fixed = 0
    optional = None
    widths: dict[int, int] = {}
    open_star = None  # the one star that takes what is left
    for place, part in enumerate(items):
        if isinstance(part, Star):
            width = _star_width(part, scope)
            if width is None:
                open_star = place
            else:
                widths[place] = width
        elif isinstance(part, Tuple):
            optional = place
        else:
            fixed += 1
    taken = fixed + sum(widths.values())
    if open_star is not None:
        widths[open_star] = max(len(shape) - taken, 0)
        taken += widths[open_star]
    spare = len(shape) - taken
    present = spare == 1
    if optional is None:
        fits = spare == 0
    else:
        name = items[optional].items[0].name  # type: ignore[union-attr]
        known = dict.__contains__(scope, name)
        fits = spare in (0, 1) and not (known and (scope[name] is not None) != present)
    if not fits:
        raise Misfit(_rank_message(item, shape, scope.type), "rank")
    at = 0
    for place, part in enumerate(items):
        if isinstance(part, Star):
            _bind_sizes(part.value, shape[at : at + widths[place]], scope, item, shape)
            at += widths[place]
        elif isinstance(part, Tuple):
            name = part.items[0].name  # type: ignore[union-attr]
            if present:
                _bind_size(part.items[0], shape[at], scope, item, shape)
                at += 1
            else:
                scope[name] = None
        else:
            _bind_size(part, shape[at], scope, item, shape)
            at += 1


def _star_width(part: Star, scope: LayerScope) -> int | None:
    """Say how many sizes `*name` stands for; None: any number."""
    name = part.value.name  # type: ignore[union-attr]
    if scope.type.axes is not None and name.startswith("L"):
        return scope.axes
    if name in scope.type.where or dict.__contains__(scope, name):
        return len(scope[name])
    return None


def _bind_size(part: Node, size: Size, scope: LayerScope, item: Input, shape: Shape) -> None:
    if isinstance(part, Name) and not (
        dict.__contains__(scope, part.name) or part.name in scope.type.where
    ):
        scope[part.name] = size
        return
    wanted = scope.type.compile(part)(scope, 0)
    if wanted is None:
        raise Misfit(_rank_message(item, shape, scope.type), "rank")
    if type(wanted) is int and wanted == size:
        return
    text = part.name if isinstance(part, Name) else to_text(part)
    scope.facts.require(
        equal(size, wanted),
        lambda: (
            f"{scope.type.name} needs {text}={show(wanted)} in {item.name},"
            f" and gets {show(size)}: {show(shape)}"
        ),
        text,
    )


def _bind_sizes(part: Node, sizes: Shape, scope: LayerScope, item: Input, shape: Shape) -> None:
    if isinstance(part, Name) and not (
        dict.__contains__(scope, part.name) or part.name in scope.type.where
    ):
        scope[part.name] = sizes
        return
    names = {item.name for item in scope.type.parameters}
    argument = part.name if isinstance(part, Name) and part.name in names else None
    _demand_shape(item, scope.type.compile(part)(scope, 0), sizes, scope, shape, argument)


def _demand_shape(
    item: Input,
    wanted: Value,
    sizes: Value,
    scope: LayerScope,
    shape: Shape | None = None,
    argument: str | None = None,
) -> None:
    if not is_shape(sizes):
        raise Misfit(f"{scope.type.name} takes one tensor as {item.name}", "rank")
    scope.facts.require(
        equal(sizes, wanted),
        lambda: (
            f"{scope.type.name} needs {show(wanted) or 'no sizes'} in {item.name}, and gets"
            f" {show(sizes) or 'none'}" + (f": {show(shape)}" if shape is not None else "")
        ),
        argument or item.name,
    )


def _rank_message(item: Input, shape: Output, type_: LayerType) -> str:
    have = f"{len(shape)} dimensions: {show(shape) or '()'}" if is_shape(shape) else "a tuple"
    return f"{type_.name} takes {_pattern_text(item, type_)} as {item.name}, and gets {have}"


def _pattern_text(item: Input, type_: LayerType) -> str:
    axes = type_.axes if isinstance(type_.axes, int) else None
    letters = {1: "L", 2: "H, W", 3: "D, H, W"}.get(axes or 0, "L...")
    text = item.text.partition(" | number")[0]
    if not text and item.pattern is not None:  # one of several patterns
        text = to_text(item.pattern)
    return text.replace("*L", letters).replace("[N]", "N (or none)")


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
    from .relations import compare

    return compare(size, ">=", 0)


def _wording(scope: LayerScope, misfit: Misfit) -> str | None:
    """Say how PyTorch words a misfit, for searching."""
    templates = scope.type.data.get("pytorch") or {}
    text = templates.get(misfit.kind)
    if text is None:
        return None
    try:
        return scope.type.template(text)(scope, 0)
    except (FormulaError, Misfit, SpecError):
        return None


__all__ = ["Propagation", "Step", "flatten_output", "is_shape", "lowest_unknowns"]
