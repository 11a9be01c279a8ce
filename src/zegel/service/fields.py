"""What a search asks of something else than the text: who, when, which language, clause or tag.

Most of it is written into the index as marks, such as `from:d00042@ams.example`; times are ranges;
tags are asked of the casework, which changes after the index is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.casework import tagged
from zegel.search.compile import Answer, Between, Marked
from zegel.search.index import Row
from zegel.tables import read_rows
from zegel.text.nodes import Field

_Names = Callable[[Mapping[str, Any]], Iterable[str]]
_NAMES: dict[str, _Names] = {
    "from": lambda row: row["sender"],
    "to": lambda row: row["recipients"],
    "with": lambda row: [*row["sender"], *row["recipients"]],
    "account": lambda row: [*(row["accounts"] or ()), *row["sender"], *row["recipients"]],
    "device": lambda row: [held["device"] for held in row["holders"] or ()],
    "holder": lambda row: [held["holder"] for held in row["holders"] or ()],
    "clause": lambda row: [part["clause"] for part in row["admitted"]],
    "lang": lambda row: [row["language"] or ""],
    "state": lambda row: [row["state"]],
    "signature": lambda row: [row["signature"]],
    "has": lambda row: [name for name in ("text", "subject", "attachment") if row.get(name)],
}
FIELDS = frozenset((*_NAMES, "after", "before", "tag"))
HAS = ("attachment", "text", "subject")
_COLUMNS = [
    "number", "message", "subject", "text", "sender", "recipients", "accounts", "holders",
    "clock_ns", "language", "admitted", "state", "signature",
]  # fmt: skip


def mark(field: str, value: str) -> str:
    """Return a field and its value as one word of an index."""
    return f"{field}:{'·'.join(value.lower().split())}"


def marks_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return everything fields can ask of a message; an address also by what is before its @."""
    found: dict[str, None] = {}
    for field, names in _NAMES.items():
        for name in names(row):
            if name:
                found.setdefault(mark(field, name))
                found.setdefault(mark(field, name.partition("@")[0] or name))
    return tuple(found)


def investigation_rows(tables: Path) -> Iterator[Row]:
    """Yield what the index of an investigation holds, from the folder of its tables."""
    attached = {row["message"] for row in read_rows([tables / "attachments.parquet"])}
    for row in read_rows([tables / "messages.parquet"], _COLUMNS):
        texts = tuple(text for text in (row["subject"], row["text"]) if text)
        marks = marks_of({**row, "attachment": row["message"] in attached})
        yield Row(row["number"], texts, row["clock_ns"], marks)


class Fields:
    """Answers fields of one investigation."""

    def __init__(self, inv: Investigation) -> None:
        self._inv = inv

    def answer(self, field: Field) -> Answer:
        """Return how the index finds the messages for which `field` holds."""
        if field.name in ("after", "before"):
            return _period(field.name, field.value)
        if field.name == "tag":
            wanted = tagged(self._inv.folder, field.value.lower())
            rows = read_rows([self._inv.table("messages")], ["number", "message"]) if wanted else ()
            return [row["number"] for row in rows if row["message"] in wanted]
        if field.name == "has" and field.value.lower() not in HAS:
            known = ", ".join(HAS)
            raise UsageError(f"has:{field.value} means nothing here", next_step=f"has: {known}")
        return Marked(mark(field.name, field.value))


def _period(name: str, value: str) -> Between:
    """`after:` counts from the start of a day or instant, `before:` up to and without it (UTC)."""
    try:
        moment = datetime.fromisoformat(value.upper().replace("Z", "+00:00"))
    except ValueError:
        raise UsageError(
            f"{name}:{value} is no date", next_step="Write 2016-04-19 or 2016-04-19T12:00:00Z."
        ) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    at = int(moment.timestamp()) * 10**9
    return Between(at, None) if name == "after" else Between(None, at)
