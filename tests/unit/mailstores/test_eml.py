from __future__ import annotations

import email

import pytest

from tests.real_data import archive
from zegel.mailstores import formats
from zegel.mailstores.eml import FORMAT
from zegel.records import File, Span


def fits(content: bytes, path: bytes = b"x") -> int:
    return FORMAT.detect(File(path=path, data=content))


@pytest.mark.parametrize(
    "content",
    [
        b"Received: by x\nFrom: a@b.example\n\n",
        b"X-Odd: 1\n folded\n\tand more\nSubject: now\n\n",
        b"subject: small letters\nX: y",
        b"Content-Type: multipart/encrypted; boundary=x\n\n--x\n",
        b"From  : a@b.example\nTo    : c@d.example\n\nblanks before the colon\n",
        b"\n\nReturn-Path: <>\r\nTo: a\r\n",
    ],
)
def test_header_fields_make_a_mail(content: bytes) -> None:
    assert fits(content) == 20


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"From: alone@b.example\n\nno second field\n",
        b"name: zegel\nversion: 1\n\nFrom: x\nTo: y\n",
        b"{\n'From': 'x',\n'To': 'y'}",
        b" folded first\nFrom: x\nTo: y\n",
        b"-----BEGIN PGP MESSAGE-----\nVersion: 1\n\n",
        b"Dear all,\nFrom: is not a field here\nTo: neither\n",
        b"Origin: Debian\nSuite: stable\nDate: Sat, 02 Apr 2016 11:00:00 UTC\n\n",
        b"\0" * 70000,
        b"a" * 70000,
    ],
)
def test_what_only_looks_a_little_like_it_does_not(content: bytes) -> None:
    assert fits(content) == 0


def test_the_name_of_a_file_does_not_matter() -> None:
    assert fits(b"not mail", b"x.eml") == 0


def test_an_emlx_that_promises_more_than_is_there_has_a_problem() -> None:
    file = File(path=b"1.emlx", data=b"999\n" + b"From: a@b.example\nTo: c\n\nx")
    (span,) = FORMAT.spans(file)

    assert isinstance(span, Span)
    assert [(p.kind, p.note) for p in span.problems] == [("message cut short", "973 bytes missing")]


def count(name: str, below: str = "") -> dict[str, int]:
    folder = archive(name)
    counts: dict[str, int] = {}
    for path in sorted((folder / below).rglob("*")):
        if not path.is_file():
            continue
        file = File(path=str(path.relative_to(folder)).encode(), data=path.read_bytes())
        best = max(formats(), key=lambda form: form.detect(file))
        if best.detect(file) and best.mail:
            found = sum(isinstance(span, Span) for span in best.spans(file))
            counts[best.name] = counts.get(best.name, 0) + found
    return counts


def test_each_of_750_spam_and_ham_files_is_one_message() -> None:
    assert sum(count("spamassassin_corpus").values()) == 750


def test_the_lkml_corpus_of_notmuch_has_210_messages() -> None:
    assert count("search_notmuch", "corpora/lkml") == {"maildir": 210}


def test_every_message_of_the_default_corpus_of_notmuch_is_found() -> None:
    folder = archive("search_notmuch") / "corpora" / "default"
    # The oracle: every file there that the standard library finds a Message-ID in.
    expected = sum(
        email.message_from_bytes(path.read_bytes())["Message-ID"] is not None
        for path in folder.rglob("*")
        if path.is_file()
    )

    assert sum(count("search_notmuch", "corpora/default").values()) == expected
