"""Use case: the exhibits of a case, and what was found in each; counts, no content."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zegel.casefile import Case
from zegel.processing.sql import connect, parquet
from zegel.service.cases import shelf
from zegel.service.door import Who, enter_case
from zegel.service.processed import require_rules

if TYPE_CHECKING:
    import duckdb

_TABLES: Mapping[str, str] = {
    "messages": "stored",
    "keys": "keys",
    "holdings": "holdings",
    "passphrases": "passphrases",
    "problems": "problems",
}
"""What is counted of each exhibit, by the table of the scan that has a row for each."""


def list_exhibits(case: Case, *, who: Who = None) -> dict[str, Any]:
    """Return each exhibit as it was taken in, and `found` in it; that is None before processing.

    `found` counts files by role and format, stored messages, places of keys, rows of registries,
    passphrases and problems met while scanning. Metadata of the whole: for examiner and magistrate.
    """
    with enter_case(case, "ledger read", who, {"by": "exhibit files"}) as visit:
        records = shelf(case).all()
        found = _found(case)
        visit.write(shown=[record.identity for record in records])
    return {
        "training": case.training,
        "exhibits": [
            {
                **asdict(record),
                "location": os.fsencode(record.place).decode("utf-8", "backslashreplace"),
                "found": None if found is None else found.get(record.identity, _nothing()),
            }
            for record in records
        ],
    }


def _nothing() -> dict[str, Any]:
    return {"files": [], **dict.fromkeys(_TABLES, 0)}


def _found(case: Case) -> dict[str, dict[str, Any]] | None:
    scanned = case.stage("scan")
    if not scanned.parts():
        return None
    require_rules(case)
    found: dict[str, dict[str, Any]] = {}
    with connect(case.folder / "spill") as connection:
        for exhibit, role, form, files, inside in _files(connection, scanned.files("files")):
            one = found.setdefault(exhibit, _nothing())
            one["files"].append({"role": role, "format": form, "files": files, "found": inside})
        for name, table in _TABLES.items():
            query = (
                f"SELECT exhibit, count(*) FROM {parquet(scanned.files(table))} GROUP BY exhibit"
            )
            for exhibit, count in connection.execute(query).fetchall():
                found.setdefault(exhibit, _nothing())[name] = int(count)
    return found


def _files(connection: duckdb.DuckDBPyConnection, files: list[Path]) -> list[tuple[Any, ...]]:
    query = (
        "SELECT exhibit, role, coalesce(format, ''), count(*), coalesce(sum(found), 0)::BIGINT "
        f"FROM {parquet(files)} GROUP BY ALL ORDER BY 1, 2, 4 DESC, 3"
    )
    return connection.execute(query).fetchall()
