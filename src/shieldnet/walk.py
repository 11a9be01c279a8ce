"""Walk the packets of OpenPGP bytes without opening anything (RFC 9580 sections 4.2 and 6.2).

Strict on purpose: what a server lets through must be what it claims to be, to the last octet. No
library that shieldnet uses says that of a message: they skip what they do not know.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

PKESK, SIGNATURE, SKESK, SECRET_KEY, PUBLIC_KEY, SECRET_SUBKEY = 1, 2, 3, 5, 6, 7
USER_ID, PUBLIC_SUBKEY, USER_ATTRIBUTE, SEIPD = 13, 14, 17, 18
STREAMED = frozenset({8, 9, 11, 18, 20})
"""Data packets, which alone may come in partial lengths (section 4.2.1.4)."""
LEAST_FIRST_CHUNK = 512
MOST_PACKETS = 10_000
LONGEST_SESSION_KEY = 16_384
"""Octets: a post-quantum session key has some 1,700."""
SAMPLE = 256

_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,40}: [^\r\n]{0,1000}")


class NotOpenPGPError(ValueError):
    """The bytes are no such OpenPGP structure; the reason is fit for a person."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: its type and where its body begins and ends, length octets of chunks left out."""

    tag: int
    chunks: tuple[tuple[int, int], ...]

    def body(self, data: bytes) -> bytes:
        """Return the packet's body."""
        return b"".join(data[start:end] for start, end in self.chunks)

    @property
    def size(self) -> int:
        """Return the octets of the body."""
        return sum(end - start for start, end in self.chunks)


def packets(data: bytes) -> Iterator[Packet]:
    """Yield every packet; raise where the bytes end early or a length cannot be."""
    place = number = 0
    while place < len(data):
        number += 1
        if number > MOST_PACKETS:
            raise NotOpenPGPError("too many packets")
        head = data[place]
        if not head & 0x80:
            raise NotOpenPGPError("an octet that begins no packet")
        reader = _modern if head & 0x40 else _legacy
        tag = head & 0x3F if head & 0x40 else head >> 2 & 0x0F
        chunks = tuple(reader(data, place + 1, head))
        if len(chunks) > 1 and tag not in STREAMED:
            raise NotOpenPGPError("a partial length where none may be")
        place = chunks[-1][1]
        yield Packet(tag, chunks)


def _modern(data: bytes, place: int, _head: int) -> Iterator[tuple[int, int]]:
    first = True
    while True:
        octet = _at(data, place)
        if 224 <= octet < 255:
            size = 1 << (octet & 0x1F)
            if first and size < LEAST_FIRST_CHUNK:
                raise NotOpenPGPError("a first chunk shorter than 512 octets")
            place, first = _end(data, place + 1, size), False
            yield place - size, place
            continue
        if octet < 192:
            width, size = 1, octet
        elif octet < 224:
            width, size = 2, (octet - 192 << 8) + _at(data, place + 1) + 192
        else:
            width, size = 5, int.from_bytes(data[place + 1 : place + 5])
        end = _end(data, place + width, size)
        yield end - size, end
        return


def _legacy(data: bytes, place: int, head: int) -> Iterator[tuple[int, int]]:
    if head & 3 == 3:
        raise NotOpenPGPError("a packet of indeterminate length")
    width = 1 << (head & 3)
    size = int.from_bytes(data[place : place + width])
    end = _end(data, place + width, size)
    yield end - size, end


def _end(data: bytes, start: int, size: int) -> int:
    """Return where `size` octets from `start` end; they must be there."""
    if start + size > len(data):
        raise NotOpenPGPError("a packet longer than what is there")
    return start + size


def _at(data: bytes, place: int) -> int:
    if place >= len(data):
        raise NotOpenPGPError("a packet header cut short")
    return data[place]


def dearmour(text: bytes, kind: str) -> bytes:
    """Return the octets of exactly one armoured block of `kind`, with nothing around it.

    Armour headers are read past and left out; a checksum is not verified (section 6.1).
    """
    lines = text.strip(b"\r\n\t ").replace(b"\r\n", b"\n").split(b"\n")
    lines = [line.rstrip(b" \t\r") for line in lines]
    if lines[0] != b"-----BEGIN PGP %s-----" % kind.encode():
        raise NotOpenPGPError(f"no armoured PGP {kind} at the beginning")
    if lines[-1] != b"-----END PGP %s-----" % kind.encode():
        raise NotOpenPGPError(f"the armoured PGP {kind} does not end with its last line")
    inner = lines[1:-1]
    start = 0
    while start < len(inner) and _HEADER.fullmatch(inner[start]):
        start += 1
    if start < len(inner) and inner[start] == b"":
        start += 1
    elif start:
        raise NotOpenPGPError("armour headers without an empty line after them")
    body = inner[start:]
    if body and len(body[-1]) == 5 and body[-1].startswith(b"="):
        body = body[:-1]  # the checksum
    try:
        return binascii.a2b_base64(b"".join(body), strict_mode=True)
    except binascii.Error:
        raise NotOpenPGPError("armour with something else than base64 in it") from None


def armour(data: bytes, kind: str) -> bytes:
    """Return `data` armoured with CRLF line ends, without headers or checksum."""
    encoded = binascii.b2a_base64(data, newline=False)
    lines = [encoded[place : place + 76] for place in range(0, len(encoded), 76)]
    first, last = b"-----BEGIN PGP %s-----" % kind.encode(), b"-----END PGP %s-----" % kind.encode()
    return b"\r\n".join([first, b"", *lines, last, b""])


def encrypted_message(data: bytes) -> list[Packet]:
    """Return the packets of an encrypted message; refuse anything that is not only that.

    Session keys (PKESK, SKESK) first, then exactly one SEIPD packet, then nothing (section 10.3).
    """
    found = list(packets(data))
    keys, last = found[:-1], found[-1:]
    if not last or last[0].tag != SEIPD:
        raise NotOpenPGPError("no encrypted data with integrity protection at the end")
    if any(packet.tag not in (PKESK, SKESK) for packet in keys):
        raise NotOpenPGPError("packets besides session keys and encrypted data")
    if not keys:
        raise NotOpenPGPError("encrypted data for nobody: no session key")
    if any(packet.size > LONGEST_SESSION_KEY for packet in keys):
        raise NotOpenPGPError("a session key too long to be one")
    body = last[0].body(data)
    if body[:1] not in (b"\x01", b"\x02"):
        raise NotOpenPGPError("encrypted data of an unknown version")
    if not _looks_random(body[40 : 40 + SAMPLE]):
        raise NotOpenPGPError("encrypted data that is not encrypted")
    return found


def _looks_random(sample: bytes) -> bool:
    """Say whether enough octets have their top bit set.

    Half have it in ciphertext; of 256, fewer than 32 have it once in 10 to the 36. What is shorter
    than a whole sample is let pass.
    """
    return len(sample) < SAMPLE or sum(octet >> 7 for octet in sample) >= SAMPLE // 8
