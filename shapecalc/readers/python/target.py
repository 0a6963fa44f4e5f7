"""Which class of a source is the model, where none is named."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...errors import SpecError, nearest_words
from .parsing import quiet_parse
from .values import Class, Frame, Function, Module, SourceModule, Value

if TYPE_CHECKING:
    from .machine import Machine


def named_target(machine: Machine, module: SourceModule, expression: str) -> Value:
    """Evaluate what stands behind `model.py:`: a class, a function, or an expression."""
    text = expression.strip()
    try:
        tree = quiet_parse(text, "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        what = f"`{text}` is not a Python expression: {getattr(error, 'msg', error)}"
        hint = "name a class, or what makes the model: model.py:Net(num_classes=10)"
        raise SpecError(what, hint=hint, code="S102") from None
    shown = SourceModule(module.name, f"{module.file}:{text}", text, module.package)
    shown.names = module.names
    shown.pending = module.pending
    frame = Frame(_Names(machine, module), shown)
    machine.caller = frame
    first = next((node for node in ast.walk(tree) if isinstance(node, ast.Name)), None)
    if first is not None and first.id not in frame.names and first.id not in machine.builtins:
        raise _no_such_name(machine, module, first.id)
    return machine.evaluate(tree.body, frame)


def _no_such_name(machine: Machine, module: SourceModule, name: str) -> SpecError:
    """Make the error of a name that a source doesn't have."""
    made = {
        key: value
        for key, value in module.names.items()
        if isinstance(value, (Class, Function, Module)) and not key.startswith("_")
    }
    own = [key for key, value in made.items() if getattr(value, "module", module) is module]
    near = nearest_words(name, [*own, *(key for key in made if key not in own)])
    if near:
        hint = f"did you mean {near[0]}?"
    else:
        hint = f"it has: {', '.join(own[:20])}" if own else "it makes no classes and no functions"
    return SpecError(f"{module.file} has no {name}", hint=hint, code="S134")


class _Names(dict[str, Value]):
    """The names of a source, and after them those of `torch.nn`."""

    def __init__(self, machine: Machine, module: SourceModule) -> None:
        super().__init__()
        self.machine = machine
        self.module = module

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def __getitem__(self, name: str) -> Value:
        return self._find(name)

    def _find(self, name: str) -> Value:
        module, machine = self.module, self.machine
        if name not in module.names and module.pending:
            machine.loader.run_pending(module, name)
        if name in module.names:
            return module.names[name]
        if name in machine.builtins or not name[:1].isupper():
            return None
        return machine.libraries.torch_class(machine, name)


def chosen_target(machine: Machine, module: SourceModule, tree: ast.Module) -> Value:
    """Find the model where none is named.

    It is what the source itself makes (`net = Net()`), else the last class of modules that no other
    part of the source uses. Raises `SpecError` with the list of classes where that is no answer.
    """
    made = _instantiated(machine, module, tree)
    if made is not None:
        return made
    classes = {
        name: value
        for name, value in module.names.items()
        if isinstance(value, Class)
        and machine.tracer.modules.is_module_class(value)
        and value.module is module
    }
    if not classes:
        raise SpecError(
            f"{module.file} defines no class of modules",
            hint="name what makes the model: model.py:function()",
            code="S134",
        )
    used = _used_names(tree, set(classes))
    free = [name for name in classes if name not in used] or list(classes)
    ready = [name for name in free if not needs_arguments(classes[name])]
    if free[-1] in ready:
        others = ", ".join(f"{module.file}:{name}" for name in free[:-1])
        if others:
            machine.tracer.notes.append(
                f"{free[-1]} is read, the last of the classes; there is {others} too"
            )
        return classes[free[-1]]
    listed = ", ".join(classes)
    given = ", ".join(f"{name}=..." for name in needs_arguments(classes[free[-1]]))
    raise SpecError(
        f"which model is meant, and with what arguments? {module.file} has {listed}",
        hint=f"name it: {module.file}:{free[-1]}({given})",
        code="S134",
    )


def needs_arguments(kind: Class) -> list[str]:
    """List the arguments that a class can't be called without."""
    made_by = kind.find("__init__")
    if not isinstance(made_by, Function):
        return []
    spec = made_by.parameters
    positional = [item.arg for item in [*spec.posonlyargs, *spec.args]][1:]
    missing = positional[: max(len(positional) - len(made_by.defaults), 0)]
    only = [item.arg for item in spec.kwonlyargs if item.arg not in made_by.keyword_defaults]
    return [*missing, *only]


def _used_names(tree: ast.Module, classes: set[str]) -> set[str]:
    """Name the classes that other classes of the source use."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            inside = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
            found |= (inside & classes) - {node.name}
    return found


def _instantiated(machine: Machine, module: SourceModule, tree: ast.Module) -> Value:
    """Evaluate the first `net = Net(...)` that stands at the top, in `if __name__` or in `main`."""
    for call in _calls(tree):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        value = module.names.get(name)
        if not isinstance(value, Class) or not machine.tracer.modules.is_module_class(value):
            continue
        if value.module is not module:
            continue
        if all(
            isinstance(item, ast.Constant)
            for item in [*call.args, *(k.value for k in call.keywords)]
        ):
            frame = Frame(module.names, module)
            machine.caller = frame
            found = machine.evaluate(call, frame)
            return found if isinstance(found, Module) else None
    return None


def _calls(tree: ast.Module) -> list[ast.Call]:
    bodies: list[list[ast.stmt]] = [
        [node for node in tree.body if not isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    ]
    bodies += [
        node.body for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main"
    ]
    found: list[ast.Call] = []
    for body in bodies:
        for statement in body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                    found += [item for item in ast.walk(node.value) if isinstance(item, ast.Call)]
    return found
