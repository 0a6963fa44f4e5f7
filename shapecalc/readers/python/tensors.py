"""Attributes and methods of tensors: sizes, plumbing that shapes don't depend on, and functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...errors import SpecError
from ...registry import LayerType
from ...spelling import is_attribute
from ...strides import in_order
from .arguments import numbers_of
from .arrays import to_nested
from .creation import CREATORS
from .dtypes import DTYPES
from .types import TENSOR, type_of
from .values import MISSING, Array, Keywords, Marker, Native, Opaque, Sizes, Tensor, Value

if TYPE_CHECKING:
    from .machine import Machine
    from .tracing import Tracer

Rule = Callable[["Machine", Tensor, "list[Value]", Keywords], Value]


def known_item(tensor: Tensor, index: Value) -> tuple[Value, ...] | None:
    """Give the known numbers of one place of a tensor of one dimension."""
    elements = tensor.elements
    if elements is None or tensor.shape is None or len(tensor.shape) != 1:
        return None
    if isinstance(index, int) and -len(elements) <= index < len(elements):
        return (elements[index],)
    if isinstance(index, slice):
        parts = (index.start, index.stop, index.step)
        if all(part is None or isinstance(part, int) for part in parts):
            return elements[index]
    return None


def plain_index(tracer: Tracer, index: Value) -> Value:
    """Give an index whose slices are bounded by numbers, where tensors of one number bound them."""
    if isinstance(index, slice):
        return _plain_slice(tracer, index)
    if not isinstance(index, tuple) or not any(isinstance(item, slice) for item in index):
        return index
    items = [_plain_slice(tracer, item) if isinstance(item, slice) else item for item in index]
    return next((item for item in items if isinstance(item, Opaque)), tuple(items))


def _plain_slice(tracer: Tracer, cut: slice) -> Value:
    bounds = numbers_of([cut.start, cut.stop, cut.step])
    if any(isinstance(bound, Tensor) for bound in bounds):
        reason = "the bound of this slice depends on the numbers in a tensor, not on its shape"
        if tracer.building:
            return Opaque(reason, tracer.machine.here())
        raise SpecError(reason, code="S106")
    return slice(*bounds)


def sizes_of(tracer: Tracer, tensor: Tensor) -> Sizes:
    """Give `tensor.shape`."""
    if tensor.shape is None:
        tracer.size(tensor, 0)
    return Sizes([tracer.size(tensor, place) for place in range(len(tensor.shape or ()))])


def tensor_attribute(tracer: Tracer, tensor: Tensor, name: str) -> Value:
    """Give an attribute of a tensor, MISSING where it has none."""
    if name in tensor.marks:
        return tensor.marks[name]
    match name:
        case "shape":
            return sizes_of(tracer, tensor)
        case "ndim":
            return len(sizes_of(tracer, tensor))
        case "data":
            return tensor if tensor.fixed or tensor.kind != "value" else tensor.copy()
        case "dtype":
            return Marker("dtype", tensor.dtype)
        case "device":
            return Marker("device", "cpu")
        case "layout":
            return Marker("layout", "strided")
        case "is_cuda" | "is_sparse" | "is_quantized" | "is_mkldnn" | "is_nested" | "is_meta":
            return False
        case "is_leaf":
            return True
        case "requires_grad":
            return tensor.kind == "parameter"
        case "grad" | "grad_fn" | "names":
            return None
        case "__class__":
            return type_of(tracer.machine, tensor)
    rule = _METHODS.get(name)
    if rule is not None and not (name in DTYPES and is_moved(tracer.machine, tensor)):
        return Native(name, lambda machine, given, named: rule(machine, tensor, given, named))
    type_ = tracer.registry.find(name) if tracer.registry.knows(name) else None
    if type_ is not None and is_attribute(type_):
        return tracer.function(name, [tensor], {})
    unrecorded = type_ is not None and type_.numbers in UNRECORDED
    if name.endswith("_") and not name.startswith("_") and not unrecorded:
        return Native(
            name, lambda machine, given, named: _in_place(machine, tensor, name, given, named)
        )
    if type_ is not None and type_.is_function:
        return Native(
            name, lambda machine, given, named: tracer.function(name, [tensor, *given], named)
        )
    held = TENSOR.find(name)
    if held is not MISSING or name.startswith("__"):
        return MISSING

    def unknown(machine: Machine, given: list[Value], named: Keywords) -> Value:
        if tracer.building:
            return Opaque(f"Tensor.{name}, which is not in the registry")
        raise SpecError(
            f"Tensor.{name} is not in the registry",
            hint="describe it in a file and give that: --registry mine.yaml",
            code="S110",
        )

    return Native(name, unknown)


def _in_place(
    machine: Machine, tensor: Tensor, name: str, given: list[Value], named: Keywords
) -> Value:
    """Do what a method with `_` at its end does: the tensor itself becomes the result."""
    tracer = machine.tracer
    base = name.rstrip("_")
    known = tracer.registry.knows(base)
    if tensor.kind == "value" and known and not _harmless(tracer, tensor):
        found = tracer.function(base, [tensor, *given], named)
        if isinstance(found, Tensor):
            tensor.become(found)
        return tensor
    if base == "resize" or (known and tracer.registry.find(base).data["family"] == "shape"):
        found = machine.call(machine.get(tensor, base), given, named)
        if isinstance(found, Tensor):
            tensor.become(found)
        return tensor
    tensor.elements = None
    return tensor


def _harmless(tracer: Tracer, tensor: Tensor) -> bool:
    """Say whether filling a tensor needs no record: while the model is built."""
    return tracer.building and tensor.reference is None


# ------------------------------------------------------------------------------------- plumbing


def _size(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    dim = given[0] if given else named.get("dim")
    found = sizes_of(machine.tracer, tensor)
    if dim is None:
        return found
    place = machine.pin(dim)
    if not -len(found) <= place < len(found):
        raise machine.fail(
            "IndexError",
            f"Dimension out of range (expected to be in range of [{-len(found)},"
            f" {len(found) - 1}], but got {place})",
        )
    return found[place]


def _dim(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    return len(sizes_of(machine.tracer, tensor))


def _numel(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    return machine.product(list(sizes_of(machine.tracer, tensor)))


def _same(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    return tensor


def _copy(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    if tensor.kind == "value":
        return tensor.copy()
    found = tensor.copy()
    found.reference = machine.tracer.reference(tensor) if not machine.tracer.building else None
    found.kind = "value"
    found.fixed = True
    return found if found.reference is not None else _fixed(machine, tensor)


def _fixed(machine: Machine, tensor: Tensor) -> Tensor:
    """Give a tensor of the same shape that is no parameter, while the model is built."""
    assert tensor.shape is not None
    return machine.tracer.create(tensor.shape, tensor.elements)


def _typed(dtype: str) -> Rule:
    def run(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
        found = tensor.copy()
        if tensor.kind != "value":
            return _copy(machine, tensor, [], {})
        found.dtype = dtype
        if found.elements is not None and dtype.startswith("int"):
            found.elements = tuple([int(item) for item in found.elements])
        return found

    return run


def _to(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    for item in [*given, *named.values()]:
        if isinstance(item, Marker) and item.kind == "dtype":
            return _typed(item.name)(machine, tensor, [], {})
    return tensor


def _item(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    if tensor.elements is not None and len(tensor.elements) == 1:
        return tensor.elements[0]
    return Opaque("a number in a tensor", machine.here())


def _tolist(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    if tensor.elements is None or tensor.shape is None:
        return Opaque("the numbers in a tensor", machine.here())
    return to_nested([machine.pin(size) for size in tensor.shape], tensor.elements)


def _numpy(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    assert tensor.shape is not None
    return Array(tuple([machine.pin(size) for size in tensor.shape]), tensor.elements)


def _new(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    """Make a tensor of a shape, or of a list of numbers."""
    listed = len(given) == 1 and isinstance(given[0], (list, tuple))
    if listed and not isinstance(given[0], Sizes):
        return CREATORS["given"](machine, given, named)
    return CREATORS["unknown"](machine, given or [0], named)


def is_moved(machine: Machine, tensor: Tensor) -> bool:
    """Say whether a tensor's numbers may lie in memory otherwise than one row after the other."""
    reference = tensor.reference
    return reference is not None and machine.tracer.propagation.layout.is_odd(reference)


def _is_contiguous(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    return not is_moved(machine, tensor)


def _stride(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    assert tensor.shape is not None
    strides = in_order([machine.pin(size) for size in tensor.shape])
    reference = tensor.reference
    if reference is not None and machine.tracer.propagation.layout.is_odd(reference):
        strides = machine.tracer.propagation.layout.of(reference, tensor.shape)
        if strides is None:
            return Opaque("strides of a tensor", machine.here())
    return strides[machine.pin(given[0])] if given else strides


def _type(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    return "torch.FloatTensor" if not given and not named else _to(machine, tensor, given, named)


def _nothing(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    return None


def _is_floating(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    return tensor.dtype.startswith(("float", "bfloat"))


# Functions of one tensor that are no layers, by the words of `numbers` in layers.yaml.
UNRECORDED: dict[str, Rule] = {"itself": _same, "copy": _copy, "converted": _to}
_METHODS: dict[str, Rule] = {
    "size": _size,
    "dim": _dim,
    "ndimension": _dim,
    "numel": _numel,
    "nelement": _numel,
    **dict.fromkeys(["detach_", "alias"], _copy),
    **{name: _typed(dtype) for name, dtype in DTYPES.items()},
    "type": _type,
    "item": _item,
    "tolist": _tolist,
    "numpy": _numpy,
    "new": _new,
    "is_contiguous": _is_contiguous,
    "is_floating_point": _is_floating,
    "stride": _stride,
    **dict.fromkeys(["retain_grad", "register_hook", "backward"], _nothing),
    "element_size": lambda machine, tensor, given, named: 4,
    "get_device": lambda machine, tensor, given, named: -1,
    "__len__": lambda machine, tensor, given, named: machine.tracer.size(tensor, 0),
}


def without_entry(machine: Machine, type_: LayerType, given: list[Value], named: Keywords) -> Value:
    """Do what a function does of which the net keeps nothing, or a tensor; MISSING for others."""
    word = type_.numbers or ""
    make = CREATORS.get(word)
    if make is not None:
        like = type_.inputs and word != "like"  # x.new_zeros(2, 3)
        return make(machine, given[1:] if like else given, named, None if like else type_.name)
    rule = UNRECORDED.get(word)
    if rule is None:
        return MISSING
    tensor, *rest = given or [named.get("input")]
    if isinstance(tensor, Tensor):
        if rule is not _same and is_moved(machine, tensor):
            return MISSING  # a copy lies otherwise
        return rule(machine, tensor, rest, named)
    return tensor if isinstance(tensor, Opaque) else MISSING
