"""`shapecalc diff`."""

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
    takes_registry,
)


@click.command()
@click.argument("left", metavar="NET")
@click.argument("right", metavar="NET")
@takes_registry
@takes_input
@click.option("--exit-code", is_flag=True, help="Exit with 1 where the nets differ.")
@common
def command(
    face: Face,
    left: str,
    right: str,
    registries: tuple[str, ...],
    inputs: tuple[str, ...],
    assignments: tuple[str, ...],
    exit_code: bool,
) -> int:
    """Compare two nets: what differs in layers, shapes, parameters and cost.

    \b
      shapecalc diff resnet18 resnet34
      shapecalc diff old.yaml new.yaml --json
    """
    from ..difference import changes, totals
    from ..infer import infer

    shapes, values = parse_inputs(inputs), parse_assignments(assignments)
    registry = load_registry(registries)
    one, other = (
        infer(load_net(net, registry, shapes), input=shapes, set=values, registry=registry)
        for net in (left, right)
    )
    found = changes(one, other)
    errors = [*one.errors, *other.errors]
    if face.json:
        document = {
            "version": 1,
            "kind": "difference",
            "same": not found and one.inputs == other.inputs,
            "layers": [change.to_dict() for change in found],
            "totals": totals(one, other),
        }
        if errors:
            document["error"] = errors[0].to_dict()
        face.document(document, failed=bool(errors))
    else:
        from ..render.difference import difference_text

        text = difference_text(found, one, other, color=face.in_color)
        face.answer(text, failed=bool(errors))
    if errors:
        from ..render.problem import problem_text

        for error in errors:
            face.tell(problem_text(error))
        return 1
    return 1 if exit_code and found else 0
