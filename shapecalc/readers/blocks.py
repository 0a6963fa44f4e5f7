"""The blocks of `modules:`: heads such as `BasicBlock(inplanes, planes, stride=1)`, and bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..errors import SpecError
from ..syntax import Call, Name, Node, Star, parse, substitute
from .calls import Binding, Calls
from .failures import error_in, show_word, suggestion
from .folding import check_extent, fold
from .places import Document, Path

KEYS = ("layers", "outputs")


class Block(NamedTuple):
    """A block: its parameters with their defaults, its entries, and which outputs it has."""

    name: str
    parameters: tuple[tuple[str, Node | None], ...]
    items: list[Any]
    items_path: Path
    outputs: Any  # None: the last entry's
    outputs_path: Path


def read_blocks(given: Any, document: Document, path: Path) -> dict[str, Block]:
    """Read `modules:`."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        hint = "such as modules: {Block(channels): [...]}"
        raise error_in(document, path, "`modules` must be a map of blocks", hint=hint)
    found: dict[str, Block] = {}
    for head, body in given.items():
        block = _read_block(head, body, document, (path, head))
        if block.name in found:
            message = f"there are two blocks named {block.name}"
            raise error_in(document, (path, head), message, key=True, code="S109")
        found[block.name] = block
    return found


def _read_block(head: str, body: Any, document: Document, path: Path) -> Block:
    name, parameters = _read_head(head, document, path)
    items, items_path = body, path
    outputs = None
    if isinstance(body, dict):
        for key in body:
            if key not in KEYS:
                hint = suggestion(key, KEYS, f"its keys are: {', '.join(KEYS)}")
                message = f"{show_word(key)} is not a key of a block"
                raise error_in(document, (path, key), message, key=True, hint=hint, code="S108")
        items, items_path, outputs = body.get("layers"), (path, "layers"), body.get("outputs")
    if not isinstance(items, list) or not items:
        hint = f"{name}: a list of entries, as under `layers:`"
        raise error_in(document, path, f"the block {name} has no layers", key=True, hint=hint)
    return Block(name, parameters, items, items_path, outputs, (path, "outputs"))


def _read_head(
    head: str, document: Document, path: Path
) -> tuple[str, tuple[tuple[str, Node | None], ...]]:
    hint = "a block is written Name, or Name(parameter, other=default)"
    try:
        node = parse(head.strip())
    except SpecError as error:
        column = error.location.column - 1 if error.location else 0
        offset = len(head) - len(head.lstrip()) + column
        if head.count("(") > head.count(")"):
            hint = "inside { } a head with a comma needs quotes, since YAML ends it there"
        raise _in_key(document, path, offset, error.message, hint, "S102") from None
    if isinstance(node, Name):
        return node.name, ()
    if not isinstance(node, Call) or node.forward is not None or "." in node.function:
        raise _in_key(document, path, 0, f"{show_word(head)} is not a block's head", hint, "S122")
    found: list[tuple[str, Node | None]] = []
    for item in node.arguments:
        if not isinstance(item, Name):
            message = f"the parameters of {node.function} must be names"
            raise _in_key(document, path, 0, message, hint, "S122")
        found.append((item.name, None))
    found += node.keywords
    seen: set[str] = set()
    for name, _ in found:
        if name in seen:
            message = f"{node.function} has two parameters named {name}"
            raise _in_key(document, path, 0, message, None, "S109")
        seen.add(name)
    return node.function, tuple(found)


def _in_key(
    document: Document, path: Path, offset: int, message: str, hint: str | None, code: str
) -> SpecError:
    """Point into a key; only a key without quotes and escapes is sure to be as long as its text."""
    found = error_in(document, path, message, key=True, hint=hint, code=code)
    if found.location is not None and found.source is not None:
        place = found.location
        quoted = found.source[place.column - 1 : place.column] in ("'", '"')
        found.location = place._replace(column=place.column + offset + quoted)
    return found


class Bindings:
    """Bindings of blocks' arguments; equal ones are one object."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.known: dict[tuple[str, tuple[tuple[str, Node], ...]], Binding] = {}

    def bind(self, block: Block, call: Call) -> Binding:
        """Bind a call's arguments to a block's parameters, as Python does.

        Raises `SpecError` for arguments that are unknown, missing, given twice or too many.
        """
        if call.forward is not None:
            message = f"{block.name} is a block, and takes one pair of brackets"
            raise SpecError(message, hint="give it tensors by `from:`", code="S112")
        values = self._given(block, call)
        for name, default in block.parameters:
            if name in values:
                continue
            if default is None:
                message = f"{block.name} needs the argument {name}"
                raise SpecError(message, hint=_listed(block), code="S113")
            values[name] = fold(substitute(default, values))
        for value in values.values():
            check_extent(value)
        key = block.name, tuple(values.items())
        return self.known.setdefault(key, Binding(values))

    def _given(self, block: Block, call: Call) -> dict[str, Node]:
        names = [name for name, _ in block.parameters]
        if any(isinstance(item, Star) for item in call.arguments):
            raise SpecError(f"{block.name} takes no `*`", code="S112")
        if len(call.arguments) > len(names):
            raise SpecError(
                f"{block.name} takes {len(names)} argument{'s' * (len(names) != 1)},"
                f" {len(call.arguments)} are given",
                hint=_listed(block),
                code="S112",
            )
        values = dict(zip(names, call.arguments, strict=False))
        for name, value in call.keywords:
            if name not in names:
                raise SpecError(
                    f"{block.name} has no argument {name}",
                    hint=suggestion(name, names, _listed(block)),
                    code="S111",
                )
            if name in values:
                message = f"{block.name}: the argument {name} is given twice"
                raise SpecError(message, code="S112")
            values[name] = value
        return values


def _listed(block: Block) -> str:
    names: Mapping[str, Node | None] = dict(block.parameters)
    return f"its arguments are: {', '.join(names) or 'none'}"
