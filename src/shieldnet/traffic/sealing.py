"""Encrypt and sign with pysequoia, a different library than the one evidence is read with.

What pysequoia cannot do is done to its output, never in its place: key ids are withheld by
overwriting them (RFC 9580 section 5.1.6), and damage is done to the armoured text.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

import pysequoia

from shieldnet.keys import KeySpec, forged, key_pair
from shieldnet.traffic.quick import seal as seal_quickly

PKESK = 1
STRANGER = "nobody@elsewhere.example"
BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@lru_cache(maxsize=4096)
def _certificate(spec: KeySpec) -> Any:
    return pysequoia.Cert.from_bytes(key_pair(spec).public)


@lru_cache(maxsize=4096)
def _signer(spec: KeySpec, verdict: str) -> Any:
    if verdict == "bad":
        return pysequoia.Tsk.from_bytes(forged(spec, spec.seed)).signer()
    if verdict == "unknown signer":
        spec = KeySpec(
            address=STRANGER,
            algorithm="cv25519",
            created=spec.created,
            seed=spec.seed + b"stranger",
        )
    return pysequoia.Tsk.from_bytes(key_pair(spec).unlocked).signer()


def possible(verdict: str, spec: KeySpec) -> str:
    """Return the signature a key can make: a revoked one none, an RSA one no bad one."""
    if verdict == "unknown signer":
        return verdict
    if spec.revoked is not None:
        return "none"
    return "good" if verdict == "bad" and spec.algorithm == "rsa2048" else verdict


def seal(
    literal: bytes,
    recipients: list[KeySpec],
    sender: KeySpec,
    verdict: str,
    *,
    hidden: bool,
    quick: bool = False,
) -> bytes:
    """Return an armoured message that holds exactly `literal`, with LF line ends.

    With `quick` what is not signed is sealed without pysequoia.
    """
    if quick and verdict == "none":
        return seal_quickly(literal, recipients, hidden=hidden)
    signer = None if verdict == "none" else _signer(sender, verdict)
    certificates = [_certificate(spec) for spec in recipients]
    if not hidden:
        return bytes(pysequoia.encrypt(literal, recipients=certificates, signer=signer))
    packets = pysequoia.encrypt(literal, recipients=certificates, signer=signer, armor=False)
    armoured: str = pysequoia.armor(withhold_key_ids(packets), pysequoia.ArmorKind.Message)
    return armoured.encode("ascii")


def withhold_key_ids(message: bytes) -> bytes:
    """Return the message with the key ids of its leading version 3 ESK packets zeroed."""
    changed = bytearray(message)
    start = 0
    while changed[start] == 0xC0 | PKESK:
        body, end = _extent(changed, start)
        if changed[body] != 3:
            raise ValueError("only version 3 packets name a key id")
        changed[body + 1 : body + 9] = bytes(8)
        start = end
    return bytes(changed)


def _extent(packets: bytearray, start: int) -> tuple[int, int]:
    """Return where a packet's body begins and ends (section 4.2.1, one and two octet lengths)."""
    first = packets[start + 1]
    if first < 192:
        return start + 2, start + 2 + first
    return start + 3, start + 3 + ((first - 192) << 8) + packets[start + 2] + 192


def cut_short(mail: bytes, chance: random.Random) -> bytes:
    """Return the mail without its end: cut inside the last lines of its armoured block."""
    end = _end_of_block(mail)
    return mail[: end - chance.randrange(12, 60)]


def flip(mail: bytes, chance: random.Random) -> bytes:
    """Return the mail with one character changed near the end of its armoured block.

    The end is the body's integrity tag, so the change hits the body and not a session key.
    """
    end = _end_of_block(mail)
    place = end - chance.randrange(10, 24)
    while mail[place] not in BASE64:
        place -= 1
    old = mail[place]
    new = chance.choice([letter for letter in BASE64 if letter != old])
    return mail[:place] + bytes([new]) + mail[place + 1 :]


def _end_of_block(mail: bytes) -> int:
    """Return where the base64 text of the last armoured block ends, before any CRC-24 line."""
    end = mail.rindex(b"-----END PGP MESSAGE-----")
    checksum = mail.rfind(b"\n=", end - 8, end)
    end = checksum if checksum >= 0 else end
    while mail[end - 1] in b"\r\n=":
        end -= 1
    return end
