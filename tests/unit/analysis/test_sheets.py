"""Tables as CSV: read back as they were, and nothing in them is a formula."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from zegel.analysis.sheets import FORMULA, Row, Sheet, as_csv, guarded

CELLS = st.text(max_size=12) | st.integers() | st.sampled_from(["=1+1", "+1", "-1", "@x", "\tx"])


def sheet(rows: list[tuple[str | int, ...]]) -> Sheet:
    return Sheet(name="x", title="X", columns=("a", "b"), rows=[Row(cells=row) for row in rows])


def read(content: bytes) -> list[list[str]]:
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogatepass")
    return list(csv.reader(io.StringIO(text, newline="")))


@given(st.lists(st.tuples(CELLS, CELLS), max_size=6))
def test_a_table_reads_back_and_no_text_begins_a_formula(rows: list[tuple[str | int, ...]]) -> None:
    heading, *cells = read(as_csv(sheet(rows)))

    assert heading == ["a", "b"]
    assert cells == [[str(guarded(cell)) for cell in row] for row in rows]
    for row, shown in zip(rows, cells, strict=True):
        for cell, text in zip(row, shown, strict=True):
            if isinstance(cell, str):
                assert not text.startswith(FORMULA)
                assert text.removeprefix("'") == cell.removeprefix("'")


def test_a_negative_number_stays_a_number() -> None:
    assert guarded(-5) == -5
    assert guarded("-5") == "'-5"


def test_notes_stand_behind_a_blank_row_and_are_guarded_too() -> None:
    rows = read(as_csv(sheet([("x", 1)]), ["=cmd", "root ab"]))

    assert rows[-3:] == [[], ["'=cmd"], ["root ab"]]
