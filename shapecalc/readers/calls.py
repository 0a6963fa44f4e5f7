"""Calls of layers: text or a `type:` map into a call, parameters put in, constants worked out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..errors import SpecError
from ..registry import PREFIXES, Kind, LayerType, Registry
from ..syntax import Call, Constant, Name, Node, Sequence, parse, substitute, to_text
from .checks import check_call
from .failures import error_in, nearest, show_word
from .folding import check_extent, fold, fold_arguments
from .places import Document, Path
from .quick import quick_call
from .sizes_of import Resolve, full_sizes

MAX_VALUES = 50  # lists and maps in one another, in a `type:` map

_BARE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


class Binding:
    """The arguments of one use of a block, by parameter; equal uses share what is worked out."""

    def __init__(self, values: Mapping[str, Node]) -> None:
        self.values = values
        self.made: dict[str, Made] = {}


class Made(NamedTuple):
    """A call that is ready: of a layer type, or of a block where `type` is None."""

    call: Call
    type: LayerType | None


class Calls:
    """Makes calls; each distinct text is read once for each binding."""

    def __init__(
        self, document: Document, registry: Registry, blocks: Mapping[str, object]
    ) -> None:
        self.document = document
        self.registry = registry
        self.blocks = blocks
        self.equal: dict[Call, Call] = {}  # one object for equal calls: later parts compare by id
        self.checked: set[int] = set()

    # ---------------------------------------------------------------------------------- calls

    def read(self, text: str, binding: Binding, path: Path, resolve: Resolve) -> Made:
        """Read the text of an entry; `resolve` gives the full names of layers in `size(...)`."""
        known = binding.made.get(text)
        if known is not None:
            return known
        try:
            call = self.bound(self.parsed(text), binding.values)
            found = self.finish(call, resolve if "size" in text else None)
        except SpecError as error:
            raise self.placed(error, text, path) from None
        if "size" not in text:
            binding.made[text] = found
        return found

    def parsed(self, text: str) -> Call:
        """Read a call's text; a bare name is a call without arguments."""
        bare = text.strip()
        if _BARE.fullmatch(bare):
            return Call(bare, (), ())
        node = quick_call(bare) or parse(bare)
        if not isinstance(node, Call):
            raise SpecError(
                f"`{show_word(bare)}` is not a layer's call",
                hint='write the call that makes the layer, such as "Conv2d(3, 6, 5)"',
                code="S122",
            )
        return node

    def bound(self, call: Call, values: Mapping[str, Node]) -> Call:
        """Put a block's arguments in; a parameter may stand for a layer, or for its class."""
        if not values:
            return call
        own = values.get(call.function)
        if isinstance(own, Call):
            if call.arguments or call.keywords:
                raise SpecError(
                    f"{call.function} is {to_text(own)[:60]}, which is called already",
                    hint=f"write {call.function} without brackets",
                    code="S122",
                )
            return own
        made = _named(substitute(call, values), values)
        assert isinstance(made, Call)
        if own is not None and made.function == call.function:
            raise SpecError(
                f"{call.function} is {to_text(own)[:60]}, which is not a layer",
                hint="`if:` drops an entry that there is no layer for",
                code="S122",
            )
        check_extent(made)
        return made

    def finish(self, call: Call, resolve: Resolve | None) -> Made:
        """Give layers in `size(...)` their full names, work constants out, and check arguments."""
        if resolve is not None:
            call = call._replace(
                arguments=tuple([full_sizes(item, resolve) for item in call.arguments]),
                keywords=tuple([(name, full_sizes(item, resolve)) for name, item in call.keywords]),
                forward=None
                if call.forward is None
                else (
                    tuple([full_sizes(item, resolve) for item in call.forward[0]]),
                    tuple([(name, full_sizes(item, resolve)) for name, item in call.forward[1]]),
                ),
            )
        call = self._plain_call(fold_arguments(call))
        type_ = None if call.function in self.blocks else self._find(call)
        if type_ is not None and call.function != type_.name:
            call = call._replace(function=type_.name)
        known = self.equal.setdefault(call, call)
        # A wrapper's argument may be a block, which is no layer: it is taken out before a check.
        if type_ is not None and type_.wrapper is None and id(known) not in self.checked:
            check_call(type_, known, self.registry)
            self.checked.add(id(known))
        return Made(known, type_)

    def _find(self, call: Call) -> LayerType:
        try:
            return self.registry.find(call.function)
        except SpecError as error:
            hint = error.hint
            block = nearest(call.function, self.blocks) if self.blocks else None
            if block is not None and (hint is None or not hint.startswith("did you mean")):
                hint = f"did you mean the block {block}?"
            raise SpecError(error.message, hint=hint, code=error.code) from None

    def _plain_names(self, node: Node) -> Node:
        """Take `nn.` and its like off the calls inside a call, and refuse unknown ones."""
        if isinstance(node, Sequence):
            if not any(isinstance(item, Call | Sequence) for item in node.items):
                return node
            return node._replace(items=tuple([self._plain_names(item) for item in node.items]))
        return self._plain_call(node) if isinstance(node, Call) else node

    def _plain_call(self, node: Call) -> Call:
        function = node.function
        prefix, _, last = function.rpartition(".")
        if prefix in PREFIXES:
            function = last
        return Call(
            function,
            tuple([self._plain_names(item) for item in node.arguments]),
            tuple([(name, self._plain_names(item)) for name, item in node.keywords]),
            node.forward,
        )

    def placed(self, error: SpecError, text: str, path: Path) -> SpecError:
        """Point an error at the word of the text that it is about."""
        at = len(text) - len(text.lstrip())
        if error.location is not None:
            lines = text.strip().split("\n")[: error.location.line]
            at += sum(len(line) + 1 for line in lines[:-1]) + error.location.column - 1
        else:
            at = _find_word(text, error.message, at)
        found = error_in(
            self.document, path, error.message, at=at, hint=error.hint, code=error.code
        )
        if text.count("(") > text.count(")"):
            found.hint = "in YAML's [ ] and { } a call needs quotes, since they end it at a comma"
        elif found.hint is None and "not Python" in found.message:
            found.hint = "a layer is the PyTorch call that makes it, such as Conv2d(3, 6, 5)"
        return found

    # ------------------------------------------------------------------------------ `type:` maps

    def from_map(
        self, item: Mapping[str, Any], binding: Binding, path: Path, resolve: Resolve
    ) -> Made:
        """Make the call of `{type: Conv2d, in_channels: 3, ...}`; `item` has nothing but these."""
        call = self._map_call(item, binding, path, 0)
        try:
            return self.finish(call, resolve)
        except SpecError as error:
            for key in item:
                if key != "type" and re.search(rf"\b{re.escape(key)}\b", error.message):
                    raise error_in(
                        self.document,
                        (path, key),
                        error.message,
                        key=True,
                        hint=error.hint,
                        code=error.code,
                    ) from None
            raise error_in(
                self.document, (path, "type"), error.message, hint=error.hint, code=error.code
            ) from None

    def _map_call(self, item: Mapping[str, Any], binding: Binding, path: Path, depth: int) -> Call:
        text = item["type"]
        if not isinstance(text, str) or not _BARE.fullmatch(text.strip()):
            raise error_in(
                self.document,
                (path, "type"),
                f"{show_word(text)} is not a type of layers",
                hint="such as {type: Conv2d, in_channels: 3, ...}",
                code="S122",
            )
        call = self.bound(Call(text.strip(), (), ()), binding.values)
        kinds: dict[str, tuple[Kind | str | None, ...]] = {}
        if call.function not in self.blocks:
            try:
                type_ = self._find(call)
            except SpecError as error:
                raise error_in(
                    self.document, (path, "type"), error.message, hint=error.hint, code=error.code
                ) from None
            kinds = {parameter.name: parameter.kinds for parameter in type_.parameters}
        words = [
            (key, self._value(value, kinds.get(key, ()), binding, (path, key), depth))
            for key, value in item.items()
            if key != "type"
        ]
        return call._replace(keywords=(*call.keywords, *words))

    def _value(
        self,
        value: Any,
        kinds: tuple[Kind | str | None, ...],
        binding: Binding,
        path: Path,
        depth: int,
    ) -> Node:
        """Make the node of an argument in a map: text is a word of PyTorch's, or an expression."""
        if depth > MAX_VALUES:
            what = f"lists and maps nested deeper than {MAX_VALUES} levels"
            raise error_in(self.document, path, what, code="S103")
        if isinstance(value, list):
            items = [
                self._value(item, kinds, binding, (path, index), depth + 1)
                for index, item in enumerate(value)
            ]
            return Sequence(tuple(items), optional=True)
        if isinstance(value, dict):
            if "type" not in value:
                raise error_in(
                    self.document,
                    path,
                    "a map as an argument needs `type:`",
                    hint="such as {type: TransformerEncoderLayer, d_model: 64, nhead: 4}",
                    code="S122",
                )
            return self._map_call(value, binding, path, depth + 1)
        if not isinstance(value, str):
            return Constant(value)
        takes_text = any(isinstance(kind, Kind) and kind.base == "str" for kind in kinds)
        if value in kinds or (takes_text and value not in binding.values):
            return Constant(value)
        return self.expression(value, binding, path)

    # ------------------------------------------------------------------------------ expressions

    def expression(self, value: Any, binding: Binding, path: Path) -> Node:
        """Read an expression of a block's parameters, and work out what is constant."""
        if not isinstance(value, str):
            return Constant(value)
        try:
            node = parse(value.strip())
            if binding.values:
                node = substitute(node, binding.values)
                check_extent(node)
            return fold(node)
        except SpecError as error:
            raise self.placed(error, value, path) from None


def _named(node: Node, values: Mapping[str, Node]) -> Node:
    """Put the names that parameters stand for in the place of called parameters: `norm(64)`."""
    if isinstance(node, Sequence):
        return node._replace(items=tuple([_named(item, values) for item in node.items]))
    if not isinstance(node, Call):
        return node
    own = values.get(node.function)
    function = node.function
    if isinstance(own, Name):
        function = own.name
    elif isinstance(own, Constant) and isinstance(own.value, str) and _BARE.fullmatch(own.value):
        function = own.value
    return Call(
        function,
        tuple([_named(item, values) for item in node.arguments]),
        tuple([(name, _named(item, values)) for name, item in node.keywords]),
        node.forward,
    )


def _find_word(text: str, message: str, otherwise: int) -> int:
    """Find the word of a call that a message is about: an argument's name, else the function's."""
    for found in re.finditer(r"([A-Za-z_]\w*)\s*=(?!=)", text):
        if re.search(rf"(argument|parameter) {re.escape(found[1])}\b", message):
            return found.start()
    quoted = re.search(r"`([^`]+)`", message)
    if quoted is not None and quoted[1] in text:
        return text.index(quoted[1])
    words = set(re.findall(r"[A-Za-z_][\w.]*", message))
    for found in re.finditer(r"[A-Za-z_][\w.]*", text):
        if found[0] in words:
            return found.start()
    return otherwise


__all__ = ["Binding", "Calls", "Made", "Resolve"]
