"""Use case: search one investigation. The log says what was asked and shown before the hits leave.

Nothing here opens a case. What is not in the folder does not exist, and counts are of what is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zegel.canonical import JSON
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.investigation.casework import Standing, newest_line
from zegel.investigation.outline import outline
from zegel.investigation.rows import rows_numbered
from zegel.search import Page, TextIndex
from zegel.service.counting import Counts, by_index, by_rows
from zegel.service.door import Who, enter
from zegel.service.facets import facets_of, tags_of
from zegel.service.fields import FIELDS, Fields, asks_casework
from zegel.service.reading import listed
from zegel.service.said import said_of
from zegel.service.snippets import snippet
from zegel.tables.held import Held
from zegel.text import parse, spans
from zegel.text.nodes import And, Field, Node, Or
from zegel.text.query import QueryError

MOST_HITS = 1000
"""Hits of one page."""
_COLUMNS = [
    "number", "message", "clock_ns", "clock", "sender", "recipients", "subject", "state",
    "language", "admitted", "text",
]  # fmt: skip


def search(
    inv: Investigation,
    query: str,
    page: Page | None = None,
    *,
    facets: bool = False,
    who: Who = None,
) -> dict[str, Any]:
    """Return the hits of one page, with marks, and the exact count of all.

    With `facets`, also how many of all hits there are by account, holder, time, language,
    attachment, clause and tag (`zegel.service.facets`).
    """
    page = page or Page()
    asked: dict[str, JSON] = {"query": query, "offset": page.offset, "limit": page.limit}
    with enter(inv, "search", who, asked) as visit:
        result = _search(inv, query, page)
        if facets:
            result["facets"] = _facets(inv, query, result["count"])
        visit.write(shown=[bytes.fromhex(hit["id"]) for hit in result["hits"]])
    return result


def narrowed(query: str, words: str) -> str:
    """Return a query that asks for `words` besides; one that cannot be read stays so."""
    try:
        node = parse(query, fields=FIELDS) if query.strip() else None
    except QueryError:
        return f"{query} {words}"
    if node is None:
        return words
    return f"({query}) {words}" if isinstance(node, Or) else f"{query} {words}"


def hits_of(inv: Investigation, query: str, page: Page) -> list[str]:
    """Return the identities that a page of hits names, in its order; for whoever checks a log."""
    return [hit["id"] for hit in _search(inv, query, page)["hits"]]


def _search(inv: Investigation, query: str, page: Page) -> dict[str, Any]:
    if not 0 < page.limit <= MOST_HITS or page.offset < 0:
        raise UsageError(f"a page holds 1 to {MOST_HITS} hits")
    fields = Fields(inv)
    node = asked_of(fields, query)
    found = index_of(inv).page(node, page, fields.answer)
    rows = rows_numbered(inv, found.rows, _COLUMNS)
    newest, said = newest_line(inv.folder), said_of(inv)
    return {
        "training": inv.training,
        "query": query,
        "count": found.count,
        "newest": newest,
        "offset": page.offset,
        "limit": page.limit,
        "hits": [_hit(rows[number], node, said.get(number, Standing())) for number in found.rows],
    }


def _facets(inv: Investigation, query: str, messages: int) -> list[dict[str, Any]]:
    """Return all facets of a query that finds so many messages; what casework cannot change is
    held for the next page."""
    fields = Fields(inv)
    node = asked_of(fields, query)

    def counted() -> list[dict[str, Any]]:
        return facets_of(_counts(inv, node, fields, messages), of_all=node is None)

    if node is not None and asks_casework(node):
        found = counted()
    else:
        found = _COUNTED.of(_meta(inv), query.strip(), counted)
    tagged = None if node is None else index_of(inv).every_row(And((node, _TAGGED)), fields.answer)
    return [*found, tags_of(inv, tagged)]


def _counts(inv: Investigation, node: Node | None, fields: Fields, messages: int) -> Counts:
    """Count in the index, where that can be exact, else in the sealed tables."""
    index, known = index_of(inv), outline(inv)
    if node is None:
        return by_rows(known, None)
    told = index.counted(node, fields.answer)
    counts = None if told is None else by_index(known, messages, told)
    return counts or by_rows(known, index.every_row(node, fields.answer))


def _nothing(place: Path, _part: object) -> list[dict[str, Any]]:
    raise LookupError(place)


_TAGGED = Field("has", "tag")
_COUNTED: Held[list[dict[str, Any]]] = Held(_nothing, most=500)
"""Facets of the last few hundred queries."""


def asked_of(fields: Fields, query: str) -> Node | None:
    """Return what a query asks of an investigation, None for everything; raise where it cannot."""
    node = parse(query, fields=FIELDS) if query.strip() else None
    if node is not None:
        fields.check(node, query)
    return node


def index_of(inv: Investigation) -> TextIndex:
    """Return the investigation's index, opened once while it is as it was."""
    return _INDEXES.of(_meta(inv))


def _meta(inv: Investigation) -> Path:
    return inv.folder / "index" / "meta.json"


def _opened(place: Path, _part: int) -> TextIndex:
    return TextIndex(place.parent)


_INDEXES: Held[TextIndex] = Held(_opened, most=8)


def _hit(row: Mapping[str, Any], node: Node | None, now: Standing) -> dict[str, Any]:
    text = row["text"] or ""
    return {
        **listed(row),
        "language": row["language"],
        "clauses": [admitted["clause"] for admitted in row["admitted"]],
        "tags": list(now.tags),
        "relevance": now.relevance,
        "disagreement": now.disagreement,
        "snippet": snippet(text, spans(node, text) if node is not None else []),
    }
