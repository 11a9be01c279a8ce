"""Applies an order to an index of the case: for a grant, for a preview."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from zegel.authorisation import Admitted, Order, accounts_named, admit
from zegel.authorisation.accounts import Holdings, scope
from zegel.authorisation.admit import Row, covered
from zegel.search import TextIndex
from zegel.service.caseindex import DOCUMENTS, TEXT
from zegel.service.deciding import Languages, rows_of
from zegel.service.guarding import rows_apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an order admits of an index, and the rows that this was decided from."""

    admitted: Admitted
    rows: list[Row] = field(repr=False)
    apart: frozenset[int] = field(repr=False)
    """Numbers, of their own, of what is set apart within accounts and periods of the order."""
    named: frozenset[str] = field(repr=False)
    """The accounts that clauses name, by themselves, a device or a holder."""


def decide(index: Path, order: Order, exhibits: Collection[str], holdings: Holdings) -> Decision:
    """Apply `order` to the messages of `index` that lie in `exhibits`."""
    documents, named = index / DOCUMENTS, accounts_named(order, holdings)
    hits, language = cache(TextIndex(index / TEXT).all_rows), Languages(documents)
    rows = list(rows_of(documents, exhibits, named))
    apart = list(rows_apart(index, exhibits, named))
    return Decision(
        admitted=admit(order, rows, holdings, hits, language.of, apart),
        rows=rows,
        apart=covered(order, apart, holdings),
        named=_named(order, holdings),
    )


def _named(order: Order, holdings: Holdings) -> frozenset[str]:
    scopes = [scope(clause, holdings) for clause in order.clauses]
    return frozenset(account for accounts in scopes if accounts for account in accounts)
