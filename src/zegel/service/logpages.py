"""Use case: where the log of a case stands, and its acts a page at a time, newest first."""

from __future__ import annotations

from typing import Any

from zegel.casefile import Case
from zegel.custody.entries import Entry
from zegel.custody.heads import SignedHead
from zegel.service.door import Who, enter_case
from zegel.service.paging import Part
from zegel.service.reading import iso

_TOLD = ("purpose", "why", "failed", "act", "exhibit", "investigation", "name", "how", "version")
"""Facts of an entry that are shown beside it: who, what for, and how it ended; no more."""


def page_of_log(case: Case, *, part: Part | None = None, who: Who = None) -> dict[str, Any]:
    """Return the signed head of the case's log and a page of what was done, newest first.

    The page ends before the entry that it leaves. Each entry shown is checked against its leaf;
    `zegel custody verify` checks them all.
    """
    part = part or Part()
    with enter_case(case, "log reported", who, {"page": part.page}) as visit:
        log = visit.log
        head = log.head()
        told = part.of(head.size)
        end = head.size - part.offset
        entries = list(log.between(max(0, end - part.size), end))
        visit.write({"entries": len(entries)})
    return {
        "training": case.training,
        "head": _head(head),
        **told,
        "entries": [_shown(entry) for entry in reversed(entries)],
    }


def _head(head: SignedHead) -> dict[str, Any]:
    return {
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "at": iso(head.time_ns),
        "key": head.public_key.hex(),
    }


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "index": entry.index,
        "at": iso(entry.time_ns),
        "who": entry.who,
        "act": entry.act,
        "facts": {
            name: str(value)
            for name, value in entry.facts.items()
            if name in _TOLD and isinstance(value, str | int) and not isinstance(value, bool)
        },
    }
