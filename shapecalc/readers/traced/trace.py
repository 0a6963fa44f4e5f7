"""The nodes of a `torch.fx` graph into entries of a net."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...dims import Dim
from ...errors import SpecError
from ...facts import Facts
from ...net import Layer, Reference, Shape, Source
from ...outputs import is_shape
from ...propagate import Propagation
from ...registry import LayerType, Parameter
from ...syntax import Call, Node
from ...syntax import Sequence as Tuple
from ..registered import Registered, is_tensor, joined, raw_call
from .measures import COUNT, RANK, SIZES, Measures
from .python import Python, is_assertion, is_plumbing
from .sorting import Arguments, Sorter
from .values import Expression, Opaque, Output, RankWanted, Sizes, Value, plain_node

MAX_LAYERS = 20_000


class Trace:
    """Follows the nodes of one graph."""

    def __init__(
        self, root: Any, registered: Registered, shapes: Mapping[str, Shape | None]
    ) -> None:
        self.root = root
        self.registered = registered
        self.registry = registered.registry
        self.shapes = shapes
        # With all inputs' shapes known, outputs' are worked out on the way.
        ready = bool(shapes) and all(shape is not None for shape in shapes.values())
        self.propagation = Propagation(self.registry, {}, Facts()) if ready else None
        self.layers: list[Layer] = []
        self.inputs: list[str] = []
        self.where: list[Node] = []
        self.values: dict[Any, Value] = {}  # of fx's nodes
        self.used: set[str] = set()
        self.entered: dict[int, str] = {}
        self.stored: dict[int, Output] = {}
        self.calls: dict[str, Call] = {}
        self.measures = Measures(shapes)
        self.python = Python(self)

    # ----------------------------------------------------------------------------------- running

    def run(self, nodes: Sequence[Any]) -> tuple[tuple[Source, ...], tuple[str, ...] | None]:
        """Follow the nodes; gives the outputs, and names they may have."""
        self.used = {node.target for node in nodes if node.op == "placeholder"}
        prefix = self.registered.prefix
        self.used |= {joined(prefix, node.target) for node in nodes if node.op == "call_module"}
        found: Value = ()
        for node in nodes:
            if node.op == "output":
                found = self.value(node.args[0])
            else:
                self.values[node] = self.step(node)
        if isinstance(found, Mapping):
            outputs = self.outputs(list(found.values()))
            names = tuple([str(name) for name in found])
            return outputs, names if len(names) == len(outputs) else None
        return self.outputs([found]), None

    def outputs(self, values: Sequence[Value]) -> tuple[Source, ...]:
        """Give what the net's outputs are."""
        found: list[Source] = []
        for value in values:
            if isinstance(value, Output):
                found.append(value.reference)
            elif isinstance(value, Mapping):
                found.extend(self.outputs(list(value.values())))
            elif type(value) in (list, tuple):
                found.extend(self.outputs(value))
        return tuple(found)

    def step(self, node: Any) -> Value:
        """Follow one node."""
        match node.op:
            case "placeholder":
                return self.placeholder(node)
            case "get_attr":
                return self.attribute(str(node.target)) if node.users else None
            case "call_module":
                return self.module(node)
            case "call_function":
                return self.function(node)
            case "call_method":
                return self.method(node)
        return Opaque(f"`{node.op}`, which isn't followed")

    def value(self, item: Any) -> Value:
        """Give what an argument of a node stands for."""
        if isinstance(item, slice):
            return slice(self.value(item.start), self.value(item.stop), self.value(item.step))
        if isinstance(item, Mapping):
            return {name: self.value(inside) for name, inside in item.items()}
        if isinstance(item, (list, tuple)):
            found = [self.value(inside) for inside in item]
            return found if isinstance(item, list) else tuple(found)
        if hasattr(item, "op") and hasattr(item, "all_input_nodes"):
            return self.values[item]
        return item

    def placeholder(self, node: Any) -> Value:
        """Note an input."""
        name = str(node.target)
        if name not in self.shapes:  # an argument that has its default
            return node.args[0] if node.args else Opaque(f"the argument {name}")
        self.inputs.append(name)
        shape = self.shapes[name]
        if self.propagation is not None:
            self.propagation.values[name] = shape
            for size in shape or ():
                for word in size.symbols if isinstance(size, Dim) else ():
                    self.propagation.facts.known.setdefault(word, (1, None))
        return Output(Reference(name), shape if self.propagation is not None else None)

    def attribute(self, path: str) -> Value:
        """Give a tensor that the model holds."""
        value: Any = self.root
        for part in path.split("."):
            value = getattr(value, part)
        if not is_tensor(value):
            return value
        known = self.stored.get(id(value))
        if known is not None:
            return known
        name = self.registered.paths.get(id(value))
        kind = "empty" if name is None else self.registered.kind(value)
        entry = self.unique(name or joined(self.registered.prefix, path))
        made = self.stored[id(value)] = self.emit(entry, raw_call(kind, value))
        return made

    # ------------------------------------------------------------------------------------ layers

    def unique(self, name: str) -> str:
        """Give a name that no entry has yet."""
        found, count = name, 0
        while found in self.used:
            count += 1
            found = f"{name}_{count}"
        self.used.add(found)
        return found

    def emit(
        self,
        name: str,
        call: Call,
        sources: tuple[Source, ...] = (),
        named: tuple[tuple[str, Source], ...] = (),
        shares: str | None = None,
    ) -> Output:
        """Record an entry."""
        if len(self.layers) >= MAX_LAYERS:
            raise SpecError(f"more than {MAX_LAYERS:,} layers", code="S103")
        layer = Layer(name, call, sources, named, shares)
        self.layers.append(layer)
        self.calls[name] = call
        shape = None if self.propagation is None else self.propagation.step(layer).outputs
        return Output(Reference(name), shape)

    def module(self, node: Any) -> Value:
        """Follow the call of a layer."""
        module = self.root.get_submodule(str(node.target))
        path = joined(self.registered.prefix, str(node.target))
        call = self.registered.call(module)
        assert call is not None
        type_ = self.registry.find(call.function)
        found = self.arguments(type_, type_.forward, node)
        if found.plain or found.words:
            call = call._replace(forward=(found.plain, found.words))
        first = self.entered.get(id(module))
        if first is None:
            name = self.entered[id(module)] = path
        else:
            name = self.unique(path)
        return self.emit(name, call, found.sources, found.named, first)

    def function(self, node: Any) -> Value:
        """Follow the call of a function."""
        target = node.target
        name = getattr(target, "__name__", str(target))
        if is_assertion(name):
            self.python.assertion(node)
            return None
        if is_plumbing(target):
            return self.python.call(name, node)
        return self.apply(name, node)

    def method(self, node: Any) -> Value:
        """Follow the call of a tensor's method."""
        name = str(node.target)
        owner = self.value(node.args[0])
        if isinstance(owner, Output):
            if name in SIZES | RANK | COUNT:
                given = [self.value(item) for item in (*node.args[1:], *node.kwargs.values())]
                return self.measures.measure(owner, name, given)
            found = self.apply(name, node)
            if name.endswith("_"):
                self.become(node.args[0], found)
            return found
        if isinstance(owner, Sizes) and name in COUNT:
            return self.measures.measure(owner.tensor, name, [])
        return Opaque(f"the method {name} of what is no tensor")

    def apply(self, name: str, node: Any) -> Value:
        """Record the application of a function of the registry."""
        if not self.registry.knows(name):
            raise SpecError(
                f"the function {name}{self.place(node)} is not in the registry",
                hint=f"give the source of {type(self.root).__name__}, which is read and not run:"
                " model.py:Net; or describe the function in a file of layers",
                code="S110",
            )
        type_ = self.registry.find(name)
        found = self.arguments(type_, type_.parameters, node)
        call = Call(type_.name, found.plain, found.words)
        return self.emit(self.entry(node, type_.name), call, found.sources, found.named)

    def become(self, node: Any, value: Value) -> None:
        """Note that a tensor has changed where it is: what uses it from here on uses the result."""
        if node in self.values:
            self.values[node] = value

    def entry(self, node: Any, name: str) -> str:
        """Name the entry of a function, behind the module whose forward it is part of."""
        return self.unique(joined(self.path(node), name))

    def path(self, node: Any) -> str:
        """Give the module whose forward a node is part of."""
        stack = list(node.meta.get("nn_module_stack") or {})
        return joined(self.registered.prefix, str(stack[-1]) if stack else "")

    def place(self, node: Any) -> str:
        """Say where a node is, for messages."""
        path = self.path(node)
        return f" in {path}" if path else ""

    # --------------------------------------------------------------------------------- arguments

    def node(self, value: Value, *, bare: bool = False) -> Node:
        """Write a value as an argument."""
        if isinstance(value, Sizes):
            value = self.measures.all_sizes(value)
        if isinstance(value, Opaque):
            if value.rank:
                raise RankWanted(self.measures.wanted(), value.what)
            raise SpecError(f"{value.what} is not followed", code="S136")
        if isinstance(value, Output):
            if not is_shape(value.shape):
                raise RankWanted(
                    self.measures.wanted(), f"{value.reference} stands among arguments"
                )
            return Call("empty", (self.node(Sizes(value)),), ())
        if isinstance(value, slice):
            parts = [value.start, value.stop, value.step]
            if value.step is None:
                parts.pop()
            return Call("slice", tuple([self.node(part) for part in parts]), ())
        if isinstance(value, (list, tuple)) and not isinstance(value, Expression):
            items = tuple([self.node(item) for item in value])
            return Tuple(items, optional=isinstance(value, list) and not bare)
        return plain_node(value)

    def arguments(
        self, type_: LayerType, parameters: tuple[Parameter, ...], node: Any
    ) -> Arguments:
        """Sort what a call is given: tensors, numbers in their place, and other arguments."""
        values = [self.value(item) for item in node.args]
        words = {name: self.value(item) for name, item in node.kwargs.items()}
        try:
            return Sorter(self.node, type_, parameters).sort(values, words)
        except SpecError as error:
            error.message = f"{error.message}, in an argument of {type_.name}{self.place(node)}"
            raise
