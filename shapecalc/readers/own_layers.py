"""A user's own layers: a file in the form of `layers.yaml`, held to that form before it is used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..errors import SpecError
from ..formula import Compiler
from ..registry import KEYS, Registry
from ..structure import FUNCTIONS
from ..syntax import Node, names_in, parse
from .failures import error_in, show_word, suggestion
from .places import Document, Path
from .source import file_text
from .yaml_text import marks_of_yaml, read_yaml

_NAME = re.compile(r"[A-Za-z_]\w*")
_BRACES = re.compile(r"\{([^{}]*)\}?")
_WINDOW = ("kernel", "stride", "padding", "total")
# What formulas may use besides arguments, inputs, sizes in patterns, and names under `where`.
_GIVEN = ("axes", "place", "given", "singles", "tuples", "lists", "layer", "output", "strides")


class _Formula(NamedTuple):
    """A formula of an entry: where it stands, its text, and where in the value that begins."""

    path: Path
    text: str
    at: int = 0
    key: bool = False


def read_own_layers(file: str) -> OwnLayers:
    """Read a file of layers.

    Raises `SpecError`, with its place, for what isn't in the form of `layers.yaml`.
    """
    text = file_text(file)
    document = Document(file, text, read_yaml(text, file), marks_of_yaml)
    own = OwnLayers(document)
    own.check()
    return own


class OwnLayers:
    """The entries of one file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        data = document.data if isinstance(document.data, dict) else {}
        self.entries: dict[str, Any] = {k: v for k, v in data.items() if k != "glossary"}
        self.glossary = data.get("glossary")

    def fail(self, path: Path, message: str, **more: Any) -> SpecError:
        """Make an error about a value."""
        return error_in(self.document, path, message, **{"code": "S120", **more})

    # --------------------------------------------------------------------------------- the form

    def check(self) -> None:
        """Refuse what no entry has; raises `SpecError` for the first."""
        hint = "an entry is a name, and `layers: [MyLayer]` below it"
        if not self.entries:
            raise self.fail(None, f"{self.document.file} describes no layer", hint=hint)
        if self.glossary is not None and not isinstance(self.glossary, dict):
            what = "`glossary` must be a map of arguments and what they mean"
            raise self.fail((None, "glossary"), what, key=True)
        for key, entry in self.entries.items():
            path: Path = (None, key)
            if not _NAME.fullmatch(key):
                what = f"{show_word(key)} is not a name of an entry"
                raise self.fail(path, what, key=True, hint=hint)
            if not isinstance(entry, dict):
                raise self.fail(path, f"the entry {key} is not a map", key=True, hint=hint)
            self._check_classes(key, entry.get("layers"))
            for section, value in entry.items():
                if section in KEYS and value is not None:
                    self._check_kind((path, section), section, key, value)
            self._check_parts(path, entry)

    def _check_kind(self, path: Path, section: str, key: str, value: Any) -> None:
        """Refuse what is of another kind than its key, or has parts that are no texts."""
        what = f"`{section}` of {key}"
        if _kind_of(value) not in KEYS[section]:
            raise self.fail(path, f"{what} must be {KEYS[section]}", key=True)
        parts = dict(enumerate(value)) if isinstance(value, list) else value
        for name, part in parts.items() if isinstance(parts, dict) else ():
            at: Path = (path, name)
            if section == "output" and isinstance(part, dict):
                self._check_kind(at, section, key, part)
            elif _kind_of(part) != "a text" and (part is not None or isinstance(value, list)):
                raise self.fail(at, f"{what} has {show_word(part)} where a text is needed")

    def _check_parts(self, path: Path, entry: Mapping[str, Any]) -> None:
        for section in ("parameters", "forward"):
            for name, text in (entry.get(section) or {}).items():
                if text is None:
                    what = f"the argument {show_word(name)} has no type"
                    hint = "such as `size`, or `int = 1` where it may be left out"
                    raise self.fail(((path, section), name), what, key=True, hint=hint)
        for section, kind in KEYS.items():
            classes = entry.get(section) if "each class" in kind else None
            for name in classes if isinstance(classes, dict) else ():
                if name not in entry["layers"]:
                    what = f"{show_word(name)} under {section} is none of the layers"
                    near = suggestion(name, entry["layers"])
                    raise self.fail(((path, section), name), what, key=True, hint=near)
        window = entry.get("window") or {}
        missing = [name for name in _WINDOW[:3] if window and name not in window]
        if missing:
            what = f"the window has no {missing[0]}"
            hint = "such as {kernel: kernel_size, stride: stride, padding: padding}"
            raise self.fail((path, "window"), what, hint=hint)
        for name in window:
            if name not in _WINDOW:
                what = f"a window has no {show_word(name)}"
                near = suggestion(name, _WINDOW, f"it has {', '.join(_WINDOW)}")
                raise self.fail(((path, "window"), name), what, key=True, hint=near)

    def _check_classes(self, key: str, classes: Any) -> None:
        path: Path = ((None, key), "layers")
        if not isinstance(classes, dict | list) or not classes:
            what = f"the entry {key} needs `layers`, the classes or functions it describes"
            there = self.document.data[key].get("layers") is not None
            hint = (
                "such as `layers: [MyLayer]`, or `layers: {MyLayer2d: 2}` with the number of axes"
            )
            raise self.fail(path if there else (None, key), what, key=True, hint=hint)
        for place, name in enumerate(classes):
            at: Path = (path, name if isinstance(classes, dict) else place)
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                what = f"{show_word(name)} is not a name of a class or function"
                raise self.fail(at, what, key=isinstance(classes, dict))
            axes = classes[name] if isinstance(classes, dict) else None
            for count in axes if isinstance(axes, list) else [axes]:
                if count is not None and (type(count) is not int or not 0 <= count <= 8):
                    what = f"{show_word(axes)} is not a number of axes of {name}"
                    raise self.fail(at, what, hint="such as 2 for pictures, or [1, 2] for either")

    def text(self) -> str:
        """Write the entries again, in the one form that `Registry` reads."""
        import yaml

        parts = []
        if self.glossary:
            parts.append(yaml.safe_dump({"glossary": self.glossary}, allow_unicode=True))
        for key, entry in self.entries.items():
            classes = entry["layers"]
            if isinstance(classes, dict):
                axes = {name: "~" if axis is None else axis for name, axis in classes.items()}
                shown = "{" + ", ".join(f"{name}: {axis}" for name, axis in axes.items()) + "}"
            else:
                shown = f"[{', '.join(classes)}]"
            rest = {name: value for name, value in entry.items() if name != "layers"}
            lines = yaml.safe_dump(rest, allow_unicode=True, sort_keys=False, width=1_000_000)
            body = "".join(f"  {line}\n" for line in lines.splitlines()) if rest else ""
            parts.append(f"{key}:\n  layers: {shown}\n{body}")
        return "".join(parts)

    # --------------------------------------------------------------------------------- formulas

    def check_formulas(self, registry: Registry) -> None:
        """Refuse formulas that can't be read, or have names that nothing gives a value.

        Raises `SpecError` for the first.
        """
        for key, entry in self.entries.items():
            path: Path = (None, key)
            self._check_likeness(key)
            formulas = [*_formulas(entry, path)]
            nodes = [(formula, self._parsed(formula)) for formula in formulas]
            for name in entry["layers"]:
                try:
                    type_ = registry.find(name)
                    type_.validate()
                except SpecError as error:
                    at, word = self._about(path, error.message)
                    message = re.sub(rf"^{key} in [^:]*: ", "", error.message)
                    raise self.fail(at, message, key=word, hint=error.hint) from None
                if not type_.inputs and "output" not in type_.data:
                    what = f"the entry {key} says nothing of its input"
                    raise self.fail(path, what, key=True, hint="such as `input: (N, C, *L)`")
                known = {
                    *_GIVEN,
                    *(parameter.name for parameter in (*type_.parameters, *type_.forward)),
                    *(item.name for item in type_.inputs),
                    *type_.where_nodes,
                    *(type_.data.get("for_each") or {}),
                }
                for item in type_.inputs:
                    known |= {*names_in(item.pattern)} if item.pattern is not None else set()
                for formula, node in nodes:
                    self._check_names(formula, node, known)
                self._check_circles(path, type_.where_nodes)

    def _check_likeness(self, key: str) -> None:
        """Refuse entries each of which is like the next, and the last like the first."""
        seen = [key]
        other = self.entries[key].get("like")
        while other in self.entries:
            if other in seen:
                what = f"{seen[-1]} is like {other}, which is like {seen[-1]}"
                raise self.fail(((None, key), "like"), what)
            seen.append(other)
            other = self.entries[other].get("like")

    def _about(self, path: Path, message: str) -> tuple[Path, bool]:
        """Find the part of an entry that a message names: a section, or what stands in backquotes."""
        entry = self.document.data[path[1]] if path is not None else {}
        unknown = re.search(r"unknown key (\S+)$", message)
        if unknown is not None and unknown[1] in entry:
            return (path, unknown[1]), True
        quoted = re.search(r"`([^`]+)`", message)
        for section, parts in entry.items():
            if quoted is not None and isinstance(parts, dict):
                for name, text in parts.items():
                    if quoted[1] in str(text):
                        return ((path, section), name), False
        return path, True

    def _parsed(self, formula: _Formula) -> Node:
        try:
            node = parse(formula.text)
            Compiler(FUNCTIONS).whole(node)
        except SpecError as error:
            at = formula.at + (error.location.column - 1 if error.location else 0)
            message = f"in `{show_word(formula.text)}`: {error.message}"
            raise self.fail(formula.path, message, at=at, key=formula.key) from None
        return node

    def _check_names(self, formula: _Formula, node: Node, known: set[str]) -> None:
        for name in names_in(node):
            if name not in known:
                found = re.search(rf"\b{re.escape(name)}\b", formula.text)
                raise self.fail(
                    formula.path,
                    f"in `{show_word(formula.text)}`: nothing says what {name} is",
                    at=formula.at + (found.start() if found else 0),
                    key=formula.key,
                    hint=suggestion(
                        name,
                        known,
                        "a name is an argument, a size in the pattern of an input, or stands under `where`",
                    ),
                )

    def _check_circles(self, path: Path, where: Mapping[str, Node]) -> None:
        """Refuse formulas that need themselves."""
        uses = {name: [*names_in(node)] for name, node in where.items()}
        for first in where:
            waiting, seen = [*uses[first]], set()
            while waiting:
                name = waiting.pop()
                if name == first and first in self.document.data[path[1]].get("where", {}):  # type: ignore[index]
                    what = f"{first} is worked out from itself"
                    raise self.fail(((path, "where"), first), what)
                if name in uses and name not in seen:
                    seen.add(name)
                    waiting += uses[name]


def _kind_of(value: object) -> str:
    """Say what a value of YAML is, as `KEYS` does; numbers are formulas too."""
    for kind, types in (("a map", dict), ("a list", list), ("a text", str | int | float)):
        if isinstance(value, types):
            return kind
    return "something else"  # a date, say


def _formulas(entry: Mapping[str, Any], path: Path) -> Iterator[_Formula]:
    """Yield all formulas of an entry but those of patterns, whose names are new, and those taken away."""
    for section in ("parameters", "forward"):
        for name, text in (entry.get(section) or {}).items():
            head, sign, tail = str(text).partition(" = ")
            if sign:
                yield _Formula(((path, section), name), tail, len(head) + 3)
    for section in ("where", "for_each", "submodules", "window"):
        for name, text in (entry.get(section) or {}).items():
            if text is not None:
                yield _Formula(((path, section), name), str(text))
    for section in ("checks", "explain"):
        for condition, message in (entry.get(section) or {}).items():
            if message is not None:
                yield _Formula(((path, section), condition), condition, key=True)
                yield from _in_braces(str(message), ((path, section), condition))
    for section in ("weights", "buffers", "output", "macs", "strides"):
        if entry.get(section) is not None:
            yield from _nested(entry[section], (path, section))
    for section in ("weights", "buffers", "submodules"):
        parts = entry.get(section)
        for name in parts if isinstance(parts, dict) else ():
            for found in _BRACES.finditer(name):
                yield _Formula(((path, section), name), found[1], key=True)


def _nested(value: Any, path: Path) -> Iterator[_Formula]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _nested(part, (path, name))
    else:
        yield _Formula(path, str(value))


def _in_braces(text: str, path: Path) -> Iterator[_Formula]:
    for found in _BRACES.finditer(text):
        yield _Formula(path, found[1], found.start(1))


__all__ = ["OwnLayers", "read_own_layers"]
