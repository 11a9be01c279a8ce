"""Use case: the business records an order admits: who held which device when, who bought it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zegel.canonical import percent_encoded
from zegel.investigation import Investigation
from zegel.investigation.leaves import as_json
from zegel.service.door import Who, enter
from zegel.service.reading import iso


def list_records(inv: Investigation, *, who: Who = None) -> dict[str, Any]:
    """Return the registry's and sales ledger's rows of an investigation, and what was paid."""
    with enter(inv, "business records read", who) as visit:
        rows = list(inv.rows("holdings"))
        rows.sort(key=_when)
        visit.write(shown=[_name(row) for row in rows])
    paid: dict[str, int] = {}
    for row in rows:
        if row["price_cents"] is not None:
            currency = row["currency"] or "?"
            paid[currency] = paid.get(currency, 0) + row["price_cents"]
    return {
        "training": inv.training,
        "count": len(rows),
        "paid_cents": dict(sorted(paid.items())),
        "records": [_shown(row) for row in rows],
    }


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['exhibit']}:{percent_encoded(row['path'])}@{row['offset']}"


def _when(row: Mapping[str, Any]) -> tuple[int, str, str, bytes, int]:
    start = -(2**62) if row["start_ns"] is None else row["start_ns"]
    return (start, row["account"] or "", row["device"] or "", row["path"], row["offset"])


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    times = {"start": iso(row["start_ns"]), "end": iso(row["end_ns"])}
    rest = {name: as_json(name, value) for name, value in row.items() if name[-3:] != "_ns"}
    return {**rest, **times}
