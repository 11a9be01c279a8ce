"""What passes the filter, what is refused, and that nothing else survives."""

from __future__ import annotations

import email
import shutil
import subprocess
from email.message import Message
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shieldnet import walk
from shieldnet.policy.refusal import RefusedError
from shieldnet.policy.rules import passed
from tests.unit.shieldnet.networks import certificate, key
from tests.unit.shieldnet.policy.mails import (
    HERON,
    WORDS,
    autocrypt,
    ciphertext,
    headed,
    pgp_mime,
    plain,
    securejoin,
)


def through(mail: Message, sender: str = HERON) -> Message:
    return email.message_from_bytes(passed(headed(mail), sender).octets)


def refused(octets: bytes, sender: str = HERON) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        passed(octets, sender)
    return caught.value


def test_an_encrypted_message_passes_with_the_same_packets() -> None:
    sent = ciphertext()
    got = through(pgp_mime(sent))
    parts = got.get_payload()
    assert isinstance(parts, list)
    body = parts[1].get_payload()  # type: ignore[union-attr]

    assert got.get_content_type() == "multipart/encrypted"
    assert [part.get_content_type() for part in parts] == [  # type: ignore[union-attr]
        "application/pgp-encrypted",
        "application/octet-stream",
    ]
    assert walk.dearmour(str(body).encode(), "MESSAGE") == walk.dearmour(sent, "MESSAGE")


def test_only_listed_headers_survive_and_no_word_of_the_others() -> None:
    got = through(pgp_mime())

    assert {name: value for name, value in got.items() if name != "Content-Type"} == {
        "From": f"<{HERON}>",
        "To": "<d00002@yyz.shieldnet.example>",
        "Subject": "[...]",
        "Date": "Wed, 25 Nov 2026 10:00:00 +0100",
        "Message-ID": "<abc.1@localhost>",
        "References": "<abc.0@localhost> <abc.1@localhost>",
        "Chat-Version": "1.0",
        "MIME-Version": "1.0",
    }
    assert WORDS.encode() not in got.as_bytes()
    assert b"203.0.113.7" not in got.as_bytes()
    assert b"quay" not in got.as_bytes()


def test_a_message_that_passed_passes_again_unchanged_but_for_its_boundary() -> None:
    once = passed(headed(pgp_mime()), HERON).octets
    twice = passed(once, HERON).octets

    def without(octets: bytes) -> bytes:
        boundary = email.message_from_bytes(octets).get_boundary() or ""
        return octets.replace(boundary.encode(), b"")

    assert without(once) == without(twice)


@pytest.mark.parametrize("step", ["vc-request", "vg-request"])
def test_a_securejoin_request_passes(step: str) -> None:
    mail = securejoin(step)
    mail["Autocrypt"] = autocrypt()
    got = through(mail)

    assert got["Secure-Join"] == step
    assert got["Secure-Join-Invitenumber"] == "abcDEF_123-x"
    assert f"Secure-Join: {step}".encode() in got.as_bytes().partition(b"\n\n")[2]
    assert b"quay" not in got.as_bytes()


def test_an_autocrypt_introduction_passes_with_the_certificate_alone() -> None:
    mail = plain("  \n")
    mail["Autocrypt"] = autocrypt()
    got = through(mail)
    text = "".join(got["Autocrypt"].split())

    assert text.startswith(f"addr={HERON};prefer-encrypt=mutual;keydata=")
    assert not got.get_payload().strip()  # type: ignore[union-attr]
    assert b"quay" not in got.as_bytes()


def inline() -> Message:
    return plain(ciphertext().decode())


def alternative() -> Message:
    mail = pgp_mime()
    mail.attach(plain())
    return mail


def encoded() -> Message:
    mail = pgp_mime()
    mail.get_payload()[1]["Content-Transfer-Encoding"] = "base64"  # type: ignore[index]
    return mail


def setup_message() -> Message:
    mail = plain()
    mail["Autocrypt-Setup-Message"] = "v1"
    return mail


def worded_introduction() -> Message:
    mail = plain()
    mail["Autocrypt"] = autocrypt()
    return mail


def empty_introduction() -> Message:
    mail = plain("\n")
    mail["Autocrypt"] = "addr=somebody@else.example; keydata=AAAA"
    return mail


def signed_only() -> Message:
    signed: bytes = __import__("pysequoia").sign(key(HERON).signer(), WORDS.encode())
    return pgp_mime(signed)


def raw(packets: bytes) -> bytes:
    return walk.armour(packets, "MESSAGE")


def packet(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4) + body


PKESK = packet(1, b"\x03" + bytes(11))
TEXT = (WORDS * 40).encode()
CLEARTEXT = {
    "plain text": plain(),
    "inline OpenPGP": inline(),
    "another part": alternative(),
    "encoded again": encoded(),
    "an introduction with words": worded_introduction(),
    "a later step": securejoin("vc-request-with-auth"),
    "a request with words": securejoin(words=f"Secure-Join: vc-request {WORDS}"),
    "signed only": signed_only(),
    "literal data": pgp_mime(raw(PKESK + packet(11, b"b\x00\x00\x00\x00\x00" + TEXT))),
    "a packet after it": pgp_mime(raw(walk.dearmour(ciphertext(), "MESSAGE") + packet(60, TEXT))),
    "a packet before it": pgp_mime(raw(packet(10, TEXT) + walk.dearmour(ciphertext(), "MESSAGE"))),
    "nobody's": pgp_mime(raw(packet(18, b"\x01" + bytes(range(256)) * 2))),
    "not encrypted inside": pgp_mime(raw(PKESK + packet(18, b"\x01" + TEXT))),
    "without integrity": pgp_mime(raw(PKESK + packet(9, bytes(range(256)) * 2))),
    "a huge session key": pgp_mime(
        raw(packet(1, TEXT * 100) + packet(18, b"\x01" + bytes(range(256)) * 2))
    ),
    "not base64": pgp_mime(
        b"-----BEGIN PGP MESSAGE-----\n\n" + TEXT + b"\n-----END PGP MESSAGE-----"
    ),
    "words after the armour": pgp_mime(ciphertext() + TEXT),
    "words before the armour": pgp_mime(TEXT + b"\n" + ciphertext()),
}


@pytest.mark.parametrize("kind", CLEARTEXT)
def test_whatever_is_not_encrypted_is_refused_in_one_clear_line(kind: str) -> None:
    reply = refused(headed(CLEARTEXT[kind])).reply

    assert reply.startswith("523 5.7.1 Not sent: this network carries encrypted mail only")
    assert reply.endswith("Turn OpenPGP encryption on (PGP/MIME) and send it again")
    assert "\n" not in reply
    assert "quay" not in reply


def test_armour_headers_do_not_survive() -> None:
    begin = b"-----BEGIN PGP MESSAGE-----\n"
    commented = ciphertext().replace(begin, begin + f"Comment: {WORDS}\n".encode(), 1)
    got = through(pgp_mime(commented))

    assert b"quay" not in got.as_bytes()


def test_another_author_than_who_logged_in_is_refused() -> None:
    both = headed(pgp_mime()).replace(b"From: ", b"From: x@ams.shieldnet.example, ", 1)

    assert refused(headed(pgp_mime()), "d00009@ams.shieldnet.example").word == "forged author"
    assert refused(both).word == "forged author"
    assert refused(b"From: a@b\r\n" + headed(pgp_mime())).word == "malformed"


def test_a_secret_key_never_passes() -> None:
    mail = pgp_mime()
    mail["Autocrypt"] = autocrypt(bytes(key(HERON)))

    assert refused(headed(mail)).word == "secret key"
    assert refused(headed(setup_message())).word == "setup message"
    assert refused(headed(empty_introduction())).word == "no certificate"


def test_an_autocrypt_field_of_somebody_else_is_left_out() -> None:
    mail = pgp_mime()
    mail["Autocrypt"] = autocrypt(certificate(HERON)).replace(HERON, "x@ams.shieldnet.example")

    assert through(mail)["Autocrypt"] is None


@given(st.binary(max_size=600))
def test_any_octets_pass_or_are_refused_and_never_crash_the_filter(octets: bytes) -> None:
    for start in (b"", b"From: a\r\n", b"Content-Type: multipart/encrypted; boundary=x\r\n\r\n--x"):
        refused(start + octets)


@given(st.data())
def test_a_message_cut_or_changed_anywhere_lets_no_word_pass(
    data: st.DataObject,
) -> None:
    whole = headed(pgp_mime(_CIPHERTEXT))
    place = data.draw(st.integers(0, len(whole) - 1))
    octet = data.draw(st.integers(0, 255))
    for changed in (whole[:place], whole[:place] + bytes([octet]) + whole[place + 1 :]):
        try:
            got = passed(changed, HERON).octets
        except RefusedError:
            continue
        assert b"quay" not in got


_CIPHERTEXT = ciphertext()


@pytest.mark.skipif(shutil.which("gpg") is None, reason="GnuPG is not installed")
def test_the_walk_finds_in_gnupg_s_message_of_many_chunks_what_is_there(tmp_path: Path) -> None:
    words = ("gpg", "--homedir", str(tmp_path), "--batch", "--pinentry-mode", "loopback")
    how = ("--passphrase", "test only", "--s2k-count", "1024", "-z", "0", "--symmetric")
    made = subprocess.run([*words, *how], check=True, capture_output=True, input=TEXT * 1000).stdout
    found = walk.encrypted_message(made)

    assert [packet.tag for packet in found] == [3, 18]
    assert len(found[1].chunks) > 1
    assert found[1].size > len(TEXT) * 1000
