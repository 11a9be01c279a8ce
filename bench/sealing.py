"""Write OpenPGP messages fast, for measurements only: the signed ones that `quick` does not make.

It takes nothing from the code that is measured. What it writes is the usual message of the time:
two recipients, ZIP, AES-256 in CFB with MDC, armour with checksum (RFC 4880 sections 5.2 and 5.4).
Keys are test keys known to everyone.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import cache

from shieldnet import packets
from shieldnet.keys import KeySpec, encryption_numbers, key_pair, rsa_pool, signing_numbers
from shieldnet.packets import Numbers
from shieldnet.traffic.quick import Recipient, sealed
from shieldnet.traffic.quick import recipient as recipient_of

PEOPLE = 200
"""Certificates; RSA ones share the numbers of the committed pool of test keys, two by two."""
_CREATED = 1_420_070_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One certificate as its correspondents use it."""

    address: str
    secret: bytes = field(repr=False)
    """The transferable secret key."""
    primary: Numbers = field(repr=False)
    issuer: bytes
    subkey: Recipient


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
    pair, primary = key_pair(spec), signing_numbers(spec)
    return Person(
        address=address,
        secret=pair.unlocked,
        primary=primary,
        issuer=packets.fingerprint(packets.public_body(primary, spec.created)),
        subkey=recipient_of(encryption_numbers(spec), spec.created),
    )


def seal(content: bytes, sender: Person, recipient: Person, *, signed: bool) -> bytes:
    """Return an armoured message that `recipient` and `sender` can open."""
    literal = packets.packet(11, b"b\0" + struct.pack(">I", _CREATED) + content)
    if signed:
        once = struct.pack(">BBBB", 3, 0, 8, sender.primary.algorithm) + sender.issuer[-8:] + b"\1"
        made = packets.signature(0, content, sender.primary, _CREATED + 86400, sender.issuer)
        literal = packets.packet(4, once) + literal + made
    return sealed(literal, [recipient.subkey, sender.subkey])
