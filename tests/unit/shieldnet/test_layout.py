"""The reference and the code say the same: folders, tables, columns, fields."""

from __future__ import annotations

import dataclasses
import re
import sqlite3
from pathlib import Path

import pytest

from shieldnet.registry import SCHEMA, VERSION, Sale
from shieldnet.traffic.truth import Message, Place
from tests.real_data import PROJECT

REFERENCE = (PROJECT / "docs" / "reference" / "copied-site.md").read_text("utf-8")


def named(heading: str) -> set[str]:
    """Return every name in the first column of the table below a heading."""
    section = REFERENCE.split(heading, 1)[1].split("\n#", 1)[0]
    first = re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
    return {name for cell in first for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize(
    "table", ["site", "device", "holding", "event", "login", "enrolment", "hold", "ledger_line"]
)
def test_the_reference_names_every_column_of_the_registry(table: str) -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(SCHEMA)
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    connection.close()

    assert columns <= named(f"### `{table}`")


def test_the_reference_names_every_column_of_the_ledger() -> None:
    columns = {field.name for field in dataclasses.fields(Sale)} | {"order"}

    assert named("## `ledger.csv`") == columns


def test_the_reference_names_every_field_of_the_truth() -> None:
    section = REFERENCE.split("## Ground truth", 1)[1]
    fields = {field.name for kind in (Message, Place) for field in dataclasses.fields(kind)}

    assert [name for name in fields - {"sender"} if f"`{name}`" not in section] == []


def test_the_reference_names_the_version() -> None:
    assert f"Version of this layout: **{VERSION}**" in REFERENCE


def test_the_two_sides_never_import_each_other() -> None:
    source = PROJECT / "src"
    crossing = [
        path
        for side, other in (("zegel", "shieldnet"), ("shieldnet", "zegel"))
        for path in Path(source / side).rglob("*.py")
        if re.search(rf"^\s*(from|import) {other}\b", path.read_text("utf-8"), re.MULTILINE)
    ]

    assert crossing == []
