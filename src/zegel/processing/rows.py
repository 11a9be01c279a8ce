"""The rows that scanning writes besides stored messages and layers: problems and keys."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from zegel.exhibits.model import Entry
from zegel.records import FoundKey, Problem, record


class Sink(Protocol):
    """Where rows go: a part being written."""

    def add(self, table: str, row: dict[str, Any]) -> None:
        """Append one row to `table`."""

    def add_columns(self, table: str, columns: Mapping[str, Sequence[Any]], rows: int) -> None:
        """Append `rows` rows to `table`, given column by column; none may be left out."""

    def rows(self, table: str) -> int:
        """Return how many rows `table` has so far."""


@record
class Place:
    """The file being scanned."""

    exhibit: str
    seal: str
    entry: Entry


def add_problem(sink: Sink, place: Place, problem: Problem, stored_id: bytes | None = None) -> None:
    """Write a problem met in the file at `place`, or in one stored message of it."""
    sink.add(
        "problems",
        {
            "kind": problem.kind,
            "exhibit": place.exhibit,
            "entry": place.entry.number,
            "path": place.entry.path,
            "offset": problem.offset,
            "note": problem.note,
            "unread": problem.unread,
            "stored_id": stored_id,
        },
    )


def add_key(sink: Sink, place: Place, key: FoundKey, form: str) -> None:
    """Write where key material was found; what it is, is understood later."""
    entry = place.entry
    sink.add(
        "keys",
        {
            "material_id": hashlib.sha256(key.form.encode() + key.material).digest(),
            "form": key.form,
            "material": key.material,
            "exhibit": place.exhibit,
            "entry": entry.number,
            "path": entry.path,
            "offset": key.offset,
            "length": key.length,
            "file_sha256": entry.sha256,
            "format": form,
        },
    )
