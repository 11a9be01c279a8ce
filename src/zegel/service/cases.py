"""Use cases: make a case; say what is in it."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from zegel.casefile import Case, ExhibitRecord, ExhibitShelf
from zegel.errors import ExhibitError
from zegel.exhibits import Copy, open_copy
from zegel.service.door import Who, enter_case
from zegel.service.investigations import investigations_of
from zegel.service.setapart import privilege_status
from zegel.tables import make_folder

_LEFT_IN_WORK = (".opening-*", "tmp*", "zegel-*")
"""Half-opened containers, and the empty homes GnuPG is started in."""


def init_case(folder: Path, *, training: bool = False, who: str | None = None) -> Case:
    """Make a new case in `folder`; a training case will accept unsigned orders and says so."""
    return Case.create(folder, training=training, who=who)


def status(case: Case, *, who: Who = None) -> dict[str, Any]:
    """Return what the case is and which exhibits it holds; metadata only."""
    with enter_case(case, "case read", who) as visit:
        visit.write()
        return {
            "case": case.identity,
            "training": case.training,
            "exhibits": [asdict(exhibit) for exhibit in shelf(case).all()],
            "processed": bool(case.stage("settled").parts()),
            "privilege": privilege_status(case),
            "investigations": investigations_of(case),
        }


def open_exhibit(case: Case, record: ExhibitRecord, moved_to: Path | None = None) -> Copy:
    """Open the copy of an exhibit where it lies; say what to do where it lies there no more."""
    try:
        return open_copy(moved_to or record.place, make_folder(case.work))
    except ExhibitError as error:
        if moved_to is not None:
            raise
        raise ExhibitError(
            f"exhibit {record.identity} cannot be opened here: {error.what}",
            where=str(record.place),
            next_step="Put it back or mount it; if it has moved, "
            f"`zegel intake --recheck --exhibit {record.identity} --moved-to PATH`.",
        ) from error


def sweep_work(case: Case) -> None:
    """Remove what killed commands left behind; call it under the case's lock only."""
    for pattern in _LEFT_IN_WORK:
        for left in case.work.glob(pattern):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
    exhibits = (case.folder / "exhibits").glob("E*")
    for folder in (case.folder, case.private, case.folder / "magistrates", *exhibits):
        for left in folder.glob(".*.new"):
            left.unlink(missing_ok=True)


def shelf(case: Case) -> ExhibitShelf:
    """Return the case's exhibits."""
    return ExhibitShelf(case.folder / "exhibits")
