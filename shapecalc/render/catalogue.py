"""What `layers` shows people: the list by family, and a page for one layer."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .plain import fields

PAGE = 100  # columns of text


def catalogue_text(
    families: Mapping[str, Sequence[Mapping[str, str]]],
    *,
    width: int | None = None,
    color: bool = False,
) -> str:
    """Write the list, names beside one another."""
    parts: list[str] = []
    for family, layers in families.items():
        names = ", ".join(layer["name"] for layer in layers)
        parts.append(heading(family, color=color) + "\n")
        parts.append(
            textwrap.fill(
                names,
                width or PAGE,
                initial_indent="  ",
                subsequent_indent="  ",
                break_long_words=False,
            )
            + "\n"
        )
    count = sum(len(layers) for layers in families.values())
    return "".join(parts) + f"{count} in all; `shapecalc layers NAME` describes one\n"


def heading(text: str, *, color: bool) -> str:
    """Write a heading."""
    return f"\x1b[1m{text}\x1b[0m" if color else text


def description_text(found: Mapping[str, Any], *, color: bool = False) -> str:
    """Write a layer's page."""
    lines = [heading(found["call"], color=color), found["summary"]]
    lines += [line for line in (found["source"], f"described in {found['from']}") if line]
    text = "\n".join(lines) + "\n"
    for title, body in _sections(found):
        text += f"\n{heading(title, color=color)}\n{body}"
    return text


def _sections(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, title in (
        ("arguments", "Arguments"),
        ("forward", "Arguments of the forward call"),
        ("inputs", "Input"),
        ("output", "Output"),
        ("where", "Where"),
        ("needs", "Needs"),
        ("weights", "Parameters"),
        ("buffers", "Buffers"),
        ("macs", "MACs"),
    ):
        body = found.get(key)
        if key in ("arguments", "forward"):
            if body:
                yield title, _arguments(body)
            continue
        if key == "inputs" and body:
            body = {name: f"{body[name]}   {found['ranks'][name]}" for name in body}
        if isinstance(body, Mapping) and body:
            yield title, fields(body.items(), "  ")
        elif isinstance(body, str):
            yield title, f"  {body}\n"
    if "pretty" in found:
        yield "The output's sizes", f"  {found['pretty']}\n"
    if found.get("inverse"):
        yield "Inverse: an output of n comes from", "".join(map(_inverse, found["inverse"]))
    if "example" in found:
        yield "Example", "".join(f"  {line}\n" for line in _example(found["example"]))


def _arguments(body: Mapping[str, Mapping[str, str | None]]) -> str:
    """Write an argument a line: name and default, what it means, and below what it may be."""
    heads = {
        name: name if item["default"] is None else f"{name}={item['default']}"
        for name, item in body.items()
    }
    width = min(max(map(len, heads.values())), 30)
    text = ""
    for name, item in body.items():
        words = "; ".join(part for part in (item["meaning"], item["takes"]) if part)
        lines = textwrap.wrap(words, PAGE - width - 4) or [""]
        text += f"  {heads[name].ljust(width)}  {lines[0]}".rstrip() + "\n"
        text += "".join(f"{' ' * (width + 4)}{line}\n" for line in lines[1:])
    return text


def _inverse(case: Mapping[str, str]) -> str:
    condition = f"  if {case['when']}" if case["when"] else ""
    if case["first"] == case["last"]:
        return f"  L = {case['first']}{condition}\n"
    return f"  L = {case['first']} .. {case['last']}{condition}\n"


def _example(example: Mapping[str, Any]) -> Iterator[str]:
    if "output" not in example:
        yield example["layer"]
        return
    on = f" on {example['input']}" if example["input"] else ""
    yield f"{example['layer']}{on} gives {example['output']}"
    if "backwards" in example:
        backwards = example["backwards"]
        boxes = [
            ", ".join(f"{name} = {values}" for name, values in box.items())
            for box in backwards["from"]
        ]
        yield f"backwards: {backwards['target']} from {' or '.join(boxes)}"
