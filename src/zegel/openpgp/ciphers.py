"""Names the block ciphers and modes OpenPGP uses, all of them from `cryptography`.

RFC 9580 sections 9.3, 9.6 and 13.9 (OpenPGP's CFB), RFC 4880 section 13.9. Holds no cipher of our
own; EAX, which the library lacks, is put together from its CTR and CMAC as the mode's authors
define it. A cipher the library lacks (Twofish) is `None`, never guessed at.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.decrepit.ciphers import algorithms as old
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESOCB3
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.constant_time import bytes_eq

KEY_SIZES = {1: 16, 2: 24, 3: 16, 4: 16, 7: 16, 8: 24, 9: 32, 10: 32, 11: 16, 12: 24, 13: 32}
"""Octets of key by symmetric algorithm."""

BLOCK_SIZES = {1: 8, 2: 8, 3: 8, 4: 8, 7: 16, 8: 16, 9: 16, 10: 16, 11: 16, 12: 16, 13: 16}
"""Octets of block by symmetric algorithm."""

NONCE_SIZES = {1: 16, 2: 15, 3: 12}
"""Octets of nonce by AEAD mode: EAX, OCB, GCM."""

TAG_SIZE = 16

_ZERO = bytes(16)
_MODE16 = CFB(_ZERO)
_MODE8 = CFB(bytes(8))
_CLASSES: dict[int, type[BlockCipherAlgorithm]] = {
    1: old.IDEA,
    2: old.TripleDES,
    3: old.CAST5,
    4: old.Blowfish,
    7: AES,
    8: AES,
    9: AES,
    11: old.Camellia,
    12: old.Camellia,
    13: old.Camellia,
}


def block_cipher(algorithm: int, key: bytes) -> BlockCipherAlgorithm | None:
    """Return the library's cipher, or None where it has none or the key's length is wrong."""
    known = _CLASSES.get(algorithm)
    if known is None or len(key) != KEY_SIZES[algorithm]:
        return None
    return known(key)  # type: ignore[call-arg]


def cfb_decrypt(cipher: BlockCipherAlgorithm, ciphertext: bytes, iv: bytes = b"") -> bytes:
    """Decrypt in CFB mode; without `iv` from one of zeros, as OpenPGP prefixes random octets."""
    zeros = _MODE16 if cipher.block_size == 128 else _MODE8
    mode = CFB(iv) if iv else zeros
    return Cipher(cipher, mode).decryptor().update(ciphertext)


def aead_open(
    algorithm: int, mode: int, key: bytes, nonce: bytes, sealed: bytes, associated: bytes
) -> bytes | None:
    """Open one AEAD chunk (ciphertext and tag), or return None where the tag does not fit.

    Raises `LookupError` for a cipher or mode that cannot be done here.
    """
    if algorithm not in (7, 8, 9) or mode not in NONCE_SIZES:
        raise LookupError((algorithm, mode))
    try:
        if mode == 2:
            return AESOCB3(key).decrypt(nonce, sealed, associated)
        if mode == 3:
            return AESGCM(key).decrypt(nonce, sealed, associated)
        return _eax_open(key, nonce, sealed, associated)
    except (InvalidTag, InvalidSignature):
        return None


def _eax_open(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    """Open EAX as defined by Bellare, Rogaway and Wagner (2004), figure 3."""
    ciphertext, tag = sealed[:-TAG_SIZE], sealed[-TAG_SIZE:]
    start = _omac(key, 0, nonce)
    parts = (start, _omac(key, 1, associated), _omac(key, 2, ciphertext))
    expected = int.from_bytes(parts[0], "big")
    for part in parts[1:]:
        expected ^= int.from_bytes(part, "big")
    if not bytes_eq(expected.to_bytes(TAG_SIZE, "big"), tag):
        raise InvalidTag
    return Cipher(AES(key), CTR(start)).decryptor().update(ciphertext)


def _omac(key: bytes, number: int, message: bytes) -> bytes:
    mac = CMAC(AES(key))
    mac.update(bytes(15) + bytes((number,)) + message)
    return mac.finalize()
