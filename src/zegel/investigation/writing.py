"""Makes an investigation's folder beside its place and renames it in: half a one is never seen."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from zegel.canonical import canonical_json
from zegel.custody.log import Log
from zegel.custody.merkle import root
from zegel.errors import UsageError
from zegel.investigation.folder import (
    CERTIFICATE,
    DESCRIPTION,
    FORMAT_VERSION,
    LEAVES,
    ORDER,
    SECRET,
    SIGNATURE,
)
from zegel.investigation.leaves import header_leaf
from zegel.investigation.pack import PackWriter
from zegel.investigation.portion import AT, Portion
from zegel.investigation.schemas import TABLES
from zegel.tables import (
    PartWriter,
    StorageGuard,
    commit,
    make_folder,
    read_batches,
    replace_file,
)


class Draft:
    """An investigation being written; `seal` gives it its name, leaving the block without that
    removes it."""

    def __init__(self, folder: Path, *, secret: bytes, order: bytes) -> None:
        if folder.exists():
            raise UsageError(
                "there is something here already",
                where=str(folder),
                next_step="Choose another name; a granted order is not granted over itself.",
            )
        self.folder = folder
        self.unfinished = folder.with_name(f".unfinished-{folder.name}")
        shutil.rmtree(self.unfinished, ignore_errors=True)
        make_folder(self.unfinished)
        self._secret = secret
        self._order = order
        self._leaves: list[bytes] = []
        with StorageGuard(self.unfinished):
            replace_file(self.unfinished / SECRET, secret)
            (self.unfinished / ORDER).write_bytes(order)
            self.pack = PackWriter(self.unfinished)
            self._tables = PartWriter(self.unfinished / "tables", TABLES)
        self._last = b""

    def __repr__(self) -> str:
        return f"Draft({str(self.folder)!r})"

    def add_signature(self, signature: bytes, certificate: bytes) -> None:
        """Put the order's signature beside it, and the certificate by which it holds."""
        with StorageGuard(self.unfinished):
            (self.unfinished / SIGNATURE).write_bytes(signature)
            (self.unfinished / CERTIFICATE).write_bytes(certificate)

    @property
    def count(self) -> int:
        """How many messages were added."""
        return len(self._leaves)

    def __enter__(self) -> Draft:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pack.close()
        shutil.rmtree(self.unfinished, ignore_errors=True)

    def add_portion(self, portion: Portion) -> None:
        """Join a portion; portions come in the order of their messages' identities."""
        identities = [self._last, *portion.identities]
        if any(one >= next_one for one, next_one in pairwise(identities)):
            raise ValueError("messages must come once each, in the order of their identities")
        self._last = identities[-1]
        self._leaves += portion.leaves
        with StorageGuard(self.unfinished):
            moved = self.pack.add_pack(portion.folder, portion.packed)
            for table, column in AT.items():
                for batch in read_batches(portion.folder / "tables" / f"{table}.parquet"):
                    self._tables.add_batch(table, _moved(batch, column, moved))

    def add_row(self, table: str, row: Mapping[str, Any]) -> None:
        """Add a row that belongs to no single message: a key, a holding."""
        self._tables.add(table, row)

    def close_tables(self) -> None:
        """Finish tables and bytes, so that an index can be built over them."""
        with StorageGuard(self.unfinished):
            self._tables.finish()
            self.pack.close()

    def seal(self, header: Mapping[str, Any], *, key_file: Path, origin: str, who: str) -> bytes:
        """Seal the folder under `header` and begin its log; return the Merkle root."""
        top = root([header_leaf(header), *self._leaves])
        description: dict[str, Any] = {
            "format": "zegel investigation",
            "version": FORMAT_VERSION,
            "header": header,
            "messages": len(self._leaves),
            "root": top.hex(),
        }
        with StorageGuard(self.unfinished):
            (self.unfinished / LEAVES).write_bytes(b"".join(self._leaves))
            replace_file(self.unfinished / DESCRIPTION, canonical_json(description), mode=0o644)
        log = Log.create(self.unfinished / "custody", key_file, origin=origin)
        facts: dict[str, Any] = {
            "messages": len(self._leaves),
            "order": sha256(self._order).hexdigest(),
            "root": top.hex(),
        }
        log.append("investigation sealed", facts, who=who)
        return top

    def publish(self) -> None:
        """Give the finished folder its name: from now on it is there, whole."""
        commit(self.unfinished, self.folder)


def _moved(batch: pa.RecordBatch, column: str | None, moved: Mapping[int, int]) -> pa.RecordBatch:
    """Return rows that say where their bytes lie now."""
    if column is None:
        return batch
    place = batch.schema.get_field_index(column)
    now = [None if at is None else moved[at] for at in batch.column(place).to_pylist()]
    return batch.set_column(place, batch.schema.field(place), pa.array(now, pa.int64()))
