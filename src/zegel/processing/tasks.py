"""What a worker is handed: picklable tasks that write one part beside its place.

Each returns a `Finished`; the parent commits it. Nothing here opens the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from zegel.exhibits import Copy, open_copy
from zegel.exhibits.model import Entry, entry_of
from zegel.openpgp.agentkeys import AgentKey
from zegel.processing.fetching import Fetcher
from zegel.processing.keyring import worker_keyring
from zegel.processing.keytable import Material, understand, unlock_row
from zegel.processing.opening import Opening
from zegel.processing.planned import read_plan
from zegel.processing.scan import scan_entries
from zegel.processing.schemas import KEYS, OPEN, SCAN
from zegel.processing.spool import Spool, SpoolReader
from zegel.processing.unlock import Budget, Passphrase, Unlocker
from zegel.records import Problem
from zegel.tables import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A part that is written and waits for its name."""

    part: str
    unfinished: Path
    rows: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an exhibit's bytes are, and where working copies may lie."""

    exhibit: str
    seal: str
    location: Path
    work: Path

    def copy(self) -> Copy:
        """Return this process's open copy."""
        return _open_once(self.location, self.work)


@cache
def _open_once(location: Path, work: Path) -> Copy:
    return open_copy(location, work)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanTask:
    """Scan one partition of one exhibit."""

    stage: Path
    part: str
    source: Source
    spool: Path
    entries: Sequence[Entry]

    def __call__(self) -> Finished:
        """Write the part's tables."""
        writer = Stage(self.stage).begin(self.part, SCAN)
        source, spool = self.source, Spool(self.spool, self.part)
        scan_entries(source.copy(), source.exhibit, source.seal, self.entries, writer, spool)
        spool.close()
        return Finished(part=self.part, unfinished=writer.unfinished, rows=writer.finish())


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """Key rows and agent keys of one batch of material, with the problems met in each."""

    rows: list[dict[str, Any]] = field(repr=False)
    agents: list[tuple[bytes, AgentKey]] = field(repr=False)
    problems: list[tuple[bytes, Problem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstandTask:
    """Parse one batch of key material."""

    materials: Sequence[Material]

    def __call__(self) -> Understood:
        """Return what the material holds."""
        gathered = Understood(rows=[], agents=[], problems=[])
        for material in self.materials:
            rows, agent, problems = understand(material)
            gathered.rows.extend(rows)
            if agent is not None:
                gathered.agents.append((material.identity, agent))
            gathered.problems.extend((material.identity, problem) for problem in problems)
        return gathered


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockKeysTask:
    """Try passphrases on one batch of locked keys: guesses are dear, so what they gave is kept."""

    stage: Path
    part: str
    rows: Sequence[dict[str, Any]] = field(repr=False)
    passphrases: Sequence[Passphrase]
    budget: int

    def __call__(self) -> Finished:
        """Write what changes in each row: its private numbers, where a passphrase fits."""
        writer = Stage(self.stage).begin(self.part, {"keys": KEYS})
        for row in self.rows:
            writer.add("keys", unlock_row(row, self.passphrases, self.budget))
        return Finished(part=self.part, unfinished=writer.unfinished, rows=writer.finish())


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTask:
    """Open one row group of a round's plan."""

    stage: Path
    part: str
    plan: Path
    group: int
    round: int
    sources: dict[str, Source]
    keys: Path | None
    spool: Path
    passphrases: Sequence[Passphrase]
    budget: Budget

    def __call__(self) -> Finished:
        """Write the part's tables."""
        writer = Stage(self.stage).begin(self.part, OPEN)
        unlocker = Unlocker(worker_keyring(self.keys), self.passphrases, self.budget)
        # A plan without rows has no group, and still gives a part with its empty tables.
        rows = read_plan(self.plan, self.group)
        with SpoolReader(self.spool) as spool:
            fetcher = Fetcher(self._find_entry, spool)
            Opening(self.round, unlocker, fetcher, writer).open_rows(rows)
        return Finished(part=self.part, unfinished=writer.unfinished, rows=writer.finish())

    def _find_entry(self, place: dict[str, Any]) -> tuple[Copy, Entry]:
        return self.sources[place["exhibit"]].copy(), entry_of(place)
