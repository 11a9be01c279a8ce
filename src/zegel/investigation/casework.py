"""Casework in the folder: tags, notes, relevance; who said what, and when. Not part of the seal.

One SQLite file (WAL) that moves with the folder. Messages are named by identity, so casework
survives a new version of the grant. Nothing is overwritten: a change is a new line, and a removed
tag a line that says so.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from zegel.errors import StorageError, UsageError

NAME = "casework.sqlite"
RELEVANCE = ("relevant", "not relevant", "undecided")
LONGEST_TAG, LONGEST_NOTE = 100, 100_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS said (
  id INTEGER PRIMARY KEY,
  message BLOB NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('tag', 'untag', 'note', 'relevance')),
  value TEXT NOT NULL,
  who TEXT NOT NULL,
  at_ns INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS said_of ON said (message, kind);
PRAGMA user_version = 1;
"""


@contextmanager
def _opened(folder: Path, *, write: bool) -> Iterator[sqlite3.Connection | None]:
    place = folder / NAME
    if not write and not place.exists():
        yield None
        return
    try:
        with closing(sqlite3.connect(place, timeout=10)) as connection:
            if write:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(_SCHEMA)
            with connection:
                yield connection
    except sqlite3.Error as error:
        raise StorageError(f"casework cannot be used: {error}", where=str(place)) from error


def say(folder: Path, message: bytes, kind: str, value: str, who: str) -> None:
    """Add one line of casework."""
    value = value.strip()
    longest = LONGEST_NOTE if kind == "note" else LONGEST_TAG
    if not value or len(value) > longest:
        raise UsageError(f"a {kind} has 1 to {longest} characters")
    if kind == "relevance" and value not in RELEVANCE:
        raise UsageError(f"relevance is one of {', '.join(RELEVANCE)}")
    if kind in ("tag", "untag"):
        value = value.lower()
    with _opened(folder, write=True) as connection:
        assert connection is not None
        line = (message, kind, value, who, time.time_ns())
        connection.execute(
            "INSERT INTO said (message, kind, value, who, at_ns) VALUES (?, ?, ?, ?, ?)", line
        )


def said_of(folder: Path, message: bytes) -> list[dict[str, Any]]:
    """Return every line about a message, in order."""
    with _opened(folder, write=False) as connection:
        if connection is None:
            return []
        rows = connection.execute(
            "SELECT kind, value, who, at_ns FROM said WHERE message = ? ORDER BY id", (message,)
        )
        return [dict(zip(("kind", "value", "who", "at_ns"), row, strict=True)) for row in rows]


def tags_of(folder: Path, message: bytes) -> list[str]:
    """Return the tags a message bears now."""
    tags: dict[str, None] = {}
    for line in said_of(folder, message):
        if line["kind"] == "tag":
            tags[line["value"]] = None
        elif line["kind"] == "untag":
            tags.pop(line["value"], None)
    return sorted(tags)


def tagged(folder: Path, tag: str) -> set[bytes]:
    """Return the messages that bear a tag now."""
    with _opened(folder, write=False) as connection:
        if connection is None:
            return set()
        rows = connection.execute(
            "SELECT message, kind FROM said WHERE value = ? AND kind IN ('tag', 'untag')"
            " ORDER BY id",
            (tag.lower(),),
        )
        bears = {bytes(message): kind == "tag" for message, kind in rows}
        return {message for message, is_borne in bears.items() if is_borne}
