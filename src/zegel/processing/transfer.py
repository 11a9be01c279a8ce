"""Undoes a transfer encoding, keeping what can be kept of a damaged one.

Never raises and never changes line ends; damage costs a problem, not the part. RFC 2045
section 6; uuencode as in POSIX.
"""

from __future__ import annotations

import binascii
import re

import pybase64

from zegel.processing.slices import Headers
from zegel.records import Problem

DECODED = frozenset({"base64", "quoted-printable", "x-uuencode", "uuencode", "x-uue", "uue"})
_IDENTITY = frozenset({"", "7bit", "8bit", "binary"})


def encoding_of(headers: Headers) -> str:
    """Return the declared transfer encoding in lower case, or an empty string."""
    values = headers.get("content-transfer-encoding")
    if not values:
        return ""
    words = values[0].replace(";", " ").lower().split()
    return words[0].strip("\"'") if words else ""


def transfer_decoded(raw: bytes, headers: Headers, problems: list[Problem], offset: int) -> bytes:
    """Undo the transfer encoding (RFC 2045 section 6); damage costs a problem, not the part."""
    encoding = encoding_of(headers)
    if encoding in _IDENTITY:
        return raw
    if encoding == "base64":
        return _from_base64(raw, problems, offset)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(raw)
    if encoding in DECODED:
        return _from_uuencode(raw, problems, offset)
    problems.append(Problem(kind="unknown transfer encoding", offset=offset))
    return raw


def _from_base64(raw: bytes, problems: list[Problem], offset: int) -> bytes:
    packed = raw.translate(None, b"\r\n\t ")
    try:
        return pybase64.b64decode(packed, validate=True)
    except binascii.Error:
        problems.append(Problem(kind="damaged base64", offset=offset))
    letters = re.sub(rb"[^A-Za-z0-9+/=]+", b"", packed)
    padding = letters.find(b"=")
    letters = letters if padding < 0 else letters[:padding]
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _from_uuencode(raw: bytes, problems: list[Problem], offset: int) -> bytes:
    lines = iter(raw.splitlines())
    for line in lines:
        if line.startswith(b"begin "):
            break
    else:
        problems.append(Problem(kind="damaged uuencode", offset=offset))
        return raw
    pieces: list[bytes] = []
    for line in lines:
        if line.strip() == b"end":
            break
        try:
            pieces.append(binascii.a2b_uu(line))
        except binascii.Error:
            problems.append(Problem(kind="damaged uuencode", offset=offset))
            break
    return b"".join(pieces)
