"""Finds rows of an investigation's sealed tables: messages by number, what is of a message by it.

Rows are read by whole groups, and groups asked for lately are held in memory (`zegel.tables.held`):
a page of hits lies in as many groups as it has hits, and reading those is most of what it costs.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zegel.investigation.folder import Investigation
from zegel.tables.held import Held, opened, read_group

_MESSAGES: Held[pa.Table] = Held(read_group, most=256 << 20, weight=lambda one: int(one.nbytes))
_OTHERS: Held[pa.Table] = Held(read_group, most=128 << 20, weight=lambda one: int(one.nbytes))
"""Bytes that groups of rows may take up in all: 200,000 messages of chat take 100 MB."""


@dataclass(frozen=True, slots=True)
class _Places:
    """In which row each number lies; rows are counted through the file."""

    numbers: memoryview = field(repr=False)
    """Rising."""
    rows: memoryview = field(repr=False)
    starts: Sequence[int]
    """First row of each group of rows."""


def _read_places(place: Path, _part: int) -> _Places:
    with opened(place) as file:
        numbers = file.read(["number"])["number"].combine_chunks()
        starts, start = [], 0
        for group in range(file.metadata.num_row_groups):
            starts.append(start)
            start += file.metadata.row_group(group).num_rows
    rows = pc.cast(pc.array_sort_indices(numbers), pa.int32())
    return _Places(integers(numbers.take(rows)), integers(rows), starts)


_PLACES: Held[_Places] = Held(_read_places, most=16)


def hold(inv: Investigation) -> None:
    """Read the messages of an investigation into memory, as many as are held."""
    file = inv.table("messages")
    for group in range(len(_PLACES.of(file).starts)):
        _MESSAGES.of(file, group)


def integers(column: pa.Array) -> memoryview:
    """Return 32-bit integers without nulls as a sequence that needs no copy."""
    whole = memoryview(column.buffers()[1]).cast("i")
    return whole[column.offset : column.offset + len(column)]


def row_of(inv: Investigation, number: int) -> int | None:
    """Return in which row of the table, and so as which leaf, a message lies."""
    places = _PLACES.of(inv.table("messages"))
    at = bisect_left(places.numbers, number)
    if at == len(places.numbers) or places.numbers[at] != number:
        return None
    return int(places.rows[at])


def _read_identities(place: Path, _part: int) -> pa.Array:
    with opened(place) as file:
        both = file.read(["number", "message"])
    order = pc.array_sort_indices(both["number"].combine_chunks())
    return both["message"].combine_chunks().take(order)


_IDENTITIES: Held[pa.Array] = Held(_read_identities, most=16)
"""Identities in the order of the numbers, which are 1, 2, 3 …: 6 MB for 200,000 messages."""


def numbers_of(inv: Investigation, messages: Collection[bytes]) -> dict[bytes, int]:
    """Return the numbers of those of these messages that are here, by identity."""
    known = _IDENTITIES.of(inv.table("messages"))
    wanted = pa.array(list(messages), known.type)
    places = pc.indices_nonzero(pc.is_in(known, value_set=wanted))
    found = known.take(places).to_pylist()
    return {message: place + 1 for message, place in zip(found, places.to_pylist(), strict=True)}


def identities_of(inv: Investigation, numbers: Iterable[int]) -> dict[int, bytes]:
    """Return the identities of those of these numbers that are here, by number."""
    known = _IDENTITIES.of(inv.table("messages"))
    here = sorted({number for number in numbers if 0 < number <= len(known)})
    found = known.take(pa.array([number - 1 for number in here], pa.int32())).to_pylist()
    return dict(zip(here, found, strict=True))


def rows_numbered(
    inv: Investigation, numbers: Iterable[int], columns: list[str] | None = None
) -> dict[int, dict[str, Any]]:
    """Return the messages that bear these numbers, by number; those that are not here are not."""
    file, found = inv.table("messages"), []
    starts = _PLACES.of(file).starts
    for row in sorted({row for number in numbers if (row := row_of(inv, number)) is not None}):
        group = bisect_right(starts, row) - 1
        table = _MESSAGES.of(file, group)
        table = table.select(_with_number(columns)) if columns else table
        # A slice is a look at the table; to take rows out of it copies every list in them.
        found.append(table.slice(row - starts[group], 1))
    listed = pa.concat_tables(found).to_pylist() if found else []
    return {row["number"]: row for row in listed}


def _with_number(columns: list[str]) -> list[str]:
    return columns if "number" in columns else ["number", *columns]


def _read_bounds(place: Path, _part: int) -> list[tuple[bytes, bytes]]:
    """Return the first and last message of each group: these tables lie in order of messages."""
    with opened(place) as file:
        known = file.metadata
        names = [known.schema.column(place).path for place in range(known.num_columns)]
        groups = range(known.num_row_groups)
        return [_bounds(known.row_group(one).column(names.index("message"))) for one in groups]


def _bounds(chunk: pq.ColumnChunkMetaData) -> tuple[bytes, bytes]:
    known = chunk.statistics
    if known is None or not known.has_min_max:
        return b"", b"\xff" * 33
    return known.min, known.max


_BOUNDS: Held[list[tuple[bytes, bytes]]] = Held(_read_bounds, most=64)


def rows_of(
    inv: Investigation, table: str, messages: Collection[bytes], columns: list[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the rows that belong to these messages, in the order of the table."""
    file = inv.table(table)
    wanted, bounds = sorted(messages), _BOUNDS.of(file)
    for group, (first, last) in enumerate(bounds):
        mine = wanted[bisect_left(wanted, first) : bisect_right(wanted, last)]
        if mine:
            rows = _OTHERS.of(file, group)
            held = rows.select(columns) if columns else rows
            mask = pc.is_in(rows["message"], value_set=pa.array(mine, rows["message"].type))
            yield from held.filter(mask).to_pylist()
