"""What one stored message gives away without being opened."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from shieldnet import walk
from shieldnet.audit.facts import Fact
from shieldnet.audit.sources import File
from shieldnet.policy.parts import Entity, children, entity
from shieldnet.policy.refusal import RefusedError
from shieldnet.policy.shapes import shape

STORED = re.compile(r"/(?:cur|new|tmp)/[^/]+\Z")
_KINDS = {
    "return-path": "sender",
    "from": "sender",
    "to": "recipient",
    "cc": "recipient",
    "delivered-to": "recipient",
    "x-original-to": "recipient",
    "received": "hop",
    "date": "date",
    "message-id": "thread",
    "in-reply-to": "thread",
    "references": "thread",
    "autocrypt": "certificate",
    "subject": "subject",
}
_SILENT = {"mime-version", "content-type", "content-transfer-encoding", "content-disposition"}
_SUBJECTS = {b"[...]", b"...", b""}
_NAME = re.compile(r"(\d{9,11})\.[^,]*(?:,S=(\d+))?[^:]*(?::2,([A-Za-z]*))?")


def facts(file: File, content: bytes) -> Iterator[Fact]:
    """Yield what a message says of itself: headers, keys, arrival; never what is written in it."""
    yield _arrival(file, content)
    try:
        whole = entity(content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    except RefusedError as error:
        yield Fact("readable message", error.word, file.path)
        return
    for name, values in whole.fields.items():
        yield from _header(file.path, name, values)
    yield from _body(file.path, whole)


def _arrival(file: File, content: bytes) -> Fact:
    stamp = dt.datetime.fromtimestamp(file.modified_ns // 1_000_000_000, dt.UTC)
    named = _NAME.match(file.path.rpartition("/")[2])
    flags = (named[3] or "none") if named else "none"
    return Fact(
        "arrival", f"{stamp:%Y-%m-%dT%H:%M:%SZ}, {len(content)} octets, flags {flags}", file.path
    )


def _header(path: str, name: str, values: tuple[bytes, ...]) -> Iterator[Fact]:
    if name in _SILENT:
        return
    for value in values:
        if name == "subject" and value in _SUBJECTS:
            continue
        kind = _KINDS.get(name, "other header")
        text = value.decode("utf-8", "replace")
        if kind == "certificate":
            text = text.partition(";")[0]
        elif kind in ("subject", "other header"):
            text = f"{len(value)} octets"  # may be what somebody wrote
        yield Fact(kind, text, path, name)


def _body(path: str, whole: Entity) -> Iterator[Fact]:
    if whole.type == "multipart/report" and whole.parameter("report-type") == b"delivery-status":
        yield Fact("bounce", "delivery status", path)
        return
    try:
        kind, _ = shape(whole)
    except RefusedError as error:
        yield Fact("readable message", error.word, path)
        return
    if kind != "encrypted":
        yield Fact("handshake", kind, path)
        return
    octets = walk.dearmour(children(whole)[1].body, "MESSAGE")
    for packet in walk.encrypted_message(octets)[:-1]:
        yield Fact("recipient key", recipient(packet.tag, packet.body(octets)), path)


def recipient(tag: int, body: bytes) -> str:
    """Say for whom a session key is (RFC 9580 sections 5.1.1 and 5.1.2)."""
    if tag == walk.SKESK:
        return "a passphrase"
    if body[:1] == b"\x06":
        size = body[1]
        return body[3 : 2 + size].hex() if size else "hidden"
    return body[1:9].hex() if body[1:9] != bytes(8) else "hidden"
