"""Types of numbers by the short names that torch has for them: `torch.half`, `x.half()`, `HalfTensor`."""

from __future__ import annotations

DTYPES = {
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
    "cfloat": "complex64",
    "cdouble": "complex128",
}


def legacy_name(name: str) -> str:
    """Give the class that tensors of a type had once: `FloatTensor`, `BFloat16Tensor`."""
    return f"{name.capitalize().replace('Bf', 'BF')}Tensor"
