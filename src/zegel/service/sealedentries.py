"""Use case: hand out the entries of the log in which what somebody asked is encrypted to them.

Only who holds the secret key can read them: the defence, to show a court what they searched for,
should they ever wish to. This program never sees that key.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field

from zegel.investigation import Investigation
from zegel.service.asked import SEALED
from zegel.service.door import Who, enter
from zegel.service.reading import iso


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEntry:
    """One entry whose question only its author can read."""

    index: int
    at: str | None
    who: str
    act: str
    message: bytes = field(repr=False)
    """Binary OpenPGP; inside, JSON: `act`, `asked`, `results`, `shown`."""


def sealed_entries(
    inv: Investigation, *, person: str | None = None, who: Who = None
) -> list[SealedEntry]:
    """Return all sealed entries of an investigation's log, or those of one person."""
    with enter(inv, "sealed entries exported", who, {"person": person}) as visit:
        found = [
            SealedEntry(
                index=entry.index,
                at=iso(entry.time_ns),
                who=entry.who,
                act=entry.act,
                message=_bytes(sealed),
            )
            for entry in visit.log.entries()
            if isinstance(sealed := entry.facts.get(SEALED), str) and person in (None, entry.who)
        ]
        visit.write({"entries": len(found)})
    return found


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text.encode()
