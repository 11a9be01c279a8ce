"""Locks secret keys in every way OpenPGP knows, straight from the RFC's words.

An oracle for the reader of secret keys: it shares no code with it.
"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.decrepit.ciphers import algorithms as old
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESOCB3
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PASSPHRASE = b"correct horse"
SALT = b"saltsalt"
CIPHERS: dict[int, tuple[type[BlockCipherAlgorithm], int, int]] = {
    1: (old.IDEA, 16, 8),
    2: (old.TripleDES, 24, 8),
    3: (old.CAST5, 16, 8),
    4: (old.Blowfish, 16, 8),
    7: (AES, 16, 16),
    8: (AES, 24, 16),
    9: (AES, 32, 16),
    11: (old.Camellia, 16, 16),
    13: (old.Camellia, 32, 16),
}
"""Number → class, octets of key, octets of block."""

RSA_KEY = rsa.generate_private_key(65537, 2048)


def mpi(value: int) -> bytes:
    return value.bit_length().to_bytes(2, "big") + value.to_bytes(
        (value.bit_length() + 7) // 8, "big"
    )


def rsa_public(version: int = 4) -> bytes:
    numbers = RSA_KEY.public_key().public_numbers()
    head = {
        3: b"\x03\x50\x00\x00\x00\x00\x00\x01",
        4: b"\x04\x50\x00\x00\x00\x01",
        6: b"\x06\x50\x00\x00\x00\x01",
    }[version]
    fields = mpi(numbers.n) + mpi(numbers.e)
    return head + (len(fields).to_bytes(4, "big") if version == 6 else b"") + fields


def rsa_numbers() -> list[int]:
    """Return d, p, q, u in OpenPGP's order: p < q, u = p⁻¹ mod q (section 5.5.5.1)."""
    numbers = RSA_KEY.private_numbers()
    p, q = sorted((numbers.p, numbers.q))
    return [numbers.d, p, q, pow(p, -1, q)]


def rsa_secret() -> bytes:
    return b"".join([mpi(value) for value in rsa_numbers()])


def checksum(plain: bytes) -> bytes:
    return (sum(plain) % 65536).to_bytes(2, "big")


def iterated_key(size: int, octet: int = 0x10) -> tuple[bytes, bytes]:
    """Return a specifier (SHA-256, iterated) and the key it gives."""
    count = (16 + (octet & 15)) << ((octet >> 4) + 6)
    text = SALT + PASSPHRASE
    stream = (text * (count // len(text) + 1))[: max(count, len(text))]
    return b"\x03\x08" + SALT + bytes([octet]), hashlib.sha256(stream).digest()[:size]


def cfb(cipher: int, key: bytes, iv: bytes, plain: bytes) -> bytes:
    make = CIPHERS[cipher][0]
    return Cipher(make(key), CFB(iv)).encryptor().update(plain)  # type: ignore[call-arg]


def locked_cfb(cipher: int, usage: int, plain: bytes | None = None) -> bytes:
    """Return a version 4 secret-key packet locked with usage 254, 255 or a bare cipher."""
    _, size, block = CIPHERS[cipher]
    iv = bytes(range(block))
    plain = rsa_secret() if plain is None else plain
    check = hashlib.sha1(plain).digest() if usage == 254 else checksum(plain)
    if usage in (254, 255):
        specifier, key = iterated_key(size)
        head = bytes([usage, cipher]) + specifier
    else:
        key = hashlib.md5(PASSPHRASE).digest()[:size]
        if size > 16:
            key = (key + hashlib.md5(b"\0" + PASSPHRASE).digest())[:size]
        head = bytes([cipher])
    return rsa_public() + head + iv + cfb(cipher, key, iv, plain + check)


def locked_v3(cipher: int = 1) -> bytes:
    """Return a version 3 packet: each number encrypted by itself, counts in the clear."""
    _, size, block = CIPHERS[cipher]
    key, iv = hashlib.md5(PASSPHRASE).digest()[:size], bytes(range(block))
    body = rsa_public(3) + bytes([cipher]) + iv
    for value in rsa_numbers():
        integer = mpi(value)
        sealed = cfb(cipher, key, iv, integer[2:])
        body += integer[:2] + sealed
        iv = sealed[-block:]
    return body + checksum(rsa_secret())


def locked_aead(mode: int, tag: int = 0xC5, version: int = 6) -> bytes:
    """Return a packet locked with usage 253 (section 3.7.2.1), AES-256."""
    specifier, key = iterated_key(32)
    public = rsa_public(version)
    key = HKDF(SHA256(), 32, None, bytes([tag, version, 9, mode])).derive(key)
    nonce = bytes(range({2: 15, 3: 12}[mode]))
    seal = AESOCB3(key).encrypt if mode == 2 else AESGCM(key).encrypt
    fields = bytes([9, mode])
    fields += bytes([len(specifier)]) + specifier if version == 6 else specifier
    fields += nonce
    count = bytes([len(fields)]) if version == 6 else b""
    return public + b"\xfd" + count + fields + seal(nonce, rsa_secret(), bytes([tag]) + public)
