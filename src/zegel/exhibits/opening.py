"""Recognises a container by its first bytes and opens it within its bounds.

What a container opens to is one flat run of bytes: the tar inside a compressed tar, the one file
inside a compressed file, the members of a zip one after another. The same container always
opens to the same bytes, so a working copy can be made again from the container alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from zegel.exhibits import tar, working
from zegel.exhibits.compression import FEED, Opening, recognise
from zegel.exhibits.extent import Extent, digest, pieces
from zegel.exhibits.model import EntryKind, Limits
from zegel.exhibits.tar import Member
from zegel.exhibits.zipped import is_zip, open_zip

HEAD = 512
"""Bytes by which a container is recognised."""

_FIRST_BYTES = (b"\x1f\x8b", b"\xfd7", b"(\xb5", b"BZ", b"PK")
_SUFFIXES = (b".gz", b".xz", b".zst", b".bz2", b".tgz", b".z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A container's flat bytes, what they hold, and what was wrong with it."""

    content: Extent = field(repr=False)
    members: Iterable[Member]
    defect: str | None
    sha256: bytes


def container_form(head: bytes) -> str | None:
    """Return `tar`, `zip` or the compression that `head` begins with, or None."""
    if head[:2] in _FIRST_BYTES:
        return "zip" if is_zip(head) else recognise(head)
    # A tar's checksum field ends in NUL or space; this spares text files the sum.
    if len(head) >= HEAD and head[148:154].strip(b" \0").isdigit() and tar.is_tar(head):
        return "tar"
    return None


def bound(packed: int, limits: Limits) -> int:
    """Return how many bytes a container of `packed` bytes may open to."""
    return max(limits.free, packed * limits.ratio)


def open_packed(
    packed: Extent, form: str, spool: working.Spool, work: Path, limits: Limits
) -> Opened:
    """Open a zip or a compressed container into `spool`; raise `TooMuchError` beyond its bound."""
    if form == "zip":
        sha256 = digest(packed)
        members, defect = open_zip(packed, spool, names=limits.names)
        content = spool.keep(working.place(work, sha256))
        return Opened(content=content, members=members, defect=defect, sha256=sha256)
    running = hashlib.sha256()
    opening = Opening(form)
    fed = _fed(packed, FEED[form], running)
    spool.write_all(opening.pieces(fed))
    for _ in fed:  # what lies behind a defect is hashed all the same
        pass
    content = spool.keep(working.place(work, running.digest()))
    return Opened(
        content=content,
        members=_inside(content),
        defect=opening.defect,
        sha256=running.digest(),
    )


def _fed(packed: Extent, size: int, running: hashlib._Hash) -> Iterator[bytes]:
    for piece in pieces(packed):
        running.update(piece)
        for start in range(0, len(piece), size):
            yield piece[start : start + size]


def _inside(content: Extent) -> Iterable[Member]:
    """Return the members of a tar, or the one file that was compressed by itself."""
    if tar.is_tar(content.read(0, HEAD)):
        return tar.members(content)
    return (Member(path=b"", kind=EntryKind.FILE, size=content.length, data_offset=0),)


def inner_name(path: bytes) -> bytes:
    """Return the name of the one file inside a compressed file at `path`, as gunzip gives it."""
    name = path.rsplit(b"/", 1)[-1]
    lower = name.lower()
    suffix = next((s for s in _SUFFIXES if lower.endswith(s) and len(name) > len(s)), b"")
    return name[: len(name) - len(suffix)]
