"""One entry is shown to somebody who has not the log: some fields, and that a head commits to it.

A proof (`zegel-log-proof-1`) holds the shown fields with their salts, the commitments of all
others, the path to a signed head (RFC 6962 section 2.1.1), and that head. It must never tell
anything of another field or another entry but their number. What `read_entry_proof` accepts is
exactly what `prove_entry` writes: one byte more, less or other is refused.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zegel.canonical import JSON, canonical_json
from zegel.custody.entries import LARGEST_ENTRY, Entry, Shown, entry_from_line
from zegel.custody.heads import LARGEST_HEAD, SignedHead, head_from
from zegel.custody.merkle import HASH_SIZE, verify_inclusion
from zegel.custody.proofs import Proofs
from zegel.custody.state import LogFiles, read_state
from zegel.errors import StorageError, UsageError, VerificationError, at

FORMAT = "zegel-log-proof-1"
LARGEST_PROOF = 2 * LARGEST_ENTRY + LARGEST_HEAD
USUAL = ("act", "time", "who")
"""What is shown where nobody says what; the index always is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Included:
    """One entry, partly shown, and the path from it to the root of a head."""

    shown: Shown
    index: int
    path: tuple[bytes, ...] = field(repr=False)

    def check(self, head: SignedHead) -> None:
        """Raise unless `head` commits to this entry at this place."""
        if self.shown.fields.get("index", (None, b""))[0] != self.index:
            raise VerificationError("the entry shown is not that of the place named")
        verify_inclusion(
            leaf=self.shown.leaf(),
            index=self.index,
            size=head.size,
            proof=self.path,
            root=head.root,
        )

    def fields(self) -> dict[str, JSON]:
        """Return it as a proof holds it."""
        return {
            "fields": {
                name: [salt.hex(), value] for name, (value, salt) in self.shown.fields.items()
            },
            "hidden": [one.hex() for one in self.shown.hidden],
            "index": self.index,
            "proof": [node.hex() for node in self.path],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryProof:
    """An entry of a log under a head of it."""

    entry: Included
    head: SignedHead

    def text(self) -> bytes:
        """Return the proof as a line of JSON."""
        fields = {**self.entry.fields(), "format": FORMAT, "head": self.head.fields()}
        return canonical_json(fields) + b"\n"

    def check(self) -> None:
        """Raise unless the head is signed by the key it names, and commits to the entry."""
        self.head.check()
        self.entry.check(self.head)


def prove_entry(
    folder: Path, index: int, names: Collection[str] = USUAL, *, under: SignedHead | None = None
) -> EntryProof:
    """Return the proof of entry `index` that shows these fields, under the newest head or `under`.

    `UsageError` names a field that the entry has not.
    """
    entry, leaves, newest = _read(folder, index)
    head = newest if under is None else under
    if not index < head.size <= len(leaves):
        raise UsageError(f"the head of {head.size} entries does not reach entry {index}")
    if missing := set(names) - entry.fields().keys():
        raise UsageError(
            f"entry {index} has no field {min(missing)!r}",
            next_step=f"It has {', '.join(sorted(entry.fields()))}.",
        )
    return EntryProof(entry=included(entry, names, Proofs(leaves[: head.size]), head), head=head)


def included(entry: Entry, names: Collection[str], proofs: Proofs, head: SignedHead) -> Included:
    """Return `entry` with its path to `head`, once `proofs` is known to be that head's tree."""
    if proofs.root != head.root:
        raise VerificationError(f"the log does not continue the head of {head.size} entries")
    one = Included(
        shown=entry.show({"index", *names}), index=entry.index, path=proofs.proof(entry.index)
    )
    one.check(head)
    return one


def leaves_of(files: LogFiles, size: int) -> list[bytes]:
    """Return the hashes of the first `size` entries."""
    whole = files.leaves.read(size * HASH_SIZE)
    return [whole[at : at + HASH_SIZE] for at in range(0, len(whole), HASH_SIZE)]


def _read(folder: Path, index: int) -> tuple[Entry, list[bytes], SignedHead]:
    try:
        with at(folder), LogFiles.opened(folder) as files:
            head = read_state(folder).head
            if not 0 <= index < head.size:
                raise UsageError(f"a log of {head.size} entries has no entry {index}")
            for _ in range(index):
                files.entries.readline(LARGEST_ENTRY + 1)
            entry = entry_from_line(files.entries.readline(LARGEST_ENTRY + 1), index)
            return entry, leaves_of(files, head.size), head
    except OSError as error:
        raise StorageError("the custody log cannot be read", where=str(folder)) from error


def read_entry_proof(text: bytes) -> EntryProof:
    """Return the proof that `prove_entry` made, checked; what it shows may then be believed."""
    wrong = VerificationError("this is not a proof of an entry of a custody log")
    if len(text) > LARGEST_PROOF:
        raise wrong
    try:
        fields = json.loads(text)
        proof = EntryProof(entry=included_from(fields), head=head_from(fields["head"]))
        same = proof.text() == text
    except (ValueError, TypeError, KeyError, RecursionError):
        raise wrong from None
    if not same:
        raise wrong
    proof.check()
    return proof


def included_from(fields: Mapping[str, JSON]) -> Included:
    """Return what `Included.fields` wrote; `ValueError` where it is none."""
    match fields:
        case {
            "fields": dict(shown),
            "hidden": list(hidden),
            "index": int(index),
            "proof": list(path),
        } if index is not True and index is not False:
            return Included(
                shown=Shown(
                    fields={
                        name: (value, bytes.fromhex(salt)) for name, (salt, value) in shown.items()
                    },
                    hidden=tuple(sorted(bytes.fromhex(one) for one in hidden)),
                ),
                index=index,
                path=tuple(bytes.fromhex(node) for node in path),
            )
    raise ValueError("not an entry")
