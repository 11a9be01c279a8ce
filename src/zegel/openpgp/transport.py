"""Undoes RSA and ElGamal encryption of a session key; a wrong key gives None or random octets.

RFC 9580 sections 5.1.3, 5.1.4 and 12.1 (EME-PKCS1-v1_5). RSA is OpenSSL's, whose implicit
rejection answers a wrong key with random octets: the caller must check what it gets. ElGamal, and
RSA keys too short for OpenSSL, are one modular power. Never keeps a key longer than its cache.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from zegel.openpgp.model import UnlockedKey
from zegel.openpgp.publickeys import public_parameters

CACHED_KEYS = 1024
"""Private keys kept loaded per process; a worker sees the accounts of its own stores."""

MAX_BITS = 16384
_PADDING = PKCS1v15()


class KeyUnusable(ValueError):  # noqa: N818  (a reason, not a fault)
    """The key's numbers do not belong together, or are out of bounds; never says which."""


def integers(public: bytes, count: int) -> list[int]:
    """Return the public numbers of a key whose parameters are `count` integers."""
    numbers = [value for value in public_parameters(public) if isinstance(value, int)]
    if len(numbers) != count:
        raise KeyUnusable("the public key is of another algorithm")
    return numbers


def read_mpi(body: bytes, pos: int) -> tuple[bytes, int]:
    """Return (big-endian octets, position after) of the MPI at `pos`; cut short where data end."""
    bits = int.from_bytes(body[pos : pos + 2], "big")
    end = pos + 2 + (bits + 7) // 8
    return body[pos + 2 : end], end


def rsa_decrypt(key: UnlockedKey, encrypted: bytes) -> bytes | None:
    """Return the unpadded octets, random ones for a wrong key, or None where padding is wrong."""
    loaded, modulus, size = _rsa_key(key.public.public, key.numbers)
    if len(encrypted) != size or encrypted >= modulus.to_bytes(size, "big"):
        # Writers pad or strip the MPI; a value beyond the modulus means its remainder.
        value = int.from_bytes(encrypted, "big") % modulus
        encrypted = value.to_bytes(size, "big")
    if loaded is None:
        exponent = int.from_bytes(key.numbers[0], "big")
        value = pow(int.from_bytes(encrypted, "big"), exponent, modulus)
        return unpad(value.to_bytes(size, "big"))
    try:
        return loaded.decrypt(encrypted, _PADDING)
    except ValueError:
        return None


@lru_cache(maxsize=CACHED_KEYS)
def _rsa_key(
    public: bytes, numbers: tuple[bytes, ...]
) -> tuple[rsa.RSAPrivateKey | None, int, int]:
    """Load one key without OpenSSL's primality tests; its numbers are checked to agree."""
    n, e = integers(public, 2)
    if len(numbers) != 4:
        raise KeyUnusable("an RSA key has four secret numbers")
    d, p, q, u = (int.from_bytes(number, "big") for number in numbers)
    if not 256 <= n.bit_length() <= MAX_BITS or p * q != n or p < 3 or q < 3:
        raise KeyUnusable("RSA numbers do not agree")
    size = (n.bit_length() + 7) // 8
    if u * p % q != 1:
        u = pow(p, -1, q)
    try:
        # RFC 9580 section 5.5.5.1: u = 1/p mod q, so the roles of p and q are exchanged here.
        private = rsa.RSAPrivateNumbers(
            p=q,
            q=p,
            d=d,
            dmp1=d % (q - 1),
            dmq1=d % (p - 1),
            iqmp=u,
            public_numbers=rsa.RSAPublicNumbers(e=e, n=n),
        ).private_key(unsafe_skip_rsa_key_validation=True)
    except (ValueError, UnsupportedAlgorithm):
        return None, n, size
    return private, n, size


def elgamal_decrypt(key: UnlockedKey, first: bytes, second: bytes) -> bytes | None:
    """Return the unpadded octets, or None where the padding is wrong (a wrong key)."""
    p, _g, _y = integers(key.public.public, 3)
    x = int.from_bytes(key.numbers[0], "big")
    if not 256 <= p.bit_length() <= MAX_BITS or not 0 < x < p:
        raise KeyUnusable("ElGamal numbers do not agree")
    shared = int.from_bytes(first, "big") % p
    masked = int.from_bytes(second, "big") % p
    value = masked * pow(shared, p - 1 - x, p) % p
    return unpad(value.to_bytes((p.bit_length() + 7) // 8, "big"))


def unpad(encoded: bytes) -> bytes | None:
    """Undo EME-PKCS1-v1_5 (RFC 9580 section 12.1.2)."""
    if encoded[:2] != b"\x00\x02":
        return None
    zero = encoded.find(b"\x00", 2)
    return encoded[zero + 1 :] if zero >= 10 else None
