"""How long reading a spec takes, against the bare C loader of PyYAML and against `json`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import yaml

from shapecalc.readers import read_spec_text
from shapecalc.registry import default_registry


def best(run: Callable[[], object], times: int = 5) -> float:
    """Give the shortest of several runs, in milliseconds of the processor's time."""
    found = []
    for _ in range(times):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return 1e3 * min(found)


def main(layers: int) -> None:
    """Print times and ratios for a chain of convolutions."""
    entries = "".join(f"  - conv{i}: Conv2d(3, 3, 3, padding=1)\n" for i in range(layers))
    text = f"name: chain\ninput: [1, 3, 32, 32]\nlayers:\n{entries}"
    registry = default_registry()
    net = read_spec_text(text, "net.yaml", registry=registry)
    document = json.dumps(net.to_dict())
    bare = best(lambda: yaml.load(text, yaml.CSafeLoader))
    ours = best(lambda: read_spec_text(text, "net.yaml", registry=registry))
    print(f"{layers:,} layers, YAML: {ours:.1f} ms, {ours / bare:.2f} of the bare loader")
    bare = best(lambda: json.loads(document))
    ours = best(lambda: read_spec_text(document, "net.json", registry=registry))
    print(f"{layers:,} layers, JSON: {ours:.1f} ms, {ours / bare:.2f} of json.loads")


if __name__ == "__main__":
    for count in map(int, sys.argv[1:] or ["1000", "10000", "100000"]):
        main(count)
