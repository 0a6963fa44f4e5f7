"""Modules inside one another: a `Sequential` where they are numbered, else a `ModuleDict`."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from json import dumps
from typing import NamedTuple, TypeAlias

from ..net import Layer, Net, Reference


class Weight(NamedTuple):
    """A tensor that a container holds itself: `kind` is parameter or buffer."""

    kind: str
    made: str


Tree: TypeAlias = "dict[str, Tree | Weight | str]"

WIDTH = 88  # columns of a line before it is broken


def tree_of(modules: Mapping[str, Weight | str]) -> Tree:
    """Make nested containers of dotted names and what makes each module."""
    root: Tree = {}
    for name, made in modules.items():
        *path, last = name.split(".")
        place = root
        for part in path:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):  # a module inside a module: the name is kept whole
                place, last = root, name
                break
            place = inner
        place[last] = made
    return root


def init_lines(root: Tree) -> Iterator[str]:
    """Yield the lines that make the modules, and after them the tensors inside containers."""
    for name, item in root.items():
        if isinstance(item, Weight):
            yield _registration("self", name, item)
            continue
        made = _expression(item, "", len(name) + 16)
        if is_attribute(name):
            yield from f"self.{name} = {made}".split("\n")
        else:
            yield from f"self.add_module({dumps(name)}, {made})".split("\n")
    for name, item in root.items():
        if isinstance(item, dict):
            yield from _inner_weights(item, [name], root)


def _inner_weights(item: Tree, path: list[str], root: Tree) -> Iterator[str]:
    for name, part in item.items():
        if isinstance(part, Weight):
            yield _registration(reach(path, root), name, part)
        elif isinstance(part, dict):
            yield from _inner_weights(part, [*path, name], root)


def _registration(container: str, name: str, weight: Weight) -> str:
    if weight.kind == "parameter" and container == "self" and is_attribute(name):
        return f"self.{name} = {weight.made}"
    return f"{container}.register_{weight.kind}({dumps(name)}, {weight.made})"


def _expression(item: Tree | str, indent: str, used: int) -> str:
    if isinstance(item, str):
        return item
    deeper = indent + "    "
    made = {
        name: _expression(part, deeper, 8)
        for name, part in item.items()
        if not isinstance(part, Weight)
    }
    if is_numbered(item):
        opening, parts, closing = "nn.Sequential(", [*made.values()], ")"
    else:
        parts = [f"{dumps(name)}: {text}" for name, text in made.items()]
        opening, closing = "nn.ModuleDict({", "})"
    flat = opening + ", ".join(parts) + closing
    if "\n" not in flat and len(indent) + used + len(flat) <= WIDTH:
        return flat
    inside = "".join(f"{deeper}{part},\n" for part in parts)
    return f"{opening}\n{inside}{indent}{closing}"


def is_numbered(item: Tree) -> bool:
    """Say whether a container's modules are called 0, 1, 2, ..., and are all it holds."""
    if any(isinstance(part, Weight) for part in item.values()):
        return False
    return [*item] == [str(place) for place in range(len(item))]


def reach(path: list[str], root: Tree) -> str:
    """Write how a module is reached: `self.layer1[0]["conv1"]`."""
    first, *rest = path
    if not is_attribute(first):
        item = _found(root, path)
        kind = item.kind if isinstance(item, Weight) else "submodule"
        return f"self.get_{kind}({dumps('.'.join(path))})"
    text = f"self.{first}"
    place = root.get(first)
    for part in rest:
        if not isinstance(place, dict):
            return f"self.get_submodule({dumps('.'.join(path))})"
        inner = place.get(part)
        if isinstance(inner, Weight):
            return f"{text}.{part}" if is_attribute(part) else f"getattr({text}, {dumps(part)})"
        text += f"[{part}]" if is_numbered(place) else f"[{dumps(part)}]"
        place = inner
    return text


def reach_weight(name: str, kind: str, root: Tree) -> str:
    """Write how a tensor is reached, be it inside a module that is made whole: `self.conv.weight`."""
    path = name.split(".")
    if _found(root, path) is not None:
        return reach(path, root)
    for owner in parents(name):
        rest = name[len(owner) + 1 :].split(".")
        if _found(root, owner.split(".")) is not None and all(map(is_attribute, rest)):
            return f"{reach(owner.split('.'), root)}.{'.'.join(rest)}"
    return f"self.get_{kind}({dumps(name)})"


def place_of(name: str, made: Weight | str, root: Tree) -> str | None:
    """Say where the module is that an entry calls, None where no container holds it.

    A module that is called as an input is has an entry with a number behind its name: `src_1`.
    """
    owners = (_found(root, owner.split(".")) for owner in (name, *parents(name)))
    if _found(root, name.split(".")) is not None or any(isinstance(item, str) for item in owners):
        return name
    first = name.rstrip("0123456789").removesuffix("_")
    return first if _found(root, first.split(".")) == made else None


def second_name(name: str, target: str, root: Tree) -> str:
    """Write the line that registers a module or a tensor under a second name."""
    parent, _, last = name.rpartition(".")
    container = _inside(parent, root) if parent else "self"
    item = _found(root, target.split("."))
    value = reach(target.split("."), root) if item is not None else _inside(target, root)
    kind = item.kind if isinstance(item, Weight) else "module" if item is not None else ""
    holder = _found(root, parent.split(".")) if parent else root
    if kind == "buffer" and isinstance(holder, dict):
        return f"{container}.register_buffer({dumps(last)}, {value})"
    if is_attribute(last):
        return f"{container}.{last} = {value}"
    method = f"register_{kind}" if isinstance(item, Weight) else "add_module"
    return f"{container}.{method}({dumps(last)}, {value})"


def with_places(root: Tree, names: Iterable[str]) -> Tree:
    """Add the containers that are to hold what gets its second name later."""
    for name in names:
        place: Tree | Weight | str = root
        for part in name.split(".")[:-1]:
            if not isinstance(place, dict):
                break
            place = place.setdefault(part, {})
    return root


def parents(name: str) -> Iterator[str]:
    """Yield what a dotted name is inside of, the nearest first."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _inside(name: str, root: Tree) -> str:
    """Write how a tensor or a module inside one that is made whole is reached."""
    if _found(root, name.split(".")) is not None:
        return reach(name.split("."), root)
    for owner in parents(name):
        if _found(root, owner.split(".")) is not None:
            return f"{reach(owner.split('.'), root)}{name[len(owner) :]}"
    return reach(name.split("."), root)


def is_attribute(name: str) -> bool:
    """Say whether a module can be written `self.NAME`."""
    return name.isidentifier() and not keyword.iskeyword(name)


def whole_calls(layers: tuple[Layer, ...], root: Tree, kept: frozenset[str]) -> dict[str, int]:
    """Find numbered containers that run as a whole; gives for each how many layers it takes.

    The key is the container's first layer. `kept` are outputs that are needed elsewhere.
    """
    found: dict[str, int] = {}
    for place, layer in enumerate(layers):
        if not layer.name.endswith(".0"):
            continue
        container = _at(root, layer.name.split(".")[:-1])
        if container is None or not is_numbered(container) or len(container) < 2:
            continue
        run = layers[place : place + len(container)]
        if _is_chain(run, layer.name[:-2], container, kept):
            found[layer.name] = len(run)
    return found


def is_sequential(net: Net, root: Tree) -> bool:
    """Say whether a net is nothing but numbered modules, each applied to the one before."""
    layers = net.layers
    if not layers or len(net.inputs) != 1 or net.where or net.output_names or net.state is not None:
        return False
    before = [Reference(next(iter(net.inputs))), *(Reference(layer.name) for layer in layers)]
    plain = all(
        layer.sources == (source,)
        and not layer.named
        and layer.shares is None
        and layer.call is not None
        and layer.call.forward is None
        for layer, source in zip(layers, before, strict=False)
    )
    numbered = is_numbered(root) and all(isinstance(item, str) for item in root.values())
    return (
        plain
        and numbered
        and [layer.name for layer in layers] == [*root]
        and net.outputs == (before[-1],)
    )


def _at(root: Tree, path: list[str]) -> Tree | None:
    place = _found(root, path)
    return place if isinstance(place, dict) else None


def _found(root: Tree, path: list[str]) -> Tree | Weight | str | None:
    place: Tree | Weight | str | None = root
    for part in path:
        if not isinstance(place, dict):
            return None
        place = place.get(part)
    return place


def _is_chain(run: tuple[Layer, ...], path: str, container: Tree, kept: frozenset[str]) -> bool:
    """Say whether layers are all of a container's modules, each applied to the one before."""
    if [layer.name for layer in run] != [f"{path}.{name}" for name in container]:
        return False
    if any(not isinstance(item, str) for item in container.values()):
        return False
    plain = all(
        len(layer.sources) == 1 and not layer.named and not (layer.call and layer.call.forward)
        for layer in run
    )
    linked = all(after.sources == (Reference(before.name),) for before, after in pairwise(run))
    return plain and linked and not any(layer.name in kept for layer in run[:-1])
