"""Names: where they are looked up, and what assigning to a target does."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...errors import SpecError
from .attributes import delete_attribute, set_attribute
from .items import delete_item, set_item
from .values import MISSING, Frame, Opaque, Tensor, Value

if TYPE_CHECKING:
    from .machine import Machine


def look_up(machine: Machine, name: str, frame: Frame) -> Value:
    """Give the value of a name, as Python finds it."""
    scope: Frame | None = frame
    while scope is not None:
        if name in scope.names and (scope is frame or scope.body_of is None):
            return scope.names[name]
        if name in scope.own and not (scope.declared or {}).get(name):
            raise machine.fail(
                "UnboundLocalError", f"local variable '{name}' referenced before assignment"
            )
        scope = scope.outer
    module = frame.module
    if name in module.names:
        return module.names[name]
    if module.pending and machine.loader.run_pending(module, name):
        return module.names[name]
    if name in machine.builtins:
        return machine.builtins[name]
    raise machine.fail("NameError", f"name '{name}' is not defined")


def bind(machine: Machine, name: str, value: Value, frame: Frame) -> None:
    """Assign to a name."""
    kind = frame.declared.get(name) if frame.declared else None
    if kind == "global":
        frame.module.names[name] = value
        return
    if kind == "nonlocal":
        scope = frame.outer
        while scope is not None:
            if name in scope.names and scope.body_of is None:
                scope.names[name] = value
                return
            scope = scope.outer
        raise machine.fail("NameError", f"no binding for nonlocal '{name}' found")
    frame.names[name] = value


def assign(machine: Machine, target: ast.expr, value: Value, frame: Frame) -> None:
    """Assign to a name, an attribute, an element, or several of these at once."""
    match target:
        case ast.Name(name):
            bind(machine, name, value, frame)
        case ast.Attribute(owner, name):
            set_attribute(machine, machine.evaluate(owner, frame), name, value)
        case ast.Subscript(owner, index):
            holder = machine.evaluate(owner, frame)
            place = machine.evaluate(index, frame)
            machine.site = (frame.module, target)
            set_item(machine, holder, place, value)
        case ast.Tuple(targets) | ast.List(targets):
            _unpack(machine, targets, value, frame)
        case ast.Starred(inner):
            assign(machine, inner, value, frame)
        case _:
            raise SpecError("this target of an assignment is not followed")


def _unpack(machine: Machine, targets: list[ast.expr], value: Value, frame: Frame) -> None:
    if isinstance(value, Opaque):
        for target in targets:
            assign(machine, target, value, frame)
        return
    if isinstance(value, Tensor):
        machine.site = (frame.module, targets[0])
    items = machine.collect(value)
    starred = next((i for i, item in enumerate(targets) if isinstance(item, ast.Starred)), None)
    if starred is None:
        if len(items) != len(targets):
            few = "not enough" if len(items) < len(targets) else "too many"
            raise machine.fail(
                "ValueError",
                f"{few} values to unpack (expected {len(targets)}, got {len(items)})",
            )
        for target, item in zip(targets, items, strict=True):
            assign(machine, target, item, frame)
        return
    after = len(targets) - starred - 1
    if len(items) < len(targets) - 1:
        raise machine.fail("ValueError", f"not enough values to unpack (got {len(items)})")
    middle = items[starred : len(items) - after]
    parts = [*items[:starred], middle, *items[len(items) - after :]]
    for target, item in zip(targets, parts, strict=True):
        assign(machine, target, item, frame)


def delete(machine: Machine, target: ast.expr, frame: Frame) -> None:
    """Do what `del` does to one target."""
    match target:
        case ast.Name(name):
            names = frame.module.names if (frame.declared or {}).get(name) else frame.names
            if names.pop(name, MISSING) is MISSING:
                raise machine.fail("NameError", f"name '{name}' is not defined")
        case ast.Attribute(owner, name):
            delete_attribute(machine, machine.evaluate(owner, frame), name)
        case ast.Subscript(owner, index):
            holder = machine.evaluate(owner, frame)
            delete_item(machine, holder, machine.evaluate(index, frame))
        case ast.Tuple(targets) | ast.List(targets):
            for item in targets:
                delete(machine, item, frame)
        case _:
            raise SpecError("this target of `del` is not followed")


def has_yield(body: list[ast.stmt]) -> bool:
    """Tell whether statements make a generator of the function they are in."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))
    return False


def names_bound(nodes: list[ast.stmt]) -> list[str]:
    """List the names that statements may bind in their own scope."""
    found: dict[str, None] = {}

    def walk(node: ast.AST) -> None:
        match node:
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                found[name] = None
                return
            case ast.Lambda():
                return
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                # Only `:=` binds outside a comprehension.
                named = [item for item in ast.walk(node) if isinstance(item, ast.NamedExpr)]
                found.update({item.target.id: None for item in named})
                return
            case ast.Name(name, ast.Store()):
                found[name] = None
            case ast.alias(name, other):
                found[other or name.partition(".")[0]] = None
            case ast.ExceptHandler(name=str(name)) | ast.MatchMapping(rest=str(name)):
                found[name] = None
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found[name] = None
        for child in ast.iter_child_nodes(node):
            walk(child)

    for node in nodes:
        walk(node)
    return list(found)
