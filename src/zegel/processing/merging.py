"""Merges sorted Parquet files into one, a few rows of each in memory at a time.

DuckDB sorts what memory does not hold, but not any number of rows of lists: four million planned
contents ended for want of memory, in files that were each in order already.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROWS_AT_ONCE = 65_536
"""Rows held of all files together."""


class _Run:
    """One sorted file, read a batch at a time."""

    def __init__(self, path: Path, schema: pa.Schema, keys: Sequence[str], rows: int) -> None:
        self._file = pq.ParquetFile(path)
        self._batches = self._file.iter_batches(rows)
        self._schema, self._keys = schema, keys
        self._next()

    def _next(self) -> None:
        batch = next((one for one in self._batches if one.num_rows), None)
        if batch is None:
            self._file.close()
            self.keys: list[tuple[Any, ...]] = []
            return
        self._batch = pa.record_batch(batch.columns, schema=self._schema)
        columns = (self._batch.column(name).to_pylist() for name in self._keys)
        self.keys = list(zip(*columns, strict=True))
        self._start = 0

    def take(self, last: tuple[Any, ...]) -> pa.RecordBatch:
        """Return the rows at hand up to the key `last`."""
        end = bisect_right(self.keys, last, self._start)
        taken = self._batch.slice(self._start, end - self._start)
        self._start = end
        if end == len(self.keys):
            self._next()
        return taken


def merge_sorted(parts: Sequence[Path], out: Path, keys: Sequence[str], *, group: int) -> None:
    """Write the rows of `parts`, each in the order of `keys`, in that order; row groups of `group`.

    Keys are never null.
    """
    fields = pq.read_schema(parts[0]).remove_metadata()
    # A part says of a column that it is never null, where it never is in that part.
    schema = pa.schema([field.with_nullable(True) for field in fields])
    waiting = schema.empty_table()
    with pq.ParquetWriter(out, schema, compression="zstd", compression_level=1) as writer:
        for rows in _merged(parts, schema, keys):
            waiting = pa.concat_tables([waiting, rows])
            whole = waiting.num_rows - waiting.num_rows % group
            if whole:
                writer.write_table(waiting.slice(0, whole), row_group_size=group)
                waiting = waiting.slice(whole)
        if waiting.num_rows:
            writer.write_table(waiting)


def _merged(parts: Sequence[Path], schema: pa.Schema, keys: Sequence[str]) -> Iterator[pa.Table]:
    """Yield tables of rows in order, each up to where some file's rows at hand end."""
    at_once = max(1, ROWS_AT_ONCE // len(parts))
    runs = [_Run(path, schema, keys, at_once) for path in parts]
    order = [(name, "ascending") for name in keys]
    while runs := [run for run in runs if run.keys]:
        last = min(run.keys[-1] for run in runs)
        yield pa.Table.from_batches([run.take(last) for run in runs]).sort_by(order)
