"""What a search asks of something else than the text: who, when, which language, clause or tag."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.casework import tagged
from zegel.tables import read_rows
from zegel.text.nodes import Field

FIELDS = frozenset(
    ("from", "to", "with", "account", "device", "holder", "after", "before", "has", "lang",
     "clause", "tag", "state", "signature")
)  # fmt: skip
_COLUMNS = [
    "number", "message", "sender", "recipients", "accounts", "holders", "clock_ns", "language",
    "admitted", "state", "signature",
]  # fmt: skip
_HAS = ("attachment", "text", "subject")
Test = Callable[[Mapping[str, Any]], bool]
_NAMES: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "from": lambda row: row["sender"],
    "to": lambda row: row["recipients"],
    "with": lambda row: [*row["sender"], *row["recipients"]],
    "account": lambda row: [*(row["accounts"] or ()), *row["sender"], *row["recipients"]],
    "device": lambda row: [held["device"] for held in row["holders"] or ()],
    "holder": lambda row: [held["holder"] for held in row["holders"] or ()],
    "clause": lambda row: [part["clause"] for part in row["admitted"]],
}
_EQUAL = {"lang": "language", "state": "state", "signature": "signature"}


class Fields:
    """Answers fields of one investigation; rows are read once."""

    def __init__(self, inv: Investigation) -> None:
        self._inv = inv
        self._rows: list[dict[str, Any]] | None = None

    def rows(self, field: Field) -> Collection[int]:
        """Return the numbers of the messages for which `field` holds."""
        test = self._test(field.name, field.value.lower())
        if self._rows is None:
            self._rows = list(read_rows([self._inv.table("messages")], _COLUMNS))
        return [row["number"] for row in self._rows if test(row)]

    def _test(self, name: str, value: str) -> Test:
        if name in _NAMES:
            names = _NAMES[name]
            return lambda row: _among(value, names(row))
        if name in _EQUAL:
            column = _EQUAL[name]
            return lambda row: bool(row[column] == value)
        if name == "tag":
            wanted = tagged(self._inv.folder, value)
            return lambda row: row["message"] in wanted
        return self._has(value) if name == "has" else _period(name, value)

    def _has(self, value: str) -> Test:
        if value == "attachment":
            attached = {row["message"] for row in self._inv.rows("attachments")}
            return lambda row: row["message"] in attached
        if value not in _HAS:
            raise UsageError(f"has:{value} means nothing here", next_step=f"has: {', '.join(_HAS)}")
        filled = {row["number"] for row in self._inv.rows("messages") if row[value]}
        return lambda row: row["number"] in filled


def _among(value: str, names: Collection[str]) -> bool:
    """Say whether a name is `value`, or begins with it up to its @."""
    return any(
        name.lower() == value or name.lower().partition("@")[0] == value for name in names if name
    )


def _period(name: str, value: str) -> Test:
    """`after:` counts from the start of a day or instant, `before:` up to and without it (UTC)."""
    try:
        moment = datetime.fromisoformat(value.upper().replace("Z", "+00:00"))
    except ValueError:
        raise UsageError(
            f"{name}:{value} is no date", next_step="Write 2016-04-19 or 2016-04-19T12:00:00Z."
        ) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    at = int(moment.timestamp()) * 10**9
    if name == "after":
        return lambda row: row["clock_ns"] is not None and row["clock_ns"] >= at
    return lambda row: row["clock_ns"] is not None and row["clock_ns"] < at
