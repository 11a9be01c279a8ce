"""Inclusion proofs for many leaves of one tree: the tree is built once, 64 bytes a leaf.

The same tree as `merkle.root` (RFC 6962 section 2.1), built level by level: where a level is odd,
its last node rises as it is.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from hashlib import sha256
from itertools import accumulate
from pathlib import Path

from zegel.custody.merkle import EMPTY_ROOT, HASH_SIZE
from zegel.errors import VerificationError


class Proofs:
    """All levels of a tree, from which any leaf's proof is read."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        level = bytearray()
        for leaf in leaves:  # not `join`: it would hold an object for each of millions
            level += leaf
        self._levels: list[bytearray | memoryview] = [level]
        while len(level) > HASH_SIZE:
            level = _above(level)
            self._levels.append(level)

    @classmethod
    def read(cls, place: Path, size: int) -> Proofs:
        """Return the tree of `size` leaves that `write` put there; its pages are read on demand.

        What it holds is as good as the file: a proof from it must be verified against the root.
        """
        sizes = [size]
        while sizes[-1] > 1:
            sizes.append((sizes[-1] + 1) // 2)
        if not place.is_file() or place.stat().st_size != sum(sizes) * HASH_SIZE:
            raise VerificationError(f"the tree of {size} leaves is not whole", where=str(place))
        proofs = cls(())
        if size:
            with place.open("rb") as file:
                whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            ends = list(accumulate(sizes))
            starts = [0, *ends[:-1]]
            proofs._levels = [
                whole[start * HASH_SIZE : end * HASH_SIZE]
                for start, end in zip(starts, ends, strict=True)
            ]
        return proofs

    def write(self, place: Path) -> None:
        """Write all levels to a new file, so that other processes can `read` them."""
        with place.open("xb") as file:
            file.writelines(self._levels)

    @property
    def size(self) -> int:
        """Return the number of leaves."""
        return len(self._levels[0]) // HASH_SIZE

    @property
    def root(self) -> bytes:
        """Return the root."""
        return bytes(self._levels[-1]) or EMPTY_ROOT

    def proof(self, index: int) -> tuple[bytes, ...]:
        """Return the hashes that lead from leaf `index` to the root (RFC 6962 section 2.1.1)."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        path: list[bytes] = []
        for level in self._levels[:-1]:
            sibling = (index ^ 1) * HASH_SIZE
            if sibling < len(level):
                path.append(bytes(level[sibling : sibling + HASH_SIZE]))
            index >>= 1
        return tuple(path)


def _above(level: bytearray) -> bytearray:
    above = bytearray()
    pair = 2 * HASH_SIZE
    for at in range(0, len(level) - HASH_SIZE, pair):
        above += sha256(b"\1" + level[at : at + pair]).digest()
    if len(level) % pair:
        above += level[-HASH_SIZE:]
    return above
