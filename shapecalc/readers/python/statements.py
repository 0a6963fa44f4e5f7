"""What each kind of statement does."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...errors import ShapecalcError, ShapeError, SpecError
from ...relations import AllOf, AnyOf, Comparison
from .classes import define_class
from .display import show_text
from .expressions import make_function, operator_symbol
from .failures import EXCEPTIONS, Raised
from .limits import LimitError
from .matching import NoMatch, fits
from .operators import binary_in_place
from .scopes import assign, bind, delete, look_up
from .values import Class, Frame, Function, Instance, Opaque, Tensor, Value

if TYPE_CHECKING:
    from .machine import Machine


class Signal:
    """Says that a statement leaves its block, and with what value."""

    __slots__ = ("kind", "value")

    def __init__(self, kind: str, value: Value = None) -> None:
        self.kind = kind
        self.value = value


_BREAK = Signal("break")
_CONTINUE = Signal("continue")


def _expression(machine: Machine, node: ast.Expr, frame: Frame) -> Signal | None:
    machine.evaluate(node.value, frame)
    return None


def _assign(machine: Machine, node: ast.Assign, frame: Frame) -> Signal | None:
    value = machine.evaluate(node.value, frame)
    for target in node.targets:
        assign(machine, target, value, frame)
    return None


def _annotated(machine: Machine, node: ast.AnnAssign, frame: Frame) -> Signal | None:
    if frame.body_of is not None and isinstance(node.target, ast.Name):
        annotations = frame.names.setdefault("__annotations__", {})
        annotations[node.target.id] = ast.unparse(node.annotation)
    if node.value is not None:
        assign(machine, node.target, machine.evaluate(node.value, frame), frame)
    return None


def _augmented(machine: Machine, node: ast.AugAssign, frame: Frame) -> Signal | None:
    match node.target:
        case ast.Name(name):
            old = look_up(machine, name, frame)
            target: ast.expr = node.target
        case ast.Attribute() | ast.Subscript():
            # The target's parts are evaluated once, so they are put into names nobody can write.
            target = _evaluated_once(machine, node.target, frame)
            old = machine.evaluate(target, frame)
        case _:
            raise SpecError("this target of an assignment is not followed")
    new = machine.evaluate(node.value, frame)
    machine.site = (frame.module, node)
    result = binary_in_place(machine, operator_symbol(node.op), old, new)
    assign(machine, target, result, frame)
    return None


def _evaluated_once(
    machine: Machine, target: ast.Attribute | ast.Subscript, frame: Frame
) -> ast.expr:
    frame.names["<owner>"] = machine.evaluate(target.value, frame)
    owner = ast.copy_location(ast.Name("<owner>", ast.Load()), target)
    if isinstance(target, ast.Attribute):
        return ast.copy_location(ast.Attribute(owner, target.attr, ast.Load()), target)
    frame.names["<index>"] = machine.evaluate(target.slice, frame)
    index = ast.copy_location(ast.Name("<index>", ast.Load()), target)
    return ast.copy_location(ast.Subscript(owner, index, ast.Load()), target)


def _return(machine: Machine, node: ast.Return, frame: Frame) -> Signal | None:
    value = None if node.value is None else machine.evaluate(node.value, frame)
    return Signal("return", value)


def _pass(machine: Machine, node: ast.Pass, frame: Frame) -> Signal | None:
    return None


def _break(machine: Machine, node: ast.Break, frame: Frame) -> Signal | None:
    return _BREAK


def _continue(machine: Machine, node: ast.Continue, frame: Frame) -> Signal | None:
    return _CONTINUE


def _delete(machine: Machine, node: ast.Delete, frame: Frame) -> Signal | None:
    for target in node.targets:
        delete(machine, target, frame)
    return None


def _declare(kind: str) -> Callable[[Machine, ast.Global | ast.Nonlocal, Frame], Signal | None]:
    def run(machine: Machine, node: ast.Global | ast.Nonlocal, frame: Frame) -> Signal | None:
        frame.declared = {**(frame.declared or {}), **dict.fromkeys(node.names, kind)}
        return None

    return run


# ---------------------------------------------------------------------------------- branching


def _if(machine: Machine, node: ast.If, frame: Frame) -> Signal | None:
    try:
        return _choose(machine, node, frame)
    except SpecError as error:
        # Whichever way it goes, the shapes are the same; the numbers are no longer known.
        if error.code != "S106" or not _only_writes(machine, node, frame):
            raise
        return machine.execute(node.body, frame)


def _only_writes(machine: Machine, node: ast.If, frame: Frame) -> bool:
    """Tell whether all that depends on a condition is what stands in some tensors."""
    for statement in node.body:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return False
        target = statement.targets[0]
        if not isinstance(target, ast.Subscript):
            return False
        if not isinstance(machine.evaluate(target.value, frame), Tensor):
            return False
    return not node.orelse


def _choose(machine: Machine, node: ast.If, frame: Frame) -> Signal | None:
    test = machine.evaluate(node.test, frame)
    avoid: bool | None = None
    if isinstance(test, (Comparison, AllOf, AnyOf, Tensor)):
        avoid = True if _gives_up(node.body) else False if _gives_up(node.orelse) else None
    return machine.execute(node.body if machine.truth(test, avoid=avoid) else node.orelse, frame)


def _gives_up(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Raise)


def _match(machine: Machine, node: ast.Match, frame: Frame) -> Signal | None:
    subject = machine.evaluate(node.subject, frame)
    for case in node.cases:
        machine.budget.spend(1)
        try:
            found = fits(machine, case.pattern, subject, frame)
        except NoMatch:
            continue
        for name, value in found.items():
            bind(machine, name, value, frame)
        if case.guard is None or machine.truth(machine.evaluate(case.guard, frame)):
            return machine.execute(case.body, frame)
    return None


def _while(machine: Machine, node: ast.While, frame: Frame) -> Signal | None:
    while machine.truth(machine.evaluate(node.test, frame)):
        signal = machine.execute(node.body, frame)
        if signal is not None and signal.kind != "continue":
            return None if signal.kind == "break" else signal
        machine.budget.spend(1)
    return machine.execute(node.orelse, frame)


def _for(machine: Machine, node: ast.For, frame: Frame) -> Signal | None:
    items = machine.evaluate(node.iter, frame)
    machine.site = (frame.module, node.iter)
    for item in machine.iterate(items):
        assign(machine, node.target, item, frame)
        signal = machine.execute(node.body, frame)
        if signal is not None and signal.kind != "continue":
            return None if signal.kind == "break" else signal
    return machine.execute(node.orelse, frame)


def _with(machine: Machine, node: ast.With, frame: Frame) -> Signal | None:
    entered: list[Value] = []
    for item in node.items:
        context = machine.evaluate(item.context_expr, frame)
        value = context
        if isinstance(context, Instance):
            value = machine.call(machine.get(context, "__enter__"), [], {})
            entered.append(context)
        if item.optional_vars is not None:
            assign(machine, item.optional_vars, value, frame)
    signal = machine.execute(node.body, frame)
    for context in reversed(entered):
        machine.call(machine.get(context, "__exit__"), [None, None, None], {})
    return signal


# --------------------------------------------------------------------------------- exceptions


def _assert(machine: Machine, node: ast.Assert, frame: Frame) -> Signal | None:
    test = machine.evaluate(node.test, frame)
    if isinstance(test, Opaque):
        return None  # an assertion says nothing about shapes that the layers don't say
    if not machine.truth(test, avoid=False):
        message = "" if node.msg is None else show_text(machine.evaluate(node.msg, frame))
        raise machine.fail("AssertionError", message or f"`{ast.unparse(node.test)[:80]}`")
    return None


def _raise(machine: Machine, node: ast.Raise, frame: Frame) -> Signal | None:
    if node.exc is None:
        handled = frame.names.get("<handled>")
        if isinstance(handled, Instance):
            raise Raised(handled)
        raise machine.fail("RuntimeError", "No active exception to reraise")
    value = machine.evaluate(node.exc, frame)
    if isinstance(value, Class):
        value = machine.call(value, [], {})
    if isinstance(value, Instance) and EXCEPTIONS["BaseException"] in value.type.order:
        raise Raised(value)
    if isinstance(value, Opaque):
        raise machine.unknown(value, "the exception raised here")
    raise machine.fail("TypeError", "exceptions must derive from BaseException")


def _try(machine: Machine, node: ast.Try, frame: Frame) -> Signal | None:
    try:
        signal = _guarded(machine, node, frame)
    except LimitError:
        raise
    except (Raised, ShapecalcError):
        ending = machine.execute(node.finalbody, frame)
        if ending is not None:
            return ending
        raise
    ending = machine.execute(node.finalbody, frame)
    return signal if ending is None else ending


def _guarded(machine: Machine, node: ast.Try, frame: Frame) -> Signal | None:
    machine.guards.append(_caught_names(node))
    try:
        signal = machine.execute(node.body, frame)
    except Raised as error:
        handled: Instance = error.value
    except ShapeError as error:
        # PyTorch raises a RuntimeError where shapes don't fit.
        handled = machine.fail("RuntimeError", error.message).value
        if _handler(machine, node, handled, frame) is None:
            raise
    else:
        return signal if signal is not None else machine.execute(node.orelse, frame)
    finally:
        machine.guards.pop()
    handler = _handler(machine, node, handled, frame)
    if handler is None:
        raise Raised(handled)
    before = frame.names.get("<handled>")
    frame.names["<handled>"] = handled
    if handler.name is not None:
        bind(machine, handler.name, handled, frame)
    signal = machine.execute(handler.body, frame)
    frame.names["<handled>"] = before
    return signal


def _caught_names(node: ast.Try) -> set[str]:
    """Name the exceptions a `try` mentions; a bare `except` catches all."""
    found: set[str] = set()
    for handler in node.handlers:
        if handler.type is None:
            found.add("Exception")
        else:
            found |= {item.id for item in ast.walk(handler.type) if isinstance(item, ast.Name)}
    return found


def _handler(
    machine: Machine, node: ast.Try, value: Instance, frame: Frame
) -> ast.ExceptHandler | None:
    for handler in node.handlers:
        if handler.type is None:
            return handler
        kinds = machine.evaluate(handler.type, frame)
        for kind in kinds if isinstance(kinds, tuple) else (kinds,):
            if isinstance(kind, Class) and kind in value.type.order:
                return handler
    return None


# -------------------------------------------------------------------------------- definitions


def _function(machine: Machine, node: ast.FunctionDef, frame: Frame) -> Signal | None:
    made: Value = make_function(machine, node.name, node, frame)
    bind(machine, node.name, _decorated(machine, made, node.decorator_list, frame), frame)
    return None


def _decorated(machine: Machine, value: Value, decorators: list[ast.expr], frame: Frame) -> Value:
    """Apply decorators; what one does that isn't known is an error when it is used."""
    for node in reversed(decorators):
        decorator = machine.evaluate(node, frame)
        if isinstance(decorator, Opaque):
            # Decorators that enter a function into a list of models give it back as it is.
            if decorator.foreign and "register" not in ast.unparse(node).lower():
                _mark(value, decorator)
            continue
        machine.site = (frame.module, node)
        machine.caller = frame
        result = machine.call(decorator, [value], {})
        value = value if isinstance(result, Opaque) else result
    return value


def _mark(value: Value, decorator: Opaque) -> None:
    if isinstance(value, Function):
        value.attributes["<decorator>"] = decorator
    elif isinstance(value, Class):
        value.names["<decorator>"] = decorator


def _class(machine: Machine, node: ast.ClassDef, frame: Frame) -> Signal | None:
    made = define_class(machine, node, frame)
    bind(machine, node.name, _decorated(machine, made, node.decorator_list, frame), frame)
    return None


# ------------------------------------------------------------------------------------- imports


def _import(machine: Machine, node: ast.Import, frame: Frame) -> Signal | None:
    for item in node.names:
        value = machine.loader.import_name(frame.module, item.name, whole=item.asname is not None)
        bind(machine, item.asname or item.name.partition(".")[0], value, frame)
    return None


def _import_from(machine: Machine, node: ast.ImportFrom, frame: Frame) -> Signal | None:
    names = [(item.name, item.asname or item.name) for item in node.names]
    found = machine.loader.import_from(frame.module, node.module or "", node.level, names)
    for name, value in found.items():
        bind(machine, name, value, frame)
    return None


STATEMENTS: dict[type[ast.stmt], Callable[..., Signal | None]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Return: _return,
    ast.Pass: _pass,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Delete: _delete,
    ast.Global: _declare("global"),
    ast.Nonlocal: _declare("nonlocal"),
    ast.If: _if,
    ast.Match: _match,
    ast.While: _while,
    ast.For: _for,
    ast.With: _with,
    ast.Assert: _assert,
    ast.Raise: _raise,
    ast.Try: _try,
    ast.FunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
}
