"""Seal unsigned messages quickly: OpenPGP framing of our own, all cryptography by OpenSSL.

For histories of millions only, since the library that `sealing` uses takes five times as long: the
usual message of 2016, as GnuPG made it (version 3 ESK packets, ZIP, AES-256 in CFB with MDC, armour
with checksum). RFC 4880 sections 5.1, 5.6, 5.9 and 5.13; RFC 6637 section 8. Tests have pysequoia
and GnuPG read what is written here.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from dataclasses import dataclass, field
from functools import lru_cache

import pysequoia
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from shieldnet import packets
from shieldnet.keys import KeySpec, encryption_numbers
from shieldnet.packets import Numbers

PKESK, COMPRESSED, LITERAL, SEIPD = 1, 8, 11, 18
AES256, ZIP = 9, 1
WINDOW = -13
"""Raw deflate in a window of 8 KB, as GnuPG compresses (section 9.3 allows it)."""
_PADDING, _NO_VECTOR = PKCS1v15(), CFB(bytes(16))
_HIDDEN = bytes(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """What a correspondent needs of a certificate: its encryption subkey."""

    fingerprint: bytes
    rsa: RSAPublicKey | None = field(default=None, repr=False)
    x25519: X25519PublicKey | None = field(default=None, repr=False)


def recipient(numbers: Numbers, created: int) -> Recipient:
    """Return the subkey that these numbers make under their time of creation."""
    fingerprint = packets.fingerprint(packets.public_body(numbers, created))
    if isinstance(numbers.signer, RSAPrivateKey):
        return Recipient(fingerprint=fingerprint, rsa=numbers.signer.public_key())
    start = len(packets.CURVE25519_OID) + 3  # then the bits of the point, and its leading 0x40
    point = X25519PublicKey.from_public_bytes(numbers.public[start : start + 32])
    return Recipient(fingerprint=fingerprint, x25519=point)


@lru_cache(maxsize=65_536)
def _recipient(spec: KeySpec) -> Recipient:
    return recipient(encryption_numbers(spec), spec.created)


def seal(literal: bytes, recipients: list[KeySpec], *, hidden: bool) -> bytes:
    """Return an armoured, unsigned message that holds exactly `literal`, with LF line ends."""
    inner = packets.packet(LITERAL, b"b\0" + bytes(4) + literal)
    return sealed(inner, [_recipient(spec) for spec in recipients], hidden=hidden)


def sealed(inner: bytes, recipients: list[Recipient], *, hidden: bool = False) -> bytes:
    """Return packets compressed, encrypted to all recipients, and armoured."""
    session = os.urandom(32)
    payload = bytes([AES256]) + session + struct.pack(">H", sum(session) & 0xFFFF)
    keys = [
        packets.packet(
            PKESK, b"\3" + (_HIDDEN if hidden else one.fingerprint[-8:]) + _esk(one, payload)
        )
        for one in recipients
    ]
    body = packets.packet(SEIPD, b"\1" + _encrypted(_compressed(inner), session))
    armoured: str = pysequoia.armor(b"".join(keys) + body, pysequoia.ArmorKind.Message)
    return armoured.encode("ascii")


def _compressed(inner: bytes) -> bytes:
    stream = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, WINDOW)
    return packets.packet(COMPRESSED, bytes([ZIP]) + stream.compress(inner) + stream.flush())


def _encrypted(content: bytes, session: bytes) -> bytes:
    """Return prefix, content and MDC in CFB (section 5.13)."""
    prefix = os.urandom(16)
    clear = prefix + prefix[-2:] + content + b"\xd3\x14"
    clear += hashlib.sha1(clear).digest()
    return Cipher(AES(session), _NO_VECTOR).encryptor().update(clear)


def _esk(one: Recipient, payload: bytes) -> bytes:
    """Return algorithm and encrypted session key of a PKESK packet."""
    if one.rsa is not None:
        number = int.from_bytes(one.rsa.encrypt(payload, _PADDING))
        return bytes([packets.RSA]) + packets.mpi(number)
    if one.x25519 is None:
        raise ValueError("a recipient has a key")
    ephemeral = X25519PrivateKey.generate()
    shared = ephemeral.exchange(one.x25519)
    padded = payload + bytes([40 - len(payload)]) * (40 - len(payload))
    wrapped = aes_key_wrap(_wrapping_key(shared, one.fingerprint), padded)
    point = packets.mpi(int.from_bytes(b"\x40" + ephemeral.public_key().public_bytes_raw()))
    return bytes([packets.ECDH]) + point + bytes([len(wrapped)]) + wrapped


def _wrapping_key(shared: bytes, fingerprint: bytes) -> bytes:
    """Return the key of RFC 6637 section 8: SHA-256, for AES-128."""
    parameter = packets.CURVE25519_OID + bytes([packets.ECDH]) + packets.KDF_SHA256_AES128
    parameter += b"Anonymous Sender    " + fingerprint
    return hashlib.sha256(b"\0\0\0\1" + shared + parameter).digest()[:16]
