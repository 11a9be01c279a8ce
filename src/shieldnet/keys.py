"""Make a device's certificate and secret key from a short description, always the same ones.

A `KeySpec` is all that need be kept; packets are made from it again wherever they are wanted.
RSA numbers come from the committed pool of test keys, Curve25519 numbers from the seed: both
are known to everyone and must never protect anything real. RFC 9580 section 10.1.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from shieldnet import packets
from shieldnet.packets import Numbers

CERTIFY_AND_SIGN, ENCRYPT = b"\x03", b"\x0c"
COMPROMISED = b"\x02device lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySpec:
    """Everything that fixes one certificate and where its secret half lies."""

    address: str
    algorithm: str
    """`rsa2048` or `cv25519`."""
    created: int
    """Seconds since 1970: also the instant from which the device uses it."""
    seed: bytes = field(repr=False)
    pool: tuple[int, int] = (0, 0)
    """Which RSA test keys are primary key and encryption subkey."""
    revoked: int | None = None
    state: str = "present"
    """`present`, `missing`, `locked` or `revoked`."""
    passphrase: str = field(default="", repr=False)
    disclosure: str = "none"
    """Where an examiner finds the passphrase: `none` needed, `in the copy`, `given`, `withheld`."""
    form: str = "none"
    """How the secret half is kept: `armoured`, `ring`, `gnupg home` or `none`."""

    @property
    def access(self) -> str:
        """Whether an examiner opens what is encrypted to it: `open`, `locked` or `none`."""
        if self.form == "none":
            return "none"
        return "locked" if self.disclosure == "withheld" else "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """One certificate's packets: what may be published and what may not."""

    fingerprint: str
    subkey: str
    public: bytes
    secret: bytes = field(repr=False)
    """Secret half as it is kept: locked where the description names a passphrase."""
    unlocked: bytes = field(repr=False)


@cache
def rsa_pool() -> tuple[Numbers, ...]:
    """Return the committed RSA-2048 test keys."""
    source = files("shieldnet.traffic").joinpath("test_keys", "rsa_2048_pool.json")
    primes = json.loads(source.read_text("ascii"))["primes"]
    return tuple(packets.rsa_numbers(int(p, 16), int(q, 16)) for p, q in primes)


def _numbers(spec: KeySpec) -> tuple[Numbers, Numbers]:
    if spec.algorithm == "rsa2048":
        pool = rsa_pool()
        return pool[spec.pool[0]], pool[spec.pool[1]]
    primary = hashlib.sha256(b"test key only: primary" + spec.seed).digest()
    subkey = hashlib.sha256(b"test key only: subkey" + spec.seed).digest()
    return packets.ed25519_numbers(primary), packets.x25519_numbers(subkey)


def signing_numbers(spec: KeySpec) -> Numbers:
    """Return the numbers of the certificate's primary key."""
    return _numbers(spec)[0]


def encryption_numbers(spec: KeySpec) -> Numbers:
    """Return the numbers of the certificate's encryption subkey, which costs no signature."""
    return _numbers(spec)[1]


@lru_cache(maxsize=65_536)
def key_pair(spec: KeySpec) -> KeyPair:
    """Return the certificate `spec` describes."""
    primary, subkey = _numbers(spec)
    body = packets.public_body(primary, spec.created)
    sub_body = packets.public_body(subkey, spec.created)
    issuer = packets.fingerprint(body)
    user = f"{spec.address.partition('@')[0]} <{spec.address}>".encode()
    hashed = packets.hashed_key(body)
    seal = (primary, spec.created, issuer)
    identity = hashed + b"\xb4" + struct.pack(">I", len(user)) + user
    named = packets.packet(packets.USER_ID, user) + packets.signature(
        0x13, identity, *seal, *_preferences()
    )
    bound = packets.signature(
        0x18, hashed + packets.hashed_key(sub_body), *seal, packets.subpacket(27, ENCRYPT)
    )
    revoked = b""
    if spec.revoked is not None:
        reason = packets.subpacket(29, COMPROMISED)
        revoked = packets.signature(0x20, hashed, primary, spec.revoked, issuer, reason)

    def assembled(lock: bytes | None) -> bytes:
        first = packets.packet(packets.SECRET_KEY, packets.secret_body(primary, spec.created, lock))
        second = packets.packet(
            packets.SECRET_SUBKEY, packets.secret_body(subkey, spec.created, lock)
        )
        return b"".join((first, revoked, named, second, bound))

    first = packets.packet(packets.PUBLIC_KEY, body)
    second = packets.packet(packets.PUBLIC_SUBKEY, sub_body)
    unlocked = assembled(None)
    return KeyPair(
        fingerprint=issuer.hex(),
        subkey=packets.fingerprint(sub_body).hex(),
        public=b"".join((first, revoked, named, second, bound)),
        secret=assembled(spec.passphrase.encode()) if spec.passphrase else unlocked,
        unlocked=unlocked,
    )


def _preferences() -> tuple[bytes, ...]:
    """Return key flags and preferences: AES first, SHA-256 first, and SEIPD version 1."""
    return (
        packets.subpacket(27, CERTIFY_AND_SIGN),
        packets.subpacket(11, bytes((9, 7))),
        packets.subpacket(21, bytes((8, 10))),
        packets.subpacket(30, b"\x01"),
    )


def forged(spec: KeySpec, seed: bytes) -> bytes:
    """Return a secret key that claims to be `spec`'s but signs with other numbers.

    What it signs names the true signer and does not verify. Curve25519 only.
    """
    primary, _ = _numbers(spec)
    wrong = packets.ed25519_numbers(hashlib.sha256(b"forger" + seed).digest())
    mixed = Numbers(algorithm=primary.algorithm, public=primary.public, secret=wrong.secret)
    true = packets.packet(packets.SECRET_KEY, packets.secret_body(primary, spec.created, None))
    false = packets.packet(packets.SECRET_KEY, packets.secret_body(mixed, spec.created, None))
    return key_pair(spec).unlocked.replace(true, false, 1)


def keygrip(spec: KeySpec, which: int) -> str:
    """Return GnuPG's name for one RSA key: SHA-1 of the modulus as libgcrypt writes it."""
    modulus, _ = _rsa_fields(spec, which)
    return hashlib.sha1(modulus).hexdigest().upper()


def agent_key(spec: KeySpec, which: int) -> bytes:
    """Return one RSA key as the s-expression of a `private-keys-v1.d` file."""
    modulus, secret = _rsa_fields(spec, which)
    fields = [(b"n", modulus), (b"e", _signed_octets(65537)), *secret]
    inner = b"".join(b"(1:" + name + b"%d:" % len(value) + value + b")" for name, value in fields)
    return b"(11:private-key(3:rsa" + inner + b"))"


def _rsa_fields(spec: KeySpec, which: int) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    signer = _numbers(spec)[which].signer
    if not isinstance(signer, RSAPrivateKey):
        raise TypeError("only RSA keys are kept in agent form")
    held = signer.private_numbers()
    inverse = pow(held.p, -1, held.q)
    secret = [(b"d", held.d), (b"p", held.p), (b"q", held.q), (b"u", inverse)]
    return (
        _signed_octets(held.public_numbers.n),
        [(name, _signed_octets(value)) for name, value in secret],
    )


def _signed_octets(number: int) -> bytes:
    """Return big-endian octets with a leading zero where the top bit is set."""
    return number.to_bytes(number.bit_length() // 8 + 1)
