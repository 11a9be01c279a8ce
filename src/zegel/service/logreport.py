"""Use case: who did what on which day, and what for, in words a magistrate reads.

Made from the log's entries alone, each checked against its leaf. It never shows content, and what
people asked for only where that is wanted; what was refused, what failed and what found nothing is
said as plainly as the rest. That somebody had a report is in the log too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from zegel.casefile import Case
from zegel.custody.entries import Entry
from zegel.custody.shown import RESULTS
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.service.asked import BUCKET, QUERY, SEALED
from zegel.service.door import Who, enter_either
from zegel.service.logwords import acts_in_words, day_in_words, times
from zegel.service.neveropened import read_in

SEARCH, READ = "search", "message read"
CONVERSATION, TERMS = "conversation read", "terms counted"


@dataclass(slots=True, kw_only=True)
class Day:
    """What one person did on one day for one purpose."""

    day: str
    who: str
    purpose: str
    acts: Counter[str] = field(default_factory=Counter)
    """By act, those that came to an end."""
    read: set[str] = field(default_factory=set)
    """The messages read whole, each on a page of its own."""
    conversed: set[str] = field(default_factory=set)
    """The messages read whole on pages of conversations."""
    sealed: int = 0
    """Acts of the defence: what they asked is encrypted to them."""
    nothing: int = 0
    """Searches that found nothing; of sealed ones nobody can tell."""
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    queries: list[dict[str, Any]] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Take in one entry of that day."""
        facts = entry.facts
        if entry.act.endswith("refused"):  # by the door, or by what was asked: `grant refused`
            wanted = facts.get("act", entry.act.removesuffix(" refused"))
            self.refused[str(wanted), str(facts.get("why", ""))] += 1
            return
        if "failed" in facts:
            self.failed[str(facts.get("act", entry.act)), str(facts["failed"])] += 1
            return
        self.acts[entry.act] += 1
        self.sealed += SEALED in facts
        if entry.act == READ:
            self.read.add(str(facts.get("message", entry.index)))
        if entry.act == CONVERSATION:
            self.conversed.update(read_in(entry))
        if entry.act == TERMS:
            self._add_terms(entry)
        if entry.act == SEARCH:
            found = facts.get(RESULTS, facts.get(BUCKET))
            self.nothing += found == 0
            query = {"at": _instant(entry).strftime("%H:%M:%S"), "results": found}
            self.queries.append({**query, QUERY: facts.get(QUERY), SEALED: SEALED in facts})

    def _add_terms(self, entry: Entry) -> None:
        """Take in each query of a list, as if it had been asked alone; a sealed list is one."""
        at, sealed = _instant(entry).strftime("%H:%M:%S"), SEALED in entry.facts
        queries, hits = entry.facts.get("queries"), entry.facts.get("hits")
        pairs: list[tuple[Any, Any]] = [(None, entry.facts.get(BUCKET))]
        if isinstance(queries, list) and isinstance(hits, list):
            pairs = list(zip(queries, hits, strict=False))
        self.queries += [
            {"at": at, "results": found, QUERY: query, SEALED: sealed} for query, found in pairs
        ]

    @property
    def sentence(self) -> str:
        """Say all of it."""
        purpose = f"for “{self.purpose}”" if self.purpose else "with no purpose given"
        said = f"On {day_in_words(self.day)} {self.who}, {purpose}"
        parts = list(acts_in_words(self.acts, messages=len(self.read)))
        if self.sealed:
            parts.append(f"what was asked in {self.sealed} of these acts is sealed to its author")
        if self.nothing:
            parts.append(f"{self.nothing} of the searches found nothing")
        if self.failed:
            parts.append(_listed("failed", self.failed))
        if self.refused:
            parts.append(_listed("refused", self.refused))
        return f"{said}: {'; '.join(parts)}."

    def document(self, *, queries: bool) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "day": self.day,
            "who": self.who,
            "purpose": self.purpose or None,
            "acts": dict(sorted(self.acts.items())),
            "messages_read": len(self.read),
            "messages_read_in_conversations": len(self.conversed),
            "searches_without_result": self.nothing,
            "sealed": self.sealed,
            "failed": _rows(self.failed, "error"),
            "refused": _rows(self.refused, "why"),
            "sentence": self.sentence,
            **({"queries": self.queries} if queries else {}),
        }


def _listed(what: str, counts: Counter[tuple[str, str]]) -> str:
    acts = "act was" if counts.total() == 1 else "acts were"
    if what == "failed":
        acts = "act" if counts.total() == 1 else "acts"
    said = (
        f"{act}{f' ({why})' if why else ''}{'' if n == 1 else f' {times(n)}'}"
        for (act, why), n in sorted(counts.items())
    )
    return f"{counts.total()} {acts} {what}: {', '.join(said)}"


def _rows(counts: Counter[tuple[str, str]], why: str) -> list[dict[str, Any]]:
    return [{"act": act, why: said, "times": n} for (act, said), n in sorted(counts.items())]


def custody_report(
    of: Case | Investigation,
    *,
    day: str | None = None,
    person: str | None = None,
    queries: bool = False,
    who: Who = None,
) -> dict[str, Any]:
    """Return who did what by day (UTC), person and purpose, from the log of `of`.

    `day` (2016-05-03) and `person` leave out the rest. `queries` adds what was searched for, which
    is a right of its own. The report ends before the entry that it leaves.
    """
    wanted = None if day is None else _day(day)
    act = "queries reported" if queries else "log reported"
    asked = {"day": wanted, "person": person}
    with enter_either(of, act, who, asked) as visit:
        found = list(by_day(visit.log.entries()))
        chosen = [one for one in found if wanted in (None, one.day) and person in (None, one.who)]
        visit.write({"days": len(chosen)})
    return {
        "training": of.training,
        "of": visit.log.head().origin,
        "entries": sum(_count(one) for one in chosen),
        "days": [one.document(queries=queries) for one in chosen],
    }


def _count(one: Day) -> int:
    return one.acts.total() + one.failed.total() + one.refused.total()


def by_day(entries: Iterable[Entry]) -> Iterator[Day]:
    """Yield what each person did each day for each purpose, by day, then person."""
    found: dict[tuple[str, str, str], Day] = {}
    for entry in entries:
        purpose = entry.facts.get("purpose")
        key = (
            _instant(entry).date().isoformat(),
            entry.who,
            purpose if isinstance(purpose, str) else "",
        )
        if key not in found:
            found[key] = Day(day=key[0], who=key[1], purpose=key[2])
        found[key].add(entry)
    yield from (found[key] for key in sorted(found))


def _instant(entry: Entry) -> datetime:
    return datetime.fromtimestamp(entry.time_ns // 10**9, UTC)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"{text!r} is no day", next_step="Write it as 2016-05-03.") from None
