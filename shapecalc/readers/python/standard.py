"""Python's standard library, as far as models use it: math, functools, itertools, collections, copy, ..."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..operator_names import ARITHMETIC, COMPARISONS
from .attributes import get_attribute
from .copying import deep_copy, shallow_copy
from .dataclass import FieldDefault, as_dict, dataclass, field, fields_of, replace
from .enumeration import ENUM, VALUE_TEXT, Auto
from .equality import relation_between
from .failures import OBJECT
from .items import get_item
from .namedtuples import NAMED_TUPLE, namedtuple
from .numbers import ceil_ratio, floor_ratio, is_number, square_root
from .operators import binary
from .options import ARGUMENT_PARSER, NAMESPACE
from .patterns import PATTERNS
from .signatures import SIGNATURES
from .types import COUNTER, DEFAULT, DEQUE, INT, ORDERED, PARTIAL, STR
from .values import (
    MISSING,
    Array,
    Class,
    Function,
    Instance,
    Iteration,
    Keywords,
    Method,
    Module,
    Native,
    Opaque,
    Partial,
    Property,
    Ratio,
    Tensor,
    TorchFunction,
    Traced,
    Value,
)

if TYPE_CHECKING:
    from .machine import Machine

Rule = Callable[["Machine", "list[Value]", Keywords], Value]

MAX_REPEATS = 100_000  # of an endless iterator


# ---------------------------------------------------------------------------------------- math


def _floor(machine: Machine, given: list[Value], named: Keywords) -> Value:
    (value,) = given
    if isinstance(value, Traced):
        return value
    if isinstance(value, Ratio):
        return floor_ratio(machine, value)
    return machine.budget.number(math.floor(value))


def _ceil(machine: Machine, given: list[Value], named: Keywords) -> Value:
    (value,) = given
    if isinstance(value, Traced):
        return value
    if isinstance(value, Ratio):
        return ceil_ratio(machine, value)
    return machine.budget.number(math.ceil(value))


def _sqrt(machine: Machine, given: list[Value], named: Keywords) -> Value:
    (value,) = given
    return value if isinstance(value, Opaque) else square_root(machine, value)


def _prod(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return machine.product(machine.collect(given[0]))


def _on_numbers(function: Callable[..., Value]) -> Rule:
    def run(machine: Machine, given: list[Value], named: Keywords) -> Value:
        unknown = next((item for item in given if isinstance(item, Opaque)), None)
        if unknown is not None:
            return unknown
        found = function(*[machine.pin(_single(item)) for item in given])
        return machine.budget.number(found) if type(found) is int else found

    return run


def _single(value: Value) -> Value:
    if isinstance(value, (Tensor, Array)) and value.elements is not None:
        return value.elements[0] if len(value.elements) == 1 else value
    return value


def _factorial(value: Value) -> int:
    if value > 200:
        raise ValueError("too large")
    return math.factorial(value)


_MATH: dict[str, Value] = {
    **{
        name: Native(name, _on_numbers(getattr(math, name)))
        for name in [
            "exp",
            "log",
            "log2",
            "log10",
            "log1p",
            "sin",
            "cos",
            "tan",
            "asin",
            "acos",
            "atan",
            "atan2",
            "sinh",
            "cosh",
            "tanh",
            "degrees",
            "radians",
            "fabs",
            "gcd",
            "isqrt",
            "hypot",
            "isnan",
            "isinf",
            "isfinite",
            "copysign",
            "fmod",
            "trunc",
            "erf",
        ]
    },
    "pow": Native("pow", _on_numbers(lambda a, b: math.pow(a, b))),
    "factorial": Native("factorial", _on_numbers(_factorial)),
    "floor": Native("floor", _floor),
    "ceil": Native("ceil", _ceil),
    "sqrt": Native("sqrt", _sqrt),
    "prod": Native("prod", _prod),
    "isclose": Native("isclose", _on_numbers(math.isclose)),
    "pi": math.pi,
    "e": math.e,
    "inf": math.inf,
    "nan": math.nan,
    "tau": math.tau,
}


# ----------------------------------------------------------------------------------- functools


def _partial(machine: Machine, given: list[Value], named: Keywords) -> Value:
    function, *rest = given
    if isinstance(function, Partial):
        return Partial(
            function.function, [*function.arguments, *rest], {**function.keywords, **named}
        )
    return Partial(function, rest, dict(named))


PARTIAL.names["__new__"] = Native(
    "partial", lambda machine, given, named: _partial(machine, given[1:], named)
)


def _reduce(machine: Machine, given: list[Value], named: Keywords) -> Value:
    function, items, *start = given
    stream = machine.iterate(items)
    total = start[0] if start else next(stream, MISSING)
    if total is MISSING:
        raise machine.fail("TypeError", "reduce() of empty iterable with no initial value")
    for item in stream:
        total = machine.call(function, [total, item], {})
    return total


def _identity(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return given[0] if given else Native("decorator", _identity)


def _decorator(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for a function whose result is a decorator that changes nothing we look at."""
    return Native("decorator", _identity)


def _caching(machine: Machine, given: list[Value], named: Keywords) -> Value:
    if given and isinstance(given[0], (Function, Method, Native)):
        return given[0]
    return Native("decorator", _identity)


def _wraps(machine: Machine, given: list[Value], named: Keywords) -> Value:
    wrapped = given[0]

    def apply(m: Machine, functions: list[Value], _: Keywords) -> Value:
        made = functions[0]
        if isinstance(made, Function) and isinstance(wrapped, Function):
            made.attributes.update(wrapped.attributes)
            made.attributes["__wrapped__"] = wrapped
            made.attributes["__name__"] = wrapped.attributes.get("__name__", wrapped.name)
        return made

    return Native("wraps", apply)


# ----------------------------------------------------------------------------------- itertools


def _chain(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return machine.iteration(item for part in given for item in machine.iterate(part))


def _chain_from(machine: Machine, given: list[Value], named: Keywords) -> Value:
    parts = machine.iterate(given[0])
    return machine.iteration(item for part in parts for item in machine.iterate(part))


_CHAIN_FROM = Native("from_iterable", _chain_from)


def _product(machine: Machine, given: list[Value], named: Keywords) -> Value:
    pools = [machine.collect(item) for item in given] * machine.pin(named.get("repeat", 1))
    machine.budget.items(len(pools))
    machine.budget.items(math.prod(map(len, pools)))
    return machine.iteration(itertools.product(*pools))


def _count(machine: Machine, given: list[Value], named: Keywords) -> Value:
    start, step = (*given, 0, 1)[:2] if len(given) < 2 else given[:2]
    return machine.iteration(itertools.count(machine.pin(start), machine.pin(step or 1)))


def _repeat(machine: Machine, given: list[Value], named: Keywords) -> Value:
    times = given[1] if len(given) > 1 else named.get("times", MAX_REPEATS)
    return machine.iteration(itertools.repeat(given[0], machine.pin(times)))


def _cycle(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return machine.iteration(itertools.cycle(machine.collect(given[0])))


def _accumulate(machine: Machine, given: list[Value], named: Keywords) -> Value:
    function = given[1] if len(given) > 1 else named.get("func")

    def run() -> Iterator[Value]:
        total = named.get("initial")
        if total is not None:
            yield total
        for item in machine.iterate(given[0]):
            if total is None:
                total = item
            elif function is None:
                total = binary(machine, "+", total, item)
            else:
                total = machine.call(function, [total, item], {})
            yield total

    return machine.iteration(run())


def _islice(machine: Machine, given: list[Value], named: Keywords) -> Value:
    bounds = [machine.pin(item) for item in given[1:]]
    return machine.iteration(itertools.islice(machine.iterate(given[0]), *bounds))


def _combinations(machine: Machine, given: list[Value], named: Keywords) -> Value:
    return machine.iteration(itertools.combinations(machine.collect(given[0]), given[1]))


def _zip_longest(machine: Machine, given: list[Value], named: Keywords) -> Value:
    streams = [machine.collect(item) for item in given]
    return machine.iteration(itertools.zip_longest(*streams, fillvalue=named.get("fillvalue")))


def _pairwise(machine: Machine, given: list[Value], named: Keywords) -> Value:
    items = machine.collect(given[0])
    return machine.iteration(itertools.pairwise(items))


def _starmap(machine: Machine, given: list[Value], named: Keywords) -> Value:
    function, items = given
    return machine.iteration(
        machine.call(function, machine.collect(item), {}) for item in machine.iterate(items)
    )


# ------------------------------------------------------------------------------------ operator


def _operator(symbol: str) -> Native:
    return Native(symbol, lambda machine, given, named: binary(machine, symbol, *given))


def _relation(symbol: str) -> Native:
    return Native(symbol, lambda machine, given, named: relation_between(machine, symbol, *given))


def _attrgetter(machine: Machine, given: list[Value], named: Keywords) -> Value:
    def run(m: Machine, values: list[Value], _: Keywords) -> Value:
        found = values[0]
        for part in given[0].split("."):
            found = get_attribute(m, found, part)
        return found

    return Native("attrgetter", run)


def _itemgetter(machine: Machine, given: list[Value], named: Keywords) -> Value:
    def run(m: Machine, values: list[Value], _: Keywords) -> Value:
        found = [get_item(m, values[0], item) for item in given]
        return found[0] if len(found) == 1 else tuple(found)

    return Native("itemgetter", run)


_OPERATOR: dict[str, Value] = {
    **{name: _operator(symbol) for name, symbol in ARITHMETIC.items()},
    **{name: _relation(symbol) for name, symbol in COMPARISONS.items()},
    "attrgetter": Native("attrgetter", _attrgetter),
    "itemgetter": Native("itemgetter", _itemgetter),
}


# ------------------------------------------------------------------------- predicates of types


def _predicate(name: str, test: Callable[[Value], bool]) -> Native:
    return Native(name, lambda machine, given, named: test(given[0]))


def _iterable(value: Value) -> bool:
    if isinstance(value, Instance):
        return value.type.find("__iter__") is not MISSING or value.content is not None
    return isinstance(value, (list, tuple, dict, set, str, range, Iteration, Tensor, Array))


_ABSTRACT: dict[str, Value] = {
    "Iterable": _predicate("Iterable", _iterable),
    "Iterator": _predicate("Iterator", lambda value: isinstance(value, Iteration)),
    "Sequence": _predicate("Sequence", lambda value: isinstance(value, (list, tuple, str, range))),
    "Mapping": _predicate("Mapping", lambda value: isinstance(value, dict)),
    "MutableMapping": _predicate("MutableMapping", lambda value: isinstance(value, dict)),
    "Sized": _predicate("Sized", _iterable),
    "Callable": _predicate(
        "Callable",
        lambda value: (
            isinstance(value, (Function, Method, Native, TorchFunction, Partial, Class, Module))
            or (isinstance(value, Instance) and value.type.find("__call__") is not MISSING)
        ),
    ),
}


def _number_test(value: Value) -> bool:
    return is_number(value)


def _namespace_init(machine: Machine, given: list[Value], named: Keywords) -> None:
    given[0].attributes.update(named)


_SIMPLE_NAMESPACE = Class(
    "SimpleNamespace", (OBJECT,), {"__init__": Native("__init__", _namespace_init)}
)
_GENERIC = Class("Generic", (OBJECT,))


def _is_dataclass(machine: Machine, given: list[Value], named: Keywords) -> Value:
    value = given[0]
    kind = value.type if isinstance(value, Instance) else value
    return isinstance(kind, Class) and kind.find("__dataclass__") is not MISSING


def _fields(machine: Machine, given: list[Value], named: Keywords) -> Value:
    kind = given[0].type if isinstance(given[0], Instance) else given[0]
    found = []
    for name, spec in fields_of(kind):
        made = Instance(_SIMPLE_NAMESPACE)
        default = spec.default if isinstance(spec, FieldDefault) else None
        made.attributes.update({"name": name, "default": default})
        found.append(made)
    return tuple(found)


def _group(prefix: str, members: dict[str, Value | Rule]) -> dict[str, Value]:
    return {
        f"{prefix}.{name}": Native(name, item) if callable(item) else item
        for name, item in members.items()
    }


def _environment(machine: Machine, given: list[Value], named: Keywords) -> Value:
    """Stand for a look into the environment, in which nothing is set."""
    return given[1] if len(given) > 1 else named.get("default")


STANDARD: dict[str, Value] = {
    **_group("math", _MATH),
    **_group(
        "functools",
        {
            "partial": PARTIAL,
            "reduce": _reduce,
            "wraps": _wraps,
            "lru_cache": _caching,
            "cache": _caching,
            "cached_property": lambda machine, given, named: Property(given[0]),
            "total_ordering": _identity,
        },
    ),
    **_group(
        "itertools",
        {
            "product": _product,
            "count": _count,
            "repeat": _repeat,
            "cycle": _cycle,
            "accumulate": _accumulate,
            "islice": _islice,
            "combinations": _combinations,
            "zip_longest": _zip_longest,
            "pairwise": _pairwise,
            "starmap": _starmap,
        },
    ),
    "itertools.chain": Native("chain", _chain, from_iterable=_CHAIN_FROM),
    "itertools.chain.from_iterable": _CHAIN_FROM,
    **_group("operator", _OPERATOR),
    **_group(
        "collections",
        {
            "OrderedDict": ORDERED,
            "defaultdict": DEFAULT,
            "Counter": COUNTER,
            "deque": DEQUE,
            "namedtuple": namedtuple,
        },
    ),
    **_group("collections", _ABSTRACT),
    **_group("collections.abc", _ABSTRACT),
    **_group("typing", _ABSTRACT),
    **_group(
        "typing",
        {
            "OrderedDict": ORDERED,
            "NamedTuple": NAMED_TUPLE,
            "Generic": _GENERIC,
            "Protocol": _GENERIC,
            "TYPE_CHECKING": False,
            "cast": lambda machine, given, named: given[1],
            "overload": _identity,
            "final": _identity,
            "no_type_check": _identity,
        },
    ),
    **_group("copy", {"deepcopy": deep_copy, "copy": shallow_copy}),
    **_group(
        "dataclasses",
        {
            "dataclass": dataclass,
            "field": field,
            "replace": replace,
            "asdict": as_dict,
            "is_dataclass": _is_dataclass,
            "fields": _fields,
        },
    ),
    **_group(
        "enum",
        {
            "Enum": ENUM,
            "IntEnum": Class("IntEnum", (INT, ENUM), {"__str__": VALUE_TEXT}),
            "StrEnum": Class("StrEnum", (STR, ENUM), {"__str__": VALUE_TEXT}),
            "Flag": ENUM,
            "auto": lambda machine, given, named: Auto(),
        },
    ),
    **_group("abc", {"ABC": Class("ABC", (OBJECT,)), "abstractmethod": _identity}),
    "numbers.Number": _predicate("Number", _number_test),
    "numbers.Integral": _predicate("Integral", lambda value: isinstance(value, (int, Traced))),
    "numbers.Real": _predicate("Real", _number_test),
    "types.SimpleNamespace": _SIMPLE_NAMESPACE,
    "types.FunctionType": _predicate("FunctionType", lambda value: isinstance(value, Function)),
    "types.MethodType": Native("MethodType", lambda machine, given, named: Method(*given)),
    "argparse.ArgumentParser": ARGUMENT_PARSER,
    "argparse.Namespace": NAMESPACE,
    "os.getenv": Native("getenv", _environment),
    "sys.version_info": (3, 12, 0, "final", 0),
    "sys.maxsize": 2**63 - 1,
    "sys.argv": [],
    "contextlib.contextmanager": Native("contextmanager", _identity),
    "warnings.filterwarnings": Native("filterwarnings", lambda machine, given, named: None),
    **PATTERNS,
    **SIGNATURES,
}
