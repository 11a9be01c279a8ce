"""Casework in the folder: tags, notes, relevance; who said what, and when. Not part of the seal.

One SQLite file (WAL) that moves with the folder. Messages are named by identity, so casework
survives a new version of the grant. Nothing is overwritten: a change is a new line, and a removed
tag a line that says so. What counts is the latest line by its time; of relevance, the latest of
each person. A line is never said before one that stands already, whatever the machine's clock says.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from zegel.errors import CaseError, UsageError
from zegel.investigation.refusals import refusals

NAME = "casework.sqlite"
VERSION = 2
READABLE = (0, 1, VERSION)
"""Versions that can be read; writing makes the newest of them."""
RELEVANCE = ("relevant", "not relevant", "undecided")
WITHDRAWN = "withdrawn"
"""A line of relevance by which somebody takes back their judgement; only an undoing says it."""
KINDS = ("tag", "untag", "note", "relevance")
LONGEST_TAG, LONGEST_NOTE = 100, 100_000

_COLUMNS = "message, kind, value, who, at_ns, said_in"
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
CREATE INDEX IF NOT EXISTS said_by_value ON said (value, kind) WHERE kind <> 'note';
CREATE INDEX IF NOT EXISTS said_by_time ON said (at_ns, who);
CREATE TABLE IF NOT EXISTS acts (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  who TEXT NOT NULL,
  at_ns INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  undoes INTEGER REFERENCES acts (id)
) STRICT;
CREATE TABLE IF NOT EXISTS trays (
  id INTEGER PRIMARY KEY,
  tray TEXT NOT NULL,
  message BLOB NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('in', 'out', 'note', 'place')),
  value TEXT NOT NULL,
  who TEXT NOT NULL,
  at_ns INTEGER NOT NULL,
  said_in TEXT NOT NULL,
  UNIQUE (tray, message, kind, value, who, at_ns)
) STRICT;
"""
_ADD = f"INSERT OR IGNORE INTO said ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
MOST_AT_ONCE = 5000
"""Messages asked for in one statement."""


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
    id: int = field(default=0, compare=False)
    """Which line of this file it is; a later line has a greater one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What holds of a message now."""

    tags: tuple[str, ...] = ()
    relevance: str | None = None
    """The newest judgement that stands."""
    notes: int = 0
    judged: tuple[tuple[str, str], ...] = ()
    """Who judges it how now: the latest judgement of each person, the newest last."""

    @property
    def disagreement(self) -> bool:
        """Say whether one person calls it relevant and another not; undecided is no judgement."""
        return {"relevant", "not relevant"} <= {value for _, value in self.judged}


@contextmanager
def opened(folder: Path, *, write: bool) -> Iterator[sqlite3.Connection | None]:
    """Open the file in one transaction; for reading, nothing where it is not there.

    Of those who write at once each waits for the one before, so that what is read inside stands.
    """
    place = folder / NAME
    if not write and not place.exists():
        yield None
        return
    with (
        refusals(
            place,
            unusable="casework cannot be used",
            damaged="casework is damaged",
            remedy="Restore the file from a copy; nothing was changed.",
        ),
        closing(sqlite3.connect(place, timeout=10)) as connection,
    ):
        _check_version(connection, place)
        if write:
            connection.execute("PRAGMA journal_mode = WAL")
            if version_of(connection) != VERSION:
                connection.executescript(f"{_SCHEMA} PRAGMA user_version = {VERSION};")
            connection.execute("BEGIN IMMEDIATE")
        with connection:
            yield connection


def _check_version(connection: sqlite3.Connection, place: Path) -> None:
    version = version_of(connection)
    if version not in READABLE:
        raise CaseError(
            f"the casework has format version {version}, this program reads {VERSION}",
            where=str(place),
            next_step="Use the version of zegel that made it.",
        )


def version_of(connection: sqlite3.Connection) -> int:
    """Return the format version of an opened file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def settle(folder: Path) -> None:
    """Put what waits in SQLite's log beside the file into the file."""
    with opened(folder, write=False) as connection:
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


def next_instant(connection: sqlite3.Connection) -> int:
    """Return now in nanoseconds, or the instant after the newest line where the clock is behind."""
    newest = connection.execute("SELECT max(at_ns) FROM said").fetchone()[0]
    return max(time.time_ns(), (newest or 0) + 1)


def add_lines(folder: Path, lines: Iterable[Line]) -> int:
    """Add lines that are not there yet, all or none; return how many were added."""
    with opened(folder, write=True) as connection:
        assert connection is not None
        return add_to(connection, lines)


def add_to(connection: sqlite3.Connection, lines: Iterable[Line]) -> int:
    """Add lines that are not there yet to an opened file; return how many were added."""
    before = connection.total_changes
    rows = [(x.message, x.kind, x.value, x.who, x.at_ns, x.said_in) for x in lines]
    connection.executemany(_ADD, rows)
    return connection.total_changes - before


def all_lines(
    folder: Path,
    messages: Collection[bytes] | None = None,
    *,
    kinds: Collection[str] = KINDS,
    value: str | None = None,
) -> list[Line]:
    """Return the lines about `messages`, of `kinds` and `value`, in the order they were said."""
    with opened(folder, write=False) as connection:
        return [] if connection is None else lines_in(connection, messages, kinds, value)


def lines_in(
    connection: sqlite3.Connection,
    messages: Collection[bytes] | None = None,
    kinds: Collection[str] = KINDS,
    value: str | None = None,
) -> list[Line]:
    """Return the same of an opened file."""
    if version_of(connection) == 0:
        return []
    asked, given = f"kind IN ({_marks(kinds)})", list[object](kinds)
    if value is not None:
        asked, given = f"{asked} AND value = ?", [*given, value]
    if messages is None:
        return _lines(connection, asked, given)
    found: list[Line] = []
    wanted = iter(messages)
    while piece := list(islice(wanted, MOST_AT_ONCE)):
        some = f"message IN ({_marks(piece)}) AND {asked}"
        found += _lines(connection, some, [*piece, *given])
    return sorted(found, key=lambda line: (line.at_ns, line.id))


def _lines(connection: sqlite3.Connection, asked: str, given: list[object]) -> list[Line]:
    rows = connection.execute(
        f"SELECT {_COLUMNS}, id FROM said WHERE {asked} ORDER BY at_ns, id", given
    )
    return [
        Line(message=m, kind=kind, value=value, who=who, at_ns=at, said_in=where, id=number)
        for m, kind, value, who, at, where, number in rows
    ]


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def newest_line(folder: Path) -> int:
    """Return the number of the newest line, 0 where there is none: what somebody can have seen."""
    with opened(folder, write=False) as connection:
        return 0 if connection is None else _newest(connection)


def _newest(connection: sqlite3.Connection) -> int:
    if version_of(connection) == 0:
        return 0
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM said").fetchone()[0])


def lines_after(folder: Path, last: int) -> tuple[int, list[Line]]:
    """Return the newest line's number, and the lines that were added after the one numbered `last`.

    Lines are only ever added, so whoever holds all up to `last` holds all with these; a newest
    number below `last` says that an older file was put back.
    """
    with opened(folder, write=False) as connection:
        newest = 0 if connection is None else _newest(connection)
        if connection is None or newest <= last:
            return newest, []
        return newest, sorted(
            _lines(connection, "id > ? AND id <= ?", [last, newest]), key=lambda line: line.id
        )


class _Now:
    """What holds of one message, line after line."""

    def __init__(self) -> None:
        self.tags: set[str] = set()
        self.judged: dict[str, str] = {}
        self.notes = 0

    def take(self, line: Line) -> None:
        if line.kind == "tag":
            self.tags.add(line.value)
        elif line.kind == "untag":
            self.tags.discard(line.value)
        elif line.kind == "note":
            self.notes += 1
        else:
            self.judged.pop(line.who, None)  # the newest stands last
            if line.value != WITHDRAWN:
                self.judged[line.who] = line.value

    def standing(self) -> Standing:
        return Standing(
            tags=tuple(sorted(self.tags)),
            relevance=next(reversed(self.judged.values()), None),
            notes=self.notes,
            judged=tuple(self.judged.items()),
        )


def standing(lines: Iterable[Line]) -> Mapping[bytes, Standing]:
    """Return what holds now of each message that `lines`, in order, speak of."""
    found: dict[bytes, _Now] = {}
    for line in lines:
        if line.message not in found:
            found[line.message] = _Now()
        found[line.message].take(line)
    return {message: now.standing() for message, now in found.items()}
