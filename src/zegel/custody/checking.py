"""What a proof proves depends on what its reader knew before: a head, or a key, from elsewhere.

The same answers as the stand-alone `check.py` gives, by this package's own code and for time stamps
too. A proof that hangs on nothing the reader gave must never be called more than consistent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography import x509

from zegel.canonical import JSON
from zegel.custody import continuity, countersigning, inclusion, stamps
from zegel.custody.continuity import ConsistencyProof, read_consistency_proof
from zegel.custody.countersigning import Countersigned, read_countersigned
from zegel.custody.heads import SignedHead
from zegel.custody.inclusion import LARGEST_PROOF, EntryProof, read_entry_proof
from zegel.custody.shown import FIELD, shown_digest
from zegel.custody.stamps import Stamped, read_stamped
from zegel.errors import UsageError, VerificationError

Proof = EntryProof | ConsistencyProof | Countersigned | Stamped
_READERS: dict[str, Callable[[bytes], Proof]] = {
    inclusion.FORMAT: read_entry_proof,
    continuity.FORMAT: read_consistency_proof,
    countersigning.FORMAT: read_countersigned,
    stamps.FORMAT: read_stamped,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the reader of a proof knows from elsewhere."""

    head: SignedHead | None = None
    key: bytes | None = field(default=None, repr=False)
    """The log's, or for a countersignature the witness's."""
    roots: Sequence[x509.Certificate] = ()
    """Of authorities for time stamps."""


def read_proof(text: bytes) -> Proof:
    """Return the proof in `text`, checked in itself; `VerificationError` where it does not hold."""
    wrong = VerificationError("this is no proof from a custody log that is known here")
    try:
        fields = json.loads(text) if len(text) <= LARGEST_PROOF else None
    except (ValueError, RecursionError):
        raise wrong from None
    reader = _READERS.get(str(fields.get("format"))) if isinstance(fields, dict) else None
    if reader is None:
        raise wrong
    return reader(text)


def hangs_on(proof: Proof, known: Known) -> bool:
    """Say whether what the reader knows stands for `proof`; raise where it contradicts it."""
    if known.key is not None and (signer := _signer(proof)) != known.key:
        raise VerificationError(f"this is signed by key {signer.hex()}, not by the one given")
    stands = known.key is not None
    if isinstance(proof, Stamped) and known.roots:
        proof.check(known.roots)
        stands = True
    return stands if known.head is None else _meets(proof, known.head)


def _meets(proof: Proof, held: SignedHead) -> bool:
    for one in heads_of(proof):
        if one.origin != held.origin:
            raise VerificationError(f"the head held elsewhere is of {held.origin!r}")
        if one.size == held.size:
            if (one.root, one.public_key) != (held.root, held.public_key):
                raise VerificationError(
                    f"the head of {one.size} entries held elsewhere is another than the proof's"
                )
            return True
    return False


def heads_of(proof: Proof) -> tuple[SignedHead, ...]:
    """Return the heads that a proof speaks of, the newest last."""
    return (proof.old, proof.new) if isinstance(proof, ConsistencyProof) else (proof.head,)


def _signer(proof: Proof) -> bytes:
    return proof.public_key if isinstance(proof, Countersigned) else heads_of(proof)[-1].public_key


def were_shown(proof: Proof, names: Sequence[str]) -> None:
    """Raise unless the entry proved says that these results, in this order, were shown."""
    shown: Mapping[str, tuple[JSON, bytes]]
    shown = proof.entry.shown.fields if isinstance(proof, EntryProof) else {}
    if FIELD not in shown:
        raise UsageError(
            "this proof does not say what was shown",
            next_step=f"Ask for one made with --show {FIELD}.",
        )
    digest, salt = shown[FIELD]
    if digest != shown_digest(salt, names):
        raise VerificationError("these results are not what the entry says was shown")
