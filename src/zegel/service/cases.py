"""Use cases: make a case; say what is in it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from zegel.casefile import Case, ExhibitShelf


def init_case(folder: Path, *, training: bool = False, who: str | None = None) -> Case:
    """Make a new case in `folder`; a training case will accept unsigned orders and says so."""
    case = Case.create(folder, training=training)
    case.log().append("case made", {"training": training}, who=who)
    return case


def status(case: Case) -> dict[str, Any]:
    """Return what the case is and which exhibits it holds; metadata only."""
    return {
        "case": case.identity,
        "training": case.training,
        "exhibits": [asdict(exhibit) for exhibit in shelf(case).all()],
        "processed": bool(case.stage("settled").parts()),
    }


def shelf(case: Case) -> ExhibitShelf:
    """Return the case's exhibits."""
    return ExhibitShelf(case.folder / "exhibits")
