"""The rendering `messages.jsonl`: one message a line, for scripts and spreadsheets.

What a person would ask of a message, with the names of the dossier's members that hold its bytes;
the certificates say how each came to be. Names without a value are left out. Instants are text in
UTC with nine digits behind the second. docs/reference/dossier-exchange.md describes every name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from zegel.dossier.exchange.instants import utc
from zegel.dossier.material import Attachment, Block, Bytes, Material, Message, Place
from zegel.dossier.rendered import Rendered
from zegel.dossier.withheld import without_withheld

NAME = "messages.jsonl"

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def json_lines(material: Material) -> Iterator[Rendered]:
    """Yield the lines, by rising number."""
    yield Rendered(name=NAME, content=(_line(m) for m in material.messages()))


def encoded(value: object) -> bytes:
    """Return JSON on one line; what UTF-8 cannot hold (lone surrogates) stays an escape."""
    return _ENCODER.encode(value).encode("utf-8", "backslashreplace")


def present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that say something."""
    return {name: value for name, value in values.items() if value not in (None, "", [], ())}


def _line(message: Message) -> bytes:
    return encoded(_message(without_withheld(message))) + b"\n"


def _message(message: Message) -> dict[str, Any]:
    return present(
        {
            "number": message.number,
            "message": message.message,
            "withheld": [{"part": w.part, "reason": w.reason} for w in message.withheld],
            "state": message.state,
            "reason": message.reason,
            "time": utc(message.clock_ns),
            "clock": message.clock,
            "thread": message.thread,
            "message_id": message.message_id,
            "references": message.references,
            "chat_group": message.chat_group,
            "admitted": [{"clause": clause, "why": why} for clause, why in message.admitted],
            "from": message.sender,
            "to": message.recipients,
            "accounts": message.accounts,
            "holders": [
                present({"account": h.account, "device": h.device, "holder": h.holder})
                for h in message.holders
            ],
            "subject": message.subject,
            "text": message.text,
            "language": message.language,
            "signature": message.signature,
            "attachments": [_attachment(one) for one in message.attachments],
            "blocks": [_block(one) for one in message.blocks],
            "places": [_place(one) for one in message.places],
        }
    )


def _attachment(one: Attachment) -> dict[str, Any]:
    return present(
        {
            "number": one.number,
            "filename": one.filename,
            "content_type": one.content_type,
            "size": one.size,
            "sha256": one.sha256,
            "member": _member(one.content),
        }
    )


def _block(one: Block) -> dict[str, Any]:
    return present(
        {
            "content_id": one.content_id,
            "path": one.path,
            "kind": one.kind,
            "state": one.state,
            "reason": one.reason,
            "detail": one.detail,
            "key_fingerprint": one.key_fingerprint,
            "integrity": one.integrity,
            "second_opinion": one.opinion or one.second_opinion,
            "date": utc(one.date_ns),
            "date_text": one.date_text,
            "plaintext_sha256": one.plaintext_sha256,
            "ciphertext_member": _member(one.ciphertext),
            "plaintext_member": _member(one.plaintext),
        }
    )


def _place(one: Place) -> dict[str, Any]:
    return present(
        {
            "exhibit": one.exhibit,
            "path": one.path,
            "offset": one.offset,
            "length": one.length,
            "sha256": one.sha256,
            "format": one.format,
            "account": one.account,
            "folder": one.folder,
            "flags": one.flags,
            "clock": one.clock,
            "zone_assumed": one.zone_assumed,
            "received": utc(one.received_ns),
            "received_text": one.received_text,
            "stored": utc(one.stored_ns),
            "stored_text": one.stored_text,
            "date": utc(one.date_ns),
            "date_text": one.date_text,
            "envelope": one.envelope,
            "member": _member(one.raw),
        }
    )


def _member(content: Bytes | None) -> str | None:
    return None if content is None else content.member
