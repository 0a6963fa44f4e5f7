"""Every argument that takes a number as the unknown, alone or with a size, against trying all values.

The calls are the registry's examples and recorded ones; an argument that a call leaves out is unknown
as well as one that it gives.

SHAPECALC_CALLS=1 python -m pytest tests/test_unknown_arguments.py     # all recorded calls, not one in eight
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import shapecalc
from shapecalc.registry import Kind, Parameter, default_registry
from shapecalc.spots import put_node
from shapecalc.syntax import Call, Constant, Name, Node, Unary, to_text
from shapecalc.syntax import Sequence as Tuple
from tests.registry_examples import EXAMPLES

DATA = Path(__file__).parent / "conformance" / "data"
ONE_IN = int(os.environ.get("SHAPECALC_CALLS", "8"))
VALUES = range(-2, 17)  # of one unknown
PAIRED = range(-1, 8)  # of each of two
Given = Mapping[str, tuple[Any, ...]]


class Place(NamedTuple):
    """A size or an argument that may be unknown, its least value, and what puts another there."""

    name: str
    least: int
    put: Callable[[shapecalc.Net, Given, Any], tuple[shapecalc.Net, Given]]


def nets() -> Iterator[Any]:
    files = ("sample_layers.jsonl", "sample_functions.jsonl")
    rows = [json.loads(line) for name in files for line in (DATA / name).read_text().splitlines()]
    for spec in [*EXAMPLES.values(), *[row["net"] for row in rows if row["ok"]][::ONE_IN]]:
        yield pytest.param(spec, id=spec["layers"][-1]["layer"])


NETS = [*nets()]


def arguments(net: shapecalc.Net) -> Iterator[Place]:
    """Yield the arguments that take a number: those that are given, and those that aren't."""
    call = _call(net)
    type_ = default_registry().find(call.function)
    slots = [item for item in type_.parameters if not item.named]
    known = {item.name: item for item in type_.parameters}
    given: list[tuple[Parameter, Node, tuple[str, int]]] = [
        (slots[min(index, len(slots) - 1)], node, ("argument", index))
        for index, node in enumerate(call.arguments if slots else ())
    ]
    for index, (name, node) in enumerate(call.keywords):
        given += [(known[name], node, ("keyword", index))] if name in known else []
    for parameter, node, step in given:
        if not _takes_number(parameter):
            continue
        if _is_numeral(node):
            yield Place(parameter.name, _least(parameter), _putting((step,)))
        for index, item in enumerate(node.items if isinstance(node, Tuple) else ()):
            if _is_numeral(item):
                yield Place(parameter.name, _least(parameter), _putting((step, ("item", index))))
    for parameter in type_.parameters:
        if _takes_number(parameter) and not parameter.variadic:
            if all(parameter is not other for other, _, _ in given):
                yield Place(parameter.name, _least(parameter), _adding(parameter.name))


def sizes(given: Given) -> Iterator[Place]:
    """Yield the sizes of the inputs."""
    for name, shape in given.items():
        for index in range(len(shape)):

            def put(
                net: shapecalc.Net, given: Given, size: Any, name: str = name, index: int = index
            ) -> tuple[shapecalc.Net, Given]:
                shape = (*given[name][:index], size, *given[name][index + 1 :])
                return net, {**given, name: shape}

            yield Place(f"{name}[{index}]", 1, put)


def _takes_number(parameter: Parameter) -> bool:
    kinds = [kind for kind in parameter.kinds if isinstance(kind, Kind)]
    return any(kind.base in ("int", "number") for kind in kinds) and not parameter.keywords


def _is_numeral(node: Node) -> bool:
    inner = node.operand if isinstance(node, Unary) else node
    return isinstance(inner, Constant) and type(inner.value) in (int, float, type(None))


def _least(parameter: Parameter) -> int:
    return min(kind.least_unknown for kind in parameter.kinds if isinstance(kind, Kind))


def _putting(path: tuple[tuple[str, int], ...]) -> Callable[..., tuple[shapecalc.Net, Given]]:
    def put(net: shapecalc.Net, given: Given, value: Any) -> tuple[shapecalc.Net, Given]:
        changed = put_node(_call(net), path, _node(value))
        assert isinstance(changed, Call)
        return _with_call(net, changed), given

    return put


def _adding(name: str) -> Callable[..., tuple[shapecalc.Net, Given]]:
    def put(net: shapecalc.Net, given: Given, value: Any) -> tuple[shapecalc.Net, Given]:
        call = _call(net)
        words = (*call.keywords, (name, _node(value)))
        return _with_call(net, call._replace(keywords=words)), given

    return put


def _node(value: Any) -> Node:
    return Name(value) if isinstance(value, str) else Constant(value)


def _call(net: shapecalc.Net) -> Call:
    call = net.layers[-1].call
    assert call is not None
    return call


def _with_call(net: shapecalc.Net, call: Call) -> shapecalc.Net:
    return net._replace(layers=(*net.layers[:-1], net.layers[-1]._replace(call=call)))


def output(net: shapecalc.Net, given: Given) -> tuple[Any, ...] | None:
    """Give the shape of the first output, () if there is none; None where the net doesn't run."""
    try:
        result = shapecalc.infer(net, input=given)
    except shapecalc.ShapecalcError:
        return None
    return None if result.errors else next(iter(result.steps[-1].shapes), ())


def agrees(net: shapecalc.Net, given: Given, places: Sequence[Place], values: range) -> None:
    """Ask for the unknowns, without a target and with one, and try all their values."""
    names = [f"x{index}_" for index in range(len(places))]
    outputs = {
        point: output(*_filled(net, given, places, point))
        for point in product(values, repeat=len(places))
    }
    own = [place.least for place in places]
    inside = {point for point in outputs if all(x >= y for x, y in zip(point, own, strict=True))}
    open_, shapes = _filled(net, given, places, names)
    for target in {None, next((found for found in outputs.values() if found), None)}:
        right = {
            point
            for point in inside
            if (outputs[point] is not None if target is None else outputs[point] == target)
        }
        at = None if target is None else net.layers[-1].name
        try:
            answer = shapecalc.solve(
                open_, target, at=at, input=shapes, mix_batch=True, unknowns=names
            )
        except shapecalc.ShapecalcError:
            assert not right, (to_text(_call(open_)), shapes, target)
            continue
        found = {point for point in outputs if point in answer}
        told = (to_text(_call(open_)), shapes, target, answer.limit)
        assert found <= right, told
        assert found == right or not answer.complete, told


def _filled(
    net: shapecalc.Net, given: Given, places: Sequence[Place], values: Sequence[Any]
) -> tuple[shapecalc.Net, Given]:
    for place, value in zip(places, values, strict=True):
        net, given = place.put(net, given, value)
    return net, given


def loaded(spec: dict[str, object]) -> tuple[shapecalc.Net, Given]:
    net = shapecalc.load(spec)
    inputs = shapecalc.infer(net).inputs.items()
    return net, {name: tuple(s for s in shape if isinstance(s, int)) for name, shape in inputs}


@pytest.mark.parametrize("spec", NETS)
def test_an_unknown_argument_has_the_values_that_run(spec: dict[str, object]) -> None:
    net, given = loaded(spec)
    for place in arguments(net):
        agrees(net, given, [place], VALUES)


@pytest.mark.parametrize("spec", NETS[::4])
def test_an_unknown_argument_and_size_are_those_that_run_together(spec: dict[str, object]) -> None:
    net, given = loaded(spec)
    for size, argument in zip(reversed([*sizes(given)]), arguments(net), strict=False):
        agrees(net, given, [argument, size], PAIRED)


@pytest.mark.parametrize("spec", NETS[2::4])
def test_two_unknown_arguments_are_those_that_run_together(spec: dict[str, object]) -> None:
    net, given = loaded(spec)
    found = [*arguments(net)]
    for pair in [(found[i], found[i + 1]) for i in range(0, len(found) - 1, 2)]:
        agrees(net, given, pair, PAIRED)


def test_an_argument_that_must_be_a_number_is_tried() -> None:
    answer = shapecalc.solve("LSTM(8, 4, n)", input=("L", "N", 8))
    assert answer.to_dict()["solutions"] == [{"L": [[1, None, 1]], "n": [[1, 32, 1]]}]
    assert not answer.complete
    assert answer.limit == "searched n <= 32 only"
    assert answer.recommended == {"L": 1, "n": 1}


def test_a_dimension_is_one_of_those_that_are_there() -> None:
    answer = shapecalc.solve("flatten(d)", target="60", input=(2, 3, 4, 5))
    assert answer.complete
    assert answer.to_dict()["solutions"] == [{"d": [[1, 1, 1]]}]
    both = shapecalc.solve("transpose(a, b)", target="4x3x2", input=(2, 3, 4))
    assert both.complete
    assert list(both.points()) == [(0, 2), (2, 0)]


def test_what_the_net_and_the_user_demand_of_an_argument_bounds_it() -> None:
    answer = shapecalc.solve("LSTM(8, 4, n)", input=("L", "N", 8), where=["n * n < 20"])
    assert answer.complete
    assert answer.to_dict()["solutions"] == [{"L": [[1, None, 1]], "n": [[1, 4, 1]]}]


def test_an_argument_that_is_no_size_may_be_0() -> None:
    start = shapecalc.solve("narrow(2, a, 7)", input=(1, 3, 7, 7))
    assert (start.complete, list(start.points())) == (True, [(0,)])
    chance = shapecalc.solve("Dropout(p)", input=(1, 3))
    assert (chance.complete, list(chance.points())) == (True, [(0,), (1,)])


def test_what_divides_a_known_number_is_found_completely() -> None:
    answer = shapecalc.solve("pixel_shuffle(x)", input=(1, 36, 7, 7))
    assert (answer.complete, list(answer.points())) == (True, [(1,), (2,), (3,), (6,)])
    product_ = shapecalc.solve("Linear(a * b, 4)", input=(1, 6))
    assert (product_.complete, sorted(product_.points())) == (
        True,
        [(1, 6), (2, 3), (3, 2), (6, 1)],
    )


def test_an_unknown_divisor_is_at_least_1() -> None:
    answer = shapecalc.solve("Conv2d(3, 12 // (g - 2), 1)", input=(1, 3, 5, 5))
    assert answer.to_dict()["solutions"] == [{"g": [[3, 14, 1]]}]


def test_a_whole_number_is_compared_with_a_float() -> None:
    answer = shapecalc.solve("hardtanh(min_val=a, max_val=3.5)", input=(2, 3))
    assert (answer.complete, list(answer.points())) == (True, [(0,), (1,), (2,), (3,)])


def test_an_argument_of_the_second_brackets_may_be_unknown() -> None:
    answer = shapecalc.solve(
        "ConvTranspose1d(2, 3, 3, padding=1, stride=2)(output_size=(x,))", input=(3, 2, 7)
    )
    assert (answer.complete, list(answer.points())) == (True, [(13,), (14,)])


def test_a_target_of_another_rank_is_left_to_the_cases_that_have_it() -> None:
    answer = shapecalc.solve("squeeze()", target=(21,), at="0", input=("H", 1, 1))
    assert answer.to_dict()["solutions"] == [{"H": [[21, 21, 1]]}]


def test_a_part_of_an_unknown_number_of_parts_has_a_closed_form() -> None:
    answer = shapecalc.solve("split(2, dim=2) | getitem(3)", target="2x7", input=(1, 3, "H", 7))
    assert answer.complete
    assert answer.to_dict()["solutions"] == [{"H": [[8, None, 1]]}]
    last = shapecalc.solve("unbind(2) | getitem(3)", input=(1, 3, "H", 7))
    assert (last.complete, last.to_dict()["solutions"]) == (True, [{"H": [[4, None, 1]]}])


PARTS = {
    "inputs": {"x": ["N", 3, 28, 8]},
    "layers": [
        {"name": "parts", "layer": "split(16, 2)", "from": "x"},
        {"name": "a", "layer": "Conv2d(3, 4, 3)", "from": "parts[0]"},
        {"name": "b", "layer": "Conv2d(3, 4, 3)", "from": "parts[1]"},
        {"name": "joined", "layer": "cat(dim=2)", "from": ["a", "b"]},
    ],
}


def test_parts_that_later_layers_take_must_be_there() -> None:
    answer = shapecalc.solve(PARTS)
    assert answer.complete
    assert answer.to_dict()["solutions"] == [{"H": [[19, None, 1]], "W": [[3, None, 1]]}]
    wanted = shapecalc.solve(PARTS, target="20x6")
    assert (wanted.complete, list(wanted.points())) == (True, [(24, 8)])
    at_part = shapecalc.solve(PARTS, target="3x9x?", at="parts[1]")
    assert at_part.to_dict()["solutions"] == [{"H": [[25, 25, 1]], "W": [[3, None, 1]]}]


def test_all_parts_are_taken_where_a_layer_takes_the_tuple() -> None:
    answer = shapecalc.solve("split(2, dim=2) | cat(dim=1)", input=(1, 3, "H", 7))
    assert not answer.complete
    for height in range(1, 9):
        assert ((height,) in answer) == (height in (1, 2, 4, 6, 8))


def test_many_parts_of_an_unknown_size_are_few_cases() -> None:
    answer = shapecalc.solve("chunk(24, 2)", input=(1, 3, "H", 7))
    assert answer.complete
    assert len(answer.cases) == 24
    some = shapecalc.solve("chunk(24, 2) | getitem(23)", input=(1, 3, "H", 7), where="H < 80")
    assert some.complete
    fits = [h for h in range(1, 80) if shapecalc.infer("chunk(24, 2)", (1, 3, h, 7)).steps]
    runs = [h for h in fits if -(-h // -(-h // 24)) == 24]
    assert [point[0] for point in some.points()] == runs


@pytest.mark.parametrize("call", ["split(n, 2)", "chunk(n, 2)", "tensor_split(n, 2)"])
def test_a_part_is_found_for_unknown_sizes_and_numbers_of_parts(call: str) -> None:
    net = shapecalc.load(f"{call} | getitem(1)")
    answer = shapecalc.solve(net, input=(1, 3, "H", 2), target="3x2", at="1")
    for height, number in product(range(1, 12), range(1, 9)):
        result = shapecalc.infer(net, input=(1, 3, height, 2), set={"n": number})
        right = not result.errors and result["1"].output_shape[2:] == (3, 2)
        assert ((height, number) in answer) == right, (height, number)


def test_an_argument_in_a_list_is_of_the_list_s_kind() -> None:
    assert shapecalc.solve("split(n, 1)", input=(1, 4)).question.known["n"] == (1, None)
    parts = shapecalc.solve("split((n, 4), 1)", input=(1, 4))
    assert (parts.complete, list(parts.points())) == (True, [(0,)])


@pytest.mark.parametrize(
    ("net", "given", "target", "expected"),
    [
        ("permute(0, 2, 1, 3) | flatten(0, a)", (1, 2, 5, 5), (5,), [{"a": [[0, 2, 1]]}]),
        ("permute(2, 1, 3, 0) | squeeze()", (1, 2, "H", 4), (2, 4), [{"H": [[1, None, 1]]}]),
    ],
)
def test_a_target_is_about_one_output_in_all_cases(
    net: str, given: tuple[int | str, ...], target: tuple[int, ...], expected: object
) -> None:
    answer = shapecalc.solve(net, input=given, target=target)
    assert answer.complete
    assert answer.to_dict()["solutions"] == expected
