from __future__ import annotations

import pytest

import shapecalc
from shapecalc.render.details import bytes_text
from shapecalc.render.inference import inference_text
from shapecalc.render.plain import table
from shapecalc.render.solution import solution_text
from tests.commands import EXAMPLES, run

LENET = str(EXAMPLES / "lenet.yaml")
WRONG = str(EXAMPLES / "wrong_lenet.yaml")
BLOCKS = {
    "input": [1, 3, 32, 32],
    "layers": [
        {"stem": ["Conv2d(3, 8, 3, padding=1)", "ReLU"]},
        {"body": [{"one": ["Conv2d(8, 8, 3, padding=1)", "ReLU"]}, {"two": ["MaxPool2d(2)"]}]},
        {"head": "Conv2d(8, 2, 1)"},
    ],
}

LENET_TABLE = """\
LeNet
Layer    Type              Output shape  Parameters     MACs
-------  ----------------  ------------  ----------  -------
input    input             1×3×32×32
conv1    Conv2d(3, 6, 5)   1×6×28×28            456  352,800
pool1    MaxPool2d(2)      1×6×14×14
conv2    Conv2d(6, 16, 5)  1×16×10×10         2,416  240,000
pool2    MaxPool2d(2)      1×16×5×5
flatten  view(-1, 400)     1×400
fc1      Linear(400, 120)  1×120             48,120   48,000
fc2      Linear(120, 84)   1×84              10,164   10,080
fc3      Linear(84, 10)    1×10                 850      840
total                                        62,006  651,720
Output fc3: 1×10
FLOPs = 2*MACs: 1,303,440
"""


class TestTable:
    def test_in_a_pipe(self) -> None:
        assert run("infer", LENET).out == LENET_TABLE

    def test_on_a_terminal_is_as_wide_as_it(self) -> None:
        result = shapecalc.infer(shapecalc.load(LENET))
        for width in (80, 120):
            lines = inference_text(result, width=width).splitlines()
            assert len(lines[1]) == width
            assert any("1×16×10×10" in line for line in lines)

    def test_a_narrow_terminal_cuts_no_shape(self) -> None:
        result = shapecalc.infer(shapecalc.load(LENET))
        text = inference_text(result, width=20)
        for step in result.steps:
            assert "×".join(map(str, step.output_shape)) in text

    def test_symbols_in_brackets_are_no_markup(self) -> None:
        result = shapecalc.infer(shapecalc.load("MaxPool2d(2)"), input=("n", 3, "h", 8))
        assert "n×3×(h//2)×4" in inference_text(result, width=100)

    def test_blocks_are_indented(self) -> None:
        lines = inference_text(shapecalc.infer(BLOCKS)).splitlines()
        names = [line.split("  Conv")[0].rstrip() for line in lines]
        assert "stem" in names
        assert any(line.startswith("  0 ") for line in lines)
        assert any(line.startswith("    0 ") for line in lines)

    def test_depth_folds_blocks(self) -> None:
        lines = inference_text(shapecalc.infer(BLOCKS), depth=1).splitlines()
        first = [line.split()[0] for line in lines[2:7]]
        assert first == ["input", "stem", "body", "head", "total"]
        assert "2 layers" in lines[3]
        assert "224" in lines[3]

    def test_depth_two(self) -> None:
        text = inference_text(shapecalc.infer(BLOCKS), depth=2)
        assert "\n  one  2 layers" in text
        assert "\n  two  1 layer " in text

    def test_receptive_fields(self) -> None:
        lines = run("infer", LENET, "--show", "rf").out.splitlines()
        found = {line.split()[0]: line.split()[-3:] for line in lines[4:8]}
        assert found == {
            "conv1": ["5", "1", "2"],
            "pool1": ["6", "2", "2.5"],
            "conv2": ["14", "2", "6.5"],
            "pool2": ["16", "4", "7.5"],
        }

    def test_formulas_and_memory_and_what_is_dropped(self) -> None:
        found = run("infer", LENET, "--input", "1x3x35x35", "--show", "memory,formula,dropped").out
        assert "(35 + 2*0 - (1*(5 - 1) + 1))//1 + 1 = 31" in found
        pool = next(line for line in found.splitlines() if line.startswith("pool1"))
        assert pool.rstrip().endswith("1")
        assert "22.5 KiB" in found
        assert "4 bytes a number" in found

    def test_show_adds_to_show(self) -> None:
        both = run("infer", LENET, "--show", "rf", "--show", "memory").out
        assert both == run("infer", LENET, "--show", "rf,memory").out

    def test_conditions(self) -> None:
        found = run("infer", "Conv2d(3, 6, 5)", "--input", "Nx3xHxW").out
        assert "Needs H >= 5\n" in found

    def test_large_counts_have_separators(self) -> None:
        found = run("infer", "Linear(1000, 2000)", "--input", "7x1000").out
        assert "2,002,000" in found


class TestMisfit:
    def test_what_came_what_was_needed_and_both_ways_to_mend(self) -> None:
        found = run("infer", WRONG)
        assert "1×16×5×5" in found.out
        assert "fc1 doesn't fit" in found.out
        assert "1×400 from flatten" in found.out
        assert "mat1 and mat2 shapes cannot be multiplied (1x400 and 256x120)" in found.out
        assert "fc1: Linear(400, 120)" in found.out
        assert "1x3x28x28" in found.out
        assert "wrong_lenet.yaml:10:10: error[S203]: fc1:" in found.err

    def test_the_failing_row_is_red_and_later_ones_dim(self) -> None:
        lines = run("infer", WRONG, "--color").out.splitlines()
        failed = next(line for line in lines if "Linear(256, 120)" in line)
        later = next(line for line in lines if "Linear(120, 84)" in line)
        assert "\x1b[1;31m" in failed
        assert "\x1b[2m" in later


class TestSolution:
    def test_the_walk_shows_the_gaps_of_sets(self) -> None:
        answer = shapecalc.solve("unet", where=("H <= 64", "W <= 64"))
        assert "pool4 2, 4, ..., 8 ← pool3 4, 8, ..., 16 ←" in solution_text(answer)
        assert "pool3 2, 4, ..., 8 <- pool2 4, 8, ..., 16" in answer.derivation[0]

    @pytest.mark.parametrize(
        ("relation", "walk"),
        [
            ("W == 2*H", "W: 1 3..19 ← 6, 8, ..., 38 ← 0 8, 10, ..., 40"),
            ("W >= H", "W: 1 1.. ← 2.. ← 0 4.."),
        ],
    )
    def test_the_walk_of_a_size_that_depends_on_another(self, relation: str, walk: str) -> None:
        net = "Conv2d(3, 8, 3) | MaxPool2d(2)"
        answer = shapecalc.solve(net, where=(relation, "H <= 20"))
        assert walk in solution_text(answer).splitlines()

    def test_the_answer_first_and_then_the_walk(self) -> None:
        found = run("solve", LENET, "--target", "5x5").out.splitlines()
        assert found[0] == "H = 32..35, W = 32..35; best 32×32×3"
        assert found[1] == "pool2 5 ← 10..11 ← conv2 14..15 ← pool1 28..31 ← conv1 32..35"

    def test_hyperparameters(self) -> None:
        found = run("solve", str(EXAMPLES / "same_padding.yaml"), "--target", "32x32").out
        assert found.splitlines()[0] == "p >= 0, k = 2*p + 1; best k = 1, p = 0"

    def test_nearest(self) -> None:
        found = run("solve", LENET, "--target", "5x5", "--near", "40x33").out
        assert "40×33 → 35×33 (crop H 2+3)" in found

    def test_color_is_for_the_answer(self) -> None:
        solution = shapecalc.solve(shapecalc.load(LENET), target=(5, 5))
        assert solution_text(solution, color=True).startswith("\x1b[1mH = 32..35")


class TestNotebook:
    def test_a_result(self) -> None:
        found = shapecalc.infer(shapecalc.load(LENET))._repr_html_()
        assert "<table" in found
        assert "1×16×5×5" in found

    def test_names_are_escaped(self) -> None:
        net = {"name": "<b>", "input": [1, 2], "layers": ["ReLU"]}
        found = shapecalc.infer(net)._repr_html_()
        assert "<b>" not in found
        assert "&lt;b&gt;" in found

    def test_an_answer(self) -> None:
        solution = shapecalc.solve(shapecalc.load(LENET), target=(5, 5))
        assert "<b>H = 32..35, W = 32..35; best 32×32×3</b>" in solution._repr_html_()


def test_plain_table_aligns() -> None:
    assert table(("a", "b"), [("x", "1"), ("yy", "22")], (False, True)) == (
        "a    b\n--  --\nx    1\nyy  22\n"
    )


def test_bytes() -> None:
    assert [bytes_text(n) for n in (0, 1023, 1024, 1536, 1024**2 * 100)] == [
        "",
        "1023 B",
        "1.0 KiB",
        "1.5 KiB",
        "100.0 MiB",
    ]
