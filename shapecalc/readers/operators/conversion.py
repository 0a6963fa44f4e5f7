"""A graph of operators into a net: each operator becomes the layers that its rule says.

What is computed from sizes (`Shape`, and what follows it) is worked out on the way: sizes stand in
it as symbols, and become `size(layer, dimension)` where a layer's argument needs them, so that the
net can be run on other inputs than those the file was made with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import Any

from ...dims import Dim, symbol
from ...errors import Location, ShapeError, SpecError
from ...facts import Misfit
from ...formula import FormulaError
from ...net import Layer, Net, Reference, Shape, Size, Source
from ...registry import Registry
from ..failures import show_word, suggestion
from ..shapes import MAX_RANK, parse_size, shape_of
from .application import Application
from .arrays import CannotFold, scalar, vector
from .emission import Emitter
from .folding import FOLDS
from .model import Given, Graph, Model, Operation, Stored
from .naming import Names, clean
from .rules import Rule, Rules
from .usage import Usage
from .values import Held, Output, Value, held, stored

MAX_OPERATIONS = 200_000
MAX_DEPTH = 50  # functions inside functions, branches inside branches

# What a number or an attribute of another kind than the operator's rule expects can raise.
_UNFIT = (TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError)


class _Names(dict[str, Value]):
    """The values of names; inside a branch, those around it too."""

    def __init__(self, around: _Names | None = None) -> None:
        super().__init__()
        self.around = around

    def __missing__(self, name: str) -> Value:
        if self.around is None:
            raise SpecError(f"there is no value {show_word(name)}", code="S136")
        return self.around[name]


def convert(model: Model, rules: Rules, *, registry: Registry, inputs: Any = None) -> Net:
    """Make the net of a graph of operators.

    `inputs` are shapes that the user gave, by name (None is the first): they count where the file
    has none. Where shapes don't fit, the net ends with the layer they don't fit into.

    Raises `SpecError` for an operator that isn't known or can't become a layer.
    """
    try:
        return Conversion(model, rules, registry).net(inputs)
    except SpecError as error:
        error.location = error.location or (Location(model.file, 1, 1) if model.file else None)
        raise
    except RecursionError:
        raise SpecError("the graph is nested too deeply", code="S103") from None


class Conversion:
    """Converts one graph."""

    def __init__(self, model: Model, rules: Rules, registry: Registry) -> None:
        self.model = model
        self.rules = rules
        self.registry = registry
        self.usage = Usage(model.graph, self._rule)
        names = Names(model.graph.operations, self._counts)
        self.emitter = Emitter(registry, rules, names)
        self.count = 0
        self._found: dict[str, Rule | None] = {}

    def _counts(self, kind: str) -> bool:
        """Say whether an operator becomes a layer as a rule, and gives its module's name away."""
        rule = self._rule(kind)
        return rule is None or bool(rule.data.keys() & {"call", "module", "cases", "steps"})

    def _rule(self, kind: str) -> Rule | None:
        """Give the rule of an operator: its own, or the general one of functions that keep shapes."""
        found = self.rules.find(kind, self.model.version)
        if found is not None or kind in self.model.routines:
            return found
        name = self._function(kind.rpartition(".")[2])
        return None if name is None else Rule(kind, {"call": name})

    def _function(self, kind: str) -> str | None:
        """Find the elementwise function of an operator's name: `LeakyRelu` is leaky_relu."""
        snake = "".join(f"_{letter}" if letter.isupper() else letter for letter in kind)
        for name in (kind.lower(), snake.lower().strip("_")):
            if self.registry.knows(name):
                family = self.registry.find(name).data.get("family")
                if family in self.rules.families:
                    return name
        return None

    # ---------------------------------------------------------------------------------- the net

    def net(self, given: Any) -> Net:
        """Read the graph."""
        graph = self.model.graph
        names = _Names()
        for name, item in graph.stored.items():
            names[name] = stored(item)
        inputs = self._inputs(graph, given, names)
        outputs: tuple[Source, ...] = ()
        try:
            self._run(graph.operations, names, 0)
            outputs = self._outputs([names[name] for name in graph.outputs])
        except ShapeError:
            last = self.emitter.layers[-1] if self.emitter.layers else None
            if last is None or last.name in self.emitter.propagation.values:
                raise
            outputs = (Reference(last.name),)
        layers = tuple(self.emitter.layers)
        known = tuple(graph.outputs) if len(outputs) == len(graph.outputs) else None
        if (known is not None and not all(map(_is_plain, known))) or len(set(known or ())) < len(
            outputs
        ):
            known = None
        return Net(
            clean(graph.name),
            inputs,
            layers,
            outputs,
            state=self._state(layers),
            file=self.model.file,
            output_names=known,
        )

    def _outputs(self, values: Sequence[Value]) -> tuple[Source, ...]:
        found: list[Source] = []
        for value in values:
            if isinstance(value, tuple) and not isinstance(value, Output | Held):
                found.extend(self._outputs(value))
            elif value is not None:
                found.append(self.emitter.source(value))
        return tuple(found)

    def _inputs(self, graph: Graph, given: Any, names: _Names) -> dict[str, Shape | None]:
        shapes = _by_name(given)
        found: dict[str, Shape | None] = {}
        for place, (name, sizes) in enumerate(graph.inputs.items()):
            own = self.emitter.names.unique(clean(name) or "input")
            wanted = shapes.get(name, shapes.get(own, shapes.get(None) if place == 0 else None))
            shape = wanted if sizes is None else self._shape(own, sizes)
            if shape is None:
                raise SpecError(
                    f"the file doesn't say what shape {own} has",
                    hint=f"give it: --input {own}=1x3x32x32",
                    code="S118",
                )
            for size in shape:
                for word in size.symbols if isinstance(size, Dim) else ():
                    self.emitter.facts.known.setdefault(word, (1, None))
            found[own] = shape
            self.emitter.propagation.values[own] = shape
            names[name] = Output(Reference(own), shape)
        return found

    def _shape(self, name: str, sizes: Sequence[int | str | None]) -> Shape:
        if len(sizes) > MAX_RANK:
            raise SpecError(f"{name} has more than {MAX_RANK} dimensions", code="S103")
        return tuple([_size(size, f"{name}_{place}") for place, size in enumerate(sizes)])

    def _state(self, layers: tuple[Layer, ...]) -> tuple[Layer, ...] | None:
        """Give the order of the weights in the file, where their names tell and it is another."""
        order = {name: place for place, name in enumerate(self.model.graph.stored)}
        origins = self.emitter.origins
        held_by = [layer for layer in layers if layer.name in origins and layer.shares is None]
        places: dict[str, int] = {}
        for layer in held_by:
            items = origins[layer.name]
            if not items or not all(item.name.startswith(layer.name) for item in items):
                return None
            places[layer.name] = min(order.get(item.name, 0) for item in items)
        ordered = sorted(held_by, key=lambda layer: places[layer.name])
        if ordered == held_by:
            return None
        return tuple([Layer(item.name, item.call) for item in ordered])

    # -------------------------------------------------------------------------------- operations

    def _run(self, operations: Sequence[Operation], names: _Names, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise SpecError("functions or branches are nested too deeply", code="S103")
        for operation in operations:
            self.count += 1
            if self.count > MAX_OPERATIONS:
                raise SpecError(f"more than {MAX_OPERATIONS:,} operators", code="S103")
            if any(name in names for name in operation.outputs if name):
                continue  # taken into the operator before it
            try:
                self._apply(operation, names, depth)
            except ShapeError as error:
                error.layer = error.layer or clean(operation.name)
                raise
            except (CannotFold, FormulaError, Misfit, *_UNFIT) as error:
                raise _unfit(operation, error) from None

    def _apply(self, operation: Operation, names: _Names, depth: int) -> None:
        values = [names[name] if name else None for name in operation.inputs]
        routine = self.model.routines.get(operation.kind)
        rule = self._cached(operation.kind)
        if routine is not None and rule is None:
            inside = _Names()
            inside.update(
                zip(routine.inputs, [*values, *[None] * len(routine.inputs)], strict=False)
            )
            attributes = {**routine.defaults, **operation.attributes}
            self._run([_filled(item, attributes) for item in routine.operations], inside, depth + 1)
            found: Sequence[Value] = [inside[name] for name in routine.outputs]
        elif rule is None:
            found = [self._unknown(operation, values)]
        elif rule.control == "branch":
            found = self._branch(operation, values, names, depth)
        else:
            found = self._known(rule, operation, values, names)
        for name, value in zip(operation.outputs, found, strict=False):
            if name:
                names[name] = value

    def _cached(self, kind: str) -> Rule | None:
        if kind not in self._found:
            self._found[kind] = self._rule(kind)
        return self._found[kind]

    def _unknown(self, operation: Operation, values: Sequence[Value]) -> Value:
        """Apply a layer of the registry that is called as the operator is."""
        name = operation.kind.rpartition(".")[2]
        if not self.registry.knows(name):
            words = [*self.rules.operators]
            raise SpecError(
                f"the operator {show_word(operation.kind)} ({show_word(operation.name or 'unnamed')})"
                " has no counterpart in PyTorch that is known",
                hint=suggestion(operation.kind, words)
                or f"describe a layer {name} in a file and give that: --registry mine.yaml",
                code="S136",
            )
        known = {slot.name for slot in self.registry.find(name).parameters}
        words_ = {key: value for key, value in operation.attributes.items() if key in known}
        call = self.emitter.call(name, (), words_)
        entry = self.emitter.names.of_layer(operation, name, weights=False)
        return self.emitter.emit(entry, call, [item for item in values if item is not None])

    def _known(
        self, rule: Rule, operation: Operation, values: Sequence[Value], names: _Names
    ) -> Sequence[Value]:
        if rule.control == "list":
            return [tuple(values)]
        if rule.control == "item":
            items, place = values
            if isinstance(items, tuple) and isinstance(place, Held):
                return [items[place.array().only]]
            raise CannotFold
        folded = self._folded(rule, operation, values)
        viewed = self._viewed(rule, operation, values)
        if viewed is not None:
            first = folded[0] if folded else None
            return [viewed._replace(items=first.items) if isinstance(first, Held) else viewed]
        if folded is not None:
            return folded
        absorbed = self._absorbed(rule, operation, names)
        if absorbed is not None:
            follower, value = absorbed
            made = self._application(rule, operation, [*values, value]).module()
            if made is not None:
                names[follower.outputs[0]] = made
                return [made]
        return self._application(rule, operation, values).outputs()

    def _application(
        self, rule: Rule, operation: Operation, values: Sequence[Value]
    ) -> Application:
        return Application(rule, operation, values, self.emitter, self.usage)

    # ------------------------------------------------------------------------- what needs no layer

    def _folded(
        self, rule: Rule, operation: Operation, values: Sequence[Value]
    ) -> Sequence[Value] | None:
        """Work an operator out, where all that goes in is known."""
        if rule.fold in ("sizes", "count"):
            return [self._sizes_of(rule.fold, operation, values[0])]
        if rule.fold is None:
            return None
        attributes = {**operation.attributes, "outputs": len(operation.outputs)}
        if rule.fold == "constant":
            item = next((v for v in attributes.values() if isinstance(v, Stored)), None)
            if item is not None:
                name = operation.outputs[0] if operation.outputs else ""
                return [stored(item._replace(name=name, constant=True))]
        arrays = []
        for value in values:
            if value is not None and not (isinstance(value, Held) and value.is_constant):
                return None
            arrays.append(value.array() if isinstance(value, Held) else None)
        try:
            return [
                held(array) for array in FOLDS[rule.fold](arrays, attributes, self.emitter.sizes)
            ]
        except CannotFold:
            return None

    def _sizes_of(self, fold: str, operation: Operation, value: Value) -> Value:
        table = self.emitter.sizes
        if isinstance(value, Output):
            sizes: list[Any] = [
                table.symbol_of(value.reference, place, size)
                for place, size in enumerate(value.shape)
            ]
        elif isinstance(value, Held):
            sizes = [*value.sizes]
        else:
            raise CannotFold
        if fold == "count":
            total: Any = 1
            for size in sizes:
                total = total * size
            return held(scalar(total))
        start, end = operation.attributes.get("start", 0), operation.attributes.get("end")
        return held(vector(sizes[start:end]))

    def _viewed(self, rule: Rule, operation: Operation, values: Sequence[Value]) -> Held | None:
        """Note a function that only looks at a weight in another way, until the weight is used."""
        first = values[0] if values else None
        if not rule.view or not isinstance(first, Held) or first.source is None:
            return None
        if first.source.constant and first.items is not None:
            return None
        call = self._application(rule, operation, values).plain_call()
        if call is None:  # it stands for what goes in
            item = first.source
            if item.uniform and not item.constant and not first.views:
                # Exporters store equal tensors once, and copy them under their own names.
                name = operation.outputs[0]
                return first._replace(source=item._replace(name=name))
            return first
        shape = self.emitter.shape_after(call, first.sizes)
        if not all(type(size) is int for size in shape):
            return None
        return Held(shape, first.kind, None, first.source, (*first.views, call))

    def _absorbed(
        self, rule: Rule, operation: Operation, names: _Names
    ) -> tuple[Operation, Value] | None:
        """Find the operator behind this one that is part of the same module: a bias that is added."""
        if not rule.absorbs or len(operation.outputs) != 1:
            return None
        follower = self.usage.only_next(operation.outputs[0])
        if follower is None or follower.kind not in rule.absorbs or len(follower.outputs) != 1:
            return None
        others = [name for name in follower.inputs if name != operation.outputs[0]]
        if len(others) != 1 or others[0] not in names:
            return None
        value = names[others[0]]
        if not isinstance(value, Held) or value.source is None or value.source.constant:
            return None
        return follower, value

    def _branch(
        self, operation: Operation, values: Sequence[Value], names: _Names, depth: int
    ) -> Sequence[Value]:
        """Follow the branch that is taken."""
        test = values[0]
        if not isinstance(test, Held) or not test.is_constant:
            raise FormulaError("which branch is taken depends on what is in a tensor")
        taken = operation.attributes["then_branch" if test.array().only else "else_branch"]
        if not isinstance(taken, Graph):
            raise CannotFold
        inside = _Names(names)
        for name, item in taken.stored.items():
            inside[name] = stored(item)
        self._run(taken.operations, inside, depth + 1)
        return [inside[name] for name in taken.outputs]


def _filled(operation: Operation, attributes: Mapping[str, Any]) -> Operation:
    """Put a function's attributes into one of its operations."""
    filled = {
        name: attributes.get(value.name) if isinstance(value, Given) else value
        for name, value in operation.attributes.items()
    }
    kept = {name: value for name, value in filled.items() if value is not None}
    return operation._replace(attributes=kept)


def _unfit(operation: Operation, error: Exception) -> SpecError:
    reason = f": {error}" if isinstance(error, FormulaError | Misfit) else ""
    if isinstance(error, _UNFIT) and not isinstance(error, FormulaError):
        reason = ": an attribute or a number isn't of the kind it should be"
    name = show_word(operation.name or "unnamed")
    return SpecError(
        f"the operator {show_word(operation.kind)} ({name}) can't become a layer{reason}",
        layer=clean(operation.name) or None,
        code="S136",
    )


def _is_plain(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name)


def _size(size: int | str | None, otherwise: str) -> Size:
    """Read a size; one without a name is named after its input."""
    if isinstance(size, int):
        return size
    if size:
        if _is_plain(size) and not size.startswith("_"):
            return symbol(size)
        try:
            return parse_size(size)
        except SpecError:
            otherwise = size
    word = "".join(letter if letter.isalnum() else "_" for letter in otherwise).strip("_")
    return symbol(word if _is_plain(word) else f"size_{word}")


def _by_name(given: Any) -> dict[str | None, Shape]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        given = {None: given}
    return {name: shape_of(shape) for name, shape in given.items()}
