"""Read transferable keys: every key and subkey, who it says it belongs to, until when.

It never invents a key: what cannot be read becomes a `Problem` and the rest is kept. An
expiry or revocation counts only where the key's own signature over it holds.

Specification: RFC 9580 section 10.1 (transferable public keys), 10.2 (secret keys) and 5.2.3.13
(key expiration); RFC 4880 section 5.2.1 for the types of signatures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from zegel.openpgp.framing import Packet, read_packets
from zegel.openpgp.model import PublicKey, SecretKey
from zegel.openpgp.publickeys import (
    UnreadableKeyError,
    fingerprint,
    key_id,
    public_length,
    public_parameters,
    read_public_key,
)
from zegel.openpgp.secretkeys import read_secret_key
from zegel.openpgp.selfsignatures import Signed, primary_state, subkey_state
from zegel.records import Problem

__all__ = [
    "Certificate",
    "UnreadableKeyError",
    "fingerprint",
    "grouped",
    "key_id",
    "public_length",
    "public_parameters",
    "read_certificates",
    "read_public_key",
    "split_certificates",
]

SIGNATURE, SECRET, PUBLIC, SECRET_SUBKEY, USER_ID, PUBLIC_SUBKEY, ATTRIBUTE = 2, 5, 6, 7, 13, 14, 17
_PRIMARIES = frozenset({SECRET, PUBLIC})
_SUBKEYS = frozenset({SECRET_SUBKEY, PUBLIC_SUBKEY})
_COMPONENTS = frozenset({*_PRIMARIES, *_SUBKEYS, USER_ID, ATTRIBUTE})

MAX_PACKETS = 20_000_000
"""Packets of a whole key ring: bounds a hostile one, not a key server's dump."""
MAX_SUBKEYS = 1000
MAX_USER_IDS = 1000
MAX_SIGNATURES = 10_000
_USER_ID_LENGTH = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One transferable key: its primary first, then its subkeys."""

    keys: tuple[PublicKey, ...]
    secrets: tuple[SecretKey, ...] = field(repr=False)
    packets: bytes = field(repr=False)


@dataclass(slots=True)
class Component:
    """A key, user id or attribute, with the signatures that follow it."""

    packet: Packet
    signatures: list[bytes] = field(default_factory=list)


def split_certificates(packets: bytes) -> Iterator[tuple[int, int]]:
    """Yield the place of every transferable key inside a key ring; nothing is parsed."""
    start: int | None = None
    end = 0
    for packet in read_packets(packets, MAX_PACKETS):
        if packet.tag in _PRIMARIES:
            if start is not None:
                yield start, packet.start
            start = packet.start
        end = packet.end
    if start is not None:
        yield start, end


def read_certificates(packets: bytes) -> tuple[list[Certificate], list[Problem]]:
    """Return every transferable key of `packets`, and what could not be read."""
    certificates: list[Certificate] = []
    problems: list[Problem] = []
    for components, start, end in grouped(packets, problems):
        certificate = _read_certificate(components, packets[start:end], problems)
        if certificate is not None:
            certificates.append(certificate)
    return certificates, problems


def grouped(packets: bytes, problems: list[Problem]) -> Iterator[tuple[list[Component], int, int]]:
    """Yield each transferable key's components and its place."""
    components: list[Component] = []
    end = 0
    for packet in read_packets(packets, MAX_PACKETS):
        if packet.tag in _PRIMARIES and components:
            yield components, components[0].packet.start, packet.start
            components = []
        end = packet.end
        if not packet.complete:
            problems.append(Problem(kind="truncated packet", offset=packet.start))
        else:
            _collect(packet, components, problems)
    if end < len(packets):
        problems.append(Problem(kind="damaged packets", offset=end))
    if components:
        yield components, components[0].packet.start, end


def _collect(packet: Packet, components: list[Component], problems: list[Problem]) -> None:
    """File one packet; trust, marker, padding and private packets are passed over."""
    if packet.tag in _COMPONENTS:
        if components or packet.tag in _PRIMARIES:
            components.append(Component(packet))
        else:
            problems.append(
                Problem(kind="key without primary", offset=packet.start, note=f"tag {packet.tag}")
            )
    elif packet.tag == SIGNATURE and components and _room(components[-1]):
        components[-1].signatures.append(packet.body)


def _room(component: Component) -> bool:
    return len(component.signatures) < MAX_SIGNATURES


def _read_certificate(
    components: list[Component], packets: bytes, problems: list[Problem]
) -> Certificate | None:
    """Return the certificate, None where its primary cannot be read."""
    primary = _read_key(components[0], b"", problems)
    if primary is None:
        return None
    users = [part for part in components if part.packet.tag in (USER_ID, ATTRIBUTE)]
    user_ids = _user_ids(users)
    revoked, expires = primary_state(
        primary,
        components[0].signatures,
        [Signed(part.packet.body, part.packet.tag, part.signatures) for part in users],
    )
    expires = primary.expires if expires is None else expires
    keys = [replace(primary, user_ids=user_ids, revoked=revoked, expires=expires)]
    secrets = _secrets(components[0], keys[0], problems)
    subkeys = [part for part in components if part.packet.tag in _SUBKEYS]
    for part in subkeys[:MAX_SUBKEYS]:
        subkey = _read_key(part, primary.fingerprint, problems)
        if subkey is None:
            continue
        gone, until = subkey_state(primary, subkey, part.signatures)
        keys.append(replace(subkey, user_ids=user_ids, revoked=revoked or gone, expires=until))
        secrets += _secrets(part, keys[-1], problems)
    return Certificate(keys=tuple(keys), secrets=tuple(secrets), packets=packets)


def _read_key(part: Component, primary: bytes, problems: list[Problem]) -> PublicKey | None:
    body = part.packet.body
    try:
        return read_public_key(_public_part(part.packet), primary)
    except ValueError as damage:
        note = str(damage)
    kind = "unreadable key" if body else "empty key packet"
    problems.append(Problem(kind=kind, offset=part.packet.start, note=note))
    return None


def _public_part(packet: Packet) -> bytes:
    """Return the public part; some key servers left stray octets behind it."""
    try:
        return packet.body[: public_length(packet.body)]
    except UnreadableKeyError:
        if packet.tag in (SECRET, SECRET_SUBKEY):
            raise
        # The whole body of a public key of an unknown algorithm is its public part.
        return packet.body


def _secrets(part: Component, key: PublicKey, problems: list[Problem]) -> list[SecretKey]:
    if part.packet.tag not in (SECRET, SECRET_SUBKEY):
        return []
    try:
        return [read_secret_key(key, part.packet.body)]
    except ValueError as damage:
        problems.append(
            Problem(kind="unreadable secret key", offset=part.packet.start, note=str(damage))
        )
        return []


def _user_ids(users: list[Component]) -> tuple[str, ...]:
    return tuple(
        part.packet.body[:_USER_ID_LENGTH].decode("utf-8", "replace")
        for part in users[:MAX_USER_IDS]
        if part.packet.tag == USER_ID
    )
