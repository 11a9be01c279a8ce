"""What SQLite refuses, in the words of an error that somebody can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zegel.errors import CaseError, StorageError


@contextmanager
def refusals(place: Path, *, unusable: str, damaged: str, remedy: str) -> Iterator[None]:
    """Raise `StorageError` where a file cannot be used now, `CaseError` where it is damaged.

    `unusable` and `damaged` begin the sentence; `remedy` says what to do with a damaged file.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StorageError(
            f"{unusable}: {error}",
            where=str(place),
            next_step="Make room or wait for the other command, and give this one again.",
        ) from error
    except sqlite3.DatabaseError as error:
        raise CaseError(f"{damaged}: {error}", where=str(place), next_step=remedy) from error
