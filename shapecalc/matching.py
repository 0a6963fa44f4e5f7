"""Tensors that come in against the shapes that a layer takes: `x: [N, C, H, W]`.

A name that a layer doesn't know yet gets its size here; one that it knows demands it.
"""

from __future__ import annotations

from .facts import Misfit
from .formula import Value, equal, show
from .net import Shape, Size
from .outputs import Output, is_shape
from .registry import Input, LayerType
from .scope import LayerScope
from .syntax import Conditional, Name, Node, Star, to_text
from .syntax import Sequence as Tuple


def match_input(item: Input, value: Output, scope: LayerScope) -> None:
    if item.variadic:
        for one in value:
            _match(item, item.pattern, one, scope)
        return
    _match(item, item.pattern, value, scope)


def _match(item: Input, pattern: Node | None, value: Output, scope: LayerScope) -> None:
    """Match a shape against a pattern, giving its names their sizes."""
    if isinstance(pattern, Conditional):
        test = scope.type.compile(pattern.test)(scope, 0)
        if not isinstance(test, bool):
            test = scope.decide(test) if not isinstance(test, int | None) else bool(test)
        chosen = pattern.yes if test else pattern.no
        _match(item._replace(pattern=chosen, text=""), chosen, value, scope)
        return
    if not isinstance(pattern, Tuple):
        if isinstance(pattern, Name) and pattern.name == "any":
            demand_tensors(item._replace(variadic=False), value, scope)
            return
        wanted = scope.type.compile(pattern)(scope, 0) if pattern is not None else None
        _demand_shape(item, wanted, value, scope)
        return
    if pattern.optional:  # a tuple of tensors
        if is_shape(value) or len(value) != len(pattern.items):
            raise Misfit(
                f"{scope.type.name}: {item.name} must be a tuple of {len(pattern.items)} tensors",
                "rank",
            )
        for part, one in zip(pattern.items, value, strict=True):
            _match(item._replace(pattern=part, text=""), part, one, scope)
        return
    _demand_tensor(item, value, scope)
    _match_sizes(item, pattern.items, value, scope)


def demand_tensors(item: Input, value: Output, scope: LayerScope) -> None:
    """Demand tensors of any shape, and no tuples of them."""
    if not item.parts:
        for one in value if item.variadic and value is not None else (value,):
            if one is not None:
                _demand_tensor(item, one, scope)


def _demand_tensor(item: Input, value: Output, scope: LayerScope) -> None:
    if not is_shape(value):
        raise Misfit(
            f"{scope.type.name} takes one tensor as {item.name}; {len(value or ())} come in."
            " Say which, as in lstm[0]",
            "rank",
        )


def _match_sizes(item: Input, items: tuple[Node, ...], shape: Shape, scope: LayerScope) -> None:
    fixed = 0
    optional = None
    widths: dict[int, int] = {}
    open_star = None  # the one star that takes what is left
    for place, part in enumerate(items):
        if isinstance(part, Star):
            width = _star_width(part, scope)
            if width is None:
                open_star = place
            else:
                widths[place] = width
        elif isinstance(part, Tuple):
            optional = place
        else:
            fixed += 1
    taken = fixed + sum(widths.values())
    if open_star is not None:
        widths[open_star] = max(len(shape) - taken, 0)
        taken += widths[open_star]
    spare = len(shape) - taken
    present = spare == 1
    if optional is None:
        fits = spare == 0
    else:
        name = items[optional].items[0].name  # type: ignore[union-attr]
        known = dict.__contains__(scope, name)
        fits = spare in (0, 1) and not (known and (scope[name] is not None) != present)
    if not fits:
        raise Misfit(rank_message(item, shape, scope.type), "rank")
    at = 0
    for place, part in enumerate(items):
        if isinstance(part, Star):
            _bind_sizes(part.value, shape[at : at + widths[place]], scope, item, shape)
            at += widths[place]
        elif isinstance(part, Tuple):
            name = part.items[0].name  # type: ignore[union-attr]
            if present:
                _bind_size(part.items[0], shape[at], scope, item, shape)
                at += 1
            else:
                scope[name] = None
        else:
            _bind_size(part, shape[at], scope, item, shape)
            at += 1


def _star_width(part: Star, scope: LayerScope) -> int | None:
    """Say how many sizes `*name` stands for; None: any number."""
    name = part.value.name  # type: ignore[union-attr]
    if scope.type.axes is not None and name.startswith("L"):
        return scope.axes
    if name in scope.type.where or dict.__contains__(scope, name):
        return len(scope[name])
    return None


def _bind_size(part: Node, size: Size, scope: LayerScope, item: Input, shape: Shape) -> None:
    if isinstance(part, Name) and not (
        dict.__contains__(scope, part.name) or part.name in scope.type.where
    ):
        scope[part.name] = size
        return
    wanted = scope.type.compile(part)(scope, 0)
    if wanted is None:
        raise Misfit(rank_message(item, shape, scope.type), "rank")
    if type(wanted) is int and wanted == size:
        return
    text = part.name if isinstance(part, Name) else to_text(part)
    scope.facts.require(
        equal(size, wanted),
        lambda: (
            f"{scope.type.name} needs {text}={show(wanted)} in {item.name},"
            f" and gets {show(size)}: {show(shape)}"
        ),
        text,
    )


def _bind_sizes(part: Node, sizes: Shape, scope: LayerScope, item: Input, shape: Shape) -> None:
    if isinstance(part, Name) and not (
        dict.__contains__(scope, part.name) or part.name in scope.type.where
    ):
        scope[part.name] = sizes
        return
    names = {item.name for item in scope.type.parameters}
    argument = part.name if isinstance(part, Name) and part.name in names else None
    _demand_shape(item, scope.type.compile(part)(scope, 0), sizes, scope, shape, argument)


def _demand_shape(
    item: Input,
    wanted: Value,
    sizes: Value,
    scope: LayerScope,
    shape: Shape | None = None,
    argument: str | None = None,
) -> None:
    if not is_shape(sizes):
        raise Misfit(f"{scope.type.name} takes one tensor as {item.name}", "rank")
    scope.facts.require(
        equal(sizes, wanted),
        lambda: (
            f"{scope.type.name} needs {show(wanted) or 'no sizes'} in {item.name}, and gets"
            f" {show(sizes) or 'none'}" + (f": {show(shape)}" if shape is not None else "")
        ),
        argument or item.name,
    )


def rank_message(item: Input, shape: Output, type_: LayerType) -> str:
    have = f"{len(shape)} dimensions: {show(shape) or '()'}" if is_shape(shape) else "a tuple"
    return f"{type_.name} takes {_pattern_text(item, type_)} as {item.name}, and gets {have}"


def _pattern_text(item: Input, type_: LayerType) -> str:
    axes = type_.axes if isinstance(type_.axes, int) else None
    letters = {1: "L", 2: "H, W", 3: "D, H, W"}.get(axes or 0, "L...")
    text = item.text.partition(" | number")[0]
    if not text and item.pattern is not None:  # one of several patterns
        text = to_text(item.pattern)
    return text.replace("*L", letters).replace("[N]", "N (or none)")
