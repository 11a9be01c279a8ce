"""Say whether one digest was signed by one public key.

It never implements a signature scheme: RSA, DSA, ECDSA and Ed448 are `cryptography`'s, Ed25519
is PyNaCl's (half of OpenSSL's cost). Loaded keys are kept, up to a fixed number.

Specification: RFC 9580 section 5.2.3 (algorithm-specific fields) and 13.1 (PKCS #1 encoding).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from zegel.openpgp import curves
from zegel.openpgp.mpis import number
from zegel.openpgp.names import hash_name, public_key_name, reason
from zegel.openpgp.publickeys import (
    DSA,
    ECDSA,
    ED448,
    ED25519,
    EDDSA,
    RSA_KINDS,
    UnreadableKeyError,
    algorithm_of,
    public_parameters,
)

Check = Callable[[tuple[bytes, ...], bytes, int], None]
"""Takes a signature's numbers, a digest and a hash algorithm; raises where they do not fit."""

_HASHES: dict[int, hashes.HashAlgorithm] = {
    1: hashes.MD5(),  # noqa: S303  (old signatures exist; the note says how weak they are)
    2: hashes.SHA1(),  # noqa: S303
    8: hashes.SHA256(),
    9: hashes.SHA384(),
    10: hashes.SHA512(),
    11: hashes.SHA224(),
    12: hashes.SHA3_256(),
    14: hashes.SHA3_512(),
}
_RIPEMD160 = 3
_RIPEMD160_PREFIX = bytes.fromhex("3021300906052b240302010500" + "0414")
"""DER of DigestInfo for RIPEMD-160 (section 5.2.3.1, object identifier 1.3.36.3.2.1)."""
_PREHASHED = {number: Prehashed(algorithm) for number, algorithm in _HASHES.items()}
_BY_SIZE = {algorithm.digest_size: Prehashed(algorithm) for algorithm in _HASHES.values()}
_PADDING = PKCS1v15()


class UnsupportedSignatureError(ValueError):
    """No library at hand verifies this kind of signature; says which as a reason code."""


def verify(public: bytes, values: tuple[bytes, ...], digest: bytes, hash_algorithm: int) -> None:
    """Return silently where the key signed the digest; else raise `InvalidSignature`."""
    _checker(public)(values, digest, hash_algorithm)


@lru_cache(maxsize=4096)
def _checker(public: bytes) -> Check:
    """Return the check for one key, its library object loaded."""
    algorithm = algorithm_of(public)
    unsupported = reason("algorithm", algorithm, public_key_name(algorithm))
    try:
        parameters = public_parameters(public)
        if algorithm in RSA_KINDS:
            return _rsa(parameters)
        if algorithm == DSA:
            return _dsa(parameters)
        if algorithm == ECDSA:
            return _ecdsa(parameters)
        if algorithm in (EDDSA, ED25519, ED448):
            return _edwards(algorithm, parameters)
    except UnreadableKeyError:
        raise
    except (ValueError, UnsupportedAlgorithm) as refused:
        # A number the library will not take: even modulus, point off the curve, tiny key.
        raise UnsupportedSignatureError(f"{unsupported}-parameters") from refused
    raise UnsupportedSignatureError(unsupported)


def _rsa(parameters: tuple[int | bytes, ...]) -> Check:
    n, e = parameters
    assert isinstance(n, int)
    assert isinstance(e, int)
    key = rsa.RSAPublicNumbers(e, n).public_key()
    size = (n.bit_length() + 7) // 8

    def check(values: tuple[bytes, ...], digest: bytes, hash_algorithm: int) -> None:
        signature = values[0].rjust(size, b"\0")
        prehashed = _PREHASHED.get(hash_algorithm)
        if prehashed is not None:
            key.verify(signature, digest, _PADDING, prehashed)
        elif hash_algorithm != _RIPEMD160:
            raise UnsupportedSignatureError(
                reason("hash", hash_algorithm, hash_name(hash_algorithm))
            )
        # The library has no RIPEMD-160, but takes the padding off for us.
        elif key.recover_data_from_signature(signature, _PADDING, None) != (
            _RIPEMD160_PREFIX + digest
        ):
            raise InvalidSignature

    return check


def _dss(verify_encoded: Callable[[bytes, bytes, Prehashed], None]) -> Check:
    def check(values: tuple[bytes, ...], digest: bytes, _: int) -> None:
        r, s = values
        # Only the digest's length matters once it is made, so RIPEMD-160 passes as 20 octets.
        verify_encoded(encode_dss_signature(number(r), number(s)), digest, _BY_SIZE[len(digest)])

    return check


def _dsa(parameters: tuple[int | bytes, ...]) -> Check:
    p, q, g, y = (value for value in parameters if isinstance(value, int))
    key = dsa.DSAPublicNumbers(y, dsa.DSAParameterNumbers(p, q, g)).public_key()
    return _dss(key.verify)


def _ecdsa(parameters: tuple[int | bytes, ...]) -> Check:
    oid, point = (value for value in parameters if isinstance(value, bytes))
    curve = curves.weierstrass(oid)
    if curve is None:
        raise UnsupportedSignatureError(f"curve-{oid.hex()}")
    key = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    return _dss(lambda der, digest, hashed: key.verify(der, digest, ec.ECDSA(hashed)))


def _edwards(algorithm: int, parameters: tuple[int | bytes, ...]) -> Check:
    raw = parameters[-1]
    assert isinstance(raw, bytes)
    curve = curves.curve_name(parameters[0]) if isinstance(parameters[0], bytes) else ""
    if algorithm == ED448:
        return _ed448(raw)
    if algorithm == EDDSA and curve != "Ed25519":
        raise UnsupportedSignatureError(f"algorithm-22-eddsa-{curve.lower().replace(' ', '-')}")
    # A legacy point carries the prefix 0x40 (section 11.2.2).
    return _ed25519(raw[1:] if algorithm == EDDSA else raw)


def _ed25519(raw: bytes) -> Check:
    key = VerifyKey(raw)

    def check(values: tuple[bytes, ...], digest: bytes, _: int) -> None:
        # Legacy signatures are two MPIs, whose leading zeros are missing (section 5.2.3.3).
        signature = b"".join([part.rjust(32, b"\0") for part in values])
        if len(signature) != 64:
            raise InvalidSignature
        try:
            key.verify(digest, signature)
        except BadSignatureError as bad:
            raise InvalidSignature from bad

    return check


def _ed448(raw: bytes) -> Check:
    key = ed448.Ed448PublicKey.from_public_bytes(raw)
    return lambda values, digest, _: key.verify(values[0], digest)
