"""The names that the formulas of one layer may use, and what they ask of the layer's surroundings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .dims import Dim
from .facts import Facts, Misfit, Tentative
from .formula import FormulaError, NotKnown, Scope, Value, equal, show
from .net import Shape, Size
from .outputs import Output, numel
from .registry import LayerType
from .syntax import Call, literal

if TYPE_CHECKING:
    from .propagate import Propagation


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
        try:
            value = formula(self, 0)
        except BaseException:
            del self[name]
            raise
        self[name] = value
        return value

    def copy(self) -> LayerScope:
        """Give a scope of the same names, in which more can be named."""
        made = LayerScope(self.type, self.owner, self.facts, self.depth)
        made.update(self)
        made.axes = self.axes
        return made

    def decide(self, relation: Any) -> bool:
        return self.facts.decide(relation)

    def holds(self, relation: Any) -> bool | None:
        """Say whether a relation is proven, refuted, or (None) open."""
        return self.facts.holds(relation)

    @property
    def unites(self) -> bool:
        """Whether cases that the sizes leave open are united, rather than visited one by one."""
        return self.facts.unites

    @property
    def taken(self) -> int | None:
        """How many of the layer's outputs others take, counted to the last; None: perhaps all."""
        return self.facts.taken.get(self.facts.layer) if self.depth == 0 else None

    def possible(self, relation: Any) -> bool:
        """Say whether a relation may hold, as far as is known."""
        return self.facts.possible(relation)

    def choose(self, relation: Any, *, prefer: bool) -> bool:
        """Choose a case where the sizes leave it open."""
        return self.facts.decide(relation, prefer=prefer)

    def tentatively(self, compute: Callable[[], Value]) -> tuple[bool, Value]:
        """Compute a value, and say whether that went without demands, choices and errors."""
        before = self.facts.tentative
        self.facts.tentative = True
        try:
            return True, compute()
        except (Tentative, FormulaError, Misfit):
            return False, None
        finally:
            self.facts.tentative = before

    def require(self, value: Any, message: Callable[[], str], kind: str = "check") -> None:
        """Demand a relation."""
        self.facts.require(value, message, kind)

    def keep_batch(self, shape: Shape, rest: Size) -> Size | None:
        """Give the batch's size where a view with -1 in front must keep it, else None."""
        inside = numel(shape[1:])
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
        layer = self.facts.layer
        if _joins_the_batch(shape, rest) and self.facts.holds(same) is None:
            if not self.facts.strict:
                self.facts.warnings.append(
                    f"{layer}: view(-1, ...) moves elements into the batch: {show(batch)} becomes"
                    f" {show(batch * numel(shape[1:]) // rest)}"
                )
                return None
            self.facts.warnings.append(
                f"{layer}: the batch is kept, so {same}; --mix-batch lets view(-1, ...) put these"
                " sizes and the batch together, as PyTorch does"
            )
        elif not self.facts.strict:
            if self.facts.holds(same) is False:
                return None
            if self.facts.holds(same) is None:
                self.facts.warnings.append(
                    f"{layer}: the batch is kept; PyTorch also runs where"
                    f" {show(inside)} is another multiple of {show(rest)}, and mixes samples"
                )
        self.require(
            same,
            lambda: f"a sample of {show(inside)} elements doesn't fit the {show(rest)} of the view",
            "batch",
        )
        self.facts.kept.add(layer)
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


def _joins_the_batch(shape: Shape, rest: Size) -> bool:
    """Say whether a view keeps an input's last sizes, and joins those before them with the batch.

    So do losses over all words of all samples: `logits.view(-1, words)` and `targets.view(-1)`.
    """
    words = len(shape) == 2 and rest == 1
    return words or any(numel(shape[first:]) == rest for first in range(2, len(shape)))
