"""Reads a copy that is a folder: every file hashed once, no link followed, no device opened.

Names are opened one below another with `O_NOFOLLOW`, so that a link planted between listing and
reading leads nowhere. Access times stay as they are where the system permits (`O_NOATIME`).
"""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import stat
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from zegel.errors import ExhibitError
from zegel.exhibits import opening
from zegel.exhibits.extent import PIECE, FileExtent, digest
from zegel.exhibits.listing import Carrier, Listing
from zegel.exhibits.model import Entry, EntryKind, Limits, SealBroken
from zegel.exhibits.places import Places, carried_by
from zegel.exhibits.reading import carried, carried_part, check
from zegel.records import Buffer, Problem

_MAPPED = 2**20
"""Files from this size are mapped, not read."""
_KEPT_OPEN = 128
"""Folders; a grant goes through the messages of forty accounts in no order of theirs."""
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_DIRECTORY
_NOATIME = getattr(os, "O_NOATIME", 0)


class FolderCopy:
    """A folder as a copy."""

    format = "folder"

    def __init__(self, path: Path, work: Path, limits: Limits) -> None:
        self._path = path
        self._work = work
        self._limits = limits
        self._root = _open_root(path)
        self._folders: OrderedDict[bytes, int] = OrderedDict()
        self._places = Places(self._whole_file, work, limits)

    def size(self) -> int | None:
        """Return the bytes of all files as the folders state them; nothing is opened."""
        waiting, total = [os.fsencode(self._path)], 0
        while waiting:
            try:
                with os.scandir(waiting.pop()) as found:
                    for entry in found:
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
                        elif entry.is_file(follow_symlinks=False):
                            total += entry.stat(follow_symlinks=False).st_size
            except OSError:  # becomes a problem where it is listed
                continue
        return total

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, paths in the order of their bytes, each file hashed once."""
        return _Walk(self._root, Listing(self._work, self._limits)).entries()

    def read(self, entry: Entry) -> Buffer:
        """Return the bytes of `entry` as they are now, unchecked."""
        if entry.backing:
            return carried(self._places, entry, self._work)
        descriptor, size = self._open_file(entry.path)
        try:
            if size >= _MAPPED:
                return mmap.mmap(descriptor, size, access=mmap.ACCESS_READ)
            return _read_small(descriptor, size)
        finally:
            os.close(descriptor)

    def read_part(self, entry: Entry, offset: int, size: int) -> bytes:
        """Return `size` bytes of `entry` from `offset` as they are now, unchecked."""
        if entry.backing:
            return carried_part(self._places, entry, offset, size)
        whole = self._whole_file(entry.path)
        try:
            return whole.read(offset, size)
        finally:
            os.close(whole.descriptor)

    def read_checked(self, entry: Entry) -> Buffer:
        """Return the bytes of `entry`; raise `SealBroken` unless they are those sealed."""
        return check(entry, self.read(entry))

    def close(self) -> None:
        """Let go of everything the copy holds open."""
        self._places.close()
        for descriptor in self._folders.values():
            os.close(descriptor)
        self._folders.clear()
        if self._root >= 0:
            os.close(self._root)
            self._root = -1

    def _whole_file(self, path: bytes) -> FileExtent:
        descriptor, size = self._open_file(path)
        return FileExtent(descriptor=descriptor, start=0, length=size)

    def _open_file(self, path: bytes) -> tuple[int, int]:
        """Return a descriptor of the file at `path`, and its size."""
        folder, _, name = path.rpartition(b"/")
        try:
            descriptor = open_quietly(name, _FILE, self._folder(folder))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise SealBroken(path) from error
        except OSError as error:
            if error.errno == errno.ELOOP:  # a link now stands where a file was
                raise SealBroken(path) from error
            raise
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise SealBroken(path)
        return descriptor, status.st_size

    def _folder(self, path: bytes) -> int:
        """Return the folder at `path`, opened one name below another."""
        if not path:
            return self._root
        if path in self._folders:
            self._folders.move_to_end(path)
            return self._folders[path]
        above, _, name = path.rpartition(b"/")
        descriptor = os.open(name, _FOLDER, dir_fd=self._folder(above))
        self._folders[path] = descriptor
        while len(self._folders) > _KEPT_OPEN:
            os.close(self._folders.popitem(last=False)[1])
        return descriptor


def open_quietly(name: bytes, flags: int, folder: int | None = None) -> int:
    """Open `name` without changing its access time, where that is permitted."""
    try:
        return os.open(name, flags | _NOATIME, dir_fd=folder)
    except PermissionError:  # O_NOATIME is the owner's and root's alone
        return os.open(name, flags, dir_fd=folder)


def _open_root(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    except PermissionError as error:
        raise ExhibitError(
            "this account may not read the folder",
            where=str(path),
            next_step="Run as an account that may, or copy it with one.",
        ) from error


def _read_small(descriptor: int, size: int) -> bytes:
    content = os.read(descriptor, size + 1)
    if len(content) == size:
        return content
    chunks = [content]
    while chunk := os.read(descriptor, PIECE):
        chunks.append(chunk)
    return b"".join(chunks)


@dataclass(slots=True)
class _Level:
    """One folder being walked."""

    descriptor: int
    prefix: bytes
    names: Iterator[tuple[bytes, os.DirEntry[str] | None]] = field(repr=False)


class _Walk:
    """One walk over a folder, in the order of whole paths."""

    def __init__(self, root: int, listing: Listing) -> None:
        self._listing = listing
        self._levels = [_Level(root, b"", _names(root))]

    def entries(self) -> Iterator[Entry]:
        try:
            while self._levels:
                level = self._levels[-1]
                step = next(level.names, None)
                if step is None:
                    self._leave()
                elif step[1] is not None:
                    yield from self._entry(level, step[0], step[1])
                else:
                    yield from self._enter(level, step[0])
        finally:
            while self._levels:
                self._leave()

    def _leave(self) -> None:
        level = self._levels.pop()
        if self._levels:  # the first is the copy's own
            os.close(level.descriptor)

    def _enter(self, level: _Level, name: bytes) -> Iterator[Entry]:
        path = level.prefix + name
        if len(self._levels) >= self._listing.limits.folders:
            yield self._unreadable(path, Problem(kind="folder too deep"))
            return
        try:
            descriptor = os.open(name, _FOLDER, dir_fd=level.descriptor)
        except OSError as error:
            yield self._unreadable(path, _unread("unreadable folder", error))
            return
        try:
            names = _names(descriptor)
        except OSError as error:
            os.close(descriptor)
            yield self._unreadable(path, _unread("unreadable folder", error))
            return
        self._levels.append(_Level(descriptor, path + b"/", names))

    def _unreadable(self, path: bytes, problem: Problem) -> Entry:
        return Entry(
            number=self._listing.number(),
            parent=None,
            path=path,
            kind=EntryKind.UNREADABLE,
            size=0,
            mtime_ns=0,
            mode=0,
            sha256=None,
            problem=problem,
        )

    def _entry(self, level: _Level, name: bytes, found: os.DirEntry[str]) -> Iterator[Entry]:
        path = level.prefix + name
        try:
            status = found.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                yield from self._file(level, name, path)
            else:
                yield self._other(level, name, path, status)
        except OSError as error:
            yield self._unreadable(path, _unread("unreadable file", error))

    def _other(self, level: _Level, name: bytes, path: bytes, status: os.stat_result) -> Entry:
        kind, target = EntryKind.SPECIAL, b""
        if stat.S_ISDIR(status.st_mode):
            kind = EntryKind.DIRECTORY
        elif stat.S_ISLNK(status.st_mode):
            kind, target = EntryKind.SYMLINK, os.readlink(name, dir_fd=level.descriptor)
        return _described(self._listing.number(), path, kind, status, None, target)

    def _file(self, level: _Level, name: bytes, path: bytes) -> Iterator[Entry]:
        descriptor = open_quietly(name, _FILE, level.descriptor)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(0, "no longer a file")
            size = status.st_size
            head = os.read(descriptor, min(size + 1, PIECE))  # a buffer of 1 MiB costs 40 µs
            extent = FileExtent(descriptor=descriptor, start=0, length=size)
            sha256 = hashlib.sha256(head).digest() if len(head) == size else digest(extent)
            number = self._listing.number()
            entry = _described(number, path, EntryKind.FILE, status, sha256)
            form = opening.container_form(head[: opening.HEAD])
            if form is None:
                yield entry
                return
            carrier = Carrier(content=extent, start=0, length=size, backing=carried_by(path))
            for inside in self._listing.container(entry, form, carrier):
                own = inside.number == number
                yield replace(inside, backing="") if own else inside
        finally:
            os.close(descriptor)


def _names(folder: int) -> Iterator[tuple[bytes, os.DirEntry[str] | None]]:
    """Return the steps through a folder in the order of whole paths.

    What lies in `a` sorts as `a/…`, after `a` itself and perhaps after `a-b`: so each folder is
    two steps, itself (`a`) and, marked by None, its content (`a/`).
    """
    steps: list[tuple[bytes, bytes, os.DirEntry[str] | None]] = []
    with os.scandir(folder) as found:
        for entry in found:
            name = os.fsencode(entry.name)
            steps.append((name, name, entry))
            if entry.is_dir(follow_symlinks=False):
                steps.append((name + b"/", name, None))
    steps.sort(key=lambda item: item[0])
    return ((name, entry) for _, name, entry in steps)


def _described(
    number: int,
    path: bytes,
    kind: EntryKind,
    status: os.stat_result,
    sha256: bytes | None,
    target: bytes = b"",
) -> Entry:
    return Entry(
        number=number,
        parent=None,
        path=path,
        kind=kind,
        size=status.st_size if kind is EntryKind.FILE else 0,
        mtime_ns=status.st_mtime_ns,
        mode=stat.S_IMODE(status.st_mode),
        sha256=sha256,
        target=target,
    )


def _unread(kind: str, error: OSError) -> Problem:
    return Problem(kind=kind, note=f"errno {error.errno}")
