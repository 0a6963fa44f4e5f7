"""Where a net comes from: standard input, a file, an expression or the zoo, in this order."""

# pathlib would slow the start down:

from __future__ import annotations

import os
import re
from typing import Any

from ..errors import Location, SpecError, TracebackError, nearest_words
from ..net import Net
from ..registry import Registry
from .expressions import looks_like_expression, read_expression
from .failures import show_word
from .spec import MAX_BYTES, read_spec_text

ZOO = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "zoo")
SUFFIXES = (".yaml", ".yml", ".json", ".py", ".onnx", ".txt")
STDIN = "<stdin>"

_PYTHON_FILE = r"(.+?\.py)(?::(.+))?"
_SOURCE = r"^(import \w|from \S+ import |class \w+|(async )?def \w+|@\w)"
_SPEC = r"^(layers|input|inputs|modules|name|outputs) *:"
_PRINTED = r"[\w.]+\(|\([^()\s]+\): \w"
_TRACEBACK = r"^Traceback \(most recent call last\):|^(\w+\.)*\w*(Error|Exception): \S"
_ROOT = r"\w\(\s*$"
_PART = r"^(.*\s)?\([^()\s]+\): \w"


def read(
    source: str | None,
    *,
    registry: Registry,
    stdin_text: str | bytes | None = None,
    inputs: Any = None,
) -> Net:
    """Read the net that a command line's argument names.

    `-` is standard input, whose text is `stdin_text`; without an argument that is read when there
    is any, else `net.yaml`. `inputs` are the shapes the user gave, which Python source is traced
    with. Raises `SpecError` for what isn't there or can't be read.
    """
    if source is None:
        source = "-" if stdin_text is not None else "net.yaml"
    if source == "-":
        text = decoded(stdin_text, STDIN) if isinstance(stdin_text, bytes) else stdin_text or ""
        return read_text(text, STDIN, registry=registry, inputs=inputs)
    python = re.fullmatch(_PYTHON_FILE, source, re.DOTALL)
    if python is not None and os.path.isfile(python[1]):
        from .python import read_python

        text = file_text(python[1])
        try:
            net: Net = read_python(text, python[1], python[2], registry=registry, inputs=inputs)
        except SpecError as error:
            raise _about(error, python[1]) from None
        return net
    if os.path.isdir(source):
        raise SpecError(f"{show_word(source)} is a folder", hint="name a file in it", code="S131")
    if os.path.exists(source):
        return _read_file(source, registry, inputs)
    if python is not None and not looks_like_expression(python[1]):
        raise _missing(python[1])
    if looks_like_expression(source):
        return read_expression(source, registry=registry)
    if source in zoo_names():
        path = os.path.join(ZOO, source + ".yaml")
        return read_spec_text(file_text(path), f"{source}.yaml", registry=registry)
    if registry.knows(source):
        what = f"{source} is a layer, and no net yet"
        raise SpecError(what, hint=f'write its call: "{source}()"', code="S131")
    raise _missing(source)


def _about(error: SpecError, file: str) -> SpecError:
    """Give an error about a file as a whole its beginning as the place."""
    if error.location is None:
        error.location, error.source = Location(file, 1, 1), ""
    return error


def _missing(source: str) -> SpecError:
    shown = show_word(source)
    if os.path.splitext(source)[1] in SUFFIXES or os.sep in source:
        near_file = _near_file(source)
        hint = f"did you mean {near_file}?" if near_file else None
        return SpecError(f"there is no file {shown}", hint=hint, code="S131")
    near = nearest_words(source[:100], zoo_names())
    if near:
        hint = f"did you mean {near[0]}?"
    elif source.partition(":")[0].endswith(".py"):
        hint = "a class is named after the colon: model.py:Net"
    else:
        hint = "a net is a file, a layer's call such as 'Conv2d(3, 6, 5)', or a name from `shapecalc zoo`"
    return SpecError(f"there is no file {shown}, nor a net of that name", hint=hint, code="S131")


def _near_file(path: str) -> str | None:
    """Find a file beside the missing one that has almost its name, and can be read."""
    folder, name = os.path.split(path)
    try:
        there = os.listdir(folder or ".")[:10_000]
    except (OSError, ValueError):
        return None
    stems = {os.path.splitext(item)[0]: item for item in there if item.endswith(SUFFIXES)}
    near = nearest_words(os.path.splitext(name)[0], stems)
    return os.path.join(folder, stems[near[0]]) if near else None


def _read_file(path: str, registry: Registry, inputs: Any) -> Net:
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".onnx":
        from .onnx import read_onnx

        net: Net = read_onnx(path, registry=registry, inputs=inputs)
        return net
    text = file_text(path)
    if suffix in (".yaml", ".yml", ".json"):
        return read_spec_text(text, path, registry=registry)
    return read_text(text, path, registry=registry, inputs=inputs)


def read_text(text: str, file: str, *, registry: Registry, inputs: Any = None) -> Net:
    """Read text whose kind has to be told from what is in it.

    Raises `SpecError` for what can't be read.
    """
    bare = text.removeprefix("\ufeff").strip()
    if re.search(_TRACEBACK, text, re.MULTILINE):
        traceback = TracebackError(
            "this is what Python prints of an error, and no net",
            hint="`shapecalc explain` says what it means",
            location=Location(file, 1, 1),
            source="",
        )
        traceback.text = text
        raise traceback
    if not bare:
        raise SpecError(
            "there is nothing on standard input" if file == STDIN else f"{file} is empty",
            hint="give a spec, Python source, or the JSON that `shapecalc infer --json` prints",
            location=Location(file, 1, 1),
            source="",
            code="S105",
        )
    if bare[0] in "{[" or re.search(_SPEC, text, re.MULTILINE):
        return read_spec_text(text, file, registry=registry)
    if re.search(_SOURCE, text, re.MULTILINE):
        from .python import read_python

        try:
            net: Net = read_python(text, file, None, registry=registry, inputs=inputs)
        except SpecError as error:
            raise _about(error, file) from None
        return net
    begins = re.match(_PRINTED, bare) or re.search(_ROOT, text, re.MULTILINE)
    if begins and re.search(_PART, text, re.MULTILINE):
        from .printed import read_printed

        found: Net = read_printed(text, file, registry=registry)
        return found
    if "\n" not in bare and looks_like_expression(bare) and not re.match(r"(- )?\w+: ", bare):
        return read_expression(bare, registry=registry, file=file)
    return read_spec_text(text, file, registry=registry)


def file_text(path: str) -> str:
    """Read a text file.

    Raises `SpecError` when it isn't there, is too large, or isn't UTF-8.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "it can't be opened"
        raise SpecError(f"{show_word(path)} can't be read: {reason}", code="S131") from None
    return decoded(data, path)


def decoded(data: bytes, file: str) -> str:
    """Decode UTF-8; raises `SpecError` for what is none, or too large."""
    if len(data) > MAX_BYTES:
        what = f"{show_word(file)} is larger than {MAX_BYTES:,} bytes, which is the bound"
        raise SpecError(what, code="S103")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start]) + 1
        raise SpecError(
            f"{show_word(file)} is not UTF-8 text: the byte 0x{data[error.start]:02x}",
            hint="save it as UTF-8",
            location=Location(file, line, column),
            source="",
            code="S100",
        ) from None


def zoo_names() -> list[str]:
    """List the nets that come with shapecalc."""
    return sorted(name.removesuffix(".yaml") for name in os.listdir(ZOO) if name.endswith(".yaml"))
