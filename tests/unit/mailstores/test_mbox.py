from __future__ import annotations

import contextlib
import json
import mailbox
import mmap
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.real_data import archive
from zegel.mailstores.mbox import FORMAT, _after_line, _headers_end
from zegel.records import Buffer, File, Span

FROM = b"From a@b.example Tue Apr 19 09:00:00 2016\n"
MAIL = b"From: a@b.example\nSubject: x\n\nbody\n"


def spans(data: Buffer, path: bytes = b"x") -> list[Span]:
    return [span for span in FORMAT.spans(File(path=path, data=data)) if isinstance(span, Span)]


def messages(data: bytes) -> list[bytes]:
    file = File(path=b"x", data=data)
    return [FORMAT.message(file, span) for span in spans(data)]


lines = st.sampled_from(
    [b"From here", b">From there", b">>From a quotation", b"plain", b"", b"From ", b"From: x"]
)


@given(bodies=st.lists(st.lists(lines, max_size=6), min_size=1, max_size=4))
def test_what_was_written_as_mboxrd_comes_back(bodies: list[list[bytes]]) -> None:
    written = [MAIL + b"\n".join([*body, b"end"]) + b"\n" for body in bodies]
    quote = any(line.startswith(b">>From") for body in bodies for line in body)
    if not quote:
        written[0] = MAIL + b">>From a quotation\n"
    stored = b""
    for mail in written:
        kept = [
            b">" + line if line.lstrip(b">").startswith(b"From ") else line
            for line in mail.split(b"\n")
        ]
        stored += FROM + b"\n".join(kept) + b"\n"

    assert messages(stored) == written


@pytest.mark.parametrize(
    "line",
    [
        b"From a@b.example Tue Apr 19 09:00:00 2016",
        b"From a@b.example Tue Apr 19 09:00 2016",
        b"From a@b.example Tue Apr  9 09:00:00 CEST 2016",
        b"From a@b.example Tue, 19 Apr 2016 09:00:00 +0200",
        b"From - Tue Apr 19 09:00:00 2016",
        b"From -",
        b"From 1844347792267117879@xxx",
        b'From "a b"@c.example Tue Apr 19 09:00:00 2016',
        b"From ???@??? Tue Apr 19 09:00:00 2016",
    ],
)
def test_every_usual_form_of_the_line_separates(line: bytes) -> None:
    assert messages(FROM + MAIL + b"\n" + line + b"\n" + MAIL) == [MAIL, MAIL]


@pytest.mark.parametrize(
    "line",
    [
        b"From Russia with love",
        b"From my point of view, at 09:00 on Tuesday",
        b"From now on we meet Tue Apr 19, not Wed",
        b"From -",
        b"From 2016 onward",
    ],
)
def test_a_sentence_that_begins_like_one_does_not_separate(line: bytes) -> None:
    mail = MAIL + b"\n" + line + b"\nYear: 1963\n\nmore\n"

    assert messages(FROM + mail) == [mail]


def test_a_wrong_content_length_is_not_believed() -> None:
    wrong = MAIL.replace(b"\n\n", b"\nContent-Length: 3\n\n")

    assert messages(FROM + wrong + b"\n" + FROM + MAIL) == [wrong, MAIL]


def test_a_content_length_beyond_the_file_is_not_believed() -> None:
    wrong = MAIL.replace(b"\n\n", b"\nContent-Length: 999999\n\n")

    assert messages(FROM + wrong + b"\n" + FROM + MAIL) == [wrong, MAIL]


def test_separators_are_found_across_the_borders_of_what_is_read_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored = (FROM + MAIL + b"\n") * 40
    whole = spans(stored)

    for size in (16, 41, 83, 97, 1024):
        monkeypatch.setattr("zegel.mailstores.mbox._CHUNK", size)
        assert spans(stored) == whole
    assert len(whole) == 40


def test_a_mapped_file_reads_as_bytes_do(tmp_path: Path) -> None:
    stored = (FROM + MAIL + b"\n") * 3
    (tmp_path / "mbox").write_bytes(stored)
    with (tmp_path / "mbox").open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

        assert spans(mapped) == spans(stored)


@given(
    pieces=st.lists(st.sampled_from([b"\n", b"\r", b"x", b"x" * 253, b"x" * 255]), max_size=5),
    start=st.integers(0, 300),
)
def test_a_line_ends_where_the_first_of_its_marks_does(pieces: list[bytes], start: int) -> None:
    data = b"".join(pieces)
    start = min(start, len(data))
    line = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)").match(data, start)

    assert line is not None
    assert _after_line(data, start) == line.end()


@given(st.lists(st.sampled_from([b"\n", b"\r", b"x"]), max_size=12))
def test_a_header_ends_behind_the_first_blank_line_of_any_kind(pieces: list[bytes]) -> None:
    text = b"".join(pieces)
    blanks = (re.search(form, text) for form in (rb"\n\n", rb"\n\r\n", rb"\r\r"))

    assert _headers_end(text) == min((blank.end() for blank in blanks if blank), default=None)


def test_a_file_of_separators_alone_takes_no_quadratic_time() -> None:
    assert len(spans(FROM * 20000)) == 20000


def test_eleven_thousand_messages_of_eleven_custodians_are_found() -> None:
    files = sorted(archive("enron_mbox").glob("enron.*"))
    counts = {file.name: len(spans(file.read_bytes())) for file in files}

    # The files are mailbox.mbox's own work, so its reader counts them too.
    assert sum(counts.values()) == 11138
    assert counts == {file.name: _oracle(file) for file in files}


def _oracle(file: Path) -> int:
    with contextlib.closing(mailbox.mbox(file, create=False)) as box:
        return len(box)


@pytest.mark.parametrize("ends", ["unix", "dos"])
@pytest.mark.parametrize("name", ["content-length", "issue1189"])
def test_messages_lie_where_mimekit_says(name: str, ends: str) -> None:
    folder = archive("mime_mimekit") / "mbox"
    data = (folder / f"{name}.mbox.txt").read_bytes()
    if ends == "dos":
        data = data.replace(b"\n", b"\r\n")
    offsets: list[dict[str, Any]] = json.loads(
        (folder / f"{name}.{ends}-offsets.json").read_text(encoding="utf-8-sig")
    )

    found = [(span.offset, data[span.offset :][:1]) for span in spans(data)]
    assert found == [(m["beginOffset"], data[m["beginOffset"] :][:1]) for m in offsets]


def test_the_unmunged_lines_of_mimekit_do_not_separate() -> None:
    data = (archive("mime_mimekit") / "mbox" / "unmunged.mbox.txt").read_bytes()

    assert [b"Subject: Another" in m for m in messages(data)] == [False, True]
