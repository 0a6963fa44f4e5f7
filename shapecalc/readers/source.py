"""Where a net comes from: standard input, a file, an expression, the zoo; told apart in this order."""

from __future__ import annotations

import os
import re
from typing import Any

from ..errors import SpecError, nearest_words
from ..net import Net
from ..registry import Registry
from .expressions import looks_like_expression, read_expression
from .marks import MAX_BYTES
from .spec import read_spec_text

ZOO = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "zoo")
SUFFIXES = (".yaml", ".yml", ".json", ".py", ".onnx", ".txt")

_PYTHON_FILE = re.compile(r"(.+\.py)(?::(.+))?", re.S)
_SOURCE = re.compile(r"^\s*(import |from \S+ import |class \w+|def \w+|@)", re.M)


def read(
    source: str,
    *,
    registry: Registry,
    stdin_text: str | None = None,
    inputs: Any = None,
) -> Net:
    """Read the net that a command line's argument names.

    `-` reads `stdin_text`. `inputs` are the shapes the user gave, which Python source is traced with.
    Raises `SpecError` for what isn't there or can't be read.
    """
    if source == "-":
        return read_text(stdin_text or "", "-", registry=registry, inputs=inputs)
    python = _PYTHON_FILE.fullmatch(source)
    if python is not None and os.path.exists(python[1]):
        from .python import read_python

        text = file_text(python[1])
        return read_python(text, python[1], python[2], registry=registry, inputs=inputs)
    if os.path.isfile(source):
        return _read_file(source, registry, inputs)
    if python is not None and not looks_like_expression(python[1]):
        raise _missing(python[1])
    if looks_like_expression(source):
        return read_expression(source, registry=registry)
    if source in zoo_names():
        path = os.path.join(ZOO, source + ".yaml")
        return read_spec_text(file_text(path), f"{source}.yaml", registry=registry)
    if os.path.isdir(source):
        raise SpecError(f"{source} is a folder", hint="give a file in it", code="S131")
    raise _missing(source)


def _missing(source: str) -> SpecError:
    if os.path.splitext(source)[1] in SUFFIXES or os.sep in source:
        folder = os.path.dirname(source) or "."
        try:
            near = nearest_words(os.path.basename(source), os.listdir(folder), 0.6)
        except OSError:
            near = []
        hint = f"did you mean {os.path.join(os.path.dirname(source), near[0])}?" if near else None
        return SpecError(f"there is no file {source}", hint=hint, code="S131")
    near = nearest_words(source, zoo_names(), 0.6)
    hint = (
        f"did you mean {near[0]}?"
        if near
        else "a net is a file, a layer's call such as 'Conv2d(3, 6, 5)', or a name from"
        " `shapecalc zoo`"
    )
    return SpecError(f"{source} is no file and no net of the zoo", hint=hint, code="S131")


def _read_file(path: str, registry: Registry, inputs: Any) -> Net:
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".onnx":
        from .onnx import read_onnx

        return read_onnx(path, registry=registry)
    text = file_text(path)
    if suffix in (".yaml", ".yml", ".json"):
        return read_spec_text(text, path, registry=registry)
    return read_text(text, path, registry=registry, inputs=inputs)


def read_text(text: str, file: str, *, registry: Registry, inputs: Any = None) -> Net:
    """Read text whose kind has to be told from what is in it."""
    start = text.lstrip()[:1]
    if start in ("{", "["):
        return read_spec_text(text, file, registry=registry)
    if not text.strip():
        raise SpecError(
            "there is nothing to read" if file == "-" else f"{file} is empty",
            hint="pipe a spec, or the JSON that `shapecalc infer --json` prints",
            code="S105",
        )
    if _SOURCE.search(text) and not re.search(r"^(layers|input|inputs|modules|name):", text, re.M):
        from .python import read_python

        return read_python(text, file, None, registry=registry, inputs=inputs)
    first = text.strip().splitlines()[0]
    if re.fullmatch(r"[\w.]+\(.*", first) and re.search(r"^\s+\(\w+\): ", text, re.M):
        from .printed import read_printed

        return read_printed(text, file, registry=registry)
    if "\n" not in text.strip() and looks_like_expression(text) and ": " not in text:
        return read_expression(text.strip(), registry=registry)
    return read_spec_text(text, file, registry=registry)


def file_text(path: str) -> str:
    """Read a text file.

    Raises `SpecError` when it isn't there, is too large, or isn't UTF-8.
    """
    try:
        if os.path.getsize(path) > MAX_BYTES:
            raise SpecError(f"{path} is larger than {MAX_BYTES:,} bytes", code="S103")
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except OSError as error:
        raise SpecError(f"{path} can't be read: {error.strerror}", code="S131") from None
    except UnicodeDecodeError:
        raise SpecError(
            f"{path} is not UTF-8 text", hint="save it as UTF-8", code="S131"
        ) from None


def zoo_names() -> list[str]:
    """List the nets that come with shapecalc."""
    return sorted(
        name.removesuffix(".yaml") for name in os.listdir(ZOO) if name.endswith(".yaml")
    )
