"""The calls that nearly all entries have, such as `Conv2d(3, 6, 5, padding=1)`, read without `ast`.

What isn't of this simple form is left to `syntax.parse`, which is twenty times slower.
"""

from __future__ import annotations

import re
from keyword import iskeyword

from ..syntax import Call, Constant, Name, Node, Sequence

_HEAD = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\(", re.ASCII)
_INTEGER = r"-?(?:0|[1-9][0-9]{0,17})"
_ARGUMENT = re.compile(
    rf" ?(?:([A-Za-z_]\w*)=)?(?:({_INTEGER})|([A-Za-z_]\w*)|'([A-Za-z0-9_ ]*)'"
    rf"|\(({_INTEGER}(?:, ?{_INTEGER})+)\))(,|\)$)",
    re.ASCII,
)
_CONSTANTS = {"True": Constant(True), "False": Constant(False), "None": Constant(None)}


def quick_call(text: str) -> Call | None:
    """Read a call of integers, names, plain texts and tuples of integers; None for any other.

    >>> quick_call("MaxPool2d((2, 2), stride=s)") is not None, quick_call("Linear(4*4, 10)")
    (True, None)
    """
    head = _HEAD.match(text)
    if head is None or any(map(iskeyword, head[1].split("."))):
        return None
    given: list[Node] = []
    named: dict[str, Node] = {}
    at = head.end()
    if text[at:] == ")":
        return Call(head[1], (), ())
    while at < len(text):
        found = _ARGUMENT.match(text, at)
        if found is None:
            return None
        word, integer, name, plain, items, _ = found.groups()
        if integer is not None:
            value: Node = Constant(int(integer))
        elif name is not None:
            if name in _CONSTANTS:
                value = _CONSTANTS[name]
            elif iskeyword(name):
                return None
            else:
                value = Name(name)
        elif plain is not None:
            value = Constant(plain)
        else:
            value = Sequence(tuple([Constant(int(item)) for item in items.split(",")]))
        if word is not None:
            if word in named or iskeyword(word):
                return None
            named[word] = value
        elif named:
            return None
        else:
            given.append(value)
        at = found.end()
    return Call(head[1], tuple(given), tuple(named.items())) if text[-1] == ")" else None
