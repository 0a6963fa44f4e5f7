"""The YAML files that come with shapecalc beside the registry: codes, messages, what readers know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def read_data(file: str | Path) -> Any:
    """Read a YAML file that comes with shapecalc; it makes plain data, never objects."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with open(file, encoding="utf-8") as stream:
        return yaml.load(stream, loader)  # noqa: S506 - a safe loader
