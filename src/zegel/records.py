"""The nouns of the evidence side, as frozen records; no I/O, no library types.

Raw bytes stay beside every decoded form; instants are integers in nanoseconds since
1970-01-01 UTC, beside the text they were read from. A defect in the evidence is a `Problem`,
never an exception. Terms are those of docs/reference/glossary.md.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar, dataclass_transform

Made = TypeVar("Made")


@dataclass_transform(
    kw_only_default=True, frozen_default=True, eq_default=True, field_specifiers=(field,)
)
def record(cls: type[Made]) -> type[Made]:
    """Make a class a record of which a run makes dozens for every message.

    The type checker holds it frozen. The interpreter does not: there a frozen dataclass takes
    three times as long to make (docs/decisions/0013-records-on-the-hot-path.md).
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)


Buffer = bytes | mmap.mmap
"""What a format reads: indexable, sliceable, with `find`; slices give `bytes`."""


def give_back(data: Buffer, end: int) -> None:
    """Let the system have the memory of a mapped file before `end`, which else counts as ours."""
    whole_pages = end - end % mmap.PAGESIZE
    if isinstance(data, mmap.mmap) and whole_pages:
        data.madvise(mmap.MADV_DONTNEED, 0, min(whole_pages, len(data)))


_WINDOW = 32 * 2**20


def find_in(data: Buffer, words: bytes, start: int = 0) -> int:
    """Return the first place of `words` from `start` on, or -1, as `find` does.

    Of a mapped file, which may be of any size, no more than a window is held at once.
    """
    if not isinstance(data, mmap.mmap):
        return data.find(words, start)
    while start < len(data):
        end = (start // _WINDOW + 1) * _WINDOW
        found = data.find(words, start, end + len(words) - 1)
        if found >= 0:
            return found
        give_back(data, end)
        start = end
    return -1


class State(StrEnum):
    """How a stored message, or one layer of it, ended; each exactly once."""

    READABLE = "readable"
    NOT_ENCRYPTED = "not encrypted"
    NO_KEY = "no key"
    KEY_LOCKED = "key locked"
    DAMAGED = "damaged"
    UNSUPPORTED = "unsupported"
    PARTLY_READABLE = "partly readable"
    """Messages only: their layers ended differently."""
    NOT_A_MESSAGE = "not a message"
    """Messages only: what a store holds besides mail."""


class Integrity(StrEnum):
    """What vouches for a decrypted body (RFC 9580 section 5.13)."""

    MDC = "mdc"
    AEAD = "aead"
    UNAUTHENTICATED = "unauthenticated"


class Verdict(StrEnum):
    """The result of one signature; `none` is said where a message carries no signature."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN_SIGNER = "unknown signer"
    UNSUPPORTED = "unsupported"
    NONE = "none"


@record
class Problem:
    """A defect in the evidence: what kind, and where. Never holds content."""

    kind: str
    """One of the kinds of docs/reference/problems.md, e.g. `truncated armour`."""
    offset: int = 0
    """Byte offset in the file the problem was met in."""
    note: str = ""
    """Numbers and names of algorithms; never bytes of the evidence."""
    unread: bool = False
    """True where a stored message was evidently there but no row could be made for it."""


@record
class File:
    """One file of an exhibit as the formats see it; already checked against its seal."""

    path: bytes
    """Path inside the copy, without a leading slash; containers are joined by `!/`."""
    data: Buffer = field(repr=False)
    mtime_ns: int = 0

    @property
    def head(self) -> bytes:
        """The first 64 KiB: all that `detect` may look at besides the path."""
        return self.data[:65536]

    def passed(self, end: int) -> None:
        """Give back the memory of what lies before `end`; asked for again, it is read again."""
        give_back(self.data, end)


@record
class Span:
    """Where one stored message lies inside its file, and what the store says of it."""

    offset: int
    length: int
    """The message's own bytes, without the store's framing (`From ` line, trailing blank)."""
    quoting: str = ""
    """`mboxo`, `mboxrd` where `>From ` lines must be unquoted after slicing, else empty."""
    store: bytes = b""
    """The mail store's path: the Maildir folder, the mbox file, the folder of an .eml."""
    account: str = ""
    """Account the store's place suggests (e.g. `d00017@ams.example`, or a folder name)."""
    folder: str = ""
    """Mail folder inside the account, `INBOX` where the store has no other."""
    flags: str = ""
    delivered_ns: int | None = None
    """The store's own clock: `From ` line, Maildir file name, else None."""
    delivered_text: str = ""
    message: bool = True
    """False for what a store holds besides mail (e.g. a folder-internal record)."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """Key material found at one place of a file, not yet understood."""

    offset: int
    length: int
    form: str
    """`openpgp`: the packets of one transferable key (RFC 9580 section 10);
    `gnupg-agent`: one s-expression of a `private-keys-v1.d` file."""
    material: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Who held which device, from when to when, who bought it and for how much."""

    offset: int = 0
    source: str = ""
    """Table or file the row came from."""
    device: str = ""
    """Serial or IMEI."""
    account: str = ""
    """Mail address of the device."""
    holder: str = ""
    start_ns: int | None = None
    end_ns: int | None = None
    buyer: str = ""
    price_cents: int | None = None
    currency: str = ""
    order: str = ""
    raw: str = ""
    """The whole row as canonical JSON, unknown columns kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPassphrase:
    """Something in the copy that presents itself as a passphrase."""

    offset: int
    passphrase: bytes = field(repr=False)
    source: str = ""
    """Where it stood in the file: `line 3`, `table devices column pin`."""
