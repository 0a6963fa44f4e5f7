"""`shapecalc infer`."""

from __future__ import annotations

import click

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

COLUMNS = ("rf", "memory", "formula", "dropped")


@click.command()
@takes_net
@takes_input
@click.option(
    "--show",
    metavar="COLUMNS",
    multiple=True,
    help="More columns, by commas: rf, memory, formula, dropped; repeatable.",
)
@click.option("--depth", type=click.IntRange(1), help="Fold blocks below this depth.")
@common
def command(
    face: Face,
    net: str | None,
    registries: tuple[str, ...],
    inputs: tuple[str, ...],
    assignments: tuple[str, ...],
    show: tuple[str, ...],
    depth: int | None,
) -> int:
    """Propagate shapes forwards: a table of layers, output shapes, parameters and MACs.

    \b
      shapecalc infer lenet
      shapecalc infer "Conv2d(3, 6, 5) | MaxPool2d(2)" --input Nx3xHxW
      shapecalc infer resnet50 --depth 1 --show rf,memory
      shapecalc infer lenet --json | shapecalc solve --target 5x5
    """
    from ..infer import infer

    columns = parse_columns(",".join(show))
    shapes, values = parse_inputs(inputs), parse_assignments(assignments)
    registry = load_registry(registries)
    result = infer(load_net(net, registry, shapes), input=shapes, set=values, registry=registry)
    failed = bool(result.errors)
    if face.json:
        face.document(result.to_dict(), failed=failed)
    else:
        from ..render.inference import inference_text

        text = inference_text(
            result, columns=columns, depth=depth, width=face.width, color=face.in_color
        )
        face.answer(text, failed=failed)
        face.warn(result.warnings)
    if failed and not face.quiet:
        from ..render.problem import problem_text

        for error in result.errors:
            click.echo(problem_text(error), err=True)
    return 1 if failed else 0


def parse_columns(text: str) -> tuple[str, ...]:
    """Read --show."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for name in found:
        if name not in COLUMNS:
            raise click.BadParameter(
                f"there is no column {name!r}; there are {', '.join(COLUMNS)}", param_hint="--show"
            )
    return found
