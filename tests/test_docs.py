"""README and docs are run: each console block's output, and each Python example, must be what they show."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)


def commands() -> list[tuple[str, str, str]]:
    found = []
    for page in PAGES:
        for block in CONSOLE.findall(page.read_text(encoding="utf-8")):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                found.append((page.name, command, output))
    return found


@pytest.mark.parametrize(
    ("page", "command", "expected"), commands(), ids=lambda value: str(value)[:50]
)
def test_console_examples(page: str, command: str, expected: str) -> None:
    scripts = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": scripts + os.pathsep + os.environ["PATH"]}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout.rstrip("\n") == expected.rstrip("\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_examples(page: Path) -> None:
    failures, _ = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert failures == 0


MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "shapecalc").rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str) -> None:
    module = __import__(name, fromlist=["_"])
    failures, _ = doctest.testmod(sys.modules.get(name, module))
    assert failures == 0


def test_the_pictures_are_current(tmp_path: Path) -> None:
    import runpy

    from tests.commands import run

    pictures: dict[str, str] = runpy.run_path(str(ROOT / "docs" / "update.py"))["PICTURES"]
    for name, net in pictures.items():
        file, *options = net.split()
        drawn = run("draw", str(ROOT / file), *options, "-o", str(tmp_path / name))
        assert drawn.code == 0
        assert (tmp_path / name).read_text() == (ROOT / "docs" / name).read_text()


def test_the_list_of_layers_is_current() -> None:
    import runpy

    written = runpy.run_path(str(ROOT / "docs" / "make_layers.py"))["text"]()
    page = (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")
    assert page == written, "run python docs/make_layers.py"
