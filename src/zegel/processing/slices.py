"""Finds header fields and body parts by offset in the bytes as received, without changing them.

It never raises on any bytes, never recurses, and works in time linear in size times depth.
It never decodes a transfer encoding: `mime` does. RFC 5322 sections 2.2 and 3.6, RFC 2045
section 5, RFC 2046 section 5.1, RFC 2231 sections 3 and 4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from zegel.processing.charsets import decode, undeclared
from zegel.records import Problem

Headers = dict[str, list[str]]
"""Values by lower-case name, unfolded but not decoded (RFC 2047); order of the mail is kept."""

MAX_HEADER_BYTES = 4 << 20
MAX_FIELDS = 10_000
_SMALL = 256

_FIELD_NAME = re.compile(r"[!-9;-~]+")
_STRAY = re.compile(rb"(?m)^(?![!-9;-~]+[ \t]*:)[^ \t\r\n].*")
# A block that goes on with one of these after a stray line is still a header block.
_RESYNC = re.compile(
    r"(?mi)^(?:received|from|to|cc|date|subject|message-id|mime-version|content-[a-z-]+"
    r"|delivered-to|return-path)[ \t]*:"
)


def _end_of_block(source: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the header block ends and where the body starts."""
    if start < end and source[start] in b"\r\n" and source.startswith((b"\n", b"\r\n"), start, end):
        return start, start + (1 if source[start] == 10 else 2)
    first = source.find(b"\n", start, end)
    if first > start and source[first - 1] == 13:  # what is likelier bounds the other search
        crlf = source.find(b"\n\r\n", first, end)
        bare = source.find(b"\n\n", first, end if crlf < 0 else crlf + 1)
    else:
        crlf, bare = -1, source.find(b"\n\n", start, end)
        bound = end if bare < 0 else bare + 1
        if source.find(b"\r", start, bound) >= 0:  # one byte is found ten times as quickly as three
            crlf = source.find(b"\n\r\n", start, bound)
            bare = -1 if crlf >= 0 else bare
    if bare >= 0:
        return bare + 1, bare + 2
    return (crlf + 1, crlf + 3) if crlf >= 0 else (end, end)


def _decode_block(block: bytes) -> str:
    try:
        return block.decode("utf-8")
    except UnicodeDecodeError:
        return "\n".join(undeclared(line) for line in block.split(b"\n"))


def _unfolded(block: bytes) -> list[str]:
    """Return the block's lines, continuation lines joined to theirs (RFC 5322 section 2.2.3)."""
    text = _decode_block(block)
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    # What one puts together never stands before a blank of the other kind.
    return text.replace("\n ", " ").replace("\n\t", "\t").split("\n")


def read_headers(
    source: bytes, start: int, end: int, problems: list[Problem]
) -> tuple[Headers, int]:
    """Return the fields of the header block at `start`, and the offset its body starts at.

    A block that does not begin with a field is no header block: the body starts at `start`.
    Never change what it returns: equal blocks share it.
    """
    stop, body = _end_of_block(source, start, end)
    if stop - start <= _SMALL:
        # The parts of encrypted mail carry the same few header blocks millions of times.
        fields, stray, kinds = _small_block(source[start:stop])
    else:
        if stop - start > MAX_HEADER_BYTES:
            problems.append(Problem(kind="header too large", offset=start))
            stop = start + MAX_HEADER_BYTES
        fields, stray, kinds = _block(source[start:stop])
    if kinds:
        problems.extend(Problem(kind=kind, offset=start) for kind in kinds)
    return fields, (body if stray < 0 else start + stray)


def _block(block: bytes) -> tuple[Headers, int, tuple[str, ...]]:
    """Return fields, where a body without its blank line starts (or -1), and kinds of problems."""
    lines = _unfolded(block)
    kinds: list[str] = []
    if len(lines) > MAX_FIELDS:
        kinds.append("too many header fields")
        del lines[MAX_FIELDS:]
    fields: Headers = {}
    for number, line in enumerate(lines):
        before, colon, value = line.partition(":")
        if colon and len(before) < 80 and (name := _field_name(before)):
            if name in fields:
                fields[name].append(value.strip(" \t\r"))
            else:
                fields[name] = [value.strip(" \t\r")]
        elif "malformed header line" not in kinds and not _passable(line, number):
            if not _RESYNC.search("\n".join(lines[number + 1 :])):
                return fields, _first_stray(block), tuple(kinds)
            kinds.append("malformed header line")
    return fields, -1, tuple(kinds)


_small_block = lru_cache(maxsize=1024)(_block)


@lru_cache(maxsize=4096)
def _field_name(before: str) -> str:
    """Return the lower-case field name, or an empty string; blanks before the colon are met."""
    name = before.rstrip(" \t")
    return name.lower() if _FIELD_NAME.fullmatch(name) else ""


def _passable(line: str, number: int) -> bool:
    """Say whether a line without a field's form is no sign of a body: mbox framing, blanks."""
    return not line.strip() or (number == 0 and line.lstrip(">").startswith("From "))


def _first_stray(block: bytes) -> int:
    """Return where the first line stands that is no field: its blank line is missing."""
    for found in _STRAY.finditer(block):
        if found.start() or not found[0].lstrip(b">").startswith(b"From "):
            return found.start()
    return 0


def split_multipart(
    source: bytes, start: int, end: int, boundary: bytes, limit: int
) -> tuple[list[tuple[int, int]], int, int]:
    """Return the parts' offsets, where the preamble ends, and where the epilogue starts.

    The line break before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1). The
    epilogue's start is `end + 1` where the closing delimiter is missing. At most `limit`
    parts are returned.
    """
    delimiter = b"--" + boundary
    parts: list[tuple[int, int]] = []
    opened = -1
    preamble = end
    at = source.find(delimiter, start, end)
    while at >= 0:
        after = at + len(delimiter)
        if at == start or source[at - 1] == 10:
            stop, closing = _rest_of_delimiter(source, after, end)
            if stop:
                floor = start if opened < 0 else opened
                before = at - 1 if at > floor else at
                if before > floor and source[before - 1] == 13:
                    before -= 1
                if opened < 0:
                    preamble = before
                else:
                    parts.append((opened, before))
                if closing or len(parts) >= limit:
                    return parts, preamble, stop
                opened = after = stop
        at = source.find(delimiter, after, end)
    if opened >= 0:
        parts.append((opened, end))
    return parts, preamble, end + 1


def _rest_of_delimiter(source: bytes, after: int, end: int) -> tuple[int, bool]:
    """Return where the delimiter's line ends (0: it is none) and whether it closes."""
    if source.startswith((b"\n", b"\r\n"), after, end):
        return after + (1 if source[after] == 10 else 2), False
    stop = source.find(b"\n", after, end)
    stop = end if stop < 0 else stop + 1
    tail = source[after : min(stop, after + 1000)].strip()
    return (stop, bool(tail)) if not tail or tail == b"--" else (0, False)


_ESCAPE = re.compile(r"\\(.)", re.S)
_PARAMETER = re.compile(
    r";\s*([!#$&+.^_`|~%'*\w-]+?)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"?|([^;\s\"][^;\"]*|))", re.S
)


_FIELD_LIMIT = 65536


def structured(value: str) -> tuple[str, Mapping[str, str]]:
    """Return a structured field's first word in lower case, and its parameters by name.

    RFC 2045 section 5.1 and RFC 2231; of a parameter given twice the first counts.
    """
    return _structured(value) if len(value) < 256 else _structured.__wrapped__(value)


@lru_cache(maxsize=1024)
def _structured(value: str) -> tuple[str, Mapping[str, str]]:
    word, _, rest = value[:_FIELD_LIMIT].partition(";")
    word = word.strip().lower()
    if not rest:
        return word, {}
    simple = None if "\\" in rest or "*" in rest else _simple(rest)
    return word, _parameters(f";{rest}") if simple is None else simple


def _simple(rest: str) -> dict[str, str] | None:
    """Read parameters without escapes or continuations; None where a quote needs more care."""
    pairs: dict[str, str] = {}
    for piece in rest.split(";"):
        name, equals, text = piece.partition("=")
        text = text.strip()
        if '"' in text:
            if text[0] != '"' or text.find('"', 1) != len(text) - 1 or len(text) < 2:
                return None
            text = text[1:-1]
        elif '"' in name:
            return None
        if equals:
            pairs.setdefault(name.strip().lower(), text)
    return pairs


def _parameters(rest: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for found in _PARAMETER.finditer(rest):
        key, quoted, token = found.groups()
        text = token.strip() if quoted is None else _ESCAPE.sub(r"\1", quoted)
        stem, star, index = key.lower().partition("*")
        number = index.rstrip("*")
        if not star:
            pairs.setdefault(stem, text)
        elif not number or (number.isascii() and number.isdigit() and len(number) < 4):
            encoded = not index or index.endswith("*")
            pieces.setdefault(stem, {}).setdefault(int(number or 0), (text, encoded))
    # RFC 2231 section 4 prefers nothing; RFC 6266 section 4.3 prefers the extended form.
    pairs.update({stem: _joined(found) for stem, found in pieces.items()})
    return pairs


def parameter(value: str, name: str) -> str:
    """Return parameter `name` of a structured field, or an empty string."""
    return structured(value)[1].get(name, "")


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    """Put RFC 2231 continuations together: `charset'language'percent-encoded` in the first."""
    charset = ""
    first, encoded = pieces.get(0, ("", False))
    if encoded and first.count("'") >= 2:
        charset, _, rest = first.split("'", 2)
        pieces[0] = (rest, True)
    raw = b"".join(
        unquote_to_bytes(text) if percent else text.encode("utf-8")
        for _, (text, percent) in sorted(pieces.items())
    )
    return decode(raw, charset)[0]
