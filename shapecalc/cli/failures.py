"""What happens when something goes wrong: messages, JSON documents, exit statuses."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from ..errors import ShapecalcError, ShapeError

FINE, MISFIT, USAGE, BUG, INTERRUPTED = 0, 1, 2, 70, 130


def leave(error: BaseException, arguments: Sequence[str]) -> int:
    """Tell the user of an error; gives the exit status."""
    as_json = "--json" in arguments
    match error:
        case SystemExit(code=int(code)):
            return code
        case SystemExit(code=None):
            return FINE
        case click.exceptions.Exit(exit_code=code):
            return code
        case click.Abort() | KeyboardInterrupt():
            return INTERRUPTED
        case ShapecalcError():
            return _leave_with(error, as_json=as_json)
        case click.ClickException():
            if as_json:
                write_json({"version": 1, "error": _document(error.format_message())})
            error.show()
            return error.exit_code
        case BrokenPipeError() | OSError(errno=errno.EPIPE):
            silence()
            return FINE
        case OSError(strerror=str(reason)):
            name = f"{error.filename}: " if error.filename else ""
            return _leave_with(ShapecalcError(f"{name}{reason}"), as_json=as_json)
        case RecursionError() | MemoryError():
            message = "this is nested too deeply, or is too large, to be worked out"
            return _leave_with(ShapecalcError(message), as_json=as_json)
    return _leave_with_a_bug(error, arguments, as_json=as_json)


def _leave_with(error: ShapecalcError, *, as_json: bool) -> int:
    from ..render.problem import problem_text

    if as_json:
        write_json({"version": 1, "error": error.to_dict()})
    click.echo(problem_text(error), err=True)
    return MISFIT if isinstance(error, ShapeError) else USAGE


def _leave_with_a_bug(error: BaseException, arguments: Sequence[str], *, as_json: bool) -> int:
    from .. import __version__

    what = f"{type(error).__name__}: {error}"
    if as_json:
        write_json({"version": 1, "error": _document(f"a bug in shapecalc: {what}", "S000")})
    if "--debug" in arguments or os.environ.get("SHAPECALC_DEBUG"):
        import traceback

        traceback.print_exception(error)
    click.echo(
        f"error: this is a bug in shapecalc {__version__}: {what}\n"
        "hint: run it again with --debug for the traceback, and please report it",
        err=True,
    )
    return BUG


def _document(message: str, code: str = "S100") -> dict[str, str]:
    return {"code": code, "message": message}


def write_json(document: Any) -> None:
    """Write a JSON document to standard output."""
    from .documents import to_json

    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    write(to_json(document, ascii_only=not encoding.startswith("utf")))


def write(text: str) -> None:
    """Write text to standard output, whatever it can encode; a closed pipe ends it quietly."""
    stream = sys.stdout
    if stream is None:  # it was closed before the start
        return
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            plain = text.translate(_ASCII).encode(encoding, "replace")
            stream.write(plain.decode(encoding))
        stream.flush()
    except BrokenPipeError:
        silence()


_ASCII = str.maketrans(
    {"×": "x", "←": "<-", "→": "->", "·": ".", "…": "...", "≥": ">=", "≤": "<=", "−": "-"}
    | {"─": "-", "│": "|", "∞": "inf", "⌊": "floor(", "⌋": ")", "∈": "in", "–": "-", "≠": "!="}
)


def silence() -> None:
    """Let nothing more be written to standard output, so that closing it can't fail."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, number)
    os.close(nothing)
