"""One operator's rule applied: which case it is, and the layers of its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...errors import ShapeError, SpecError
from ...facts import Misfit
from ...formula import FormulaError
from ...syntax import Call, Constant, Name, Node, Subscript, to_text
from ...syntax import Sequence as Tuple
from .emission import Emitter
from .model import Operation, Stored
from .naming import clean
from .rules import Case, Rule, Step
from .scope import RuleScope
from .usage import Usage
from .values import Held, Several, Value


class Application:
    """Applies a rule to an operator. Steps whose outputs nobody takes are left out."""

    def __init__(
        self,
        rule: Rule,
        operation: Operation,
        values: Sequence[Value],
        emitter: Emitter,
        usage: Usage,
    ) -> None:
        self.rule = rule
        self.operation = operation
        self.emitter = emitter
        self.usage = usage
        self.inputs: dict[str, Value] = {}
        many = rule.variadic
        for place, (name, _) in enumerate(rule.roles):
            if name == many:
                rest = values[place:]
                only = rest[0] if len(rest) == 1 else None
                self.inputs[name] = only if isinstance(only, Several) else Several(tuple(rest))
            elif place < len(values):
                self.inputs[name] = values[place]
        self.scope = RuleScope(rule, operation, self.inputs, emitter.sizes)
        self.made: dict[str, Value] = {}
        self.steps: Mapping[str, Step] = {}
        self._case: Case | None = None

    # ------------------------------------------------------------------------------------ cases

    @property
    def case(self) -> Case:
        """The case that holds; raises `FormulaError` where there is none."""
        if self._case is None:
            for test, text in self.rule.checks:
                if not self._holds(test(self.scope, 0)):
                    raise FormulaError(text)
            self._case = next(filter(self._is_case, self.rule.cases), None)
        if self._case is None:
            raise FormulaError("this form of it has no counterpart in PyTorch that is known")
        return self._case

    def _is_case(self, case: Case) -> bool:
        """Say whether a case holds; one that is nothing but a module holds where that can be made."""
        if case.condition is not None and not self._holds(case.condition(self.scope, 0)):
            return False
        self.steps = case.steps
        if len(case.steps) == 1:
            ((name, step),) = case.steps.items()
            if step.call is None and not step.always:
                made = self._module(step)
                if made is None:
                    return False
                self.made[name] = made
        return True

    def _holds(self, value: object) -> bool:
        return self.scope.decide(value)

    def outputs(self) -> list[Value]:
        """Give the outputs, after recording the layers that make them."""
        if self.rule.chain is not None:
            return [self._chained(self.rule.chain)]
        case = self.case
        if case.outputs is not None:
            return [
                self.value(node) if used else None
                for node, used in zip(case.outputs, self.scope["used"], strict=False)
            ]
        found = self.value(Name([*case.steps][-1]))
        if isinstance(found, Several) and self.rule.control != "sequence":
            return list(found.items)
        return [found]

    def plain_call(self) -> Call | None:
        """Give the call of a rule of one step; None where the step falls away."""
        (step,) = self.case.steps.values()
        if step.call is None or not self._wanted(step):
            return None
        return self.emitter.call(*step.call.fill(self.scope))

    def module(self) -> Value:
        """Make the module of a rule of one step; None where its weights aren't those of one."""
        (step,) = self.case.steps.values()
        return self._module(step)

    def _chained(self, function: str) -> Value:
        """Apply a function of two tensors to several, one after the other."""
        (values,) = self.inputs.values()
        assert isinstance(values, Several)
        found: Value = values.items[0]
        for value in values.items[1:]:
            call = self.emitter.call(function, (), {})
            found = self.emitter.emit(self._name(function, weights=False), call, [found, value])
        return found

    # ------------------------------------------------------------------------------------ values

    def value(self, node: Node) -> Value:
        """Give what a name in `of` or `outputs` stands for."""
        match node:
            case Name(name) if name in self.steps:
                if name not in self.made:
                    self.made[name] = self._run(self.steps[name])
                return self.made[name]
            case Name(name):
                return self.inputs.get(name)
            case Subscript(inner, Constant(int(place))):
                items = self.value(inner)
                assert isinstance(items, Several)
                return items.items[place]
            case Tuple(parts):
                found = tuple([self.value(part) for part in parts])
                return None if None in found else Several(found)
        raise FormulaError(f"`{to_text(node)}` names no tensor")

    def _sources(self, nodes: Sequence[Node]) -> list[Value]:
        found: list[Value] = []
        for node in nodes:
            value = self.value(node)
            if isinstance(value, Several) and not isinstance(node, Tuple):
                found.extend(value.items)
            elif value is not None:
                found.append(value)
        return found

    def _wanted(self, step: Step) -> bool:
        return step.condition is None or self._holds(step.condition(self.scope, 0))

    def _run(self, step: Step) -> Value:
        tensors = [name for name, role in self.rule.roles if not role.startswith("value")]
        nodes = step.sources
        if nodes is None:
            nodes = tuple([Name(name) for name in tensors])
        if not self._wanted(step):
            return self.value(nodes[0])
        made = self._module(step)
        if made is not None:
            return made
        if step.call is None:
            raise FormulaError("its weights aren't those of the layer it would be")
        name, values, words = step.call.fill(self.scope)
        call = self.emitter.call(name, values, words)
        named = {word: self.value(node) for word, node in step.named.items()}
        return self.emitter.emit(
            self._name(name, weights=False),
            call,
            self._sources(nodes),
            {word: value for word, value in named.items() if value is not None},
        )

    # ----------------------------------------------------------------------------------- modules

    def _module(self, step: Step) -> Value:
        """Record a layer with weights of its own; None where they are no such weights."""
        weights = self._weights(step)
        if step.module is None or weights is None:
            return None
        name, values, words = step.module.fill(self.scope)
        try:
            call = self.emitter.call(name, values, words)
            state = {}
            for part in self.emitter.propagation.state(call):
                state.update(part)
        except (SpecError, ShapeError, Misfit, FormulaError):
            if step.always:
                raise
            return None
        for key, formula in step.weights.items():
            if formula(self.scope, 0) != state.get(key):
                return None
        nodes = step.sources
        if nodes is None:
            nodes = tuple([Name(n) for n, role in self.rule.roles if role.startswith("tensor")])
        else:
            nodes = tuple(
                [n for n in nodes if not (isinstance(n, Name) and n.name in self.rule.weights)]
            )
        shares = self.emitter.sharing(call, weights)
        if shares is not None:
            entry = self._name(name, weights=True)
        else:
            entry = self._name_of_module(name, weights, step)
            self.emitter.keep(entry, call, weights)
        return self.emitter.emit(entry, call, self._sources(nodes), shares=shares)

    def _weights(self, step: Step) -> tuple[Stored, ...] | None:
        """Give the weights a module would have; None where they are computed, or others use them."""
        found: list[Stored] = []
        for name in self.rule.weights:
            value = self.inputs.get(name)
            if value is None:
                continue
            source = value.source if isinstance(value, Held) else None
            if source is not None:
                found.append(source)
            if not step.always and (source is None or not self.usage.is_own(source)):
                return None
        return tuple(found)

    def _name_of_module(self, name: str, weights: Sequence[Stored], step: Step) -> str:
        """Name a module after its weights: that of conv1.weight is conv1."""
        for item in weights:
            for key in step.weights:
                prefix = clean(item.name.removesuffix(f".{key}"))
                if (
                    item.name.endswith(f".{key}")
                    and prefix
                    and prefix not in self.emitter.names.used
                ):
                    return self.emitter.names.unique(prefix)
        return self._name(name, weights=True)

    def _name(self, function: str, *, weights: bool) -> str:
        return self.emitter.names.of_layer(self.operation, function, weights=weights)
