"""Record what PyTorch makes of random calls, as conformance cases.

    python tests/conformance/record.py layers -o tests/conformance/data/layers.jsonl
    python tests/conformance/record.py functions -o tests/conformance/data/functions.jsonl
    python tests/conformance/record.py odd -o tests/conformance/data/odd.jsonl
    python tests/conformance/record.py layers --only Conv2d,LSTM --rows 500 --seed 7 -o big.jsonl
    python tests/conformance/record.py again -o tests/conformance/data/found.jsonl

`found.jsonl` has calls on which the engine once differed; `again` runs the calls of a file anew, and needs no
more of a row than its `type`, `net` and `dtypes`.

The calls come from the generators in `cases/`; those of `odd` are made from the examples in the
registry, of every entry. Each is written out as an entry of a net, that very
text is run in `eval()` mode on CPU, and what came back (shapes, or PyTorch's error) is a row. Of
many candidates those are kept that differ most: accepted ones by the ranks and arguments they use,
refused ones by their message. The same PyTorch, seed and number of rows give the same file. It
needs torch; the tests that read the rows do not.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import re
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeAlias, TypeVar

import torch
from cases.calls import Call, call_of_row, write_call
from cases.draw import Draw, Generator
from cases.running import Outcome, run
from cases.tables import FUNCTIONS, LAYERS, ROWS, Table

SHARE_OF_REFUSALS = 0.36
CANDIDATES_PER_ROW = 8
FEWEST_CANDIDATES = 60
MOST_ROWS_WITH_ONE_MESSAGE = 0.16
SECONDS_PER_CASE = 20
PROCESSES = multiprocessing.get_context("fork")  # torch is loaded once

T = TypeVar("T")
Case: TypeAlias = tuple[Call, Outcome]


def candidate(name: str, generator: Generator, seed: int, number: int) -> Call:
    """Draw one call of a type; each has a seed of its own, so that any can be drawn again."""
    draw = Draw(f"{seed}:{name}:{number}")
    return write_call(name, generator(draw).spoilt(draw), draw)


def _work(name: str, generator: Generator, seed: int, numbers: range, results: Connection) -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    for number in numbers:
        results.send(number)
        call = candidate(name, generator, seed, number)
        results.send((call, run(call)))
    results.send(None)


def outcomes(name: str, generator: Generator, seed: int, count: int) -> Iterator[Case]:
    """Run that many candidates in another process; one that crashes or hangs is left out."""
    first = 0
    while first < count:
        receiver, sender = PROCESSES.Pipe(duplex=False)
        task = (name, generator, seed, range(first, count), sender)
        worker = PROCESSES.Process(target=_work, args=task)
        worker.start()
        sender.close()
        try:
            while receiver.poll(SECONDS_PER_CASE):
                match receiver.recv():
                    case None:
                        return
                    case int(number):
                        first = number + 1
                    case (call, outcome) if outcome is not None:
                        yield call, outcome
        except EOFError:
            pass
        finally:
            worker.kill()
            worker.join()
        call = candidate(name, generator, seed, first - 1)
        print(f"crashed or hung: {call.net()}", file=sys.stderr)  # noqa: T201


def choose(name: str, generator: Generator, seed: int, count: int) -> list[Case]:
    """Return the chosen cases of one type, accepted and refused ones mixed."""
    accepted: dict[object, list[Case]] = defaultdict(list)
    refused: dict[object, list[Case]] = defaultdict(list)
    seen: set[str] = set()
    candidates = max(FEWEST_CANDIDATES, count * CANDIDATES_PER_ROW)
    for call, outcome in outcomes(name, generator, seed, candidates):
        text = json.dumps(call.net())
        if text in seen:
            continue
        seen.add(text)
        if "error" in outcome:
            refused[_kind_of_message(outcome["error"])].append((call, outcome))
        else:
            accepted[_features(call)].append((call, outcome))
    most = max(2, int(count * MOST_ROWS_WITH_ONE_MESSAGE))
    rows = _in_turn(refused, most)[: round(count * SHARE_OF_REFUSALS)]
    rows += _in_turn(accepted, count)[: count - len(rows)]
    random.Random(f"{seed}:{name}").shuffle(rows)
    return rows


def _kind_of_message(message: str) -> str:
    if "unexpected keyword" in message or "invalid combination" in message:
        return "keyword"
    return re.sub(r"'\w*'|[\d\W]+", " ", message)[:70]


def _features(call: Call) -> object:
    words = {*re.findall(r"\w+=", call.layer), *re.findall(r"'\w+'", call.layer)}
    ranks = tuple(len(tensor.shape) for tensor in call.inputs)
    return ranks, any(0 in tensor.shape for tensor in call.inputs), len(words)


def _in_turn(groups: Mapping[object, list[T]], most: int) -> list[T]:
    """Take one of each group in turn, at most so many of any."""
    turns = range(most)
    return [group[turn] for turn in turns for group in groups.values() if turn < len(group)]


def _table(name: str) -> Table:
    if name == "odd":
        from cases.odd import ODD  # looks first which examples PyTorch takes

        return ODD
    return LAYERS if name == "layers" else FUNCTIONS


def run_again(path: Path) -> None:
    """Write a file's rows anew, with what PyTorch makes of their calls now."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    made = []
    for number, row in enumerate(rows, 1):
        call = call_of_row(row)
        outcome = run(call)
        if outcome is not None:
            made.append(json.dumps(call.row(number, outcome)))
    path.write_text("\n".join(made) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Record one of the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("table", choices=["layers", "functions", "odd", "again"])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, help="for each type; without it, as `tables.py` says")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the number of rows")
    parser.add_argument("--only", help="names of types, with commas between them")
    options = parser.parse_args(arguments)
    if options.table == "again":
        run_again(options.output)
        return
    table = _table(options.table)
    number = 0
    with options.output.open("w", encoding="utf-8") as file:
        for name in options.only.split(",") if options.only else table:
            usual = ROWS[options.table] if options.table == "odd" else ROWS.get(name)
            wanted = options.rows or usual or ROWS[options.table]
            rows = choose(name, table[name], options.seed, round(wanted * options.scale))
            for call, outcome in rows:
                number += 1
                file.write(json.dumps(call.row(number, outcome)) + "\n")
            file.flush()
            accepted = sum("error" not in outcome for _, outcome in rows)
            print(f"{name}: {accepted} of {len(rows)} accepted", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
