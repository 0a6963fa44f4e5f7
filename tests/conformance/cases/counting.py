"""Counts the multiply-accumulates that PyTorch does: what its operators on matrices and windows sum up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from math import prod
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode

ATEN = torch.ops.aten


def _last(left: int, right: int) -> Callable[[Any, Any], int]:
    """Count for a product of matrices: all of the left one, for each column of the right one."""
    return lambda arguments, _: int(prod((*arguments[left].shape, arguments[right].shape[-1])))


def _all(place: int) -> Callable[[Any, Any], int]:
    return lambda arguments, _: int(prod(arguments[place].shape))


def _windows(arguments: Any, output: Any) -> int:
    image, weight, transposed = arguments[0], arguments[1], arguments[6]
    return int(prod((image if transposed else output).shape) * prod(weight.shape[1:]))


def _trilinear(arguments: Any, _: Any) -> int:
    tensors = []
    for tensor, places in zip(arguments[:3], arguments[3:6], strict=True):
        for place in places:
            tensor = tensor.unsqueeze(place)
        tensors.append(tensor.shape)
    return prod(torch.broadcast_shapes(*tensors))


COUNTS: Mapping[object, Callable[[Any, Any], int]] = {
    ATEN.mm: _last(0, 1),
    ATEN.addmm: _last(1, 2),
    ATEN.bmm: _last(0, 1),
    ATEN.baddbmm: _last(1, 2),
    ATEN.addbmm: _last(1, 2),
    ATEN.mv: _all(0),
    ATEN.addmv: _all(1),
    ATEN.dot: _all(0),
    ATEN.vdot: _all(0),
    ATEN.convolution: _windows,
    ATEN._convolution: _windows,
    ATEN.conv_tbc: lambda arguments, output: prod(output.shape) * prod(arguments[1].shape[:2]),
    ATEN._trilinear: _trilinear,
}


class Multiplications(TorchDispatchMode):  # type: ignore[misc]
    """Counts while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        output = function(*args, **(kwargs or {}))
        counted = COUNTS.get(function._overloadpacket)
        if counted is not None:
            self.count += counted(args, output)
        return output


@contextmanager
def counting() -> Iterator[Multiplications]:
    """Count in programs that aren't fused, in which every product can be seen."""
    was_fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with ExitStack() as stack:
            stack.enter_context(torch.no_grad())
            stack.enter_context(sdpa_kernel(SDPBackend.MATH))
            stack.enter_context(torch.backends.mkldnn.flags(enabled=False))
            yield stack.enter_context(Multiplications())
    finally:
        torch.backends.mha.set_fastpath_enabled(was_fast)
