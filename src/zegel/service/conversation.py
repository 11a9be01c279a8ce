"""Use case: read the messages around one, in order of time: of the same people, or of its thread.

A page like a chat, both sides, bounded. Unreadable messages stand in their places. What a
message refers to is said as far as it is here; of the rest only that the message names it. A
silence is one between messages that are here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.casework import Standing
from zegel.investigation.leaves import as_json
from zegel.investigation.outline import Outline, outline
from zegel.investigation.rows import rows_numbered, rows_of
from zegel.service.door import Who, enter
from zegel.service.reading import find_message, listed
from zegel.service.said import said_of

By = Literal["people", "thread"]
BY: tuple[By, ...] = ("people", "thread")
MOST = 200
"""Messages of one page."""
LONGEST_TEXT = 20_000
"""Characters of one text; the whole is a page of its own."""
SILENCE_S = 7 * 86_400
"""From so many seconds between two messages on, the silence is said."""
_COLUMNS = [
    "number", "message", "clock_ns", "clock", "sender", "recipients", "subject", "state", "reason",
    "language", "signature", "text", "references", "thread", "admitted",
]  # fmt: skip


def conversation(
    inv: Investigation,
    wanted: str,
    *,
    by: By = "people",
    first: int | None = None,
    limit: int = 50,
    who: Who = None,
) -> dict[str, Any]:
    """Return a page of the conversation that a message is of, and how many messages it has in all.

    `first` counts from 0, in order of time; without it the page lies around the message. `people`
    are in order of how much they wrote. A text longer than `LONGEST_TEXT` is `cut`, and a message
    so shown does not count as opened.
    """
    if by not in BY:
        raise UsageError(f"no conversation by {by}", next_step=f"By {', '.join(BY)}.")
    if not 0 < limit <= MOST or (first is not None and first < 0):
        raise UsageError(f"a page holds 1 to {MOST} messages")
    with enter(inv, "conversation read", who, {"by": by, "limit": limit}) as visit:
        row = find_message(inv, wanted)
        result = _page(inv, row["number"], by, first, limit)
        shown = [one["id"] for one in result["messages"]]
        told = {
            "around": row["message"].hex(),
            "first": result["first"],
            "messages": [one["id"] for one in result["messages"] if not one["cut"]],
            "cut": [one["id"] for one in result["messages"] if one["cut"]],
        }
        visit.write(told, shown=shown)
    return result


def _page(inv: Investigation, number: int, by: By, first: int | None, limit: int) -> dict[str, Any]:
    known = outline(inv)
    chats = known.by_people if by == "people" else known.by_thread
    places = chats.around(number - 1)
    start = _around(places, number - 1, limit) if first is None else min(first, len(places) - 1)
    before = max(0, start - 1)  # one more: how long nobody wrote before the first of the page
    rows = rows_numbered(inv, [place + 1 for place in places[before : start + limit]], _COLUMNS)
    numbers = [place + 1 for place in places[start : start + limit]]
    earlier = rows[places[before] + 1] if before < start else None
    return {
        "training": inv.training,
        "message": number,
        "by": by,
        "count": len(places),
        "first": start,
        "limit": limit,
        "people": known.people.of(number - 1) if by == "people" else _people(known, places),
        "messages": _messages(inv, known, [rows[one] for one in numbers], earlier),
    }


def _around(places: memoryview, place: int, limit: int) -> int:
    at = bisect_left(places, place)
    return max(0, min(at - limit // 2, len(places) - limit))


def _people(known: Outline, places: Sequence[int]) -> list[str]:
    """Return who takes part in a thread, in the order in which they come."""
    found: dict[str, None] = {}
    for place in places[:MOST]:
        found.update(dict.fromkeys(known.people.of(place)))
    return list(found)


def _messages(
    inv: Investigation,
    known: Outline,
    rows: Sequence[Mapping[str, Any]],
    earlier: Mapping[str, Any] | None,
) -> list[dict[str, Any]]:
    attached = _attached(inv, [row["message"] for row in rows])
    answers, said = _answers(known, rows), said_of(inv)
    found, last = [], None if earlier is None else earlier["clock_ns"]
    for row in rows:
        now = said.get(row["number"], Standing())
        text = row["text"] or ""
        found.append(
            {
                **listed(row),
                "reason": row["reason"],
                "language": row["language"],
                "signature": row["signature"],
                "clauses": [admitted["clause"] for admitted in row["admitted"]],
                "text": text[:LONGEST_TEXT] if row["text"] is not None else None,
                "cut": len(text) > LONGEST_TEXT,
                "attachments": attached.get(row["message"], []),
                "answers": answers[row["number"]],
                "silence_s": _silence(last, row["clock_ns"]),
                "tags": list(now.tags),
                "relevance": now.relevance,
                "notes": now.notes,
            }
        )
        last = row["clock_ns"] if row["clock_ns"] is not None else last
    return found


def _silence(last: int | None, now: int | None) -> int | None:
    if last is None or now is None:
        return None
    seconds = (now - last) // 10**9
    return seconds if seconds >= SILENCE_S else None


def _attached(inv: Investigation, messages: Sequence[bytes]) -> dict[bytes, list[dict[str, Any]]]:
    found: dict[bytes, list[dict[str, Any]]] = {}
    columns = ["message", "filename", "content_type", "size"]
    for row in rows_of(inv, "attachments", messages, columns):
        mine = found.setdefault(row["message"], [])
        mine.append({"attachment": len(mine), **as_json("attachment", {**row, "message": None})})
        mine[-1].pop("message")
    return found


def _answers(known: Outline, rows: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, Any] | None]:
    """Return what each refers to: the latest message before it here, and how many other ids.

    Of those others nothing is said but that the message names them: a message has several ids, of
    which one is listed, so no list shows that there is no such message here.
    """
    found: dict[int, dict[str, Any] | None] = {}
    for row in rows:
        named = {name for name in row["references"] or () if name}
        places = [known.message_ids.place(name) for name in named]
        here = [place + 1 for place in places if place is not None]
        before = [number for number in here if number < row["number"]]
        refers = {"number": max(before, default=None), "others": len(named) - len(here)}
        found[row["number"]] = refers if named else None
    return found
