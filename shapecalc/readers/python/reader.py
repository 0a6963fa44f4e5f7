"""Python source into a net: build the model, then follow its forward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ...arguments import evaluate_argument
from ...dims import Dim, symbol
from ...errors import ShapeError, SpecError
from ...net import Net, OtherNets, Shape
from ...registry import Registry
from ...syntax import parse
from .failures import Raised
from .guessing import Guess, guesses
from .imports import Loader
from .limits import MAX_WAYS, LimitError
from .machine import Machine
from .parsing import parse_source
from .target import chosen_target, named_target, needs_arguments
from .tracing import ShapeWanted, Tracer, flat_tensors
from .values import (
    MISSING,
    Class,
    Function,
    Method,
    Module,
    Native,
    Opaque,
    Partial,
    Unbound,
    Value,
)

ShapeLike = Any  # a tuple or list of int, str or Dim
MAX_TEXT = 2_000_000  # characters of a source


class SourceMisfit(ShapeError):
    """A model that refuses its input by an exception of its own; `net` is what ran before.

    `failed` is the layer that a shape doesn't fit into, if it is one that refuses.
    """

    default_code = "S207"

    def __init__(self, message: str, net: Net, failed: str | None = None, **rest: Any) -> None:
        super().__init__(message, **rest)
        self.net = net
        self.failed = failed


class SourceUnfollowed(SpecError):
    """A forward that can't be followed; `net` has what ran before, and all parameters."""

    def __init__(self, cause: SpecError, net: Net) -> None:
        super().__init__(
            cause.message,
            hint=cause.hint,
            location=cause.location,
            layer=cause.layer,
            code=cause.code,
            source=cause.source,
        )
        self.net = net


class Built(NamedTuple):
    """A model that has been built, and the machine that did it."""

    machine: Machine
    root: Module
    name: str


def read_python(
    text: str,
    file: str,
    expression: str | None = None,
    *,
    registry: Registry,
    inputs: Mapping[Any, ShapeLike] | ShapeLike | None = None,
    import_root: str | None = None,
) -> Net:
    """Read a model from Python source, which is interpreted and never executed.

    `expression` says which: a class, a function, or a call. `inputs` are shapes by name or position
    (None is the first); without them, rank and channels come from the first layers, and the rest
    are symbols. Where the shapes don't fit, the net ends with the layer they don't fit into.

    Raises `SpecError` for what can't be read or followed, and `SourceMisfit` where the model itself
    refuses its input.
    """
    if len(text) > MAX_TEXT:
        raise SpecError(f"a source of {len(text):,} characters; at most {MAX_TEXT:,} are read")
    try:
        return _read(text, file, expression, registry, _by_name(inputs), import_root)
    except RecursionError:
        raise LimitError("expressions and calls are nested too deeply") from None


def _by_name(inputs: Mapping[Any, ShapeLike] | ShapeLike | None) -> dict[Any, Shape]:
    if inputs is None:
        return {}
    if not isinstance(inputs, Mapping):
        inputs = {None: inputs}
    return {name: tuple([_size(item) for item in shape]) for name, shape in inputs.items()}


def _size(item: int | str | Dim) -> int | Dim:
    if isinstance(item, str):
        if item.isidentifier():
            return symbol(item)
        found = evaluate_argument(parse(item), _Symbols())  # type: ignore[arg-type]
        if not isinstance(found, (int, Dim)):
            raise SpecError(f"`{item}` is not a size")
        return found
    return item


class _Symbols(dict[str, Dim]):
    """Every name stands for a symbol."""

    def __missing__(self, name: str) -> Dim:
        return symbol(name)


def _read(
    text: str,
    file: str,
    expression: str | None,
    registry: Registry,
    inputs: dict[Any, Shape],
    import_root: str | None,
) -> Net:
    def built(script: tuple[bool, ...] = ()) -> Built:
        return build(text, file, expression, registry, import_root, script)

    return _followed(built, inputs, {}, file, registry)


def _followed(
    builder: Callable[..., Built],
    inputs: dict[Any, Shape],
    guessed: dict[str, Shape],
    file: str,
    registry: Registry,
) -> Net:
    """Follow the forward; where an input has no shape, try those that the layers speak for."""
    built = builder()
    shapes = _input_shapes(built, inputs, guessed)
    tracer = built.machine.tracer
    try:
        net = _trace(built, shapes, file, misfits=bool(guessed))
    except ShapeWanted:
        pass
    else:
        if tracer.failed is not None and inputs and not tracer.symbolic():
            return _with_the_rest(net, builder, file, registry)
        if not tracer.choices or not tracer.symbolic():
            return net
        choices = tuple(tracer.choices)
        return net._replace(others=lambda: _other_ways(builder, shapes, choices))
    name = next(name for name, shape in shapes.items() if shape is None)
    tried: list[tuple[Guess, SpecError | SourceMisfit]] = []
    for guess in guesses(tracer, built.root, name):
        try:
            return _followed(builder, inputs, {**guessed, name: guess.shape}, file, registry)
        except (SpecError, SourceMisfit) as error:
            tried.append((guess, error))
    if tried and (isinstance(tried[0][1], SpecError) or _refuses_all(tried)):
        raise tried[0][1]
    shown = [str(guess) for guess, _ in tried]
    known = {key: Guess(shape) for key, shape in guessed.items()}
    wanted = SpecError(
        f"the source doesn't say what shape {name} has"
        + (f"; tried {', '.join(shown)}, which don't fit" if shown else ""),
        hint=_hint([key for key in shapes if key not in inputs], known),
        code="S118",
    )
    raise SourceUnfollowed(wanted, tracer.net(built.name, built.root, [], file))


def _with_the_rest(net: Net, builder: Callable[..., Built], file: str, registry: Registry) -> Net:
    """Add what follows the layer that failed, which other sizes show: fixes are tried on all of it."""
    try:
        whole = _followed(builder, {}, {}, file, registry)
    except (SpecError, ShapeError, SourceMisfit):
        return net
    count = len(net.layers)
    own = [(layer.name, layer.call, layer.sources, layer.named) for layer in net.layers]
    other = [(layer.name, layer.call, layer.sources, layer.named) for layer in whole.layers]
    if own != other[:count]:
        return net
    return whole._replace(inputs=net.inputs, where=net.where, notes=net.notes, others=None)


def _refuses_all(tried: list[tuple[Guess, SpecError | SourceMisfit]]) -> bool:
    """Tell whether a model refuses all that its first layer takes, and always at one place."""
    if tried[0][0].taker is None:
        return False
    places = []
    for place, (guess, error) in enumerate(tried):
        if guess.taker is None:
            continue
        if not isinstance(error, SourceMisfit):
            return False
        if place == 0 or error.failed != guess.taker:
            places.append(error.location)
    return all(place == places[0] for place in places)


def _hint(names: list[str], known: Mapping[str, Guess]) -> str:
    """Ask for the shapes of inputs by their own names."""
    given = " ".join(f"--input {name}={known.get(name, 'SHAPE')}" for name in names)
    return f"give {'it' if len(names) == 1 else 'them'}: {given}"


# ------------------------------------------------------------------------------------- building


def build(
    text: str,
    file: str,
    expression: str | None,
    registry: Registry,
    import_root: str | None,
    script: tuple[bool, ...] = (),
) -> Built:
    """Read the files and make the model; `script` sets which ways its forward will go."""
    machine = Machine(registry, Loader(file, import_root), Tracer(registry, script))
    module = machine.loader.read_main(text)
    target: Value = None
    try:
        if expression is None:
            target = chosen_target(machine, module, parse_source(text, file))
        else:
            target = named_target(machine, module, expression)
        root = _instance(machine, target, expression)
    except Raised as error:
        raise SpecError(
            f"the model can't be built: {error.message}",
            hint=_call_of(target, file),
            location=error.location,
            source=error.source,
            code="S135",
        ) from None
    return Built(machine, root, _name_of(target, root))


def _call_of(target: Value, file: str) -> str | None:
    """Show how a class is named with the arguments that it can't do without."""
    if not isinstance(target, Class):
        return None
    needed = needs_arguments(target)
    given = ", ".join(f"{name}=..." for name in needed)
    return f"name it with its arguments: {file}:{target.name}({given})" if needed else None


def _instance(machine: Machine, target: Value, expression: str | None) -> Module:
    shown = expression or "the model"
    if isinstance(target, Opaque):
        raise machine.unknown(target, shown)
    if isinstance(target, (Class, Function, Partial, Native, Method)):
        target = machine.call(target, [], {})
        if isinstance(target, Opaque):
            raise machine.unknown(target, f"what {shown} gives")
    if isinstance(target, Module):
        return target
    raise SpecError(
        f"{shown} is {machine.show(target)}, not a module",
        hint="name a class of modules, or a call that makes one",
        code="S134",
    )


def _name_of(target: Value, root: Module) -> str:
    return target.name if isinstance(target, (Class, Function)) else root.type.name


# -------------------------------------------------------------------------------------- inputs


def _input_shapes(
    built: Built, given: dict[Any, Shape], guessed: dict[str, Shape]
) -> dict[str, Shape | None]:
    """Give every input of the forward a shape, None where nothing is known."""
    names, needed, more = input_names(built.machine, built.root)
    found: dict[str, Shape | None] = {}
    waiting = dict(given)
    order = [*names]
    while more and len(order) < len(waiting):
        order.append(f"input_{len(order)}" if order else "input")
    for place, name in enumerate(order):
        for key in (name, place, None) if place == 0 else (name, place):
            if key in waiting:
                found[name] = waiting.pop(key)
                break
        else:
            if name in guessed:
                found[name] = guessed[name]
            elif name in needed or (place == 0 and not needed):
                found[name] = None
                if given and name in needed:
                    raise SpecError(
                        f"the model takes {name} as well",
                        hint=f"give its shape too: --input {name}=SHAPE",
                        code="S118",
                    )
    if waiting:
        strange = next(iter(waiting))
        raise SpecError(
            f"the model has no input {strange}",
            hint=f"its inputs are: {', '.join(order) or 'none'}",
            code="S117",
        )
    return found


def input_names(machine: Machine, root: Module) -> tuple[list[str], set[str], bool]:
    """Name the inputs of a model's forward, those it needs, and say whether it takes any number."""
    method = root.attributes.get("forward", root.type.find("forward"))
    skip = 0 if "forward" in root.attributes else 1
    while isinstance(method, (Method, Partial, Unbound)):
        skip = 1 if isinstance(method, Method) else skip
        method = method.function
    if isinstance(method, Function):
        spec = method.parameters
        names = [item.arg for item in [*spec.posonlyargs, *spec.args]][skip:]
        needed = set(names[: len(names) - len(method.defaults)] if method.defaults else names)
        keyword = [item.arg for item in spec.kwonlyargs]
        needed |= {name for name in keyword if name not in method.keyword_defaults}
        return [*names, *keyword], needed, spec.vararg is not None
    if method is MISSING:
        return ["input"], {"input"}, False
    if root.arguments is not None:
        slots = machine.tracer.modules.type_of(root).inputs
        return [slot.name for slot in slots], {s.name for s in slots if not s.optional}, False
    inner = next((item for item in root.children.values() if isinstance(item, Module)), None)
    if inner is not None:
        return input_names(machine, inner)
    return ["input"], {"input"}, False


# -------------------------------------------------------------------------------------- tracing


def _trace(
    built: Built, shapes: dict[str, Shape | None], file: str, *, misfits: bool = False
) -> Net:
    """Follow the forward, and make the net of it; `misfits` makes all that don't fit errors."""
    machine, root = built.machine, built.root
    tracer = machine.tracer
    tensors = tracer.begin(root, shapes)
    names = list(shapes)
    positional = _positional(machine, root)
    arguments: list[Value] = []
    keywords: dict[str, Value] = {}
    for name, tensor in zip(names, tensors, strict=True):
        if (name in positional and positional.index(name) == len(arguments) and not keywords) or (
            name.startswith("input") and name not in positional
        ):
            arguments.append(tensor)
        else:
            keywords[name] = tensor
    try:
        found = machine.call(root, arguments, keywords)
    except ShapeError as error:
        if tracer.failed is not None and not tracer.symbolic() and not misfits:
            return tracer.net(built.name, root, [], file)
        raise _misfit(error.message, error, built, file) from None
    except Raised as error:
        raise _misfit(error.message, error, built, file) from None
    except SpecError as error:
        raise SourceUnfollowed(error, tracer.net(built.name, root, [], file)) from None
    try:
        outputs = flat_tensors(machine, found)
    except SpecError as error:
        raise SourceUnfollowed(error, tracer.net(built.name, root, [], file)) from None
    return tracer.net(built.name, root, outputs, file)


def _other_ways(
    built: Callable[..., Built],
    shapes: dict[str, Shape | None],
    choices: tuple[bool, ...],
) -> OtherNets:
    """Follow a forward the other ways that it can go, where sizes leave its branches open."""
    found: list[Net] = []
    waiting = [(*choices[:place], not choices[place]) for place in range(len(choices))]
    left_out: str | None = None
    for _ in range(MAX_WAYS):
        if not waiting:
            break
        script = waiting.pop()
        made = built(script)
        try:
            found.append(_trace(made, shapes, made.machine.loader.file))
        except SourceMisfit:
            pass  # sizes that the model refuses
        except SpecError as error:
            left_out = f"a branch of the source that can't be followed: {error.message}"
        taken = made.machine.tracer.choices
        waiting += [(*taken[:place], not taken[place]) for place in range(len(script), len(taken))]
    if waiting:
        left_out = f"looked at {MAX_WAYS + 1} ways through the source's branches"
    return OtherNets(tuple(found), left_out)


def _positional(machine: Machine, root: Module) -> list[str]:
    return input_names(machine, root)[0]


def _misfit(message: str, error: ShapeError | Raised, built: Built, file: str) -> SourceMisfit:
    tracer = built.machine.tracer
    net = tracer.net(built.name, built.root, [], file)
    return SourceMisfit(
        message,
        net,
        None if tracer.failed is None else tracer.failed.name,
        location=error.location,
        source=error.source,
        layer=error.layer,
    )


__all__ = ["SourceMisfit", "SourceUnfollowed", "read_python"]
