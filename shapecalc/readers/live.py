"""Torch modules that are there: `torch.fx` traces their forward, and each call becomes an entry.

Layers of PyTorch are written as the calls that make them, from the attributes that they keep;
functions and methods are those of the registry. Shapes aren't needed, as long as the trace doesn't
ask for a tensor's number of dimensions: then the input's are guessed from the first layers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from inspect import Parameter as Argument
from inspect import signature
from typing import Any

from ..dims import symbol
from ..errors import ShapeError, SpecError
from ..given import guessed_shape
from ..net import Layer, Net, Reference, Shape, Source
from ..registry import Registry
from .registered import Registered
from .shapes import shape_of
from .traced import RankWanted, Trace, is_plumbing

MAX_GUESSES = 60  # of inputs' shapes
_LETTERS = "LHWD"  # of sizes that a guess adds


def read_module(module: Any, *, registry: Registry, inputs: Any = None) -> Net:
    """Read a torch module into a net.

    `inputs` are shapes by name, or that of the first input. Raises `SpecError` that names what can't
    be traced.
    """
    root, prefix = _inside(module, registry)
    registered = Registered(root, registry, prefix)
    shapes = _shapes(root, registered, inputs)
    found = _of_layer(root, registered, shapes)
    if found is not None:
        return found
    nodes = _traced(root, registered, list(shapes))
    trace, outputs, names = _followed(nodes, root, registered, shapes)
    return Net(
        type(root).__name__,
        {name: shapes.get(name) for name in trace.inputs},
        tuple(trace.layers),
        outputs,
        tuple(trace.where),
        registered.state_if_needed(trace.layers),
        output_names=names,
    )


def _followed(
    nodes: list[Any], root: Any, registered: Registered, shapes: Mapping[str, Shape | None]
) -> tuple[Trace, tuple[Source, ...], tuple[str, ...] | None]:
    """Follow the nodes; where that needs shapes that aren't known, with guesses of them.

    With the shapes that the user gave, the net ends with the layer that they don't fit into.
    """
    waiting: list[dict[str, Shape | None]] = [dict(shapes)]
    why = ""
    for _ in range(MAX_GUESSES):
        if not waiting:
            break
        known = waiting.pop(0)
        trace = Trace(root, registered, known)
        try:
            return trace, *trace.run(nodes)
        except RankWanted as wanted:
            why = f"how many dimensions {wanted.name} has: {wanted}"
            guesses = _guesses(trace, wanted.name, known)
            waiting += [{**known, wanted.name: guess} for guess in guesses]
        except ShapeError as error:
            if known == shapes:
                return trace, (Reference(trace.layers[-1].name),), None
            why = why or str(error)
    raise SpecError(f"the trace needs to know {why}", hint="give the input's shape", code="S118")


def _inside(module: Any, registry: Registry) -> tuple[Any, str]:
    """Give the model inside its wrappers, and what they put in front of its names."""
    prefix: list[str] = []
    while True:
        name = type(module).__name__
        word = registry.find(name).wrapper if registry.knows(name) else None
        word = "_orig_mod" if hasattr(module, "_orig_mod") else word  # torch.compile's
        if word is None or not hasattr(module, word):
            return module, ".".join(prefix)
        module = getattr(module, word)
        prefix.append(word)


# -------------------------------------------------------------------------------------- inputs


def _shapes(root: Any, registered: Registered, given: Any) -> dict[str, Shape | None]:
    """Give the inputs that a forward is traced with: those it needs, and those that are given."""
    names, needed = _arguments(root, registered)
    if given is None:
        given = {}
    elif not isinstance(given, Mapping):
        given = {None: given}
    first = names[0] if names else "input"
    shapes = {first if name is None else str(name): shape_of(item) for name, item in given.items()}
    for name in shapes:
        if name not in names:
            known = ", ".join(names) or "none"
            raise SpecError(
                f"the module has no input {name}", hint=f"its inputs are: {known}", code="S117"
            )
    kept = [name for name in names if name in needed or name in shapes]
    return {name: shapes.get(name) for name in kept or names[:1]}


def _arguments(root: Any, registered: Registered) -> tuple[list[str], set[str]]:
    """Name the arguments of a forward, and those without a default."""
    name = registered.layer_name(root)
    if name is not None and registered.call(root) is not None:
        slots = registered.registry.find(name).inputs
        return [slot.name for slot in slots], {slot.name for slot in slots if not slot.optional}
    found: list[str] = []
    needed: set[str] = set()
    for argument in signature(root.forward).parameters.values():
        if argument.kind in (Argument.VAR_POSITIONAL, Argument.VAR_KEYWORD):
            continue
        found.append(argument.name)
        if argument.default is Argument.empty:
            needed.add(argument.name)
    return found, needed


def _guesses(trace: Trace, name: str, known: Mapping[str, Shape | None]) -> list[Shape]:
    """Guess an input's shape from the layers that take it, with few dimensions first."""
    if known.get(name) is not None:
        return []
    net = Net("", {name: None}, tuple(trace.layers), ())
    try:
        shape = guessed_shape(net, name, trace.registered.registry)
    except SpecError:
        return []
    more = [symbol(letter) for letter in _LETTERS if symbol(letter) not in shape]
    # A layer that takes any number of dimensions tells its own.
    return [(*shape[:1], *more[:count], *shape[1:]) for count in range(max(5 - len(shape), 1))]


def _of_layer(root: Any, registered: Registered, shapes: dict[str, Shape | None]) -> Net | None:
    """Make the net of a module that is one layer itself; it has no name of its own."""
    call = registered.call(root)
    if call is None:
        return None
    name = registered.prefix or call.function.lower()
    layer = Layer(name, call, tuple([Reference(word) for word in shapes]))
    state = registered.state_if_needed([layer])
    return Net(type(root).__name__, shapes, (layer,), (Reference(name),), (), state)


# ------------------------------------------------------------------------------------- tracing


def _traced(root: Any, registered: Registered, inputs: list[str]) -> list[Any]:
    """Trace a forward: the nodes of torch.fx's graph."""
    fx = import_module("torch.fx")
    symbolic = sys.modules.get("torch.fx._symbolic_trace")
    fixed = {
        argument.name: argument.default
        for argument in signature(root.forward).parameters.values()
        if argument.default is not Argument.empty and argument.name not in inputs
    }
    nodes, error = _attempt(fx, root, registered, fixed)
    unknown = nodes is not None and _unknown(nodes, registered.registry)
    if nodes is None or unknown:
        # Functions that are marked as one node for torch.fx are followed inside instead.
        with _unwrapped(symbolic):
            inside, _ = _attempt(fx, root, registered, fixed)
        if inside is not None and (nodes is None or not _unknown(inside, registered.registry)):
            nodes = inside
    if nodes is None:
        assert error is not None
        raise error
    return nodes


def _attempt(
    fx: Any, root: Any, registered: Registered, fixed: dict[str, Any]
) -> tuple[list[Any] | None, SpecError | None]:
    torch = sys.modules["torch"]
    makers = [getattr(torch, name, None) for name in registered.registry.families()["creation"]]
    tracer = fx.Tracer(autowrap_functions=tuple(filter(callable, makers)))
    getattr(tracer, "_autowrap_search", []).append(torch)  # where these are looked up
    tracer.proxy_buffer_attributes = True
    tracer.is_leaf_module = lambda module, _: registered.call(module) is not None
    try:
        return list(tracer.trace(root, concrete_args=fixed or None).nodes), None
    except Exception as error:  # noqa: BLE001 - a forward may raise whatever it likes
        inside = list(getattr(tracer, "module_stack", None) or {})
        place = f" in {inside[-1]}" if inside and inside[-1] else ""
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        return None, SpecError(
            f"torch.fx can't trace {type(root).__name__}{place}: {reason}",
            hint="give its source, which is read and not run: model.py:Net",
            code="S136",
        )


def _unknown(nodes: list[Any], registry: Registry) -> bool:
    """Say whether a function is called that the registry hasn't got."""
    return any(
        node.op == "call_function"
        and not is_plumbing(node.target)
        and not registry.knows(getattr(node.target, "__name__", ""))
        for node in nodes
    )


@contextmanager
def _unwrapped(symbolic: Any) -> Iterator[None]:
    """Let torch.fx follow functions that were marked to be left as they are."""
    marked: dict[Any, Callable[..., Any]] = getattr(symbolic, "_wrapped_fns_to_patch", {})
    kept = dict(marked)
    marked.clear()
    try:
        yield
    finally:
        marked.update(kept)
