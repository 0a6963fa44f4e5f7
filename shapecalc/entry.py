"""Where a process of the command line starts and ends: quickly.

Such a process lives for a tenth of a second. The cyclic garbage collector would go several times through
all that the imports make, and taking every module down at the end would cost as much as a table of layers.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn


def run() -> NoReturn:
    """Run a command and end the process with its exit status."""
    gc.disable()
    status = 0
    try:
        from .cli import main

        main()
    except SystemExit as done:
        status = done.code if isinstance(done.code, int) else 0
    except KeyboardInterrupt:
        status = 130
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue  # there is nobody left to tell
    os._exit(status)


__all__ = ["run"]
