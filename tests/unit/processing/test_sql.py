from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from zegel.errors import StorageError
from zegel.processing.sql import connect

SORT = "CREATE TABLE sorted AS SELECT hash(i) AS h, repeat('x', 200) AS x FROM range(900000) r(i)"


def sort_without_room(spill: Path) -> None:
    with connect(spill) as connection:
        connection.execute("SET memory_limit = '20MB'")
        connection.execute("SET max_temp_directory_size = '1MB'")
        connection.execute(SORT + " ORDER BY h")


def test_a_disk_without_room_to_spill_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no space left to spill") as refused:
        sort_without_room(tmp_path / "spill")

    assert refused.value.where == str(tmp_path / "spill")


def test_a_file_that_is_not_there_is_no_full_disk(tmp_path: Path) -> None:
    with pytest.raises(duckdb.IOException), connect(tmp_path / "spill") as connection:
        connection.execute(f"SELECT * FROM read_parquet('{tmp_path}/gone.parquet')")
