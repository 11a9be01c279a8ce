"""Inclusion proofs for many leaves of one tree: the tree is built once, 64 bytes a leaf.

The same tree as `merkle.root` (RFC 6962 section 2.1), built level by level: where a level is odd,
its last node rises as it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from zegel.custody.merkle import HASH_SIZE, node_hash


class Proofs:
    """All levels of a tree, from which any leaf's proof is read."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        level = bytearray()
        for leaf in leaves:
            level += leaf
        self._levels = [level]
        while len(level) > HASH_SIZE:
            level = _above(level)
            self._levels.append(level)

    @property
    def size(self) -> int:
        """Return the number of leaves."""
        return len(self._levels[0]) // HASH_SIZE

    @property
    def root(self) -> bytes:
        """Return the root; a tree without leaves has none here."""
        return bytes(self._levels[-1])

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
        above += node_hash(
            bytes(level[at : at + HASH_SIZE]), bytes(level[at + HASH_SIZE : at + pair])
        )
    if len(level) % pair:
        above += level[-HASH_SIZE:]
    return above
