"""First the record, then the act: an entry is synced and signed for before `append` returns.

A log is a folder that may be handed on; its key lies elsewhere. Several processes may append in
turn. It must never hold content, keys or passphrases of the evidence. Hashing as in RFC 6962.
"""

from __future__ import annotations

import fcntl
import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from zegel.canonical import JSON
from zegel.custody.entries import LARGEST_ENTRY, Entry, entry_from_line
from zegel.custody.heads import SignedHead
from zegel.custody.keys import create_key, load_key
from zegel.custody.merkle import HASH_SIZE, Frontier
from zegel.custody.state import ENTRIES, HEAD, LEAVES, LogFiles, read_state, write_state
from zegel.custody.writing import Writer, new_entry
from zegel.errors import CaseError, StorageError, UsageError, VerificationError


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
        if key_file.resolve().is_relative_to(folder.resolve()):
            raise UsageError("a log's key must lie outside the log's folder", where=str(key_file))
        if (folder / HEAD).exists():
            raise CaseError("there is a custody log here already", where=str(folder))
        key = create_key(key_file)
        with _storage(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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
            raise CaseError("this is the key of another log", where=str(key_file))
        return cls(folder, key)

    def head(self) -> SignedHead:
        """Return the newest signed head."""
        return read_state(self._folder).head

    def entries(self) -> Iterator[Entry]:
        """Yield the signed entries in order, each checked against its leaf."""
        state = read_state(self._folder)
        with _storage(self._folder), LogFiles.opened(self._folder) as files:
            for index in range(state.head.size):
                entry = entry_from_line(files.entries.readline(LARGEST_ENTRY + 1), index)
                if entry.leaf() != files.leaves.read(HASH_SIZE):
                    raise VerificationError(f"entry {index} of the log does not fit its leaf")
                yield entry

    def append(self, act: str, facts: Mapping[str, JSON], who: str | None = None) -> int:
        """Add one act and return its index, once it would survive a power cut."""
        if self._key is None:
            raise UsageError("this log was opened without its key, for reading only")
        writer = Writer(self._folder, self._key)
        with _storage(self._folder), LogFiles.opened(self._folder, writing=True) as files:
            fcntl.flock(files.entries, fcntl.LOCK_EX)
            state = writer.repaired(files, read_state(self._folder))
            entry = new_entry(state.head.size, act, facts, account() if who is None else who)
            writer.commit(files, state, entry)
        return entry.index


def account() -> str:
    """Return the operating-system account that acts."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


@contextmanager
def _storage(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or "the disk refuses"
        raise StorageError(
            f"the custody log cannot be written or read ({reason})", where=str(folder)
        ) from error
