"""Who read which message how often: kept beside the log's key, taken from the log alone.

One SQLite file that follows the log entry by entry and is made anew where it is gone, damaged or
does not fit the log: never a second truth, only a quicker one. It names messages by number and
holds nothing that the log does not. What the defence asked is sealed in the log: of them it has the
number of their acts, and no message.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zegel.custody.entries import Entry
from zegel.custody.log import Log
from zegel.errors import StorageError, VerificationError
from zegel.investigation import Investigation
from zegel.investigation.rows import numbers_of
from zegel.service.asked import SEALED
from zegel.service.neveropened import read_in
from zegel.service.place import Place
from zegel.service.seen import MESSAGES_IN, OVERVIEWS, shows
from zegel.tables import make_folder

NAME = "reads"
VERSION = 1
_SCHEMA = f"""
CREATE TABLE upto (entries INTEGER, last_octet INTEGER, leaf BLOB);
CREATE TABLE reads (
  who TEXT, number INTEGER, first_ns INTEGER, last_ns INTEGER, times INTEGER,
  PRIMARY KEY (who, number)
) WITHOUT ROWID;
CREATE INDEX reads_by_number ON reads (number);
CREATE TABLE people (
  who TEXT PRIMARY KEY, first_ns INTEGER, last_ns INTEGER,
  hit_lists INTEGER, overviews INTEGER, dossiers INTEGER, sealed INTEGER
) WITHOUT ROWID;
CREATE TABLE searches (entry INTEGER PRIMARY KEY, octet INTEGER, who TEXT, at_ns INTEGER,
  looked TEXT);
CREATE INDEX searches_to_look_at ON searches (entry) WHERE looked IS NULL;
CREATE TABLE hits (number INTEGER, entry INTEGER, PRIMARY KEY (number, entry)) WITHOUT ROWID;
PRAGMA user_version = {VERSION};
"""
WHOLE = ("message read", "conversation read")
_COUNTED = {"search": "hit_lists", "dossier made": "dossiers"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How one person read one message."""

    who: str
    first_ns: int
    last_ns: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One list of hits that was shown."""

    entry: int
    octet: int
    """Where its entry begins in the log."""
    who: str
    at_ns: int


class ReadLog:
    """What the log says of reading, up to its newest entry."""

    def __init__(self, connection: sqlite3.Connection, inv: Investigation, log: Log) -> None:
        self._db, self._inv, self._log = connection, inv, log

    def readers(self, number: int) -> list[Reader]:
        """Return who read a message, the first reader first."""
        rows = self._db.execute(
            "SELECT who, first_ns, last_ns, times FROM reads WHERE number = ? ORDER BY first_ns",
            (number,),
        )
        return [Reader(who=w, first_ns=f, last_ns=last, times=n) for w, f, last, n in rows]

    def people(self) -> list[dict[str, Any]]:
        """Return how much each person saw, in the order in which they came."""
        rows = self._db.execute(
            "SELECT who, first_ns, last_ns, hit_lists, overviews, dossiers, sealed,"
            " (SELECT count(*) FROM reads r WHERE r.who = people.who),"
            " (SELECT total(times) FROM reads r WHERE r.who = people.who)"
            " FROM people ORDER BY first_ns, who"
        )
        names = (
            "who", "first_ns", "last_ns", "hit_lists", "overviews", "dossiers", "sealed",
            "messages", "times",
        )  # fmt: skip
        return [dict(zip(names, row, strict=True)) for row in rows]

    def read_by(self, who: str, most: int) -> list[int]:
        """Return the numbers of what a person read, the last read first."""
        rows = self._db.execute(
            "SELECT number FROM reads WHERE who = ? ORDER BY last_ns DESC LIMIT ?", (who, most)
        )
        return [number for (number,) in rows]

    def count(self, who: str | None) -> int:
        """Return how many messages a person read, or with None anybody."""
        asked, given = ("WHERE who = ?", (who,)) if who is not None else ("", ())
        row = self._db.execute(f"SELECT count(DISTINCT number) FROM reads {asked}", given)
        return int(row.fetchone()[0])

    def first_unread(self, after: int, who: str | None) -> int | None:
        """Return the first number behind `after` that a person, or with None nobody, has read."""
        asked, given = "number > ?", [after]
        rows = self._db.execute(
            f"SELECT number FROM reads WHERE {asked} ORDER BY number"
            if who is None
            else f"SELECT number FROM reads WHERE who = ? AND {asked} ORDER BY number",
            given if who is None else [who, *given],
        )
        wanted = after + 1
        for (number,) in rows:
            if number > wanted:
                break
            wanted = number + 1
        return wanted if wanted <= self._inv.messages else None

    def unread_among(self, numbers: Iterable[int], who: str | None) -> int | None:
        """Return the first of `numbers`, in their order, that is unread."""
        wanted, size = iter(numbers), 16
        while piece := [number for number, _ in zip(wanted, range(size), strict=False)]:
            read = self._read_among(piece, who)
            found = next((number for number in piece if number not in read), None)
            if found is not None:
                return found
            size = min(size * 2, 5000)
        return None

    def _read_among(self, numbers: Sequence[int], who: str | None) -> set[int]:
        marks = ", ".join("?" * len(numbers))
        theirs, given = ("", list(numbers)) if who is None else (" AND who = ?", [*numbers, who])
        rows = self._db.execute(
            f"SELECT number FROM reads WHERE number IN ({marks}){theirs}", given
        )
        return {number for (number,) in rows}

    def showing(self, number: int) -> list[Search]:
        """Return the lists of hits in which a message was shown, as far as they were looked at."""
        return self._searches(
            "WHERE entry IN (SELECT entry FROM hits WHERE number = ?) ORDER BY entry", (number,)
        )

    def to_look_at(self, most: int) -> list[Search]:
        """Return lists of hits that were not looked at yet, the newest first."""
        return self._searches("WHERE looked IS NULL ORDER BY entry DESC LIMIT ?", (most,))

    def _searches(self, which: str, given: tuple[int]) -> list[Search]:
        rows = self._db.execute(f"SELECT entry, octet, who, at_ns FROM searches {which}", given)
        return [Search(entry=e, octet=o, who=w, at_ns=at) for e, o, w, at in rows]

    def looked(self, search: Search, numbers: Collection[int] | None) -> None:
        """Keep what a list of hits showed; None where it cannot be told any more."""
        said = "told" if numbers is not None else "untold"
        self._db.execute("UPDATE searches SET looked = ? WHERE entry = ?", (said, search.entry))
        self._db.executemany(
            "INSERT OR IGNORE INTO hits VALUES (?, ?)",
            [(number, search.entry) for number in numbers or ()],
        )

    def counts_of_searches(self) -> dict[str, int]:
        """Return how many lists of hits were `told`, `untold` and are `left` to be looked at."""
        rows = self._db.execute(
            "SELECT coalesce(looked, 'left'), count(*) FROM searches GROUP BY 1"
        )
        return {"told": 0, "untold": 0, "left": 0, **dict(rows)}

    def follow(self) -> None:
        """Take in the entries that came since."""
        start = self._known()
        if start is None:
            for table in ("upto", "reads", "people", "searches", "hits"):
                self._db.execute(f"DELETE FROM {table}")
        index, octet = start or (0, 0)
        new = list(self._new(index, octet))
        numbers = self._numbers({name for entry, _ in new for name in _read_in(entry)})
        for entry, at in new:
            self._take(entry, at, numbers)
        if new:
            last, at = new[-1]
            self._db.execute("DELETE FROM upto")
            self._db.execute("INSERT INTO upto VALUES (?, ?, ?)", (last.index + 1, at, last.leaf()))

    def _known(self) -> tuple[int, int] | None:
        """Return the next entry and where it begins; None where all is to be taken in anew."""
        row = self._db.execute("SELECT entries, last_octet, leaf FROM upto").fetchone()
        if row is None:
            return None
        entries, octet, leaf = row
        try:
            last, behind = next(self._log.entries_from(entries - 1, octet), (None, 0))
        except VerificationError:  # the log is checked at its opening: this is another log
            return None
        return (entries, behind) if last is not None and last.leaf() == leaf else None

    def _new(self, index: int, octet: int) -> Iterator[tuple[Entry, int]]:
        for entry, behind in self._log.entries_from(index, octet):
            yield entry, octet
            octet = behind

    def _numbers(self, names: Collection[str]) -> dict[str, int]:
        wanted = {bytes.fromhex(name) for name in names if len(name) == 64}
        found = numbers_of(self._inv, wanted) if wanted else {}
        return {message.hex(): number for message, number in found.items()}

    def _take(self, entry: Entry, octet: int, numbers: dict[str, int]) -> None:
        if not shows(entry):
            return
        self._db.execute(
            "INSERT INTO people VALUES (?, ?, ?, 0, 0, 0, 0)"
            " ON CONFLICT DO UPDATE SET last_ns = excluded.last_ns",
            (entry.who, entry.time_ns, entry.time_ns),
        )
        if SEALED in entry.facts:
            self._count(entry.who, "sealed")
        elif entry.act in MESSAGES_IN:
            for number in {numbers[name] for name in _read_in(entry) if name in numbers}:
                self._db.execute(
                    "INSERT INTO reads VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE"
                    " SET last_ns = excluded.last_ns, times = times + 1",
                    (entry.who, number, entry.time_ns, entry.time_ns),
                )
        elif entry.act in OVERVIEWS:
            self._count(entry.who, "overviews")
        else:
            self._count(entry.who, _COUNTED[entry.act])
            if entry.act == "search":
                self._db.execute(
                    "INSERT INTO searches VALUES (?, ?, ?, ?, NULL)",
                    (entry.index, octet, entry.who, entry.time_ns),
                )

    def _count(self, who: str, column: str) -> None:
        self._db.execute(f"UPDATE people SET {column} = {column} + 1 WHERE who = ?", (who,))


def _read_in(entry: Entry) -> list[str]:
    """Return the messages that an entry says were shown whole; raw bytes and parts are none."""
    whole = entry.act in WHOLE and "failed" not in entry.facts
    return read_in(entry) if whole else []


@contextmanager
def read_log(place: Place, inv: Investigation) -> Iterator[ReadLog]:
    """Open what the log says of reading, up to its newest entry."""
    file = place.named_beside(NAME)
    make_folder(file.parent)
    try:
        with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as connection:
            _prepare(connection)
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                opened = ReadLog(connection, inv, place.log)
                opened.follow()
                yield opened
    except sqlite3.OperationalError as error:
        raise StorageError(f"what was read cannot be followed: {error}", where=str(file)) from error
    except sqlite3.DatabaseError as error:
        _remove(file)
        raise StorageError(
            "what was kept of the log was damaged and is removed",
            where=str(file),
            next_step="Do the same again: it is made anew from the log.",
        ) from error


def _prepare(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN EXCLUSIVE")
    with connection:
        if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
            return
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        for (name,) in tables:
            connection.execute(f"DROP TABLE {name}")
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)


def _remove(file: Path) -> None:
    for path in (file, *(file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm"))):
        path.unlink(missing_ok=True)


def forget(place: Place) -> None:
    """Remove what was kept; it is made anew where somebody asks."""
    _remove(place.named_beside(NAME))
