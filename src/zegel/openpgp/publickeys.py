"""Read one public-key packet's body: its numbers, its fingerprint, its key id.

It never judges whether a key is to be trusted, and never reads past the public part, so the
body of a secret-key packet may be given as well.

Specification: RFC 9580 section 5.5 (key packets) and 5.5.4 (key ids and fingerprints);
RFC 4880 section 5.5.2 for version 3; the LibrePGP draft for version 5;
draft-ietf-openpgp-pqc for algorithms 30 to 36.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from zegel.openpgp.curves import curve_bits, curve_name
from zegel.openpgp.model import PublicKey
from zegel.openpgp.mpis import number, read_mpi, read_mpis

RSA, RSA_ENCRYPT, RSA_SIGN = 1, 2, 3
ELGAMAL, DSA, ECDH, ECDSA, ELGAMAL_SIGN, EDDSA = 16, 17, 18, 19, 20, 22
X25519, X448, ED25519, ED448 = 25, 26, 27, 28

RSA_KINDS = frozenset({RSA, RSA_ENCRYPT, RSA_SIGN})
ELGAMAL_KINDS = frozenset({ELGAMAL, ELGAMAL_SIGN})

_MPI_COUNTS = {RSA: 2, RSA_ENCRYPT: 2, RSA_SIGN: 2, ELGAMAL: 3, ELGAMAL_SIGN: 3, DSA: 4}
_NATIVE = {X25519: 32, X448: 56, ED25519: 32, ED448: 57}
"""Algorithms whose public key is so many octets (section 5.5.5.7 to 5.5.5.10)."""
_POST_QUANTUM = {30: 32 + 1952, 31: 57 + 2592, 32: 32, 33: 32, 34: 64, 35: 32 + 1184, 36: 56 + 1568}
"""ML-DSA and SLH-DSA signatures, ML-KEM encryption, each beside a curve where composite."""
_NATIVE_CURVES = {X25519: "Curve25519", X448: "X448", ED25519: "Ed25519", ED448: "Ed448"}
_NATIVE_BITS = {X25519: 255, X448: 448, ED25519: 255, ED448: 448}

Parameters = tuple[int | bytes, ...]


class UnreadableKeyError(ValueError):
    """The packet is cut short, or of a version or algorithm whose layout is unknown."""


def header_length(body: bytes) -> int:
    """Return the offset of the algorithm's own fields."""
    if not body:
        raise UnreadableKeyError("truncated-key")
    length = {2: 8, 3: 8, 4: 6, 5: 10, 6: 10}.get(body[0])
    if length is None:
        raise UnreadableKeyError(f"key-version-{body[0]}")
    if len(body) < length:
        raise UnreadableKeyError("truncated-key")
    return length


def algorithm_of(body: bytes) -> int:
    """Return the public-key algorithm's number."""
    header_length(body)
    return body[7] if body[0] < 4 else body[5]


def public_parameters(body: bytes) -> Parameters:
    """Return the public numbers.

    RSA (n, e); ElGamal (p, g, y); DSA (p, q, g, y); ECDH (oid, point, kdf hash, kdf cipher);
    ECDSA and EdDSA (oid, point); algorithms with keys of fixed length (raw,).
    """
    return _parameters(body)[0]


def public_length(body: bytes) -> int:
    """Return the length of the public part of a public- or secret-key packet's body."""
    return _parameters(body)[1]


@lru_cache(maxsize=4096)
def _parameters(body: bytes) -> tuple[Parameters, int]:
    try:
        return _read_parameters(body, header_length(body))
    except UnreadableKeyError:
        raise
    except ValueError as damage:
        raise UnreadableKeyError(str(damage)) from damage


def _read_parameters(body: bytes, offset: int) -> tuple[Parameters, int]:
    algorithm = algorithm_of(body)
    if algorithm in _MPI_COUNTS:
        integers, end = read_mpis(body, offset, _MPI_COUNTS[algorithm])
        return tuple(number(integer) for integer in integers), end
    if algorithm in (ECDH, ECDSA, EDDSA):
        return _read_curve_key(body, offset, with_kdf=algorithm == ECDH)
    length = _NATIVE.get(algorithm) or _POST_QUANTUM.get(algorithm)
    if length is None:
        raise UnreadableKeyError(f"algorithm-{algorithm}")
    if len(body) < offset + length:
        raise UnreadableKeyError("truncated-key")
    return (body[offset : offset + length],), offset + length


def _read_curve_key(body: bytes, offset: int, *, with_kdf: bool) -> tuple[Parameters, int]:
    length = body[offset] if offset < len(body) else 0
    # 0 and 255 are reserved (section 5.5.5.4).
    if length in (0, 255) or offset + 1 + length > len(body):
        raise UnreadableKeyError("truncated-key")
    oid = body[offset + 1 : offset + 1 + length]
    point, end = read_mpi(body, offset + 1 + length)
    if not with_kdf:
        return (oid, point), end
    # Length octet (3), version (1), hash, cipher (section 5.5.5.6).
    kdf_end = end + 1 + (body[end] if end < len(body) else 0)
    if kdf_end < end + 4 or kdf_end > len(body):
        raise UnreadableKeyError("truncated-key")
    return (oid, point, body[end + 2], body[end + 3]), kdf_end


def hashed_form(public: bytes) -> bytes:
    """Return what a fingerprint or a signature over the key hashes (section 5.2.4)."""
    version = public[0]
    if version < 5:
        return b"\x99" + len(public).to_bytes(2, "big") + public
    return (b"\x9a" if version == 5 else b"\x9b") + len(public).to_bytes(4, "big") + public


def fingerprint(body: bytes) -> bytes:
    """Return the key's fingerprint: MD5 for version 3, SHA-1 for 4, SHA-256 for 5 and 6.

    `body` is a public-key packet's; of a secret-key packet give the public part only.
    """
    version = body[0] if body else 0
    header_length(body)
    if version < 4:
        integers, _ = read_mpis(body, 8, 2)
        return hashlib.md5(b"".join(integers), usedforsecurity=False).digest()
    if len(body) > 0xFFFF and version == 4:
        raise UnreadableKeyError("oversized-key")
    if version == 4:
        return hashlib.sha1(hashed_form(body), usedforsecurity=False).digest()
    return hashlib.sha256(hashed_form(body)).digest()


def key_id(body: bytes) -> bytes:
    """Return the 8 bytes that session-key packets and signatures name the key by."""
    if body and body[0] < 4:
        modulus, _ = read_mpi(body, header_length(body))
        return modulus[-8:].rjust(8, b"\0")
    # The last 8 octets for version 4, the first for 5 and 6.
    return fingerprint(body)[-8:] if body[0] == 4 else fingerprint(body)[:8]


def read_public_key(public: bytes, primary: bytes = b"") -> PublicKey:
    """Return the record of one key; its own fingerprint stands as primary unless given."""
    own = fingerprint(public)
    algorithm = algorithm_of(public)
    bits, curve = _size(public, algorithm)
    created = int.from_bytes(public[1:5], "big")
    days = int.from_bytes(public[5:7], "big") if public[0] < 4 else 0
    return PublicKey(
        fingerprint=own,
        key_id=key_id(public),
        version=public[0],
        algorithm=algorithm,
        created=created,
        primary=primary or own,
        public=public,
        bits=bits,
        curve=curve,
        expires=created + days * 86400 if days else None,
    )


def _size(public: bytes, algorithm: int) -> tuple[int, str]:
    if algorithm in _NATIVE:
        return _NATIVE_BITS[algorithm], _NATIVE_CURVES[algorithm]
    try:
        first = public_parameters(public)[0]
    except UnreadableKeyError:
        # An unknown algorithm still has a fingerprint, and belongs in the list of keys.
        return 0, ""
    if isinstance(first, int):
        return first.bit_length(), ""
    if algorithm in _POST_QUANTUM:
        return 0, ""
    return curve_bits(first), curve_name(first)
