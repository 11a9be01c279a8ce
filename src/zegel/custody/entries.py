"""An entry's leaf commits to each of its fields apart, so that one can be shown without the rest.

A field's commitment is SHA-256 over 32 bytes of salt and the canonical JSON of its name and value;
its salt is HMAC-SHA256 (RFC 2104) of the entry's own random salt over its name. The leaf is the
sorted commitments. Whoever holds the leaves but not the openings must never learn a field from
them, not even by trying likely values.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from zegel.canonical import JSON, canonical_json
from zegel.custody.instants import read_ns
from zegel.custody.merkle import leaf_hash
from zegel.errors import VerificationError

VERSION = 1
LEAF_PREFIX = b"zegel-log-entry-1\n"
SALT_SIZE = 32
LARGEST_ENTRY = 1024 * 1024
"""Bytes of one line of the openings; an act that says more than this belongs in a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act, opened: everything its leaf commits to."""

    index: int
    time_ns: int
    who: str
    act: str
    facts: Mapping[str, JSON]
    salt: bytes = field(repr=False)

    def fields(self) -> dict[str, JSON]:
        """Return what can be shown one by one; a fact's name is `facts/` and its own."""
        facts = {f"facts/{name}": value for name, value in self.facts.items()}
        return {
            "act": self.act,
            "index": self.index,
            "time": str(self.time_ns),
            "who": self.who,
            **facts,
        }

    def field_salt(self, name: str) -> bytes:
        """Return the salt of one field, from which neither the entry's nor another's follows."""
        return hmac.digest(self.salt, name.encode(), "sha256")

    def leaf(self) -> bytes:
        """Return the hash of this entry's leaf."""
        return _leaf(
            _commitment(name, value, self.field_salt(name)) for name, value in self.fields().items()
        )

    def line(self) -> bytes:
        """Return the entry as its line in `entries.jsonl`."""
        return (
            canonical_json(
                {
                    "act": self.act,
                    "facts": self.facts,
                    "index": self.index,
                    "salt": self.salt.hex(),
                    "time": str(self.time_ns),
                    "version": VERSION,
                    "who": self.who,
                }
            )
            + b"\n"
        )

    def show(self, names: Collection[str]) -> Shown:
        """Return these fields with their salts, and of all others only the commitments."""
        shown, hidden = {}, []
        for name, value in self.fields().items():
            if name in names:
                shown[name] = (value, self.field_salt(name))
            else:
                hidden.append(_commitment(name, value, self.field_salt(name)))
        return Shown(fields=shown, hidden=tuple(sorted(hidden)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Some fields of an entry, opened; the rest as commitments that tell nothing."""

    fields: Mapping[str, tuple[JSON, bytes]]
    hidden: tuple[bytes, ...]

    def leaf(self) -> bytes:
        """Return the hash of the leaf these fields belong to, for an inclusion proof."""
        shown = [_commitment(name, value, salt) for name, (value, salt) in self.fields.items()]
        return _leaf([*shown, *self.hidden])


def entry_from_line(line: bytes, index: int) -> Entry:
    """Return the entry at `index`; `VerificationError` unless these are exactly its bytes."""
    try:
        entry = _parse(json.loads(line))
    except (ValueError, RecursionError):
        entry = None
    if entry is None or entry.index != index or entry.line() != line:
        raise VerificationError(f"entry {index} of the log is not as it was written")
    return entry


def _parse(fields: object) -> Entry | None:
    match fields:
        case {
            "act": str(act),
            "facts": dict(facts),
            "index": int(index),
            "salt": str(salt),
            "time": str(time),
            "version": 1,
            "who": str(who),
        }:
            return Entry(
                index=index,
                time_ns=read_ns(time),
                who=who,
                act=act,
                facts=facts,
                salt=bytes.fromhex(salt),
            )
    return None


def _commitment(name: str, value: JSON, salt: bytes) -> bytes:
    return sha256(salt + canonical_json([name, value])).digest()


def _leaf(commitments: Iterable[bytes]) -> bytes:
    return leaf_hash(LEAF_PREFIX + b"".join(sorted(commitments)))
