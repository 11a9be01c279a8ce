"""Splits bytes into OpenPGP packets, whatever the framing, without ever raising.

Reads old and new headers, partial and indeterminate lengths (RFC 9580 section 4.2). Every
length is checked against what is there: a packet that is cut short says `complete=False`, and
bytes that are no packet header end the walk. Never looks inside a body.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_PACKETS = 200_000
"""More packets than any message or keyring we read holds; a bound, not a rule."""

_PARTIAL = -1
_INDETERMINATE = -2


@dataclass(frozen=True, slots=True, kw_only=True)
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
    header = read_header(data, pos)
    if header is None:
        return None
    tag, begin, length = header
    if length == _PARTIAL:
        return _read_partial(data, pos, tag, begin)
    end = len(data) if length == _INDETERMINATE else begin + length
    complete = end <= len(data)
    end = min(end, len(data))
    return Packet(tag=tag, start=pos, end=end, body=data[begin:end], complete=complete)


def _read_partial(data: bytes, start: int, tag: int, pos: int) -> Packet:
    """Join the chunks of a body of partial lengths (RFC 9580 section 4.2.1.4)."""
    chunks: list[bytes] = []
    size = len(data)
    complete = last = False
    while not last and pos < size:
        octet = data[pos]
        last = not 224 <= octet < 255
        if last:
            final = read_header(b"\xcb" + data[pos : pos + 5], 0)
            if final is None:
                pos = size
                break
            pos, length = pos + final[1] - 1, final[2]
        else:
            pos, length = pos + 1, 1 << (octet & 0x1F)
        chunk = data[pos : pos + length]
        chunks.append(chunk)
        pos += len(chunk)
        complete = last and len(chunk) == length
    return Packet(tag=tag, start=start, end=pos, body=b"".join(chunks), complete=complete)


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
