from __future__ import annotations

import errno
from pathlib import Path

import pyarrow as pa
import pytest

from zegel.errors import StorageError
from zegel.tables import Stage, StorageGuard, read_batches, read_rows, replace_file
from zegel.tables.parts import BATCH_TEXT

SCHEMAS = {"rows": pa.schema([("number", pa.int64()), ("text", pa.string())])}


def write(stage: Stage, part: str, numbers: range) -> Path:
    writer = stage.begin(part, SCHEMAS)
    writer.add_all("rows", ({"number": n, "text": str(n)} for n in numbers))
    writer.finish()
    return writer.unfinished


def test_a_part_is_there_only_after_its_commit(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "stage")
    unfinished = write(stage, "one", range(3))
    before = stage.parts()
    stage.commit("one", unfinished)

    assert (before, stage.parts()) == ([], ["one"])


def test_rows_come_back_in_order_over_several_batches(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "stage")
    stage.commit("one", write(stage, "one", range(10_000)))

    assert [row["number"] for row in read_rows(stage.files("rows"))] == list(range(10_000))


def test_batches_end_early_where_texts_are_long(tmp_path: Path) -> None:
    """A thousand messages of eight megabytes each must fit no memory at once."""
    long = "x" * (BATCH_TEXT // 4)
    stage = Stage(tmp_path / "stage")
    writer = stage.begin("one", SCHEMAS)
    writer.add_all("rows", ({"number": n, "text": long} for n in range(6)))
    writer.add_columns("rows", {"number": [6, 7, 8], "text": [long, None, long]}, 3)
    writer.add("rows", {"number": 9, "text": ""})
    writer.finish()
    stage.commit("one", writer.unfinished)
    (place,) = stage.files("rows")

    batches = [batch.num_rows for batch in read_batches(place)]
    assert batches == [4, 5, 1]
    assert [row["number"] for row in read_rows([place])] == list(range(10))


def test_the_same_rows_give_the_same_digest_whenever_they_are_written(tmp_path: Path) -> None:
    one, other = Stage(tmp_path / "a"), Stage(tmp_path / "b")
    one.commit("part", write(one, "part", range(5_000)))
    other.commit("part", write(other, "part", range(5_000)))

    assert one.digest("rows") == other.digest("rows")


def test_a_part_that_is_there_already_is_kept(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "stage")
    stage.commit("one", write(stage, "one", range(3)))
    stage.commit("one", write(stage, "one", range(9)))

    assert len(list(read_rows(stage.files("rows")))) == 3


def test_a_sweep_removes_what_a_kill_left_and_nothing_else(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "stage")
    stage.commit("one", write(stage, "one", range(3)))
    write(stage, "two", range(3))
    stage.sweep()

    assert [child.name for child in stage.folder.iterdir()] == ["one"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_disk_that_refuses_is_a_storage_error_in_words(tmp_path: Path, code: int) -> None:
    with pytest.raises(StorageError, match="same command"), StorageGuard(tmp_path):
        raise OSError(code, "no")


def test_other_os_errors_pass_the_guard_unchanged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), StorageGuard(tmp_path):
        raise FileNotFoundError


def test_a_replaced_file_holds_the_new_bytes_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "file"
    replace_file(place, b"old")
    replace_file(place, b"new")

    assert (place.read_bytes(), list(tmp_path.iterdir())) == (b"new", [place])
