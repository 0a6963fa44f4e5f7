"""The nodes of a `torch.fx` graph into entries of a net."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from ..dims import Dim
from ..errors import SpecError
from ..facts import Facts
from ..net import Layer, Reference, Shape, Source
from ..propagate import Propagation, is_shape
from ..registry import Input, Kind, LayerType, Parameter
from ..syntax import Binary, Call, Compare, Constant, Name, Node, Unary, parts_of
from ..syntax import Sequence as Tuple
from .registered import Registered, finite, is_tensor, joined, raw_call

MAX_LAYERS = 20_000

# Python's operators as functions of its module `operator`, and how they are written.
OPERATORS = {
    "add": "+",
    "iadd": "+",
    "sub": "-",
    "isub": "-",
    "mul": "*",
    "imul": "*",
    "truediv": "/",
    "itruediv": "/",
    "floordiv": "//",
    "ifloordiv": "//",
    "mod": "%",
    "imod": "%",
    "pow": "**",
    "ipow": "**",
    "matmul": "@",
    "imatmul": "@",
    "and_": "&",
    "or_": "|",
    "xor": "^",
    "lshift": "<<",
    "rshift": ">>",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "neg": "neg",
    "pos": "pos",
    "invert": "invert",
    "abs": "abs",
}
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_ARITHMETIC = frozenset({"+", "-", "*", "/", "//", "%", "**"})
_STORAGE = frozenset(
    [
        "device",
        "dtype",
        "out",
        "layout",
        "requires_grad",
        "pin_memory",
        "memory_format",
        "generator",
        "non_blocking",
    ]
)
_SIZES = frozenset({"size", "shape"})
_RANK = frozenset({"dim", "ndim", "ndimension"})
_COUNT = frozenset({"numel", "nelement"})


class RankWanted(Exception):
    """The trace needs to know how many dimensions a tensor has."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


class Output(NamedTuple):
    """A tensor, or a tuple of them; its shape is None while none is known."""

    reference: Reference
    shape: Any = None


class Sizes(NamedTuple):
    """All sizes of a tensor: `x.shape`."""

    tensor: Output


class Opaque(NamedTuple):
    """What isn't known: where it is needed, the reader says so."""

    what: str
    rank: bool = False  # it would be known if the input's shape were


class Expression(NamedTuple):
    """An integer that is computed from sizes."""

    node: Node


Value: TypeAlias = Any  # Output, Sizes, Opaque, Expression, a plain value, or a list of them


def is_plumbing(target: Any) -> bool:
    """Say whether a function is Python's own, or an assertion, and no layer."""
    name = getattr(target, "__name__", "")
    module = getattr(target, "__module__", "") or ""
    return module.lstrip("_") in ("operator", "builtins", "math") or _is_assertion(name)


def _is_assertion(name: str) -> bool:
    return name.lstrip("_").startswith("assert")


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
            elif isinstance(value, (list, tuple)) and not isinstance(
                value, Opaque | Sizes | Expression
            ):
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
            return (
                type(item)([self.value(inside) for inside in item])
                if type(item) in (list, tuple)
                else tuple([self.value(inside) for inside in item])
            )
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
        kind = "empty"
        if name is not None:
            # Parameters are told by their class; torch isn't asked.
            kind = "parameter" if type(value).__name__ == "Parameter" else "buffer"
        made = self.emit(
            self.unique(name or joined(self.registered.prefix, path)), raw_call(kind, value), (), ()
        )
        self.stored[id(value)] = made
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
        sources: tuple[Source, ...],
        named: tuple[tuple[str, Source], ...],
        shares: str | None = None,
    ) -> Output:
        """Record an entry."""
        if len(self.layers) >= MAX_LAYERS:
            raise SpecError(f"more than {MAX_LAYERS:,} layers", code="S103")
        layer = Layer(name, call, sources, named, shares)
        self.layers.append(layer)
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
        if _is_assertion(name):
            self.assertion(node)
            return None
        if is_plumbing(target):
            return self.plumbing(name, node)
        return self.apply(name, node)

    def method(self, node: Any) -> Value:
        """Follow the call of a tensor's method."""
        name = str(node.target)
        owner = self.value(node.args[0])
        if isinstance(owner, Output):
            if name in _SIZES | _RANK | _COUNT:
                given = [self.value(item) for item in (*node.args[1:], *node.kwargs.values())]
                return self.measure(owner, name, given)
            found = self.apply(name, node)
            if name.endswith("_") and hasattr(node.args[0], "op"):
                self.values[node.args[0]] = found  # the tensor itself has changed
            return found
        if isinstance(owner, Sizes) and name in _COUNT:
            return self.measure(owner.tensor, name, [])
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
        entry = self.unique(joined(self.path(node), type_.name))
        call = Call(type_.name, found.plain, found.words)
        return self.emit(entry, call, found.sources, found.named)

    def path(self, node: Any) -> str:
        """Give the module whose forward a node is part of."""
        stack = list(node.meta.get("nn_module_stack") or {})
        return joined(self.registered.prefix, str(stack[-1]) if stack else "")

    def place(self, node: Any) -> str:
        """Say where a node is, for messages."""
        path = self.path(node)
        return f" in {path}" if path else ""

    # ------------------------------------------------------------------------- Python's own parts

    def measure(self, tensor: Output, name: str, given: Sequence[Value]) -> Value:
        """Give sizes of a tensor, or how many dimensions or elements it has."""
        if name in _SIZES:
            return self.size(tensor, given[0]) if given and given[0] is not None else Sizes(tensor)
        if not is_shape(tensor.shape):
            return Opaque(f"how many dimensions {tensor.reference} has", rank=True)
        rank = len(tensor.shape)
        if name in _RANK:
            return rank
        total: Value = 1
        for place in range(rank):
            total = self.compute("*", total, self.size(tensor, place))
        return total

    def size(self, tensor: Output, place: Value) -> Value:
        """Give one size of a tensor."""
        if type(place) is not int:
            return Opaque(f"a size of {tensor.reference}")
        text = str(tensor.reference)
        layer: Node = Name(text) if text.isidentifier() else Constant(text)
        return Expression(Call("size", (layer, Constant(place)), ()))

    def all_sizes(self, sizes: Sizes) -> tuple[Value, ...]:
        """Give all sizes of a tensor, one by one."""
        tensor = sizes.tensor
        if not is_shape(tensor.shape):
            raise RankWanted(self.wanted(), f"all sizes of {tensor.reference} are used")
        return tuple([self.size(tensor, place) for place in range(len(tensor.shape))])

    def wanted(self) -> str:
        """Name the first input without a shape."""
        open_ = [name for name, shape in self.shapes.items() if shape is None]
        return open_[0] if open_ else next(iter(self.shapes), "input")

    def plumbing(self, name: str, node: Any) -> Value:
        """Follow one of Python's own functions, on sizes or on tensors."""
        given = [self.value(item) for item in node.args]
        if name == "getattr":
            return self.get(given[0], str(given[1]))
        if name == "getitem":
            return self.item(node, given[0], given[1])
        symbol = OPERATORS.get(name)
        if any(isinstance(item, Output) for item in given):
            function = self.registry.operator(symbol) if symbol is not None else None
            if function is None:
                raise SpecError(
                    f"`{name}` of a tensor{self.place(node)} isn't followed", code="S136"
                )
            found = self.apply(function, node)
            if (
                symbol != name
                and name[:1] == "i"
                and name != "invert"
                and hasattr(node.args[0], "op")
            ):
                self.values[node.args[0]] = found
            return found
        given = [self.all_sizes(item) if isinstance(item, Sizes) else item for item in given]
        if any(isinstance(item, Opaque) for item in given):
            return next(item for item in given if isinstance(item, Opaque))
        if symbol == "+" and all(type(item) in (tuple, list) for item in given):
            return (*given[0], *given[1])
        if symbol is None or not all(isinstance(item, (int, float, Expression)) for item in given):
            return Opaque(f"`{name}` of sizes")
        if len(given) == 1:
            return self.negated(symbol, given[0])
        return self.compute(symbol, *given)

    def negated(self, symbol: str, value: Value) -> Value:
        if symbol == "neg" and isinstance(value, Expression):
            return Expression(Unary("-", value.node))
        return Opaque(f"`{symbol}` of a size")

    def compute(self, symbol: str, left: Value, right: Value) -> Value:
        """Compute with sizes."""
        one, two = _node(left), _node(right)
        if symbol in _COMPARISONS:
            return Expression(Compare(one, ((symbol, two),)))
        if symbol not in _ARITHMETIC:
            return Opaque(f"`{symbol}` of sizes")
        return Expression(two if left == 1 and symbol == "*" else Binary(symbol, one, two))

    def get(self, owner: Value, name: str) -> Value:
        """Follow `x.name`."""
        if not isinstance(owner, Output):
            return Opaque(f"the attribute {name}")
        if name in _SIZES | _RANK:
            return self.measure(owner, name, [])
        if len(name) <= 2 and self.registry.knows(name):  # x.T
            entry = self.unique(name)
            return self.emit(entry, Call(name, (), ()), (owner.reference,), ())
        return owner if name in ("data", "real") else Opaque(f"the attribute {name} of a tensor")

    def item(self, node: Any, owner: Value, index: Value) -> Value:
        """Follow `x[index]`, of a tensor, of several outputs, or of sizes."""
        if isinstance(owner, Sizes):
            if type(index) is int:
                return self.size(owner.tensor, index)
            owner = self.all_sizes(owner)
        if isinstance(owner, Opaque):
            return owner
        if not isinstance(owner, Output):
            return owner[index]
        if self.is_several(owner, index):
            return self.part(owner, index)
        index_node = self.node(index, bare=True)
        if isinstance(index, list):
            index_node = Tuple((index_node,))
        entry = self.unique(joined(self.path(node), "getitem"))
        return self.emit(entry, Call("getitem", (index_node,), ()), (owner.reference,), ())

    def is_several(self, owner: Output, index: Value) -> bool:
        """Say whether a layer has several outputs, of which one is chosen."""
        if owner.shape is not None:
            return not is_shape(owner.shape)
        if not isinstance(index, (int, slice)):
            return False
        layer = next((item for item in self.layers if item.name == owner.reference.name), None)
        if layer is None or layer.call is None:
            return False
        output = self.registry.find(layer.call.function).data.get("output", "input")
        if isinstance(output, Mapping):
            for place in owner.reference.path:
                output = [*output.values()][place] if isinstance(output, Mapping) else output
            return isinstance(output, Mapping)
        if str(output) == "input" or str(output).startswith("([N]"):
            return False
        raise RankWanted(self.wanted(), f"`[{index}]` is used on the output of {owner.reference}")

    def part(self, owner: Output, index: Value) -> Value:
        """Choose among several outputs."""
        name, path = owner.reference
        if type(index) is int:
            shape = owner.shape[index] if owner.shape is not None else None
            if shape is None and owner.shape is not None:
                return None
            return Output(Reference(name, (*path, index)), shape)
        if owner.shape is None:
            raise RankWanted(self.wanted(), f"`[{index}]` is used on the output of {name}")
        places = range(len(owner.shape))[index]
        return tuple([self.part(owner, place) for place in places])

    def assertion(self, node: Any) -> None:
        """Keep what a forward demands of its inputs' sizes."""
        value = self.value(node.args[0]) if node.args else None
        if isinstance(value, Expression) and isinstance(value.node, Compare):
            names = {str(name) for name in _measured(value.node)}
            if names and names <= set(self.inputs):
                self.where.append(value.node)

    # --------------------------------------------------------------------------------- arguments

    def node(self, value: Value, *, bare: bool = False) -> Node:
        """Write a value as an argument."""
        if isinstance(value, Sizes):
            value = self.all_sizes(value)
        if isinstance(value, Opaque):
            if value.rank:
                raise RankWanted(self.wanted(), value.what)
            raise SpecError(f"{value.what} is not followed", code="S136")
        if isinstance(value, Output):
            if not is_shape(value.shape):
                raise RankWanted(self.wanted(), f"{value.reference} stands among arguments")
            return Call("empty", (self.node(Sizes(value)),), ())
        if isinstance(value, slice):
            parts = (value.start, value.stop, value.step)
            while parts and parts[-1] is None and len(parts) > 1 and (len(parts) > 2):
                parts = parts[:-1]
            return Call("slice", tuple([self.node(part) for part in parts]), ())
        if (
            type(value) in (list, tuple)
            or isinstance(value, tuple)
            and not isinstance(value, Expression)
        ):
            return Tuple(
                tuple([self.node(item) for item in value]),
                optional=isinstance(value, list) and not bare,
            )
        return _node(value)

    def arguments(
        self, type_: LayerType, parameters: tuple[Parameter, ...], node: Any
    ) -> Arguments:
        """Sort what a call is given: tensors, numbers in their place, and other arguments."""
        values = [self.value(item) for item in node.args]
        words = {name: self.value(item) for name, item in node.kwargs.items()}
        try:
            return _Sorter(self, type_, parameters).sort(values, words)
        except SpecError as error:
            error.message = f"{error.message}, in an argument of {type_.name}{self.place(node)}"
            raise


class Arguments(NamedTuple):
    """Tensors in order and by name, and the arguments that are none."""

    sources: tuple[Source, ...]
    named: tuple[tuple[str, Source], ...]
    plain: tuple[Node, ...]
    words: tuple[tuple[str, Node], ...]


class _Sorter:
    """Sorts the arguments of one call as the registry takes them."""

    def __init__(self, trace: Trace, type_: LayerType, parameters: tuple[Parameter, ...]) -> None:
        self.trace = trace
        self.slots = type_.inputs
        self.parameters = parameters
        self.aliases: Mapping[str, str] = type_.data.get("aliases") or {}
        self.sources: list[Source] = []
        self.named: dict[str, Source] = {}
        self.plain: list[Node] = []

    def sort(self, values: Sequence[Value], words: Mapping[str, Value]) -> Arguments:
        """Sort values given by place, and those given by name."""
        place, by_name = 0, False
        for value in values:
            slot = self.slots[min(place, len(self.slots) - 1)] if self.slots else None
            if holds_tensor(value):
                place = self.take(slot, value, place, by_name=by_name)
                continue
            waiting = self.slots[place] if place < len(self.slots) else None
            if waiting is not None and waiting.variadic:
                waiting = None
            if waiting is not None and (
                (value is None and waiting.optional and not self.takes_none())
                or (waiting.number and isinstance(value, (int, float, Expression)))
            ):
                place, by_name = place + 1, True
                if value is None:
                    continue
            self.put(value)
        return Arguments(
            tuple(self.sources), tuple(self.named.items()), tuple(self.plain), self.by_name(words)
        )

    def spot(self) -> Parameter | None:
        """Give the parameter that the next argument is for."""
        at = len(self.plain)
        for place, slot in enumerate(self.parameters):
            if slot.variadic or place == at:
                return None if slot.named else slot
        return None

    def takes_none(self) -> bool:
        slot = self.spot()
        return bool(self.plain) and slot is not None and None in slot.kinds

    def put(self, value: Value) -> None:
        slot = self.spot()
        ignored = slot is not None and _is_ignored(slot)
        self.plain.append(Constant(None) if ignored else self.trace.node(value))

    def take(self, slot: Input | None, value: Value, place: int, *, by_name: bool) -> int:
        """Give a tensor, or a list of them, to an input; returns the place of the next input."""
        source = source_of(value)
        if slot is not None and slot.variadic:
            self.sources.extend(
                source
                if isinstance(value, (list, tuple)) and not isinstance(value, Output)
                else (source,)
            )  # type: ignore[arg-type]
            return place
        if by_name and slot is not None:
            self.named[slot.name] = source
        else:
            self.sources.append(source)
        return place + 1

    def by_name(self, words: Mapping[str, Value]) -> tuple[tuple[str, Node], ...]:
        """Sort what is given by name."""
        inputs = {slot.name: slot for slot in self.slots}
        known = {slot.name: slot for slot in self.parameters}
        found: list[tuple[str, Node]] = []
        for word, value in words.items():
            name = word if word in known or word in inputs else self.aliases.get(word, word)
            if name in known and _is_ignored(known[name]):
                continue
            if name not in known and name not in inputs and name in _STORAGE:
                continue
            if holds_tensor(value):
                slot = inputs.get(name)
                if slot is None and any(item.variadic for item in self.slots):
                    self.sources.extend(source_of(value))  # type: ignore[arg-type]
                elif slot is not None and slot.variadic:
                    self.sources.extend(source_of(value))  # type: ignore[arg-type]
                else:
                    self.named[name] = source_of(value)
            elif not (name in inputs and value is None):
                found.append((name, self.trace.node(value)))
        return tuple(found)


def holds_tensor(value: Value) -> bool:
    """Say whether a value is a tensor, or a list or tuple with one in it."""
    if isinstance(value, Output):
        return True
    plain = type(value) in (list, tuple)
    return (
        plain
        and bool(value)
        and all(item is None or holds_tensor(item) for item in value)
        and any(map(holds_tensor, value))
    )


def source_of(value: Value) -> Source:
    """Give where in the net a tensor comes from."""
    if isinstance(value, Output):
        return value.reference
    return tuple([source_of(item) for item in value if item is not None])


def _is_ignored(slot: Parameter) -> bool:
    return any(isinstance(kind, Kind) and kind.base == "ignored" for kind in slot.kinds)


def _node(value: Value) -> Node:
    if isinstance(value, Expression):
        return value.node
    if isinstance(value, float):
        return Constant(finite(value))
    if value is None or value is ... or type(value) in (bool, int, str):
        return Constant(value)
    if type(value).__module__.startswith("torch"):  # a dtype, a device
        return Constant(None)
    raise SpecError(f"{type(value).__name__} is not followed", code="S136")


def _measured(node: Node) -> Sequence[object]:
    """Name the outputs whose sizes an expression asks for."""
    if isinstance(node, Call) and node.function == "size":
        first = node.arguments[0]
        return [first.name if isinstance(first, Name) else first.value]  # type: ignore[union-attr]
    return [name for part in parts_of(node) for name in _measured(part)]
