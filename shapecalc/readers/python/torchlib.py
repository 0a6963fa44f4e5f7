"""The names under `torch`: which are classes, which functions of the registry, which mere plumbing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...errors import SpecError
from ...registry import LayerType
from ...spelling import name_at
from ...syntax import Constant
from .arguments import LARGEST
from .containers import AUTOGRAD_FUNCTION, CONTAINERS, tensors_of
from .creation import OTHERS
from .dtypes import DTYPES, legacy_name
from .failures import OBJECT
from .standins import STANDINS
from .types import PARAMETER, SIZE, TENSOR
from .values import (
    Array,
    Class,
    Function,
    Instance,
    Keywords,
    Library,
    Marker,
    Module,
    Native,
    Opaque,
    Tensor,
    TorchFunction,
    Value,
)

if TYPE_CHECKING:
    from .machine import Machine

Rule = Callable[["Machine", "list[Value]", Keywords], Value]

# Types of numbers, under all of their names.
_DTYPES = {
    **DTYPES,
    **{name: name for name in DTYPES.values()},
}

# Packages whose lower-case members are functions on tensors.
FUNCTIONS_IN = frozenset(
    {
        "torch",
        "torch.nn.functional",
        "torch.functional",
        "torch.linalg",
        "torch.special",
        "torch.fft",
        "torch.nn.utils",
        "torch._C._nn",
    }
)


def _identity(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for what gives back its first argument, and for decorators with arguments."""
    if not given:
        first = next(iter(named.values()), None)
        if isinstance(first, (Function, Module, Tensor)):
            return first
        return Native("decorator", _identity)
    return given[0]


def _decorator(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for `torch.no_grad` and its like: a decorator, with brackets and without, or a context."""
    if given and isinstance(given[0], Function):
        return given[0]
    return Native("decorator", _identity)


def _no(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return False


def _checkpoint(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for `checkpoint(function, *args)`."""
    function, *rest = given
    kept = {
        key: item
        for key, item in named.items()
        if key not in ("use_reentrant", "preserve_rng_state", "context_fn", "determinism_check")
    }
    return machine.call(function, rest, kept)


def _checkpoint_sequential(machine: Machine, given: list[Value], named: Keywords) -> Value:
    functions, _, value = given[:3]
    for function in machine.iterate(functions):
        value = machine.call(function, [value], {})
    return value


def _is_tensor(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return isinstance(given[0], Tensor)


def _method(name: str) -> Rule:
    """Stand for a function that is plumbing and a tensor's method as well: `torch.numel(x)`."""
    return lambda machine, given, named: machine.call(machine.get(given[0], name), given[1:], named)


def _device(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return Marker("device", "cpu")


def _parameters_to_vector(machine: Machine, given: list[Value], named: Keywords) -> Value:
    raise SpecError("parameters_to_vector is not followed")


def _fan(machine: Machine, given: list[Value], named: Keywords) -> Value:
    tensor = given[0]
    if not isinstance(tensor, Tensor) or tensor.shape is None or len(tensor.shape) < 2:
        raise machine.fail("ValueError", "Fan in and fan out need at least 2 dimensions")
    field = machine.product(list(tensor.shape[2:]))
    return machine.pin(tensor.shape[1] * field), machine.pin(tensor.shape[0] * field)


def _gain(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return 1.0


def _as_tuple(length: int) -> Native:
    """Stand for `_pair` and its like: a number as often as there are axes, a sequence as it is."""

    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        value = given[0] if given else named["x"]
        if isinstance(value, Opaque):
            return value
        if isinstance(value, (list, tuple, str, dict, set, range, Tensor, Array)):
            return tuple(machine.collect(value))
        return (value,) * length

    return Native("parse", run)


def _tuple_maker(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return _as_tuple(machine.pin(given[0]))


def _repeated_backwards(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for `_reverse_repeat_tuple`: paddings as `F.pad` takes them."""
    values, times = given
    return tuple([item for item in reversed(values) for _ in range(machine.pin(times))])


def _count_parameters(machine: Machine, module: Module) -> int:
    return sum(1 for _ in tensors_of(machine, module, "parameter"))


def _is_parametrized(machine: Machine, given: list[Value], named: Keywords) -> Value:
    module, name = [*given, named.get("tensor_name")][:2]
    if not isinstance(module, Module) or module.arguments is None:
        return False
    start = "parametrizations." if name is None else f"parametrizations.{name}."
    parameters, _ = machine.tracer.modules.state_of(module)
    return any(key.startswith(start) for key in parameters)


_RULES: dict[str, Rule] = {
    "torch.no_grad": _decorator,
    "torch.enable_grad": _decorator,
    "torch.inference_mode": _decorator,
    "torch.set_grad_enabled": _decorator,
    "torch.autograd.no_grad": _decorator,
    "torch.autocast": _decorator,
    "torch.cuda.amp.autocast": _decorator,
    "torch.cuda.amp.custom_fwd": _decorator,
    "torch.cuda.amp.custom_bwd": _decorator,
    "torch.amp.autocast": _decorator,
    "torch.compile": _identity,
    "torch.jit.script": _identity,
    "torch.jit.ignore": _identity,
    "torch.jit.unused": _identity,
    "torch.jit.export": _identity,
    "torch.jit.script_method": _identity,
    "torch.jit.script_if_tracing": _identity,
    "torch.jit.interface": _identity,
    "torch.jit.annotate": lambda machine, given, named: given[1],
    "torch.jit.is_scripting": _no,
    "torch.jit.is_tracing": _no,
    "torch.compiler.is_compiling": _no,
    "torch.compiler.is_dynamo_compiling": _no,
    "torch.compiler.is_exporting": _no,
    "torch.compiler.disable": _decorator,
    "torch._dynamo.is_compiling": _no,
    "torch._dynamo.disable": _decorator,
    "torch._C._is_tracing": _no,
    "torch._C._get_tracing_state": lambda machine, given, named: None,
    "torch.onnx.is_in_onnx_export": _no,
    "torch.fx.wrap": _identity,
    "torch.is_grad_enabled": _no,
    "torch.is_autocast_enabled": _no,
    "torch.is_complex": _no,
    "torch.cuda.is_available": _no,
    "torch.backends.mps.is_available": _no,
    "torch.distributed.is_initialized": _no,
    "torch.distributed.is_available": _no,
    "torch.cuda.device_count": lambda machine, given, named: 0,
    "torch._assert": lambda machine, given, named: _torch_assert(machine, given),
    "torch._C._log_api_usage_once": lambda machine, given, named: None,
    "torch.utils.checkpoint.checkpoint": _checkpoint,
    "torch.utils.checkpoint.checkpoint_sequential": _checkpoint_sequential,
    "torch.is_tensor": _is_tensor,
    "torch.is_floating_point": _method("is_floating_point"),
    "torch.numel": _method("numel"),
    "torch.device": _device,
    "torch.autograd.Variable": _identity,
    "torch.nn.init._calculate_fan_in_and_fan_out": _fan,
    "torch.nn.utils.parametrize.is_parametrized": _is_parametrized,
    "torch.nn.init.calculate_gain": _gain,
    "torch.nn.utils.parameters_to_vector": _parameters_to_vector,
    "torch.set_default_dtype": lambda machine, given, named: None,
    "torch.manual_seed": lambda machine, given, named: None,
    "torch.get_default_dtype": lambda machine, given, named: Marker("dtype", "float32"),
    "torch.nn.modules.utils._ntuple": _tuple_maker,
    "torch.nn.modules.utils._reverse_repeat_tuple": _repeated_backwards,
    "torch.utils.data.get_worker_info": lambda machine, given, named: None,
}


def _torch_assert(machine: Machine, given: list[Value]) -> None:
    if isinstance(given[0], Opaque):
        return
    if not machine.truth(given[0], avoid=False):
        raise machine.fail("AssertionError", machine.show(given[1] if len(given) > 1 else ""))


def _limits(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for `torch.finfo` and `torch.iinfo`: the bounds of a type of numbers."""
    made = Instance(_LIMITS)
    made.attributes.update(max=LARGEST, min=-LARGEST, eps=2.0**-23, tiny=2.0**-126, bits=32)
    return made


_LIMITS = Class("finfo", (OBJECT,))


TORCH: dict[str, Value] = {
    "torch.finfo": Native("finfo", _limits),
    "torch.iinfo": Native("iinfo", _limits),
    **{name: Native(name.rpartition(".")[2], rule) for name, rule in _RULES.items()},
    **{name: Native(name.rpartition(".")[2], rule) for name, rule in OTHERS.items()},
    **{
        f"torch.nn.modules.utils.{name}": _as_tuple(length)
        for length, name in enumerate(("_single", "_pair", "_triple", "_quadruple"), start=1)
    },
    "torch.pi": 3.141592653589793,
    "torch.inf": float("inf"),
    "torch.nan": float("nan"),
    "torch.__version__": "2.14.1",
    "torch.Size": SIZE,
    "torch.Tensor": TENSOR,
    "torch.nn.Parameter": PARAMETER,
    "torch.nn.parameter.Parameter": PARAMETER,
    "torch.nn.UninitializedParameter": PARAMETER,
    "torch.autograd.Function": AUTOGRAD_FUNCTION,
    "torch.autograd.function.Function": AUTOGRAD_FUNCTION,
    "torch.jit.ScriptModule": CONTAINERS["Module"],
    "torch.jit.Final": Opaque("a type"),
    "torch.strided": Marker("layout", "strided"),
    "torch.channels_last": Marker("memory_format", "channels_last"),
    "torch.contiguous_format": Marker("memory_format", "contiguous_format"),
    "torch.preserve_format": Marker("memory_format", "preserve_format"),
    **{f"torch.{name}": Marker("dtype", dtype) for name, dtype in _DTYPES.items()},
}
TENSOR.names["__new__"] = Native(
    "Tensor", lambda machine, given, named: OTHERS["torch.Tensor"](machine, given[1:], named)
)
# The types that tensors had once, which also make tensors. None on a CPU is one of `torch.cuda`.
for _short, _dtype in DTYPES.items():
    for _owner, _held in (("torch", _dtype), ("torch.cuda", "")):
        _name = legacy_name(_short)
        TORCH[f"{_owner}.{_name}"] = Class(_name, (TENSOR,), {"<dtype>": _held})


_DISTRIBUTIONS = "torch.distributions"


def torch_member(machine: Machine, path: str) -> Value:
    """Give what a dotted name under `torch` stands for."""
    if path in TORCH:
        return TORCH[path]
    owner, _, name = path.rpartition(".")
    if owner.startswith(_DISTRIBUTIONS):
        names = machine.loader.stand_in(_DISTRIBUTIONS).names
        if name in names and not name.startswith("_"):
            return names[name]
    other = name_at(machine.registry, path)
    if other is not None and machine.registry.find(other).is_function:
        return TorchFunction(other)
    if owner == "torch.nn.init":
        return Native(name, _identity)
    if name.lstrip("_")[:1].isupper() and path != "torch._C":
        return _class(machine, path, owner, name)
    if owner in _PACKAGES and name.lstrip("_").startswith("is_"):
        return Native(name, _no)  # nothing of the kind is there
    if owner in FUNCTIONS_IN and name in _EVERYWHERE:
        return TORCH[f"torch.{name}"]
    if owner in FUNCTIONS_IN or owner.startswith("torch.nn.utils"):
        bare = name.rstrip("_") if name.endswith("_") and not name.startswith("_") else name
        if machine.registry.knows(bare) and path not in _PACKAGES:
            if bare != name:
                return Native(name, lambda m, given, named: _in_place(m, name, given, named))
            if owner == "torch.nn.functional":
                return _functional(machine.registry.find(bare))
            return TorchFunction(bare)
    if owner == "torch.nn" and name not in _PARTS_OF_NN:
        raise SpecError(f"torch.nn.{name} is not known", code="S110")
    return Library(path)


_PARTS_OF_NN = frozenset(
    [
        "attention",
        "backends",
        "common_types",
        "functional",
        "grad",
        "init",
        "intrinsic",
        "modules",
        "parallel",
        "parameter",
        "qat",
        "quantizable",
        "quantized",
        "utils",
    ]
)

# Packages that share their names with methods of tensors: `x.cuda()` and `torch.cuda.is_available()`.
_PACKAGES = frozenset({"torch.cpu", "torch.cuda", "torch.fft", "torch.mps", "torch.xpu"})

_EVERYWHERE = frozenset({"numel"})


def _functional(type_: LayerType) -> Value:
    """Stand for a function of `torch.nn.functional`, which may leave out more than that of `torch`."""
    written = type_.data.get("functional")
    if written is None:
        return TorchFunction(type_.name)
    formulas = {name: type_.formula(text) for name, text in written.items()}
    defaults = {name: node.value for name, node in formulas.items() if isinstance(node, Constant)}
    places = {slot.name: len(type_.inputs) + place for place, slot in enumerate(type_.parameters)}
    aliases = type_.data.get("aliases") or {}

    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        known = {aliases.get(word, word) for word in named}
        missing = {
            name: value
            for name, value in defaults.items()
            if name not in known and places[name] >= len(given)
        }
        return machine.tracer.function(type_.name, given, {**missing, **named})

    return Native(type_.name, run)


def _in_place(machine: Machine, name: str, given: list[Value], named: Keywords) -> Value:
    """Stand for `F.relu_(x)`: the tensor itself becomes the result."""
    return machine.call(machine.get(given[0], name), given[1:], named)


def _class(machine: Machine, path: str, owner: str, name: str) -> Value:
    under_nn = owner == "torch.nn" or owner.startswith(("torch.nn.modules", "torch.nn.parallel"))
    if (under_nn or owner == "torch") and name in CONTAINERS and (under_nn or name != "Parameter"):
        if under_nn:
            return CONTAINERS[name]
    if under_nn and f"torch.nn.{name}" in STANDINS:
        return machine.loader.member(machine.loader.stand_in(f"torch.nn.{name}"), name)
    if under_nn:
        known = machine.registry.knows(name)
        wrapper = machine.registry.find(name).wrapper if known else None
        if wrapper is not None:
            return machine.tracer.modules.wrapper_class(name, wrapper)
        return machine.tracer.modules.layer_class(name)
    return Opaque(path)


# What changes the modules that are given to it.
_CHANGING = ("torch.nn.utils.", "torch.ao.", "torch.quantization.", "torch.fx.")


def call_unknown(machine: Machine, path: str, given: list[Value]) -> Value:
    """Call a function of torch that is neither in the registry nor known plumbing."""
    if path.startswith(_CHANGING) and any(isinstance(item, Module) for item in given):
        raise SpecError(f"{path} of a module is not followed: it may change its parameters")
    if any(isinstance(item, Tensor) for item in given) and not machine.tracer.building:
        name = path.rpartition(".")[2]
        try:
            machine.registry.find(name)
        except SpecError as error:
            raise SpecError(
                f"{path} is not in the registry", hint=error.hint, code="S110"
            ) from None
    return Opaque(f"what {path} gives", machine.here())
