"""What holds for every number of samples, against trying numbers of samples."""

from __future__ import annotations

from random import Random

import pytest

import shapecalc
from shapecalc.batch import for_every_batch
from shapecalc.dims import symbol
from shapecalc.relations import Relation, all_of, any_of, compare

N, T = symbol("N"), symbol("T")


def comparison(random: Random) -> Relation | bool:
    left = random.randint(-3, 3) * N + random.randint(-2, 2) * T + random.randint(-12, 12)
    if random.random() < 0.3:
        left = N * (T - random.randint(0, 4)) + random.choice([0, 0, -1, -4, -6])
    if random.random() < 0.2:
        left = N * T % random.choice([2, 3, 4])
    return compare(left, random.choice(["==", "!=", ">=", "<=", "!="]), 0)


def relation(random: Random) -> Relation | bool:
    items = [comparison(random) for _ in range(random.choice([1, 2, 2, 3]))]
    joined = any_of(items) if random.random() < 0.7 else all_of(items)
    return joined if random.random() < 0.7 else any_of([joined, all_of([comparison(random)])])


@pytest.mark.parametrize("seed", range(40))
def test_what_holds_for_every_batch(seed: int) -> None:
    random = Random(seed)
    for _ in range(25):
        item = relation(random)
        (needs,), stuck = for_every_batch([item])
        if stuck or isinstance(item, bool):
            continue
        assert isinstance(needs, bool) or needs.symbols <= {"T"}
        for size in range(1, 13):
            wanted = all(item.evaluate({"N": batch, "T": size}) for batch in range(1, 60))
            found = needs if isinstance(needs, bool) else needs.evaluate({"T": size})
            assert found == wanted, (str(item), str(needs), size)


def test_many_relations_are_plain() -> None:
    random = Random(0)
    stuck = [for_every_batch([relation(random)])[1] for _ in range(300)]
    assert sum(stuck) < 200


def test_a_reason_says_what_holds_for_one_sample_only() -> None:
    answer = shapecalc.solve("view(2, -1)", input=("N", 2, "H"), target=12)
    assert not answer.satisfiable
    assert answer.reason is not None
    assert "with N = 1 (not for every N) 0 can have 12" in answer.reason
