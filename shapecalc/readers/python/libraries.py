"""Packages that are known without their source, and what their names stand for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ...errors import SpecError
from ...spelling import home_of, names_by_path
from .containers import CONTAINERS
from .numerics import NUMERICS, array_attribute
from .standard import STANDARD
from .standins import STANDINS
from .torchlib import call_unknown, torch_member
from .values import Array, Library, Opaque, TorchFunction, Value

if TYPE_CHECKING:
    from .machine import Machine

# Packages that PyTorch brings along or that are read with it; anything else is absent.
_PRESENT = frozenset({"torch", "numpy", "torchvision", "einops"})
_VISION = "torchvision.ops"
_TABLES: dict[str, dict[str, Value]] = {
    "numpy": NUMERICS,
    "torchvision": {"torchvision.__version__": "0.29.1"},
}


# What numpy had once: a source that still asks for it fails.
_REMOVED = frozenset(
    f"numpy.{name}"
    for name in [
        "alltrue",
        "complex",
        "cumproduct",
        "float",
        "float_",
        "in1d",
        "infty",
        "int",
        "Inf",
        "mat",
        "NaN",
        "NINF",
        "object",
        "PINF",
        "product",
        "sometrue",
        "str",
        "unicode_",
    ]
)


class Libraries:
    """Finds packages and their members by dotted name."""

    def __init__(self) -> None:
        self.environment: dict[str, Value] = {}  # in which nothing is set but by the source

    def is_known(self, name: str) -> bool:
        """Tell whether a package can be imported without its source."""
        top = name.partition(".")[0]
        return top in _PRESENT or top in sys.stdlib_module_names or name in STANDINS

    def member(self, machine: Machine, owner: Library, name: str) -> Value:
        """Give a member of a package."""
        if name.startswith("__") and name != "__version__":
            return {"__name__": owner.name, "__file__": owner.name}.get(name, Opaque(owner.name))
        path = f"{owner.name}.{name}"
        if path == "os.environ":
            return self.environment
        if path == "sys.modules":
            return machine.loader.by_name()
        if path in _REMOVED:
            raise machine.fail("AttributeError", f"module 'numpy' has no attribute '{name}'")
        top = path.partition(".")[0]
        if top == "torch":
            return torch_member(machine, path)
        if top == "einops":
            return self._einops(machine).get(path, Library(path))
        if path.startswith(_VISION):
            return self._vision(machine, path, name)
        table = _TABLES.get(top, STANDARD)
        if path in table:
            return table[path]
        if top in _TABLES and f"{top}.{name}" in table:
            return table[f"{top}.{name}"]
        if any(known.startswith(f"{path}.") for known in table):
            return Library(path)
        if top in sys.stdlib_module_names or top == "numpy":
            return Library(path)
        return Opaque(f"{path}, which isn't beside this file", machine.here(), foreign=True)

    def _vision(self, machine: Machine, path: str, name: str) -> Value:
        """Give what torchvision.ops has, in whichever of its files: the registry's, or made of layers."""
        if path == _VISION or (name.islower() and not machine.registry.knows(name)):
            return Library(path)
        if machine.registry.knows(name):
            type_ = machine.registry.find(name)
            if home_of(type_) == _VISION:
                return (
                    TorchFunction(name)
                    if type_.is_function
                    else machine.tracer.modules.layer_class(name)
                )
        names = machine.loader.stand_in(f"{_VISION}.made").names
        if name in names:
            return names[name]
        return Opaque(f"{path}, which isn't beside this file", machine.here(), foreign=True)

    def _einops(self, machine: Machine) -> dict[str, Value]:
        """List what einops has: functions of the registry, and those that are made of torch's."""
        made = machine.loader.stand_in("einops.packing").names
        known = {
            path: TorchFunction(name)
            for path, name in names_by_path(machine.registry).items()
            if path.startswith("einops.") and path.count(".") == 1
        }
        return {**known, **{f"einops.{name}": made[name] for name in made["__all__"]}}

    def torch_class(self, machine: Machine, name: str) -> Value:
        """Give a class of `torch.nn` by its bare name, None if there is none."""
        known = name in CONTAINERS or machine.registry.knows(name)
        return torch_member(machine, f"torch.nn.{name}") if known else None

    def everything(self, machine: Machine, owner: Library) -> dict[str, Value]:
        """Give what `from package import *` binds."""
        if owner.name.startswith("torch"):
            names = [*CONTAINERS, *machine.registry.names()]
            return {name: torch_member(machine, f"{owner.name}.{name}") for name in names}
        package = owner.name.partition(".")[0]
        table = _TABLES.get(package, STANDARD) if package != "einops" else self._einops(machine)
        start = f"{owner.name}."
        return {
            path.removeprefix(start): value
            for path, value in table.items()
            if path.startswith(start) and "." not in path.removeprefix(start)
        }

    def set_member(self, owner: Library, name: str) -> None:
        """Do `package.name = value`: settings are let be, functions may not change."""
        if not owner.name.startswith(
            ("torch.backends", "os", "sys", "random", "warnings", "logging")
        ):
            raise SpecError(f"a change of {owner.name}.{name} is not followed")

    def call(self, machine: Machine, owner: Library, given: list[Value]) -> Value:
        """Call a member that isn't known."""
        if owner.name.startswith("torch."):
            return call_unknown(machine, owner.name, given)
        return Opaque(f"what {owner.name} gives", machine.here())

    def array_attribute(self, machine: Machine, value: Array, name: str) -> Value:
        """Give an attribute of a numpy array."""
        return array_attribute(machine, value, name)
