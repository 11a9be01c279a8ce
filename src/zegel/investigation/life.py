"""What ended or closed an investigation, as its own log says: it needs no case, and never guesses.

A **notice** is an entry of the case's log that ends something, proved up to a signed head
(docs/reference/life-of-an-investigation.md). It is applied by an entry of the investigation's own
log that holds the notice whole; from then on the folder itself says that it is over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zegel.canonical import JSON, canonical_json
from zegel.custody.entries import Entry
from zegel.custody.log import Log
from zegel.custody.proved import Proved, read_proved
from zegel.custody.remembered import acts_so_far
from zegel.custody.vouchers import read_voucher
from zegel.errors import UsageError, VerificationError
from zegel.investigation.folder import CERTIFICATE, DESCRIPTION, ORDER, SIGNATURE, VOUCHER

NOTICE = "zegel-notice-1"
ANSWER = "zegel-notice-answer-1"

DESTROYED = "destruction ordered"
WITHDRAWN = "investigation withdrawn"
SUPERSEDED = "investigation superseded"
ENDING = (DESTROYED, WITHDRAWN, SUPERSEDED)
"""Acts of the case's log by which an investigation is over, the gravest first."""

APPLIED = "notice applied"
CLOSED = "investigation closed"
REOPENED = "investigation reopened"
REMOVING = "destruction begun"
REMOVED = "derived set destroyed"
"""Acts of the investigation's own log."""

KEPT = frozenset(
    {"certificate.json", "custody", "people", CERTIFICATE, DESCRIPTION, ORDER, SIGNATURE, VOUCHER}
)
"""What of a folder is no derived set: what was authorised and done. It stays in the clear when the
rest is closed, and stays when the rest is destroyed."""


_OF_LIFE = frozenset({APPLIED, CLOSED, REOPENED, REMOVED})

NO_LONGER_LISTED = "listed"
"""The fact by which an entry ends what the log stood for: path of each file → null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """By what an investigation is over."""

    act: str
    reason: str
    by: str
    """What took its place; empty where nothing did."""
    at_ns: int
    leaf: bytes = field(repr=False)
    """Hash of the entry of the case's log: the same in every file that proves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the investigation's own log says of its life."""

    endings: tuple[Ending, ...] = ()
    archive: str | None = None
    """SHA-256 of the archive it is closed in; None while it is open."""
    removed: bool = False
    """The derived set was destroyed."""


def ending_of(entry: Entry) -> Ending:
    """Return the ending that an entry of the case's log is."""
    facts = entry.facts
    return Ending(
        act=entry.act,
        reason=str(facts.get("reason", "")),
        by=str(facts.get("by", "")),
        at_ns=entry.time_ns,
        leaf=entry.leaf(),
    )


def read_notice(text: bytes) -> Proved:
    """Return the notice in `text`, its proof and signature checked, not whose key it is."""
    found = read_proved(text, NOTICE, "a notice to an investigation")
    if found.entry.act not in ENDING:
        raise VerificationError("this is not a notice to an investigation")
    return found


def require_for(folder: Path, notice: Proved) -> None:
    """Raise unless `notice` is to this investigation, by the case's log that vouches for it."""
    place = folder / VOUCHER
    if not place.is_file():
        raise UsageError("no voucher lies in this folder that says whose it is", where=str(folder))
    voucher = read_voucher(place.read_bytes())
    origin = Log.open(folder / "custody", None).head().origin
    if notice.entry.facts.get("log") != origin or voucher.vouched.log != origin:
        raise UsageError(
            f"the notice is to {notice.entry.facts.get('name')!r}, not to this investigation",
            where=str(folder),
            next_step="`zegel notice list` in the case says which notice goes where.",
        )
    if (notice.by.public_key, notice.by.origin) != (voucher.by.public_key, voucher.by.origin):
        raise VerificationError(
            f"the notice is signed by key {notice.by.public_key.hex()[:16]}, not by key"
            f" {voucher.by.public_key.hex()[:16]} of the case that handed this folder out",
            where=str(folder),
        )


def applied_facts(notice: Proved) -> dict[str, JSON]:
    """Return what the entry says by which `notice` is applied."""
    return {
        "act": notice.entry.act,
        "leaf": notice.entry.leaf().hex(),
        "notice": {
            "entry": json.loads(notice.entry.line()),
            "format": NOTICE,
            "head": notice.by.fields(),
            "proof": [node.hex() for node in notice.proof],
        },
    }


def applied_notice(entry: Entry) -> Proved:
    """Return the notice that an entry applied."""
    return read_notice(canonical_json(entry.facts["notice"]) + b"\n")


def past_of(folder: Path) -> Past:
    """Return what the log in an investigation's folder says of its life so far."""
    endings: list[Ending] = []
    archive, removed = None, False
    for entry in acts_so_far(folder / "custody", _OF_LIFE):
        if "failed" in entry.facts:
            continue  # an attempt that came to nothing
        if entry.act == APPLIED:
            endings.append(ending_of(applied_notice(entry).entry))
        elif entry.act == CLOSED:
            archive = _text(entry.facts, "archive")
        elif entry.act == REOPENED:
            archive = None
        else:
            removed = True
    return Past(endings=tuple(endings), archive=archive, removed=removed)


def _text(facts: Mapping[str, JSON], name: str) -> str:
    return str(facts.get(name, ""))
