"""What counts as a mail's text, its attachments and its protected headers."""

from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.real_data import archive
from zegel.processing.markup import text_of_html
from zegel.processing.mime import read_mail
from zegel.processing.textbody import inner_headers, text_of


def text(raw: bytes) -> str:
    return text_of(read_mail(raw))[0]


def mixed(*parts: bytes, kind: bytes = b"mixed", extra: bytes = b"") -> bytes:
    head = b"Content-Type: multipart/" + kind + b"; boundary=x" + extra + b"\n\n"
    return head + b"".join(b"--x\n" + part + b"\n" for part in parts) + b"--x--\n"


PLAIN = b"Content-Type: text/plain; charset=utf-8\n\ngew\xc3\xb3\xc3\xb3n"
HTML = b"Content-Type: text/html; charset=utf-8\n\n<p>opgemaakt</p>"


@pytest.mark.parametrize(
    ("charset", "body", "expected", "problems"),
    [
        (b"utf-8", "dág".encode(), "dág", []),
        (b"iso-8859-15", "€".encode("iso-8859-15"), "€", []),
        (b"iso-8859-1", b"\x80", "€", []),
        (b"us-ascii", "é".encode(), "é", []),
        (b"us-ascii", b"\xe9", "é", ["wrong charset"]),
        (b"utf-8", b"\xe9", "é", ["wrong charset"]),
        (b"klingon", b"abc", "abc", []),
        (b"klingon", b"\xe9", "é", ["unknown charset"]),
        (b"utf-16", "dág".encode("utf-16"), "dág", []),
        (b'"utf-8"', "é".encode(), "é", []),
    ],
)
def test_text_is_decoded_by_its_charset_or_by_what_fits(
    charset: bytes, body: bytes, expected: str, problems: list[str]
) -> None:
    raw = b"Content-Type: text/plain; charset=" + charset + b"\n\n" + body
    found, _, said = text_of(read_mail(raw))

    assert (found, [problem.kind for problem in said]) == (expected, problems)


def test_html_is_left_out_where_plain_text_says_the_same() -> None:
    assert text(mixed(PLAIN, HTML, kind=b"alternative")) == "gewóón"


def test_html_counts_where_the_plain_alternative_is_blank() -> None:
    blank = b"Content-Type: text/plain\n\n \n"

    assert text(mixed(blank, HTML, kind=b"alternative")).strip() == "opgemaakt"


def test_html_beside_plain_text_in_a_mixed_mail_counts() -> None:
    assert text(mixed(PLAIN, HTML)) == "gewóón\nopgemaakt"


def test_html_inside_related_inside_alternative_is_left_out() -> None:
    related = (
        b"Content-Type: multipart/related; boundary=y\n\n--y\n" + HTML + b"\n--y\n"
        b"Content-Type: image/png\nContent-ID: <p>\n\nPNG\n--y--\n"
    )
    found, attachments, _ = text_of(read_mail(mixed(PLAIN, related, kind=b"alternative")))

    assert found == "gewóón"
    assert [item.content_type for item in attachments] == ["image/png"]


def test_an_attachment_is_named_sized_and_hashed_and_is_no_text() -> None:
    attached = b'Content-Type: text/plain\nContent-Disposition: attachment; filename="a.txt"\n\nxyz'
    found, (attachment,), _ = text_of(read_mail(mixed(PLAIN, attached)))

    assert found == "gewóón"
    assert (attachment.filename, attachment.size) == ("a.txt", 3)
    assert attachment.sha256 == hashlib.sha256(b"xyz").digest()


def test_an_embedded_message_is_one_attachment_and_its_text_counts() -> None:
    inner = b"Content-Type: message/rfc822; name=f.eml\n\nSubject: x\n\ninner text"
    found, (attachment,), _ = text_of(read_mail(mixed(PLAIN, inner)))

    assert found == "gewóón\ninner text"
    assert (attachment.filename, attachment.content_type) == ("f.eml", "message/rfc822")
    assert attachment.sha256 == hashlib.sha256(b"Subject: x\n\ninner text").digest()


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>a</p><p>b</p>", "a\nb"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("a\n  b&nbsp;c", "a b c"),
        ("<script>x<p>y</script>z<style>q</style>", "z"),
        ("<!-- <p>hidden</p> -->seen<!-- unclosed", "seen"),
        ("<![if !mso]>x<![endif]><?xml v?>", "x"),
        ("1 < 2 &amp; 3 &#62; 2", "1 < 2 & 3 > 2"),
        ("<img src='http://x.example/t.gif' alt='foto'>", "foto"),
        ("<td>a<td>b", "a b"),
        ("&#xD800;|&#" + "1" * 5000 + ";", "�|�"),
        ("<o:p>x</o:p> <unclosed", "x <unclosed"),
        ("v<b>e</b>t", "vet"),
    ],
)
def test_html_becomes_text_without_being_rendered(markup: str, expected: str) -> None:
    assert text_of_html(markup, []) == expected


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<a ",
        "<!--",
        "<![",
        "<?",
        "&",
        "&#",
        "</",
        "<a b=\"'",
        "<script>",
        "<script ",
        "<title></title",
        "<div>",
        " \n",
        "<img alt=",
        "&#x1111111111111111",
    ],
)
def test_a_hostile_megabyte_of_html_takes_no_time(unit: str) -> None:
    began = time.process_time()
    text_of_html(unit * (1_000_000 // len(unit)), [])

    assert time.process_time() - began < 3


@given(st.text("<>/!-a &#x;\"'=p[]?\n", max_size=80))
def test_any_markup_gives_text_that_a_table_can_hold(markup: str) -> None:
    text_of_html(markup, []).encode("utf-8")


def test_html_beyond_the_bound_is_cut_and_said() -> None:
    raw = b"Content-Type: text/html\n\n" + b"x " * 3_000_000

    assert "html cut" in [problem.kind for problem in text_of(read_mail(raw))[2]]


def test_protected_fields_of_the_top_are_the_mails_own() -> None:
    raw = b'Content-Type: text/plain; protected-headers="v1"\nSubject: geheim\n\nx'

    assert inner_headers(read_mail(raw))["subject"] == ["geheim"]


def test_protected_fields_inside_a_signed_part_stand_over_the_outer_ones() -> None:
    signed = b'Content-Type: text/plain; hp="clear"\nSubject: inner\nMessage-ID: <i@x>\n\nx'
    raw = b"Subject: ...\nTo: t@x.example\n" + mixed(signed, b"\nsig", kind=b"signed")
    headers = inner_headers(read_mail(raw))

    assert (headers["subject"], headers["to"]) == (["inner"], ["t@x.example"])
    assert headers["content-type"][0].startswith("multipart/signed")


def test_a_part_of_header_fields_is_read_and_not_shown_twice() -> None:
    shown = b'Content-Type: text/rfc822-headers; protected-headers="v1"\n\nSubject: oud\n'
    mail = read_mail(mixed(shown, PLAIN, extra=b'; protected-headers="v1"'))

    assert text_of(mail)[0] == "gewóón"
    assert inner_headers(read_mail(mixed(shown, PLAIN)))["subject"] == ["oud"]


def test_a_wrapped_message_gives_its_fields() -> None:
    raw = b"Content-Type: message/rfc822\n\nSubject: wrapped\n\nx"

    assert inner_headers(read_mail(raw))["subject"] == ["wrapped"]


@pytest.mark.slow
def test_every_text_of_the_dirty_corpus_can_be_held_and_is_there() -> None:
    empty = total = 0
    for path in sorted(archive("spamassassin_corpus").rglob("*.txt")):
        found = text(path.read_bytes())
        found.encode("utf-8")
        total += 1
        empty += not found.strip()

    assert (total, empty) == (750, 3)
