"""Databases as hostile as SQLite lets them be."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from zegel.records import File, FoundPassphrase, Holding, Problem
from zegel.registries import sqlite

REGISTRY = "CREATE TABLE t (serial, holder, valid_from);"


def database(tmp_path: Path, script: str) -> bytes:
    path = tmp_path / "made.db"
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return path.read_bytes()


def found(content: bytes) -> list[Holding | FoundPassphrase | Problem]:
    return list(sqlite.FORMAT.holdings(File(path=b"x", data=content)))


def kinds(content: bytes) -> list[str]:
    return [record.kind for record in found(content) if isinstance(record, Problem)]


def test_names_full_of_quotes_are_read(tmp_path: Path) -> None:
    script = (
        'CREATE TABLE "a"";DROP TABLE x;--" ("serial", "valid_from", "odd"" name");'
        "INSERT INTO \"a\"\";DROP TABLE x;--\" VALUES ('S-1', '2015-11-03', 'v');"
    )

    assert [r.device for r in found(database(tmp_path, script)) if isinstance(r, Holding)] == [
        "S-1"
    ]


def test_views_are_not_run(tmp_path: Path) -> None:
    script = """CREATE VIEW t AS WITH RECURSIVE forever(serial) AS
        (SELECT 1 UNION ALL SELECT serial + 1 FROM forever)
        SELECT serial, serial AS holder, serial AS valid_from FROM forever;"""
    begun = time.monotonic()

    assert found(database(tmp_path, script)) == []
    assert time.monotonic() - begun < 1


def test_generated_columns_are_not_computed(tmp_path: Path) -> None:
    script = """CREATE TABLE t (serial, valid_from, big AS (hex(zeroblob(500000))));
        INSERT INTO t VALUES ('S-1', '2015-11-03');"""
    (holding,) = found(database(tmp_path, script))

    assert isinstance(holding, Holding)
    assert "big" not in holding.raw


def test_a_virtual_table_is_not_opened(tmp_path: Path) -> None:
    script = "CREATE VIRTUAL TABLE t USING fts5(serial, holder, valid_from);"

    assert found(database(tmp_path, script)) == []


def test_a_cell_beyond_the_limit_costs_its_row_only(tmp_path: Path) -> None:
    script = (
        REGISTRY
        + """INSERT INTO t VALUES ('S-1', 'Anna', '2015-11-03');
        INSERT INTO t VALUES ('S-2', zeroblob(2000000), '2015-11-03');
        INSERT INTO t VALUES ('S-4', 'Carl', '2015-11-03');
        CREATE TABLE u (serial, holder, valid_from);
        INSERT INTO u VALUES ('S-3', 'Bert', '2015-11-03');"""
    )
    records = found(database(tmp_path, script))

    assert [r.device for r in records if isinstance(r, Holding)] == ["S-1", "S-4", "S-3"]
    assert [r.note for r in records if isinstance(r, Problem)] == ["table 1, row 2: SQLITE_TOOBIG"]


def test_a_page_overwritten_keeps_the_rows_before_it(tmp_path: Path) -> None:
    rows = "".join(
        f"INSERT INTO t VALUES ('S-{n}', '{'x' * 400}', '2015-11-03');" for n in range(99)
    )
    content = bytearray(database(tmp_path, REGISTRY + rows))
    content[-8192:] = b"\xff" * 8192
    records = found(bytes(content))

    assert any(isinstance(record, Holding) for record in records)
    assert [r.kind for r in records if isinstance(r, Problem)] == ["damaged database"]


def test_a_database_with_a_write_ahead_log_is_read_without_it_and_says_so(tmp_path: Path) -> None:
    script = (
        "PRAGMA journal_mode=WAL;"
        + REGISTRY
        + "INSERT INTO t VALUES ('S-1', 'Anna', '2015-11-03');"
    )
    content = database(tmp_path, script)
    assert content[18:20] == b"\2\2"

    assert kinds(content) == ["write-ahead log not applied"]
    assert len(found(content)) == 2


@pytest.mark.parametrize("content", [b"SQLite format 3\0", b"SQLite format 3\0" + bytes(5000)])
def test_a_database_that_is_none_is_a_problem_or_empty(content: bytes) -> None:
    assert kinds(content) in ([], ["damaged database"])


def test_one_too_large_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sqlite, "LARGEST_DATABASE", 100)

    assert kinds(database(tmp_path, REGISTRY)) == ["registry too large"]


def test_work_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sqlite, "_MOST_CALLS", 0)
    monkeypatch.setattr(sqlite, "_STEPS_AT_ONCE", 50)
    rows = "".join(f"INSERT INTO t VALUES ('S-{n}', 'x', '2015-11-03');" for n in range(99))

    assert kinds(database(tmp_path, REGISTRY + rows)) == ["damaged database"]


def test_a_problem_quotes_nothing_of_the_schema(tmp_path: Path) -> None:
    content = database(tmp_path, "CREATE TABLE secretname (serial, valid_from);")
    broken = content.replace(b"CREATE TABLE secretname (", b"CREATE TABLE secretname )")
    records = found(broken)

    assert kinds(broken) == ["damaged database"]
    assert "secretname" not in repr(records)


def test_twenty_thousand_passphrases_are_cut_at_ten(tmp_path: Path) -> None:
    script = """CREATE TABLE t (account, pin);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO t SELECT i, 'p' || i FROM n;"""
    passphrases = [r for r in found(database(tmp_path, script)) if isinstance(r, FoundPassphrase)]

    assert len(passphrases) == 10_000


def test_a_column_that_cannot_be_named_is_not_read_as_a_text_of_its_name(tmp_path: Path) -> None:
    content = database(
        tmp_path,
        "CREATE TABLE t (holderX, serial, valid_from); INSERT INTO t VALUES ('a', 'b', 'c');",
    )
    records = found(content.replace(b"holderX", b"holder\xff"))

    assert [type(record).__name__ for record in records] == ["Problem"]
