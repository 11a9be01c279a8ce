"""Finds and undoes ASCII armour in any text, and never raises on what it finds there.

RFC 9580 section 6 and RFC 4880 section 6; tolerant of CRLF, LF and CR, of `> ` and `- `
prefixes, of blocks inside JSON or C strings (line ends written `\\n`), of missing blank lines and
of missing ends. The CRC24 is checked only on request or where something else is odd: on the hot
path a correct one costs more than opening the message, whose own MDC or tag is stronger, and
RFC 9580 section 6.1 forbids rejecting a message for it.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

import pybase64

from zegel.openpgp.framing import read_packets
from zegel.records import Buffer, Problem, find_in, record

MAX_HEADER_LINES = 64
MAX_CHECKED = 4 << 20
"""Larger contents are not checked against their CRC24: at 0.1 ms per kilobyte it is no help."""

MAX_SIGNATURES = 64
"""Signatures read from one cleartext-signed message."""

_BEGIN = b"-----BEGIN PGP "
_SIGNATURE = b"-----BEGIN PGP SIGNATURE"
_SIGNED = b"-----BEGIN PGP SIGNED MESSAGE"
_SIGNATURE_END = b"-----END PGP SIGNATURE-----"
_SIGNED_WORDS = (_SIGNATURE, _SIGNED, _SIGNATURE_END)
_LAST_LINE_END = re.compile(rb"(?:\r\n|\r|\n)\Z")
_END = b"-----END PGP "
_KINDS = {
    b"MESSAGE": "MESSAGE",
    b"ARMORED FILE": "MESSAGE",  # `gpg --enarmor`: any packets
    b"PUBLIC KEY BLOCK": "PUBLIC KEY BLOCK",
    b"PRIVATE KEY BLOCK": "PRIVATE KEY BLOCK",
    b"SECRET KEY BLOCK": "PRIVATE KEY BLOCK",  # PGP 2 and 5
    b"SIGNATURE": "SIGNATURE",
    b"SIGNED MESSAGE": "SIGNED MESSAGE",
}
_KIND = re.compile(rb"-----BEGIN PGP ([A-Z ]{7,20}?)(?:, PART [0-9]{1,5}(?:/[0-9]{1,5})?)?-----")
_HEADER = re.compile(
    rb"-----BEGIN PGP [A-Z0-9,/ ]+-----[ \t]*\r?\n(?:[A-Za-z][A-Za-z-]*: [^\r\n]*\r?\n)*[ \t]*\r?\n"
)
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|$)")
_PREFIX = re.compile(rb"^[\s>|\"'*#;]{0,64}(?:- )?[\s\"']{0,64}")
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9 -]{0,40}:(?: |$)")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_CHECKSUM = re.compile(rb"=[A-Za-z0-9+/]{4}")
_FOREIGN = re.compile(rb"[^A-Za-z0-9+/=\s]")
_DATA_LINE = re.compile(
    rb"[\s>|\"']*(?:- )?(?:[A-Za-z0-9+/]{0,100}={0,2}|=[A-Za-z0-9+/]{4})[\s\"'\\]*"
)


@record
class ArmorBlock:
    """One armoured block: `data[start:end]`, from its first dash to its last."""

    kind: str
    start: int
    end: int
    complete: bool
    """False where no fitting END line closes it."""


class _Next:
    """Finds the next place of some words; remembers it, so that a file is searched only once."""

    def __init__(self, data: Buffer, words: bytes) -> None:
        self.data = data
        self.words = words
        self.asked = 0
        self.found = -2

    def at(self, pos: int) -> int:
        """Return the first place from `pos` on that is not dash-escaped, or -1."""
        if self.found != -2 and self.asked <= pos and (self.found < 0 or self.found >= pos):
            return self.found
        found = find_in(self.data, self.words, pos)
        while found >= 2 and self.data[found - 2 : found] == b"- ":
            found = find_in(self.data, self.words, found + 1)
        self.asked, self.found = pos, found
        return found


def find_armor(data: Buffer) -> Iterator[ArmorBlock]:
    """Yield the armoured blocks of `data` in order of their first byte, in linear time.

    What a cleartext-signed text quotes is found too; its own signature is part of its block.
    """
    begin = find_in(data, _BEGIN)
    if begin < 0:
        return
    ends: tuple[_Next, ...] = ()
    end = own = -1
    while begin >= 0:
        following = find_in(data, _BEGIN, begin + len(_BEGIN))
        if end < begin:
            end = find_in(data, _END, begin)
            end = len(data) if end < 0 else end
        named = _KIND.match(data[begin : begin + 64])
        kind = _KINDS.get(named.group(1)) if named else None
        if kind == "SIGNED MESSAGE":
            ends = ends or tuple(_Next(data, words) for words in _SIGNED_WORDS)
            block, own = _signed_block(data, begin, *ends)
            yield block
        elif kind is not None and named is not None and begin != own:
            stop = len(data) if following < 0 else following
            yield _block(data, begin, stop, end, kind, named.group(1))
        begin = following


def _block(data: Buffer, begin: int, stop: int, end: int, kind: str, word: bytes) -> ArmorBlock:
    if end < stop:
        tail = data[end + len(_END) : end + len(_END) + 48]
        fits = tail.startswith(word)
        dashes = tail.find(b"-----")
        close = end + len(_END) + (dashes + 5 if dashes >= 0 else len(word) if fits else 0)
        return ArmorBlock(kind=kind, start=begin, end=min(close, len(data)), complete=fits)
    return ArmorBlock(
        kind=kind, start=begin, end=_where_it_stops(data, begin, stop), complete=False
    )


def _where_it_stops(data: Buffer, begin: int, stop: int) -> int:
    """Return the end of the last line that still looks like armour, from `begin` on."""
    pos = _line_end(data, begin, stop)
    in_headers, good = True, pos
    lines = 0
    while pos < stop:
        end = _line_end(data, pos, stop)
        line = bytes(data[pos:end])
        bare = line.strip()
        lines += 1
        is_header = in_headers and lines < MAX_HEADER_LINES and _NAME.match(bare)
        if not is_header and not _DATA_LINE.fullmatch(line):
            break
        if not bare and not in_headers:
            break
        if not is_header:
            in_headers = False
        good, pos = end, end
    return good


def _line_end(data: Buffer, pos: int, stop: int) -> int:
    """Return where the line at `pos` ends, its line end included; a bare CR ends a line too."""
    newline = data.find(b"\n", pos, stop)
    stop = stop if newline < 0 else newline + 1
    carriage = data.find(b"\r", pos, stop)
    return stop if carriage < 0 or carriage + 2 == stop else carriage + 1


def _signed_block(
    data: Buffer, begin: int, signatures: _Next, signed: _Next, ends: _Next
) -> tuple[ArmorBlock, int]:
    """Return the cleartext-signed block and where its signature begins (RFC 9580 section 7)."""
    signature, again = signatures.at(begin), signed.at(begin + 1)
    again = len(data) if again < 0 else again
    if not 0 <= signature < again:
        return _unclosed(begin, again), -1
    end = ends.at(signature)
    if end < 0 or end > again:
        return _unclosed(begin, _where_it_stops(data, signature, again)), signature
    end += len(_SIGNATURE_END)
    return ArmorBlock(kind="SIGNED MESSAGE", start=begin, end=end, complete=True), signature


def _unclosed(begin: int, end: int) -> ArmorBlock:
    return ArmorBlock(kind="SIGNED MESSAGE", start=begin, end=end, complete=False)


def dearmor(block: bytes, *, check: bool = False) -> tuple[bytes, tuple[Problem, ...]]:
    """Return the bytes inside one armoured block and what is wrong with its armour.

    With `check` the CRC24 is computed; ask for it where opening failed.
    """
    content = dearmor_faultless(block)
    if content is None:
        return _dearmor_slowly(block)
    return content, _checksum_problem(block, content) if check else ()


def dearmor_faultless(block: bytes) -> bytes | None:
    """Return the bytes inside a block of plain armour; None for any that needs more care."""
    header = _HEADER.match(block)
    end = block.rfind(_END)
    if header is None or end <= 0:
        return None
    body = block[header.end() : end]
    checksum = body.rfind(b"\n=")
    if checksum >= 0 and len(body[checksum:].strip()) == 5:
        body = body[:checksum]
    try:
        return pybase64.b64decode(body.translate(None, b"\r\n"), validate=True)
    except (binascii.Error, ValueError):
        return None


def _checksum_problem(block: bytes, content: bytes) -> tuple[Problem, ...]:
    """Compare the CRC24 of RFC 9580 section 6.1; a block without one has nothing to compare."""
    end = block.rfind(_END)
    stated = _CHECKSUM.fullmatch(block[:end][block[:end].rfind(b"\n=") + 1 :].strip())
    if stated is None:
        return ()
    return _compare(content, stated.group())


def _compare(content: bytes, stated: bytes) -> tuple[Problem, ...]:
    if len(content) > MAX_CHECKED or crc24(content) == int.from_bytes(
        pybase64.b64decode(stated[1:]), "big"
    ):
        return ()
    return (Problem(kind="armour checksum", note="CRC24 does not match"),)


def _crc24_table() -> tuple[int, ...]:
    table = []
    for octet in range(256):
        register = octet << 16
        for _ in range(8):
            register = (register << 1) ^ (0x864CFB if register & 0x800000 else 0)
        table.append(register & 0xFFFFFF)
    return tuple(table)


_CRC24 = _crc24_table()


def crc24(content: bytes) -> int:
    """Return the CRC24 of RFC 9580 section 6.1.1; about 0.1 ms per kilobyte."""
    register = 0xB704CE
    for octet in content:
        register = (register << 8 & 0xFFFFFF) ^ _CRC24[(register >> 16) ^ octet]
    return register


def _dearmor_slowly(block: bytes) -> tuple[bytes, tuple[Problem, ...]]:
    """Read armour line by line, keeping what is base64 and saying what is not."""
    problems: list[Problem] = []
    if b"\\n" in block[:80] and b"\n" not in block[: block.find(b"\\n")]:
        # A block inside a JSON or C string: undo that language's escapes.
        block = block.replace(b"\\r", b"\r").replace(b"\\n", b"\n").replace(b"\\/", b"/")
    end = block.rfind(_END)
    if end < 0:
        problems.append(Problem(kind="truncated armour", note="no END line"))
    lines = _lines(block if end < 0 else block[:end])
    text, checksum, foreign = _base64_of(_after_headers(lines))
    if foreign:
        problems.append(Problem(kind="bad armour characters", note=f"{foreign} characters"))
    content, odd = _decode_tolerantly(text)
    if odd:
        problems.append(Problem(kind="truncated armour", note="base64 ends inside a group"))
    if checksum:
        problems += _compare(content, checksum)
    return content, tuple(problems)


def _lines(block: bytes) -> list[bytes]:
    return [_PREFIX.sub(b"", line, count=1).rstrip() for line in _LINE.findall(block)[1:]]


def _after_headers(lines: list[bytes]) -> list[bytes]:
    """Drop armour headers; a blank line ends them, or the first line that is plain base64."""
    for index, line in enumerate(lines[:MAX_HEADER_LINES]):
        if not line:
            return lines[index + 1 :]
        if not _NAME.match(line) and _BASE64.fullmatch(line):
            return lines[index:]
    return lines


def _base64_of(lines: list[bytes]) -> tuple[bytes, bytes, int]:
    """Return (base64 text, checksum line, number of characters left out)."""
    parts: list[bytes] = []
    foreign = 0
    for line in lines:
        line = line.rstrip(b"\"'\\;, \t")
        if parts and _CHECKSUM.fullmatch(line):
            return b"".join(parts), line, foreign
        clean = _FOREIGN.sub(b"", line)
        foreign += len(line) - len(clean)
        parts.append(clean)
    return b"".join(parts), b"", foreign


def _decode_tolerantly(text: bytes) -> tuple[bytes, bool]:
    """Decode as far as whole groups go; True where the text ends inside one."""
    text = text.translate(None, b" \t\r\n\v\f").split(b"=", 1)[0]
    rest = len(text) % 4
    if rest == 1:
        text = text[:-1]
    padded = text + b"=" * (-len(text) % 4)
    return pybase64.b64decode(padded, validate=True), rest == 1


def read_cleartext_signed(block: bytes) -> tuple[bytes, bytes, list[bytes]]:
    """Return (text as signed, text as shown, signature packet bodies) of a SIGNED MESSAGE.

    As signed means RFC 9580 section 7.2: dash escapes undone, spaces and tabs at line ends
    removed, lines ended by CRLF, the last line end left out. As shown keeps the latter two.
    """
    lines = _LINE.findall(block)[1:]
    begin = next((i for i, line in enumerate(lines) if not line.strip()), 0) + 1
    end = next((i for i, line in enumerate(lines) if line.startswith(_SIGNATURE)), len(lines))
    text = [line[2:] if line.startswith(b"- ") else line for line in lines[begin:end]]
    if end == len(lines) and text and not text[-1]:
        text.pop()  # what the pattern finds after the last line end
    signed = b"\r\n".join(line.rstrip(b" \t\r\n") for line in text)
    shown = _LAST_LINE_END.sub(b"", b"".join(text))
    armoured = b"".join(lines[end:])
    bodies: list[bytes] = []
    for signature in find_armor(armoured):
        packets, _ = dearmor(armoured[signature.start : signature.end])
        bodies += [
            packet.body for packet in read_packets(packets, MAX_SIGNATURES) if packet.tag == 2
        ]
    return signed, shown, bodies[:MAX_SIGNATURES]
