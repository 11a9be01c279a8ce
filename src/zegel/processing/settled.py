"""Tables that are told by others, put together again for whoever reads them.

Settling writes down only what no table says before it: a row of `states` stands beside the row of
`stored` for the same place, and a block's row of `sessions` is its last word unless `blocks` has
one that merges several.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from zegel.processing.sql import parquet

BY_PLACE = 'exhibit, entry, "offset", length'
"""The columns that say which place a row is of, in every table."""

_OWN = "* REPLACE (coalesce(root_id, content_id) AS root_id)"


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
