"""What `print(model)` shows, read back: the module tree, with names and arguments in order.

The text says which modules there are, and says how they are called only where they stand in a
`Sequential`. Where the forward can't be known, the net has its modules (`state`) and no layers: its
parameters are known, and its shapes aren't.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..errors import Location, SpecError
from ..net import Layer, Net, Reference
from ..registry import Registry
from .shown import Shown, Unclear

MAX_LINES = 200_000
MAX_REPEATS = 10_000
LOOKED_AT = 6  # lines after one that may begin a model

_ENTRY = re.compile(r"\s*(?:\(([^()]*)\): )?(?:(\d+) x )?([\w.]+)\((.*)$")
_ROOT = re.compile(r"(.*?)((?:\([^()]*\): )?(?:\d+ x )?[A-Za-z_][\w.]*\()\s*$")
_PART = re.compile(r"\s*\([^()\s]+\): \w")
_WEIGHT = re.compile(r"\((\w+)\): Parameter containing: \[\S+ of size ([\dx]*)[^\]]*\]")
_RANGE = re.compile(r"(\d+)-(\d+)")
# Containers whose forward calls their children one after the other.
_CHAINS = frozenset({"Sequential"})
_WRAPPED = (["module"], ["_orig_mod"])  # what wrappers call the one module they call


class Module(NamedTuple):
    """A module of the tree: its name, class, arguments as they are shown, its children."""

    name: str
    type: str
    arguments: str
    children: tuple[Module, ...]
    line: int
    is_container: bool = False


def read_printed(text: str, file: str, *, registry: Registry) -> Net:
    """Read a printed model; what stands before and behind it is passed over.

    Raises `SpecError` with the line that can't be read.
    """
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise SpecError(f"{len(lines):,} lines; at most {MAX_LINES:,} are read", code="S103")
    reader = _Reader(lines, file, registry)
    root = reader.module()
    state = tuple(reader.layers(root, ""))
    layers: list[Layer] = []
    previous = Reference("input")
    if _is_chain(root) and not reader.shown.notes:
        for item in state:
            layers.append(item._replace(sources=(previous,)))
            previous = Reference(item.name)
    else:
        reader.shown.note_containers(root.type)
    outputs = (previous,) if layers else ()
    notes = tuple(dict.fromkeys(reader.shown.notes))
    return Net(
        root.type, {"input": None}, tuple(layers), outputs, state=state, file=file, notes=notes
    )


def _is_chain(module: Module) -> bool:
    """Say whether all containers call their children one after the other."""
    if not module.is_container:
        return True
    inside = all(map(_is_chain, module.children))
    wraps = [child.name for child in module.children] in _WRAPPED
    return inside and (module.type in _CHAINS or wraps)


class _Reader:
    def __init__(self, lines: list[str], file: str, registry: Registry) -> None:
        self.at, self.lines = _without_noise(lines)
        self.file = file
        self.shown = Shown(registry)

    def fail(self, message: str, line: int, hint: str | None = None) -> SpecError:
        source = self.lines[line] if line < len(self.lines) else ""
        column = len(source) - len(source.lstrip()) + 1
        place = Location(self.file, line + 1, column)
        return SpecError(message, hint=hint, location=place, source=source, code="S150")

    def module(self) -> Module:
        """Read the module that begins here, and what is inside it."""
        stack: list[tuple[Module, list[Module]]] = []
        while self.at < len(self.lines):
            line, number = self.lines[self.at], self.at
            self.at += 1
            if not line.strip():
                continue
            if line.strip() == ")":
                if not stack:
                    raise self.fail("a bracket too many", number)
                module, children = stack.pop()
                made = module._replace(children=tuple(children))
            elif stack and not stack[-1][1] and self.shown.is_arguments(line.strip()):
                module, children = stack.pop()  # what a container shows of itself
                more = ", ".join(filter(None, [module.arguments, line.strip()]))
                stack.append((module._replace(arguments=more), children))
                continue
            else:
                module = self.entry(line, number)
                if module.is_container and not line.rstrip().endswith(")"):
                    stack.append((module, []))
                    continue
                made = module
            if not stack:
                return made
            stack[-1][1].append(made)
        raise self.fail("the printed model ends before its last bracket", len(self.lines) - 1)

    def entry(self, line: str, number: int) -> Module:
        weight = _WEIGHT.fullmatch(line.strip())
        if weight is not None:
            return Module(weight[1], "", weight[2], (), number)
        found = _ENTRY.match(line)
        if found is None:
            raise self.fail(
                f"`{line.strip()[:60]}` is not a line of a printed model",
                number,
                "print(model) writes `(conv1): Conv2d(3, 6, kernel_size=(5, 5), stride=(1, 1))`",
            )
        name, times, type_, rest = found.groups()
        label = f"{name or ''}"
        if times is not None and _RANGE.fullmatch(label) is None:
            label = f"0-{int(times) - 1}"
        rest = rest.rstrip()
        if not rest.endswith(")"):
            return Module(label, type_, rest, (), number, is_container=True)
        weights = _WEIGHT.findall(rest)  # a list of parameters on one line
        inside = tuple(Module(name, "", sizes, (), number) for name, sizes in weights)
        arguments = "" if inside else rest[:-1]
        is_container = bool(inside) or (not arguments and self.shown.is_container(type_))
        return Module(label, type_, arguments, inside, number, is_container)

    def layers(self, module: Module, prefix: str) -> Iterator[Layer]:
        """Yield the modules that hold something, in order, under their full names."""
        try:
            call = self.shown.call(module)
        except Unclear:
            return
        except SpecError as error:
            raise self.fail(error.message, module.line, error.hint) from None
        if call is not None:
            line = self.lines[module.line]
            place = Location(self.file, module.line + 1, line.find(module.type) + 1)
            yield Layer(prefix or "0", call, location=place)
        if call is None or self.shown.has_more(module):
            for child in module.children:
                for name in _names(child.name, self, child.line):
                    yield from self.layers(child, f"{prefix}.{name}" if prefix else name)


def _without_noise(lines: list[str]) -> tuple[int, list[str]]:
    """Find where the model begins, and take away what stands before its lines, as in logs."""
    for at, line in enumerate(lines):
        root = _ROOT.fullmatch(line)
        if root is None:
            continue
        before = root[1]
        width = len(before) if before.strip() else 0
        after = [one for one in lines[at + 1 : at + 1 + LOOKED_AT] if one.strip()]
        if not any(_PART.match(one) or _PART.match(one[width:]) for one in after):
            continue
        everywhere = width and not any(map(_PART.match, after))
        rest = [one[width:] for one in lines[at + 1 :]] if everywhere else lines[at + 1 :]
        return at, [*lines[:at], line[width:], *rest]
    return 0, lines


def _names(label: str, reader: _Reader, line: int) -> list[str]:
    """Write out the names of modules that are shown once: `(0-5): 6 x Layer(...)`."""
    span = _RANGE.fullmatch(label)
    if span is None:
        return [label]
    first, last = int(span[1]), int(span[2])
    if not first <= last < first + MAX_REPEATS:
        raise reader.fail(f"{label} names too many modules", line)
    return [str(index) for index in range(first, last + 1)]
