"""Use case: call back what went into investigations before the register knew it, and who saw it.

1. Every investigation that holds a message which is set apart now is closed: at once where it lies
   in its case, by a signed notice where it lies elsewhere.
2. Who saw such a message is read from the logs: shown whole, in a hit list, in a dossier. A hit
   list is searched again, and the log's digest says whether it showed just that.
3. The next version of each is granted, by the same order, from an index without it.

Whatever was killed half-way, the same command completes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from zegel.canonical import JSON
from zegel.casefile import Case
from zegel.custody.entries import Entry
from zegel.custody.log import Log
from zegel.custody.shown import require_shown
from zegel.errors import UsageError, VerificationError, ZegelError
from zegel.investigation import Investigation
from zegel.investigation.life import DESTROYED, WITHDRAWN
from zegel.processing.settled import BY_PLACE, places_of
from zegel.processing.sql import connect, parquet
from zegel.search import Page
from zegel.service.asked import SEALED
from zegel.service.caseindex import build_case_index, identity_in, settled_files
from zegel.service.door import Visit, Who, enter_case
from zegel.service.grant import grant
from zegel.service.granted import Held, held_by
from zegel.service.keptgrants import kept_grant
from zegel.service.notices import end
from zegel.service.place import FROM_CASE
from zegel.service.progress import Progress, silent
from zegel.service.searching import hits_of
from zegel.service.seen import MESSAGES_IN, shown_in
from zegel.service.setapart import blurred, current_marks

RECALLED = "privilege recalled"
REASON = "it held messages between lawyer and client; a version without them takes its place"


@dataclass(slots=True, kw_only=True)
class Sight:
    """What one person saw of what is recalled."""

    who: str
    messages: set[str] = field(default_factory=set, repr=False)
    """Identities of messages shown whole."""
    hit_lists: set[str] = field(default_factory=set, repr=False)
    """Identities that stood in a hit list, as its digest proves."""
    perhaps: int = 0
    """Hit lists that cannot be made again, and dossiers: they may have shown it."""

    def fields(self) -> dict[str, Any]:
        """Return it for a document."""
        return {
            "who": self.who,
            "messages": sorted(self.messages),
            "hit_lists": sorted(self.hit_lists),
            "perhaps": self.perhaps,
        }


@dataclass(slots=True, kw_only=True)
class Recall:
    """One investigation from which something is recalled."""

    name: str
    root: str
    here: bool
    messages: list[str] | None = field(repr=False)
    """Identities, as it calls them; None where the case does not know what it held."""
    notice: str | None
    """The file to be carried to it; None where it is closed already."""
    seen: list[dict[str, Any]] | None = field(repr=False)
    """None where the folder lies elsewhere: its answer to the notice says who saw how much."""
    next_version: str | None = None
    why_not: str = ""


def recall(
    case: Case, *, workers: int | None = None, who: Who = None, progress: Progress = silent
) -> list[Recall]:
    """Close what holds messages that are set apart, say who saw them, grant the next versions."""
    with enter_case(case, RECALLED, who) as visit, case.lock():
        marks = current_marks(case)
        if marks is None:
            raise UsageError("no privilege register is enrolled", where=str(case.folder))
        places = _places_apart(case)
        found = [
            (held, one) for held in held_by(case) if (one := _close(visit, case, held, places))
        ]
        visit.write({"investigations": _said(one for _, one in found)}, act=RECALLED)
    waiting = [(held, one) for held, one in found if _is_last(case, held)]
    if waiting:
        _grant_next(case, waiting, workers, who, progress)
    return [one for _, one in found]


def _said(found: Iterable[Recall]) -> list[JSON]:
    return [
        {
            "name": one.name,
            "root": one.root,
            "messages": "unknown" if one.messages is None else blurred(len(one.messages)),
            "seen_by": [seen["who"] for seen in one.seen or ()],
        }
        for one in found
    ]


def _places_apart(case: Case) -> frozenset[bytes]:
    """Return every place of the messages that are set apart."""
    marks = current_marks(case)
    assert marks is not None
    settled = settled_files(case)
    places = places_of(settled.states, parquet([settled.messages]))
    query = (
        f"SELECT {identity_in(case)} FROM {places} p "
        f"SEMI JOIN {parquet([marks / 'apart.parquet'])} a USING (message) "
        f"JOIN {parquet(settled.stored)} s USING ({BY_PLACE})"
    )
    with connect(case.folder / "spill") as connection:
        return frozenset(bytes(row[0]) for row in connection.execute(query).fetchall())


def _close(visit: Visit, case: Case, held: Held, places: frozenset[bytes]) -> Recall | None:
    """Close one investigation where it holds any of `places`; None where it does not."""
    if held.draws_from != FROM_CASE:
        return None
    kept = kept_grant(case, held.root)
    messages = None if kept is None else kept.messages_at(places)
    if messages is not None and not messages:
        return None
    notice = None
    if not held.ended(DESTROYED):
        ended = end(visit, case, held, WITHDRAWN, {"reason": REASON})
        notice = str(ended.notice) if ended.notice else None
    return Recall(
        name=held.name,
        root=held.root,
        here=held.folder is not None,
        messages=None if messages is None else sorted(one.hex() for one in messages),
        notice=notice,
        seen=None if held.folder is None or messages is None else _seen(held, messages),
    )


def _seen(held: Held, messages: frozenset[bytes]) -> list[dict[str, Any]]:
    """Return who saw any of `messages` in an investigation that lies here."""
    assert held.folder is not None
    inv, wanted = Investigation.open(held.folder), {one.hex() for one in messages}
    people: dict[str, Sight] = {}
    for entry in Log.open(held.folder / "custody", None).entries():
        sight = people.get(entry.who) or Sight(who=entry.who)
        if "failed" not in entry.facts and _note(sight, inv, entry, wanted):
            people[entry.who] = sight
    return [sight.fields() for sight in people.values()]


def _note(sight: Sight, inv: Investigation, entry: Entry, wanted: set[str]) -> bool:
    """Add what an entry shows of `wanted`; say whether it shows any, or may."""
    if SEALED in entry.facts:  # what the defence saw, only they can say
        sight.perhaps += 1
        return True
    if entry.act in MESSAGES_IN:
        read = wanted.intersection(shown_in(entry))
        sight.messages |= read
        return bool(read)
    if entry.act == "search":
        shown = _page_again(inv, entry)
        if shown is None:
            sight.perhaps += 1
            return True
        sight.hit_lists |= wanted.intersection(shown)
        return bool(wanted.intersection(shown))
    if entry.act == "dossier made":
        sight.perhaps += 1
        return True
    return False


def _page_again(inv: Investigation, entry: Entry) -> list[str] | None:
    """Return what a hit list showed, proved by the entry's digest; None where it cannot be."""
    if not inv.table("messages").is_file() or "query" not in entry.facts:
        return None
    facts = entry.facts
    for by_date, newest in ((True, True), (True, False), (False, True)):
        page = Page(
            offset=int(str(facts["offset"])),
            limit=int(str(facts["limit"])),
            by_date=by_date,
            newest_first=newest,
        )
        try:
            names = hits_of(inv, str(facts["query"]), page)
            require_shown(entry, names)
        except (VerificationError, UsageError):
            continue  # another order of hits, or tags that have changed since
        return names
    return None


def _is_last(case: Case, held: Held) -> bool:
    """Say whether no version of the investigation was granted after this one."""
    return not any(
        one.entry > held.entry
        and one.draws_from == held.draws_from
        and (one.investigation, one.number) == (held.investigation, held.number)
        for one in held_by(case)
    )


def _grant_next(
    case: Case,
    waiting: list[tuple[Held, Recall]],
    workers: int | None,
    who: Who,
    progress: Progress,
) -> None:
    """Grant the next version of each, from an index without what is set apart."""
    try:
        build_case_index(case, who=who, progress=progress)
    except ZegelError as error:
        for _, one in waiting:
            one.why_not = error.what
        return
    for held, one in waiting:
        kept = kept_grant(case, held.root)
        if kept is None:
            one.why_not = "its order is not kept in the case: grant it by hand"
            continue
        try:
            granted = grant(
                case, kept.order, signature=kept.signature, who=who, workers=workers,
                progress=progress,
            )  # fmt: skip
            one.next_version = str(granted.folder)
        except ZegelError as error:
            one.why_not = error.what
