"""Where the dossiers made by a server lie, and what is known of each: made, being made, broken off.

They lie in the investigation's folder, under `dossiers/`: so closing it takes them into the
archive, destroying it removes them, moving it keeps them. A finished one is listed in the log like
every file that no longer changes; a change is found at the next opening. Those of the defence alone
would show their colleagues what they selected: they lie beside the sessions, and go with theirs.

Of each there is a small file that says how far it is, and a lock that its maker holds for as long
as it lives. A dossier gets its name when it is whole: whatever was killed leaves none.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from zegel.canonical import JSON
from zegel.custody.watch import digest_of
from zegel.errors import CaseError, UsageError
from zegel.tables import make_folder, replace_file

NAME = "dossiers"
MAKING, MADE, FAILED, BROKEN = "making", "made", "failed", "broken off"
MOST = 200
"""Dossiers kept of one investigation."""
_ID = re.compile("[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of one dossier."""

    id: str
    who: str
    at_ns: int
    tray: str = field(default="", repr=False)
    """The name of the shared tray it is made from; empty for somebody's own."""
    messages: int = 0
    options: Mapping[str, JSON] = field(default_factory=dict)
    state: str = MAKING
    phase: str = ""
    done: int = 0
    total: int | None = None
    ended_ns: int = 0
    sha256: str = ""
    bytes: int = 0
    why: str = ""
    """Why it failed."""


class Shelf:
    """The dossiers of an investigation, or of one session of the defence."""

    def __init__(self, folder: Path, before: str = "") -> None:
        self.folder = folder
        self.before = before

    def dossier(self, id_: str) -> Path:
        """Return where a dossier lies once it is whole."""
        return self._path(id_, "zip")

    def new(self, record: Record) -> int:
        """Keep what is known of a new dossier; return the locked descriptor that says it is being
        made, for as long as anybody holds it."""
        make_folder(self.folder)
        if len(self.all()) >= MOST:
            raise UsageError(
                f"{MOST} dossiers lie here already", next_step="Remove those no longer needed."
            )
        descriptor = os.open(self._path(record.id, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self.put(record)
        return descriptor

    def put(self, record: Record) -> None:
        """Keep what is known now."""
        replace_file(self._path(record.id, "json"), json.dumps(asdict(record)).encode())

    def get(self, id_: str) -> Record:
        """Return what is known of a dossier; `UsageError` where there is none."""
        found = self._read(self._path(id_, "json")) if _ID.fullmatch(id_) else None
        if found is None:
            raise UsageError("there is no such dossier here", where=str(self.folder))
        return self._checked(found)

    def all(self) -> list[Record]:
        """Return every dossier, the newest first; what a killed maker left of one is removed."""
        places = self.folder.glob(f"{self.before}*.json")
        found = [self._checked(one) for place in places if (one := self._read(place)) is not None]
        return sorted(found, key=lambda one: (-one.at_ns, one.id))

    def remove(self, id_: str) -> None:
        """Remove a dossier and what is known of it."""
        for end in ("zip", "json", "lock"):
            self._path(id_, end).unlink(missing_ok=True)

    def _path(self, id_: str, end: str) -> Path:
        return self.folder / f"{self.before}{id_}.{end}"

    def _read(self, place: Path) -> Record | None:
        try:
            return Record(**json.loads(place.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            raise CaseError(
                "what is known of a dossier cannot be read",
                where=str(place),
                next_step="Set this file aside; the dossier beside it is whole where it has"
                " its name.",
            ) from None

    def _checked(self, record: Record) -> Record:
        """Return the record as it is now: a maker that died left it as it was."""
        if record.state != MAKING or self._is_held(record.id):
            return record
        record = self._read(self._path(record.id, "json")) or record  # it may have ended just now
        if record.state != MAKING:
            return record
        for left in self.folder.glob(f".*{self.before}{record.id}.*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
        place = self.dossier(record.id)
        ended = replace(record, state=BROKEN, ended_ns=time.time_ns())
        if place.is_file():  # killed after the dossier had its name, before this file said so
            size = place.stat().st_size
            ended = replace(ended, state=MADE, sha256=digest_of(place), bytes=size)
        self.put(ended)
        return ended

    def _is_held(self, id_: str) -> bool:
        try:
            descriptor = os.open(self._path(id_, "lock"), os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False
