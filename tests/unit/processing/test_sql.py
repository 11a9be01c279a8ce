from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import duckdb
import pytest

from zegel.errors import StorageError
from zegel.processing.sql import connect

SORT = "CREATE TABLE sorted AS SELECT hash(i) AS h, repeat('x', 200) AS x FROM range(900000) r(i)"
MUCH = "CREATE TABLE much AS SELECT hash(i) AS h FROM range(20_000_000) r(i) ORDER BY h"


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


def count_much(spill: Path) -> None:
    with connect(spill) as connection:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        connection.execute(MUCH)


def test_an_interrupt_ends_a_query_as_it_ends_anything_else(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        count_much(tmp_path / "spill")
