"""Opens a copied server read-only and lists what it holds, every file hashed once.

Nothing is written but inside the work folder given: opened containers, which may be removed at
any time. Links are not followed, devices not opened, access times left alone where permitted.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from zegel.errors import ExhibitError
from zegel.exhibits.archive import ArchiveCopy
from zegel.exhibits.folder import FolderCopy, open_quietly
from zegel.exhibits.model import Copy, Entry, EntryKind, Limits, SealBroken

__all__ = [
    "Copy",
    "Entry",
    "EntryKind",
    "Limits",
    "SealBroken",
    "open_copy",
    "reader_for",
]

_LIMITS = Limits()


def open_copy(path: Path, work: Path, limits: Limits = _LIMITS) -> Copy:
    """Open the copy at `path`: a folder, a tar (plain, gz, xz, zst, bz2) or a zip.

    This is cheap: nothing is listed or opened yet. Working copies go to `work`.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return FolderCopy(path, work, limits)
        return ArchiveCopy(path, _open_file(path, status), work, limits)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ExhibitError(
            "there is nothing here",
            where=str(path),
            next_step="Check the path; a copy on a removable disk must be mounted.",
        ) from error
    except PermissionError as error:
        raise ExhibitError(
            "this account may not read it",
            where=str(path),
            next_step="Run as an account that may, or copy it with one.",
        ) from error


def reader_for(path: Path, work: Path) -> Copy:
    """Open the copy at `path` in a worker that reads entries it was told of."""
    return open_copy(path, work)


def _open_file(path: Path, status: os.stat_result) -> int:
    if not stat.S_ISREG(status.st_mode):
        raise ExhibitError(
            "it is a device, socket or pipe",
            where=str(path),
            next_step="Copy it to a file and name that.",
        )
    if not status.st_size:
        raise ExhibitError(
            "the file is empty", where=str(path), next_step="Check that the copy was finished."
        )
    return open_quietly(os.fsencode(path), os.O_RDONLY | os.O_CLOEXEC)
