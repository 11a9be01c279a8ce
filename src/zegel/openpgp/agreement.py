"""Recovers a session key wrapped under an elliptic-curve shared secret; a wrong key gives None.

RFC 6637 and RFC 9580 section 11.5 (ECDH over NIST, Brainpool, secp256k1 and Curve25519),
sections 5.1.6 and 5.1.7 (X25519, X448). The curves, HKDF and AES key wrap are `cryptography`'s.
The wrap authenticates, so what comes out was made for this key.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey, X448PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from zegel.openpgp.ciphers import KEY_SIZES
from zegel.openpgp.curves import curve_name, weierstrass
from zegel.openpgp.model import UnlockedKey
from zegel.openpgp.publickeys import public_parameters
from zegel.openpgp.transport import CACHED_KEYS, KeyUnusable, read_mpi

_HASHES = {8: hashlib.sha256, 9: hashlib.sha384, 10: hashlib.sha512, 2: hashlib.sha1}
_KEK_CIPHERS = (7, 8, 9)


class UnsupportedAgreement(ValueError):  # noqa: N818  (a reason, not a fault)
    """A curve, hash or wrapping cipher that no part here has; `str` is the reason code."""


def ecdh_decrypt(key: UnlockedKey, body: bytes, at: int) -> bytes | None:
    """Return the padded-off payload of an ECDH session-key packet, None for a wrong key."""
    if len(key.numbers) != 1:
        raise KeyUnusable("not an ECDH key")
    # A v5 fingerprint counts with its first 20 octets (LibrePGP section 13.5).
    fingerprint = key.public.fingerprint[: 20 if key.public.version == 5 else None]
    oid, name, kdf_hash, size, parameter = _derivation(key.public.public, fingerprint)
    ephemeral, pos = read_mpi(body, at)
    wrapped = body[pos + 1 : pos + 1 + body[pos]] if pos < len(body) else b""
    secret = _shared(oid, name, key.numbers[0], ephemeral)
    if secret is None:
        return None
    for candidate in _readings(name, secret):
        digest = _HASHES[kdf_hash](b"\x00\x00\x00\x01" + candidate + parameter).digest()
        padded = unwrap(digest[:size], wrapped)
        if padded is not None:
            return _unpad(padded)
    return None


@lru_cache(maxsize=CACHED_KEYS)
def _derivation(public: bytes, fingerprint: bytes) -> tuple[bytes, str, int, int, bytes]:
    """Return what RFC 9580 section 11.5 derives the wrapping key from: curve and its name, hash,
    octets of the key, KDF parameter."""
    match public_parameters(public):
        case (bytes(oid), bytes(), int(kdf_hash), int(kdf_cipher)):
            pass
        case _:
            raise KeyUnusable("not an ECDH key")
    if kdf_hash not in _HASHES or kdf_cipher not in _KEK_CIPHERS:
        raise UnsupportedAgreement(f"ecdh-kdf-{kdf_hash}-{kdf_cipher}")
    head = bytes((len(oid),)) + oid + bytes((18, 3, 1, kdf_hash, kdf_cipher))
    parameter = head + b"Anonymous Sender    " + fingerprint
    return oid, curve_name(oid), kdf_hash, KEY_SIZES[kdf_cipher], parameter


def _readings(curve: str, secret: bytes) -> tuple[bytes, ...]:
    """Old writers stripped zeros at either end of Curve25519's secret before hashing it."""
    if curve != "Curve25519" or (secret[0] and secret[-1]):
        return (secret,)
    return secret, secret.lstrip(b"\0"), secret.rstrip(b"\0")


def _shared(oid: bytes, name: str, scalar: bytes, ephemeral: bytes) -> bytes | None:
    if name == "Curve25519":
        if len(ephemeral) == 33 and ephemeral[0] == 0x40:
            ephemeral = ephemeral[1:]
        # The packet's MPI is big-endian, the curve's native order is little-endian.
        return _montgomery(25, scalar.rjust(32, b"\0")[::-1], ephemeral.ljust(32, b"\0"))
    curve = weierstrass(oid)
    if curve is None:
        raise UnsupportedAgreement(_curve_code(oid))
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(curve, ephemeral)
        return _private(oid, scalar).exchange(ec.ECDH(), point)
    except ValueError:
        return None


def _curve_code(oid: bytes) -> str:
    name = "".join(c if c.isalnum() else "-" for c in curve_name(oid).lower())
    return f"curve-{name}"


@lru_cache(maxsize=CACHED_KEYS)
def _private(oid: bytes, scalar: bytes) -> ec.EllipticCurvePrivateKey:
    curve = weierstrass(oid)
    if curve is None:
        raise UnsupportedAgreement(_curve_code(oid))
    try:
        return ec.derive_private_key(int.from_bytes(scalar, "big"), curve)
    except UnsupportedAlgorithm as error:
        raise UnsupportedAgreement(_curve_code(oid)) from error
    except ValueError as error:
        raise KeyUnusable("scalar outside the curve's order") from error


@lru_cache(maxsize=CACHED_KEYS)
def _montgomery_key(algorithm: int, raw: bytes) -> X25519PrivateKey | X448PrivateKey:
    try:
        if algorithm == 25:
            return X25519PrivateKey.from_private_bytes(raw)
        return X448PrivateKey.from_private_bytes(raw)
    except ValueError as error:
        raise KeyUnusable("secret of the wrong length") from error


def _montgomery(algorithm: int, raw: bytes, ephemeral: bytes) -> bytes | None:
    key = _montgomery_key(algorithm, raw)
    try:
        if isinstance(key, X25519PrivateKey):
            return key.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        return key.exchange(X448PublicKey.from_public_bytes(ephemeral))
    except ValueError:  # wrong length, or a point of low order: no honest writer makes one
        return None


def native_decrypt(key: UnlockedKey, algorithm: int, body: bytes, at: int) -> tuple[bytes, int]:
    """Open an X25519 or X448 packet: return (session key, algorithm octet in a v3 packet or 0).

    The session key is empty for a wrong key (RFC 9580 sections 5.1.6 and 5.1.7).
    """
    size = 32 if algorithm == 25 else 56
    ephemeral, at = body[at : at + size], at + size
    rest = body[at + 1 : at + 1 + body[at]] if at < len(body) else b""
    cipher = 0
    if body[0] != 6 and rest:
        cipher, rest = rest[0], rest[1:]
    secret = _montgomery(algorithm, key.numbers[0], ephemeral)
    if secret is None:
        return b"", cipher
    public = public_parameters(key.public.public)[0]
    if not isinstance(public, bytes):
        raise KeyUnusable("not an X25519 or X448 key")
    wide = algorithm == 26
    derived = HKDF(
        algorithm=hashes.SHA512() if wide else hashes.SHA256(),
        length=32 if wide else 16,
        salt=None,
        info=b"OpenPGP X448" if wide else b"OpenPGP X25519",
    ).derive(ephemeral + public + secret)
    return unwrap(derived, rest) or b"", cipher


def unwrap(kek: bytes, wrapped: bytes) -> bytes | None:
    """Undo AES key wrap (RFC 3394), None where its check fails or the length cannot be right."""
    if len(wrapped) < 24 or len(wrapped) % 8:
        return None
    try:
        return aes_key_unwrap(kek, wrapped)
    except (InvalidUnwrap, ValueError):
        return None


def _unpad(padded: bytes) -> bytes | None:
    """Undo PKCS5 padding (RFC 9580 section 11.5), whose length hides the cipher's."""
    count = padded[-1]
    if not 1 <= count <= len(padded) or padded[-count:] != bytes((count,)) * count:
        return None
    return padded[:-count]
