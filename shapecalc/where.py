"""Relations of the user's own: `where` in a spec, `--where` of `solve`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .arguments import Environment, evaluate_argument
from .errors import SpecError, nearest_words
from .formula import ARITHMETIC, FormulaError
from .relations import AllOf, AnyOf, Comparison, Relation
from .syntax import Call, Compare, Constant, Logic, Name, Node, Unary, parse, parts_of, to_text

HINT = "a relation compares sizes: 'H == W', 'H % 32 == 0'"

_EQUALS = re.compile(r"([^=<>!])=([^=])")  # of a comparison that was meant
_FUNCTIONS = (*ARITHMETIC, "size")


def parse_relation(text: str) -> Node:
    """Read a relation's text.

    Raises `SpecError` for what isn't one, with the place in the text where that is known.

    >>> to_text(parse_relation("H%32 == 0 and H != W"))
    'H%32 == 0 and H != W'
    """
    if _EQUALS.search(text):
        meant = _EQUALS.sub(r"\1==\2", text)
        raise SpecError(f"`{text}` is not a comparison", hint=f"did you mean {meant}?", code="S116")
    try:
        node = parse(text)
    except SpecError as error:
        error.hint = HINT
        raise
    if not (
        isinstance(node, Compare | Logic) or (isinstance(node, Unary) and node.operator == "not")
    ):
        raise SpecError(f"`{text}` is not a relation", hint=HINT, code="S116")
    for part in _parts(node):
        match part:
            case Compare(_, rest) if any(sign in ("is", "is not") for sign, _ in rest):
                what = f"`{text}` asks what something is; sizes are compared by == and !="
                raise SpecError(what, hint=HINT, code="S116")
            case Call(function) if function not in _FUNCTIONS:
                near = nearest_words(function, _FUNCTIONS)
                hint = (
                    f"did you mean {near[0]}?" if near else "such as min, max, abs, size(conv1, 2)"
                )
                what = f"`{text}`: there is no function {function} for relations"
                raise SpecError(what, hint=hint, code="S116")
    return node


def relation_of(node: Node, environment: Environment) -> Relation | bool:
    """Put symbols and numbers into a relation.

    Raises `SpecError` where it can't be worked out.
    """
    try:
        found = evaluate_argument(node, environment)
    except FormulaError as error:
        raise SpecError(f"`{to_text(node)}`: {error}", code="S116") from None
    except SpecError as error:
        message = f"`{to_text(node)}`: {error.message}"
        raise SpecError(message, hint=error.hint, code=error.code) from None
    if not isinstance(found, (bool, Comparison, AllOf, AnyOf)):
        raise SpecError(f"`{to_text(node)}` is not a comparison", hint=HINT, code="S116")
    return found


def symbols_in(node: Node) -> Iterator[str]:
    """Yield the symbols of a relation; a layer's name in `size(conv1, 2)` is none."""
    match node:
        case Name(name):
            yield name
        case Call("size", (_, *rest)):
            for part in rest:
                yield from symbols_in(part)
        case Constant():
            return
        case _:
            for part in parts_of(node):
                yield from symbols_in(part)


def _parts(node: Node) -> Iterator[Node]:
    yield node
    for part in parts_of(node):
        yield from _parts(part)
