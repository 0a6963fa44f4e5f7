"""`shapecalc draw`."""

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

ENDINGS = {"svg": "svg", "html": "html", "htm": "html", "mmd": "mermaid", "dot": "dot", "gv": "dot"}


@click.command()
@takes_net
@click.option(
    "--format",
    "form",
    type=click.Choice(["svg", "html", "mermaid", "dot"]),
    help="What to draw (else by the ending of -o, else svg).",
)
@click.option("--depth", type=click.IntRange(1), help="Draw blocks below this depth as one box.")
@takes_input
@common
def command(
    face: Face,
    net: str | None,
    registries: tuple[str, ...],
    form: str | None,
    depth: int | None,
    inputs: tuple[str, ...],
    assignments: tuple[str, ...],
) -> int:
    """Draw a net with the shapes on its edges: .svg, .html (with a size slider), .mmd or .dot.

    \b
      shapecalc draw lenet -o lenet.svg
      shapecalc draw unet --depth 1 -o unet.html
      shapecalc draw "Conv2d(3, 6, 5) | ReLU" --format mermaid
    """
    from ..infer import infer

    shapes, values = parse_inputs(inputs), parse_assignments(assignments)
    registry = load_registry(registries)
    chosen = form or form_by_ending(face.output, ENDINGS, "svg")
    result = infer(load_net(net, registry, shapes), input=shapes, set=values, registry=registry)
    text = draw(result, chosen, depth)
    failed = bool(result.errors)
    if face.json:
        document = {"version": 1, "kind": "drawing", "format": chosen, "text": text}
        face.document(document, failed=failed)
    elif not failed or face.output is None:
        face.answer(text)
    if failed:
        from ..render.problem import problem_text

        face.tell(problem_text(result.errors[0]))
        if face.output is not None:
            face.tell("hint: without -o it is drawn all the same, with what fails in red")
    return 1 if failed else 0


def draw(result: object, form: str, depth: int | None) -> str:
    """Draw a result in one of the forms."""
    from ..infer import Result
    from ..render.graph import graph_of

    assert isinstance(result, Result)
    graph = graph_of(result, depth)
    match form:
        case "html":
            from ..render.page import page_text

            return page_text(result, graph)
        case "mermaid":
            from ..render.mermaid import mermaid_text

            return mermaid_text(graph)
        case "dot":
            from ..render.dot import dot_text

            return dot_text(graph)
    from ..render.svg import svg_text

    return svg_text(graph)
