"""Read one signature packet's body into its fields; nothing is verified here.

It never believes what stands in the unhashed area, except as a hint to who signed.

Specification: RFC 9580 section 5.2 (versions 3, 4, 6) and the LibrePGP draft (version 5).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from zegel.openpgp.mpis import read_mpis

BINARY, TEXT = 0x00, 0x01
CERTIFICATIONS = frozenset({0x10, 0x11, 0x12, 0x13})
SUBKEY_BINDING, PRIMARY_BINDING, DIRECT_KEY = 0x18, 0x19, 0x1F
KEY_REVOCATION, SUBKEY_REVOCATION = 0x20, 0x28

CREATED, EXPIRES, KEY_EXPIRES, ISSUER, ISSUER_FINGERPRINT = 2, 3, 9, 16, 33
KEY_FLAGS, EMBEDDED = 27, 32
_KNOWN = frozenset({2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 16, 21, 22, 23, 24, 25, 26, 27, 28, 29})
_KNOWN_CRITICAL = _KNOWN | frozenset({30, 31, 32, 33, 34, 35, 37, 38, 39, 40, 41})
"""Subpackets understood well enough that their critical bit does no harm (section 5.2.3.7).
Notations (20) are not among them: no notation is known here."""

_MPI_COUNTS = {1: 1, 2: 1, 3: 1, 16: 2, 17: 2, 19: 2, 20: 2, 22: 2}
_NATIVE = {27: 64, 28: 114}


class UnreadableSignatureError(ValueError):
    """The packet is cut short, or of an unknown version or algorithm; says which."""


class DamagedSignatureError(UnreadableSignatureError):
    """The packet is of a known kind but cut short or inconsistent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePacket:
    """The fields of one signature packet."""

    version: int
    kind: int
    algorithm: int
    hash_algorithm: int
    created: int | None
    key_id: bytes
    """Issuer's key id, empty where not given."""
    fingerprint: bytes
    """Issuer's fingerprint, empty where not given."""
    left: bytes
    """Leftmost 16 bits of the digest."""
    salt: bytes
    """Hashed first (version 6), else empty."""
    trailer: bytes = field(repr=False)
    """Hashed last."""
    values: tuple[bytes, ...] = field(repr=False)
    """The algorithm's numbers: (s,), (r, s), or the native signature."""
    hashed: dict[int, bytes] = field(repr=False)
    """Subpackets of the hashed area by type; of several of a type the last."""
    critical: int = 0
    """Type of an unknown subpacket marked critical; 0 where there is none."""
    embedded: bytes = field(repr=False, default=b"")
    """Body of a signature inside, from either area: it proves itself (section 5.2.3.34)."""


def read_signature(body: bytes) -> SignaturePacket:
    """Return the fields of a signature packet's body."""
    try:
        version = body[0]
        if version in (2, 3):
            return _read_v3(body)
        if version in (4, 5, 6):
            return _read_v4(body)
    except (IndexError, ValueError) as damage:
        if isinstance(damage, UnreadableSignatureError):
            raise
        raise DamagedSignatureError("truncated-signature") from damage
    raise UnreadableSignatureError(f"signature-version-{version}")


def _read_v3(body: bytes) -> SignaturePacket:
    if len(body) < 19 or body[1] != 5:
        raise DamagedSignatureError("truncated-signature")
    return SignaturePacket(
        version=3,
        kind=body[2],
        algorithm=body[15],
        hash_algorithm=body[16],
        created=int.from_bytes(body[3:7], "big"),
        key_id=body[7:15],
        fingerprint=b"",
        left=body[17:19],
        salt=b"",
        trailer=body[2:7],
        values=_values(body, 19, body[15]),
        hashed={},
    )


def _read_v4(body: bytes) -> SignaturePacket:
    version, kind, algorithm, hash_algorithm = body[:4]
    width = 4 if version == 6 else 2
    hashed_end = 4 + width + int.from_bytes(body[4 : 4 + width], "big")
    unhashed_end = hashed_end + width + int.from_bytes(body[hashed_end : hashed_end + width], "big")
    if unhashed_end + 2 > len(body):
        raise DamagedSignatureError("truncated-signature")
    hashed, critical = _subpackets(body, 4 + width, hashed_end)
    unhashed, _ = _subpackets(body, hashed_end + width, unhashed_end)
    values_at = unhashed_end + 2
    salt = b""
    if version == 6:
        salt = body[values_at + 1 : values_at + 1 + body[values_at]]
        values_at += 1 + len(salt)
    issuer = hashed.get(ISSUER_FINGERPRINT) or unhashed.get(ISSUER_FINGERPRINT, b"")
    created = hashed.get(CREATED)
    octets = 8 if version == 5 else 4
    return SignaturePacket(
        version=version,
        kind=kind,
        algorithm=algorithm,
        hash_algorithm=hash_algorithm,
        created=int.from_bytes(created, "big") if created is not None else None,
        key_id=hashed.get(ISSUER) or unhashed.get(ISSUER) or _id_of(issuer),
        fingerprint=issuer[1:],
        left=body[unhashed_end : unhashed_end + 2],
        salt=salt,
        trailer=b"%b%c\xff%b" % (body[:hashed_end], version, hashed_end.to_bytes(octets, "big")),
        values=_values(body, values_at, algorithm),
        hashed=hashed,
        critical=critical,
        embedded=hashed.get(EMBEDDED) or unhashed.get(EMBEDDED, b""),
    )


def _id_of(issuer: bytes) -> bytes:
    """Return the key id inside a version octet and fingerprint (section 5.5.4)."""
    return issuer[1:9] if issuer[:1] in (b"\x05", b"\x06") else issuer[1:][-8:]


def _subpackets(body: bytes, offset: int, end: int) -> tuple[dict[int, bytes], int]:
    """Return the subpackets by type, and the type of an unknown critical one."""
    found: dict[int, bytes] = {}
    critical = 0
    while offset < end:
        length = body[offset]
        offset += 1
        if length >= 192:
            length, offset = _long_length(body, offset, length)
        if not length or offset + length > end:
            raise DamagedSignatureError("damaged-subpacket")
        kind = body[offset]
        if kind & 0x80:
            kind &= 0x7F
            if kind not in _KNOWN_CRITICAL:
                critical = kind
        found[kind] = body[offset + 1 : offset + length]
        offset += length
    return found, critical


def _long_length(body: bytes, offset: int, first: int) -> tuple[int, int]:
    if first < 255:
        return ((first - 192) << 8) + body[offset] + 192, offset + 1
    return int.from_bytes(body[offset : offset + 4], "big"), offset + 4


def _values(body: bytes, offset: int, algorithm: int) -> tuple[bytes, ...]:
    count = _MPI_COUNTS.get(algorithm)
    if count is not None:
        return tuple(read_mpis(body, offset, count)[0])
    length = _NATIVE.get(algorithm)
    if length is None:
        return ()
    if len(body) < offset + length:
        raise DamagedSignatureError("truncated-signature")
    return (body[offset : offset + length],)
