"""What a log proves is said in a sentence, or the first entry that is wrong is named.

Every leaf is computed again from the openings, every root from the leaves (RFC 6962), every
signature checked. A log alone must never be said to prove that nothing was cut off its end: only a
head held elsewhere shows that.
"""

from __future__ import annotations

import fcntl
from dataclasses import dataclass
from pathlib import Path

from zegel.custody.entries import LARGEST_ENTRY, entry_from_line
from zegel.custody.heads import SignedHead, export_head, read_head
from zegel.custody.merkle import HASH_SIZE, Frontier
from zegel.custody.state import LogFiles, LogState, read_state
from zegel.custody.writing import unfinished
from zegel.errors import StorageError, VerificationError

__all__ = ["Verification", "export_head", "read_head", "verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was verified; a log that fails raises instead."""

    head: SignedHead
    """The log's newest head, which every entry fits."""
    held: SignedHead | None
    """The head held elsewhere that the log continues, where one was given."""
    unfinished_bytes: int
    """Bytes of an entry that a kill interrupted: not signed, not counted."""

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """Say what is proved, and what is not."""
        parts = [
            f"{self.head.size} entries intact, signed by key {self.head.public_key.hex()[:16]}"
        ]
        if self.held is None:
            parts.append("without a head held elsewhere, truncation cannot be excluded")
        else:
            parts.append(
                f"consistent with a head held elsewhere: entries up to {self.held.size} are"
                " neither changed nor removed"
            )
            if self.held.size == self.head.size:
                parts.append("nothing was added since")
            else:
                parts.append(f"beyond {self.held.size}, truncation cannot be excluded")
        if self.unfinished_bytes:
            parts.append(f"{self.unfinished_bytes} bytes of an interrupted entry do not count")
        return "; ".join(parts) + "."


def verify(folder: Path, head: SignedHead | None) -> Verification:
    """Check the whole log, and that it continues `head`; raise at the first wrong entry."""
    try:
        with LogFiles.opened(folder) as files:
            fcntl.flock(files.entries, fcntl.LOCK_SH)  # no append comes between head and entries
            state = read_state(folder)
            if head is not None:
                _belongs(head, state.head)
            _check_entries(files, state, head)
            tail, _ = unfinished(files, state)
    except OSError as error:
        raise StorageError("the custody log cannot be read", where=str(folder)) from error
    return Verification(head=state.head, held=head, unfinished_bytes=len(tail))


def _belongs(held: SignedHead, newest: SignedHead) -> None:
    held.check()
    if (held.origin, held.public_key) != (newest.origin, newest.public_key):
        raise VerificationError("the head held elsewhere is of another log or another key")
    if held.size > newest.size:
        raise VerificationError(
            f"the log was truncated: a head held elsewhere counts {held.size} entries,"
            f" the log {newest.size}; entry {newest.size} is the first that is missing"
        )


def _check_entries(files: LogFiles, state: LogState, held: SignedHead | None) -> None:
    frontier = Frontier()
    expected = _edges(state)
    for index in range(state.head.size + 1):
        if held is not None and index == held.size and frontier.root() != held.root:
            raise VerificationError(
                f"an entry before entry {index} is not the one the head held elsewhere commits to"
            )
        if index == state.head.size:
            break
        entry = entry_from_line(files.entries.readline(LARGEST_ENTRY + 1), index)
        if entry.leaf() != files.leaves.read(HASH_SIZE):
            raise VerificationError(f"entry {index} of the log does not fit its leaf")
        frontier.append(entry.leaf())
        _check_edge(frontier, expected, index)
    if files.entries.tell() != state.entries_bytes:
        raise VerificationError("the entries do not end where the log's head says")


def _edges(state: LogState) -> dict[int, tuple[int, bytes]]:
    """Return, by size at which each signed subtree is whole, its first entry and its hash."""
    edges, start = {}, 0
    for bit, node in zip(
        (bit for bit in range(state.head.size.bit_length(), -1, -1) if state.head.size >> bit & 1),
        state.frontier,
        strict=True,
    ):
        edges[start + (1 << bit)] = (start, node)
        start += 1 << bit
    return edges


def _check_edge(frontier: Frontier, expected: dict[int, tuple[int, bytes]], index: int) -> None:
    """Raise at the first signed subtree that differs; nearer nothing tells."""
    first, node = expected.get(index + 1, (0, frontier.hashes[-1]))
    if frontier.hashes[-1] != node:
        raise VerificationError(
            f"one of the entries {first} to {index} is not the one that was signed for"
        )
