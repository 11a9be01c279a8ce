"""Use cases: what to read next, and who looked at what; from the log alone.

Of the defence it is said how often they acted, never at what they looked: the log has that sealed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import chain
from typing import Any

from zegel.canonical import JSON
from zegel.custody.entries import Entry
from zegel.custody.shown import require_shown
from zegel.errors import UsageError, VerificationError, ZegelError
from zegel.investigation import Investigation
from zegel.investigation.rows import identities_of, numbers_of
from zegel.search import Page
from zegel.service.asked import QUERY
from zegel.service.choosing import in_order
from zegel.service.door import Who, enter
from zegel.service.place import Place
from zegel.service.reading import find_message, iso
from zegel.service.readlog import read_log
from zegel.service.searching import hits_of

BY = ("me", "team")
ORDERS = ("newest", "oldest", "best")
MOST_LISTED = 1000
"""Messages listed of what one person read, the last read first."""
SECONDS = 1.0
"""How long one request looks through lists of hits that nobody has looked through yet."""


def next_unread(
    inv: Investigation,
    *,
    query: str = "",
    order: str = "oldest",
    after: int | None = None,
    by: str = "me",
    who: Who = None,
) -> dict[str, Any]:
    """Return the next message that I (`me`) or nobody (`team`) has read; none where all are read.

    Next is behind number `after` in the order of the search `query`, and begins anew at its end.
    Reads of the defence are sealed: to the team they are none, and they themselves get the next
    message, read or not.
    """
    if by not in BY or order not in ORDERS:
        raise UsageError(f"read by {', '.join(BY)}, in order {', '.join(ORDERS)}")
    asked: dict[str, JSON] = {"by": by, "after": after}
    if query.strip():
        asked[QUERY] = query
    with enter(inv, "next unread asked", who, asked) as visit:
        reader = visit.person.name if by == "me" else None
        numbers = in_order(inv, query, order) if query.strip() else None
        with read_log(visit.place, inv) as log:
            if numbers is not None:
                found = log.unread_among(_behind(numbers, after), reader)
            elif order == "oldest":
                found = log.first_unread(after or 0, reader)
                found = log.first_unread(0, reader) if found is None and after else found
            else:
                found = log.unread_among(_downwards(inv.messages, after), reader)
            unread = inv.messages - log.count(reader)
        visit.write(shown=list(identities_of(inv, [found] if found else []).values()))
    at = None if found is None else _place(found, numbers, inv.messages, order)
    return {"training": inv.training, "message": found, "at": at, "by": by, "unread": unread}


def _place(number: int, numbers: list[int] | None, messages: int, order: str) -> int:
    """Return which hit of its search a message is, counted from 0."""
    if numbers is not None:
        return numbers.index(number)
    return number - 1 if order == "oldest" else messages - number


def _behind(numbers: list[int], after: int | None) -> Iterator[int]:
    """Yield what comes behind `after`, then what comes before it."""
    if after not in numbers:
        return iter(numbers)
    at = numbers.index(after)
    return chain(numbers[at + 1 :], numbers[:at])


def _downwards(messages: int, after: int | None) -> Iterator[int]:
    if after is None or not 0 < after <= messages:
        return iter(range(messages, 0, -1))
    return chain(range(after - 1, 0, -1), range(messages, after, -1))


def readers_of(inv: Investigation, wanted: str, *, who: Who = None) -> dict[str, Any]:
    """Return who read a message, when and how often, and in which searches it was shown.

    The log holds a digest of what a search showed. The search is made again, and counts where it
    gives the same digest; `searches` says of how many that cannot be told any more, since tags were
    put on or taken off, and how many are left for the next time.
    """
    with enter(inv, "readers listed", who, {"message": wanted}) as visit:
        row = find_message(inv, wanted)
        _look_through(inv, visit.place)
        with read_log(visit.place, inv) as log:
            number = row["number"]
            result = {
                "training": inv.training,
                "message": number,
                "id": row["message"].hex(),
                "readers": [
                    {
                        "who": one.who,
                        "first": iso(one.first_ns),
                        "last": iso(one.last_ns),
                        "times": one.times,
                    }
                    for one in log.readers(number)
                ],
                "shown_in": [
                    {"entry": one.entry, "who": one.who, "at": iso(one.at_ns)}
                    for one in log.showing(number)
                ],
                "searches": log.counts_of_searches(),
                "sealed": _sealed(log.people()),
            }
        visit.write({"message": result["id"]}, shown=[result["id"]])
    return result


def readers(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return how much each person saw: messages, searches, overviews, dossiers, sealed acts."""
    with enter(inv, "readers listed", who) as visit:
        with read_log(visit.place, inv) as log:
            people = log.people()
            read = log.count(None)
        visit.write(shown=[one["who"] for one in people])
    return {
        "training": inv.training,
        "messages": inv.messages,
        "read": read,
        "people": [_person(one) for one in people],
    }


def read_by(inv: Investigation, key: str, *, who: Who = None) -> dict[str, Any]:
    """Return which messages a person read, the last read first; `key` as `readers` names them."""
    with enter(inv, "readers listed", who, {"person": key}) as visit:
        with read_log(visit.place, inv) as log:
            one = next((one for one in log.people() if key_of(one["who"]) == key), None)
            if one is None:
                raise UsageError("there is no such person in the log", where=str(inv.folder))
            numbers = log.read_by(one["who"], MOST_LISTED)
        visit.write(shown=[str(number) for number in numbers])
    return {"training": inv.training, **_person(one), "numbers": numbers}


def key_of(name: str) -> str:
    """Return what an address calls a person: addresses hold no names."""
    return sha256(name.encode()).hexdigest()[:16]


def _person(one: dict[str, Any]) -> dict[str, Any]:
    counts = ("messages", "times", "hit_lists", "overviews", "dossiers", "sealed")
    return {
        "who": one["who"],
        "key": key_of(one["who"]),
        "first": iso(one["first_ns"]),
        "last": iso(one["last_ns"]),
        **{name: int(one[name]) for name in counts},
    }


def _sealed(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"who": one["who"], "acts": one["sealed"]} for one in people if one["sealed"]]


def _look_through(inv: Investigation, place: Place) -> None:
    """Find out what lists of hits showed that were not looked at yet, as long as time allows."""
    until = time.monotonic() + SECONDS
    with read_log(place, inv) as log:
        left = log.to_look_at(MOST_LISTED)
    looked = []  # the searches are made while nobody waits for the file
    for search in left:
        if time.monotonic() > until:
            break
        entry, _ = next(place.log.entries_from(search.entry, search.octet))
        looked.append((search, _shown_by(inv, entry)))
    with read_log(place, inv) as log:
        for search, names in looked:
            log.looked(search, None if names is None else _numbers(inv, names))


def _numbers(inv: Investigation, names: list[str]) -> list[int]:
    return list(numbers_of(inv, {bytes.fromhex(name) for name in names}).values())


def _shown_by(inv: Investigation, entry: Entry) -> list[str] | None:
    """Return the identities that a list of hits showed; None where no search gives them now."""
    query, offset, limit = (entry.facts.get(name) for name in (QUERY, "offset", "limit"))
    if not isinstance(query, str) or not isinstance(offset, int) or not isinstance(limit, int):
        return None
    for order in ORDERS:
        page = Page(
            offset=offset,
            limit=limit,
            by_date=order != "best",
            newest_first=order == "newest",
        )
        try:
            names = hits_of(inv, query, page)
            require_shown(entry, names)
        except VerificationError:
            continue
        except ZegelError:  # the query language has changed since
            return None
        return names
    return None
