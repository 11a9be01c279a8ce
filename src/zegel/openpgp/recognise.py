"""Says whether a file begins as an OpenPGP message or keyring, strictly enough for any file.

Looks at packet structure only (RFC 9580 sections 4 and 5): known versions and algorithms, lengths
that agree with the numbers inside, and a next packet that may follow. Text, pictures, databases
and random bytes must not match, since whole copies of servers are tried. Never raises.
"""

from __future__ import annotations

import bz2
import zlib

from zegel.openpgp.curves import curve_bits
from zegel.openpgp.framing import Packet, read_header, read_packet

HEAD = 65536
"""A head of this length may be cut; a shorter one is the whole file."""

_ENCRYPTING = frozenset((1, 2, 8, 16, 18, 20, 25, 26, 35, 36, 105))
_SIGNING = frozenset((1, 3, 16, 17, 18, 19, 20, 22, 25, 26, 27, 28, 105))
_ALL_KEYS = _ENCRYPTING | _SIGNING | frozenset(range(30, 37))
_HASHES = frozenset((1, 2, 3, 8, 9, 10, 11, 12, 14))
_CIPHERS = frozenset((1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13))
_S2K = frozenset((0, 1, 3, 4))
_FORMATS = b"btul1m"
_MAX_NESTING = 3
_LITTLE = 512
_BEFORE_BODY = (1, 3, 10)
_LEAST_BODY = 32
_LATEST_VERSION = 31


def looks_like_message(head: bytes) -> bool:
    """Say whether `head` (at most 64 KiB of a file) begins as an OpenPGP message."""
    if not head or head[0] < 0x80:
        return False
    return _message_at(head, 0, len(head) >= HEAD, 0) or _whole_message(head)


def _whole_message(head: bytes) -> bool:
    """Say whether `head` is, to its last octet, session-key packets and one encrypted body.

    So a message with packets of a version or algorithm nobody here knows is found all the same,
    and named `unsupported`, where its lengths alone leave no doubt: definite, and fitting exactly.
    """
    if len(head) >= HEAD:
        return False
    pos = session_keys = 0
    for _ in range(64):
        packet = read_packet(head, pos)
        if packet is None or not packet.complete or _indeterminate(head, pos):
            return False
        if packet.tag in (9, 18, 20):
            whole = packet.end == len(head) and len(packet.body) >= _LEAST_BODY
            return whole and session_keys > 0 and _encrypted(packet.tag, packet.body)
        if packet.tag not in _BEFORE_BODY or (packet.tag != 10 and not _some_esk(packet)):
            return False
        session_keys += packet.tag != 10
        pos = packet.end
    return False


def _some_esk(packet: Packet) -> bool:
    """Say whether a packet may hold a session key, in some version that may yet be made."""
    least = 12 if packet.tag == 1 else 4
    return len(packet.body) >= least and 2 <= packet.body[0] <= _LATEST_VERSION


def _message_at(head: bytes, pos: int, cut: bool, depth: int) -> bool:
    """Check the packets from `pos`; `cut` says that the file goes on after `head`."""
    session_keys = 0
    for _ in range(64):
        packet = read_packet(head, pos)
        if packet is None:
            return False
        if packet.tag in (9, 18, 20):
            ends_here = packet.complete and packet.end == len(head) and not cut
            ends_here = ends_here and not _indeterminate(head, pos)
            return _encrypted(packet.tag, packet.body) and (session_keys > 0 or ends_here)
        if packet.tag not in _BEFORE_BODY:
            fits = packet.complete or (cut and packet.end == len(head))
            return session_keys == 0 and fits and _clear(head, packet, cut, depth)
        if not (packet.complete and _before_body(packet)):
            return False
        session_keys += packet.tag != 10
        if packet.end >= len(head):
            return cut and session_keys > 0
        pos = packet.end
    return session_keys > 0


def _before_body(packet: Packet) -> bool:
    if packet.tag == 10:
        return packet.body == b"PGP"
    return _pkesk(packet.body) if packet.tag == 1 else _skesk(packet.body)


def _pkesk(body: bytes) -> bool:
    if len(body) < 12:
        return False
    if body[0] in (2, 3):
        algorithm, at = body[9], 10
    elif body[0] == 6 and body[1] in (0, 21, 33) and body[1] + 3 < len(body):
        algorithm, at = body[2 + body[1]], 3 + body[1]
    else:
        return False
    if algorithm not in _ENCRYPTING:
        return False
    return algorithm not in (1, 2, 16, 20) or _mpis(body, at, 1 if algorithm < 3 else 2)


def _mpis(body: bytes, pos: int, count: int) -> bool:
    """Say whether exactly `count` MPIs fill the rest of `body` (RFC 9580 section 3.2)."""
    for _ in range(count):
        after = _after_mpi(body, pos)
        if after is None:
            return False
        pos = after
    return pos == len(body)


def _after_mpi(body: bytes, pos: int) -> int | None:
    if pos + 2 > len(body):
        return None
    bits = int.from_bytes(body[pos : pos + 2], "big")
    end = pos + 2 + (bits + 7) // 8
    if not 1 <= bits <= 16384 or end > len(body):
        return None
    # The first octet's highest bit is the one the length states; malformed writers pad by one.
    if body[pos + 2].bit_length() not in ((bits - 1) % 8 + 1, 0):
        return None
    return end


def _skesk(body: bytes) -> bool:
    if len(body) < 4 or len(body) > 200:
        return False
    if body[0] == 4:
        return body[1] in _CIPHERS and body[2] in _S2K
    if body[0] == 5:
        return body[1] in _CIPHERS and body[2] in (1, 2, 3) and body[3] in _S2K
    return body[0] == 6 and len(body) > 6 and body[2] in _CIPHERS and body[3] in (1, 2, 3)


def _encrypted(tag: int, body: bytes) -> bool:
    if tag == 9:
        return len(body) >= 12
    if tag == 18 and body[:1] == b"\x01":
        return len(body) >= 32
    if len(body) < 32 or body[0] != (2 if tag == 18 else 1):
        return False
    return body[1] in _CIPHERS and body[2] in (1, 2, 3) and body[3] <= 56


def _clear(head: bytes, packet: Packet, cut: bool, depth: int) -> bool:
    """Check a message that is not encrypted: literal, compressed or signed."""
    if depth > _MAX_NESTING:
        return False
    tag, body, end = packet.tag, packet.body, packet.end
    ends = end == len(head) or _may_follow(head, end)
    if tag == 11:
        return ends and _literal(body) and not (depth == 0 and _indeterminate(head, packet.start))
    if tag == 8:
        return ends and _compressed(body, depth)
    if tag == 4:
        return _one_pass(body) and _signed_content(head, end, cut, depth)
    return tag == 2 and signature_fits(body) and _signed_content(head, end, cut, depth)


def _signed_content(head: bytes, pos: int, cut: bool, depth: int) -> bool:
    header = read_header(head, pos)
    if header is None or header[0] not in (2, 4, 8, 11, 1, 3):
        return False
    return _message_at(head, pos, cut, depth + 1)


def _may_follow(head: bytes, pos: int) -> bool:
    header = read_header(head, pos)
    return header is not None and header[0] in (1, 2, 3, 4, 8, 9, 10, 11, 18, 19, 20, 21)


def _literal(body: bytes) -> bool:
    """Check format, file name and date (RFC 9580 section 5.9)."""
    if len(body) < 6 or body[0] not in _FORMATS or 6 + body[1] > len(body):
        return False
    name = body[2 : 2 + body[1]]
    date = body[2 + body[1] : 6 + body[1]]
    return not any(octet < 32 for octet in name) and _plausible_time(date)


def _plausible_time(octets: bytes) -> bool:
    """Say whether four octets are a time nobody need have forged: none, or 1990 to 2050."""
    return octets == bytes(4) or 0x25 <= octets[0] <= 0x96


def _compressed(body: bytes, depth: int) -> bool:
    """Expand a few hundred bytes and look at what they begin with."""
    try:
        inside = _expand_a_little(body)
    except (zlib.error, OSError, EOFError, ValueError):
        return False
    if not inside or inside[0] < 0x80:
        return False
    return _message_at(inside, 0, len(inside) >= _LITTLE, depth + 1)


def _expand_a_little(body: bytes) -> bytes:
    algorithm, packed = body[:1], body[1:8192]
    if algorithm == b"\x01":
        return zlib.decompressobj(-15).decompress(packed, _LITTLE)
    if algorithm == b"\x02":
        return zlib.decompressobj().decompress(packed, _LITTLE)
    if algorithm == b"\x03" and packed[:3] == b"BZh":
        # A block of bzip2 opens only as a whole: its magic stands for its content.
        small = len(body) < 8192
        inside = bz2.BZ2Decompressor().decompress(packed, _LITTLE) if small else b""
        return inside or b"\xcb\xff\x00\x10\x00\x00b\x00\x00\x00\x00\x00" + bytes(_LITTLE)
    return body[1 : 1 + _LITTLE] if algorithm == b"\x00" else b""


def _one_pass(body: bytes) -> bool:
    if len(body) == 13 and body[0] == 3:
        return body[1] <= 0x1F and body[2] in _HASHES and body[3] in _ALL_KEYS and body[12] <= 1
    return len(body) > 38 and body[0] == 6 and body[2] in _HASHES and body[-1] <= 1


def signature_fits(body: bytes) -> bool:
    """Say whether `body` is structured as a signature packet (RFC 9580 section 5.2)."""
    if len(body) < 12:
        return False
    if body[0] in (2, 3):
        return body[1] == 5 and body[15:16] in _octets(_SIGNING) and body[16:17] in _octets(_HASHES)
    if body[0] not in (4, 5, 6) or body[2] not in _ALL_KEYS or body[3] not in _HASHES:
        return False
    wide = 4 if body[0] == 6 else 2
    hashed = int.from_bytes(body[4 : 4 + wide], "big")
    at = 4 + wide + hashed
    if at + wide > len(body):
        return False
    unhashed = int.from_bytes(body[at : at + wide], "big")
    return at + wide + unhashed + 2 < len(body)


def _octets(numbers: frozenset[int]) -> frozenset[bytes]:
    return frozenset(bytes((number,)) for number in numbers)


def looks_like_keyring(head: bytes) -> bool:
    """Say whether `head` begins with a public or secret key packet that others may follow."""
    if not head or head[0] < 0x80:
        return False
    cut = len(head) >= HEAD
    packet = read_packet(head, 0)
    if packet is None or packet.tag not in (5, 6) or not _key(packet.tag, packet.body):
        return False
    if _indeterminate(head, 0):
        return False
    if packet.end == len(head):
        return packet.complete or cut
    following = read_packet(head, packet.end)
    if following is None or following.tag not in (2, 5, 6, 7, 10, 12, 13, 14, 17, 21):
        return False
    return following.complete or cut


def _indeterminate(head: bytes, pos: int) -> bool:
    """Say whether the packet's length is indeterminate, which fits any file."""
    return head[pos] & 0x43 == 0x03


def _key(tag: int, body: bytes) -> bool:
    """Check version, algorithm and the first public number (RFC 9580 section 5.5.2)."""
    # A key's own clock is no measure: real rings hold keys of 1970 and of 2063.
    if len(body) < 12 or body[0] not in (2, 3, 4, 5, 6):
        return False
    at = {2: 8, 3: 8, 4: 6, 5: 10, 6: 10}[body[0]]
    algorithm = body[at - 1] if body[0] in (2, 3) else body[5]
    if algorithm not in _ALL_KEYS:
        return False
    if algorithm in (1, 2, 3, 16, 17, 20):
        counts = {1: 2, 2: 2, 3: 2, 17: 4}
        return _public_mpis(body, at, counts.get(algorithm, 3), exact=tag == 6)
    if algorithm in (18, 19, 22):
        return curve_bits(body[at + 1 : at + 1 + body[at]]) > 0
    return len(body) >= at + 32


def _public_mpis(body: bytes, pos: int, count: int, *, exact: bool) -> bool:
    for _ in range(count):
        after = _after_mpi(body, pos)
        if after is None:
            return False
        pos = after
    return pos == len(body) if exact else pos < len(body)
