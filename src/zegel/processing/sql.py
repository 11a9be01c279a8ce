"""DuckDB over Parquet files: in memory, bounded, spilling into the case's own folder.

Never downloads an extension and never opens a DuckDB file (it would lock readers out).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from zegel.tables import make_folder
from zegel.tables.commit import reason_in, refused

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT = "350MB"
"""A third of what a process may take: it goes beyond it by half where lists are gathered, and a
process holds as much of its own where devices are many."""

ROWS_AT_ONCE = 150_000
"""Rows gathered into lists at once: DuckDB holds lists in memory, whatever its limit."""

_SMALL_GROUP, _GREAT_GROUP = 2048, 122_880
"""Rows of a Parquet row group, which is held in memory until it is written: DuckDB's bounds."""

PACKED = "FORMAT parquet, PARQUET_VERSION V2, COMPRESSION zstd, COMPRESSION_LEVEL 1"
"""How DuckDB writes a table; its own level of 3 takes longer than the query before it."""


@contextmanager
def connect(spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection that spills into `spill` and reaches nothing outside by itself."""
    import duckdb  # an eighth of a second, which workers and most commands can do without

    make_folder(spill)
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(spill),
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    try:
        # It would be drawn on standard output, where DuckDB takes the program for a prompt.
        connection.execute("SET enable_progress_bar = false")
        yield connection
    except duckdb.IOException as error:
        # DuckDB hands on the system's words without the error's number.
        reason = reason_in(str(error))
        if reason is None:
            raise
        raise refused(spill.parent, reason) from error
    except duckdb.OutOfMemoryException as error:
        # Spilling stops at what was free on the disk when the connection was made.
        if "max_temp_directory_size" not in str(error):
            raise MemoryError from error
        raise refused(spill, "no space left to spill what memory does not hold") from error
    except RuntimeError as error:
        # DuckDB looks for Ctrl-C while it works, and then has only a sentence for it.
        if str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from error
    finally:
        connection.close()


def quoted(path: Path) -> str:
    """Return `path` as an SQL string literal."""
    return "'" + str(path).replace("'", "''") + "'"


def parquet(files: Sequence[Path], *, filename: bool = False) -> str:
    """Return a table expression over Parquet files of one schema, perhaps with each one's name."""
    names = ", ".join(quoted(path) for path in files)
    return f"read_parquet([{names}], filename = true)" if filename else f"read_parquet([{names}])"


def slices_of(files: Sequence[Path]) -> int:
    """Return in how many slices the groups of these files' rows are gathered one after another."""
    return slices_for(sum(pq.read_metadata(path).num_rows for path in files))


def slices_for(rows: int) -> int:
    """Return in how many slices the groups of so many rows are gathered one after another."""
    return 1 + rows // ROWS_AT_ONCE


def slice_of(key: str, slices: int) -> str:
    """Return the expression for the number of the slice that a key is in."""
    return f"hash({key}) % {slices}"


def nullable(schema: pa.Schema) -> pa.Schema:
    """Return the schema of a file that DuckDB wrote as all parts of a table can share it.

    A part says of a column that it is never null, where it never is in that part.
    """
    return pa.schema([field.with_nullable(True) for field in schema])


def put_together(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[Path], out: Path, form: str
) -> None:
    """Make one file, `out`, of `parts`, one after another; they are gone then."""
    if len(parts) == 1:
        parts[0].rename(out)
        return
    rows = sum(pq.read_metadata(part).num_rows for part in parts)
    # Rows that fill a part's memory fill as much of it here.
    group = min(_GREAT_GROUP, max(_SMALL_GROUP, rows // len(parts)))
    form = f"{form}, ROW_GROUP_SIZE {group}"
    connection.execute(f"COPY (SELECT * FROM {parquet(parts)}) TO {quoted(out)} ({form})")
    for part in parts:
        part.unlink()
