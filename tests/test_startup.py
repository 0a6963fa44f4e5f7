"""Nothing heavy is imported before it is needed: users wait for the start."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.commands import EXAMPLES, ROOT

LENET = str(EXAMPLES / "lenet.yaml")
HEAVY = ("rich", "sympy", "onnx", "torch", "importlib.metadata", "importlib.resources")


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sys.modules, sep='\\n', file=sys.stderr)"
    found = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        check=True,
    )
    return set(found.stderr.split())


def command(*arguments: str) -> str:
    return (
        "from shapecalc.cli import main\n"
        f"try: main({list(arguments)!r})\nexcept SystemExit as done: assert done.code == 0"
    )


def test_the_package_alone_loads_nothing() -> None:
    found = modules_after("import shapecalc")
    assert {name for name in found if name.startswith("shapecalc")} == {"shapecalc"}


@pytest.mark.parametrize("name", HEAVY)
def test_infer_as_json_is_light(name: str) -> None:
    assert name not in modules_after(command("infer", LENET, "--json"))


@pytest.mark.parametrize("name", HEAVY)
def test_symbols_are_light(name: str) -> None:
    found = modules_after(command("infer", LENET, "--json", "--input", "Nx3xHxW"))
    assert name not in found


@pytest.mark.parametrize("name", HEAVY)
def test_a_table_in_a_pipe_is_light(name: str) -> None:
    assert name not in modules_after(command("infer", LENET))


@pytest.mark.parametrize("name", HEAVY)
def test_solve_is_light(name: str) -> None:
    assert name not in modules_after(command("solve", LENET, "--target", "5x5", "--json"))


def test_infer_loads_no_other_command() -> None:
    found = modules_after(command("infer", LENET, "--json"))
    assert "shapecalc.cli.infer" in found
    assert not {"shapecalc.cli.solve", "shapecalc.cli.draw", "shapecalc.solve"} & found


def test_help_loads_no_command() -> None:
    found = modules_after(command("--help"))
    assert not {name for name in found if name.startswith(("shapecalc.infer", "shapecalc.net"))}
