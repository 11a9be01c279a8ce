"""Reads one mail into the leaves of its MIME tree, transfer-decoded, each with its path.

Never raises on any bytes and never recurses; parts, depth and sizes are bounded, and what is
not walked is kept as one opaque leaf and said. Nothing of the bytes is dropped because a
boundary is wrong: a multipart without parts becomes a leaf, and an OpenPGP block in a preamble
or epilogue becomes one too. RFC 2045, RFC 2046, RFC 2183, RFC 1847.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from zegel.openpgp.armor import dearmor, find_armor
from zegel.openpgp.framing import read_packets
from zegel.processing.charsets import decode_words
from zegel.processing.slices import (
    Headers,
    parameter,
    read_headers,
    split_multipart,
    structured,
)
from zegel.processing.transfer import DECODED, encoding_of, transfer_decoded
from zegel.records import Problem, record

MAX_PARTS = 10_000
MAX_DEPTH = 100
MAX_BYTES = 1 << 30

_ARMOUR = b"-----BEGIN PGP"
_PLAIN_TYPE = re.compile(r"[a-z0-9.+_-]+/[a-z0-9.+_-]+").fullmatch
_TYPE = re.compile(r"\s*([^\s/;()\"]+/[^\s/;()\",]+)")
_NO_PARAMETERS: dict[str, str] = {}
_MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})


@record
class Part:
    """A leaf of the MIME tree."""

    path: str
    """IMAP style: `1`, `1.2`; parts of an embedded message continue its path. A preamble that
    holds an OpenPGP block is `0` of its multipart, an epilogue the number after the last."""
    content_type: str
    """Lower case, `text/plain` where absent or malformed (RFC 2045 section 5.2)."""
    headers: Headers = field(repr=False)
    """The part's own header fields; for the only part of a mail, the mail's."""
    filename: str
    disposition: str
    content_id: str
    content: bytes = field(repr=False)
    """Transfer-decoded; line ends are as received."""
    parent_type: str
    """Content type of the containing multipart or message, empty at the top."""

    @property
    def parameters(self) -> str:
        """The Content-Type field as it stands; `parameter` of `slices` reads it."""
        values = self.headers.get("content-type")
        return values[0] if values else ""

    @property
    def charset(self) -> str:
        """The declared character set, or an empty string."""
        return parameter(self.parameters, "charset")


@record
class Container:
    """A node of the MIME tree that holds parts: a multipart or an embedded message."""

    path: str
    """Empty for a multipart at the top of the mail."""
    content_type: str
    protocol: str
    """What a multipart/signed or multipart/encrypted declares, lower case (RFC 1847)."""
    headers: Headers = field(repr=False)
    """Of the node; for an embedded message, see `embedded`."""
    parent_type: str
    embedded: Headers | None = field(default=None, repr=False)
    """The embedded message's own header fields."""
    source: bytes = field(repr=False)
    start: int
    end: int
    """The node's body is `source[start:end]`, as received."""


@record
class Mail:
    """One mail: header fields by lower-case name in the mail's order, leaves, and defects."""

    headers: Headers = field(repr=False)
    parts: tuple[Part, ...]
    containers: tuple[Container, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPart:
    """What a multipart/signed promises (RFC 3156 section 5), ready to be verified."""

    path: str
    """Of the signed part; what is beneath it is signed too."""
    signed_bytes: bytes = field(repr=False)
    """The part as received, headers included, line ends made CRLF."""
    signature: bytes = field(repr=False)
    """The second part, transfer-decoded: an armoured or binary signature."""

    @property
    def signature_packets(self) -> tuple[bytes, ...]:
        """Bodies of the OpenPGP signature packets; none where it is S/MIME's or damaged."""
        binary = self.signature
        if not binary[:1] >= b"\x80":
            block = next(find_armor(binary), None)
            binary = dearmor(binary[block.start : block.end])[0] if block else b""
        packets = read_packets(binary)
        return tuple(packet.body for packet in packets if packet.tag == 2 and packet.complete)


@dataclass(slots=True)
class _Node:
    """One region still to be walked."""

    source: bytes = field(repr=False)
    start: int
    end: int
    path: str
    parent_type: str
    depth: int
    default_type: str = "text/plain"
    headers: Headers | None = None
    """Set where they have been read already; `start` is then the body's."""


@dataclass(slots=True)
class _Walk:
    """What one mail's walk has gathered."""

    parts: list[Part] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    todo: list[_Node] = field(default_factory=list)
    count: int = 0


def read_mail(raw: bytes) -> Mail:
    """Return the mail's header fields, leaves and containers; any bytes at all give a mail."""
    walk = _Walk()
    headers, body = read_headers(raw, 0, len(raw), walk.problems)
    if len(raw) > MAX_BYTES:
        walk.problems.append(Problem(kind="mail too large", note=f"{len(raw)} bytes"))
        return Mail(headers=headers, parts=(), problems=tuple(walk.problems))
    _visit(walk, _Node(raw, body, len(raw), "", "", 0), headers)
    while walk.todo:
        node = walk.todo.pop()
        if walk.count >= MAX_PARTS:
            walk.problems.append(Problem(kind="too many parts", offset=node.start))
            break
        fields = node.headers
        if fields is None:
            fields, node.start = read_headers(node.source, node.start, node.end, walk.problems)
        _visit(walk, node, fields)
    return Mail(
        headers=headers,
        parts=tuple(walk.parts),
        containers=tuple(walk.containers),
        problems=tuple(walk.problems),
    )


def _visit(walk: _Walk, node: _Node, headers: Headers) -> None:
    """Add a leaf, or a container and its children to walk; `node.start` is its body's."""
    walk.count += 1
    kind = _kind(headers, node.default_type)
    if not (kind.startswith("multipart/") or kind in _MESSAGES):
        _leaf(walk, node, headers, kind)
    elif node.depth >= MAX_DEPTH:
        walk.problems.append(Problem(kind="nested too deep", offset=node.start))
        _leaf(walk, node, headers, "application/octet-stream")
    elif kind in _MESSAGES:
        _embedded(walk, node, headers, kind)
    else:
        _multipart(walk, node, headers, kind)


def _kind(headers: Headers, default: str) -> str:
    """Return the content type; a malformed one means text/plain (RFC 2045 section 5.2)."""
    values = headers.get("content-type")
    return _kind_of(structured(values[0])[0]) if values else default


@lru_cache(maxsize=1024)
def _kind_of(word: str) -> str:
    if _PLAIN_TYPE(word):
        return word
    found = _TYPE.match(word)
    return found[1] if found else "text/plain"


def _leaf(walk: _Walk, node: _Node, headers: Headers, kind: str) -> None:
    raw = node.source[node.start : node.end]
    content = transfer_decoded(raw, headers, walk.problems, node.start)
    disposition, filename = _disposition(
        _first(headers, "content-disposition"), _first(headers, "content-type")
    )
    content_id = headers.get("content-id")
    walk.parts.append(
        Part(
            path=node.path or "1",
            content_type=kind,
            headers=headers,
            filename=filename,
            disposition=disposition,
            content_id=content_id[0].strip("<> ") if content_id else "",
            content=content,
            parent_type=node.parent_type,
        )
    )


def _first(headers: Headers, name: str) -> str:
    values = headers.get(name)
    return values[0] if values else ""


def _disposition(disposition: str, content_type: str) -> tuple[str, str]:
    """Return disposition and file name (RFC 2183; the name of Content-Type where it has none)."""
    word, parameters = structured(disposition) if disposition else ("", _NO_PARAMETERS)
    filename = parameters.get("filename", "")
    if not filename and content_type:
        filename = parameter(content_type, "name")
    return word, decode_words(filename) if "=?" in filename else filename


def _embedded(walk: _Walk, node: _Node, headers: Headers, kind: str) -> None:
    source, start, end = node.source, node.start, node.end
    if encoding_of(headers) in DECODED:  # forbidden by RFC 2046 section 5.2.1, but seen
        source = transfer_decoded(source[start:end], headers, walk.problems, start)
        start, end = 0, len(source)
    inner, body = read_headers(source, start, end, walk.problems)
    path = node.path or "1"
    walk.containers.append(
        Container(
            path=path,
            content_type=kind,
            protocol="",
            headers=headers,
            parent_type=node.parent_type,
            embedded=inner,
            source=source,
            start=start,
            end=end,
        )
    )
    # A single part inside is `path.1`, the parts of a multipart inside are `path.n` (RFC 3501).
    below = path if _kind(inner, "").startswith("multipart/") else f"{path}.1"
    walk.todo.append(_Node(source, body, end, below, kind, node.depth + 1, headers=inner))


def _multipart(walk: _Walk, node: _Node, headers: Headers, kind: str) -> None:
    parameters = structured(headers["content-type"][0])[1]
    boundary = parameters.get("boundary", "").rstrip().encode("utf-8")
    start, end, source = node.start, node.end, node.source
    room = MAX_PARTS - walk.count + 1
    found, preamble, epilogue = (
        split_multipart(source, start, end, boundary, room) if boundary else ([], end, end + 1)
    )
    if not found:
        walk.problems.append(Problem(kind="multipart without parts", offset=start))
        _leaf(walk, node, headers, "text/plain")
        return
    walk.containers.append(
        Container(
            path=node.path,
            content_type=kind,
            protocol=parameters.get("protocol", "").lower(),
            headers=headers,
            parent_type=node.parent_type,
            source=source,
            start=start,
            end=end,
        )
    )
    prefix = f"{node.path}." if node.path else ""
    depth = node.depth + 1
    default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
    children = [
        _Node(source, first, last, f"{prefix}{number}", kind, depth, default)
        for number, (first, last) in enumerate(found, 1)
    ]
    if preamble > start and source.find(_ARMOUR, start, preamble) >= 0:
        _margin(walk, source[start:preamble], f"{prefix}0", kind)
    if epilogue > end:
        walk.problems.append(Problem(kind="missing closing boundary", offset=end))
    elif epilogue < end and source.find(_ARMOUR, epilogue, end) >= 0:
        _margin(walk, source[epilogue:end], f"{prefix}{len(found) + 1}", kind)
    walk.todo.extend(reversed(children))


def _margin(walk: _Walk, content: bytes, path: str, kind: str) -> None:
    """Keep a preamble or epilogue as a leaf: RFC 2046 has it ignored, evidence has not."""
    walk.problems.append(Problem(kind="block outside the parts"))
    walk.parts.append(
        Part(
            path=path,
            content_type="text/plain",
            headers={},
            filename="",
            disposition="",
            content_id="",
            content=content,
            parent_type=kind,
        )
    )


def signed_parts(raw: bytes) -> list[SignedPart]:
    """Return what each multipart/signed of the mail signs; call it only where there is one."""
    return list(signed_parts_of(read_mail(raw)))


def signed_parts_of(mail: Mail) -> Iterator[SignedPart]:
    """Yield the same from a mail already read, by slices of its bytes as received."""
    signatures = {part.path: part for part in mail.parts}
    for node in mail.containers:
        if node.content_type != "multipart/signed":
            continue
        boundary = parameter(node.headers["content-type"][0], "boundary").rstrip().encode("utf-8")
        found, _, _ = split_multipart(node.source, node.start, node.end, boundary, 3)
        prefix = f"{node.path}." if node.path else ""
        signature = signatures.get(f"{prefix}2")
        if len(found) >= 2 and signature is not None:
            start, end = found[0]
            yield SignedPart(
                path=f"{prefix}1",
                signed_bytes=canonical_text(node.source[start:end]),
                signature=signature.content,
            )


def canonical_text(content: bytes) -> bytes:
    """Make every line end CRLF (RFC 3156 section 5); a carriage return alone stays."""
    if b"\n" not in content:
        return content
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
