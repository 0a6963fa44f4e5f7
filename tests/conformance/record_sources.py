"""Record what PyTorch makes of the model files in `tests/sources`.

    python tests/conformance/record_sources.py plumbing.py "Net()" 2x3x8x8
    python tests/conformance/record_sources.py

With arguments an entry is added to `golden.json`, or recorded again: a file, what makes the model, and
the shapes of its inputs (`long:2x10` for whole numbers). Without arguments all entries are recorded
again. It runs the files; the tests that read the entries run nothing, and need no torch.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

SOURCES = Path(__file__).parent.parent / "sources"
GOLDEN = SOURCES / "golden.json"


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # as an import does
    spec.loader.exec_module(module)
    return module


def shapes_in(value: Any) -> list[list[int]]:
    """List the shapes of the tensors in what a model gives, in order."""
    if isinstance(value, torch.Tensor):
        return [list(value.shape)]
    if isinstance(value, dict):
        value = value.values()
    return [] if value is None else [shape for item in value for shape in shapes_in(item)]


def made(kind: str, shape: list[int]) -> torch.Tensor:
    return torch.zeros(shape, dtype=torch.long) if kind == "long" else torch.randn(shape)


def record(entry: dict[str, Any]) -> dict[str, Any]:
    """Build the model of an entry, run it, and write down what it holds and gives."""
    names = dict(vars(imported(SOURCES / entry["path"])))
    found = eval(entry["expr"], names)
    net = (found() if isinstance(found, type) else found).eval()
    parameters = dict(net.named_parameters(remove_duplicate=False))
    state = net.state_dict()
    seen: dict[str, list[list[int]]] = {}

    def note(name: str) -> Any:
        def hook(module: Any, given: Any, output: Any) -> None:
            seen.setdefault(name, shapes_in(output))

        return hook

    for name, module in net.named_modules():
        if name and not list(module.children()):
            module.register_forward_hook(note(name))
    kinds = entry.get("input_dtypes") or ["float"] * len(entry["inputs"])
    result: dict[str, Any] = {
        **{
            key: entry[key]
            for key in ("id", "path", "expr", "inputs", "input_dtypes")
            if key in entry
        },
        "params": {name: list(value.shape) for name, value in parameters.items()},
        "buffers": {
            name: list(value.shape) for name, value in state.items() if name not in parameters
        },
        "param_count": sum(value.numel() for value in net.parameters()),
    }
    try:
        with torch.no_grad():
            output = net(*map(made, kinds, entry["inputs"]))
    except Exception as error:  # noqa: BLE001 - whatever PyTorch says
        result.update({key: entry[key] for key in ("stage", "failed_in") if key in entry})
        return {**result, "ok": False, "error": str(error).partition("\n")[0]}
    return {**result, "ok": True, "outputs": shapes_in(output), "module_outputs": seen}


def write(document: dict[str, Any]) -> None:
    entries = ",\n".join("  " + json.dumps(entry) for entry in document["entries"])
    about = json.dumps(document["about"])
    GOLDEN.write_text(f'{{"about": {about},\n "entries": [\n{entries}\n]}}\n', encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", nargs="?")
    parser.add_argument("expression", nargs="?")
    parser.add_argument("shapes", nargs="*")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    document = json.loads(GOLDEN.read_text(encoding="utf-8"))
    entries = document["entries"]
    if given.path is None:
        document["entries"] = [record(entry) for entry in entries]
    else:
        pairs = [("float:" + text).rsplit(":", 2)[-2:] for text in given.shapes]
        entry = {
            "path": given.path,
            "expr": given.expression,
            "inputs": [[int(size) for size in shape.split("x")] for _, shape in pairs],
        }
        if any(kind != "float" for kind, _ in pairs):
            entry["input_dtypes"] = [kind for kind, _ in pairs]
        same = [
            place
            for place, old in enumerate(entries)
            if all(old[key] == entry[key] for key in ("path", "expr", "inputs"))
        ]
        number = 1 + sum(old["path"] == given.path for old in entries)
        entry["id"] = entries[same[0]]["id"] if same else f"{Path(given.path).stem}#{number}"
        for place in same or [len(entries)]:
            entries[place : place + 1] = [record(entry)]
    write(document)


if __name__ == "__main__":
    main()
