"""The solver's answers for whole nets against running the net on every size."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shapecalc
from shapecalc import Solution

EXAMPLES = int(os.environ.get("SHAPECALC_EXAMPLES", "60"))
DATA = Path(__file__).parent / "conformance" / "data"
REACH = 40  # sizes that brute force tries, for each unknown


def accepts(net: shapecalc.Net, shape: tuple[int, ...]) -> shapecalc.Result | None:
    result = shapecalc.infer(net, input=shape)
    return None if result.errors else result


# ------------------------------------------------------------------------------- random nets


class Maker:
    """Builds a random net of one spatial axis, keeping count of channels."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.layers: list[dict[str, Any]] = []
        self.channels = {"input": 2}

    def add(self, call: str, sources: list[str], channels: int) -> str:
        name = f"l{len(self.layers)}"
        self.layers.append({"name": name, "layer": call, "from": sources})
        self.channels[name] = channels
        return name

    def pick(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def sliding(self, source: str) -> str:
        channels = self.channels[source]
        kernel, stride = self.pick(1, 2, 3, 4, 5), self.pick(1, 1, 2, 3)
        padding = self.pick(*range(kernel // 2 + 1))
        kind = self.pick(
            "conv", "conv", "pool", "ceil", "up", "scale", "average", "crop", "dilated"
        )
        match kind:
            case "conv":
                out = self.pick(1, 2, 4)
                call = f"Conv1d({channels}, {out}, {kernel}, stride={stride}, padding={padding})"
                return self.add(call, [source], out)
            case "dilated":
                call = f"Conv1d({channels}, 2, {kernel}, padding={padding}, dilation=2)"
                return self.add(call, [source], 2)
            case "pool":
                return self.add(f"MaxPool1d({kernel}, {stride}, {padding})", [source], channels)
            case "ceil":
                call = f"MaxPool1d({kernel}, {stride}, {padding}, ceil_mode=True)"
                return self.add(call, [source], channels)
            case "average":
                return self.add(f"AvgPool1d({kernel}, ceil_mode=True)", [source], channels)
            case "up":
                extra = self.pick(*range(stride))
                call = (
                    f"ConvTranspose1d({channels}, 2, {kernel}, stride={stride},"
                    f" padding={padding}, output_padding={extra})"
                )
                return self.add(call, [source], 2)
            case "scale":
                factor = self.pick("2", "3", "0.5", "1.5")
                return self.add(f"Upsample(scale_factor={factor})", [source], channels)
        left, right = self.pick(0, 1, 2), self.pick("None", "-1", "-2", "20")
        call = f"getitem((slice(None), slice(None), slice({left}, {right})))"
        return self.add(call, [source], channels)

    def net(self) -> shapecalc.Net:
        last = "input"
        for _ in range(self.draw(st.integers(1, 4))):
            match self.pick("chain", "chain", "add", "cat", "skip"):
                case "chain":
                    last = self.sliding(last)
                case "add":
                    one, two = self.sliding(last), self.sliding(last)
                    if self.channels[one] != self.channels[two]:
                        last = self.add(
                            "cat(dim=1)", [one, two], self.channels[one] + self.channels[two]
                        )
                    else:
                        last = self.add("add", [one, two], self.channels[one])
                case "cat":
                    one, two = self.sliding(last), self.sliding(last)
                    last = self.add(
                        "cat(dim=1)", [one, two], self.channels[one] + self.channels[two]
                    )
                case "skip":
                    down = self.sliding(last)
                    up = self.sliding(down)
                    total = self.channels[last] + self.channels[up]
                    last = self.add("cat(dim=1)", [last, up], total)
        if self.draw(st.booleans()) and self.draw(st.booleans()):
            flat = self.add("flatten(1)", [last], 0)
            self.add(f"Linear({self.channels[last] * self.draw(st.integers(1, 9))}, 3)", [flat], 0)
        return shapecalc.load({"inputs": {"input": [1, 2, 32]}, "layers": self.layers})


@st.composite
def nets(draw: st.DrawFn) -> shapecalc.Net:
    return Maker(draw).net()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nets(), st.one_of(st.none(), st.integers(1, 12)))
def test_solutions_of_random_nets_are_the_sizes_that_run(
    net: shapecalc.Net, target: int | None
) -> None:
    if target is None:
        answer = shapecalc.solve(net)
    else:
        answer = shapecalc.solve(net, target=(target,), at=net.layers[0].name)
    assert answer.complete
    for size in range(1, REACH):
        result = accepts(net, (1, 2, size))
        fits = result is not None
        if result is not None and target is not None:
            fits = result[net.layers[0].name].output_shape[-1] == target
        assert ((size,) in answer) == fits, (size, net.to_dict(), answer)


# ---------------------------------------------------------------------------- recorded answers


def questions() -> list[dict[str, Any]]:
    found = json.loads((DATA / "solve.json").read_text(encoding="utf-8"))
    return list(found["questions"])


def wanted(answer: Mapping[str, Any], names: list[str], point: Mapping[str, int]) -> bool:
    def among(runs: list[list[int]], value: int) -> bool:
        return any(f <= value <= last and (value - f) % step == 0 for f, last, step in runs)

    match answer["form"]:
        case "none":
            return False
        case "product":
            return all(among(answer[name], point[name]) for name in names)
        case "rows":
            return any(all(among(row[n], point[n]) for n in names) for row in answer["rows"])
    return [point[name] for name in names] in answer["pairs"]


def check(answer: Solution, expected: Mapping[str, Any], question: Mapping[str, Any]) -> None:
    names = question["unknowns"]
    assert answer.complete
    axes = []
    for name in names:
        low, high = question["search"][name]
        near = {low, high}
        runs = [run for row in expected.get("rows", [expected]) for run in row.get(name, [])]
        for first, last, step in runs:
            near |= {first - 1, first, first + 1, last - 1, last, last + 1, first + step}
        axes.append(sorted(x for x in near | set(range(low, high, 13)) if low <= x <= high))
    for values in itertools.product(*axes):
        point = dict(zip(names, values, strict=True))
        assert (point in answer) == wanted(expected, names, point), point


@pytest.mark.parametrize("question", questions(), ids=lambda item: item["id"])
def test_recorded_questions(question: dict[str, Any]) -> None:
    if question["net"] is None:
        net = shapecalc.load({"input": question["input"], "layers": [{"m": question["spec"]}]})
        answer = shapecalc.solve(net, target=question["target"], at="m")
        assert answer.complete
        names = question["names"]
        ranges = [range(low, high + 1) for low, high in (question["range"][n] for n in names)]
        found = [
            list(point)
            for point in itertools.product(*ranges)
            if dict(zip(names, point, strict=True)) in answer
        ]
        assert found == question["answer"]
        return
    path = DATA / "nets" / f"{question['net']}.json"
    net = shapecalc.load(json.loads(path.read_text(encoding="utf-8"))["net"])
    shapes = {name: tuple(shape) for name, shape in question["inputs"].items()}
    at = question["at"]
    answer = shapecalc.solve(
        net, target=question["target"], at=at, upto=at, input=shapes, mix_batch=True
    )
    check(answer, question["answer"], question)
    if at is not None:
        whole = shapecalc.solve(net, target=question["target"], at=at, input=shapes, mix_batch=True)
        check(whole, question.get("answer_whole_net", question["answer"]), question)


# ---------------------------------------------------------------------------------- by name


def test_lenet_backwards() -> None:
    answer = shapecalc.solve("lenet", target="5x5")
    assert answer.to_dict()["solutions"] == [{"H": [[32, 35, 1]], "W": [[32, 35, 1]]}]
    assert answer.recommended == {"H": 32, "W": 32}
    assert answer.lossless
    assert (32, 35) in answer
    assert (36, 32) not in answer
    assert list(answer.points(limit=3)) == [(32, 32), (32, 33), (33, 32)]
    assert answer.to_dict()["input"] == {"input": ["N", 3, 32, 32]}


def test_lenet_alone_takes_three_boxes() -> None:
    assert shapecalc.solve("lenet").to_dict()["solutions"] == [
        {"H": [[16, 19, 1]], "W": [[112, 115, 1]]},
        {"H": [[32, 35, 1]], "W": [[32, 35, 1]]},
        {"H": [[112, 115, 1]], "W": [[16, 19, 1]]},
    ]


def test_a_padded_unet_takes_multiples_of_16() -> None:
    answer = shapecalc.solve("unet", near=(700, 700))
    runs = [[16, None, 16]]
    assert answer.to_dict()["solutions"] == [{"H": runs, "W": runs}]
    assert answer.near is not None
    assert answer.near["below"] == {"H": 688, "W": 688}
    assert answer.near["above"] == {"H": 704, "W": 704}
    assert answer.near["crop"] == {"H": [6, 6], "W": [6, 6]}
    assert answer.near["pad"] == {"H": [2, 2], "W": [2, 2]}


def test_a_convolution_that_keeps_the_size() -> None:
    net = shapecalc.load("Conv2d(3, 8, k, padding=p)")
    answer = shapecalc.solve(net, target="32x32", input=(1, 3, 32, 32))
    assert answer.to_dict()["solutions"] == [
        {"p": [[0, None, 1]], "k": [["2*p + 1", "2*p + 1", 1]]}
    ]


def test_no_solution_names_the_targets_in_reach() -> None:
    answer = shapecalc.solve("lenet", target="6x6")
    assert not answer.satisfiable
    assert answer.complete
    assert answer.reason is not None
    assert "5x5" in answer.reason


def test_relations_and_ranges() -> None:
    net = shapecalc.load("Conv2d(3, 6, 3, stride=2)")
    answer = shapecalc.solve(net, target="7..9x>=7", where=["H == W"])
    assert list(answer.points()) == [(size, size) for size in range(15, 21)]


def test_an_unknown_scale() -> None:
    answer = shapecalc.solve("Upsample(scale_factor=r)", target="12x18", input=(1, 1, "H", 6))
    assert answer.complete
    assert answer.to_dict()["solutions"] == [{"H": [[4, 4, 1]], "r": [[3, 3, 1]]}]


def test_an_unknown_inside_an_expression_may_be_0() -> None:
    answer = shapecalc.solve("MaxPool1d(4, padding=p//2)", target="3", input=(1, 1, 12))
    assert answer.to_dict()["solutions"] == [{"p": [[0, 3, 1]]}]
    answer = shapecalc.solve("Conv1d(1, 1, 2*k + 1)", target="<=11", input=(1, 1, 14))
    assert answer.to_dict()["solutions"] == [{"k": [[2, 6, 1]]}]


def test_a_batch_in_the_target_is_the_one_given() -> None:
    answer = shapecalc.solve("Conv2d(3, c, 1)", target="Nx8x?x?", input=(2, 3, 5, 5))
    assert answer.to_dict()["solutions"] == [{"c": [[8, 8, 1]]}]


def test_a_layer_that_uses_the_size_of_one_that_failed_is_left_out() -> None:
    layers = [
        {"name": "bad", "layer": "Linear(5, 2)", "from": ["input"]},
        {"name": "up", "layer": "interpolate(size=size(bad, 2))", "from": ["input"]},
    ]
    result = shapecalc.infer({"inputs": {"input": [1, 2, 4]}, "layers": layers})
    assert [error.layer for error in result.errors] == ["bad"]


def test_a_padding_of_0_is_among_the_conditions() -> None:
    result = shapecalc.infer("MaxPool2d(4, padding=p)", input=(1, 3, 20, 20))
    assert result.conditions == ("0 <= p <= 2",)


def test_the_recommended_arguments_are_the_smallest_and_then_the_sizes() -> None:
    net = shapecalc.load("Conv2d(3, 8, k, padding=p)")
    answer = shapecalc.solve(net, target="32x32", input=(1, 3, "H", "W"))
    assert answer.recommended == {"H": 32, "W": 32, "k": 1, "p": 0}
    assert answer.lossless
    net = shapecalc.load("Conv2d(3, 8, 3, stride=s) | Conv2d(8, 8, 3, stride=s)")
    answer = shapecalc.solve(net, target="<=4x>=3", input=(1, 3, "H", "W"), where=["s >= 2"])
    assert answer.recommended == {"H": 15, "W": 15, "s": 2}
    assert answer.lossless


def test_near_may_shrink_one_size_and_grow_another() -> None:
    near = shapecalc.solve("lenet", near=(30, 40)).near
    assert near is not None
    assert (near["below"], near["above"]) == (None, None)
    assert near["nearest"] == {"H": 32, "W": 35}
    assert near["pad"] == {"H": [1, 1], "W": [0, 0]}
    assert near["crop"] == {"H": [0, 0], "W": [2, 3]}


def test_the_net_of_an_answer_has_the_input_that_was_given() -> None:
    answer = shapecalc.solve("lenet", input=("N", 3, "H", 32)).to_dict()
    assert answer["net"]["inputs"] == {"input": ["N", 3, "H", 32]}
    assert shapecalc.solve(answer["net"]).unknowns == ("H", "W")
    assert shapecalc.solve("lenet").to_dict()["net"]["inputs"] == {"input": [1, 3, 32, 32]}


def test_what_goes_the_same_way_is_derived_once() -> None:
    assert shapecalc.solve("lenet", target="5x5").derivation == [
        "pool2: (H - 12)//4 = 5, and the same in W",
        "H, W: pool2 5 <- conv2 10..11 <- pool1 14..15 <- conv1 28..31 <- input 32..35",
        "H = 32, W = 32: no layer drops a row or column there",
    ]


def test_an_equation_that_both_axes_have_is_written_once() -> None:
    answer = shapecalc.solve("Conv2d(3, 8, k, padding=p)", target="32x32", input=(1, 3, 32, 32))
    assert answer.derivation[0] == "0: 2*p - k + 33 = 32"


def test_a_view_that_mixes_samples_holds_for_every_batch() -> None:
    answer = shapecalc.solve("lenet", mix_batch=True)
    assert answer.complete
    assert answer.warnings == ()
    assert (16, 212) in answer
    for size in ((3, 3, 16, 212), (2, 3, 21, 112)):
        assert not shapecalc.infer("lenet", input=size).errors


def test_a_demand_that_follows_from_another_is_not_repeated() -> None:
    result = shapecalc.infer("Conv2d(3, 8, k, stride=s)", input=("N", 3, "H", 32))
    assert result.conditions == ("1 <= k <= 32", "H >= k")
    answer = shapecalc.solve("Conv2d(3, 8, 3, stride=s, padding=p)")
    (box,) = answer.to_dict()["solutions"]
    assert box["s"] == [[1, None, 1]]


def test_an_einsum_may_broadcast() -> None:
    layers = [
        {"name": "cut", "layer": "MaxPool1d(2, stride=1)", "from": ["input"]},
        {"name": "e", "layer": "einsum('bch,bch->bc')", "from": ["input", "cut"]},
    ]
    answer = shapecalc.solve({"inputs": {"input": ["N", 3, "L"]}, "layers": layers})
    assert answer.to_dict()["solutions"] == [{"L": [[2, 2, 1]]}]
    result = shapecalc.infer({"inputs": {"input": ["N", 3, "L"]}, "layers": layers})
    assert result.conditions == ("L == 2",)


@pytest.mark.parametrize("net", ["Upsample(scale_factor=2)", "Conv2d(3, 8, 3)"])
def test_a_relation_of_what_is_not_unknown(net: str) -> None:
    with pytest.raises(shapecalc.SolveError, match="k occurs in the conditions") as failure:
        shapecalc.solve(net, target="1", where=["k > 2"])
    assert failure.value.hint is not None
    assert "H, W" in failure.value.hint


def test_a_deep_unet_is_solved_level_by_level() -> None:
    layers: list[dict[str, Any]] = []
    last = "input"
    for depth in range(16):
        layers.append({"name": f"down{depth}", "layer": "MaxPool1d(2)", "from": [last]})
        last = f"down{depth}"
    for depth in reversed(range(16)):
        skip = f"down{depth - 1}" if depth else "input"
        layers.append({"name": f"up{depth}", "layer": "Upsample(scale_factor=2)", "from": [last]})
        layers.append({"name": f"cat{depth}", "layer": "cat(dim=1)", "from": [f"up{depth}", skip]})
        last = f"cat{depth}"
    answer = shapecalc.solve({"inputs": {"input": [1, 1, 64]}, "layers": layers})
    assert answer.complete
    assert answer.to_dict()["solutions"] == [{"L": [[65536, None, 65536]]}]


def test_a_generated_symbol_is_none_of_the_specs_own() -> None:
    layers: list[Any] = [
        {"name": "c", "layer": "chunk(3, dim=1)"},
        {"name": "z", "layer": "cat(2)", "from": ["c[0]", "c[2]"]},
        {"name": "l", "layer": "Linear(24, 4)"},
    ]
    answer = shapecalc.solve({"input": ["N", "L", 12], "layers": layers})
    assert answer.to_dict()["solutions"] == [{"L": [[3, None, 3]], "L2": [[12, 12, 1]]}]
    net = {"input": ["N", "L", 12], "layers": ["transpose(1, 2)", "flatten(1)", "Linear(120, 3)"]}
    answer = shapecalc.solve(net)
    assert (10, 12) in answer
    assert (8, 15) in answer
    assert (11, 11) not in answer


def test_modules_whose_forward_is_not_known_are_not_solved_for() -> None:
    text = "Net(\n  (down): ModuleList(\n    (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))\n  )\n)\n"
    with pytest.raises(shapecalc.SolveError, match="doesn't say how forward runs") as failure:
        shapecalc.solve(text)
    assert failure.value.code == "S301"


def test_every_size_of_an_expand_may_be_unknown() -> None:
    answer = shapecalc.solve("expand(-1, a, b)", target="3x7", input=(2, 1, 7))
    assert answer.complete
    assert list(answer.points()) == [(3, 7)]


def test_names_that_are_not_unknown_are_listed() -> None:
    with pytest.raises(
        shapecalc.SolveError, match="j, k occur in the conditions and are not among"
    ):
        shapecalc.solve("Conv2d(3, 8, 3)", target="1", where=["k > j"])


def test_a_square_that_no_closed_form_gives_is_looked_for_one_by_one() -> None:
    layers: list[dict[str, Any]] = []
    last = "input"
    for level in range(4):
        call = "Conv2d(1, 1, 3, stride=2, padding=1)"
        layers.append({"name": f"p{level}", "layer": call, "from": [last]})
        last = f"p{level}"
        layers.append({"name": f"f{level}", "layer": "flatten(2)", "from": [last]})
    flat = [f"f{level}" for level in range(4)]
    layers.append({"name": "cat", "layer": "cat(2)", "from": flat})
    net = shapecalc.load({"inputs": {"input": ["N", 1, "H", "W"]}, "layers": layers})
    answer = shapecalc.solve(net, target="30")
    for size in itertools.product(range(1, 35), repeat=2):
        height, width = size
        count = sum(-(-height // 2**k) * -(-width // 2**k) for k in range(1, 5))
        assert (size in answer) == (count == 30), size
    assert answer.recommended is not None


def test_what_holds_for_every_batch_may_be_another_case_for_each() -> None:
    layers = [
        {"name": "l", "layer": "Linear(8, 4)", "from": ["x"]},
        {"name": "u", "layer": "unsqueeze(1)", "from": ["t"]},
        {"name": "a", "layer": "add", "from": ["l", "u"]},
    ]
    answer = shapecalc.solve({"inputs": {"x": ["N", 8], "t": ["T"]}, "layers": layers})
    assert answer.complete
    assert answer.warnings == ()
    assert answer.to_dict()["solutions"] == [{"x_L": [[8, 8, 1]], "T": [[1, 1, 1]]}]


def test_a_layer_that_needs_the_batch_s_number_is_answered_for_one() -> None:
    answer = shapecalc.solve("split(4)", input=("N", "H"))
    assert answer.satisfiable
    assert not answer.complete
    assert answer.limit == "looked at N = 1 only"
    own = shapecalc.solve({"inputs": {"x": [8, 6]}, "layers": ["unbind()", "stack()"]})
    assert (own.complete, own.limit) == (False, "looked at N = 8 only")
    assert own.to_dict()["solutions"] == [{"L": [[1, None, 1]]}]


def test_parts_of_the_batch_must_be_there_for_every_batch() -> None:
    first = shapecalc.solve("split(4) | getitem(0)", input=("N", "H"))
    assert (first.complete, first.lossless) == (True, True)
    assert first.to_dict()["solutions"] == [{"H": [[1, None, 1]]}]
    second = shapecalc.solve("unbind(0) | getitem(1)", input=("N", "H"))
    assert (second.complete, second.satisfiable) == (True, False)
