"""The columns of `infer --show`: receptive fields, memory, formulas, what floor leaves out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from ..dims import Dim
from ..errors import ShapecalcError
from ..formula import FormulaError
from ..infer import Result
from ..net import Size
from ..propagate import Step
from ..scope import LayerScope
from .rows import NOTHING, Column, number, total

BYTES = 4  # of a float32
UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def detail_columns(names: Sequence[str], result: Result) -> list[Column]:
    """Give the columns that were asked for."""
    makers: dict[str, Callable[[Result], list[Column]]] = {
        "rf": _field_columns,
        "memory": _memory_columns,
        "formula": _formula_columns,
        "dropped": _dropped_columns,
    }
    return [column for name in dict.fromkeys(names) for column in makers[name](result)]


# ------------------------------------------------------------------------------ receptive fields


def _field_columns(result: Result) -> list[Column]:
    from ..receptive import receptive_fields

    fields = receptive_fields(result)

    def column(title: str, part: str) -> Column:
        def cell(step: Step) -> str:
            found = fields.get(step.layer.name)
            return per_axis([getattr(field, part) for field in found]) if found else NOTHING

        return Column(title, True, cell, lambda steps: cell(steps[-1]))

    return [column("Field", "size"), column("Jump", "jump"), column("Centre", "centre")]


def per_axis(values: Sequence[Size | Fraction]) -> str:
    """Write a value for each axis, once where they agree."""
    texts = [_exact(value) for value in values]
    return texts[0] if len(set(texts)) == 1 else "×".join(texts)


def _exact(value: Size | Fraction) -> str:
    """Write halves and quarters as decimals, other fractions as they are."""
    if not isinstance(value, Fraction) or value.denominator == 1:
        return str(value)
    if 1000 % value.denominator:
        return str(value)
    thousandths = value.numerator * 1000 // value.denominator
    sign = "-" if thousandths < 0 else ""
    whole, part = divmod(abs(thousandths), 1000)
    return f"{sign}{whole}.{part:03d}".rstrip("0")


# ---------------------------------------------------------------------------------------- memory


def _memory_columns(_result: Result) -> list[Column]:
    def outputs(steps: Sequence[Step]) -> str:
        return bytes_text(total(_numel(shape) for step in steps for shape in step.shapes) * BYTES)

    def weights(steps: Sequence[Step]) -> str:
        sizes = [
            _numel(shape)
            for step in steps
            for shape in (*step.parameters.values(), *step.buffers.values())
        ]
        return bytes_text(total(sizes) * BYTES)

    return [
        Column("Output memory", True, lambda step: outputs([step]), outputs),
        Column("Weight memory", True, lambda step: weights([step]), weights),
    ]


def _numel(shape: Sequence[Size]) -> Size:
    count: Size = 1
    for size in shape:
        count = count * size
    return count


def bytes_text(count: Size) -> str:
    """Write bytes with a unit; zero is left blank."""
    if isinstance(count, Dim):
        return f"{count} B"
    if count == 0:
        return ""
    place = 0
    scale = 1
    while count >= scale * 1024 and place < len(UNITS) - 1:
        scale *= 1024
        place += 1
    if scale == 1:
        return f"{count} B"
    tenths = (count * 10 + scale // 2) // scale
    return f"{number(tenths // 10)}.{tenths % 10} {UNITS[place]}"


def memory_note(result: Result) -> list[str]:
    """Say what the memory columns add up to, and what they assume."""
    outputs = total(_numel(shape) for step in result.steps for shape in step.shapes) * BYTES
    totals = result.totals
    weights = (totals.parameters + totals.buffers) * BYTES
    sums = f"all outputs {bytes_text(outputs) or '0 B'}, weights {bytes_text(weights) or '0 B'}"
    assumed = f"{BYTES} bytes a number, every output kept, as in training; no gradients"
    return [f"Memory: {sums} ({assumed})"]


# -------------------------------------------------------------------------------------- formulas


def _formula_columns(_result: Result) -> list[Column]:
    return [Column("Formula", False, formula_text)]


def formula_text(step: Step) -> str:
    """Write a layer's formula with the numbers put in, once for each axis that differs."""
    from ..derivation import expanded, with_numbers
    from ..loading import output_name
    from ..syntax import to_text

    scope = step.scope
    if not isinstance(scope, LayerScope):
        return ""
    try:
        name = output_name(scope.type)
        if name is None:
            return ""
        node = scope.type.where_nodes[name]
        texts = []
        for axis in range(scope.axes):
            numbers = with_numbers(expanded(node, scope, axis), scope, axis)
            texts.append(f"{to_text(numbers)} = {scope[name][axis]}")
    except (FormulaError, ShapecalcError, TypeError):
        return ""
    return "; ".join(dict.fromkeys(texts))


# --------------------------------------------------------------------------------------- dropped


def _dropped_columns(_result: Result) -> list[Column]:
    def cell(step: Step) -> str:
        from ..windows import dropped_sizes

        sizes = [max(size, 0) if isinstance(size, int) else size for size in dropped_sizes(step)]
        return (
            per_axis(sizes)
            if any(size != 0 for size in sizes if isinstance(size, int))
            or any(isinstance(size, Dim) for size in sizes)
            else ""
        )

    return [Column("Dropped", True, cell)]
