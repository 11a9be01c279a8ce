"""Walks the packets inside an opened body down to what the person wrote, within fixed bounds.

RFC 9580 sections 5.6 (compressed), 5.9 (literal), 5.4 (one-pass signatures) and 10.3 (grammar).
`strict` is for bodies nothing vouches for: every packet must be whole, known and end where the
data end. Otherwise a defect is a `Problem` beside the content. A compressed packet never expands
beyond `MAX_CONTENT`, nor beyond `MAX_RATIO` once past `FREE_EXPANSION`. Never raises on evidence.
"""

from __future__ import annotations

import bz2
import zlib
from dataclasses import dataclass, field

from zegel.openpgp.framing import read_body
from zegel.openpgp.model import EncryptedMessage, Failure, OpenFailure
from zegel.openpgp.names import compression_name, reason
from zegel.openpgp.packets import read_messages
from zegel.records import Problem

MAX_CONTENT = 1 << 30
"""Octets one message may expand to."""
FREE_EXPANSION = 16 << 20
"""Octets any message may expand to, whatever the ratio."""
MAX_RATIO = 250
"""Beyond the free part: text compresses ten times, an empty disk image a thousand times."""
MAX_DEPTH = 8
MAX_INNER_PACKETS = 10_000

_FORMATS = frozenset(b"btul1m")
_ENCRYPTED_TAGS = frozenset((1, 3, 9, 18, 20))
_IGNORED_TAGS = frozenset((10, 12, 19, 21))
_LIMIT = Failure(failure=OpenFailure.UNSUPPORTED, code="content-over-limit")
_DEEP = Failure(failure=OpenFailure.UNSUPPORTED, code="content-too-deep")
_UNREADABLE = Failure(failure=OpenFailure.DAMAGED, code="inner-packets-unreadable")
_EXPANSION = Failure(failure=OpenFailure.DAMAGED, code="compressed-data-damaged")


@dataclass(slots=True, kw_only=True)
class Inside:
    """What a walk has found so far."""

    content: bytes = field(default=b"", repr=False)
    found: bool = False
    literal_format: str = ""
    filename: bytes = field(default=b"", repr=False)
    literal_date: int = 0
    compression: int = 0
    signature_packets: list[bytes] = field(default_factory=list, repr=False)
    one_pass: int = 0
    nested: EncryptedMessage | None = field(default=None, repr=False)
    problems: list[Problem] = field(default_factory=list)


def read_content(packets: bytes, *, strict: bool) -> Inside | Failure:
    """Return what lies in the decrypted `packets`, or why they cannot be read."""
    inside = Inside()
    failure = _walk(packets, inside, strict, 0)
    if failure is not None:
        return failure
    if not inside.found:
        return _UNREADABLE
    if inside.one_pass > len(inside.signature_packets):
        inside.problems.append(Problem(kind="signature packet missing"))
    return inside


def _walk(data: bytes, inside: Inside, strict: bool, depth: int) -> Failure | None:
    pos, size = 0, len(data)
    for _ in range(MAX_INNER_PACKETS):
        if pos >= size:
            return None
        found = read_body(data, pos)
        if found is None:
            return _trailing(inside, strict, size - pos)
        first = data[pos]
        tag = first & 0x3F if first & 0x40 else (first >> 2) & 15
        body, end, complete = found
        if not complete:
            if strict:
                return _UNREADABLE
            inside.problems.append(Problem(kind="inner packet cut short", note=f"tag {tag}"))
        if tag in _ENCRYPTED_TAGS:
            return _take_nested(data[pos:], inside, strict)
        failure = _take(tag, body, inside, strict, depth)
        if failure is not None:
            return failure
        pos = end
    return _DEEP


def _trailing(inside: Inside, strict: bool, count: int) -> Failure | None:
    if strict or not inside.found:
        return _UNREADABLE
    inside.problems.append(Problem(kind="bytes after the content", note=f"{count} bytes"))
    return None


def _take(tag: int, body: bytes, inside: Inside, strict: bool, depth: int) -> Failure | None:
    if tag == 11:
        return _take_literal(body, inside, strict)
    if tag == 8:
        return _take_compressed(body, inside, strict, depth)
    if tag == 2:
        inside.signature_packets.append(body)
    elif tag == 4:
        inside.one_pass += 1
    elif tag not in _IGNORED_TAGS:
        # Section 4.3: tags below 40 are critical; a stranger among them is worth a word.
        if strict:
            return _UNREADABLE
        inside.problems.append(Problem(kind="unexpected inner packet", note=f"tag {tag}"))
    return None


def _take_literal(body: bytes, inside: Inside, strict: bool) -> Failure | None:
    if len(body) < 2 or len(body) < 6 + body[1] or (strict and body[0] not in _FORMATS):
        return _UNREADABLE
    if inside.found:
        if strict:
            return _UNREADABLE
        inside.problems.append(Problem(kind="further literal packet", note=f"{len(body)} bytes"))
        return None
    name_end = 2 + body[1]
    inside.found = True
    inside.literal_format = chr(body[0])
    inside.filename = body[2:name_end]
    inside.literal_date = int.from_bytes(body[name_end : name_end + 4], "big")
    inside.content = body[name_end + 4 :]
    return None


def _take_compressed(body: bytes, inside: Inside, strict: bool, depth: int) -> Failure | None:
    if depth >= MAX_DEPTH:
        return _DEEP
    if not body:
        return _UNREADABLE
    algorithm = body[0]
    expanded = expand(algorithm, body[1:])
    if isinstance(expanded, Failure):
        return expanded
    plain, whole = expanded
    if not whole:
        if strict:
            return _EXPANSION
        inside.problems.append(Problem(kind="compressed data cut short"))
    inside.compression = inside.compression or algorithm
    return _walk(plain, inside, strict, depth + 1)


def _take_nested(data: bytes, inside: Inside, strict: bool) -> Failure | None:
    messages, problems = read_messages(data)
    first = messages[0] if messages else None
    if not isinstance(first, EncryptedMessage) or (strict and (problems or first.problems)):
        return _UNREADABLE
    if inside.found:
        inside.problems.append(Problem(kind="encrypted message after the content"))
        return None
    inside.nested = first
    inside.found = True
    inside.problems += problems
    return None


def expansion_limit(packed: int) -> int:
    """Return how many octets `packed` octets may expand to."""
    return min(MAX_CONTENT, max(FREE_EXPANSION, packed * MAX_RATIO))


def expand(algorithm: int, packed: bytes) -> tuple[bytes, bool] | Failure:
    """Undo one compression; the flag is False where its stream ends early."""
    if algorithm == 0:
        return packed, True
    limit = expansion_limit(len(packed))
    try:
        if algorithm in (1, 2):
            return _inflate(packed, -15 if algorithm == 1 else 15, limit)
        if algorithm == 3:
            return _bunzip(packed, limit)
    except (zlib.error, OSError, EOFError, ValueError):
        return _EXPANSION
    name = compression_name(algorithm)
    return Failure(failure=OpenFailure.UNSUPPORTED, code=reason("compression", algorithm, name))


def _inflate(packed: bytes, window: int, limit: int) -> tuple[bytes, bool] | Failure:
    stream = zlib.decompressobj(window)
    plain = stream.decompress(packed, limit)
    if stream.eof:
        return plain, True
    if stream.unconsumed_tail or len(plain) >= limit:
        return _LIMIT
    # Old zlib wanted one octet beyond a raw stream's end; some writers count on it.
    plain += stream.decompress(b"\0", limit - len(plain))
    return plain, stream.eof


def _bunzip(packed: bytes, limit: int) -> tuple[bytes, bool] | Failure:
    stream = bz2.BZ2Decompressor()
    plain = stream.decompress(packed, limit)
    if stream.eof:
        return plain, True
    return (plain, False) if stream.needs_input else _LIMIT
