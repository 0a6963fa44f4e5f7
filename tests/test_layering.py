"""Which module may import which: the table of `docs/architecture.md`, held to the code."""

from __future__ import annotations

import ast
import builtins
import functools
import itertools
import math
import operator
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from shapecalc.readers.python.dtypes import DTYPES
from shapecalc.registry import default_registry

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
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = [path for path in FILES if path.name not in ("__init__.py", "__main__.py")]


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


ONNX = yaml.safe_load((PACKAGE / "readers" / "onnx.yaml").read_text(encoding="utf-8"))
FOLDS = {rule["fold"] for rule in ONNX["operators"].values() if "fold" in rule}
NUMPY = """
    zeros ones full eye zeros_like ones_like arange linspace
    flatten ravel reshape concatenate stack tile transpose unique triu tril
    prod sum max min mean cumsum cumprod maximum minimum
    add subtract multiply divide floor_divide abs ceil floor round sign negative
    sqrt square exp exp2 expm1 log log2 log10 log1p sin cos tan tanh sinh cosh arctan
    qr rand randn randint long double
"""
# Words that are names of functions in the registry and mean something else in Python: words of the
# formats that we read and write, wherever they stand, and names of other libraries, where they do.
OURS = {
    "keys of specs, of the registry and of answers": "where type repeat fold view pad to inverse",
    "kinds of arguments and of numbers": "int float bool any tensor",
    "what a tensor is to its module": "parameter buffer",
    "how a spec writes a tensor that is an argument": "empty",
    "commands": "solve diff",
    "one of a list": "item",
}
FORMULAS = "min max abs sum prod all expand reshape getitem einsum rearrange"
# Words written by hand are one text; a set has all that a class or module of Python has.
THEIRS: dict[str, tuple[str, str | set[str]]] = {
    "dims/__init__.py": ("of sizes", "maximum minimum"),
    "formula.py": ("functions of formulas", FORMULAS),
    "structure.py": ("functions of formulas", FORMULAS),
    "readers/folding.py": ("functions of formulas", FORMULAS),
    "latex.py": ("functions of formulas", "min max"),
    "render/script.py": ("functions of JavaScript", "min max"),
    "notation.py": ("tasks of einops", "reduce"),
    "spec_schema.py": ("a key of JSON Schema", "minimum"),
    "cli/draw.py": ("a format of pictures", "dot"),
    "readers/operator_names.py": ("Python's operators", {*dir(operator)}),
    "readers/operators/folding.py": ("words of onnx.yaml", {*FOLDS, "split"}),
    "readers/python/builtin.py": ("Python's own functions", {*dir(builtins)}),
    "readers/python/numbers.py": ("Python's own functions", {*dir(builtins)}),
    "readers/python/libraries.py": ("what numpy had once", "complex"),
    "readers/python/methods.py": (
        "methods of Python's types",
        {*dir(str), *dir(list), *dir(set)},
    ),
    "readers/python/standard.py": (
        "Python's library",
        {*dir(math), *dir(functools), *dir(itertools)},
    ),
    "readers/python/patterns.py": ("Python's library", {*dir(re)}),
    "readers/python/numerics.py": ("numpy's functions", NUMPY),
    "readers/python/shaping.py": ("numpy's functions", NUMPY),
    "readers/python/dtypes.py": ("types of numbers", {*DTYPES}),
    "readers/python/containers.py": (
        "methods of nn.Module; a reduction",
        "mean cuda cpu half double bfloat16 requires_grad_",
    ),
    "readers/python/modules.py": ("methods of nn.Module", "xpu"),
    "readers/python/tensors.py": ("a device", "cpu"),
    "readers/python/torchlib.py": ("packages of torch", "cpu cuda fft mps xpu"),
    "readers/python/attributes.py": ("types of numbers", "complex"),
    "readers/python/values.py": ("the frame around a frame", "outer"),
    "readers/constructions.py": ("where a tensor is kept", "pin_memory"),
}


def constants(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts in a module, but for its documentation, and their lines."""
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
            if id(node) not in documentation:
                yield node.lineno, node.value


def words_of(text: str) -> list[str]:
    """Give the words of a text, without what stands before dots."""
    return [word.rpartition(".")[2] for word in text.split() if "." not in word[-1:]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_python_knows_a_layer_by_name(path: Path) -> None:
    names = {name for name in default_registry().names() if len(name) > 1}
    ours = {word for words in OURS.values() for word in words.split()}
    plumbing = {"Sequential"}  # a container of the spec itself
    _, excepted = THEIRS.get(str(path.relative_to(PACKAGE)), ("", ""))
    theirs = excepted.split() if isinstance(excepted, str) else excepted
    known = names - plumbing - ours - {*theirs}
    found = []
    for line, text in constants(path):
        words = words_of(text)
        if words and set(words) <= known:  # one, with its package or without, or a list of them
            found.append((line, text))
    assert found == []


def named(path: Path) -> set[str]:
    """Give the words of a module's texts that are nothing but names of the registry."""
    names = set(default_registry().names())
    found: set[str] = set()
    for words in (set(words_of(text)) for _, text in constants(path)):
        found |= words if words <= names else set()
    return found


def test_each_exception_is_needed() -> None:
    used = {str(path.relative_to(PACKAGE)): named(path) for path in FILES}
    assert set(THEIRS) <= set(used)
    ours = {word for words in OURS.values() for word in words.split()}
    assert ours <= set().union(*used.values())
    by_hand: dict[str, set[str]] = {}  # a list of words, and those used where it is excepted
    for file, (_, words) in THEIRS.items():
        if isinstance(words, str):
            by_hand.setdefault(words, set()).update(used[file] - ours)
        else:  # all that a class or module of Python has
            assert (used[file] - ours) & words, file
    unused = {words: set(words.split()) - found for words, found in by_hand.items()}
    assert not any(unused.values()), unused
