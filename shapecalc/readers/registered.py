"""A torch module's registered parts: the call that makes each layer, and the order of its state.

Nothing here imports torch: modules and tensors are told by what they have. Where a layer keeps an
argument elsewhere than in an attribute of its name, the registry says where.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, TypeAlias

from ..errors import ShapeError, SpecError
from ..facts import Facts, Misfit
from ..formula import FormulaError
from ..net import Layer
from ..propagate import Propagation
from ..registry import Kind, LayerType, Parameter, Registry
from ..syntax import Call, Constant, Node, literal
from ..syntax import Sequence as Tuple
from .constructions import is_default, plainest

Module: TypeAlias = Any  # torch.nn.Module
State: TypeAlias = "dict[str, tuple[int, ...]]"

MAX_TRIES = 64  # of arguments that a module doesn't keep
LARGEST = 3.4028234663852886e38  # of a float32
_TOP = "torch.nn."  # where PyTorch's own layers are from


class Unwritten(Exception):
    """A module whose call can't be told from its attributes."""


class Registered:
    """Finds a model's modules under their names, and writes the calls that make them."""

    def __init__(self, root: Module, registry: Registry, prefix: str = "") -> None:
        self.registry = registry
        self.propagation = Propagation(registry, {})
        self.root = root
        self.prefix = prefix  # of all names: that of a wrapper around the model
        self._calls: dict[int, tuple[Module, Call | None]] = {}
        self._agree: dict[int, bool] = {}
        self.parameters: set[int] = set()
        self.paths: dict[int, str] = {}  # of modules and tensors, under their first names
        for inside, module in root.named_modules():
            path = joined(prefix, inside)
            self.paths.setdefault(id(module), path)
            for name, tensor in own_tensors(module):
                self.paths.setdefault(id(tensor), joined(path, name))
                if name in module._parameters:
                    self.parameters.add(id(tensor))
        # Before anything is traced: torch.fx notes what is looked up meanwhile.
        for module in root.modules():
            self.call(module)

    # ------------------------------------------------------------------------------------ layers

    def layer_name(self, module: Module) -> str | None:
        """Give the layer of the registry that a module is, None for one that is followed inside.

        A subclass with a forward of its own is another layer.
        """
        kind: Any = type(module)
        for base in kind.__mro__:
            name = base.__name__
            own = base is kind and self._is_described(name)
            if own or (base.__module__.startswith(_TOP) and self.registry.knows(name)):
                type_ = self.registry.find(name)
                if not type_.is_function and type_.wrapper is None:
                    return name if own or kind.forward is base.forward else None
        return None

    def _is_described(self, name: str) -> bool:
        """Say whether the user gave a file that describes a layer of that name."""
        if not self.registry.knows(name) or name[:1].islower():
            return False
        return self.registry.find(name).origin != "layers.yaml"

    def call(self, module: Module) -> Call | None:
        """Write the call that makes a layer; None for a module that is followed inside."""
        known = self._calls.get(id(module))
        if known is None:
            name = self.layer_name(module)
            try:
                found = None if name is None else self._written(module, self.registry.find(name))
            except Unwritten:
                found = None
            known = self._calls[id(module)] = (module, found)
        return known[1]

    def _written(self, module: Module, type_: LayerType) -> Call:
        """Write a call whose weights are those that the module has."""
        given: dict[str, Any] = {}
        doubtful: list[Parameter] = []
        places = type_.data.get("attributes") or {}
        for slot in type_.parameters:
            if slot.variadic or slot.is_ignored:
                continue
            value = _attribute(module, places.get(slot.name, slot.name))
            if hasattr(value, "named_modules"):
                value = self.call(value) or _NOTHING
            elif callable(value):
                value = _NOTHING
            if value is not _NOTHING:
                given[slot.name] = _argument(value, slot)
            elif _is_flag(slot):
                doubtful.append(slot)
            elif slot.default is None:
                raise Unwritten
        first = _call(type_, given)
        wanted = state_of(module)
        if wanted is None or self._state(first) == wanted:
            self._agree[id(module)] = True
            return first
        for values in list(product((False, True), repeat=len(doubtful)))[:MAX_TRIES]:
            flags = {slot.name: value for slot, value in zip(doubtful, values, strict=True)}
            call = _call(type_, {**given, **flags})
            if self._state(call) == wanted:
                self._agree[id(module)] = True
                return call
        self._agree[id(module)] = False
        return first

    def _state(self, call: Call) -> State | None:
        found: State = {}
        try:
            for shapes in self.propagation.state(call, Facts()):
                for name, shape in shapes.items():
                    found[name] = tuple([int(str(size)) for size in shape])
        except (Misfit, FormulaError, SpecError, ShapeError, ValueError):
            return None
        return found

    # ------------------------------------------------------------------------------------- state

    def state(self) -> list[Layer]:
        """List what is registered, in the order of `state_dict`."""
        found: list[Layer] = []
        self._walk(self.root, self.prefix, found, {})
        return found

    def _walk(self, module: Module, path: str, found: list[Layer], seen: dict[int, str]) -> None:
        if id(module) in seen:
            if state_of(module):
                found.append(Layer(path, None, alias=seen[id(module)]))
            return
        seen[id(module)] = path
        call = self.call(module)
        inside = list(all_tensors(module)) if call is not None else []
        if call is not None and path and self._agree[id(module)]:
            if not any(id(tensor) in seen for _, tensor in inside):
                if inside:
                    found.append(Layer(path, call))
                for name, tensor in inside:
                    seen[id(tensor)] = joined(path, name)
                return
        for name, tensor in own_tensors(module):
            full = joined(path, name)
            if id(tensor) in seen:
                found.append(Layer(full, None, alias=seen[id(tensor)]))
            else:
                seen[id(tensor)] = full
                kind = "parameter" if name in module._parameters else "buffer"
                found.append(Layer(full, raw_call(kind, tensor)))
        for name, child in module._modules.items():
            if child is not None:
                self._walk(child, joined(path, name), found, seen)

    def kind(self, tensor: Any) -> str:
        """Name the function that holds a registered tensor."""
        return "parameter" if id(tensor) in self.parameters else "buffer"

    def has_state(self, layer: Layer) -> bool:
        """Say whether an entry has parameters or buffers."""
        if layer.call is None:
            return True
        data = self.registry.find(layer.call.function).data
        return any(key in data for key in ("weights", "buffers", "submodules"))

    def state_if_needed(self, layers: list[Layer]) -> tuple[Layer, ...] | None:
        """Give the state where it isn't the order in which the layers run."""
        state = self.state()
        run = [
            (layer.name, layer.call and layer.call._replace(forward=None))
            for layer in layers
            if layer.shares is None and self.has_state(layer)
        ]
        registered = [(item.name, item.call) for item in state if self.has_state(item)]
        return None if run == registered else tuple(state)


_NOTHING = object()


def _attribute(module: Module, place: str) -> Any:
    """Follow a path of attributes; a number is a place in a list, `:-1` all but its last."""
    value = module
    for part in place.split("."):
        if part == ":-1":
            value = value[:-1]
        elif part.isdigit():
            value = value[int(part)] if len(value) > int(part) else _NOTHING
        else:
            value = getattr(value, part, _NOTHING)
        if value is _NOTHING:
            break
    return value


def joined(path: str, name: str) -> str:
    """Put a name behind the path of the module that has it."""
    return f"{path}.{name}" if path and name else path or name


def is_tensor(value: Any) -> bool:
    """Tell a tensor."""
    return hasattr(type(value), "data_ptr") and hasattr(type(value), "requires_grad")


def own_tensors(module: Module) -> Iterator[tuple[str, Any]]:
    """Yield the parameters and buffers that `state_dict` lists for a module itself."""
    for name, tensor in module._parameters.items():
        if tensor is not None:
            yield name, tensor
    transient = getattr(module, "_non_persistent_buffers_set", ())
    for name, tensor in module._buffers.items():
        if tensor is not None and name not in transient:
            yield name, tensor


def all_tensors(module: Module) -> Iterator[tuple[str, Any]]:
    """Yield the parameters and buffers of a module and of those inside it."""
    for path, inner in module.named_modules(remove_duplicate=False):
        for name, tensor in own_tensors(inner):
            yield joined(path, name), tensor


def state_of(module: Module) -> State | None:
    """Give the shapes of a module's state; None while they aren't known, as those of lazy layers."""
    try:
        return {name: tuple(map(int, tensor.shape)) for name, tensor in all_tensors(module)}
    except RuntimeError:
        return None


def raw_call(kind: str, tensor: Any) -> Call:
    """Write an entry that holds a tensor."""
    try:
        sizes = tuple([Constant(int(size)) for size in tensor.shape])
    except RuntimeError:
        raise SpecError(
            "a parameter without a shape: the module is lazy, and hasn't run yet",
            hint="run it once on an input",
            code="S136",
        ) from None
    return Call(kind, (Tuple(sizes, optional=True),), ())


def _is_flag(slot: Parameter) -> bool:
    return any(isinstance(kind, Kind) and kind.base in ("bool", "flag") for kind in slot.kinds)


def _argument(value: Any, slot: Parameter) -> Any:
    """Give an argument from the attribute that a module keeps of it."""
    takes_tensor = any(
        isinstance(kind, Kind) and kind.base in ("tensor", "any") for kind in slot.kinds
    )
    if value is None and (None in slot.kinds or slot.default == Constant(None)):
        return None
    if _is_flag(slot) and (value is None or is_tensor(value)):
        return value is not None
    if isinstance(value, Call):
        return value
    if is_tensor(value):
        if not takes_tensor:
            raise Unwritten
        return Call("empty", tuple([Constant(int(size)) for size in value.shape]), ())
    if isinstance(value, (list, tuple)):
        return tuple([_argument(item, slot) for item in value])
    if value is not None and type(value) not in (bool, int, float, str):
        raise Unwritten
    return finite(value) if isinstance(value, float) else value


def finite(value: float) -> float:
    """Give a number that can be written, in the place of one that is none."""
    return LARGEST if math.isnan(value) else value


def _call(type_: LayerType, given: Mapping[str, Any]) -> Call:
    """Write the arguments that must be given by their places, and others by their names."""
    plain: list[Node] = []
    words: list[tuple[str, Node]] = []
    by_place = True
    for slot in type_.parameters:
        if slot.name not in given:
            by_place = False
            continue
        value = plainest(given[slot.name], slot)
        if by_place and slot.default is None and not slot.named:
            plain.append(literal(value))
        else:
            by_place = False
            if not is_default(value, slot):
                words.append((slot.name, literal(value)))
    return Call(type_.name, tuple(plain), tuple(words))
