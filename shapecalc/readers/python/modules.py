"""`nn.Module`: attributes that register, layers of the registry, and what calling a module does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...errors import Location, ShapeError, SpecError
from ...facts import Facts, Misfit
from ...formula import FormulaError, NotKnown
from ...net import Shape
from ...registry import Kind, LayerType, Registry
from ...syntax import Call
from .arguments import construction, node_of_value
from .failures import OBJECT
from .numbers import is_number
from .values import (
    MISSING,
    Class,
    Function,
    Instance,
    Keywords,
    Method,
    Module,
    Native,
    Opaque,
    Tensor,
    TorchFunction,
    Unbound,
    Value,
)
from .weights import OwnParameters

if TYPE_CHECKING:
    from .machine import Machine
    from .tracing import Tracer

MODULE = Class("Module", (OBJECT,))


class Modules:
    """The rules of modules, for one reading."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self._classes: dict[str, Class] = {}
        self._stateful: dict[str, bool] = {}
        self._states: dict[int, tuple[Call, tuple[dict[str, Shape], dict[str, Shape]]]] = {}

    @property
    def registry(self) -> Registry:
        """The layers that are known."""
        return self.tracer.registry

    # ------------------------------------------------------------------------------------ classes

    def is_module_class(self, kind: Class) -> bool:
        """Tell whether instances of a class are modules."""
        return MODULE in kind.order

    def layer_class(self, name: str) -> Class:
        """Give the class of a layer of the registry; whether there is one shows when it is called."""
        known = self._classes.get(name)
        if known is None:
            names: dict[str, Value] = {
                "__init__": Native("__init__", _layer_init),
                "forward": Native("forward", _layer_forward),
            }
            if self.registry.knows(name):
                type_ = self.registry.find(name)
                if [spot.name for spot in type_.parameters[:2]] == _TABLE:
                    names["from_pretrained"] = Unbound(
                        Native("from_pretrained", _from_table), "class"
                    )
                if any(spot.name == "num_decoder_layers" for spot in type_.parameters):
                    mask = Native("generate_square_subsequent_mask", _square_mask)
                    names["generate_square_subsequent_mask"] = Unbound(mask, "static")
            known = Class(name, (MODULE,), names, layer=name)
            self._classes[name] = known
        return known

    def wrapper_class(self, name: str, child: str) -> Class:
        """Give the class of a module that holds one other, calls it, and adds to its name."""
        known = self._classes.get(name)
        if known is None:
            known = Class(
                name,
                (MODULE,),
                {
                    "__init__": Native(
                        "__init__", lambda m, given, named: _hold(child, given, named)
                    ),
                    "forward": Native(
                        "forward",
                        lambda m, given, named: m.call(given[0].children[child], given[1:], named),
                    ),
                },
            )
            self._classes[name] = known
        return known

    def is_private_base(self, own: Class, kind: Class) -> bool:
        """Tell whether a class is under one of torch's private ones: `_ConvNd`, `_BatchNorm`."""
        torchs = kind.layer is not None or (kind.module is not None and kind.module.stands_in)
        if not torchs or not kind.name.startswith("_"):
            return False
        stem = kind.name.lstrip("_").removesuffix("Nd").removesuffix("Base")
        layer = own.layer_type()
        return layer is not None and layer.startswith(stem)

    def bare(self, kind: Class, location: Location | None) -> Instance:
        """Make an instance that nothing has initialised: `object.__new__(cls)`."""
        return Module(kind, location) if self.is_module_class(kind) else Instance(kind, location)

    # ------------------------------------------------------------------------------------- layers

    def type_of(self, module: Module) -> LayerType:
        """Give the layer type of a registry's layer."""
        name = module.type.layer_type()
        assert name is not None
        return self.registry.find(name)

    def construct(self, module: Module, arguments: list[Value], keywords: Keywords) -> None:
        """Give a registry's layer its arguments, and check those that are about themselves alone."""
        name = module.type.layer_type()
        assert name is not None
        if not self.registry.knows(name):
            raise SpecError(
                f"torch.nn.{name} is not in the registry",
                hint="describe it in a file and give that: --registry mine.yaml",
                code="S110",
            )
        module.started = True
        module.arguments = list(arguments)
        module.keywords = dict(keywords)
        try:
            self.state_of(module)
        except SpecError as error:
            if error.code in _NO_SUCH_ARGUMENT and self.tracer.machine.catches("TypeError"):
                raise self.tracer.machine.fail("TypeError", error.message) from None
            raise

    def call_of(self, module: Module) -> Call:
        """Write the call that makes a registry's layer, wrappers around it."""
        if module.made is None:
            if module.arguments is None:
                raise SpecError(
                    f"{module.type.name}, a module of the source's own, as an argument of a layer"
                    " of PyTorch is not followed"
                )
            made = construction(
                self.tracer, self.type_of(module), module.arguments, module.keywords
            )
            for name, arguments, keywords in module.wrappers:
                nodes = tuple([node_of_value(self.tracer, item) for item in arguments])
                words = tuple(
                    (key, node_of_value(self.tracer, item)) for key, item in keywords.items()
                )
                made = Call(name, (made, *nodes), words)
            module.made = made
        return module.made

    def innermost(self, call: Call) -> Call:
        """Give the layer inside its wrappers."""
        while self.registry.find(call.function).wraps and call.arguments:
            inner = call.arguments[0]
            if (
                not isinstance(inner, Call)
                or self.registry.find(call.function).is_function is False
            ):
                break
            call = inner
        return call

    def wrap(self, type_: LayerType, arguments: list[Value], keywords: Keywords) -> Value:
        """Put a wrapper such as `weight_norm` around a module."""
        module, *rest = arguments or [keywords.pop("module", None)]
        if isinstance(module, Opaque):
            return module
        if not isinstance(module, Module) or module.arguments is None:
            machine = self.tracer.machine
            if (
                isinstance(module, Module)
                and not module.parameters
                and machine.catches("ValueError")
            ):
                raise machine.fail("ValueError", f"{type_.name}: the module has no parameter")
            raise SpecError(f"{type_.name} of this is not followed: it is no layer of PyTorch")
        module.wrappers.append((type_.name, rest, dict(keywords)))
        module.made = None
        try:
            self.state_of(module)
        except ShapeError as error:
            if not self.tracer.machine.catches("ValueError"):
                raise
            module.wrappers.pop()
            module.made = None
            raise self.tracer.machine.fail("ValueError", error.message) from None
        module.weights.clear()
        return module

    def state_of(self, module: Module) -> tuple[dict[str, Shape], dict[str, Shape]]:
        """Give the parameters and buffers of a registry's layer."""
        call = self.call_of(module)
        known = self._states.get(id(call))
        if known is not None:
            return known[1]
        try:
            found = self.tracer.propagation.state(call, Facts())
        except NotKnown:  # a lazy layer's, before its first input
            found = {}, {}
        except (Misfit, FormulaError) as error:
            raise ShapeError(
                str(error), location=self.tracer.machine.here() or module.location, code="S203"
            ) from None
        self._states[id(call)] = (call, found)
        return found

    def has_state(self, name: str) -> bool:
        """Tell whether layers of a type may have parameters or buffers."""
        known = self._stateful.get(name)
        if known is None:
            data = self.registry.find(name).data
            known = any(key in data for key in ("weights", "buffers", "submodules"))
            self._stateful[name] = known
        return known

    def layer_tensors(self, module: Module) -> Iterator[tuple[str, Tensor]]:
        """Yield the parameters and buffers of a registry's layer, replaced ones as they are now."""
        parameters, buffers = self.state_of(module)
        for kind, shapes in (("parameter", parameters), ("buffer", buffers)):
            for name in shapes:
                if name in module.replaced:
                    tensor = module.replaced[name]
                    # A weight that a plain tensor stands for is an attribute like any other.
                    if isinstance(tensor, Tensor) and tensor.kind != "value":
                        yield name, tensor
                else:
                    yield name, self._weight(module, name, shapes[name], kind)
        for name, tensor in module.replaced.items():  # a bias where the layer has none
            added = name not in parameters and name not in buffers
            if added and isinstance(tensor, Tensor) and tensor.kind != "value":
                yield name, tensor

    def _weight(self, module: Module, name: str, shape: Shape, kind: str) -> Tensor:
        if name not in module.weights:
            tensor = Tensor(shape, kind=kind)
            tensor.owner = (module, name)
            module.weights[name] = tensor
        return module.weights[name]

    # --------------------------------------------------------------------------------- attributes

    def attribute(self, module: Module, name: str) -> Value:
        """Give an attribute that a module has without the source's doing."""
        match name:
            case "training":
                return False
            case "_modules":
                return module.children
            case "_parameters":
                own = dict(self._own_weights(module)) if module.arguments is not None else {}
                return OwnParameters(self, module, own) if own else module.parameters
            case "_buffers":
                return module.buffers
        if module.arguments is None:
            if name in module.replaced:
                return module.replaced[name]
            if name in _UNFOLLOWED:
                raise SpecError(f"nn.Module.{name} is not followed")
            return MISSING
        return self.layer_attribute(module, name)

    def _own_weights(self, module: Module) -> Iterator[tuple[str, Tensor]]:
        for name, tensor in self.layer_tensors(module):
            if tensor.kind == "parameter":
                yield name, tensor

    def layer_attribute(self, module: Module, name: str) -> Value:
        if name in module.replaced:
            return module.replaced[name]
        parameters, buffers = self.state_of(module)
        for kind, shapes in (("parameter", parameters), ("buffer", buffers)):
            if name in shapes:
                return self._weight(module, name, shapes[name], kind)
        type_ = self.type_of(module)
        if name in self.state_names(type_):
            if not module.wrappers:
                return None
            bare = Module(module.type)
            bare.arguments, bare.keywords = module.arguments, module.keywords
            return self.layer_attribute(bare, name)
        if any(parameter.name == name for parameter in type_.parameters):
            return self.argument(module, type_, name)
        if any(key.startswith(f"{name}.") for key in (*parameters, *buffers)):
            return Opaque(f"{name}, a part of {type_.name}")
        method = module.type.find("forward")
        if name == "_conv_forward" and method is not MISSING:
            return Native(name, lambda m, given, named: self._conv(module, given))
        if name == "_check_input_dim":
            return Native(name, lambda m, given, named: None)
        return MISSING

    def _conv(self, module: Module, given: list[Value]) -> Value:
        """Do what a convolution does with another weight: `_conv_forward(x, weight, bias)`."""
        names = ("stride", "padding", "dilation", "groups")
        options = {name: self.argument(module, self.type_of(module), name) for name in names}
        return self.tracer.function(self.type_of(module).own("function"), given, options)

    def derived(self, module: Module, name: str) -> bool:
        """Tell whether a name is made from that of a weight, as `weight_u` is: no layer has it itself."""
        known = self.state_names(self.type_of(module))
        return any(name.startswith(f"{weight}_") for weight in known)

    def state_names(self, type_: LayerType) -> set[str]:
        found: set[str] = set()
        for section in ("weights", "buffers"):
            data = type_.data.get(section)
            found |= set(data) if isinstance(data, dict) else set()
        return found

    def argument(self, module: Module, type_: LayerType, name: str) -> Value:
        """Give an argument of a layer as PyTorch keeps it: spread over the axes where it has weights."""
        spots = [spot.name for spot in type_.parameters]
        place = spots.index(name)
        assert module.arguments is not None
        given = module.keywords.get(name, MISSING)
        if given is MISSING and place < len(module.arguments):
            given = module.arguments[place]
        spot = type_.parameters[place]
        if given is not MISSING and not (spot.is_per_axis and self.has_state(type_.name)):
            listed = any(isinstance(kind, Kind) and kind.form == "list" for kind in spot.kinds)
            # One number stands for a list of one, and PyTorch keeps it so.
            return (given,) if listed and is_number(given) else given
        inner = self.innermost(self.call_of(module))
        made = self.tracer.propagation.construct(inner, 0, Facts())
        value = made.values.get(name)
        if spot.is_per_axis and isinstance(value, tuple) and not self.has_state(type_.name):
            return value[0] if len(set(value)) == 1 else value
        return value

    def assign(self, module: Module, name: str, value: Value) -> None:
        """Do `module.name = value`, which registers modules and parameters."""
        stores: list[dict[str, Value]] = [
            module.attributes,
            module.parameters,
            module.buffers,
            module.children,
        ]
        registers = isinstance(value, Module) or (
            isinstance(value, Tensor) and value.kind == "parameter"
        )
        if registers and not module.started:
            raise self.tracer.machine.fail(
                "AttributeError", "cannot assign module before Module.__init__() call"
            )
        if module.arguments is not None:
            if self._reassign(module, name, value):
                return
            if any(key.startswith(f"{name}.") for store in self.state_of(module) for key in store):
                raise SpecError(
                    f"another {name} in a {module.type.name} is not followed", code="S110"
                )
        target = module.attributes
        if isinstance(value, Module):
            target = module.children
        elif isinstance(value, Tensor) and value.kind == "parameter":
            target = module.parameters
        elif value is None or isinstance(value, Tensor):
            for store in (module.parameters, module.children, module.buffers):
                if name in store:
                    target = store
            if target is module.buffers and isinstance(value, Tensor):
                value = as_buffer(value)
        for store in stores:
            if store is not target:
                store.pop(name, None)
        target[name] = value

    def _reassign(self, module: Module, name: str, value: Value) -> bool:
        """Put another weight or argument into a registry's layer."""
        type_ = self.type_of(module)
        if name in self.state_names(type_) and (value is None or isinstance(value, Tensor)):
            if isinstance(value, Tensor) and value.kind == "value":
                value = self._computed(module, name, value)
            module.replaced[name] = value
            return True
        names = [spot.name for spot in type_.parameters]
        if name in names and not isinstance(value, (Module, Opaque)):
            place = names.index(name)
            assert module.arguments is not None
            if place < len(module.arguments):
                module.arguments[place] = value
            else:
                module.keywords[name] = value
            module.made = None
            module.weights.clear()
            return True
        return False

    def _computed(self, module: Module, name: str, value: Tensor) -> Tensor:
        """Take a tensor that is no parameter in the place of a weight: once that has been deleted."""
        parameters, _ = self.state_of(module)
        if name not in parameters:
            return as_buffer(value)
        if name not in module.replaced or name not in module.deleted:
            raise self.tracer.machine.fail(
                "TypeError",
                f"cannot assign a tensor as parameter '{name}' (nn.Parameter or None expected)",
            )
        return value

    def remove(self, module: Module, name: str) -> bool:
        """Do `del module.name` for a weight of a registry's layer."""
        if module.arguments is None or name not in self.state_names(self.type_of(module)):
            return False
        module.replaced[name] = None
        module.deleted.add(name)
        module.weights.pop(name, None)
        return True

    # ------------------------------------------------------------------------------------ calling

    def forward(self, module: Module, arguments: list[Value], keywords: Keywords) -> Value:
        """Run a module's forward, or a `__call__` of the source's own."""
        called = module.type.find("__call__")
        if isinstance(called, Function):
            return self.tracer.machine.call(Method(called, module), arguments, keywords)
        own = module.attributes.get("forward", MISSING)
        if own is not MISSING:
            return self.tracer.machine.call(own, arguments, keywords)
        method = module.type.find("forward")
        if method is MISSING:
            raise self.tracer.machine.fail(
                "NotImplementedError", f"{module.type.name} has no forward"
            )
        if isinstance(method, TorchFunction):
            return self.tracer.machine.call(method, [module, *arguments], keywords)
        return self.tracer.machine.call(Method(method, module), arguments, keywords)

    def is_container(self, module: Module) -> bool:
        """Tell whether a module calls its children itself, at no place of the source."""
        method = module.type.find("forward")
        return isinstance(method, Native) and module.arguments is None


# Layers that keep a table of vectors may be made from one.
_TABLE = ["num_embeddings", "embedding_dim"]


def _from_table(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for `from_pretrained`: the sizes are those of the table."""
    options = dict(named)
    kind, *rest = given
    table = rest[0] if rest else options.pop("embeddings", None)
    if isinstance(table, Opaque) or (isinstance(table, Tensor) and table.shape is None):
        reason = table if isinstance(table, Opaque) else Opaque("an input of no known shape")
        raise machine.unknown(reason, "the table of vectors")
    if not isinstance(table, Tensor) or len(table.shape or ()) != 2:
        raise machine.fail("AssertionError", "Embeddings parameter is expected to be 2-dimensional")
    options.pop("freeze", None)
    sizes = [machine.tracer.size(table, place) for place in (0, 1)]
    return machine.call(kind, [*sizes, *rest[2:]], options)


def _square_mask(machine: Machine, given: list[Value], named: Keywords) -> Value:
    size = given[0] if given else named["sz"]
    return machine.tracer.create((size, size))


def as_buffer(value: Tensor, kind: str = "buffer") -> Tensor:
    """Give a tensor as a buffer holds it."""
    found = value.copy()
    found.kind, found.reference = kind, None
    return found


def _hold(child: str, given: list[Value], named: Keywords) -> None:
    module = given[0]
    module.started = True
    module.children[child] = given[1] if len(given) > 1 else named["module"]


def _layer_init(machine: Machine, given: list[Value], named: Keywords) -> None:
    module, *rest = given
    machine.tracer.modules.construct(module, rest, named)


def _layer_forward(machine: Machine, given: list[Value], named: Keywords) -> Value:
    module, *rest = given
    return machine.tracer.run_layer(module, rest, named)


# Codes of arguments that are unknown, too many, or missing.
_NO_SUCH_ARGUMENT = frozenset({"S111", "S112", "S113"})

# What nn.Module has and this reader doesn't.
_UNFOLLOWED = frozenset(
    [
        "register_full_backward_hook",
        "register_module_full_backward_hook",
        "get_extra_state",
        "set_submodule",
        "register_state_dict_pre_hook",
        "to_empty",
        "ipu",
        "xpu",
    ]
)
