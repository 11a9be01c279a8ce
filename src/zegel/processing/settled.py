"""Tables that are told by others, put together again for whoever reads them.

Settling writes down only what no table says before it: a row of `states` stands beside the row of
`stored` for the same place, and a block's row of `sessions` is its last word unless `blocks` has
one that merges several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from zegel.processing.sql import parquet

BY_PLACE = 'exhibit, entry, "offset", length'
"""The columns that say which place a row is of, in every table."""

INSTANT = (
    "CASE s.clock WHEN 'received' THEN s.received_ns WHEN 'stored' THEN s.stored_ns "
    "WHEN 'date' THEN s.date_ns END"
)
"""The instant of the clock that a row of `stored`, called `s`, says is used; null for none."""

_OWN = "* REPLACE (coalesce(root_id, content_id) AS root_id)"


def identity_of(seals: Mapping[str, str]) -> str:
    """Return an expression for the identity (`stored_id`) of a row of `stored` called `s`.

    It is SHA-256 of the place in the sealed copy; `seals` has the seal of each exhibit. Octets of
    digests are what no file makes smaller, and these follow from the rest of the row.
    """
    known = ", ".join(f"'{exhibit}': '{seal}'" for exhibit, seal in seals.items())
    place = "':' || s.entry || ':' || s.\"offset\" || ':' || s.length"
    return f"unhex(sha256(MAP {{{known}}}[s.exhibit] || {place}))"


def places_of(states: Path, messages: str) -> str:
    """Return a table expression with the row of `states` of each place, and its message's identity.

    `messages` is a table expression: the settled table of that name, or some of its rows.
    """
    return (
        f"(SELECT m.message, t.* FROM {parquet([states])} t "
        f"JOIN {messages} m ON m.number = t.message_number)"
    )


def blocks_of(sessions: Sequence[Path], merged: Path) -> str:
    """Return a table expression with one row for each distinct block, as it ended.

    `merged` is the settled table `blocks`: of blocks that several rows of `sessions` tell of.
    """
    rows = f"SELECT {_OWN} FROM {parquet(sessions)} s"
    if pq.read_metadata(merged).num_rows:
        again = parquet([merged])
        rows += f" ANTI JOIN {again} m USING (content_id) UNION ALL BY NAME SELECT * FROM {again}"
    return f"({rows})"
