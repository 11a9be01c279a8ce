"""Unlock secret keys, and believe the result only where it fits the public key.

It never keeps a passphrase or a derived key, never writes secret numbers into a repr, a log or
an error, and never takes a checksum's word alone: two octets lie once in 65,536 tries.

Specification: RFC 9580 section 5.5.3 (secret-key packets) and 3.7.2.1 (protection); RFC 4880
section 5.5.3 for version 3; the LibrePGP draft for version 5.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zegel.openpgp import agentkeys, ciphers, s2k
from zegel.openpgp.model import Failure, OpenFailure, PublicKey, SecretKey, UnlockedKey
from zegel.openpgp.mpis import read_mpi
from zegel.openpgp.names import aead_name, cipher_name, reason
from zegel.openpgp.publickeys import UnreadableKeyError
from zegel.openpgp.secretnumbers import (
    UNCONFIRMED,
    MismatchError,
    confirm,
    read_numbers,
)

PLAIN, AEAD, CHECKED, SUMMED = 0, 253, 254, 255
"""The octet that says how the secret is protected; other values name a cipher (legacy)."""

WRONG_PASSPHRASE = Failure(failure=OpenFailure.WRONG_KEY, code="wrong-passphrase")
PASSPHRASE_NEEDED = Failure(failure=OpenFailure.WRONG_KEY, code="passphrase-needed")
STUB = Failure(failure=OpenFailure.UNSUPPORTED, code="stub-no-secret")
MISMATCH = Failure(failure=OpenFailure.DAMAGED, code="secret-does-not-fit-public")


class DamagedSecretError(ValueError):
    """The secret part is cut short or contradicts itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Protection:
    """How the secret part of one packet is protected, and where it begins."""

    usage: int
    cipher: int = 0
    aead: int = 0
    specifier: bytes = b""
    iv: bytes = b""
    sealed: bytes = field(repr=False, default=b"")

    @property
    def stub(self) -> bool:
        """No secret is there: `gnu-dummy`, or it is on a smart card."""
        return self.specifier[:1] == bytes([s2k.GNU])

    def described(self) -> str:
        """Name cipher, mode and specifier for the list of keys."""
        if self.usage == PLAIN:
            return "none"
        if self.stub:
            return s2k.describe(self.specifier)
        mode = aead_name(self.aead) if self.usage == AEAD else "CFB"
        return f"{cipher_name(self.cipher)} {mode}, {s2k.describe(self.specifier)}"


def read_secret_key(public: PublicKey, body: bytes) -> SecretKey:
    """Return the record of the secret-key packet `body` whose public part is `public`."""
    protection = _read_protection(body, len(public.public))
    return SecretKey(
        public=public,
        locked=protection.usage != PLAIN and not protection.stub,
        form="openpgp",
        material=b"" if protection.stub else body,
        protection=protection.described(),
    )


def unlock(secret: SecretKey, passphrase: bytes | None) -> UnlockedKey | Failure:
    """Return the private key, or why it stays locked."""
    if not secret.material:
        return STUB
    if secret.locked and passphrase is None:
        return PASSPHRASE_NEEDED
    try:
        if secret.form == "gnupg-agent":
            return _unlock_agent(secret, passphrase or b"")
        return _unlock_packet(secret.public, secret.material, passphrase or b"")
    except s2k.UnsupportedS2K as unsupported:
        return Failure(failure=OpenFailure.UNSUPPORTED, code=str(unsupported))
    except agentkeys.UnsupportedProtectionError as unsupported:
        return Failure(failure=OpenFailure.UNSUPPORTED, code=str(unsupported))
    except UnreadableKeyError as unreadable:
        return Failure(failure=OpenFailure.UNSUPPORTED, code=str(unreadable))
    except MismatchError:
        return MISMATCH
    except ValueError:
        return Failure(failure=OpenFailure.DAMAGED, code="damaged-secret-key")


def _unlock_agent(secret: SecretKey, passphrase: bytes) -> UnlockedKey | Failure:
    packet = agentkeys.native_packet(secret)
    if packet is not None:
        return _unlock_packet(secret.public, packet, passphrase)
    numbers = agentkeys.secret_numbers(secret, passphrase)
    if numbers is None:
        return WRONG_PASSPHRASE
    confirm(secret.public, numbers)
    return UnlockedKey(public=secret.public, numbers=numbers)


def _unlock_packet(public: PublicKey, body: bytes, passphrase: bytes) -> UnlockedKey | Failure:
    protection = _read_protection(body, len(public.public))
    if protection.usage == PLAIN:
        return UnlockedKey(public=public, numbers=_read_summed(public, protection.sealed))
    cipher = protection.cipher
    if ciphers.block_cipher(cipher, bytes(ciphers.KEY_SIZES.get(cipher, 0))) is None:
        code = reason("cipher", cipher, cipher_name(cipher))
        return Failure(failure=OpenFailure.UNSUPPORTED, code=code)
    key = s2k.derive(protection.specifier, passphrase, ciphers.KEY_SIZES[cipher])
    if protection.usage == AEAD:
        return _open_aead(public, protection, key)
    return _open_cfb(public, protection, key)


def _open_aead(public: PublicKey, protection: _Protection, key: bytes) -> UnlockedKey | Failure:
    try:
        plain = _aead_plain(public, protection, key)
    except LookupError:
        code = reason("aead", protection.aead, aead_name(protection.aead))
        return Failure(failure=OpenFailure.UNSUPPORTED, code=code)
    if plain is None:
        return WRONG_PASSPHRASE
    numbers, _ = read_numbers(public, plain)
    confirm(public, numbers)
    return UnlockedKey(public=public, numbers=numbers)


def _aead_plain(public: PublicKey, protection: _Protection, key: bytes) -> bytes | None:
    """Open an AEAD-protected secret; None where the tag does not fit."""
    # The packet's tag is part of what is authenticated (section 3.7.2.1); a primary that was
    # found as a subkey, or the reverse, is tried under both.
    tags = (0xC5, 0xC7) if public.fingerprint == public.primary else (0xC7, 0xC5)
    for tag in tags:
        lead = bytes([tag])
        wrapping = key
        if public.version != 5:
            context = lead + bytes([public.version, protection.cipher, protection.aead])
            wrapping = HKDF(SHA256(), len(key), None, context).derive(key)
        plain = ciphers.aead_open(
            protection.cipher,
            protection.aead,
            wrapping,
            protection.iv,
            protection.sealed,
            lead + public.public,
        )
        if plain is not None:
            return plain
    return None


def _open_cfb(public: PublicKey, protection: _Protection, key: bytes) -> UnlockedKey | Failure:
    """Decrypt in CFB and test checksum and numbers; any defect means the wrong passphrase."""
    plain = _decrypt(public, protection, key)
    if protection.usage == CHECKED:
        plain, check = plain[:-20], plain[-20:]
        if hashlib.sha1(plain, usedforsecurity=False).digest() != check:
            return WRONG_PASSPHRASE
        numbers, _ = read_numbers(public, plain)
        confirm(public, numbers)
        return UnlockedKey(public=public, numbers=numbers)
    try:
        return UnlockedKey(public=public, numbers=_read_summed(public, plain))
    except UnreadableKeyError:
        raise
    except ValueError:
        return WRONG_PASSPHRASE


def _decrypt(public: PublicKey, protection: _Protection, key: bytes) -> bytes:
    cipher = ciphers.block_cipher(protection.cipher, key)
    assert cipher is not None
    if public.version > 3:
        return ciphers.cfb_decrypt(cipher, protection.sealed, protection.iv)
    # Version 3: bit counts and checksum stand in the clear, and each number starts with the
    # last block of ciphertext before it (RFC 4880 section 5.5.3).
    plain, offset, iv = b"", 0, protection.iv
    for _ in range(4):
        integer, end = read_mpi(protection.sealed, offset)
        plain += protection.sealed[offset : offset + 2] + ciphers.cfb_decrypt(cipher, integer, iv)
        iv = (iv + integer)[-len(iv) :]
        offset = end
    return plain + protection.sealed[offset:]


def _read_summed(public: PublicKey, plain: bytes) -> tuple[bytes, ...]:
    """Return numbers whose only guard is a sum of two octets, or none at all (version 6).

    Numbers that fit the public key need no sum, and some programs compute it wrongly; only
    where nothing can be confirmed does the sum decide.
    """
    numbers, end = read_numbers(public, plain)
    confirm(public, numbers)
    if public.algorithm in UNCONFIRMED and public.version < 6:
        _require_sum(plain, end)
    return numbers


def _require_sum(plain: bytes, end: int) -> None:
    if plain[end : end + 2] != (sum(plain[:end]) & 0xFFFF).to_bytes(2, "big"):
        raise DamagedSecretError("checksum")


def _read_protection(body: bytes, offset: int) -> _Protection:
    """Read the octets between the public part and the secret (section 5.5.3)."""
    if offset >= len(body):
        raise DamagedSecretError("truncated-secret-key")
    version, usage = body[0], body[offset]
    offset += 1
    if version == 5 or (version == 6 and usage != PLAIN):
        # One octet counts the fields that follow; they say the same themselves.
        offset += 1
    if usage == PLAIN:
        return _Protection(usage=usage, sealed=body[offset + 4 * (version == 5) :])
    cipher, aead = usage, 0
    specifier = bytes([s2k.SIMPLE, 1])  # legacy: the octet is the cipher, the hash is MD5
    if usage in (AEAD, CHECKED, SUMMED):
        cipher, aead, specifier, offset = _read_specifier(body, offset, usage)
    if specifier[0] == s2k.GNU:
        return _Protection(usage=usage, cipher=cipher, specifier=specifier)
    sizes = ciphers.NONCE_SIZES if usage == AEAD else ciphers.BLOCK_SIZES
    size = sizes.get(aead if usage == AEAD else cipher)
    if size is None:
        # An unknown cipher: the list of keys names it, `unlock` says that it is unsupported.
        size = 0
    end = offset + size + 4 * (version == 5)
    if end >= len(body):
        raise DamagedSecretError("truncated-secret-key")
    return _Protection(
        usage=usage,
        cipher=cipher,
        aead=aead,
        specifier=specifier,
        iv=body[offset : offset + size],
        sealed=body[end:],
    )


def _read_specifier(body: bytes, offset: int, usage: int) -> tuple[int, int, bytes, int]:
    """Return cipher, AEAD mode, specifier and the offset after them."""
    fields = 2 if usage == AEAD else 1
    if offset + fields >= len(body):
        raise DamagedSecretError("truncated-secret-key")
    cipher = body[offset]
    aead = body[offset + 1] if usage == AEAD else 0
    offset += fields
    if body[0] == 6:
        offset += 1  # the specifier's own length
    length = s2k.specifier_length(body[offset : offset + 64])
    return cipher, aead, body[offset : offset + length], offset + length
