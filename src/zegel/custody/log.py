"""First the record, then the act: an entry is synced and signed for before `append` returns.

A log is a folder that may be handed on; its key lies elsewhere. Several processes may append in
turn. It must never hold content, keys or passphrases of the evidence. Hashing as in RFC 6962.
"""

from __future__ import annotations

import fcntl
import os
import pwd
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from zegel.canonical import JSON, canonical_json
from zegel.custody.acts import (
    ANCHORED,
    KEY_SIZE,
    RESERVED,
    VOUCHED,
    Vouched,
    anchored_facts,
)
from zegel.custody.entries import LARGEST_ENTRY, Entry, entry_from_line
from zegel.custody.heads import SignedHead
from zegel.custody.keys import create_key, load_key
from zegel.custody.merkle import HASH_SIZE, Frontier
from zegel.custody.shown import RESULTS, SHOWN
from zegel.custody.state import ENTRIES, HEAD, LEAVES, LogFiles, read_state, write_state
from zegel.custody.verify import verify
from zegel.custody.vouching import may_be_anchored
from zegel.custody.writing import Writer, new_entry
from zegel.errors import CaseError, StorageError, UsageError, VerificationError, at
from zegel.tables import make_folder


class Log:
    """A custody log in a folder; opened with its key to write, without it to read."""

    __slots__ = ("_folder", "_key")

    def __init__(self, folder: Path, key: Ed25519PrivateKey | None) -> None:
        self._folder = folder
        self._key = key

    def __repr__(self) -> str:
        return f"Log({str(self._folder)!r}, for {'writing' if self._key else 'reading'})"

    @classmethod
    def create(cls, folder: Path, key_file: Path, *, origin: str) -> Log:
        """Make an empty log with a signed head of size 0, and its key where there is none."""
        _require_outside(folder, key_file)
        if (folder / HEAD).exists():
            raise CaseError("there is a custody log here already", where=str(folder))
        key = create_key(key_file)
        with _storage(folder):
            make_folder(folder)
            for name in (ENTRIES, LEAVES):
                (folder / name).touch(mode=0o600)
                if (folder / name).stat().st_size:
                    raise CaseError("entries without a signed head lie here", where=str(folder))
            write_state(folder, Writer(folder, key).state(origin, Frontier(), 0))
        return cls(folder, key)

    @classmethod
    def open(cls, folder: Path, key_file: Path | None) -> Log:
        """Open a log; without its key file it can be read, not written."""
        head = read_state(folder).head
        if key_file is None:
            return cls(folder, None)
        key = load_key(key_file)
        if key.public_key().public_bytes_raw() != head.public_key:
            raise CaseError(
                "this is the key of another log, or of another holder of it", where=str(key_file)
            )
        return cls(folder, key)

    @classmethod
    def take_over(cls, folder: Path, key_file: Path, *, holder: str, who: str | None = None) -> Log:
        """Go on with a log whose key is not at hand, under a new holder's key.

        The whole log is verified first. The first entry of the new segment names the key and
        seals the segment before; with the log's own key this is `open` and writes nothing.
        """
        if not holder.strip():
            raise UsageError("a new holder of a custody log needs a name")
        _require_outside(folder, key_file)
        verify(folder, None)
        key = create_key(key_file)
        with _storage(folder), LogFiles.opened(folder, writing=True) as files:
            fcntl.flock(files.entries, fcntl.LOCK_EX)
            state = read_state(folder)
            if key.public_key().public_bytes_raw() != state.head.public_key:
                acting = account() if who is None else who
                Writer(folder, key).take_over(files, state, holder, acting)
        return cls(folder, key)

    def head(self) -> SignedHead:
        """Return the newest signed head."""
        return read_state(self._folder).head

    def entries(self) -> Iterator[Entry]:
        """Yield the signed entries in order, each checked against its leaf."""
        return self.between(0, None)

    def between(self, first: int, end: int | None) -> Iterator[Entry]:
        """Yield the signed entries from `first` up to `end`, each checked against its leaf.

        Those before are passed over unread.
        """
        size = read_state(self._folder).head.size
        with _storage(self._folder), LogFiles.opened(self._folder) as files:
            for _ in range(first):
                files.entries.readline(LARGEST_ENTRY + 1)
            files.leaves.seek(first * HASH_SIZE)
            for index in range(first, size if end is None else min(end, size)):
                entry = entry_from_line(files.entries.readline(LARGEST_ENTRY + 1), index)
                if entry.leaf() != files.leaves.read(HASH_SIZE):
                    raise VerificationError(f"entry {index} of the log does not fit its leaf")
                yield entry

    def acts(self, wanted: Collection[str]) -> Iterator[Entry]:
        """Yield the signed entries of some acts in order, each checked against its leaf.

        All others are passed over unread: a log of 100,000 entries takes some milliseconds.
        """
        state = read_state(self._folder)
        # A line is canonical JSON, so its act comes first.
        marks = tuple(b'{"act":%b,' % canonical_json(act) for act in wanted)
        with _storage(self._folder), LogFiles.opened(self._folder) as files:
            for index in range(state.head.size):
                line = files.entries.readline(LARGEST_ENTRY + 1)
                if not line.startswith(marks):
                    continue
                entry = entry_from_line(line, index)
                files.leaves.seek(index * HASH_SIZE)
                if entry.leaf() != files.leaves.read(HASH_SIZE):
                    raise VerificationError(f"entry {index} of the log does not fit its leaf")
                yield entry

    def entries_from(self, index: int, at: int) -> Iterator[tuple[Entry, int]]:
        """Yield the signed entries from `index` on, each checked against its leaf, with where the
        next begins; `at` is the octet of `entries.jsonl` at which entry `index` begins."""
        state = read_state(self._folder)
        with _storage(self._folder), LogFiles.opened(self._folder) as files:
            files.entries.seek(at)
            files.leaves.seek(index * HASH_SIZE)
            for number in range(index, state.head.size):
                entry = entry_from_line(files.entries.readline(LARGEST_ENTRY + 1), number)
                if entry.leaf() != files.leaves.read(HASH_SIZE):
                    raise VerificationError(f"entry {number} of the log does not fit its leaf")
                yield entry, files.entries.tell()

    def append(
        self,
        act: str,
        facts: Mapping[str, JSON],
        who: str | None = None,
        *,
        shown: Sequence[str] | None = None,
    ) -> int:
        """Add one act and return its index, once it would survive a power cut.

        `shown` names the results in the order in which they will be shown: the entry says how
        many they are and keeps their digest (`zegel.custody.shown`). None: no read.
        """
        if act in RESERVED:
            raise UsageError(f"`{act}` is an act that only the custody log itself writes")
        if taken := {RESULTS, SHOWN} & facts.keys():
            raise UsageError(f"no act names a fact `{min(taken)}`: the log writes it")
        return self._append(act, facts, who, shown)

    def mend(self) -> None:
        """Complete or cut what a kill interrupted, as the next entry would.

        Whoever is about to ask the log whether something was said already calls this first: else
        the next entry would complete the interrupted one and stand beside it.
        """
        if self._key is None:
            raise UsageError("this log was opened without its key, for reading only")
        with _storage(self._folder), LogFiles.opened(self._folder, writing=True) as files:
            fcntl.flock(files.entries, fcntl.LOCK_EX)
            Writer(self._folder, self._key).repaired(files, read_state(self._folder))

    def vouch(self, log: str, public_key: bytes, name: str, who: str | None = None) -> int:
        """Say on this log's authority whose the key is that signs `log`; return the index.

        `log` is that log's origin. For the origin of this log itself: that of the next holder.
        """
        if not name.strip():
            raise UsageError("a key is vouched for under a name")
        vouched = Vouched(log=log, name=name, public_key=public_key)
        if len(public_key) != KEY_SIZE:
            raise UsageError("this is not an Ed25519 public key")
        return self._append(VOUCHED, vouched.facts(), who)

    def anchor(self, head: SignedHead, who: str | None = None) -> int:
        """Write the head of another log into this one; return the index.

        Raise unless this log vouches for the key and the head does not contradict one anchored
        before: from then on that log can be cut or rewritten before `head` only in sight of all.
        """
        head.check()
        may_be_anchored(head, self.entries())
        return self._append(ANCHORED, anchored_facts(head), who)

    def _append(
        self,
        act: str,
        facts: Mapping[str, JSON],
        who: str | None,
        shown: Sequence[str] | None = None,
    ) -> int:
        if self._key is None:
            raise UsageError("this log was opened without its key, for reading only")
        writer = Writer(self._folder, self._key)
        with _storage(self._folder), LogFiles.opened(self._folder, writing=True) as files:
            fcntl.flock(files.entries, fcntl.LOCK_EX)
            state = writer.repaired(files, read_state(self._folder))
            state = writer.clock_noticed(files, state)
            acting = account() if who is None else who
            entry = new_entry(state.head.size, act, facts, acting, shown)
            writer.commit(files, state, entry)
        return entry.index


def _require_outside(folder: Path, key_file: Path) -> None:
    if key_file.resolve().is_relative_to(folder.resolve()):
        raise UsageError("a log's key must lie outside the log's folder", where=str(key_file))


def account() -> str:
    """Return the operating-system account that acts."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


@contextmanager
def _storage(folder: Path) -> Iterator[None]:
    try:
        with at(folder):
            yield
    except OSError as error:
        reason = error.strerror or "the disk refuses"
        raise StorageError(
            f"the custody log cannot be written or read ({reason})",
            where=str(folder),
            next_step="Make room there, or mend the folder's rights, and give the command again.",
        ) from error
