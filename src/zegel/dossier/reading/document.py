"""Turns a dossier's material into the one JSON document that the template sets, and pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from zegel.dossier.material import Material, Message
from zegel.dossier.reading import fonts, visible
from zegel.dossier.reading.conversations import conversations, written_out
from zegel.dossier.reading.cover import Cover
from zegel.dossier.reading.entries import Entries
from zegel.dossier.reading.front import Front
from zegel.dossier.reading.instants import Instants
from zegel.dossier.reading.keypages import keys
from zegel.dossier.reading.pictures import Drawer
from zegel.dossier.reading.wording import Words
from zegel.dossier.reading.wording import words as words_of
from zegel.dossier.withheld import without_withheld

MOST_PRINTED = 2000
"""Messages of one PDF: 700 pages, and 1.6 GB of memory while they are set."""
LONGEST_TOGETHER = 5_000_000
"""Characters of all texts that one PDF prints, 1,500 pages; further texts only begin."""
_ROOT_SHOWN = 16
"""Hexadecimal digits of the Merkle root at the foot of every page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the typesetter gets."""

    text: bytes = field(repr=False)
    """JSON."""
    pictures: dict[str, bytes] = field(repr=False)
    stamp: int
    """Seconds since 1970: when the dossier was made, by the custody log."""


def _titled(material: Material, words: Words) -> dict[str, Any]:
    """Return what the document is called, and the words that stand on every page."""
    order = material.order
    title = f"{words('title')} {order.investigation} {order.number}"
    return {
        "language": words.language,
        "title": visible.plain(visible.name(title)),
        "author": "zegel",
        "fonts": list(fonts.EVIDENCE),
        "words": {
            "page": words("page"),
            "one_here": words("one_here"),
            "these_here": words("these_here"),
            "root_short": words("root_short"),
            "contents": words("sections.contents"),
        },
    }


def document(material: Material) -> Document:
    """Return the document; the first messages, by number, as many as are printed."""
    words = words_of(material.presentation.language)
    instants = Instants(material.presentation.zone, words)
    asked = material.presentation.printed
    most = MOST_PRINTED if asked is None else min(MOST_PRINTED, max(0, asked))
    messages = [without_withheld(one) for one in islice(material.messages(), most)]
    cover = Cover(material, words, instants, len(messages))
    front = Front(material, words, instants, len(messages))
    numbers = {m.message_id: m.number for m in reversed(messages) if m.message_id}
    with Drawer() as drawer:
        entries = Entries(
            words=words, instants=instants, drawer=drawer, numbers=numbers, room=LONGEST_TOGETHER
        )
        found = [
            written_out(conversation, number, entries, words, instants)
            for number, conversation in enumerate(conversations(messages), start=1)
        ]
    content = {
        **_titled(material, words),
        "banner": cover.banner(),
        "furniture": cover.furniture(),
        "order": [entry["n"] for conversation in found for entry in conversation["messages"]],
        "root": material.root[:_ROOT_SHOWN],
        "cover": cover.cover(*_ends(messages)),
        "sections": front.sections(),
        "conversations": {**_headed(words), "list": found},
        "after": [keys(material.keys, words), front.order_text()],
        "index": {"title": words("sections.index"), "numbers": [m.number for m in messages]},
    }
    return Document(
        text=json.dumps(content, ensure_ascii=False).encode(),
        pictures=entries.pictures,
        stamp=max(0, material.custody.time_ns // 10**9),
    )


def _headed(words: Words) -> dict[str, object]:
    columns = ("number", "people", "messages", "period", "page")
    return {
        "title": words("sections.conversations"),
        "lead": words("conversation.lead"),
        "columns": [words(f"conversation.column_{name}") for name in columns],
    }


def _ends(messages: list[Message]) -> tuple[int | None, int | None]:
    times = [message.clock_ns for message in messages if message.clock_ns is not None]
    return (min(times), max(times)) if times else (None, None)
