"""Which module may import which: the table of `docs/architecture.md`, held to the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "shapecalc"


def rows() -> dict[str, int]:
    """Read the table: each module or package, and its row."""
    found: dict[str, int] = {}
    for line in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 3 and cells[0].isdigit():
            for name in re.findall(r"`([\w/*]+)`", cells[1]):
                found[name.removesuffix("/*")] = int(cells[0])
    return found


ROWS = rows()
MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.name not in ("__init__.py", "__main__.py")
)


def place(path: Path) -> str:
    """Give the name that a file has in the table: its own, or its package's."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports(path: Path) -> set[str]:
    """List what a module imports from the package when it is itself imported."""
    found: set[str] = set()
    depth = len(path.relative_to(PACKAGE).parts)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.level >= depth:
            names = [node.module.partition(".")[0]] if node.module else [a.name for a in node.names]
            found.update(name for name in names if not name.startswith("_"))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_import_from_rows_above_only(path: Path) -> None:
    own = place(path)
    assert own in ROWS, f"{own} is not in the table of docs/architecture.md"
    for name in imports(path):
        if name == own:
            continue
        same_row = ROWS[name] == ROWS[own]
        assert ROWS[name] < ROWS[own] or same_row, f"{own} imports {name} from a row below"


@pytest.mark.parametrize("library", ["click", "rich", "sympy", "onnx", "torch"])
def test_heavy_libraries_are_imported_in_one_place(library: str) -> None:
    homes = {
        "click": {"cli"},
        "rich": {"render"},
        "sympy": {"derivation"},
        "onnx": {"readers"},
        "torch": set(),
    }
    users = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            if any(name.partition(".")[0] == library for name in names):
                users.add(place(path))
    assert users <= homes[library]


def test_no_python_knows_a_layer_by_name() -> None:
    from shapecalc.registry import default_registry

    names = default_registry().names()
    classes = {name for name in names if name[:1].isupper() and len(name) > 1}
    plumbing = {"Sequential"}  # a container of the spec itself
    offenders = []
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documentation = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if id(node) in documentation:
                    continue
                if node.value in classes - plumbing:
                    offenders.append(f"{path.name}:{node.lineno}: {node.value}")
    assert offenders == []
