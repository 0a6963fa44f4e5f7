"""The machine that evaluates a source: it walks the syntax tree and executes nothing of the host's.

What each kind of expression, statement and value means stands in the modules beside this one; here is
what they share: budget, places, errors, truth and iteration.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...dims import Dim
from ...errors import Location, ShapecalcError, SpecError
from ...relations import AllOf, AnyOf, Comparison
from ...syntax import Compare, Constant, Node
from ..shapes import numbers_hint
from .attributes import get_attribute
from .builtin import BUILTINS
from .calls import call
from .classes import instance_truth
from .display import show_repr
from .expressions import EXPRESSIONS
from .failures import Raised, fail
from .iteration import elements_of
from .libraries import Libraries
from .limits import MAX_CALLS, MAX_DEPTH, Budget, LimitError
from .numbers import compare
from .numerics import product
from .statements import STATEMENTS
from .types import type_of, unbound_method
from .values import (
    Array,
    Class,
    Frame,
    Instance,
    Iteration,
    Opaque,
    Ratio,
    SourceModule,
    Tensor,
    Traced,
    Value,
)

if TYPE_CHECKING:
    from ...registry import Registry
    from .imports import Loader
    from .statements import Signal
    from .tracing import Tracer


class Machine:
    """Evaluates nodes; knows the registry, the files and the trace of the net."""

    def __init__(self, registry: Registry, loader: Loader, tracer: Tracer) -> None:
        self.registry = registry
        self.loader = loader
        self.tracer: Tracer = tracer
        self.budget = Budget()
        self.builtins: dict[str, Value] = dict(BUILTINS)
        self.libraries = Libraries()
        self.traits: dict[ast.AST, tuple[frozenset[str], bool]] = {}  # of functions, once called
        self.guards: list[set[str]] = []  # what the `try` statements around here catch
        self.caller: Frame | None = None  # the names around the call that is being worked out
        self.site: tuple[SourceModule, ast.AST] | None = None
        loader.machine = self
        tracer.machine = self

    # ------------------------------------------------------------------------------- evaluating

    def evaluate(self, node: ast.expr, frame: Frame) -> Value:
        """Give the value of an expression."""
        budget = self.budget
        budget.spend(1)
        budget.depth += 1
        if budget.depth > MAX_DEPTH:
            budget.depth -= 1
            raise LimitError("expressions and calls are nested too deeply")
        try:
            handler = EXPRESSIONS.get(type(node))
            if handler is None:
                raise SpecError(f"`{type(node).__name__.lower()}` is not followed")
            return handler(self, node, frame)
        except (ShapecalcError, Raised) as error:
            if error.location is None:
                self.locate(error, frame.module, node)
            raise
        finally:
            budget.depth -= 1

    def execute(self, body: list[ast.stmt], frame: Frame) -> Signal | None:
        """Run statements; gives a signal when one of them leaves the block."""
        budget = self.budget
        for node in body:
            budget.spend(1)
            budget.depth += 1
            try:
                handler = STATEMENTS.get(type(node))
                if handler is None:
                    raise SpecError(f"`{type(node).__name__.lower()}` is not followed")
                signal = handler(self, node, frame)
            except (ShapecalcError, Raised) as error:
                if error.location is None:
                    self.locate(error, frame.module, node)
                raise
            finally:
                budget.depth -= 1
            if signal is not None:
                return signal
        return None

    def call(self, function: Value, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        """Call a value."""
        budget = self.budget
        budget.spend(1)
        budget.calls += 1
        if budget.calls > MAX_CALLS:
            budget.calls -= 1
            raise LimitError(f"more than {MAX_CALLS} calls inside one another")
        try:
            return call(self, function, arguments, keywords)
        finally:
            budget.calls -= 1

    def get(self, value: Value, name: str) -> Value:
        """Give an attribute."""
        return get_attribute(self, value, name)

    # ----------------------------------------------------------------------------------- places

    def place(self, module: SourceModule, node: ast.AST) -> Location:
        """Give the place of a node; the column counts characters from 1."""
        line = getattr(node, "lineno", 1)
        offset = getattr(node, "col_offset", 0)
        text = module.lines[line - 1] if 0 < line <= len(module.lines) else ""
        column = len(text.encode()[:offset].decode(errors="ignore")) + 1
        return Location(module.file, line, column)

    def locate(self, error: ShapecalcError | Raised, module: SourceModule, node: ast.AST) -> None:
        """Say where an error happened, and show the line."""
        error.location = self.place(module, node)
        line = error.location.line
        error.source = module.lines[line - 1] if 0 < line <= len(module.lines) else None

    def here(self) -> Location | None:
        """Give the place of the call or operator that is being worked out."""
        return None if self.site is None else self.place(*self.site)

    def here_or(self, module: SourceModule) -> Location:
        """Give the place that is being worked out, or else that of the file."""
        return self.here() or Location(module.file, 1, 1)

    # ----------------------------------------------------------------------------------- errors

    def fail(self, kind: str, message: str) -> Raised:
        """Make an exception as Python would raise it, which the source may catch."""
        return fail(kind, message)

    def catches(self, *kinds: str) -> bool:
        """Tell whether a `try` statement around here mentions one of some exceptions, or all."""
        wanted = {*kinds, "Exception", "BaseException"}
        return any(names & wanted for names in self.guards)

    def limit(self, message: str) -> LimitError:
        """Make the error of a source that costs too much."""
        return LimitError(message)

    def product(self, items: list[Value] | tuple[Value, ...]) -> Value:
        """Multiply numbers of which some come from sizes."""
        return product(self, items)

    def type_of(self, value: Value) -> Value:
        """Give the class of a value."""
        return type_of(self, value)

    def unbound_method(self, kind: Class, name: str) -> Value:
        """Give a method of a class of Python's own."""
        return unbound_method(kind, name)

    def unknown(self, value: Opaque, what: str) -> SpecError:
        """Make the error of a value that is needed and isn't known."""
        place = f" ({value.location})" if value.location else ""
        return SpecError(f"{what} is not known: {value.reason}{place}", code="S104")

    # ------------------------------------------------------------------------------ assumptions

    def pin(self, value: Value) -> Value:
        """Give a number as it is with the input at hand: the trace then holds for it only."""
        if isinstance(value, Traced):
            if isinstance(value.value, Dim):
                raise SpecError(
                    f"a number is needed here, and {value.value} is open",
                    hint=numbers_hint(self.tracer.inputs),
                    code="S105",
                )
            self.note(Compare(value.node, (("==", Constant(value.value)),)))
            return value.value
        if isinstance(value, Ratio):
            exact = value.number()
            if exact is None:
                raise SpecError(
                    f"a number is needed here, and {value} is open",
                    hint=numbers_hint(self.tracer.inputs),
                    code="S105",
                )
            for part in (value.numerator, value.denominator):
                self.pin(part)
            return exact
        return value

    def note(self, condition: Node) -> None:
        """Note a comparison of sizes that the numbers at hand make true."""
        self.tracer.note(condition)

    def assume(self, relation: Value, about: Value) -> None:
        """Demand a relation between sizes without which the source would do something else."""
        if isinstance(relation, bool):
            if not relation:
                raise SpecError(f"{self.show(about)} is below zero here, which is not followed")
            return
        self.tracer.assume(relation)

    # ------------------------------------------------------------------------ truth, iteration

    def truth(self, value: Value, *, avoid: bool | None = None) -> bool:
        """Decide a condition. Where sizes leave it open, choose, and record the condition taken.

        `avoid` is the answer that leads to an exception, if one does.
        """
        match value:
            case bool():
                return value
            case Comparison() | AllOf() | AnyOf():
                return self.tracer.decide(value, avoid=avoid)
            case Opaque():
                raise self.unknown(value, "whether this condition holds")
            case Tensor():
                return self._tensor_truth(value, avoid)
            case Traced() | Ratio():
                return self.truth(compare(self, "!=", value, 0), avoid=avoid)
            case Array():
                if value.elements is not None and len(value.elements) == 1:
                    return bool(value.elements[0])
                raise SpecError("the truth of an array is not followed")
            case Instance():
                return instance_truth(self, value)
            case _:
                return bool(value)

    def settled(self, value: Value) -> Value:
        """Give a condition as True or False where what is known of the sizes decides it."""
        if isinstance(value, (Comparison, AllOf, AnyOf)):
            known = self.tracer.facts.holds(value)
            return value if known is None else known
        return value

    def _tensor_truth(self, value: Tensor, avoid: bool | None) -> bool:
        if value.elements is not None and len(value.elements) == 1:
            return bool(value.elements[0])
        if avoid is not None:  # a check of numbers: where it fails, there are no shapes
            return not avoid
        raise SpecError(
            "what happens here depends on the numbers in a tensor, not on its shape", code="S106"
        )

    def iterate(self, value: Value) -> Iterator[Value]:
        """Yield the elements of a value, each of which costs a step."""
        budget = self.budget
        for item in elements_of(self, value):
            budget.spend(1)
            yield item

    def collect(self, value: Value) -> list[Value]:
        """List the elements of a value, within bounds."""
        if isinstance(value, (list, tuple, set, frozenset, dict, range, str)):
            self.budget.items(len(value))
            if not isinstance(value, dict):
                return list(value)
        found: list[Value] = []
        for item in self.iterate(value):
            found.append(item)
            if len(found) % 1024 == 0:
                self.budget.items(len(found))
        return found

    def iteration(self, items: Iterator[Value]) -> Iteration:
        """Make an iterator of the source."""
        return Iteration(items)

    def show(self, value: Value) -> str:
        """Write a value for a message."""
        return show_repr(value)
