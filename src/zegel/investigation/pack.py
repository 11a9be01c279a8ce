"""Bytes of an investigation, one after another in one file, equal bytes once.

Where each lies is in the tables; that they are the right ones, their SHA-256 says whenever they
are read. Never compressed, so that anyone can cut them out with standard tools.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple

from zegel.errors import VerificationError
from zegel.records import Buffer

NAME = "bytes.pack"


class Packed(NamedTuple):
    """Where some bytes lie."""

    digest: bytes
    at: int
    length: int


class PackWriter:
    """Appends bytes to a new pack."""

    def __init__(self, folder: Path) -> None:
        self._file: BinaryIO = (folder / NAME).open("xb")
        self._places: dict[bytes, int] = {}
        self._end = 0
        self.packed: list[Packed] = []
        """What was packed, in order."""

    def add(self, content: Buffer) -> int:
        """Return where `content` lies; bytes that are there already are not written again."""
        return self._add(sha256(content).digest(), content)

    def _add(self, digest: bytes, content: Buffer) -> int:
        at = self._places.get(digest)
        if at is None:
            at = self._places[digest] = self._end
            self._end += self._file.write(content)
            self.packed.append(Packed(digest, at, len(content)))
        return at

    def add_pack(self, folder: Path, packed: Iterable[Packed]) -> dict[int, int]:
        """Add all bytes of another pack; return where those at each place lie now."""
        moved: dict[int, int] = {}
        with (folder / NAME).open("rb") as other:
            for one in packed:  # in order, so the other pack is read from end to end
                content = other.read(one.length)
                moved[one.at] = self._add(one.digest, content)
        return moved

    def let_go(self) -> None:
        """Close the file, whether or not it was finished."""
        self._file.close()

    def close(self) -> None:
        """Sync and close the file, once."""
        if self._file.closed:
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


class PackReader:
    """Reads bytes of a pack, the file open all the while."""

    def __init__(self, folder: Path) -> None:
        self._place = folder / NAME
        self._file: BinaryIO = self._place.open("rb")

    def __enter__(self) -> PackReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def read(self, at: int, length: int, digest: bytes) -> bytes:
        """Return `length` bytes at `at`; `VerificationError` unless their SHA-256 is `digest`."""
        self._file.seek(at)
        content = self._file.read(length)
        if sha256(content).digest() != digest:
            raise VerificationError(
                "bytes of the investigation are not those that were sealed",
                where=str(self._place),
                next_step="Restore the folder from a copy; nothing was shown.",
            )
        return content


def read_packed(folder: Path, at: int, length: int, digest: bytes) -> bytes:
    """Return `length` bytes at `at`; `VerificationError` unless their SHA-256 is `digest`."""
    with PackReader(folder) as pack:
        return pack.read(at, length, digest)
