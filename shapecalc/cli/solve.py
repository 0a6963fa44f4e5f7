"""`shapecalc solve`."""

from __future__ import annotations

import click

from ..errors import SpecError
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
    "--target",
    "targets",
    metavar="SIZES",
    multiple=True,
    help="Sizes wanted: 5x5, Nx16x5x5, ?x5x5, 7..9x7..9, '>=7x>=7'; repeatable, each with --at.",
)
@click.option(
    "--at", "places", metavar="LAYER", multiple=True, help="The layer whose output it is."
)
@click.option("--upto", metavar="LAYER", help="Cut the net after LAYER.")
@click.option("--for", "unknowns", metavar="NAMES", help="The unknowns, by commas: k,p.")
@click.option(
    "--where", metavar="RELATION", multiple=True, help="One more relation: 'H == W'; repeatable."
)
@click.option("--square", is_flag=True, help="The input's sides are equal.")
@click.option("--near", metavar="SIZES", help="The nearest solutions below and above: 700x700.")
@click.option("--mix-batch", is_flag=True, help="Let view(-1, ...) move sizes into the batch.")
@takes_input
@common
def command(
    face: Face,
    net: str | None,
    registries: tuple[str, ...],
    targets: tuple[str, ...],
    places: tuple[str, ...],
    unknowns: str | None,
    near: str | None,
    inputs: tuple[str, ...],
    assignments: tuple[str, ...],
    upto: str | None,
    where: tuple[str, ...],
    square: bool,
    mix_batch: bool,
) -> int:
    """Find every input, or hyperparameter, with which the net gives the target.

    \b
      shapecalc solve lenet --target 5x5
      shapecalc solve unet --near 700x700
      shapecalc solve "Conv2d(3, 8, k, padding=p)" --input Nx3x32x32 --target 32x32 --for k,p

    Unknown are free identifiers in the layers, if there are any; else the input's spatial sizes
    and sequence lengths. The whole net must accept the input. Without --target: every input that
    the net accepts. --input fixes its numbers and frees its identifiers.
    """
    from ..solve import solve

    asked = pair(targets, places)
    shapes, values = parse_inputs(inputs), parse_assignments(assignments)
    registry = load_registry(registries)
    solution = solve(
        load_net(net, registry, shapes),
        targets=asked,
        upto=upto,
        unknowns=_names(unknowns),
        where=where,
        input=shapes,
        near=_sizes(near),
        square=square,
        mix_batch=mix_batch,
        set=values,
        registry=registry,
    )
    failed = not solution.satisfiable
    if face.json:
        face.document(solution.to_dict(), failed=failed)
    else:
        from ..render.solution import solution_text

        face.answer(solution_text(solution, color=face.in_color), failed=failed)
        face.warn(solution.warnings)
    return 1 if failed else 0


def pair(targets: tuple[str, ...], places: tuple[str, ...]) -> list[tuple[str, str | None]]:
    """Give each target the layer it is about, in the order they were given."""
    if not places:
        return [(target, None) for target in targets]
    if len(places) != len(targets):
        raise click.UsageError(
            f"there are {len(targets)} --target and {len(places)} --at: give each target its layer"
        )
    return list(zip(targets, places, strict=True))


def _names(text: str | None) -> list[str] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if not name.isidentifier():
            raise click.BadParameter(f"{name!r} is no identifier", param_hint="--for")
    return names or None


def _sizes(text: str | None) -> list[int] | None:
    if text is None:
        return None
    from ..readers.shapes import parse_shape

    try:
        sizes = parse_shape(text)
    except SpecError as error:
        raise SpecError(
            f"--near {text}: {error.message}", hint="such as 700x700", code="S106"
        ) from None
    numbers = [size for size in sizes if isinstance(size, int)]
    if len(numbers) != len(sizes):
        raise click.BadParameter(f"{text!r} needs numbers: 700x700", param_hint="--near")
    return numbers
