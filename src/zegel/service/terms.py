"""Use case: how many messages each query of a list finds; the list is a text file, one a line.

What cannot be read is said by its line, and the rest is counted. Empty lines and lines that begin
with # are no queries. Nothing is shown but counts; what was asked is in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from zegel.canonical import JSON
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.search import TextIndex
from zegel.service.door import Who, enter
from zegel.service.fields import Fields
from zegel.service.searching import asked_of, index_of
from zegel.text.query import QueryError

MOST_TERMS, LARGEST = 1000, 100_000
"""Queries of one list, and its characters."""
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
"""How a file says in which encoding it is; without, it is UTF-8."""


@dataclass(frozen=True, slots=True)
class Term:
    """One query of a list."""

    line: int
    query: str = field(repr=False)


def read_terms(text: bytes) -> list[Term]:
    """Return the queries of a list, with the lines they stand in; `UsageError` where it is none."""
    if len(text) > 4 * LARGEST:
        raise UsageError(f"a list of terms has at most {LARGEST:,} characters")
    encoding = next((name for mark, name in _MARKS if text.startswith(mark)), "utf-8")
    try:
        lines = text.decode(encoding).splitlines()
    except UnicodeDecodeError:
        raise UsageError(
            "the list of terms is no text in UTF-8",
            next_step="Save it as plain text in UTF-8, one query a line.",
        ) from None
    return as_terms(lines)


def as_terms(lines: Sequence[str]) -> list[Term]:
    """Return the queries among these lines; `UsageError` where there are none or too many."""
    terms = [
        Term(number, line.strip())
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not terms:
        raise UsageError("the list of terms is empty", next_step="Write one query a line.")
    if len(terms) > MOST_TERMS or sum(len(line) for line in lines) > LARGEST:
        raise UsageError(
            f"a list of terms has at most {MOST_TERMS:,} queries and {LARGEST:,} characters",
            next_step="Cut it in two.",
        )
    return terms


def count_terms(inv: Investigation, terms: Sequence[Term], *, who: Who = None) -> dict[str, Any]:
    """Return how many messages each query finds, or why it cannot be read, in order of lines."""
    queries: list[JSON] = [term.query for term in terms]
    with enter(inv, "terms counted", who, {"queries": queries}) as visit:
        index, fields = index_of(inv), Fields(inv)
        counted = [_counted(index, fields, term) for term in terms]
        visit.write({"hits": [one["hits"] for one in counted]}, shown=[t.query for t in terms])
    return {
        "training": inv.training,
        "terms": counted,
        "faults": sum(one["fault"] is not None for one in counted),
    }


def _counted(index: TextIndex, fields: Fields, term: Term) -> dict[str, Any]:
    try:
        node = asked_of(fields, term.query)
        assert node is not None  # no term is empty
        return {**_shown(term), "hits": index.count(node, fields.answer), "fault": None}
    except QueryError as error:
        fault = {"what": error.what, "at": error.position + 1}
        return {**_shown(term), "hits": None, "fault": fault}


def _shown(term: Term) -> dict[str, Any]:
    return {"line": term.line, "query": term.query}
