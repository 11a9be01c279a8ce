"""The short way of reading usual encrypted mail, held to the long way, which knows all mail."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.real_data import archive
from tests.unit.processing.test_layers import BLOCK, encrypted
from zegel.processing.layers import find_keys_in, find_layers
from zegel.processing.mime import read_mail
from zegel.processing.pgpmime import read_pgp_mime

HEAD = (
    b"From: Anna <anna@test.example>\nSubject: ...\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";\n boundary="=b="\n'
)
CONTROL = b"Content-Type: application/pgp-encrypted\n\nVersion: 1\n"
CONTENT = b'Content-Type: application/octet-stream; name="encrypted.asc"\n\n' + BLOCK
USUAL = HEAD + b"\n--=b=\n" + CONTROL + b"\n--=b=\n" + CONTENT + b"\n--=b=--\n"
PIECES = (
    b"\n", b"\r\n", b"--=b=\n", b"--=b=--\n", b"-----BEGIN PGP MESSAGE-----", b"=", b"\x99", b" ",
    b"-----END PGP MESSAGE-----", b"Content-Transfer-Encoding: base64\n", b"Subject: x\n", BLOCK,
    b"Content-Type: text/plain\n\n", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", b"- ", b"#",
)  # fmt: skip


def same_by_the_long_way(raw: bytes) -> bool:
    """Say whether the short way took `raw`; fail where the long way reads something else."""
    short = read_pgp_mime(raw)
    if short is None:
        return False
    mail = read_mail(raw)
    layers = list(find_layers(mail))

    assert (short[0], [short[1]], mail.problems) == (mail.headers, layers, ())
    assert list(find_keys_in(mail, layers)) == []
    return True


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_the_usual_mail_is_read_the_short_way(line_end: bytes) -> None:
    assert same_by_the_long_way(USUAL.replace(b"\n", line_end))


@pytest.mark.parametrize(
    "changed",
    [
        USUAL.replace(b"\n--=b=--", b""),
        USUAL.replace(b"/encrypted;", b"/mixed;"),
        USUAL.replace(b"octet-stream", b"pgp-keys"),
        USUAL.replace(BLOCK, BLOCK + BLOCK),
        USUAL.replace(BLOCK, BLOCK[:-40]),
        USUAL.replace(BLOCK, base64.encodebytes(encrypted())),
        USUAL.replace(b"Version: 1", BLOCK),
        USUAL.replace(b"\n\n--=b=", b"\n\n" + BLOCK + b"--=b=", 1),
        USUAL + BLOCK,
        USUAL.replace(b"\n\n-----B", b"\nContent-Transfer-Encoding: quoted-printable\n\n-----B"),
        b"a stray line\n" + USUAL,
    ],
)
def test_whatever_is_otherwise_goes_the_long_way(changed: bytes) -> None:
    assert changed != USUAL
    assert read_pgp_mime(changed) is None


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
def test_no_change_makes_the_two_ways_differ(edits: list[tuple[int, int, bytes]]) -> None:
    raw = USUAL
    for at, gone, put in edits:
        raw = raw[:at] + put + raw[at + gone :]

    same_by_the_long_way(raw)


@pytest.mark.parametrize(
    ("corpus", "least"),
    [("thunderbird_tests", 10), ("search_notmuch", 1), ("openpgp_autocrypt", 1)],
)
def test_real_mail_reads_the_same_both_ways(corpus: str, least: int) -> None:
    files = (path for path in sorted(archive(corpus).rglob("*")) if path.is_file())

    assert sum(same_by_the_long_way(path.read_bytes()) for path in files) >= least
