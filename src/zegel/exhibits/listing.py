"""Lists a copy entry by entry, going into containers; numbers them, hashes each once.

A container is opened within its bounds and never more than `Limits.depth` deep; one that is not
opened, or not to its end, is an entry with a problem.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from zegel.exhibits import opening, tar
from zegel.exhibits.extent import PIECE, Extent, FileExtent, digest, part
from zegel.exhibits.model import Entry, EntryKind, Limits
from zegel.exhibits.places import step
from zegel.exhibits.tar import Member
from zegel.exhibits.working import Spool, TooMuchError, require_room
from zegel.records import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """What carries entries: the copy itself, or an opened container inside it."""

    content: Extent = field(repr=False)
    start: int
    """Where the listed part begins in `content`."""
    length: int
    backing: str = ""
    prefix: bytes = b""
    parent: int | None = None
    depth: int = 0


class Listing:
    """One listing of a copy."""

    def __init__(self, work: Path, limits: Limits) -> None:
        self.work = work
        self.limits = limits
        self.count = 0
        self._opened = 0
        """Bytes that containers have opened to so far."""

    def number(self) -> int:
        """Return the next entry's number."""
        self.count += 1
        return self.count - 1

    def members(self, carrier: Carrier, members: Iterable[Member]) -> Iterator[Entry]:
        """Yield the entries for `members` of what `carrier` carries."""
        links: dict[bytes, Member] | None = None
        for member in members:
            if member.kind is EntryKind.FILE:
                yield from self._file(carrier, member)
            elif member.kind is EntryKind.HARDLINK:
                if links is None:
                    links = _link_targets(carrier)
                yield self._link(carrier, member, links)
            else:
                sealed = member.kind is EntryKind.UNREADABLE and member.size
                held = part(carrier.content, carrier.start + member.data_offset, member.size)
                yield self._entry(carrier, member, digest(held) if sealed else None)

    def _entry(self, carrier: Carrier, member: Member, sha256: bytes | None) -> Entry:
        return Entry(
            number=self.number(),
            parent=carrier.parent,
            path=carrier.prefix + member.path,
            kind=member.kind,
            size=member.size,
            mtime_ns=member.mtime_ns,
            mode=member.mode,
            sha256=sha256,
            target=member.target,
            problem=member.problem,
            data_offset=carrier.start + member.data_offset,
            backing=carrier.backing,
        )

    def _link(self, carrier: Carrier, member: Member, targets: dict[bytes, Member]) -> Entry:
        """Return the entry of a further name: it has the bytes of the file it names."""
        named = targets.get(tar.plain_path(member.target))
        if named is None:
            return self._entry(carrier, member, None)
        held = part(carrier.content, carrier.start + named.data_offset, named.size)
        placed = replace(member, size=named.size, data_offset=named.data_offset)
        return self._entry(carrier, placed, digest(held))

    def _file(self, carrier: Carrier, member: Member) -> Iterator[Entry]:
        held = part(carrier.content, carrier.start + member.data_offset, member.size)
        head = held.read(0, PIECE)
        whole = len(head) == member.size
        entry = self._entry(
            carrier, member, hashlib.sha256(head).digest() if whole else digest(held)
        )
        form = opening.container_form(head[: opening.HEAD])
        if form is None:
            yield entry
        else:
            yield from self.container(entry, form, replace(carrier, start=entry.data_offset))

    def container(self, entry: Entry, form: str, carrier: Carrier) -> Iterator[Entry]:
        """Yield `entry` as a container of `form`, then what it holds.

        Its own bytes are `entry.size` bytes of `carrier.content` from `carrier.start`.
        """
        if carrier.depth >= self.limits.depth:
            yield _closed(entry, "container too deep")
            return
        packed = part(carrier.content, carrier.start, entry.size)
        inside = replace(
            carrier,
            length=entry.size,
            prefix=entry.path + b"!/",
            parent=entry.number,
            depth=carrier.depth + 1,
        )
        if form == "tar":
            yield replace(entry, kind=EntryKind.CONTAINER)
            yield from self.members(inside, tar.members(packed))
        else:
            yield from self._packed(entry, form, packed, inside)

    def _packed(self, entry: Entry, form: str, packed: Extent, inside: Carrier) -> Iterator[Entry]:
        allowed = min(opening.bound(entry.size, self.limits), self.limits.total - self._opened)
        require_room(self.work, entry.size)
        spool = Spool(self.work, bound=allowed)
        try:
            opened = opening.open_packed(packed, form, spool, self.work, self.limits)
        except TooMuchError:
            reached = self._opened + spool.length > self.limits.total
            yield _closed(entry, "containers too large" if reached else "container ratio")
            return
        finally:
            spool.discard()
        self._opened += spool.length
        problem = Problem(kind=opened.defect) if opened.defect else None
        assert entry.sha256 is not None
        inside = replace(
            inside,
            content=opened.content,
            start=0,
            length=opened.content.length,
            backing=step(inside.backing, inside.start, entry.size, entry.sha256),
        )
        try:
            if not spool.length and opened.defect == "damaged compression":
                yield replace(entry, problem=problem)  # only its first bytes looked like one
                return
            yield replace(entry, kind=EntryKind.CONTAINER, problem=problem)
            yield from self.members(inside, _named(opened.members, entry.path))
        finally:
            if isinstance(opened.content, FileExtent):
                os.close(opened.content.descriptor)


def _closed(entry: Entry, kind: str) -> Entry:
    return replace(entry, kind=EntryKind.CONTAINER, problem=Problem(kind=kind))


def _named(members: Iterable[Member], path: bytes) -> Iterator[Member]:
    """Give the one file of a compressed file its name."""
    for member in members:
        nameless = member.kind is EntryKind.FILE and not member.path
        yield replace(member, path=opening.inner_name(path)) if nameless else member


def _link_targets(carrier: Carrier) -> dict[bytes, Member]:
    """Return the members that hard links name: two more passes over headers, no table of all."""
    archive = part(carrier.content, carrier.start, carrier.length)
    wanted = {
        tar.plain_path(member.target)
        for member in tar.members(archive)
        if member.kind is EntryKind.HARDLINK
    }
    found: dict[bytes, Member] = {}
    for member in tar.members(archive):
        if member.kind is EntryKind.FILE and member.path in wanted:
            found[member.path] = member
    return found
