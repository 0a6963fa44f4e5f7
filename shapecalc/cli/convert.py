"""`shapecalc convert`."""

from __future__ import annotations

import click

from .options import (
    Face,
    common,
    form_by_ending,
    load_net,
    load_registry,
    parse_assignments,
    parse_inputs,
    takes_input,
    takes_net,
)

ENDINGS = {"yaml": "yaml", "yml": "yaml", "json": "json", "py": "py"}


@click.command()
@takes_net
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json", "py"]),
    help="What to write (else by the ending of -o, else yaml).",
)
@takes_input
@common
def command(
    face: Face,
    net: str | None,
    registries: tuple[str, ...],
    form: str | None,
    inputs: tuple[str, ...],
    assignments: tuple[str, ...],
) -> int:
    """Write a net in another form: a YAML or JSON spec, or a PyTorch module.

    \b
      shapecalc convert model.py:Net -o net.yaml --input 1x3x32x32
      shapecalc convert lenet -o lenet.py
      shapecalc convert "Conv2d(3, 6, 5) | ReLU" --format json
    """
    from ..given import named_numbers, with_shapes
    from ..readers.setting import with_values

    shapes, values = parse_inputs(inputs), parse_assignments(assignments)
    registry = load_registry(registries)
    read = load_net(net, registry, shapes)
    if shapes is not None:
        values = {**named_numbers(read, shapes), **(values or {})}
        read = with_shapes(read, shapes)
    read = with_values(read, values or {})
    match "json" if face.json else form or form_by_ending(face.output, ENDINGS, "yaml"):
        case "json":
            face.document(read.to_dict())
        case "py":
            from ..render.module import module_text

            face.answer(module_text(read, registry))
        case _:
            from ..render.spec import spec_text

            face.answer(spec_text(read, registry))
    return 0
