"""What each kind of expression is worth."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ...errors import ShapecalcError, SpecError
from ...relations import AllOf, AnyOf, Comparison, all_of, any_of, negate
from ..operator_names import UNARY
from .display import format_value, show_repr, show_text
from .equality import is_same, relation_between
from .failures import Raised
from .items import get_item
from .keys import hashable
from .numbers import is_number, negated
from .operators import binary, membership
from .scopes import assign, bind, look_up
from .values import Frame, Function, Instance, Opaque, Ratio, Tensor, Traced, Value

if TYPE_CHECKING:
    from .machine import Machine

_SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def operator_symbol(operator: ast.operator) -> str:
    """Write an operator as Python does."""
    return _SYMBOLS[type(operator)]


def _constant(machine: Machine, node: ast.Constant, frame: Frame) -> Value:
    value = node.value
    if isinstance(value, complex):
        raise SpecError("a complex number, which no size can be")
    return machine.budget.number(value) if type(value) is int else value


def _name(machine: Machine, node: ast.Name, frame: Frame) -> Value:
    return look_up(machine, node.id, frame)


def _attribute(machine: Machine, node: ast.Attribute, frame: Frame) -> Value:
    owner = machine.evaluate(node.value, frame)
    machine.site = (frame.module, node)
    return machine.get(owner, node.attr)


def _call(machine: Machine, node: ast.Call, frame: Frame) -> Value:
    function = machine.evaluate(node.func, frame)
    arguments: list[Value] = []
    for item in node.args:
        if isinstance(item, ast.Starred):
            arguments.extend(machine.iterate(machine.evaluate(item.value, frame)))
        else:
            arguments.append(machine.evaluate(item, frame))
    keywords: dict[str, Value] = {}
    for keyword in node.keywords:
        value = machine.evaluate(keyword.value, frame)
        if keyword.arg is None:
            _spread(machine, value, keywords)
        else:
            keywords[keyword.arg] = value
    machine.site = (frame.module, node)
    machine.caller = frame
    return machine.call(function, arguments, keywords)


def _spread(machine: Machine, value: Value, keywords: dict[str, Value]) -> None:
    """Add what `**value` gives to the named arguments."""
    if isinstance(value, Instance) and isinstance(value.content, dict):
        value = value.content
    if isinstance(value, Opaque):
        raise machine.unknown(value, "what `**` spreads here")
    if not isinstance(value, dict):
        raise machine.fail("TypeError", "argument after ** must be a mapping")
    for name, item in value.items():
        if not isinstance(name, str):
            raise machine.fail("TypeError", "keywords must be strings")
        keywords[name] = item


def _binary(machine: Machine, node: ast.BinOp, frame: Frame) -> Value:
    left = machine.evaluate(node.left, frame)
    right = machine.evaluate(node.right, frame)
    machine.site = (frame.module, node)
    return binary(machine, _SYMBOLS[type(node.op)], left, right)


def _unary(machine: Machine, node: ast.UnaryOp, frame: Frame) -> Value:
    value = machine.evaluate(node.operand, frame)
    machine.site = (frame.module, node)
    if isinstance(node.op, ast.Not):
        if isinstance(value, (Comparison, AllOf, AnyOf)):
            return negate(value)
        return not machine.truth(value)
    if isinstance(value, Opaque):
        return value
    symbol = UNARY[type(node.op)]
    if isinstance(value, Tensor):
        keeps = isinstance(node.op, ast.UAdd)
        return value if keeps else machine.tracer.operator(symbol, [value])
    if isinstance(value, Instance):
        return machine.call(machine.get(value, f"__{symbol}__"), [], {})
    if not is_number(value):
        raise machine.fail("TypeError", f"bad operand type for unary {symbol}")
    if isinstance(node.op, ast.Invert):
        return ~machine.pin(value)
    return negated(machine, value) if isinstance(node.op, ast.USub) else value


def _logic(machine: Machine, node: ast.BoolOp, frame: Frame) -> Value:
    """Evaluate `and` and `or`; conditions that sizes leave open are put together, not decided."""
    stop = isinstance(node.op, ast.Or)
    joined: list[Value] = []
    value: Value = not stop
    for item in node.values:
        value = machine.settled(machine.evaluate(item, frame))
        if isinstance(value, (Comparison, AllOf, AnyOf)):
            joined.append(value)
        elif item is not node.values[-1] and machine.truth(value) is stop:
            return value
    if not joined:
        return value
    if isinstance(value, (bool, Comparison, AllOf, AnyOf)):
        if isinstance(value, bool):
            joined.append(value)
        return any_of(joined) if stop else all_of(joined)
    held = machine.truth(any_of(joined) if stop else all_of(joined))
    return stop if held is stop else value


def _compare(machine: Machine, node: ast.Compare, frame: Frame) -> Value:
    left = machine.evaluate(node.left, frame)
    found: list[Value] = []
    for operator, item in zip(node.ops, node.comparators, strict=True):
        right = machine.evaluate(item, frame)
        machine.site = (frame.module, node)
        result = compare_once(machine, operator, left, right)
        if len(node.ops) == 1:
            return result
        if result is False:
            return False
        if not isinstance(result, (bool, Comparison, AllOf, AnyOf)):
            result = machine.truth(result)
            if not result:
                return False
        found.append(result)
        left = right
    return all_of(found)


def compare_once(machine: Machine, operator: ast.cmpop, left: Value, right: Value) -> Value:
    """Compare two values by one operator."""
    match operator:
        case ast.Is():
            return is_same(left, right)
        case ast.IsNot():
            return not is_same(left, right)
        case ast.In():
            return membership(machine, left, right)
        case ast.NotIn():
            found = membership(machine, left, right)
            return found if isinstance(found, Opaque) else negate(found)
    return relation_between(machine, _COMPARISONS[type(operator)], left, right)


def _conditional(machine: Machine, node: ast.IfExp, frame: Frame) -> Value:
    value = machine.evaluate(node.test, frame)
    try:
        test = machine.truth(value)
    except SpecError as error:
        if error.code not in ("S104", "S106"):
            raise
        found = _either(machine, node, frame)
        if found is None:
            raise
        return found
    return machine.evaluate(node.body if test else node.orelse, frame)


def _either(machine: Machine, node: ast.IfExp, frame: Frame) -> Value:
    """Give one of two tensors of the same shape where chance chooses: a word, or the likeliest one."""
    tracer = machine.tracer
    try:
        one = machine.evaluate(node.body, frame)
        count, entered = len(tracer.layers), len(tracer.entered)
        other = machine.evaluate(node.orelse, frame)
    except (ShapecalcError, Raised):
        tracer.forget_failure()
        return None
    both = isinstance(one, Tensor) and isinstance(other, Tensor)
    if not both or one.shape is None or one.shape != other.shape:
        return None
    if "bool" in (one.dtype, other.dtype) and one.dtype != other.dtype:
        return None  # one picks by place, the other by mask
    if len(tracer.entered) == entered:
        del tracer.layers[count:]
    return one


def _subscript(machine: Machine, node: ast.Subscript, frame: Frame) -> Value:
    owner = machine.evaluate(node.value, frame)
    index = machine.evaluate(node.slice, frame)
    machine.site = (frame.module, node)
    return get_item(machine, owner, index)


def _slice(machine: Machine, node: ast.Slice, frame: Frame) -> Value:
    parts = [
        None if part is None else machine.evaluate(part, frame)
        for part in (node.lower, node.upper, node.step)
    ]
    return slice(*parts)


def _elements(machine: Machine, nodes: list[ast.expr], frame: Frame) -> list[Value]:
    found: list[Value] = []
    for item in nodes:
        if isinstance(item, ast.Starred):
            found.extend(machine.iterate(machine.evaluate(item.value, frame)))
        else:
            found.append(machine.evaluate(item, frame))
    machine.budget.items(len(found))
    return found


def _tuple(machine: Machine, node: ast.Tuple, frame: Frame) -> Value:
    return tuple(_elements(machine, node.elts, frame))


def _list(machine: Machine, node: ast.List, frame: Frame) -> Value:
    return _elements(machine, node.elts, frame)


def _set(machine: Machine, node: ast.Set, frame: Frame) -> Value:
    return {hashable(machine, item) for item in _elements(machine, node.elts, frame)}


def _dict(machine: Machine, node: ast.Dict, frame: Frame) -> Value:
    found: dict[Value, Value] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            spread = machine.evaluate(value, frame)
            if isinstance(spread, Instance) and isinstance(spread.content, dict):
                spread = spread.content
            if not isinstance(spread, dict):
                raise machine.fail("TypeError", "argument after ** must be a mapping")
            found.update(spread)
        else:
            place = hashable(machine, machine.evaluate(key, frame))
            found[place] = machine.evaluate(value, frame)
    machine.budget.items(len(found))
    return found


# ------------------------------------------------------------------------------ comprehensions


def _inside(machine: Machine, generators: list[ast.comprehension], frame: Frame) -> Iterator[Frame]:
    """Yield a frame for each round of a comprehension."""
    inner = Frame({}, frame.module, frame, frame.function)

    def go(level: int, first: Value) -> Iterator[Frame]:
        if level == len(generators):
            yield inner
            return
        generator = generators[level]
        items = first if level == 0 else machine.evaluate(generator.iter, inner)
        for item in machine.iterate(items):
            assign(machine, generator.target, item, inner)
            if all(machine.truth(machine.evaluate(test, inner)) for test in generator.ifs):
                yield from go(level + 1, None)

    return go(0, machine.evaluate(generators[0].iter, frame))


def _list_comprehension(machine: Machine, node: ast.ListComp, frame: Frame) -> Value:
    found: list[Value] = []
    for inner in _inside(machine, node.generators, frame):
        found.append(machine.evaluate(node.elt, inner))
        machine.budget.items(len(found)) if len(found) % 1024 == 0 else None
    return found


def _set_comprehension(machine: Machine, node: ast.SetComp, frame: Frame) -> Value:
    return {
        hashable(machine, machine.evaluate(node.elt, inner))
        for inner in _inside(machine, node.generators, frame)
    }


def _dict_comprehension(machine: Machine, node: ast.DictComp, frame: Frame) -> Value:
    found: dict[Value, Value] = {}
    for inner in _inside(machine, node.generators, frame):
        key = hashable(machine, machine.evaluate(node.key, inner))
        found[key] = machine.evaluate(node.value, inner)
    return found


def _generator(machine: Machine, node: ast.GeneratorExp, frame: Frame) -> Value:
    frames = _inside(machine, node.generators, frame)
    return machine.iteration(machine.evaluate(node.elt, inner) for inner in frames)


# --------------------------------------------------------------------------------------- others


def _lambda(machine: Machine, node: ast.Lambda, frame: Frame) -> Value:
    return make_function(machine, "<lambda>", node, frame)


def make_function(
    machine: Machine,
    name: str,
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
    frame: Frame,
) -> Function:
    """Make the function that a definition stands for; its defaults are evaluated now."""
    defaults = [machine.evaluate(item, frame) for item in node.args.defaults]
    keyword_defaults = {
        argument.arg: machine.evaluate(item, frame)
        for argument, item in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if item is not None
    }
    closure = frame
    while closure.body_of is not None and closure.outer is not None:
        closure = closure.outer
    made = Function(name, node, closure, defaults, keyword_defaults)
    if frame.body_of is not None:
        made.home = frame.body_of
    elif frame.function is not None:
        made.home = frame.function.home
    return made


def _joined(machine: Machine, node: ast.JoinedStr, frame: Frame) -> Value:
    parts: list[str] = []
    for item in node.values:
        value = machine.evaluate(item, frame)
        if isinstance(value, Opaque):
            return value
        parts.append(value)
    machine.budget.items(sum(map(len, parts)))
    return "".join(parts)


def _formatted(machine: Machine, node: ast.FormattedValue, frame: Frame) -> Value:
    value = machine.evaluate(node.value, frame)
    if isinstance(value, Opaque):
        return value
    if isinstance(value, (Traced, Ratio)):
        value = value.value if isinstance(value, Traced) else machine.pin(value)
    spec = "" if node.format_spec is None else machine.evaluate(node.format_spec, frame)
    if node.conversion == ord("r"):
        value = show_repr(value)
    elif node.conversion == ord("s"):
        value = show_text(value)
    return format_value(machine, value, spec)


def _walrus(machine: Machine, node: ast.NamedExpr, frame: Frame) -> Value:
    value = machine.evaluate(node.value, frame)
    bind(machine, node.target.id, value, frame)
    return value


def _starred(machine: Machine, node: ast.Starred, frame: Frame) -> Value:
    raise SpecError("`*` can't stand here")


def _yield(machine: Machine, node: ast.Yield, frame: Frame) -> Value:
    value = None if node.value is None else machine.evaluate(node.value, frame)
    _yielded(frame).append(value)
    machine.budget.items(len(_yielded(frame)))
    return None


def _yield_from(machine: Machine, node: ast.YieldFrom, frame: Frame) -> Value:
    _yielded(frame).extend(machine.iterate(machine.evaluate(node.value, frame)))
    return None


def _yielded(frame: Frame) -> list[Value]:
    scope: Frame | None = frame
    while scope is not None and scope.yielded is None:
        scope = scope.outer
    if scope is None or scope.yielded is None:
        raise SpecError("`yield` outside a function")
    return scope.yielded


EXPRESSIONS: dict[type[ast.expr], Callable[..., Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _logic,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.ListComp: _list_comprehension,
    ast.SetComp: _set_comprehension,
    ast.DictComp: _dict_comprehension,
    ast.GeneratorExp: _generator,
    ast.Lambda: _lambda,
    ast.JoinedStr: _joined,
    ast.FormattedValue: _formatted,
    ast.NamedExpr: _walrus,
    ast.Starred: _starred,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}
