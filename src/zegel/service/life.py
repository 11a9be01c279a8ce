"""What has become of an investigation, and what may therefore still be done in it.

Rules, the first that fits is the one that is named:

1. Destroyed, withdrawn or superseded: by notice in its own log, or, where it lies in its case, by
   the case's log, also where a kill came between the two.
2. Expired: by its order, on the later of the machine's clock and the newest entry of its log (in
   its case, of the case's log too). A clock that was set back opens nothing.
3. Closed: what it held is in an archive.

What says what it is, and its log, can be read in every state (`ALWAYS`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from zegel.authorisation import read_order
from zegel.casefile import Case
from zegel.custody.log import Log
from zegel.custody.remembered import acts_so_far, first_entry
from zegel.custody.writing import CLOCKS_DIFFER_NS
from zegel.errors import RefusedError, VerificationError, at
from zegel.investigation import Investigation
from zegel.investigation.life import (
    APPLIED,
    CLOSED,
    DESTROYED,
    ENDING,
    REOPENED,
    SUPERSEDED,
    WITHDRAWN,
    Ending,
    ending_of,
    past_of,
)

ALWAYS = frozenset(
    {"investigation read", "people read", "head exported", "entry proved", "growth proved",
     "head witnessed", "log reported", "queries reported", APPLIED, CLOSED, REOPENED}
)  # fmt: skip
"""Acts that show no content, or say themselves when they do not fit: done in every state."""
ON_CONTENT = frozenset({"investigation checked", "unopened counted"})
"""Acts that read content and show none: done in every state, while the content is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What has become of an investigation."""

    endings: tuple[Ending, ...]
    """Gravest first."""
    expires_ns: int
    now_ns: int
    """The later of the machine's clock and the newest entry of the logs at hand."""
    clock_behind_ns: int
    """By how much the machine's clock stands behind that entry, where two machines may not."""
    archive: str | None
    removed: bool

    @property
    def expired(self) -> bool:
        """Say whether the order has expired."""
        return self.now_ns >= self.expires_ns

    @property
    def state(self) -> str:
        """Return the one word for it."""
        if self.removed:
            return "destroyed"
        if self.endings:
            return _WORDS[self.endings[0].act]
        if self.expired:
            return "expired"
        return "open" if self.archive is None else "closed"

    def sentence(self) -> str:
        """Say what has become of it, since when and why."""
        ending = next(iter(self.endings), None)
        if ending is not None:
            said = _ended(_SAID[ending.act], day(ending.at_ns), ending.by, ending.reason)
        elif self.expired:
            said = f"its order expired on {day(self.expires_ns)}"
        elif self.archive is None:
            said = f"it is open until {day(self.expires_ns)}"
        else:
            return f"it is closed, in an archive; its order expires on {day(self.expires_ns)}"
        if self.removed:
            return f"{said}; what it held is destroyed"
        return said if self.archive is None else f"{said}; what it holds is closed in an archive"

    def clock_sentence(self) -> str:
        """Say that the machine's clock was set back; empty where it was not."""
        if not self.clock_behind_ns:
            return ""
        clock = self.now_ns - self.clock_behind_ns
        return (
            f"this machine's clock says {day(clock)}, but the newest entry of the log is of"
            f" {day(self.now_ns)}: the clock was set back, and the log's time counts"
        )


_WORDS = {DESTROYED: "being destroyed", WITHDRAWN: "withdrawn", SUPERSEDED: "superseded"}
_SAID = {**_WORDS, DESTROYED: "ordered to be destroyed"}
_NEXT = {
    DESTROYED: "Its log stays, and its certificate says what was removed.",
    WITHDRAWN: "It can be checked, its log verified and reported on; nothing more.",
    SUPERSEDED: "Search the new version; this one can be checked and its log verified.",
}


def _ended(became: str, instant: str, by: str, reason: str) -> str:
    # Whole sentences, so that each can be said in another language.
    if by and reason:
        return f"it was {became} on {instant} by {by}: {reason}"
    if by:
        return f"it was {became} on {instant} by {by}"
    if reason:
        return f"it was {became} on {instant}: {reason}"
    return f"it was {became} on {instant}"


def check_open(inv: Investigation, act: str = "search") -> None:
    """Raise `RefusedError`, saying why and since when, where `act` may no longer be done here."""
    if act in ALWAYS:
        return
    life = life_of(inv)
    content_is_here = life.archive is None and not life.removed
    if act in ON_CONTENT and content_is_here:
        return
    over = life.endings or life.expired
    if not over and content_is_here:
        return
    clock = life.clock_sentence()
    what = f"{life.sentence()}; {clock}" if clock else life.sentence()
    raise RefusedError(
        f"the investigation is not open: {what}", where=str(inv.folder), next_step=_next(life)
    )


def _next(life: Life) -> str:
    if life.endings:
        return _NEXT[life.endings[0].act]
    if life.expired:
        return "A new order makes a new version; this one can be checked and its log verified."
    return "`zegel reopen` puts it back."


def life_of(inv: Investigation) -> Life:
    """Return what has become of an investigation; raise where its order is not the one granted."""
    log = Log.open(inv.folder / "custody", None)
    past, head = past_of(inv.folder), log.head()
    endings, newest = {ending.leaf: ending for ending in past.endings}, head.time_ns
    case = home_of(inv)
    if case is not None:
        case_log = Log.open(case.folder / "custody", None)
        endings |= {one.leaf: one for one in endings_in(case.folder, head.origin)}
        newest = max(newest, case_log.head().time_ns)
    clock = time.time_ns()
    behind = newest - clock
    return Life(
        endings=tuple(sorted(endings.values(), key=lambda one: ENDING.index(one.act))),
        expires_ns=_expires_ns(inv),
        now_ns=max(clock, newest),
        clock_behind_ns=behind if behind > CLOCKS_DIFFER_NS else 0,
        archive=past.archive,
        removed=past.removed,
    )


def endings_in(case: Path, origin: str) -> Iterable[Ending]:
    """Yield what the log of a case says of the end of the investigation whose log is `origin`."""
    for entry in acts_so_far(case / "custody", frozenset(ENDING)):
        if entry.facts.get("log") == origin:
            yield ending_of(entry)


def _expires_ns(inv: Investigation) -> int:
    """Return when the order expires, once it is known to be the one that was sealed."""
    text = inv.order
    digest = sha256(text).hexdigest()
    sealed = first_entry(inv.folder / "custody").facts
    if {inv.header["order"]["sha256"], sealed.get("order", digest)} != {digest}:
        raise VerificationError(
            "the order in the folder is not the one that was granted", where=str(inv.folder)
        )
    with at(inv.folder):
        return read_order(text).expires_ns


def state_of_investigation(inv: Investigation) -> dict[str, Any]:
    """Return what has become of one investigation, for whoever holds its folder."""
    life = life_of(inv)
    return {
        "state": life.state,
        "said": life.sentence(),
        "expires": day(life.expires_ns),
        "clock": life.clock_sentence() or None,
        "closed": life.archive is not None,
    }


def home_of(inv: Investigation) -> Case | None:
    """Return the case that granted an investigation, where it still lies there."""
    case = inv.folder.parent.parent
    key = case / "private" / "investigations" / f"{inv.folder.name}.key"
    if inv.folder.parent.name != "investigations" or not key.is_file():
        return None
    return Case.open(case)


def day(instant_ns: int) -> str:
    """Return an instant in UTC as people write it."""
    return datetime.fromtimestamp(instant_ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M UTC")
