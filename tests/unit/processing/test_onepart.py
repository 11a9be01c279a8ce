"""The short way of reading a mail of one text, held to the long way, which knows all mail."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.real_data import archive
from tests.unit.processing.test_layers import BLOCK
from zegel.processing.layers import find_layers
from zegel.processing.mime import read_mail
from zegel.processing.onepart import read_one_part
from zegel.processing.textbody import inner_headers, text_of

USUAL = (
    b'Content-Type: text/plain; charset="utf-8"; protected-headers="v1"\n'
    b"Subject: Morgen\nFrom: Anna <anna@test.example>\nMessage-ID: <1@test.example>\n"
    b"Content-Transfer-Encoding: 8bit\n\nTot morgen op het caf\xc3\xa9terras.\n"
)
PIECES = (
    b"\n", b"\r\n", b"\n\n", b"\x99", b"\xff\xfe", b"\0", b" ", b"=E9", b"-- \n", BLOCK,
    b"Content-Disposition: attachment\n", b"Content-Type: text/html\n", b"charset=utf-16;",
    b"Content-Transfer-Encoding: base64\n", b"multipart/mixed; boundary=b", b"message/rfc822",
    b'Content-Type: text/plain; hp="cipher"\n', b"charset=iso-8859-1;", b"--b\n", b"no field\n",
)  # fmt: skip


def same_by_the_long_way(content: bytes) -> bool:
    """Say whether the short way took `content`; fail where the long way reads something else."""
    short = read_one_part(content)
    if short is None:
        return False
    mail = read_mail(content)
    text, attachments, wrong = text_of(mail)

    assert short == (inner_headers(mail), text, [*mail.problems, *wrong])
    assert (attachments, mail.containers) == ([], ())
    assert [layer.kind for layer in find_layers(mail)] == ["plain"]
    return True


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_a_mail_of_one_text_is_read_the_short_way(line_end: bytes) -> None:
    assert same_by_the_long_way(USUAL.replace(b"\n", line_end))


@pytest.mark.parametrize(
    "changed",
    [
        USUAL.replace(b"text/plain", b"text/html"),
        USUAL.replace(b"text/plain", b"multipart/mixed; boundary=b"),
        USUAL.replace(b"Subject", b"Content-Disposition: attachment\nSubject"),
        USUAL.replace(b"Content-Type", b"X-Type"),
        USUAL + BLOCK,
        USUAL.replace(b"\n\n", b"\n\n\x99"),
        USUAL.replace(b"\n\n", b"\n\n\0"),
    ],
)
def test_whatever_is_otherwise_goes_the_long_way(changed: bytes) -> None:
    assert changed != USUAL
    assert read_one_part(changed) is None


@given(
    edits=st.lists(
        st.tuples(
            st.integers(0, len(USUAL)),
            st.integers(0, 40),
            st.sampled_from(PIECES) | st.binary(max_size=3),
        ),
        max_size=3,
    )
)
@example(edits=[(0, 0, b"From anna Mon Jan  1 00:00:00 2016\n")])
@example(edits=[(len(USUAL), 0, b"\xe9")])
def test_no_change_makes_the_two_ways_differ(edits: list[tuple[int, int, bytes]]) -> None:
    content = USUAL
    for at, gone, put in edits:
        content = content[:at] + put + content[at + gone :]

    same_by_the_long_way(content)


@pytest.mark.parametrize(
    ("corpus", "least"), [("search_notmuch", 80), ("spamassassin_corpus", 100)]
)
def test_real_mail_reads_the_same_both_ways(corpus: str, least: int) -> None:
    files = (path for path in sorted(archive(corpus).rglob("*")) if path.is_file())

    assert sum(same_by_the_long_way(path.read_bytes()) for path in files) >= least
