"""Opens a zip: its members' bytes one after another, and where each of them begins.

Zips of documents (OOXML, ODF) and programs (jar) are one file each and stay closed. A member
that cannot be opened is an unreadable one, never a reason to stop. Format: PKWARE APPNOTE 6.3.
"""

from __future__ import annotations

import calendar
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zegel.exhibits.extent import PIECE, Extent
from zegel.exhibits.model import EntryKind
from zegel.exhibits.tar import Member
from zegel.exhibits.working import Spool
from zegel.records import Problem

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_MAGIC = b"PK\x03\x04"
_NAME_AT = 30
_DOCUMENTS = (b"[Content_Types].xml", b"_rels/", b"mimetype", b"META-INF/")
_ENCRYPTED = 1
_UTF8 = 0x800
_DEFECTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,  # a compression zipfile does not know
    RuntimeError,
    ValueError,
    OverflowError,
    KeyError,
)


def is_zip(head: bytes) -> bool:
    """Say whether `head` begins a zip that is a container rather than a document."""
    return head.startswith(_MAGIC) and not head[_NAME_AT:].startswith(_DOCUMENTS)


def open_zip(packed: Extent, spool: Spool, *, names: int) -> tuple[list[Member], str | None]:
    """Put the bytes of every member into `spool`; return the members and what was wrong."""
    members: list[Member] = []
    try:
        with zipfile.ZipFile(io.BufferedReader(_Seekable(packed), PIECE)) as archive:
            listed = archive.infolist()
            for member in listed[:names]:
                members.append(_open_member(archive, member, spool))
    except _DEFECTS:
        return members, "damaged zip"
    return members, "too many names in a zip" if len(listed) > names else None


def _open_member(archive: zipfile.ZipFile, named: zipfile.ZipInfo, spool: Spool) -> Member:
    start = spool.length
    problem = None
    if named.flag_bits & _ENCRYPTED:
        problem = Problem(kind="encrypted zip member", offset=named.header_offset)
    elif not named.is_dir():
        try:
            spool.write_all(_opened(archive, named))
        except _DEFECTS:
            problem = Problem(kind="damaged zip member", offset=named.header_offset)
    kind = EntryKind.DIRECTORY if named.is_dir() else EntryKind.FILE
    return Member(
        path=_name(named),
        kind=EntryKind.UNREADABLE if problem else kind,
        size=spool.length - start,
        data_offset=start,
        mtime_ns=_time(named),
        mode=(named.external_attr >> 16) & 0o7777,
        problem=problem,
    )


def _opened(archive: zipfile.ZipFile, named: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(named) as member:
        while piece := member.read(PIECE):
            yield piece


def _name(named: zipfile.ZipInfo) -> bytes:
    encoding = "utf-8" if named.flag_bits & _UTF8 else "cp437"
    try:
        name = named.orig_filename.encode(encoding, "surrogateescape")
    except UnicodeEncodeError:
        name = named.orig_filename.encode("utf-8", "surrogatepass")
    return name.strip(b"/") or b"."


def _time(named: zipfile.ZipInfo) -> int:
    """Return the member's time: a zip knows no zone, so UTC is assumed (APPNOTE 4.4.6)."""
    try:
        return calendar.timegm((*named.date_time, 0, 0, 0)) * 10**9
    except ValueError:
        return 0


class _Seekable(io.RawIOBase):
    """An extent with the position that zipfile wants."""

    def __init__(self, extent: Extent) -> None:
        self._extent = extent
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._extent.length}
        if origin[whence] + offset < 0:
            raise ValueError("before the start")
        self._position = origin[whence] + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, target: WriteableBuffer, /) -> int:
        with memoryview(target).cast("B") as view:
            content = self._extent.read(self._position, len(view))
            view[: len(content)] = content
        self._position += len(content)
        return len(content)
