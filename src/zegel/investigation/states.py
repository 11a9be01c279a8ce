"""What people asked here, kept under opaque ids, and the names some gave it; not part of the seal.

One SQLite file in the folder (WAL), so that a link works for a colleague and moves along. It holds
words people searched for: whoever opens it has the right to search here, or the folder itself. An
id is 128 random bits and tells nothing; the same question has one id.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from zegel.canonical import JSON, canonical_json
from zegel.errors import CaseError, UsageError
from zegel.investigation.refusals import refusals

NAME = "states.sqlite"
VERSION = 1
LARGEST, LONGEST_NAME = 256 * 1024, 100

_SCHEMA = """
CREATE TABLE IF NOT EXISTS state (
  id TEXT PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  facts TEXT NOT NULL,
  who TEXT NOT NULL,
  at_ns INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS name (
  state TEXT NOT NULL REFERENCES state (id),
  who TEXT NOT NULL,
  name TEXT NOT NULL,
  at_ns INTEGER NOT NULL,
  PRIMARY KEY (state, who)
) STRICT;
"""
_NAMED = """
SELECT s.id, s.kind, s.facts, n.name, n.who, n.at_ns FROM name n JOIN state s ON s.id = n.state
ORDER BY n.name, n.at_ns
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What was asked, and what somebody called it."""

    id: str
    kind: str
    facts: Mapping[str, JSON] = field(repr=False)
    name: str = field(default="", repr=False)
    who: str = ""
    """Who gave the name; empty without one."""
    at_ns: int = 0
    """When the name was given; 0 without one."""

    @property
    def at(self) -> str | None:
        """When the name was given, as ISO 8601 in UTC; None without one."""
        if not self.at_ns:
            return None
        return datetime.fromtimestamp(self.at_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_id() -> str:
    """Return an id that nobody guesses: 128 random bits, hexadecimal."""
    return secrets.token_hex(16)


def written(kind: str, facts: Mapping[str, JSON]) -> bytes:
    """Return what is kept of a question; `UsageError` where it is too large."""
    text = canonical_json({"facts": facts, "kind": kind})
    if len(text) > LARGEST:
        raise UsageError(f"a question has at most {LARGEST:,} bytes")
    return text


def checked_name(name: str) -> str:
    """Return the name of a saved question; `UsageError` where it is none."""
    name = " ".join(name.split())
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"a name has at most {LONGEST_NAME} characters that can be shown")
    return name


def put(folder: Path, kind: str, facts: Mapping[str, JSON], who: str) -> str:
    """Keep a question and return its id; one that is kept already has that id."""
    digest = sha256(written(kind, facts)).digest()
    found = _one(folder, "SELECT id FROM state WHERE digest = ?", digest)
    if found is not None:
        return str(found[0])
    row = (new_id(), digest, kind, canonical_json(facts).decode(), who, time.time_ns())
    with _opened(folder, write=True) as connection:
        assert connection is not None
        connection.execute("INSERT OR IGNORE INTO state VALUES (?, ?, ?, ?, ?, ?)", row)
        (kept,) = connection.execute("SELECT id FROM state WHERE digest = ?", [digest]).fetchone()
        return str(kept)


def get(folder: Path, id_: str) -> State | None:
    """Return what is kept under an id, with the newest name; None where nothing is."""
    found = _one(folder, "SELECT kind, facts FROM state WHERE id = ?", id_)
    if found is None:
        return None
    newest = "SELECT name, who, at_ns FROM name WHERE state = ? ORDER BY at_ns DESC LIMIT 1"
    name, who, at_ns = _one(folder, newest, id_) or ("", "", 0)
    return State(
        id=id_,
        kind=found[0],
        facts=json.loads(found[1]),
        name=name,
        who=who,
        at_ns=int(at_ns),
    )


def give_name(folder: Path, id_: str, called: str, who: str) -> None:
    """Give a question a name, this person's; an empty one takes their name away."""
    with _opened(folder, write=True) as connection:
        assert connection is not None
        if not called:
            connection.execute("DELETE FROM name WHERE state = ? AND who = ?", (id_, who))
            return
        row = (id_, who, called, time.time_ns())
        connection.execute("INSERT OR REPLACE INTO name VALUES (?, ?, ?, ?)", row)


def named(folder: Path) -> list[State]:
    """Return every question that has a name, once for each, by name."""
    with _opened(folder, write=False) as connection:
        rows = [] if connection is None else connection.execute(_NAMED).fetchall()
    return [
        State(id=id_, kind=kind, facts=json.loads(facts), name=name, who=who, at_ns=at_ns)
        for id_, kind, facts, name, who, at_ns in rows
    ]


def settle(folder: Path) -> None:
    """Put what waits in SQLite's log beside the file into the file."""
    with _opened(folder, write=False) as connection:
        if connection is not None:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _one(folder: Path, asked: str, value: str | bytes) -> tuple[str, ...] | None:
    with _opened(folder, write=False) as connection:
        found = None if connection is None else connection.execute(asked, [value]).fetchone()
    return None if found is None else tuple(found)


@contextmanager
def _opened(folder: Path, *, write: bool) -> Iterator[sqlite3.Connection | None]:
    place = folder / NAME
    if not write and not place.exists():
        yield None
        return
    with (
        refusals(
            place,
            unusable="saved questions cannot be used",
            damaged="the file of saved questions is damaged",
            remedy="Restore it from a copy, or set it aside: links and saved searches are lost"
            " then, no evidence.",
        ),
        closing(sqlite3.connect(place, timeout=10)) as connection,
    ):
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise CaseError(f"saved questions of format version {version}", where=str(place))
        if version == 0 and not write:
            yield None
            return
        if write:
            connection.execute("PRAGMA synchronous = NORMAL")
        if version == 0:
            place.chmod(0o600)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"{_SCHEMA} PRAGMA user_version = {VERSION};")
        with connection:
            yield connection
