"""The mbox holds every stored message unaltered: read back by others, the bytes are equal."""

from __future__ import annotations

import mailbox
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.dossier.materials import held, material, message, place
from zegel.dossier.exchange.mbox import NAME, mbox
from zegel.dossier.material import Material, Withheld
from zegel.mailstores.mbox import FORMAT
from zegel.records import File, Span

DOCS = Path(__file__).parents[3] / "docs"
AWKWARD = [
    b"Subject: a\r\n\r\nFrom here\r\n\r\nFrom m@y.example Thu Feb  4 16:03:22 2016\r\nA: b\r\n\r\n",
    b"Subject: a\n\n>From quoted\n>>From twice\nFrom bare\n",
    b"Content-Length: 3\nX-Zegel-Octets: 2\nSubject: lies\n\nlonger than it says\n",
    b"no header at all",
    b"\n\n\n",
    b"",
    b"From inside@x.example Thu Feb  4 16:03:22 2016\nSubject: a\n\nbody\n\n",
    b"Subject: only a header\n",
    b"Subject: \xff\xfe\x00\r\rbody\r",
    bytes(range(256)) * 4,
]  # fmt: skip


def shown(raws: list[bytes]) -> Material:
    """Return material of one message for each raw one."""
    messages = [
        replace(message(number), places=(place(number, raw=raw),))
        for number, raw in enumerate(raws, start=1)
    ]
    return material(messages)


def written(given: Material) -> bytes:
    (rendered,) = list(mbox(given))
    assert rendered.name == NAME
    return b"".join(rendered.content if not isinstance(rendered.content, bytes) else ())


def documented_reader() -> Callable[[bytes], Iterator[bytes]]:
    """Return the reader that docs/reference/dossier-exchange.md gives, run from the page."""
    page = (DOCS / "reference" / "dossier-exchange.md").read_text(encoding="utf-8")
    code = page.partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  # the page is ours, and is what is tested
    reader: Callable[[bytes], Iterator[bytes]] = names["read"]
    return reader


def read_back(whole: bytes) -> list[bytes]:
    return list(documented_reader()(whole))


@given(st.lists(st.one_of(st.sampled_from(AWKWARD), st.binary(max_size=300)), max_size=6))
def test_the_bytes_read_back_are_the_bytes_stored(raws: list[bytes]) -> None:
    assert read_back(written(shown(raws))) == raws


def test_a_sender_cannot_write_lines_of_ours() -> None:
    sender = "x@y.example\nX-Zegel-Octets: 0\n"
    bare = replace(message(1), places=(place(1, sender=(sender, "é@x.example")),))

    assert written(material([bare])).startswith(b"From MAILER-DAEMON Thu Feb  4 16:03:22 2016\n")


def test_the_postmark_is_the_trusted_clock_in_utc() -> None:
    whole = written(shown([b"Subject: a\n\nb\n"]))

    assert whole.startswith(b"From d00042@ams.shieldnet.example Thu Feb  4 16:03:22 2016\n")


def test_equal_bytes_stored_twice_are_written_once() -> None:
    once = held("stored/0000001-1.eml", b"Subject: a\n\nb\n")
    twice = replace(message(1), places=(place(1, raw=b""), place(1, 2)))
    twice = replace(twice, places=tuple(replace(one, raw=once) for one in twice.places))

    assert read_back(written(material([twice]))) == [b"Subject: a\n\nb\n"]


def test_a_partly_withheld_message_is_not_in_the_file() -> None:
    secret = replace(
        message(1),
        places=(place(1, raw=b"secret"),),
        withheld=(Withheld(part="text", reason="third party"),),
    )

    assert written(material([secret])) == b""


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_other_readers_of_mbox_find_the_same_messages(line_end: bytes, tmp_path: Path) -> None:
    """Python's own, which knows no lengths, and ours, which believes them."""
    raws = [
        line_end.join([b"From: a@x.example", b"Subject: %d" % n, b"", b"body %d" % n, b""])
        for n in range(1, 4)
    ]
    path = tmp_path / NAME
    path.write_bytes(written(shown(raws)))
    with closing(mailbox.mbox(path)) as box:
        theirs = [one["Subject"] for one in box]
    file = File(path=b"messages.mbox", data=path.read_bytes())
    spans = [span for span in FORMAT.spans(file) if isinstance(span, Span)]

    assert theirs == ["1", "2", "3"]
    assert [FORMAT.message(file, span).endswith(raw) for span, raw in zip(spans, raws, strict=True)]


def test_a_reader_that_believes_lengths_is_not_misled_by_a_separator_inside() -> None:
    raws = [AWKWARD[0] + b"x", AWKWARD[1], b"Subject: last\n\nx\n"]
    whole = written(shown(raws))
    spans = FORMAT.spans(File(path=b"messages.mbox", data=whole))
    found = [whole[s.offset : s.offset + s.length] for s in spans if isinstance(s, Span)]

    assert [one.partition(b"\nX-Zegel-Octets: ")[2].partition(b"\n")[2] for one in found] == raws
