"""How PyTorch code calls what the registry describes: operators, methods, functions, indices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from string import Formatter

from ..registry import LayerType
from ..syntax import (
    Binary,
    Call,
    Compare,
    Conditional,
    Constant,
    Logic,
    Name,
    Node,
    Sequence,
    Star,
    Subscript,
    Unary,
    parts_of,
    to_text,
)

_SIGNS = frozenset("[] + - * / // % ** @ == != < <= > >= & | ^".split())  # noqa: SIM905 - a table


def sign_of(type_: LayerType, call: Call, tensors: int) -> str:
    """Give the operator that says the same as a call of a function, if there is one."""
    if call.keywords or call.forward is not None:
        return ""
    for sign, name in (type_.data.get("operator") or {}).items():
        if name != type_.name or sign not in _SIGNS:
            continue
        if sign == "[]":
            return "[]" if tensors == 1 and len(call.arguments) == 1 else ""
        plain = all(isinstance(item, Constant) for item in call.arguments)
        return str(sign) if tensors and tensors + len(call.arguments) == 2 and plain else ""
    return ""


def takes_rest(type_: LayerType) -> bool:
    """Say whether a function takes any number of arguments, as `view(2, 3, 4)` does."""
    return any(item.variadic for item in type_.parameters)


def begins_with_text(type_: LayerType) -> bool:
    """Say whether a text such as an equation stands before the tensors."""
    first = next(iter(type_.parameters), None)
    return first is not None and first.default is None and first.text == "str"


def index_text(arguments: tuple[Node, ...]) -> str:
    """Write what stands in brackets: `slice(1, -1)` as `1:-1`."""
    if len(arguments) != 1:
        return ""
    only = arguments[0]
    if isinstance(only, Sequence) and only.items and not only.optional:
        return ", ".join(map(_slice_text, only.items))
    return _slice_text(only)


def _slice_text(node: Node) -> str:
    match node:
        case Call("slice", arguments, _, _):
            ends = ["" if end == Constant(None) else to_text(end) for end in arguments]
            ends = ends[:2] if len(ends) == 3 and not ends[2] else ends
            return f":{ends[0]}" if len(ends) == 1 else ":".join(ends)
    return to_text(node)


def in_order(
    type_: LayerType, tensors: list[str], arguments: list[str], named: Mapping[str, str]
) -> list[str]:
    """Write tensors and arguments in the order that PyTorch has them; after a gap they are named.

    >>> from shapecalc.registry import default_registry
    >>> in_order(default_registry().find("layer_norm"), ["x", "w"], ["(8,)"], {"eps": "1e-3"})
    ['x', '(8,)', 'w', 'eps=1e-3']
    """
    aliases: Mapping[str, str] = type_.data.get("aliases") or {}
    away = {aliases.get(name, name) for name in named}
    slots = [item.name for item in type_.inputs if item.name not in away]
    given = dict(zip(slots, tensors, strict=False))
    rest = list(arguments)
    placed: list[str] = []
    gap = False
    for name in type_.order:
        if name in given:
            text = given[name]
        elif rest and name not in away:
            text = rest.pop(0)
        else:
            gap = True
            continue
        placed.append(f"{name}={text}" if gap else text)
    return [*placed, *(f"{name}={text}" for name, text in named.items())]


def fill(template: str, parts: Mapping[str, str]) -> str:
    """Put parts into a template; where one is empty, the comma before it goes too.

    >>> fill("torch.special.{name}({first}, {others})", {"name": "erf", "first": "x", "others": ""})
    'torch.special.erf(x)'
    """
    text = ""
    for before, field, _, _ in Formatter().parse(template):
        part = parts[field] if field else ""
        text += before.removesuffix(", ") if field and not part else before
        text += part
    return text


def with_parts(node: Node, change: Callable[[Node], Node]) -> Node:
    """Rebuild a node of changed parts."""
    match node:
        case Sequence(items, optional):
            return Sequence(tuple(map(change, items)), optional)
        case Star(value):
            return Star(change(value))
        case Unary(operator, operand):
            return Unary(operator, change(operand))
        case Binary(operator, left, right):
            return Binary(operator, change(left), change(right))
        case Subscript(value, index):
            return Subscript(change(value), change(index))
        case Compare(first, rest):
            return Compare(change(first), tuple((sign, change(item)) for sign, item in rest))
        case Logic(operator, items):
            return Logic(operator, tuple(map(change, items)))
        case Conditional(test, yes, no):
            return Conditional(change(test), change(yes), change(no))
        case Call(_, arguments, keywords, forward):
            if forward is not None:
                values, words = forward
                forward = (
                    tuple(map(change, values)),
                    tuple((word, change(item)) for word, item in words),
                )
            return node._replace(
                arguments=tuple(map(change, arguments)),
                keywords=tuple((word, change(item)) for word, item in keywords),
                forward=forward,
            )
    return node


def sizes_in(node: Node) -> Iterator[str]:
    """Yield the layers whose sizes a call asks for."""
    if isinstance(node, Call) and node.function == "size" and node.arguments:
        where = node.arguments[0]
        text = where.name if isinstance(where, Name) else getattr(where, "value", to_text(where))
        yield str(text).partition("[")[0]
        return
    for part in parts_of(node):
        yield from sizes_in(part)
