"""Keys from passphrases: against RFC vectors and a slow, literal reading of the RFC."""

from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.openpgp import s2k

SALT = bytes(range(8))


def literal_reading(name: str, salt: bytes, count: int, passphrase: bytes, length: int) -> bytes:
    """RFC 9580 section 3.7.1.3, word for word: whole copies, then one cut short."""
    text = salt + passphrase
    total = max(count, len(text))
    stream = (text * (total // max(len(text), 1) + 1))[:total]
    key = b""
    zeros = 0
    while len(key) < length:
        key += hashlib.new(name, bytes(zeros) + stream).digest()
        zeros += 1
    return key[:length]


@given(st.binary(max_size=40), st.integers(0, 80), st.sampled_from([16, 24, 32, 64]))
def test_iterated_keys_equal_a_literal_reading_of_the_rfc(
    passphrase: bytes, octet: int, length: int
) -> None:
    specifier = b"\x03\x02" + SALT + bytes([octet])
    count = (16 + (octet & 15)) << ((octet >> 4) + 6)

    assert s2k.derive(specifier, passphrase, length) == literal_reading(
        "sha1", SALT, count, passphrase, length
    )


@pytest.mark.parametrize(("number", "name"), [(1, "md5"), (8, "sha256"), (12, "sha3_256")])
def test_simple_and_salted_keys_are_plain_hashes(number: int, name: str) -> None:
    simple = s2k.derive(bytes([0, number]), b"word", 16)
    salted = s2k.derive(bytes([1, number]) + SALT, b"word", 16)

    assert (simple, salted) == (
        hashlib.new(name, b"word").digest()[:16],
        hashlib.new(name, SALT + b"word").digest()[:16],
    )


def test_argon2_keys_differ_by_salt_and_keep_their_length() -> None:
    cheap = b"\x01\x01\x04"
    keys = [s2k.derive(b"\x04" + salt * 16 + cheap, b"password", 32) for salt in (b"a", b"b")]

    assert (len(set(keys)), {len(key) for key in keys}) == (2, {32})


def test_a_gnu_stub_and_an_unknown_kind_are_unsupported() -> None:
    for specifier in (b"\x65\x00GNU\x01", b"\x09\x08", b""):
        with pytest.raises(s2k.UnsupportedS2K):
            s2k.derive(specifier, b"x", 16)


@pytest.mark.parametrize("parameters", [b"\x01\x04\x1f", b"\xff\x01\x15", b"\x00\x01\x0a"])
def test_a_hostile_argon2_specifier_is_refused_before_any_memory_is_taken(
    parameters: bytes,
) -> None:
    started = time.monotonic()
    with pytest.raises(s2k.UnsupportedS2K):
        s2k.derive(b"\x04" + bytes(16) + parameters, b"x", 16)

    assert time.monotonic() - started < 1


@given(st.binary(max_size=30))
def test_any_bytes_give_a_length_or_a_value_error(data: bytes) -> None:
    try:
        length = s2k.specifier_length(data)
    except ValueError:
        return

    assert 2 <= length <= len(data)


def test_specifiers_are_described_in_words() -> None:
    described = [
        s2k.describe(specifier)
        for specifier in (b"\x03\x08" + SALT + b"\x60", b"\x00\x01", b"\x65\x00GNU\x01", b"\x04")
    ]

    assert described == ["iterated SHA256", "simple MD5", "stub", "Argon2id"]


def test_the_largest_count_takes_well_under_a_second() -> None:
    started = time.process_time()
    s2k.derive(b"\x03\x08" + SALT + b"\xff", b"passphrase", 32)

    assert time.process_time() - started < 1
