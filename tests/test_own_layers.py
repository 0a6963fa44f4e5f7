"""Files of --registry: what is wrong in one is said with its place, and nothing of it is a bug."""

from __future__ import annotations

from pathlib import Path

import pytest

import shapecalc
from shapecalc.errors import SpecError
from shapecalc.registry import load_registry, registry_file
from tests.commands import EXAMPLES, run

MINE = (EXAMPLES / "mine.yaml").read_text(encoding="utf-8")
FORMULA = "(L + 2 - 3)//stride + 1"
CHECK = "  checks:\n    L >= 2: the input has {L}, and reflecting needs 2 at least"
WHERE = f"  where:\n    L_out: {FORMULA}"

# What is written in the place of what, where the error stands, and what it says.
BROKEN = {
    "a name in a formula": (FORMULA, "L + foo", "10:16", "nothing says what foo is"),
    "a function": (FORMULA, "L + bar(2)", "10:12", "bar is not a function"),
    "syntax": (FORMULA, "L + 2 -", "10:12", "not Python syntax"),
    "itself": (FORMULA, "L_out + 1", "10:12", "L_out is worked out from itself"),
    "an attribute": (FORMULA, "stride.x", "10:12", "is not part of the language"),
    "a call of anything": (FORMULA, "__import__('os').system('id')", "10:12", "can be called"),
    "a name in a condition": ("L >= 2:", "K >= 2:", "12:5", "nothing says what K is"),
    "a name in a message": ("{L}, and", "{K}, and", "12:28", "nothing says what K is"),
    "a brace": ("{L}, and", "{L, and", "12:31", "not Python syntax"),
    "a type": ("channels: features", "channels: featurez", "6:15", "not a type of arguments"),
    "no type": ("channels: features", "channels:", "6:5", "the argument channels has no type"),
    "a default": ("sizes = 2", "sizes = two", "7:21", "nothing says what two is"),
    "an output": ("*L_out)", "*M_out)", "13:28", "nothing says what M_out is"),
    "a buffer": ("(channels, 1", "(chanels, 1", "15:14", "nothing says what chanels is"),
    "a window": ("stride: stride", "stride: strid", "16:31", "nothing says what strid is"),
    "a part of a window": (
        "{kernel: 3",
        "{kernell: 3, kernel: 3",
        "16:12",
        "a window has no kernell",
    ),
    "a window without a part": ("{kernel: 3, ", "{", "16:11", "the window has no kernel"),
    "a key": ("buffers:", "bufers:", "14:3", "unknown key bufers"),
    "no classes": ("{BlurPool2d: 2}", "{}", "3:3", "needs `layers`"),
    "classes that are a text": ("{BlurPool2d: 2}", "BlurPool2d", "3:3", "needs `layers`"),
    "a number of axes": ("{BlurPool2d: 2}", "{BlurPool2d: x}", "3:24", "number of axes"),
    "a name of a class": ("{BlurPool2d: 2}", "{'Blur Pool': 2}", "3:12", "is not a name of"),
    "a section that is a list": (CHECK, "  checks: [a, b]", "11:3", "`checks` of BlurPool must"),
    "a section that is a text": (WHERE, "  where: L_out", "9:3", "`where` of BlurPool must"),
    "an entry": ("BlurPool:\n", "BlurPool: 3\nX:\n", "2:1", "the entry BlurPool is not a map"),
}


# What stands in an entry where another kind of value is needed, and what is said of it.
KINDS = {
    "like: {a: 1}": "`like` of Foo must be a text",
    "like: [a]": "`like` of Foo must be a text",
    "functional: 1.5": "`functional` of Foo must be a map",
    "weights: [[1, 2]]": "`weights` of Foo must be a text or a map",
    "weights: {a: [1, 2]}": "`weights` of Foo has a list where a text is needed",
    "output: {a: {b: [1]}}": "`output` of Foo has a list where a text is needed",
    "holds: input": "`holds` of Foo must be a map",
    "order: true": "`order` of Foo must be a list",
    "order: [null]": "`order` of Foo has null where a text is needed",
    "instead: -1": "`instead` of Foo must be a map",
    "numbers: [a]": "`numbers` of Foo must be a text, or a map that gives each class its own",
}
# Formulas that give what their key can't have; an entry, a net of it, and what is said.
GIVES = {
    "macs: \"'a'\"": "`macs` gives 'a', which is no number",
    "strides: 7": "its formulas can't be worked out on what comes in: 'int' object",
    "strides: (1,)": "`strides` gives 1, and not a number for each dimension of 2×3",
    "strides: \"('a', 1)\"": "`strides` gives ('a', 1), and not a number for each dimension",
    "weights: 3": "its formulas can't be worked out on what comes in: 'int' object",
    'weights: "[(1, 2)]"': "1 among the weights would be 2, which is no shape",
    "weights: {a: 7}": "a among the weights would be 7, which is no shape",
    "buffers: {a: \"('q',)\"}": "a among the weights would be",
    "where: {x: count(2)}\n  checks: {x > 1: no}": "its formulas can't be worked out",
}


def read(text: str, folder: Path) -> None:
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    load_registry((str(file),))


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_is_pointed_at(case: str, tmp_path: Path) -> None:
    old, new, place, message = BROKEN[case]
    assert old in MINE
    with pytest.raises(SpecError) as caught:
        read(MINE.replace(old, new, 1), tmp_path)
    error = caught.value
    assert message in error.message
    assert error.location is not None
    assert (f"{error.location.line}:{error.location.column}", error.code) == (place, "S120")


def entry_with(line: str, folder: Path) -> str:
    file = folder / "mine.yaml"
    text = f"Foo:\n  layers: [Foo]\n  input: any\n  {line}\n"
    file.write_text(text if "output:" in line else f"{text}  output: input\n", encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("line", KINDS)
def test_each_key_is_held_to_its_kind(line: str, tmp_path: Path) -> None:
    file = entry_with(line, tmp_path)
    found = run("infer", "Foo() | view(-1)", "--registry", file, "--input", "2x3")
    assert found.code == 2
    assert "mine.yaml:4:" in found.err
    assert f"error[S120]: {KINDS[line]}\n" in found.err


@pytest.mark.parametrize("net", ["Foo() | view(-1)", "Foo() | T() | relu() | view(-1)"])
@pytest.mark.parametrize("line", GIVES)
def test_what_a_formula_gives_is_held_to_what_is_needed(
    line: str, net: str, tmp_path: Path
) -> None:
    file = entry_with(line, tmp_path)
    found = run("infer", net, "--registry", file, "--input", "2x3")
    assert found.code == 2
    assert "error[S120]: 0: Foo in " in found.err
    assert GIVES[line] in found.err


def test_a_layer_of_ones_own_inside_one_of_ours_is_named(tmp_path: Path) -> None:
    file = entry_with("macs: \"'a'\"\n  weights: 3", tmp_path)
    found = run("infer", "spectral_norm(Foo())", "--registry", file, "--input", "2x3")
    assert found.code == 2
    assert "error[S120]: 0: Foo in " in found.err


@pytest.mark.parametrize(
    ("check", "code"), [("\"'a'\"", 0), ("input", 0), ("\"''\"", 1), ('"[]"', 1)]
)
def test_a_condition_that_is_no_relation_is_as_true_as_in_python(
    check: str, code: int, tmp_path: Path
) -> None:
    file = entry_with(f"where: {{x: {check}}}\n  checks: {{x: no}}", tmp_path)
    assert run("infer", "Foo()", "--registry", file, "--input", "Nx3").code == code


@pytest.mark.parametrize("kernel", ["\"'a'\"", "count(2)", '"(1, 2, 3)"'])
def test_a_window_has_sizes(kernel: str, tmp_path: Path) -> None:
    window = f"  window: {{kernel: {kernel}, stride: stride, padding: 1}}"
    file = tmp_path / "mine.yaml"
    old = "  window: {kernel: 3, stride: stride, padding: 1}"
    assert old in MINE
    file.write_text(MINE.replace(old, window), encoding="utf-8")
    found = run(
        *("infer", "BlurPool2d(8)", "--registry", str(file), "--input", "1x8x16x16"),
        *("--show", "rf"),
    )
    assert found.code == 2
    assert "error[S120]: BlurPool in " in found.err


def test_null_takes_checks_away(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    text = "Mine:\n  layers: {Mine2d: 2}\n  like: Conv\n  checks: null\n"
    file.write_text(text, encoding="utf-8")
    assert load_registry((str(file),)).find("Mine2d").checks == ()


@pytest.mark.parametrize(
    "text", ["", "- a\n", "A: b\n", "A: [\n", "glossary: 3\n", "A: {layers: [Foo]}\n", "A: {}\n"]
)
def test_what_describes_no_layer(text: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        read(text, tmp_path)
    assert caught.value.location is not None


@pytest.mark.parametrize(
    "formula",
    ["(L - 1)/stride", "[L for L in L]", "L//0", "-5", "10**10**10", "min()", "len(L, 2)", "L[1]"],
)
def test_formulas_that_can_not_be_worked_out_are_misfits(formula: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(MINE.replace(FORMULA, formula), encoding="utf-8")
    found = run("infer", "BlurPool2d(8)", "--registry", str(file), "--input", "1x8x16x16")
    assert found.code in (1, 2)
    assert "a bug" not in found.err


def test_entries_on_one_line(tmp_path: Path) -> None:
    file = tmp_path / "layers.yaml"  # a name that is also that of the registry itself
    file.write_text(
        "glossary: {by: how much}\n"
        'Halve: {layers: {Halve1d: 1, Halve: [0, 1]}, parameters: {by: size = 2}, input: "(N, *L)",'
        ' output: "(N, *rest)", where: {rest: L//by}}\n'
        "Keep: {like: Halve, layers: [Keep], output: input}\n",
        encoding="utf-8",
    )
    registry = load_registry((str(file),))
    result = shapecalc.infer("Conv1d(1, 4, 3)", input=(4, 1, 9), registry=registry)
    assert result["0"].output_shape == (4, 4, 7)
    net = shapecalc.load("Halve1d(3) | Keep()", registry=registry)
    assert shapecalc.infer(net, input=(4, 9), registry=registry)["1"].output_shape == (4, 3)
    assert "how much" in run("layers", "Halve1d", "--registry", str(file)).out


def test_the_registry_itself_is_in_the_form_of_a_file_of_ones_own() -> None:
    registry = load_registry((registry_file(),))
    assert registry.find("Conv2d").data == load_registry().find("Conv2d").data


def test_entries_that_are_like_one_another(tmp_path: Path) -> None:
    for text in (
        "A: {layers: [Foo], like: B}\nB: {layers: [Bar], like: A}\n",
        "A: {layers: [Foo], like: A}\n",
        "A: {layers: [Foo], like: Nothing}\n",
    ):
        with pytest.raises(SpecError, match="is like"):
            read(text, tmp_path)
