"""Trays: messages that somebody collects, in an order, with a note each; their own or a shared one.

As with the rest of the casework, nothing is overwritten: that a message is put in, taken out, noted
or moved is a line, and what lies in a tray follows from its lines in order. So nobody's change to a
shared tray is lost. A tray of one's own has no name and is shown to nobody else.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from zegel.errors import UsageError
from zegel.investigation.casework import opened, version_of

OWN = ""
"""The name of the tray that each person has for themselves."""
IN, OUT, NOTE, PLACE = "in", "out", "note", "place"
MOST = 10_000
"""Messages of one tray."""
MOST_TRAYS = 100
LONGEST_NAME, LONGEST_NOTE = 60, 2000
WITH_TRAYS = 2
"""The version of the file from which on it has trays."""
_COLUMNS = "tray, message, kind, value, who, at_ns, said_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrayLine:
    """One change of a tray."""

    tray: str
    """Its name; empty for the one of `who` alone."""
    message: bytes
    kind: str
    value: str = field(default="", repr=False)
    """The note; or where it is put: the identity of the message it comes before, empty: last."""
    who: str
    at_ns: int = 0
    said_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A message in a tray."""

    message: bytes
    who: str
    """Who put it in."""
    at_ns: int
    note: str = field(default="", repr=False)
    noted_by: str = ""


def checked_name(name: str) -> str:
    """Return the name of a shared tray as it is kept; `UsageError` where it is none."""
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or name.startswith("#"):
        raise UsageError(
            f"a tray's name has 1 to {LONGEST_NAME} letters, signs and blanks, and does not begin"
            " with #"
        )
    return name


def checked_note(note: str) -> str:
    """Return a note as it is kept; an empty one takes the note away."""
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise UsageError(f"a note in a tray has at most {LONGEST_NOTE} characters")
    return note


def change(folder: Path, lines: Sequence[TrayLine]) -> None:
    """Add lines of this instant to one tray; `UsageError` where there would be too much."""
    with opened(folder, write=True) as connection:
        assert connection is not None
        newest = connection.execute("SELECT max(at_ns) FROM trays").fetchone()[0]
        at_ns = max(time.time_ns(), (newest or 0) + 1)
        _add(connection, [replace(line, at_ns=at_ns) for line in lines])
        one = lines[0]
        if len(items(_lines(connection, one.tray, one.who))) > MOST:
            raise UsageError(
                f"a tray holds at most {MOST} messages", next_step="Begin another, under a name."
            )
        if len(_names(connection)) > MOST_TRAYS:
            raise UsageError(f"there are at most {MOST_TRAYS} trays with a name")


def add_tray_lines(folder: Path, lines: Iterable[TrayLine]) -> int:
    """Add lines that are not there yet, as they were said; return how many were added."""
    with opened(folder, write=True) as connection:
        assert connection is not None
        before = connection.total_changes
        _add(connection, lines)
        return connection.total_changes - before


def _add(connection: sqlite3.Connection, lines: Iterable[TrayLine]) -> None:
    connection.executemany(
        f"INSERT OR IGNORE INTO trays ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(x.tray, x.message, x.kind, x.value, x.who, x.at_ns, x.said_in) for x in lines],
    )


def all_tray_lines(folder: Path) -> list[TrayLine]:
    """Return every line of every tray, in order: to be taken over, never shown."""
    with opened(folder, write=False) as connection:
        if connection is None or version_of(connection) < WITH_TRAYS:
            return []
        return _read(connection, "1", ())


def tray_lines(folder: Path, tray: str, who: str) -> list[TrayLine]:
    """Return the lines of a tray, in order; of the one without a name those of `who` alone."""
    with opened(folder, write=False) as connection:
        if connection is None or version_of(connection) < WITH_TRAYS:
            return []
        return _lines(connection, tray, who)


def tray_names(folder: Path) -> dict[str, int]:
    """Return the names of the shared trays, with how many messages lie in each."""
    with opened(folder, write=False) as connection:
        if connection is None or version_of(connection) < WITH_TRAYS:
            return {}
        return {name: len(items(_lines(connection, name, ""))) for name in _names(connection)}


def _names(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT DISTINCT tray FROM trays WHERE tray <> '' ORDER BY tray")
    return [name for (name,) in rows]


def _lines(connection: sqlite3.Connection, tray: str, who: str) -> list[TrayLine]:
    if tray == OWN:
        return _read(connection, "tray = '' AND who = ?", (who,))
    return _read(connection, "tray = ?", (tray,))


def _read(connection: sqlite3.Connection, asked: str, given: tuple[str, ...]) -> list[TrayLine]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM trays WHERE {asked} ORDER BY at_ns, id", given
    )
    return [
        TrayLine(tray=tray, message=m, kind=kind, value=value, who=who, at_ns=at, said_in=where)
        for tray, m, kind, value, who, at, where in rows
    ]


def items(lines: Iterable[TrayLine]) -> list[Item]:
    """Return what lies in a tray, in its order, by its lines.

    Whatever was put in before and lies there still stays where it is. To be put before a message
    that has gone, or before itself, changes nothing.
    """
    found: dict[bytes, Item] = {}
    for line in lines:
        if line.kind == IN:
            item = Item(message=line.message, who=line.who, at_ns=line.at_ns)
            found.setdefault(line.message, item)
        elif line.kind == OUT:
            found.pop(line.message, None)
        elif line.message not in found:
            continue
        elif line.kind == NOTE:
            now = found[line.message]
            found[line.message] = replace(now, note=line.value, noted_by=line.who)
        else:
            found = _moved(found, line)
    return list(found.values())


def _moved(found: dict[bytes, Item], line: TrayLine) -> dict[bytes, Item]:
    before = bytes.fromhex(line.value)
    if before == line.message or (before and before not in found):
        return found
    rest = [item for item in found.values() if item.message != line.message]
    place = next((n for n, item in enumerate(rest) if item.message == before), len(rest))
    rest.insert(place, found[line.message])
    return {item.message: item for item in rest}
