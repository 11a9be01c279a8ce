"""Keeps what is set apart out of a grant, and says how it stands with privilege in the folder."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from zegel.authorisation import Order
from zegel.authorisation.admit import Row
from zegel.casefile import Case
from zegel.errors import VerificationError
from zegel.privilege.forms import RULE
from zegel.service.caseindex import DOCUMENTS, SET_APART
from zegel.service.deciding import identities_of, rows_of
from zegel.service.setapart import current_marks, marked, miss_rate


def rows_apart(
    index: Path, exhibits: Collection[str], named: Collection[str] | None
) -> Iterable[Row]:
    """Yield who wrote what is set apart to whom and when; nothing where nothing is."""
    table = index / SET_APART
    return rows_of(table, exhibits, named) if table.is_file() else ()


def require_not_apart(case: Case, index: Path, numbers: Iterable[int]) -> None:
    """Raise where a message is set apart that the index has all the same."""
    apart = marked(case)
    if apart and not apart.isdisjoint(identities_of(index / DOCUMENTS, numbers).values()):
        raise VerificationError(
            "the index holds messages that are set apart for privilege",
            where=str(index),
            next_step="Remove that folder and give `zegel index` again.",
        )


def privilege_header(case: Case, order: Order) -> dict[str, Any]:
    """Return what an investigation's header says of privilege: no count of what is set apart."""
    marks = current_marks(case)
    if marks is None:
        return {"register": "none"}
    header: dict[str, Any] = {"register": "enrolled", "rule": RULE, "miss_rate": miss_rate(case)}
    if order.review:
        header |= {"review": True, "marks": marks.name}
    if order.sample:
        header |= {"sample": order.sample, "seed": order.seed}
    return header
