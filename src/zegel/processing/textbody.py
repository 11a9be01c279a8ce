"""Says what a mail's text is, what is attached to it, and what its protected headers say.

HTML is never rendered: tags are dropped, scripts and styles left out, nothing is fetched, and
HTML counts only where no plain alternative says the same. RFC 2046 section 5.1.4, RFC 2183,
RFC 3676 (flowed text is left as it is), RFC 9788 and the older `protected-headers="v1"`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import field

from zegel.processing.charsets import decode
from zegel.processing.markup import text_of_html
from zegel.processing.mime import Mail, Part
from zegel.processing.slices import Headers, parameter, read_headers
from zegel.records import Problem, record

MAX_TEXT = 16 << 20
"""Bytes of one text part that are decoded; beyond it the part is cut and said."""

_CONTROL = frozenset({"application/pgp-encrypted", "application/pgp-signature"})
_NO_TEXT = frozenset({"text/rfc822-headers", "text/calendar", "text/vcard", "text/x-vcard"})
_META = re.compile(rb"(?i)<meta[^<>]{0,200}charset\s*=\s*[\"']?\s*([a-z0-9._:-]{1,40})")


@record
class Attachment:
    """A part that is not the mail's text."""

    filename: str
    """As the sender named it; never a path to write to."""
    content_type: str
    size: int
    sha256: bytes
    content: bytes = field(repr=False)


def text_of(mail: Mail) -> tuple[str, list[Attachment], tuple[Problem, ...]]:
    """Return the mail's text, its attachments, and what was wrong with their encodings."""
    pieces: list[str] = []
    attachments: list[Attachment] = []
    problems: list[Problem] = []
    alternatives = _alternatives_with_plain(mail)
    legacy = _legacy_display(mail)
    for part in mail.parts:
        if part.content_type in _CONTROL or part.path == legacy:
            continue
        if not _is_body(part):
            attachments.append(_attachment(part.filename, part.content_type, part.content))
        elif part.content_type != "text/html":
            pieces.append(_decoded(part, problems))
        elif not (alternatives and _is_within(part.path, alternatives)):
            pieces.append(text_of_html(_decoded(part, problems), problems))
    attachments.extend(_embedded(mail))
    return "\n".join(piece for piece in pieces if piece), attachments, tuple(problems)


def _is_body(part: Part) -> bool:
    if not part.content_type.startswith("text/") or part.content_type in _NO_TEXT:
        return False
    return part.disposition != "attachment" and not (part.filename and part.disposition)


def _attachment(filename: str, content_type: str, content: bytes) -> Attachment:
    return Attachment(
        filename=filename,
        content_type=content_type,
        size=len(content),
        sha256=hashlib.sha256(content).digest(),
        content=content,
    )


_MESSAGES = ("message/rfc822", "message/global", "message/news")
_SAYS_TEXT = re.compile(
    r"text/.+|application/(?:json|xml|rtf|x-yaml|toml|pgp-keys|.+\+(?:json|xml))|message/.+"
)
_TEXT_ENDS = (
    ".txt", ".csv", ".tsv", ".md", ".json", ".xml", ".htm", ".html", ".vcf", ".ics", ".eml", ".log",
    ".rtf", ".ini", ".toml", ".yaml", ".yml",
)  # fmt: skip


def holds_text(content_type: str, filename: str | None) -> bool:
    """Say whether an attachment is one whose text is read: not a PDF, picture, archive or office
    document, which nothing here takes apart."""
    return bool(_SAYS_TEXT.fullmatch(content_type) or (filename or "").lower().endswith(_TEXT_ENDS))


def attached_text(attachments: Sequence[Attachment]) -> str:
    """Return what attachments say that hold text; mails among them are in the mail's own text."""
    said = [
        _attached(item)
        for item in attachments
        if item.content_type not in _MESSAGES and holds_text(item.content_type, item.filename)
    ]
    return "\n".join(filter(None, said))


def _attached(item: Attachment) -> str:
    text, _ = decode(item.content[:MAX_TEXT], "")
    html = item.content_type == "text/html" or item.filename.lower().endswith((".htm", ".html"))
    return text_of_html(text, []) if html else text


def _embedded(mail: Mail) -> list[Attachment]:
    """Return embedded messages as attachments; one inside another belongs to the outer one."""
    found: list[Attachment] = []
    outer = "?"
    for node in mail.containers:
        if node.embedded is None or node.path == outer or node.path.startswith(f"{outer}."):
            continue
        outer = node.path
        name = parameter(_first(node.headers, "content-disposition"), "filename")
        name = name or parameter(_first(node.headers, "content-type"), "name")
        found.append(_attachment(name, node.content_type, node.source[node.start : node.end]))
    return found


def _first(headers: Headers, name: str) -> str:
    values = headers.get(name)
    return values[0] if values else ""


def _alternatives_with_plain(mail: Mail) -> frozenset[str]:
    """Return the paths of multipart/alternative nodes that hold a plain text with content."""
    nodes = {n.path for n in mail.containers if n.content_type == "multipart/alternative"}
    if not nodes:
        return frozenset()
    covered: set[str] = set()
    for part in mail.parts:
        if part.content_type == "text/plain" and _is_body(part) and part.content.strip():
            covered.update(nodes.intersection(_ancestors(part.path)))
    return frozenset(covered)


def _ancestors(path: str) -> list[str]:
    steps = path.split(".")
    return [".".join(steps[:count]) for count in range(len(steps))]


def _is_within(path: str, nodes: frozenset[str]) -> bool:
    return not nodes.isdisjoint(_ancestors(path))


def _decoded(part: Part, problems: list[Problem]) -> str:
    content = part.content
    if len(content) > MAX_TEXT:
        problems.append(Problem(kind="text cut", note=f"{len(content)} bytes"))
        content = content[:MAX_TEXT]
    charset = part.charset
    if not charset and part.content_type == "text/html":
        declared = _META.search(content[:2048])
        charset = declared[1].decode("ascii") if declared else ""
    text, kind = decode(content, charset)
    if kind:
        problems.append(Problem(kind=kind))
    return text


def inner_headers(mail: Mail) -> Headers:
    """Return the header fields of a mail, those it protects put over its own.

    Protected are those of the node that says so (RFC 9788 `hp`, or `protected-headers`), of a
    part text/rfc822-headers (Enigmail), or of a wrapped message. The mail's own stand beneath:
    of a decrypted mail, they lay inside the encryption too.
    """
    found = _protected(mail)
    if found is None:
        return mail.headers
    inner = {name: values for name, values in found.items() if not name.startswith("content-")}
    return {**mail.headers, **inner}


def _protected(mail: Mail) -> Headers | None:
    if _protects(mail.headers):
        return None  # the mail's own fields are the protected ones
    for node in mail.containers:
        if _protects(node.headers):
            return node.headers
    for part in mail.parts:
        if _protects(part.headers):
            if part.content_type == "text/rfc822-headers":
                return read_headers(part.content, 0, len(part.content), [])[0]
            return part.headers
    whole = mail.containers[0] if mail.containers else None
    return whole.embedded if whole is not None and not whole.parent_type else None


def _protects(headers: Headers) -> bool:
    value = _first(headers, "content-type")
    return bool(parameter(value, "protected-headers") or parameter(value, "hp"))


def _legacy_display(mail: Mail) -> str:
    """Return the path of a part that only repeats protected headers for older readers, or none.

    It stands first in a multipart/mixed that protects its headers, and says v1 itself.
    """
    for node in mail.containers:
        if node.content_type == "multipart/mixed" and _protects(node.headers):
            path = f"{node.path}.1" if node.path else "1"
            for part in mail.parts:
                if part.path == path and _protects(part.headers) and len(part.content) < 4096:
                    return path
    return ""
