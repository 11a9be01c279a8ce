"""Use cases: collect messages in a tray, in an order, with notes; what a dossier is made of.

Everybody has a tray of their own; one under a name is shared by all who may read here. What lies in
a tray says what somebody looks for, so of the defence alone it is kept where nobody else reads it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any

from zegel.canonical import JSON
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.casework import Standing, all_lines, standing
from zegel.investigation.rows import numbers_of, rows_numbered
from zegel.investigation.tray import (
    IN,
    LONGEST_NOTE,
    NOTE,
    OUT,
    OWN,
    PLACE,
    Item,
    TrayLine,
    change,
    checked_name,
    checked_note,
    items,
    tray_lines,
    tray_names,
)
from zegel.service import own
from zegel.service.asked import QUERY
from zegel.service.bulk import MOST_NAMED
from zegel.service.choosing import Chosen, messages_of
from zegel.service.door import Visit, Who, enter
from zegel.service.reading import find_message, iso, listed

CHANGED, READ = "tray changed", "tray read"
MOST_ON_A_PAGE = 200
LONGEST_TRAY_NOTE = LONGEST_NOTE
OWN_NAME = "tray"
"""Under which a session of the defence keeps it."""
_COLUMNS = ["number", "message", "clock_ns", "sender", "recipients", "subject", "state", "clock"]


def collect(
    inv: Investigation, chosen: Chosen, *, tray: str = OWN, who: Who = None
) -> dict[str, Any]:
    """Put messages into a tray, behind what lies there; what lies there already stays in place."""
    asked: dict[str, JSON] = {} if chosen.query is None else {QUERY: chosen.query}
    with enter(inv, CHANGED, who, asked) as visit:
        tray = _named(visit, tray)
        numbers = messages_of(inv, chosen)
        there = {item.message for item in _items(visit, tray)}
        new = [message for message in numbers if message not in there]
        _change(visit, tray, [_line(visit, tray, one, IN) for one in new])
    return {
        "training": inv.training,
        "tray": tray,
        "new": len(new),
        "messages": len(there) + len(new),
    }


def share_tray(
    inv: Investigation, name: str, *, tray: str = OWN, who: Who = None
) -> dict[str, Any]:
    """Put what lies in a tray into one under a name, with its notes; all who read here see it."""
    with enter(inv, CHANGED, who) as visit:
        shared = _named(visit, checked_name(name))
        lying = {item.message for item in _items(visit, shared)}
        new = [one for one in _items(visit, _named(visit, tray)) if one.message not in lying]
        lines = [_line(visit, shared, one.message, IN) for one in new]
        noted = [_line(visit, shared, one.message, NOTE, one.note) for one in new if one.note]
        _change(visit, shared, [*lines, *noted])
    return {"training": inv.training, "tray": shared, "key": key_of(shared), "new": len(new)}


def take_out(
    inv: Investigation, wanted: Collection[str] | None, *, tray: str = OWN, who: Who = None
) -> dict[str, Any]:
    """Take messages out of a tray, or with None all of them."""
    with enter(inv, CHANGED, who) as visit:
        tray = _named(visit, tray)
        there = [item.message for item in _items(visit, tray)]
        if wanted is not None:
            meant = {find_message(inv, one)["message"] for one in wanted}
            there = [message for message in there if message in meant]
        _change(visit, tray, [_line(visit, tray, one, OUT) for one in there])
        left = len(_items(visit, tray))
    return {"training": inv.training, "tray": tray, "out": len(there), "messages": left}


def note_in_tray(
    inv: Investigation, wanted: str, note: str, *, tray: str = OWN, who: Who = None
) -> None:
    """Write a note at a message in a tray; an empty one takes the note away."""
    note = checked_note(note)
    with enter(inv, CHANGED, who) as visit:
        tray = _named(visit, tray)
        message = _in_tray(inv, wanted, _items(visit, tray))
        _change(visit, tray, [_line(visit, tray, message, NOTE, note)])


def move_in_tray(
    inv: Investigation, wanted: str, *, by: int, tray: str = OWN, who: Who = None
) -> None:
    """Move a message in a tray by so many places: up where `by` is negative."""
    with enter(inv, CHANGED, who) as visit:
        tray = _named(visit, tray)
        there = _items(visit, tray)
        message = _in_tray(inv, wanted, there)
        order = [item.message for item in there if item.message != message]
        at = next(n for n, item in enumerate(there) if item.message == message)
        place = min(max(0, at + by), len(order))
        before = order[place].hex() if place < len(order) else ""
        _change(visit, tray, [_line(visit, tray, message, PLACE, before)])


def show_tray(
    inv: Investigation, *, tray: str = OWN, page: int = 1, who: Who = None
) -> dict[str, Any]:
    """Return a page of a tray: each message by date, people and subject, with its note."""
    with enter(inv, READ, who) as visit:
        tray = _named(visit, tray)
        there = _items(visit, tray)
        first = (max(1, page) - 1) * MOST_ON_A_PAGE
        shown = there[first : first + MOST_ON_A_PAGE]
        rows = _rows(inv, shown)
        visit.write(shown=[item.message for item in shown])
    return {
        "training": inv.training,
        "tray": tray,
        "key": key_of(tray),
        "messages": len(there),
        "page": page,
        "pages": max(1, -(-len(there) // MOST_ON_A_PAGE)),
        "first": first + 1,
        "items": [rows[item.message] for item in shown],
    }


def list_trays(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return how much lies in one's own tray, and the shared ones with how much lies in each."""
    with enter(inv, READ, who) as visit:
        mine = len(_items(visit, OWN))
        shared = {} if visit.person.sealed_to else tray_names(visit.place.folder)
        visit.write(shown=["own", *shared])
    return {
        "training": inv.training,
        "own": mine,
        "shared": [
            {"tray": name, "key": key_of(name), "messages": count} for name, count in shared.items()
        ],
    }


def identities_in(visit: Visit, tray: str) -> list[str]:
    """Return the identities in a tray, in its order: for whoever makes something of it."""
    return [item.message.hex() for item in _items(visit, _named(visit, tray))]


def key_of(tray: str) -> str:
    """Return what an address calls a tray: addresses hold no names."""
    return f"#{sha256(tray.encode()).hexdigest()[:16]}" if tray != OWN else OWN


def _named(visit: Visit, tray: str) -> str:
    """Return the name of a tray, given by it or by its key."""
    if tray == OWN:
        return OWN
    if visit.person.sealed_to:
        raise UsageError(
            "a tray with a name is shared, and what the defence collects is its own",
            next_step="Collect in your own tray.",
        )
    if not tray.startswith("#"):
        return checked_name(tray)
    found = next((one for one in tray_names(visit.place.folder) if key_of(one) == tray), None)
    if found is None:
        raise UsageError("there is no such tray here", where=str(visit.place.folder))
    return found


def _items(visit: Visit, tray: str) -> list[Item]:
    return items(_lines(visit, tray))


def _lines(visit: Visit, tray: str) -> list[TrayLine]:
    if not visit.person.sealed_to:
        return tray_lines(visit.place.folder, tray, visit.person.name)
    kept = own.get(visit.place, visit.person, OWN_NAME) or []
    return [TrayLine(**{**one, "message": bytes.fromhex(one["message"])}) for one in kept]


def _add(visit: Visit, lines: Sequence[TrayLine]) -> None:
    if not visit.person.sealed_to:
        change(visit.place.folder, lines)
        return
    whole = [*_lines(visit, OWN), *(replace(line, at_ns=time.time_ns()) for line in lines)]
    own.put(
        visit.place,
        visit.person,
        OWN_NAME,
        [{**asdict(line), "message": line.message.hex()} for line in whole],
    )


def _in_tray(inv: Investigation, wanted: str, there: Iterable[Item]) -> bytes:
    message: bytes = find_message(inv, wanted)["message"]
    if message not in {item.message for item in there}:
        raise UsageError("this message does not lie in the tray", where=str(inv.folder))
    return message


def _line(visit: Visit, tray: str, message: bytes, kind: str, value: str = "") -> TrayLine:
    return TrayLine(tray=tray, message=message, kind=kind, value=value, who=visit.person.name)


def _change(visit: Visit, tray: str, lines: Sequence[TrayLine]) -> None:
    """Write the entries, then the lines."""
    facts: dict[str, JSON] = {"kind": lines[0].kind if lines else "", "shared": tray != OWN}
    names = list(dict.fromkeys(line.message for line in lines))
    pieces = [names[at : at + MOST_NAMED] for at in range(0, len(names), MOST_NAMED)] or [[]]
    for piece in pieces[:-1]:
        visit.note(CHANGED, {**facts, "messages": [one.hex() for one in piece]}, shown=piece)
    last = pieces[-1]
    visit.write({**facts, "messages": [one.hex() for one in last]}, shown=last)
    if lines:
        _add(visit, lines)


def _rows(inv: Investigation, shown: Sequence[Item]) -> Mapping[bytes, dict[str, Any]]:
    wanted = {item.message: item for item in shown}
    said = standing(all_lines(inv.folder, wanted))
    rows = rows_numbered(inv, numbers_of(inv, wanted).values(), _COLUMNS).values()
    return {row["message"]: _shown(row, wanted[row["message"]], said) for row in rows}


def _shown(row: Mapping[str, Any], item: Item, said: Mapping[bytes, Standing]) -> dict[str, Any]:
    now = said.get(item.message, Standing())
    return {
        **listed(row),
        "tags": list(now.tags),
        "relevance": now.relevance,
        "disagreement": now.disagreement,
        "note": item.note,
        "noted_by": item.noted_by,
        "put_in_by": item.who,
        "put_in_at": iso(item.at_ns),
    }
