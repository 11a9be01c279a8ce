"""The acts by which a log speaks of keys and heads, written one way and read back exactly.

A new holder's key, a key that is vouched for, a head that is anchored. Only the log's own code
writes them (`RESERVED`): as an ordinary act they would claim what nobody checked. Nothing read here
may be trusted further than the log it came from has been verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from zegel.canonical import JSON
from zegel.custody.entries import Entry
from zegel.custody.heads import SignedHead, head_from
from zegel.errors import VerificationError

REPAIRED = "log repaired"
"""A kill had left an unfinished entry."""
NEW_HOLDER = "new holder"
"""From this entry on another key signs: the one that the entry names."""
VOUCHED = "key vouched for"
"""Whoever signs this log says whose a log's key is."""
ANCHORED = "head anchored"
"""The head of another log, as it was shown to whoever signs this one."""
CLOCK_BACK = "clock set back"
"""The machine's clock stands behind the newest entry: what follows bears that entry's time."""

RESERVED = frozenset((REPAIRED, NEW_HOLDER, VOUCHED, ANCHORED, CLOCK_BACK))

KEY_SIZE = 32
"""Octets of an Ed25519 public key (RFC 8032 section 5.1.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHolder:
    """Who goes on with a log, and where the holder before ended."""

    holder: str
    public_key: bytes
    before: SignedHead
    """The last head of the holder before, by which that segment is sealed."""
    tail: bytes | None = None
    """What a kill had left behind that head; it is cut off, and its digest kept."""

    def facts(self) -> dict[str, JSON]:
        """Return what the entry says."""
        facts: dict[str, JSON] = {
            "before": self.before.fields(),
            "holder": self.holder,
            "public_key": self.public_key.hex(),
        }
        if self.tail:
            facts["unfinished_bytes"] = len(self.tail)
            facts["unfinished_sha256"] = sha256(self.tail).hexdigest()
        return facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """Whose a key is, as the log that vouches has it."""

    log: str
    """Origin of the log that the key signs."""
    name: str
    public_key: bytes

    def facts(self) -> dict[str, JSON]:
        """Return what the entry says."""
        return {"log": self.log, "name": self.name, "public_key": self.public_key.hex()}


def read_new_holder(entry: Entry) -> NewHolder:
    """Return the new holder that `entry` names, the signature on the head before it checked."""
    match entry.facts:
        case {"before": Mapping() as before, "holder": str(holder), "public_key": str(key)}:
            return NewHolder(
                holder=holder,
                public_key=_key(key, entry),
                before=_head(before, entry),
            )
    raise _malformed(entry)


def read_vouched(entry: Entry) -> Vouched:
    """Return what `entry` vouches for."""
    match entry.facts:
        case {"log": str(log), "name": str(name), "public_key": str(key), **rest} if not rest:
            return Vouched(log=log, name=name, public_key=_key(key, entry))
    raise _malformed(entry)


def anchored_facts(head: SignedHead) -> dict[str, JSON]:
    """Return what an entry that anchors `head` says."""
    return {"head": head.fields()}


def read_anchored(entry: Entry) -> SignedHead:
    """Return the head that `entry` anchors, its signature checked."""
    match entry.facts:
        case {"head": Mapping() as head, **rest} if not rest:
            return _head(head, entry)
    raise _malformed(entry)


def _head(fields: Mapping[str, JSON], entry: Entry) -> SignedHead:
    try:
        head = head_from(fields)
    except ValueError:
        raise _malformed(entry) from None
    if head.fields() != fields:
        raise _malformed(entry)
    head.check()
    return head


def _key(text: str, entry: Entry) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise _malformed(entry) from None
    if len(key) != KEY_SIZE or key.hex() != text:
        raise _malformed(entry)
    return key


def _malformed(entry: Entry) -> VerificationError:
    return VerificationError(f"entry {entry.index} of the log says `{entry.act}` and is none")
