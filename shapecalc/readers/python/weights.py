"""Layers of PyTorch whose weights the source has replaced, deleted or computed itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import SpecError
from ...syntax import Constant
from .values import Keywords, Module, Tensor, Value

if TYPE_CHECKING:
    from .modules import Modules


class OwnParameters(dict[str, Value]):
    """`module._parameters` of a registry's layer: what is deleted or put there reaches the layer."""

    __slots__ = ("module", "modules")

    def __init__(self, modules: Modules, module: Module, own: dict[str, Value]) -> None:
        super().__init__({**own, **module.parameters})
        self.modules = modules
        self.module = module

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        if name in self.module.parameters:
            del self.module.parameters[name]
        else:
            self.modules.remove(self.module, name)

    def __setitem__(self, name: str, value: Value) -> None:
        super().__setitem__(name, value)
        if name in self.modules.state_names(self.modules.type_of(self.module)):
            self.module.replaced[name] = value
        else:
            self.module.parameters[name] = value

    def pop(self, name: str, *default: Value) -> Value:
        """Remove a parameter, and give it."""
        if name not in self and default:
            return default[0]
        found = self[name]
        del self[name]
        return found


def has_other_weights(modules: Modules, module: Module) -> bool:
    """Tell whether the source gave a layer weights that its arguments don't say."""
    if not module.replaced:
        return False
    parameters, buffers = modules.state_of(module)
    declared = {**parameters, **buffers}
    return any(
        not isinstance(tensor, Tensor) or tensor.kind == "value" or tensor.shape != declared[name]
        if name in declared
        else tensor is not None
        for name, tensor in module.replaced.items()
    )


def apply_function(
    modules: Modules, module: Module, arguments: list[Value], keywords: Keywords
) -> Value:
    """Apply the function that a layer stands for, with the weights that the source gave it."""
    type_ = modules.type_of(module)
    registry = modules.registry
    spots = {spot.name: spot for spot in type_.parameters}
    name = type_.own("function")
    found = registry.find(name) if name is not None else None
    slots = [] if found is None else [slot.name for slot in found.inputs[1:]]
    mode = spots.get("padding_mode")  # which functions don't have
    plain = mode is None or Constant(modules.argument(module, type_, mode.name)) == mode.default
    fits = slots and set(slots) <= modules.state_names(type_) and plain
    if found is None or not fits or len(arguments) != 1 or keywords:
        raise SpecError(f"other weights in a {type_.name} are not followed", code="S110")
    weights = [modules.layer_attribute(module, slot) for slot in slots]
    options = {
        spot.name: modules.argument(module, type_, spot.name)
        for spot in found.parameters
        if spot.name in spots
    }
    return modules.tracer.function(name, [*arguments, *weights], options)
