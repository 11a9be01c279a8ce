"""Sorted files become one sorted file, with every row, in row groups of one size."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.processing import merging
from zegel.processing.merging import merge_sorted

KEYS = st.tuples(st.binary(max_size=2), st.integers(0, 5).map(lambda n: bytes([n])))
PARTS = st.lists(st.lists(KEYS, max_size=9), min_size=1, max_size=4)
FIELDS = [("first_key", pa.binary()), ("content_id", pa.binary())]
PLACES = pa.list_(pa.struct([("entry", pa.int32()), ("path", pa.string())]))


def row(first_key: bytes, content_id: bytes, number: int) -> dict[str, Any]:
    places = None if number % 3 == 0 else [{"entry": number, "path": "x" * (number % 4)}] * 2
    return {"first_key": first_key, "content_id": content_id, "places": places, "sure": number}


def written(folder: Path, parts: list[list[tuple[bytes, bytes]]]) -> list[Path]:
    paths, number = [], 0
    for name, keys in enumerate(parts):
        rows = []
        for key in sorted(keys):
            rows.append(row(*key, number))
            number += 1
        # A part may say of a column that it is never null.
        sure = pa.field("sure", pa.int64(), nullable=name % 2 == 0)
        schema = pa.schema([*FIELDS, ("places", PLACES), sure])
        paths.append(folder / f"part.{name}")
        pq.write_table(pa.Table.from_pylist(rows, schema), paths[-1], row_group_size=2)
    return paths


@given(parts=PARTS, at_once=st.integers(2, 5), group=st.integers(1, 4))
def test_every_row_comes_out_once_and_in_order(
    parts: list[list[tuple[bytes, bytes]]], at_once: int, group: int
) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "FILES_AT_ONCE", at_once)
        folder = Path(name)
        paths = written(folder, parts)
        before = [row for path in paths for row in pq.read_table(path).to_pylist()]
        merge_sorted(paths, folder / "out", ("first_key", "content_id"), group=group)
        after = pq.read_table(folder / "out").to_pylist()
        left = [path.name for path in folder.iterdir()]
        known = pq.read_metadata(folder / "out")
        groups = [known.row_group(n).num_rows for n in range(known.num_row_groups)]

    keys = [(one["first_key"], one["content_id"]) for one in after]
    assert left == ["out"]
    assert keys == sorted(keys)
    assert sorted(after, key=lambda one: one["sure"]) == before
    assert set(groups[:-1]) <= {group}
    assert all(0 < size <= group for size in groups)
