import gzip
import os
import random
import sqlite3
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.openpgp import writers
from zegel.openpgp.framing import frame, read_packets
from zegel.openpgp.model import BodyKind, ClearMessage, EncryptedMessage
from zegel.openpgp.packets import looks_like_keyring, looks_like_message, read_messages

RSA_ESK = b"\x03" + b"12345678" + b"\x01" + (2048).to_bytes(2, "big") + b"\xc5" + bytes(255)
BODY = b"\x01" + bytes(range(100))
MESSAGE = frame(1, RSA_ESK) + frame(18, BODY)
LITERAL = b"b\x00\x00\x00\x00\x00hello"


def partial(tag: int, body: bytes, power: int) -> bytes:
    """Write a body in chunks of 2**power octets (RFC 9580 section 4.2.1.4)."""
    out = bytes((0xC0 | tag,))
    while len(body) > 1 << power:
        out += bytes((0xE0 | power,)) + body[: 1 << power]
        body = body[1 << power :]
    return out + b"\xff" + len(body).to_bytes(4, "big") + body


def old(tag: int, body: bytes, kind: int) -> bytes:
    """Write an old-format packet with a length of kind 0, 1, 2 or, at the end, 3."""
    length = b"" if kind == 3 else len(body).to_bytes(1 << kind, "big")
    return bytes((0x80 | tag << 2 | kind,)) + length + body


def new(tag: int, body: bytes) -> bytes:
    """Write a new-format packet with the shortest length."""
    size = len(body)
    if size < 192:
        length = bytes((size,))
    elif size < 8384:
        length = bytes((((size - 192) >> 8) + 192, (size - 192) & 0xFF))
    else:
        length = b"\xff" + size.to_bytes(4, "big")
    return bytes((0xC0 | tag,)) + length + body


framings = st.one_of(
    st.just(new),
    st.integers(0, 12).map(lambda power: lambda tag, body: partial(tag, body, power)),
    st.integers(1, 2).map(lambda kind: lambda tag, body: old(tag, body, kind)),
)


@given(st.lists(st.tuples(st.integers(1, 15), st.binary(max_size=9000), framings), max_size=4))
def test_packets_come_back_whatever_their_framing(packets: list) -> None:  # type: ignore[type-arg]
    data = b"".join(framing(tag, body) for tag, body, framing in packets)

    found = list(read_packets(data))

    assert [(one.tag, one.body) for one in found] == [(tag, body) for tag, body, _ in packets]
    assert all(one.complete for one in found)


@given(st.binary(max_size=300))
def test_reading_any_octets_ends_inside_them(data: bytes) -> None:
    ends = [packet.end for packet in read_packets(data)]

    assert ends == sorted(set(ends))
    assert all(0 < end <= len(data) for end in ends)


@given(st.binary(max_size=300))
def test_reading_messages_never_raises(data: bytes) -> None:
    for prefix in (b"", MESSAGE[:20], MESSAGE):
        messages, _ = read_messages(prefix + data)

        assert all(0 <= message.start < message.end for message in messages)
        assert isinstance(looks_like_message(prefix + data), bool)
        assert isinstance(looks_like_keyring(prefix + data), bool)


def test_an_old_packet_of_indeterminate_length_reaches_to_the_end() -> None:
    (packet,) = read_packets(old(11, LITERAL, 3))

    assert (packet.body, packet.complete) == (LITERAL, True)


@pytest.mark.parametrize(
    "framing", [new, lambda t, b: partial(t, b, 5), lambda t, b: partial(t, b, 0)]
)
def test_the_ciphertext_id_does_not_depend_on_framing(framing) -> None:  # type: ignore[no-untyped-def]
    (usual,) = read_messages(MESSAGE)[0]

    (other,) = read_messages(frame(1, RSA_ESK) + framing(18, BODY))[0]

    assert isinstance(usual, EncryptedMessage)
    assert isinstance(other, EncryptedMessage)
    assert other.ciphertext_id == usual.ciphertext_id


def test_several_messages_in_a_row_are_told_apart() -> None:
    marker = frame(10, b"PGP")
    literal = frame(11, LITERAL)

    messages, problems = read_messages(marker + MESSAGE + MESSAGE + literal + MESSAGE + literal)

    kinds = [type(message) for message in messages]
    assert kinds == [
        EncryptedMessage,
        EncryptedMessage,
        ClearMessage,
        EncryptedMessage,
        ClearMessage,
    ]
    assert problems == []


def test_a_signed_message_is_one_clear_message_and_a_lone_signature_is_none() -> None:
    one_pass, signature = frame(4, bytes(13)), frame(2, bytes(20))
    signed = one_pass + frame(11, LITERAL) + signature

    messages, _ = read_messages(signed)

    assert messages == [ClearMessage(start=0, end=len(signed), packets=signed)]
    assert read_messages(signature) == ([], [])


def test_junk_after_a_message_is_a_problem_beside_it() -> None:
    messages, problems = read_messages(MESSAGE + b"junk")

    assert len(messages) == 1
    assert [(one.kind, one.offset) for one in problems] == [
        ("bytes that are no packet", len(MESSAGE))
    ]


def test_a_message_cut_short_says_so() -> None:
    ((message,), _) = read_messages(MESSAGE[:-5])

    assert isinstance(message, EncryptedMessage)
    assert [one.kind for one in message.problems] == ["truncated message"]


def test_session_keys_without_a_body_are_an_unread_message() -> None:
    messages, problems = read_messages(frame(1, RSA_ESK))

    assert (messages, [one.unread for one in problems]) == ([], [True])


@pytest.mark.parametrize(
    ("tag", "body", "kind"),
    [
        (9, bytes(30), BodyKind.SED),
        (18, b"\x01" + bytes(30), BodyKind.SEIPD1),
        (18, b"\x02\x09\x02\x06" + bytes(60), BodyKind.SEIPD2),
        (20, b"\x01\x09\x02\x06" + bytes(60), BodyKind.AEAD20),
    ],
)
def test_every_container_is_named(tag: int, body: bytes, kind: BodyKind) -> None:
    ((message,), _) = read_messages(frame(tag, body))

    assert isinstance(message, EncryptedMessage)
    assert message.kind is kind


def test_a_message_is_recognised_by_its_structure() -> None:
    assert looks_like_message(MESSAGE)
    assert looks_like_message(frame(10, b"PGP") + MESSAGE)
    assert looks_like_message(frame(11, LITERAL))
    assert looks_like_message(frame(8, b"\x02" + zlib.compress(frame(11, LITERAL))))


def test_a_long_message_is_recognised_by_its_head() -> None:
    long = frame(1, RSA_ESK) + frame(18, b"\x01" + bytes(200_000))

    assert looks_like_message(long[:65536])


def test_what_gnupg_writes_is_recognised() -> None:
    message = writers.gnupg_encrypts("-e", "-r", "rsa@test.example")
    signed = writers.gnupg_encrypts("-s", "-u", "rsa@test.example")
    keys = writers.gnupg_encrypts("--export", text=b"")
    secret = writers.gnupg_encrypts("--export-secret-keys", text=b"")

    assert [looks_like_message(one) for one in (message, signed, keys, secret)] == [
        *(True, True),
        *(False, False),
    ]
    assert [looks_like_keyring(one) for one in (message, signed, keys, secret)] == [
        *(False, False),
        *(True, True),
    ]


def test_random_octets_are_neither_message_nor_keyring() -> None:
    generator = random.Random(2580)
    matches = 0
    for _ in range(100_000):
        head = generator.randbytes(300)
        matches += looks_like_message(head) or looks_like_keyring(head)

    assert matches == 0


def test_random_octets_behind_any_first_octet_are_no_long_message() -> None:
    generator = random.Random(2580)
    matches = 0
    for first in range(256):
        for _ in range(10):
            head = bytes((first,)) + generator.randbytes(65535)
            matches += looks_like_message(head) or looks_like_keyring(head)

    assert matches == 0


def test_files_of_other_kinds_are_neither_message_nor_keyring(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("create table t (a)")
    heads = {
        "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF" + os.urandom(70000),
        "png": b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + os.urandom(500),
        "gzip": gzip.compress(os.urandom(1000)),
        "zlib": zlib.compress(b"text" * 1000),
        "sqlite": (tmp_path / "a.db").read_bytes(),
        "UTF-8": "Éénëntwintig œuvres\n".encode() * 100,
        "Latin-1": "Éénëntwintig\n".encode("latin-1") * 100,
        "UTF-16": "hallo\n".encode("utf-16") * 100,
        "text": b"Dear all,\n" * 100,
        "DER": b"\x30\x82\x04\x00" + os.urandom(1024),
        "Mach-O": b"\xcf\xfa\xed\xfe" + bytes(64) + os.urandom(70000),
        "Java class": b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + os.urandom(70000),
        "Office": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + os.urandom(70000),
        "zeros": bytes(70000),
        "empty": b"",
    }

    matching = [
        name
        for name, data in heads.items()
        if looks_like_message(data[:65536]) or looks_like_keyring(data[:65536])
    ]

    assert matching == []


@pytest.mark.parametrize(
    ("tag", "esk"),
    [
        (1, b"\x03" + bytes(8) + b"\x63" + bytes(90)),  # algorithm 99, SM2
        (1, b"\x0a" + bytes(40)),  # a version nobody has defined
        (3, b"\x0a" + bytes(40)),
    ],
    ids=["unknown algorithm", "unknown version", "unknown version of passphrase"],
)
def test_a_message_nobody_here_can_open_is_recognised_where_its_lengths_fit_exactly(
    tag: int, esk: bytes
) -> None:
    message = new(tag, esk) + new(18, b"\x01" + bytes(60))

    assert looks_like_message(message)
    for damaged in (message + b"\0", message[:-1], message[:-40], new(tag, esk)):
        assert not looks_like_message(damaged)
