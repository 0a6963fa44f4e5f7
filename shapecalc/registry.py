"""The registry: `layers.yaml` read into layer types, one entry at a time, when it is asked for.

An entry is data: arguments, patterns of input shapes, formulas, checks. The head of `layers.yaml` is
the manual of the format. Nothing here knows a layer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any, NamedTuple, TypeAlias

from .errors import Location, SpecError, nearest_words
from .formula import Compiled, Compiler
from .structure import FUNCTIONS
from .syntax import Call, Conditional, Constant, Name, Node, Sequence, Star, names_in, parse

OURS = "layers.yaml"  # the file that comes with shapecalc
PREFIXES = frozenset(
    [
        "nn",
        "torch",
        "torch.nn",
        "F",
        "torch.nn.functional",
        "nn.functional",
        "functional",
        "einops",
        "ops",
        "torchvision.ops",
    ]
)
# The keys of an entry but `layers`, by what stands under them: formulas and words are texts.
KEYS = {
    key: kind
    for kind, keys in {
        "a text": "like family summary source note wrapper input macs strides",
        "a list": "order",
        "a map": """parameters forward inputs where checks for_each submodules window pytorch messages
            explain attributes aliases words operator functional holds typed instead""",
        "a text or a list": "example",
        "a text or a map": "output weights buffers",
        "a text, or a map that gives each class its own": "python function numbers",
    }.items()
    for key in keys.split()
}
# What becomes of numbers that are known, in a word. `readers/python` knows how each is worked out.
NUMBERS = (
    # what functions make of one tensor
    *("same", "parts", "reversed", "distinct", "itself", "copy", "converted"),
    # of each number, and of two
    *("magnitude", "opposite", "root", "exponential", "logarithm", "binary logarithm"),
    *("down", "up", "nearest", "plus", "minus", "times", "over", "quotient", "rest", "power"),
    # of all together
    *("total", "average", "product", "largest", "smallest", "differences"),
    # of none
    *("zero", "one", "value", "given", "taken", "counted", "spaced", "unit matrix", "like"),
    *("drawn", "unknown"),
)
# The heads of entries, found without reading the YAML: a name, and its classes on one flow mapping.
_HEAD = re.compile(
    r"^([A-Za-z_]\w*):[ \t]*\n(?:[ \t]*#.*\n)*  layers: (\{[^}]*\}|\[[^\]]*\])", re.MULTILINE
)
_WORD = re.compile(r"[A-Za-z_]\w*")
_PYTHON = re.compile(r"\n  python:(.*(?:\n    .*)*)")

Axes: TypeAlias = "int | tuple[int, ...] | None"


class Kind(NamedTuple):
    """What an argument may be: `atoms` of values, for each spatial axis or in a list.

    `lowest` is the least value PyTorch takes (None: any), `least_unknown` that of an unknown: 1 of
    what counts or measures something, else 0.
    `exact`: a tuple must have one value for each axis (in a list: one value won't do); `open`: it
    may have more, which count for nothing; `gaps`: it may have None among them.
    """

    base: str
    form: str  # "one", "per axis" or "list"
    exact: bool = False
    lowest: int | None = None
    least_unknown: int = 0
    open: bool = False
    gaps: bool = False


_ONE: dict[str, tuple[str, int | None, int]] = {
    "size": ("int", 1, 1),
    "features": ("int", 0, 1),
    "count": ("int", 0, 0),
    "amount": ("int", None, 1),
    "int": ("int", None, 0),
    "float": ("number", None, 0),
    "number": ("number", None, 0),
    "bool": ("bool", None, 0),
    "flag": ("flag", None, 0),
    "str": ("str", None, 0),
    "any": ("any", None, 0),
    "ignored": ("ignored", None, 0),
    "module": ("module", None, 0),
    "tensor": ("tensor", None, 0),
    "slice": ("slice", None, 0),
}
_PER_AXIS = {
    "sizes": "size",
    "counts": "count",
    "extents": "features",
    "amounts": "amount",
    "integers": "int",
    "numbers": "number",
}
_LISTS = {"ints": "int", "shape": "amount", "tuple": "any", "floats": "number"}


class Parameter(NamedTuple):
    """An argument: its name, what it may be, and its default (None when it must be given)."""

    name: str
    kinds: tuple[Kind | str | None, ...]  # a text for a literal, None for None
    default: Node | None
    variadic: bool = False  # *name: takes all further positional arguments
    keywords: bool = False  # **name: takes all further named arguments
    named: bool = False  # after "*": can't be given by position
    text: str = ""

    @property
    def is_per_axis(self) -> bool:
        """Say whether it has a value for each spatial axis."""
        return any(isinstance(kind, Kind) and kind.form == "per axis" for kind in self.kinds)

    @property
    def is_ignored(self) -> bool:
        """Say whether it isn't looked at."""
        return any(isinstance(kind, Kind) and kind.base == "ignored" for kind in self.kinds)


class Input(NamedTuple):
    """A tensor that the layer is applied to, or a tuple of them."""

    name: str
    pattern: Node | None  # None: any shape
    optional: bool = False
    number: bool = False  # a number will do as well: it is a tensor without dimensions
    variadic: bool = False
    text: str = ""
    parts: bool = False  # a tuple of tensors will do as well


class Check(NamedTuple):
    """A condition, its message, and whether it is about arguments alone."""

    text: str
    node: Node
    per_axis: bool
    test: Compiled
    message: Callable[..., str]
    static: bool


def _keeps_order(strides: Node) -> bool:
    match strides:
        case Call(function):
            return function in FUNCTIONS and FUNCTIONS[function].keeps_order
        case Conditional(_, yes, no):
            return _keeps_order(no) and (yes == Name("strides") or _keeps_order(yes))
    return False


class LayerType:
    """One class or function of the registry: an entry, seen with one class's number of axes."""

    def __init__(
        self, name: str, key: str, axes: Axes, data: Mapping[str, Any], where: str
    ) -> None:
        self.name = name
        self.key = key
        self.axes = axes
        self.data = data
        self.origin = where
        self.is_ours = where == OURS  # not from a user's file
        self.is_function = name[:1].islower() or len(name) == 1  # x.T
        self._compiled: dict[int, tuple[Node, Compiled]] = {}
        self.wrapper: str | None = data.get("wrapper")
        self.wraps = ": module" in str(data.get("parameters")).replace("'", "")

    def __repr__(self) -> str:
        return f"<LayerType {self.name}>"

    def fail(self, what: str) -> SpecError:
        return SpecError(f"{self.key} in {self.origin}: {what}", code="S120")

    def fault(self, error: Exception) -> Exception:
        """Give what to raise where a formula broke off: a user's is said, one of ours is a bug."""
        if self.is_ours:
            return error
        return self.fail(f"its formulas can't be worked out on what comes in: {error}")

    def formula(self, text: object) -> Node:
        try:
            return parse(str(text))
        except SpecError as error:
            raise self.fail(f"in `{text}`: {error.message}") from None

    def own(self, section: str) -> Any:
        """Give what a section says about this class: a map gives each class its own."""
        found = self.data.get(section)
        return found.get(self.name) if isinstance(found, Mapping) else found

    @cached_property
    def numbers(self) -> str | None:
        """Say in a word what becomes of numbers that are known."""
        word: str | None = self.own("numbers")
        return word

    # -------------------------------------------------------------------------- its arguments

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The arguments of the first brackets, in PyTorch's order."""
        return tuple(self._parameters("parameters"))

    @cached_property
    def forward(self) -> tuple[Parameter, ...]:
        """The arguments of the second brackets that are no tensors."""
        return tuple(self._parameters("forward"))

    def _parameters(self, section: str) -> Iterator[Parameter]:
        named = False
        for name, text in (self.data.get(section) or {}).items():
            if name == "*":
                named = True
            else:
                yield self._parameter(str(name), str(text), named)

    def _parameter(self, name: str, text: str, named: bool) -> Parameter:
        head, _, tail = text.partition(" = ")
        bare = name.lstrip("*")
        kinds = tuple(self._kind(part.strip()) for part in head.split(" | "))
        default = self.formula(tail) if tail else None
        return Parameter(
            bare, kinds, default, name.startswith("*"), name.startswith("**"), named, text
        )

    def _kind(self, word: str) -> Kind | str | None:
        if word == "None":
            return None
        if word[:1] in "'\"":
            return word[1:-1]
        if word == "()":  # an empty tuple stands for None
            return word
        bare, _, ending = word.partition("[")
        gaps = bare.endswith("?")
        bare = bare.removesuffix("?")
        exact, more = bool(ending), ending == "n+]"
        if bare in _PER_AXIS and ending in ("", "n]", "n+]"):
            base, lowest, unknown = _ONE[_PER_AXIS[bare]]
            return Kind(base, "per axis", exact, lowest, unknown, more, gaps)
        if bare in _LISTS and ending in ("", "]"):
            base, lowest, unknown = _ONE[_LISTS[bare]]
            return Kind(base, "list", exact, lowest, unknown)
        if bare in _ONE:
            base, lowest, unknown = _ONE[bare]
            return Kind(base, "one", exact, lowest, unknown)
        raise self.fail(f"`{word}` is not a type of arguments")

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """The tensors it is applied to."""
        given = self.data.get("inputs")
        if given is None:
            given = {"input": self.data["input"]} if "input" in self.data else {}
        return tuple(self._input(str(name), str(text)) for name, text in given.items())

    def _input(self, name: str, text: str) -> Input:
        bare = name.strip("*?")
        shape, number, _ = text.partition(" | number")
        word = shape.strip()
        pattern = None if word in ("any", "anything") else self.formula(shape)
        return Input(
            bare,
            pattern,
            name.endswith("?"),
            bool(number),
            name.startswith("*"),
            text,
            word == "anything",
        )

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The names of tensors and arguments by position: tensors first, unless `order` says else."""
        spots = self.parameters if self.is_function else self.forward
        names = [*(item.name for item in self.inputs), *(spot.name for spot in spots)]
        return tuple(dict.fromkeys([*map(str, self.data.get("order") or ()), *names]))

    # --------------------------------------------------------------------------- its formulas

    @cached_property
    def per_axis(self) -> frozenset[str]:
        """The names that have a value for each spatial axis."""
        names = {
            parameter.name
            for parameter in (*self.parameters, *self.forward)
            if parameter.is_per_axis
        }
        if self.axes is not None:
            names |= {"place", *(name for name in self._starred() if name.startswith("L"))}
        while True:
            compiler = Compiler(FUNCTIONS, frozenset(names))
            more = {name for name, node in self.where_nodes.items() if compiler.is_per_axis(node)}
            if more <= names:
                return frozenset(names)
            names |= more

    def _starred(self) -> Iterator[str]:
        def walk(node: Node | None) -> Iterator[str]:
            match node:
                case Star(Name(name)):
                    yield name
                case Sequence(items):
                    for item in items:
                        yield from walk(item)
                case Conditional(_, yes, no):
                    yield from walk(yes)
                    yield from walk(no)

        for item in self.inputs:
            yield from walk(item.pattern)

    @cached_property
    def where_nodes(self) -> dict[str, Node]:
        """The formulas of names that are computed when they are needed."""
        return {str(k): self.formula(v) for k, v in (self.data.get("where") or {}).items()}

    @cached_property
    def compiler(self) -> Compiler:
        """The compiler of its formulas."""
        return Compiler(FUNCTIONS, self.per_axis)

    def compile(self, node: Node) -> Compiled:
        """Compile a formula, once; what has a value for each axis becomes a tuple."""
        known = self._compiled.get(id(node))
        if known is None:
            try:
                known = node, self.compiler.whole(node)
            except SpecError as error:
                raise self.fail(error.message) from None
            self._compiled[id(node)] = known  # the node is kept, and so is its id
        return known[1]

    @cached_property
    def where(self) -> dict[str, Compiled]:
        """The compiled formulas of names."""
        return {name: self.compile(node) for name, node in self.where_nodes.items()}

    @cached_property
    def static_names(self) -> frozenset[str]:
        """The names that depend on arguments alone."""
        names = {parameter.name for parameter in self.parameters} | {
            "axes",
            "place",
            "lists",
            "singles",
            "tuples",
            "given",
            "layer",
        }
        forward = {parameter.name for parameter in self.forward}
        if not isinstance(self.axes, int | None):
            names -= {"axes"} | (self.per_axis & names)
        names -= forward if self.is_function else set()
        while True:
            more = {
                name
                for name, node in self.where_nodes.items()
                if name not in names and set(names_in(node)) <= names
            }
            if not more:
                return frozenset(names)
            names |= more

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The conditions, in order."""
        found = []
        for text, message in (self.data.get("checks") or {}).items():
            node = self.formula(text)
            per_axis = self.compiler.is_per_axis(node)
            test = self.compiler.single(node) if per_axis else self.compile(node)
            static = set(names_in(node)) <= self.static_names
            found.append(Check(str(text), node, per_axis, test, self.template(message), static))
        return tuple(found)

    def template(self, text: object) -> Callable[..., str]:
        """Compile a message: what stands in braces is a formula."""
        parts: list[str | Compiled] = []
        rest = str(text)
        while "{" in rest:
            before, _, rest = rest.partition("{")
            inside, _, rest = rest.partition("}")
            node = self.formula(inside)
            parts += [before, self.compiler.single(node)]
        parts.append(rest)
        return lambda scope, axis: scope.fill(parts, axis)

    @cached_property
    def output(self) -> Compiled:
        """The formula of the output: a shape, or a tuple of outputs."""
        return self._nested(self.data.get("output", "input"))

    def _nested(self, data: object) -> Compiled:
        if isinstance(data, Mapping):
            parts = [self._nested(item) for item in data.values()]
            return lambda scope, axis: tuple([part(scope, axis) for part in parts])
        return self.compile(self.formula(data))

    def state_formulas(self, section: str) -> Callable[..., Any] | list[tuple[str, Compiled]]:
        """The names and formulas of parameters or buffers; or one formula for all of them."""
        cached = self.__dict__.setdefault("_state", {})
        if section not in cached:
            data = self.data.get(section) or {}
            if isinstance(data, Mapping):
                cached[section] = [
                    (str(name), self.compile(self.formula(text))) for name, text in data.items()
                ]
            else:
                cached[section] = self.compile(self.formula(data))
        found: Callable[..., Any] | list[tuple[str, Compiled]] = cached[section]
        return found

    @cached_property
    def for_each(self) -> tuple[tuple[str, Compiled], ...]:
        """Names that state names may have in braces, and the values each goes through."""
        data = self.data.get("for_each") or {}
        return tuple((str(name), self.compile(self.formula(text))) for name, text in data.items())

    @cached_property
    def submodules(self) -> tuple[tuple[str, Compiled], ...]:
        """Modules inside: their names, and the formulas that make them."""
        data = self.data.get("submodules") or {}
        return tuple((str(name), self.compile(self.formula(text))) for name, text in data.items())

    @cached_property
    def macs(self) -> Compiled | None:
        """The formula of multiply-accumulates."""
        return self.compile(self.formula(self.data["macs"])) if "macs" in self.data else None

    @cached_property
    def strides(self) -> Compiled | None:
        """The formula of the output's strides; None: the output is contiguous where all inputs are."""
        return self.compile(self.formula(self.data["strides"])) if "strides" in self.data else None

    @cached_property
    def strides_follow(self) -> bool:
        """Whether the output's strides depend on the input's."""
        return "strides" in names_in(self.formula(self.data["strides"]))

    @cached_property
    def needs_order(self) -> bool:
        """Whether the input's strides may be refused: the layer is a view."""
        return "viewed(" in str(self.data.get("strides"))

    @cached_property
    def keeps_order(self) -> bool:
        """Whether a contiguous input gives a contiguous output, whatever the formula says of others."""
        text = self.data.get("strides")
        if text == "strides":
            return str(self.data.get("output", "input")) == "input"  # else it is a part of it
        return text is None or _keeps_order(self.formula(text))

    def validate(self) -> None:
        """Read every formula; raises `SpecError` for the first that can't be read."""
        for key in self.data:
            if key not in KEYS and key != "layers":
                near = nearest_words(str(key), KEYS)
                hint = f"did you mean {near[0]}?" if near else None
                raise SpecError(
                    f"{self.key} in {self.origin}: unknown key {key}", hint=hint, code="S120"
                )
        if self.numbers is not None and self.numbers not in NUMBERS:
            near = nearest_words(str(self.numbers), NUMBERS)
            hint = f"did you mean {near[0]}?" if near else f"the words are: {', '.join(NUMBERS)}"
            raise SpecError(
                f"{self.key} in {self.origin}: unknown word {self.numbers} under numbers",
                hint=hint,
                code="S120",
            )
        _ = (self.parameters, self.forward, self.inputs, self.where, self.checks, self.output)
        for name in self.data.get("functional") or {}:
            if name not in {slot.name for slot in self.parameters}:
                raise self.fail(f"{name} under functional is none of its parameters")
        _ = (self.for_each, self.submodules, self.macs, self.strides)
        for section in ("weights", "buffers"):
            self.state_formulas(section)


class _Entry(NamedTuple):
    key: str
    file: str
    text: str  # its YAML
    line: int


class Registry:
    """All layer types, by name. Later files override earlier ones."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._entries: dict[str, _Entry] = {}  # by key
        self._keys: dict[str, str] = {}  # class -> key
        self._data: dict[str, dict[str, Any]] = {}
        self._types: dict[str, LayerType] = {}
        self._heads: list[_Entry] = []  # what stands before the first entry of each file
        self.has_own = any(file != OURS for file in files)  # entries of a user's
        for file, text in files.items():
            self._index(file, text)

    def _index(self, file: str, text: str) -> None:
        heads = list(_HEAD.finditer(text))
        if not heads:
            raise SpecError(
                f"{file} describes no layer",
                hint="an entry is a name, and `layers: [MyLayer]` below it",
                location=Location(file, 1, 1),
                code="S120",
            )
        self._heads.append(_Entry("glossary", file, text[: heads[0].start()], 1))
        for head, after in zip(heads, [*heads[1:], None], strict=True):
            end = len(text) if after is None else after.start()
            key = head.group(1)
            line = text.count("\n", 0, head.start()) + 1 if len(heads) < 100 else 0
            self._entries[key] = _Entry(key, file, text[head.start() : end], line)
            for name in _WORD.findall(head.group(2)):
                self._keys[name] = key

    def data(self, key: str) -> dict[str, Any]:
        """Read an entry, and what it takes over from another by `like`."""
        found = self._data.get(key)
        if found is not None:
            return found
        entry = self._entries[key]
        found = _read_yaml(entry)
        other = found.pop("like", None)
        if other is not None:
            if other not in self._entries or other == key:
                raise SpecError(f"{key} in {entry.file} is like {other}, which isn't there")
            base = {key: item for key, item in self.data(other).items() if key != "example"}
            for section, value in found.items():
                old = base.get(section)
                both = isinstance(old, dict) and isinstance(value, dict)
                added = section in ("checks", "where", "pytorch") and both
                merged = {**(old or {}), **value} if added else value
                if added:  # null takes away
                    merged = {key: item for key, item in merged.items() if item is not None}
                base[section] = merged
            found = {key: item for key, item in base.items() if item is not None}
        self._data[key] = found
        return found

    def find(self, name: str) -> LayerType:
        """Give the layer type of a class or function.

        Raises `SpecError` with the nearest known name when there is none.
        """
        known = self._types.get(name)
        if known is not None:
            return known
        bare = self._bare(name)
        key = self._keys.get(bare)
        if key is None:
            raise self._unknown(name, bare)
        data = self.data(key)
        axes = data["layers"].get(bare) if isinstance(data["layers"], dict) else None
        made = LayerType(
            bare,
            key,
            tuple(axes) if isinstance(axes, list) else axes,
            data,
            self._entries[key].file,
        )
        self._types[name] = self._types[bare] = made
        return made

    def knows(self, name: str) -> bool:
        """Say whether there is a class or function of that name."""
        return self._bare(name) in self._keys

    def _bare(self, name: str) -> str:
        """Take off a package's name, and the `_` of a function that works in place."""
        prefix, _, last = name.rpartition(".")
        bare = last if prefix in PREFIXES else name
        if bare not in self._keys and bare.endswith("_") and not bare.startswith("_"):
            return bare[:-1]
        return bare

    def _unknown(self, name: str, bare: str) -> SpecError:
        lower = {known.lower(): known for known in reversed(self._keys)}
        words = self.words
        near = words.get(bare) or lower.get(bare.lower())
        if near is None and len(bare) > 2:
            longer = [name for name in self._keys if name.startswith(bare)] or [
                name for name in self._keys if name.lower().startswith(bare.lower())
            ]
            near = ", ".join(sorted(longer, key=len)[:3]) or None
        if near is None:
            close = nearest_words(bare, self._keys, 0.6)
            near = close[0] if close else None
        hint = f"did you mean {near}?" if near else "`shapecalc layers` lists what there is"
        return SpecError(f"unknown layer {name}", hint=hint, code="S110")

    @cached_property
    def words(self) -> dict[str, str]:
        """Other frameworks' names for layers (`Dense` -> `Linear`), from the entries' `words`."""
        found: dict[str, str] = {}
        for key, entry in self._entries.items():
            if "\n  words:" in entry.text:
                for word, name in self.data(key)["words"].items():
                    found[str(word)] = str(name)
        return found

    @cached_property
    def glossary(self) -> dict[str, str]:
        """What arguments mean, by their names."""
        found: dict[str, str] = {}
        for head in self._heads:
            if "\nglossary:" in f"\n{head.text}":
                given = _read_yaml(head)
                found.update({str(name): str(meaning) for name, meaning in given.items()})
        return found

    @cached_property
    def _operators(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for entry in self._entries.values():
            if "\n  operator:" in entry.text:
                data = self.data(entry.key)
                for symbol, name in (data.get("operator") or {}).items():
                    found[str(symbol)] = str(name)
        return found

    def operator(self, symbol: str) -> str | None:
        """Give the function that a Python operator on tensors calls: `+` is `add`."""
        return self._operators.get(symbol)

    def names(self) -> list[str]:
        """All classes and functions, in the order of the file."""
        return list(self._keys)

    def keys_with(self, *sections: str) -> list[str]:
        """The entries that have one of some sections, without reading the others."""
        marks = tuple(f"\n  {section}:" for section in sections)
        return [
            key for key, entry in self._entries.items() if any(mark in entry.text for mark in marks)
        ]

    @cached_property
    def spelled(self) -> frozenset[str]:
        """All words in what entries say of how PyTorch writes them, without reading the entries."""
        lines = (_PYTHON.search(entry.text) for entry in self._entries.values())
        return frozenset(word for line in lines if line for word in _WORD.findall(line[1]))

    def names_of(self, key: str) -> list[str]:
        """The classes and functions of an entry."""
        return [name for name, own in self._keys.items() if own == key]

    def families(self) -> dict[str, list[str]]:
        """The names of each family, in the order of the file."""
        found: dict[str, list[str]] = {}
        for name in self._keys:
            family = str(self.data(self._keys[name]).get("family", "other"))
            found.setdefault(family, []).append(name)
        return found


def _read_yaml(entry: _Entry) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        found = yaml.load(entry.text, loader)[entry.key]  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = entry.line + (mark.line if mark else 0)
        raise SpecError(
            f"the entry {entry.key} is not YAML: {getattr(error, 'problem', error)}",
            location=Location(entry.file, line, (mark.column if mark else 0) + 1),
            code="S120",
        ) from None
    if not isinstance(found, dict):
        raise SpecError(f"the entry {entry.key} in {entry.file} is not a mapping", code="S120")
    return found


def registry_file() -> str:
    """Find `layers.yaml`: inside an installed package, or at the top of the repository."""
    here = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(here, "layers.yaml")
    return inside if os.path.exists(inside) else os.path.join(os.path.dirname(here), "layers.yaml")


def _text_of(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


@cache
def default_registry() -> Registry:
    """Read the registry that comes with shapecalc."""
    return Registry({OURS: _text_of(registry_file())})


def load_registry(files: tuple[str, ...] = ()) -> Registry:
    """Read the registry, and more layers from files of the same form.

    Raises `SpecError` when a file can't be read or an entry is wrong.
    """
    if not files:
        return default_registry()
    from .readers.own_layers import read_own_layers

    own = [read_own_layers(file) for file in files]
    texts = {os.path.join(".", layers.document.file): layers.text() for layers in own}
    found = Registry({OURS: _text_of(registry_file()), **texts})
    for layers in own:
        layers.check_formulas(found)
    return found


__all__ = ["Call", "Constant", "LayerType", "Registry", "default_registry", "load_registry"]
