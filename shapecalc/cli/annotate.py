"""`shapecalc annotate`."""

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


@click.command()
@takes_net
@click.option("--strip", is_flag=True, help="Take the comments away again.")
@takes_input
@common
def command(
    face: Face,
    net: str | None,
    registries: tuple[str, ...],
    strip: bool,
    inputs: tuple[str, ...],
    assignments: tuple[str, ...],
) -> int:
    """Write a model's source with each line's shapes behind it.

    \b
      shapecalc annotate model.py:Net --input 1x3x32x32
      shapecalc annotate model.py:Net --input 1x3x32x32 -o model.py
      shapecalc annotate model.py --strip -o model.py
    """
    from ..annotate import annotate
    from ..annotate import strip as stripped
    from ..readers.source import file_text

    path = source_file(net)
    if strip:
        face.answer(stripped(file_text(path)))
        return 0
    from ..infer import infer

    shapes, values = parse_inputs(inputs), parse_assignments(assignments)
    registry = load_registry(registries)
    read = load_net(net, registry, shapes)
    result = infer(read, input=shapes, set=values, registry=registry)
    face.answer(annotate(file_text(path), path, result))
    return 1 if result.errors else 0


def source_file(net: str | None) -> str:
    """Give the file that `model.py:Net` names."""
    if net is None or ".py" not in net:
        raise click.UsageError(
            "name a Python file: shapecalc annotate model.py:Net --input 1x3x32x32"
        )
    return net[: net.index(".py") + 3]
