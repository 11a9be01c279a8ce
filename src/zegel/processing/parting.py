"""Parts the rows of tables into slices that are gathered one after another, each table read once.

A table lies in many files. Some of them at a time are read and sorted by slice into a file of small
row groups, whose statistics lead each slice to its own rows: nothing is sorted that memory does not
hold, however large the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from zegel.processing.sql import parquet, quoted

if TYPE_CHECKING:
    import duckdb

ROWS_AT_ONCE = 500_000
"""Rows that are read and sorted at once, or as many as the last file of them has more."""

_FORM = "FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE 2048"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Files of a table that follow one another."""

    files: Sequence[Path]
    first: int
    """The number of the first of these files among all."""
    start: int
    """The number of their first row among all rows."""
    rows: int

    @property
    def placed(self) -> str:
        """A table expression with the `place` of each row: number of its file, and row there."""
        place = f"(file_index + {self.first})::BIGINT << 40 | file_row_number"
        return f"(SELECT *, {place} AS place FROM {parquet(self.files)})"

    @property
    def within(self) -> str:
        """The condition that holds for the places of these files."""
        return f"place >= {self.first << 40} AND place < {self.first + len(self.files) << 40}"


def runs_of(files: Sequence[Path]) -> list[Run]:
    """Return all files in runs of so many rows, the last perhaps of fewer."""
    runs: list[Run] = []
    first = start = rows = 0
    for number, path in enumerate(files, 1):
        rows += pq.read_metadata(path).num_rows
        if rows >= ROWS_AT_ONCE or number == len(files):
            runs.append(Run(files=files[first:number], first=first, start=start, rows=rows))
            first, start, rows = number, start + rows, 0
    return runs


@contextmanager
def parted(
    connection: duckdb.DuckDBPyConnection, runs: Sequence[str], of: str, slices: int, beside: Path
) -> Iterator[list[str]]:
    """Yield a table expression for the rows of each slice; `of` gives a row's number of its slice.

    `runs` are table expressions that together have all rows. What is sorted lies beside `beside`.
    """
    if slices == 1:
        yield ["(" + " UNION ALL ".join(f"SELECT * FROM {run}" for run in runs) + ")"]
        return
    files = [beside.with_name(f"{beside.name}.run.{number}") for number in range(len(runs))]
    try:
        for run, file in zip(runs, files, strict=True):
            rows = f"SELECT *, ({of})::INTEGER AS slice FROM {run} ORDER BY slice"
            connection.execute(f"COPY ({rows}) TO {quoted(file)} ({_FORM})")
        part = f"(SELECT * EXCLUDE (slice) FROM {parquet(files)} WHERE slice = {{}})"
        yield [part.format(number) for number in range(slices)]
    finally:
        for file in files:
            file.unlink(missing_ok=True)
