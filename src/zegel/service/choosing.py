"""Which messages are meant: those of a query, those that are named, or both; bounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.rows import identities_of
from zegel.search import Page
from zegel.service.fields import Fields
from zegel.service.reading import find_message
from zegel.service.searching import asked_of, index_of

MOST = 20_000
"""Messages that one act speaks of: each is named in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Messages by number or identity, or the whole result of a query; an empty query asks for all.

    With both, those named.
    """

    ids: Sequence[str] | None = None
    query: str | None = field(default=None, repr=False)


def messages_of(inv: Investigation, chosen: Chosen) -> dict[bytes, int]:
    """Return the identities that are meant with their numbers, in the order of the numbers.

    Raises `UsageError` for one that is not here, where there are none, or more than `MOST`.
    """
    if chosen.ids is not None:
        numbers = _named(inv, chosen.ids)
    else:
        numbers = numbers_of(inv, chosen.query or "")
    if not numbers:
        raise UsageError("no message is chosen", next_step="Tick some, or search for others.")
    if len(numbers) > MOST:
        raise UsageError(
            f"{len(numbers)} messages are more than one act speaks of: at most {MOST}",
            next_step="Narrow the search, for instance by month, and do it in parts.",
        )
    found = identities_of(inv, numbers)
    if len(found) < len(numbers):
        raise UsageError("there is no such message here", where=str(inv.folder))
    return {message: number for number, message in found.items()}


def _named(inv: Investigation, ids: Sequence[str]) -> set[int]:
    if len(ids) > MOST:
        raise UsageError(f"more than {MOST} messages are named")
    return {
        int(one) if one.isascii() and one.isdigit() and len(one) < 10
        else find_message(inv, one)["number"]
        for one in ids
    }  # fmt: skip


def numbers_of(inv: Investigation, query: str) -> set[int]:
    """Return the numbers of every message that a query finds."""
    if not query.strip():
        return set(range(1, inv.messages + 1))
    fields = Fields(inv)
    node = asked_of(fields, query)
    assert node is not None
    return set(index_of(inv).all_rows(node, fields.answer))


def in_order(inv: Investigation, query: str, order: str) -> list[int]:
    """Return the same in the order in which a search shows them."""
    found = sorted(numbers_of(inv, query))  # numbers follow the trusted clock
    if order != "best" or not query.strip():
        return found if order == "oldest" else found[::-1]
    fields, page = Fields(inv), Page(limit=max(1, len(found)), by_date=False)
    return list(index_of(inv).page(asked_of(fields, query), page, fields.answer).rows)
