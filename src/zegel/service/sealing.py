"""Turns what was gathered into the rows of an investigation, and packs its bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from zegel.investigation import PortionWriter
from zegel.investigation.schemas import CIPHERTEXTS, PLACES
from zegel.processing.reopening import Reopened

_FROM_DOCUMENT = (
    "state", "reason", "clock", "clock_ns", "chat_group", "subject", "sender", "recipients",
    "references", "accounts", "text", "signature", "content_ids",
)  # fmt: skip
# Asked of the schema each time, they are made each time.
_OF_PLACE, _OF_BLOCK = tuple(PLACES.names), tuple(CIPHERTEXTS.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """One admitted message with all its rows and bytes."""

    document: Mapping[str, Any]
    places: Sequence[dict[str, Any]]
    blocks: Sequence[dict[str, Any]]
    raws: Mapping[bytes, bytes] = field(repr=False)
    """Raw bytes by stored identity; a place whose sealed bytes are lost has none."""
    contents: Mapping[bytes, Reopened] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was decided of one message, by comparing it with others."""

    number: int
    admitted: Sequence[tuple[str, str]]
    """Clauses and why."""
    thread: bytes | None
    holders: Sequence[Mapping[str, str]]


def add_gathered(
    portion: PortionWriter, gathered: Gathered, decided: Decided, language: str
) -> None:
    """Add one message to `portion`: its rows, and its bytes once each."""
    document = gathered.document
    message = {
        "number": decided.number,
        "message": document["message"],
        "admitted": [{"clause": clause, "why": why} for clause, why in decided.admitted],
        "thread": decided.thread,
        "message_id": next(iter(document["message_ids"] or ()), None),
        "holders": list(decided.holders),
        "language": language,
        **{name: document[name] for name in _FROM_DOCUMENT},
    }
    places = [_place(portion, gathered, place) for place in gathered.places]
    blocks = [_block(portion, gathered, block) for block in gathered.blocks]
    portion.add_message(message, places, blocks, _attachments(portion, gathered))


def _place(portion: PortionWriter, gathered: Gathered, place: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: place.get(name) for name in _OF_PLACE}
    raw = gathered.raws.get(place["stored_id"])
    if raw is not None:
        row["raw_sha256"] = sha256(raw).digest()
        row["raw_length"] = len(raw)
        row["raw_at"] = portion.pack.add(raw)
    return row


def _block(portion: PortionWriter, gathered: Gathered, block: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: block.get(name) for name in _OF_BLOCK}
    found = gathered.contents.get(block["content_id"])
    if found is not None and sha256(found.plaintext).digest() == block["plaintext_sha256"]:
        row["plaintext_at"] = portion.pack.add(found.plaintext)
    return row


def _attachments(portion: PortionWriter, gathered: Gathered) -> list[dict[str, Any]]:
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
                    "at": None if content is None else portion.pack.add(content),
                }
            )
    return rows
