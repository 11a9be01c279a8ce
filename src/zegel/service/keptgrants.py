"""What a case keeps of each grant: its order, and which places it took in; identities alone.

CASE/granted/<root>/: places.parquet, order.toml, order.sig where it was signed. With it a message
that should not have been there can be called back from folders that lie elsewhere.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from zegel.casefile import Case
from zegel.tables import commit, make_folder, read_rows

_PLACES, _ORDER, _SIGNATURE = "places.parquet", "order.toml", "order.sig"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptGrant:
    """What is kept of one grant."""

    folder: Path

    @property
    def order(self) -> bytes:
        """Return the order, as received."""
        return (self.folder / _ORDER).read_bytes()

    @property
    def signature(self) -> bytes | None:
        """Return its signature, None where it was not signed."""
        place = self.folder / _SIGNATURE
        return place.read_bytes() if place.is_file() else None

    def messages_at(self, places: frozenset[bytes]) -> frozenset[bytes]:
        """Return the messages, as that version calls them, that lie at any of `places`."""
        rows = read_rows([self.folder / _PLACES])
        return frozenset(row["message"] for row in rows if row["stored_id"] in places)


def keep_grant(case: Case, root: str, order: bytes, signature: bytes | None, tables: Path) -> None:
    """Keep what a grant took in, from its folder's tables; once for each root."""
    place = _place(case, root)
    if place.is_dir():
        return
    unfinished = place.with_name(f".unfinished-{place.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    make_folder(unfinished)
    rows = pq.read_table(tables / "places.parquet", columns=["message", "stored_id"])
    pq.write_table(rows, unfinished / _PLACES)
    (unfinished / _ORDER).write_bytes(order)
    if signature is not None:
        (unfinished / _SIGNATURE).write_bytes(signature)
    commit(unfinished, place)


def kept_grant(case: Case, root: str) -> KeptGrant | None:
    """Return what is kept of the grant with that root; None for what an earlier version made."""
    place = _place(case, root)
    return KeptGrant(folder=place) if place.is_dir() else None


def _place(case: Case, root: str) -> Path:
    return case.folder / "granted" / root[:32]
