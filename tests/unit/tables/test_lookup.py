"""A lookup finds what reading the whole file finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.tables import read_rows, rows_between, rows_with

IDENTITIES = [bytes([n]) * 32 for n in range(256)]
SCHEMA = pa.schema(
    [("names", pa.list_(pa.string())), ("message", pa.binary(32)), ("number", pa.int32())]
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write rows in the order of identities, several of some, ten in a row group."""
    place = tmp_path_factory.mktemp("lookup") / "t.parquet"
    rows = [
        {"names": ["x"] * (n % 3), "message": identity, "number": n * 37 % 256}
        for n, identity in enumerate(IDENTITIES)
        for _ in range(1 + n % 2)
        if n % 5
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), place, row_group_size=10)
    return place


@given(st.sets(st.sampled_from(IDENTITIES), max_size=9))
def test_rows_with_some_values_are_all_of_them_in_order(table: Path, wanted: set[bytes]) -> None:
    expected = [row for row in read_rows([table]) if row["message"] in wanted]

    assert list(rows_with(table, "message", wanted)) == expected


@given(st.sets(st.integers(-3, 300), max_size=9))
def test_values_need_not_be_in_order(table: Path, wanted: set[int]) -> None:
    expected = [{"number": r["number"]} for r in read_rows([table]) if r["number"] in wanted]

    assert list(rows_with(table, "number", wanted, ["number"])) == expected


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_rows_between_two_values_are_all_of_them(table: Path, one: bytes, other: bytes) -> None:
    first, last = sorted((one, other))
    expected = [row for row in read_rows([table]) if first <= row["message"] <= last]

    assert list(rows_between(table, "message", first, last)) == expected


def test_groups_that_cannot_hold_a_value_are_not_read(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    inner: Callable[..., pa.Table] = pq.ParquetFile.read_row_groups

    def watched(file: pq.ParquetFile, groups: list[int], columns: list[str]) -> pa.Table:
        read.extend(groups)
        return inner(file, groups, columns)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", watched)
    found = list(rows_with(table, "message", [IDENTITIES[101]]))

    assert len(found) == 2
    assert len(read) <= 2
