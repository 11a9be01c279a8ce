"""The only way anything becomes part of a case: synced beside its place, then renamed into it.

After a kill or a power cut a name is either absent or complete, and once `commit` has returned it
is there. POSIX promises of what was not synced nothing, in any order: so every file and folder
below comes before the rename, and the folder that holds the name after it. Never overwrites a
part that is already there.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from types import TracebackType

from zegel.errors import StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}


class StorageGuard:
    """Turns a full or refusing disk inside its `with` block into a `StorageError`."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, OSError) and error.errno in _FULL:
            raise refused(self._place, os.strerror(error.errno or 0)) from error


def refused(place: Path, reason: str) -> StorageError:
    """Return the error for a disk that would not write to `place`, for the system's `reason`."""
    return StorageError(
        f"cannot write: {reason.lower()}",
        where=str(place),
        next_step="Make room and give the same command again: it continues.",
    )


def reason_in(words: str) -> str | None:
    """Return the system's reason for refusing to write that `words` hold, for want of a number."""
    return next((reason for reason in map(os.strerror, _FULL) if reason in words), None)


def sync(path: Path) -> None:
    """Make the bytes of a file, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_all(path: Path) -> None:
    """Sync all that lies in `path`, and then `path`."""
    if path.is_dir():
        for child in sorted(path.iterdir()):
            _sync_all(child)
    sync(path)


def make_folder(path: Path) -> Path:
    """Make `path` and its parents, readable by their owner alone; they survive a power cut."""
    if path.is_dir():
        return path
    with StorageGuard(path):
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        for folder in reversed(missing or [path]):  # which raises where a file lies there
            folder.mkdir(mode=0o700, exist_ok=True)
            sync(folder.parent)
    return path


def commit(written: Path, place: Path) -> None:
    """Move the finished file or folder `written` to `place`, surviving a crash at any point.

    `written` lies in the same file system. A part another run has put there in the meantime
    is kept and `written` removed: both were made from the same input.
    """
    with StorageGuard(place):
        if place.exists() and written.is_dir():
            shutil.rmtree(written)
        else:
            _sync_all(written)
            written.rename(place)
        sync(place.parent)


def replace_file(place: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write `content` to `place` so that readers see the old bytes or the new, nothing between."""
    written = place.with_name(f".{place.name}.{os.getpid()}.new")
    with StorageGuard(place):
        descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
    commit(written, place)
