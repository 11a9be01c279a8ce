"""Reads the headers of a tar and says where each member's bytes lie; never unpacks anything.

Member names stay bytes, sizes and counts are bounded, and memory does not grow with the archive.
A damaged header is stepped over to the next one that holds; what follows the end mark is read
too, because archives are concatenated and evidence is hidden there. Formats: v7, ustar and pax
(IEEE Std 1003.1, pax "ustar Interchange Format"), GNU tar manual "Basic Tar Format".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from zegel.exhibits.extent import Extent
from zegel.exhibits.model import EntryKind
from zegel.records import Problem

BLOCK = 512
_LARGEST_EXTRA = 2**20
"""Bytes of a long name or pax header; real ones have at most a few thousand."""
_STEP = 2**20

_KINDS = {
    b"1": EntryKind.HARDLINK,
    b"2": EntryKind.SYMLINK,
    b"3": EntryKind.SPECIAL,
    b"4": EntryKind.SPECIAL,
    b"5": EntryKind.DIRECTORY,
    b"6": EntryKind.SPECIAL,
    b"V": EntryKind.SPECIAL,
}
"""Members without bytes of their own; every other type is read as a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of a tar."""

    path: bytes
    kind: EntryKind
    size: int
    """Bytes that follow in the archive; fewer than announced where the archive was cut."""
    data_offset: int
    mtime_ns: int = 0
    mode: int = 0
    target: bytes = b""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """One header block, and what the extra headers before it said instead."""

    name: bytes
    type: bytes
    size: int
    mode: int
    mtime_ns: int
    target: bytes
    sparse: bool = False


class _DamagedHeaderError(Exception):
    """A header that does not hold."""


def is_tar(head: bytes) -> bool:
    """Say whether `head` begins with a tar header whose checksum holds."""
    block = head[:BLOCK]
    return len(block) == BLOCK and block[0] != 0 and _checksum_holds(block)


def members(archive: Extent) -> Iterator[Member]:
    """Yield the members of `archive` in order, then what is wrong with its end, if anything."""
    return _Reader(archive).members()


def _number(field: bytes) -> int:
    """Read a number: octal, or base 256 where the first bit is set (GNU)."""
    if field[0] & 0x80:
        number = int.from_bytes(field, "big", signed=False) & ((1 << (8 * len(field) - 1)) - 1)
        if field[0] == 0xFF:
            number -= 1 << (8 * len(field) - 1)
        return number
    text = field.split(b"\0", 1)[0].strip()
    if not text:
        return 0
    if not text.isdigit():
        raise _DamagedHeaderError
    try:
        return int(text, 8)
    except ValueError:
        raise _DamagedHeaderError from None


def _checksum_holds(block: bytes) -> bool:
    try:
        stated = _number(block[148:156])
    except _DamagedHeaderError:
        return False
    blanked = block[:148] + b" " * 8 + block[156:]
    total = sum(blanked)
    # Old implementations added signed characters; both are accepted, as pax recommends.
    return stated == total or stated == total - 256 * sum(byte > 127 for byte in blanked)


def _text(field: bytes) -> bytes:
    return field.split(b"\0", 1)[0]


def _read_header(block: bytes) -> _Header:
    if not _checksum_holds(block):
        raise _DamagedHeaderError
    name = _text(block[:100])
    if block[257:263] == b"ustar\0" and block[345]:
        name = _text(block[345:500]) + b"/" + name
    kind = block[156:157]
    if kind in (b"\0", b"0") and name.endswith(b"/"):
        kind = b"5"  # v7 marks a folder by its trailing slash only
    size, seconds = _number(block[124:136]), _number(block[136:148])
    if size < 0 or abs(seconds) >= 2**33:
        raise _DamagedHeaderError
    return _Header(
        name=name,
        type=kind,
        size=size,
        mode=_number(block[100:108]) & 0o7777,
        mtime_ns=seconds * 10**9,
        target=_text(block[157:257]),
        sparse=kind == b"S",
    )


def _pax_records(content: bytes) -> dict[bytes, bytes]:
    """Read the records of a pax header: `length key=value newline`."""
    records: dict[bytes, bytes] = {}
    position = 0
    while position < len(content) and content[position]:
        space = content.find(b" ", position, position + 20)
        digits = content[position:space] if space > 0 else b""
        if not digits.isdigit():
            raise _DamagedHeaderError
        length = int(digits)
        record = content[space + 1 : position + length]
        key, equals, value = record.partition(b"=")
        if not equals or not value.endswith(b"\n"):
            raise _DamagedHeaderError
        records[key] = value[:-1]
        position += length
    return records


def _pax_time(text: bytes) -> int:
    try:
        instant = int(Decimal(text.decode("ascii")).scaleb(9))
    except (InvalidOperation, UnicodeDecodeError, ValueError, OverflowError):
        raise _DamagedHeaderError from None
    if not -(2**63) <= instant < 2**63:
        raise _DamagedHeaderError
    return instant


def _with_pax(header: _Header, records: dict[bytes, bytes]) -> _Header:
    """Return `header` with what its pax records say instead."""
    size = records.get(b"size")
    if size is not None and not size.isdigit():
        raise _DamagedHeaderError
    return replace(
        header,
        name=records.get(b"GNU.sparse.name", records.get(b"path", header.name)),
        target=records.get(b"linkpath", header.target),
        size=header.size if size is None else int(size[:20]),
        mtime_ns=_pax_time(records[b"mtime"]) if b"mtime" in records else header.mtime_ns,
        sparse=header.sparse or any(key.startswith(b"GNU.sparse.") for key in records),
    )


def plain_path(name: bytes) -> bytes:
    """Return a member's name without leading slash or dot, as tar would unpack it."""
    stripped = name.rstrip(b"/")
    while stripped.startswith((b"/", b"./")):
        stripped = stripped[1:] if stripped.startswith(b"/") else stripped[2:]
    return stripped or b"."


class _Reader:
    """One pass over an archive."""

    def __init__(self, archive: Extent) -> None:
        self.archive = archive
        self.position = 0
        self.shared: dict[bytes, bytes] = {}
        """Records of global pax headers."""

    def members(self) -> Iterator[Member]:
        ended = False
        while True:
            start = self.position
            block = self.archive.read(start, BLOCK)
            if not block:
                if not ended:
                    yield self._gap("archive cut short", self.archive.length, 0)
                return
            if not block.strip(b"\0"):
                ended = True
                self._skip_zeros()
                continue
            try:
                member, missing = self._member()
            except _DamagedHeaderError:
                yield self._step_over(start, ended)
                if self.position >= self.archive.length:
                    return
                continue
            ended = False
            yield member
            if missing:
                yield self._gap("archive cut short", self.archive.length, missing)
                return

    def _gap(self, kind: str, offset: int, missing: int) -> Member:
        note = f"{missing} bytes missing" if missing else ""
        return Member(
            path=b"",
            kind=EntryKind.UNREADABLE,
            size=0,
            data_offset=offset,
            problem=Problem(kind=kind, offset=offset, note=note),
        )

    def _skip_zeros(self) -> None:
        while chunk := self.archive.read(self.position, _STEP):
            rest = chunk.lstrip(b"\0")
            if rest:
                self.position += (len(chunk) - len(rest)) // BLOCK * BLOCK
                return
            self.position += len(chunk)

    def _step_over(self, start: int, ended: bool) -> Member:
        """Go to the next header that holds; return what stands for the bytes between."""
        self.position = self._next_header(start + BLOCK)
        cut = self.position >= self.archive.length
        kind = "damaged archive"
        if ended:
            kind = "bytes after the archive's end"
        elif cut and self.archive.length - start < BLOCK:
            kind = "archive cut short"
        gap = self._gap(kind, start, 0)
        note = f"{self.position - start} bytes stepped over"
        assert gap.problem is not None
        return replace(gap, problem=replace(gap.problem, note=note))

    def _next_header(self, position: int) -> int:
        while chunk := self.archive.read(position, _STEP + BLOCK):
            found = chunk.find(b"ustar")
            while found >= 0:
                start = found - 257
                if start >= 0 and start % BLOCK == 0 and is_tar(chunk[start : start + BLOCK]):
                    return position + start
                found = chunk.find(b"ustar", found + 1)
            if len(chunk) <= _STEP:
                break
            position += _STEP
        return self.archive.length

    def _member(self) -> tuple[Member, int]:
        """Read one member with its extra headers; return it and the bytes missing at its end."""
        records = dict(self.shared)
        long_name: dict[bytes, bytes] = {}
        while True:
            header = _read_header(self._take(BLOCK))
            if header.type in (b"L", b"K"):
                long_name[header.type] = _text(self._extra(header.size))
            elif header.type in (b"x", b"X"):
                records.update(_pax_records(self._extra(header.size)))
            elif header.type == b"g":
                self.shared.update(_pax_records(self._extra(header.size)))
                records.update(self.shared)
            else:
                break
        header = replace(
            header,
            name=long_name.get(b"L", header.name),
            target=long_name.get(b"K", header.target),
        )
        if records:
            header = _with_pax(header, records)
        if header.type == b"S":
            self._skip_sparse_map()
        return self._placed(header)

    def _take(self, size: int) -> bytes:
        content = self.archive.read(self.position, size)
        if len(content) < size:
            raise _DamagedHeaderError
        self.position += size
        return content

    def _extra(self, size: int) -> bytes:
        if size > _LARGEST_EXTRA:
            raise _DamagedHeaderError
        return self._take(-(-size // BLOCK) * BLOCK)[:size]

    def _skip_sparse_map(self) -> None:
        """Step over the blocks that continue an old GNU sparse header."""
        more = self.archive.read(self.position - BLOCK + 482, 1)
        while more == b"\1":
            more = self._take(BLOCK)[504:505]

    def _placed(self, header: _Header) -> tuple[Member, int]:
        kind = _KINDS.get(header.type, EntryKind.FILE)
        announced = header.size if kind is EntryKind.FILE else 0
        start = self.position
        size = min(announced, self.archive.length - start)
        self.position = start + -(-announced // BLOCK) * BLOCK
        if header.type == b"D":  # GNU's list of a folder's names, not a file
            kind, size, announced = EntryKind.DIRECTORY, 0, 0
        problem = None
        if header.sparse:
            # What lies here is the map and the runs, not the file; it is sealed but not read.
            kind = EntryKind.UNREADABLE
            problem = Problem(kind="sparse member", offset=start)
        member = Member(
            path=plain_path(header.name),
            kind=kind,
            size=size,
            data_offset=start,
            mtime_ns=header.mtime_ns,
            mode=header.mode,
            target=header.target if kind in (EntryKind.SYMLINK, EntryKind.HARDLINK) else b"",
            problem=problem,
        )
        return member, announced - size
