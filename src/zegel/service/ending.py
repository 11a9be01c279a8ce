"""Use cases: withdraw an investigation, destroy what it holds, and let a notice do so elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zegel.canonical import JSON
from zegel.casefile import Case
from zegel.custody.entries import Entry
from zegel.custody.log import Log
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.archive import file_digest
from zegel.investigation.destruction import (
    CERTIFICATE,
    answer_in,
    body_digest,
    certify,
    forget_plan,
    planned,
    read_certificate,
    remove_all,
    removed_in,
)
from zegel.investigation.life import (
    APPLIED,
    DESTROYED,
    NO_LONGER_LISTED,
    REMOVED,
    REMOVING,
    SUPERSEDED,
    WITHDRAWN,
    applied_notice,
    read_notice,
    require_for,
)
from zegel.service.closing import alone, forget_beside
from zegel.service.door import Visit, Who, enter, enter_case
from zegel.service.granted import ACKNOWLEDGED, Held, earlier_than, find_held, held_by
from zegel.service.logs import investigation_log
from zegel.service.notices import (
    Notified,
    acknowledge,
    answer_of,
    answered_by,
    apply,
    end,
    notices,
    notified,
    read_answer,
)
from zegel.service.place import place_of
from zegel.service.seen import Seen, who_saw
from zegel.service.takeover import same_investigation, store_of
from zegel.tables import make_folder, replace_file

LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """A withdrawal, and who had seen what by then."""

    notified: Notified
    seen: list[Seen] | None
    """None where the folder lies elsewhere: its answer will say how much by whom."""


def withdraw(case: Case, named: str, reason: str, *, who: Who = None) -> Withdrawn:
    """Close an investigation for good because its order was withdrawn; list who saw what."""
    with enter_case(case, WITHDRAWN, who) as visit, case.lock():
        visit.log.mend()
        reason = _checked(reason)
        held = find_held(case, named)
        if _is_destroyed(held):
            raise _destroyed_already(held)
        ended = end(visit, case, held, WITHDRAWN, {"reason": reason})
    seen = None if held.folder is None else who_saw(Investigation.open(held.folder))
    return Withdrawn(notified=ended, seen=seen)


def _checked(reason: str) -> str:
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= LONGEST_REASON:
        raise UsageError(f"a reason has 1 to {LONGEST_REASON} characters")
    return reason


def _is_destroyed(held: Held) -> bool:
    return any(held.endings[i].act == DESTROYED for i in held.answered)


def _destroyed_already(held: Held) -> UsageError:
    return UsageError(
        f"{held.name} is destroyed already",
        next_step="Its certificate lies in CASE/certificates.",
    )


def supersede_earlier(
    visit: Visit, case: Case, versions: Sequence[Held], log: str
) -> list[Notified]:
    """End every earlier version of the investigation whose newest has the log `log`."""
    new = next(held for held in versions if held.log == log)
    by: dict[str, JSON] = {"by": f"order {new.number}, root {new.root[:16]}"}
    return [
        end(visit, case, held, SUPERSEDED, by)
        for held in earlier_than(new, versions)
        if not held.endings or (held.ended(SUPERSEDED) and held.outstanding)
    ]


def destroy(case: Case, named: str, reason: str, *, who: Who = None) -> Notified:
    """Destroy what an investigation holds, here or by notice; the same command continues."""
    with enter_case(case, DESTROYED, who) as visit, case.lock():
        visit.log.mend()
        reason = _checked(reason)
        held = find_held(case, named)
        if _is_destroyed(held):
            _remove_casework(case, held, visit.person.name)  # a kill may have come before
            raise _destroyed_already(held)
        ended = end(visit, case, held, DESTROYED, {"reason": reason})
        if held.folder is not None:
            inv = Investigation.open(held.folder)
            with alone(inv):
                certificate = _destroy_folder(inv, investigation_log(inv), visit.person.name)
            _take_certificate(case, certificate, None, visit.person.name)
            ended = notified(case, ended.entry)
    return ended


def _destroy_folder(inv: Investigation, log: Log, who: str) -> bytes:
    """Destroy what a folder holds, as the notice applied to it orders; return its certificate."""
    done = inv.folder / CERTIFICATE
    if done.is_file():
        forget_plan(inv.folder)  # a kill may have come before
        return done.read_bytes()
    ordered = _ordered(inv)
    dossiers: list[Any] = [one for seen in who_saw(inv) for one in seen.dossiers]
    body = planned(inv, ordered, dossiers)
    log.mend()
    if not list(log.acts([REMOVING])):
        going: dict[str, JSON] = dict.fromkeys(removed_in(body))
        log.append(REMOVING, {"files": len(going), NO_LONGER_LISTED: going}, who=who)
    remove_all(inv.folder)
    forget_beside(place_of(inv))
    log.mend()
    if not list(log.acts([REMOVED])):
        facts: dict[str, JSON] = {
            "certificate": body_digest(body),
            "leaf": ordered.leaf().hex(),
            "root": inv.root.hex(),
        }
        log.append(REMOVED, facts, who=who)
    return certify(inv.folder, body, answer_of(inv.folder, REMOVED))


def _ordered(inv: Investigation) -> Entry:
    """Return the entry of the case's log that orders a folder's destruction."""
    for entry in Log.open(inv.folder / "custody", None).acts([APPLIED]):
        if entry.facts.get("act") == DESTROYED:
            return applied_notice(entry).entry
    raise UsageError("no notice orders that this folder be destroyed", where=str(inv.folder))


def _take_certificate(case: Case, text: bytes, holder: str | None, who: str) -> Held:
    """Take back a certificate: keep it in the case, and what the case kept of casework goes too."""
    _, proved = read_certificate(text)
    held, _ = answered_by(case, proved)
    name = f"{held.name}-{held.root[:16]}.json"
    copies = make_folder(case.folder / "certificates")
    for half in copies.glob(f".{name}.*.new"):  # of an attempt that was killed
        half.unlink()
    replace_file(copies / name, text)
    acknowledge(case, answer_in(text), holder=holder, who=who)
    _remove_casework(case, held, who)
    return held


def _remove_casework(case: Case, held: Held, who: str) -> None:
    """Remove the case's copies of casework, once no version of the investigation is left."""
    store = store_of(case, held.investigation)
    versions = [
        one for one in held_by(case) if same_investigation(one.investigation, held.investigation)
    ]
    left = [one for one in versions if not one.ended(DESTROYED) or one.outstanding]
    if left or not store.is_dir():
        return
    files: dict[str, JSON] = {
        path.name: file_digest(path) for path in sorted(store.iterdir()) if path.is_file()
    }
    facts: dict[str, JSON] = {"files": files, "investigation": held.investigation}
    case.log().append("casework kept by the case destroyed", facts, who=who)
    shutil.rmtree(store)


def apply_here(inv: Investigation, text: bytes, *, who: Who = None) -> bytes:
    """Apply a notice in a folder that lies elsewhere; return the answer to carry back."""
    with enter(inv, APPLIED, who) as visit, alone(inv):
        notice = apply(inv, visit.log, text, visit.person.name)
        visit.written = True
        if notice.entry.act == DESTROYED:
            return _destroy_folder(inv, visit.log, visit.person.name)
        return answer_of(inv.folder, APPLIED)


def read_notice_to(inv: Investigation, text: bytes) -> dict[str, str]:
    """Return what a notice says, once it is known to be to this investigation."""
    notice = read_notice(text)
    require_for(inv.folder, notice)
    return {"act": notice.entry.act, "reason": str(notice.entry.facts.get("reason", ""))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer that was taken back."""

    held: Held
    seen: list[dict[str, Any]]
    """Of a withdrawal: by person how much they had seen there."""


def take_answer(case: Case, text: bytes, *, holder: str | None = None, who: Who = None) -> Answered:
    """Take back what a folder answered: an acknowledgement, or a certificate of destruction."""
    with enter_case(case, ACKNOWLEDGED, who) as visit, case.lock():
        visit.log.mend()
        name = visit.person.name
        if answer_in(text) == text:
            held = acknowledge(case, text, holder=holder, who=name)
        else:
            held = _take_certificate(case, text, holder, name)
        visit.written = True
    said = read_answer(answer_in(text)).entry.facts.get("seen")
    now = next(one for one in held_by(case) if one.log == held.log)
    return Answered(held=now, seen=said if isinstance(said, list) else [])


def list_notices(case: Case, *, every: bool = False, who: Who = None) -> list[Notified]:
    """Return the notices whose folder has not answered yet, or every one."""
    with enter_case(case, "notices listed", who) as visit:
        visit.write()
        return [one for one in notices(case) if every or one.notice is not None]


def check_certificate(text: bytes) -> tuple[dict[str, Any], str]:
    """Return what a certificate says and the key that signed for it; raise where it fails."""
    body, proved = read_certificate(text)
    return body, proved.by.public_key.hex()


def find_investigation(case: Case, named: str) -> Held:
    """Return the version called `named`, as the case's log knows it."""
    return find_held(case, named)
