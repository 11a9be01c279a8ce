"""Splits bytes into OpenPGP packets, whatever the framing, without ever raising.

Reads old and new headers, partial and indeterminate lengths (RFC 9580 section 4.2). Every
length is checked against what is there: a packet that is cut short says `complete=False`, and
bytes that are no packet header end the walk. Never looks inside a body.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from zegel.records import record

MAX_PACKETS = 200_000
"""More packets than any message or keyring we read holds; a bound, not a rule."""

_PARTIAL = -1
_INDETERMINATE = -2


@record
class Packet:
    """One packet: its place `data[start:end]`, and its body without framing."""

    tag: int
    start: int
    end: int
    body: bytes = field(repr=False)
    complete: bool
    """False where the data end before the packet does."""


def read_header(data: bytes, pos: int) -> tuple[int, int, int] | None:
    """Return (tag, start of body, length), or None where no packet header stands at `pos`.

    The length is negative for a partial (-1) or indeterminate (-2) one; for a partial one the
    start is that of the first length octet.
    """
    try:
        first = data[pos]
        if first < 0x80:
            return None
        if first & 0x40:  # new format, RFC 9580 section 4.2.1
            if first == 0xC0:  # tag 0 is reserved and never valid (section 5)
                return None
            octet = data[pos + 1]
            if octet < 192:
                return first & 0x3F, pos + 2, octet
            if octet < 224:
                return first & 0x3F, pos + 3, ((octet - 192) << 8) + data[pos + 2] + 192
            if octet < 255:
                return first & 0x3F, pos + 1, _PARTIAL
            return _long_header(data, first & 0x3F, pos + 2, 4)
        if first < 0x84:  # tag 0 in old format
            return None
        kind = first & 3
        if kind == 3:
            return (first >> 2) & 15, pos + 1, _INDETERMINATE
        return _long_header(data, (first >> 2) & 15, pos + 1, 1 << kind)
    except IndexError:
        return None


def _long_header(data: bytes, tag: int, at: int, octets: int) -> tuple[int, int, int] | None:
    if at + octets > len(data):
        return None
    return tag, at + octets, int.from_bytes(data[at : at + octets], "big")


def read_packet(data: bytes, pos: int) -> Packet | None:
    """Return the packet at `pos`, or None where none begins there."""
    found = read_body(data, pos)
    if found is None:
        return None
    first = data[pos]
    tag = first & 0x3F if first & 0x40 else (first >> 2) & 15
    return Packet(tag=tag, start=pos, end=found[1], body=found[0], complete=found[2])


def read_body(data: bytes, pos: int) -> tuple[bytes, int, bool] | None:
    """Return (body, end, complete) of the packet at `pos`, or None where none begins there."""
    header = read_header(data, pos)
    if header is None:
        return None
    _, begin, length = header
    if length == _PARTIAL:
        return _read_partial(data, begin)
    size = len(data)
    end = size if length == _INDETERMINATE else begin + length
    return data[begin:end], min(end, size), end <= size


def _read_partial(data: bytes, pos: int) -> tuple[bytes, int, bool]:
    """Join the chunks of a body of partial lengths (RFC 9580 section 4.2.1.4)."""
    chunks: list[bytes] = []
    size = len(data)
    while pos < size:
        octet = data[pos]
        if 224 <= octet < 255:
            begin = pos + 1
            pos = begin + (1 << (octet & 0x1F))
            chunks.append(data[begin:pos])
            continue
        last = _last_length(data, pos)
        if last is None:
            break
        begin, pos = last
        chunks.append(data[begin:pos])
        return b"".join(chunks), min(pos, size), pos <= size
    return b"".join(chunks), size, False


def _last_length(data: bytes, pos: int) -> tuple[int, int] | None:
    """Return (begin, end) of the chunk whose definite length stands at `pos`."""
    octet = data[pos]
    if octet < 192:
        return pos + 1, pos + 1 + octet
    if octet < 224:
        if pos + 1 >= len(data):
            return None
        return pos + 2, pos + 2 + ((octet - 192) << 8) + data[pos + 1] + 192
    begin = pos + 5
    if begin > len(data):
        return None
    return begin, begin + int.from_bytes(data[pos + 1 : begin], "big")


def read_packets(data: bytes, limit: int = MAX_PACKETS) -> Iterator[Packet]:
    """Yield the packets of `data` in order; stop at the first byte that begins none."""
    pos = 0
    size = len(data)
    while pos < size and limit:
        packet = read_packet(data, pos)
        if packet is None:
            return
        yield packet
        pos = packet.end
        limit -= 1


def frame(tag: int, body: bytes) -> bytes:
    """Return `body` as one new-format packet of definite length."""
    return bytes((0xC0 | tag, 0xFF)) + len(body).to_bytes(4, "big") + body
