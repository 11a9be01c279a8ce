"""Use cases: end an investigation by a notice, apply it in the folder, take back its answer.

Where the folder lies in its case the notice is applied at once. Elsewhere it is a file to be
carried there; the case lists it as outstanding until the folder's answer comes back. Whatever was
killed half-way, the same command completes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from zegel.canonical import JSON
from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.custody.proved import Proved, export_proved, read_proved
from zegel.custody.vouching import standing_of
from zegel.errors import UsageError, VerificationError
from zegel.investigation import Investigation
from zegel.investigation.life import (
    ANSWER,
    APPLIED,
    DESTROYED,
    NOTICE,
    REMOVED,
    WITHDRAWN,
    applied_facts,
    read_notice,
    require_for,
)
from zegel.service.door import Visit
from zegel.service.granted import ACKNOWLEDGED, Held, held_by
from zegel.service.logs import investigation_log
from zegel.service.seen import as_counts, who_saw
from zegel.tables import make_folder, replace_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """An ending and how far it has come."""

    held: Held
    entry: int
    """Of the case's log."""
    act: str
    reason: str
    at_ns: int
    notice: Path | None
    """The file to be carried to the folder; None where it was answered."""


def end(visit: Visit, case: Case, held: Held, act: str, facts: Mapping[str, JSON]) -> Notified:
    """Write in the case's log that `held` is over, and apply that where its folder lies here.

    What was begun before, by a command that was killed, is completed and not said twice.
    """
    index = next((i for i, ending in held.endings.items() if ending.act == act), None)
    if index is None:
        named: dict[str, JSON] = {"log": held.log, "name": held.name, "root": held.root}
        index = visit.note(act, {**named, **facts})
    visit.written = True
    who = visit.person.name
    if held.folder is not None and index not in held.answered:
        inv, notice = Investigation.open(held.folder), notice_of(case, index)
        apply(inv, investigation_log(inv), notice, who)
        if act != DESTROYED:  # its answer is the certificate
            acknowledge(case, answer_of(held.folder, APPLIED), who=who)
    return notified(case, index)


def notified(case: Case, index: int) -> Notified:
    """Return how far the ending in entry `index` of the case's log has come."""
    return next(one for one in notices(case) if one.entry == index)


def notice_of(case: Case, index: int) -> bytes:
    """Return entry `index` of the case's log as a notice."""
    text = export_proved(case.folder / "custody", index, NOTICE)
    read_notice(text)
    return text


def apply(inv: Investigation, log: Log, text: bytes, who: str) -> Proved:
    """Apply a notice in the folder it is to, by an entry of the folder's own log; return it.

    Raises where it is to another investigation, or not from the case that handed this one out.
    A notice that was applied before changes nothing.
    """
    notice = read_notice(text)
    require_for(inv.folder, notice)
    log.mend()
    leaf = notice.entry.leaf().hex()
    if not any(entry.facts.get("leaf") == leaf for entry in log.acts([APPLIED])):
        facts = applied_facts(notice)
        if notice.entry.act == WITHDRAWN:
            facts["seen"] = as_counts(who_saw(inv))
        log.append(APPLIED, facts, who=who)
    return notice


def answer_of(folder: Path, act: str) -> bytes:
    """Return the folder's answer: its newest entry of `act`, proved up to the head of its log."""
    found = list(Log.open(folder / "custody", None).acts([act]))
    if not found:
        raise UsageError("no notice was applied here", where=str(folder))
    return export_proved(folder / "custody", found[-1].index, ANSWER)


def acknowledge(case: Case, text: bytes, *, holder: str | None = None, who: str) -> Held:
    """Take back a folder's answer: anchor the head of its log, and list the notice no longer.

    With `holder` the case's log vouches for the head's key first, under that name: somebody has
    found out whose it is.
    """
    answer = read_answer(text)
    held, index = answered_by(case, answer)
    if index in held.answered:
        return held
    log, head = case.log(), answer.by
    if holder is not None:
        log.vouch(head.origin, head.public_key, holder, who=who)
    _take_head(log, answer, who)
    log.append(
        ACKNOWLEDGED,
        {
            "answer": sha256(text).hexdigest(),
            "entries": head.size,
            "entry": index,
            "log": held.log,
            "name": held.name,
        },
        who=who,
    )
    return held


def read_answer(text: bytes) -> Proved:
    """Return the answer in `text`, its proof and signature checked, not whose key it is."""
    return read_proved(text, ANSWER, "an answer to a notice")


def answered_by(case: Case, answer: Proved) -> tuple[Held, int]:
    """Return what an answer answers: the version, and the entry of the case's log."""
    for held in held_by(case):
        for index, ending in held.endings.items():
            expected = REMOVED if ending.act == DESTROYED else APPLIED
            same = answer.entry.facts.get("leaf") == ending.leaf.hex()
            if same and answer.by.origin == held.log and answer.entry.act == expected:
                return held, index
    raise VerificationError(
        "this answers no notice of this case",
        where=str(case.folder),
        next_step="`zegel notice list` says which are outstanding. A destruction is answered by"
        " its certificate.",
    )


def _take_head(log: Log, answer: Proved, who: str) -> None:
    """Anchor the head of the answer; where a later one is anchored, its key must be known."""
    standing = standing_of(answer.by.origin, log.entries())
    if any(head.size > answer.by.size for _, head in standing.anchored):
        if answer.by.public_key not in standing.vouched:
            raise VerificationError("nobody vouches for the key that signed this answer")
        return
    log.anchor(answer.by, who=who)


def notices(case: Case) -> list[Notified]:
    """Return every notice of the case, and write anew the files of those outstanding."""
    return [
        Notified(
            held=held,
            entry=index,
            act=ending.act,
            reason=ending.reason,
            at_ns=ending.at_ns,
            notice=None if index in held.answered else _file(case, held, index, ending.act),
        )
        for held in held_by(case)
        for index, ending in held.endings.items()
    ]


def _file(case: Case, held: Held, index: int, act: str) -> Path:
    """Return the file of an outstanding notice, written where it is not there yet."""
    place = make_folder(case.folder / "notices") / f"{held.name}-{act.split()[-1]}-{index}.json"
    if not place.is_file():
        replace_file(place, notice_of(case, index))
    return place
