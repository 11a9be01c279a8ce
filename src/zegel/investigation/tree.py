"""The tree over all leaves of an investigation, for the proof of one message; never trusted unread.

A grant leaves the leaves of its messages in one file, so that no page has to read every row for one
proof. It is no evidence: what is made of it must lead to the sealed root, or nothing is shown. In a
folder without the file the leaves are made anew from the rows, which takes as long as `check`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from zegel.custody.merkle import HASH_SIZE
from zegel.custody.proofs import Proofs
from zegel.errors import VerificationError
from zegel.investigation.folder import LEAVES, SECRET, Investigation
from zegel.investigation.leaves import header_leaf, leaf_of_rows
from zegel.tables.held import Held


def tree(inv: Investigation) -> Proofs:
    """Return the tree whose leaf 0 is the header and whose others are the messages, in order."""
    kept = inv.folder / LEAVES
    return _KEPT.of(kept) if kept.is_file() else _MADE.of(inv.table("messages"))


def _read(place: Path, _part: int) -> Proofs:
    inv, leaves = Investigation.open(place.parent), place.read_bytes()
    cut = (leaves[at : at + HASH_SIZE] for at in range(0, len(leaves), HASH_SIZE))
    return _checked(inv, cut, place)


def _make(place: Path, _part: int) -> Proofs:
    inv = Investigation.open(place.parents[1])
    secret = (inv.folder / SECRET).read_bytes()
    return _checked(inv, (leaf_of_rows(secret, *rows) for rows in inv.by_message()), place)


def _checked(inv: Investigation, leaves: Iterable[bytes], place: Path) -> Proofs:
    proofs = Proofs([header_leaf(inv.header), *leaves])
    if proofs.size != inv.messages + 1 or proofs.root != inv.root:
        raise VerificationError("the messages are not those that were sealed", where=str(place))
    return proofs


_KEPT: Held[Proofs] = Held(_read, most=4)
_MADE: Held[Proofs] = Held(_make, most=4)
