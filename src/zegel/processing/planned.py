"""Reads the plan of a round: of each content what opening it needs, and the rest when asked for.

A place has twenty fields, and up to three of them describe where a content lies; what the scan put
into the spool is opened without knowing more than four.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_EARLIER = (
    "tried_keys",
    "tried_passphrases",
    "tried_esks",
    "session_algorithm",
    "session_key",
    "key_fingerprint",
    "passphrase",
)
"""What an earlier round tried on a content, and the session key it found."""
_NEVER: dict[str, Any] = dict.fromkeys(_EARLIER)


class Planned:
    """One content that a round must look at."""

    __slots__ = (
        "_number",
        "_places",
        "accounts",
        "content_id",
        "earlier",
        "esks",
        "kind",
        "layer_path",
        "length",
        "part",
        "spooled",
        "spooled_keys",
        "spooled_size",
    )

    def __init__(
        self,
        content_id: bytes,
        kind: str,
        esks: list[bytes],
        accounts: list[str] | None,
        length: int,
        layer_path: str,
        part: str,
        spooled: int | None,
        spooled_keys: int | None,
        spooled_size: int | None,
        earlier: dict[str, Any],
        places: pa.ListArray,
        number: int,
    ) -> None:
        self.content_id = content_id
        self.kind = kind
        self.esks = esks
        self.accounts = accounts or ()
        self.length = length
        self.layer_path = layer_path
        self.part = part
        self.spooled = spooled
        self.spooled_keys = spooled_keys
        self.spooled_size = spooled_size
        self.earlier = earlier
        self._places = places
        self._number = number

    def places(self) -> Sequence[dict[str, Any]]:
        """Return every place that is known of the content; the fields above are of the first."""
        found: Sequence[dict[str, Any]] = self._places[self._number].as_py()
        return found


def read_plan(path: Path, group: int) -> list[Planned]:
    """Return the contents of one row group of the plan at `path`; none where it has no group."""
    with pq.ParquetFile(path) as plan:
        if not plan.num_row_groups:
            return []
        table = plan.read_row_group(group)
    places = table.column("places").combine_chunks()
    first = pc.list_element(places, 0)
    own = [table.column(name) for name in ("content_id", "kind", "esks", "accounts")]
    of_place = [
        pc.struct_field(first, name)
        for name in ("length", "layer_path", "part", "spooled", "spooled_keys", "spooled_size")
    ]
    values = zip(*(column.to_pylist() for column in (*own, *of_place)), strict=True)
    earlier = _earlier(table)
    return [
        Planned(*row, earlier[number], places, number)  # type: ignore[call-arg]
        for number, row in enumerate(values)
    ]


def _earlier(table: pa.Table) -> list[dict[str, Any]]:
    tried = table.select(_EARLIER)
    if all(column.null_count == tried.num_rows for column in tried.columns):
        return [_NEVER] * tried.num_rows
    rows: list[dict[str, Any]] = tried.to_pylist()
    return rows
