"""Writing a file: wholly or not at all."""

from __future__ import annotations

import os


def replace(path: str, text: str) -> None:
    """Put `text` in the place of a file's content; a failure leaves the file as it was."""
    if os.path.exists(path) and not os.path.isfile(path):  # a device or a pipe can't be replaced
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return
    target = os.path.realpath(path)
    temporary = f"{target}.{os.getpid()}.tmp"
    try:
        with open(temporary, "w", encoding="utf-8") as stream:
            stream.write(text)
        if os.path.exists(target):
            os.chmod(temporary, os.stat(target).st_mode & 0o7777)
        os.replace(temporary, target)
    except OSError as error:
        error.filename = path
        raise
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
