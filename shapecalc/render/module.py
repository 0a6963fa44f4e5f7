"""A net as the source of a PyTorch module with the same layers, names and order."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from math import inf

from ..errors import SpecError
from ..formula import ARITHMETIC
from ..net import Layer, Net, Reference, Source, references
from ..readers.shapes import numbers_hint
from ..registry import LayerType, Registry
from ..spelling import home_of, path_of, python_of
from ..syntax import Call, Constant, Name, Node, Sequence, names_in, print_arguments, to_text
from .assertions import assertions, attribute, with_attributes
from .calling import (
    begins_with_text,
    fill,
    in_order,
    index_text,
    sign_of,
    sizes_in,
    takes_rest,
    with_parts,
)
from .containers import (
    Tree,
    Weight,
    init_lines,
    is_sequential,
    parents,
    place_of,
    reach,
    reach_weight,
    second_name,
    tree_of,
    whole_calls,
    with_places,
)
from .numbers import number_types, typed, with_typed


def module_text(net: Net, registry: Registry) -> str:
    """Write Python source that makes the net.

    Raises `SpecError` for a net that has no such form.
    """
    writer = _Writer(net, registry)
    if is_sequential(net, writer.tree):
        return _with_imports(writer.sequential())
    forward = [*writer.forward()]
    init = [*writer.init(needed="\n".join(forward))]
    words = "".join(f", {name}" for name in writer.unknowns)
    inputs = "".join(f", {writer.variables[name]}" for name in net.inputs)
    body = [
        f"class {_class_name(net.name)}(nn.Module):",
        f"    def __init__(self{words}):",
        "        super().__init__()",
        *(f"        {line}" for line in init),
        "",
        f"    def forward(self{inputs}):",
        *(f"        {line}" for line in forward),
    ]
    return _with_imports(body)


def _with_imports(body: list[str]) -> str:
    text = "\n".join(body)
    imports = ["import torch"] if re.search(r"(?<![\w.])torch\.", text) else []
    if "einops." in text:
        home = "einops.layers.torch" if "einops.layers." in text else "einops"
        imports.insert(0, f"import {home}")
    if "torchvision." in text:
        imports.append("import torchvision")
    if re.search(r"\bF\.", text):
        imports.append("import torch.nn.functional as F")
    imports.append("from torch import nn")
    return "\n".join([*imports, "", "", *body]) + "\n"


def _class_name(name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return joined if joined.isidentifier() and not keyword.iskeyword(joined) else f"Net{joined}"


class _Writer:
    """Writes the two methods, keeping the names of variables."""

    def __init__(self, net: Net, registry: Registry) -> None:
        self.net = net
        self.registry = registry
        self.layers = {layer.name: layer for layer in net.layers}
        self.types = {
            layer.name: registry.find(layer.call.function)
            for layer in net.layers
            if layer.call is not None
        }
        self.numbers = number_types(net, self.types)
        self.tree: Tree = {}
        self.unknowns = self._unknowns()
        self.kept = self._kept()
        self.variables = self._variables()
        self.tree = self._tree()
        self.assertions = assertions(net, self.unknowns, self.variables, self.torch_node)

    def sequential(self) -> list[str]:
        """Give the lines of a net that is a `Sequential`."""
        words = "".join(f", {name}" for name in self.unknowns)
        return [
            f"class {_class_name(self.net.name)}(nn.Sequential):",
            f"    def __init__(self{words}):",
            "        super().__init__(",
            *(f"            {made}," for made in self.tree.values()),
            "        )",
        ]

    def _unknowns(self) -> list[str]:
        found: dict[str, None] = {}
        for layer in self.net.layers:
            if layer.call is not None:
                found.update(dict.fromkeys(_free_names(layer.call)))
        return [*found]

    def _kept(self) -> frozenset[str]:
        """Find the outputs that others than the next layer need."""
        last: dict[str, list[str]] = {}
        for layer in self.net.layers:
            for item in references(layer):
                last.setdefault(item.name, []).append(layer.name)
        found = {item.name for source in self.net.outputs for item in _references(source)}
        calls = [layer.call for layer in self.net.layers if layer.call is not None]
        found |= {name for call in calls for name in sizes_in(call)}
        found |= {name for relation in self.net.where for name in sizes_in(relation)}
        after = zip(self.net.layers, self.net.layers[1:], strict=False)
        following = {one.name: other.name for one, other in after}
        found |= {name for name, users in last.items() if users != [following.get(name)]}
        return frozenset(found)

    def _variables(self) -> dict[str, str]:
        """Name every output: `x` where only the next layer takes it, else as the layer."""
        taken = {"self", "x", "torch", "nn", "F", "float", *ARITHMETIC, *self.unknowns}
        found = {name: _identifier(name, taken) for name in self.net.inputs}
        for layer in self.net.layers:
            name = layer.name
            found[name] = _identifier(name, taken) if name in self.kept else "x"
        return found

    # ----------------------------------------------------------------------------- __init__

    def is_module(self, layer: Layer) -> bool:
        """Say whether a layer is an object that is made first and called later."""
        type_ = self.types.get(layer.name)
        return type_ is not None and (not type_.is_function or type_.wraps or _is_weight(type_))

    def init(self, needed: str) -> Iterator[str]:
        """Yield the lines that make the modules, in the order of registration.

        `needed` is the text of the forward, which may ask for hyperparameters.
        """
        yield from self.assertions.made
        for name in self.unknowns:
            if re.search(rf"\bself\.{attribute(name)}\b", needed):
                yield f"self.{attribute(name)} = {name}"
        yield from init_lines(self.tree)
        for layer in self.net.layers if self.net.state is None else self.net.state:
            if layer.alias is not None:
                yield second_name(layer.name, layer.alias, self.tree)

    def _tree(self) -> Tree:
        made: dict[str, Weight | str] = {}
        state = self.net.layers if self.net.state is None else self.net.state
        called = {layer.name: layer for layer in self.net.layers if self.is_module(layer)}
        owners = called.keys() - {layer.name for layer in state}
        for entry in state:
            # A module whose tensors are listed one by one, since another shares them.
            owner = next((name for name in parents(entry.name) if name in owners), None)
            layer = entry if owner is None else called[owner]
            if layer.shares is None and layer.call is not None:
                type_ = self.registry.find(layer.call.function)
                if not type_.is_function or type_.wraps or _is_weight(type_):
                    made[layer.name] = self._made(layer.call, type_)
        aliases = [layer.name for layer in state if layer.alias is not None]
        return with_places(tree_of(made), aliases)

    def module(self, name: str) -> str:
        """Write how a module is reached."""
        return reach(name.split("."), self.tree)

    def _made(self, call: Call, type_: LayerType) -> Weight | str:
        if _is_weight(type_):
            shape = print_arguments(call.arguments, call.keywords)
            if type_.data.get("weights"):
                return Weight("parameter", f"nn.Parameter(torch.empty({shape}))")
            return Weight("buffer", f"torch.zeros({shape})")
        return to_text(self.torch_call(self._fixed(call))._replace(forward=None))

    def _fixed(self, call: Call) -> Call:
        """Put numbers in the place of sizes, which a module can't wait for.

        Raises `SpecError` where a size isn't a number.
        """
        if not any(True for _ in sizes_in(call)):
            return call
        from ..arguments import evaluate_argument
        from ..infer import infer

        environment = infer(self.net, registry=self.registry).propagation.environment

        def number(node: Node) -> Node:
            if not (isinstance(node, Call) and node.function == "size"):
                return with_parts(node, number)
            size = evaluate_argument(node, environment)
            if not isinstance(size, int):
                raise SpecError(
                    f"{to_text(call)} is made for {to_text(node)}, which is {size}",
                    hint=numbers_hint(self.net.inputs),
                    code="S150",
                )
            return Constant(size)

        return call._replace(
            arguments=tuple(map(number, call.arguments)),
            keywords=tuple((word, number(item)) for word, item in call.keywords),
        )

    def torch_call(self, call: Call) -> Call:
        """Write a call as PyTorch has it, with modules inside it likewise."""
        name = call.function
        if self.registry.knows(name):
            type_ = self.registry.find(name)
            name = path_of(type_)
            if not call.arguments and type_.is_function and takes_rest(type_):
                call = call._replace(arguments=(Sequence(()),))  # `empty()` is of no dimensions
        return call._replace(
            function=name,
            arguments=tuple(map(self.torch_node, call.arguments)),
            keywords=tuple((word, self.torch_node(node)) for word, node in call.keywords),
        )

    def torch_node(self, node: Node) -> Node:
        """Write an argument as PyTorch has it."""
        match node:
            case Call("size", (where, dim), _, _):
                return Call(f"{self._output(where)}.size", (dim,), ())
            case Call(name) if name not in ARITHMETIC:
                return self.torch_call(node)
            case Constant(float() as value) if value in (inf, -inf):
                return Call("float", (Constant(str(value)),), ())
        return with_parts(node, self.torch_node)

    def _output(self, where: Node) -> str:
        name = where.name if isinstance(where, Name) else getattr(where, "value", to_text(where))
        bare, bracket, rest = str(name).partition("[")
        if bare not in self.variables:
            raise SpecError(f"there is no {bare} whose size could be asked for", code="S114")
        return self.variables[bare] + bracket + rest

    # ------------------------------------------------------------------------------ forward

    def forward(self) -> Iterator[str]:
        """Yield the lines that run the layers; a whole `Sequential` is called at once."""
        yield from self.assertions.run
        whole = whole_calls(self.net.layers, self.tree, self.kept)
        skip = 0
        for place, layer in enumerate(self.net.layers):
            skip -= 1
            if layer.call is None or skip > 0:
                continue
            if layer.name in whole:
                skip = whole[layer.name]
                last = self.net.layers[place + skip - 1]
                module = self.module(layer.name.removesuffix(".0"))
                yield f"{self.variables[last.name]} = {module}({self.tensor(layer.sources[0])})"
                yield from self.assertions.after.get(last.name, ())
            else:
                call = with_attributes(layer.call, self.unknowns)
                yield f"{self.variables[layer.name]} = {self._applied(layer, call)}"
                yield from self.assertions.after.get(layer.name, ())
        outputs = [self.tensor(source) for source in self.net.outputs]
        yield f"return {', '.join(outputs)}" if outputs else "return None"

    def _applied(self, layer: Layer, call: Call) -> str:
        type_ = self.types[layer.name]
        call = typed(call, type_, self.numbers.get(layer.name))
        type_ = self.registry.find(call.function)
        if _is_weight(type_):
            return reach_weight(layer.shares or layer.name, type_.name, self.tree)
        tensors = [self.tensor(source) for source in layer.sources]
        named = [f"{name}={self.tensor(source)}" for name, source in layer.named]
        if self.is_module(layer):
            module = self._called(layer, call, type_)
            rest, words = call.forward or ((), ())
            if "order" in type_.data:
                return f"{module}({', '.join(self._in_order(layer, type_, rest, words))})"
            return f"{module}({_joined(tensors, self._arguments(rest, words), named)})"
        sign = sign_of(type_, call, len(tensors) + len(named))
        if sign == "[]":
            return f"{tensors[0]}[{index_text(self._indices(call, type_))}]"
        given = self._arguments(call.arguments, call.keywords)
        if sign:
            return f" {sign} ".join(self._operands(layer, type_, given))
        template = python_of(type_)
        if "{" in template:
            return fill(template, self._parts(layer, call, type_))
        home = home_of(type_)
        if "order" in type_.data:
            placed = self._in_order(layer, type_, call.arguments, call.keywords)
            path = f"torch.{type_.name}" if home == "torch.Tensor" else path_of(type_)
            return f"{path}({', '.join(placed)})"
        is_method = home in {None, "torch.Tensor"} and not template
        if tensors and (is_method or (takes_rest(type_) and home != "einops")):
            return f"{tensors[0]}.{type_.name}({_joined(tensors[1:], given, named)})"
        if any(item.variadic for item in type_.inputs):
            if begins_with_text(type_):
                return f"{home}.{type_.name}({_joined([given], ', '.join(tensors), named)})"
            tensors = [f"[{', '.join(tensors)}]"]
        if type_.inputs and type_.inputs[0].parts and not isinstance(layer.sources[0], Reference):
            tensors[0] = f"[{tensors[0][1:-1]}]"  # einops takes tensors in a list, not in a tuple
        path = path_of(type_) if home or template else f"torch.{type_.name}"
        return f"{path}({_joined(tensors, given, named)})"

    def _called(self, layer: Layer, call: Call, type_: LayerType) -> str:
        """Write the module that an entry calls; what the forward makes itself is made there."""
        made = self._made(call, type_)
        place = place_of(layer.shares or layer.name, made, self.tree)
        return str(made) if place is None else self.module(place)

    def _operands(self, layer: Layer, type_: LayerType, number: str) -> list[str]:
        """Write what stands on both sides of an operator: `1 + x` names the tensor."""
        by_name = {name: self.tensor(source) for name, source in layer.named}
        rest = [*map(self.tensor, layer.sources), number]
        return [by_name.get(item.name) or rest.pop(0) for item in type_.inputs]

    def _indices(self, call: Call, type_: LayerType) -> tuple[Node, ...]:
        """Write what stands in brackets; a tensor there, known by its shape, holds indices."""
        holds = type_.data.get("holds") or {}
        kinds = [holds.get(item.name) for item in type_.parameters]
        pairs = zip(call.arguments, kinds, strict=False)
        return tuple(self.torch_node(with_typed(node, self.registry, kind)) for node, kind in pairs)

    def _in_order(
        self,
        layer: Layer,
        type_: LayerType,
        items: tuple[Node, ...],
        words: tuple[tuple[str, Node], ...],
    ) -> list[str]:
        return in_order(
            type_,
            [self.tensor(source) for source in layer.sources],
            [to_text(self.torch_node(item)) for item in items],
            {
                **{word: to_text(self.torch_node(node)) for word, node in words},
                **{name: self.tensor(source) for name, source in layer.named},
            },
        )

    def _parts(self, layer: Layer, call: Call, type_: LayerType) -> dict[str, str]:
        """Give the parts of a call that a template of the registry may ask for."""
        tensors = [self.tensor(source) for source in layer.sources]
        named = [f"{name}={self.tensor(source)}" for name, source in layer.named]
        return {
            "name": type_.name,
            "tensors": ", ".join(tensors),
            "first": tensors[0] if tensors else "",
            "others": ", ".join(tensors[1:]),
            "arguments": _joined([], self._arguments(call.arguments, call.keywords), named),
        }

    def _arguments(self, items: tuple[Node, ...], words: tuple[tuple[str, Node], ...]) -> str:
        return print_arguments(
            tuple(map(self.torch_node, items)),
            tuple((word, self.torch_node(node)) for word, node in words),
        )

    def tensor(self, source: Source) -> str:
        """Write where a tensor comes from."""
        if isinstance(source, Reference):
            return self.variables[source.name] + "".join(f"[{index}]" for index in source.path)
        inner = ", ".join(self.tensor(item) for item in source)
        return f"({inner},)" if len(source) == 1 else f"({inner})"


def _joined(tensors: list[str], given: str, named: list[str]) -> str:
    return ", ".join([*tensors, *([given] if given else []), *named])


def _is_weight(type_: LayerType) -> bool:
    """Tell a function that makes a parameter or a buffer of its own."""
    own = type_.data.get("weights") or type_.data.get("buffers")
    return type_.is_function and not type_.wraps and bool(own)


def _identifier(name: str, taken: set[str]) -> str:
    """Make a variable's name of a layer's, other than those taken."""
    plain = re.sub(r"\W", "_", name)
    plain = plain if plain.isidentifier() and not keyword.iskeyword(plain) else f"x_{plain}"
    found = plain
    count = 1
    while found in taken:
        count += 1
        found = f"{plain}_{count}"
    taken.add(found)
    return found


def _free_names(call: Call) -> Iterator[str]:
    """Yield the symbols in a call's arguments."""

    def plain(node: Node) -> Node:
        if isinstance(node, Call) and node.function == "size":
            return Constant(0)
        return with_parts(node, plain)

    return (name for name in names_in(plain(call)) if name != "Ellipsis")


def _references(source: Source) -> Iterator[Reference]:
    if isinstance(source, Reference):
        yield source
    else:
        for item in source:
            yield from _references(item)
