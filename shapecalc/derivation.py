"""How sizes come about: each layer's formula with the numbers put in, and equations solved on a board.

What is said here is a list of :class:`Line`, which `render/steps` writes as text, Markdown, LaTeX or
HTML. sympy does the algebra that is shown; each step is checked by exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from .dims import Dim, FloorDiv, symbol
from .errors import ShapecalcError
from .formula import FormulaError, show
from .infer import Result
from .latex import size_latex, to_latex
from .loading import output_name
from .net import Size
from .outputs import is_shape
from .propagate import Step
from .question import output_at
from .scope import LayerScope
from .sets import IntSet
from .solve import Solution
from .syntax import Call, Conditional, Constant, Name, Node, literal, parts_of, substitute, to_text
from .windows import dropped_sizes, lossless_relations

_MAX_LAYERS = 400  # of one explanation


class Line(NamedTuple):
    """One line: its kind (heading, text, or math), its text, and LaTeX for a formula."""

    kind: str
    text: str
    latex: str | None = None


def heading(text: str) -> Line:
    """Make a heading."""
    return Line("heading", text)


def text(words: str) -> Line:
    """Make a line of prose."""
    return Line("text", words)


def math(words: str, latex: str) -> Line:
    """Make a formula, as text and as LaTeX."""
    return Line("math", words, latex)


# ----------------------------------------------------------------------------------- forwards


def explain_result(result: Result) -> list[Line]:
    """Say how each size of a net came about."""
    name = result.net.name or "the net"
    shapes = ", ".join(f"{key} {show(shape)}" for key, shape in result.inputs.items())
    start = f"It starts from {shapes}." if shapes else "Its input isn't known."
    lines = [heading(f"{name}, forwards"), text(start)]
    for step in result.steps[:_MAX_LAYERS]:
        lines += _explain_step(step)
    if len(result.steps) > _MAX_LAYERS:
        lines.append(text(f"... and {len(result.steps) - _MAX_LAYERS} layers more."))
    for error in result.errors:
        lines.append(text(f"{error.layer}: {error.message}"))
        if error.wording:
            lines.append(text(f"PyTorch says: {error.wording}"))
    lines += _composed(result)
    for condition in result.conditions:
        lines.append(text(f"The net needs {condition}."))
    return lines


def _explain_step(step: Step) -> Iterator[Line]:
    call = to_text(step.layer.call) if step.layer.call else step.type
    shapes = "; ".join(show(shape) or "()" for shape in step.shapes)
    came = "; ".join(show(one) if is_shape(one) else "several tensors" for one in step.inputs)
    yield text(f"{step.layer.name}: {call} makes {shapes} of {came or 'nothing'}.")
    scope = step.scope
    if not isinstance(scope, LayerScope):
        return
    name = output_name(scope.type)
    if name is not None:
        shown: set[str] = set()
        for axis in range(scope.axes):
            formula = expanded(scope.type.where_nodes[name], scope, axis)
            numbers = with_numbers(formula, scope, axis)
            value = scope[name][axis]
            line = " = ".join(dict.fromkeys((to_text(formula), to_text(numbers), str(value))))
            if line in shown:
                continue
            shown.add(line)
            steps = (to_latex(formula), to_latex(numbers), size_latex(value))
            yield math(line, " = ".join(dict.fromkeys(steps)))
    yield from _notes(scope)


def _notes(scope: LayerScope) -> Iterator[Line]:
    """Yield what the registry has to say about a layer: conditions and messages with formulas."""
    seen: set[str] = set()
    for condition, template in (scope.type.data.get("explain") or {}).items():
        node = scope.type.formula(condition)
        per_axis = scope.type.compiler.is_per_axis(node) or "{" in str(template)
        for axis in range(scope.axes) if per_axis and scope.axes else (0,):
            try:
                if scope.type.compiler.single(node)(scope, axis) is True:
                    line = scope.type.template(template)(scope, axis)
                    if line not in seen:
                        seen.add(line)
                        yield text(line)
            except (FormulaError, ShapecalcError, TypeError):
                continue  # sizes that aren't numbers leave the note open


def expanded(node: Node, scope: LayerScope, axis: int) -> Node:
    """Put a formula's own names in place, and of its cases the one that applies."""
    match node:
        case Conditional(test, yes, no):
            chosen = scope.type.compiler.single(test)(scope, axis)
            return expanded(yes if chosen is True else no, scope, axis)
        case Name(name) if name in scope.type.where_nodes:
            return expanded(scope.type.where_nodes[name], scope, axis)
    return _rebuilt(node, scope, axis)


def _rebuilt(node: Node, scope: LayerScope, axis: int) -> Node:
    if isinstance(node, Constant | Name):
        return node
    if isinstance(node, Call):
        return node._replace(
            arguments=tuple(expanded(part, scope, axis) for part in node.arguments)
        )
    kept = [expanded(part, scope, axis) for part in parts_of(node)]
    from .syntax import Binary, Unary

    if isinstance(node, Binary):
        return Binary(node.operator, kept[0], kept[1])
    if isinstance(node, Unary):
        return Unary(node.operator, kept[0])
    return node


def with_numbers(node: Node, scope: LayerScope, axis: int) -> Node:
    """Put values in the place of names."""
    from .syntax import names_in

    values: dict[str, Node] = {}
    for name in names_in(node):
        value = scope[name]
        if isinstance(value, tuple) and name in scope.type.per_axis:
            value = value[axis]
        values[name] = literal(value)
    return substitute(node, values)


def _composed(result: Result) -> Iterator[Line]:
    """Yield how floors compose into one, where sizes are symbols."""
    seen = {str(size) for shape in result.inputs.values() for size in shape}
    rows = []
    for step in result.steps:
        for size in step.shapes[0] if step.shapes else ():
            if isinstance(size, Dim) and str(size) not in seen:
                seen.add(str(size))
                rows.append((step.layer.name, size))
    if rows:
        yield heading("The floors compose")
        yield math(
            "((x + A)//B + C)//D = (x + A + B*C)//(B*D)",
            r"\left\lfloor \frac{\left\lfloor \frac{x + A}{B} \right\rfloor + C}{D} \right\rfloor"
            r" = \left\lfloor \frac{x + A + B C}{B D} \right\rfloor",
        )
        for name, size in rows:
            yield math(f"{name}: {size}", rf"\text{{{name}}}: {size_latex(size)}")


# ----------------------------------------------------------------------------------- backwards


class _Link(NamedTuple):
    """A layer on one axis, as `(x + shift)//divisor` or, with divisor 1, `factor*x + shift`."""

    name: str
    factor: int
    shift: int
    divisor: int


def explain_solution(solution: Solution) -> list[Line]:
    """Say how the answer comes about: the equation, the algebra, the floors, the lossless size."""
    question = solution.question
    lines = [heading(f"{question.net.name or 'the net'}, backwards")]
    if solution.reason is not None:
        return [*lines, text(f"There is no solution: {solution.reason}.")]
    done = False
    for index, (target, _) in enumerate(question.targets):
        place = solution.at[index]
        case = solution.cases[0]
        shape = output_at(case.result, place)
        shown: set[tuple[Any, ...]] = set()
        for size, wanted in zip(shape[len(shape) - len(target.sizes) :], target.sizes, strict=True):
            if not isinstance(size, Dim) or len(size.symbols) != 1 or wanted.value is None:
                continue
            (name,) = size.symbols
            chain = _chain(case.result, place, name)
            if chain is None:
                continue
            key = (tuple(chain), wanted.value)
            if key in shown:
                lines.append(text(f"{name} goes the same way."))
                continue
            shown.add(key)
            lines += _board(name, chain, place, size, wanted.value)
            done = True
    if not done and solution.unknowns:
        lines += [text(line) for line in solution.derivation]
    lines += _answer_lines(solution)
    return lines


def _answer_lines(solution: Solution) -> Iterator[Line]:
    yield heading("The answer")
    if not solution.unknowns:
        yield text("Nothing is unknown, and it fits.")
        return
    for box in solution.boxes:
        words = ", ".join(
            f"{name} = " + ", ".join(_run_text(run) for run in runs) for name, runs in box.items()
        )
        yield text(words)
    if solution.recommended is not None:
        sizes = ", ".join(f"{name} = {value}" for name, value in solution.recommended.items())
        why = "no layer drops a row or column there" if solution.lossless else "the smallest"
        yield text(f"Best: {sizes} ({why}).")
    if not solution.complete:
        yield text(f"Not shown to be all: {solution.limit}.")


def _run_text(run: Any) -> str:
    first, last, step = run
    if first == last:
        return str(first)
    if last is None:
        return f"{first}.." if step == 1 else f"{first}, {first + step}, {first + 2 * step}, ..."
    return f"{first}..{last}" + ("" if step == 1 else f" in steps of {step}")


def _chain(result: Result, place: str, name: str) -> list[_Link] | None:
    """Give the maps of one axis from the input to a layer, where each takes one tensor."""
    by_name = {step.layer.name: step for step in result.steps}
    path: list[Step] = []
    current = place.partition("[")[0]
    while current in by_name:
        step = by_name[current]
        path.append(step)
        if len(step.layer.sources) != 1 or not hasattr(step.layer.sources[0], "name"):
            return None
        current = step.layer.sources[0].name
    links: list[_Link] = []
    for step in reversed(path):
        if not is_shape(step.outputs) or not step.inputs or not is_shape(step.inputs[0]):
            return None
        before = [size for size in step.inputs[0] if isinstance(size, Dim) and name in size.symbols]
        after = [size for size in step.outputs if isinstance(size, Dim) and name in size.symbols]
        if len(before) != 1 or len(after) != 1:
            return None
        if before == after:
            continue
        link = _link(step, before[0])
        if link is None:
            return None
        links.append(link)
    return links


def _link(step: Step, before: Dim) -> _Link | None:
    scope = step.scope
    if not isinstance(scope, LayerScope) or output_name(scope.type) is None:
        return None
    axis = next((i for i, size in enumerate(scope.get("L", ())) if size == before), None)
    if axis is None:
        return None
    fresh = LayerScope(scope.type, scope.owner, scope.facts, 0)
    fresh.axes = scope.axes
    kept = {item.name for item in (*scope.type.parameters, *scope.type.forward)}
    fresh.update({key: value for key, value in scope.items() if key in kept | {"axes", "layer"}})
    x = symbol("x")
    fresh["L"] = (x,) * scope.axes
    found = fresh[output_name(scope.type) or ""][axis]
    return _as_link(step.layer.name, found)


def _as_link(name: str, size: Size) -> _Link | None:
    """Read `(x + a)//b + c` or `m*x + c`; None for anything else."""
    if not isinstance(size, Dim):
        return None
    shift, varying = _parts(size)
    if len(varying) != 1 or len(varying[0][0]) != 1 or varying[0][0][0][1] != 1:
        return None
    atom, coefficient = varying[0][0][0][0], varying[0][1]
    if not isinstance(atom, FloorDiv):
        return _Link(name, coefficient, shift, 1)
    top, divisor = atom.numerator, atom.divisor
    if coefficient != 1 or not isinstance(divisor, int) or not isinstance(top, Dim):
        return None
    inside, rest = _parts(top)
    if str(top - inside) != "x" or len(rest) != 1:
        return None
    return _Link(name, 1, inside + divisor * shift, divisor)


def _parts(size: Dim) -> tuple[int, list[tuple[Any, int]]]:
    """Give the constant of a sum and its other terms."""
    return dict(size.terms).get((), 0), [term for term in size.terms if term[0]]


def _board(name: str, chain: list[_Link], place: str, size: Dim, target: int) -> Iterator[Line]:
    """Solve one axis as on a board: first without floors, then with them."""
    import sympy

    unknown = sympy.Symbol(name, integer=True)
    shown, made = [name], sympy.Integer(0) + unknown
    for link in chain:
        shown.append(_applied(link, shown[-1]))
        made = (link.factor * made + link.shift) / sympy.Integer(link.divisor)
    yield text(f"The layers up to {place}, without the floors, give the equation")
    yield math(f"{shown[-1]} = {target}", f"{_board_latex(name, chain)} = {target}")
    value = sympy.Integer(target)
    for index in range(len(chain) - 1, -1, -1):
        link = chain[index]
        value = (value * link.divisor - link.shift) / sympy.Integer(link.factor)
        words = f"{shown[index]} = {value}"
        if index:
            words += f"   (before {link.name})"
        yield math(words, f"{_board_latex(name, chain[:index])} = {sympy.latex(value)}")
    roots = sympy.solve(sympy.Eq(made, target), unknown)
    assert roots in ([], [value]), "the algebra and the steps must agree"
    yield text(f"With the floors the layers compose into {size}, and each step gives an interval:")
    low = high = target
    for link in reversed(chain):
        before = f"{low}" if low == high else f"{low}..{high}"
        values = IntSet.interval(low, high)
        if link.divisor > 1:
            values = values.preimage_floor(link.shift, link.divisor)
        else:
            values = values.preimage_affine(link.factor, link.shift)
        if not values or values.maximum is None:
            return
        low, high = values.minimum, values.maximum
        sizes = f"{low}" if low == high else f"{low}..{high}"
        yield math(
            f"{link.name}: {before} <- {sizes}",
            rf"\text{{{link.name.replace('_', ' ')}}}:\quad {_interval_latex(before)}"
            rf" \leftarrow {_interval_latex(sizes)}",
        )
    assert size.evaluate({name: low}) == target == size.evaluate({name: high})
    yield text(f"So {name} = {low}..{high} in all." if low != high else f"So {name} = {low}.")
    exact = _exact_in(chain, low, high)
    if exact is not None and low != high:
        yield text(f"{exact} is the one at which no floor drops anything: every division is exact.")


def _interval_latex(text: str) -> str:
    return text.replace("..", r" \ldots ")


def _exact_in(chain: list[_Link], low: int, high: int) -> int | None:
    found = []
    for start in range(low, min(high, low + 10_000) + 1):
        value = start
        for link in chain:
            top = link.factor * value + link.shift
            if top % link.divisor:
                break
            value = top // link.divisor
        else:
            found.append(start)
    return found[0] if len(found) == 1 else None


def _applied(link: _Link, inner: str) -> str:
    wrapped = inner if inner.isidentifier() else f"({inner})"
    body = wrapped if link.factor == 1 else f"{link.factor}*{wrapped}"
    if link.factor == 1:
        body = inner
    if link.shift:
        body = f"{body} {'+' if link.shift > 0 else '-'} {abs(link.shift)}"
    if link.divisor == 1:
        return body
    return f"{body}/{link.divisor}" if body.isidentifier() else f"({body})/{link.divisor}"


def _board_latex(name: str, chain: list[_Link]) -> str:
    inner = name
    for link in chain:
        body = inner if link.factor == 1 else rf"{link.factor} \left({inner}\right)"
        if link.shift:
            body = f"{body} {'+' if link.shift > 0 else '-'} {abs(link.shift)}"
        inner = body if link.divisor == 1 else rf"\frac{{{body}}}{{{link.divisor}}}"
    return inner


__all__ = [
    "Line",
    "dropped_sizes",
    "explain_result",
    "explain_solution",
    "lossless_relations",
]
