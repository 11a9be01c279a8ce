"""Use cases: one thing said of many messages, undone again, and what two people judge differently.

One act, one entry in the log that names every message; where an entry would grow too large, several
that say so. What somebody else said since the person looked is not overwritten: those messages are
left, and shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from zegel.canonical import JSON
from zegel.errors import RefusedError, UsageError
from zegel.investigation import Investigation
from zegel.investigation.acts import Act, Saying, newest_acts, saying
from zegel.investigation.casework import (
    Line,
    all_lines,
    checked,
    newest_line,
    standing,
)
from zegel.service.asked import QUERY
from zegel.service.casework import ACTS, numbers_here
from zegel.service.choosing import Chosen, messages_of
from zegel.service.door import Visit, Who, enter
from zegel.service.reading import iso, shown_line

MOST_NAMED = 5000
"""Messages that one entry names: an entry holds a mebibyte at most."""
MOST_ACTS = 50
"""Acts listed, the newest."""
MOST_SHOWN = 200
"""Messages shown one by one of those on which somebody said something else."""
KINDS = ("tag", "untag", "relevance")


def say_of_many(
    inv: Investigation,
    chosen: Chosen,
    kind: str,
    value: str,
    *,
    seen: int | None = None,
    who: Who = None,
) -> dict[str, Any]:
    """Put a tag on many messages or take it off, or judge their relevance, in one act.

    `seen` is the newest line of casework that the person has seen (`newest` of what was shown);
    messages of which somebody else said otherwise since are left and returned. None: no comparison.
    """
    if kind not in KINDS:
        raise UsageError(f"of many messages one says {', '.join(KINDS)}")
    value = checked(kind, value)
    asked: dict[str, JSON] = {} if chosen.query is None else {QUERY: chosen.query}
    with enter(inv, ACTS[kind], who, asked) as visit:
        numbers = messages_of(inv, chosen)
        with saying(inv.folder) as now:
            weighed = now.weigh(numbers, kind, value, visit.person.name, seen)
            act = _said(visit, now, weighed.lines, kind, value, [x.message for x in weighed.since])
    return {
        "training": inv.training,
        "act": act,
        "kind": kind,
        "value": value,
        "messages": len(weighed.lines),
        "already": len(weighed.already),
        **_others(inv, numbers, weighed.since),
    }


def _said(
    visit: Visit,
    now: Saying,
    lines: Sequence[Line],
    kind: str,
    value: str,
    shown: Collection[bytes],
    undoes: int | None = None,
) -> int | None:
    """Write the entries, then the lines; return the act's number, None where nothing is said."""
    facts: dict[str, JSON] = {"act": now.next_act() if lines else None}
    if undoes is not None:
        facts["undoes"] = undoes
    names = [line.message for line in lines]
    pieces = [names[at : at + MOST_NAMED] for at in range(0, len(names), MOST_NAMED)] or [[]]
    for part, piece in enumerate(pieces, 1):
        whole: dict[str, JSON] = {**facts, "messages": [one.hex() for one in piece]}
        if len(pieces) > 1:
            whole |= {"part": part, "parts": len(pieces)}
        if part < len(pieces):
            visit.note(visit.act, whole, shown=piece)
        else:
            visit.write(whole, shown=[*piece, *dict.fromkeys(shown)])
    return now.say(lines, kind, value, undoes) if lines else None


def _others(
    inv: Investigation, numbers: Mapping[bytes, int], since: Iterable[Line]
) -> dict[str, Any]:
    """Return what others said since, by message, and the newest line that this has shown."""
    by_message: dict[bytes, list[Line]] = {}
    for line in since:
        by_message.setdefault(line.message, []).append(line)
    listed = sorted(by_message, key=lambda message: numbers[message])
    return {
        "left": len(by_message),
        "since": [
            {
                "message": numbers[message],
                "id": message.hex(),
                "said": [shown_line(line) for line in by_message[message]],
            }
            for message in listed[:MOST_SHOWN]
        ],
        "newest": newest_line(inv.folder),
    }


def undo_act(inv: Investigation, act: int, *, who: Who = None) -> dict[str, Any]:
    """Undo an act: say anew of each message what stood before it.

    A tag is taken back by anybody who may tag; a judgement by whoever judged, for nobody speaks for
    another. Where something else was said since, that stands and is returned.
    """
    with enter(inv, "casework undone", who, {"undoes": act}) as visit:
        with saying(inv.folder) as now:
            found = now.act(act)
            _require_own(found, visit.person.name)
            weighed = now.undoing(found, visit.person.name)
            kind = "relevance" if found.kind == "relevance" else _opposite(weighed.lines, found)
            shown = [line.message for line in weighed.since]
            undone = _said(visit, now, weighed.lines, kind, found.value, shown, undoes=act)
        about = {line.message for line in (*weighed.lines, *weighed.since)}
        numbers = dict(sorted((m, n) for n, m in numbers_here(inv, about)))
    return {
        "training": inv.training,
        "act": undone,
        "undoes": act,
        "kind": found.kind,
        "value": found.value,
        "messages": len(weighed.lines),
        **_others(inv, numbers, weighed.since),
    }


def _require_own(act: Act, name: str) -> None:
    if act.kind == "relevance" and act.who != name:
        raise RefusedError(
            "a judgement is taken back by whoever judged",
            next_step="Judge these messages yourself: both judgements are kept and shown.",
        )


def _opposite(lines: Sequence[Line], act: Act) -> str:
    return lines[0].kind if lines else act.kind


def list_acts(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return the newest acts on many messages, the last first, and whether they were undone."""
    with enter(inv, "casework read", who) as visit:
        acts = newest_acts(inv.folder, MOST_ACTS)
        visit.write(shown=[f"act {one.id}" for one in acts])
        name = visit.person.name
    return {
        "training": inv.training,
        "acts": [
            {
                "act": one.id,
                "kind": one.kind,
                "value": one.value,
                "who": one.who,
                "at": iso(one.at_ns),
                "messages": one.lines,
                "undoes": one.undoes,
                "undone_by": one.undone_by,
                "may_undo": one.undone_by is None and (one.kind != "relevance" or one.who == name),
            }
            for one in acts
        ],
    }


def list_disagreements(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return the messages that one person judges relevant and another not, and who judges how."""
    with enter(inv, "casework read", who) as visit:
        now = standing(all_lines(inv.folder, kinds=("relevance",)))
        differing = [message for message, one in now.items() if one.disagreement]
        numbers = sorted(numbers_here(inv, differing))
        visit.write(shown=[message for _, message in numbers])
    return {
        "training": inv.training,
        "messages": [
            {"message": number, "id": message.hex(), "judged": dict(now[message].judged)}
            for number, message in numbers
        ],
        "newest": newest_line(inv.folder),
    }
