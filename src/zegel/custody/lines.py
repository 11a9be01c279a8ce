"""Files beside a log that only grow, a line at a time; a line that a kill tore never counts.

Whoever is told that a line is kept is told so after it is synced. What stands behind the last line
feed was never said to be there: it is passed over by reading, and cut by the next line.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from zegel.errors import StorageError


@contextmanager
def growing(place: Path, what: str) -> Iterator[BinaryIO]:
    """Open a file for `add`, made where there is none, for this process alone; `what` it holds."""
    try:
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
    except OSError as error:
        raise StorageError(f"{what} cannot be read or kept", where=str(place)) from error


def add(file: BinaryIO, line: bytes) -> None:
    """Add a line and sync it."""
    file.seek(0)
    whole = file.read().rfind(b"\n") + 1
    file.truncate(whole)
    file.seek(whole)
    file.write(line)
    file.flush()
    os.fsync(file.fileno())


def lines_in(file: BinaryIO, longest: int) -> list[bytes]:
    """Return the whole lines; one that is longer comes in pieces, for its reader to refuse."""
    file.seek(0)
    found = []
    while line := file.readline(longest + 1):
        if line.endswith(b"\n") or len(line) > longest:
            found.append(line)
    return found
