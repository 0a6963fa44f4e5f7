"""How PyTorch spells what the registry describes: the module a name is in, and attributes for functions."""

from __future__ import annotations

import re
from functools import cache

from .registry import LayerType, Registry

_PAGE = re.compile(r"generated/(?P<path>[\w.]+)\.html")
_SHORT = {"torch.nn.functional": "F", "torch.nn": "nn"}
_ATTRIBUTE = "{tensors}.{name}"


def home_of(type_: LayerType) -> str | None:
    """Say where PyTorch has a function or class, from the page that documents it."""
    source = str(type_.data.get("source", ""))
    found = _PAGE.search(source)
    if found is None:
        return "einops" if "//einops." in source else None
    home = found["path"].rpartition(".")[0]
    return _SHORT.get(home, home)


def python_of(type_: LayerType) -> str:
    """Give what the registry says about how PyTorch writes a layer: a name, a template, or nothing."""
    return str(type_.own("python") or "")


def path_of(type_: LayerType) -> str:
    """Write the name that a function or class has in PyTorch, with its module before it."""
    given = python_of(type_)
    return given if given and "{" not in given else f"{home_of(type_) or 'nn'}.{type_.name}"


def is_attribute(type_: LayerType) -> bool:
    """Say whether a function is written as an attribute: `x.T`."""
    return python_of(type_) == _ATTRIBUTE


@cache
def names_by_path(registry: Registry) -> dict[str, str]:
    """List the names that the registry has for what PyTorch or einops spells in a way of its own."""
    long = {short: path for path, short in _SHORT.items()}
    found: dict[str, str] = {}
    for key in registry.keys_with("python"):
        names = registry.names_of(key)
        for name in names:
            given = python_of(registry.find(name))
            home, _, last = given.rpartition(".")
            # What has another name of the same entry is only written so: `col2im` as F.fold.
            if home and "{" not in given and (last == name or last not in names):
                found[f"{long.get(home, home)}.{last}"] = name
    return found


def name_at(registry: Registry, path: str) -> str | None:
    """Give the registry's name for what PyTorch has at a path of its own, such as `F.unfold`."""
    # Few names are spelled in a way of their own: most need no entry to be read.
    known = path.rpartition(".")[2] in registry.spelled
    return names_by_path(registry).get(path) if known else None
