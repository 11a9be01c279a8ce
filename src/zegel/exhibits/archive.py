"""Reads a copy that is one file: a tar, plain or compressed, or a zip.

A plain tar is read where it lies. A compressed one has no random access: it is opened once into
a working copy, which may be removed at any time and is then made again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from zegel.errors import ExhibitError
from zegel.exhibits import opening, tar, working
from zegel.exhibits.extent import Extent, FileExtent
from zegel.exhibits.listing import Carrier, Listing
from zegel.exhibits.model import Entry, EntryKind, Limits
from zegel.exhibits.opening import Opened
from zegel.exhibits.places import Places
from zegel.exhibits.reading import carried, carried_part, check
from zegel.exhibits.tar import Member
from zegel.records import Buffer, Problem


class ArchiveCopy:
    """A tar or zip as a copy."""

    def __init__(self, path: Path, descriptor: int, work: Path, limits: Limits) -> None:
        self._path = path
        self._work = work
        self._limits = limits
        size = os.fstat(descriptor).st_size
        self._file = FileExtent(descriptor=descriptor, start=0, length=size)
        self._form = self._recognised()
        self.format = "zip" if self._form == "zip" else "tar"
        self._places = Places(self._carrier, work, limits)

    def size(self) -> int | None:
        """Return the bytes of a plain tar; a compressed one tells when it is opened."""
        return self._file.length if self._form == "tar" else None

    def entries(self) -> Iterator[Entry]:
        """Yield every entry in the archive's order, each file hashed once."""
        listing = Listing(self._work, self._limits)
        if self._form == "tar":
            yield from self._checked(listing, self._file, tar.members(self._file))
            return
        opened = self._open()
        try:
            self._refuse_other(opened.content)
            yield from self._checked(listing, opened.content, opened.members)
            if opened.defect:
                yield _defect(listing.number(), opened.defect)
        finally:
            _close(opened.content)

    def read(self, entry: Entry) -> Buffer:
        """Return the bytes of `entry` as they are now, unchecked."""
        return carried(self._places, entry, self._work)

    def read_part(self, entry: Entry, offset: int, size: int) -> bytes:
        """Return `size` bytes of `entry` from `offset` as they are now, unchecked."""
        return carried_part(self._places, entry, offset, size)

    def read_checked(self, entry: Entry) -> Buffer:
        """Return the bytes of `entry`; raise `SealBroken` unless they are those sealed."""
        return check(entry, self.read(entry))

    def close(self) -> None:
        """Let go of everything the copy holds open."""
        self._places.close()
        if self._file.descriptor >= 0:
            os.close(self._file.descriptor)
            self._file = FileExtent(descriptor=-1, start=0, length=0)

    def _recognised(self) -> str:
        head = self._file.read(0, opening.HEAD)
        form = opening.container_form(head)
        if form is None and not head.strip(b"\0"):
            _close(self._file)
            raise self._refused("the tar is empty")
        if form is None:
            _close(self._file)
            raise self._refused(
                "it is neither a folder nor a tar (plain, gz, xz, zst, bz2) nor a zip"
            )
        return form

    def _refused(self, what: str) -> ExhibitError:
        return ExhibitError(
            what, where=str(self._path), next_step="Put single files in a folder and name that."
        )

    def _refuse_other(self, content: Extent) -> None:
        """Refuse a compressed file that holds no tar: its name and place would be lost."""
        head = content.read(0, opening.HEAD)
        if self._form != "zip" and not tar.is_tar(head):
            raise self._refused("it is compressed, but no tar is inside")

    def _checked(
        self, listing: Listing, content: Extent, members: Iterable[Member]
    ) -> Iterator[Entry]:
        carrier = Carrier(content=content, start=0, length=content.length)
        try:
            yield from listing.members(carrier, members)
        except OSError as error:
            raise ExhibitError(
                f"it cannot be read to its end ({error.strerror})",
                where=str(self._path),
                next_step="Check the disk it lies on; copy it to another and try again.",
            ) from error

    def _open(self) -> Opened:
        """Open the whole archive into a working copy, whatever lies there already."""
        working.require_room(self._work, self._file.length)
        spool = working.Spool(
            self._work, bound=opening.bound(self._file.length, self._limits), in_memory=-1
        )
        try:
            opened = opening.open_packed(self._file, self._form, spool, self._work, self._limits)
        except working.TooMuchError:
            raise self._refused(
                f"it opens to more than {self._limits.ratio} times its size"
            ) from None
        finally:
            spool.discard()
        self._note().write_text(opened.sha256.hex(), encoding="ascii")
        return opened

    def _note(self) -> Path:
        """Return where it is noted which working copy is this archive's.

        Hashing the archive again in every process would cost more than the work; what is read
        from the working copy is checked against the seal in any case.
        """
        status = os.fstat(self._file.descriptor)
        words = f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"
        return self._work / f"{hashlib.sha256(words.encode()).hexdigest()}.origin"

    def _carrier(self, _path: bytes) -> Extent:
        """Return what carries the archive's members, opening it again where needed."""
        if self._form == "tar":
            descriptor = os.dup(self._file.descriptor)
            return FileExtent(descriptor=descriptor, start=0, length=self._file.length)
        made = self._noted()
        if made is not None:
            return made
        with working.only_one(self._work, self._note().stem):
            return self._noted() or self._open().content

    def _noted(self) -> FileExtent | None:
        try:
            noted = self._note().read_text(encoding="ascii").strip()
            return working.open_working_copy(working.place(self._work, bytes.fromhex(noted)))
        except (FileNotFoundError, ValueError):
            return None


def _defect(number: int, kind: str) -> Entry:
    return Entry(
        number=number,
        parent=None,
        path=b"",
        kind=EntryKind.UNREADABLE,
        size=0,
        mtime_ns=0,
        mode=0,
        sha256=None,
        problem=Problem(kind=kind),
    )


def _close(extent: Extent) -> None:
    if isinstance(extent, FileExtent):
        os.close(extent.descriptor)
