"""How the cost of inference grows with depth: microseconds per layer, concrete and symbolic.

python benchmarks/growth.py
"""

from __future__ import annotations

import time

import shapecalc


def chain(layers: int) -> shapecalc.Net:
    """Make a chain of convolutions and pools that never shrinks below one pixel."""
    entries = [
        {
            "name": f"layer{index}",
            "layer": "MaxPool2d(2)" if index < 4 else "Conv2d(8, 8, 3, padding=1)",
            "from": [f"layer{index - 1}" if index else "input"],
        }
        for index in range(layers)
    ]
    return shapecalc.load({"inputs": {"input": [1, 8, 64, 64]}, "layers": entries})


def cost(net: shapecalc.Net, shape: tuple[int | str, ...]) -> float:
    """Time one inference, in seconds; the best of three."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        shapecalc.infer(net, input=shape)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print the table."""
    print(f"{'layers':>8} {'concrete':>10} {'symbolic':>10}   µs per layer")
    for layers in (10, 100, 1_000, 10_000, 100_000):
        net = chain(layers)
        concrete = cost(net, (1, 8, 64, 64)) / layers * 1e6
        symbolic = cost(net, ("N", 8, "H", "W")) / layers * 1e6
        print(f"{layers:>8} {concrete:>10.1f} {symbolic:>10.1f}")


if __name__ == "__main__":
    main()
