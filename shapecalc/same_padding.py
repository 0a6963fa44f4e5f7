"""Paddings with which windows keep their sizes: half of what a window reaches beyond its centre.

Branches that meet mostly differ because one of them lacks these, in several layers or on several axes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .infer import Result
from .net import Layer, Net, Size, references
from .registry import LayerType
from .spots import is_padding, put_node
from .syntax import Call, Constant, Node
from .syntax import Sequence as Tuple
from .windows import window_of


def same_paddings(result: Result, owners: Iterable[Layer]) -> dict[str, Call]:
    """Give the calls with which windows keep their sizes, of layers that are called otherwise."""
    registry = result.propagation.registry
    found: dict[str, Call] = {}
    for owner in owners:
        if owner.call is None or owner.shares is not None or owner.name not in result:
            continue
        window = window_of(result[owner.name])
        node = None if window is None else _padding(window)
        call = None if node is None else _with(registry.find(owner.call.function), owner.call, node)
        if call is not None and call != owner.call:
            found[owner.name] = call
    return found


def branches(net: Net, layer: Layer) -> Iterator[Layer]:
    """Yield the layers before one that not all of its inputs come from."""
    ways = [_ancestors(net, item.name) for item in references(layer)]
    common = set.intersection(*ways) if ways else set()
    wanted = set().union(*ways) - common
    yield from (item for item in net.layers if item.name in wanted)


def _ancestors(net: Net, name: str) -> set[str]:
    by_name = {item.name: item for item in net.layers}
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in found and current in by_name:
            found.add(current)
            waiting += [item.name for item in references(by_name[current])]
    return found


def _padding(window: dict[str, tuple[Size, ...]]) -> Node | None:
    sides: list[int] = []
    for kernel, stride in zip(window["kernel"], window["stride"], strict=True):
        if not isinstance(kernel, int) or kernel < 1:
            return None
        if kernel % 2 == 0 and stride == 1:
            return Constant("same")  # one more on one side, which no number says
        sides.append((kernel - 1) // 2)
    if len({*sides}) == 1:
        return Constant(sides[0])
    return Tuple(tuple([Constant(side) for side in sides]))


def _with(type_: LayerType, call: Call, node: Node) -> Call | None:
    """Put a padding into a call, in the place of what it gives; None where it takes no padding."""
    for index, parameter in enumerate(type_.parameters):
        if not is_padding(parameter):
            continue
        names = [name for name, _ in call.keywords]
        if index < len(call.arguments):
            own, step = call.arguments[index], ("argument", index)
        elif parameter.name in names:
            place = names.index(parameter.name)
            own, step = call.keywords[place][1], ("keyword", place)
        elif node == Constant(0):
            return None
        else:
            return call._replace(keywords=(*call.keywords, (parameter.name, node)))
        if isinstance(own, Tuple) and isinstance(node, Constant) and node.value != "same":
            node = own._replace(items=(node,) * len(own.items))
        made = put_node(call, (step,), node)
        assert isinstance(made, Call)
        return made
    return None
