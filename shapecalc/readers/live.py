"""A live `torch.nn.Module`, through `torch.fx`: its modules' attributes become the calls that make them.

torch is imported only here, and only when there is a module to read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import SpecError
from ..net import Layer, Net, Reference, Source
from ..registry import Registry
from ..syntax import Call, Name, Node, literal

_METHODS = {"__getitem__": "getitem", "truediv": "div", "floordiv": "floor_divide"}


def read_module(module: Any, *, registry: Registry, inputs: Any = None) -> Net:
    """Trace a module; `inputs` is its input's shape, or shapes by name.

    Raises `SpecError` for what `torch.fx` can't trace, and for modules and functions that the registry
    doesn't know.
    """
    import torch.fx

    try:
        graph = torch.fx.symbolic_trace(module).graph
    except Exception as error:  # noqa: BLE001 - whatever the module's own code raises
        raise SpecError(
            f"torch.fx can't trace {type(module).__name__}: {error}",
            hint="read its source instead: shapecalc infer model.py:Net",
            code="S150",
        ) from None
    reader = _Reader(module, registry)
    for node in graph.nodes:
        reader.node(node)
    names = list(reader.inputs)
    shapes: dict[str, Any] = dict.fromkeys(names)
    if isinstance(inputs, dict):
        shapes.update(inputs)
    elif inputs is not None and names:
        shapes[names[0]] = tuple(inputs)
    state = tuple(reader.state())
    name = type(module).__name__
    return Net(name, shapes, tuple(reader.layers), reader.outputs, state=state)


class _Reader:
    def __init__(self, module: Any, registry: Registry) -> None:
        self.module = module
        self.registry = registry
        self.layers: list[Layer] = []
        self.inputs: list[str] = []
        self.outputs: tuple[Source, ...] = ()
        self.sources: dict[str, Source] = {}
        self.called: dict[str, str] = {}

    def node(self, node: Any) -> None:
        """Add one node of the graph."""
        match node.op:
            case "placeholder":
                self.inputs.append(node.name)
                self.sources[node.name] = Reference(node.name)
            case "output":
                found = self.source(node.args[0])
                self.outputs = found if isinstance(found, tuple) and not isinstance(found, Reference) else (found,)
            case "get_attr":
                self.sources[node.name] = self.raw(node)
            case "call_module":
                self.call_module(node)
            case _:
                target = node.target if isinstance(node.target, str) else node.target.__name__
                self.function(node, _METHODS.get(target, target))

    def raw(self, node: Any) -> Source:
        value = self.module
        for part in node.target.split("."):
            value = getattr(value, part)
        call = Call("parameter", (literal(tuple(value.shape)),), ())
        self.layers.append(Layer(node.target, call))
        return Reference(node.target)

    def call_module(self, node: Any) -> None:
        module = self.module.get_submodule(node.target)
        call = self.call_of(module)
        first = self.called.get(node.target)
        name = node.target if first is None else f"{node.target}_{node.name.rpartition('_')[2]}"
        self.called.setdefault(node.target, node.target)
        sources = tuple(self.source(item) for item in node.args)
        named = tuple((key, self.source(item)) for key, item in node.kwargs.items())
        self.layers.append(Layer(name, call, sources, named, shares=first))
        self.sources[node.name] = Reference(name)

    def call_of(self, module: Any) -> Call:
        """Rebuild the call that makes a module from its attributes, by the registry's parameters."""
        type_ = self.registry.find(type(module).__name__)
        words: list[tuple[str, Node]] = []
        for parameter in type_.parameters:
            value = getattr(module, parameter.name, None)
            if parameter.name == "bias":
                value = value is not None and value is not False
            elif not hasattr(module, parameter.name) or hasattr(value, "shape"):
                continue
            if value is None or isinstance(value, int | float | str | tuple | list):
                words.append((parameter.name, literal(value)))
        return Call(type_.name, (), tuple(words))

    def function(self, node: Any, target: str) -> None:
        type_ = self.registry.find(target)
        sources: list[Source] = []
        arguments: list[Node] = []
        for item in node.args:
            if self.is_source(item):
                sources.append(self.source(item))
            else:
                arguments.append(self.argument(item))
        named = tuple(
            (key, self.source(item)) for key, item in node.kwargs.items() if self.is_source(item)
        )
        words = tuple(
            (key, self.argument(item))
            for key, item in node.kwargs.items()
            if not self.is_source(item)
        )
        call = Call(type_.name, tuple(arguments), words)
        self.layers.append(Layer(node.name, call, tuple(sources), named))
        self.sources[node.name] = Reference(node.name)

    def is_source(self, item: Any) -> bool:
        """Say whether an argument is a tensor of the graph, or a list that begins with one."""
        if hasattr(item, "op") and hasattr(item, "target"):
            return True
        return isinstance(item, list | tuple) and bool(item) and self.is_source(item[0])

    def source(self, item: Any) -> Source:
        if isinstance(item, list | tuple):
            return tuple([self.source(part) for part in item])
        if hasattr(item, "op") and item.name in self.sources:
            return self.sources[item.name]
        raise SpecError(f"{item} is not a tensor of the graph", code="S150")

    def argument(self, item: Any) -> Node:
        if item is ...:
            return Name("Ellipsis")
        if isinstance(item, list):
            return literal(tuple(item))
        if hasattr(item, "op"):
            raise SpecError(f"{item} is a size, which torch.fx doesn't give", code="S150")
        return literal(item)

    def state(self) -> Iterator[Layer]:
        """Yield the modules in the order in which they are registered, each under all its names."""
        seen: dict[int, str] = {}
        for name, module in self.module.named_modules(remove_duplicate=False):
            own = list(module.named_parameters(recurse=False)) + list(
                module.named_buffers(recurse=False)
            )
            children = list(module.children())
            if not own or (children and not self.registry.knows(type(module).__name__)):
                for key, value in own:
                    yield Layer(f"{name}.{key}" if name else key, _raw(value, module, key))
                continue
            if id(module) in seen:
                yield Layer(name, None, alias=seen[id(module)])
                continue
            seen[id(module)] = name
            yield Layer(name or "0", self.call_of(module))


def _raw(value: Any, module: Any, key: str) -> Call:
    kind = "parameter" if key in dict(module.named_parameters(recurse=False)) else "buffer"
    return Call(kind, (literal(tuple(value.shape)),), ())
