"""`shapecalc zoo`."""

from __future__ import annotations

import click

from .options import Face, common, complete_net


@click.command()
@click.argument("name", required=False, shell_complete=complete_net)
@common
def command(face: Face, name: str | None) -> int:
    """List the nets that come with shapecalc; print one as YAML.

    \b
      shapecalc zoo
      shapecalc zoo lenet > net.yaml
    """
    from ..readers import zoo_names
    from ..showcase import summary, text_of

    if name is not None:
        text = text_of(name)
        if face.json:
            from ..loading import load

            document = {"version": 1, "kind": "spec", "name": name, "text": text}
            face.document({**document, "net": load(name).to_dict()})
        else:
            face.answer(text)
        return 0
    nets = {item: summary(item) for item in zoo_names()}
    if face.json:
        found = [{"name": item, "summary": words} for item, words in nets.items()]
        face.document({"version": 1, "kind": "zoo", "nets": found})
    else:
        from ..render.plain import fields

        face.answer(fields(nets.items()))
    return 0
