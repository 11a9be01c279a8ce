"""Applies an order to an index of the case: for a grant, for a preview.

Only what an order may concern is made a row in Python: messages of the accounts it names, hits of
its terms and their context. All else is left out, and counted where somebody asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from zegel.authorisation import Admitted, Clause, Order, accounts_named, admit
from zegel.authorisation.accounts import Holdings, scope
from zegel.authorisation.admit import Row, covered
from zegel.search import TextIndex
from zegel.service.caseindex import DOCUMENTS, TEXT
from zegel.service.deciding import Languages
from zegel.service.guarding import rows_apart
from zegel.service.narrow import Narrow
from zegel.text.nodes import Node

Hits = Callable[[Node], Collection[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an order admits of an index, and the rows that this was decided from."""

    admitted: Admitted
    rows: list[Row] = field(repr=False)
    apart: frozenset[int] = field(repr=False)
    """Numbers, of their own, of what is set apart within accounts and periods of the order."""
    named: frozenset[str] = field(repr=False)
    """The accounts that clauses name, by themselves, a device or a holder."""


def decide(
    index: Path,
    order: Order,
    exhibits: Collection[str],
    holdings: Holdings,
    *,
    whole: bool = True,
) -> Decision:
    """Apply `order` to the messages of `index` that lie in `exhibits`.

    Where not `whole`, rows come without what threads and conversations are made of unless a clause
    asks for them, and what no row was made of is not counted: enough to say what is admitted.
    """
    narrow = Narrow(index, exhibits if order.exhibits else None)
    hits: Hits = cache(TextIndex(index / TEXT).all_rows)
    seen = _concerned(order, narrow, holdings, hits)
    names = whole or any(clause.context.thread for clause in order.clauses)
    talks = whole or any(clause.context for clause in order.clauses)
    rows = list(narrow.rows(seen, names=names, talks=talks))
    apart = list(rows_apart(index, exhibits, accounts_named(order, holdings)))
    admitted = admit(order, rows, holdings, hits, Languages(index / DOCUMENTS).of, apart)
    if whole and seen is not None:
        _count_rest(admitted, order, narrow, holdings, hits, seen)
    return Decision(
        admitted=admitted,
        rows=rows,
        apart=covered(order, apart, holdings),
        named=_named(order, holdings),
    )


def _concerned(order: Order, narrow: Narrow, holdings: Holdings, hits: Hits) -> set[int] | None:
    """Return every message that a clause may admit, or that concerns whom one names; None: all."""
    found: set[int] = set()
    named: set[str] = set()
    for clause in order.clauses:
        if clause.records:
            continue
        accounts = scope(clause, holdings)
        if accounts is not None:
            named |= accounts.keys()
            continue
        more = _around(clause, narrow, hits)
        if more is None:
            return None
        found |= more
    return found | narrow.concerning(named) if named else found


def _around(clause: Clause, narrow: Narrow, hits: Hits) -> set[int] | None:
    """Return the hits of a clause that names nobody, with all that may be their context."""
    if clause.terms is None:
        return None
    found = set(hits(clause.terms))
    if clause.context.thread:
        return narrow.in_threads_of(found)
    return narrow.talking_with(found) if clause.context else found


def _count_rest(
    admitted: Admitted,
    order: Order,
    narrow: Narrow,
    holdings: Holdings,
    hits: Hits,
    seen: Collection[int],
) -> None:
    out = order.exclusions
    excluded = () if out.terms is None else hits(out.terms)
    for clause in order.clauses:
        if not clause.records and scope(clause, holdings) is None:
            counts = Counter(admitted.left_out[clause.name])
            admitted.left_out[clause.name] = counts + narrow.rest(clause, out, excluded, seen)


def _named(order: Order, holdings: Holdings) -> frozenset[str]:
    scopes = [scope(clause, holdings) for clause in order.clauses]
    return frozenset(account for accounts in scopes if accounts for account in accounts)
