"""Give the hash function an OpenPGP packet names by number, or say that it cannot be had.

It never computes a hash of its own: all come from `hashlib` (OpenSSL). MD5, SHA-1 and
RIPEMD-160 are here because old keys and messages were made with them.

Specification: RFC 9580 section 9.5 (hash algorithms).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

NAMES: dict[int, tuple[str, str]] = {
    1: ("md5", "MD5"),
    2: ("sha1", "SHA1"),
    3: ("ripemd160", "RIPEMD160"),
    8: ("sha256", "SHA256"),
    9: ("sha384", "SHA384"),
    10: ("sha512", "SHA512"),
    11: ("sha224", "SHA224"),
    12: ("sha3_256", "SHA3-256"),
    14: ("sha3_512", "SHA3-512"),
}
"""Number → (name in `hashlib`, name in OpenPGP)."""

WEAK = frozenset({1, 2, 3})
"""No longer trusted for new signatures (section 9.5)."""


class UnsupportedDigest(ValueError):  # noqa: N818  (a reason, not a fault)
    """The hash function is unknown, or this machine's OpenSSL leaves it out."""


def digest_name(number: int) -> str:
    """Return the hash function's name as OpenPGP writes it, `hash-N` where unknown."""
    return NAMES[number][1] if number in NAMES else f"hash-{number}"


def new_digest(number: int) -> _Hash:
    """Return a fresh hash object of hash algorithm `number`."""
    if number not in NAMES:
        raise UnsupportedDigest(digest_name(number))
    try:
        return hashlib.new(NAMES[number][0], usedforsecurity=False)
    except ValueError as missing:
        # OpenSSL 3 may come without its legacy provider, which holds RIPEMD-160.
        raise UnsupportedDigest(digest_name(number)) from missing
