"""Use cases: tags, notes and relevance of a message inside one investigation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from zegel.canonical import JSON
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.acts import contradicting, saying
from zegel.investigation.casework import Line, add_lines, all_lines, checked, newest_line, standing
from zegel.investigation.rows import numbers_of
from zegel.investigation.tray import add_tray_lines
from zegel.service.door import Who, enter
from zegel.service.reading import casework_of, find_message, shown_line
from zegel.service.said import said_of
from zegel.service.takeover import about_of, earlier_version, lines_of, placed, split, tray_lines_of
from zegel.tables import read_rows

ACTS = {
    "tag": "tag added",
    "untag": "tag removed",
    "note": "note added",
    "relevance": "relevance judged",
}
MET = "edit met another"
"""Somebody else had said otherwise since: nothing was said, and both were shown."""


def add_casework(
    inv: Investigation,
    wanted: str,
    kind: str,
    value: str,
    *,
    seen: int | None = None,
    who: Who = None,
) -> dict[str, Any]:
    """Add a tag, note or relevance to a message, or take a tag off; the log says that it was done.

    Whoever acts says it: another name can be given in a training investigation only. `seen` is the
    newest line that the person has seen (`newest` of what was shown): where somebody else said
    otherwise since, nothing is said, and `since` returns what they said. None: no comparison.
    """
    value = checked(kind, value)
    with enter(inv, ACTS[kind], who) as visit:
        message = find_message(inv, wanted)["message"]
        with saying(inv.folder) as now:
            lines, name = now.lines(message), visit.person.name
            since: list[Line] = []
            if seen is not None and kind != "note":
                since = contradicting(lines, kind, value, name, seen)
            if kind == "untag" and not since and value not in _tags(lines):
                raise UsageError(
                    f"the message does not bear the tag {value!r}", where=str(inv.folder)
                )
            facts: dict[str, JSON] = {"message": message.hex()}
            if since:
                visit.write(facts, shown=[message], act=MET)
            else:
                visit.write(facts, shown=[message])
                now.add(message, kind, value, name)
        return {**_of_message(inv, wanted), "since": [shown_line(line) for line in since]}


def _tags(lines: Iterable[Line]) -> set[str]:
    return {tag for now in standing(lines).values() for tag in now.tags}


def list_casework(inv: Investigation, wanted: str, *, who: Who = None) -> dict[str, Any]:
    """Return what was said of a message."""
    with enter(inv, "casework read", who, {"message": wanted}) as visit:
        result = _of_message(inv, wanted)
        visit.write({"message": result["id"]}, shown=[result["id"]])
    return result


def _of_message(inv: Investigation, wanted: str) -> dict[str, Any]:
    row = find_message(inv, wanted)
    return {
        "training": inv.training,
        "message": row["number"],
        "id": row["message"].hex(),
        **casework_of(inv, row["message"]),
    }


def all_casework(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return what holds of every message that casework speaks of, and how often each tag is."""
    with enter(inv, "casework read", who) as visit:
        now = standing(all_lines(inv.folder))
        numbers = sorted(numbers_here(inv, now))
        visit.write(shown=[message for _, message in numbers])
    tags: dict[str, int] = {}
    for one in now.values():
        for tag in one.tags:
            tags[tag] = tags.get(tag, 0) + 1
    return {
        "training": inv.training,
        "tags": dict(sorted(tags.items())),
        "newest": newest_line(inv.folder),
        "messages": [
            {
                "message": number,
                "id": message.hex(),
                "tags": list(now[message].tags),
                "relevance": now[message].relevance,
                "judged": dict(now[message].judged),
                "disagreement": now[message].disagreement,
                "notes": now[message].notes,
            }
            for number, message in numbers
        ],
    }


def count_casework(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return how many messages bear each tag, are judged how, differently, and are noted."""
    with enter(inv, "casework read", who) as visit:
        newest, now = newest_line(inv.folder), said_of(inv).values()
        tags = Counter(tag for one in now for tag in one.tags)
        judged = Counter(one.relevance for one in now if one.relevance)
        visit.write(shown=[*sorted(tags), *sorted(judged)])
    return {
        "training": inv.training,
        "tags": dict(sorted(tags.items())),
        "relevance": dict(sorted(judged.items())),
        "disagreements": sum(one.disagreement for one in now),
        "noted": sum(one.notes > 0 for one in now),
        "newest": newest,
    }


def numbers_here(inv: Investigation, wanted: Iterable[bytes]) -> list[tuple[int, bytes]]:
    """Return number and identity of those messages of `wanted` that are here."""
    return [(number, message) for message, number in numbers_of(inv, set(wanted)).items()]


def take_casework(inv: Investigation, earlier: Path, *, who: Who = None) -> dict[str, Any]:
    """Take over the casework of an earlier version in another folder, for messages that are here.

    Nothing is changed in the earlier one, and what it says of other messages stays there.
    """
    with enter(inv, "casework taken over", who) as visit:
        old = earlier_version(earlier, inv.header["order"]["investigation"])
        if old.folder == inv.folder:
            raise UsageError("an investigation does not take over from itself", where=str(earlier))
        here = {row["stored_id"]: row["message"] for row in _places(inv)}
        now = {
            row["message"]: here[row["stored_id"]]
            for row in _places(old)
            if row["stored_id"] in here
        }
        admitted = set(here.values())
        taken, kept = split(lines_of(old), now, admitted)
        trays, kept_trays = split(tray_lines_of(old), now, admitted)
        trays = list(placed(trays, now, admitted))
        about = sorted(about_of(taken) | about_of(trays))
        lines = len(taken) + len(trays)
        visit.write({"from": old.root.hex(), "lines": lines}, shown=about)
        new_lines = add_lines(inv.folder, taken) if taken else 0
        new_lines += add_tray_lines(inv.folder, trays) if trays else 0
    return {
        "training": inv.training,
        "new_lines": new_lines,
        "lines": lines,
        "messages": len(about),
        "kept_lines": len(kept) + len(kept_trays),
        "kept_messages": len(about_of(kept) | about_of(kept_trays)),
    }


def _places(inv: Investigation) -> Iterable[dict[str, Any]]:
    return read_rows([inv.table("places")], ["message", "stored_id"])
