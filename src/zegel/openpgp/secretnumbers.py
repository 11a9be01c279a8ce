"""Read an unlocked key's secret numbers, and confirm that they belong to the public key.

It never returns numbers unconfirmed to a caller of `unlock`, and never computes a public key
by code of its own where a library does: RSA and the discrete-logarithm keys are confirmed with
one multiplication or power, curves by `cryptography` and PyNaCl.

Specification: RFC 9580 section 5.5.5 (secret part of each algorithm).
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, ed448, x448
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.bindings import crypto_scalarmult_base, crypto_sign_seed_keypair

from zegel.openpgp import curves
from zegel.openpgp.model import PublicKey
from zegel.openpgp.mpis import number, read_mpis
from zegel.openpgp.names import public_key_name, reason
from zegel.openpgp.publickeys import (
    DSA,
    ECDH,
    ECDSA,
    ED448,
    ED25519,
    EDDSA,
    ELGAMAL_KINDS,
    RSA_KINDS,
    X448,
    X25519,
    UnreadableKeyError,
    public_parameters,
)

Numbers = tuple[bytes, ...]

_COMPOSITE = {30: 32 + 32, 31: 57 + 32, 32: 64, 33: 64, 34: 128, 35: 32 + 64, 36: 56 + 64}
"""Octets of secret material of the post-quantum algorithms (draft-ietf-openpgp-pqc)."""
UNCONFIRMED = frozenset(_COMPOSITE)
"""Algorithms for which no library here derives the public part."""
_NATIVE = {X25519: 32, X448: 56, ED25519: 32, ED448: 57}


class MismatchError(ValueError):
    """The secret numbers are not those of the public key."""


def read_numbers(public: PublicKey, plain: bytes) -> tuple[Numbers, int]:
    """Return the secret numbers at the start of `plain`, and the offset after them.

    RSA (d, p, q, u); ElGamal and DSA (x,); ECDH, ECDSA and EdDSA (scalar,) as in the packet;
    algorithms of fixed length (raw,).
    """
    algorithm = public.algorithm
    length = _NATIVE.get(algorithm) or _COMPOSITE.get(algorithm)
    if length is not None:
        if len(plain) < length:
            raise ValueError("truncated-secret")
        return (plain[:length],), length
    if algorithm in RSA_KINDS:
        count = 4
    elif algorithm in ELGAMAL_KINDS or algorithm in (DSA, ECDH, ECDSA, EDDSA):
        count = 1
    else:
        raise UnreadableKeyError(reason("algorithm", algorithm, public_key_name(algorithm)))
    integers, end = read_mpis(plain, 0, count)
    return tuple(integers), end


def confirm(public: PublicKey, numbers: Numbers) -> None:
    """Raise `MismatchError` unless the secret numbers are those of the public key."""
    try:
        fits = _fits(public, numbers)
    except ValueError as refused:
        raise MismatchError from refused
    if not fits:
        raise MismatchError


def _fits(public: PublicKey, numbers: Numbers) -> bool:
    algorithm = public.algorithm
    parameters = public_parameters(public.public)
    if algorithm in RSA_KINDS:
        n, e = (value for value in parameters if isinstance(value, int))
        d, p, q, _ = (number(value) for value in numbers)
        inverse = d * e
        return min(p, q) > 1 and p * q == n and inverse % (p - 1) == 1 == inverse % (q - 1)
    if algorithm in ELGAMAL_KINDS or algorithm == DSA:
        p, *_, g, y = (value for value in parameters if isinstance(value, int))
        return p > 0 and 0 < number(numbers[0]) < p and pow(g, number(numbers[0]), p) == y
    if algorithm in (ECDH, ECDSA, EDDSA):
        oid, point = (value for value in parameters[:2] if isinstance(value, bytes))
        return _curve_fits(oid, point, numbers[0])
    return _native_fits(algorithm, parameters[0], numbers[0])


def _curve_fits(oid: bytes, point: bytes, scalar: bytes) -> bool:
    name = curves.curve_name(oid)
    bare = point[1:] if point[:1] == b"\x40" else point
    if name == "Curve25519":
        return crypto_scalarmult_base(_fixed(scalar, 32)[::-1]) == bare
    if name == "Ed25519":
        return crypto_sign_seed_keypair(_fixed(scalar, 32))[0] == bare
    if name in ("X448", "Ed448"):
        return _goldilocks_fits(name, bare, scalar)
    curve = curves.weierstrass(oid)
    if curve is None:
        raise UnreadableKeyError(f"curve-{oid.hex()}")
    derived = ec.derive_private_key(number(scalar), curve).public_key()
    return derived.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) == point


def _goldilocks_fits(name: str, point: bytes, scalar: bytes) -> bool:
    if name == "X448":
        # Written as in the native format, not reversed (LibrePGP, GnuPG 2.3).
        derived = x448.X448PrivateKey.from_private_bytes(_fixed(scalar, 56)).public_key()
        return derived.public_bytes_raw() == point
    signing = ed448.Ed448PrivateKey.from_private_bytes(_fixed(scalar, 57)).public_key()
    return signing.public_bytes_raw() == point


def _native_fits(algorithm: int, point: int | bytes, secret: bytes) -> bool:
    if algorithm == X25519:
        return crypto_scalarmult_base(secret) == point
    if algorithm == ED25519:
        return crypto_sign_seed_keypair(secret)[0] == point
    if algorithm == X448:
        return x448.X448PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw() == (
            point
        )
    if algorithm == ED448:
        return (
            ed448.Ed448PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
            == point
        )
    # Post-quantum keys: their checksum or tag has to do.
    return algorithm in UNCONFIRMED


def _fixed(scalar: bytes, size: int) -> bytes:
    """Return the scalar in exactly `size` octets; MPIs drop leading zeros, agents add one."""
    bare = scalar.lstrip(b"\0")
    if len(bare) > size:
        raise MismatchError
    return bare.rjust(size, b"\0")
