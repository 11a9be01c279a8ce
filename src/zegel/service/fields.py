"""What a search asks of something else than the text: who, when, which language, clause or tag.

Most of it is written into the index as marks, such as `from:d00042@ams.example`; times are ranges;
tags, notes and relevance are asked of the casework, which changes after the index is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from zegel.authorisation import read_order
from zegel.investigation import Investigation
from zegel.investigation.casework import RELEVANCE, Standing
from zegel.records import State, Verdict
from zegel.search.compile import Answer, Between, Marked
from zegel.search.index import Row
from zegel.service import fieldhours
from zegel.service.counting import counted_under
from zegel.service.said import said_of
from zegel.tables import read_rows
from zegel.text.language import LANGUAGES, UNDETERMINED
from zegel.text.nodes import And, Field, Node, Not, Or
from zegel.text.query import QueryError

FIELDS = frozenset((
    "from", "to", "with", "account", "device", "holder", "clause", "lang", "state", "signature",
    "has", "after", "before", "hour", "weekday", "tag", "relevance",
))  # fmt: skip
HAS = ("attachment", "text", "subject", "tag", "note", "disagreement")
_KNOWN: dict[str, tuple[str, ...]] = {
    "has": HAS,
    "lang": (*LANGUAGES, UNDETERMINED),
    "state": tuple(state.value for state in State),
    "signature": tuple(verdict.value for verdict in Verdict),
    "relevance": RELEVANCE,
}
"""Fields of which every value is known: another one is a slip, and would silently find nothing."""
_COLUMNS = [
    "number", "message", "subject", "text", "sender", "recipients", "accounts", "holders",
    "clock_ns", "language", "admitted", "state", "signature",
]  # fmt: skip


def mark(field: str, value: str) -> str:
    """Return a field and its value as one word of an index."""
    return f"{field}:{'·'.join(value.lower().split())}"


def _remembered(*fields: str) -> Callable[[str | None], tuple[str, ...]]:
    """Return what gives the marks of a name in `fields`; the same few people write all day."""

    @lru_cache(maxsize=65536)
    def marks(name: str | None) -> tuple[str, ...]:
        if not name:
            return ()
        before = name.partition("@")[0] or name
        return tuple(mark(field, part) for field in fields for part in (name, before))

    return marks


_of_sender = _remembered("from", "with", "account")
_of_recipient = _remembered("to", "with", "account")
_of_account = _remembered("account")
_of_device, _of_holder = _remembered("device"), _remembered("holder")
_of_clause, _of_language = _remembered("clause"), _remembered("lang")
_of_state, _of_signature = _remembered("state"), _remembered("signature")
_of_part = _remembered("has")


def marks_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return everything fields can ask of a message; an address also by what is before its @."""
    found = [*_of_language(row["language"]), *_of_state(row["state"])]
    found += _of_signature(row["signature"])
    for name in row["sender"]:
        found += _of_sender(name)
    for name in row["recipients"]:
        found += _of_recipient(name)
    for name in row["accounts"] or ():
        found += _of_account(name)
    for held in row["holders"] or ():
        found += _of_device(held["device"])
        found += _of_holder(held["holder"])
    for admitted in row["admitted"]:
        found += _of_clause(admitted["clause"])
    for part in ("text", "subject", "attachment"):
        if row.get(part):
            found += _of_part(part)
    return tuple(dict.fromkeys(found))


def investigation_rows(tables: Path) -> Iterator[Row]:
    """Yield what the index of an investigation holds, from the folder of its tables."""
    attached = {row["message"] for row in read_rows([tables / "attachments.parquet"])}
    for row in read_rows([tables / "messages.parquet"], _COLUMNS):
        texts = tuple(text for text in (row["subject"], row["text"]) if text)
        row["attachment"] = row["message"] in attached
        yield Row(row["number"], texts, row["clock_ns"], marks_of(row), counted_under(row))


def clauses_of(inv: Investigation) -> tuple[str, ...]:
    """Return the names of the order's clauses."""
    return tuple(clause.name for clause in read_order(inv.order).clauses)


class Fields:
    """Answers fields of one investigation."""

    def __init__(self, inv: Investigation) -> None:
        self._inv = inv

    def check(self, node: Node, query: str) -> None:
        """Raise `QueryError` where a field of `query` asks for what cannot be."""
        for field in _fields_of(node):
            why = self._fault(field)
            if why:
                raise QueryError(f"{field.name}:{field.value} {why}", query, field.at)

    def _fault(self, field: Field) -> str:
        if not field.value.strip():
            return "asks for nothing"
        if field.name in ("after", "before"):
            dated = _instant(field.value) is not None
            return "" if dated else "is no date; write 2016-04-19 or 2016-04-19T12:00:00Z"
        if field.name in fieldhours.FIELDS:
            means = fieldhours.meant(field.name, field.value) is not None
            return "" if means else fieldhours.fits(field.name)
        known = _KNOWN.get(field.name)
        if field.name == "clause":
            known = clauses_of(self._inv)
        if known is None or mark("", field.value) in {mark("", name) for name in known}:
            return ""
        return f"means nothing here; {field.name}: takes {', '.join(map(_quoted, known))}"

    def answer(self, field: Field) -> Answer:
        """Return how the index finds the messages for which `field` holds."""
        if field.name in ("after", "before"):
            at = _instant(field.value)
            return Between(at, None) if field.name == "after" else Between(None, at)
        if field.name in fieldhours.FIELDS:
            at_clock = fieldhours.meant(field.name, field.value)
            return fieldhours.numbers_at(self._inv, field.name, at_clock) if at_clock else []
        value = field.value.lower()
        if field.name in ("tag", "relevance") or (field.name, value) in _SAID:
            return self._said(field.name, value)
        return Marked(mark(field.name, value))

    def _said(self, name: str, value: str) -> list[int]:
        """Return the messages of which people said so."""
        holds = _SAID.get((name, value)) or (
            (lambda now: value in now.tags) if name == "tag" else lambda now: now.relevance == value
        )
        return [number for number, now in said_of(self._inv).items() if holds(now)]


_SAID: dict[tuple[str, str], Callable[[Standing], bool]] = {
    ("has", "tag"): lambda now: bool(now.tags),
    ("has", "note"): lambda now: now.notes > 0,
    ("has", "disagreement"): lambda now: now.disagreement,
}


def asks_casework(node: Node) -> bool:
    """Say whether what `node` finds can change while the investigation stays as it is."""
    return any(
        field.name in ("tag", "relevance") or (field.name, field.value.lower()) in _SAID
        for field in _fields_of(node)
    )


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


def _fields_of(node: Node) -> Iterator[Field]:
    if isinstance(node, Field):
        yield node
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from _fields_of(part)
    elif isinstance(node, Not):
        yield from _fields_of(node.part)


def _instant(value: str) -> int | None:
    """Return a day's beginning or an instant, in UTC where it names no zone."""
    try:
        moment = datetime.fromisoformat(value.upper().replace("Z", "+00:00"))
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return min(max(0, int(moment.timestamp()) * 10**9), 2**63 - 1)
