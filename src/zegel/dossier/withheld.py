"""Takes out of a message whatever its withheld parts name: the second of two locks.

Material is made without them already. Every rendering passes its messages through here all the
same, so that a fault in one place shows nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from zegel.dossier.material import Message, Place


def without_withheld(message: Message) -> Message:
    """Return the message as it may be shown; itself where nothing is withheld."""
    if not message.withheld:
        return message
    if message.entirely_withheld:
        return Message(number=message.number, message=message.message, withheld=message.withheld)
    parts = {one.part for one in message.withheld}
    changes: dict[str, Any] = {
        # The ciphertext, and what opens it, would give the withheld part away.
        "blocks": (),
        "places": tuple(_place(one, people="people" not in parts) for one in message.places),
        "attachments": tuple(
            one for one in message.attachments if f"attachment/{one.number}" not in parts
        ),
    }
    if "text" in parts:
        changes |= {"text": None, "language": None}
    if "subject" in parts:
        changes["subject"] = None
    if "people" in parts:
        changes |= {
            "sender": (), "recipients": (), "accounts": (), "holders": (), "chat_group": None,
            "message_id": None, "references": (),
        }  # fmt: skip
    return replace(message, **changes)


def _place(place: Place, *, people: bool) -> Place:
    if people:
        return replace(place, raw=None)
    return replace(place, raw=None, sender=(), recipients=(), envelope=(), account="")
