"""Use case: the ledger a cut at a time, from exhibits and days down to the places themselves.

A cut fixes some dimensions (`exhibit` is E1, `state` is no key) and divides what is left by one
more. In every cut found = sum of states + unread, where unread places, of which no row could be
made, belong to an exhibit and to nothing finer. Metadata of the whole: for examiner and magistrate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from zegel.canonical import JSON
from zegel.casefile import Case
from zegel.errors import UsageError, VerificationError
from zegel.openpgp.names import cipher_name, public_key_name
from zegel.processing.settled import BY_PLACE
from zegel.processing.sql import connect, parquet
from zegel.records import State
from zegel.service.door import Who, enter_case
from zegel.service.paging import Part
from zegel.service.problems import files_of
from zegel.service.processed import require_processed

if TYPE_CHECKING:
    import duckdb

DIMENSIONS = ("exhibit", "store", "account", "day", "state", "reason", "algorithm")
"""What a cut fixes or divides by; `places` divides no further and lists them."""
PLACES = "places"
OPAQUE = ("store", "account")
"""Whose values are addresses and names: they are called by a number, also in links."""
_VALUES: Mapping[str, str] = {
    "exhibit": "exhibit",
    "store": "exhibit || ':' || hex(store)",
    "account": "coalesce(nullif(account, ''), '')",
    "day": "coalesce(strftime(make_timestamp_ns(clock_ns), '%Y-%m-%d'), 'none')",
    "state": "state",
    "reason": "coalesce(reason, '')",
    "algorithm": "algorithm",
}
_FORMS: Mapping[str, re.Pattern[str]] = {
    "exhibit": re.compile(r"E[0-9]{1,9}"),
    "store": re.compile(r"[0-9]{1,9}-[0-9]{1,9}"),
    "account": re.compile(r"[0-9]{1,9}-[0-9]{1,9}"),
    "day": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|none"),
    "state": re.compile("|".join(re.escape(state) for state in State)),
    "reason": re.compile(r"[a-z0-9.-]{0,100}"),
    "algorithm": re.compile(r"none|several|[0-9]{0,5}\.[0-9]{0,6}\.[a-z0-9]{0,64}\.[0-9]{0,3}"),
}
_ORDER: Mapping[str, str] = {
    "exhibit": "length(value), value",
    "day": "value",
}
_BY_SIZE = "total DESC, value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What is fixed, by dimension, and what the rest is divided by."""

    by: str = "exhibit"
    fixed: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.by not in (*DIMENSIONS, PLACES) or self.by in self.fixed:
            raise UsageError(f"the ledger is not divided by {self.by} here")
        for name, value in self.fixed.items():
            if name not in DIMENSIONS or not _FORMS[name].fullmatch(value):
                raise UsageError(f"{name} of the ledger has no such value")

    @property
    def divisible(self) -> list[str]:
        """What it can be divided by instead."""
        return [name for name in (*DIMENSIONS, PLACES) if name not in self.fixed]

    @property
    def has_unread(self) -> bool:
        """Whether unread places belong to it: they are of an exhibit, and of nothing finer."""
        return self.fixed.keys() <= {"exhibit"}


def cut_ledger(
    case: Case, cut: Cut | None = None, *, part: Part | None = None, who: Who = None
) -> dict[str, Any]:
    """Return one cut of the ledger: a page of its rows, and the totals of all of them.

    Raises `VerificationError` where the totals do not balance: then the tables are not whole.
    """
    cut, part = cut or Cut(), part or Part()
    asked: dict[str, JSON] = {"by": cut.by, "page": part.page, **cut.fixed}
    with enter_case(case, "ledger read", who, asked) as visit:
        with _opened(case, cut) as ledger:
            total = ledger.total()
            found = ledger.places(part) if cut.by == PLACES else ledger.rows(part)
        visit.write()
    return {
        "training": case.training,
        "by": cut.by,
        "fixed": {
            name: {"value": value, "name": _in_words(name, ledger.given[name])}
            for name, value in cut.fixed.items()
        },
        "divisible": cut.divisible,
        "total": total,
        **found,
    }


@contextmanager
def _opened(case: Case, cut: Cut) -> Iterator[_Ledger]:
    """Open the tables of which a cut is made: `states` has a row for each stored message."""
    require_processed(case)
    settled, scanned = case.stage("settled"), case.stage("scan")
    states = parquet(settled.files("states")[-1:])
    with connect(case.folder / "spill") as connection:
        connection.execute(f"CREATE VIEW states AS SELECT * FROM {states}")
        for name, files in (("stored", scanned.files("stored")), ("problems", files_of(case))):
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM {parquet(files)}")
        yield _Ledger(connection, case, cut)


class _Ledger:
    """The tables, and what of them a cut leaves."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, case: Case, cut: Cut) -> None:
        self._connection = connection
        self._case = case
        self._cut = cut
        # The number of the settled tables: a value that is called by a number holds for those.
        self._settled = int(case.stage("settled").parts()[-1][1:].partition("-")[0])
        self.given = {name: self._value(name, value) for name, value in cut.fixed.items()}
        """By dimension the value that is fixed, as the tables have it."""
        self._where = " AND ".join(f"{_VALUES[name]} = ?" for name in self.given) or "true"
        if cut.by != PLACES:  # counted once, and small beside the tables
            self._ask(
                f"CREATE TEMP TABLE counted AS SELECT {_VALUES[cut.by]} AS value, state, "
                f"count(*) AS n FROM states WHERE {self._where} GROUP BY ALL"
            )

    def _value(self, name: str, value: str) -> str:
        """Return what the tables have for a value of a dimension as links have it."""
        if name not in OPAQUE:
            return value
        settled, number = value.split("-")
        found = []
        if int(settled) == self._settled:
            query = f"SELECT value FROM ({_numbered(name)}) WHERE number = ?"
            found = self._connection.execute(query, [int(number)]).fetchall()
        if not found:
            raise UsageError(
                f"there is no such {name}, or the case was processed again since",
                next_step="Begin at the top of the ledger.",
            )
        return str(found[0][0])

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the answer to a query that has the cut's condition in it once."""
        return self._connection.execute(query, list(self.given.values())).fetchall()

    def _count(self, of: str) -> int:
        return int(self._ask(f"SELECT count({of}) FROM states WHERE {self._where}")[0][0])

    def total(self) -> dict[str, Any]:
        """Return the sum the ledger proves, of the whole cut."""
        if self._cut.by == PLACES:
            query = f"SELECT state, count(*) FROM states WHERE {self._where} GROUP BY ALL"
            found = self._ask(query)
        else:
            query = "SELECT state, sum(n) FROM counted GROUP BY state"
            found = self._connection.execute(query).fetchall()
        states = _in_order({state: int(count) for state, count in found})
        stored = sum(states.values())
        if not self._cut.fixed:
            self._require_balance(stored)
        unread = sum(self._unread().values()) if self._cut.has_unread else None
        whole = stored + (unread or 0)
        return {"states": states, "stored": stored, "unread": unread, "found": whole}

    def _require_balance(self, states: int) -> None:
        ((stored,),) = self._connection.execute("SELECT count(*) FROM stored").fetchall()
        if stored != states:
            raise VerificationError(
                f"{stored} stored messages but {states} states",
                where=str(self._case.folder),
                next_step="Give `zegel process` again; if it stays, keep the case and report it.",
            )

    def _unread(self) -> dict[str, int]:
        """Return the unread places of each exhibit of the cut."""
        query = "SELECT exhibit, count(*) FROM problems WHERE unread GROUP BY ALL"
        wanted = self._cut.fixed.get("exhibit")
        rows = self._connection.execute(query).fetchall()
        return {exhibit: int(count) for exhibit, count in rows if wanted in (None, exhibit)}

    def rows(self, part: Part) -> dict[str, Any]:
        """Return a page of what the cut is divided into, each with its states."""
        by = self._cut.by
        count = "SELECT count(DISTINCT value) FROM counted"
        told = part.of(int(self._connection.execute(count).fetchall()[0][0]))
        numbered = ""
        if by in OPAQUE:
            there = "counted" if not self._cut.fixed else ""  # else of the whole
            numbered = f"LEFT JOIN ({_numbered(by, there)}) USING (value)"
        number = "number" if by in OPAQUE else "0 AS number"
        query = f"""
            WITH paged AS (SELECT value, sum(n) AS total FROM counted GROUP BY value
                           ORDER BY {_ORDER.get(by, _BY_SIZE)}
                           LIMIT {part.size} OFFSET {part.offset})
            SELECT value, {number}, state, n FROM paged JOIN counted USING (value) {numbered}
            ORDER BY {_ORDER.get(by, _BY_SIZE)}, state
        """
        rows = [
            self._row(value, number, {state: int(n) for *_, state, n in states})
            for (value, number), states in groupby(
                self._connection.execute(query).fetchall(), lambda row: row[:2]
            )
        ]
        if by == "exhibit" and told["page"] == told["pages"]:
            rows += self._only_unread()
        return {**told, "rows": rows}

    def _row(self, value: str, number: int, counts: Mapping[str, int]) -> dict[str, Any]:
        by = self._cut.by
        has_unread = by == "exhibit" and self._cut.has_unread
        return {
            "value": f"{self._settled}-{number}" if by in OPAQUE else value,
            "name": _in_words(by, value),
            "states": _in_order(counts),
            "stored": sum(counts.values()),
            "unread": self._unread().get(value, 0) if has_unread else None,
        }

    def _only_unread(self) -> list[dict[str, Any]]:
        """Return the exhibits of which nothing but unread places is known."""
        if not self._cut.has_unread:
            return []
        query = "SELECT DISTINCT exhibit FROM states"
        stored = {exhibit for (exhibit,) in self._connection.execute(query).fetchall()}
        return [self._row(exhibit, 0, {}) for exhibit in sorted(self._unread().keys() - stored)]

    def places(self, part: Part) -> dict[str, Any]:
        """Return a page of the places of stored messages themselves, in order of the exhibits."""
        told = part.of(self._count("*"))
        # The table is in order of exhibits, files and offsets: no more is sorted than a page.
        query = (
            "WITH paged AS (SELECT *, row_number() OVER () AS nth FROM ("
            f"SELECT * FROM states WHERE {self._where} LIMIT {part.size} OFFSET {part.offset})) "
            'SELECT exhibit, path, "offset", length, sha256, format, state, reason, detail, '
            f"{_VALUES['day']} FROM paged p JOIN (SELECT {BY_PLACE}, sha256 FROM stored) "
            f"USING ({BY_PLACE}) ORDER BY nth"
        )
        return {**told, "places": [_place(row) for row in self._ask(query)]}


def _numbered(name: str, there: str = "") -> str:
    """Return a query for the values of a dimension, each with its number.

    `there` is a table that has all of them already.
    """
    source = there or f"(SELECT {_VALUES[name]} AS value FROM states)"
    return (
        "SELECT value, row_number() OVER (ORDER BY value) AS number "
        f"FROM (SELECT DISTINCT value FROM {source})"
    )


def _in_words(name: str, value: str) -> str:
    """Return a value of a dimension for a person; empty where there is none."""
    if name == "store":
        exhibit, _, path = value.partition(":")
        return f"{exhibit}:{bytes.fromhex(path).decode('utf-8', 'backslashreplace')}"
    if name == "day" and value == "none":
        return ""
    if name == "algorithm" and "." in value:
        key, bits, curve, cipher = value.split(".")
        of_key = f"{public_key_name(int(key))} {curve or bits}".strip() if key else ""
        return ", ".join(one for one in (of_key, cipher_name(int(cipher)) if cipher else "") if one)
    return value


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    return {str(state): counts[state] for state in State if counts.get(state)}


def _place(row: Sequence[Any]) -> dict[str, Any]:
    exhibit, path, offset, length, sha256, form, state, reason, detail, day = row
    return {
        "exhibit": exhibit,
        "path": path.decode("utf-8", "backslashreplace"),
        "offset": offset,
        "length": length,
        "sha256": sha256.hex(),
        "format": form,
        "state": state,
        "reason": reason,
        "detail": detail,
        "day": "" if day == "none" else day,
    }
