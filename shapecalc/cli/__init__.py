"""The command line: one module for each command, loaded when that command is called."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from .. import __version__
from .failures import leave

# A command ends soon: looking for garbage while modules are loaded takes a tenth of its time.
gc.set_threshold(200_000)

# Command -> its line in `shapecalc --help`; the module of the same name holds `command`.
COMMANDS = {
    "infer": "Propagate shapes forwards through a net.",
    "solve": "Find every input (or hyperparameter) that gives a wanted output.",
    "explain": "Show how each size comes about, step by step.",
    "check": "Check nets in CI: annotations and an exit status.",
    "params": "List the names and shapes of a net's state_dict.",
    "layers": "List the layers that are known; describe one.",
    "diff": "Compare two nets: shapes, parameters, cost.",
    "draw": "Draw a net as SVG, HTML, Mermaid or DOT.",
    "annotate": "Write a model's source with each line's shapes behind it.",
    "convert": "Write a net as YAML, JSON or a PyTorch module.",
    "zoo": "List the nets that come with shapecalc; print one.",
    "schema": "Print the JSON Schema of specs, for editors.",
}


class Shapecalc(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the commands in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f".{cmd_name}", __name__).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; a mistyped one is told the nearest."""
        name = args[0]
        if name not in COMMANDS and name[:1] != "-":
            from difflib import get_close_matches

            near = get_close_matches(name, COMMANDS, 1, 0.5)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(COMMANDS)}."
            ctx.fail(f"No such command {name!r}. {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(self, args: Sequence[str] | None = None, *rest: Any, **settings: Any) -> NoReturn:
        """Run a command and leave with its exit status, never with a traceback."""
        given = sys.argv[1:] if args is None else list(args)
        settings["standalone_mode"] = False
        try:
            status = super().main(given, *rest, **settings)
        except BaseException as error:  # noqa: BLE001 - whatever it is, users get a message
            status = leave(error, given)
        sys.exit(status if isinstance(status, int) else 0)


@click.group(
    cls=Shapecalc,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", message="shapecalc %(version)s")
def main() -> None:
    """Infer the shapes of PyTorch nets without PyTorch, and solve them backwards.

    \b
      shapecalc infer lenet --input 1x3x32x32
      shapecalc solve lenet --target 5x5

    NET is a file (.yaml .json .py .onnx .txt), `model.py:Net(num_classes=10)`, an expression
    such as "Conv2d(3, 6, 5) | ReLU | MaxPool2d(2)", the name of a zoo net, or - for standard
    input. With no NET: standard input when it is piped, else net.yaml.

    Exit status: 0 fine, 1 the shapes don't fit or there is no solution, 2 usage or a spec that
    can't be read.
    """
