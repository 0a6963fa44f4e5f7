"""`shapecalc params`."""

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
@click.option(
    "--wrap",
    metavar="TYPE",
    multiple=True,
    help="Names as inside a wrapper, such as DataParallel; repeatable.",
)
@takes_input
@common
def command(
    face: Face,
    net: str | None,
    registries: tuple[str, ...],
    wrap: tuple[str, ...],
    inputs: tuple[str, ...],
    assignments: tuple[str, ...],
) -> int:
    """List the names and shapes of a net's state_dict, in PyTorch's order.

    \b
      shapecalc params lenet
      shapecalc params resnet18 --wrap DataParallel --json
    """
    from ..errors import ShapecalcError
    from ..state import state_dict

    shapes, values = parse_inputs(inputs), parse_assignments(assignments)
    registry = load_registry(registries)
    try:
        found = load_net(net, registry, shapes)
    except ShapecalcError as error:
        # A model that is built has parameters, whatever its forward does.
        built = getattr(error, "net", None)
        if built is None:
            raise
        face.warn([f"the forward can't be followed: {error.message}"])
        found, shapes = built, {}
    state = state_dict(found, shapes, values, registry, wrap)
    for note in found.notes:
        face.tell(f"warning: {note}")
    if face.json:
        face.document(state.to_dict())
    else:
        from ..render.state import state_text

        face.answer(state_text(state, width=face.width, color=face.in_color))
    return 0
