"""Parquet written once: parts are written beside their place, synced, then renamed into it.

Shared by the case and, later, by investigations. A part is a folder of Parquet files that
belong together; it is either wholly there or it is not (`commit`). Each file carries the
canonical digest of its rows (`digest`).
"""

from zegel.tables.commit import StorageGuard, commit, make_folder, replace_file, sync
from zegel.tables.digest import batch_digest, table_digest
from zegel.tables.lookup import rows_between, rows_with
from zegel.tables.parts import PartWriter, Stage, read_batches, read_rows, read_table

__all__ = [
    "PartWriter",
    "Stage",
    "StorageGuard",
    "batch_digest",
    "commit",
    "make_folder",
    "read_batches",
    "read_rows",
    "read_table",
    "replace_file",
    "rows_between",
    "rows_with",
    "sync",
    "table_digest",
]
