"""Sources that compute with fractions of sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import shapecalc
from tests.commands import run

SOURCE = """
import torch.nn as nn


class Net(nn.Module):
    def forward(self, wave):
        n = wave.shape[-1]
        return wave[:{part}]
"""


@pytest.mark.parametrize(
    ("part", "own", "symbolic"),
    [
        ("int(n / 2.5)", lambda n: int(n / 2.5), "2*L//5"),
        ("int(n * 0.5)", lambda n: int(n * 0.5), "L//2"),
        ("int(n * 0.3)", lambda n: int(n * 0.3), None),
        ("round(n / 2.5)", lambda n: round(n / 2.5), None),
        ("n // 2", lambda n: n // 2, "L//2"),
        ("int(n / 4 * 1.5)", lambda n: int(n / 4 * 1.5), "3*L//8"),
    ],
)
def test_parts_of_a_size(
    part: str, own: Callable[[int], int], symbolic: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "model.py"
    file.write_text(SOURCE.format(part=part), encoding="utf-8")
    for n in (997, 1000):
        result = shapecalc.infer(str(file), input=(n,))
        assert [*result.outputs.values()] == [[(own(n),)]]
    if symbolic is not None:
        ((shape,),) = shapecalc.infer(str(file), input=("L",)).outputs.values()
        assert str(shape[0]) == symbolic


def test_a_slice_needs_whole_numbers() -> None:
    assert run("infer", "getitem((slice(0, 2.5),))", "--input", "5").code == 1


def test_the_hint_has_the_input_of_the_net(tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text(SOURCE.format(part="int(n * 0.3)"), encoding="utf-8")
    assert (
        "hint: give the sizes as numbers: --input 64\n"
        in run("infer", str(file), "--input", "L").err
    )
    text = SOURCE.replace("wave)", "wave, other)").format(part="len([*other])")
    file.write_text(text, encoding="utf-8")
    found = run("infer", str(file), "--input", "wave=NxL", "--input", "other=Bx3")
    assert "--input wave=1x64 --input other=64x3\n" in found.err
