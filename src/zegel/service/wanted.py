"""Use case: which keys and passphrases are still wanted, and how many blocks wait for each."""

from __future__ import annotations

from typing import Any

from zegel.casefile import Case
from zegel.processing.settled import blocks_of
from zegel.processing.sql import connect
from zegel.service.door import Who, enter_case
from zegel.service.paging import Part
from zegel.service.processed import require_processed
from zegel.tables import read_rows

_WANTED = """
SELECT key_id, state, reason, detail, count(*) AS blocks
FROM (SELECT unnest(CASE WHEN len(key_ids) = 0 THEN [NULL] ELSE key_ids END) AS key_id,
             state, reason, detail
      FROM {blocks} WHERE state IN ('no key', 'key locked'))
GROUP BY ALL ORDER BY blocks DESC, key_id, state, reason, detail
"""


def list_wanted(case: Case, *, who: Who = None) -> list[dict[str, Any]]:
    """Return what blocks that stayed closed ask for, those that most wait for first.

    `key_id` is None for a hidden recipient or a passphrase; `detail` says how many of how many
    candidates were tried; `user_ids` are those of a certificate without its secret, where one lies
    in the case. A block for several recipients counts for each.
    """
    with enter_case(case, "keys read", who, {"wanted": True}) as visit:
        wanted = _wanted(case)
        visit.write(shown=[one["key_id"] or "hidden" for one in wanted])
    return wanted


def page_of_wanted(case: Case, *, part: Part | None = None, who: Who = None) -> dict[str, Any]:
    """Return a page of the same, and how many there are."""
    part = part or Part()
    with enter_case(case, "keys read", who, {"wanted": True, "page": part.page}) as visit:
        wanted = _wanted(case)
        told = part.of(len(wanted))
        shown = wanted[part.offset : part.offset + part.size]
        visit.write(shown=[one["key_id"] or "hidden" for one in shown])
    return {"training": case.training, **told, "wanted": shown}


def _wanted(case: Case) -> list[dict[str, Any]]:
    require_processed(case)
    merged = case.stage("settled").files("blocks")[-1:]
    with connect(case.folder / "spill") as connection:
        blocks = blocks_of(case.stage("open").files("sessions"), merged[0])
        rows = connection.execute(_WANTED.format(blocks=blocks)).fetchall()
    known = read_rows(case.stage("keys").files("keys")[-1:], ["key_id", "user_ids"])
    users = {row["key_id"]: row["user_ids"] for row in known}
    return [
        {
            "key_id": key_id.hex().upper() if key_id else None,
            "user_ids": users.get(key_id, []),
            "state": state,
            "reason": reason,
            "detail": detail,
            "blocks": int(blocks),
        }
        for key_id, state, reason, detail, blocks in rows
    ]
