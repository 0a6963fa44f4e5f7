"""A net's relations as the assertions of a PyTorch module."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from ..dims import Dim
from ..net import Net
from ..syntax import Call, Name, Node, names_in, parts_of, substitute, to_text
from .calling import sizes_in, with_parts


class Assertions(NamedTuple):
    """The lines that hold a module to relations: when it is made, when it runs, after a layer."""

    made: tuple[str, ...]
    run: tuple[str, ...]
    after: Mapping[str, tuple[str, ...]]


def assertions(
    net: Net,
    unknowns: Collection[str],
    variables: Mapping[str, str],
    torch_node: Callable[[Node], Node],
) -> Assertions:
    """Write `where` as assertions, over hyperparameters and the sizes of inputs and outputs.

    `variables` are what the inputs are called; `torch_node` writes `size(name, dim)` as PyTorch
    does. A relation about what none of these shows is a comment.
    """
    sizes: dict[str, Node] = {}
    for name, shape in net.inputs.items():
        for place, size in enumerate(shape or ()):
            if isinstance(size, Dim) and str(size).isidentifier():
                sizes.setdefault(str(size), Name(f"{variables[name]}.size({place})"))
    own: dict[str, Node] = {name: Name(f"self.{attribute(name)}") for name in unknowns}
    order = {layer.name: place for place, layer in enumerate(net.layers)}
    made: list[str] = []
    run: list[str] = []
    after: dict[str, tuple[str, ...]] = {}
    for relation in net.where:
        asked = {*sizes_in(relation)}
        known = asked <= {*net.inputs, *order}
        written = _with_sizes(relation, torch_node) if known else relation
        names = {*names_in(written)}
        if not known or not names <= {*unknowns, *sizes} or not _is_python(written):
            run.append(f"# where {to_text(relation)}")
        elif not asked and names <= {*unknowns}:
            made.append(f"assert {to_text(relation)}")
        else:
            line = f"assert {to_text(substitute(written, {**own, **sizes}))}"
            layers = sorted(asked & {*order}, key=order.__getitem__)
            if layers:
                after[layers[-1]] = (*after.get(layers[-1], ()), line)
            else:
                run.append(line)
    return Assertions(tuple(made), tuple(run), after)


def _with_sizes(node: Node, torch_node: Callable[[Node], Node]) -> Node:
    """Write what asks for sizes as PyTorch has it; what else there is counts with numbers."""
    if isinstance(node, Call) and node.function == "size":
        return torch_node(node)
    return with_parts(node, lambda part: _with_sizes(part, torch_node))


def _is_python(node: Node) -> bool:
    """Say whether all functions in a written relation are Python's own, or sizes of tensors."""
    return all(name.endswith(".size") or hasattr(builtins, name) for name in _functions(node))


def _functions(node: Node) -> Iterator[str]:
    if isinstance(node, Call):
        yield node.function
    for part in parts_of(node):
        yield from _functions(part)


def attribute(name: str) -> str:
    """Name the attribute that keeps a hyperparameter; no module is called so."""
    return f"_{name}"


def with_attributes(call: Call, unknowns: Collection[str]) -> Call:
    """Write hyperparameters in a call as the attributes that keep them."""
    found = substitute(call, {name: Name(f"self.{attribute(name)}") for name in unknowns})
    assert isinstance(found, Call)
    return found
