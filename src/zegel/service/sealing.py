"""Turns what was gathered into the rows of an investigation, and packs its bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from zegel.investigation import Draft
from zegel.investigation.schemas import CIPHERTEXTS, PLACES
from zegel.service.gathering import Gathered

_FROM_DOCUMENT = (
    "state", "reason", "clock", "clock_ns", "chat_group", "subject", "sender", "recipients",
    "references", "accounts", "text", "signature", "content_ids",
)  # fmt: skip


def add_gathered(
    draft: Draft,
    gathered: Gathered,
    *,
    number: int,
    admitted: Sequence[tuple[str, str]],
    thread: bytes | None,
    holders: Iterable[Mapping[str, str]],
    language: str | None,
) -> None:
    """Add one message to `draft`: its rows, and its bytes once each."""
    document = gathered.document
    identity = document["message"]
    message = {
        "number": number,
        "message": identity,
        "admitted": [{"clause": clause, "why": why} for clause, why in admitted],
        "thread": thread,
        "message_id": next(iter(document["message_ids"] or ()), None),
        "holders": list(holders),
        "language": language,
        **{name: document[name] for name in _FROM_DOCUMENT},
    }
    places = [_place(draft, gathered, place) for place in gathered.places]
    blocks = [_block(draft, gathered, block) for block in gathered.blocks]
    draft.add_message(message, places, blocks, _attachments(draft, gathered))


def _place(draft: Draft, gathered: Gathered, place: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: place.get(name) for name in PLACES.names}
    raw = gathered.raws.get(place["stored_id"])
    if raw is not None:
        row["raw_sha256"] = sha256(raw).digest()
        row["raw_length"] = len(raw)
        row["raw_at"] = draft.pack.add(raw)
    return row


def _block(draft: Draft, gathered: Gathered, block: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: block.get(name) for name in CIPHERTEXTS.names}
    found = gathered.contents.get(block["content_id"])
    if found is not None and sha256(found.plaintext).digest() == block["plaintext_sha256"]:
        row["plaintext_at"] = draft.pack.add(found.plaintext)
    return row


def _attachments(draft: Draft, gathered: Gathered) -> list[dict[str, Any]]:
    """Return one row per attachment of each content, packed where its bytes are known."""
    rows = []
    for block in gathered.blocks:
        found = gathered.contents.get(block["content_id"])
        packed = {item.sha256: item.content for item in found.attachments} if found else {}
        for item in block["attachments"] or ():
            content = packed.get(item["sha256"])
            rows.append(
                {
                    "message": gathered.document["message"],
                    "content_id": block["content_id"],
                    **item,
                    "at": None if content is None else draft.pack.add(content),
                }
            )
    return rows
