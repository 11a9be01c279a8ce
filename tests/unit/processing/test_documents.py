"""Documents gathered for some messages after others are those gathered at once, in their order."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from zegel.casefile import Case
from zegel.processing import bymessage, narrow, parting
from zegel.processing.documents import WHO_AND_WHEN, write_documents
from zegel.processing.narrow import write_narrow
from zegel.service.caseindex import settled_files

SIZES = (1, 2, 5)
"""Places, and documents, at once; the case holds eight places."""


def tables_of(case: Case, folder: Path) -> list[pa.Table]:
    """Write the documents of a case, some of them, the others' names, and the narrow copies."""
    folder.mkdir()
    files, spill = settled_files(case), folder / "spill"
    messages = pq.read_table(files.messages)
    pq.write_table(messages.slice(1, 3), folder / "some")
    write_documents(files, folder / "all", spill)
    write_documents(files, folder / "but", spill, but=folder / "some")
    write_documents(files, folder / "only", spill, only=folder / "some", columns=WHO_AND_WHEN)
    write_narrow(folder / "all", folder, spill)
    names = ("all", "but", "only", narrow.NARROW, narrow.PEOPLE)
    assert {place.name for place in folder.iterdir()} == {*names, "some", "spill"}
    return [pq.read_table(folder / name) for name in names]


@pytest.mark.parametrize("size", SIZES)
def test_slices_give_the_rows_that_one_would(
    examined: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    case = Case.open(examined)
    whole = tables_of(case, tmp_path / "whole")
    monkeypatch.setattr(bymessage, "PLACES_AT_ONCE", size)
    monkeypatch.setattr(parting, "ROWS_AT_ONCE", size)
    monkeypatch.setattr(narrow, "DOCUMENTS_AT_ONCE", size)

    sliced = tables_of(case, tmp_path / "sliced")

    assert [table.num_rows for table in whole[:3]] == [7, 4, 3]
    for one, other in zip(whole, sliced, strict=True):
        assert one.to_pylist() == other.to_pylist()
        assert one.schema.types == other.schema.types
