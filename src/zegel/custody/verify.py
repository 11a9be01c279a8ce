"""What a log proves is said in a sentence, or the first entry that is wrong is named.

Every leaf is computed again from the openings, every root from the leaves (RFC 6962), every
signature checked, every change of holder followed. A log alone must never be said to prove that
nothing was cut off its end: only a head held elsewhere shows that.
"""

from __future__ import annotations

import fcntl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zegel.custody.entries import LARGEST_ENTRY, entry_from_line
from zegel.custody.heads import SignedHead, export_head, read_head
from zegel.custody.holders import Holders, Segment, key_at
from zegel.custody.merkle import HASH_SIZE, Frontier
from zegel.custody.state import LogFiles, LogState, read_state
from zegel.custody.writing import unfinished
from zegel.errors import StorageError, VerificationError, at

__all__ = ["Held", "Verification", "export_head", "read_head", "verify", "verify_against"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A head that the log must continue, and in words where it is held."""

    head: SignedHead
    where: str = "the head held elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was verified; a log that fails raises instead."""

    head: SignedHead
    """The log's newest head, which every entry fits."""
    held: SignedHead | None
    """The head held elsewhere that the log continues, where one was given."""
    unfinished_bytes: int
    """Bytes of an entry that a kill interrupted: not signed, not counted."""
    segments: tuple[Segment, ...] = ()
    """Who signed for which entries, in order; more than one where the log changed hands."""

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """Say what is proved, by whom it is signed, and what is not proved."""
        parts = self.signed()
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

    def signed(self) -> list[str]:
        """Say how many entries are intact, and by which keys."""
        intact = f"{self.head.size} entries intact"
        if len(self.segments) > 1:
            return [
                f"{intact}, held by {len(self.segments)} in turn",
                *(segment.sentence for segment in self.segments),
            ]
        vouched = next((one.vouched_by for one in self.segments if one.vouched_by), "")
        signed = f"{intact}, signed by key {self.head.public_key.hex()[:16]}"
        return [f"{signed}, vouched for by {vouched}" if vouched else signed]


def verify(folder: Path, head: SignedHead | None) -> Verification:
    """Check the whole log, and that it continues `head`; raise at the first wrong entry."""
    return verify_against(folder, () if head is None else (Held(head=head),), held=head)


def verify_against(
    folder: Path, heads: Sequence[Held], *, held: SignedHead | None = None
) -> Verification:
    """Check the whole log, and that it continues every one of `heads`.

    `held` is the one of them that the result will name as held elsewhere.
    """
    try:
        with at(folder), LogFiles.opened(folder) as files:
            fcntl.flock(files.entries, fcntl.LOCK_SH)  # no append comes between head and entries
            state = read_state(folder)
            for one in heads:
                _belongs(one, state.head)
            segments = _check_entries(files, state, heads)
            for one in heads:
                if key_at(segments, one.head.size) != one.head.public_key:
                    raise VerificationError(f"{one.where} is of another log or another key")
            tail, _ = unfinished(files, state)
    except OSError as error:
        raise StorageError("the custody log cannot be read", where=str(folder)) from error
    return Verification(head=state.head, held=held, unfinished_bytes=len(tail), segments=segments)


def _belongs(held: Held, newest: SignedHead) -> None:
    held.head.check()
    if held.head.origin != newest.origin:
        raise VerificationError(f"{held.where} is of another log or another key")
    if held.head.size > newest.size:
        raise VerificationError(
            f"the log was truncated: {held.where} counts {held.head.size} entries,"
            f" the log {newest.size}; entry {newest.size} is the first that is missing"
        )


def _check_entries(files: LogFiles, state: LogState, heads: Sequence[Held]) -> tuple[Segment, ...]:
    frontier, holders = Frontier(), Holders(state.head.origin)
    expected = _edges(state)
    due = sorted(heads, key=lambda one: one.head.size, reverse=True)
    for index in range(state.head.size + 1):
        while due and due[-1].head.size == index:
            _continues(due.pop(), frontier)
        if index == state.head.size:
            break
        entry = entry_from_line(files.entries.readline(LARGEST_ENTRY + 1), index)
        if entry.leaf() != files.leaves.read(HASH_SIZE):
            raise VerificationError(f"entry {index} of the log does not fit its leaf")
        holders.follow(entry, frontier)
        frontier.append(entry.leaf())
        _check_edge(frontier, expected, index)
    if files.entries.tell() != state.entries_bytes:
        raise VerificationError("the entries do not end where the log's head says")
    return holders.segments(state.head)


def _continues(held: Held, frontier: Frontier) -> None:
    if frontier.root() != held.head.root:
        raise VerificationError(
            f"an entry before entry {held.head.size} is not the one {held.where} commits to"
        )


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
