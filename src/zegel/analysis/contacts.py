"""Who wrote to whom, how often, from when to when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Messages from one account to another."""

    sender: str
    recipient: str
    messages: int
    first_ns: int | None
    last_ns: int | None


def contacts(rows: Iterable[Mapping[str, Any]]) -> list[Contact]:
    """Return each pair of sender and recipient, most messages first; a group counts per member."""
    counts: dict[tuple[str, str], int] = {}
    times: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        for sender in row["sender"] or ("(unknown)",):
            for recipient in row["recipients"] or ("(unknown)",):
                pair = (sender, recipient)
                counts[pair] = counts.get(pair, 0) + 1
                if row["clock_ns"] is not None:
                    times.setdefault(pair, []).append(row["clock_ns"])
    found = [
        Contact(
            sender=sender,
            recipient=recipient,
            messages=count,
            first_ns=min(times.get((sender, recipient), ()), default=None),
            last_ns=max(times.get((sender, recipient), ()), default=None),
        )
        for (sender, recipient), count in counts.items()
    ]
    return sorted(found, key=lambda c: (-c.messages, c.sender, c.recipient))
