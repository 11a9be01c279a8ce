"""A witness signs a head that is not theirs: from then on its log can be rewritten in sight only.

A countersignature (`zegel-log-countersignature-1`) is an Ed25519 signature (RFC 8032) of the
witness's own key over the signed head, the witness's name and the time. As in the tlog-witness
protocol of C2SP, a witness remembers the last head of each log they signed and signs another only
with the proof that it continues that one. It must never say that entries are true, only that the
log is still the one seen before.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from zegel.canonical import JSON, canonical_json
from zegel.custody.continuity import ConsistencyProof
from zegel.custody.heads import LARGEST_HEAD, SignedHead, export_head, head_from, read_head
from zegel.custody.instants import read_ns
from zegel.custody.lines import add, growing, lines_in
from zegel.errors import UsageError, VerificationError, at

FORMAT = "zegel-log-countersignature-1"
LARGEST = 2 * LARGEST_HEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Countersigned:
    """A head, and who besides its log's holder signed for having seen it."""

    head: SignedHead
    witness: str
    """The name the witness gave."""
    public_key: bytes
    time_ns: int
    """By the witness's clock."""
    signature: bytes = field(repr=False)

    def text(self) -> bytes:
        """Return the countersignature as a line of JSON."""
        return canonical_json({**self._signed(), "signature": self.signature.hex()}) + b"\n"

    def check(self) -> None:
        """Raise unless both signatures are those of the keys named."""
        self.head.check()
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(
                self.signature, canonical_json(self._signed())
            )
        except (InvalidSignature, ValueError):
            raise VerificationError(
                f"the countersignature of the head of {self.head.size} is wrong"
            ) from None

    def _signed(self) -> dict[str, JSON]:
        return {
            "format": FORMAT,
            "head": self.head.fields(),
            "public_key": self.public_key.hex(),
            "time": str(self.time_ns),
            "witness": self.witness,
        }


def countersign(
    key: Ed25519PrivateKey,
    head: SignedHead,
    name: str,
    memory: Path,
    proof: ConsistencyProof | None = None,
) -> Countersigned:
    """Return the countersignature of `head`, remembered in `memory` before it is returned.

    Where the witness signed for this log before, `proof` must lead from the head signed last to
    this one; raise `VerificationError` where they contradict each other, `UsageError` where the
    proof is missing.
    """
    if not name.strip():
        raise UsageError("a witness signs under a name")
    head.check()
    with growing(memory, "what was countersigned") as file:
        _continues(head, _remembered(memory, file).get(head.origin), proof)
        add(file, export_head(head))
    unsigned = Countersigned(
        head=head,
        witness=name,
        public_key=key.public_key().public_bytes_raw(),
        time_ns=time.time_ns(),
        signature=b"",
    )
    return replace(unsigned, signature=key.sign(canonical_json(unsigned._signed())))


def _continues(head: SignedHead, before: SignedHead | None, proof: ConsistencyProof | None) -> None:
    if before is None or before.size == 0:
        return
    if _state(before) == _state(head):
        return
    if head.size <= before.size:
        raise VerificationError(
            f"a head of {head.size} entries contradicts the head of {before.size} countersigned"
            " before",
            next_step="The log was cut or rewritten: countersign nothing, keep both heads.",
        )
    if proof is None:
        raise UsageError(
            f"a head of {before.size} entries of this log was countersigned before: without proof"
            " that this one continues it, it is not",
            next_step="Ask for `zegel custody consistency OLD NEW`, and give it with --proof.",
        )
    proof.check()
    if [_state(proof.old), _state(proof.new)] != [_state(before), _state(head)]:
        raise VerificationError(
            f"the proof does not lead from the head of {before.size} entries countersigned before"
            f" to this one of {head.size}",
            next_step="Ask for a proof from that head; without one the log may be rewritten.",
        )


def _state(head: SignedHead) -> tuple[str, int, bytes, bytes]:
    return head.origin, head.size, head.root, head.public_key


def _remembered(memory: Path, file: BinaryIO) -> dict[str, SignedHead]:
    """Return, by origin, the last head of each log that was countersigned."""
    with at(memory):
        return {head.origin: head for head in map(read_head, lines_in(file, LARGEST_HEAD))}


def read_countersigned(text: bytes) -> Countersigned:
    """Return the countersignature that `countersign` made, both signatures checked."""
    wrong = VerificationError("this is not a countersignature of a head of a custody log")
    if len(text) > LARGEST:
        raise wrong
    try:
        one = _parse(json.loads(text))
        same = one.text() == text
    except (ValueError, TypeError, KeyError, RecursionError):
        raise wrong from None
    if not same:
        raise wrong
    one.check()
    return one


def _parse(fields: object) -> Countersigned:
    match fields:
        case {
            "format": str(format_),
            "head": head,
            "public_key": str(key),
            "signature": str(signature),
            "time": str(instant),
            "witness": str(witness),
        } if format_ == FORMAT:
            return Countersigned(
                head=head_from(head),
                witness=witness,
                public_key=bytes.fromhex(key),
                time_ns=read_ns(instant),
                signature=bytes.fromhex(signature),
            )
    raise ValueError("not a countersignature")
