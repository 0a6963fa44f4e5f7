"""From Python: nets from whatever describes them, and one layer's formula as a function."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from os import PathLike
from typing import Any

from .errors import ShapeError, SpecError
from .facts import Facts, Misfit
from .formula import FormulaError, NotKnown, Value
from .given import as_shapes
from .net import Net, Size
from .propagate import Propagation
from .registry import LayerType, Registry, default_registry
from .scope import LayerScope
from .syntax import Name, Node, Star, parts_of

_ONE_LINE = re.compile(r"\s*(\{|\[|(name|inputs?|layers)\s*:\s)")  # a spec on one line


def load(
    source: Any,
    *,
    input: Any = None,  # noqa: A002 - the name that `infer` has for it
    registry: Registry | None = None,
) -> Net:
    """Read a net from a path, a spec as text or dict, an expression, a zoo name, or a torch module.

    `input` is the input's shape, or shapes by name, with which Python source and torch modules are
    followed. Raises `SpecError` for what can't be read.

    >>> load("Conv2d(3, 6, 5) | ReLU").layers[0].name
    '0'
    """
    registry = registry or default_registry()
    if isinstance(source, Net):
        return source
    if not isinstance(source, Mapping | list | str | PathLike) and not hasattr(source, "forward"):
        kinds = (
            "a path, a spec as text or dict, an expression, a name of the zoo, or a torch module"
        )
        raise SpecError(f"{type(source).__name__} is no net", hint=f"give {kinds}", code="S131")
    if isinstance(source, Mapping | list):
        from .readers import read_spec

        return read_spec(source, registry=registry)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(source, torch.nn.Module):
        from .readers.live import read_module

        return read_module(source, registry=registry, inputs=input)
    from .readers import read

    shapes = as_shapes(input)
    if isinstance(source, str) and ("\n" in source or _ONE_LINE.match(source)):
        return read("-", registry=registry, stdin_text=source, inputs=shapes)
    return read(str(source), registry=registry, inputs=shapes)


class LayerFunction:
    """A layer type's output-size formula, as a function of the input's spatial sizes.

    >>> layer("Conv2d")(32, kernel_size=5)
    28
    >>> layer("ConvTranspose2d")((4, 7), kernel_size=4, stride=2, padding=1)
    (8, 14)
    """

    def __init__(self, type_: LayerType, registry: Registry) -> None:
        self.type = type_
        self.registry = registry
        self.name = output_name(type_)
        if self.name is None:
            raise SpecError(
                f"{type_.name} has no formula for spatial sizes",
                hint="shapecalc.infer works out any layer",
                code="S121",
            )

    def __call__(self, size: Size | tuple[Size, ...], *values: Value, **arguments: Value) -> Any:
        """Give the output's size on one axis, or on each.

        Arguments go by position from the first that the formula is about: `layer("Conv2d")(32, 5)`
        has the kernel_size 5. Raises `ShapeError` where the size doesn't fit, `SpecError` for other
        arguments than the layer's.
        """
        names = self._positions()
        if len(values) > len(names):
            raise SpecError(
                f"{self.type.name} takes {len(names)} arguments by position after the size,"
                f" and is given {len(values)}",
                hint=f"they are: {', '.join(names)}",
                code="S111",
            )
        for name, value in zip(names, values, strict=False):
            if name in arguments:
                raise SpecError(f"{self.type.name} is given {name} twice", code="S111")
            arguments[name] = value
        axes = self.type.axes if isinstance(self.type.axes, int) else 1
        sizes = size if isinstance(size, tuple) else (size,) * axes
        found = sizes_after(self.type, self.registry, sizes, arguments)
        return found if isinstance(size, tuple) else found[0]

    def _positions(self) -> list[str]:
        """Name the arguments by position: from the first with a part on each axis."""
        parameters = [item for item in self.type.parameters if not item.keywords]
        first = next((i for i, item in enumerate(parameters) if item.is_per_axis), 0)
        return [item.name for item in parameters[first:]]

    def __repr__(self) -> str:
        return f"<{self.type.name}: {self.name} = {self.type.data['where'][self.name]}>"


def layer(name: str, registry: Registry | None = None) -> LayerFunction:
    """Give a layer's formula as a function; raises `SpecError` for an unknown layer."""
    registry = registry or default_registry()
    return LayerFunction(registry.find(name), registry)


def output_name(type_: LayerType) -> str | None:
    """Give the name of the spatial sizes in an output's pattern: `L_out`."""
    text = type_.data.get("output")
    if not isinstance(text, str):
        return None
    node = type_.formula(text)
    for name in _starred(node):
        if name in type_.where_nodes and name in type_.per_axis:
            return name
    return None


def _starred(node: Node) -> list[str]:
    found = [node.value.name] if isinstance(node, Star) and isinstance(node.value, Name) else []
    for part in parts_of(node):
        found += _starred(part)
    return found


def sizes_after(
    type_: LayerType,
    registry: Registry,
    sizes: tuple[Size, ...],
    arguments: Mapping[str, Value],
) -> tuple[Size, ...]:
    """Apply the output-size formula; arguments it doesn't need may be left out.

    Raises `ShapeError` where the checks that can be made fail.
    """
    from .arguments import fit

    facts = Facts()
    scope = LayerScope(type_, Propagation(registry, {}, facts), facts, 0)
    scope.axes = len(sizes)
    scope.update(axes=len(sizes), layer=type_.name, L=sizes)
    known = {item.name: item for item in (*type_.parameters, *type_.forward)}
    for word in arguments:
        if word not in known:
            raise SpecError(
                f"{type_.name} has no argument {word}",
                hint=f"its arguments are: {', '.join(known)}",
                code="S111",
            )
    try:
        for name, parameter in known.items():
            if name in arguments:
                scope[name] = fit(type_, parameter, arguments[name], len(sizes))
            elif parameter.default is not None:
                value = type_.compile(parameter.default)(scope, 0)
                scope[name] = fit(type_, parameter, value, len(sizes))
        found = scope[output_name(type_) or ""]
        for check in type_.checks:
            for axis in range(len(sizes)) if check.per_axis else (0,):
                try:
                    holds = check.test(scope, axis)
                except FormulaError:
                    continue  # about an argument that isn't given
                if holds is False:
                    raise Misfit(check.message(scope, axis))
    except NotKnown as error:
        missing = [item.name for item in known.values() if item.default is None]
        left_out = [
            name for name in missing if name not in arguments and f"{error}".startswith(name)
        ]
        if not left_out:
            raise ShapeError(str(error)) from None
        raise SpecError(
            f"{type_.name} needs {left_out[0]}",
            hint=f"as in layer({type_.name!r})(32, {left_out[0]}=3)",
            code="S111",
        ) from None
    except (Misfit, FormulaError) as error:
        raise ShapeError(str(error)) from None
    return tuple(found)
