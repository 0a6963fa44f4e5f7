"""The net that a source's forward gives: every layer and function it applies, in order."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ...dims import Dim
from ...errors import Location, ShapeError, SpecError
from ...facts import Facts
from ...net import Layer, Net, Reference, Shape, references
from ...outputs import is_shape
from ...propagate import Propagation
from ...registry import LayerType, Registry
from ...relations import AllOf, AnyOf, Comparison, Relation, negate
from ...syntax import Call, Constant, Name, Node, Sequence, parse, parts_of
from .arguments import node_of_value, sort_arguments
from .arrays import combine, distinct, keep_elements, known_elements
from .failures import Raised
from .limits import MAX_CONDITIONS, MAX_LAYERS
from .modules import Modules
from .numbers import is_number
from .registration import Registration
from .tensors import known_item, plain_index, tensor_attribute, without_entry
from .values import MISSING, Array, Instance, Module, Opaque, Outputs, Tensor, Traced, Value
from .weights import apply_function, has_other_weights

if TYPE_CHECKING:
    from .machine import Machine

# Where sizes leave a branch of the source open, it is taken as for a batch of pictures.
_USUAL_SIZE = 224
_USUAL_BATCH = 2
_BATCH = frozenset({"N", "B"})


class ShapeWanted(Exception):
    """The trace needs the shape of an input of which nothing is known yet."""


class Tracer:
    """Records layers, works out their shapes, and names them.

    While the model is built, what sources compute with tensors is recorded as well (`building`), and
    later kept where the forward uses it.
    """

    machine: Machine

    def __init__(self, registry: Registry, script: tuple[bool, ...] = ()) -> None:
        self.registry = registry
        self.script = (
            script  # the ways to go where sizes leave a branch open, as far as they are set
        )
        self.choices: list[bool] = []  # the ways gone
        self.facts = Facts()
        self.propagation = Propagation(registry, {}, self.facts)
        self.modules = Modules(self)
        self.layers: list[Layer] = []
        self.building = True
        self.used: set[str] = set()
        self.counts: dict[str, int] = {}
        self.running: list[Module] = []
        self.registration = Registration(self)
        self.entered: dict[int, tuple[Module, str]] = {}  # the entry of a module's first call
        self.where: list[Node] = []
        self.failed: Layer | None = None
        self.notes: list[str] = []  # what people should know of how the source was read
        self.inputs: dict[str, Shape | None] = {}
        self.concrete = False  # an input has numbers where other sizes would do as well

    # ---------------------------------------------------------------------------------- beginning

    def begin(self, root: Module, inputs: dict[str, Shape | None]) -> list[Tensor]:
        """Start the forward of a model; gives the tensors it is called with."""
        self.building = False
        self.registration.walk(root)
        self.used |= set(inputs) | set(self.registration.paths_used)
        known = self.facts.known
        found = []
        for name, shape in inputs.items():
            for size in shape or ():
                for word in size.symbols if isinstance(size, Dim) else ():
                    known.setdefault(word, (1, None))
            self.propagation.values[name] = shape
            self.inputs[name] = shape
            self.concrete |= any(
                isinstance(size, int) for size in (shape or ())[1 + (len(shape or ()) > 2) :]
            )
            found.append(Tensor(shape, Reference(name)))
        return found

    def symbolic(self) -> bool:
        """Tell whether a size of an input is a symbol."""
        return any(isinstance(size, Dim) for shape in self.inputs.values() for size in shape or ())

    # --------------------------------------------------------------------------------------- names

    def prefix(self) -> str:
        """Give the path of the module that runs, with a dot behind it."""
        for module in reversed(self.running):
            path = self.registration.path_of(module)
            if path is not None:
                return f"{path}." if path else ""
        return ""

    def unique(self, name: str) -> str:
        """Give a name that no entry has yet: `relu`, `relu_1`, ..."""
        found = name
        while found in self.used:
            self.counts[name] = self.counts.get(name, 0) + 1
            found = f"{name}_{self.counts[name]}"
        self.used.add(found)
        return found

    # ------------------------------------------------------------------------------------ emitting

    def emit(self, layer: Layer) -> Value:
        """Record a layer and give its output as tensors."""
        if len(self.layers) >= MAX_LAYERS:
            raise self.machine.limit(f"more than {MAX_LAYERS:,} layers")
        self.machine.budget.spend(5)
        if self._is_open(layer):
            self.layers.append(layer)
            raise ShapeWanted
        try:
            step = self.propagation.step(layer)
        except (ShapeError, SpecError) as error:
            if not self.building and isinstance(error, ShapeError):
                self.layers.append(layer)
                self.failed = layer
            error.location = error.location or self.machine.here()
            raise
        self.layers.append(layer)
        return self._tensors(layer.name, (), step.outputs)

    def forget_failure(self) -> None:
        """Drop the layer that failed, where the source has caught the error."""
        if self.failed is not None:
            self.layers = [layer for layer in self.layers if layer is not self.failed]
            self.failed = None

    def _is_open(self, layer: Layer) -> bool:
        return any(
            isinstance(source, Reference) and self.propagation.values.get(source.name, ()) is None
            for source in (*layer.sources, *(item for _, item in layer.named))
        )

    def _tensors(self, name: str, path: tuple[int, ...], output: Value) -> Value:
        if output is None:
            return None
        if is_shape(output):
            return Tensor(output, Reference(name, path), fixed=self.building)
        return Outputs(
            [self._tensors(name, (*path, place), item) for place, item in enumerate(output)]
        )

    def reference(self, tensor: Tensor) -> Reference:
        """Give where in the net a tensor comes from; a parameter's entry is made when it is used."""
        if tensor.reference is None:
            tensor.reference = self._stored(tensor)
        return tensor.reference

    def _stored(self, tensor: Tensor) -> Reference:
        assert tensor.shape is not None
        path = self.registration.tensor_path(tensor)
        name = path if path is not None and path not in self.propagation.values else None
        if name is None:
            name = self.unique(f"{self.prefix()}{path or 'tensor'}")
        sizes = tuple([Constant(size) for size in tensor.shape])
        kept = path is not None and tensor.kind in ("parameter", "buffer")
        call = Call(tensor.kind if kept else "empty", (Sequence(sizes, optional=True),), ())
        self.emit(Layer(name, call, location=self.machine.here()))
        return Reference(name)

    # ----------------------------------------------------------------------------------- functions

    def function(self, name: str, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        """Apply a function of the registry."""
        type_ = self.registry.find(name)
        if type_.wraps:
            return self.modules.wrap(type_, arguments, keywords)
        plain = without_entry(self.machine, type_, arguments, keywords)
        if plain is not MISSING:
            return plain
        unknown = next(
            (item for item in [*arguments, *keywords.values()] if isinstance(item, Opaque)), None
        )
        if unknown is not None and self.building:
            return unknown
        word = type_.numbers
        numbers = distinct(word, arguments) if not keywords else None
        if numbers is not None:
            return self.create((len(numbers),), numbers)
        found = self.apply(type_, arguments, keywords)
        if word is not None:
            if isinstance(found, Tensor) and not keywords:
                found.elements = known_elements(self.machine, word, arguments)
            keep_elements(word, arguments, found)
        return found

    def apply(self, type_: LayerType, arguments: list[Value], keywords: dict[str, Value]) -> Value:
        """Record the application of a function to tensors and other arguments."""
        found = sort_arguments(self, type_.inputs, type_.parameters, arguments, keywords)
        call = Call(type_.name, found.arguments, found.keywords)
        start = "init." if self.building else self.prefix()
        name = self.unique(f"{start}{type_.name}")
        return self.emit(
            Layer(name, call, found.sources, found.named, location=self.machine.here())
        )

    def operator(self, symbol: str, operands: list[Value]) -> Value:
        """Apply a Python operator to tensors and numbers."""
        machine = self.machine
        unknown = next((item for item in operands if isinstance(item, Opaque)), None)
        if unknown is not None:
            return unknown
        if not any(isinstance(item, Tensor) for item in operands):
            shape, elements = combine(machine, symbol, operands[0], operands[-1])
            return Array(shape, elements)
        if any(isinstance(item, Array) for item in operands):
            operands = [self._as_tensor(item) for item in operands]
        for item in operands:
            if not (isinstance(item, Tensor) or is_number(item)):
                raise machine.fail(
                    "TypeError", f"unsupported operand for {symbol}: {machine.show(item)}"
                )
        name = self.registry.operator(symbol)
        if name is None:
            raise SpecError(f"the operator `{symbol}` on tensors is not in the registry")
        return self.function(name, operands, {})

    def _as_tensor(self, value: Value) -> Value:
        if not isinstance(value, Array):
            return value
        return self.create(value.shape, value.elements)

    def create(
        self,
        shape: tuple[Value, ...],
        elements: tuple[Value, ...] | None = None,
        maker: tuple[str, list[Value]] | None = None,
    ) -> Tensor:
        """Make a tensor of a shape, out of nothing; `maker` is the call that says what is in it."""
        name, arguments = maker or ("empty", [tuple(shape)])
        found = self.apply(self.registry.find(name), arguments, {})
        assert isinstance(found, Tensor)
        found.elements = elements
        return found

    # ------------------------------------------------------------------------------------ modules

    def run_module(
        self, module: Module, arguments: list[Value], keywords: dict[str, Value]
    ) -> Value:
        """Call a module: its forward, between its hooks."""
        self.running.append(module)
        try:
            for kind, hook in list(module.hooks):
                if kind == "before":
                    changed = self.machine.call(hook, [module, tuple(arguments)], {})
                    if changed is not None:
                        arguments = list(changed) if isinstance(changed, tuple) else [changed]
            found = self.modules.forward(module, arguments, keywords)
            for kind, hook in list(module.hooks):
                if kind == "after":
                    changed = self.machine.call(hook, [module, tuple(arguments), found], {})
                    found = found if changed is None else changed
            return found
        except (ShapeError, Raised) as error:
            if error.layer is None:
                error.layer = self.registration.path_of(module) or None
            raise
        finally:
            self.running.pop()

    def run_layer(
        self, module: Module, arguments: list[Value], keywords: dict[str, Value]
    ) -> Value:
        """Record the call of a registry's layer."""
        if has_other_weights(self.modules, module):
            return apply_function(self.modules, module, arguments, keywords)
        call = self.modules.call_of(module)
        type_ = self.registry.find(call.function)
        inner = self.registry.find(self.modules.innermost(call).function)
        found = sort_arguments(self, inner.inputs, inner.forward, arguments, keywords)
        if found.arguments or found.keywords:
            call = call._replace(forward=(found.arguments, found.keywords))
        name, shares = self._entry(module, type_)
        return self.emit(
            Layer(
                name,
                call,
                found.sources,
                found.named,
                shares=shares,
                location=self._place(module),
            )
        )

    def _entry(self, module: Module, type_: LayerType) -> tuple[str, str | None]:
        known = self.entered.get(id(module))
        if known is not None:
            return self.unique(known[1]), known[1]
        path = self.registration.path_of(module)
        if self.building:
            return self.unique(f"init.{_snake(type_.name)}"), None
        if path is None:
            name = self.unique(f"{self.outer_prefix(module)}{_snake(type_.name)}")
        elif path == "":
            name = self.unique(_snake(type_.name))
        else:
            name = path if path not in self.propagation.values else self.unique(path)
        self.entered[id(module)] = (module, name)
        return name, None

    def outer_prefix(self, module: Module) -> str:
        """Give the path of the module that calls one that isn't registered."""
        outside = [item for item in self.running if item is not module]
        kept, self.running = self.running, outside
        try:
            return self.prefix()
        finally:
            self.running = kept

    def _place(self, module: Module) -> Location | None:
        """Say where a layer is called, or, inside a container, where it is made."""
        if len(self.running) > 1 and self.modules.is_container(self.running[-2]):
            return module.location or self.machine.here()
        return self.machine.here()

    # ------------------------------------------------------------------------------------- tensors

    def size(self, tensor: Tensor, place: int) -> Value:
        """Give one size of a tensor, and where it comes from."""
        if tensor.shape is None:
            raise ShapeWanted
        size = tensor.shape[place]
        if tensor.fixed or tensor.kind != "value" or tensor.reference is None:
            return size if isinstance(size, int) else Traced(size, parse(str(size)))
        text = str(tensor.reference)
        layer: Node = Name(text) if text.isidentifier() else Constant(text)
        return Traced(size, Call("size", (layer, Constant(place)), ()))

    def get_item(self, tensor: Tensor, index: Value) -> Value:
        """Take `tensor[index]`; a tensor in the index stands there by its shape."""
        index = plain_index(self, index)
        if isinstance(index, Opaque):
            return index
        if tensor.shape is None:
            raise ShapeWanted
        for item in index if isinstance(index, tuple) else (index,):
            if isinstance(item, Tensor) and item.dtype == "bool":
                raise SpecError(
                    "how much a mask picks depends on the numbers in a tensor, not on its shape",
                    code="S106",
                )
        node = node_of_value(self, index)
        if isinstance(index, (list, Tensor)):  # a list picks several places of one dimension
            node = Sequence((node,))
        start = "init." if self.building else self.prefix()
        function = self.registry.operator("[]")
        assert function is not None
        layer = Layer(
            self.unique(f"{start}{function}"),
            Call(function, (node,), ()),
            (self.reference(tensor),),
            location=self.machine.here(),
        )
        found = self.emit(layer)
        if isinstance(found, Tensor):
            found.elements = known_item(tensor, index)
            found.dtype = tensor.dtype
        return found

    def set_item(self, tensor: Tensor, index: Value, value: Value) -> None:
        """Write into a tensor: its shape stays, and the part must be there."""
        tensor.elements = None
        if isinstance(index, Opaque) or self.building:
            return
        kept = len(self.layers), dict(self.counts)
        self.get_item(tensor, index)
        del self.layers[kept[0] :]
        self.counts = kept[1]

    def tensor_attribute(self, tensor: Tensor, name: str) -> Value:
        """Give an attribute of a tensor."""
        return tensor_attribute(self, tensor, name)

    def set_tensor_attribute(self, tensor: Tensor, name: str, value: Value) -> None:
        """Do `tensor.name = value`."""
        if name == "data" and isinstance(value, Tensor):
            tensor.shape, tensor.elements = value.shape, value.elements
        elif name == "requires_grad":
            return
        else:
            tensor.marks[name] = value

    # --------------------------------------------------------------------------------- conditions

    def decide(self, relation: Relation, *, avoid: bool | None) -> bool:
        """Choose a branch where sizes leave it open, and record the condition it stands under."""
        answer = self.facts.holds(relation)
        if answer is not None:
            return answer
        prefer = self._way(relation) if avoid is None else not avoid
        before = len(self.facts.demands)
        self.facts.layer = self.prefix().rstrip(".") or "forward"
        choice = self.facts.decide(relation, prefer=prefer)
        if avoid is None and not self.building:
            self.choices.append(choice)
        if len(self.facts.demands) > before:
            taken = relation if choice else negate(relation)
            if isinstance(taken, (Comparison, AllOf, AnyOf)):
                self.where.append(parse(str(taken)))
        return choice

    def _way(self, relation: Relation) -> bool | None:
        """Say which way to go: as the script says, or as for the sizes that pictures usually have."""
        place = len(self.choices)
        if not self.building and place < len(self.script):
            return self.script[place]
        return self._at_usual_sizes(relation)

    def _at_usual_sizes(self, relation: Relation) -> bool | None:
        """Say whether a relation holds at the sizes that pictures usually have."""
        values: dict[str, int] = {}
        for name in relation.symbols:
            low, high = self.facts.known.get(name, (1, None))
            usual = max(_USUAL_BATCH if name in _BATCH else _USUAL_SIZE, low)
            values[name] = usual if high is None else min(usual, high)
        try:
            return relation.evaluate(values)
        except (ArithmeticError, ValueError):
            return None

    def assume(self, relation: Relation) -> None:
        """Demand a relation between sizes."""
        if self.facts.holds(relation) is None:
            self.facts.grant(relation)
            self.where.append(parse(str(relation)))

    def note(self, condition: Node) -> None:
        """Note a comparison of sizes that the numbers at hand make true, where they might be others."""
        if not self.building and self.concrete and len(self.where) < MAX_CONDITIONS:
            self.where.append(condition)

    # ------------------------------------------------------------------------------------- result

    def net(self, name: str, root: Module, outputs: list[Tensor], file: str) -> Net:
        """Make the net of what was recorded."""
        sources = [self.reference(item) for item in outputs]
        if self.failed is not None:
            sources = [Reference(self.failed.name)]
        kept = self._kept(sources)
        return Net(
            name,
            self.inputs,
            tuple(kept),
            tuple(sources),
            where=tuple(dict.fromkeys(self.where)) if kept else (),
            state=self.registration.state_if_needed(root, kept),
            file=file,
            notes=tuple(self.notes),
        )

    def _kept(self, sources: list[Reference]) -> list[Layer]:
        """Leave out what was computed while the model was built and isn't used."""
        needed = {item.name for item in sources}
        kept: list[Layer] = []
        for layer in reversed(self.layers):
            if layer.name in needed or not layer.name.startswith("init."):
                kept.append(layer)
                needed |= {item.name for item in references(layer)}
                needed |= sizes_named(layer)
        return kept[::-1]


def _snake(name: str) -> str:
    """Write a class's name as fx names what it makes: `BatchNorm2d` is `batch_norm2d`."""
    found = name[:1].lower()
    for before, letter in itertools.pairwise(name):
        found += "_" + letter.lower() if letter.isupper() and before.islower() else letter.lower()
    return found


def sizes_named(layer: Layer) -> set[str]:
    """Name the layers whose sizes stand in a layer's arguments."""
    found: set[str] = set()

    def walk(node: Node) -> None:
        if isinstance(node, Call) and node.function == "size":
            where = node.arguments[0]
            text = where.name if isinstance(where, Name) else str(getattr(where, "value", ""))
            found.add(text.partition("[")[0])
        for part in parts_of(node):
            walk(part)

    if layer.call is not None:
        walk(layer.call)
    return found


def flat_tensors(machine: Machine, value: Value) -> list[Tensor]:
    """List the tensors in what a forward returns, in order."""
    machine.budget.spend(1)
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Opaque):
        raise machine.unknown(value, "what the model returns")
    if isinstance(value, Instance):
        held = value.content if value.content is not None else list(value.attributes.values())
        return flat_tensors(machine, held)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in flat_tensors(machine, item)]
    return []
