"""A later head continues an earlier one: nothing before the earlier was changed, cut or inserted.

A proof (`zegel-log-consistency-1`) holds both signed heads and the nodes of RFC 6962 section 2.1.2.
Where another key signs the later head, it holds each entry `new holder` between the two as well,
so that no key follows another in silence. It must never tell anything of the entries but their
number and who held the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zegel.canonical import JSON, canonical_json
from zegel.custody.acts import NEW_HOLDER
from zegel.custody.entries import LARGEST_ENTRY, Entry, entry_from_line
from zegel.custody.heads import SignedHead, head_from
from zegel.custody.inclusion import LARGEST_PROOF, Included, included, included_from, leaves_of
from zegel.custody.merkle import consistency_proof, verify_consistency
from zegel.custody.proofs import Proofs
from zegel.custody.state import LogFiles, read_state
from zegel.errors import StorageError, UsageError, VerificationError, at

FORMAT = "zegel-log-consistency-1"
MOST_HOLDERS = 100
SHOWN = ("act", "facts/before", "facts/public_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyProof:
    """That the log of `new` begins with the log of `old`."""

    old: SignedHead
    new: SignedHead
    path: tuple[bytes, ...] = field(repr=False)
    holders: tuple[Included, ...] = ()
    """The changes of hands that lead from the key of the one to the key of the other."""

    def text(self) -> bytes:
        """Return the proof as a line of JSON."""
        fields: dict[str, JSON] = {
            "format": FORMAT,
            "holders": [one.fields() for one in self.holders],
            "new": self.new.fields(),
            "old": self.old.fields(),
            "proof": [node.hex() for node in self.path],
        }
        return canonical_json(fields) + b"\n"

    def check(self) -> None:
        """Raise unless both heads are signed, of one log, and the later continues the earlier."""
        self.old.check()
        self.new.check()
        if self.old.origin != self.new.origin:
            raise VerificationError("the two heads are of two logs")
        verify_consistency(
            old_size=self.old.size,
            old_root=self.old.root,
            new_size=self.new.size,
            new_root=self.new.root,
            proof=self.path,
        )
        key = self.old.public_key
        for one in self.holders:
            key = self._next(key, one)
        if key != self.new.public_key:
            raise VerificationError(
                f"key {self.new.public_key.hex()[:16]} signs the later head, and no entry says that"
                f" it follows key {key.hex()[:16]}"
            )

    def _next(self, key: bytes, one: Included) -> bytes:
        """Return the key that follows `key` as this entry says."""
        one.check(self.new)
        shown = {name: value for name, (value, _) in one.shown.fields.items()}
        match shown:
            case {
                "act": str(act),
                "facts/before": Mapping() as before,
                "facts/public_key": str(following),
            } if act == NEW_HOLDER and _ends(before, (self.old.origin, one.index, key)):
                return bytes.fromhex(following)
        raise VerificationError(f"entry {one.index} does not say who follows key {key.hex()[:16]}")


def _ends(fields: Mapping[str, JSON], here: tuple[str, int, bytes]) -> bool:
    """Say whether this is the head, signed, by which the holder before ended here."""
    try:
        head = head_from(fields)
    except ValueError:
        return False
    head.check()
    return (head.origin, head.size, head.public_key) == here


def prove_consistency(
    folder: Path, old: SignedHead, new: SignedHead | None = None
) -> ConsistencyProof:
    """Return the proof that the log in `folder` at `new` (else its newest head) continues `old`."""
    try:
        with at(folder), LogFiles.opened(folder) as files:
            newest = read_state(folder).head
            head = newest if new is None else new
            if not 0 < old.size <= head.size <= newest.size:
                raise UsageError(
                    f"from a head of {old.size} entries to one of {head.size}, in a log of"
                    f" {newest.size}, there is nothing to prove"
                )
            leaves = leaves_of(files, head.size)
            moved = old.public_key != head.public_key
            begun = list(_changes(files, old.size, head.size)) if moved else []
    except OSError as error:
        raise StorageError("the custody log cannot be read", where=str(folder)) from error
    tree = Proofs(leaves)
    proof = ConsistencyProof(
        old=old,
        new=head,
        path=consistency_proof(leaves, old.size),
        holders=tuple(included(entry, SHOWN, tree, head) for entry in begun),
    )
    proof.check()
    return proof


def _changes(files: LogFiles, first: int, end: int) -> Iterator[Entry]:
    """Yield the entries from `first` on by which the log changed hands."""
    begins = canonical_json({"act": NEW_HOLDER})[:-1]
    for index in range(end):
        line = files.entries.readline(LARGEST_ENTRY + 1)
        if index >= first and line.startswith(begins):
            yield entry_from_line(line, index)


def read_consistency_proof(text: bytes) -> ConsistencyProof:
    """Return the proof that `prove_consistency` made, checked."""
    wrong = VerificationError("this is not a proof that one head of a log continues another")
    if len(text) > LARGEST_PROOF:
        raise wrong
    try:
        proof = _parse(json.loads(text))
        same = proof.text() == text
    except (ValueError, TypeError, KeyError, RecursionError):
        raise wrong from None
    if not same or len(proof.holders) > MOST_HOLDERS:
        raise wrong
    proof.check()
    return proof


def _parse(fields: Mapping[str, JSON]) -> ConsistencyProof:
    match fields:
        case {"holders": list(holders), "new": new, "old": old, "proof": list(path)}:
            return ConsistencyProof(
                old=head_from(old),
                new=head_from(new),
                path=tuple(bytes.fromhex(node) for node in path),
                holders=tuple(included_from(one) for one in holders),
            )
    raise ValueError("not a proof")
