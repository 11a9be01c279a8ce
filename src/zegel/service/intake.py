"""Use case: take a copy in, sealing every file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from zegel.casefile import Case, ExhibitRecord, entry_row
from zegel.casefile.exhibits import Sealing, seal
from zegel.errors import UsageError
from zegel.exhibits import open_copy
from zegel.exhibits.acquisition import Acquisition, Conditions
from zegel.service.cases import shelf, sweep_work
from zegel.service.comparing import same_files
from zegel.service.door import Visit, Who, enter_case
from zegel.service.making import making
from zegel.service.progress import Progress, silent
from zegel.service.running import watched
from zegel.tables import PartWriter, make_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """The result of taking in a copy."""

    exhibit: ExhibitRecord
    known: bool
    """True where the same copy had been taken in before; nothing was added then."""
    same_files: Sequence[str] = ()
    """Exhibits of the same files and bytes under another seal: other times, modes or form."""
    ignored: bool = False
    """True where a known copy was described otherwise now: what was said first stands."""


@contextmanager
def _intake_of(
    case: Case, who: Who, progress: Progress
) -> Iterator[tuple[Visit, Progress, PartWriter]]:
    with (
        enter_case(case, "copy taken in", who) as visit,
        case.lock(),
        watched(case, "intake", visit.person.name, progress) as heard,
        making(visit, "exhibits"),
        shelf(case).begin() as writer,
    ):
        yield visit, heard, writer


def take_in(
    case: Case,
    path: Path,
    described: tuple[Acquisition, Conditions],
    *,
    who: Who = None,
    progress: Progress = silent,
) -> Intake:
    """Hash every file of the copy at `path` once, seal the manifest and describe the exhibit.

    The copy is opened read-only and stays where it is. A copy whose seal the case already
    holds is recognised and not added again.
    """
    with _intake_of(case, who, progress) as (visit, heard, writer):
        _keep_apart(case.folder.resolve(), path)
        sweep_work(case)
        exhibits = shelf(case)
        copy = open_copy(path, make_folder(case.work))
        heard.phase("intake", copy.size(), "bytes")
        sealing, tree = seal(
            copy.entries(), lambda entry: writer.add("entries", entry_row(entry)), heard.advance
        )
        writer.finish()
        same = [record for record in exhibits.all() if record.seal == sealing.seal]
        if same:
            visit.write(_facts(same[0]), act="copy recognised")
            return Intake(exhibit=same[0], known=True, ignored=_says_more(same[0], described))
        alike = _alike(case, sealing, writer.unfinished / "entries.parquet")
        identity = exhibits.next_identity()
        visit.write({"exhibit": identity, "seal": sealing.seal, "files": sealing.files})
        record = exhibits.add(
            writer.unfinished,
            sealing,
            tree,
            location=path,
            form=copy.format,
            taken_in=datetime.now(UTC).isoformat(),
            described=described,
        )
        return Intake(exhibit=record, known=False, same_files=alike)


def _alike(case: Case, sealing: Sealing, listing: Path) -> list[str]:
    """Return the exhibits that hold the same files as a listing under another seal."""
    exhibits = shelf(case)
    return [
        record.identity
        for record in exhibits.all()
        if (record.files, record.bytes) == (sealing.files, sealing.bytes)
        and same_files(exhibits.manifest(record.identity), listing, case.folder / "spill")
    ]


def _says_more(record: ExhibitRecord, described: tuple[Acquisition, Conditions]) -> bool:
    """Say whether the description given now says anything that the exhibit's does not."""
    known = (record.acquisition, record.conditions)
    given = json.loads(json.dumps([asdict(part) for part in described]))
    return any(
        value and before.get(name) != value
        for before, now in zip(known, given, strict=True)
        for name, value in now.items()
    )


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
