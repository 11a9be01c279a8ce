"""Who held a log when: each key signs for one segment, and no key follows another in silence.

A log that has moved to where its key is not goes on under a new holder's key. The first entry of
the new segment names that key and carries the last head of the holder before, signed with the key
before it: so the segments hang together, and a change across their boundary shows. Rules:

- the head carried is of this log, of exactly the entries before, and by the key of that segment;
- the log's newest head is by the key of its last segment;
- a head held elsewhere is by the key of the segment that wrote its last entry.

It must never say that a new holder had a right to the log: only whether an earlier entry, or a log
that is trusted, vouches for the key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from zegel.custody.acts import NEW_HOLDER, VOUCHED, NewHolder, read_new_holder, read_vouched
from zegel.custody.entries import Entry
from zegel.custody.heads import SignedHead
from zegel.custody.merkle import Frontier
from zegel.errors import VerificationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The entries that one holder's key signed for."""

    first: int
    end: int
    """One more than the last entry's index; `first` for a log nothing was written to yet."""
    public_key: bytes
    holder: str = ""
    """The name the new holder gave; empty for the one who made the log."""
    account: str = ""
    """The account that started the segment."""
    vouched_by: str = ""
    """Where the key is vouched for: an earlier entry of this log, or an entry of the case's."""

    @property
    def sentence(self) -> str:
        """Say which entries, which key, whose, and who vouches for that."""
        if self.end <= self.first:
            said = "no entries yet"
        elif self.end == self.first + 1:
            said = f"entry {self.first}"
        else:
            said = f"entries {self.first} to {self.end - 1}"
        said += f" signed by key {self.public_key.hex()[:16]}"
        if self.holder:
            said += f" of {self.holder!r} (account {self.account!r})"
        if self.vouched_by:
            return f"{said}, vouched for by {self.vouched_by}"
        return f"{said}, vouched for by nobody" if self.holder else said


class Holders:
    """Follows the keys of a log from its first entry to its newest head."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._begun: list[tuple[Entry, NewHolder, str]] = []
        self._vouched: dict[bytes, str] = {}

    def follow(self, entry: Entry, before: Frontier) -> None:
        """Take the next entry in; `before` is the tree of all entries before it."""
        if entry.act == VOUCHED:
            vouched = read_vouched(entry)
            if vouched.log == self._origin:
                place = f"entry {entry.index} of this log as {vouched.name!r}"
                self._vouched.setdefault(vouched.public_key, place)
        elif entry.act == NEW_HOLDER:
            new = read_new_holder(entry)
            self._hangs_together(entry, new, before.root())
            self._begun.append((entry, new, self._vouched.get(new.public_key, "")))

    def _hangs_together(self, entry: Entry, new: NewHolder, root: bytes) -> None:
        before = new.before
        if (before.origin, before.size, before.root) != (self._origin, entry.index, root):
            raise VerificationError(
                f"the new holder of entry {entry.index} does not continue the log before it"
            )
        last = self._begun[-1][1].public_key if self._begun else before.public_key
        if before.public_key != last or new.public_key == last:
            raise VerificationError(
                f"the segment before entry {entry.index} is not signed by its own holder's key"
            )

    def segments(self, head: SignedHead) -> tuple[Segment, ...]:
        """Return the segments of the log that ends in `head`."""
        key = self._begun[0][1].before.public_key if self._begun else head.public_key
        found = [Segment(first=0, end=head.size, public_key=key)]
        for entry, new, vouched in self._begun:
            found[-1] = replace(found[-1], end=entry.index)
            segment = Segment(
                first=entry.index,
                end=head.size,
                public_key=new.public_key,
                holder=new.holder,
                account=entry.who,
                vouched_by=vouched,
            )
            found.append(segment)
        if found[-1].public_key != head.public_key:
            raise VerificationError(
                f"the newest head is signed by key {head.public_key.hex()[:16]},"
                f" and no entry says that it follows key {found[-1].public_key.hex()[:16]}"
            )
        return tuple(found)


def key_at(segments: tuple[Segment, ...], size: int) -> bytes:
    """Return the key by which the head of the first `size` entries is signed."""
    key = segments[0].public_key
    for segment in segments[1:]:
        if size > segment.first:
            key = segment.public_key
    return key
