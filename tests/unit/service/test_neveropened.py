"""What was never opened is counted from the log alone, by account, day and clause."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zegel.custody.log import Log
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.schemas import MESSAGES
from zegel.service.neveropened import BY, _counted, _messages, opened_in, unopened

ADDRESS = st.sampled_from(["a@x.example", "B@x.example", "c@x.example"])
ADDRESSES = st.lists(ADDRESS, max_size=3)
ROW = st.fixed_dictionaries(
    {
        "clock_ns": st.none()
        | st.sampled_from([0, -1, 86_400 * 10**9 - 1, 86_400 * 10**9, 1_461_024_000 * 10**9 - 1]),
        "clauses": st.lists(st.sampled_from(["one", "two"]), max_size=2, unique=True),
        "accounts": st.none() | ADDRESSES,
        "sender": ADDRESSES,
        "recipients": ADDRESSES,
        "opened": st.booleans(),
    }
)
DAYS = {0: "1970-01-01", -1: "1969-12-31", 86_400 * 10**9 - 1: "1970-01-01"}
DAYS |= {86_400 * 10**9: "1970-01-02", 1_461_024_000 * 10**9 - 1: "2016-04-18"}


def identity(number: int) -> bytes:
    return number.to_bytes(32, "big")


def table_of(folder: Path, rows: list[dict[str, Any]]) -> Investigation:
    """Write rows as an investigation's table of messages."""
    place = folder / "messages.parquet"
    names = ("clock_ns", "accounts", "sender", "recipients")
    made = [
        {
            "number": number,
            "message": identity(number),
            "admitted": [{"clause": name, "why": ""} for name in row["clauses"]],
            **{name: row[name] for name in names},
        }
        for number, row in enumerate(rows)
    ]
    pq.write_table(pa.Table.from_pylist(made, MESSAGES), place)
    return cast(Investigation, SimpleNamespace(table=lambda _: place))


def expected(rows: list[dict[str, Any]], by: str) -> dict[str | None, tuple[int, int]]:
    """Count in the slow, plain way."""
    all_of, never = Counter[str | None](), Counter[str | None]()
    for row in rows:
        owners = row["accounts"] or [*row["sender"], *row["recipients"]]
        names = {
            "day": [DAYS[row["clock_ns"]] if row["clock_ns"] is not None else None],
            "clause": row["clauses"],
            "account": {name.lower() for name in owners},
        }[by]
        all_of.update(names)
        if not row["opened"]:
            never.update(names)
    return {name: (count, never[name]) for name, count in all_of.items()}


@given(st.lists(ROW, max_size=12), st.sampled_from(BY))
@settings(max_examples=60)
def test_counts_are_those_of_the_plain_way(rows: list[dict[str, Any]], by: str) -> None:
    opened = {identity(number) for number, row in enumerate(rows) if row["opened"]}
    with tempfile.TemporaryDirectory() as folder:
        table = _messages(table_of(Path(folder), rows), opened)
        counted = _counted(table, by)

    assert {row[by]: (row["messages"], row["unopened"]) for row in counted} == expected(rows, by)
    assert sum(table["never"].to_pylist()) == sum(not row["opened"] for row in rows)


def test_only_a_message_shown_whole_is_opened(tmp_path: Path) -> None:
    log = Log.create(tmp_path / "log", tmp_path / "key", origin="zegel investigation 26")
    one, two = identity(1).hex(), identity(2).hex()
    log.append("message read", {"message": one}, shown=[one])
    log.append("message read", {"message": two, "failed": "StorageError"})
    log.append("message read", {"message": "99", "failed": "UsageError"})
    log.append("tag added", {"message": two}, shown=[two])
    log.append("search", {"query": "haven"}, shown=[one, two])

    assert opened_in(log) == {identity(1)}


def test_nothing_is_counted_by_what_it_does_not_know() -> None:
    with pytest.raises(UsageError, match="nothing is counted by colour"):
        unopened(cast(Investigation, None), by="colour")
