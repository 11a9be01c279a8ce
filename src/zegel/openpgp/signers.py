"""Say which keys of a certificate may sign a document now, and check a detached signature by them.

`signatures` tells what a signature in the evidence is worth; this decides whether one is relied on,
so whatever is doubtful is refused by a reason. A key that is revoked or expired today signs nothing
here: that a signature is older is only its maker's word.

Specification: RFC 9580 sections 5.2.1.9 (a signing subkey answers its primary), 5.2.3.29 (key
flags), 5.2.3.18 (signature expiration), 9.5 (weak hashes), 10.4 (detached signatures).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from zegel.openpgp.armor import dearmor, find_armor
from zegel.openpgp.digests import WEAK
from zegel.openpgp.framing import read_packets
from zegel.openpgp.keys import (
    ATTRIBUTE,
    SIGNATURE,
    USER_ID,
    Certificate,
    Component,
    grouped,
    read_certificates,
)
from zegel.openpgp.model import PublicKey, Signature
from zegel.openpgp.names import hash_name
from zegel.openpgp.publickeys import DSA, ELGAMAL_KINDS, RSA_KINDS, hashed_form
from zegel.openpgp.selfsignatures import KEY_SUBJECT, Claim, Signed, holds, own_claims
from zegel.openpgp.signaturepackets import (
    CERTIFICATIONS,
    DIRECT_KEY,
    EXPIRES,
    KEY_FLAGS,
    PRIMARY_BINDING,
    SUBKEY_BINDING,
    SignaturePacket,
    UnreadableSignatureError,
    read_signature,
)
from zegel.openpgp.signatures import MAX_SIGNATURES, check
from zegel.records import Verdict

LARGEST_FILE = 1 << 22
"""Bytes of a signature's or certificate's file: far more than any honest one has."""
_SIGNS = 0x02
_SAYS_NOTHING = frozenset({10, 21})
"""Marker and padding packets, which a reader passes over (RFC 9580 sections 5.8, 5.14)."""
_SECRET = "holds a secret key, which nobody but its owner should have"
_FEWEST_BITS = 2048
"""Of RSA; DSA is not relied on at all (RFC 9580 section 9.1 deprecates it)."""


class Doubt(StrEnum):
    """Why a signature is not relied on, from the least to the most that was found out."""

    UNREADABLE = "unreadable"
    UNKNOWN = "unknown signer"
    UNSUPPORTED = "unsupported"
    WEAK = "weak"
    BAD = "bad"
    CANNOT_SIGN = "cannot sign"
    REVOKED = "revoked"
    EXPIRED = "expired"
    DATED = "dated"


class NotReliableError(ValueError):
    """A signature or certificate is not relied on; `doubt` says why, `detail` with which words."""

    def __init__(self, doubt: Doubt, detail: str = "") -> None:
        super().__init__(f"{doubt}: {detail}" if detail else str(doubt))
        self.doubt = doubt
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A key of a certificate, and why it may not sign now; None where it may."""

    key: PublicKey
    obstacle: NotReliableError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliable:
    """A signature that holds, by a key that may sign."""

    key: PublicKey
    created: int
    """Seconds since 1970, as the signature claims."""
    hash_algorithm: int


def packets_in(content: bytes, kind: str) -> bytes:
    """Return the packets of a file, armoured or not; of armour, the blocks of that `kind`."""
    if len(content) > LARGEST_FILE:
        raise NotReliableError(Doubt.UNREADABLE, f"larger than {LARGEST_FILE} bytes")
    blocks = [block for block in find_armor(content) if block.kind == kind]
    if not blocks:
        return content
    return b"".join(dearmor(content[block.start : block.end])[0] for block in blocks)


def signatures_in(content: bytes) -> list[bytes]:
    """Return the signature packets' bodies of a file of detached signatures, and nothing else."""
    inside = read_packets(packets_in(content, "SIGNATURE"), MAX_SIGNATURES + 1)
    packets = [packet for packet in inside if packet.tag not in _SAYS_NOTHING]
    found = [packet for packet in packets if packet.tag == SIGNATURE]
    if not found or len(found) != len(packets) or not all(packet.complete for packet in found):
        raise NotReliableError(Doubt.UNREADABLE, "holds no detached signature, or something else")
    if len(found) > MAX_SIGNATURES:
        raise NotReliableError(Doubt.UNREADABLE, f"holds more than {MAX_SIGNATURES} signatures")
    return [packet.body for packet in found]


def certificate_in(content: bytes) -> Certificate:
    """Return the one certificate of a file."""
    if b"-----BEGIN PGP PRIVATE KEY" in content:
        raise NotReliableError(Doubt.UNREADABLE, _SECRET)
    found, problems = read_certificates(packets_in(content, "PUBLIC KEY BLOCK"))
    if len(found) != 1 or problems:
        what = "holds no OpenPGP certificate" if not found else f"holds {len(found)} certificates"
        why = f"damaged: {problems[0].kind}" if len(found) == 1 else what
        raise NotReliableError(Doubt.UNREADABLE, why)
    if found[0].secrets:
        raise NotReliableError(Doubt.UNREADABLE, _SECRET)
    return found[0]


def signers(certificate: Certificate, now: int) -> list[Signer]:
    """Return every key of the certificate with what keeps it from signing at `now` (seconds)."""
    components = next(iter(grouped(certificate.packets, [])), ([], 0, 0))[0]
    by_body = {part.packet.body: part for part in components}
    users = [
        Signed(part.packet.body, part.packet.tag, part.signatures)
        for part in components
        if part.packet.tag in (USER_ID, ATTRIBUTE)
    ]
    primary = certificate.keys[0]
    found = []
    for key in certificate.keys:
        part = by_body.get(key.public)
        try:
            if part is None:
                raise NotReliableError(Doubt.UNREADABLE, "its packet has stray octets")
            _require_strong(key)
            _require_alive(primary, now)
            _require_alive(key, now)
            _require_bound(primary, key, part, users, now)
        except NotReliableError as obstacle:
            found.append(Signer(key=key, obstacle=obstacle))
        else:
            found.append(Signer(key=key, obstacle=None))
    return found


def _require_strong(key: PublicKey) -> None:
    if key.version < 4:
        raise NotReliableError(Doubt.WEAK, f"a key of version {key.version}")
    if key.algorithm == DSA or key.algorithm in ELGAMAL_KINDS:
        raise NotReliableError(Doubt.WEAK, "a DSA or ElGamal key")
    if key.algorithm in RSA_KINDS and key.bits < _FEWEST_BITS:
        raise NotReliableError(Doubt.WEAK, f"an RSA key of {key.bits} bits")


def _require_alive(key: PublicKey, now: int) -> None:
    if key.revoked:
        raise NotReliableError(Doubt.REVOKED)
    if key.expires is not None and now >= key.expires:
        raise NotReliableError(Doubt.EXPIRED)
    if key.created > now:
        raise NotReliableError(Doubt.DATED, "made in the future")


def _require_bound(
    primary: PublicKey, key: PublicKey, part: Component, users: Sequence[Signed], now: int
) -> None:
    """Raise unless the certificate says, by signatures that hold, that this key signs."""
    if key is primary:
        claims = [*own_claims(primary, part.signatures, {DIRECT_KEY}, KEY_SUBJECT)]
        for user in users:
            claims += own_claims(primary, user.signatures, CERTIFICATIONS, user)
    else:
        over = hashed_form(key.public)
        claims = [*own_claims(primary, part.signatures, {SUBKEY_BINDING}, over)]
    packet = _newest_strong(primary, claims, now)
    if packet is None:
        raise NotReliableError(Doubt.CANNOT_SIGN, "no signature of today's strength binds it")
    flags = packet.hashed.get(KEY_FLAGS)
    if flags is not None and not (flags[:1] or b"\0")[0] & _SIGNS:
        raise NotReliableError(Doubt.CANNOT_SIGN, "its flags say that it does not sign")
    if key is not primary:
        _require_answer(primary, key, packet)


def _newest_strong(primary: PublicKey, claims: list[Claim], now: int) -> SignaturePacket | None:
    valid = [
        claim
        for claim in claims
        if claim.packet.hash_algorithm not in WEAK
        and claim.packet.created is not None
        and claim.packet.created <= now
        and not _has_expired(claim.packet, now)
    ]
    newest_first = sorted(valid, key=_says_most, reverse=True)
    return next((claim.packet for claim in newest_first if holds(primary, claim)), None)


def _says_most(claim: Claim) -> tuple[bool, int]:
    """Order claims: what says what the key is for comes first, then the newest."""
    return KEY_FLAGS in claim.packet.hashed, claim.packet.created or 0


def _has_expired(packet: SignaturePacket, now: int) -> bool:
    seconds = int.from_bytes(packet.hashed.get(EXPIRES, b""), "big")
    return bool(seconds) and now >= (packet.created or 0) + seconds


def _require_answer(primary: PublicKey, key: PublicKey, binding: SignaturePacket) -> None:
    """Raise unless the subkey signed that it belongs to the primary (section 5.2.1.9)."""
    try:
        answer = read_signature(binding.embedded)
    except UnreadableSignatureError:
        raise NotReliableError(Doubt.CANNOT_SIGN, "it does not answer its primary") from None
    claim = Claim(answer, hashed_form(key.public))
    weak = answer.hash_algorithm in WEAK or answer.kind != PRIMARY_BINDING
    if weak or not holds(primary, claim, by=key):
        raise NotReliableError(Doubt.CANNOT_SIGN, "it does not answer its primary")


def rely_on(content: bytes, body: bytes, keys: Sequence[Signer], now: int) -> Reliable:
    """Return who signed `content` by this signature packet; raise where it is not relied on."""
    named = {name: one for one in keys for name in (one.key.fingerprint, one.key.key_id)}
    own = {one.key.fingerprint: one for one in keys}
    found = check(content, [body], lambda name: [named[name].key] if name in named else [])[0]
    _require_good(found)
    signer, created = own[found.fingerprint], found.created
    if signer.obstacle is not None:
        raise signer.obstacle
    if found.hash_algorithm in WEAK:
        raise NotReliableError(Doubt.WEAK, f"made with {hash_name(found.hash_algorithm)}")
    _require_dated(read_signature(body), signer.key, now)
    assert created is not None
    return Reliable(key=signer.key, created=created, hash_algorithm=found.hash_algorithm)


def _require_good(found: Signature) -> None:
    doubts = {
        Verdict.BAD: Doubt.BAD,
        Verdict.UNKNOWN_SIGNER: Doubt.UNKNOWN,
        Verdict.UNSUPPORTED: Doubt.UNSUPPORTED,
    }
    if found.verdict is not Verdict.GOOD:
        raise NotReliableError(doubts[found.verdict], found.note)
    if "trailing blanks not signed" in found.note:
        raise NotReliableError(Doubt.WEAK, "it leaves out blanks at the ends of lines")


def _require_dated(packet: SignaturePacket, key: PublicKey, now: int) -> None:
    """Raise unless the signature's own times fit the key's and `now`."""
    if packet.created is None:
        raise NotReliableError(Doubt.DATED, "bears no time")
    if packet.created > now:
        raise NotReliableError(Doubt.DATED, "bears a time in the future")
    if packet.created < key.created:
        raise NotReliableError(Doubt.DATED, "is older than its key")
    if _has_expired(packet, now):
        raise NotReliableError(Doubt.DATED, "has expired by its own terms")


def issuers(body: bytes) -> Iterator[bytes]:
    """Yield the names a signature packet gives its maker: fingerprint, key id; as it claims."""
    try:
        packet = read_signature(body)
    except UnreadableSignatureError:
        return
    yield from (name for name in (packet.fingerprint, packet.key_id) if name)
