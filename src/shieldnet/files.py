"""Write a file whole or not at all: beside its place, synced, renamed into it."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def put(path: Path, content: bytes, mode: int = 0o640) -> None:
    """Write `content`; a file that is replaced keeps its owner and rights, a new one gets `mode`.

    The temporary file is never readable by more people than the one it becomes.
    """
    before = path.stat() if path.exists() else None
    rights = mode if before is None else before.st_mode & 0o7777
    # Threads of one process write the same file too.
    beside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_native_id()}")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, rights & 0o700)
    try:
        with os.fdopen(handle, "wb") as target:
            if before is not None and os.geteuid() == 0:
                os.fchown(target.fileno(), before.st_uid, before.st_gid)
            os.fchmod(target.fileno(), rights)
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def make(folder: Path, mode: int = 0o750) -> Path:
    """Make a folder and those above it where they are missing; only the last gets `mode`."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=mode, exist_ok=True)
    return folder
