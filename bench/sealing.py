"""Write OpenPGP messages fast, for measurements only, over `cryptography`'s primitives.

It takes nothing from the code that is measured. What it writes is the usual message of the time:
two recipients, ZIP, AES-256 in CFB with MDC, armour with checksum (RFC 4880 sections 5.1, 5.4,
5.6, 5.9, 5.13 and 6; RFC 6637 section 8). Keys are test keys known to everyone.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct
import zlib
from dataclasses import dataclass, field
from functools import cache

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from shieldnet import packets
from shieldnet.keys import KeySpec, key_pair, rsa_pool
from shieldnet.packets import Numbers

PEOPLE = 200
"""Certificates; RSA ones share the numbers of the committed pool of test keys, two by two."""
_CREATED = 1_420_070_400
_AES256 = 9
_SEAL = CFB(bytes(16))
_EPHEMERALS = 64
"""Ephemeral keys in turn: making one for each message costs more than all the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One certificate as its correspondents use it."""

    address: str
    secret: bytes = field(repr=False)
    """The transferable secret key."""
    primary: Numbers = field(repr=False)
    issuer: bytes
    subkey: bytes
    """Fingerprint of the encryption subkey."""
    encryptor: RSAPrivateKey | X25519PrivateKey = field(repr=False)


@cache
def people(algorithm: str) -> tuple[Person, ...]:
    """Return the people whose keys are of `algorithm`."""
    return tuple(_person(algorithm, number) for number in range(PEOPLE))


def _person(algorithm: str, number: int) -> Person:
    address = f"p{number:04d}@bench.example"
    count = len(rsa_pool())
    spec = KeySpec(
        address=address,
        algorithm=algorithm,
        created=_CREATED + number,
        seed=number.to_bytes(4),
        pool=(number % count, (number * 7 + 3) % count),
        form="armoured",
    )
    primary, subkey, encryptor = _numbers(spec)
    return Person(
        address=address,
        secret=key_pair(spec).unlocked,
        primary=primary,
        issuer=packets.fingerprint(packets.public_body(primary, spec.created)),
        subkey=packets.fingerprint(packets.public_body(subkey, spec.created)),
        encryptor=encryptor,
    )


def _numbers(spec: KeySpec) -> tuple[Numbers, Numbers, RSAPrivateKey | X25519PrivateKey]:
    if spec.algorithm == "rsa2048":
        primary, subkey = (rsa_pool()[place] for place in spec.pool)
        assert isinstance(subkey.signer, RSAPrivateKey)
        return primary, subkey, subkey.signer
    seeds = [
        hashlib.sha256(b"test key only: " + half + spec.seed).digest()
        for half in (b"primary", b"subkey")
    ]
    primary, subkey = packets.ed25519_numbers(seeds[0]), packets.x25519_numbers(seeds[1])
    return primary, subkey, X25519PrivateKey.from_private_bytes(seeds[1])


def seal(content: bytes, sender: Person, recipient: Person, *, signed: bool) -> bytes:
    """Return an armoured message that `recipient` and `sender` can open."""
    literal = packets.packet(11, b"b\0" + struct.pack(">I", _CREATED) + content)
    if signed:
        once = struct.pack(">BBBB", 3, 0, 8, sender.primary.algorithm) + sender.issuer[-8:] + b"\1"
        made = packets.signature(0, content, sender.primary, _CREATED + 86400, sender.issuer)
        literal = packets.packet(4, once) + literal + made
    stream = zlib.compressobj(6, zlib.DEFLATED, -13)
    packed = b"\1" + stream.compress(literal) + stream.flush()
    session = os.urandom(32)
    body = b"\1" + _encrypted(packets.packet(8, packed), session)
    keys = b"".join(packets.packet(1, _esk(person, session)) for person in (recipient, sender))
    return _armoured(keys + packets.packet(18, body))


def _encrypted(inner: bytes, session: bytes) -> bytes:
    prefix = os.urandom(16)
    clear = prefix + prefix[-2:] + inner + b"\xd3\x14"
    clear += hashlib.sha1(clear).digest()
    return Cipher(AES(session), _SEAL).encryptor().update(clear)


def _esk(person: Person, session: bytes) -> bytes:
    payload = bytes([_AES256]) + session + struct.pack(">H", sum(session) & 0xFFFF)
    head = b"\3" + person.subkey[-8:]
    if isinstance(person.encryptor, RSAPrivateKey):
        sealed = _public(person.encryptor).encrypt(payload, PKCS1v15())
        return head + b"\1" + packets.mpi(int.from_bytes(sealed))
    point, shared = _agreement(person, session[0] % _EPHEMERALS)
    padded = payload + bytes([40 - len(payload)]) * (40 - len(payload))
    parameter = packets.CURVE25519_OID + b"\x12" + packets.KDF_SHA256_AES128
    parameter += b"Anonymous Sender    " + person.subkey
    wrapping = hashlib.sha256(b"\0\0\0\1" + shared + parameter).digest()[:16]
    wrapped = aes_key_wrap(wrapping, padded)
    return head + b"\x12" + packets.mpi(int.from_bytes(point)) + bytes([len(wrapped)]) + wrapped


@cache
def _public(key: RSAPrivateKey) -> RSAPublicKey:
    return key.public_key()


@cache
def _agreement(person: Person, number: int) -> tuple[bytes, bytes]:
    assert isinstance(person.encryptor, X25519PrivateKey)
    ephemeral = X25519PrivateKey.from_private_bytes(hashlib.sha256(b"%d" % number).digest())
    public: X25519PublicKey = person.encryptor.public_key()
    return b"\x40" + ephemeral.public_key().public_bytes_raw(), ephemeral.exchange(public)


def _table() -> tuple[int, ...]:
    table = []
    for octet in range(256):
        register = octet << 16
        for _ in range(8):
            register = (register << 1) ^ (0x864CFB if register & 0x800000 else 0)
        table.append(register & 0xFFFFFF)
    return tuple(table)


_TABLE = _table()


def _checksum(content: bytes) -> bytes:
    """Return the CRC-24 of RFC 4880 section 6.1."""
    register = 0xB704CE
    for octet in content:
        register = ((register << 8) & 0xFFFFFF) ^ _TABLE[(register >> 16) ^ octet]
    return register.to_bytes(3)


def _armoured(content: bytes) -> bytes:
    text = base64.b64encode(content)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    end = b"=" + base64.b64encode(_checksum(content))
    return b"\n".join(
        (b"-----BEGIN PGP MESSAGE-----", b"", *lines, end, b"-----END PGP MESSAGE-----", b"")
    )
