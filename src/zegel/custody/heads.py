"""A signed head says how long a log is and commits to every entry in it.

The signature (Ed25519, RFC 8032) is over the canonical JSON of all the other fields, the public key
and the log's origin among them, so that no head can pass for another log's. Heads come from
anywhere: `read_head` accepts exactly what `export_head` writes, and must never trust a field before
`SignedHead.check` has passed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from zegel.canonical import JSON, canonical_json
from zegel.custody.instants import read_ns
from zegel.custody.merkle import HASH_SIZE
from zegel.errors import VerificationError

FORMAT = "zegel-log-head-1"
LARGEST_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """The state of a log at one instant, signed with the log's key."""

    origin: str
    """Which log: the case's or the investigation's name, fixed when the log is made."""
    size: int
    root: bytes
    time_ns: int
    public_key: bytes
    signature: bytes = field(repr=False)

    def check(self) -> None:
        """Raise unless the signature is that of the key named in the head."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(
                self.signature, canonical_json(self._signed())
            )
        except (InvalidSignature, ValueError):
            raise VerificationError(f"the signature of the head of {self.size} is wrong") from None

    def fields(self) -> dict[str, JSON]:
        """Return the head as it is written: binary fields in hexadecimal, the time as text."""
        return {**self._signed(), "signature": self.signature.hex()}

    def _signed(self) -> dict[str, JSON]:
        return {
            "format": FORMAT,
            "origin": self.origin,
            "public_key": self.public_key.hex(),
            "root": self.root.hex(),
            "size": self.size,
            "time": str(self.time_ns),
        }


def sign_head(
    key: Ed25519PrivateKey, *, origin: str, size: int, root: bytes, time_ns: int
) -> SignedHead:
    """Return the signed head of a log."""
    public_key = key.public_key().public_bytes_raw()
    unsigned = SignedHead(
        origin=origin,
        size=size,
        root=root,
        time_ns=time_ns,
        public_key=public_key,
        signature=b"",
    )
    signature = key.sign(canonical_json(unsigned._signed()))
    return SignedHead(
        origin=origin,
        size=size,
        root=root,
        time_ns=time_ns,
        public_key=public_key,
        signature=signature,
    )


def export_head(head: SignedHead) -> bytes:
    """Return the head as a line of JSON, to be held where the log's owner cannot change it."""
    return canonical_json(head.fields()) + b"\n"


def read_head(text: bytes) -> SignedHead:
    """Return the head that `export_head` wrote, its signature checked."""
    wrong = VerificationError("this is not a signed head of a custody log")
    if len(text) > LARGEST_HEAD:
        raise wrong
    try:
        head = head_from(json.loads(text))
    except (ValueError, RecursionError):
        raise wrong from None
    if canonical_json(head.fields()) != text.rstrip():
        raise wrong
    head.check()
    return head


def head_from(fields: object) -> SignedHead:
    """Return the head of these parsed fields; `ValueError` where they are not a head."""
    match fields:
        case {
            "format": str(format_),
            "origin": str(origin),
            "public_key": str(public_key),
            "root": str(root),
            "signature": str(signature),
            "size": int(size),
            "time": str(time),
        } if isinstance(fields, Mapping) and format_ == FORMAT and size >= 0:
            head = SignedHead(
                origin=origin,
                size=size,
                root=bytes.fromhex(root),
                time_ns=read_ns(time),
                public_key=bytes.fromhex(public_key),
                signature=bytes.fromhex(signature),
            )
        case _:
            raise ValueError("not a head")
    if len(head.root) != HASH_SIZE:
        raise ValueError("not a head")
    return head
