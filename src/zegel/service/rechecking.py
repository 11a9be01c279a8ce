"""Use case: hash an exhibit again, compare it with its seal, and say in what it differs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from zegel.canonical import JSON
from zegel.casefile import Case, ExhibitRecord, entry_row
from zegel.casefile.exhibits import seal
from zegel.errors import UsageError, VerificationError
from zegel.service.cases import open_exhibit, shelf, sweep_work
from zegel.service.comparing import NO_DIFFERENCE, Comparison, compare
from zegel.service.door import Who, enter_case
from zegel.service.making import making
from zegel.service.progress import Progress, silent
from zegel.service.running import watched


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """The result of hashing an exhibit again."""

    exhibit: ExhibitRecord
    comparison: Comparison

    @property
    def holds(self) -> bool:
        """Say whether the seal holds."""
        return not self.comparison.counts


def recheck(
    case: Case,
    identity: str | None = None,
    *,
    moved_to: Path | None = None,
    who: Who = None,
    progress: Progress = silent,
) -> list[Recheck]:
    """Hash exhibits again and compare with their seals; `moved_to` gives one a new location.

    The new location is recorded only where the seal holds there.
    """
    moved = (f"exhibits/{identity or ''}",) if moved_to is not None else ()
    door = enter_case(case, "seal rechecked", who)
    with (
        door as visit,
        case.lock(),
        watched(case, "recheck", visit.person.name, progress) as heard,
        making(visit, "exhibits", anew=moved),
    ):
        exhibits = shelf(case)
        records = [exhibits.get(identity)] if identity else exhibits.all()
        if not records:
            raise UsageError(
                "the case holds no exhibit",
                where=str(case.folder),
                next_step="`zegel intake PATH`.",
            )
        if moved_to is not None and len(records) != 1:
            raise UsageError("a new location fits one exhibit", next_step="Name it: --exhibit E1.")
        sweep_work(case)
        results = [_recheck_one(case, record, moved_to, heard) for record in records]
        for result in results:
            facts: dict[str, JSON] = {
                "exhibit": result.exhibit.identity,
                "seal": result.exhibit.seal,
                "holds": result.holds,
            }
            visit.write(facts)
        return results


def _recheck_one(
    case: Case, record: ExhibitRecord, moved_to: Path | None, progress: Progress
) -> Recheck:
    exhibits = shelf(case)
    progress.phase(f"recheck {record.identity}", record.bytes, "bytes")
    copy = open_exhibit(case, record, moved_to)
    with exhibits.begin() as writer:
        now, _ = seal(
            copy.entries(), lambda entry: writer.add("entries", entry_row(entry)), progress.advance
        )
        writer.finish()
        comparison = NO_DIFFERENCE
        if now.seal != record.seal:
            listing = writer.unfinished / "entries.parquet"
            comparison = compare(exhibits.manifest(record.identity), listing, case.folder / "spill")
            if not comparison.counts:
                raise VerificationError(
                    "the seal differs though every entry is equal: the manifest was changed",
                    where=str(exhibits.manifest(record.identity)),
                )
    if now.seal == record.seal and moved_to is not None:
        record = exhibits.move(record, moved_to)
    return Recheck(exhibit=record, comparison=comparison)
