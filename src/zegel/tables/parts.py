"""Stages of a case as folders of parts; a part's presence under its name is its record.

`CASE/tables/<stage>/<part>/<table>.parquet`. A part's name is derived from its input, so a run
that is started again finds what is finished. Rows are written in batches of at most
`BATCH_ROWS`, and in smaller ones where the texts are long, so memory does not grow with a part.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from zegel.tables.commit import StorageGuard, commit, make_folder
from zegel.tables.digest import batch_digest, table_digest

BATCH_ROWS = 4096
BATCH_TEXT = 1 << 25
"""Characters of long texts after which a batch ends: hostile mail holds megabytes in each."""
_LONG = ("text", "attached_text")
_OWN = frozenset({"text", "message_id", "subject", "date_text", "received_text", "stored_text"})
"""Texts that hardly ever say the same twice: a dictionary of them is larger than they are."""
_WHOLE = frozenset({pa.int16(), pa.int32(), pa.int64()})
_TURNED = 64
_UNFINISHED = ".unfinished-"


class _TableFile:
    """One growing Parquet file that knows the digest of what it was given."""

    def __init__(self, place: Path, schema: pa.Schema) -> None:
        self.schema = schema
        self.waiting = 0
        self.count = 0
        self._columns: dict[str, list[Any]] = {field.name: [] for field in schema}
        self._rows: list[Mapping[str, Any]] = []
        self._long = [field.name for field in schema if field.name in _LONG]
        self._text = 0
        self._values = itemgetter(*self._columns)
        self._digests: list[bytes] = []
        self._writer = pq.ParquetWriter(
            place,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=_repeating(schema),
            column_encoding={
                field.name: "DELTA_BINARY_PACKED" for field in schema if field.type in _WHOLE
            },
        )

    def add(self, row: Mapping[str, Any]) -> None:
        self._rows.append(row)
        self.waiting += 1
        for name in self._long:
            self._text += len(row.get(name) or "")
        if len(self._rows) >= _TURNED:
            self._turn()

    @property
    def full(self) -> bool:
        """Say whether enough waits to be written."""
        return self.waiting >= BATCH_ROWS or self._text >= BATCH_TEXT

    def _turn(self) -> None:
        """Move the rows at hand into the columns, while the processor's caches hold them still."""
        rows = self._rows
        if not rows:
            return
        try:
            turned: Iterable[Iterable[Any]] = zip(*map(self._values, rows), strict=True)
        except KeyError:  # a row without some column: it is null there
            turned = ([row.get(name) for row in rows] for name in self._columns)
        for column, values in zip(self._columns.values(), turned, strict=True):
            column.extend(values)
        rows.clear()

    def extend(self, columns: Mapping[str, Sequence[Any]], rows: int) -> None:
        if columns.keys() != self._columns.keys():
            raise KeyError(set(columns) ^ set(self._columns))
        self._turn()
        for name, column in self._columns.items():
            column.extend(columns[name])
            if len(column) != self.waiting + rows:
                raise ValueError(f"column {name} has not {rows} rows")
        self.waiting += rows
        for name in self._long:
            self._text += sum(len(text) for text in columns[name] if text)

    def flush(self, least: int = BATCH_ROWS) -> None:
        """Write what waits in batches of `BATCH_ROWS`, as long as `least` rows are left."""
        self._turn()
        if self._text >= BATCH_TEXT:
            least = 1
        written = 0
        while self.waiting - written >= least:
            self.write(self._batch(slice(written, written + BATCH_ROWS)))
            written = min(written + BATCH_ROWS, self.waiting)
        for column in self._columns.values():
            del column[:written]
        self.waiting -= written
        self._text = sum(len(t) for name in self._long for t in self._columns[name] if t)

    def _batch(self, rows: slice) -> pa.RecordBatch:
        arrays = [pa.array(self._columns[field.name][rows], field.type) for field in self.schema]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def write(self, batch: pa.RecordBatch) -> None:
        self._digests.append(batch_digest(batch))
        self._writer.write_batch(batch)
        self.count += batch.num_rows

    def close(self) -> None:
        self.flush(least=1)
        self._writer.add_key_value_metadata({"zegel-digest": table_digest(self._digests).hex()})
        self._writer.close()


def _repeating(schema: pa.Schema) -> list[str]:
    """Return the columns whose values repeat: a dictionary of digests or texts only costs time."""
    return [field.name for field in schema if field.type == pa.string() and field.name not in _OWN]


class PartWriter:
    """Writes the tables of one part beside its place; `finish` makes it ready to commit."""

    def __init__(self, unfinished: Path, schemas: Mapping[str, pa.Schema]) -> None:
        self.unfinished = unfinished
        self._tables: dict[str, _TableFile] = {}
        with StorageGuard(unfinished):
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(mode=0o700, parents=True)
            for name, schema in schemas.items():
                self._tables[name] = _TableFile(unfinished / f"{name}.parquet", schema)

    def add(self, table: str, row: Mapping[str, Any]) -> None:
        """Append one row to `table`; columns the row lacks become null."""
        growing = self._tables[table]
        growing.add(row)
        if growing.full:
            with StorageGuard(self.unfinished):
                growing.flush()

    def add_columns(self, table: str, columns: Mapping[str, Sequence[Any]], rows: int) -> None:
        """Append `rows` rows to `table`, given column by column; none may be left out."""
        growing = self._tables[table]
        growing.extend(columns, rows)
        if growing.full:
            with StorageGuard(self.unfinished):
                growing.flush()

    def rows(self, table: str) -> int:
        """Return how many rows `table` has so far."""
        return self._tables[table].count + self._tables[table].waiting

    def add_all(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows to `table` in order."""
        for row in rows:
            self.add(table, row)

    def add_batch(self, table: str, batch: pa.RecordBatch) -> None:
        """Append rows that are a batch of the table's schema already."""
        growing = self._tables[table]
        with StorageGuard(self.unfinished):
            growing.flush(least=1)
            growing.write(batch)

    def finish(self) -> dict[str, int]:
        """Close every file and return the number of rows per table."""
        with StorageGuard(self.unfinished):
            for table in self._tables.values():
                table.close()
        return {name: table.count for name, table in self._tables.items()}


class Stage:
    """One stage's folder of parts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, part: str) -> bool:
        """Say whether `part` is finished."""
        return (self.folder / part).is_dir()

    def parts(self) -> list[str]:
        """Return the names of finished parts, sorted."""
        if not self.folder.is_dir():
            return []
        return sorted(
            child.name for child in self.folder.iterdir() if not child.name.startswith(".")
        )

    def begin(self, part: str, schemas: Mapping[str, pa.Schema]) -> PartWriter:
        """Start writing `part` beside its place."""
        make_folder(self.folder)
        return PartWriter(self.folder / f"{_UNFINISHED}{part}-{os.getpid()}", schemas)

    def commit(self, part: str, unfinished: Path) -> None:
        """Give the finished part its name."""
        commit(unfinished, self.folder / part)

    def files(self, table: str) -> list[Path]:
        """Return the Parquet files of `table`, one per finished part, in order of parts."""
        return [self.folder / part / f"{table}.parquet" for part in self.parts()]

    def rows(self, part: str, table: str) -> int:
        """Return how many rows of `table` a finished part holds."""
        return int(pq.read_metadata(self.folder / part / f"{table}.parquet").num_rows)

    def digest(self, table: str) -> str:
        """Return the canonical digest of `table` over all finished parts, in hexadecimal."""
        return table_digest(bytes.fromhex(file_digest(path)) for path in self.files(table)).hex()

    def sweep(self) -> None:
        """Remove what a killed run left unfinished; call it under the case's lock only."""
        if self.folder.is_dir():
            for child in self.folder.iterdir():
                if child.name.startswith(_UNFINISHED):
                    shutil.rmtree(child, ignore_errors=True)


def file_digest(path: Path) -> str:
    """Return the canonical digest that a Parquet file of ours carries."""
    metadata = pq.read_metadata(path).metadata or {}
    return str(metadata.get(b"zegel-digest", b"").decode())


def read_table(paths: Iterable[Path], schema: pa.Schema) -> pa.Table:
    """Read whole files into one table; for small tables only."""
    tables = [pq.read_table(path) for path in paths]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def read_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file, a batch at a time."""
    with pq.ParquetFile(path) as file:
        yield from _batches(file)


def read_rows(paths: Iterable[Path], columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield rows of `paths` in order, a batch at a time."""
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in _batches(file, columns):
                yield from batch.to_pylist()


def _batches(file: pq.ParquetFile, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield batches that end where those written ended: they are smaller where texts are long."""
    for group in range(file.num_row_groups):
        yield from file.iter_batches(batch_size=BATCH_ROWS, row_groups=[group], columns=columns)
