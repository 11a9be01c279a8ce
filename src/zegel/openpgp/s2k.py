"""Turn a passphrase into a symmetric key exactly as a string-to-key specifier says.

It never keeps, shows or logs a passphrase or a derived key, and never lets a hostile specifier
claim more memory or work than `ARGON2_MEMORY` and `ARGON2_WORK` allow.

Specification: RFC 9580 section 3.7; GnuPG's type 101 (doc/DETAILS, "GNU extensions to the S2K
algorithm") has no passphrase and is refused.
"""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from zegel.openpgp.digests import UnsupportedDigest, new_digest
from zegel.openpgp.names import hash_name

SIMPLE, SALTED, ITERATED, ARGON2, GNU = 0, 1, 3, 4, 101

_LENGTHS = {SIMPLE: 2, SALTED: 10, ITERATED: 11, ARGON2: 20, GNU: 6}
_NAMES = {SIMPLE: "simple", SALTED: "salted", ITERATED: "iterated"}
_GNU_MODES = {1: "stub", 2: "smart card", 3: "gnupg"}
_SMART_CARD = 2
_MAX_SERIAL = 16

ARGON2_MEMORY = 21
"""Largest memory exponent, in KiB: 2 GiB, the uniformly safe choice of RFC 9106 section 4."""
ARGON2_WORK = 1 << 24
"""Largest product of passes and memory in KiB."""
_CHUNK = 1 << 16


class UnsupportedS2K(ValueError):  # noqa: N818  (a reason, not a fault)
    """The specifier is of an unknown kind, holds no secret, or asks for too much."""


def specifier_length(data: bytes) -> int:
    """Return how many bytes the specifier at the start of `data` takes."""
    if not data:
        raise ValueError("s2k-truncated")
    length = _LENGTHS.get(data[0])
    if length is None:
        raise UnsupportedS2K(f"s2k-{data[0]}")
    if data[0] == GNU and len(data) > length and data[5] == _SMART_CARD:
        # A smart card's stub carries its serial number: one length octet, then the number.
        length += 1 + min(data[6], _MAX_SERIAL)
    if len(data) < length:
        raise ValueError("s2k-truncated")
    return length


def describe(specifier: bytes) -> str:
    """Return the specifier in words, e.g. `iterated SHA256`."""
    kind = specifier[0] if specifier else -1
    if kind in _NAMES and len(specifier) > 1:
        return f"{_NAMES[kind]} {hash_name(specifier[1])}"
    if kind == ARGON2:
        return "Argon2id"
    if kind == GNU:
        return _GNU_MODES.get(specifier[5] if len(specifier) > 5 else 0, "gnu extension")
    return f"s2k-{kind}"


def derive(specifier: bytes, passphrase: bytes, key_length: int) -> bytes:
    """Return the `key_length` bytes that `specifier` makes of `passphrase`."""
    kind = specifier[0] if specifier else GNU
    if kind not in _LENGTHS or kind == GNU:
        raise UnsupportedS2K(f"s2k-{kind}")
    if len(specifier) < _LENGTHS[kind]:
        raise ValueError("s2k-truncated")
    if kind == ARGON2:
        return _argon2(specifier, passphrase, key_length)
    salt = specifier[2:10] if kind != SIMPLE else b""
    count = iterations(specifier[10]) if kind == ITERATED else 0
    return hashed(specifier[1], salt, count, passphrase, key_length)


def iterations(octet: int) -> int:
    """Return the count of octets to hash that the coded count stands for (section 3.7.1.3)."""
    return (16 + (octet & 15)) << ((octet >> 4) + 6)


def hashed(algorithm: int, salt: bytes, count: int, passphrase: bytes, key_length: int) -> bytes:
    """Hash salt and passphrase over and over, `count` octets in all but at least once."""
    unit = salt + passphrase
    count = max(count, len(unit))
    key = b""
    preload = 0
    while len(key) < key_length:
        try:
            digest = new_digest(algorithm)
        except UnsupportedDigest as unsupported:
            raise UnsupportedS2K(f"s2k-hash-{algorithm}") from unsupported
        # Further blocks of key start with ever more zero octets (section 3.7.1.1).
        digest.update(bytes(preload))
        preload += 1
        if unit:
            chunk = unit * max(1, _CHUNK // len(unit))
            for _ in range(count // len(chunk)):
                digest.update(chunk)
            digest.update(chunk[: count % len(chunk)])
        key += digest.digest()
    return key[:key_length]


def _argon2(specifier: bytes, passphrase: bytes, key_length: int) -> bytes:
    passes, lanes, memory = specifier[17:20]
    if memory > ARGON2_MEMORY or passes << memory > ARGON2_WORK:
        raise UnsupportedS2K("s2k-argon2-too-costly")
    try:
        return Argon2id(
            salt=specifier[1:17],
            length=key_length,
            iterations=passes,
            lanes=lanes,
            memory_cost=1 << memory,
        ).derive(passphrase)
    except UnsupportedAlgorithm as missing:
        raise UnsupportedS2K("s2k-4-argon2") from missing
    except (ValueError, MemoryError) as impossible:
        # Zero passes or lanes, or fewer than 8 KiB a lane.
        raise UnsupportedS2K("s2k-argon2-parameters") from impossible
