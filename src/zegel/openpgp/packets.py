"""Gathers packets into messages: session-key packets and the encrypted body they belong to.

RFC 9580 sections 5.1, 5.3 and 10.3, RFC 4880 section 11.3 and, for packet 20 and ESK version 5,
the LibrePGP draft. Several messages may follow each other; markers and padding are skipped; what
cannot be made sense of becomes a `Problem`. Never raises on evidence, never uses a key.
"""

from __future__ import annotations

import hashlib

from zegel.openpgp.framing import (
    MAX_PACKETS,
    Packet,
    frame,
    read_body,
    read_header,
    read_packet,
    read_packets,
)
from zegel.openpgp.model import BodyKind, ClearMessage, EncryptedMessage, Esk
from zegel.openpgp.recognise import looks_like_keyring, looks_like_message
from zegel.records import Problem

__all__ = [
    "Packet",
    "looks_like_keyring",
    "looks_like_message",
    "parse_esk",
    "read_messages",
    "read_packets",
    "read_usual_message",
    "write_message",
]

MAX_ESKS = 4096
"""Session-key packets kept per message; a mailing list has hundreds."""

_HIDDEN = bytes(8)
_ESK = (1, 3)
_ENCRYPTED = (9, 18, 20)
_SIGNED = (2, 4)
_CONTENT = (8, 11)
_SKIPPED = (10, 21)


def parse_esk(tag: int, body: bytes) -> Esk | None:
    """Parse one session-key packet, or return None where it is too short to be one."""
    if tag == 3:
        return _parse_skesk(body)
    if len(body) < 11:
        return None
    version = body[0]
    if version in (2, 3):
        key_id = body[1:9]
        if key_id == _HIDDEN:  # RFC 9580 section 5.1.8: anonymous recipient
            key_id = b""
        return Esk(tag=1, version=version, algorithm=body[9], key_id=key_id, body=body)
    if version == 6:  # section 5.1.2: length of (key version, fingerprint), may be 0
        after = 2 + body[1]
        if after >= len(body):
            return None
        return Esk(tag=1, version=6, algorithm=body[after], key_id=body[3:after], body=body)
    return Esk(tag=1, version=version, algorithm=0, key_id=b"", body=body)


def _parse_skesk(body: bytes) -> Esk | None:
    if len(body) < 4:
        return None
    version = body[0]
    at = 2 if version == 6 else 1  # v6 counts the octets of its header first (section 5.3.2)
    return Esk(tag=3, version=version, algorithm=body[at], key_id=b"", body=body)


def read_messages(
    data: bytes,
) -> tuple[list[EncryptedMessage | ClearMessage], list[Problem]]:
    """Return the messages in `data` in order, and what is wrong around them."""
    usual = read_usual_message(data)
    if usual is not None:
        return [usual], []
    reader = _Reader(data)
    reader.read_all()
    return reader.messages, reader.problems


def read_usual_message(data: bytes) -> EncryptedMessage | None:
    """Read one whole message that fills `data`: nearly all are; None for anything else."""
    pos, size = 0, len(data)
    esks: list[Esk] = []
    while pos < size and len(esks) < MAX_ESKS:
        header = read_header(data, pos)
        if header is None:
            return None
        tag, begin, length = header
        if tag == 18:
            return _usual_body(data, pos, tuple(esks))
        end = begin + length
        if tag not in _ESK or length < 0 or end > size:
            return None
        esk = parse_esk(tag, data[begin:end])
        if esk is None:
            return None
        esks.append(esk)
        pos = end
    return None


def _usual_body(data: bytes, pos: int, esks: tuple[Esk, ...]) -> EncryptedMessage | None:
    found = read_body(data, pos)
    if found is None:
        return None
    body, end, complete = found
    kind = body_kind(18, body)
    if not complete or end != len(data) or kind is None:
        return None
    digest = hashlib.sha256(body).digest()
    return EncryptedMessage(esks=esks, kind=kind, body=body, ciphertext_id=digest, start=0, end=end)


class _Reader:
    """Walks the packets of one input once."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.messages: list[EncryptedMessage | ClearMessage] = []
        self.problems: list[Problem] = []
        self.esks: list[Esk] = []
        self.start = -1
        self.clear_start = -1
        self.waiting = 0

    def read_all(self) -> None:
        data, size, pos = self.data, len(self.data), 0
        budget = MAX_PACKETS
        while pos < size and budget:
            packet = read_packet(data, pos)
            if packet is None:
                break
            pos = packet.end
            budget -= 1
            self._take(packet)
        self._finish(pos)

    def _take(self, packet: Packet) -> None:
        tag = packet.tag
        if tag in _ESK:
            self._close_clear(packet.start)
            self._take_esk(packet)
        elif tag in _ENCRYPTED:
            self._close_clear(packet.start)
            self._take_body(packet)
        elif tag in _SKIPPED:
            pass
        else:
            if self.start >= 0:
                self._orphans(packet.start)
            self._take_clear(packet)

    def _take_esk(self, packet: Packet) -> None:
        if self.start < 0:
            self.start = packet.start
        esk = parse_esk(packet.tag, packet.body)
        if esk is None or not packet.complete:
            self.problems.append(Problem(kind="damaged session-key packet", offset=packet.start))
        elif len(self.esks) < MAX_ESKS:
            self.esks.append(esk)
        elif len(self.esks) == MAX_ESKS:
            note = f"more than {MAX_ESKS}"
            self.problems.append(
                Problem(kind="too many session keys", offset=packet.start, note=note)
            )

    def _take_body(self, packet: Packet) -> None:
        start = self.start if self.start >= 0 else packet.start
        kind = body_kind(packet.tag, packet.body)
        if kind is None:
            kind_of = "truncated message" if len(packet.body) < 2 else "unknown body version"
            self.problems.append(Problem(kind=kind_of, offset=packet.start, unread=True))
        else:
            truncated = Problem(kind="truncated message", offset=packet.start)
            self.messages.append(
                EncryptedMessage(
                    esks=tuple(self.esks),
                    kind=kind,
                    body=packet.body,
                    ciphertext_id=hashlib.sha256(packet.body).digest(),
                    start=start,
                    end=packet.end,
                    problems=() if packet.complete else (truncated,),
                )
            )
        self.esks, self.start = [], -1

    def _take_clear(self, packet: Packet) -> None:
        """Follow RFC 9580 section 10.3: signatures before and after one piece of content."""
        tag = packet.tag
        if tag in _CONTENT:
            if self.waiting < 0:
                self._close_clear(packet.start)
            if self.clear_start < 0:
                self.clear_start = packet.start
            self.waiting = -1
            if not packet.complete:
                self.problems.append(Problem(kind="truncated message", offset=packet.start))
        elif tag == 4:
            if self.waiting < 0:
                self._close_clear(packet.start)
            if self.clear_start < 0:
                self.clear_start = packet.start
        elif tag == 2:
            if self.clear_start < 0:
                self.clear_start = packet.start
        else:  # keys, user ids, unknown packets: no part of a message
            self._close_clear(packet.start)

    def _close_clear(self, end: int) -> None:
        if self.clear_start >= 0 and self.waiting < 0:
            start = self.clear_start
            self.messages.append(ClearMessage(start=start, end=end, packets=self.data[start:end]))
        self.clear_start, self.waiting = -1, 0

    def _orphans(self, offset: int) -> None:
        self.problems.append(Problem(kind="session keys without body", offset=offset, unread=True))
        self.esks, self.start = [], -1

    def _finish(self, pos: int) -> None:
        self._close_clear(pos)
        if self.start >= 0:
            self._orphans(self.start)
        if pos < len(self.data) and self.data[pos:].strip(b"\0\r\n\t \x1a"):
            left = f"{len(self.data) - pos} bytes"
            self.problems.append(Problem(kind="bytes that are no packet", offset=pos, note=left))


def body_kind(tag: int, body: bytes) -> BodyKind | None:
    """Return the container an encrypted-data packet is, None where its version is unknown."""
    if tag == 9:
        return BodyKind.SED if body else None
    if tag == 20:
        return BodyKind.AEAD20 if body[:1] == b"\x01" else None
    if body[:1] == b"\x01":
        return BodyKind.SEIPD1
    return BodyKind.SEIPD2 if body[:1] == b"\x02" else None


_TAGS = {BodyKind.SED: 9, BodyKind.SEIPD1: 18, BodyKind.SEIPD2: 18, BodyKind.AEAD20: 20}


def write_message(message: EncryptedMessage) -> bytes:
    """Return the packets of a message, each with a length of four octets; the body is the last."""
    esks = b"".join(frame(esk.tag, esk.body) for esk in message.esks)
    return esks + frame(_TAGS[message.kind], message.body)
