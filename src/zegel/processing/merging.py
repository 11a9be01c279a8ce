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

from zegel.processing.sql import nullable

FILES_AT_ONCE = 24
"""Files merged at once; of each a row group is held."""


class _Run:
    """One sorted file, read a row group at a time."""

    def __init__(self, path: Path, schema: pa.Schema, keys: Sequence[str]) -> None:
        self._groups = _row_groups(path)
        self._schema, self._keys = schema, keys
        self._next()

    def _next(self) -> None:
        self.keys: list[tuple[Any, ...]] = []
        self._start = 0
        rows = next(self._groups, None)
        if rows is not None:
            self._rows = pa.table(rows.columns, schema=self._schema)
            columns = (rows.column(name).to_pylist() for name in self._keys)
            self.keys = list(zip(*columns, strict=True))

    def take(self, last: tuple[Any, ...]) -> pa.Table:
        """Return the rows at hand up to the key `last`."""
        end = bisect_right(self.keys, last, self._start)
        taken = self._rows.slice(self._start, end - self._start)
        self._start = end
        if end == len(self.keys):
            self._next()
        return taken


def _row_groups(path: Path) -> Iterator[pa.Table]:
    # Read as batches, a file is held in memory as a whole.
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group)
            if rows.num_rows:
                yield rows


def merge_sorted(parts: Sequence[Path], out: Path, keys: Sequence[str], *, group: int) -> None:
    """Make one file of `parts`, each in the order of `keys`, in that order; they are gone then.

    Its row groups have `group` rows. Keys are never null.
    """
    left = list(parts)
    while len(left) > FILES_AT_ONCE:
        some, left = left[:FILES_AT_ONCE], left[FILES_AT_ONCE:]
        left.append(some[0].with_name(f"{some[0].name}.merged"))
        _merge(some, left[-1], keys, group)
    _merge(left, out, keys, group)


def _merge(parts: Sequence[Path], out: Path, keys: Sequence[str], group: int) -> None:
    schema = nullable(pq.read_schema(parts[0]))
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
    for part in parts:
        part.unlink()


def _merged(parts: Sequence[Path], schema: pa.Schema, keys: Sequence[str]) -> Iterator[pa.Table]:
    """Yield tables of rows in order, each up to where some file's rows at hand end."""
    runs = [_Run(path, schema, keys) for path in parts]
    order = [(name, "ascending") for name in keys]
    while runs := [run for run in runs if run.keys]:
        last = min(run.keys[-1] for run in runs)
        yield pa.concat_tables([run.take(last) for run in runs]).sort_by(order)
