"""At every opening: the log continues what was checked before, and listed files are as listed.

Any entry may have a fact `listed`: path in the folder → SHA-256, or null where the log no longer
stands for that file. The last entry that speaks of a path counts. What was checked is kept in one
file beside the log's key, outside the folder: size and frontier of the log, and of each file its
digest with size, times and inode as they were. So an opening costs one `stat` a file and the
entries that are new; a file whose `stat` differs is hashed again, a log whose does not fit its
growth is verified whole. `whole=True` trusts none of that and reads every byte.

What it cannot find is a change that leaves size, times and inode as they were: that takes the
system's clock or its disk, or the few milliseconds behind an entry. Losing the file beside the key
costs one whole check, and the proof that nothing was cut since; it is a cache and never evidence.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from zegel.canonical import JSON
from zegel.custody.acts import NEW_HOLDER
from zegel.custody.entries import LARGEST_ENTRY, Entry, entry_from_line
from zegel.custody.merkle import HASH_SIZE, Frontier, root
from zegel.custody.state import ENTRIES, HEAD, LEAVES, LogFiles, LogState, read_state
from zegel.custody.verify import verify
from zegel.custody.writing import unfinished
from zegel.errors import StorageError, VerificationError
from zegel.tables import StorageGuard, sync

FORMAT = "zegel-checked-1"
FILES = "listed"
"""The fact by which an entry stands for files."""

CLOCK_NS = 100_000_000
"""A change so soon after another may bear the same time: a file as young is hashed again."""

Seen = tuple[int, ...]
"""Size, times of change and inode of a file when it was last hashed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How far a log was followed, and what it said of files."""

    size: int = 0
    frontier: tuple[bytes, ...] = ()
    entries_bytes: int = 0
    log: tuple[Seen, ...] = ()
    files: Mapping[str, tuple[str, Seen]] = field(default_factory=dict)
    """Path → its digest as listed, and how the file looked when it last had that digest."""

    def digest(self, path: str) -> str | None:
        """Return the digest that the log stands for, None where it speaks of no such file."""
        return self.files[path][0] if path in self.files else None


def look(
    folder: Path, beside: Path, *, whole: bool = False, only: Collection[str] | None = None
) -> Checked:
    """Check the log in `folder`/custody and every file it lists; raise at what is wrong.

    `beside` is where the last answer is kept. Of the files, with `only` just these.
    """
    before = None if whole else _read(beside)
    known = _read(beside) if whole else before
    now = _followed(folder / "custody", before, known)
    listed = {path: (said, ()) for path, (said, _) in now.files.items()} if whole else now.files
    asked = listed if only is None else {p: one for p, one in listed.items() if p in only}
    now = replace(now, files={**listed, **_files(folder, asked)})
    if now != before:
        _write(beside, now)
    return now


def followed(folder: Path, beside: Path, checked: Checked) -> Checked:
    """Take in what was appended since `checked`, so that it cannot be cut unseen; files aside."""
    now = _followed(folder / "custody", checked, checked)
    _write(beside, now)
    return now


def digest_of(place: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listing(folder: Path, paths: Iterable[Path]) -> dict[str, JSON]:
    """Return the fact by which an entry stands for these files as they are now."""
    return {FILES: {path.relative_to(folder).as_posix(): digest_of(path) for path in paths}}


def listed_in(folder: Path, *, ever: bool = False) -> list[str]:
    """Return the files for which the log of a folder stands now, or ever did.

    The log is read, not checked.
    """
    listed: dict[str, tuple[str, Seen]] = {}
    with LogFiles.opened(folder / "custody") as files:
        for index in range(read_state(folder / "custody").head.size):
            entry = entry_from_line(files.entries.readline(LARGEST_ENTRY + 1), index)
            _list(listed, entry, keep=ever)
    return sorted(listed)


def unlisted(names: Iterable[str]) -> dict[str, JSON]:
    """Return the fact by which an entry no longer stands for these files: they will be removed."""
    return {FILES: dict.fromkeys(names)}


def stage(place: Path, content: bytes) -> str:
    """Write what will be in `place` beside it, and return its digest: to be logged, then settled.

    Killed before the entry, the file is as it was; after it, the next opening settles it.
    """
    beside = _staged(place)
    with StorageGuard(place):
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    return hashlib.sha256(content).hexdigest()


def settle(place: Path) -> None:
    """Put what was staged and logged into its place."""
    _staged(place).replace(place)
    sync(place.parent)


def _staged(place: Path) -> Path:
    return place.with_name(f".{place.name}.logged")


def _followed(custody: Path, before: Checked | None, known: Checked | None) -> Checked:
    """Return how far the log goes now; from its beginning where `before` is no help."""
    for name in (HEAD, ENTRIES, LEAVES):
        if not (custody / name).is_file():
            raise VerificationError("is gone", where=str(custody / name))
    try:
        with _blamed(custody), LogFiles.opened(custody) as files:
            fcntl.flock(files.entries, fcntl.LOCK_SH)  # no append comes between head and entries
            state = read_state(custody)
            if known is not None and state.head.size < known.size:
                raise VerificationError(
                    f"the log was cut: {known.size} entries were checked here before, now there"
                    f" are {state.head.size}",
                    where=str(custody / ENTRIES),
                )
            seen = tuple(_seen(custody / name) for name in (ENTRIES, LEAVES))
            if before is None or not _only_grew(before.log, seen):
                return _from_the_beginning(custody, files, state, seen, known)
            try:
                return _on(files, state, before, seen)
            except _ChangedHandsError:
                return _from_the_beginning(custody, files, state, seen, known)
    except OSError as error:
        raise StorageError("the custody log cannot be read", where=str(custody)) from error


@contextmanager
def _blamed(custody: Path) -> Iterator[None]:
    """Name the file of a log that is not as it was, where an error says no nearer place."""
    try:
        yield
    except VerificationError as error:
        if error.where in ("", str(custody)):
            error.where = str(custody / _changed(custody))
        raise


def _changed(custody: Path) -> str:
    """Return which file of a log does not fit the signed head, the others held against it."""
    try:
        state = read_state(custody)
    except VerificationError:
        return HEAD
    size = state.head.size
    leaves = (custody / LEAVES).read_bytes()[: size * HASH_SIZE]
    stored = [leaves[at : at + HASH_SIZE] for at in range(0, len(leaves), HASH_SIZE)]
    if len(leaves) == size * HASH_SIZE and root(stored) == state.head.root:
        return ENTRIES
    with (custody / ENTRIES).open("rb") as file:
        try:
            opened = [entry_from_line(file.readline(LARGEST_ENTRY + 1), n) for n in range(size)]
        except VerificationError:
            return ENTRIES
    return LEAVES if root([entry.leaf() for entry in opened]) == state.head.root else HEAD


class _ChangedHandsError(Exception):
    """Another key signs now: only the whole log shows whether it may."""


def _only_grew(before: tuple[Seen, ...], now: tuple[Seen, ...]) -> bool:
    """Say whether each file is as it was, or has grown: what did not grow has not been touched."""
    return len(before) == len(now) and all(
        old == new or (new[0] > old[0] and new[-1] == old[-1])
        for old, new in zip(before, now, strict=True)
    )


def _from_the_beginning(
    custody: Path,
    files: LogFiles,
    state: LogState,
    seen: tuple[Seen, ...],
    known: Checked | None,
) -> Checked:
    verify(custody, None)
    files.entries.seek(0)
    files.leaves.seek(0)
    start = Checked(files={})
    found = _on(files, state, start, seen, known=known, whole=True)
    if known is not None:  # a file need not be hashed again for it
        kept = {
            path: (digest, known.files[path][1])
            if path in known.files and known.files[path][0] == digest
            else (digest, ())
            for path, (digest, _) in found.files.items()
        }
        found = replace(found, files=kept)
    return found


def _on(
    files: LogFiles,
    state: LogState,
    before: Checked,
    seen: tuple[Seen, ...],
    *,
    known: Checked | None = None,
    whole: bool = False,
) -> Checked:
    """Follow the log from `before` to its head; `known` is what it must lead through."""
    frontier, listed = Frontier(before.size, before.frontier), dict(before.files)
    files.entries.seek(before.entries_bytes)
    files.leaves.seek(before.size * HASH_SIZE)
    for index in range(before.size, state.head.size):
        _continues(known, frontier)
        entry = entry_from_line(files.entries.readline(LARGEST_ENTRY + 1), index)
        if entry.leaf() != files.leaves.read(HASH_SIZE):
            raise VerificationError(f"entry {index} of the log does not fit its leaf")
        if entry.act == NEW_HOLDER and not whole:
            raise _ChangedHandsError
        frontier.append(entry.leaf())
        _list(listed, entry)
    _continues(known, frontier)
    if frontier.root() != state.head.root or files.entries.tell() != state.entries_bytes:
        raise VerificationError(
            f"the log does not continue the {before.size} entries that were checked here before"
        )
    unfinished(files, state)
    return Checked(
        size=state.head.size,
        frontier=frontier.hashes,
        entries_bytes=state.entries_bytes,
        log=seen,
        files=listed,
    )


def _continues(known: Checked | None, frontier: Frontier) -> None:
    if known is not None and known.size == frontier.size and known.frontier != frontier.hashes:
        raise VerificationError(
            f"one of the first {known.size} entries is not the one that was checked here before"
        )


def _list(listed: dict[str, tuple[str, Seen]], entry: Entry, *, keep: bool = False) -> None:
    said = entry.facts.get(FILES)
    if not isinstance(said, Mapping):
        return
    for path, digest in said.items():
        if isinstance(digest, str):
            listed[path] = (digest, ())
        elif not keep:
            listed.pop(path, None)


def _files(folder: Path, listed: Mapping[str, tuple[str, Seen]]) -> dict[str, tuple[str, Seen]]:
    """Return the files with how they look now; raise at the first that is not as listed."""
    return {
        path: (digest, _as_listed(folder / path, digest, seen))
        for path, (digest, seen) in listed.items()
    }


def _as_listed(place: Path, digest: str, seen: Seen) -> Seen:
    try:
        now = _seen(place)
        if now == seen:
            return now
        if digest_of(place) == digest:
            return now if time.time_ns() - max(now[1:3]) > CLOCK_NS else ()
    except FileNotFoundError:
        now = ()
    if _staged(place).is_file() and digest_of(_staged(place)) == digest:
        settle(place)  # a kill came between the entry and the file's name
        return _seen(place)
    raise VerificationError(
        "is not as it was when the log listed it" if now else "is listed in the log and is gone",
        where=str(place),
        next_step="Keep everything as it is; restore this file from a copy, or find out who"
        " changed it.",
    )


def _seen(place: Path) -> Seen:
    found = place.stat()
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _read(beside: Path) -> Checked | None:
    """Return what was kept; None where it is not there, or not as it was written."""
    try:
        sum_, text = beside.read_bytes().split(b"\n", 1)
        if hashlib.sha256(text).hexdigest().encode() != sum_:
            return None
        kept = json.loads(text)
        if kept["format"] != FORMAT:
            return None
        return Checked(
            size=kept["size"],
            frontier=tuple(bytes.fromhex(node) for node in kept["frontier"]),
            entries_bytes=kept["entries_bytes"],
            log=tuple(tuple(one) for one in kept["log"]),
            files={path: (digest, tuple(seen)) for path, (digest, seen) in kept["files"].items()},
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _write(beside: Path, checked: Checked) -> None:
    text = json.dumps(
        {
            "format": FORMAT,
            "size": checked.size,
            "frontier": [node.hex() for node in checked.frontier],
            "entries_bytes": checked.entries_bytes,
            "log": checked.log,
            "files": checked.files,
        }
    ).encode()
    beside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in beside.parent.glob(f".{beside.name}.*.new"):  # by a killed command
        left.unlink(missing_ok=True)
    new = beside.with_name(f".{beside.name}.{os.getpid()}.new")
    with StorageGuard(beside):
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        # Not synced: an older one costs a few entries more.
        with os.fdopen(descriptor, "wb") as file:
            file.write(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
    with suppress(FileNotFoundError):  # another command, just now, took it for a killed one's
        new.replace(beside)
