"""A tree head commits to every leaf and to their order; short proofs show one leaf, or growth.

Hashing and proofs as in RFC 6962 section 2.1, verified by the algorithms of RFC 9162 section 2.1.
Leaves are given as their hashes (`leaf_hash`). It must never answer a check with a boolean that a
caller may overlook: verification raises `VerificationError` or returns nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from hashlib import sha256

from zegel.errors import VerificationError

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves (RFC 6962 section 2.1)."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf; the prefix keeps leaves and nodes apart (RFC 6962, 2.1)."""
    return sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """The hashes on a growing tree's right edge: all that appending the next leaf needs.

    One hash for each perfect subtree, largest first, so as many as `size` has one-bits.
    """

    __slots__ = ("_hashes", "_size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if size < 0 or len(hashes) != size.bit_count():
            raise VerificationError(f"a tree of {size} leaves cannot have {len(hashes)} edge nodes")
        self._size = size
        self._hashes = list(hashes)

    @property
    def size(self) -> int:
        """The number of leaves so far."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """What must be kept to continue later."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        size = self._size
        while size & 1:
            leaf = node_hash(self._hashes.pop(), leaf)
            size >>= 1
        self._hashes.append(leaf)
        self._size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._hashes:
            return EMPTY_ROOT
        result = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            result = node_hash(left, result)
        return result


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over the leaf hashes given."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the audit path of the leaf at `index` (RFC 6962 section 2.1.1), lowest node first."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a tree of {len(leaves)}")
    start, end, path = 0, len(leaves), []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(root(leaves[middle:end]))
            end = middle
        else:
            path.append(root(leaves[start:middle]))
            start = middle
    return tuple(reversed(path))


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Return the proof that the first `old_size` leaves are a prefix (RFC 6962, 2.1.2)."""
    if not 0 < old_size <= len(leaves):
        raise IndexError(f"no consistency proof from {old_size} leaves to {len(leaves)}")
    start, end, path, whole = 0, len(leaves), [], True
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(root(leaves[middle:end]))
            end = middle
        else:
            path.append(root(leaves[start:middle]))
            start, whole = middle, False
    if not whole:  # the verifier knows the old root, but not this subtree of it
        path.append(root(leaves[start:end]))
    return tuple(reversed(path))


def verify_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Raise unless `leaf` is at `index` in the tree of `size` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        raise VerificationError(f"entry {index} cannot be in a log of {size}")
    place, last, result = index, size - 1, leaf
    for node in proof:
        if last == 0:
            raise VerificationError(f"the inclusion proof of entry {index} is too long")
        if place & 1 or place == last:
            result = node_hash(node, result)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            result = node_hash(result, node)
        place, last = place >> 1, last >> 1
    if last or not hmac.compare_digest(result, root):
        raise VerificationError(f"entry {index} is not the one that the head commits to")


def verify_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise unless the old tree is a prefix of the new one (RFC 9162 section 2.1.4.2)."""
    wrong = VerificationError(f"the log of {new_size} does not continue the log of {old_size}")
    if not 0 < old_size <= new_size:
        raise wrong
    if old_size == new_size:
        if proof or not hmac.compare_digest(old_root, new_root):
            raise wrong
        return
    nodes = iter((old_root, *proof) if old_size & (old_size - 1) == 0 else proof)
    roots = _climb(nodes, old_size - 1, new_size - 1)
    if roots is None or roots != (old_root, new_root):
        raise wrong


def _climb(nodes: Iterator[bytes], old: int, new: int) -> tuple[bytes, bytes] | None:
    """Return both roots that a consistency proof leads to, None where its length is wrong."""
    while old & 1:
        old, new = old >> 1, new >> 1
    first = next(nodes, None)
    if first is None:
        return None
    old_root = new_root = first
    for node in nodes:
        if new == 0:
            return None
        if old & 1 or old == new:
            old_root, new_root = node_hash(node, old_root), node_hash(node, new_root)
            while old and not old & 1:
                old, new = old >> 1, new >> 1
        else:
            new_root = node_hash(new_root, node)
        old, new = old >> 1, new >> 1
    return None if new else (old_root, new_root)


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1
