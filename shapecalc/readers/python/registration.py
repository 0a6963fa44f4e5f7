"""What a model has registered: the paths of its modules, and its state_dict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...net import Layer
from ...syntax import Call, Constant, Sequence
from .values import Module, Opaque, Tensor

if TYPE_CHECKING:
    from .tracing import Tracer


class Registration:
    """Finds a model's modules and parameters under their names."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self._paths: dict[int, tuple[Module, str]] = {}
        self._tensors: dict[int, tuple[Tensor, str]] = {}
        self.root: Module | None = None

    @property
    def paths_used(self) -> list[str]:
        """The names that modules have."""
        return [path for _, path in self._paths.values()]

    def walk(self, root: Module) -> None:
        """Note the first path of every module and of every parameter."""
        self.root = root
        self._paths, self._tensors = {}, {}
        waiting = [("", root)]
        while waiting:
            path, module = waiting.pop()
            if id(module) in self._paths:
                continue
            self._paths[id(module)] = (module, path)
            self._note_tensors(path, module)
            inside = [
                (_joined(path, name), child)
                for name, child in module.children.items()
                if isinstance(child, Module)
            ]
            waiting.extend(reversed(inside))

    def _note_tensors(self, path: str, module: Module) -> None:
        for name, tensor in own_tensors(module):
            self._tensors.setdefault(id(tensor), (tensor, _joined(path, name)))

    def path_of(self, module: Module) -> str | None:
        """Give the path under which a module is registered, None if it isn't."""
        found = self._paths.get(id(module))
        if found is not None:
            return found[1]
        if self.root is not None and not self.tracer.building:
            # The forward may have registered more.
            self.walk(self.root)
            found = self._paths.get(id(module))
        return None if found is None else found[1]

    def tensor_path(self, tensor: Tensor) -> str | None:
        """Give the name under which a parameter or buffer is registered."""
        if tensor.owner is not None:
            module, name = tensor.owner
            path = self.path_of(module)
            return None if path is None else _joined(path, name)
        found = self._tensors.get(id(tensor))
        if found is None and self.root is not None:
            self.walk(self.root)
            found = self._tensors.get(id(tensor))
        return None if found is None else found[1]

    # --------------------------------------------------------------------------------- state_dict

    def state(self, root: Module) -> list[Layer]:
        """List the registered modules and parameters, in the order of `state_dict`."""
        found: list[Layer] = []
        modules: dict[int, str] = {}
        tensors: dict[int, str] = {}
        self._state_of(root, "", found, modules, tensors)
        return found

    def _state_of(
        self,
        module: Module,
        path: str,
        found: list[Layer],
        modules: dict[int, str],
        tensors: dict[int, str],
    ) -> None:
        self.tracer.machine.budget.spend(5)
        if id(module) in modules:
            if self._holds_state(module, set()):
                found.append(Layer(path, None, alias=modules[id(module)], location=module.location))
            return
        modules[id(module)] = path
        self._refuse_unknown(module)
        found.extend(self._own_state(module, path, tensors))
        for name, child in module.children.items():
            if isinstance(child, Module):
                self._state_of(child, _joined(path, name), found, modules, tensors)

    def _refuse_unknown(self, module: Module) -> None:
        for name, value in module.attributes.items():
            if isinstance(value, Opaque) and value.made:
                raise self.tracer.machine.unknown(
                    value, f"whether {module.type.name}.{name} is a module with parameters"
                )

    def _own_state(self, module: Module, path: str, tensors: dict[int, str]) -> Iterator[Layer]:
        rules = self.tracer.modules
        if module.arguments is not None:
            call = rules.call_of(module)
            weights = {key: item for key, item in module.weights.items() if id(item) in tensors}
            if path and not module.replaced and not weights:
                yield Layer(path, call, location=module.location)
                for key, tensor in module.weights.items():
                    tensors[id(tensor)] = _joined(path, key)
            else:
                for key, tensor in rules.layer_tensors(module):
                    yield from self._stored(module, _joined(path, key), tensor, tensors)
        for name, tensor in module.parameters.items():
            yield from self._stored(module, _joined(path, name), tensor, tensors)
        for name, tensor in module.buffers.items():
            if name not in module.transient:
                yield from self._stored(module, _joined(path, name), tensor, tensors)

    def _stored(
        self, module: Module, name: str, tensor: object, tensors: dict[int, str]
    ) -> Iterator[Layer]:
        if not isinstance(tensor, Tensor) or tensor.shape is None:
            return
        if id(tensor) in tensors:
            yield Layer(name, None, alias=tensors[id(tensor)], location=module.location)
            return
        tensors[id(tensor)] = name
        kind = "buffer" if tensor.kind == "buffer" else "parameter"
        sizes = Sequence(tuple([Constant(size) for size in tensor.shape]), optional=True)
        yield Layer(name, Call(kind, (sizes,), ()), location=module.location)

    def _holds_state(self, module: Module, seen: set[int]) -> bool:
        if id(module) in seen:
            return False
        seen.add(id(module))
        if module.arguments is not None and any(self.tracer.modules.state_of(module)):
            return True
        if any(module.parameters.values()) or any(
            item is not None for item in module.buffers.values()
        ):
            return True
        return any(
            self._holds_state(child, seen)
            for child in module.children.values()
            if isinstance(child, Module)
        )

    def state_if_needed(self, root: Module, layers: list[Layer]) -> tuple[Layer, ...] | None:
        """Give the state where it isn't the order in which the layers run."""
        state = self.state(root)
        if self.tracer.failed is not None:
            return tuple(state)
        run = [
            (layer.name, layer.call and layer.call._replace(forward=None))
            for layer in layers
            if layer.shares is None and self._has_state(layer)
        ]
        registered = [
            (layer.name, layer.call) for layer in state if layer.alias or self._has_state(layer)
        ]
        return None if run == registered else tuple(state)

    def _has_state(self, layer: Layer) -> bool:
        if layer.call is None:
            return True
        return self.tracer.modules.has_state(layer.call.function)


def own_tensors(module: Module) -> Iterator[tuple[str, Tensor]]:
    """Yield a module's own parameters and buffers."""
    for store in (module.weights, module.replaced, module.parameters, module.buffers):
        for name, tensor in store.items():
            if isinstance(tensor, Tensor):
                yield name, tensor


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
