"""The rendering `messages.mbox`: every stored message, its bytes unaltered, for mail programs.

mboxcl2 (https://www.jwz.org/doc/content-length.html): a `From ` line, then fields of ours, then
the message exactly as it is stored, then one line end. Nothing is quoted; `X-Zegel-Octets` says how
many octets after the last of our fields are the message, `Content-Length` says the same of its
body to mail programs that know mboxcl2. docs/reference/dossier-exchange.md has the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from zegel.dossier.material import Bytes, Material, Place
from zegel.dossier.rendered import Rendered
from zegel.dossier.withheld import without_withheld

NAME = "messages.mbox"
OCTETS = "X-Zegel-Octets"
"""The last of our fields: behind its line lies the message."""

_ADDRESS = re.compile(r"[!-~]{1,320}")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_402_300_799


def mbox(material: Material) -> Iterator[Rendered]:
    """Yield the mbox, message by message; equal bytes stored at several places once."""
    yield Rendered(name=NAME, content=_messages(material))


def _messages(material: Material) -> Iterator[bytes]:
    for message in map(without_withheld, material.messages()):
        written: set[str] = set()
        for place in message.places:
            if place.raw is not None and place.raw.member not in written:
                written.add(place.raw.member)
                yield _head(message.number, place, place.raw, raw := place.raw.read())
                yield raw
                yield b"\n"


def _head(number: int, place: Place, member: Bytes, raw: bytes) -> bytes:
    blank = _BLANK_LINE.search(raw)
    body = len(raw) - blank.end() if blank else 0
    sender = next((one for one in place.sender if _ADDRESS.fullmatch(one)), "MAILER-DAEMON")
    fields = (
        f"From {sender} {_asctime(place.clock_ns)}",
        f"Content-Length: {body}",
        f"X-Zegel-Message: {number}",
        f"X-Zegel-Member: {member.member}",
        f"X-Zegel-SHA256: {member.sha256}",
        f"{OCTETS}: {len(raw)}",
    )
    return ("\n".join(fields) + "\n").encode("ascii")


def _asctime(ns: int | None) -> str:
    """Return the instant as RFC 4155 wants it, in UTC and in no locale."""
    at = _EPOCH + timedelta(seconds=min(max(0, (ns or 0) // 10**9), _LATEST))
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day} {month} {at.day:2d} {at:%H:%M:%S} {at.year}"
