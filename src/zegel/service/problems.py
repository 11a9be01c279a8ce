"""Use case: every defect met in the evidence: kind, place, offset; no content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zegel.casefile import Case
from zegel.errors import UsageError
from zegel.service.door import Who, enter_case
from zegel.service.processed import require_processed
from zegel.tables import read_rows


def list_problems(
    case: Case, *, kind: str | None = None, who: Who = None
) -> Iterator[dict[str, Any]]:
    """Yield every problem in order of exhibit files, then those met while opening.

    With `kind` only those of that kind; one that no problem here has is a usage error.
    """
    with enter_case(case, "problems read", who) as visit:
        files = files_of(case)
        if kind is not None:
            _require_kind(kind, files)
        visit.write()
    return (shown(row) for row in read_rows(files) if kind in (None, row["kind"]))


def files_of(case: Case) -> list[Path]:
    """Return the tables of problems; raise where nothing was processed yet."""
    require_processed(case, stage="scan")
    return [
        *case.stage("scan").files("problems"),
        *case.stage("keys").files("problems")[-1:],
        *case.stage("open").files("problems"),
    ]


def _require_kind(kind: str, files: list[Path]) -> None:
    kinds = {row["kind"] for row in read_rows(files, ["kind"])}
    if kind not in kinds:
        raise UsageError(
            f"no problem here is of kind {kind!r}",
            next_step=f"There are: {', '.join(sorted(kinds)) or 'none at all'}.",
        )


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a problem as it is shown: its place as text, nothing of its message."""
    return {
        "kind": row["kind"],
        "exhibit": row["exhibit"],
        "path": row["path"].decode("utf-8", "backslashreplace"),
        "offset": row["offset"],
        "note": row["note"],
        "unread": row["unread"],
    }
