"""Run every console example of the README and of the docs again, and write down what it prints; draw the pictures.

    python docs/update.py

`tests/test_docs.py` fails while an example's output isn't what its command prints.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
CONSOLE = re.compile(r"(?<=```console\n)(.*?)(?=```)", re.DOTALL)


def output_of(command: str) -> str:
    """Run a command at the top of the repository; gives its standard output."""
    scripts = str(Path(sys.executable).parent)
    done = subprocess.run(  # noqa: S603 - the commands are those of our own pages
        ["/usr/bin/env", "bash", "-c", command],
        cwd=ROOT,
        env={**os.environ, "PATH": scripts + os.pathsep + os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        check=False,
    )
    return done.stdout.strip("\n") + "\n"


def updated(block: re.Match[str]) -> str:
    """Give a block with its commands' present output."""
    commands = re.findall(r"^\$ (.*)\n", block[0], re.MULTILINE)
    return "\n".join(f"$ {command}\n{output_of(command)}" for command in commands)


PICTURES = {"unet.svg": "examples/unet.yaml --depth 1 --input 1x1x128x128"}


def main() -> None:
    """Update all pages and pictures."""
    for name, net in PICTURES.items():
        output_of(f"shapecalc draw {net} -o docs/{name}")
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = page.read_text(encoding="utf-8")
        page.write_text(CONSOLE.sub(updated, text), encoding="utf-8")


if __name__ == "__main__":
    main()
