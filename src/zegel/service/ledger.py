"""Use case: the ledger — every stored message in exactly one state, and the totals balance.

found = sum of states + unread. Metadata of the whole case: shown to examiner and magistrate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zegel.casefile import Case
from zegel.errors import UsageError, VerificationError
from zegel.openpgp.secondopinion import Agreement
from zegel.processing.settled import blocks_of
from zegel.processing.sql import connect, parquet
from zegel.records import State
from zegel.service.door import Who, enter_case
from zegel.service.processed import require_processed

if TYPE_CHECKING:
    import duckdb

BY = {
    "exhibit": "exhibit",
    "store": "struct_pack(exhibit := exhibit, store := store)",
    "account": "coalesce(nullif(account, ''), '(no account)')",
    "day": "coalesce(strftime(make_timestamp_ns(clock_ns), '%Y-%m-%d'), '(no date)')",
}
"""What the ledger can be broken down by; days are UTC days of the trusted clock."""


def ledger(case: Case, *, by: str | None = None, who: Who = None) -> dict[str, Any]:
    """Return the totals, and where `by` is given the states of each exhibit, store, account, day.

    Raises VerificationError if the totals do not balance: then the tables are not whole.
    """
    if by is not None and by not in BY:
        raise UsageError(f"the ledger has no breakdown by {by}", next_step=f"Use {', '.join(BY)}.")
    with enter_case(case, "ledger read", who, {"by": by}) as visit:
        require_processed(case)
        with connect(case.folder / "spill") as connection:
            _views(case, connection)
            totals = _totals(connection, case)
            if by is not None:
                totals["by"] = {by: _breakdown(connection, by)}
        visit.write()
    return totals


def _views(case: Case, connection: duckdb.DuckDBPyConnection) -> None:
    settled, scanned = case.stage("settled"), case.stage("scan")
    for table in ("states", "messages"):
        source = parquet(settled.files(table)[-1:])
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM {source}")
    # Signed or compressed messages that fail to read are layers, but not encrypted blocks.
    blocks = blocks_of(case.stage("open").files("sessions"), settled.files("blocks")[-1])
    connection.execute(
        f"CREATE VIEW blocks AS SELECT * FROM {blocks} "
        "WHERE kind NOT IN ('openpgp-clear', 'damaged clear')"
    )
    problems = [
        *scanned.files("problems"),
        *case.stage("open").files("problems"),
        *case.stage("keys").files("problems")[-1:],
    ]
    connection.execute(f"CREATE VIEW problems AS SELECT * FROM {parquet(problems)}")
    for table in ("stored", "files"):
        source = parquet(scanned.files(table))
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM {source}")


def _counts(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, int]:
    return {str(name): int(count) for name, count in connection.execute(query).fetchall()}


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    return {str(state): counts[state] for state in State if counts.get(state)}


def _totals(connection: duckdb.DuckDBPyConnection, case: Case) -> dict[str, Any]:
    stored = _one(connection, "SELECT count(*) FROM stored")
    unread = _one(connection, "SELECT count(*) FROM problems WHERE unread")
    states = _in_order(_counts(connection, "SELECT state, count(*) FROM states GROUP BY ALL"))
    if stored != sum(states.values()):
        raise VerificationError(
            f"{stored} stored messages but {sum(states.values())} states",
            where=str(case.folder),
            next_step="Give `zegel process` again; if it stays, keep the case and report it.",
        )
    return {
        "training": case.training,
        "found": stored + unread,
        "states": states,
        "unread": unread,
        "messages": _one(connection, "SELECT count(*) FROM messages"),
        "layers": _in_order(_counts(connection, "SELECT state, count(*) FROM blocks GROUP BY ALL")),
        "reasons": _reasons(connection),
        "unsupported": _counts(
            connection,
            "SELECT reason, count(*) FROM blocks WHERE state = 'unsupported' GROUP BY ALL "
            "ORDER BY ALL",
        ),
        "second_opinions": _second_opinions(connection),
        "problems": _one(connection, "SELECT count(*) FROM problems"),
        "files": _counts(connection, "SELECT role, count(*) FROM files GROUP BY ALL ORDER BY ALL"),
    }


def _second_opinions(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Count what a second implementation said of the blocks that opened."""
    said = _counts(
        connection,
        "SELECT split_part(second_opinion, ':', 1), count(*) FROM blocks "
        "WHERE second_opinion IS NOT NULL GROUP BY ALL",
    )
    asked = (Agreement.AGREES, Agreement.DIFFERS, Agreement.FAILED)
    sampled = sum(said.get(answer, 0) for answer in asked)
    return {"sampled": sampled, **{answer.value: said.get(answer, 0) for answer in Agreement}}


def _reasons(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    rows = connection.execute(
        "SELECT state, reason, count(*) FROM states GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    reasons: dict[str, dict[str, int]] = {}
    for state, reason, count in rows:
        reasons.setdefault(state, {})[reason] = int(count)
    return reasons


def _breakdown(connection: duckdb.DuckDBPyConnection, by: str) -> dict[str, dict[str, int]]:
    rows = connection.execute(
        f"SELECT {BY[by]} AS place, state, count(*) FROM states GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    table: dict[str, dict[str, int]] = {}
    for place, state, count in rows:
        table.setdefault(_in_words(place), {})[state] = int(count)
    return {place: _in_order(counts) for place, counts in table.items()}


def _in_words(place: str | dict[str, Any]) -> str:
    if isinstance(place, str):
        return place
    path: bytes = place["store"]
    return f"{place['exhibit']}:{path.decode('utf-8', 'backslashreplace')}"
