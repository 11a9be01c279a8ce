"""Two listings of a copy, entry by entry: what is missing, new, or differs, and in what.

Entries are matched by path; where a tar holds a path several times, the first with the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from zegel.processing.sql import connect, parquet

if TYPE_CHECKING:
    import duckdb

LISTED = 10_000
"""Differences that are named; all are counted."""


class Kind(StrEnum):
    """In what an entry differs from the one sealed; the gravest counts."""

    MISSING = "missing"
    NEW = "new"
    CONTENT = "content"
    """Bytes, size, target of a link, or what could not be read."""
    METADATA = "times or mode"
    ORDER = "order"
    """The same entry, elsewhere in the listing."""


_WORDS = {
    Kind.MISSING: "is missing",
    Kind.NEW: "is new",
    Kind.CONTENT: "differs in content",
    Kind.METADATA: "differs in time or mode only",
    Kind.ORDER: "lies at another place in the listing",
}

_COMPARED = """
WITH sealed AS (SELECT *, row_number() OVER (PARTITION BY path ORDER BY number) AS nth
                FROM {sealed}),
     now AS (SELECT *, row_number() OVER (PARTITION BY path ORDER BY number) AS nth FROM {now})
SELECT coalesce(sealed.number, now.number) AS number, path,
       CASE WHEN now.number IS NULL THEN 'missing'
            WHEN sealed.number IS NULL THEN 'new'
            WHEN (sealed.kind, sealed.size, sealed.sha256, sealed.target, sealed.problem)
                 IS DISTINCT FROM (now.kind, now.size, now.sha256, now.target, now.problem)
            THEN 'content'
            WHEN (sealed.mtime_ns, sealed.mode) IS DISTINCT FROM (now.mtime_ns, now.mode)
            THEN 'times or mode'
            ELSE 'order' END AS kind
FROM sealed FULL JOIN now USING (path, nth)
WHERE (sealed.number, sealed.parent, sealed.kind, sealed.size, sealed.sha256, sealed.target,
       sealed.problem, sealed.mtime_ns, sealed.mode)
      IS DISTINCT FROM (now.number, now.parent, now.kind, now.size, now.sha256, now.target,
       now.problem, now.mtime_ns, now.mode)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How a listing differs from the one that was sealed."""

    counts: Mapping[Kind, int]
    """Entries by what they differ in; kinds without any are left out."""
    listed: Sequence[str]
    """Up to `LISTED` of them in words, the gravest first."""

    @property
    def same_content(self) -> bool:
        """Say whether every entry is there with the bytes that were sealed."""
        return self.counts.keys() <= {Kind.METADATA, Kind.ORDER}


NO_DIFFERENCE = Comparison(counts={}, listed=())


def compare(sealed: Path, now: Path, spill: Path) -> Comparison:
    """Return how the listing in the Parquet file `now` differs from the one in `sealed`."""
    with connect(spill) as connection:
        connection.execute(
            "CREATE TABLE compared AS "
            + _COMPARED.format(sealed=parquet([sealed]), now=parquet([now]))
        )
        found = {
            Kind(kind): int(count)
            for kind, count in connection.execute(
                "SELECT kind, count(*) FROM compared GROUP BY ALL"
            ).fetchall()
        }
        # A file more or less moves all that follow: that says nothing beside what moved them.
        counts = {kind: found[kind] for kind in Kind if kind in found}
        if len(counts) > 1:
            counts.pop(Kind.ORDER, None)
        return Comparison(counts=counts, listed=_in_words(connection, counts))


def _in_words(connection: duckdb.DuckDBPyConnection, counts: Mapping[Kind, int]) -> list[str]:
    listed: list[str] = []
    for kind in counts:
        rows = connection.execute(
            "SELECT path FROM compared WHERE kind = ? ORDER BY number LIMIT ?",
            [kind.value, LISTED - len(listed)],
        ).fetchall()
        listed += [f"{path.decode('utf-8', 'backslashreplace')} {_WORDS[kind]}" for (path,) in rows]
    return listed


def same_files(one: Path, other: Path, spill: Path) -> bool:
    """Say whether two listings of equally many files name the same paths with the same bytes."""
    files = "SELECT path, sha256 FROM {} WHERE sha256 IS NOT NULL"
    with connect(spill) as connection:
        left = connection.execute(
            f"SELECT 1 FROM ({files.format(parquet([one]))} EXCEPT ALL "
            f"{files.format(parquet([other]))}) LIMIT 1"
        ).fetchall()
    return not left
