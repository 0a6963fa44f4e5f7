"""`shapecalc layers`."""

from __future__ import annotations

import click

from .options import Face, common, complete_layer, load_registry, takes_registry


@click.command()
@click.argument("layer", metavar="[TYPE]", required=False, shell_complete=complete_layer)
@takes_registry
@common
def command(face: Face, layer: str | None, registries: tuple[str, ...]) -> int:
    """List the layers that are known; describe one: arguments, formula, inverse, example.

    \b
      shapecalc layers
      shapecalc layers Conv2d
    """
    from ..catalogue import catalogue, describe

    registry = load_registry(registries)
    if layer is None:
        found = catalogue(registry)
        if face.json:
            face.document({"version": 1, "kind": "layers", "families": found})
            return 0
        from ..render.catalogue import catalogue_text

        face.answer(catalogue_text(found, width=face.width, color=face.in_color))
        return 0
    description = describe(registry.find(layer), registry)
    if face.json:
        face.document({"version": 1, "kind": "layer", **description})
        return 0
    from ..render.catalogue import description_text

    face.answer(description_text(description, color=face.in_color))
    return 0
