"""Messages: what a layer's content says, once it can be read.

Content is kept once per distinct ciphertext. Nothing here renders or fetches anything; text is
decoded, attachments are named, sized and hashed, inner headers are read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

from zegel.openpgp.armor import dearmor, find_armor
from zegel.openpgp.model import Opened, PublicKey, Signature
from zegel.openpgp.packets import read_packets
from zegel.openpgp.signatures import check
from zegel.processing.clocks import dated
from zegel.processing.headers import (
    Participants,
    all_named,
    also_named,
    message_id,
    participants,
    references,
    unstructured,
)
from zegel.processing.layers import FoundLayer, find_layers, find_layers_in_bytes
from zegel.processing.mime import Mail, read_mail, signed_parts_of
from zegel.processing.onepart import read_one_part
from zegel.processing.slices import Headers
from zegel.processing.textbody import Attachment, attached_text, inner_headers, text_of
from zegel.records import Problem, Verdict, record

FindKey = Callable[[bytes], Sequence[PublicKey]]

_MIME_START = re.compile(rb"(?:[!-9;-~]+:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*)+?", re.DOTALL)
SIGNATURE_PACKET = 2
_MOST_NAMED = 10_000
_TEXT_LIMIT = 8 * 2**20
"""Characters of text kept per content; what is cut is a problem."""


@record
class Content:
    """One content row, and the encrypted layers that lay inside it."""

    row: dict[str, Any]
    nested: tuple[FoundLayer, ...]
    problems: tuple[Problem, ...]


def looks_like_mime(content: bytes) -> bool:
    """Say whether `content` is a MIME entity: it begins with a header block naming its type."""
    if content[:13].lower() == b"content-type:" and content.find(b"\n", 0, 4096) >= 0:
        return True
    head = content[:8192].lower()
    if not _MIME_START.match(content[:4096]):
        return False
    blank = min((at for at in (head.find(b"\n\n"), head.find(b"\r\n\r\n")) if at >= 0), default=-1)
    block = head if blank < 0 else head[:blank]
    return block.startswith(b"content-type:") or b"\ncontent-type:" in block


def read_content(opened: Opened, find_key: FindKey, *, path: str) -> Content:
    """Return the content row of an opened OpenPGP message, and what is encrypted inside it."""
    content = opened.content
    signatures = check(content, opened.signature_packets, find_key)
    row = _base_row(content)
    row.update(
        integrity=str(opened.integrity) if opened.integrity else None,
        cipher=opened.cipher,
        compression=opened.compression,
        opener=opened.opener,
        literal_format=opened.literal_format,
        literal_filename=opened.filename,
        literal_date=opened.literal_date,
    )
    nested: tuple[FoundLayer, ...] = ()
    if looks_like_mime(content):
        usual = read_one_part(content)
        if usual is not None:
            headers, text, defects = usual
            problems = (*opened.problems, *defects, *_describe(row, headers, text))
        else:
            mail = read_mail(content)
            nested = tuple(layer for layer in find_layers(mail) if layer.kind != "plain")
            signatures = (*signatures, *_detached(mail, find_key))
            problems = (*opened.problems, *_read_mail_into(row, mail))
    else:
        nested = tuple(
            layer for layer in find_layers_in_bytes(content, path) if layer.kind != "plain"
        )
        problems = (*opened.problems, *_read_bytes_into(row, opened))
    _sign(row, signatures)
    return Content(row=row, nested=nested, problems=problems)


def read_plain(raw: bytes, find_key: FindKey) -> Content:
    """Return the content row of a mail that is not encrypted."""
    mail = read_mail(raw)
    row = _base_row(raw)
    problems = _read_mail_into(row, mail)
    # What a person wrote, without the headers each hop adds, says whether two are the same.
    row["plaintext_sha256"] = _written(row)
    _sign(row, _detached(mail, find_key))
    return Content(row=row, nested=(), problems=problems)


def _written(row: dict[str, Any]) -> bytes:
    digest = hashlib.sha256((row["text"] or "").encode("utf-8", "surrogatepass"))
    for attachment in row["attachments"]:
        digest.update(attachment["sha256"])
    return digest.digest()


def _base_row(content: bytes) -> dict[str, Any]:
    return {
        "plaintext_sha256": hashlib.sha256(content).digest(),
        "size": len(content),
        "attachments": [],
        "text": None,
    }


def _read_mail_into(row: dict[str, Any], mail: Mail) -> tuple[Problem, ...]:
    text, attachments, problems = text_of(mail)
    described = _describe(row, inner_headers(mail), text, attachments, mail)
    return (*mail.problems, *problems, *described)


def _describe(
    row: dict[str, Any],
    headers: Headers,
    text: str,
    attachments: Sequence[Attachment] = (),
    mail: Mail | None = None,
) -> tuple[Problem, ...]:
    """Write what a mail says into `row`: its text and attachments, its fields, and who is named."""
    people = participants(headers)
    unreadable: list[Problem] = []
    said = attached_text(attachments) if attachments else ""
    date_text, date = dated(headers, "inner date", unreadable)
    row.update(
        message_id=message_id(headers),
        subject=unstructured(headers, "subject") if "subject" in headers else None,
        sender=[person.address for person in people.sender],
        recipients=[person.address for person in (*people.to, *people.cc, *people.bcc)],
        also_named=_also_named(mail, headers, people),
        references=list(references(headers)),
        chat_group=_first(headers, "chat-group-id"),
        date_ns=date[0] if date else None,
        date_text=date_text,
        text=_bounded(text),
        attached_text=_bounded(said) if said else None,
        attachments=[
            {
                "filename": item.filename,
                "content_type": item.content_type,
                "size": item.size,
                "sha256": item.sha256,
            }
            for item in attachments
        ],
    )
    if max(len(text), len(said)) > _TEXT_LIMIT:
        unreadable.append(Problem(kind="text cut"))
    return tuple(unreadable)


def _also_named(mail: Mail | None, headers: Headers, people: Participants) -> list[str]:
    """Return who is named beside sender and recipients: in the mails inside this one too."""
    found = dict.fromkeys(also_named(headers, people))
    for node in mail.containers if mail is not None else ():
        if node.embedded is not None:
            found.update(dict.fromkeys(all_named(node.embedded)))
    return list(found)[:_MOST_NAMED]


def _first(headers: dict[str, list[str]], name: str) -> str | None:
    values = headers.get(name)
    return values[0] if values else None


def _bounded(text: str) -> str:
    # Parquet holds UTF-8: a lone surrogate from a damaged charset cannot be written.
    if text.isascii():
        return text[:_TEXT_LIMIT]
    return text[:_TEXT_LIMIT].encode("utf-8", "replace").decode("utf-8")


def _read_bytes_into(row: dict[str, Any], opened: Opened) -> tuple[Problem, ...]:
    content = opened.content
    try:
        row["text"] = _bounded(content.decode("utf-8"))
    except UnicodeDecodeError:
        if opened.literal_format in ("t", "u"):
            row["text"] = _bounded(content.decode("windows-1252", "replace"))
            return (Problem(kind="charset guessed", note="windows-1252"),)
        row["attachments"] = [
            {
                "filename": opened.filename.decode("utf-8", "replace"),
                "content_type": "application/octet-stream",
                "size": len(content),
                "sha256": row["plaintext_sha256"],
            }
        ]
    return ()


def _detached(mail: Mail, find_key: FindKey) -> tuple[Signature, ...]:
    found: list[Signature] = []
    for part in signed_parts_of(mail):
        found.extend(check(part.signed_bytes, _signature_bodies(part.signature), find_key))
    return tuple(found)


def _signature_bodies(signature: bytes) -> list[bytes]:
    """Return the bodies of the signature packets in a detached signature, armoured or not."""
    blocks = [signature[block.start : block.end] for block in find_armor(signature)]
    packets = b"".join(dearmor(block)[0] for block in blocks) if blocks else signature
    return [packet.body for packet in read_packets(packets) if packet.tag == SIGNATURE_PACKET]


_GRAVITY = (Verdict.BAD, Verdict.UNKNOWN_SIGNER, Verdict.UNSUPPORTED, Verdict.GOOD)


def _sign(row: dict[str, Any], signatures: Sequence[Signature]) -> None:
    """Write the signatures into `row`; the row's one verdict is its gravest."""
    if not signatures:
        row["signature"], row["signatures"] = str(Verdict.NONE), []
        return
    verdicts = {signature.verdict for signature in signatures}
    row["signature"] = str(next(v for v in _GRAVITY if v in verdicts))
    row["signatures"] = [
        {
            "verdict": str(signature.verdict),
            "key_id": signature.key_id,
            "fingerprint": signature.fingerprint,
            "created": signature.created,
            "algorithm": signature.algorithm,
            "hash": signature.hash_algorithm,
            "note": signature.note,
        }
        for signature in signatures
    ]
