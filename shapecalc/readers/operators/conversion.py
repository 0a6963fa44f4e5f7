"""A graph of operators into a net: each operator becomes the layers that its rule says.

What is computed from sizes (`Shape`, and what follows it) is worked out on the way: sizes stand in
it as symbols, and become `size(layer, dimension)` where a layer's argument needs them, so that the
net can be run on other inputs than those the file was made with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from ...errors import Location, ShapeError, SpecError
from ...facts import Misfit
from ...formula import FormulaError
from ...net import Net, Reference, Source
from ...registry import Registry
from ..failures import show_word, suggestion
from .application import Application
from .arrays import CannotFold
from .emission import Emitter
from .ends import graph_inputs, graph_outputs, graph_state, output_names
from .known import folded, viewed
from .model import Given, Graph, Model, Operation
from .naming import Names, clean
from .rules import Rule, Rules
from .usage import Usage
from .values import Held, Several, Value, stored

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
        names = Names(model.graph.operations, self._counts, rules.automatic)
        self.emitter = Emitter(registry, rules, names)
        self.names = _Names()  # of the outermost graph
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
        names = self.names
        for name, item in graph.stored.items():
            names[name] = stored(item)
        inputs = graph_inputs(graph, given, self.emitter, names)
        outputs: tuple[Source, ...] = ()
        try:
            self._run(graph.operations, names, 0)
            outputs = graph_outputs([names[name] for name in graph.outputs], self.emitter)
        except ShapeError:
            last = self.emitter.layers[-1] if self.emitter.layers else None
            if last is None or last.name in self.emitter.propagation.values:
                raise
            outputs = (Reference(last.name),)
        layers = tuple(self.emitter.layers)
        stem = PurePath(self.model.file).stem
        return Net(
            stem if self.rules.unnamed.fullmatch(graph.name) else clean(graph.name),
            inputs,
            layers,
            outputs,
            state=graph_state(graph, layers, self.emitter),
            file=self.model.file,
            output_names=output_names(graph, outputs),
        )

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
            return [Several(tuple(values))]
        if rule.control == "item":
            items, place = values
            if isinstance(items, Several) and isinstance(place, Held):
                return [items.items[place.array().only]]
            raise CannotFold
        known = folded(rule, operation, values, self.emitter)
        view = viewed(rule, operation, values, self.emitter, self.usage)
        if view is not None:
            first = known[0] if known else None
            return [view._replace(items=first.items) if isinstance(first, Held) else view]
        if known is not None:
            return known
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
