"""Layers: every encrypted block is found wherever a mailer or gateway left it."""

from __future__ import annotations

import base64
import quopri
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.real_data import archive
from zegel.openpgp.model import ClearMessage, EncryptedMessage
from zegel.processing.layers import (
    FoundLayer,
    find_keys_in,
    find_keys_in_fields,
    find_layers,
    find_layers_in_bytes,
)
from zegel.processing.mime import read_mail


def packet(tag: int, body: bytes) -> bytes:
    """Frame a packet by hand (RFC 9580 section 4.2.1)."""
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


def armour(binary: bytes, word: str = "MESSAGE") -> bytes:
    """Armour without a checksum, by hand (RFC 9580 section 6.2)."""
    text = base64.b64encode(binary).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN PGP {word}-----\n\n{lines}\n-----END PGP {word}-----\n".encode()


def encrypted(seed: int = 0) -> bytes:
    esk = packet(1, b"\x03" + b"\x11" * 8 + b"\x01" + b"\x00\x09\x01\xff")
    return esk + packet(18, b"\x01" + bytes((seed + n) % 256 for n in range(300)))


BLOCK = armour(encrypted())
OTHER = armour(encrypted(7))


def found(raw: bytes) -> list[tuple[str, str, bool]]:
    layers = list(find_layers(read_mail(raw)))
    assert len({layer.path for layer in layers}) == len(layers)
    return [(layer.path, layer.kind, layer.message is not None) for layer in layers]


def pgp_mime(second: bytes) -> bytes:
    return (
        b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=x\n\n'
        b"--x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n"
        b"--x\nContent-Type: application/octet-stream\n\n" + second + b"\n--x--\n"
    )


def test_an_encrypted_mail_is_one_layer_and_nothing_plain() -> None:
    assert found(pgp_mime(BLOCK)) == [("2#1", "openpgp", True)]


def test_an_encrypted_part_without_openpgp_is_a_damaged_layer() -> None:
    assert found(pgp_mime(b"gone")) == [("2#1", "openpgp", False)]


def test_several_inline_blocks_and_the_text_between_them_are_layers() -> None:
    assert found(b"\n" + BLOCK + b"\nhello\n" + OTHER) == [
        ("1#1", "openpgp", True),
        ("1#2", "openpgp", True),
        ("1", "plain", False),
    ]


def test_blank_text_and_quote_marks_around_a_block_are_no_layer() -> None:
    assert found(b"\n \n> \n" + BLOCK + b"\n\t\n") == [("1#1", "openpgp", True)]


@pytest.mark.parametrize(
    "part",
    [
        b"Content-Type: text/plain\n\n" + BLOCK,
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(BLOCK),
        b"Content-Transfer-Encoding: quoted-printable\n\n" + quopri.encodestring(BLOCK),
        b"Content-Type: text/plain\n\n" + quopri.encodestring(BLOCK),
        b"Content-Type: application/octet-stream; name=m.pgp\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(encrypted()),
        b"Content-Type: text/html\n\n<pre>" + BLOCK + b"</pre>",
        b"Content-Type: text/html\n\n<p>" + BLOCK.replace(b"\n", b"<br>\r\n") + b"</p>",
        b"Content-Type: text/html\n\n<div>" + BLOCK.replace(b"\n", b"</div>\n<div>") + b"</div>",
        b"Content-Type: text/html\n\n" + BLOCK.replace(b"+", b"&#43;").replace(b"\n", b"<br>"),
        b"Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(BLOCK.decode().encode("utf-16")),
        b"\n" + b"".join(b"> " + line + b"\n" for line in BLOCK.splitlines()),
        b"Content-Type: message/rfc822\n\nSubject: forwarded\n\n" + BLOCK,
    ],
)
def test_a_block_is_found_whatever_it_is_wrapped_in(part: bytes) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=m\n\n--m\n" + part + b"\n--m--\n"
    layers = [layer for layer in find_layers(read_mail(raw)) if layer.kind == "openpgp"]
    (expected,) = [m for m in messages(encrypted()) if isinstance(m, EncryptedMessage)]

    (layer,) = layers
    assert isinstance(layer.message, EncryptedMessage)
    assert layer.message.ciphertext_id == expected.ciphertext_id


def messages(content: bytes) -> list[EncryptedMessage | ClearMessage]:
    return [layer.message for layer in find_layers_in_bytes(content, "x") if layer.message]


def test_encrypted_mail_mangled_to_multipart_mixed_is_found() -> None:
    raw = pgp_mime(BLOCK).replace(b"multipart/encrypted", b"multipart/mixed")

    assert found(raw) == [("2#1", "openpgp", True)]


def test_a_footer_beside_an_encrypted_part_is_a_plain_layer() -> None:
    inner = pgp_mime(BLOCK)
    raw = b"Content-Type: multipart/mixed; boundary=m\n\n--m\n" + inner + b"\n--m\n\nfooter\n--m--"

    assert found(raw) == [("1.2#1", "openpgp", True), ("2", "plain", False)]


def test_a_mail_without_layers_is_one_plain_layer_even_when_empty() -> None:
    assert found(b"Subject: x\n\nhello") == [("1", "plain", False)]
    assert found(b"") == [("1", "plain", False)]


def test_a_message_that_cannot_be_read_is_a_damaged_layer_with_a_reason() -> None:
    (layer,) = find_layers(read_mail(b"\n" + armour(b"this is no packet at all")))

    assert (layer.kind, layer.message) == ("openpgp", None)
    assert layer.problems
    assert not any(problem.unread for problem in layer.problems)


def test_loose_armour_around_something_else_is_foreign() -> None:
    (layer,) = find_layers_in_bytes(armour(b"this is no packet at all"), "x")

    assert (layer.kind, layer.message) == ("foreign", None)


def test_anything_armoured_as_a_file_is_no_damaged_message() -> None:
    assert found(b"\n" + armour(b"just text", "ARMORED FILE"))[-1] == ("1", "plain", False)


def test_keys_armoured_as_a_message_are_no_message() -> None:
    key = packet(6, b"\x04\0\0\0\0\x16\x09" + bytes(40))

    assert found(b"\n" + armour(key)) == [("1", "plain", False)]


def test_two_messages_in_one_block_are_two_layers() -> None:
    assert [path for path, _, _ in found(b"\n" + armour(encrypted() + encrypted(3)))] == [
        "1#1",
        "1#2",
    ]


def test_a_cleartext_signed_text_becomes_a_clear_message_with_its_words() -> None:
    signature = packet(2, b"\x04\x01\x01\x08\0\0\0\0\xab\xcd\0\x09\x01\xff")
    signed = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n- --dashed \ntext\n" + armour(
        signature, "SIGNATURE"
    )
    (layer,) = find_layers(read_mail(b"\n" + signed))

    assert layer.kind == "openpgp-clear"
    assert isinstance(layer.message, ClearMessage)
    assert layer.message.packets == signature + packet(11, b"t\0\0\0\0\0--dashed \ntext")


def test_an_smime_envelope_is_a_layer_and_an_smime_signature_is_plain() -> None:
    enveloped = bytes.fromhex("308006092a864886f70d010703")
    signed = bytes.fromhex("308006092a864886f70d010702")
    head = b"Content-Type: application/pkcs7-mime; name=smime.p7m\n\n"

    assert found(head + enveloped) == [("1#1", "smime", False)]
    assert found(head + signed) == [("1", "plain", False)]


def test_bytes_that_are_no_message_are_plain() -> None:
    (layer,) = find_layers_in_bytes(b"words", "1.2")

    assert layer == FoundLayer(path="1.2", kind="plain", message=None)


@given(st.binary(max_size=200))
def test_any_bytes_give_layers(content: bytes) -> None:
    assert list(find_layers(read_mail(content)))
    assert list(find_layers_in_bytes(content, "1"))


@given(st.integers(0, len(BLOCK)), st.binary(max_size=6), st.integers(0, 5))
def test_a_damaged_block_gives_a_layer_not_a_crash(at: int, noise: bytes, gone: int) -> None:
    damaged = BLOCK[:at] + noise + BLOCK[at + gone :]

    assert list(find_layers(read_mail(b"\n" + damaged)))


def test_keys_are_found_in_parts_and_autocrypt_fields() -> None:
    key = packet(6, b"\x04\0\0\0\0\x01" + b"\x00\x09\x01\xff" + b"\x00\x02\x03")
    user = packet(13, b"A <a@x.example>")
    field = base64.b64encode(key + user)
    raw = (
        b"Autocrypt: addr=a@x.example; prefer-encrypt=mutual; keydata=\n "
        + field[:30] + b"\n " + field[30:] + b"\n"
        b"Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: application/pgp-keys\n\n"
        + armour(key + user, "PUBLIC KEY BLOCK") + b"--m\nContent-Type: application/octet-stream\n"
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(key + user) + b"\n--m--\n"
    )  # fmt: skip

    mail = read_mail(raw)
    assert [*find_keys_in(mail), *find_keys_in_fields(mail.headers)] == [key + user] * 3


def layers_below(folder: Path) -> Iterator[FoundLayer]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield from find_layers(read_mail(path.read_bytes()))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "distinct", "smime"),
    [
        ("thunderbird_tests", 19, 29),
        ("search_notmuch", 16, 3),
        ("openpgp_pgpy", 14, 0),
        ("openpgp_gnupg", 40, 0),
        ("openpgp_gpgme", 4, 0),
        ("openpgp_autocrypt", 3, 0),
        ("spamassassin_corpus", 0, 0),
    ],
)
def test_the_foreign_corpora_hold_these_layers(name: str, distinct: int, smime: int) -> None:
    ciphertexts = set()
    kinds: Counter[str] = Counter()
    for layer in layers_below(archive(name)):
        kinds[layer.kind] += 1
        if isinstance(layer.message, EncryptedMessage):
            ciphertexts.add(layer.message.ciphertext_id)

    assert (len(ciphertexts), kinds["smime"]) == (distinct, smime)
