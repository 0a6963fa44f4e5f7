"""The arguments of a call: evaluated, bound to a layer type's parameters, and checked for their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .dims import Dim, symbol
from .errors import SpecError, nearest_words
from .facts import Facts, Misfit
from .formula import ARITHMETIC, Compiled, Compiler, FormulaError, Scope, Value, relate, show
from .indexing import List
from .registry import Input, Kind, LayerType, Parameter, Registry
from .relations import Relation
from .syntax import Call, Constant, Name, Node, Sequence, to_text


class Tensor(NamedTuple):
    """A tensor as an argument: `empty(3, 4)`; None where an optional one is left out."""

    shape: tuple[Any, ...] | None


class Environment(Scope):
    """What names in arguments stand for: symbols, or the values they are given."""

    __slots__ = ("facts", "registry", "size_of", "tensor")

    def __init__(
        self,
        values: Mapping[str, Value],
        registry: Registry,
        facts: Facts,
        size_of: Callable[[Call], Value],
        tensor: Callable[[Call], Value],
    ) -> None:
        super().__init__(values)
        self.facts = facts
        self.registry = registry
        self.size_of = size_of
        self.tensor = tensor

    def __missing__(self, name: str) -> Value:
        return ... if name == "Ellipsis" else symbol(name)

    def require(
        self, value: bool | Relation, message: Callable[[], str], kind: str = "check"
    ) -> None:
        """Demand a relation, of the layer whose argument it is."""
        try:
            self.facts.require(value, message, kind)
        except Misfit as misfit:
            raise FormulaError(misfit.message) from None


class _ArgumentCompiler(Compiler):
    """Formulas of arguments may also ask for sizes of earlier outputs, and hold modules and tensors.

    A list is told from a tuple, for `x[[0, 1]]` isn't `x[0, 1]`.
    """

    def single(self, node: Node) -> Compiled:
        """Compile, telling lists from tuples."""
        made = super().single(node)
        if isinstance(node, Sequence) and node.optional:
            return lambda scope, axis: List(made(scope, axis))
        return made

    def _call(self, node: Call) -> Compiled:
        if node.function == "size":
            return lambda scope, axis: scope.size_of(node)  # type: ignore[attr-defined]
        if node.function in self.functions:
            return super()._call(node)

        def made(scope: Scope, _axis: int) -> Value:
            found = scope.registry.find(node.function)  # type: ignore[attr-defined]
            return scope.tensor(node) if found.is_function and not found.wraps else node  # type: ignore[attr-defined]

        return made


_COMPILER = _ArgumentCompiler(ARITHMETIC)


def evaluate_argument(node: Node, environment: Environment) -> Value:
    """Give the value of an argument."""
    if type(node) is Constant:
        return node.value
    return _COMPILER.single(node)(environment, 0)


class Bound(NamedTuple):
    """Arguments by parameter, before they are spread over axes; tensors given among them apart."""

    values: dict[str, Value]
    tensors: tuple[Tensor, ...]
    named_tensors: dict[str, Tensor]


def bind(
    layer: LayerType,
    parameters: tuple[Parameter, ...],
    arguments: tuple[Node, ...],
    keywords: tuple[tuple[str, Node], ...],
    environment: Environment,
    free: tuple[Input, ...],
) -> Bound:
    """Bind arguments to parameters as Python does, taking tensors out.

    `free` are the inputs that no tensor comes in for from elsewhere: tensors among the arguments
    fill them in order, and numbers do where the input takes one. What stands in the place of a
    tensor that may be left out must be one, or None.

    Raises `SpecError` for arguments that are unknown, missing or too many.
    """
    values: dict[str, Value] = {}
    tensors: list[Tensor] = []
    named: dict[str, Tensor] = {}
    slots = [p for p in parameters if not (p.keywords or p.named)]
    rest: list[Value] = []
    at = 0
    for node in arguments:
        spot = slots[at] if at < len(slots) else None
        if spot is not None and not spot.variadic and spot.kinds and spot.is_ignored:
            at += 1
            continue
        value = evaluate_argument(node, environment)
        if isinstance(value, Tensor) and not (spot and _takes_tensor(spot)):
            tensors.append(value)
            continue
        waiting = free[len(tensors)] if len(tensors) < len(free) else None
        if waiting is not None and waiting.number and _is_number(value) and not _needed(spot):
            tensors.append(Tensor(()))
            continue
        if (
            waiting is not None
            and waiting.optional
            and value is None
            and (spot is None or spot.variadic or _is_before(layer, waiting, spot))
        ):
            tensors.append(Tensor(None))
            continue
        if spot is None:
            raise _too_many(layer, parameters, arguments)
        if waiting is not None and waiting.optional and _is_before(layer, waiting, spot):
            raise SpecError(
                f"{layer.name}: {show(value)} stands in the place of the tensor {waiting.name}",
                hint=f"name it, as in {spot.name}={show(value)}, or put None before it",
                code="S112",
            )
        if spot.variadic:
            rest.append(value)
            continue
        values[spot.name] = value
        at += 1
    star = next((p for p in slots if p.variadic), None)
    if star is not None and rest:
        # A single tuple stands for its elements: view((2, 3)).
        only = rest[0] if len(rest) == 1 and isinstance(rest[0], tuple) else tuple(rest)
        values[star.name] = only
    _bind_keywords(layer, parameters, keywords, environment, values, named)
    return Bound(values, tuple(tensors), named)


def _bind_keywords(
    layer: LayerType,
    parameters: tuple[Parameter, ...],
    keywords: tuple[tuple[str, Node], ...],
    environment: Environment,
    values: dict[str, Value],
    named: dict[str, Tensor],
) -> None:
    known = {p.name: p for p in parameters if not p.keywords}
    collect = next((p for p in parameters if p.keywords), None)
    extra: dict[str, Value] = {}
    inputs = {item.name for item in layer.inputs}
    aliases: Mapping[str, str] = layer.data.get("aliases") or {}
    for raw, node in keywords:
        name = raw if raw in known else aliases.get(raw, raw)
        spot = known.get(name)
        if spot is None and name not in inputs:
            if collect is None:
                raise _unknown(layer, name, [*known, *inputs])
            extra[name] = evaluate_argument(node, environment)
            continue
        if name in values:
            raise SpecError(f"{layer.name}: the argument {name} is given twice", code="S112")
        if spot is not None and spot.is_ignored:
            continue
        value = evaluate_argument(node, environment)
        if isinstance(value, Tensor) and not (spot and _takes_tensor(spot)):
            named[name] = value
        elif spot is not None:
            alone = any(isinstance(kind, Kind) and kind.form == "one" for kind in spot.kinds)
            if spot.variadic and not (alone or isinstance(value, tuple)):
                raise SpecError(
                    f"{layer.name}: {name}={show(value)} must be a tuple where it is named",
                    hint=f"{layer.name}({show(value)}) takes it as it is",
                    code="S112",
                )
            values[name] = value
        elif value is None:
            continue
        else:
            if not _is_number(value):
                raise SpecError(f"{layer.name}: {name}={show(value)} must be a tensor", code="S112")
            named[name] = Tensor(())
    if collect is not None:
        values[collect.name] = tuple(extra.items())


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float, Dim))


def _is_before(layer: LayerType, tensor: Input, spot: Parameter) -> bool:
    """Tell whether a tensor has its place before an argument; among any number, nothing has one."""
    order = layer.order
    if spot.variadic or tensor.name not in order:
        return False
    return order.index(tensor.name) < order.index(spot.name)


def _needed(spot: Parameter | None) -> bool:
    """Tell an argument that must be given: numbers are for it first, as in `scatter(dim, index, 1.0)`."""
    return spot is not None and spot.default is None and not spot.variadic


def _takes_tensor(spot: Parameter) -> bool:
    return any(isinstance(kind, Kind) and kind.base in ("tensor", "any") for kind in spot.kinds)


def _too_many(
    layer: LayerType, parameters: tuple[Parameter, ...], arguments: tuple[Node, ...]
) -> SpecError:
    names = ", ".join(p.name for p in parameters)
    return SpecError(
        f"{layer.name} takes {len(parameters)} arguments, {len(arguments)} are given",
        hint=f"its arguments are: {names or 'none'}",
        code="S112",
    )


def _unknown(layer: LayerType, name: str, known: list[str]) -> SpecError:
    near = nearest_words(name, known, 0.6)
    hint = f"did you mean {near[0]}?" if near else f"its arguments are: {', '.join(known)}"
    return SpecError(f"{layer.name} has no argument {name}", hint=hint, code="S111")


# ------------------------------------------------------------------------------ their kinds


def complete(
    layer: LayerType, parameters: tuple[Parameter, ...], values: dict[str, Value], scope: Scope
) -> None:
    """Put values and defaults into a scope, each checked for its kind and spread over the axes.

    Raises `SpecError` for a missing argument and `Misfit` for one of the wrong kind.
    """
    scope["given"] = (*dict.get(scope, "given", ()), *values)
    for parameter in parameters:
        name = parameter.name
        if name in values:
            value = values[name]
        elif parameter.default is not None:
            value = layer.compile(parameter.default)(scope, 0)
        elif parameter.keywords or (parameter.variadic and parameter.is_ignored):
            value = ()
        else:
            raise SpecError(
                f"{layer.name} needs the argument {name}",
                hint=f"its arguments are: {', '.join(p.name for p in parameters)}",
                code="S113",
            )
        if not parameter.keywords and not (parameter.variadic and value == ()):
            if isinstance(value, tuple) and len(value) == 1 < scope.axes and parameter.is_per_axis:
                scope["singles"] = (*dict.get(scope, "singles", ()), name)
            if isinstance(value, tuple):
                scope["tuples"] = (*dict.get(scope, "tuples", ()), name)
            if isinstance(value, List):
                scope["lists"] = (*dict.get(scope, "lists", ()), name)
            scope[name] = value  # for the message, where it doesn't fit
            value = fit(layer, parameter, value, scope.axes)
        scope[name] = value


def fit(layer: LayerType, parameter: Parameter, value: Value, axes: int) -> Value:
    """Check a value's kind; spread one for each axis.

    Raises `Misfit` naming the argument.
    """
    problem = ""
    for kind in parameter.kinds:
        if kind is None:
            if value is None:
                return None
            continue
        if isinstance(kind, str):
            if value == kind:
                return value
            if kind == "()" and value == ():
                return None
            continue
        found, why = _fit_kind(kind, value, axes)
        if not why:
            return found
        problem = problem or why
    if isinstance(value, str) and all(isinstance(kind, str | None) for kind in parameter.kinds):
        options = ", ".join(repr(kind) for kind in parameter.kinds if kind is not None)
        problem = f"must be one of {options}"
        kind_of_misfit = parameter.name
    else:
        kind_of_misfit = f"{parameter.name}{'[n]' if isinstance(value, tuple) else ' type'}"
    raise Misfit(
        f"{layer.name}: {parameter.name}={show(value)} {problem or 'is of the wrong kind'}",
        kind_of_misfit,
    )


def _fit_kind(kind: Kind, value: Value, axes: int) -> tuple[Value, str]:
    if isinstance(value, List) and kind.form != "one":
        value = tuple(value)
    if kind.form == "per axis":
        if not isinstance(value, tuple):
            why = _fit_atom(kind, value)
            return (value,) * axes, why
        if kind.open:
            value = value[:axes]
        if len(value) != axes and (kind.exact or len(value) != 1):
            return value, f"has {len(value)} elements; {axes} are needed, one for each axis"
        value = _whole_numbers(kind, value)
        for item in value:
            why = "" if kind.gaps and item is None else _fit_atom(kind, item)
            if why:
                return value, why
        return value * axes if len(value) != axes else value, ""
    if kind.form == "list":
        if kind.exact and not isinstance(value, tuple):
            return value, "must be a tuple"
        items = _whole_numbers(kind, value) if isinstance(value, tuple) else (value,)
        for item in items:
            why = _fit_atom(kind, item)
            if why:
                return value, why
        return items, ""
    if kind.base == "flag":
        return (value, "must be True or False") if isinstance(value, Dim) else (bool(value), "")
    why = _fit_atom(kind, value)
    # Formulas see a tensor as its shape.
    return value.shape if isinstance(value, Tensor) and kind.base == "tensor" else value, why


def _whole_numbers(kind: Kind, items: tuple[Value, ...]) -> tuple[Value, ...]:
    """Read a True that isn't the first of a list of integers as 1: PyTorch looks at the first only."""
    if kind.base != "int":
        return items
    return (*items[:1], *(int(item) if isinstance(item, bool) else item for item in items[1:]))


def _fit_atom(kind: Kind, value: Value) -> str:
    good = _GOOD.get(kind.base)
    truth = kind.base == "int" and isinstance(value, bool)  # PyTorch takes no True for a 1
    if good is not None and (truth or not isinstance(value, good)):
        if isinstance(value, float) and kind.base == "int":
            return "is a float, which no size can be; `/` makes one, `//` doesn't"
        return f"must be {_WORDS[kind.base]}"
    return ""


_GOOD: dict[str, tuple[type, ...]] = {
    "int": (int, Dim),
    "number": (int, float, Dim),
    "bool": (bool,),
    "str": (str,),
    "module": (Call,),
    "tensor": (Tensor,),
    "slice": (slice, int, Dim),
}
_WORDS = {
    "int": "an integer",
    "number": "a number",
    "bool": "True or False",
    "str": "a text",
    "module": "a module, such as a layer's call",
    "tensor": "a tensor, such as empty(3, 4)",
    "slice": "a slice or an index",
}


def demand_ranges(
    layer: LayerType, parameters: tuple[Parameter, ...], scope: Scope, facts: Facts
) -> None:
    """Demand that sizes are at least 1 and counts at least 0, as PyTorch does when it runs."""
    for parameter in parameters:
        for kind in parameter.kinds:
            if not isinstance(kind, Kind) or kind.lowest is None:
                continue
            value = dict.get(scope, parameter.name)
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, (int, Dim)) and not isinstance(item, bool):
                    if type(item) is int and item >= kind.lowest:
                        continue
                    facts.require(
                        relate(item, ">=", kind.lowest),
                        lambda item=item, p=parameter, k=kind: (  # type: ignore[misc]
                            f"{layer.name}: {p.name}={show(item)} must be at least {k.lowest}"
                        ),
                        parameter.name,
                    )


def lowest_unknowns(layer: LayerType, call: Call) -> dict[str, int]:
    """Give the free identifiers of a call's arguments and the least value each may have."""
    found: dict[str, int] = {}
    for parameters, (arguments, keywords) in (
        (layer.parameters, (call.arguments, call.keywords)),
        (layer.forward, call.forward or ((), ())),
    ):
        slots = [p for p in parameters if not (p.keywords or p.named)]
        for index, node in enumerate(arguments):
            spot = slots[min(index, len(slots) - 1)] if slots else None
            _note(found, node, spot)
        known = {p.name: p for p in parameters}
        for name, node in keywords:
            _note(found, node, known.get(name))
    return found


def _note(found: dict[str, int], node: Node, spot: Parameter | None) -> None:
    """Note the names in an argument, by the kinds that it may be of as it is written."""
    if spot is not None and spot.is_ignored:
        return
    kinds = [kind for kind in (spot.kinds if spot else ()) if isinstance(kind, Kind)]
    if isinstance(node, Sequence):
        kinds = [kind for kind in kinds if kind.form != "one"] or kinds
        for part in node.items:
            _note_names(found, part, kinds)
    else:
        kinds = [kind for kind in kinds if not (kind.form == "list" and kind.exact)] or kinds
        _note_names(found, node, kinds)


def _note_names(
    found: dict[str, int], node: Node, kinds: list[Kind], inside: int | None = None
) -> None:
    """Note the names in a node; `inside` is the least value of those in an expression."""
    from .syntax import parts_of

    if isinstance(node, Call) and node.function == "size":
        return
    if isinstance(node, Name):
        if node.name == "Ellipsis":
            return
        least = min((kind.least_unknown for kind in kinds), default=1)
        found[node.name] = max(found.get(node.name, 0), least if inside is None else inside)
        return
    if not isinstance(node, Sequence):
        # a module's arguments are sizes; in an expression, as 2*k + 1, only what it gives is bounded
        inside = 1 if isinstance(node, Call) and node.function[:1].isupper() else 0
    for part in parts_of(node):
        _note_names(found, part, kinds, inside)


__all__ = ["Bound", "Environment", "FormulaError", "Tensor", "bind", "complete", "to_text"]
