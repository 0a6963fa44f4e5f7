"""Running the command line from tests: in this process, and as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from shapecalc.cli import main

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


class Done(NamedTuple):
    """What a command left: its exit status and what it wrote."""

    code: int
    out: str
    err: str


def run(*arguments: str, stdin: str | None = None) -> Done:
    """Run a command in this process."""
    found = CliRunner(catch_exceptions=False).invoke(main, arguments, input=stdin)
    return Done(found.exit_code, found.stdout, found.stderr)


def shell(
    *arguments: str, stdin: str | None = None, folder: Path | None = None, **environment: str
) -> Done:
    """Run a command in a process of its own; without `stdin` there is none."""
    kept = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "COLUMNS"}}
    found = subprocess.run(
        [sys.executable, "-m", "shapecalc", *arguments],
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        cwd=folder or ROOT,
        env={**kept, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT), **environment},
        check=False,
        timeout=120,
    )
    return Done(found.returncode, found.stdout, found.stderr)
