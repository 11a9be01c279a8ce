"""What would a copy of these servers give away today? Every fact, with its place.

The promise of the network is that nothing people wrote is readable in a copy; the audit says
whether that holds, and lists what a copy betrays all the same. It opens nothing and repeats
nothing that somebody wrote. Reading is all it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from shieldnet.audit import mail, records, traces
from shieldnet.audit.facts import KINDS, Fact, Kind
from shieldnet.audit.sources import File, NothingToAuditError, files

__all__ = ["KINDS", "Fact", "Kind", "NothingToAuditError", "Report", "facts", "report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The facts of a copy, counted by kind."""

    counts: dict[str, int]
    distinct: dict[str, int]
    places: dict[str, int]
    """In how many files."""
    encrypted: int
    """Stored messages whose content nobody reads without a phone's key."""
    broken: int
    """Facts that break the promise: readable messages and secret keys."""


def facts(path: Path, *, of: str = "") -> Iterator[Fact]:
    """Yield every fact at `path`: a network, a site, or a copy; `of` one address only."""
    wanted = of.strip().lower()
    for file in files(path):
        for fact in _of_file(file):
            if not wanted or wanted in fact.value.lower() or wanted in fact.path.lower():
                yield fact


def _of_file(file: File) -> Iterable[Fact]:
    if file.content is None:
        return [Fact("unread", "too large, or not to be read", file.path)]
    examine = _examiner(file)
    return examine(file, file.content)


def _examiner(file: File) -> Callable[[File, bytes], Iterator[Fact]]:
    content, path = file.content or b"", f"/{file.path}"
    if mail.STORED.search(path):
        return mail.facts
    if content.startswith(b"SQLite format 3\0"):
        return records.database
    if path.endswith("/ledger.csv"):
        return records.ledger
    if traces.QUEUE.search(path):
        return traces.queued
    if traces.INDEX.search(path):
        return traces.index
    if "/keys/" in path or ("/wkd/" in path and "/hu/" in path):
        return records.key_file
    return traces.log if "/log/" in path else traces.other


def report(found: Iterable[Fact]) -> Report:
    """Count facts."""
    counts: Counter[str] = Counter()
    values: dict[str, set[str]] = {}
    places: dict[str, set[str]] = {}
    encrypted: set[str] = set()
    for fact in found:
        counts[fact.kind] += 1
        values.setdefault(fact.kind, set()).add(fact.value)
        places.setdefault(fact.kind, set()).add(fact.path)
        if fact.kind == "recipient key":
            encrypted.add(fact.path)
    order = [kind for kind in KINDS if kind in counts]
    return Report(
        counts={kind: counts[kind] for kind in order},
        distinct={kind: len(values[kind]) for kind in order},
        places={kind: len(places[kind]) for kind in order},
        encrypted=len(encrypted),
        broken=sum(counts[kind] for kind in order if KINDS[kind].breaks_promise),
    )
