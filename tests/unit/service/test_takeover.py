"""Casework follows a message whose identity changed, because copies joined two into one."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from zegel.casefile import Case
from zegel.investigation.casework import Line, add_lines
from zegel.service import init_case, takeover
from zegel.service.takeover import same_investigation, split, take_over


def line(message: bytes, value: str = "x") -> Line:
    return Line(message=message * 32, kind="tag", value=value, who="ann", at_ns=1)


def tables(case: Case) -> Path:
    """Write of a case what says that a and b are places of one message, d of another; e of none."""
    ids = [bytes([letter]) * 32 for letter in b"abde"]
    place = {"exhibit": ["E1"] * 4, "entry": [1] * 4, "offset": [*range(4)], "length": [9] * 4}
    written = {
        "scan/E1-000000-v5/stored": {"identity": pa.array(ids, pa.binary(32)), **place},
        "settled/s0001-x/states": {**place, "message_number": [0, 0, 1, None]},
        "settled/s0001-x/messages": {"number": [0, 1], "message": [ids[0], ids[2]]},
        "settled/s0001-x/blocks": {},
        "open/r0001-x-000000/contents": {},
        "open/r0001-x-000000/sessions": {},
        "../index/documents": {"message": [ids[0], ids[2]]},
    }
    for name, columns in written.items():
        file = case.folder / "tables" / f"{name}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), file)
    return case.folder / "index" / "documents.parquet"


def test_lines_are_about_the_message_that_now_holds_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeover, "identity_in", lambda _: "s.identity")
    case = init_case(tmp_path / "case", training=True)
    documents = tables(case)
    first = take_over(case, "Quay", [], documents, {b"a" * 32})
    store = case.folder / "casework" / hashlib.sha256(b"quay").hexdigest()[:16]
    store.mkdir(parents=True)
    add_lines(store, [line(b"b", "joined"), line(b"d", "outside"), line(b"e", "gone")])
    taken = take_over(case, " QUAY ", [], documents, {b"a" * 32})

    assert first.lines == ()
    assert [(one.message, one.value) for one in taken.lines] == [(b"a" * 32, "joined")]
    assert (taken.kept_lines, taken.kept_messages) == (2, 2)


def test_every_line_is_either_taken_or_kept() -> None:
    lines = [line(b"a"), line(b"b"), line(b"c")]
    taken, kept = split(lines, {b"b" * 32: b"z" * 32}, {b"a" * 32, b"z" * 32})

    assert [one.message[:1] for one in taken] == [b"a", b"z"]
    assert kept == [lines[2]]


def test_an_investigation_is_the_same_whatever_its_capitals_and_blanks() -> None:
    assert same_investigation("Quay  North", " quay north")
    assert not same_investigation("Quay", "Quay North")
