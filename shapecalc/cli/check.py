"""`shapecalc check`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ..errors import ShapecalcError, SpecError
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

if TYPE_CHECKING:
    from ..findings import Finding


@click.command()
@click.argument("nets", metavar="NET...", nargs=-1)
@takes_registry
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="How to write the findings.",
)
@click.option(
    "--expect", metavar="FILE", help="Recorded shapes (such as infer --json) to hold a net to."
)
@takes_input
@common
def command(
    face: Face,
    nets: tuple[str, ...],
    registries: tuple[str, ...],
    form: str,
    expect: str | None,
    inputs: tuple[str, ...],
    assignments: tuple[str, ...],
) -> int:
    """Check nets in CI: one line for each finding, and the exit status says whether all fit.

    \b
      shapecalc check examples/lenet.yaml examples/unet.yaml
      shapecalc check net.yaml --format github
      shapecalc infer net.yaml --json > shapes.json
      shapecalc check net.yaml --expect shapes.json
    """
    from ..findings import findings, unreadable

    shapes, values = parse_inputs(inputs), parse_assignments(assignments)
    registry = load_registry(registries)
    recorded = read_json(expect) if expect else None
    found: list[Finding] = []
    names: list[str | None] = [*nets] or [None]
    for name in names:
        label = name or "-"
        try:
            net = load_net(name, registry, shapes)
            expected = _expected(recorded, label)
            found += findings(label, net, registry, expected, input=shapes, set=values)
        except ShapecalcError as error:
            found.append(unreadable(label, error))
    _write(face, "json" if face.json else form, found, [name or "-" for name in names])
    bad = [finding for finding in found if finding.level == "error"]
    if form == "text" and not face.json:
        face.tell(_sentence(len(names), len(bad)))
    return max((2 if finding.unreadable else 1 for finding in bad), default=0)


def _expected(recorded: Any, net: str) -> Any:
    """Give what is expected of one net: the document, or its part under the net's name."""
    if isinstance(recorded, dict) and isinstance(recorded.get(net), dict):
        return recorded[net]
    return recorded


def read_json(path: str) -> Any:
    """Read a JSON file.

    Raises `SpecError` when it isn't JSON.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            return json.load(stream)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"{path} is not JSON: {error}", code="S132") from None


def _write(face: Face, form: str, found: list[Finding], nets: list[str]) -> None:
    from ..render import findings as render

    match form:
        case "json":
            face.document(render.findings_document(found, nets))
        case "sarif":
            from .. import __version__

            face.document(render.sarif_document(found, __version__))
        case "github":
            face.answer(render.github_text(found))
        case _:
            face.answer(render.findings_text(found, color=face.in_color))


def _sentence(nets: int, errors: int) -> str:
    many = "1 net" if nets == 1 else f"{nets} nets"
    if not errors:
        return f"{many} checked: all shapes fit"
    return f"{many} checked: {errors} finding{'s' if errors > 1 else ''}"
