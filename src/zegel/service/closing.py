"""Use cases: close an investigation into one encrypted archive, and open it again.

The entry that it is closed comes when the archive is whole and before anything is removed. That it
is being opened is an entry before anything is decrypted, and how that ended is another. Whatever
was killed half-way, the same command continues.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zegel.canonical import JSON
from zegel.custody.watch import listing, unlisted
from zegel.errors import CaseError, RefusedError, UsageError
from zegel.investigation import Investigation
from zegel.investigation.archive import (
    ARCHIVE,
    Locking,
    Unlocking,
    archive,
    derived,
    remove_archive,
    remove_derived,
    require_same,
    unpack,
)
from zegel.investigation.life import CLOSED, DESTROYED, REOPENED, Past, past_of
from zegel.service.door import Visit, Who, enter
from zegel.service.enrolling import content_listed
from zegel.service.life import home_of
from zegel.service.own import forget_all
from zegel.service.place import Place
from zegel.service.readlog import forget as forget_reads

OPENING = "archive opening begun"


def close_investigation(inv: Investigation, locking: Locking, *, who: Who = None) -> dict[str, Any]:
    """Put what an investigation holds into one encrypted archive, and remove it in the clear."""
    with enter(inv, CLOSED, who) as visit, alone(inv):
        visit.log.mend()
        past = past_of(inv.folder)
        _require_not_destroyed(inv, past)
        if past.archive is None:
            made = archive(inv.folder, locking)
            require_same(inv.folder, made)
            facts: dict[str, JSON] = {
                "archive": made.sha256,
                "bytes": made.size,
                "files": len(made.files),
                "root": inv.root.hex(),
                **unlisted(content_listed(inv.folder)),
            }
            visit.write(facts)
        elif not derived(inv.folder):
            _told_to_case(inv, visit, CLOSED)  # a kill may have come before
            raise UsageError(
                "the investigation is closed already",
                where=str(inv.folder),
                next_step="`zegel reopen` puts it back.",
            )
        visit.written = True
        remove_derived(inv.folder)
        forget_beside(visit.place)
        return _told_to_case(inv, visit, CLOSED)


def reopen_investigation(
    inv: Investigation, unlocking: Unlocking, *, who: Who = None
) -> dict[str, Any]:
    """Put back what the archive of a closed investigation holds; remove the archive."""
    with enter(inv, REOPENED, who) as visit, alone(inv):
        visit.log.mend()
        past = past_of(inv.folder)
        _require_not_destroyed(inv, past)
        if past.archive is None and not (inv.folder / ARCHIVE).is_file():
            _told_to_case(inv, visit, REOPENED)  # a kill may have come before
            raise UsageError("the investigation is not closed", where=str(inv.folder))
        if past.archive is not None:
            visit.note(OPENING, {"archive": past.archive})
            unpack(inv.folder, unlocking, past.archive)
            back = listing(inv.folder, _back(inv.folder))
            visit.write({"archive": past.archive, "root": inv.root.hex(), **back})
        visit.written = True
        remove_archive(inv.folder)  # or what a killed closing left of one
        return _told_to_case(inv, visit, REOPENED)


def forget_beside(place: Place) -> None:
    """Remove what was made of the content and lies outside the folder."""
    forget_reads(place)
    forget_all(place)


def _back(folder: Path) -> list[Path]:
    """Return the files that the log stood for before the folder was closed."""
    return [folder / name for name in content_listed(folder, ever=True)]


def _require_not_destroyed(inv: Investigation, past: Past) -> None:
    if past.removed or any(ending.act == DESTROYED for ending in past.endings):
        raise RefusedError("what it held is destroyed, or being so", where=str(inv.folder))


def _told_to_case(inv: Investigation, visit: Visit, act: str) -> dict[str, Any]:
    """Write in the case's log, where the folder lies in its case, what its own log says."""
    log = visit.log
    done = [entry for entry in log.acts([act]) if "failed" not in entry.facts]
    told: dict[str, Any] = {"training": inv.training, "root": inv.root.hex()}
    if not done:
        return told
    own = done[-1]
    case = home_of(inv)
    if case is not None:
        origin = log.head().origin
        facts: dict[str, JSON] = {
            "archive": own.facts["archive"],
            "entry": own.index,
            "log": origin,
            "name": inv.folder.name,
        }
        case.log().mend()
        said = case.log().acts([act])
        if not any((e.facts.get("log"), e.facts.get("entry")) == (origin, own.index) for e in said):
            case.log().append(act, facts, who=visit.person.name)
    return {**told, **own.facts}


@contextmanager
def alone(inv: Investigation) -> Iterator[None]:
    """Hold the folder against other commands that close, open or destroy it."""
    descriptor = os.open(inv.folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CaseError(
                "another zegel command is closing, opening or destroying this investigation, or"
                " makes a dossier of it",
                where=str(inv.folder),
                next_step="Wait for it to end.",
            ) from None
        yield
    finally:
        os.close(descriptor)
