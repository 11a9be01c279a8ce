"""Gives every OpenPGP algorithm number a name people know; an unknown number keeps its number.

Used for reports and reason codes only, never to decide what can be opened. The registries are
those of RFC 9580 sections 9.1, 9.3, 9.4 and 9.5, draft-ietf-openpgp-pqc (30 to 36), and the
LibrePGP draft (8, GnuPG's Kyber).
"""

from __future__ import annotations

_PUBLIC_KEY = {
    1: "RSA",
    2: "RSA encrypt-only",
    3: "RSA sign-only",
    8: "Kyber (LibrePGP)",
    16: "ElGamal",
    17: "DSA",
    18: "ECDH",
    19: "ECDSA",
    20: "ElGamal sign-and-encrypt",
    21: "Diffie-Hellman",
    22: "EdDSA",
    25: "X25519",
    26: "X448",
    27: "Ed25519",
    28: "Ed448",
    30: "ML-DSA-65+Ed25519",
    31: "ML-DSA-87+Ed448",
    32: "SLH-DSA-SHAKE-128s",
    33: "SLH-DSA-SHAKE-128f",
    34: "SLH-DSA-SHAKE-256s",
    35: "ML-KEM-768+X25519",
    36: "ML-KEM-1024+X448",
}
_CIPHER = {
    0: "plaintext",
    1: "IDEA",
    2: "3DES",
    3: "CAST5",
    4: "Blowfish",
    5: "SAFER-SK128",
    6: "DES/SK",
    7: "AES128",
    8: "AES192",
    9: "AES256",
    10: "Twofish",
    11: "Camellia128",
    12: "Camellia192",
    13: "Camellia256",
}
_HASH = {
    1: "MD5",
    2: "SHA1",
    3: "RIPEMD160",
    4: "double-width SHA",
    5: "MD2",
    6: "TIGER192",
    7: "HAVAL",
    8: "SHA256",
    9: "SHA384",
    10: "SHA512",
    11: "SHA224",
    12: "SHA3-256",
    14: "SHA3-512",
}
_COMPRESSION = {0: "uncompressed", 1: "ZIP", 2: "ZLIB", 3: "BZIP2"}
_AEAD = {1: "EAX", 2: "OCB", 3: "GCM"}


def public_key_name(number: int) -> str:
    """Return the name of a public-key algorithm, e.g. `ECDH`."""
    return _PUBLIC_KEY.get(number, f"public-key algorithm {number}")


def cipher_name(number: int) -> str:
    """Return the name of a symmetric algorithm, e.g. `AES256`."""
    return _CIPHER.get(number, f"cipher {number}")


def hash_name(number: int) -> str:
    """Return the name of a hash algorithm, e.g. `SHA256`."""
    return _HASH.get(number, f"hash {number}")


def compression_name(number: int) -> str:
    """Return the name of a compression algorithm, e.g. `ZLIB`."""
    return _COMPRESSION.get(number, f"compression {number}")


def aead_name(number: int) -> str:
    """Return the name of an AEAD mode, e.g. `OCB`."""
    return _AEAD.get(number, f"AEAD mode {number}")


def reason(kind: str, number: int, name: str) -> str:
    """Return a stable reason code: `reason("cipher", 10, "Twofish")` is `cipher-10-twofish`."""
    spelt = "".join(c if c.isalnum() else "-" for c in name.lower())
    words = "-".join(part for part in spelt.split("-") if part)
    return f"{kind}-{number}" if words.endswith(str(number)) else f"{kind}-{number}-{words}"
