"""Use case: every defect met in the evidence: kind, place, offset; no content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zegel.casefile import Case
from zegel.errors import UsageError
from zegel.tables import read_rows


def list_problems(case: Case, *, who: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield every problem in order of exhibit files, then those met while opening."""
    if not case.stage("scan").parts():
        raise UsageError("nothing was processed yet", next_step="`zegel process` first.")
    case.log().append("problems read", {}, who=who)
    files = [
        *case.stage("scan").files("problems"),
        *case.stage("keys").files("problems")[-1:],
        *case.stage("open").files("problems"),
    ]
    return (_shown(row) for row in read_rows(files))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": row["kind"],
        "exhibit": row["exhibit"],
        "path": row["path"].decode("utf-8", "backslashreplace"),
        "offset": row["offset"],
        "note": row["note"],
        "unread": row["unread"],
    }
