"""An entry is wholly in the log or not at all, whatever moment a kill or a power cut chooses.

Order: the opening is written and synced, then the leaf, then the head, renamed into place: the
moment the entry counts. So a kill leaves at most one entry behind the signed head. The next append
completes a whole one, cuts a torn one, and says so in an entry of its own; what no kill can have
left stops it. It must never sign for an entry whose bytes it has not read back or written itself.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from zegel.canonical import JSON, canonical_json, percent_encoded
from zegel.custody.acts import CLOCK_BACK, NEW_HOLDER, REPAIRED, NewHolder
from zegel.custody.entries import LARGEST_ENTRY, SALT_SIZE, Entry, entry_from_line
from zegel.custody.heads import sign_head
from zegel.custody.merkle import HASH_SIZE, Frontier
from zegel.custody.shown import FIELD, shown_facts
from zegel.custody.state import LogFiles, LogState, write_state
from zegel.errors import UsageError, VerificationError

CLOCKS_DIFFER_NS = 5 * 60 * 10**9
"""By how much the clocks of two machines may differ without a word in the log."""


@dataclass(frozen=True, slots=True)
class Writer:
    """The one who may extend a log: knows its folder and its key."""

    folder: Path
    key: Ed25519PrivateKey = field(repr=False)

    def state(
        self, origin: str, frontier: Frontier, entries_bytes: int, not_before_ns: int = 0
    ) -> LogState:
        """Return the signed state of a log that ends here."""
        head = sign_head(
            self.key,
            origin=origin,
            size=frontier.size,
            root=frontier.root(),
            time_ns=max(time.time_ns(), not_before_ns),
        )
        return LogState(head=head, frontier=frontier.hashes, entries_bytes=entries_bytes)

    def commit(self, files: LogFiles, state: LogState, entry: Entry) -> LogState:
        """Write, sync and sign for `entry`; return the state after it.

        Its time is never before that of the newest head, whatever the machine's clock says.
        """
        entry = replace(entry, time_ns=max(entry.time_ns, state.head.time_ns))
        line = entry.line()
        if len(line) > LARGEST_ENTRY:
            raise UsageError(f"an entry of {len(line)} bytes is too long for a custody log")
        _write(files.entries, state.entries_bytes, line)
        return self._sign(files, state, entry, len(line))

    def repaired(self, files: LogFiles, state: LogState) -> LogState:
        """Complete or cut the entry that a kill interrupted, and say so in the log."""
        tail, leaf_written = unfinished(files, state)
        if not tail:
            return state
        entry = _whole(tail, state.head.size, leaf_written)
        if entry is not None and entry.act == NEW_HOLDER:
            entry = None  # it never counted, and only the key it names could have signed for it
        files.leaves.truncate(state.head.size * HASH_SIZE)
        if entry is None:
            files.entries.truncate(state.entries_bytes)
        else:
            state = self._sign(files, state, entry, len(tail))
        facts: dict[str, JSON] = {
            "completed": entry is not None,
            "unfinished_bytes": len(tail),
            "unfinished_sha256": sha256(tail).hexdigest(),
        }
        return self.commit(files, state, new_entry(state.head.size, REPAIRED, facts, "zegel"))

    def clock_noticed(self, files: LogFiles, state: LogState) -> LogState:
        """Say in the log where the machine's clock stands behind the newest entry."""
        now = time.time_ns()
        if state.head.time_ns - now <= CLOCKS_DIFFER_NS:
            return state
        facts: dict[str, JSON] = {"clock": str(now), "newest": str(state.head.time_ns)}
        return self.commit(files, state, new_entry(state.head.size, CLOCK_BACK, facts, "zegel"))

    def take_over(self, files: LogFiles, state: LogState, holder: str, who: str) -> LogState:
        """Go on with a log that another key signed, and say so in the first entry.

        What a kill left behind the other's last head never counted: it is cut, its digest kept.
        """
        tail, _ = unfinished(files, state)
        files.leaves.truncate(state.head.size * HASH_SIZE)
        files.entries.truncate(state.entries_bytes)
        new = NewHolder(
            holder=_legible(holder),
            public_key=self.key.public_key().public_bytes_raw(),
            before=state.head,
            tail=tail,
        )
        entry = new_entry(state.head.size, NEW_HOLDER, new.facts(), who)
        return self.commit(files, state, entry)

    def _sign(self, files: LogFiles, state: LogState, entry: Entry, length: int) -> LogState:
        leaf = entry.leaf()
        _write(files.leaves, state.head.size * HASH_SIZE, leaf)
        frontier = Frontier(state.head.size, state.frontier)
        frontier.append(leaf)
        end = state.entries_bytes + length
        after = self.state(state.head.origin, frontier, end, entry.time_ns)
        write_state(self.folder, after)
        return after


def new_entry(
    index: int,
    act: str,
    facts: Mapping[str, JSON],
    who: str,
    shown: Sequence[str] | None = None,
) -> Entry:
    """Return an entry of this instant, with a salt of its own."""
    written = {
        name: _legible(fact) if isinstance(fact, str) else fact for name, fact in facts.items()
    }
    entry = Entry(
        index=index,
        time_ns=time.time_ns(),
        who=_legible(who),
        act=act,
        # As the line will hold them, so that reading the line gives the same entry. A fraction is
        # kept as its text: no two programs need agree on how to write one (RFC 8785, 3.2.2.3).
        facts=json.loads(canonical_json(written), parse_float=str),
        salt=os.urandom(SALT_SIZE),
    )
    if shown is None:
        return entry
    names = [_legible(name) for name in shown]
    return replace(entry, facts={**entry.facts, **shown_facts(entry.field_salt(FIELD), names)})


def unfinished(files: LogFiles, state: LogState) -> tuple[bytes, bool]:
    """Return what lies behind the last signed entry, and whether any of its leaf does.

    Raise where the log is shorter than signed for, or where no kill can have left so much.
    """
    signed_leaves = state.head.size * HASH_SIZE
    entries_size = os.fstat(files.entries.fileno()).st_size
    leaves_size = os.fstat(files.leaves.fileno()).st_size
    if entries_size < state.entries_bytes or leaves_size < signed_leaves:
        raise VerificationError(f"the log is shorter than the {state.head.size} entries signed for")
    files.entries.seek(state.entries_bytes)
    tail = files.entries.read(LARGEST_ENTRY + 1)
    files.entries.seek(0)
    whole = tail.endswith(b"\n")
    leaf_bytes = leaves_size - signed_leaves
    if len(tail) > LARGEST_ENTRY or b"\n" in tail[:-1] or leaf_bytes > (HASH_SIZE if whole else 0):
        raise VerificationError(
            f"more lies behind the {state.head.size} signed entries than a kill can leave",
            next_step="Compare with a head held elsewhere: an old head may have been put back.",
        )
    return tail, leaf_bytes > 0


def _whole(tail: bytes, index: int, leaf_written: bool) -> Entry | None:
    """Return the interrupted entry, None where it is torn."""
    try:
        return entry_from_line(tail, index)
    except VerificationError:
        if leaf_written:  # a leaf is written only once the opening is synced
            raise
        return None


def _legible(text: str) -> str:
    """Return text that came from undecodable bytes (PEP 383) percent-encoded, the rest as it is."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return percent_encoded(text.encode("utf-8", "surrogateescape"))
    return text


def _write(file: BinaryIO, offset: int, content: bytes) -> None:
    file.seek(offset)
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
