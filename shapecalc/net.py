"""A net: layers in the order they run, and which outputs each of them takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from .dims import Dim, symbols_of
from .errors import Location, nearest_words
from .syntax import Call, Constant, Name, Node, parts_of, to_text

Size: TypeAlias = "int | Dim"
Shape: TypeAlias = "tuple[Size, ...]"


class Reference(NamedTuple):
    """The output of a layer or an input of the net; `path` reaches into tuples: `lstm[1][0]`."""

    name: str
    path: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.name + "".join(f"[{index}]" for index in self.path)


Source: TypeAlias = "Reference | tuple[Source, ...]"


class Layer(NamedTuple):
    """One entry of the flat form.

    `call` is the PyTorch call that makes it (None for an alias). `sources` are the tensors it is
    applied to, in order; `named` those given by name. `shares` names the entry whose module is
    called again; `alias` the module or container that is registered under this name as well.
    """

    name: str
    call: Call | None
    sources: tuple[Source, ...] = ()
    named: tuple[tuple[str, Source], ...] = ()
    shares: str | None = None
    alias: str | None = None
    location: Location | None = None

    def __str__(self) -> str:
        return f"{self.name} = {to_text(self.call)}" if self.call else f"{self.name} = {self.alias}"

    def to_dict(self) -> dict[str, Any]:
        """Give the entry as the flat form has it."""
        found: dict[str, Any] = {"name": self.name}
        if self.alias is not None:
            return {**found, "alias": self.alias}
        if self.call is not None:
            found["layer"] = to_text(self.call)
        found["from"] = [*map(source_json, self.sources)]
        if self.named:
            found["from"].append({name: source_json(item) for name, item in self.named})
        if self.shares is not None:
            found["shares"] = self.shares
        return found


class OtherNets(NamedTuple):
    """What a source makes of other sizes; `left_out` says where not all of it is known."""

    nets: tuple[Net, ...]
    left_out: str | None = None


Others: TypeAlias = "Callable[[], OtherNets]"


class Net(NamedTuple):
    """A net in flat form.

    `inputs` maps each input's name to its shape, None where the spec leaves it open. `state` lists
    the modules in the order they are registered, where that isn't the order in which they run (or
    some never run): entries with a `call` or an `alias` and no sources. `output_names` are names of
    their own that the spec gives the outputs. `notes` say what the text that was read leaves open.
    `others` gives the nets that a source makes of sizes for which it goes other ways than this one.
    `where_places` say where the relations stand, where they were read from a text.
    """

    name: str
    inputs: Mapping[str, Shape | None]
    layers: tuple[Layer, ...]
    outputs: tuple[Source, ...]
    where: tuple[Node, ...] = ()
    state: tuple[Layer, ...] | None = None
    file: str = ""
    output_names: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    others: Others | None = None
    where_places: tuple[Location, ...] = ()

    def __repr__(self) -> str:
        inputs = ", ".join(
            f"{name} {'of any shape' if shape is None else '×'.join(map(str, shape))}"
            for name, shape in self.inputs.items()
        )
        return f"<Net {self.name or 'without a name'}: {inputs}, {len(self.layers)} layers>"

    def to_dict(self) -> dict[str, Any]:
        """Give the net in flat form, as `--json` embeds it."""
        inputs = {
            name: None if shape is None else shape_json(shape)
            for name, shape in self.inputs.items()
        }
        found: dict[str, Any] = {
            "name": self.name,
            "inputs": inputs,
            "layers": [layer.to_dict() for layer in self.layers],
            "outputs": [source_json(item) for item in self.outputs],
        }
        if self.output_names is not None:
            found["outputs"] = dict(zip(self.output_names, found["outputs"], strict=True))
        if self.where:
            found["where"] = [to_text(item) for item in self.where]
        if self.state is not None:
            found["state"] = [
                {key: value for key, value in item.to_dict().items() if key != "from"}
                for item in self.state
            ]
        return found


def size_json(size: Size) -> int | str:
    """Write a size as JSON has it: a number, or a Python expression."""
    return size if isinstance(size, int) else str(size)


def shape_json(shape: Shape) -> list[int | str]:
    """Write a shape as JSON has it."""
    return [size_json(size) for size in shape]


def source_json(source: Source) -> Any:
    """Write a source as `from` has it."""
    if isinstance(source, Reference):
        return str(source)
    return [source_json(item) for item in source]


def symbols_of_shapes(shapes: Iterable[Shape]) -> set[str]:
    """Give the symbols that occur in shapes."""
    return {name for shape in shapes for size in shape for name in symbols_of(size)}


def references(layer: Layer) -> Iterator[Reference]:
    """Yield every output a layer takes by `from`."""
    for source in (*layer.sources, *(item for _, item in layer.named)):
        yield from _inside(source)


def _inside(source: Source) -> Iterator[Reference]:
    if isinstance(source, Reference):
        yield source
    else:
        for item in source:
            yield from _inside(item)


def sizes_used(layer: Layer) -> Iterator[str]:
    """Yield the names of the outputs whose sizes a layer's arguments use, by `size(conv1, 2)`."""

    def walk(node: Node) -> Iterator[str]:
        if isinstance(node, Call) and node.function == "size":
            for part in node.arguments[:1]:
                text = part.name if isinstance(part, Name) else getattr(part, "value", "")
                yield str(text).partition("[")[0]
        for part in parts_of(node):
            if not isinstance(part, Constant):
                yield from walk(part)

    return iter(()) if layer.call is None else walk(layer.call)


def outputs_taken(net: Net, asked: Iterable[Reference], subscript: str | None) -> dict[str, int]:
    """Say how many of a layer's outputs are taken, counted to the last; only where none takes all.

    `asked` are outputs that are asked for from outside; `subscript` is the function that takes one.
    """
    found: dict[str, int] = {}
    whole = {name for layer in net.layers for name in sizes_used(layer)}
    ends = [item for source in net.outputs for item in _inside(source)]
    taken: list[tuple[Reference, Call | None]] = [(item, None) for item in (*ends, *asked)]
    taken += [(item, layer.call) for layer in net.layers for item in references(layer)]
    for item, call in taken:
        indices: tuple[object, ...] = item.path
        if not indices and call is not None and call.function == subscript:
            indices = tuple(getattr(node, "value", None) for node in call.arguments)
        first = indices[0] if indices else None
        if isinstance(first, int) and first >= 0:
            found[item.name] = max(found.get(item.name, 0), first + 1)
        else:
            whole.add(item.name)
    return {name: count for name, count in found.items() if name not in whole}


def nearest_layer(net: Net, name: str) -> str:
    """Give the hint for a name that no layer has."""
    near = nearest_words(name, [layer.name for layer in net.layers], 0.5)
    return f"did you mean {near[0]}?" if near else "`shapecalc infer` lists the layers"
