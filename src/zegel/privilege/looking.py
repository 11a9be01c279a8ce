"""Looks at messages, a part at a time, in several processes; writes what was seen of each.

A row says that a message, as it is now (`basis`), was looked at, and whether it matched: `why` is a
keyed digest of what matched, bound to the message, so that equal reasons cannot be told from one
another. `names` are digests of the ids and group that make its thread. No content, no entry.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from zegel.privilege.matching import Matcher, Sighting
from zegel.privilege.register import Register, read_register
from zegel.processing.schemas import ID
from zegel.processing.textbody import holds_text
from zegel.tables import PartWriter

LOOKED = pa.schema(
    [
        ("message", ID),
        ("basis", ID),
        ("why", pa.binary(8)),
        ("names", pa.list_(pa.binary(8))),
        ("unread", pa.int32()),
    ]
)
"""`unread` counts attachments whose text nothing here reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a task gives back."""

    part: str
    unfinished: Path
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LookTask:
    """Look at one group of rows."""

    stage: Path
    part: str
    rows: Path
    group: int
    register: Path
    digest: str
    """Of the register that was checked: another one would be looked for in vain."""
    key: bytes = field(repr=False)

    def __call__(self) -> Looked:
        """Write the part beside its place."""
        register = _register(self.register, self.digest)
        matcher = Matcher(register, self.key)
        writer = PartWriter(self.stage / f".unfinished-{self.part}", {"looked": LOOKED})
        with pq.ParquetFile(self.rows) as file:
            rows = file.read_row_group(self.group).to_pylist()
        writer.add_all("looked", (looked_at(row, matcher, self.key) for row in rows))
        counts = writer.finish()
        return Looked(part=self.part, unfinished=writer.unfinished, rows=counts["looked"])


@lru_cache(maxsize=1)
def _register(place: Path, digest: str) -> Register:
    register = read_register(place)
    if register.digest != digest:
        raise ValueError("another register")
    return register


def looked_at(row: Mapping[str, Any], matcher: Matcher, key: bytes) -> dict[str, Any]:
    """Return the row that says what was seen of a message."""
    ids = row["ids"] or ()
    found = matcher.matches(
        Sighting(
            addresses=(*(row["addresses"] or ()), *(one.rpartition("@")[2] for one in ids)),
            texts=(*(row["names"] or ()), *(row["texts"] or ())),
        )
    )
    files = zip(row["filenames"] or (), row["types"] or (), strict=True)
    groups = (f"group {group}" for group in row["groups"] or ())
    return {
        "message": row["message"],
        "basis": row["basis"],
        "why": _why(key, row["message"], found) if found else None,
        "names": [_name(one) for one in (*(f"id {one}" for one in ids), *groups)],
        "unread": sum(not holds_text(kind, name) for name, kind in files),
    }


def _why(key: bytes, message: bytes, found: Iterable[bytes]) -> bytes:
    return hmac.digest(key, b"why:" + message + b"".join(sorted(found)), "sha256")[:8]


def _name(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
