"""The classes of `torch.nn` that hold other modules, and `nn.Module`'s own methods."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ...errors import SpecError
from .failures import OBJECT
from .items import plain_slice
from .modules import MODULE, as_buffer
from .registration import own_tensors
from .types import PARAMETER
from .values import (
    MISSING,
    Class,
    Instance,
    Keywords,
    Module,
    Native,
    Opaque,
    Tensor,
    Unbound,
    Value,
)

if TYPE_CHECKING:
    from .machine import Machine

Rule = Callable[["Machine", "list[Value]", Keywords], Value]

MAX_TREE = 20_000  # modules in a model


def walk(module: Module, prefix: str, seen: set[int]) -> Iterator[tuple[str, Module]]:
    """Yield a module and those inside it, each once, with their paths."""
    if id(module) in seen or len(seen) > MAX_TREE:
        return
    seen.add(id(module))
    yield prefix, module
    for name, child in module.children.items():
        if isinstance(child, Module):
            yield from walk(child, f"{prefix}.{name}" if prefix else name, seen)


def tensors_of(
    machine: Machine, module: Module, kind: str, prefix: str = "", *, inside: bool = True
) -> Iterator[tuple[str, Tensor]]:
    """Yield the parameters or buffers of a module, each once, with their names."""
    seen: set[int] = set()
    for path, item in walk(module, prefix, set()) if inside else [(prefix, module)]:
        machine.budget.spend(1)
        own = list(machine.tracer.modules.layer_tensors(item)) if item.arguments is not None else []
        held = {name: tensor for name, tensor in own_tensors(item) if name not in dict(own)}
        for name, tensor in [*own, *held.items()]:
            if tensor.kind.startswith(kind) and id(tensor) not in seen:
                seen.add(id(tensor))
                yield (f"{path}.{name}" if path else name), tensor


# ------------------------------------------------------------------------- nn.Module's methods


def _init(machine: Machine, given: list[Value], named: Keywords) -> None:
    given[0].started = True


def _same(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return given[0]


def _nothing(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return None


def _arguments(given: list[Value], named: Keywords, *names: str) -> list[Value]:
    """Give arguments by position or by name; MISSING where one is left out."""
    rest = given[1:]
    return [
        rest[place] if place < len(rest) else named.get(name, MISSING)
        for place, name in enumerate(names)
    ]


def _add_module(machine: Machine, given: list[Value], named: Keywords) -> None:
    name, child = _arguments(given, named, "name", "module")
    if isinstance(child, Opaque):
        raise machine.unknown(child, "a module that is added")
    if not isinstance(name, str) or not (child is None or isinstance(child, Module)):
        raise machine.fail("TypeError", f"{machine.show(child)} is not a Module subclass")
    module = given[0]
    _check_name(machine, module, name, module.children)
    for store in (module.attributes, module.parameters, module.buffers):
        store.pop(name, None)
    module.children[name] = child


def _check_name(machine: Machine, module: Module, name: Value, own: dict[str, Value]) -> None:
    """Refuse a name that PyTorch refuses for a module, parameter or buffer."""
    if not isinstance(name, str):
        raise machine.fail("TypeError", f"a name should be a string, not {machine.show(name)}")
    if name == "" or "." in name:
        raise machine.fail("KeyError", "a name can't be empty or contain '.'")
    stores = (module.attributes, module.parameters, module.buffers, module.children)
    taken = any(name in store for store in stores) or module.type.find(name) is not MISSING
    if taken and name not in own:
        raise machine.fail("KeyError", f"attribute '{name}' already exists")


def _register_buffer(machine: Machine, given: list[Value], named: Keywords) -> None:
    name, tensor, persistent = _arguments(given, named, "name", "tensor", "persistent")
    module = given[0]
    _check_name(machine, module, name, module.buffers)
    late = not machine.tracer.building and name not in module.buffers
    if isinstance(tensor, Tensor):
        # What the forward registers is a value of the net; the model as it is made doesn't have it.
        if not late:
            kind = "buffer" if persistent is not False else "buffer transient"
            tensor = as_buffer(tensor, kind)
    elif tensor is not None:
        raise machine.fail("TypeError", f"cannot assign {machine.show(tensor)} to buffer '{name}'")
    module.attributes.pop(name, None)
    module.buffers[name] = tensor
    if persistent is False or late:
        module.transient.add(name)
    else:
        module.transient.discard(name)


def _register_parameter(machine: Machine, given: list[Value], named: Keywords) -> None:
    name, tensor = _arguments(given, named, "name", "param")
    module = given[0]
    _check_name(machine, module, name, module.parameters)
    if module.arguments is not None and machine.tracer.modules._reassign(module, name, tensor):
        return
    module.parameters[name] = tensor


def _modules(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return machine.iteration(item for _, item in walk(given[0], "", set()))


def _named_modules(machine: Machine, given: list[Value], named: Keywords) -> Value:
    prefix = named.get("prefix", "")
    return machine.iteration(pair for pair in walk(given[0], prefix, set()))


def _children(machine: Machine, given: list[Value], named: Keywords) -> Value:
    found = {id(item): item for item in given[0].children.values() if isinstance(item, Module)}
    return machine.iteration(iter(list(found.values())))


def _named_children(machine: Machine, given: list[Value], named: Keywords) -> Value:
    pairs = [(key, item) for key, item in given[0].children.items() if isinstance(item, Module)]
    return machine.iteration(iter(pairs))


def _tensors(kind: str, *, names: bool) -> Rule:
    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        recurse = named.get("recurse", given[1] if len(given) > 1 and not names else True)
        pairs = tensors_of(machine, given[0], kind, named.get("prefix", ""), inside=bool(recurse))
        if names:
            return machine.iteration(pair for pair in pairs)
        return machine.iteration(tensor for _, tensor in pairs)

    return run


def _state_dict(machine: Machine, given: list[Value], named: Keywords) -> Value:
    found = dict(tensors_of(machine, given[0], "parameter"))
    found.update(tensors_of(machine, given[0], "buffer"))
    return found


def _apply(machine: Machine, given: list[Value], named: Keywords) -> Value:
    module, function = given
    for child in list(module.children.values()):
        if isinstance(child, Module):
            machine.call(machine.get(child, "apply"), [function], {})
    machine.call(function, [module], {})
    return module


def _get_submodule(machine: Machine, given: list[Value], named: Keywords) -> Value:
    module, path = given
    for name in path.split(".") if path else []:
        module = machine.get(module, name)
    return module


def _hook(kind: str) -> Rule:
    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        module, function = given[:2]
        module.hooks.append((kind, function))
        handle = Instance(_HANDLE)
        handle.attributes["remove"] = Native(
            "remove", lambda m, a, n: _unhook(module, kind, function)
        )
        return handle

    return run


def _unhook(module: Module, kind: str, function: Value) -> None:
    module.hooks = [
        (own, held) for own, held in module.hooks if own != kind or held is not function
    ]


def _call(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return machine.tracer.run_module(given[0], given[1:], named)


_HANDLE = Class("RemovableHandle", (OBJECT,))

MODULE.names.update(
    {
        name: Native(name, rule)
        for name, rule in {
            "__init__": _init,
            "__call__": _call,
            "add_module": _add_module,
            "register_module": _add_module,
            "register_buffer": _register_buffer,
            "register_parameter": _register_parameter,
            "modules": _modules,
            "named_modules": _named_modules,
            "children": _children,
            "named_children": _named_children,
            "parameters": _tensors("parameter", names=False),
            "named_parameters": _tensors("parameter", names=True),
            "buffers": _tensors("buffer", names=False),
            "named_buffers": _tensors("buffer", names=True),
            "state_dict": _state_dict,
            "apply": _apply,
            "get_submodule": _get_submodule,
            "get_parameter": _get_submodule,
            "get_buffer": _get_submodule,
            "register_forward_hook": _hook("after"),
            "register_forward_pre_hook": _hook("before"),
            "_get_name": lambda machine, given, named: given[0].type.name,
            **dict.fromkeys(
                [
                    "train",
                    "eval",
                    "to",
                    "cuda",
                    "cpu",
                    "half",
                    "float",
                    "double",
                    "bfloat16",
                    "type",
                    "requires_grad_",
                    "share_memory",
                    "compile",
                ],
                _same,
            ),
            **dict.fromkeys(
                [
                    "zero_grad",
                    "load_state_dict",
                    "_load_from_state_dict",
                    "register_backward_hook",
                    "extra_repr",
                    "register_full_backward_hook",
                    "_register_load_state_dict_pre_hook",
                    "register_load_state_dict_post_hook",
                    "register_load_state_dict_pre_hook",
                    "_register_state_dict_hook",
                    "reset_parameters",
                    "_reset_parameters",
                    "flatten_parameters",
                    "register_state_dict_post_hook",
                ],
                _nothing,
            ),
        }.items()
    }
)


# ------------------------------------------------------------------------------ lists of modules


def _container(name: str, rules: dict[str, Rule], base: Class = MODULE) -> Class:
    return Class(name, (base,), {key: Native(key, rule) for key, rule in rules.items()})


def _held(module: Module) -> dict[str, Value]:
    """The dict that a container's elements are in."""
    return module.parameters if module.type.find("<parameters>") is True else module.children


def _checked(machine: Machine, item: Value) -> Value:
    if isinstance(item, Module) or item is None:
        return item
    if isinstance(item, Tensor):
        return item
    if isinstance(item, Opaque):
        raise machine.unknown(item, "a module that is put into a container")
    raise machine.fail("TypeError", f"{machine.show(item)} is not a Module subclass")


def _renumber(machine: Machine, module: Module, items: list[Value]) -> None:
    held = _held(module)
    held.clear()
    held.update({str(place): item for place, item in enumerate(items)})


def _fill(machine: Machine, module: Module, items: list[Value]) -> None:
    module.started = True
    held = _held(module)
    for item in items:
        held[str(len(held))] = _checked(machine, item)


def _sequential_init(machine: Machine, given: list[Value], named: Keywords) -> None:
    module, *items = given
    if len(items) == 1 and isinstance(items[0], dict):
        module.started = True
        for name, item in items[0].items():
            _add_module(machine, [module, name, _checked(machine, item)], {})
    else:
        _fill(machine, module, items)


def _sequential_forward(machine: Machine, given: list[Value], named: Keywords) -> Value:
    module, *values = given
    value: Value = MISSING
    for item in list(module.children.values()):
        value = machine.call(item, values if value is MISSING else [value], {})
    return values[0] if value is MISSING and values else value


def _list_init(machine: Machine, given: list[Value], named: Keywords) -> None:
    module, *items = given
    module.started = True
    source = items[0] if items else named.get("modules", named.get("values"))
    if source is not None:
        _fill(
            machine, module, [_as_held(machine, module, item) for item in machine.iterate(source)]
        )


def _as_held(machine: Machine, module: Module, item: Value) -> Value:
    """Make a parameter of a tensor that is put into a ParameterList."""
    if isinstance(item, Tensor) and item.kind != "parameter":
        return as_parameter(item)
    return item


def as_parameter(value: Tensor) -> Tensor:
    """Give a tensor as a parameter holds it."""
    found = value.copy()
    found.kind, found.reference, found.owner = "parameter", None, None
    return found


def _place(machine: Machine, module: Module, index: Value) -> str:
    held = list(_held(module))
    place = machine.pin(index)
    if not isinstance(place, int):
        raise machine.fail("TypeError", f"{machine.show(index)} is not an index")
    if not -len(held) <= place < len(held):
        raise machine.fail("IndexError", f"index {place} is out of range")
    return held[place]


def _list_get(machine: Machine, given: list[Value], named: Keywords) -> Value:
    module, index = given
    held = _held(module)
    if isinstance(index, slice):
        part = list(held.items())[plain_slice(machine, index)]
        made = Module(_plain_kind(module.type), module.location)
        made.started = True
        if SEQUENTIAL in module.type.order:
            made.children.update(part)
        else:
            _fill(machine, made, [item for _, item in part])
        return made
    return held[_place(machine, module, index)]


def _plain_kind(kind: Class) -> Class:
    """Give the container's own class for a slice of a subclass."""
    return next(item for item in kind.order if item.module is None)


def _list_set(machine: Machine, given: list[Value], named: Keywords) -> None:
    module, index, item = given
    _held(module)[_place(machine, module, index)] = _as_held(machine, module, item)


def _list_delete(machine: Machine, given: list[Value], named: Keywords) -> None:
    module, index = given
    items = list(_held(module).values())
    if isinstance(index, slice):
        del items[plain_slice(machine, index)]
    else:
        del items[machine.pin(index)]
    _renumber(machine, module, items)


def _list_append(machine: Machine, given: list[Value], named: Keywords) -> Value:
    module, item = given
    _fill(machine, module, [_as_held(machine, module, item)])
    return module


def _list_extend(machine: Machine, given: list[Value], named: Keywords) -> Value:
    module, items = given
    _fill(machine, module, [_as_held(machine, module, item) for item in machine.iterate(items)])
    return module


def _list_insert(machine: Machine, given: list[Value], named: Keywords) -> Value:
    module, index, item = given
    items = list(_held(module).values())
    items.insert(machine.pin(index), _checked(machine, item))
    _renumber(machine, module, items)
    return module


def _list_pop(machine: Machine, given: list[Value], named: Keywords) -> Value:
    module, index = given
    items = list(_held(module).values())
    found = items.pop(machine.pin(index))
    _renumber(machine, module, items)
    return found


def _list_add(machine: Machine, given: list[Value], named: Keywords) -> Value:
    module, other = given
    made = Module(_plain_kind(module.type), module.location)
    made.started = True
    _fill(machine, made, [*_held(module).values(), *machine.iterate(other)])
    return made


def _list_iter(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return machine.iteration(iter(list(_held(given[0]).values())))


def _list_len(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return len(_held(given[0]))


_LIST_RULES: dict[str, Rule] = {
    "__init__": _list_init,
    "__getitem__": _list_get,
    "__setitem__": _list_set,
    "__delitem__": _list_delete,
    "__iter__": _list_iter,
    "__len__": _list_len,
    "__add__": _list_add,
    "__iadd__": _list_extend,
    "append": _list_append,
    "extend": _list_extend,
    "insert": _list_insert,
    "pop": _list_pop,
}


# ------------------------------------------------------------------------------ dicts of modules


def _dict_init(machine: Machine, given: list[Value], named: Keywords) -> None:
    module, *items = given
    module.started = True
    source = items[0] if items else named.get("modules", named.get("parameters"))
    if source is not None:
        _dict_update(machine, [module, source], {})


def _dict_update(machine: Machine, given: list[Value], named: Keywords) -> None:
    module, source = given
    if isinstance(source, Instance) and isinstance(source.content, dict):
        source = source.content
    pairs: Value = source.items() if isinstance(source, dict) else None
    if pairs is not None and _held(module) is module.parameters:
        # Parameters of a dictionary are sorted by name, modules aren't.
        pairs = (
            pairs if isinstance(source, OrderedDict) else sorted(pairs, key=lambda pair: pair[0])
        )
    if pairs is None and isinstance(source, Module):
        pairs = _held(source).items()
    if pairs is None:
        pairs = [machine.collect(pair) for pair in machine.iterate(source)]
    for name, item in pairs:
        _dict_set(machine, [module, name, item], {})


def _dict_set(machine: Machine, given: list[Value], named: Keywords) -> None:
    module, name, item = given
    if not isinstance(name, str):
        raise machine.fail("TypeError", "module name should be a string")
    _held(module)[name] = _as_held(machine, module, _checked(machine, item))


def _dict_get(machine: Machine, given: list[Value], named: Keywords) -> Value:
    module, name = given
    held = _held(module)
    if name not in held:
        raise machine.fail("KeyError", machine.show(name))
    return held[name]


def _dict_view(pick: Callable[[dict[str, Value]], Value]) -> Rule:
    return lambda machine, given, named: list(pick(_held(given[0])))


_DICT_RULES: dict[str, Rule] = {
    "__init__": _dict_init,
    "__getitem__": _dict_get,
    "__setitem__": _dict_set,
    "__delitem__": lambda machine, given, named: _held(given[0]).__delitem__(given[1]),
    "__iter__": lambda machine, given, named: machine.iteration(iter(list(_held(given[0])))),
    "__len__": _list_len,
    "__contains__": lambda machine, given, named: given[1] in _held(given[0]),
    "keys": _dict_view(lambda held: held.keys()),
    "values": _dict_view(lambda held: held.values()),
    "items": _dict_view(lambda held: held.items()),
    "update": _dict_update,
    "pop": lambda machine, given, named: _held(given[0]).pop(given[1]),
}


# -------------------------------------------------------------------------------------- wrappers


def _new_parameter(machine: Machine, given: list[Value], named: Keywords) -> Value:
    data = given[1] if len(given) > 1 else named.get("data")
    if isinstance(data, Tensor):
        return as_parameter(data)
    if data is None:
        return Tensor((0,), kind="parameter")
    raise SpecError(f"nn.Parameter of {machine.show(data)} is not followed")


def _function_apply(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for `torch.autograd.Function.apply`: the forward, with a context to note things in."""
    kind, *rest = given
    forward = machine.get(kind, "forward")
    return machine.call(forward, [Instance(_CONTEXT), *rest], named)


_CONTEXT = Class(
    "FunctionCtx",
    (OBJECT,),
    {
        name: Native(name, _nothing)
        for name in ("save_for_backward", "mark_dirty", "mark_non_differentiable")
    },
)
AUTOGRAD_FUNCTION = Class(
    "Function", (OBJECT,), {"apply": Unbound(Native("apply", _function_apply), "class")}
)
PARAMETER.names["__new__"] = Native("Parameter", _new_parameter)


def _loss_init(machine: Machine, given: list[Value], named: Keywords) -> None:
    module, *rest = given
    module.started = True
    reduction = rest[2] if len(rest) > 2 else named.get("reduction", "mean")
    module.attributes["reduction"] = reduction


SEQUENTIAL = _container(
    "Sequential",
    {**_LIST_RULES, "__init__": _sequential_init, "forward": _sequential_forward},
)
CONTAINERS: dict[str, Class] = {
    "Module": MODULE,
    "ScriptModule": MODULE,
    "Sequential": SEQUENTIAL,
    "ModuleList": _container("ModuleList", _LIST_RULES),
    "ModuleDict": _container("ModuleDict", _DICT_RULES),
    "ParameterList": _container("ParameterList", _LIST_RULES),
    "ParameterDict": _container("ParameterDict", _DICT_RULES),
    "Parameter": PARAMETER,
    "_Loss": _container("_Loss", {"__init__": _loss_init}),
}
for _name in ("ParameterList", "ParameterDict"):
    CONTAINERS[_name].names["<parameters>"] = True
