"""Texts laid aside come back whole, in their rows, a bounded number of octets at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.processing import parting
from zegel.processing import texts as module
from zegel.processing.parting import runs_of
from zegel.processing.sql import connect
from zegel.processing.texts import Said, Texts, write_with_texts

WRITTEN = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=5))
FILES = st.lists(st.lists(WRITTEN, max_size=7), min_size=1, max_size=3)
SCHEMA = pa.schema([("number", pa.int64()), ("text", pa.string())])


def laid_down(folder: Path, files: list[list[str | None]], rows: int = 2) -> list[Path]:
    """Write each list of texts as a Parquet file with small row groups."""
    paths = []
    for name, column in enumerate(files):
        paths.append(folder / f"{name}.parquet")
        table = pa.table({"number": range(len(column)), "text": column}, SCHEMA)
        pq.write_table(table, paths[-1], row_group_size=rows)
    return paths


@given(files=FILES)
def test_every_text_comes_back_at_its_place(files: list[list[str | None]]) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parting, "ROWS_AT_ONCE", 3)
        folder = Path(name)
        paths = laid_down(folder, files)
        with connect(folder / "spill") as connection:
            told = [
                row
                for run in runs_of(paths)
                for row in connection.execute(f"SELECT place, text FROM {run.placed}").fetchall()
            ]
        with Texts(paths, "text", folder / "texts") as texts:
            found = [(texts.at(place), texts.size(place)) for place, _ in told]
        left = (folder / "texts").exists()

    assert sum(map(len, files)) == len(told)
    assert found == [(text or "", len((text or "").encode())) for _, text in told]
    assert not left


@pytest.fixture
def texts(tmp_path: Path) -> Iterator[Texts]:
    """Eight texts of ten octets each."""
    paths = laid_down(tmp_path, [[10 * letter for letter in "abcdefgh"]])
    with Texts(paths, "text", tmp_path / "texts") as laid:
        yield laid


def joined(texts: Texts) -> Said:
    def value(places: list[int] | None, before: str) -> str:
        return before + "+".join(map(texts.at, places or ()))

    field = pa.field("said", pa.string())
    return Said(column=field, of=("places", "before"), texts=(texts,), value=value)


def parts_of(folder: Path) -> list[Path]:
    """Two parts with five rows, which name none, one or two places."""
    rows = [
        {"number": 0, "places": [0, 1], "before": "0:", "after": 0},
        {"number": 1, "places": None, "before": "1:", "after": None},
        {"number": 2, "places": [7], "before": "2:", "after": 2},
        {"number": 3, "places": [6], "before": "3:", "after": 3},
        {"number": 4, "places": [5, 0], "before": "4:", "after": 4},
    ]
    names = ("number", "places", "before", "after")
    types = (pa.int64(), pa.list_(pa.int64()), pa.string(), pa.int64())
    schema = pa.schema(list(zip(names, types, strict=True)))
    parts = [folder / "part.0", folder / "part.1"]
    pq.write_table(pa.Table.from_pylist(rows[:3], schema), parts[0])
    # A part without a null says so of its columns, and parts differ in that.
    sure = schema.set(3, pa.field("after", pa.int64(), nullable=False))
    pq.write_table(pa.Table.from_pylist(rows[3:], sure), parts[1])
    return parts


def expected() -> list[dict[str, int | str | None]]:
    a, b, f, g, h = (10 * letter for letter in "abfgh")
    said = [f"0:{a}+{b}", "1:", f"2:{h}", f"3:{g}", f"4:{f}+{a}"]
    return [
        {"number": number, "said": text, "after": None if number == 1 else number}
        for number, text in enumerate(said)
    ]


@pytest.mark.parametrize(
    ("octets", "groups"), [(10**6, [5]), (40, [3, 2]), (20, [1, 2, 2]), (1, [1, 2, 1, 1])]
)
def test_row_groups_end_where_enough_text_is_in_them(
    texts: Texts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, octets: int, groups: list[int]
) -> None:
    monkeypatch.setattr(module, "OCTETS_AT_ONCE", octets)
    parts, out = parts_of(tmp_path), tmp_path / "out"

    write_with_texts(parts, out, joined(texts))

    known = pq.read_metadata(out)
    assert [known.row_group(n).num_rows for n in range(known.num_row_groups)] == groups
    assert pq.read_table(out).to_pylist() == expected()
    assert not any(part.exists() for part in parts)


def test_row_groups_have_no_more_rows_than_asked_for(
    texts: Texts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    out = tmp_path / "out"

    write_with_texts(parts_of(tmp_path), out, joined(texts), rows=2)

    known = pq.read_metadata(out)
    assert max(known.row_group(n).num_rows for n in range(known.num_row_groups)) == 2
    assert pq.read_table(out).to_pylist() == expected()
