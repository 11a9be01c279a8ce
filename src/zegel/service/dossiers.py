"""Use cases: have a dossier made of a tray while one goes on, follow it, take it out, remove it."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from zegel.canonical import JSON
from zegel.custody.watch import unlisted
from zegel.dossier.opinions import DEFAULT_SAMPLE
from zegel.errors import CaseError, UsageError
from zegel.investigation import Investigation
from zegel.investigation.tray import OWN
from zegel.people import Person
from zegel.service.door import Visit, Who, admit, enter
from zegel.service.dossier import dossier_terms
from zegel.service.own import own_shelf
from zegel.service.place import Place
from zegel.service.reading import iso
from zegel.service.shelf import MADE, MAKING, NAME, Record, Shelf
from zegel.service.tray import identities_in

MOST_AT_ONCE = 2
"""Dossiers being made of one investigation."""
ID_SIZE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierOptions:
    """How a dossier is made, in the words of a form; what does not fit raises `UsageError`."""

    language: str = "en"
    zone: str = "UTC"
    opinions: str = "sample"
    sample: int = DEFAULT_SAMPLE
    printed: int | None = None
    withhold: bytes | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)

    def plain(self) -> dict[str, JSON]:
        """Return what can be told of them."""
        return {
            "language": self.language,
            "zone": self.zone,
            "opinions": self.opinions,
            "sample": self.sample,
            "printed": self.printed,
        }


def order_dossier(
    inv: Investigation, options: DossierOptions, *, tray: str = OWN, who: Who = None
) -> dict[str, Any]:
    """Begin to make a dossier of what lies in a tray, and return what is known of it.

    A process of its own makes it, under the name of whoever orders it: closing a browser stops
    nothing, and ending the server leaves nothing half-made that looks whole.
    """
    terms = dossier_terms(
        withhold=options.withhold, certificate=options.certificate, **_words(options)
    )
    with enter(inv, "dossier ordered", who) as visit:
        shelf = _shelf(inv, visit.place, visit.person)
        ids = identities_in(visit, tray)
        if not ids:
            raise UsageError("the tray is empty", next_step="Put messages into it first.")
        if sum(one.state == MAKING for one in shelf.all()) >= MOST_AT_ONCE:
            raise UsageError(
                f"{MOST_AT_ONCE} dossiers are being made already", next_step="Wait for one to end."
            )
        record = Record(
            id=secrets.token_hex(ID_SIZE),
            who=visit.person.name,
            at_ns=time.time_ns(),
            tray=tray,
            messages=len(ids),
            options={**options.plain(), "withheld": sum(len(one.ids) for one in terms.withheld)},
        )
        facts: dict[str, JSON] = {"dossier": record.id, "messages": len(ids)}
        visit.write(facts, shown=sorted(ids))
        _begin(inv, visit, shelf, record, options, ids)
    return _shown(record)


def _words(options: DossierOptions) -> dict[str, Any]:
    return dict(options.plain())


def _begin(
    inv: Investigation,
    visit: Visit,
    shelf: Shelf,
    record: Record,
    options: DossierOptions,
    ids: list[str],
) -> None:
    person = visit.person
    job = {
        "folder": str(inv.folder),
        "shelf": str(shelf.folder),
        "before": shelf.before,
        "id": record.id,
        "ids": ids,
        "options": _words(options),
        "withhold": _text(options.withhold),
        "certificate": _text(options.certificate),
        "person": {"name": person.name, "purpose": person.purpose, "how": person.how},
    }
    folder = _held(inv.folder)
    try:
        lock = shelf.new(record)
        try:
            _start(job, (folder, lock))
        finally:
            os.close(lock)
    finally:
        os.close(folder)


def _held(folder: Path) -> int:
    """Hold an investigation against being closed or destroyed, for as long as a dossier is made."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise CaseError(
            "the investigation is being closed, opened or destroyed", where=str(folder)
        ) from None
    return descriptor


def _start(job: dict[str, Any], held: tuple[int, ...]) -> None:
    words = [sys.executable, "-m", "zegel.service.dossierjob"]
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=held,
    )
    assert process.stdin is not None
    with process.stdin:
        process.stdin.write(json.dumps(job).encode())
    threading.Thread(target=process.wait, name="dossier", daemon=True).start()


def _text(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode("ascii")


def list_dossiers(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return the dossiers made here, the newest first, each with how far it is."""
    with enter(inv, "dossiers listed", who) as visit:
        found = _shelf(inv, visit.place, visit.person).all()
        visit.write(shown=[one.id for one in found])
    return {
        "training": inv.training,
        "root": inv.root.hex(),
        "dossiers": [_shown(one) for one in found],
    }


def dossier_at(inv: Investigation, id_: str, *, who: Who = None) -> dict[str, Any]:
    """Return how far one dossier is; nothing of the evidence, so to look again is no entry."""
    place, person = admit(inv, "dossiers listed", who)
    found = _shelf(inv, place, person).get(id_)
    return {"training": inv.training, "root": inv.root.hex(), **_shown(found)}


def hand_out_dossier(inv: Investigation, id_: str, *, who: Who = None) -> Path:
    """Return the file of a finished dossier, to be taken away whole."""
    with enter(inv, "dossier handed out", who, {"dossier": id_}) as visit:
        shelf = _shelf(inv, visit.place, visit.person)
        found = shelf.get(id_)
        if found.state != MADE:
            raise UsageError(
                "the dossier is not made", next_step="Its page says how far it is, or why."
            )
        visit.write({"sha256": found.sha256}, shown=[found.id])
    return shelf.dossier(id_)


def remove_dossier(inv: Investigation, id_: str, *, who: Who = None) -> None:
    """Remove a dossier from here; copies that were taken away are not reached."""
    with enter(inv, "dossier removed", who, {"dossier": id_}) as visit:
        shelf = _shelf(inv, visit.place, visit.person)
        found = shelf.get(id_)
        if found.state == MAKING:
            raise UsageError("the dossier is being made", next_step="Wait for it to end.")
        facts: dict[str, JSON] = {"sha256": found.sha256}
        name = f"{NAME}/{shelf.dossier(id_).name}"
        if name in visit.place.checked.files:
            visit.note("files no longer listed", unlisted([name]))
        visit.write(facts)
        shelf.remove(id_)


def dossier_verifier() -> bytes:
    """Return the program that checks a dossier anywhere, without Zegel."""
    return files("zegel.dossier").joinpath("verify.py").read_bytes()


def _shelf(inv: Investigation, place: Place, person: Person) -> Shelf:
    if person.sealed_to:
        return own_shelf(place, person)
    return Shelf(inv.folder / NAME)


def _shown(record: Record) -> dict[str, Any]:
    return {
        **asdict(record),
        "at": iso(record.at_ns),
        "ended": iso(record.ended_ns) if record.ended_ns else None,
    }
