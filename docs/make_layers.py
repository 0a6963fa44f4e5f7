"""Write `docs/layers.md`, the list of all layers, from the registry.

python docs/make_layers.py
"""

from __future__ import annotations

from pathlib import Path

from shapecalc.loading import output_name
from shapecalc.registry import LayerType, Registry, default_registry

PAGE = Path(__file__).parent / "layers.md"


def cell(text: str) -> str:
    """Write text in a table's cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def formula(type_: LayerType) -> str:
    """Give the formula of the output's spatial sizes, or of the output."""
    name = output_name(type_)
    if name is not None:
        return f"{name} = {type_.data['where'][name]}"
    output = type_.data.get("output", "input")
    return "several outputs" if isinstance(output, dict) else str(output)


def row(key: str, registry: Registry) -> str:
    """Write an entry as a row."""
    names = registry.names_of(key)
    type_ = registry.find(names[0])
    arguments = ", ".join(item.name for item in type_.parameters if item.text != "ignored = None")
    page = str(type_.data.get("source", ""))
    called = ", ".join(f"`{name}`" for name in names)
    shown = formula(type_)
    shown = shown if len(shown) <= 90 else shown[:87] + "..."
    parts = [called, str(type_.data.get("summary", "")), arguments, f"`{shown}`", f"[page]({page})"]
    return "| " + " | ".join(map(cell, parts)) + " |"


def text() -> str:
    """Write the page."""
    registry = default_registry()
    families: dict[str, list[str]] = {}
    for family, names in registry.families().items():
        for name in names:
            key = registry.find(name).key
            if key not in families.setdefault(family, []):
                families[family].append(key)
    lines = [
        "# All layers",
        "",
        f"The registry knows {len(registry.names())} classes and functions. `shapecalc layers TYPE` shows one with",
        "its arguments, accepted shapes, checks, parameters, inverse and a worked example. This page is",
        "written by `python docs/make_layers.py`.",
    ]
    for family, keys in families.items():
        lines += ["", f"## {family}", ""]
        lines += [
            "| layers | what they do | arguments | output | PyTorch |",
            "|---|---|---|---|---|",
        ]
        lines += [row(key, registry) for key in keys]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
