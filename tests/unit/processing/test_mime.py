"""The mail reader against the standard library, hostile bytes and its own promises."""

from __future__ import annotations

import email
import time
from email.message import Message
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.real_data import archive
from zegel.processing.mime import MAX_DEPTH, MAX_PARTS, Mail, read_mail, signed_parts

PGP_MIME = b"""From: a@ams.example
To: b@yyz.example
Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";
\tboundary="b o.u'nd"

This is an OpenPGP/MIME encrypted message.
--b o.u'nd
Content-Type: application/pgp-encrypted

Version: 1

--b o.u'nd
Content-Type: application/octet-stream; name="encrypted.asc"
Content-Disposition: INLINE; filename="encrypted.asc"
Content-ID: <x@y>

armour
--b o.u'nd--
"""


def kinds(mail: Mail) -> list[str]:
    return [problem.kind for problem in mail.problems]


def shape(mail: Mail) -> list[tuple[str, str]]:
    return [(part.path, part.content_type) for part in mail.parts]


def crlf(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("raw", [PGP_MIME, crlf(PGP_MIME)], ids=["lf", "crlf"])
def test_an_encrypted_mail_has_its_two_parts(raw: bytes) -> None:
    mail = read_mail(raw)

    assert shape(mail) == [("1", "application/pgp-encrypted"), ("2", "application/octet-stream")]
    second = mail.parts[1]
    assert second.filename == "encrypted.asc"
    assert second.disposition == "inline"
    assert second.content_id == "x@y"
    assert second.content == b"armour"
    assert second.parent_type == "multipart/encrypted"
    assert mail.containers[0].protocol == "application/pgp-encrypted"
    assert mail.problems == ()


def test_a_mail_of_one_part_has_path_one_and_keeps_its_line_ends() -> None:
    mail = read_mail(b"Subject: x\r\n\r\na\r\nb\n\rc")

    assert shape(mail) == [("1", "text/plain")]
    assert mail.parts[0].content == b"a\r\nb\n\rc"


def test_parts_of_an_embedded_message_continue_its_path() -> None:
    raw = b"""Content-Type: multipart/mixed; boundary=o

--o

one
--o
Content-Type: message/rfc822

Subject: inner
Content-Type: multipart/mixed; boundary=i

--i

deep
--i
Content-Type: text/html

html
--i--
--o
Content-Type: message/rfc822

Subject: single

alone
--o--
"""
    mail = read_mail(raw)

    assert [path for path, _ in shape(mail)] == ["1", "2.1", "2.2", "3.1"]
    embedded = [node for node in mail.containers if node.embedded is not None]
    assert [(node.path, node.embedded["subject"]) for node in embedded if node.embedded] == [
        ("2", ["inner"]),
        ("3", ["single"]),
    ]


def test_header_fields_keep_order_and_repetition_and_are_unfolded_but_not_decoded() -> None:
    raw = b"Received: a\n\tb\nSUBJECT : =?utf-8?q?x?=\nReceived: c\nX-Empty:\n\nbody"

    assert list(read_mail(raw).headers.items()) == [
        ("received", ["a\tb", "c"]),
        ("subject", ["=?utf-8?q?x?="]),
        ("x-empty", [""]),
    ]


def test_eight_bit_header_fields_are_read_as_utf_8_else_as_windows_1252() -> None:
    headers = read_mail("X-A: é".encode() + b"\nX-B: \xe9 \x80\x81\n\n").headers

    assert headers["x-a"] == ["é"]
    assert headers["x-b"] == ["é €\ufffd"]


def test_a_stray_line_between_known_fields_is_passed_over_and_said() -> None:
    mail = read_mail(b"From: a@b.example\nthis is no field\nTo: c@d.example\n\nbody")

    assert list(mail.headers) == ["from", "to"]
    assert kinds(mail) == ["malformed header line"]


def test_a_body_without_its_blank_line_begins_at_its_first_line() -> None:
    mail = read_mail(b"From: a@b.example\nHello there\nall\n\nyou")

    assert mail.parts[0].content == b"Hello there\nall\n\nyou"


def test_text_without_any_field_is_all_body() -> None:
    assert read_mail(b"no header\n\nbody").parts[0].content == b"no header\n\nbody"


def test_an_mbox_line_before_the_fields_is_passed_over() -> None:
    assert list(read_mail(b"From a@b Mon Jan  1\nSubject: x\n\nb").headers) == ["subject"]


@pytest.mark.parametrize(
    ("encoding", "body", "content", "problems"),
    [
        ("base64", b"Zm9v\r\nYmFy", b"foobar", []),
        ("BASE64", b"Zm9v!YmFy", b"foobar", ["damaged base64"]),
        ("base64", b"Zm9vYg", b"foob", ["damaged base64"]),
        ("base64", b"Zm9vY", b"foo", ["damaged base64"]),
        ("base64", b"Zm9vYg==\n-- \nlist", b"foob", ["damaged base64"]),
        ("base64", b"", b"", []),
        ("quoted-printable", b"a=E4=\nb\nc=\r\nd\r\n=zz", b"a\xe4b\ncd\r\n=zz", []),
        ("x-uuencode", b"begin 644 x\n#86)C\n`\nend\n", b"abc", []),
        ("x-uuencode", b"nothing", b"nothing", ["damaged uuencode"]),
        ("8bit", b"\xff\0", b"\xff\0", []),
        ("martian", b"Zm9v", b"Zm9v", ["unknown transfer encoding"]),
    ],
)
def test_transfer_encodings_are_undone_as_far_as_they_are_whole(
    encoding: str, body: bytes, content: bytes, problems: list[str]
) -> None:
    mail = read_mail(b"Content-Transfer-Encoding: " + encoding.encode() + b"\n\n" + body)

    assert (mail.parts[0].content, kinds(mail)) == (content, problems)


@pytest.mark.parametrize(
    ("field", "name"),
    [
        (b'attachment; filename="a;b.txt"', "a;b.txt"),
        (b'attachment; filename="a\\"b"', 'a"b'),
        (b"attachment; filename=plain.txt", "plain.txt"),
        (b"attachment; filename*=utf-8''%e2%82%ac.txt", "€.txt"),
        (b"attachment; filename*0*=utf-8''%e2; filename*1*=%82%ac; filename*2=.txt", "€.txt"),
        (b"attachment; filename*0=one; filename*1=two", "onetwo"),
        (b'attachment; filename="=?utf-8?B?w6k=?="', "é"),
        (b'attachment; filename="unclosed', "unclosed"),
        (b"attachment; filename", ""),
    ],
)
def test_file_names_are_read_in_every_form(field: bytes, name: str) -> None:
    mail = read_mail(b"Content-Disposition: " + field + b"\n\nx")

    assert mail.parts[0].filename == name


def test_a_multipart_without_its_boundary_is_kept_as_a_leaf() -> None:
    mail = read_mail(b"Content-Type: multipart/mixed; boundary=a\n\n--b\n\ntext\n--b--\n")

    assert mail.parts[0].content == b"--b\n\ntext\n--b--\n"
    assert kinds(mail) == ["multipart without parts"]


def test_a_missing_closing_boundary_loses_nothing() -> None:
    mail = read_mail(b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a\n\ntwo")

    assert [part.content for part in mail.parts] == [b"one", b"two"]
    assert kinds(mail) == ["missing closing boundary"]


def test_a_boundary_that_begins_another_is_not_taken_for_it() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\n--ab\n x--a\n--a--\n"

    assert [part.content for part in read_mail(raw).parts] == [b"--ab\n x--a"]


def test_blocks_in_preamble_and_epilogue_become_leaves() -> None:
    block = b"-----BEGIN PGP MESSAGE-----\n"
    raw = b"Content-Type: multipart/mixed; boundary=a\n\n" + block + b"\n--a\n\nx\n--a--\n" + block

    mail = read_mail(raw)

    assert sorted(path for path, _ in shape(mail)) == ["0", "1", "2"]
    assert kinds(mail) == ["block outside the parts"] * 2


def test_ten_thousand_parts_are_walked_and_the_rest_is_said() -> None:
    head = b"Content-Type: multipart/mixed; boundary=x\n\n"

    mail = read_mail(head + b"--x\n\nplain\n" * 50_000)

    assert MAX_PARTS - 10 <= len(mail.parts) <= MAX_PARTS
    assert "too many parts" in kinds(mail)


@pytest.mark.parametrize("levels", [1_000, 30_000])
def test_a_thousand_levels_end_in_one_opaque_leaf(levels: int) -> None:
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
        for level in range(levels)
    )

    mail = read_mail(raw + b"\nsecret block\n")

    assert len(mail.containers) == MAX_DEPTH
    assert b"secret block" in mail.parts[0].content
    assert "nested too deep" in kinds(mail)


def test_a_thousand_embedded_messages_end_too() -> None:
    mail = read_mail(b"Content-Type: message/rfc822\n\n" * 1_000 + b"Subject: x\n\nend")

    assert len(mail.parts) == 1
    assert "nested too deep" in kinds(mail)


@pytest.mark.parametrize(
    "raw",
    [
        b"A" * 10_000_000,
        b"Subject: " + b"x" * 10_000_000,
        b"Subject: x\n" + b" y\n" * 3_000_000,
        b"a:\n" * 3_000_000,
        b"Content-Type: text/plain; " + b"a=b;" * 100_000 + b"\n\nx",
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x--x" * 1_000_000,
        b"\n" * 1_000_000,
        b"x\n" * 1_000_000,
    ],
    ids=["line", "field", "folds", "fields", "parameters", "boundaries", "blanks", "strays"],
)
def test_hostile_megabytes_are_read_in_seconds(raw: bytes) -> None:
    began = time.process_time()
    read_mail(raw)

    assert time.process_time() - began < 5


@given(st.binary(max_size=400))
def test_any_bytes_give_a_mail(raw: bytes) -> None:
    assert read_mail(raw).parts


LINES = st.sampled_from(
    [
        b"",
        b"--a",
        b"--a--",
        b"--b",
        b"Content-Type: multipart/mixed; boundary=a",
        b"Content-Type: multipart/signed; boundary=b",
        b"Content-Type: message/rfc822",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"text =E4",
        b" folded",
        b"\xff\x00",
        b"-----BEGIN PGP MESSAGE-----",
    ]
)


@given(st.lists(LINES, max_size=60), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_any_arrangement_of_mime_lines_gives_a_mail_with_distinct_paths(
    lines: list[bytes], end: bytes
) -> None:
    mail = read_mail(end.join(lines))
    signed_parts(end.join(lines))

    assert mail.parts


def test_signed_bytes_are_the_part_as_received_with_crlf() -> None:
    raw = b"""Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=s

--s
Content-Type: text/plain
X: =?x?=

signed \ntext=20

--s
Content-Type: application/pgp-signature

sig
--s--
"""
    for form in (raw, crlf(raw)):
        (signed,) = signed_parts(form)

        assert signed.path == "1"
        assert signed.signed_bytes == (
            b"Content-Type: text/plain\r\nX: =?x?=\r\n\r\nsigned \r\ntext=20\r\n"
        )
        assert signed.signature == b"sig"
        assert signed.signature_packets == ()


def leaves_by_email(raw: bytes) -> list[tuple[str, bytes]]:
    """Read the same with the standard library; compat32 leaves a broken multipart a string."""
    found = []
    for node in email.message_from_bytes(raw).walk():
        if not node.is_multipart():
            payload = node.get_payload(decode=True)
            assert isinstance(payload, bytes)
            kind = node.get_content_type()
            found.append((kind.replace("multipart/", "broken/"), payload))
    return found


def comparable(leaves: list[tuple[str, bytes]]) -> list[bytes]:
    return [content.replace(b"\r\n", b"\n").rstrip() for _, content in leaves]


def agreement(folder: Path) -> tuple[int, int]:
    """Count the mails whose leaves have the contents the standard library gives, and all."""
    same = total = 0
    for path in sorted(folder.rglob("*")):
        raw = path.read_bytes() if path.is_file() else b""
        if b"\n" not in raw[:500] or b":" not in raw[:500] or b"\0" in raw:
            continue
        total += 1
        ours = [(part.content_type, part.content) for part in read_mail(raw).parts]
        same += comparable(ours) == comparable(leaves_by_email(raw))
    return same, total


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("spamassassin_corpus", (747, 750)),
        ("thunderbird_tests/mail", None),
        ("search_notmuch/corpora", None),
    ],
)
def test_leaves_are_those_of_the_standard_library(
    name: str, expected: tuple[int, int] | None
) -> None:
    top, _, below = name.partition("/")
    same, total = agreement(archive(top) / below)

    assert (same, total) == (expected or (total, total))
    assert total > 50


def test_the_oracle_is_not_the_reader() -> None:
    assert isinstance(email.message_from_bytes(PGP_MIME), Message)
