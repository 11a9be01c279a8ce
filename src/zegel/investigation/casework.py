"""Casework in the folder: tags, notes, relevance; who said what, and when. Not part of the seal.

One SQLite file (WAL) that moves with the folder. Messages are named by identity, so casework
survives a new version of the grant. Nothing is overwritten: a change is a new line, and a removed
tag a line that says so. What counts is the latest line by its time.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from zegel.errors import CaseError, StorageError, UsageError

NAME = "casework.sqlite"
VERSION = 1
RELEVANCE = ("relevant", "not relevant", "undecided")
KINDS = ("tag", "untag", "note", "relevance")
LONGEST_TAG, LONGEST_NOTE = 100, 100_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS said (
  id INTEGER PRIMARY KEY,
  message BLOB NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('tag', 'untag', 'note', 'relevance')),
  value TEXT NOT NULL,
  who TEXT NOT NULL,
  at_ns INTEGER NOT NULL,
  said_in TEXT NOT NULL,
  UNIQUE (message, kind, value, who, at_ns)
) STRICT;
"""
_COLUMNS = "message, kind, value, who, at_ns, said_in"
_ADD = f"INSERT OR IGNORE INTO said ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that somebody said of a message."""

    message: bytes
    kind: str
    value: str = field(repr=False)
    who: str
    at_ns: int
    said_in: str = ""
    """The earlier version of the investigation it was said in; empty for this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What holds of a message now."""

    tags: tuple[str, ...] = ()
    relevance: str | None = None
    notes: int = 0


@contextmanager
def _opened(folder: Path, *, write: bool) -> Iterator[sqlite3.Connection | None]:
    place = folder / NAME
    if not write and not place.exists():
        yield None
        return
    try:
        with closing(sqlite3.connect(place, timeout=10)) as connection:
            _check_version(connection, place)
            if write:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(f"{_SCHEMA} PRAGMA user_version = {VERSION};")
            with connection:
                yield connection
    except sqlite3.OperationalError as error:
        raise StorageError(
            f"casework cannot be used: {error}",
            where=str(place),
            next_step="Make room or wait for the other command, and give this one again.",
        ) from error
    except sqlite3.DatabaseError as error:
        raise CaseError(
            f"casework is damaged: {error}",
            where=str(place),
            next_step="Restore the file from a copy; nothing was changed.",
        ) from error


def _check_version(connection: sqlite3.Connection, place: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, VERSION):
        raise CaseError(
            f"the casework has format version {version}, this program reads {VERSION}",
            where=str(place),
            next_step="Use the version of zegel that made it.",
        )


def settle(folder: Path) -> None:
    """Put what waits in SQLite's log beside the file into the file."""
    with _opened(folder, write=False) as connection:
        if connection is not None:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def checked(kind: str, value: str) -> str:
    """Return what is to be said, as it is kept; raise `UsageError` where it cannot be."""
    value = value.strip()
    longest = LONGEST_NOTE if kind == "note" else LONGEST_TAG
    if not value or len(value) > longest:
        raise UsageError(f"a {kind} has 1 to {longest} characters")
    if kind == "relevance" and value not in RELEVANCE:
        raise UsageError(f"relevance is one of {', '.join(RELEVANCE)}")
    return value.lower() if kind in ("tag", "untag") else value


def say(folder: Path, message: bytes, kind: str, value: str, who: str) -> None:
    """Add one line of casework."""
    value = checked(kind, value)
    line = Line(message=message, kind=kind, value=value, who=who, at_ns=time.time_ns())
    add_lines(folder, [line])


def add_lines(folder: Path, lines: Iterable[Line]) -> int:
    """Add lines that are not there yet, all or none; return how many were added."""
    rows = [(x.message, x.kind, x.value, x.who, x.at_ns, x.said_in) for x in lines]
    with _opened(folder, write=True) as connection:
        assert connection is not None
        before = connection.total_changes
        connection.executemany(_ADD, rows)
        return connection.total_changes - before


def all_lines(folder: Path, messages: Sequence[bytes] | None = None) -> list[Line]:
    """Return every line, or those about some messages, in the order in which they were said."""
    asked = "" if messages is None else f" WHERE message IN ({', '.join('?' * len(messages))})"
    with _opened(folder, write=False) as connection:
        if connection is None:
            return []
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM said{asked} ORDER BY at_ns, id",
            messages or (),
        )
        return [
            Line(message=m, kind=kind, value=value, who=who, at_ns=at, said_in=where)
            for m, kind, value, who, at, where in rows
        ]


def lines_after(folder: Path, last: int) -> tuple[int, list[Line]]:
    """Return the newest line's number, and the lines that were added after the one numbered `last`.

    Lines are only ever added, so whoever holds all up to `last` holds all with these; a newest
    number below `last` says that an older file was put back.
    """
    with _opened(folder, write=False) as connection:
        if connection is None:
            return 0, []
        (newest,) = connection.execute("SELECT coalesce(max(id), 0) FROM said").fetchone()
        asked = f"SELECT {_COLUMNS} FROM said WHERE id > ? AND id <= ? ORDER BY id"
        rows = connection.execute(asked, [last, newest]).fetchall() if newest > last else []
    return newest, [
        Line(message=m, kind=kind, value=value, who=who, at_ns=at, said_in=where)
        for m, kind, value, who, at, where in rows
    ]


def standing(lines: Iterable[Line]) -> dict[bytes, Standing]:
    """Return what holds now of each message that `lines`, in order, speak of."""
    tags: dict[bytes, dict[str, None]] = {}
    relevance: dict[bytes, str] = {}
    notes: dict[bytes, int] = {}
    for line in lines:
        borne = tags.setdefault(line.message, {})
        if line.kind == "tag":
            borne[line.value] = None
        elif line.kind == "untag":
            borne.pop(line.value, None)
        elif line.kind == "relevance":
            relevance[line.message] = line.value
        else:
            notes[line.message] = notes.get(line.message, 0) + 1
    return {
        message: Standing(
            tags=tuple(sorted(borne)),
            relevance=relevance.get(message),
            notes=notes.get(message, 0),
        )
        for message, borne in tags.items()
    }
