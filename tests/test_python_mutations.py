"""Model files that are changed at random: only the reader's own errors come out, and nothing is run.

Trees of the files in `sources` get other names, constants, arguments and statements; texts get other
characters. `SHAPECALC_MUTATIONS` says how many; 10,000 have been run without a failure.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shapecalc.errors import ShapecalcError
from shapecalc.infer import infer
from shapecalc.readers.python import read_python
from shapecalc.registry import default_registry
from shapecalc.state import state_dict

SOURCES = Path(__file__).parent / "sources"
MUTATIONS = int(os.environ.get("SHAPECALC_MUTATIONS", "120"))
BLOCKS = 4  # tests that share them
CONSTANTS: list[Any] = [0, 1, -1, 2, 10**30, True, None, "x", "", b"b", 1.5, float("inf"), ..., ()]
NAMES = [
    *("self", "x", "nn", "torch", "F", "len", "range", "list", "dict", "tuple", "int", "str"),
    *("super", "type", "getattr", "setattr", "map", "zip", "sum", "max", "print", "sorted"),
    *("object", "Exception", "__import__", "eval", "exec", "open", "compile", "globals"),
]
ATTRIBUTES = [
    *("shape", "weight", "forward", "size", "append", "modules", "data", "T", "format", "join"),
    *("__class__", "__dict__", "__init__", "__mro__", "__subclasses__", "__globals__", "__code__"),
]
SIGNS = [ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift]
COMPARISONS = [ast.Lt, ast.GtE, ast.Eq, ast.In, ast.NotIn, ast.Is]
CHARACTERS = "()[]{}:,.=*+-'\"\n\t @0x9é\\#"
SHAPES: list[Any] = [(2, 3, 32, 32), ("N", 3, "H", "W"), (2, 10), (2, 3, 16), (1, 1, 1, 1), None]


class Mutation:
    """Changes one tree."""

    def __init__(self, tree: ast.Module, draw: random.Random) -> None:
        self.tree, self.draw = tree, draw
        self.nodes = [*ast.walk(tree)]
        self.expressions = [node for node in self.nodes if isinstance(node, ast.expr)]
        self.statements = [node for node in self.nodes if isinstance(node, ast.stmt)]
        self.written = {  # the text between the braces of f-strings, which can only be text
            part for node in self.nodes if isinstance(node, ast.JoinedStr) for part in node.values
        }

    def run(self) -> str:
        for _ in range(self.draw.choice([1, 1, 2, 4])):
            self.change(self.draw.choice(self.nodes))
        return ast.unparse(ast.fix_missing_locations(self.tree))

    def expression(self) -> ast.expr:
        return copy.deepcopy(self.draw.choice(self.expressions))

    def change(self, node: ast.AST) -> None:
        draw = self.draw
        match node:
            case ast.Constant():
                value = draw.choice(CONSTANTS)
                node.value = str(value) if node in self.written else value
            case ast.Name():
                node.id = draw.choice(NAMES)
            case ast.Attribute():
                node.attr = draw.choice(ATTRIBUTES)
            case ast.BinOp():
                node.op = draw.choice([*SIGNS, ast.MatMult, ast.BitOr])()
            case ast.Compare():
                node.ops = [draw.choice(COMPARISONS)() for _ in node.ops]
            case ast.Call():
                node.args = [self.expression(), *node.args][: draw.randrange(len(node.args) + 2)]
            case ast.FunctionDef() if draw.random() < 0.5:
                node.decorator_list.append(self.expression())
            case ast.FunctionDef() | ast.ClassDef() | ast.If() | ast.For() | ast.Module():
                place = draw.randrange(len(node.body) + 1)
                node.body.insert(place, copy.deepcopy(draw.choice(self.statements)))
            case ast.Assign() | ast.Return() | ast.Expr():
                node.value = self.expression()


def mutated_tree(text: str, draw: random.Random) -> str:
    return Mutation(ast.parse(text), draw).run()


def mutated_text(text: str, draw: random.Random) -> str:
    letters = [*text]
    for _ in range(draw.choice([1, 2, 5])):
        place = draw.randrange(len(letters))
        letters[place : place + draw.randrange(3)] = draw.choice(CHARACTERS)
    return "".join(letters)


def mutants(seed: int, count: int) -> Any:
    """Yield changed files, with what to read of them and the shape to give it."""
    draw = random.Random(seed)
    files = sorted(SOURCES.glob("*.py"))
    for _ in range(count):
        path = draw.choice(files)
        text = path.read_text(encoding="utf-8")
        change: Callable[[str, random.Random], str] = draw.choice(
            [mutated_tree, mutated_tree, mutated_tree, mutated_text]
        )
        kinds = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
        expression = draw.choice([None, *kinds, *(f"{kind}()" for kind in kinds)])
        yield path, change(text, draw), expression, draw.choice(SHAPES)


def read_mutant(path: Path, text: str, expression: str | None, shape: Any) -> None:
    with contextlib.suppress(ShapecalcError):
        net = read_python(text, str(path), expression, registry=default_registry(), inputs=shape)
        state_dict(net)
        infer(net).to_dict()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_changed_files_give_errors_of_the_readers_own(block: int) -> None:
    for path, text, expression, shape in mutants(block, MUTATIONS // BLOCKS):
        try:
            read_mutant(path, text, expression, shape)
        except Exception as error:
            note = f"--- {path.name} {expression} {shape}\n{text}"
            raise AssertionError(note) from error


WATCHED = """
import sys
from tests.test_python_mutations import mutants, read_mutant, SOURCES

found = list(mutants(7, 24))
for mutant in found:
    read_mutant(*mutant)  # so that all of the reader is loaded before the watch begins
seen = []

def watch(event, arguments):
    if event in ("os.system", "subprocess.Popen", "socket.connect", "os.remove", "os.mkdir"):
        seen.append((event, str(arguments)))
    if event == "exec" and "shapecalc" not in str(arguments[0]):
        seen.append((event, str(arguments)))
    if event == "open" and arguments[0] and not str(arguments[0]).startswith(str(SOURCES)):
        seen.append((event, str(arguments[0])))

sys.addaudithook(watch)
for mutant in found:
    read_mutant(*mutant)
print(len(found), seen)
"""


def test_nothing_of_a_changed_file_is_run_or_opened() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "24 []", done.stdout + done.stderr
