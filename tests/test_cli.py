from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner

from shapecalc import __version__
from shapecalc.cli import COMMANDS, main
from tests.commands import EXAMPLES, ROOT, run, shell

LENET = str(EXAMPLES / "lenet.yaml")
WRONG = str(EXAMPLES / "wrong_lenet.yaml")


class TestHelp:
    def test_lists_every_command(self) -> None:
        found = run("--help")
        assert found.code == 0
        for name, summary in COMMANDS.items():
            assert name in found.out
            assert summary in found.out

    @pytest.mark.parametrize("command", COMMANDS)
    def test_opens_with_an_example_that_can_be_run(self, command: str) -> None:
        found = run(command, "--help")
        assert found.code == 0
        assert f"\n    shapecalc {command}" in found.out.split("Options:")[0]

    @pytest.mark.parametrize("command", COMMANDS)
    def test_has_the_common_options(self, command: str) -> None:
        found = run(command, "--help").out
        for option in ("--json", "-o, --output", "--color / --no-color", "-q, --quiet"):
            assert option in found

    def test_version(self) -> None:
        assert run("--version") == (0, f"shapecalc {__version__}\n", "")

    def test_runs_as_a_module(self) -> None:
        assert shell("--version").out == f"shapecalc {__version__}\n"


class TestWhereTheNetComesFrom:
    def test_a_file(self) -> None:
        assert "Output fc3: 1×10" in run("infer", LENET).out

    def test_an_expression(self) -> None:
        found = run("infer", "Conv2d(3, 6, 5) | ReLU | MaxPool2d(2)", "--input", "1x3x32x32")
        assert "Output 2: 1×6×14×14" in found.out

    def test_a_zoo_net(self) -> None:
        assert "Output fc3: 1×10" in run("infer", "lenet").out

    def test_dash_is_standard_input(self) -> None:
        text = Path(LENET).read_text(encoding="utf-8")
        assert "Output fc3: 1×10" in run("infer", "-", stdin=text).out

    def test_piped_standard_input_needs_no_dash(self) -> None:
        text = Path(LENET).read_text(encoding="utf-8")
        assert "Output fc3: 1×10" in shell("infer", stdin=text).out

    def test_net_yaml_in_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "net.yaml").write_text("layers: [ReLU]\ninput: [1, 2]\n", encoding="utf-8")
        assert "Output 0: 1×2" in shell("infer", folder=tmp_path).out

    def test_nothing_is_a_usage_error_that_says_what_to_do(self, tmp_path: Path) -> None:
        found = shell("infer", folder=tmp_path)
        assert found.code == 2
        assert "net.yaml" in found.err
        assert "pipe a spec in" in found.err

    def test_what_infer_prints_is_a_net(self) -> None:
        found = run("infer", LENET, "--json")
        solved = run("solve", "-", "--target", "5x5", "--json", stdin=found.out)
        assert json.loads(solved.out)["solutions"] == [{"H": [[32, 35, 1]], "W": [[32, 35, 1]]}]


class TestExitStatus:
    def test_fine(self) -> None:
        assert run("infer", LENET).code == 0

    def test_a_misfit(self) -> None:
        assert run("infer", WRONG).code == 1

    def test_no_solution(self) -> None:
        found = run("solve", LENET, "--target", "6x6")
        assert found.code == 1
        assert found.out.startswith("no solution: ")

    @pytest.mark.parametrize(
        "arguments",
        [
            ("infr",),
            ("infer", "nothing.yaml"),
            ("infer", "lenet", "--jsn"),
            ("infer", "lenet", "--input", "1x2,3"),
            ("infer", "lenet", "--input", "1x-3x4x4"),
            ("infer", "lenet", "--input", "other=1x3x32x32"),
            ("infer", "lenet", "--set", "N"),
            ("infer", "lenet", "--show", "colour"),
            ("infer", "lenet", "--depth", "0"),
            ("infer", "Convd(3, 6, 5)", "--input", "1x3x9x9"),
            ("infer", "lenet", "--registry", "nothing.yaml"),
            ("solve", "lenet", "--target", "5x"),
            ("solve", "lenet", "--target", "5x5", "--at", "nowhere"),
            ("solve", "lenet", "--at", "pool2"),
            ("solve", "lenet", "--near", "HxW"),
            ("solve", "lenet", "--for", "1"),
            ("solve", "lenet", "--where", "H +"),
            ("check", "nothing.yaml"),
            ("layers", "Nothing"),
            ("zoo", "nothing"),
            ("draw", "lenet", "-o", "net.jpg"),
            ("convert", "lenet", "-o", "net.toml"),
            ("explain", "S999"),
        ],
    )
    def test_usage_and_what_cannot_be_read(self, arguments: tuple[str, ...]) -> None:
        found = run(*arguments)
        assert found.code == 2
        assert "Traceback" not in found.err + found.out
        assert found.err or arguments[0] == "check"

    def test_interrupted(self) -> None:
        with mock.patch("shapecalc.cli.infer.load_registry", side_effect=KeyboardInterrupt):
            assert run("infer", LENET).code == 130

    def test_a_bug_is_no_traceback(self) -> None:
        with mock.patch("shapecalc.cli.infer.load_registry", side_effect=AssertionError("oh")):
            found = run("infer", LENET)
            traced = run("infer", LENET, "--debug")
        assert found.code == 70
        assert "this is a bug in shapecalc" in found.err
        assert "Traceback" not in found.err
        assert "Traceback" in traced.err

    def test_a_closed_pipe_ends_quietly(self) -> None:
        with subprocess.Popen(
            [sys.executable, "-m", "shapecalc", "infer", "resnet18", "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait(60) == 0


class TestMessages:
    def test_place_code_source_caret_and_hint(self, tmp_path: Path) -> None:
        file = tmp_path / "net.yaml"
        file.write_text("layers:\n  - conv1: Conv2(3, 6, 5)\n", encoding="utf-8")
        lines = run("infer", str(file)).err.splitlines()
        assert lines[0] == f"{file}:2:12: error[S110]: unknown layer Conv2"
        assert lines[1].strip() == "- conv1: Conv2(3, 6, 5)"
        assert lines[2].index("^") == lines[1].index("Conv2(")
        assert lines[3].startswith("hint: did you mean Conv2d?")

    def test_mistyped_commands_and_options(self) -> None:
        assert "Did you mean 'infer'?" in run("infr").err
        assert "--json" in run("infer", "lenet", "--jsn").err

    def test_a_failure_is_json_as_well(self) -> None:
        found = run("infer", "Convd(3, 6, 5)", "--json")
        document = json.loads(found.out)
        assert found.code == 2
        assert document["version"] == 1
        assert document["error"]["code"] == "S110"
        assert "error[S110]" in found.err

    def test_a_usage_error_is_json_as_well(self) -> None:
        document = json.loads(run("infer", "lenet", "--show", "colour", "--json").out)
        assert "colour" in document["error"]["message"]

    def test_quiet_is_only_the_exit_status(self) -> None:
        assert run("infer", LENET, "-q") == (0, "", "")
        assert run("infer", WRONG, "-q") == (1, "", "")


class TestOutputFile:
    def test_is_written(self, tmp_path: Path) -> None:
        target = tmp_path / "shapes.json"
        found = run("infer", LENET, "--json", "-o", str(target))
        assert found.out == ""
        assert json.loads(target.read_text(encoding="utf-8"))["kind"] == "inference"
        assert [path.name for path in tmp_path.iterdir()] == ["shapes.json"]

    @pytest.mark.parametrize(
        "arguments",
        [
            ("infer", WRONG),
            ("infer", WRONG, "--json"),
            ("infer", "nothing.yaml"),
            ("solve", LENET, "--target", "6x6"),
            ("draw", WRONG, "--format", "svg"),
            ("diff", LENET, WRONG),
            ("explain", WRONG),
        ],
    )
    def test_a_failed_run_leaves_it(self, arguments: tuple[str, ...], tmp_path: Path) -> None:
        target = tmp_path / "out"
        target.write_text("as it was", encoding="utf-8")
        assert run(*arguments, "-o", str(target)).code in {1, 2}
        assert target.read_text(encoding="utf-8") == "as it was"
        assert [path.name for path in tmp_path.iterdir()] == ["out"]

    def test_a_folder_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        found = run("infer", LENET, "-o", str(tmp_path / "no" / "out.txt"))
        assert found.code == 2
        assert "No such file" in found.err


class TestColor:
    def test_none_in_a_pipe(self) -> None:
        assert "\x1b" not in run("infer", LENET).out

    def test_asked_for(self) -> None:
        assert "\x1b" in run("infer", LENET, "--color").out

    def test_an_encoding_without_crosses(self) -> None:
        found = shell("infer", LENET, PYTHONIOENCODING="ascii")
        assert found.code == 0
        assert "1x6x28x28" in found.out


@pytest.mark.parametrize("command", [*COMMANDS, ""])
def test_no_arguments_are_no_crash(command: str, tmp_path: Path) -> None:
    found = shell(*([command] if command else []), folder=tmp_path)
    assert found.code in {0, 2}
    assert "Traceback" not in found.err


def test_commands_are_modules_with_a_command() -> None:
    context = main.make_context("shapecalc", ["zoo"])
    for name in COMMANDS:
        assert main.get_command(context, name) is not None
    assert main.get_command(context, "nothing") is None
    assert main.list_commands(context) == [*COMMANDS]


def test_standalone_mode_is_not_needed() -> None:
    assert CliRunner().invoke(main, ["zoo"], standalone_mode=False).exit_code == 0


class TestOddSurroundings:
    @pytest.mark.parametrize(
        "command",
        [["infer", "lenet"], ["infer", "lenet", "--json"], ["solve", "lenet"], ["--help"]],
    )
    def test_a_closed_standard_output_is_no_bug(self, command: list[str]) -> None:
        line = f"exec {sys.executable} -m shapecalc {' '.join(command)} >&-"
        found = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, check=False)
        assert (found.returncode, found.stderr) == (0, b"")

    def test_codes_may_be_small(self) -> None:
        assert run("explain", "s203").out == run("explain", "S203").out

    @pytest.mark.parametrize(
        ("word", "near"),
        [
            ("conv", "conv1d, conv2d, conv3d"),
            ("Conv2", "Conv2d"),
            ("BatchNorm", "BatchNorm1d, BatchNorm2d, BatchNorm3d"),
            ("Dense", "Linear"),
            ("Liner", "Linear"),
        ],
    )
    def test_beginnings_of_names_are_known(self, word: str, near: str) -> None:
        assert f"did you mean {near}?" in run("layers", word).err

    def test_a_net_of_the_zoo_in_json_is_a_net(self) -> None:
        found = run("infer", "-", stdin=run("zoo", "lenet", "--json").out)
        assert "Output fc3: 1×10" in found.out
