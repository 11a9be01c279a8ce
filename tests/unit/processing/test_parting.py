"""Every row of a table is in exactly one slice, however its files are taken."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.processing import parting
from zegel.processing.parting import parted, runs_of
from zegel.processing.sql import connect

FILES = st.lists(st.lists(st.integers(0, 30), max_size=6), min_size=1, max_size=5)


def written(folder: Path, files: list[list[int]]) -> list[Path]:
    paths = [folder / f"{number}.parquet" for number in range(len(files))]
    for path, values in zip(paths, files, strict=True):
        pq.write_table(pa.table({"value": pa.array(values, pa.int64())}), path)
    return paths


@given(files=FILES, at_once=st.integers(1, 12), slices=st.integers(1, 4))
def test_slices_share_out_every_row_once(files: list[list[int]], at_once: int, slices: int) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parting, "ROWS_AT_ONCE", at_once)
        folder = Path(name)
        runs = runs_of(written(folder, files))
        tables = [run.placed for run in runs]
        with (
            connect(folder / "spill") as connection,
            parted(connection, tables, f"value % {slices}", slices, folder / "out") as parts,
        ):
            found = [
                connection.execute(f"SELECT place, value FROM {one}").fetchall() for one in parts
            ]
            left = list(folder.glob("out*"))
        after = list(folder.glob("out*"))

    whole = [(file << 40 | row, value) for file, values in enumerate(files)
             for row, value in enumerate(values)]  # fmt: skip
    assert sorted(row for part in found for row in part) == whole
    assert all(value % slices == number for number, part in enumerate(found) for _, value in part)
    assert len(left) == (0 if slices == 1 else len(runs))
    assert after == []


@given(files=FILES, at_once=st.integers(1, 12))
def test_runs_are_all_files_in_order_with_their_rows(files: list[list[int]], at_once: int) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parting, "ROWS_AT_ONCE", at_once)
        paths = written(Path(name), files)
        runs = runs_of(paths)

    assert [path for run in runs for path in run.files] == paths
    for run in runs:
        assert paths[run.first] == run.files[0]
        assert run.start == sum(map(len, files[: run.first]))
        assert run.rows == sum(map(len, files[run.first : run.first + len(run.files)]))
    assert all(run.rows >= at_once for run in runs[:-1])
