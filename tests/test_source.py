"""Which net an argument names: standard input, files, expressions, the zoo; and shapes as text."""

from __future__ import annotations

import json
import os
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapecalc.dims import Dim, symbol
from shapecalc.errors import SpecError
from shapecalc.net import Net
from shapecalc.readers import parse_shape, read, zoo_names
from shapecalc.readers.source import STDIN
from shapecalc.syntax import Call, parse
from tests.few_layers import REGISTRY

SPEC = "layers:\n  - relu\n"
JSON = json.dumps({"layers": ["relu"]})
SOURCE = "import torch\n\nclass Net(torch.nn.Module):\n    pass\n"
PRINTED = "Net(\n  (conv1): Conv2d(3, 6, kernel_size=(5, 5), stride=(1, 1))\n)\n"


def net_of(argument: str | None, stdin: str | bytes | None = None) -> Net:
    return read(argument, registry=REGISTRY, stdin_text=stdin)


def failure(argument: str | None, stdin: str | bytes | None = None) -> SpecError:
    with pytest.raises(SpecError) as found:
        net_of(argument, stdin)
    return found.value


@pytest.fixture
def other_readers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Note what the readers of other forms are given."""
    calls: list[tuple[Any, ...]] = []

    def note(name: str) -> Any:
        def run(*arguments: Any, **_: Any) -> Net:
            calls.append((name, *arguments))
            return Net("", {}, (), ())

        return run

    for module, function in (
        ("python", "read_python"),
        ("printed", "read_printed"),
        ("onnx", "read_onnx"),
    ):
        made = types.ModuleType(f"shapecalc.readers.{module}")
        setattr(made, function, note(module))
        monkeypatch.setitem(sys.modules, made.__name__, made)
    return calls


@pytest.mark.parametrize("text", [SPEC, JSON, "{layers: [relu]}", "\ufeff" + SPEC, "relu()\n"])
def test_standard_input_is_told_by_its_content(text: str) -> None:
    assert [layer.name for layer in net_of("-", text).layers] == ["0"]
    assert net_of("-", text.encode()).layers
    assert net_of(None, text).file == STDIN


def test_what_infer_prints_is_read_from_standard_input() -> None:
    document = {"version": 1, "kind": "inference", "net": net_of("-", SPEC).to_dict()}
    assert net_of("-", json.dumps(document)).to_dict() == net_of("-", SPEC).to_dict()


def test_other_forms_on_standard_input(other_readers: list[tuple[Any, ...]]) -> None:
    net_of("-", SOURCE)
    net_of("-", PRINTED)
    assert other_readers == [("python", SOURCE, STDIN, None), ("printed", PRINTED, STDIN)]


def test_files_are_told_by_their_suffixes(
    tmp_path: Path, other_readers: list[tuple[Any, ...]]
) -> None:
    for name, text in {
        "a.yaml": SPEC,
        "b.json": JSON,
        "c.yml": SPEC,
        "d.txt": PRINTED,
        "e.py": SOURCE,
        "f.onnx": "",
        "g": SPEC,
    }.items():
        (tmp_path / name).write_text(text)
    for name in ("a.yaml", "b.json", "c.yml", "g"):
        assert [layer.name for layer in net_of(str(tmp_path / name)).layers] == ["0"]
    for name in ("d.txt", "e.py", "f.onnx"):
        net_of(str(tmp_path / name))
    net_of(f"{tmp_path}/e.py:DataParallel(Net(num_classes=10))")
    assert [item[0] for item in other_readers] == ["printed", "python", "onnx", "python"]
    assert other_readers[3][2:] == (str(tmp_path / "e.py"), "DataParallel(Net(num_classes=10))")


def test_expressions_hold_a_call() -> None:
    assert [layer.name for layer in net_of("Conv2d(3, 6, 5) | ReLU").layers] == ["0", "1"]
    assert [layer.name for layer in net_of("ReLU | ReLU").layers] == ["0", "1"]


def test_names_of_the_zoo() -> None:
    assert "lenet" in zoo_names()
    error = failure("lenett")
    assert (error.code, error.hint) == ("S131", "did you mean lenet?")


def test_without_an_argument_net_yaml_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert failure(None).message == "there is no file net.yaml"
    (tmp_path / "net.yaml").write_text(SPEC)
    assert net_of(None).file == "net.yaml"


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(SPEC)
    error = failure(str(tmp_path / "modle.yaml"))
    assert error.hint == f"did you mean {tmp_path / 'model.yaml'}?"
    assert failure(str(tmp_path / "no" / "x.yaml")).hint is None
    assert failure(str(tmp_path / "model.yml")).hint == f"did you mean {tmp_path / 'model.yaml'}?"
    (tmp_path / "net.md").write_text("")  # isn't read, and the names' ends don't make them alike
    assert failure(str(tmp_path / "nett.yaml")).hint is None
    assert failure(str(tmp_path / "x.py") + ":Net").code == "S131"


@pytest.mark.parametrize("argument", ["", "no such thing", "a\0b", "x" * 100_000, "/"])
def test_arguments_that_name_nothing(argument: str) -> None:
    assert failure(argument).code == "S131"


def test_what_a_file_must_be(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"layers:\n  - \xff\n")
    error = failure(str(path))
    assert (error.code, str(error.location)) == ("S100", f"{path}:2:5")
    path.write_bytes("layers: [relu]".encode("utf-16"))
    assert failure(str(path)).code == "S100"
    path.write_bytes(b"")
    assert failure(str(path)).code == "S105"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 50_000_001)
    error = failure(str(path))
    assert (error.code, "50,000,000" in error.message) == ("S103", True)


@pytest.mark.parametrize("text", ["", " \n", "\ufeff"])
def test_nothing_on_standard_input(text: str) -> None:
    assert failure("-", text).message == "there is nothing on standard input"
    assert failure("-").code == "S105"


# -------------------------------------------------------------------------------------- shapes

N, H, W = map(symbol, "NHW")


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("1x3x32x32", (1, 3, 32, 32)),
        ("1×3×32×32", (1, 3, 32, 32)),
        ("1X3X32X32", (1, 3, 32, 32)),
        ("Nx3xHxW", (N, 3, H, W)),
        ("N,3,H,W", (N, 3, H, W)),
        (" [N, 3, 2*H + 1, W//2] ", (N, 3, 2 * H + 1, W // 2)),
        ("(5,)", (5,)),
        ("5", (5,)),
        ("0", (0,)),
        ("()", ()),
        ("[ ]", ()),
        ("batchx3", (symbol("batch"), 3)),
        ("max", (symbol("max"),)),
        ("x,y", (symbol("x"), symbol("y"))),
        ("H - H + 3", (3,)),
    ],
)
def test_shapes(text: str, shape: tuple[int | Dim, ...]) -> None:
    assert parse_shape(text) == shape


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("1xx3", 3),
        ("1x3x", 5),
        ("1, -3", 4),
        ("1x3.5", 3),
        ("1x99999999999999999999", 3),
        ("1x007", 3),
        ("N, lambda", 4),
        ("N, H/2", 4),
        ("N, f(x)", 4),
        ("N, 'a'", 4),
        ("N, True", 4),
        ("N, [2", 4),
        ("N, 9**99", 4),
    ],
)
def test_what_is_no_shape(text: str, column: int) -> None:
    with pytest.raises(SpecError) as found:
        parse_shape(text)
    assert found.value.location is not None
    assert found.value.location.column == column
    assert found.value.source == text


def test_a_shape_has_at_most_64_sizes() -> None:
    assert len(parse_shape("x".join("1" * 64))) == 64
    with pytest.raises(SpecError):
        parse_shape("x".join("1" * 65))


# ------------------------------------------------------------------- calls read without `ast`

PIECES = st.sampled_from(
    [
        "3",
        "-1",
        "0",
        "007",
        "k",
        "True",
        "None",
        "(3, 5)",
        "(2)",
        "(1,)",
        "'same'",
        "1.5",
        "2*k",
        "if",
        "stride=2",
        "bias=False",
        "stride=2",
        "[1]",
        "a=lambda",
        "...",
        " 4",
        "5 ",
    ]
)
HEADS = st.sampled_from(["Conv2d", "nn.ReLU", "view", "if", "a.class", "é"])


@given(HEADS, st.lists(PIECES, max_size=5), st.sampled_from([", ", ","]))
def test_quick_calls_are_what_python_reads(head: str, pieces: list[str], comma: str) -> None:
    from shapecalc.readers.quick import quick_call

    text = f"{head}({comma.join(pieces)})"
    found = quick_call(text)
    if found is not None:
        assert found == parse(text)
        assert isinstance(found, Call)
