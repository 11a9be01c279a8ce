"""Say what a key's own signatures settle: whether it was revoked, and when it expires.

It never believes a signature that does not verify under the primary key; signatures by others
(third-party certifications, designated revokers) are passed over.

Specification: RFC 9580 sections 5.2.1 (types), 5.2.3.13 (key expiration time), 5.2.4 (what is
hashed).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from zegel.openpgp.digests import UnsupportedDigest
from zegel.openpgp.model import PublicKey
from zegel.openpgp.publickeys import UnreadableKeyError, hashed_form
from zegel.openpgp.signaturepackets import (
    CERTIFICATIONS,
    DIRECT_KEY,
    KEY_EXPIRES,
    KEY_REVOCATION,
    SUBKEY_BINDING,
    SUBKEY_REVOCATION,
    SignaturePacket,
    UnreadableSignatureError,
    read_signature,
)
from zegel.openpgp.signatures import signed_by
from zegel.openpgp.verification import UnsupportedSignatureError

MAX_VERIFIED = 64
"""Signatures verified for one key; more self-signatures than this are a trick."""


class Signed(NamedTuple):
    """A user id (tag 13) or attribute (tag 17) and the signatures that follow it."""

    body: bytes
    tag: int
    signatures: Sequence[bytes]


class Claim(NamedTuple):
    """A self-signature and what it is over."""

    packet: SignaturePacket
    subject: bytes


def primary_state(
    primary: PublicKey, direct: Sequence[bytes], users: Sequence[Signed]
) -> tuple[bool, int | None]:
    """Return whether the primary key was revoked, and when it expires."""
    own = list(own_claims(primary, direct, {DIRECT_KEY, KEY_REVOCATION}, KEY_SUBJECT))
    revoked = any(holds(primary, claim) for claim in own if claim.packet.kind == KEY_REVOCATION)
    said: list[tuple[int, int]] = []
    direct_claim = newest(primary, [one for one in own if one.packet.kind == DIRECT_KEY])
    seconds = _seconds(direct_claim)
    if not seconds:
        # Nothing on the key itself: the newest word on any user id, as GnuPG has it.
        for user in users:
            claim = newest(
                primary, list(own_claims(primary, user.signatures, CERTIFICATIONS, user))
            )
            said.append((claim.packet.created or 0 if claim else 0, _seconds(claim)))
        seconds = max([one for one in said if one[1]], default=(0, 0))[1]
    return revoked, primary.created + seconds if seconds else None


def subkey_state(
    primary: PublicKey, subkey: PublicKey, signatures: Sequence[bytes]
) -> tuple[bool, int | None]:
    """Return whether the subkey was revoked, and when its binding lets it expire."""
    kinds = {SUBKEY_BINDING, SUBKEY_REVOCATION}
    claims = list(own_claims(primary, signatures, kinds, hashed_form(subkey.public)))
    revoked = any(
        holds(primary, claim) for claim in claims if claim.packet.kind == SUBKEY_REVOCATION
    )
    bindings = [claim for claim in claims if claim.packet.kind == SUBKEY_BINDING]
    seconds = _seconds(newest(primary, bindings))
    return revoked, subkey.created + seconds if seconds else None


KEY_SUBJECT = b""
"""Signatures directly on the key hash nothing besides it."""


def own_claims(
    primary: PublicKey,
    signatures: Sequence[bytes],
    kinds: Collection[int],
    subject: bytes | Signed,
) -> Iterator[Claim]:
    """Yield the signatures that claim to be the primary's own, at most `MAX_VERIFIED`."""
    found = 0
    for body in signatures:
        try:
            packet = read_signature(body)
        except UnreadableSignatureError:
            continue
        mine = packet.fingerprint == primary.fingerprint or packet.key_id == primary.key_id
        if packet.kind in kinds and mine and found < MAX_VERIFIED:
            found += 1
            over = _user_subject(packet, subject) if isinstance(subject, Signed) else subject
            yield Claim(packet, over)


def _user_subject(packet: SignaturePacket, user: Signed) -> bytes:
    """Return a user id as it is hashed: bare for version 3, else behind tag and length."""
    if packet.version < 4:
        return user.body
    lead = b"\xb4" if user.tag == 13 else b"\xd1"
    return lead + len(user.body).to_bytes(4, "big") + user.body


def holds(primary: PublicKey, claim: Claim, by: PublicKey | None = None) -> bool:
    """Say whether the primary, or the subkey named by `by`, made the claim."""
    hashed = hashed_form(primary.public) + claim.subject
    try:
        return signed_by(by or primary, claim.packet, hashed)
    except (UnsupportedDigest, UnsupportedSignatureError, UnreadableKeyError):
        return False


def newest(primary: PublicKey, claims: list[Claim]) -> Claim | None:
    """Return the newest claim that holds; older ones are superseded."""
    newest_first = sorted(claims, key=lambda claim: claim.packet.created or 0, reverse=True)
    return next((claim for claim in newest_first if holds(primary, claim)), None)


def _seconds(claim: Claim | None) -> int:
    """Return after how many seconds of life the key expires by `claim`; 0 for never."""
    if claim is None:
        return 0
    return int.from_bytes(claim.packet.hashed.get(KEY_EXPIRES, b""), "big")
