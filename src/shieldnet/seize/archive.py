"""Write a site's folder into one tar with the SHA-256 of every file, as it is read, in one pass.

Nothing is opened for writing, no link is followed. What cannot lie in a tar (sockets, pipes) or
was gone before it was read is listed, never left out silently; a file that changed while it was
read says so. The list of digests has the form `sha256sum --check` reads.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20


@dataclass(slots=True)
class Copied:
    """What one pass over a site's folder found."""

    files: int = 0
    octets: int = 0
    digests: list[tuple[str, str]] = field(default_factory=list)
    """Path in the tar and SHA-256 in hex."""
    not_copied: list[tuple[str, str]] = field(default_factory=list)
    """Path and reason."""
    changed: list[str] = field(default_factory=list)
    """Files that changed while they were read: the digest is of what lies in the tar."""


class _Hashed(io.RawIOBase):
    """Hands on exactly `size` octets of a file, hashed; zeros where the file became shorter."""

    def __init__(self, source: BinaryIO, size: int) -> None:
        self._source, self._left = source, size
        self.hash = hashlib.sha256()
        self.short = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next octets."""
        wanted = self._left if size < 0 else min(size, self._left)
        octets = self._source.read(wanted)
        if len(octets) < wanted:
            self.short = True
            octets += bytes(wanted - len(octets))
        self._left -= len(octets)
        self.hash.update(octets)
        return octets


def write(folder: Path, target: BinaryIO, name: str) -> Copied:
    """Write everything below `folder` into a tar, under `name/`."""
    copied = Copied()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, info in _entries(folder):
            inside = name if path == folder else f"{name}/{path.relative_to(folder)}"
            _add(tar, path, info, inside, copied)
    return copied


def _entries(folder: Path) -> Iterator[tuple[Path, os.stat_result | None]]:
    """Yield every entry in order of name, folders before what they hold; None: gone."""
    try:
        info = folder.lstat()
    except OSError:
        yield folder, None
        return
    yield folder, info
    if stat.S_ISDIR(info.st_mode):
        try:
            inner = sorted(folder.iterdir())
        except OSError:
            yield folder, None
            return
        for path in inner:
            yield from _entries(path)


def _add(
    tar: tarfile.TarFile, path: Path, info: os.stat_result | None, inside: str, copied: Copied
) -> None:
    if info is None:
        copied.not_copied.append((inside, "gone before it was read"))
        return
    kind = stat.S_IFMT(info.st_mode)
    if kind not in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
        what = {stat.S_IFSOCK: "a socket", stat.S_IFIFO: "a pipe"}.get(kind, "a device")
        copied.not_copied.append((inside, what))
        return
    try:
        member = tar.gettarinfo(str(path), inside)
        source = path.open("rb") if kind == stat.S_IFREG else None
    except OSError as error:
        copied.not_copied.append((inside, f"could not be read: {error.strerror}"))
        return
    if source is None:
        tar.addfile(member)
        return
    member.type, member.linkname = tarfile.REGTYPE, ""  # a second name of a file is a file here
    member.size = info.st_size
    with source:
        reader = _Hashed(source, info.st_size)
        tar.addfile(member, reader)
        after = os.fstat(source.fileno())
    copied.files += 1
    copied.octets += info.st_size
    copied.digests.append((inside, reader.hash.hexdigest()))
    if reader.short or (after.st_mtime_ns, after.st_size) != (info.st_mtime_ns, info.st_size):
        copied.changed.append(inside)


def check_list(digests: list[tuple[str, str]]) -> bytes:
    """Return digests in the form `sha256sum --check` reads (coreutils manual, 6.4)."""
    lines = []
    for path, digest in digests:
        name = os.fsencode(path)
        plain = name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
        mark = b"\\" if plain != name else b""
        lines.append(mark + digest.encode() + b"  " + plain + b"\n")
    return b"".join(lines)
