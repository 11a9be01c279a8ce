"""Texts of contents on their way into a table: each column in a file of its own, until it is made.

Texts are most of what a case says, and DuckDB holds row groups and lists of them in memory,
whatever its limit. So it sorts and gathers numbers of the places where texts lie, and never sees
one; they are put in when the rows are written.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from zegel.processing.sql import nullable

OCTETS_AT_ONCE = 32 * 2**20
"""Octets of text in a row group, but for one text more; it is held in memory twice."""
ROWS_AT_ONCE = 122_880
_BATCH = 2048
_ROW = (1 << 40) - 1


class Texts:
    """One column of text of `files`, in the new file `place` as long as a `with` block lasts."""

    def __init__(self, files: Sequence[Path], column: str, place: Path) -> None:
        self._place = place
        self._bounds: list[array[int]] = []
        with place.open("xb") as out:
            for path in files:
                self._bounds.append(array("q", [out.tell()]))
                with pq.ParquetFile(path) as table:
                    for group in range(table.num_row_groups):
                        for chunk in table.read_row_group(group, [column]).column(0).chunks:
                            self._append(chunk, out.write)
        self._descriptor = os.open(place, os.O_RDONLY)

    def _append(self, chunk: pa.StringArray, write: Callable[[memoryview], int]) -> None:
        _, offsets, content = chunk.buffers()
        ends = memoryview(offsets).cast("i")[chunk.offset : chunk.offset + len(chunk) + 1]
        bounds, first = self._bounds[-1], ends[0]
        begin = bounds[-1]
        if content is not None:
            write(memoryview(content)[first : ends[-1]])
        bounds.extend([begin + end - first for end in ends[1:]])

    def __enter__(self) -> Texts:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
        self._place.unlink()

    def size(self, place: int) -> int:
        """Return the octets of the text at a place (`Run.placed` says where a row's is)."""
        bounds, row = self._bounds[place >> 40], place & _ROW
        return bounds[row + 1] - bounds[row]

    def at(self, place: int) -> str:
        """Return the text at a place; empty where there is none."""
        begin = self._bounds[place >> 40][place & _ROW]
        return os.pread(self._descriptor, self.size(place), begin).decode("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A column that texts are put into."""

    column: pa.Field
    of: Sequence[str]
    """Columns it is made of, which it replaces; the first lists places in each of `texts`."""
    texts: Sequence[Texts] = field(repr=False)
    value: Callable[..., Any]
    """Gives the value for those columns of a row."""

    def cut(self, batch: pa.RecordBatch) -> Iterator[tuple[pa.RecordBatch, int]]:
        """Yield pieces of a batch that have no more than so many octets of text, and how many."""
        start = octets = 0
        for row, places in enumerate(batch.column(self.of[0]).to_pylist()):
            octets += sum(text.size(place) for text in self.texts for place in places or ())
            if octets >= OCTETS_AT_ONCE:
                yield batch.slice(start, row + 1 - start), octets
                start, octets = row + 1, 0
        if start < batch.num_rows:
            yield batch.slice(start), octets

    def put_in(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with the column in place of what it is made of."""
        values = [self.value(*row.values()) for row in batch.select(self.of).to_pylist()]
        made = pa.array(values, self.column.type)
        schema = self.replaced(batch.schema)
        columns = [made if one == self.column else batch.column(one.name) for one in schema]
        return pa.record_batch(columns, schema=schema)

    def replaced(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema with the column in place of what it is made of."""
        fields = [self.column if one.name == self.of[0] else one for one in schema]
        left = [one for one in fields if one.name not in self.of or one == self.column]
        return nullable(pa.schema(left))


def write_with_texts(
    parts: Sequence[Path], out: Path, said: Said, *, rows: int = ROWS_AT_ONCE
) -> None:
    """Make one file of `parts`, which are gone then; its row groups have up to `rows` rows."""
    schema = said.replaced(pq.read_schema(parts[0]))
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        waiting: list[pa.RecordBatch] = []
        octets = count = 0
        for piece, more in _pieces(parts, said):
            if waiting and (octets + more > OCTETS_AT_ONCE or count + piece.num_rows > rows):
                writer.write_table(pa.Table.from_batches(waiting, schema))
                waiting, octets, count = [], 0, 0
            waiting.append(said.put_in(piece))
            octets, count = octets + more, count + piece.num_rows
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting, schema))
    for part in parts:
        part.unlink()


def _pieces(parts: Sequence[Path], said: Said) -> Iterator[tuple[pa.RecordBatch, int]]:
    for part in parts:
        with pq.ParquetFile(part) as table:
            for batch in table.iter_batches(_BATCH):
                yield from said.cut(batch)
