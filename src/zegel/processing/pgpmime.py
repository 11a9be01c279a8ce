"""Reads the usual encrypted mail, PGP/MIME just as RFC 3156 section 4 has it, without its tree.

Nearly all mail of such a network is of this one form. What is in any way otherwise gives None and
is read by `mime` and `layers`, which would give the same for what is read here (a test holds the
two to each other over real, generated and damaged mail).
"""

from __future__ import annotations

from zegel.openpgp.armor import dearmor_faultless
from zegel.openpgp.packets import read_usual_message
from zegel.processing.layers import FoundLayer
from zegel.processing.slices import Headers, read_headers, split_multipart, structured
from zegel.records import Problem

_CONTROL = "application/pgp-encrypted"
_CONTENT = "application/octet-stream"
_BEGIN = b"-----BEGIN PGP "
_FIRST_LINE = b"-----BEGIN PGP MESSAGE-----"
_LAST_LINE = b"-----END PGP MESSAGE-----"
_AS_IT_IS = ("7bit", "8bit", "binary")


def read_pgp_mime(raw: bytes) -> tuple[Headers, FoundLayer] | None:
    """Return a mail's header fields and its one layer; None for all but faultless PGP/MIME."""
    at = raw.find(_BEGIN)
    if at < 0 or raw.rfind(_BEGIN) != at:
        return None
    problems: list[Problem] = []
    headers, body = read_headers(raw, 0, len(raw), problems)
    values = headers.get("content-type")
    if problems or not values:
        return None
    kind, parameters = structured(values[0])
    boundary = parameters.get("boundary", "").rstrip().encode("utf-8")
    if kind != "multipart/encrypted" or not boundary:
        return None
    parts, _, epilogue = split_multipart(raw, body, len(raw), boundary, 3)
    if len(parts) != 2 or epilogue > len(raw):
        return None
    control = _leaf(raw, *parts[0], _CONTROL)
    content = _leaf(raw, *parts[1], _CONTENT)
    if control is None or content is None or control[:1] >= b"\x80" or _BEGIN in control:
        return None
    layer = _layer(content)
    return None if layer is None else (headers, layer)


def _leaf(raw: bytes, start: int, end: int, wanted: str) -> bytes | None:
    """Return a part's content where it is of the type `wanted` and not encoded."""
    problems: list[Problem] = []
    headers, body = read_headers(raw, start, end, problems)
    values = headers.get("content-type")
    if problems or not values or structured(values[0])[0] != wanted:
        return None
    encoding = headers.get("content-transfer-encoding")
    if encoding and encoding[0].lower() not in _AS_IT_IS:
        return None
    return raw[body:end]


def _layer(content: bytes) -> FoundLayer | None:
    begin = content.find(_FIRST_LINE)
    end = content.find(_LAST_LINE)
    if begin < 0 or end < begin:
        return None
    packets = dearmor_faultless(content[begin : end + len(_LAST_LINE)])
    message = read_usual_message(packets) if packets else None
    return None if message is None else FoundLayer(path="2#1", kind="openpgp", message=message)
