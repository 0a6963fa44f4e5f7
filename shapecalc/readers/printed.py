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
from ..syntax import Call, parse

MAX_LINES = 200_000
MAX_REPEATS = 10_000

_ENTRY = re.compile(r"\s*(?:\(([^()]*)\): )?(?:(\d+) x )?([\w.]+)\((.*)$")
_RANGE = re.compile(r"(\d+)-(\d+)")
# Containers whose forward calls their children one after the other.
_CHAINS = frozenset({"Sequential"})


class Module(NamedTuple):
    """A module of the tree: its name, class, the text between its brackets, its children."""

    name: str
    type: str
    arguments: str | None  # None for a container
    children: tuple[Module, ...]
    line: int


def read_printed(text: str, file: str, *, registry: Registry) -> Net:
    """Read a printed model.

    Raises `SpecError` with the line that can't be read.
    """
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise SpecError(f"{len(lines):,} lines; at most {MAX_LINES:,} are read", code="S103")
    reader = _Reader(lines, file)
    root = reader.module()
    state = tuple(reader.layers(root, "", registry))
    chained = _is_chain(root)
    layers: list[Layer] = []
    previous = Reference("input")
    if chained:
        for item in state:
            layers.append(item._replace(sources=(previous,)))
            previous = Reference(item.name)
    outputs = (previous,) if layers else ()
    return Net(root.type, {"input": None}, tuple(layers), outputs, state=state, file=file)


def _is_chain(module: Module) -> bool:
    """Say whether all containers call their children one after the other."""
    if module.arguments is not None:
        return True
    inside = all(map(_is_chain, module.children))
    return inside and (module.type in _CHAINS or len(module.children) == 1)


class _Reader:
    def __init__(self, lines: list[str], file: str) -> None:
        self.lines = lines
        self.file = file
        self.at = 0

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
            else:
                module = self.entry(line, number)
                if module.arguments is None:
                    stack.append((module, []))
                    continue
                made = module
            if not stack:
                return made
            stack[-1][1].append(made)
        raise self.fail("the printed model ends before its last bracket", len(self.lines) - 1)

    def entry(self, line: str, number: int) -> Module:
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
        arguments = rest[:-1] if rest.endswith(")") else None
        return Module(label, type_, arguments, (), number)

    def layers(self, module: Module, prefix: str, registry: Registry) -> Iterator[Layer]:
        """Yield the modules that have no children, in order, under their full names."""
        if module.arguments is not None:
            yield self.leaf(module, prefix or "0", registry)
            return
        for child in module.children:
            for name in _names(child.name, self, child.line):
                yield from self.layers(child, f"{prefix}.{name}" if prefix else name, registry)

    def leaf(self, module: Module, name: str, registry: Registry) -> Layer:
        text = f"{module.type}({module.arguments})"
        try:
            registry.find(module.type)
            call = parse(text)
        except SpecError as error:
            raise self.fail(error.message, module.line, error.hint) from None
        assert isinstance(call, Call)
        line = self.lines[module.line]
        place = Location(self.file, module.line + 1, line.find(module.type) + 1)
        return Layer(name, call, location=place)


def _names(label: str, reader: _Reader, line: int) -> list[str]:
    """Write out the names of modules that are shown once: `(0-5): 6 x Layer(...)`."""
    span = _RANGE.fullmatch(label)
    if span is None:
        return [label]
    first, last = int(span[1]), int(span[2])
    if not first <= last < first + MAX_REPEATS:
        raise reader.fail(f"{label} names too many modules", line)
    return [str(index) for index in range(first, last + 1)]
