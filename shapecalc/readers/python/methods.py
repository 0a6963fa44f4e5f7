"""Methods of texts, lists, dicts, sets and numbers, within bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .display import brace_format
from .equality import equal, sort_key
from .keys import hashable
from .limits import MAX_WIDTH
from .values import MISSING, Keywords, Native, Opaque, Sizes, Value

if TYPE_CHECKING:
    from .machine import Machine

Rule = Callable[["Machine", Value, "list[Value]", Keywords], Value]

_PLAIN_TEXT = frozenset(
    [
        "lower",
        "upper",
        "title",
        "capitalize",
        "casefold",
        "swapcase",
        "strip",
        "lstrip",
        "rstrip",
        "startswith",
        "endswith",
        "find",
        "rfind",
        "index",
        "rindex",
        "count",
        "split",
        "rsplit",
        "partition",
        "rpartition",
        "splitlines",
        "isdigit",
        "isalpha",
        "isalnum",
        "isupper",
        "islower",
        "isspace",
        "isidentifier",
        "isnumeric",
        "isdecimal",
        "removeprefix",
        "removesuffix",
        "encode",
        "istitle",
        "isascii",
    ]
)
_PADDING = frozenset(["ljust", "rjust", "center", "zfill"])


def method_of(value: Value, name: str) -> Value:
    """Give a method of one of Python's own values, bound; MISSING where there is none."""
    rule = _rule_for(value, name)
    if rule is None:
        return MISSING
    return Native(name, lambda machine, given, named: rule(machine, value, given, named))


def _rule_for(value: Value, name: str) -> Rule | None:
    match value:
        case str():
            if name in _PLAIN_TEXT:
                return _text_method(name)
            return _text_padding(name) if name in _PADDING else _TEXT.get(name)
        case dict():
            return _DICT.get(name)
        case list():
            return _LIST.get(name)
        case Sizes() if name == "numel":
            return lambda machine, value, given, named: machine.product(value)
        case tuple():
            return _TUPLE.get(name)
        case set() | frozenset():
            return _SET.get(name)
        case bool() | int() | float():
            return _NUMBER.get(name)
        case bytes() if name == "decode":
            return lambda machine, value, given, named: value.decode()
    return None


# ---------------------------------------------------------------------------------------- texts


def _text_method(name: str) -> Rule:
    method = getattr(str, name)

    def run(machine: Machine, value: str, given: list[Value], named: Keywords) -> Value:
        unknown = next((item for item in given if isinstance(item, Opaque)), None)
        if unknown is not None:
            return unknown
        machine.budget.spend(1 + len(value) // 16)
        return method(value, *[machine.pin(item) for item in given], **named)

    return run


def _text_padding(name: str) -> Rule:
    method = getattr(str, name)

    def run(machine: Machine, value: str, given: list[Value], named: Keywords) -> Value:
        if machine.pin(given[0]) > MAX_WIDTH:
            raise machine.limit(f"a text padded to more than {MAX_WIDTH} characters")
        return method(value, *[machine.pin(item) for item in given])

    return run


def _join(machine: Machine, value: str, given: list[Value], named: Keywords) -> Value:
    parts = machine.collect(given[0])
    unknown = next((item for item in parts if isinstance(item, Opaque)), None)
    if unknown is not None:
        return unknown
    machine.budget.items(len(value) * len(parts) + sum(map(len, parts)))
    return value.join(parts)


def _replace(machine: Machine, value: str, given: list[Value], named: Keywords) -> Value:
    if any(isinstance(item, Opaque) for item in given):
        return next(item for item in given if isinstance(item, Opaque))
    old, new = given[:2]
    machine.budget.items(len(value) + (value.count(old) if old else len(value) + 1) * len(new))
    return value.replace(*given)


_TEXT: dict[str, Rule] = {
    "join": _join,
    "replace": _replace,
    "format": lambda machine, value, given, named: brace_format(machine, value, given, named),
}


# ---------------------------------------------------------------------------------------- lists


def _append(machine: Machine, value: list[Value], given: list[Value], named: Keywords) -> None:
    (item,) = given
    if len(value) % 1024 == 0:
        machine.budget.items(len(value))
    value.append(item)


def _extend(machine: Machine, value: list[Value], given: list[Value], named: Keywords) -> None:
    items = machine.collect(given[0])
    machine.budget.items(len(value) + len(items))
    value.extend(items)


def _insert(machine: Machine, value: list[Value], given: list[Value], named: Keywords) -> None:
    place, item = given
    machine.budget.items(len(value))
    value.insert(machine.pin(place), item)


def _pop(machine: Machine, value: list[Value], given: list[Value], named: Keywords) -> Value:
    machine.budget.spend(1 + len(value) // 64)
    return value.pop(*[machine.pin(item) for item in given])


def _find(machine: Machine, value: Value, item: Value) -> int:
    for place, one in enumerate(value):
        machine.budget.spend(1)
        if machine.truth(equal(machine, one, item)):
            return place
    raise machine.fail("ValueError", f"{machine.show(item)} is not in the list")


def _remove(machine: Machine, value: list[Value], given: list[Value], named: Keywords) -> None:
    del value[_find(machine, value, given[0])]


def _count(machine: Machine, value: Value, given: list[Value], named: Keywords) -> int:
    return sum(machine.truth(equal(machine, one, given[0])) for one in machine.iterate(value))


def sorted_items(machine: Machine, items: list[Value], named: Keywords) -> list[Value]:
    """Sort as `sorted` does."""
    machine.budget.items(len(items) * 8)
    key = named.get("key")
    keys = [
        sort_key(machine, item if key is None else machine.call(key, [item], {})) for item in items
    ]
    order = sorted(range(len(items)), key=keys.__getitem__, reverse=bool(named.get("reverse")))
    return [items[place] for place in order]


def _sort(machine: Machine, value: list[Value], given: list[Value], named: Keywords) -> None:
    value[:] = sorted_items(machine, list(value), named)


def _copy(machine: Machine, value: Value, given: list[Value], named: Keywords) -> Value:
    machine.budget.items(len(value))
    return value.copy()


_TUPLE: dict[str, Rule] = {
    "index": lambda machine, value, given, named: _find(machine, value, given[0]),
    "count": _count,
}
_LIST: dict[str, Rule] = {
    **_TUPLE,
    "append": _append,
    "extend": _extend,
    "insert": _insert,
    "pop": _pop,
    "remove": _remove,
    "sort": _sort,
    "copy": _copy,
    "reverse": lambda machine, value, given, named: value.reverse(),
    "clear": lambda machine, value, given, named: value.clear(),
    # deques are lists here
    "appendleft": lambda machine, value, given, named: value.insert(0, given[0]),
    "popleft": lambda machine, value, given, named: value.pop(0),
}


# ---------------------------------------------------------------------------------------- dicts


def _get(machine: Machine, value: dict[Value, Value], given: list[Value], named: Keywords) -> Value:
    default = given[1] if len(given) > 1 else named.get("default")
    return value.get(hashable(machine, given[0]), default)


def _dict_pop(
    machine: Machine, value: dict[Value, Value], given: list[Value], named: Keywords
) -> Value:
    key = hashable(machine, given[0])
    if key in value or len(given) > 1:
        return value.pop(key, *given[1:])
    raise machine.fail("KeyError", machine.show(key))


def _setdefault(
    machine: Machine, value: dict[Value, Value], given: list[Value], named: Keywords
) -> Value:
    default = given[1] if len(given) > 1 else None
    return value.setdefault(hashable(machine, given[0]), default)


def update(
    machine: Machine, value: dict[Value, Value], given: list[Value], named: Keywords
) -> None:
    """Do what `dict.update` does."""
    for other in given:
        if isinstance(other, dict):
            machine.budget.items(len(value) + len(other))
            value.update(other)
            continue
        if hasattr(other, "content") and isinstance(other.content, dict):
            value.update(other.content)
            continue
        for pair in machine.iterate(other):
            key, item = machine.collect(pair)
            value[hashable(machine, key)] = item
    value.update(named)


def _popitem(
    machine: Machine, value: dict[Value, Value], given: list[Value], named: Keywords
) -> Value:
    last = named.get("last", given[0] if given else True)
    if not value:
        raise machine.fail("KeyError", "popitem(): dictionary is empty")
    key = next(reversed(value)) if last else next(iter(value))
    return key, value.pop(key)


def _move_to_end(
    machine: Machine, value: dict[Value, Value], given: list[Value], named: Keywords
) -> None:
    key = hashable(machine, given[0])
    item = value.pop(key)
    if named.get("last", given[1] if len(given) > 1 else True):
        value[key] = item
    else:
        rest = dict(value)
        value.clear()
        value[key] = item
        value.update(rest)


def _view(pick: Callable[[dict[Value, Value]], Value]) -> Rule:
    def run(
        machine: Machine, value: dict[Value, Value], given: list[Value], named: Keywords
    ) -> Value:
        machine.budget.items(len(value))
        return list(pick(value))

    return run


_DICT: dict[str, Rule] = {
    "get": _get,
    "pop": _dict_pop,
    "setdefault": _setdefault,
    "update": update,
    "popitem": _popitem,
    "move_to_end": _move_to_end,
    "keys": _view(lambda value: value.keys()),
    "values": _view(lambda value: value.values()),
    "items": _view(lambda value: value.items()),
    "copy": _copy,
    "clear": lambda machine, value, given, named: value.clear(),
}


# ----------------------------------------------------------------------------------------- sets


def _set_add(machine: Machine, value: set[Value], given: list[Value], named: Keywords) -> None:
    value.add(hashable(machine, given[0]))


def _set_remove(machine: Machine, value: set[Value], given: list[Value], named: Keywords) -> None:
    value.remove(hashable(machine, given[0]))


def _set_operation(name: str) -> Rule:
    def run(machine: Machine, value: set[Value], given: list[Value], named: Keywords) -> Value:
        others = [{hashable(machine, item) for item in machine.iterate(other)} for other in given]
        machine.budget.items(len(value) + sum(map(len, others)))
        return getattr(value, name)(*others)

    return run


_SET: dict[str, Rule] = {
    "add": _set_add,
    "remove": _set_remove,
    "discard": lambda machine, value, given, named: value.discard(hashable(machine, given[0])),
    "copy": _copy,
    "clear": lambda machine, value, given, named: value.clear(),
    "pop": lambda machine, value, given, named: value.pop(),
    **{
        name: _set_operation(name)
        for name in (
            "union",
            "intersection",
            "difference",
            "symmetric_difference",
            "issubset",
            "issuperset",
            "update",
            "isdisjoint",
        )
    },
}


# -------------------------------------------------------------------------------------- numbers


def _same(machine: Machine, value: Value, given: list[Value], named: Keywords) -> Value:
    return value


_NUMBER: dict[str, Rule] = {
    "is_integer": lambda machine, value, given, named: float(value).is_integer(),
    "bit_length": lambda machine, value, given, named: int(value).bit_length(),
    "item": _same,
    "tolist": _same,
    "__int__": lambda machine, value, given, named: int(value),
    "__float__": lambda machine, value, given, named: float(value),
    "astype": _same,
    "conjugate": _same,
}
