"""Keeps the opened bytes of compressed containers: small ones in memory, large ones once on disk.

A working copy is named by the SHA-256 of the container it was made from, is written beside its
place, synced and renamed, and may be removed at any time: it is made again when it is needed.
Nothing is ever written outside the folder given.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from zegel.errors import StorageError
from zegel.exhibits.extent import Extent, FileExtent, MemoryExtent

IN_MEMORY = 2**20
"""Opened containers up to this size are kept in memory: a file for each would cost more."""


class TooMuchError(Exception):
    """A container opens to more than its bound."""


def place(work: Path, sha256: bytes) -> Path:
    """Return where the working copy of the container with this digest lies."""
    return work / f"{sha256.hex()}.tar"


def open_working_copy(path: Path) -> FileExtent | None:
    """Return the working copy at `path`, or None where it is not there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    return FileExtent(descriptor=descriptor, start=0, length=os.fstat(descriptor).st_size)


@contextlib.contextmanager
def storage(work: Path) -> Iterator[None]:
    """Turn a disk that is full or refuses to write into the error that says so."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG):
            raise StorageError(
                f"the working copy of a container cannot be written ({error.strerror})",
                where=str(work),
                next_step="Make room there and give the same command again.",
            ) from error
        raise


@contextlib.contextmanager
def only_one(work: Path, name: str) -> Iterator[None]:
    """Let one process at a time make the working copy called `name`."""
    with storage(work):
        work.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(work / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Spool:
    """Takes the opened bytes of one container, in memory until there are too many of them."""

    def __init__(self, work: Path, *, bound: int, in_memory: int = IN_MEMORY) -> None:
        self._work = work
        self._bound = bound
        self._in_memory = in_memory
        self._held = bytearray()
        self._file: int | None = None
        self._name = ""
        self.length = 0

    def write_all(self, opened: Iterable[bytes]) -> None:
        """Take every piece; raise `TooMuchError` beyond the bound."""
        for piece in opened:
            self.write(piece)

    def write(self, piece: bytes) -> None:
        """Take one piece; raise `TooMuchError` beyond the bound."""
        self.length += len(piece)
        if self.length > self._bound:
            raise TooMuchError
        if self._file is None and self.length <= self._in_memory:
            self._held += piece
            return
        with storage(self._work):
            self._to_disk(piece)

    def _to_disk(self, piece: bytes) -> None:
        if self._file is None:
            self._work.mkdir(parents=True, exist_ok=True)
            self._file, self._name = tempfile.mkstemp(prefix=".opening-", dir=self._work)
            _write(self._file, bytes(self._held))
            self._held.clear()
        _write(self._file, piece)

    def keep(self, path: Path) -> Extent:
        """Put the bytes in their place, if they are many, and return them."""
        if self._file is None:
            return MemoryExtent(content=bytes(self._held))
        with storage(self._work):
            os.fsync(self._file)
            Path(self._name).rename(path)
        descriptor, self._file = self._file, None
        return FileExtent(descriptor=descriptor, start=0, length=self.length)

    def discard(self) -> None:
        """Remove what was written and not kept."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            Path(self._name).unlink(missing_ok=True)


def _write(descriptor: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]


def require_room(work: Path, size: int) -> None:
    """Raise `StorageError` unless `size` bytes fit where `work` is or will be."""
    there = next(folder for folder in (work, *work.absolute().parents) if folder.exists())
    if shutil.disk_usage(there).free < size:
        raise StorageError(
            f"opening a container needs at least {size} bytes of room",
            where=str(work),
            next_step="Make room there and give the same command again.",
        )
