"""The options that mean the same everywhere, and what a command does with them."""

from __future__ import annotations

import functools
import os
import re
import stat
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

import click

from ..errors import ShapecalcError, SpecError
from .failures import write, write_json
from .files import replace

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ..net import Net, Shape
    from ..registry import Registry

Inputs: TypeAlias = "Shape | dict[str, Shape] | None"
Function = TypeVar("Function", bound=Callable[..., Any])

MAX_VALUE = 2**63 - 1  # PyTorch's sizes are 64-bit integers
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
MAX_STDIN = 64 * 1024 * 1024  # characters


class Face(NamedTuple):
    """How a command shows its answer."""

    json: bool
    output: str | None
    color: bool | None
    quiet: bool

    @property
    def is_terminal(self) -> bool:
        """Say whether the answer goes to a person's terminal."""
        return self.output is None and sys.stdout is not None and sys.stdout.isatty()

    @property
    def in_color(self) -> bool:
        """Say whether the answer is colored."""
        if self.color is not None:
            return self.color
        unwanted = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return self.is_terminal and not unwanted

    @property
    def width(self) -> int | None:
        """Give the width of the terminal; None where lines may be as long as they are."""
        if not self.is_terminal:
            return None
        import shutil

        return shutil.get_terminal_size().columns

    def answer(self, text: str, *, failed: bool = False) -> None:
        """Give the answer to the file of `-o`, or to standard output."""
        if self.output is not None and not failed:
            replace(self.output, text)
        elif not self.quiet or self.json:
            write(text)

    def document(self, document: Any, *, failed: bool = False) -> None:
        """Give the answer as JSON."""
        if self.output is not None and not failed:
            from .documents import to_json

            replace(self.output, to_json(document))
        else:
            write_json(document)

    def tell(self, message: str) -> None:
        """Say something beside the answer, on standard error."""
        if not self.quiet:
            click.echo(message, err=True)

    def warn(self, warnings: Any) -> None:
        """Pass warnings on; in JSON they stand inside the document."""
        if not self.json:
            for warning in warnings:
                self.tell(f"warning: {warning}")


def common(function: Function) -> Function:
    """Add --json, -o, --color, -q and --debug; the command gets a `Face` in their place."""

    @functools.wraps(function)
    def run(
        *, as_json: bool, output: str | None, color: bool | None, quiet: bool, **rest: Any
    ) -> Any:
        rest.pop("debug", None)
        output = None if output == "-" else output  # standard output, as in other commands
        return function(Face(as_json, output, color, quiet), **rest)

    for option in reversed(
        (
            click.option("--json", "as_json", is_flag=True, help="Print JSON."),
            click.option("-o", "--output", metavar="FILE", help="Write to FILE instead."),
            click.option("--color/--no-color", default=None, help="Color, or none (as NO_COLOR)."),
            click.option("-q", "--quiet", is_flag=True, help="Only the exit status."),
            click.option("--debug", is_flag=True, hidden=True),
        )
    ):
        run = option(run)
    return run  # type: ignore[return-value]  # the options make it keyword-only


def takes_registry(function: Function) -> Function:
    """Add --registry."""
    return click.option(
        "--registry",
        "registries",
        metavar="FILE",
        multiple=True,
        help="More layers, in the form of layers.yaml; repeatable.",
    )(function)


def takes_net(function: Function) -> Function:
    """Add NET and --registry."""
    argument = click.argument("net", required=False, shell_complete=complete_net)
    return argument(takes_registry(function))


def complete_net(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete NET: names of the zoo, and files."""
    from click.shell_completion import CompletionItem

    from ..readers import zoo_names

    names = [name for name in zoo_names() if name.startswith(incomplete)]
    return [CompletionItem(incomplete, type="file"), *map(CompletionItem, names)]


def complete_layer(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Complete the name of a layer."""
    return [name for name in load_registry(()).names() if name.startswith(incomplete)]


def takes_input(function: Function) -> Function:
    """Add --input and --set."""
    function = click.option(
        "--set",
        "assignments",
        metavar="NAME=VALUE",
        multiple=True,
        help="Give a symbol a value; repeatable.",
    )(function)
    return click.option(
        "--input",
        "inputs",
        metavar="SHAPE",
        multiple=True,
        help="Input shape, such as 1x3x32x32 or NAME=Nx3xHxW; repeatable.",
    )(function)


# ------------------------------------------------------------------------------- their values


def load_registry(files: tuple[str, ...]) -> Registry:
    """Read the registry, and the files of --registry."""
    from ..registry import load_registry as load

    return load(files)


def load_net(
    argument: str | None,
    registry: Registry,
    inputs: Inputs = None,
) -> Net:
    """Read NET; without it standard input when it is piped, else net.yaml.

    `inputs` are the shapes of --input, with which Python source is traced.
    Raises `UsageError` when there is nothing to read.
    """
    from ..readers import read

    if argument == "-":
        return read("-", registry=registry, stdin_text=_stdin(), inputs=inputs)
    if argument is not None:
        return read(argument, registry=registry, inputs=inputs)
    text = _stdin() if _is_piped() else ""
    if text.strip():
        return read("-", registry=registry, stdin_text=text, inputs=inputs)
    if os.path.exists("net.yaml"):
        return read("net.yaml", registry=registry, inputs=inputs)
    raise click.UsageError(
        "there is no NET: name a file, a zoo net or an expression, pipe a spec in,"
        ' or put a net.yaml here. Try: shapecalc infer "Conv2d(3, 6, 5) | MaxPool2d(2)"'
    )


def _is_piped() -> bool:
    """Tell a pipe or a file from a terminal or nothing."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):
        return sys.stdin is not None and not sys.stdin.isatty()
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _stdin() -> str:
    """Read standard input."""
    if sys.stdin is None:
        return ""
    try:
        text = sys.stdin.read(MAX_STDIN + 1)
    except UnicodeDecodeError as error:
        raise SpecError(f"standard input is not text: {error}", code="S100") from None
    if len(text) > MAX_STDIN:
        raise SpecError(f"standard input is longer than {MAX_STDIN:,} characters", code="S100")
    return text


def form_by_ending(output: str | None, endings: Mapping[str, str], otherwise: str) -> str:
    """Choose the form of an answer by its file's ending; `otherwise` where there is no file.

    Raises `BadParameter` for an ending that names none.
    """
    if output is None:
        return otherwise
    ending = output.rpartition(".")[2].lower() if "." in output else ""
    if ending not in endings:
        forms: dict[str, str] = {}
        for name, form in endings.items():
            forms.setdefault(form, f".{name}")  # one ending a form
        known = ", ".join(forms.values())
        raise click.BadParameter(
            f"{output!r} ends in none of {known}: say which with --format", param_hint="-o"
        )
    return endings[ending]


def parse_inputs(given: tuple[str, ...]) -> Inputs:
    """Read --input: one shape, shapes by name, or all of them in order."""
    if not given:
        return None
    from ..readers.shapes import parse_shape

    found: dict[Any, Shape] = {}
    ordered = len(given) > 1 and not any("=" in text for text in given)
    for place, text in enumerate(given):
        name, sign, shape = (part.strip() for part in text.rpartition("="))
        if not ordered and (name in found or (not sign and len(given) > 1)):
            what = f"{name} is given twice" if name in found else "all shapes need names, or none"
            raise click.BadParameter(
                f"{what}: --input image=1x3x32x32 --input age=1x1", param_hint="--input"
            )
        try:
            found[place if ordered else name] = parse_shape(shape)
        except SpecError as error:
            message = f"--input {text}: {error.message}"
            hint = error.hint or "a shape is written 1x3x32x32, or Nx3xHxW with symbols"
            raise SpecError(message, hint=hint, code="S106") from None
    return found.get("", found)


def parse_assignments(given: tuple[str, ...]) -> Mapping[str, int] | None:
    """Read --set."""
    found: dict[str, int] = {}
    for text in given:
        name, sign, value = (part.strip() for part in text.partition("="))
        number = int(value) if _INTEGER.fullmatch(value) else None
        if not (sign and name.isidentifier()) or number is None or abs(number) > MAX_VALUE:
            raise click.BadParameter(
                f"{text!r}: write NAME=VALUE with an integer, such as N=8", param_hint="--set"
            )
        if name in found:
            raise click.BadParameter(f"{name} is given twice", param_hint="--set")
        found[name] = number
    return found or None


__all__ = [
    "Face",
    "ShapecalcError",
    "common",
    "complete_layer",
    "complete_net",
    "load_net",
    "load_registry",
    "parse_assignments",
    "parse_inputs",
    "takes_input",
    "takes_net",
    "takes_registry",
]
