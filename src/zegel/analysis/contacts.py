"""Who wrote to whom, how often, from when to when."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from zegel.analysis.traffic import Traffic

UNKNOWN = "(unknown)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Messages from one account to another."""

    sender: str
    recipient: str
    messages: int
    first_ns: int | None
    last_ns: int | None


def contacts(found: Traffic) -> list[Contact]:
    """Return each pair of sender and recipient, most messages first; a group counts per member."""
    rows = counted(found.pairs).to_pylist()
    names = (*found.accounts, UNKNOWN)
    made = [
        Contact(
            sender=names[-1 if row["sender"] is None else row["sender"]],
            recipient=names[-1 if row["recipient"] is None else row["recipient"]],
            messages=row["messages"],
            first_ns=row["first_ns"],
            last_ns=row["last_ns"],
        )
        for row in rows
    ]
    return sorted(made, key=lambda c: (-c.messages, c.sender, c.recipient))


def counted(pairs: pa.Table) -> pa.Table:
    """Return `sender`, `recipient`, `messages`, `first_ns`, `last_ns` of each pair, in order."""
    sums = [("number", "count"), ("clock_ns", "min"), ("clock_ns", "max")]
    grouped = pairs.group_by(["sender", "recipient"], use_threads=False).aggregate(sums)
    names = {"number_count": "messages", "clock_ns_min": "first_ns", "clock_ns_max": "last_ns"}
    table = grouped.rename_columns([names.get(name, name) for name in grouped.column_names])
    return table.sort_by([("sender", "ascending"), ("recipient", "ascending")])
