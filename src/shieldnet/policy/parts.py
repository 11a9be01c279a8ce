"""Take a message apart no further than needed: header fields, and the parts of one multipart.

RFC 5322 sections 2.2 and 2.2.3, RFC 2046 section 5.1.1. Bounded: a message cannot make this work
longer than its length, nor deeper than two levels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shieldnet.policy.refusal import RefusedError

MOST_FIELDS = 200
LONGEST_HEADER = 262_144
"""Octets: an Autocrypt field holds a certificate."""
MOST_PARTS = 10
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_PARAMETER = re.compile(
    rb""";\s*([a-z0-9*'-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]+)""", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Entity:
    """Header fields and body of a message or of one of its parts."""

    fields: Mapping[str, tuple[bytes, ...]]
    """By name in lower case: values unfolded, in their order."""
    body: bytes

    def one(self, name: str) -> bytes:
        """Return the value of a field that may be there once; refuse a second one."""
        values = self.fields.get(name, ())
        if len(values) > 1:
            raise _malformed(f"it has {len(values)} fields {name}")
        return values[0] if values else b""

    @property
    def type(self) -> str:
        """Return the media type in lower case, without parameters."""
        text = self.one("content-type").partition(b";")[0]
        return text.strip().lower().decode("ascii", "replace") or "text/plain"

    def parameter(self, name: str) -> bytes:
        """Return a parameter of the media type."""
        found = _PARAMETER.findall(self.one("content-type"))
        values = [value for key, value in found if key.lower() == name.encode()]
        if len(values) > 1:
            raise _malformed(f"its Content-Type has two parameters {name}")
        value = values[0] if values else b""
        return re.sub(rb"\\(.)", rb"\1", value[1:-1]) if value[:1] == b'"' else value


def entity(octets: bytes) -> Entity:
    """Split header from body."""
    octets = octets if octets[:2] != b"\r\n" else b"\r\n" + octets
    head, _, body = octets.partition(b"\r\n\r\n")
    if len(head) > LONGEST_HEADER:
        raise _malformed("its header is too long")
    fields: dict[str, list[bytes]] = {}
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", head)
    for number, line in enumerate(unfolded.split(b"\r\n")):
        if not line:
            continue
        found = _FIELD.fullmatch(line)
        if found is None or number > MOST_FIELDS:
            raise _malformed("its header has a line that is no field, or too many")
        fields.setdefault(found[1].lower().decode("ascii"), []).append(found[2].strip())
    return Entity({name: tuple(values) for name, values in fields.items()}, body)


def children(whole: Entity) -> list[Entity]:
    """Return the parts of a multipart, without what stands before and after them."""
    boundary = whole.parameter("boundary")
    if not 0 < len(boundary) <= 70:
        raise _malformed("its multipart has no boundary")
    # A delimiter begins a line; with a line end before the first, all begin with the same octets,
    # for which a large message is searched faster than for either of two beginnings.
    delimiter = rb"\r\n--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r\n|\Z)"
    pieces = re.split(delimiter, b"\r\n" + whole.body)
    # pieces: before, mark, part, mark, part, …; the mark of the closing delimiter is `--`.
    parts = []
    for mark, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if mark == b"--":
            break
        parts.append(entity(piece[2:]))
        if len(parts) > MOST_PARTS:
            raise _malformed("it has too many parts")
    else:
        raise _malformed("its multipart does not end")
    return parts


def _malformed(what: str) -> RefusedError:
    return RefusedError("malformed", f"Not sent: the message is malformed, {what}")
