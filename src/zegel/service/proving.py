"""Use cases: prove something of a custody log to people without it; let others witness its head."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from zegel.casefile import Case
from zegel.custody import continuity, countersigning, inclusion, stamps, witnesses
from zegel.custody.checking import Known, Proof, hangs_on, heads_of, read_proof, were_shown
from zegel.custody.continuity import ConsistencyProof
from zegel.custody.countersigning import Countersigned
from zegel.custody.heads import SignedHead
from zegel.custody.inclusion import EntryProof
from zegel.custody.instants import FORM, in_utc, read_ns
from zegel.custody.keys import create_key, load_key
from zegel.custody.stamps import Stamped
from zegel.custody.witnesses import read_held
from zegel.errors import UsageError, at
from zegel.investigation import Investigation
from zegel.service.door import Who, enter_either


def prove_entry(
    of: Case | Investigation,
    index: int,
    fields: Collection[str] = (),
    *,
    under: bytes | None = None,
    who: Who = None,
) -> bytes:
    """Return a proof of one entry that shows these fields, or act, time and who; it is logged.

    `under` is a head held elsewhere, bare, countersigned or stamped; else the newest.
    """
    head = None if under is None else read_held(under)
    names = sorted(set(fields or inclusion.USUAL))
    folder = of.folder / "custody"
    with enter_either(of, "entry proved", who, {"entry": index, "fields": names}) as visit:
        inclusion.prove_entry(folder, index, names, under=head)
        visit.write()
        return inclusion.prove_entry(folder, index, names, under=head).text()


def prove_consistency(
    of: Case | Investigation, old: bytes, new: bytes | None = None, *, who: Who = None
) -> bytes:
    """Return the proof that the head `new`, else the newest, continues `old`; it is logged."""
    first, last = read_held(old), None if new is None else read_held(new)
    folder = of.folder / "custody"
    with enter_either(of, "growth proved", who, {"from": first.size}) as visit:
        continuity.prove_consistency(folder, first, last)
        visit.write()
        return continuity.prove_consistency(folder, first, last).text()


def check_proof(
    text: bytes,
    *,
    head: bytes | None = None,
    key: str | None = None,
    authority: bytes | None = None,
    shown: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Check any proof from a custody log; needs no case and no investigation.

    `holds` is whether it hangs on what was given; raises VerificationError where it is false.
    """
    known = Known(
        head=None if head is None else read_held(head),
        key=None if key is None else witness_key(key),
        roots=() if authority is None else stamps.read_roots(authority),
    )
    proof = read_proof(text)
    holds = hangs_on(proof, known)
    if shown is not None:
        were_shown(proof, shown)
    return {"holds": holds, **_told(proof)}


def _told(proof: Proof) -> dict[str, Any]:
    told: dict[str, Any] = {"heads": [_head(one) for one in heads_of(proof)]}
    if isinstance(proof, EntryProof):
        fields = {name: value for name, (value, _) in sorted(proof.entry.shown.fields.items())}
        told |= {"entry": fields, "hidden": len(proof.entry.shown.hidden)}
        return told | ({"at": in_utc(read_ns(str(fields["time"])))} if "time" in fields else {})
    if isinstance(proof, ConsistencyProof):
        return {**told, "holders": len(proof.holders)}
    if isinstance(proof, Countersigned):
        by = {"witness": proof.witness, "key": proof.public_key.hex()}
        return {**told, **by, "at": in_utc(proof.time_ns)}
    return {**told, "witness": proof.authority, "at": proof.at.strftime(FORM)}


def _head(head: SignedHead) -> dict[str, Any]:
    return {
        "origin": head.origin,
        "entries": head.size,
        "root": head.root.hex(),
        "key": head.public_key.hex(),
        "at": in_utc(head.time_ns),
    }


def witness_key(text: str) -> bytes:
    """Return an Ed25519 public key from its 64 hexadecimal digits."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise UsageError("a key is a number of 64 hexadecimal digits")
    return key


def countersign(
    head: bytes, key_file: Path, name: str, *, proof: bytes | None = None, new_key: bool = False
) -> bytes:
    """Return the witness's countersignature of `head`; needs no case.

    What was countersigned is remembered beside the key: another head of the same log is signed
    only with the proof that it continues the last one.
    """
    memory = key_file.with_name(key_file.name + ".seen")
    shown = read_held(head)
    led = None if proof is None else continuity.read_consistency_proof(proof)
    if not new_key and not key_file.exists():
        raise UsageError(
            "there is no key of a witness here",
            where=str(key_file),
            next_step="Name the file that holds it, or make one with --new-key.",
        )
    key = create_key(key_file) if new_key else load_key(key_file)
    return countersigning.countersign(key, shown, name, memory, led).text()


def stamp_request(head: bytes) -> bytes:
    """Return the question to a time-stamp authority (RFC 3161) about `head`; nothing is sent."""
    return stamps.request(read_held(head))


def stamp(head: bytes, answer: bytes, authority: bytes | None = None) -> bytes:
    """Return `head` with the authority's answer, to be taken in; checked where roots are given."""
    one = stamps.stamped(read_held(head), answer)
    if authority is not None:
        one.check(stamps.read_roots(authority))
    return one.text()


def take_in_witnessed(
    of: Case | Investigation, text: bytes, *, who: Who = None
) -> Mapping[str, Any]:
    """Keep a countersignature or a time stamp beside the log, once the log continues its head."""
    folder = of.folder / "custody"
    with enter_either(of, witnesses.TAKEN_IN, who) as visit, at(folder):
        one, facts = witnesses.take_in(folder, text)
        visit.write(facts)
    stamped = isinstance(one, Stamped)
    return {"entries": facts["entries"], "witness": facts["witness"], "stamped": stamped}
