"""Write OpenPGP keys of given numbers and a given age, byte for byte the same each time.

Libraries make new keys, at the current time; a history needs keys of an earlier day, and
ground truth the same keys from the same seed. So the packets of RFC 9580 sections 4, 5.2 and
5.5 are written here, over `cryptography`'s primitives. Messages are never written here, and
these keys must never protect anything real.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

RSA, ECDH, EDDSA = 1, 18, 22
SECRET_KEY, SECRET_SUBKEY, PUBLIC_KEY, PUBLIC_SUBKEY, USER_ID, SIGNATURE = 5, 7, 6, 14, 13, 2
ED25519_OID = bytes.fromhex("092b06010401da470f01")
CURVE25519_OID = bytes.fromhex("0a2b060104019755010501")
KDF_SHA256_AES128 = bytes.fromhex("03010807")
S2K_COUNT = 0x60  # 65,536 octets: the least GnuPG writes, so that a test unlocks in a millisecond


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """One key's algorithm, public fields and secret fields, as RFC 9580 section 5.5 orders them."""

    algorithm: int
    public: bytes
    secret: bytes = field(repr=False)
    signer: rsa.RSAPrivateKey | Ed25519PrivateKey | None = field(default=None, repr=False)


def mpi(number: int) -> bytes:
    """Return `number` as a multiprecision integer (section 3.2)."""
    return struct.pack(">H", number.bit_length()) + number.to_bytes((number.bit_length() + 7) // 8)


def packet(tag: int, body: bytes) -> bytes:
    """Frame `body` in the OpenPGP packet format (section 4.2.1)."""
    if len(body) < 192:
        length = bytes([len(body)])
    elif len(body) < 8384:
        length = struct.pack(">H", len(body) - 192 + (192 << 8))
    else:
        length = b"\xff" + struct.pack(">I", len(body))
    return bytes([0xC0 | tag]) + length + body


def rsa_numbers(p: int, q: int) -> Numbers:
    """Return an RSA key of two primes, public exponent 65,537."""
    p, q = sorted((p, q))  # u is the inverse of p modulo q, and wants p < q (section 5.5.5.1)
    n, e = p * q, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, n)
    private = rsa.RSAPrivateNumbers(
        p=p, q=q, d=d, dmp1=d % (p - 1), dmq1=d % (q - 1), iqmp=pow(q, -1, p), public_numbers=public
    )
    return Numbers(
        algorithm=RSA,
        public=mpi(n) + mpi(e),
        secret=mpi(d) + mpi(p) + mpi(q) + mpi(pow(p, -1, q)),
        signer=private.private_key(unsafe_skip_rsa_key_validation=True),
    )


def ed25519_numbers(seed: bytes) -> Numbers:
    """Return an EdDSA key of 32 octets (section 5.5.5.5, legacy form)."""
    signer = Ed25519PrivateKey.from_private_bytes(seed)
    point = b"\x40" + signer.public_key().public_bytes_raw()
    return Numbers(
        algorithm=EDDSA,
        public=ED25519_OID + mpi(int.from_bytes(point)),
        secret=mpi(int.from_bytes(seed)),
        signer=signer,
    )


def x25519_numbers(seed: bytes) -> Numbers:
    """Return an ECDH key on Curve25519 of 32 octets, clamped (section 5.5.5.6, legacy form)."""
    scalar = bytearray(seed)
    scalar[0] &= 248
    scalar[31] = (scalar[31] & 127) | 64
    public = X25519PrivateKey.from_private_bytes(bytes(scalar)).public_key().public_bytes_raw()
    return Numbers(
        algorithm=ECDH,
        public=CURVE25519_OID + mpi(int.from_bytes(b"\x40" + public)) + KDF_SHA256_AES128,
        secret=mpi(int.from_bytes(bytes(reversed(scalar)))),
    )


def public_body(numbers: Numbers, created: int) -> bytes:
    """Return the body of a version 4 public key packet."""
    return struct.pack(">BIB", 4, created, numbers.algorithm) + numbers.public


def fingerprint(body: bytes) -> bytes:
    """Return the version 4 fingerprint of a public key packet's body (section 5.5.4.2)."""
    return hashlib.sha1(b"\x99" + struct.pack(">H", len(body)) + body).digest()


def secret_body(numbers: Numbers, created: int, lock: bytes | None) -> bytes:
    """Return the body of a secret key packet, locked where a passphrase is given."""
    public = public_body(numbers, created)
    if lock is None:
        checksum = struct.pack(">H", sum(numbers.secret) & 0xFFFF)
        return public + b"\x00" + numbers.secret + checksum
    seed = hashlib.sha256(b"salt and vector" + public).digest()
    salt, vector = seed[:8], seed[8:24]
    clear = numbers.secret + hashlib.sha1(numbers.secret).digest()
    encryptor = Cipher(AES(stretch(lock, salt)), CFB(vector)).encryptor()
    sealed = encryptor.update(clear) + encryptor.finalize()
    return public + b"\xfe\x09\x03\x08" + salt + bytes([S2K_COUNT]) + vector + sealed


def stretch(passphrase: bytes, salt: bytes) -> bytes:
    """Return the key of an iterated and salted S2K with SHA-256 (section 3.7.1.3)."""
    count = (16 + (S2K_COUNT & 15)) << ((S2K_COUNT >> 4) + 6)
    block = salt + passphrase
    whole, rest = divmod(max(count, len(block)), len(block))
    return hashlib.sha256(block * whole + block[:rest]).digest()


def subpacket(kind: int, body: bytes) -> bytes:
    """Frame a signature subpacket shorter than 192 octets (section 5.2.3.7)."""
    return bytes([len(body) + 1, kind]) + body


def signature(
    kind: int, hashed_first: bytes, key: Numbers, created: int, issuer: bytes, *subpackets: bytes
) -> bytes:
    """Return a version 4 signature packet of `key` over `hashed_first` (section 5.2.4)."""
    hashed = b"".join(
        (subpacket(2, struct.pack(">I", created)), subpacket(33, b"\x04" + issuer), *subpackets)
    )
    unhashed = subpacket(16, issuer[-8:])
    head = struct.pack(">BBBBH", 4, kind, key.algorithm, 8, len(hashed)) + hashed
    digest = hashlib.sha256(hashed_first + head + b"\x04\xff" + struct.pack(">I", len(head)))
    value = _signed(key, digest.digest())
    tail = struct.pack(">H", len(unhashed)) + unhashed + digest.digest()[:2] + value
    return packet(SIGNATURE, head + tail)


def _signed(key: Numbers, digest: bytes) -> bytes:
    if isinstance(key.signer, rsa.RSAPrivateKey):
        made = key.signer.sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
        return mpi(int.from_bytes(made))
    if isinstance(key.signer, Ed25519PrivateKey):
        made = key.signer.sign(digest)
        return mpi(int.from_bytes(made[:32])) + mpi(int.from_bytes(made[32:]))
    raise TypeError("this key cannot sign")


def hashed_key(body: bytes) -> bytes:
    """Return a public key packet's body as signatures hash it (section 5.2.4)."""
    return b"\x99" + struct.pack(">H", len(body)) + body
