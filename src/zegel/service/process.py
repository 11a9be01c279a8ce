"""Use case: process a case — scan, keys, unlock and messages, settle.

Each step names its parts by what it reads, so the same command continues after any stop and
does nothing twice; new exhibits, keys and passphrases add rounds that look only at what they
can change.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from zegel import __version__
from zegel.casefile import Case
from zegel.engines import LocalEngine, release_free_memory
from zegel.errors import CaseError, UsageError
from zegel.processing.grouping import RoundInput, guesses_left, plan_round
from zegel.processing.scan import iter_partitions
from zegel.processing.settling import Settled, settle
from zegel.processing.tasks import Finished, OpenTask, ScanTask, Source
from zegel.processing.unlock import Budget
from zegel.service.cases import open_exhibit, shelf, sweep_work
from zegel.service.door import Visit, Who, enter_case
from zegel.service.keyround import UNLOCKING, build_keys
from zegel.service.making import making
from zegel.service.passphrases import PassphraseList
from zegel.service.processed import RULES, require_rules, scan_part
from zegel.service.progress import Progress, silent
from zegel.service.running import watched
from zegel.tables import StorageGuard, commit, make_folder

PASSPHRASES = "private/passphrases.json"
PLAN, GROUPS = "plan.parquet", "groups.json"
"""A round's plan, until it is carried out; and how many contents each of its row groups has."""

_GOLDEN = 0.6180339887498949
"""Multiples of it, their whole part left out, fill the numbers from 0 to 1 evenly at any count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessOptions:
    """What a person may choose about a run."""

    passphrases: tuple[bytes, ...] = field(default=(), repr=False)
    """Given by the examiner; those found in the copy are added."""
    workers: int | None = None
    budget: Budget = field(default_factory=Budget)


def process(
    case: Case,
    options: ProcessOptions | None = None,
    *,
    who: Who = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Bring the case's tables up to date with its exhibits, keys and passphrases.

    Returns counts only. Safe to stop and to repeat at any point.
    """
    with enter_case(case, "processing began", who) as visit:
        run = _Run(case, options or ProcessOptions(), progress)
        if not run.sources:
            raise UsageError(
                "the case holds no exhibit",
                where=str(case.folder),
                next_step="`zegel intake PATH`.",
            )
        return {"digests": _process(run, visit)}


def _process(run: _Run, visit: Visit) -> dict[str, str]:
    case = run.case
    made, anew = ("tables", PASSPHRASES), ("tables/settled/", PASSPHRASES)
    with (
        case.lock(),
        watched(case, "process", visit.person.name, run.progress) as progress,
        run.engine,
        making(visit, *made, anew=anew),
    ):
        run.progress = progress
        require_rules(case)
        run.sweep()
        go_on = run.is_complete()
        visit.write({"version": __version__})
        run.scan()
        phrases = PassphraseList(case.folder / PASSPHRASES)
        phrases.add_given(run.options.passphrases)
        phrases.add_found(case.stage("scan").files("passphrases"))
        budget = run.options.budget
        keys = build_keys(case, run.engine, phrases.all(), budget, progress, go_on=go_on)
        shutil.rmtree(case.stage(UNLOCKING).folder, ignore_errors=True)
        release_free_memory()  # of keys: the next steps take as much for themselves
        run.open_round(keys, phrases, go_on=go_on)
        shutil.rmtree(run.spool, ignore_errors=True)
        release_free_memory()  # of the plan
        digests = run.settle()
        visit.note("processing ended", {"digests": digests})
    return digests


class _Run:
    """One run of processing; holds what every step needs."""

    def __init__(self, case: Case, options: ProcessOptions, progress: Progress) -> None:
        self.case = case
        self.options = options
        self.progress = progress
        self.engine = LocalEngine(options.workers, make_folder(case.work))
        self.spool = case.work / "spool"
        self.records = shelf(case).all()
        self.sources = {
            record.identity: Source(
                exhibit=record.identity,
                seal=record.seal,
                location=record.place,
                work=case.work,
            )
            for record in self.records
        }

    def sweep(self) -> None:
        for name in ("scan", UNLOCKING, "keys", "plan", "open", "settled"):
            self.case.stage(name).sweep()
        shutil.rmtree(self.case.folder / "spill", ignore_errors=True)
        sweep_work(self.case)

    def is_complete(self) -> bool:
        """Say whether the tables are those of a run that came to its end."""
        known = self.case.stage("settled").parts()
        return bool(known) and known[-1].endswith(self._settled_digest())

    def scan(self) -> None:
        stage = self.case.stage("scan")
        cut = {record.identity: self._cut(record.identity) for record in self.records}
        sizes = {part: size for parts in cut.values() for part, size in parts.items()}
        self.progress.phase("scan", sum(sizes.values()), "bytes")

        def tasks() -> Iterable[ScanTask]:
            for record in self.records:
                parts = cut[record.identity]
                known = {part for part in parts if stage.has(part)}
                for part in sorted(known):
                    self.progress.advance(parts[part], stage.rows(part, "problems"))
                # Fails here, in words, where the copy is gone: workers would only say it thrice.
                open_exhibit(self.case, record).close()
                if known == parts.keys():
                    continue  # a manifest of millions takes minutes to read
                entries = shelf(self.case).entries(record.identity)
                for part, batch in zip(parts, iter_partitions(entries), strict=True):
                    if part not in known:
                        yield ScanTask(
                            stage=stage.folder,
                            part=part,
                            source=self.sources[record.identity],
                            spool=self.spool,
                            entries=batch,
                        )

        def done(finished: Finished) -> None:
            stage.commit(finished.part, finished.unfinished)
            self.progress.advance(sizes[finished.part], finished.rows["problems"])

        self.engine.run(tasks(), done)

    def _cut(self, exhibit: str) -> dict[str, int]:
        """Return the bytes of the files in each partition of an exhibit, by the part's name."""
        partitions = iter_partitions(shelf(self.case).sizes(exhibit))
        return {
            scan_part(exhibit, number): sum(one.size for one in batch if one.is_file)
            for number, batch in enumerate(partitions)
        }

    def open_round(self, keys: Path, phrases: PassphraseList, *, go_on: bool) -> None:
        digest = self._round_digest(keys, phrases)
        stage = self.case.stage("open")
        go_on = go_on and guesses_left(
            stage.files("sessions"),
            passphrases=len(phrases.all()),
            budget=self.options.budget,
            spill=self.case.folder / "spill",
        )
        plan, number = self._plan(digest, go_on)
        sizes = _sizes(plan)
        self.progress.phase("open", sum(sizes), "contents")
        parts = {f"r{number:04d}-{digest}-{group:06d}": group for group in _spread(len(sizes))}

        def tasks() -> Iterable[OpenTask]:
            for part, group in parts.items():
                if stage.has(part):
                    self.progress.advance(sizes[group], stage.rows(part, "problems"))
                    continue
                _require(plan, part)
                yield OpenTask(
                    stage=stage.folder,
                    part=part,
                    plan=plan,
                    group=group,
                    round=number,
                    sources=self.sources,
                    keys=keys,
                    spool=self.spool,
                    passphrases=phrases.all(),
                    budget=self.options.budget,
                )

        def done(finished: Finished) -> None:
            stage.commit(finished.part, finished.unfinished)
            self.progress.advance(sizes[parts[finished.part]], finished.rows["problems"])

        self.engine.run(tasks(), done)
        plan.unlink(missing_ok=True)  # read for the last time: what a later round needs is opened

    def _round_digest(self, keys: Path, phrases: PassphraseList) -> str:
        """Name a round by all that it depends on."""
        inputs = {
            "layers": self.case.stage("scan").digest("layers"),
            "keys": keys.parent.name,
            "passphrases": len(phrases.all()),
            "budget": [self.options.budget.hidden, self.options.budget.passphrases],
            "second opinions": self.options.budget.second_opinions,
            "rules": RULES,
        }
        return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]

    def _plan(self, digest: str, go_on: bool) -> tuple[Path, int]:
        """Return the plan of the round that `digest` names, made now where there is none.

        With `go_on` there is another round though nothing is new: a budget ended the last.
        """
        stage = self.case.stage("plan")
        known = stage.parts()
        if known and known[-1].endswith(digest) and not go_on:
            return stage.folder / known[-1] / PLAN, len(known)
        number = len(known) + 1
        part = f"r{number:04d}-{digest}"
        unfinished = make_folder(stage.folder / f".unfinished-{part}")
        opened = self.case.stage("open")
        files = RoundInput(
            layers=self.case.stage("scan").files("layers"),
            manifests={name: shelf(self.case).manifest(name) for name in self.sources},
            sessions=opened.files("sessions"),
            contents=opened.files("contents"),
        )
        self.progress.phase("plan", None, "contents")
        with StorageGuard(unfinished):
            plan_round(files, unfinished / PLAN, self.case.folder / "spill")
            groups = _row_groups(unfinished / PLAN)
            (unfinished / GROUPS).write_text(json.dumps(groups), encoding="ascii")
        commit(unfinished, stage.folder / part)
        return stage.folder / part / PLAN, number

    def settle(self) -> dict[str, str]:
        scanned, opened = self.case.stage("scan"), self.case.stage("open")
        digest, stage = self._settled_digest(), self.case.stage("settled")
        known = stage.parts()
        if not (known and known[-1].endswith(digest)):
            last = int(known[-1][1:].partition("-")[0]) if known else 0
            part = f"s{last + 1:04d}-{digest}"
            self.progress.phase("settle", None, "messages")
            unfinished = make_folder(stage.folder / f".unfinished-{part}")
            files = Settled(
                stored=scanned.files("stored"),
                layers=scanned.files("layers"),
                sessions=opened.files("sessions"),
                contents=opened.files("contents"),
                keys=self.case.stage("keys").files("keys")[-1:],
                seals={record.identity: record.seal for record in self.records},
            )
            with StorageGuard(unfinished):
                settle(files, unfinished, self.case.folder / "spill")
            commit(unfinished, stage.folder / part)
        # The newest counts, so that a kill in between leaves no message twice in the ledger.
        for old in stage.parts()[:-1]:
            shutil.rmtree(stage.folder / old)
        return self._digests()

    def _digests(self) -> dict[str, str]:
        scanned, opened = self.case.stage("scan"), self.case.stage("open")
        return {
            "stored": scanned.digest("stored"),
            "layers": scanned.digest("layers"),
            "sessions": opened.digest("sessions"),
            "contents": opened.digest("contents"),
        }

    def _settled_digest(self) -> str:
        """Name what the settled tables are made of, and the keys and plan that led to it."""
        rounds = {name: self.case.stage(name).parts()[-1:] for name in ("keys", "plan")}
        named = json.dumps({**self._digests(), **rounds}, sort_keys=True)
        return hashlib.sha256(named.encode()).hexdigest()[:16]


def _sizes(plan: Path) -> list[int]:
    """Return how many contents each row group of a plan has, or had."""
    sizes: list[int] = json.loads((plan.parent / GROUPS).read_bytes())
    return sizes


def _require(plan: Path, part: str) -> None:
    if not plan.exists():
        raise CaseError(
            f"the part {part} of a round that was finished is not there",
            where=str(plan.parent),
            next_step="Restore the case's tables from a copy; nothing was changed.",
        )


def _row_groups(plan: Path) -> list[int]:
    """Return the rows of each row group; an empty plan counts as one of none."""
    with pq.ParquetFile(plan) as file:
        groups = range(file.num_row_groups)
        return [file.metadata.row_group(group).num_rows for group in groups] or [0]


def _spread(count: int) -> list[int]:
    """Return the numbers below `count` in an order that soon has seen all of their range.

    A plan has its cheap contents first: done in its order, the time left would look short until
    the dear ones came.
    """
    return sorted(range(count), key=lambda number: number * _GOLDEN % 1)
