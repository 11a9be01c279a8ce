"""Hands out the bytes of an entry, and refuses those that are not the sealed ones."""

from __future__ import annotations

import hashlib
import mmap
import os
import tempfile
from pathlib import Path

from zegel.exhibits.extent import Extent, part, pieces
from zegel.exhibits.model import Entry, SealBroken
from zegel.exhibits.places import ContainerChangedError, Places
from zegel.exhibits.working import storage
from zegel.records import Buffer, give_back

_AT_ONCE = 16 * 2**20
_IN_MEMORY = 64 * 2**20
"""Bytes inside an archive up to this size are handed out in memory.

A map must begin at a page, which members of a tar do not: larger ones go to a nameless file.
"""


def held_bytes(carrier: Extent, offset: int, size: int, work: Path) -> Buffer:
    """Return `size` bytes of `carrier` from `offset`."""
    if size <= _IN_MEMORY:
        return carrier.read(offset, size)
    with storage(work):
        work.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=work) as nameless:
            for piece in pieces(part(carrier, offset, size)):
                nameless.write(piece)
            nameless.flush()
            if not os.fstat(nameless.fileno()).st_size:
                return b""
            return mmap.mmap(nameless.fileno(), 0, access=mmap.ACCESS_READ)


def carried(places: Places, entry: Entry, work: Path) -> Buffer:
    """Return the bytes of an entry that something else carries."""
    return held_bytes(_carrier(places, entry), entry.data_offset, entry.size, work)


def carried_part(places: Places, entry: Entry, offset: int, size: int) -> bytes:
    """Return `size` bytes, from `offset`, of an entry that something else carries."""
    return part(_carrier(places, entry), entry.data_offset, entry.size).read(offset, size)


def _carrier(places: Places, entry: Entry) -> Extent:
    try:
        return places.carrier(entry.backing)
    except ContainerChangedError:
        raise SealBroken(entry.path) from None


def check(entry: Entry, content: Buffer) -> Buffer:
    """Return `content`; raise `SealBroken` unless it is what was sealed for `entry`."""
    if len(content) != entry.size or _sha256(content) != entry.sha256:
        raise SealBroken(entry.path)
    return content


def _sha256(content: Buffer) -> bytes:
    if isinstance(content, bytes):
        return hashlib.sha256(content).digest()
    digest = hashlib.sha256()
    with memoryview(content) as whole:
        for start in range(0, len(content), _AT_ONCE):
            digest.update(whole[start : start + _AT_ONCE])
            give_back(content, start)
    return digest.digest()
