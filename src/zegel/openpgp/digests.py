"""Give the hash function an OpenPGP packet names by number, or say that it cannot be had.

It never computes a hash of its own: all come from `hashlib` (OpenSSL). MD5, SHA-1 and
RIPEMD-160 are here because old keys and messages were made with them.

Specification: RFC 9580 section 9.5 (hash algorithms).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from zegel.openpgp.names import hash_name

if TYPE_CHECKING:
    from hashlib import _Hash

_HASHLIB = {
    1: "md5",
    2: "sha1",
    3: "ripemd160",
    8: "sha256",
    9: "sha384",
    10: "sha512",
    11: "sha224",
    12: "sha3_256",
    14: "sha3_512",
}

WEAK = frozenset({1, 2, 3})
"""No longer trusted for new signatures (section 9.5)."""


class UnsupportedDigest(ValueError):  # noqa: N818  (a reason, not a fault)
    """The hash function is unknown, or this machine's OpenSSL leaves it out."""


def new_digest(number: int) -> _Hash:
    """Return a fresh hash object of hash algorithm `number`."""
    if number not in _HASHLIB:
        raise UnsupportedDigest(hash_name(number))
    try:
        return hashlib.new(_HASHLIB[number], usedforsecurity=False)
    except ValueError as missing:
        # OpenSSL 3 may come without its legacy provider, which holds RIPEMD-160.
        raise UnsupportedDigest(hash_name(number)) from missing
