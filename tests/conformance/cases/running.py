"""Runs the text of a call in PyTorch: `eval()` mode, CPU, no gradients."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, TypeAlias

import torch
from torch import nn

from cases.calls import Call, is_class
from cases.draw import Tensor, words

Outcome: TypeAlias = dict[str, Any]

try:
    VISION: ModuleType | None = import_module("torchvision.ops")
except ImportError:
    VISION = None

LONGEST_MESSAGE = 300
DTYPES = {
    "float": torch.float32,
    "long": torch.int64,
    "bool": torch.bool,
    "complex": torch.complex64,
}

# Refusals that depend on what is in a tensor of lengths, not on its shape.
ABOUT_VALUES = re.compile(
    r"Expected tensor to have size .* for argument #2 'targets'|to be no larger than"
    r"|could not be completed"
)

# A set in a message, whose order is another each time.
SET = re.compile(r"\{'\w+'(?:, '\w+')*\}")

# A name is looked for in torch.nn.functional, then among the tensor methods, then in torch and its
# parts. These are not: the first take all their tensors as one list, and the others have a namesake.
TAKE_A_LIST = words(
    "cat concat concatenate stack hstack vstack dstack column_stack row_stack meshgrid "
    "atleast_1d atleast_2d atleast_3d multi_dot"
)
METHODS = words("unfold softmax log_softmax")
OF_LINALG = words(
    "eig qr cholesky multi_dot solve lu matrix_rank vander"
)  # the older functions of these names are gone
TORCH_FUNCTIONS = words("where")
ATTRIBUTES = words("T H mT mH")
WITH_UNDERSCORES = words("rsub rdiv rtruediv rpow")
PLACES = (nn.functional, torch.Tensor, torch, torch.linalg, torch.fft, torch.special, VISION)
CLASSES = {**(vars(VISION) if VISION else {}), **vars(nn)}

# Wrappers of modules: what they wrap is the call, and the tensors go to what they give back.
_PARAMETRIZATIONS = nn.utils.parametrizations
WRAPPERS: Mapping[str, Any] = {
    "weight_norm": nn.utils.weight_norm,
    "spectral_norm": nn.utils.spectral_norm,
    "parametrized_weight_norm": _PARAMETRIZATIONS.weight_norm,
    "parametrized_spectral_norm": _PARAMETRIZATIONS.spectral_norm,
    "parametrized_orthogonal": _PARAMETRIZATIONS.orthogonal,
}


def run(call: Call) -> Outcome | None:
    """Return the call's shapes, or its error; None if what came back has no shape."""
    torch.default_generator.manual_seed(
        0
    )  # torch.manual_seed would note it for every other device too
    try:
        with torch.no_grad():
            outputs, module = _outputs(call)
    except Exception as error:  # noqa: BLE001 - whatever PyTorch raises is the answer
        message = SET.sub(_sorted_set, (str(error).strip().splitlines() or [""])[0])
        if ABOUT_VALUES.search(message):
            return None
        return {"error": f"{type(error).__name__}: {message}"[:LONGEST_MESSAGE]}
    if not all(isinstance(output, torch.Tensor) for output in outputs):
        return None
    shapes = {"outputs": [list(output.shape) for output in outputs]}
    return shapes if module is None else {**shapes, **state_shapes(module)}


def _sorted_set(match: re.Match[str]) -> str:
    return f"{{{', '.join(sorted(match.group()[1:-1].split(', ')))}}}"


def state_shapes(module: nn.Module) -> dict[str, dict[str, list[int]]]:
    """Return names and shapes of a module's parameters and buffers, as state_dict has them."""
    parameters = {name for name, _ in module.named_parameters(remove_duplicate=False)}
    state = {name: list(value.shape) for name, value in module.state_dict().items()}
    return {
        "parameters": {name: shape for name, shape in state.items() if name in parameters},
        "buffers": {name: shape for name, shape in state.items() if name not in parameters},
    }


def _outputs(call: Call) -> tuple[list[Any], nn.Module | None]:
    tensors = [_tensor(tensor) for tensor in call.inputs]
    *source, last = call.source or [None]
    by_name = {}
    if isinstance(last, Mapping):
        by_name = {name: _gathered(value, tensors) for name, value in last.items()}
    else:
        source = list(call.source)
    scope = {**CLASSES, "empty": _filled, "call_function": _call_function}
    scope |= {"by_name": by_name, "tensors": [_gathered(item, tensors) for item in source]}
    if call.type in WRAPPERS:
        scope["wrapper"] = WRAPPERS[call.type]
        module = _evaluate(f"wrapper({call.construction})", scope).eval()
        return list(_flat(module(*scope["tensors"]))), module
    if not is_class(call.type):
        text = f"call_function({call.type!r}, tensors, by_name, {call.construction})"
        return list(_flat(_evaluate(text, scope))), None
    module = _evaluate(f"{call.type}({call.construction})", scope).eval()
    separator = ", " if call.forward else ""
    text = f"module(*tensors{separator}{call.forward}, **by_name)"
    return list(_flat(_evaluate(text, {**scope, "module": module}))), module


def _evaluate(text: str, scope: dict[str, Any]) -> Any:
    return eval(text, scope)


def _call_function(
    name: str, tensors: list[Any], by_name: dict[str, Any], *positional: Any, **named: Any
) -> Any:
    """Call the torch function or tensor method of this name on the `from` tensors."""
    if name in TAKE_A_LIST:
        return _function(name)(tensors, *positional, **named, **by_name)
    if name == "einsum":
        return torch.einsum(*positional, *tensors, **named)
    if name == "getitem":
        return operator.getitem(*tensors, *positional, **named, **by_name)
    return _function(name)(*tensors, *positional, **named, **by_name)


def has_function(name: str) -> bool:
    """Tell whether a class, a function, a method or an attribute has this name."""
    if is_class(name):
        return name in CLASSES
    if name in ("getitem", *WRAPPERS):
        return True
    return name in (*ATTRIBUTES, *WITH_UNDERSCORES) or any(_has(place, name) for place in PLACES)


def _function(name: str) -> Callable[..., Any]:
    places: tuple[object, ...] = PLACES
    if name in ATTRIBUTES:
        return operator.attrgetter(name)
    if name in WITH_UNDERSCORES:
        name = f"__{name}__"
    if name in METHODS:
        places = (torch.Tensor,)
    elif name in OF_LINALG:
        places = (torch.linalg,)
    elif name in TORCH_FUNCTIONS:
        places = (torch,)
    found: Callable[..., Any] = next(getattr(place, name) for place in places if _has(place, name))
    return found


def _has(place: object, name: str) -> bool:
    return callable(getattr(place, name, None))


def _tensor(tensor: Tensor) -> torch.Tensor:
    dtype = DTYPES[tensor.dtype]
    if tensor.value is not None or tensor.dtype != "float":
        return torch.full(tensor.shape, tensor.value or 0, dtype=dtype)
    return torch.rand(tensor.shape, dtype=dtype)


def _filled(*shape: int) -> torch.Tensor:
    return torch.full(shape, 0.5)


def _gathered(source: object, tensors: Sequence[torch.Tensor]) -> Any:
    match source:
        case int():
            return tensors[source]
        case Sequence():
            return tuple(_gathered(item, tensors) for item in source)
        case _:
            raise TypeError(source)


def _flat(result: object) -> Iterator[object]:
    """Yield the tensors of nested tuples in order; an output that is None is not there."""
    match result:
        case None:
            return
        case tuple() | list():
            for item in result:
                yield from _flat(item)
        case _:
            yield result
