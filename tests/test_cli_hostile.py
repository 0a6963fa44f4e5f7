"""No input gives a traceback, or an exit status that says "bug"."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shapecalc.cli import COMMANDS
from tests.commands import run

WORDS = """Conv2d ( ) [ ] { } , : ; | = 3 0 -1 1x3x32x32 N H 99999999999999999999 1e400 'a' " # &
 * ? ! % @ layers: - name: from: input: \x00 \x1b ReLU MaxPool2d(2) view(-1,400) ** // é 𝟛 .."""
PIECES = st.sampled_from([*WORDS.split(), " ", "\n", "\t"])
TEXT = st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=12).map("".join))
OPTIONS = st.sampled_from(
    ["--input", "--set", "--target", "--at", "--where", "--near", "--for", "--upto", "--depth"]
)
SOME = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)


def harmless(text: str) -> bool:
    """Leave out what names a file, or the terminal's input."""
    return "\x00" not in text and "/" not in text and not text.startswith("-")


@SOME
@given(st.sampled_from([*COMMANDS]), TEXT.filter(harmless), st.booleans())
def test_any_net(command: str, net: str, as_json: bool) -> None:
    found = run(command, net, *(["--json"] if as_json else []), stdin="")
    assert found.code in {0, 1, 2}
    assert "Traceback" not in found.err
    if as_json and found.out:
        json.loads(found.out)


@SOME
@given(TEXT)
def test_any_standard_input(text: str) -> None:
    assert run("infer", "-", "--json", stdin=text).code in {0, 1, 2}


@SOME
@given(st.sampled_from(["infer", "solve", "draw", "explain"]), OPTIONS, TEXT.filter(harmless))
def test_any_option(command: str, option: str, value: str) -> None:
    found = run(command, "lenet", f"{option}={value}", stdin="")
    assert found.code in {0, 1, 2}
    assert "Traceback" not in found.err
