"""Arguments checked by name and number as soon as a call is read, so that errors have a place.

Whether their values are of the right kind and size is seen when shapes go through.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import SpecError
from ..formula import ARITHMETIC
from ..registry import LayerType, Parameter, Registry
from ..syntax import Call, Node, Sequence, Star
from .failures import suggestion

MAX_CALLS = 50  # modules inside modules


def check_call(type_: LayerType, call: Call, registry: Registry, depth: int = 0) -> None:
    """Check the arguments of a call, and the calls among them.

    Raises `SpecError` for arguments that are unknown, missing, given twice or too many.
    """
    if depth > MAX_CALLS:
        raise SpecError(f"modules nested deeper than {MAX_CALLS} levels", code="S103")
    _check_words(type_, type_.parameters, call.keywords)
    if call.forward is not None:
        if type_.is_function and not type_.wraps:
            message = f"{type_.name} is a function, and takes one pair of brackets"
            raise SpecError(message, code="S112")
        _check_words(type_, type_.forward, call.forward[1])
    if not type_.is_function:
        _check_places(type_, call)
    for item in (*call.arguments, *(value for _, value in call.keywords)):
        _check_inside(item, registry, depth)


def _check_inside(node: Node, registry: Registry, depth: int) -> None:
    if isinstance(node, Call):
        if node.function in ARITHMETIC or node.function == "size":
            return
        check_call(registry.find(node.function), node, registry, depth + 1)
    elif isinstance(node, Sequence):
        for item in node.items:
            if isinstance(item, Call | Sequence):
                _check_inside(item, registry, depth)


def _check_words(
    type_: LayerType, parameters: tuple[Parameter, ...], words: Iterable[tuple[str, Node]]
) -> None:
    if any(parameter.keywords for parameter in parameters):
        return
    known = {parameter.name for parameter in parameters}
    aliases = type_.data.get("aliases") or {}
    for word, _ in words:
        if word in known or aliases.get(word) in known:
            continue
        names = [parameter.name for parameter in parameters]
        inputs = [item.name for item in type_.inputs]
        if word in inputs:
            continue
        listed = f"its arguments are: {', '.join(names) or 'none'}"
        hint = suggestion(word, [*names, *inputs], listed)
        raise SpecError(f"{type_.name} has no argument {word}", hint=hint, code="S111")


def _check_places(type_: LayerType, call: Call) -> None:
    """Check the positional arguments of a class: functions may take tensors among theirs."""
    slots = [parameter for parameter in type_.parameters if not parameter.keywords]
    if any(isinstance(item, Star) for item in call.arguments):
        return
    names = ", ".join(parameter.name for parameter in slots) or "none"
    variadic = any(parameter.variadic for parameter in slots)
    count = len(call.arguments)
    if count > len(slots) and not variadic:
        raise SpecError(
            f"{type_.name} takes {len(slots)} argument{'s' * (len(slots) != 1)}, {count} are given",
            hint=f"its arguments are: {names}",
            code="S112",
        )
    aliases = type_.data.get("aliases") or {}
    given = {aliases.get(word, word) for word, _ in call.keywords}
    for parameter in slots[:count]:
        if parameter.name in given and not parameter.variadic:
            message = f"{type_.name}: the argument {parameter.name} is given twice"
            raise SpecError(message, code="S112")
    for parameter in slots[count:]:
        needed = parameter.default is None and not parameter.variadic and not parameter.is_ignored
        if needed and parameter.name not in given:
            raise SpecError(
                f"{type_.name} needs the argument {parameter.name}",
                hint=f"its arguments are: {names}",
                code="S113",
            )
