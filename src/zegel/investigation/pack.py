"""Bytes of an investigation, one after another in one file, equal bytes once.

Where each lies is in the tables; that they are the right ones, their SHA-256 says whenever they
are read. Never compressed, so that anyone can cut them out with standard tools.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from zegel.errors import VerificationError
from zegel.records import Buffer

NAME = "bytes.pack"


class PackWriter:
    """Appends bytes to a new pack."""

    def __init__(self, folder: Path) -> None:
        self._file: BinaryIO = (folder / NAME).open("xb")
        self._places: dict[bytes, int] = {}
        self._end = 0

    def add(self, content: Buffer) -> int:
        """Return where `content` lies; bytes that are there already are not written again."""
        digest = sha256(content).digest()
        at = self._places.get(digest)
        if at is None:
            at = self._places[digest] = self._end
            self._end += self._file.write(content)
        return at

    def close(self) -> None:
        """Sync and close the file, once."""
        if self._file.closed:
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def read_packed(folder: Path, at: int, length: int, digest: bytes) -> bytes:
    """Return `length` bytes at `at`; `VerificationError` unless their SHA-256 is `digest`."""
    with (folder / NAME).open("rb") as file:
        file.seek(at)
        content = file.read(length)
    if sha256(content).digest() != digest:
        raise VerificationError(
            "bytes of the investigation are not those that were sealed",
            where=str(folder / NAME),
            next_step="Restore the folder from a copy; nothing was shown.",
        )
    return content
