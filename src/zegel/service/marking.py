"""Use cases of the privilege officer before the index: a key, the register, the marks.

The key is opened in this process, handed to the workers of one run, and never written. Of what the
register holds and what matched nothing is told but counts.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from zegel.casefile import Case
from zegel.engines import LocalEngine
from zegel.errors import UsageError
from zegel.privilege.key import key_of_case, make_key, open_key
from zegel.privilege.looking import Looked, LookTask
from zegel.privilege.marks import apart, read_decisions, write_apart, write_marks
from zegel.privilege.register import (
    Register,
    read_entries,
    read_register,
    register_of,
    require_key,
)
from zegel.processing.whole import write_whole
from zegel.service.caseindex import settled_files
from zegel.service.door import Visit, Who, enter_case
from zegel.service.making import making
from zegel.service.processed import require_processed
from zegel.service.progress import Progress, silent
from zegel.service.setapart import (
    ENROLLED,
    MARKED,
    Shelf,
    blurred,
    enrolled,
    marks_digest,
    marks_name,
    shelf_of,
)
from zegel.tables import StorageGuard, commit, make_folder, replace_file


def make_privilege_key(place: Path, passphrase: bytes, *, case: Case | None = None) -> None:
    """Write a new key; raise where it would lie inside a case."""
    _require_outside(place, case)
    make_key(place, passphrase)


def _require_outside(place: Path, case: Case | None) -> None:
    around = [folder for folder in place.resolve().parents if (folder / "case.json").is_file()]
    if around or (case is not None and place.resolve().is_relative_to(case.folder)):
        raise UsageError(
            "the privilege officer's key must lie outside the case",
            where=str(place),
            next_step="Keep it where nobody else of the case can read it.",
        )


def enrol_register(
    case: Case,
    entries: bytes,
    key: tuple[Path, bytes],
    *,
    replace: bool = False,
    where: str = "",
    who: Who = None,
) -> dict[str, Any]:
    """Put the entries of a CSV file to the case's register, as hashes; the log gets its digest.

    `key` is the key's file and its passphrase. With `replace` the register holds these alone.
    """
    door = enter_case(case, ENROLLED, who)
    with door as visit, case.lock(), making(visit, "privilege", anew=("privilege/",)):
        _require_outside(key[0], case)
        secret = key_of_case(open_key(*key), case.identity)
        place = shelf_of(case).register
        earlier = None
        if place.exists() and not replace:
            enrolled(case)
            earlier = read_register(place)
            require_key(earlier, secret)
        forms = read_entries(entries, where)
        make_folder(place.parent)
        content, digest = register_of(secret, forms, earlier)
        visit.write({"register": digest, "replaced": replace})
        replace_file(place, content)
    return {"forms": len(forms), "register": digest}


def mark(
    case: Case,
    key: tuple[Path, bytes],
    *,
    workers: int | None = None,
    who: Who = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Look at every message that was not looked at as it is now, and set apart what matches.

    Safe to stop and to repeat: finished parts count. Returns counts, for the officer.
    """
    door = enter_case(case, MARKED, who)
    with door as visit, case.lock(), making(visit, "privilege", anew=("privilege/",)):
        require_processed(case)
        if enrolled(case) is None:
            raise UsageError(
                "no privilege register is enrolled",
                where=str(case.folder),
                next_step="`zegel privilege enrol FILE` first.",
            )
        _require_outside(key[0], case)
        secret = key_of_case(open_key(*key), case.identity)
        register = read_register(shelf_of(case).register)
        require_key(register, secret)
        run = _Marking(case, register, secret, progress)
        try:
            fresh = run.look(LocalEngine(workers, make_folder(case.work)))
            return {"looked_at": fresh, **run.settle(visit)}
        finally:
            shutil.rmtree(run.work, ignore_errors=True)


class _Marking:
    """One run of marking."""

    def __init__(self, case: Case, register: Register, key: bytes, progress: Progress) -> None:
        self.case = case
        self.shelf: Shelf = shelf_of(case)
        self.register = register
        self.key = key
        self.progress = progress
        self.work = case.folder / "spill" / "privilege"
        self.rule = register.digest[:16]
        self.whole, self.bases = self.work / "whole.parquet", self.work / "bases.parquet"

    def look(self, engine: LocalEngine) -> int:
        """Look at what is new; return how many messages that were."""
        stage = self.shelf.looked
        stage.sweep()
        shutil.rmtree(self.work, ignore_errors=True)
        make_folder(self.work)
        spill = self.case.folder / "spill"
        self.progress.phase("gather", None, "messages")
        with StorageGuard(self.work):
            known = self._known()
            fresh = write_whole(settled_files(self.case), known, self.whole, self.bases, spill)
        self.progress.phase("look", fresh, "messages")
        engine.run(self._tasks(stage.parts()), self._done)
        return fresh

    def _known(self) -> list[Path]:
        """Return the parts that were looked at with this register."""
        stage = self.shelf.looked
        return [
            stage.folder / part / "looked.parquet"
            for part in stage.parts()
            if part.endswith(self.rule)
        ]

    def _tasks(self, known: list[str]) -> Iterable[LookTask]:
        first = int(known[-1].partition("-")[0]) + 1 if known else 1
        make_folder(self.shelf.looked.folder)
        with pq.ParquetFile(self.whole) as file:
            groups = file.num_row_groups
        for group in range(groups):
            yield LookTask(
                stage=self.shelf.looked.folder,
                part=f"{first + group:08d}-{self.rule}",
                rows=self.whole,
                group=group,
                register=self.shelf.register,
                digest=self.register.digest,
                key=self.key,
            )

    def _done(self, looked: Looked) -> None:
        self.shelf.looked.commit(looked.part, looked.unfinished)
        self.progress.advance(looked.rows)

    def settle(self, visit: Visit) -> dict[str, int]:
        """Write the marks that follow, and say so in the log; drop what another register saw."""
        decisions = read_decisions(self.shelf.decisions)
        spill = self.case.folder / "spill"
        counts: dict[str, int] = {}

        def fill(table: Path) -> None:
            known = self._known()
            counts.update(write_marks(known, self.bases, decisions, table, spill))

        put_marks(self.case, self.register.digest, fill, visit)
        stage = self.shelf.looked
        for part in stage.parts():
            if not part.endswith(self.rule):
                shutil.rmtree(stage.folder / part)
        return counts


def put_marks(case: Case, register: str, fill: Callable[[Path], None], visit: Visit) -> None:
    """Let `fill` write the marks that fit the case now, and put them in place; the log first.

    Marks that are there already stay, so that what was built on them stays too.
    """
    stage = shelf_of(case).marks
    make_folder(stage.folder)
    stage.sweep()
    known, name = stage.parts(), marks_name(case, register)
    first = int(known[-1].partition("-")[0]) + 1 if known else 1
    part = f"{first:06d}-{name}"
    unfinished = make_folder(stage.folder / f".unfinished-{part}")
    with StorageGuard(unfinished):
        fill(unfinished / "marks.parquet")
        write_apart(
            unfinished / "marks.parquet", unfinished / "apart.parquet", case.folder / "spill"
        )
    digest = marks_digest(unfinished)
    last = stage.folder / known[-1] if known else unfinished
    if last.name.endswith(name) and last != unfinished and marks_digest(last) == digest:
        part = last.name
    count = len(apart(unfinished / "marks.parquet"))
    # Marks without an entry count for nothing, so the entry comes first.
    visit.write(
        {"marks": part, "digest": digest, "register": register, "set_apart": blurred(count)},
        act=MARKED,
    )
    if part == last.name:
        shutil.rmtree(unfinished)
    else:
        commit(unfinished, stage.folder / part)
