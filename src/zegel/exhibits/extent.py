"""A run of bytes that can be read at any place: of an open file, or in memory.

Reading goes by `pread`, so a file that shrinks or fails gives short reads or `OSError`, never a
fault of the process, and two readers never move each other's position.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

PIECE = 2**20
"""Bytes read at a time; hashing gains nothing from more."""


class Extent(Protocol):
    """Bytes with a length, readable at any offset."""

    @property
    def length(self) -> int:
        """How many bytes there are."""

    def read(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from `offset`; fewer only at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileExtent:
    """`length` bytes of an open file from `start`."""

    descriptor: int
    start: int
    length: int

    def read(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from `offset`; fewer only at the end."""
        size = min(size, self.length - offset)
        if size <= 0:
            return b""
        content = os.pread(self.descriptor, size, self.start + offset)
        while len(content) < size:  # the kernel gives at most 2 GiB at a time
            more = os.pread(
                self.descriptor, size - len(content), self.start + offset + len(content)
            )
            if not more:
                break
            content += more
        return content


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryExtent:
    """Bytes already in memory."""

    content: bytes = field(repr=False)

    @property
    def length(self) -> int:
        """How many bytes there are."""
        return len(self.content)

    def read(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from `offset`; fewer only at the end."""
        return self.content[offset : offset + max(size, 0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartExtent:
    """`length` bytes of another extent from `start`."""

    whole: Extent
    start: int
    length: int

    def read(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from `offset`; fewer only at the end."""
        return self.whole.read(self.start + offset, min(size, self.length - offset))


def part(whole: Extent, start: int, length: int) -> Extent:
    """Return the `length` bytes of `whole` from `start`, as far as they are there."""
    length = max(0, min(length, whole.length - start))
    return PartExtent(whole=whole, start=start, length=length)


def pieces(extent: Extent, size: int = PIECE) -> Iterator[bytes]:
    """Yield the bytes of `extent` in order, `size` at a time."""
    position = 0
    while piece := extent.read(position, size):
        yield piece
        position += len(piece)


def digest(extent: Extent) -> bytes:
    """Return the SHA-256 of the whole extent."""
    running = hashlib.sha256()
    for piece in pieces(extent):
        running.update(piece)
    return running.digest()
