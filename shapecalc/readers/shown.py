"""What a printed model shows of one module, as the call that makes it.

`printed.yaml` says which classes have the weights of another layer, and which are told by what is
inside them. A class that nothing is known of, and that shows no size, is passed over, with a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data_files import read_data
from ..errors import SpecError
from ..registry import LayerType, Registry
from ..syntax import Call, Constant, Name, Node, Sequence, names_in, parse, parts_of, substitute

if TYPE_CHECKING:
    from .printed import Module

_LAZY = "Lazy"
_PARAMETRIZED = "Parametrized"


class Unclear(Exception):
    """A module that may hold something, which the text doesn't show."""


class Shown:
    """Writes the calls of a printed model's modules, and notes what the text leaves open."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.notes: list[str] = []

    def is_container(self, name: str) -> bool:
        """Say whether a class does nothing but hold others."""
        return name in _data()["containers"]

    def is_arguments(self, text: str) -> bool:
        """Tell a line that a container shows of itself from what is no part of a model."""
        try:
            call = parse(f"shown({text})")
        except SpecError:
            return False
        return isinstance(call, Call) and (
            bool(call.keywords) or any(not isinstance(item, Name) for item in call.arguments)
        )

    def has_more(self, module: Module) -> bool:
        """Say whether what is inside a module is listed for itself."""
        return module.is_container and not (
            module.type in _data()["inside"] or module.type.startswith(_PARAMETRIZED)
        )

    def note_containers(self, name: str) -> None:
        """Note that parameters of a model's own classes aren't seen."""
        if not self.is_container(name):
            self.notes.append(
                f"what {name} and other classes of its own hold as parameters themselves is not"
                " shown by print(model)"
            )

    def call(self, module: Module) -> Call | None:
        """Write the call that makes a module; None for a container of others.

        Raises `SpecError` for a class that isn't known, `Unclear` where it may not matter.
        """
        if not module.type:
            sizes = [Constant(int(size)) for size in module.arguments.split("x") if size]
            return Call("parameter", (Sequence(tuple(sizes), optional=True),), ())
        if module.type in _data()["inside"] and module.children:
            return self._from_inside(module)
        if module.type.startswith(_PARAMETRIZED) and module.is_container:
            return self._parametrized(module)
        if module.is_container and (not module.arguments or not self._knows(module.type)):
            return None
        return self._written(module.type, module.arguments)

    def _knows(self, name: str) -> bool:
        return name in _data()["same"] or (
            self.registry.knows(name) and not self.registry.find(name).is_function
        )

    def _written(self, name: str, text: str) -> Call:
        """Write a module of its class and arguments."""
        if not self._knows(name):
            if _shows_no_size(text):
                self.notes.append(
                    f"{name} is not in the registry; it is taken to hold no parameters"
                )
                raise Unclear
            self.registry.find(name)  # raises, naming the nearest
        type_ = self.registry.find(_data()["same"].get(name, name))
        needed = any(item.default is None and not item.variadic for item in type_.parameters)
        if not text and needed and type_.data.keys().isdisjoint(("weights", "submodules")):
            self.notes.append(f"{type_.name} doesn't show its arguments")
            raise Unclear
        call = _with_texts(parse(f"{type_.name}({text})"))
        return self._as_lazy(call, type_) if type_.name.startswith(_LAZY) else call

    def _as_lazy(self, call: Call, type_: LayerType) -> Call:
        """Leave out the size that a lazy layer shows and doesn't take."""
        of = self.registry.find(type_.name.removeprefix(_LAZY))
        names = [item.name for item in of.parameters]
        own = {item.name for item in type_.parameters}
        given = [*zip(names, call.arguments, strict=False), *call.keywords]
        return Call(call.function, (), tuple(item for item in given if item[0] in own))

    def _from_inside(self, module: Module) -> Call:
        """Write a layer that is shown by what is inside it."""
        words: list[tuple[str, Node]] = []
        for name, place in _data()["inside"][module.type].items():
            if not isinstance(place, str):
                words.append((name, Constant(place)))
                continue
            inner, _, argument = place.partition(".")
            shown = [self.call(child) for child in module.children if child.name == inner]
            words += [(name, dict(call.keywords)[argument]) for call in shown if call is not None]
        self.notes.append(f"{module.type} doesn't show all its arguments: the usual ones are taken")
        return Call(module.type, (), tuple(words))

    def _parametrized(self, module: Module) -> Call:
        """Write a layer whose weights are parametrized."""
        call = self._written(module.type.removeprefix(_PARAMETRIZED), module.arguments)
        functions = _data()["parametrizations"]
        for child in module.children:
            for weight in child.children:
                for made in weight.children:
                    if made.type not in functions:
                        raise SpecError(
                            f"the parametrization {made.type} is not known",
                            hint="the model's source says more: model.py:Net",
                        )
                    name = Constant(weight.name)
                    call = Call(functions[made.type], (call, name), ())
        return call


def _shows_no_size(text: str) -> bool:
    """Say whether arguments have no whole number, by which weights could have a size."""
    try:
        call = parse(f"shown({text})")
    except SpecError:
        return False

    def free(node: Node) -> bool:
        if isinstance(node, Constant):
            return type(node.value) is not int
        return all(map(free, parts_of(node)))

    return free(call)


def _with_texts(call: Node) -> Call:
    """Take words for texts: `padding=same` is shown without its quotes."""
    assert isinstance(call, Call)
    words: dict[str, Node] = {name: Constant(name) for name in names_in(call)}
    found = substitute(call, words)
    assert isinstance(found, Call)
    return found


@cache
def _data() -> Mapping[str, Any]:
    """Read what is known of printed classes."""
    found: Mapping[str, Any] = read_data(Path(__file__).with_name("printed.yaml"))
    return found
