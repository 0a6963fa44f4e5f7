"""Random branched nets of one or two pictures: the solver's set against running the net, both ways."""

from __future__ import annotations

import os
from random import Random

import pytest

import shapecalc
from tests import random_nets

NETS = int(os.environ.get("SHAPECALC_NETS", "100"))
AT_ONCE = 10


@pytest.mark.parametrize("first", range(0, NETS, AT_ONCE))
def test_solutions_are_the_inputs_that_run(first: int) -> None:
    for seed in range(first, min(first + AT_ONCE, NETS)):
        case = random_nets.made(seed)
        answer = random_nets.asked(case)
        assert answer.complete, (seed, answer.limit)
        net = shapecalc.load(case.spec)
        for point in random_nets.points(answer, Random(seed)):
            assert (point in answer) == random_nets.fits(case, net, point), (seed, point, case)


def test_random_nets_are_of_all_kinds() -> None:
    cases = [random_nets.made(seed) for seed in range(200)]
    assert sum(len(case.inputs) == 2 for case in cases) > 50
    assert sum(case.target is not None for case in cases) > 40
    calls = " ".join(layer["layer"] for case in cases for layer in case.spec["layers"])
    for word in (
        "ceil_mode",
        "dilation=2",
        "output_padding=1",
        "cat(dim=1)",
        "add",
        "slice(",
        "size(",
    ):
        assert word in calls
