"""`shapecalc explain`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from ..errors import SpecError, TracebackError
from .options import (
    Face,
    common,
    load_net,
    load_registry,
    parse_assignments,
    parse_inputs,
    takes_input,
    takes_net,
)
from .solve import pair

if TYPE_CHECKING:
    from ..derivation import Line
    from ..registry import Registry

FORMATS = {"md": "markdown", "markdown": "markdown", "tex": "latex", "html": "html", "htm": "html"}
_CODE = re.compile(r"S\d{3}")
_MESSAGE = re.compile(r"[a-z]+\s+[a-z\d]+\s", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^()]*\)")


@click.command()
@takes_net
@click.option("--target", "targets", metavar="SIZES", multiple=True, help="Explain backwards too.")
@click.option(
    "--at", "places", metavar="LAYER", multiple=True, help="The layer whose output it is."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "latex", "html"]),
    help="How to write it (else by the ending of -o, else text).",
)
@takes_input
@common
def command(
    face: Face,
    net: str | None,
    registries: tuple[str, ...],
    targets: tuple[str, ...],
    places: tuple[str, ...],
    form: str | None,
    inputs: tuple[str, ...],
    assignments: tuple[str, ...],
) -> int:
    """Show how each size comes about: formulas, the numbers put in, and for a target the equation.

    \b
      shapecalc explain lenet --target 5x5
      shapecalc explain resnet18 --format latex -o resnet18.tex
      shapecalc explain S203
      shapecalc explain "mat1 and mat2 shapes cannot be multiplied (64x9216 and 400x120)"
      python train.py 2>&1 | shapecalc explain

    Also explains a code of shapecalc's, and a message that PyTorch printed, with all that Python
    printed around it.
    """
    from ..render.steps import render_steps

    registry = load_registry(registries)
    if net is not None and _CODE.fullmatch(net.upper()):
        from ..codes import explain_code

        lines, failed = explain_code(net.upper()), False
    elif net is not None and is_message(net):
        from ..messages import explain_message

        lines, failed = explain_message(net, registry), False
    else:
        asked = pair(targets, places)
        try:
            lines, failed = _derived(net, registry, asked, inputs, assignments)
        except TracebackError as error:
            from ..messages import explain_message

            lines, failed = explain_message(error.text, registry), False
        except SpecError as error:
            if net is None or " " not in net:
                raise
            from ..messages import explain_message

            try:  # `einsum(): subscript j has size 4 ...`
                lines, failed = explain_message(net, registry), False
            except SpecError:
                raise error from None
    if face.json:
        found = [{"kind": line.kind, "text": line.text, "latex": line.latex} for line in lines]
        face.document({"version": 1, "kind": "derivation", "lines": found}, failed=failed)
    else:
        face.answer(render_steps(lines, form or form_of(face.output)), failed=failed)
    return 1 if failed else 0


def _derived(
    net: str | None,
    registry: Registry,
    asked: list[tuple[str, str | None]],
    inputs: tuple[str, ...],
    assignments: tuple[str, ...],
) -> tuple[list[Line], bool]:
    """Explain a net, or how a target is solved; also say whether it failed."""
    from ..derivation import explain_result, explain_solution

    shapes, values = parse_inputs(inputs), parse_assignments(assignments)
    read = load_net(net, registry, shapes)
    if asked:
        from ..solve import solve

        solution = solve(read, targets=asked, input=shapes, set=values, registry=registry)
        return explain_solution(solution), not solution.satisfiable
    from ..infer import infer

    result = infer(read, input=shapes, set=values, registry=registry)
    return explain_result(result), bool(result.errors)


def is_message(text: str) -> bool:
    """Tell a message, which has words with spaces between them, from a NET."""
    return (
        bool(_MESSAGE.search(_BRACKETS.sub(" ", text).partition("(")[0] + " ")) and "|" not in text
    )


def form_of(output: str | None) -> str:
    """Choose the form by a file's ending."""
    return FORMATS.get((output or "").rpartition(".")[2].lower(), "text")
