"""The strict container: a ZIP in which nothing but names and contents of members can vary.

Stored, of no date, without extra fields or comments, members sorted by name: the same members
give the same bytes. Members are gathered in a spool beside the file to be, so memory holds an entry
for each of them and never their contents. Half a dossier is never seen under its name.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from zegel.dossier.verify import NAME, end_of_archive, headers
from zegel.errors import UsageError
from zegel.tables import StorageGuard, commit, make_folder

LARGEST_FILE = 0xFFFFFFFE
"""Bytes of a dossier: beyond, offsets would need extra fields."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """Where a member lies in the spool, and what it is."""

    at: int
    size: int
    crc: int
    sha256: str


class Draft:
    """A dossier being written; `finish` gives it its name, leaving the block without that
    removes it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.members: dict[str, Member] = {}
        self._folder = place.with_name(f".unfinished-{place.name}")
        shutil.rmtree(self._folder, ignore_errors=True)  # also where a kill came after the rename
        if place.exists():
            raise UsageError(
                "there is something here already",
                where=str(place),
                next_step="Choose another name; a dossier is never written over another.",
            )
        make_folder(self._folder)
        self._by_digest: dict[tuple[str, bytes], str] = {}
        with StorageGuard(place):
            self._spool = self._new("spool")
        self._end = 0

    def __enter__(self) -> Draft:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._spool.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, name: str, content: bytes | Iterable[bytes]) -> Member:
        """Add a member; `content` may come in pieces."""
        if name in self.members or len(name) > 200 or not NAME.match(name):
            raise ValueError(f"no name for another member: {name!r}")
        digest, crc, at = sha256(), 0, self._end
        with StorageGuard(self.place):
            self._spool.seek(at)
            for piece in (content,) if isinstance(content, bytes) else content:
                self._spool.seek(self._end)  # a piece may come from a member read back just now
                digest.update(piece)
                crc = zlib.crc32(piece, crc)
                self._end += self._spool.write(piece)
        if self._end > LARGEST_FILE:
            raise UsageError(
                "a dossier holds at most 4 GiB",
                next_step="Export fewer messages at a time: `--ids`, or a narrower query.",
            )
        self.members[name] = Member(at, self._end - at, crc, digest.hexdigest())
        return self.members[name]

    def add_once(self, folder: str, name: str, content: bytes, digest: bytes = b"") -> str:
        """Add bytes to `folder` unless equal ones lie there; return the name of the member.

        `digest` is their SHA-256 where it was checked before.
        """
        digest = digest or sha256(content).digest()
        known = self._by_digest.get((folder, digest))
        if known is None:
            known = self._by_digest[folder, digest] = f"{folder}/{name}"
            self.add(known, content)
        return known

    def read(self, name: str) -> bytes:
        """Return a member's bytes."""
        member = self.members[name]
        self._spool.seek(member.at)
        return self._spool.read(member.size)

    def describe(self, name: str) -> tuple[int, str]:
        """Return a member's size and SHA-256."""
        member = self.members[name]
        return member.size, member.sha256

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a member."""
        member = self.members[name]
        at, end = member.at, member.at + member.size
        while at < end:
            self._spool.seek(at)
            line = self._spool.readline(end - at)
            at += len(line)
            yield line

    def keep(self, content: bytes) -> int:
        """Keep bytes that are no member, for later; return where they lie."""
        with StorageGuard(self.place):
            self._spool.seek(self._end)
            at, self._end = self._end, self._end + self._spool.write(content)
        return at

    def kept(self, at: int, length: int) -> bytes:
        """Return bytes that were kept."""
        self._spool.seek(at)
        return self._spool.read(length)

    def finish(self) -> str:
        """Write the dossier beside its place; return the SHA-256 of the file."""
        directory, digest = [], sha256()
        with StorageGuard(self.place), self._new("zip") as out:
            for name in sorted(self.members):
                member = self.members[name]
                local, central = headers(name.encode("ascii"), member.crc, member.size, out.tell())
                directory.append(central)
                for piece in (local, *self._pieces(member)):
                    digest.update(piece)
                    out.write(piece)
            at, last = out.tell(), b"".join(directory)
            last += end_of_archive(len(directory), len(last), at)
            digest.update(last)
            out.write(last)
            if out.tell() > LARGEST_FILE:
                raise UsageError("a dossier holds at most 4 GiB", next_step="Export less at once.")
            out.flush()
            os.fsync(out.fileno())
        return digest.hexdigest()

    def publish(self) -> None:
        """Give the finished dossier its name."""
        commit(self._folder / "zip", self.place)

    def _new(self, name: str) -> BinaryIO:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        return os.fdopen(os.open(self._folder / name, flags, 0o600), "w+b")

    def _pieces(self, member: Member) -> Iterator[bytes]:
        self._spool.seek(member.at)
        left = member.size
        while left:
            piece = self._spool.read(min(_CHUNK, left))
            left -= len(piece)
            yield piece
