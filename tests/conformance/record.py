"""Record what PyTorch makes of random calls, as conformance cases.

    python tests/conformance/record.py layers -o tests/conformance/data/layers.jsonl
    python tests/conformance/record.py functions -o tests/conformance/data/functions.jsonl
    python tests/conformance/record.py layers --only Conv2d,LSTM --rows 500 --seed 7 -o big.jsonl

The calls come from the generators in `cases/`. Each is written out as an entry of a net, that very text is run in
`eval()` mode on CPU, and what came back (shapes, or PyTorch's error) is a row. Of many candidates those are kept
that differ most: accepted ones by the ranks and arguments they use, refused ones by their message. The same
PyTorch, seed and number of rows give the same file. Needs torch; the tests that read the rows do not.
"""

from __future__ import annotations

import argparse
import inspect
import json
import multiprocessing
import operator
import random
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch
from cases.draw import Case, Draw, Generator, Tensor
from cases.tables import FUNCTIONS, LAYERS, ROWS, Table
from torch import nn

SHARE_OF_REFUSALS = 0.36
CANDIDATES_PER_ROW = 8
MOST_ROWS_WITH_ONE_MESSAGE = 0.16
SECONDS_PER_CASE = 20
LONGEST_MESSAGE = 300
PROCESSES = multiprocessing.get_context("fork")
# Refusals that depend on what is in a tensor of lengths, not on its shape.
ABOUT_VALUES = re.compile(
    r"Expected tensor to have size .* for argument #2 'targets'|to be no larger than"
)
DTYPES = {"float": torch.float32, "long": torch.int64, "bool": torch.bool}
TAKE_A_LIST = frozenset(
    [
        "cat",
        "concat",
        "concatenate",
        "stack",
        "hstack",
        "vstack",
        "dstack",
        "column_stack",
        "meshgrid",
        "atleast_1d",
        "atleast_2d",
        "atleast_3d",
    ]
)
# A name is looked for in torch.nn.functional, then among the tensor methods, then in torch; but for these.
NOT_FUNCTIONAL = frozenset({"unfold", "softmax", "log_softmax"})
NOT_METHODS = frozenset({"where"})

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A case written out: the entry's text, and how its inputs reach it."""

    type: str
    construction: str
    forward: str
    source: Sequence[object]
    inputs: Sequence[Tensor]

    @property
    def layer(self) -> str:
        """The entry as a spec has it."""
        return f"{self.type}({self.construction})" + (f"({self.forward})" if self.forward else "")

    def row(self, number: int, outcome: Mapping[str, object]) -> Row:
        """Return the case's row, in the order of keys that the samples have."""
        row: Row = {
            "id": number,
            "type": self.type,
            "net": self.net(),
            "ok": "error" not in outcome,
        }
        if any(tensor.dtype != "float" for tensor in self.inputs):
            row["dtypes"] = [tensor.dtype for tensor in self.inputs]
        return row | outcome

    def net(self) -> dict[str, object]:
        """Return the net of one layer, in the flat form of a spec."""
        inputs = {f"x{index}": list(tensor.shape) for index, tensor in enumerate(self.inputs)}
        return {
            "inputs": inputs,
            "layers": [{"name": "m", "layer": self.layer, "from": _named_inputs(self.source)}],
        }


def write_call(name: str, case: Case, draw: Draw) -> Call:
    """Choose a way of writing the case's arguments (positional, keyword, mixed) and write it out."""
    positional, named = list(case.positional), dict(case.named)
    order = _positional_order(name)[len(positional) :]
    wanted = draw.pick(0, 1, 1, 2, 3, len(order), _required(name))
    for parameter in order[:wanted]:
        if parameter.name in named:
            positional.append(named.pop(parameter.name))
        elif (
            _is_literal(parameter.default)
            and draw.chance(0.7)
            and named.keys() & {p.name for p in order}
        ):
            positional.append(parameter.default)
        else:
            break
    if draw.chance(0.015) and _takes_device(name):
        named[draw.pick("device", "dtype")] = None
    source = case.source if case.source is not None else list(range(len(case.inputs)))
    return Call(
        name, _arguments(positional, named), _arguments((), case.forward), source, case.inputs
    )


def _arguments(positional: Iterable[object], named: Mapping[str, object]) -> str:
    return ", ".join(
        [*map(repr, positional), *(f"{name}={value!r}" for name, value in named.items())]
    )


def _positional_order(name: str) -> list[inspect.Parameter]:
    """Return the parameters that may be written without their names, for a class; a function's cases say it."""
    if not hasattr(nn, name) or not name[0].isupper():
        return []
    if name in {"RNN", "LSTM", "GRU"}:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return [
            inspect.Parameter(word, kind) for word in ("input_size", "hidden_size", "num_layers")
        ]
    parameters = inspect.signature(getattr(nn, name)).parameters.values()
    return [
        p
        for p in parameters
        if p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in {"device", "dtype"}
    ]


def _is_literal(value: object) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, tuple))


def _takes_device(name: str) -> bool:
    return name[0].isupper() and "device" in inspect.signature(getattr(nn, name)).parameters


def _required(name: str) -> int:
    return sum(
        parameter.default is inspect.Parameter.empty for parameter in _positional_order(name)
    )


def _named_inputs(source: object) -> Any:
    match source:
        case int():
            return f"x{source}"
        case Mapping():
            return {name: _named_inputs(value) for name, value in source.items()}
        case Sequence():
            return [_named_inputs(item) for item in source]
        case _:
            raise TypeError(source)


def run(call: Call) -> dict[str, object] | None:
    """Run the call; return its shapes, or its error; None if it gave something that has no shape."""
    torch.manual_seed(0)
    try:
        with torch.no_grad():
            outputs, module = _outputs(call)
    except Exception as error:  # noqa: BLE001 - whatever PyTorch raises is the answer
        message = (str(error).strip().splitlines() or [""])[0]
        if ABOUT_VALUES.search(message):
            return None
        return {"error": f"{type(error).__name__}: {message}"[:LONGEST_MESSAGE]}
    if not all(isinstance(output, torch.Tensor) for output in outputs):
        return None
    outcome: dict[str, object] = {"outputs": [list(output.shape) for output in outputs]}
    if module is not None:
        parameters = {name for name, _ in module.named_parameters(remove_duplicate=False)}
        state = {name: list(value.shape) for name, value in module.state_dict().items()}
        outcome["parameters"] = {name: shape for name, shape in state.items() if name in parameters}
        outcome["buffers"] = {
            name: shape for name, shape in state.items() if name not in parameters
        }
    return outcome


def _outputs(call: Call) -> tuple[list[object], nn.Module | None]:
    tensors = [_tensor(tensor) for tensor in call.inputs]
    *items, last = call.source or [None]
    by_name = (
        {}
        if not isinstance(last, Mapping)
        else {key: _gathered(value, tensors) for key, value in last.items()}
    )
    arguments = [_gathered(item, tensors) for item in (items if by_name else call.source)]
    scope = {
        **vars(nn),
        "empty": _filled,
        "arguments": arguments,
        "by_name": by_name,
        "function": _function,
    }
    separator = ", " if call.construction else ""
    if call.type[0].islower():
        text = f"function({call.type!r}, arguments, by_name{separator}{call.construction})"
        return list(_flat(_evaluate(text, scope))), None
    module = _evaluate(f"{call.type}({call.construction})", scope).eval()
    scope["module"] = module
    result = _evaluate(
        f"module(*arguments, **by_name{', ' * bool(call.forward)}{call.forward})", scope
    )
    return list(_flat(result)), module


def _evaluate(text: str, scope: dict[str, Any]) -> Any:
    return eval(text, scope)  # noqa: S307 - the text is our own generators'


def _function(
    name: str, arguments: list[Any], by_name: dict[str, Any], *positional: Any, **named: object
) -> Any:
    """Call the torch function or tensor method of this name on the `from` tensors."""
    if name in TAKE_A_LIST:
        return getattr(torch, name)(arguments, *positional, **named, **by_name)
    if name == "einsum":
        return torch.einsum(*positional, *arguments, **named)
    if name == "getitem":
        return operator.getitem(*arguments, *positional, **named, **by_name)
    places: tuple[object, ...] = (nn.functional, torch.Tensor, torch)
    if name in NOT_FUNCTIONAL:
        places = (torch.Tensor,)
    elif name in NOT_METHODS:
        places = (torch,)
    found = next(getattr(place, name) for place in places if callable(getattr(place, name, None)))
    return found(*arguments, *positional, **named, **by_name)


def _tensor(tensor: Tensor) -> torch.Tensor:
    dtype = DTYPES[tensor.dtype]
    if tensor.value is not None or tensor.dtype != "float":
        return torch.full(tensor.shape, tensor.value or 0, dtype=dtype)
    return torch.rand(tensor.shape, dtype=dtype)


def _filled(*shape: int) -> torch.Tensor:
    return torch.full(shape, 0.5)


def _gathered(source: object, tensors: Sequence[torch.Tensor]) -> Any:
    match source:
        case int():
            return tensors[source]
        case Sequence():
            return tuple(_gathered(item, tensors) for item in source)
        case _:
            raise TypeError(source)


def _flat(result: object) -> Iterator[object]:
    """Yield the tensors of nested tuples in order; an output that is None is not there."""
    match result:
        case None:
            return
        case tuple() | list():
            for item in result:
                yield from _flat(item)
        case _:
            yield result


def candidates(
    name: str, generator: Generator, seed: int, numbers: Iterable[int]
) -> Iterator[tuple[int, Call]]:
    """Yield numbered calls of one type; each has its own seed, so that any can be made again."""
    for number in numbers:
        draw = Draw(f"{seed}:{name}:{number}")
        yield number, write_call(name, generator(draw).spoilt(draw), draw)


def _work(name: str, generator: Generator, seed: int, numbers: range, results: Connection) -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    for number, call in candidates(name, generator, seed, numbers):
        results.send((number, None, None))
        results.send((number, call, run(call)))
    results.send((-1, None, None))


def outcomes(
    name: str, generator: Generator, seed: int, count: int
) -> Iterator[tuple[Call, dict[str, object]]]:
    """Run that many candidates in a process of their own; one that crashes or hangs is left out."""
    first = 0
    while first < count:
        receiver, sender = PROCESSES.Pipe(duplex=False)
        worker = PROCESSES.Process(
            target=_work, args=(name, generator, seed, range(first, count), sender)
        )
        worker.start()
        sender.close()
        try:
            while receiver.poll(SECONDS_PER_CASE):
                number, call, outcome = receiver.recv()
                if number < 0:
                    return
                first = number + 1
                if call is not None and outcome is not None:
                    yield call, outcome
        except EOFError:
            pass
        finally:
            worker.kill()
            worker.join()


def record(
    name: str, generator: Generator, seed: int, count: int
) -> list[tuple[Call, dict[str, object]]]:
    """Return the chosen cases of one type, accepted and refused ones mixed."""
    accepted: dict[object, list[tuple[Call, dict[str, object]]]] = defaultdict(list)
    refused: dict[object, list[tuple[Call, dict[str, object]]]] = defaultdict(list)
    seen: set[str] = set()
    for call, outcome in outcomes(name, generator, seed, max(60, count * CANDIDATES_PER_ROW)):
        text = json.dumps(call.net())
        if text in seen:
            continue
        seen.add(text)
        if "error" in outcome:
            refused[_kind_of_error(str(outcome["error"]))].append((call, outcome))
        else:
            accepted[_features(call)].append((call, outcome))
    rejections = _in_turn(refused, most=max(2, int(count * MOST_ROWS_WITH_ONE_MESSAGE)))[
        : round(count * SHARE_OF_REFUSALS)
    ]
    rows = rejections + _in_turn(accepted, most=count)[: count - len(rejections)]
    random.Random(f"{seed}:{name}").shuffle(rows)  # noqa: S311
    return rows


def _kind_of_error(message: str) -> str:
    if "unexpected keyword" in message or "invalid combination" in message:
        return "keyword"
    return re.sub(r"'\w*'|[\d\W]+", " ", message)[:70]


def _features(call: Call) -> object:
    words = frozenset(re.findall(r"(\w+)=", call.layer)) | frozenset(
        re.findall(r"'\w+'", call.layer)
    )
    ranks = tuple(len(tensor.shape) for tensor in call.inputs)
    return ranks, any(0 in tensor.shape for tensor in call.inputs), len(words)


def _in_turn(groups: Mapping[object, list[Any]], most: int) -> list[Any]:
    """Take one of each group in turn, at most so many of any."""
    return [group[turn] for turn in range(most) for group in groups.values() if turn < len(group)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Record one of the two tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("table", choices=["layers", "functions"])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--rows", type=int, help="rows for each type; without it, by how much there is to get wrong"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the number of rows")
    parser.add_argument("--only", help="names of types, with commas between them")
    options = parser.parse_args(arguments)
    table: Table = LAYERS if options.table == "layers" else FUNCTIONS
    names = options.only.split(",") if options.only else list(table)
    number = 0
    with options.output.open("w", encoding="utf-8") as file:
        for name in names:
            wanted = options.rows or ROWS.get(name, ROWS[options.table])
            rows = record(name, table[name], options.seed, round(wanted * options.scale))
            for call, outcome in rows:
                number += 1
                file.write(json.dumps(call.row(number, outcome)) + "\n")
            file.flush()
            sum("error" not in outcome for _, outcome in rows)


if __name__ == "__main__":
    main()
