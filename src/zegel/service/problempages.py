"""Use cases: the problems of a case by kind, and a page of them; no content."""

from __future__ import annotations

from typing import Any

from zegel.casefile import Case
from zegel.processing.sql import connect, parquet
from zegel.service.door import Who, enter_case
from zegel.service.paging import Part
from zegel.service.problems import files_of, shown


def count_problems(case: Case, *, who: Who = None) -> dict[str, Any]:
    """Return how many problems there are of each kind in each exhibit, and how many are unread."""
    with enter_case(case, "problems read", who, {"counted": True}) as visit:
        query = (
            "SELECT kind, exhibit, count(*), count(*) FILTER (WHERE unread) "
            f"FROM {parquet(files_of(case))} GROUP BY ALL ORDER BY ALL"
        )
        with connect(case.folder / "spill") as connection:
            rows = connection.execute(query).fetchall()
        visit.write()
    kinds: dict[str, dict[str, Any]] = {}
    for kind, exhibit, problems, unread in rows:
        one = kinds.setdefault(kind, {"kind": kind, "problems": 0, "unread": 0, "exhibits": {}})
        one["problems"] += problems
        one["unread"] += unread
        one["exhibits"][exhibit] = problems
    return {
        "training": case.training,
        "problems": sum(one["problems"] for one in kinds.values()),
        "unread": sum(one["unread"] for one in kinds.values()),
        "kinds": sorted(kinds.values(), key=lambda one: (-one["problems"], one["kind"])),
    }


def page_of_problems(
    case: Case,
    *,
    kind: str | None = None,
    exhibit: str | None = None,
    unread: bool = False,
    part: Part | None = None,
    who: Who = None,
) -> dict[str, Any]:
    """Return a page of the problems, in order of exhibit files, then those met while opening.

    `kind`, `exhibit` and `unread` leave out the rest; where none is left the page is empty.
    """
    part = part or Part()
    asked = {"kind": kind, "exhibit": exhibit, "unread": unread, "page": part.page}
    with enter_case(case, "problems read", who, asked) as visit:
        where, given = _where(kind, exhibit, unread=unread)
        source = f"FROM {parquet(files_of(case))} {where}"
        with connect(case.folder / "spill") as connection:
            ((count,),) = connection.execute(f"SELECT count(*) {source}", given).fetchall()
            told = part.of(int(count))
            # Files and their rows come in their order: nothing is sorted for a page.
            rows = connection.execute(
                f'SELECT kind, exhibit, path, "offset", note, unread {source} '
                f"LIMIT {part.size} OFFSET {part.offset}",
                given,
            ).fetchall()
        visit.write()
    names = ("kind", "exhibit", "path", "offset", "note", "unread")
    problems = [shown(dict(zip(names, row, strict=True))) for row in rows]
    return {"training": case.training, **told, "problems": problems}


def _where(kind: str | None, exhibit: str | None, *, unread: bool) -> tuple[str, list[str]]:
    terms, given = [], []
    for column, value in (("kind", kind), ("exhibit", exhibit)):
        if value is not None:
            terms.append(f"{column} = ?")
            given.append(value)
    if unread:
        terms.append("unread")
    return (f"WHERE {' AND '.join(terms)}" if terms else ""), given
