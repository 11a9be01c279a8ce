"""What a log says by a few acts, read on from where it was read before instead of from its start.

The door asks at every act whether an investigation is over, and a log grows to 100,000 entries. A
file that only grew is read on, as `watch.look` does, which every opening calls first; one that is
another, is shorter or was changed without growing is read from its start. Every entry given out was
checked against its leaf when it was read.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from zegel.canonical import canonical_json
from zegel.custody.entries import LARGEST_ENTRY, Entry, entry_from_line
from zegel.custody.merkle import HASH_SIZE
from zegel.custody.state import LogFiles, read_state
from zegel.errors import StorageError, VerificationError, at

MOST_LOGS, MOST_ENTRIES = 64, 1000
"""Questions that are remembered, and entries of one; a longer answer is read each time."""


@dataclass(frozen=True, slots=True)
class _Read:
    """How far a log was read."""

    inode: int = 0
    length: int = 0
    changed_ns: int = 0
    size: int = 0
    at: int = 0
    entries: tuple[Entry, ...] = ()

    def goes_on(self, now: os.stat_result, size: int) -> bool:
        """Say whether the file only grew since."""
        same = (self.length, self.changed_ns) == (now.st_size, now.st_mtime_ns)
        return (
            self.inode == now.st_ino and self.size <= size and (same or now.st_size > self.length)
        )


_KEPT: OrderedDict[tuple[Path, frozenset[str]], _Read] = OrderedDict()
_LOCK = Lock()


def acts_so_far(folder: Path, wanted: frozenset[str]) -> tuple[Entry, ...]:
    """Return the signed entries of some acts in the log in `folder`, in order."""
    state, key = read_state(folder), (folder, wanted)
    with _opened(folder) as files:
        now = os.fstat(files.entries.fileno())
        with _LOCK:
            known = _KEPT.get(key, _Read())
        if not known.goes_on(now, state.head.size):
            known = _Read()
        entries, end = _read_on(files, known, state.head.size, wanted)
    found = (*known.entries, *entries)
    with _LOCK:
        _KEPT.pop(key, None)
        if len(found) <= MOST_ENTRIES:
            size = state.head.size
            _KEPT[key] = _Read(now.st_ino, now.st_size, now.st_mtime_ns, size, end, found)
        while len(_KEPT) > MOST_LOGS:
            _KEPT.popitem(last=False)
    return found


def first_entry(folder: Path) -> Entry:
    """Return the first entry of the log in `folder`."""
    with _opened(folder) as files:
        line = files.entries.readline(LARGEST_ENTRY + 1)
        return _checked(files, line, 0)


@contextmanager
def _opened(folder: Path) -> Iterator[LogFiles]:
    try:
        with at(folder), LogFiles.opened(folder) as files:
            yield files
    except OSError as error:
        raise StorageError("the custody log cannot be read", where=str(folder)) from error


def _read_on(
    files: LogFiles, known: _Read, size: int, wanted: frozenset[str]
) -> tuple[list[Entry], int]:
    # A line is canonical JSON, so its act comes first.
    marks = tuple(b'{"act":%b,' % canonical_json(act) for act in sorted(wanted))
    files.entries.seek(known.at)
    found, end = [], known.at
    for index in range(known.size, size):
        line = files.entries.readline(LARGEST_ENTRY + 1)
        end += len(line)
        if line.startswith(marks):
            found.append(_checked(files, line, index))
    return found, end


def _checked(files: LogFiles, line: bytes, index: int) -> Entry:
    entry = entry_from_line(line, index)
    files.leaves.seek(index * HASH_SIZE)
    if entry.leaf() != files.leaves.read(HASH_SIZE):
        raise VerificationError(f"entry {index} of the log does not fit its leaf")
    return entry
