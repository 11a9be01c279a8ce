"""Use cases: tags, notes and relevance of a message inside one investigation."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.casework import (
    Standing,
    add_lines,
    all_lines,
    checked,
    say,
    standing,
)
from zegel.service.door import Who, enter
from zegel.service.reading import casework_of, find_message
from zegel.service.takeover import earlier_version, lines_of, split
from zegel.tables import read_rows, rows_with

ACTS = {
    "tag": "tag added",
    "untag": "tag removed",
    "note": "note added",
    "relevance": "relevance judged",
}


def add_casework(
    inv: Investigation, wanted: str, kind: str, value: str, *, who: Who = None
) -> dict[str, Any]:
    """Add a tag, note or relevance to a message, or take a tag off; the log says that it was done.

    Whoever acts says it: another name can be given in a training investigation only.
    """
    value = checked(kind, value)
    with enter(inv, ACTS[kind], who) as visit:
        message = find_message(inv, wanted)["message"]
        if kind == "untag" and value not in _standing(inv, message).tags:
            raise UsageError(f"the message does not bear the tag {value!r}", where=str(inv.folder))
        visit.write({"message": message.hex()}, shown=[message])
        say(inv.folder, message, kind, value, visit.person.name)
        return _of_message(inv, wanted)


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


def _standing(inv: Investigation, message: bytes) -> Standing:
    return standing(all_lines(inv.folder, [message])).get(message, Standing())


def all_casework(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return what holds of every message that casework speaks of, and how often each tag is."""
    with enter(inv, "casework read", who) as visit:
        now = standing(all_lines(inv.folder))
        numbers = sorted(_numbers(inv, now))
        visit.write(shown=[message for _, message in numbers])
    tags: dict[str, int] = {}
    for one in now.values():
        for tag in one.tags:
            tags[tag] = tags.get(tag, 0) + 1
    return {
        "training": inv.training,
        "tags": dict(sorted(tags.items())),
        "messages": [
            {
                "message": number,
                "id": message.hex(),
                "tags": list(now[message].tags),
                "relevance": now[message].relevance,
                "notes": now[message].notes,
            }
            for number, message in numbers
        ],
    }


def _numbers(inv: Investigation, wanted: Iterable[bytes]) -> list[tuple[int, bytes]]:
    rows = rows_with(inv.table("messages"), "message", set(wanted), ["number", "message"])
    return [(row["number"], row["message"]) for row in rows]


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
        taken, kept = split(lines_of(old), now, set(here.values()))
        about = sorted({line.message for line in taken})
        visit.write({"from": old.root.hex(), "lines": len(taken)}, shown=about)
        new_lines = add_lines(inv.folder, taken) if taken else 0
    return {
        "training": inv.training,
        "new_lines": new_lines,
        "lines": len(taken),
        "messages": len({line.message for line in taken}),
        "kept_lines": len(kept),
        "kept_messages": len({line.message for line in kept}),
    }


def _places(inv: Investigation) -> Iterable[dict[str, Any]]:
    return read_rows([inv.table("places")], ["message", "stored_id"])
