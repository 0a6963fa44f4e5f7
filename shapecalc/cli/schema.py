"""`shapecalc schema`."""

from __future__ import annotations

import click

from .options import Face, common, load_registry, takes_registry


@click.command()
@takes_registry
@common
def command(face: Face, registries: tuple[str, ...]) -> int:
    """Print the JSON Schema of specs: completion, hover and checks in editors.

    \b
      shapecalc schema -o net.schema.json
      # then, as the first line of net.yaml:
      # yaml-language-server: $schema=net.schema.json
    """
    from ..spec_schema import spec_schema

    face.document(spec_schema(load_registry(registries)))
    return 0
