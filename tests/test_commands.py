"""`params`, `check`, `diff`, `convert`, `draw`, `layers`, `zoo`, `schema`, `explain`."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml

import shapecalc
from shapecalc.codes import codes
from shapecalc.net import Net
from shapecalc.readers import read, zoo_names
from shapecalc.registry import default_registry
from shapecalc.render.script import to_script
from shapecalc.syntax import parse
from tests.commands import EXAMPLES, ROOT, run

LENET = str(EXAMPLES / "lenet.yaml")
WRONG = str(EXAMPLES / "wrong_lenet.yaml")
SPECS = sorted(
    path
    for folder in (EXAMPLES, ROOT / "shapecalc" / "zoo")
    for path in folder.glob("*.yaml")
    if re.search(r"^layers:", path.read_text(encoding="utf-8"), re.MULTILINE)
)
WITH_UNKNOWNS = {"same_padding"}  # their modules take arguments
FITTING = [path for path in SPECS if not path.name.startswith("wrong_")]
NUMERIC = [path for path in FITTING if path.stem not in WITH_UNKNOWNS]


def load_with(path: Path, shapes: dict[str, Any]) -> Net:
    """Read Python source with the shapes of its inputs, as the command line does."""
    return read(str(path), registry=default_registry(), inputs=shapes)


def state(result: shapecalc.Result) -> dict[str, Any]:
    """Give a net's parameters and buffers by full name."""
    return {
        f"{item.name}.{name}": shape
        for item, own in result.state()
        for section in own
        for name, shape in section.items()
    }


class TestParams:
    def test_names_and_shapes_in_order(self) -> None:
        found = json.loads(run("params", LENET, "--json").out)
        assert [*found["parameters"]][:2] == ["conv1.weight", "conv1.bias"]
        assert found["parameters"]["conv1.weight"] == [6, 3, 5, 5]
        assert found["count"] == 62006

    def test_for_people(self) -> None:
        found = run("params", LENET).out
        assert re.search(r"conv1\.weight +6×3×5×5 +450", found)
        assert re.search(r"parameters +62,006", found)


class TestCheck:
    def test_nothing_to_say(self) -> None:
        assert run("check", LENET)[:2] == (0, "")

    def test_a_line_for_each_finding(self) -> None:
        found = run("check", LENET, WRONG)
        assert found.code == 1
        (line,) = found.out.splitlines()
        assert line.startswith(f"{WRONG}:10:10: error[S203]: fc1: ")
        assert "Linear(400, 120)" in line

    def test_an_unreadable_spec_is_a_finding(self, tmp_path: Path) -> None:
        file = tmp_path / "net.yaml"
        file.write_text("layers: [Conv2]\n", encoding="utf-8")
        found = run("check", str(file), WRONG)
        assert found.code == 2
        assert len(found.out.splitlines()) == 2

    def test_json(self) -> None:
        found = json.loads(run("check", WRONG, "--json").out)
        assert found["ok"] is False
        assert found["findings"][0]["line"] == 10

    def test_github_marks_lines(self) -> None:
        found = run("check", WRONG, "--format", "github").out
        assert found.startswith("::error title=shapecalc (S203),file=")
        assert ",line=10,col=10::" in found
        assert found.count("\n") == 1

    def test_sarif(self) -> None:
        found = json.loads(run("check", WRONG, "--format", "sarif").out)
        assert found["version"] == "2.1.0"
        (finished,) = found["runs"]
        (result,) = finished["results"]
        rule = finished["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"] == "S203"
        assert rule["shortDescription"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert place["region"] == {"startLine": 10, "startColumn": 10}

    def test_expected_shapes(self, tmp_path: Path) -> None:
        recorded = tmp_path / "shapes.json"
        recorded.write_text(run("infer", LENET, "--json").out, encoding="utf-8")
        assert run("check", LENET, "--expect", str(recorded)).code == 0
        found = run("check", LENET, "--expect", str(recorded), "--input", "1x3x33x33")
        assert found.code == 1
        assert "conv1: the output is 1×6×29×29, expected is 1×6×28×28" in found.out

    @pytest.mark.parametrize("shapes", [[1, 6, 28, 28], [[1, 6, 28, 28]], "1x6x28x28"])
    def test_expected_shapes_by_hand(self, shapes: object, tmp_path: Path) -> None:
        recorded = tmp_path / "shapes.json"
        recorded.write_text(json.dumps({"conv1": shapes}), encoding="utf-8")
        assert run("check", LENET, "--expect", str(recorded)).code == 0
        recorded.write_text(json.dumps({LENET: {"conv9": shapes}}), encoding="utf-8")
        assert run("check", LENET, "--expect", str(recorded)).code == 1

    @pytest.mark.parametrize("text", ["{", "3", '{"conv1": 3}'])
    def test_other_documents_are_refused(self, text: str, tmp_path: Path) -> None:
        recorded = tmp_path / "shapes.json"
        recorded.write_text(text, encoding="utf-8")
        found = run("check", LENET, "--expect", str(recorded))
        assert found.code == 2
        assert "S132" in found.err + found.out

    def test_symbols_that_nothing_fits(self) -> None:
        found = run("check", "Conv2d(3, 6, 5) | Linear(7, 3) | Linear(4, 2)")
        assert found.code == 1


class TestDiff:
    def test_the_same(self) -> None:
        found = run("diff", LENET, LENET)
        assert found.code == 0
        assert "the same layers" in found.out

    def test_what_differs(self, tmp_path: Path) -> None:
        text = Path(LENET).read_text(encoding="utf-8").replace("Linear(84, 10)", "Linear(84, 20)")
        other = tmp_path / "other.yaml"
        other.write_text(text.replace("conv2: ", "second: "), encoding="utf-8")
        found = json.loads(run("diff", LENET, str(other), "--json").out)
        kinds = {change["name"]: change["kind"] for change in found["layers"]}
        assert kinds["fc3"] == "changed"
        assert kinds["conv2"] == "removed"
        assert kinds["second"] == "added"
        assert found["totals"]["parameters"] == {"left": 62006, "right": 62856, "change": 850}
        assert "+850" in run("diff", LENET, str(other)).out
        assert run("diff", LENET, str(other), "--exit-code").code == 1


class TestConvert:
    @pytest.mark.parametrize("ending", ["yaml", "json"])
    @pytest.mark.parametrize("path", FITTING, ids=lambda path: path.stem)
    def test_a_spec_reads_as_the_same_net(self, path: Path, ending: str, tmp_path: Path) -> None:
        target = tmp_path / f"net.{ending}"
        assert run("convert", str(path), "-o", str(target)).code == 0
        assert shapecalc.load(str(target)).to_dict() == shapecalc.load(str(path)).to_dict()

    @pytest.mark.parametrize("path", FITTING, ids=lambda path: path.stem)
    def test_a_module_is_python(self, path: Path) -> None:
        found = run("convert", str(path), "--format", "py")
        assert found.code == 0
        compile(found.out, "net.py", "exec")
        assert "from torch import nn" in found.out

    @pytest.mark.parametrize("path", NUMERIC, ids=lambda path: path.stem)
    def test_a_module_reads_as_the_same_net(self, path: Path, tmp_path: Path) -> None:
        target = tmp_path / "net.py"
        assert run("convert", str(path), "-o", str(target)).code == 0
        net = shapecalc.load(str(path))
        given = {name: shape for name, shape in net.inputs.items() if shape is not None}
        here = shapecalc.infer(net)
        there = shapecalc.infer(load_with(target, given), input=given)
        assert [*there.outputs.values()] == [*here.outputs.values()]
        assert state(there) == state(here)

    def test_functions_are_called_as_pytorch_has_them(self, tmp_path: Path) -> None:
        layers = [
            ("p", "parameter([1, 3, 8, 8])", []),
            ("s", "add", ["input", "p"]),
            ("e", "einsum('nchw,ncij->nhwij')", ["s", "s"]),
            ("m", "mean([2, 3])", "e"),
            ("g", "getitem((slice(None), 0, slice(1, -1), None))", "m"),
            ("c", "chunk(2, dim=0)", "g"),
            ("t", "stack(dim=1)", ["c[0]", "c[1]"]),
            ("v", "view(-1, size(t, 2))", "t"),
            ("out", "mul(2)", "v"),
        ]
        entries = [{"name": n, "layer": call, "from": given} for n, call, given in layers]
        source, target = tmp_path / "net.json", tmp_path / "net.py"
        spec = {"input": [2, 3, 8, 8], "layers": entries}
        source.write_text(json.dumps(spec), encoding="utf-8")
        assert run("convert", str(source), "-o", str(target)).code == 0
        text = target.read_text(encoding="utf-8")
        for line in (
            "self.p = nn.Parameter(torch.empty([1, 3, 8, 8]))",
            "s = input + x",
            "torch.einsum('nchw,ncij->nhwij', s, s)",
            "x[:, 0, 1:-1, None]",
            "torch.stack([c[0], c[1]], dim=1)",
            "t.view(-1, t.size(2))",
            "out = x * 2",
        ):
            assert line in text
        result = shapecalc.infer(load_with(target, {"input": (2, 3, 8, 8)}), input=(2, 3, 8, 8))
        assert [*result.outputs.values()] == [*shapecalc.infer(str(source)).outputs.values()]

    def test_a_module(self) -> None:
        found = run("convert", "Conv2d(3, 6, 5) | ReLU | flatten(1)", "--format", "py").out
        assert "nn.Conv2d(3, 6, 5)" in found
        assert "torch.flatten(x, 1)" in found

    @pytest.mark.parametrize(
        ("layer", "sources", "line"),
        [
            ("gather(1)", ["x", "i"], "torch.gather(x_2, 1, i)"),
            ("gather(dim=1)", ["x", "i"], "torch.gather(x_2, index=i, dim=1)"),
            ("index_select(0)", ["x", "v"], "torch.index_select(x_2, 0, v)"),
            ("scatter(1)", ["x", "i", "x"], "torch.scatter(x_2, 1, i, x_2)"),
            ("scatter(1, 0.5)", ["x", "i"], "torch.scatter(x_2, 1, i, 0.5)"),
            ("scatter_reduce(1, 'sum')", ["x", "i", "x"], "(x_2, 1, i, x_2, 'sum')"),
            ("broadcast_tensors()", ["x", "x"], "torch.broadcast_tensors(x_2, x_2)"),
            ("block_diag()", ["x", "x"], "torch.block_diag(x_2, x_2)"),
            ("cartesian_prod()", ["v", "v"], "torch.cartesian_prod(v, v)"),
            ("T()", ["x"], "x_2.T"),
            ("rpow(2)", ["x"], "(2) ** x_2"),
            ("getitem([0, 1])", ["x"], "x_2[[0, 1]]"),
            ("split(split_size=[4, 6], dim=1)", ["x"], "x_2.split(split_size=[4, 6], dim=1)"),
            ("getitem(())", ["x"], "x_2[()]"),
        ],
    )
    def test_tensors_stand_where_pytorch_takes_them(
        self, layer: str, sources: list[str], line: str
    ) -> None:
        inputs = {"x": [4, 10], "i": [4, 3], "v": [3]}
        spec = {"inputs": inputs, "layers": [{"name": "g", "layer": layer, "from": sources}]}
        assert line in run("convert", "-", "--format", "py", stdin=json.dumps(spec)).out

    def test_a_number_stands_before_the_operator(self) -> None:
        entry = {"name": "g", "layer": "sub(1)", "from": [{"other": "x"}]}
        spec = {"inputs": {"x": [4, 10]}, "layers": [entry]}
        assert "1 - x_2" in run("convert", "-", "--format", "py", stdin=json.dumps(spec)).out

    def test_what_is_added_to_an_index_is_an_integer(self) -> None:
        layers = [
            {"name": "offsets", "layer": "zeros(3)", "from": []},
            {"name": "places", "layer": "add", "from": ["x", "offsets"]},
            {"name": "table", "layer": "Embedding(35, 6)", "from": "places"},
        ]
        spec = {"inputs": {"x": [4, 3]}, "layers": layers}
        text = run("convert", "-", "--format", "py", stdin=json.dumps(spec)).out
        assert "torch.zeros(3, dtype=torch.long)" in text

    def test_extremes_of_sizes_are_pythons_own(self) -> None:
        spec = {"input": [4, 10], "layers": ["pad((max(size(input, 1) - 4, 0), 0))"]}
        line = "F.pad(input, (max(input.size(1) - 4, 0), 0))"
        assert line in run("convert", "-", "--format", "py", stdin=json.dumps(spec)).out

    def test_a_weight_inside_a_layer_is_its_attribute(self, tmp_path: Path) -> None:
        source = tmp_path / "net.py"
        source.write_text(
            "from torch import nn\nfrom torch.nn import functional as F\n\n"
            "class Same(nn.Conv2d):\n    def forward(self, x):\n"
            "        return F.conv2d(x, self.weight, self.bias)\n\n"
            "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.stem = nn.Sequential(Same(3, 8, 3), nn.ReLU())\n\n"
            "    def forward(self, x):\n        return self.stem(x)\n",
            encoding="utf-8",
        )
        text = run("convert", f"{source}:Net", "--input", "1x3x9x9", "--format", "py").out
        assert " = self.stem[0].weight\n" in text
        assert "get_submodule" not in text

    def test_no_variable_hides_a_function_that_is_used(self) -> None:
        entries = [{"max": "abs"}, {"b": "add(max(size(input, 1), 3))"}]
        last = {"name": "c", "layer": "add", "from": ["max", "b"]}
        spec = {"input": [4, 10], "layers": [*entries, last]}
        text = run("convert", "-", "--format", "py", stdin=json.dumps(spec)).out
        assert "max_2 = torch.abs(input)" in text
        assert "max(input.size(1), 3)" in text

    def test_a_module_called_as_an_input_is_reached(self, tmp_path: Path) -> None:
        source = tmp_path / "net.py"
        source.write_text(
            "from torch import nn\n\nclass Net(nn.Module):\n    def __init__(self):\n"
            "        super().__init__()\n        self.src = nn.Linear(3, 4)\n\n"
            "    def forward(self, src):\n"
            "        return nn.MSELoss()(self.src(src), nn.Tanh()(src))\n",
            encoding="utf-8",
        )
        text = run("convert", f"{source}:Net", "--input", "4x3", "--format", "py").out
        assert "self.src = nn.Linear(3, 4)\n" in text
        assert " = self.src(src)\n" in text
        assert " = nn.Tanh()(src)\n" in text
        assert " = nn.MSELoss()(" in text

    def test_shapes_without_names_stand_in_order(self) -> None:
        spec = {"inputs": {"a": ["N", 3], "b": ["N", 4]}, "layers": [CAT]}
        given = ["--input", "2x3", "--input", "2x4"]
        text = run("convert", "-", *given, stdin=json.dumps(spec)).out
        assert "a: [2, 3]\n  b: [2, 4]\n" in text
        found = run("convert", "-", *given, "--input", "1", stdin=json.dumps(spec))
        assert found.code == 2
        assert "3 shapes are given, and the net has 2 inputs" in found.err

    def test_numbered_modules_are_a_sequential(self, tmp_path: Path) -> None:
        target = tmp_path / "net.py"
        net = "Conv2d(3, 6, k) | ReLU | MaxPool2d(2)"
        assert run("convert", net, "-o", str(target)).code == 0
        text = target.read_text(encoding="utf-8")
        assert "class Net(nn.Sequential):\n    def __init__(self, k):\n" in text
        result = shapecalc.infer(f"{target}:Net(5)", input=(1, 3, 8, 8))
        assert list(result.outputs.values()) == [[(1, 6, 2, 2)]]
        assert state(result) == state(shapecalc.infer(net.replace("k", "5"), input=(1, 3, 8, 8)))

    def test_relations_are_assertions(self, tmp_path: Path) -> None:
        target = tmp_path / "net.py"
        spec = {
            "input": ["N", 3, "H", "W"],
            "where": ["H == W", "k == 2*p + 1", "H % k == 0"],
            "layers": ["Conv2d(3, 8, k, padding=p)", "flatten(k)"],
        }
        assert run("convert", "-", "-o", str(target), stdin=json.dumps(spec)).code == 0
        text = target.read_text(encoding="utf-8")
        assert "        assert k == 2*p + 1\n        self._k = k\n" in text
        assert "        assert input.size(2) == input.size(3)\n" in text
        assert "        assert input.size(2)%self._k == 0\n" in text
        assert "torch.flatten(x, self._k)" in text
        again = run("convert", f"{target}:Net(k=3, p=1)", "--input", "Nx3xHxW").out
        assert 'where: ["H == W", "H%3 == 0"]' in again

    def test_symbols_get_values(self) -> None:
        spec = {
            "input": ["N", 3, "H", "W"],
            "where": ["H == W", "k == 2*p + 1"],
            "layers": ["Conv2d(3, N, k, padding=p)"],
        }
        found = run("convert", "-", "--set", "k=5", "--input", "2x3x9x9", stdin=json.dumps(spec))
        assert found.out == (
            'input: [2, 3, 9, 9]\nwhere: ["5 == 2*p + 1"]\nlayers:\n'
            "  - Conv2d(3, 2, 5, padding=p)\n"
        )

    def test_a_dash_is_standard_output(self) -> None:
        assert run("convert", "ReLU()", "-o", "-").out == run("convert", "ReLU()").out

    def test_containers_keep_their_names_as_outputs(self) -> None:
        spec = {"layers": [{"g": "ReLU"}, {"two": ["ReLU", "Tanh"]}], "outputs": ["g", "two"]}
        net = shapecalc.load(spec)
        assert net.to_dict()["outputs"] == {"g": "g", "two": "two.1"}
        assert [*shapecalc.infer(net, input=(1, 2)).outputs] == ["g", "two"]

    def test_input_is_written(self) -> None:
        found = run("convert", "ReLU()", "--input", "Nx3xHxW").out
        assert "input: [N, 3, H, W]\n" in found


CAT = {"name": "cat", "layer": "cat(1)", "from": ["a", "b"]}


class TestDraw:
    def test_svg_stands_alone(self, tmp_path: Path) -> None:
        target = tmp_path / "net.svg"
        assert run("draw", LENET, "-o", str(target)).code == 0
        text = target.read_text(encoding="utf-8")
        root = ET.fromstring(text)  # noqa: S314 - our own text
        assert root.tag.endswith("svg")
        assert "1×16×5×5" in text
        assert "prefers-color-scheme:dark" in text
        assert not re.search(r"(href|src)=|url\((?!#)|@import", text)

    def test_html_has_a_slider_and_needs_no_network(self) -> None:
        text = run("draw", LENET, "--format", "html").out
        assert 'type="range"' in text
        assert "16*((H - 12)//4)*((W - 12)//4) == 400" in text
        assert not re.search(r"(href|src)=|url\((?!#)|@import|https?://(?!www.w3.org)", text)

    def test_names_do_not_end_the_script(self) -> None:
        net = '{"name": "</script><b>", "layers": ["MaxPool2d(2)"], "input": [1, 1, 8, 8]}'
        text = run("draw", "-", "--format", "html", stdin=net).out
        assert text.count("</script>") == 1
        assert "<b>" not in text

    def test_mermaid_and_dot(self) -> None:
        assert run("draw", LENET, "--format", "mermaid").out.startswith("flowchart TD\n")
        assert (
            '"conv1" -> "pool1" [label="1×6×28×28"];' in run("draw", LENET, "--format", "dot").out
        )

    def test_what_fails_is_marked(self) -> None:
        found = run("draw", WRONG)
        assert found.code == 1
        assert '<g class="failed" data-layer="fc1">' in found.out
        assert '<g class="skipped" data-layer="fc2">' in found.out

    def test_skips_are_arcs(self) -> None:
        text = run("draw", str(EXAMPLES / "unet.yaml"), "--depth", "1").out
        assert 'data-layer="down1"' in text
        assert text.count("Q") >= 4

    @pytest.mark.parametrize("form", ["svg", "html", "mermaid", "dot"])
    @pytest.mark.parametrize("path", FITTING, ids=lambda path: path.stem)
    def test_every_net_can_be_drawn(self, path: Path, form: str) -> None:
        assert run("draw", str(path), "--format", form, "--depth", "1").code == 0


@pytest.mark.parametrize(
    ("formula", "script"),
    [
        ("(H - 12)//4", "q((v.H-12),4)"),
        ("H % 4 == 0 and H >= 16", "((m(v.H,4)===0)&&(v.H>=16))"),
        ("0 <= x < 3", "((0<=v.x)&&(v.x<3))"),
        ("max(1, -H)", "max(1,(-v.H))"),
        ("H if H != 3 else H**2", "((v.H!==3)?v.H:(v.H**2))"),
    ],
)
def test_formulas_in_javascript(formula: str, script: str) -> None:
    assert to_script(parse(formula)) == script


NAMES = default_registry().names()


class TestLayers:
    def test_the_list_has_them_all(self) -> None:
        found = run("layers").out
        assert all(re.search(rf"\b{name}\b", found) for name in NAMES)
        assert f"{len(NAMES)} in all" in found

    def test_a_page(self) -> None:
        found = run("layers", "Conv2d").out
        assert "L_out" in found
        assert "L = (n - 1)*stride + extent - pads .. " in found
        assert "Conv2d(3, 6, 5) on 1×3×32×32 gives 1×6×28×28" in found
        assert "backwards: 28×28 from H = 32, W = 32" in found

    def test_arguments_have_meanings_and_inputs_ranks(self) -> None:
        found = run("layers", "MaxPool1d").out
        assert re.search(
            r"kernel_size +how far the window reaches along each axis; an integer >= 1", found
        )
        assert "stride=None" in found
        assert "2 or 3 dimensions" in found
        assert "L_out = ⌊(L + min(2·padding" in found
        assert "MaxPool1d(2) on 1×6×28 gives 1×6×14" in found
        assert "a tuple of 2 tensors" in run("layers", "LSTM").out

    def test_every_argument_means_something(self) -> None:
        registry = default_registry()
        layers = [registry.find(name) for name in NAMES]
        looked_at = {
            item.name
            for layer in layers
            for item in (*layer.parameters, *layer.forward)
            if item.text.partition(" = ")[0] != "ignored"
        }
        assert looked_at <= registry.glossary.keys()  # else they need words in layers.yaml

    def test_own_words_for_own_arguments(self, tmp_path: Path) -> None:
        file = tmp_path / "mine.yaml"
        file.write_text(
            "glossary:\n  sharpness: how sharp it is\nMine:\n  layers: [Mine]\n"
            "  parameters: {sharpness: int = 1}\n  input: any\n"
        )
        assert (
            "sharpness=1  how sharp it is; an integer"
            in run("layers", "Mine", "--registry", str(file)).out
        )
        assert "how far the window" in run("layers", "Conv2d", "--registry", str(file)).out

    @pytest.mark.parametrize(
        "name", {default_registry().find(name).key: name for name in NAMES}.values()
    )
    def test_every_entry_has_a_page(self, name: str) -> None:
        found = json.loads(run("layers", name, "--json").out)
        assert found["name"] == name
        assert found["summary"]
        assert run("layers", name).code == 0


class TestZoo:
    def test_lists_every_net_with_a_sentence(self) -> None:
        lines = run("zoo").out.splitlines()
        assert [line.split()[0] for line in lines] == zoo_names()
        assert all(len(line.split()) > 1 for line in lines)

    @pytest.mark.parametrize("name", zoo_names())
    def test_prints_yaml(self, name: str) -> None:
        assert yaml.safe_load(run("zoo", name).out)["layers"]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("schema").out)
    return found


class TestSchema:
    def test_is_a_schema(self, schema: dict[str, Any]) -> None:
        jsonschema.Draft7Validator.check_schema(schema)

    @pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
    def test_lets_specs_pass(self, path: Path, schema: dict[str, Any]) -> None:
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        jsonschema.Draft7Validator(schema).validate(spec)

    def test_lets_the_flat_form_pass(self, schema: dict[str, Any]) -> None:
        net = json.loads(run("infer", LENET, "--json").out)["net"]
        jsonschema.Draft7Validator(schema).validate(net)

    @pytest.mark.parametrize(
        "spec",
        [
            {},
            {"layers": ["ReLU"], "colour": 1},
            {"layers": [{"name": "a", "layer": "ReLU", "form": "x"}]},
            {"layers": [{"conv1": {"type": "Conv2d", "in_channel": 3}}]},
            {"layers": [3]},
            {"input": [-1], "layers": []},
        ],
    )
    def test_refuses_what_is_no_spec(self, spec: object, schema: dict[str, Any]) -> None:
        assert not jsonschema.Draft7Validator(schema).is_valid(spec)


class TestExplain:
    def test_a_net(self) -> None:
        found = run("explain", LENET).out
        assert "(32 + 2*0 - (1*(5 - 1) + 1))//1 + 1 = 28" in found

    @pytest.mark.parametrize("form", ["text", "markdown", "latex", "html"])
    def test_a_target(self, form: str) -> None:
        found = run("explain", LENET, "--target", "5x5", "--format", form)
        assert found.code == 0
        assert "32" in found.out

    def test_the_ending_says_the_form(self, tmp_path: Path) -> None:
        target = tmp_path / "lenet.tex"
        assert run("explain", LENET, "-o", str(target)).code == 0
        assert target.read_text(encoding="utf-8").startswith(r"\documentclass")

    def test_a_message_of_pytorchs(self) -> None:
        message = "mat1 and mat2 shapes cannot be multiplied (64x9216 and 400x120)"
        assert "9216 = 256*6*6" in run("explain", message).out

    def test_a_message_that_begins_like_a_call(self) -> None:
        message = "max_pool1d() Invalid computed output size: 0"
        assert "covers more than the padded input" in run("explain", message).out

    def test_json(self) -> None:
        found = json.loads(run("explain", LENET, "--json").out)
        assert found["kind"] == "derivation"

    @pytest.mark.parametrize("code", codes())
    def test_every_code(self, code: str) -> None:
        found = run("explain", code)
        assert found.code == 0
        assert found.out.startswith(f"{code}: ")

    def test_every_code_that_is_used_is_explained(self) -> None:
        used = set()
        for path in (ROOT / "shapecalc").rglob("*.py"):
            used |= set(re.findall(r'"(S\d{3})"', path.read_text(encoding="utf-8")))
        assert used - {"S000"} <= set(codes())


class TestAdaptiveWindows:
    """What `explain` says of adaptive pools, against the windows themselves."""

    @pytest.mark.parametrize("size", range(1, 24))
    @pytest.mark.parametrize("wanted", [1, 2, 3, 5, 7])
    def test_one_kernel_and_stride(self, size: int, wanted: int) -> None:
        starts = [i * size // wanted for i in range(wanted)]
        ends = [-(-(i + 1) * size // wanted) for i in range(wanted)]
        said = run("explain", f"AdaptiveAvgPool1d({wanted})", "--input", f"1x1x{size}").out
        found = re.search(r"the pool with kernel (\d+) and stride (\d+)\.", said)
        if found is None:
            assert wanted == 1 or "which no one kernel and stride" in said
            steps = {end - start for start, end in pairwise(starts)}
            lengths = {end - start for start, end in zip(starts, ends, strict=True)}
            assert wanted == 1 or len(steps) > 1 or len(lengths) > 1 or steps == {0}
        else:
            kernel, stride = map(int, found.groups())
            assert starts == [i * stride for i in range(wanted)]
            assert ends == [i * stride + kernel for i in range(wanted)]
        other = re.search(r"kernel (\d+) and stride (\d+) gives the same size", said)
        if other is not None:
            kernel, stride = map(int, other.groups())
            assert (size - kernel) // stride + 1 == wanted


TWO_INPUTS = """
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(5, 2)

    def forward(self, noise, label):
        return self.fc(torch.cat((noise, label), 1))
"""


@pytest.mark.parametrize("command", ["infer", "solve", "explain"])
def test_shapes_without_names_stand_in_the_order_of_the_inputs(
    command: str, tmp_path: Path
) -> None:
    (tmp_path / "model.py").write_text(TWO_INPUTS, encoding="utf-8")
    by_name = ["--input", "noise=7x3", "--input", "label=7x2"]
    in_order = ["--input", "7x3", "--input", "7x2"]
    net = f"{tmp_path / 'model.py'}:Net"
    assert run(command, net, *in_order).out == run(command, net, *by_name).out
    assert run(command, net, *in_order).code == 0


def test_shapes_with_and_without_names_are_not_mixed(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(TWO_INPUTS, encoding="utf-8")
    net = f"{tmp_path / 'model.py'}:Net"
    result = run("infer", net, "--input", "7x3", "--input", "label=7x2")
    assert result.code == 2
    assert "all shapes need names, or none" in result.err
    result = run("infer", net, "--input", "7x3", "--input", "7x2", "--input", "7x2")
    assert result.code == 2
    assert "the model has no input 2" in result.err or "3 shapes are given" in result.err


def test_sizes_that_fall_into_many_runs_are_shown_in_short() -> None:
    net = "Conv2d(2, 2, 1, stride=3, padding=a, dilation=2) | ReflectionPad2d(2) | chunk(a, 2)"
    arguments = ("solve", f"{net} | getitem(0)", "--input", "1x2xHx9")
    lines = run(*arguments).out.splitlines()
    assert max(map(len, lines)) < 200
    assert "H = 1, 3..4, 6..7, 9..10," in lines[1]
    assert " more), 768, a = 3, 6, 9, ..." in lines[1]
    first = json.loads(run(*arguments, "--json").out)["solutions"][0]
    assert len(first["H"]) > 200


def test_dimensions_are_no_shape() -> None:
    found = run("infer", "permute(0, 0)", "--input", "2x3")
    assert "the dimensions (0, 0) name one of them twice" in found.err
