"""The rules of `onnx.yaml`: which layers an operator becomes, and with what arguments.

The head of `onnx.yaml` is the manual of the format. Formulas are those of `layers.yaml`, and a few
functions of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence as Sequence_
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from ...data_files import read_data
from ...dims import maximum
from ...errors import SpecError
from ...formula import Compiled, Compiler, FormulaError, Function, Scope, Value, show
from ...structure import FUNCTIONS
from ...syntax import Call, Node, Sequence, Star, names_in, parse

KEYS = frozenset(
    [
        "like",
        "inputs",
        "attributes",
        "where",
        "each",
        "checks",
        "fold",
        "view",
        "control",
        "absorbs",
        "chain",
        "outputs",
        "cases",
        "if",
        "steps",
        "call",
        "of",
        "named",
        "module",
        "weights",
        "always",
    ]
)
_STEP = frozenset(["call", "of", "named", "module", "weights", "always", "if"])
_BRACES = re.compile(r"\{([^{}]*)\}")
_CALL = re.compile(r"((?:\{[^{}]*\}|\w)+)(\(.*\))?", re.DOTALL)


def _number(scope: Scope, size: Value) -> int:
    """Give the number that a size is for the shapes the graph is read with."""
    found = scope.actual(size)  # type: ignore[attr-defined]
    if type(found) is not int:
        raise FormulaError(f"{show(found)} must be a number here")
    return found


def _is_known(scope: Scope, size: Value) -> bool:
    """Say whether a size is a number for the shapes the graph is read with."""
    return type(scope.actual(size)) is int  # type: ignore[attr-defined]


def _slices(shape: Value, axes: Value, starts: Value, ends: Value, steps: Value) -> Value:
    """Write what ONNX's slicing takes as Python's slices; where a step is below 0, of a flipped axis."""
    found: list[Value] = [slice(None)] * len(shape)
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        if type(step) is not int or step == 0:
            raise FormulaError(f"a step of {show(step)}")
        if step < 0:
            size = shape[axis]
            start, end = _mirrored(start, size), _mirrored(end, size)
        first = None if start == 0 else start
        last = None if type(end) is int and end >= _FAR else end
        found[axis] = slice(first, last, abs(step) if abs(step) != 1 else None)
    while len(found) > 1 and found[-1] == slice(None):
        found.pop()
    return tuple(found)


_FAR = 2**31 - 1  # exporters write the end of a dimension as the largest integer


def _mirrored(at: Value, size: Value) -> Value:
    if type(at) is int and at >= _FAR:
        return 0
    if type(at) is int and at < 0:
        return _FAR if at <= -_FAR else -1 - at
    return maximum(size - 1 - at, 0)


_FUNCTIONS: dict[str, Function] = {
    **FUNCTIONS,
    "number": Function(_number, scoped=True),
    "is_known": Function(_is_known, scoped=True),
    "slices": Function(_slices),
}


class Template:
    """A call with formulas for its arguments; what stands in braces in its name is one too."""

    def __init__(self, text: str, compiler: Compiler) -> None:
        parts = _CALL.fullmatch(text)
        assert parts is not None
        head = parts[1]
        node = parse(f"f{parts[2] or '()'}")
        assert isinstance(node, Call)
        self.head = [
            compiler.whole(parse(part)) if place % 2 else part
            for place, part in enumerate(_BRACES.split(head))
        ]
        self.arguments = [
            (True, compiler.whole(item.value))
            if isinstance(item, Star)
            else (False, compiler.whole(item))
            for item in node.arguments
        ]
        self.keywords = [(name, compiler.whole(item)) for name, item in node.keywords]

    def fill(self, scope: Scope) -> tuple[str, list[Value], dict[str, Value]]:
        """Give the name, and the values of the arguments."""
        name = "".join(part if isinstance(part, str) else str(part(scope, 0)) for part in self.head)
        values: list[Value] = []
        for starred, formula in self.arguments:
            value = formula(scope, 0)
            values.extend(value if starred else [value])
        return name, values, {word: formula(scope, 0) for word, formula in self.keywords}


class Step(NamedTuple):
    """One layer that an operator becomes; without its condition, it stands for its first source.

    `module` is the form with weights of its own, whose shapes `weights` gives; `call` the other.
    `always`: the module is made whatever its weights are.
    """

    call: Template | None
    module: Template | None
    weights: Mapping[str, Compiled]
    sources: tuple[Node, ...] | None
    named: Mapping[str, Node]
    condition: Compiled | None
    always: bool = False


class Case(NamedTuple):
    """What an operator becomes under a condition."""

    condition: Compiled | None
    steps: Mapping[str, Step]
    outputs: tuple[Node, ...] | None


class Rule:
    """One entry of `onnx.yaml`."""

    def __init__(self, kind: str, data: Mapping[str, Any]) -> None:
        self.kind = kind
        self.data = data
        self.inputs: dict[str, str] = dict(data.get("inputs") or {"*inputs": "tensor"})
        self.fold: str | None = data.get("fold")
        self.view = bool(data.get("view"))
        self.control: str | None = data.get("control")
        self.chain: str | None = data.get("chain")
        self.absorbs: Sequence_[str] = data.get("absorbs") or ()

    @cached_property
    def roles(self) -> list[tuple[str, str]]:
        """The names of the inputs in order, and what each is."""
        return [(name.lstrip("*"), role) for name, role in self.inputs.items()]

    @property
    def variadic(self) -> str | None:
        """The name of the input that takes all further ones."""
        return next((name[1:] for name in self.inputs if name.startswith("*")), None)

    @cached_property
    def weights(self) -> tuple[str, ...]:
        """The names of inputs that may be weights of a module."""
        return tuple([name for name, role in self.roles if role.startswith("weight")])

    @cached_property
    def _nodes(self) -> dict[str, Node]:
        return {str(k): parse(str(v)) for k, v in (self.data.get("where") or {}).items()}

    @cached_property
    def compiler(self) -> Compiler:
        """The compiler of its formulas, which knows the names that have a value for each axis."""
        names = set(self.data.get("each") or ())
        while True:
            compiler = Compiler(_FUNCTIONS, frozenset(names))
            more = {name for name, node in self._nodes.items() if compiler.is_per_axis(node)}
            if more <= names:
                return compiler
            names |= more

    @cached_property
    def where(self) -> dict[str, Compiled]:
        """The compiled formulas of names."""
        return {name: self.compiler.whole(node) for name, node in self._nodes.items()}

    @cached_property
    def attributes(self) -> dict[str, Compiled]:
        """The defaults of attributes."""
        given = self.data.get("attributes") or {}
        return {name: self.compiler.whole(parse(str(text))) for name, text in given.items()}

    @cached_property
    def checks(self) -> tuple[tuple[Compiled, str], ...]:
        """Conditions without which it can't be a layer, and what to say then."""
        given = self.data.get("checks") or {}
        return tuple(
            [(self.compiler.whole(parse(str(test))), str(text)) for test, text in given.items()]
        )

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """What it becomes: the first case whose condition holds."""
        given = self.data.get("cases")
        return tuple([self._case(item) for item in (given or [self.data])])

    def _case(self, data: Mapping[str, Any]) -> Case:
        steps = data.get("steps")
        condition = self._formula(data.get("if"))
        if steps is None:
            steps = {"out": {key: data[key] for key in _STEP & data.keys() - {"if"}}}
        outputs = data.get("outputs", self.data.get("outputs"))
        return Case(
            condition,
            {name: self._step(item) for name, item in steps.items()},
            None if outputs is None else tuple([parse(str(item)) for item in outputs]),
        )

    def _step(self, data: Mapping[str, Any]) -> Step:
        call, module = data.get("call"), data.get("module")
        sources: tuple[Node, ...] | None = None
        if data.get("of") is not None:
            node = parse(str(data["of"]))
            plain = isinstance(node, Sequence) and not node.optional
            sources = node.items if isinstance(node, Sequence) and plain else (node,)
        return Step(
            None if call is None else Template(call, self.compiler),
            None if module is None else Template(module, self.compiler),
            {
                name: self.compiler.whole(parse(str(text)))
                for name, text in (data.get("weights") or {}).items()
            },
            sources,
            {name: parse(str(text)) for name, text in (data.get("named") or {}).items()},
            self._formula(data.get("if")),
            bool(data.get("always")),
        )

    def _formula(self, text: object) -> Compiled | None:
        return None if text is None else self.compiler.whole(parse(str(text)))

    def validate(self) -> None:
        """Read every formula; raises `SpecError` for what can't be read."""
        for key in self.data:
            if key not in KEYS:
                raise SpecError(f"{self.kind}: unknown key {key}", code="S120")
        _ = (self.roles, self.where, self.attributes, self.checks)
        known = {name for name, _ in self.roles} | self.attributes.keys() | self.where.keys()
        known |= {f"{name}_value" for name, _ in self.roles} | {"outputs", "used"}
        for case in self.cases:
            for step in case.steps.values():
                for node in step.sources or ():
                    strange = set(names_in(node)) - known - case.steps.keys()
                    if strange:
                        raise SpecError(f"{self.kind}: unknown {strange}", code="S120")


class Rules:
    """All rules of a file, each read when it is asked for."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.operators: Mapping[str, Any] = data["operators"]
        self.families = frozenset(data["elementwise"])
        self.constants = re.compile(str(data["constants"]), re.IGNORECASE)
        self.unnamed = re.compile(str(data["unnamed"]), re.IGNORECASE)
        self.automatic = re.compile(str(data["automatic"]), re.IGNORECASE)
        self.makers: Mapping[str, str] = data["makers"]
        self._rules: dict[str, Rule] = {}
        self._older: dict[str, list[int]] = {}
        for name in self.operators:
            kind, at, version = str(name).partition("@")
            if at:
                self._older.setdefault(kind, []).append(int(version))

    def find(self, kind: str, version: int) -> Rule | None:
        """Give the rule of an operator; `Resize@10` is that of versions up to 10."""
        older = min((last for last in self._older.get(kind, ()) if last >= version), default=None)
        name = kind if older is None else f"{kind}@{older}"
        if name not in self.operators:
            return None
        if name not in self._rules:
            self._rules[name] = Rule(kind, self._data(name))
        return self._rules[name]

    def _data(self, name: str) -> Mapping[str, Any]:
        data = self.operators[name]
        if isinstance(data, str):
            return {"call": data}
        other = data.get("like")
        if other is None:
            found: Mapping[str, Any] = data
            return found
        base = dict(self._data(other))
        for key, value in data.items():
            old = base.get(key)
            if key in ("where", "attributes", "checks") and isinstance(old, dict):
                both = {**old, **(value or {})}
                base[key] = {name: item for name, item in both.items() if item is not None}
            else:
                base[key] = value
        base.pop("like")
        return {key: value for key, value in base.items() if value is not None}

    def validate(self) -> None:
        """Read every rule; raises `SpecError` for the first that can't be read."""
        for name in self.operators:
            Rule(str(name), self._data(str(name))).validate()


def load_rules(file: str | Path) -> Rules:
    """Read the rules of a file that comes with shapecalc."""
    return Rules(read_data(file))
