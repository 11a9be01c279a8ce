"""What a copy holds, entry by entry, and what may go wrong while it is read again.

Paths are raw bytes: file names are evidence and need not be text. A defect in the copy is the
entry's `problem`; only a copy that is no longer what was sealed stops a job.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from zegel.errors import ExhibitError
from zegel.records import Buffer, Problem, record


class EntryKind(StrEnum):
    """What an entry of a copy is."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    """A further name of a file in a tar; its bytes are those of the file it names."""
    SPECIAL = "special"
    """Device, socket or pipe: recorded, never opened."""
    UNREADABLE = "unreadable"
    CONTAINER = "container"
    """A file that itself holds entries: a nested tar, zip or compressed file."""


@record
class Entry:
    """One thing a copy holds; enough to find its bytes again without listing the copy."""

    number: int
    """0 … n-1 in the order in which the copy is listed, the same every time."""
    parent: int | None
    """Number of the container the entry lies in; None for the copy itself."""
    path: bytes
    """Without leading slash; a container's path and the path inside it are joined by `!/`."""
    kind: EntryKind
    size: int
    mtime_ns: int
    mode: int
    sha256: bytes | None
    target: bytes = b""
    """What a link names."""
    problem: Problem | None = None
    data_offset: int = 0
    """Where the bytes begin in what carries them: the tar, or the opened container."""
    backing: str = ""
    """What carries the bytes: empty for the copy itself, else see `zegel.exhibits.places`."""


def entry_of(row: Mapping[str, Any], problem: Problem | None = None) -> Entry:
    """Return the entry that a row with its fields by name describes."""
    return Entry(
        number=row["number"],
        parent=row["parent"],
        path=row["path"],
        kind=EntryKind(row["kind"]),
        size=row["size"],
        mtime_ns=row["mtime_ns"],
        mode=row["mode"],
        sha256=row["sha256"],
        target=row["target"] or b"",
        problem=problem,
        data_offset=row["data_offset"],
        backing=row["backing"],
    )


class SealBroken(ExhibitError):  # noqa: N818  (the word the law uses, not an "error")
    """The bytes of an entry are no longer those that were sealed."""

    def __init__(self, path: bytes) -> None:
        self.path = path
        super().__init__(
            "the bytes differ from those that were sealed",
            where=path.decode("utf-8", "backslashreplace"),
            next_step="Compare the copy with the original and run `zegel intake --recheck`.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far a hostile container may go before it is left closed."""

    depth: int = 4
    """Containers inside containers."""
    ratio: int = 200
    """Opened bytes for each packed byte, beyond `free`."""
    free: int = 64 * 2**20
    """Bytes any container may open to, whatever its ratio."""
    total: int = 2**40
    """Bytes that all nested containers of a copy may open to together."""
    folders: int = 256
    """Folders inside folders."""
    names: int = 2**20
    """Entries one zip may name."""


class Copy(Protocol):
    """A forensic copy, opened read-only."""

    format: str
    """`folder`, `tar` or `zip`."""

    def size(self) -> int | None:
        """Return about how many bytes will be hashed; None where that shows on opening only."""

    def entries(self) -> Iterator[Entry]:
        """Yield every entry in order, each file hashed once, containers opened."""

    def read(self, entry: Entry) -> Buffer:
        """Return the bytes of `entry` as they are now, unchecked."""

    def read_part(self, entry: Entry, offset: int, size: int) -> bytes:
        """Return `size` bytes of `entry` from `offset` as they are now, unchecked."""

    def read_checked(self, entry: Entry) -> Buffer:
        """Return the bytes of `entry`; raise `SealBroken` unless they are those sealed."""

    def close(self) -> None:
        """Let go of everything the copy holds open."""
