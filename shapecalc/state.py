"""A net's parameters and buffers, under the names that `state_dict` gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .errors import SpecError
from .facts import Facts
from .given import InputLike
from .infer import Result, infer, numel_of
from .net import Layer, Net, Shape, Size, shape_json, size_json
from .propagate import Propagation
from .registry import Registry, default_registry


class StateDict(NamedTuple):
    """Names and shapes as `state_dict` has them, and the count of distinct parameters."""

    parameters: dict[str, Shape]
    buffers: dict[str, Shape]
    count: Size  # type: ignore[assignment]  # tuple.count isn't used

    def to_dict(self) -> dict[str, Any]:
        """Give them as `params --json` prints them."""
        return {
            "parameters": {name: shape_json(shape) for name, shape in self.parameters.items()},
            "buffers": {name: shape_json(shape) for name, shape in self.buffers.items()},
            "count": size_json(self.count),
        }


def state_dict(
    net: Net,
    input: InputLike = None,  # noqa: A002
    set: Mapping[str, int] | None = None,  # noqa: A002
    registry: Registry | None = None,
    wrap: Iterable[str] = (),
) -> StateDict:
    """Give a net's parameters and buffers, in PyTorch's order, under every name they have.

    `wrap` names wrappers put around the whole net, such as the one that adds `module.`.
    """
    registry = registry or default_registry()
    try:
        result = infer(net, input, set, registry)
    except SpecError as error:
        if error.code != "S118":
            raise
        facts = Facts()
        result = Result(net, {}, (), facts, (), Propagation(registry, {}, facts, set or {}))
    groups: list[tuple[Layer, tuple[Mapping[str, Shape], Mapping[str, Shape]]]] = []
    groups.extend(result.state())
    full: tuple[dict[str, Shape], dict[str, Shape]] = ({}, {})
    for item, own in groups:
        if item.alias is None:
            for target, shapes in zip(full, own, strict=True):
                target.update({_joined(item.name, key): shape for key, shape in shapes.items()})
    count = numel_of(full[0].values())
    ordered: tuple[dict[str, Shape], dict[str, Shape]] = ({}, {})
    for item, own in groups:
        for target, shapes, everything in zip(ordered, own, full, strict=True):
            if item.alias is not None:
                target.update(_renamed(everything, item.alias, item.name))
            else:
                target.update({_joined(item.name, key): shape for key, shape in shapes.items()})
    prefix = "".join(_prefix(registry, name) for name in wrap)
    named = [{prefix + name: shape for name, shape in shapes.items()} for shapes in ordered]
    return StateDict(named[0], named[1], count)


def _prefix(registry: Registry, name: str) -> str:
    wrapper = registry.find(name).wrapper
    if wrapper is None:
        raise SpecError(f"{name} doesn't wrap a module", hint="try DataParallel", code="S119")
    return wrapper + "."


def _joined(name: str, key: str) -> str:
    return f"{name}.{key}" if key else name


def _renamed(shapes: Mapping[str, Shape], old: str, new: str) -> dict[str, Shape]:
    return {
        new + name[len(old) :]: shape
        for name, shape in shapes.items()
        if name == old or name.startswith(old + ".")
    }
