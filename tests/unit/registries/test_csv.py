"""Delimited text as programs and people leave it."""

from __future__ import annotations

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.records import File, Holding, Problem
from zegel.registries.csv import FORMAT

HEADER = ["serial", "holder", "valid_from"]


def holdings(content: bytes) -> list[Holding]:
    return [record for record in FORMAT.holdings(as_file(content)) if isinstance(record, Holding)]


def as_file(content: bytes) -> File:
    return File(path=b"x", data=content)


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)


@given(
    st.lists(st.tuples(CELLS, CELLS), max_size=20),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_pythons_writer_writes_comes_back_at_its_offset(
    rows: list[tuple[str, str]], delimiter: str, encoding: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(HEADER)
    for number, (holder, extra) in enumerate(rows):
        writer.writerow([f"S-{number}", holder, "2015-11-03", extra])
    content = text.getvalue().encode(encoding)
    found = holdings(content)

    assert [" ".join(holder.split()) for holder, _ in rows] == [h.holder for h in found]
    width = 2 if encoding == "utf-16" else 1
    for number, holding in enumerate(found):
        start = content[holding.offset : holding.offset + 20 * width]
        assert start.decode("utf-16-le" if width == 2 else "utf-8", "replace").startswith(
            f"S-{number}{delimiter}"
        )


def test_a_cell_with_line_ends_is_one_row() -> None:
    found = holdings(b'serial,holder,valid_from\nS-1,"Anna\nB",2015-11-03\nS-2,C,2015-11-03\n')

    assert [(h.holder, h.source) for h in found] == [("Anna B", "line 2"), ("C", "line 4")]


def test_a_quote_left_open_costs_one_row_its_quoting_only() -> None:
    rows = b"".join(
        b'S-%d,"x,2015-11-03\n' % n if n == 3 else b"S-%d,x,2015-11-03\n" % n for n in range(9)
    )
    records = list(FORMAT.holdings(as_file(b"serial,holder,valid_from\n" + rows)))

    assert [r.device for r in records if isinstance(r, Holding)] == [f"S-{n}" for n in range(9)]
    assert sum(isinstance(r, Problem) for r in records) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1,2\n",
        b"serial\nS-1\n",
        b"Dear serial, the date is here\n",
        b"\0\1serial,date\n",
    ],
)
def test_other_text_is_not_a_registry(content: bytes) -> None:
    assert FORMAT.detect(as_file(content)) == 0


def test_a_row_with_cells_too_many_keeps_them() -> None:
    (holding,) = holdings(b"serial,valid_from\nS-1,2015-11-03,more\n")

    assert '"column 3":"more"' in holding.raw


def test_columns_of_the_same_name_are_all_kept() -> None:
    (holding,) = holdings(b"serial,note,note,valid_from\nS-1,a,b,2015-11-03\n")

    assert '"note":"a","note (3)":"b"' in holding.raw


def test_quotes_left_open_on_every_line_take_no_long_time() -> None:
    content = b"serial,holder,valid_from\n" + b'S-1,"x,2015-11-03\n' * 30_001
    begun = time.monotonic()
    list(FORMAT.holdings(as_file(content)))

    assert time.monotonic() - begun < 20
