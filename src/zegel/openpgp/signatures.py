"""Check the signatures over a message's content and say what each is worth.

It never turns a signature that cannot be checked into a bad or a good one, and never asks
whether the signer's key deserves trust: a revoked or expired signer is noted, not judged.

Specification: RFC 9580 section 5.2.4 (computing signatures); RFC 4880 section 5.2.4 for version
3. For a version 5 signature the LibrePGP draft hashes fields of the literal packet too, which
are not at hand here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidSignature

from zegel.openpgp.digests import WEAK, UnsupportedDigest, new_digest
from zegel.openpgp.model import PublicKey, Signature
from zegel.openpgp.names import hash_name, reason
from zegel.openpgp.publickeys import RSA_KINDS, UnreadableKeyError
from zegel.openpgp.signaturepackets import (
    BINARY,
    EXPIRES,
    TEXT,
    DamagedSignatureError,
    SignaturePacket,
    UnreadableSignatureError,
    read_signature,
)
from zegel.openpgp.verification import UnsupportedSignatureError, verify
from zegel.records import Verdict

FindKey = Callable[[bytes], Sequence[PublicKey]]
"""Gives the candidate keys for a key id (8 bytes) or a fingerprint (16, 20 or 32)."""

MAX_SIGNATURES = 64
"""More signatures than any honest message carries; what is beyond is left unchecked."""
_MAX_CANDIDATES = 16


def check(
    content: bytes, signature_packets: Sequence[bytes], find_key: FindKey
) -> tuple[Signature, ...]:
    """Return one checked signature for each packet body, in their order.

    `content` is the literal packet's content, or for a detached signature the signed part's
    canonical bytes.
    """
    several = len(signature_packets) > 1
    checked = []
    for place, body in enumerate(signature_packets, 1):
        note = f"{place} of {len(signature_packets)}" if several else ""
        if place > MAX_SIGNATURES:
            checked.append(_refused(Verdict.UNSUPPORTED, "too many signatures", note))
        else:
            checked.append(_check_one(content, body, find_key, note))
    return tuple(checked)


def _check_one(content: bytes, body: bytes, find_key: FindKey, note: str) -> Signature:
    try:
        packet = read_signature(body)
    except DamagedSignatureError as damage:
        return _refused(Verdict.BAD, str(damage), note)
    except UnreadableSignatureError as unknown:
        return _refused(Verdict.UNSUPPORTED, str(unknown), note)
    obstacle = _obstacle(packet)
    if obstacle:
        return _result(Verdict.UNSUPPORTED, packet, None, obstacle, note)
    candidates = _candidates(packet, find_key)
    if not candidates:
        return _result(Verdict.UNKNOWN_SIGNER, packet, None, note)
    try:
        return _judge(content, packet, candidates, note)
    except UnsupportedDigest:
        code = reason("hash", packet.hash_algorithm, hash_name(packet.hash_algorithm))
        return _result(Verdict.UNSUPPORTED, packet, candidates[0], code, note)


def _obstacle(packet: SignaturePacket) -> str:
    """Say why a signature cannot be checked here, whoever signed; empty where it can."""
    if packet.kind not in (BINARY, TEXT):
        return f"signature-type-{packet.kind:02x}"
    if packet.version == 5:
        return "signature-version-5"
    if packet.critical:
        # An unknown critical subpacket makes the signature one not to rely on (5.2.3.7).
        return f"critical-subpacket-{packet.critical}"
    return ""


def _candidates(packet: SignaturePacket, find_key: FindKey) -> Sequence[PublicKey]:
    keys: Sequence[PublicKey] = ()
    if packet.fingerprint:
        keys = find_key(packet.fingerprint)
    if not keys and packet.key_id:
        keys = find_key(packet.key_id)
    return keys[:_MAX_CANDIDATES]


def _judge(
    content: bytes, packet: SignaturePacket, candidates: Sequence[PublicKey], note: str
) -> Signature:
    """Try every form of the content with every candidate; the first that fits is good."""
    unsupported = ""
    for form, remark in _forms(content, packet):
        for key in candidates:
            try:
                if signed_by(key, packet, form):
                    return _result(Verdict.GOOD, packet, key, remark, *_remarks(packet, key), note)
            except (UnsupportedSignatureError, UnreadableKeyError) as obstacle:
                unsupported = str(obstacle)
    verdict = Verdict.UNSUPPORTED if unsupported else Verdict.BAD
    return _result(verdict, packet, candidates[0], unsupported, note)


def signed_by(key: PublicKey, packet: SignaturePacket, hashed: bytes) -> bool:
    """Say whether `key` made the signature over `hashed`, the bytes before the trailer."""
    if key.algorithm != packet.algorithm and not (
        key.algorithm in RSA_KINDS and packet.algorithm in RSA_KINDS
    ):
        return False
    digest = new_digest(packet.hash_algorithm)
    digest.update(packet.salt)
    digest.update(hashed)
    digest.update(packet.trailer)
    value = digest.digest()
    # Cheaper than any public-key operation, and bytes of the packet decide nothing else.
    if value[:2] != packet.left:
        return False
    try:
        verify(key.public, packet.values, value, packet.hash_algorithm)
    except InvalidSignature:
        return False
    return True


def _forms(content: bytes, packet: SignaturePacket) -> list[tuple[bytes, str]]:
    """Return what may have been hashed: for text, line ends are CRLF (section 5.2.1.2)."""
    if packet.kind == BINARY:
        return [(content, "")]
    lines = content.replace(b"\r\n", b"\n").split(b"\n")
    forms = [(b"\r\n".join(lines), "")]
    stripped = b"\r\n".join([line.rstrip(b" \t\r") for line in lines])
    if stripped != forms[0][0]:
        # PGP and older GnuPG left trailing blanks out of text signatures (RFC 2440).
        forms.append((stripped, "trailing blanks not signed"))
    return forms


def _remarks(packet: SignaturePacket, key: PublicKey) -> list[str]:
    remarks = []
    if key.revoked:
        remarks.append("signer revoked")
    created = packet.created
    if created is None:
        remarks.append("no time of signing")
    else:
        if key.expires is not None and created > key.expires:
            remarks.append("signer expired")
        if created < key.created:
            remarks.append("older than its key")
    if packet.hash_algorithm in WEAK:
        remarks.append(f"weak hash {hash_name(packet.hash_algorithm)}")
    if packet.hashed.get(EXPIRES, b"").strip(b"\0"):
        remarks.append("signature expires")
    return remarks


def _result(
    verdict: Verdict, packet: SignaturePacket, key: PublicKey | None, *remarks: str
) -> Signature:
    return Signature(
        verdict=verdict,
        key_id=packet.key_id or (key.key_id if key else b""),
        fingerprint=key.fingerprint if key else packet.fingerprint,
        created=packet.created,
        algorithm=packet.algorithm,
        hash_algorithm=packet.hash_algorithm,
        note=", ".join([remark for remark in remarks if remark]),
    )


def _refused(verdict: Verdict, *remarks: str) -> Signature:
    return Signature(
        verdict=verdict, key_id=b"", note=", ".join([remark for remark in remarks if remark])
    )
