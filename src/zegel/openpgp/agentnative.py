"""Rebuild the OpenPGP packet of a key that the agent stored with its OpenPGP lock left on.

GnuPG does so when it imports without asking for the passphrase. It never unlocks: the packet
goes the way of every other packet.

Specification: GnuPG, agent/keyformat.txt, "openpgp-native"; RFC 9580 section 5.5.3.
"""

from __future__ import annotations

from zegel.openpgp.model import PublicKey
from zegel.openpgp.sexpressions import SExpressionError, SList

_CIPHERS = {
    b"idea": 1,
    b"3des": 2,
    b"cast5": 3,
    b"blowfish": 4,
    b"aes": 7,
    b"aes128": 7,
    b"aes192": 8,
    b"aes256": 9,
    b"twofish": 10,
    b"camellia128": 11,
    b"camellia192": 12,
    b"camellia256": 13,
}
_HASHES = {
    b"md5": 1,
    b"sha1": 2,
    b"ripemd160": 3,
    b"rmd160": 3,
    b"sha256": 8,
    b"sha384": 9,
    b"sha512": 10,
    b"sha224": 11,
}
_USAGES = {b"sha1": 254, b"sum": 255}


def secret_packet(public: PublicKey, native: SList, secrets: int) -> bytes:
    """Return the body of the secret-key packet; `secrets` is how many numbers are secret."""
    values = native.named(b"skey")
    protection = native.named(b"protection")
    if values is None or protection is None or public.version != 4:
        raise SExpressionError("protection damaged")
    atoms = [item for item in values[1:] if isinstance(item, bytes)]
    terms = [item for item in protection[1:] if isinstance(item, bytes)]
    numbers = list(zip(atoms[::2], atoms[1::2], strict=False))
    if terms[:1] == [b"none"]:
        return public.public + b"\0" + _plain([value for _, value in numbers[-secrets:]])
    sealed = b"".join([value for mark, value in numbers if mark == b"e"])
    if len(terms) < 7 or not sealed:
        raise SExpressionError("protection damaged")
    return public.public + _lock(terms) + sealed


def _lock(terms: list[bytes]) -> bytes:
    """Return usage octet, cipher, specifier and initial vector."""
    usage = _USAGES.get(terms[0])
    cipher = _CIPHERS.get(terms[1].lower())
    digest = _HASHES.get(terms[4].lower())
    iv, mode, salt, count = terms[2], terms[3], terms[5], terms[6]
    if usage is None or cipher is None or digest is None:
        raise SExpressionError("protection unknown")
    if mode not in (b"0", b"1", b"3") or not count.isdigit() or int(count[:4]) > 255:
        raise SExpressionError("protection damaged")
    specifier = bytes([int(mode), digest])
    if mode != b"0":
        specifier += salt[:8].rjust(8, b"\0")
    if mode == b"3":
        specifier += bytes([int(count)])
    return bytes([usage, cipher]) + specifier + iv


def _plain(values: list[bytes]) -> bytes:
    body = b"".join([_mpi(value) for value in values])
    return body + (sum(body) & 0xFFFF).to_bytes(2, "big")


def _mpi(value: bytes) -> bytes:
    bare = value.lstrip(b"\0")
    bits = int.from_bytes(bare, "big").bit_length()
    return bits.to_bytes(2, "big") + bare
