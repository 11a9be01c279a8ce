"""Finds a few rows of a Parquet file without reading the others.

Row groups whose statistics say that they cannot hold what is wanted are passed by; of the others
one column is read, and all columns only of groups that hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zegel.tables.held import opened

_Holds = Callable[[pa.ChunkedArray], pa.ChunkedArray]


def rows_with(
    path: Path, column: str, wanted: Collection[Any], columns: list[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the rows whose `column` has one of the values `wanted`, in the order of the file."""
    if not wanted:
        return
    with opened(path) as file:
        values = pa.array(sorted(wanted), file.schema_arrow.field(column).type)
        groups = _groups(file, column, min(wanted), max(wanted))
        yield from _rows(file, column, groups, columns, lambda v: pc.is_in(v, value_set=values))


def rows_between(path: Path, column: str, first: Any, last: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows whose `column` lies between two values, both included, in order."""
    with opened(path) as file:
        kind = file.schema_arrow.field(column).type
        low, high = pa.scalar(first, kind), pa.scalar(last, kind)
        groups = _groups(file, column, first, last)
        yield from _rows(
            file,
            column,
            groups,
            None,
            lambda v: pc.and_(pc.greater_equal(v, low), pc.less_equal(v, high)),
        )


def _groups(file: pq.ParquetFile, column: str, first: Any, last: Any) -> list[int]:
    """Return the row groups that can hold values of `column` from `first` to `last`."""
    metadata = file.metadata
    names = [metadata.schema.column(n).path for n in range(metadata.num_columns)]
    place = names.index(column)
    found = []
    for group in range(metadata.num_row_groups):
        known = metadata.row_group(group).column(place).statistics
        if known is None or not known.has_min_max or (known.min <= last and first <= known.max):
            found.append(group)
    return found


def _rows(
    file: pq.ParquetFile,
    column: str,
    groups: list[int],
    columns: list[str] | None,
    holds: _Holds,
) -> Iterator[dict[str, Any]]:
    if not groups:
        return
    mask = holds(file.read_row_groups(groups, [column]).column(0))
    start = 0
    for group in groups:
        size = file.metadata.row_group(group).num_rows
        mine = mask.slice(start, size)
        start += size
        if pc.any(mine).as_py():
            yield from file.read_row_group(group, columns).filter(mine).to_pylist()
