"""Attributes and methods of tensors: sizes, plumbing that shapes don't depend on, and functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...errors import SpecError
from .arguments import numbers_of
from .arrays import to_nested
from .creation import CREATORS, shape_argument
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
        case "data" | "real":
            return tensor if tensor.fixed or tensor.kind != "value" else tensor.copy()
        case "T" | "mT" | "H" | "mH":
            return _transposed(tracer, tensor, name)
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
    if rule is not None:
        return Native(name, lambda machine, given, named: rule(machine, tensor, given, named))
    if name.endswith("_") and not name.startswith("_"):
        return Native(
            name, lambda machine, given, named: _in_place(machine, tensor, name, given, named)
        )
    if tracer.registry.knows(name) and name[:1].islower():
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


def _transposed(tracer: Tracer, tensor: Tensor, name: str) -> Value:
    rank = len(sizes_of(tracer, tensor))
    if name in ("T", "H"):
        return tracer.function("permute", [tensor, tuple(range(rank - 1, -1, -1))], {})
    return tracer.function("transpose", [tensor, -2, -1], {})


def _in_place(
    machine: Machine, tensor: Tensor, name: str, given: list[Value], named: Keywords
) -> Value:
    """Do what a method with `_` at its end does: the tensor itself becomes the result."""
    tracer = machine.tracer
    base = name.rstrip("_")
    if tensor.kind == "value" and tracer.registry.knows(base) and not _harmless(tracer, tensor):
        found = tracer.function(base, [tensor, *given], named)
        if isinstance(found, Tensor):
            tensor.become(found)
        return tensor
    if base in ("unsqueeze", "squeeze", "transpose", "t", "resize", "swapaxes"):
        found = machine.call(machine.get(tensor, base), given, named)
        if isinstance(found, Tensor):
            tensor.become(found)
        return tensor
    if base != "requires_grad":
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


def _new(name: str) -> Rule:
    """Make a tensor like another by its method: `x.new_zeros(2, 3)`."""

    def run(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
        if name == "new" and len(given) == 1 and isinstance(given[0], (list, tuple)):
            if not isinstance(given[0], Sizes):
                return CREATORS["tensor"](machine, given, named)
        if name == "new_tensor":
            return CREATORS["tensor"](machine, given, named)
        if name == "new_full":
            return CREATORS["full"](machine, given, named)
        kind = {"new_zeros": "zeros", "new_ones": "ones"}.get(name, "empty")
        return CREATORS[kind](machine, [shape_argument(machine, given, named)], {})

    return run


def _is_contiguous(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    return True


def _stride(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    sizes = sizes_of(machine.tracer, tensor)
    strides = [machine.product(list(sizes[place + 1 :])) for place in range(len(sizes))]
    return strides[machine.pin(given[0])] if given else tuple(strides)


def _type(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    return "torch.FloatTensor" if not given and not named else _to(machine, tensor, given, named)


def _nothing(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    return None


def _is_floating(machine: Machine, tensor: Tensor, given: list[Value], named: Keywords) -> Value:
    return tensor.dtype.startswith(("float", "bfloat"))


_METHODS: dict[str, Rule] = {
    "size": _size,
    "dim": _dim,
    "ndimension": _dim,
    "numel": _numel,
    "nelement": _numel,
    **dict.fromkeys(
        ["cpu", "cuda", "pin_memory", "requires_grad_", "type_as", "share_memory_"], _same
    ),
    **dict.fromkeys(["contiguous", "clone", "detach", "detach_", "alias"], _copy),
    **{
        name: _typed(dtype)
        for name, dtype in {
            "float": "float32",
            "double": "float64",
            "half": "float16",
            "bfloat16": "bfloat16",
            "long": "int64",
            "int": "int32",
            "short": "int16",
            "char": "int8",
            "byte": "uint8",
            "bool": "bool",
        }.items()
    },
    "to": _to,
    "type": _type,
    "item": _item,
    "tolist": _tolist,
    "numpy": _numpy,
    **{
        name: _new(name)
        for name in ("new", "new_zeros", "new_ones", "new_empty", "new_full", "new_tensor")
    },
    "is_contiguous": _is_contiguous,
    "is_floating_point": _is_floating,
    "stride": _stride,
    **dict.fromkeys(["retain_grad", "register_hook", "backward"], _nothing),
    "element_size": lambda machine, tensor, given, named: 4,
    "get_device": lambda machine, tensor, given, named: -1,
    "__len__": lambda machine, tensor, given, named: machine.tracer.size(tensor, 0),
}
