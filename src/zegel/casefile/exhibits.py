"""The exhibits of a case: acquisition, conditions and the sealed manifest of every file.

The seal is an RFC 6962 Merkle root over one leaf per entry (docs/reference/case-format.md), so
a single stored place can later be proved against it. The copy itself stays where it is.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

import pyarrow.parquet as pq

from zegel.canonical import canonical_json
from zegel.casefile.manifest import (
    ENTRY_SCHEMA,
    entry_leaf,
    row_entry,
)
from zegel.custody.merkle import leaf_hash
from zegel.custody.proofs import Proofs
from zegel.errors import UsageError
from zegel.exhibits import Entry
from zegel.exhibits.acquisition import Acquisition, Conditions
from zegel.exhibits.model import EntryKind
from zegel.tables import PartWriter, StorageGuard, commit, make_folder, read_rows, replace_file


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitRecord:
    """What a case knows of one exhibit."""

    identity: str
    """`E1`, `E2` … in order of intake."""
    location: str
    """Where the copy lies now, percent-encoded; it may move, its seal may not change."""
    format: str
    seal: str
    """Merkle root of the manifest, hexadecimal."""
    entries: int
    files: int
    bytes: int
    problems: int
    taken_in: str
    acquisition: dict[str, Any]
    conditions: dict[str, Any]

    @property
    def place(self) -> Path:
        """Return where the copy lies; names of files need not be text."""
        return Path(os.fsdecode(unquote_to_bytes(self.location)))


class EntrySize(NamedTuple):
    """How large an entry is, and whether it is a file: what a container holds is counted apart."""

    size: int
    is_file: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """What hashing a copy gave."""

    seal: str
    entries: int
    files: int
    bytes: int
    problems: int


def seal(
    entries: Iterable[Entry], keep: Callable[[Entry], None], progress: Callable[[int, int], None]
) -> tuple[Sealing, Proofs]:
    """Seal `entries`, handing each to `keep`; `progress` hears the bytes and problems of each.

    Returns what hashing gave, and the tree of which the seal is the root.
    """
    count = files = total = problems = 0

    def leaves() -> Iterator[bytes]:
        nonlocal count, files, total, problems
        for entry in entries:
            yield leaf_hash(entry_leaf(entry))
            keep(entry)
            count += 1
            # A container's own bytes are counted; what lies inside it is not counted again.
            if entry.sha256 is not None:
                files += 1
                total += entry.size if entry.parent is None else 0
            problems += entry.problem is not None
            progress(entry.size if entry.parent is None else 0, entry.problem is not None)

    tree = Proofs(leaves())
    sealing = Sealing(
        seal=tree.root.hex(), entries=count, files=files, bytes=total, problems=problems
    )
    return sealing, tree


class ExhibitShelf:
    """The exhibits of the case in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[ExhibitRecord]:
        """Return every exhibit, in order of intake."""
        if not self.folder.is_dir():
            return []
        names = [child.name for child in self.folder.iterdir() if child.name.startswith("E")]
        return [self.get(name) for name in sorted(names, key=lambda name: int(name[1:]))]

    def get(self, identity: str) -> ExhibitRecord:
        """Return the exhibit called `identity`."""
        path = self.folder / identity / "exhibit.json"
        if not path.is_file():
            raise UsageError(
                f"there is no exhibit {identity}", next_step="`zegel status` lists them."
            )
        description = json.loads(path.read_bytes())
        description.pop("format_version")
        return ExhibitRecord(**description)

    def manifest(self, identity: str) -> Path:
        """Return the Parquet file of the exhibit's entries."""
        return self.folder / identity / "entries.parquet"

    def entries(self, identity: str) -> Iterator[Entry]:
        """Yield the exhibit's entries in order."""
        return (row_entry(row) for row in read_rows([self.manifest(identity)]))

    def sizes(self, identity: str) -> Iterator[EntrySize]:
        """Yield only the sizes of the exhibit's entries, in order: many times quicker."""
        with pq.ParquetFile(self.manifest(identity)) as file:
            for batch in file.iter_batches(batch_size=65536, columns=["size", "kind"]):
                columns = (batch.column(name).to_pylist() for name in ("size", "kind"))
                for size, kind in zip(*columns, strict=True):
                    yield EntrySize(size, kind == EntryKind.FILE)

    def tree(self, identity: str) -> Path:
        """Return the file of the tree whose root is the exhibit's seal, for `Proofs.read`."""
        return self.folder / identity / "tree"

    def entry(self, identity: str, number: int) -> Entry:
        """Return one entry by number."""
        table = pq.read_table(self.manifest(identity), filters=[("number", "=", number)])
        return row_entry(table.to_pylist()[0])

    @contextmanager
    def begin(self) -> Iterator[PartWriter]:
        """Start an intake beside its place; what is not added in the block is removed after it."""
        make_folder(self.folder)
        unfinished = self.folder / ".unfinished-intake"
        try:
            yield PartWriter(unfinished, {"entries": ENTRY_SCHEMA})
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def next_identity(self) -> str:
        """Return the identity the next exhibit will get."""
        return f"E{len(self.all()) + 1}"

    def add(
        self,
        unfinished: Path,
        sealing: Sealing,
        tree: Proofs,
        *,
        location: Path,
        form: str,
        taken_in: str,
        described: tuple[Acquisition, Conditions],
    ) -> ExhibitRecord:
        """Put the finished intake on the shelf under the next number."""
        record = ExhibitRecord(
            identity=self.next_identity(),
            location=_encoded(location),
            format=form,
            taken_in=taken_in,
            acquisition=asdict(described[0]),
            conditions=asdict(described[1]),
            **asdict(sealing),
        )
        with StorageGuard(unfinished):
            (unfinished / "exhibit.json").write_bytes(_encode(record))
            tree.write(unfinished / "tree")
        commit(unfinished, self.folder / record.identity)
        return record

    def move(self, record: ExhibitRecord, location: Path) -> ExhibitRecord:
        """Record that the copy now lies at `location`; the caller has checked its seal."""
        moved = ExhibitRecord(**{**asdict(record), "location": _encoded(location)})
        replace_file(self.folder / record.identity / "exhibit.json", _encode(moved))
        return moved


def _encoded(location: Path) -> str:
    return quote_from_bytes(os.fsencode(location.resolve()))


def _encode(record: ExhibitRecord) -> bytes:
    return canonical_json({"format_version": 1, **asdict(record)})
