"""One log stands for another: whose its key is, and how far it had come when its head was shown.

The case's log vouches for the key of each investigation's log and anchors its heads. Whoever holds
both can then show that the investigation's log is the one that was handed out, who held it since,
and that nothing before the last anchored head was changed or cut. It must never take a new
holder's word: a key that neither log vouches for is named as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from zegel.custody.acts import ANCHORED, VOUCHED, Vouched, read_anchored, read_vouched
from zegel.custody.entries import LARGEST_ENTRY, Entry, entry_from_line
from zegel.custody.heads import SignedHead
from zegel.custody.holders import Segment
from zegel.custody.merkle import HASH_SIZE
from zegel.custody.state import LogFiles, read_state
from zegel.custody.verify import Held, Verification, verify, verify_against
from zegel.errors import StorageError, VerificationError, at


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a log says of another one, by the index of the entry that says it."""

    vouched: dict[bytes, tuple[int, Vouched]]
    """By public key; the first entry counts."""
    anchored: tuple[tuple[int, SignedHead], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VouchedVerification:
    """A log verified with the one that vouches for it; what fails raises instead."""

    log: Verification
    """Its segments say who vouches for each key, the case's log before any other."""
    by: Verification
    standing: Standing

    def __str__(self) -> str:
        return self.sentence

    @property
    def anchored(self) -> SignedHead | None:
        """The newest head that the vouching log holds."""
        return self.standing.anchored[-1][1] if self.standing.anchored else None

    @property
    def sentence(self) -> str:
        """Say what both logs prove together, and what they do not."""
        index, first = self.standing.vouched[self.log.segments[0].public_key]
        parts = [
            *self.log.signed(),
            f"handed out as {first.name!r} by entry {index} of the case's log",
        ]
        newest = self.anchored
        if newest is None:
            parts.append("no head of it is anchored there, so truncation cannot be excluded")
        else:
            parts.append(
                f"{len(self.standing.anchored)} heads anchored there, the last of {newest.size}"
                f" entries, none of which was changed or removed"
            )
            if newest.size < self.log.head.size:
                parts.append(f"beyond {newest.size}, truncation cannot be excluded")
        return "; ".join(parts) + f". The case's log: {self.by.sentence}"


def standing_of(origin: str, entries: Iterable[Entry]) -> Standing:
    """Return what `entries` say of the log called `origin`; raise where they cannot be right."""
    vouched: dict[bytes, tuple[int, Vouched]] = {}
    anchored: list[tuple[int, SignedHead]] = []
    for entry in entries:
        if entry.act == VOUCHED:
            said = read_vouched(entry)
            if said.log == origin:
                vouched.setdefault(said.public_key, (entry.index, said))
        elif entry.act == ANCHORED:
            head = read_anchored(entry)
            if head.origin != origin:
                continue
            if head.public_key not in vouched:
                raise VerificationError(
                    f"entry {entry.index} anchors a head by a key that no entry before vouches for"
                )
            anchored.append((entry.index, head))
    return Standing(vouched=vouched, anchored=tuple(anchored))


def may_be_anchored(head: SignedHead, entries: Iterable[Entry]) -> None:
    """Raise unless `entries` vouch for the key of `head` and anchor nothing against it."""
    standing = standing_of(head.origin, entries)
    if head.public_key not in standing.vouched:
        raise VerificationError(
            f"this log does not vouch for key {head.public_key.hex()[:16]} of {head.origin!r}",
            next_step="Find out whose it is; then vouch for it, or do not anchor its head.",
        )
    for index, before in standing.anchored:
        if head.size < before.size or (head.size == before.size and head.root != before.root):
            raise VerificationError(
                f"a head of {head.size} entries contradicts the head of {before.size} that"
                f" entry {index} anchors",
                next_step="The log shown now was cut or rewritten: keep it, compare with a copy.",
            )


def verify_vouched(
    folder: Path, by: Path, *, head: SignedHead | None = None, by_head: SignedHead | None = None
) -> VouchedVerification:
    """Verify the log in `folder` together with the log in `by` that stands for it.

    `head` and `by_head` are heads of the one and the other held elsewhere. Raise unless the first
    key is vouched for and every anchored head is continued.
    """
    vouching = verify(by, by_head)
    origin = read_state(folder).head.origin
    standing = standing_of(origin, _entries(by, vouching.head.size))
    if not standing.vouched:
        raise VerificationError(f"the case's log vouches for no key of {origin!r}")
    heads = [
        Held(head=one, where=f"the head that entry {index} of the case's log anchors")
        for index, one in standing.anchored
    ]
    if head is not None:
        heads.append(Held(head=head))
    log = verify_against(folder, heads, held=head)
    if log.segments[0].public_key not in standing.vouched:
        raise VerificationError(
            f"the log begins under key {log.segments[0].public_key.hex()[:16]},"
            " for which the case's log does not vouch"
        )
    segments = tuple(_with_voucher(segment, standing) for segment in log.segments)
    return VouchedVerification(log=replace(log, segments=segments), by=vouching, standing=standing)


def _with_voucher(segment: Segment, standing: Standing) -> Segment:
    if segment.public_key not in standing.vouched:
        return segment
    index, said = standing.vouched[segment.public_key]
    return replace(segment, vouched_by=f"entry {index} of the case's log as {said.name!r}")


def _entries(folder: Path, size: int) -> Iterator[Entry]:
    """Yield the first `size` entries, which have been verified, checked against their leaves."""
    try:
        with at(folder), LogFiles.opened(folder) as files:
            for index in range(size):
                entry = entry_from_line(files.entries.readline(LARGEST_ENTRY + 1), index)
                if entry.leaf() != files.leaves.read(HASH_SIZE):
                    raise VerificationError(f"entry {index} of the log does not fit its leaf")
                yield entry
    except OSError as error:
        raise StorageError("the custody log cannot be read", where=str(folder)) from error
