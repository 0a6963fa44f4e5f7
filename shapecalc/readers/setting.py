"""A net with values in the place of symbols: in its inputs, its layers' arguments, its relations."""

from __future__ import annotations

from collections.abc import Mapping

from ..dims import Dim
from ..net import Layer, Net, Shape
from ..syntax import Call, Constant, Node, substitute
from .folding import fold, fold_arguments


def with_values(net: Net, values: Mapping[str, int]) -> Net:
    """Give symbols values; a relation that then holds is left out."""
    if not values:
        return net
    nodes: dict[str, Node] = {name: Constant(value) for name, value in values.items()}
    relations = [substitute(item, nodes) for item in net.where]
    return net._replace(
        inputs={name: shape and _shape(shape, values) for name, shape in net.inputs.items()},
        layers=tuple([_layer(layer, nodes) for layer in net.layers]),
        where=tuple([item for item in relations if fold(item) != Constant(value=True)]),
        where_places=(),
        state=net.state and tuple([_layer(layer, nodes) for layer in net.state]),
    )


def _shape(shape: Shape, values: Mapping[str, int]) -> Shape:
    return tuple([size.substitute(values) if isinstance(size, Dim) else size for size in shape])


def _layer(layer: Layer, values: Mapping[str, Node]) -> Layer:
    if layer.call is None:
        return layer
    call = substitute(layer.call, values)
    assert isinstance(call, Call)
    return layer if call == layer.call else layer._replace(call=fold_arguments(call))
