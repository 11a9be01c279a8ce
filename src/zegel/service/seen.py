"""Use case: who saw what inside an investigation, from its log alone. No content is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from zegel.canonical import JSON
from zegel.custody.entries import Entry
from zegel.custody.log import Log
from zegel.investigation import Investigation
from zegel.service.asked import SEALED


@dataclass(slots=True, kw_only=True)
class Seen:
    """What one person saw or took out."""

    who: str
    first_ns: int
    last_ns: int
    messages: list[str] = field(default_factory=list)
    """Messages shown whole or in part, as they were named: by number, or the beginning of their
    identity."""
    hit_lists: list[dict[str, Any]] = field(default_factory=list)
    """Each query with how many hits of it were shown."""
    overviews: dict[str, int] = field(default_factory=dict)
    """Contacts, timelines, records, casework: how often each."""
    dossiers: list[dict[str, Any]] = field(default_factory=list)
    """Each dossier made: messages and SHA-256."""
    sealed: int = 0
    """Acts of the defence of which only they can say what was seen."""


def who_saw(inv: Investigation) -> list[Seen]:
    """Return each person who saw something, in the order in which they came."""
    return _seen(Log.open(inv.folder / "custody", None).entries())


def _seen(entries: Iterable[Entry]) -> list[Seen]:
    people: dict[str, Seen] = {}
    for entry in entries:
        if not shows(entry):
            continue
        one = people.setdefault(
            entry.who, Seen(who=entry.who, first_ns=entry.time_ns, last_ns=entry.time_ns)
        )
        one.last_ns = entry.time_ns
        _note(one, entry)
    return list(people.values())


OVERVIEWS = frozenset(
    {"contacts read", "contacts drawn", "timeline read", "timeline drawn", "picture drawn",
     "picture exported", "business records read", "casework read", "terms counted"}
)  # fmt: skip
MESSAGES_IN: Mapping[str, tuple[str, ...]] = {
    "message read": ("message",),
    "source read": ("message",),
    "attachment taken": ("message",),
    "conversation read": ("messages", "cut"),
}
"""Acts that show messages whole or in part, and by which facts they name them."""


def shows(entry: Entry) -> bool:
    """Say whether somebody saw something by this act, or took it out."""
    seen = entry.act in ("search", "dossier made") or entry.act in (*MESSAGES_IN, *OVERVIEWS)
    return seen and "failed" not in entry.facts


def _note(one: Seen, entry: Entry) -> None:
    facts = entry.facts
    if SEALED in facts:
        one.sealed += 1
    elif entry.act in MESSAGES_IN:
        one.messages += shown_in(entry)
    elif entry.act == "search":
        names = ("query", "offset", "limit", "results")
        one.hit_lists.append({name: facts[name] for name in names if name in facts})
    elif entry.act == "dossier made":
        one.dossiers.append({name: facts.get(name) for name in ("messages", "sha256")})
    else:
        one.overviews[entry.act] = one.overviews.get(entry.act, 0) + 1


def shown_in(entry: Entry) -> list[str]:
    """Return the messages that an entry says were shown, as it names them."""
    found: list[str] = []
    for name in MESSAGES_IN.get(entry.act, ()):
        named = entry.facts.get(name)
        found += [str(one) for one in named] if isinstance(named, list) else [str(named or "")]
    return found


def as_counts(seen: Iterable[Seen]) -> list[dict[str, JSON]]:
    """Return by person how much was seen: what an entry of a log says of it."""
    return [
        {
            "who": one.who,
            "messages": len(set(one.messages)),
            "hit_lists": len(one.hit_lists),
            "overviews": sum(one.overviews.values()),
            "dossiers": len(one.dossiers),
            "sealed": one.sealed,
        }
        for one in seen
    ]


def shown(seen: Iterable[Seen]) -> list[Mapping[str, Any]]:
    """Return it as one JSON document has it."""
    return [asdict(one) for one in seen]
