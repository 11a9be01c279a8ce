"""Use cases: take a copy in, sealing every file; hash it all again later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from zegel.canonical import JSON
from zegel.casefile import Case, ExhibitRecord, entry_row
from zegel.casefile.exhibits import seal
from zegel.casefile.manifest import entry_leaf
from zegel.errors import ExhibitError, UsageError
from zegel.exhibits import Entry, open_copy
from zegel.exhibits.acquisition import Acquisition, Conditions
from zegel.service.cases import open_exhibit, shelf, sweep_work
from zegel.service.progress import Progress, silent
from zegel.tables import make_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The result of taking in a copy."""

    exhibit: ExhibitRecord
    known: bool
    """True where the same copy had been taken in before; nothing was added then."""


def take_in(
    case: Case,
    path: Path,
    described: tuple[Acquisition, Conditions],
    *,
    who: str | None = None,
    progress: Progress = silent,
) -> Intake:
    """Hash every file of the copy at `path` once, seal the manifest and describe the exhibit.

    The copy is opened read-only and stays where it is. A copy whose seal the case already
    holds is recognised and not added again.
    """
    _keep_apart(case.folder.resolve(), path)
    with case.lock(), shelf(case).begin() as writer:
        sweep_work(case)
        exhibits = shelf(case)
        copy = open_copy(path, make_folder(case.work))
        progress.phase("intake", None, "bytes")
        sealing = seal(
            copy.entries(), lambda entry: writer.add("entries", entry_row(entry)), progress.advance
        )
        writer.finish()
        same = [record for record in exhibits.all() if record.seal == sealing.seal]
        if same:
            case.log().append("copy recognised", _facts(same[0]), who=who)
            return Intake(exhibit=same[0], known=True)
        identity = exhibits.next_identity()
        case.log().append(
            "copy taken in",
            {"exhibit": identity, "seal": sealing.seal, "files": sealing.files},
            who=who,
        )
        record = exhibits.add(
            writer.unfinished,
            sealing,
            location=path,
            form=copy.format,
            taken_in=datetime.now(UTC).isoformat(),
            described=described,
        )
        return Intake(exhibit=record, known=False)


def _keep_apart(case: Path, path: Path) -> None:
    copy = path.resolve()
    if copy.is_relative_to(case):
        raise UsageError("is inside the case", where=str(path), next_step="Name the copy itself.")
    if case.is_relative_to(copy):
        raise UsageError(
            "holds the case itself, so its seal could never hold",
            where=str(path),
            next_step="Name the copy itself, or make the case elsewhere.",
        )


def _facts(record: ExhibitRecord) -> dict[str, str]:
    return {"exhibit": record.identity, "seal": record.seal}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """The result of hashing an exhibit again."""

    exhibit: ExhibitRecord
    differences: Sequence[str]
    """At most 20 places that differ, in words; empty where the seal holds."""


def recheck(
    case: Case,
    identity: str | None = None,
    *,
    moved_to: Path | None = None,
    who: str | None = None,
    progress: Progress = silent,
) -> list[Recheck]:
    """Hash exhibits again and compare with their seals; `moved_to` gives one a new location."""
    exhibits = shelf(case)
    records = [exhibits.get(identity)] if identity else exhibits.all()
    if moved_to is not None and len(records) != 1:
        raise UsageError("a new location fits one exhibit", next_step="Name it: --exhibit E1.")
    with case.lock():
        results = [_recheck_one(case, record, moved_to, progress) for record in records]
        for result in results:
            facts: dict[str, JSON] = {**_facts(result.exhibit), "holds": not result.differences}
            case.log().append("seal rechecked", facts, who=who)
        return results


def _recheck_one(
    case: Case, record: ExhibitRecord, moved_to: Path | None, progress: Progress
) -> Recheck:
    exhibits = shelf(case)
    progress.phase(f"recheck {record.identity}", record.bytes, "bytes")
    copy = open_exhibit(case, record, moved_to)
    before = exhibits.entries(record.identity)
    differences: list[str] = []

    def compare(entry: Entry) -> None:
        sealed = next(before, None)
        if (sealed is None or entry_leaf(sealed) != entry_leaf(entry)) and len(differences) < 20:
            differences.append(f"{entry.path.decode('utf-8', 'backslashreplace')} differs")

    now = seal(copy.entries(), compare, progress.advance)
    differences.extend(
        f"{missing.path.decode('utf-8', 'backslashreplace')} is missing"
        for missing, _ in zip(before, range(20 - len(differences)), strict=False)
    )
    if now.seal != record.seal and not differences:
        raise ExhibitError("the seal differs though every entry is equal", where=record.identity)
    if not differences and moved_to is not None:
        record = exhibits.move(record, moved_to)
    return Recheck(exhibit=record, differences=tuple(differences))
